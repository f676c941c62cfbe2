//! The words of our own documents: states, reasons, steps and whatever else a report or an
//! answer spells, each with its meaning and the next step.

use gangway_contract::apply::Effect;
use gangway_contract::connectivity::{Need, Outcome, Service};
use gangway_contract::facts::{
    FeatureState, ProductType, ReportedMode, RunningMode, ServiceState, StartType,
};
use gangway_contract::health::{Content, Enrolment, Protection, Sensor};
use gangway_contract::manifest::Mode;
use gangway_contract::product::Route;
use gangway_contract::report::{SignerVerdict, StepOutcome};
use gangway_contract::step::{CheckedFile, StepKind};
use gangway_contract::text::Word;
use gangway_contract::{ExitCode, Reason, State, events as own_events};

use super::Page;
use crate::bundle::mode_name;
use crate::exit::Exit;
use crate::failure::FailureCode;
use crate::fleet::{OwnerCheck, Standing};

/// Every word; one that several sets spell has several pages.
pub(super) fn all() -> Vec<Page> {
    let mut pages = Vec::new();
    outcomes(&mut pages);
    steps(&mut pages);
    facts(&mut pages);
    answers(&mut pages);
    exit_codes(&mut pages);
    own_exit_codes(&mut pages);
    events(&mut pages);
    pages
}

/// What a run or a question ended with.
fn outcomes(pages: &mut Vec<Page>) {
    pages.extend(State::ALL.map(state_page));
    pages.extend(own_standings());
    pages.extend(Reason::ALL.iter().map(|reason| {
        let puts = format!("It puts a server in the state `{}`.", reason.state());
        let about = format!("{} {puts}", sentence(reason.meaning()));
        page(reason.text(), "reason", &about, reason.next_action())
    }));
    pages.extend(Outcome::ALL.iter().map(|outcome| {
        let about = sentence(outcome.meaning());
        page(
            outcome.text(),
            "connectivity",
            &about,
            outcome.next_action(),
        )
    }));
}

/// What a report says of what was done.
fn steps(pages: &mut Vec<Page>) {
    set::<StepKind>(
        pages,
        "step",
        "look at its row in `steps` of the host report: code, result and log; `gangway explain` \
         knows the codes of the programs that it starts (`ddt:`, `msiexec:`, `wusa:`, `install.ps1:`)",
    );
    set::<StepOutcome>(
        pages,
        "outcome of a step",
        "read the step's detail in the host report; what decides is the server's state, not the code",
    );
    set::<SignerVerdict>(
        pages,
        "judgement of a payload's signer",
        "for anything but an expected or trusted signer, compare with `gangway inspect` of the download",
    );
    set::<Effect>(
        pages,
        "effect of applying the blob",
        "read the detail of step `apply-onboarding` or `apply-offboarding` in the host report",
    );
    set::<Route>(
        pages,
        "route of a product",
        "read the steps that the host report planned; the table in README names the routes",
    );
    set::<Service>(
        pages,
        "service behind an address",
        "run `connectivity` on the server for the state of its addresses; see docs/connectivity.md",
    );
    set::<Need>(
        pages,
        "need of an address",
        "clear required addresses first: they alone decide the result of `connectivity`",
    );
}

/// What a server was found to be.
fn facts(pages: &mut Vec<Page>) {
    let facts = "it is what the server was found to be; read it in `facts_before` and `facts_after` \
                 of the host report";
    set::<ProductType>(pages, "fact: kind of Windows", facts);
    set::<ServiceState>(pages, "fact: state of a service", facts);
    set::<StartType>(pages, "fact: start of a service", facts);
    set::<RunningMode>(pages, "fact: mode of the antivirus", facts);
    set::<ReportedMode>(pages, "fact: mode that the antivirus tells", facts);
    set::<FeatureState>(pages, "fact: state of a feature", facts);
    let health = "read `health` of the host report: each answer stands with what proves it, and the \
                  reason of the report names the next step";
    set::<Enrolment>(pages, "health: onboarding", health);
    set::<Sensor>(pages, "health: sensor", health);
    set::<Protection>(pages, "health: antivirus", health);
    set::<Content>(pages, "health: content", health);
    set::<CheckedFile>(
        pages,
        "checked system file",
        "an older version than the report asks for means that the update named there is missing",
    );
}

/// What the generator's own answers say.
fn answers(pages: &mut Vec<Page>) {
    pages.extend(OwnerCheck::ALL.map(|check| {
        let about = format!("Of the owner of a report's file: {}.", check.words());
        page(
            check.as_str(),
            "owner of a report",
            &about,
            "see `gangway explain GW4008` for where owners and accounts come from",
        )
    }));
    pages.extend(FailureCode::ALL.map(|code| {
        let about = format!(
            "Why a command gave up, as `error.code` of its answer (exit code {}): {}.",
            code.exit() as u8,
            code.meaning()
        );
        page(
            &code.to_string(),
            "cause of a failed command",
            &about,
            "read `message`, `causes` and `hints` beside it; docs/answers.md has them all",
        )
    }));
    pages.extend(MODES.map(|(mode, about)| {
        let next =
            "`gangway build --mode` chooses it; without it `onboard.mode` of the config does";
        page(mode_name(mode), "mode of a bundle", about, next)
    }));
    pages.push(page(
        "retire",
        "mode of a bundle",
        "Takes away from each server what bootstraps left there; the sensor and its onboarding stay. In the lock, in \
         `bundle.json` and in reports such a bundle counts as `precheck`, and its servers as `retired`.",
        "docs/operations.md, chapter `The end`, has the order of the steps",
    ));
    pages.extend(
        COUNTS.map(|(word, about, next)| page(word, "count of a fleet report", about, next)),
    );
    pages.extend(
        BESIDE.map(|(word, about, next)| page(word, "word of a fleet report", about, next)),
    );
    pages.extend(SIGNATURES.map(|(word, about)| {
        page(
            word,
            "standing of a bootstrap's signature",
            about,
            "`gangway verify --signed` asks for `vouched`, by the roots of the config or `--root`",
        )
    }));
}

/// What a bundle does on the servers that run it.
const MODES: [(Mode, &str); 3] = [
    (
        Mode::Precheck,
        "Looks at each server and reports what stands in the way; nothing is changed, so nothing is \
         `done` by it either.",
    ),
    (
        Mode::Onboard,
        "Brings each server to the state `onboarded`, and tells whether it is protected.",
    ),
    (
        Mode::Offboard,
        "Takes each server out of the tenant: good means `offboarded`. Its package expires within days.",
    ),
];

/// What `report` counts besides the standings of servers.
const COUNTS: [(&str, &str, &str); 5] = [
    (
        "clear",
        "Servers whose precheck found nothing in the way of onboarding.",
        "they may be onboarded",
    ),
    (
        "held",
        "Servers whose precheck found something in the way of onboarding.",
        "see `blockers` for what it is, and `gangway explain REASON`",
    ),
    (
        "unreadable",
        "Files in the reports folder that are named as reports and are none that can be read; they \
         count for no server.",
        "the problems beside the number name them and say why",
    ),
    (
        "left_out",
        "Reports that can be read and do not count: of another server than their name says, of another \
         owner, campaign or time.",
        "the problems beside the number name them and say why",
    ),
    (
        "missing",
        "Expected servers of which no report counts.",
        "`gangway report --all` names them; the standing of each says whether there was ever one",
    ),
];

/// Words that stand beside the counts.
const BESIDE: [(&str, &str, &str); 10] = [
    (
        "owners not checked",
        "Of some reports nobody knows whether the account of their server wrote them.",
        "see `gangway explain GW4008`; `--require-owners` refuses such a number",
    ),
    (
        "untold",
        "In column `protected` of `--csv`: the report does not say whether the server is protected; null \
         in `--json`.",
        "build and publish a bundle of this version, whose reports say it",
    ),
    (
        "protected",
        "Whether onboarding, sensor, antivirus and content are all as wanted, by the server's report.",
        "read `health` of the host report for the four answers and what proves them",
    ),
    (
        "standing",
        "Where a server stands in the campaign: a state, or why its report does not tell one.",
        "`gangway explain` knows each; `done` in `--csv` says which count",
    ),
    (
        "blockers",
        "What stands in the way of a server, by the reasons that its precheck names.",
        "`gangway explain REASON` says of each what to do",
    ),
    (
        "coverage",
        "What a number rests on: how many servers were expected, how many reports count, are left out or \
         cannot be read, and whose they are.",
        "read it before the percentage",
    ),
    (
        "unexpected",
        "Servers that report and are not on the list of `--expected`.",
        "see `gangway explain GW4002`",
    ),
    (
        "absent",
        "A fact that was looked for and is not there, which is not the same as one that could not be read \
         (`unreadable`).",
        "nothing; the reason of the report says whether it matters",
    ),
    (
        "other files left alone",
        "Files among the reports that `report --prune` does not take: they do not count, are none, or \
         are of days that the history does not know.",
        "`gangway report FOLDER` names those that do not count; take them away by hand once it is known \
         who wrote them",
    ),
    (
        "done",
        "The server is what the campaign wants it to be: onboarded and protected, or offboarded.",
        "`--all` names the others, with what to do",
    ),
];

/// How the bootstrap ends, as people who start it by another tool see it.
fn exit_codes(pages: &mut Vec<Page>) {
    pages.extend(ExitCode::ALL.map(|code| {
        let next = match code {
            ExitCode::Good => "nothing",
            ExitCode::Usage => "see `--help` of the bootstrap",
            ExitCode::PendingReboot => {
                "restart in the next maintenance; other tools may take it as `soft restart`"
            }
            ExitCode::Waiting => "run it again later; other tools may take it as `try again`",
            ExitCode::Blocked => "read reason and next action in the host report",
            ExitCode::Failed => "read the step's code and log in the host report",
            ExitCode::Refused => "run `gangway verify`, and copy the bundle again",
            ExitCode::NotTargeted => "leave the server out of the tool's collection",
            ExitCode::Unhealthy => "read `health` in the host report",
            ExitCode::Internal => "report it, with the log",
        };
        let about = code.meaning();
        let name = format!("bootstrap:{}", code.number());
        let about = format!(
            "Exit code {} of `MdeOnboard-*.exe`: {about}.",
            code.number()
        );
        page(&name, "exit code of the bootstrap", &about, next)
    }));
}

/// How `gangway` itself ends, as pipelines see it.
fn own_exit_codes(pages: &mut Vec<Page>) {
    pages.extend(Exit::TABLE.map(|(exit, meaning)| {
        let next = match exit {
            Exit::Good => "nothing",
            Exit::Problems => {
                "read the problems in the answer; `gangway explain` knows their codes"
            }
            Exit::Usage | Exit::Environment | Exit::Verification => {
                "read `message` and `hints` of the answer"
            }
            Exit::Internal => "report it, with the command and its output",
            Exit::Interrupted => "run it again",
        };
        let number = exit as u8;
        let about = format!("Exit code {number} of `gangway`: {meaning}.");
        page(
            &format!("gangway:{number}"),
            "exit code of `gangway`",
            &about,
            next,
        )
    }));
}

/// What the bootstrap leaves in the Application log of each server.
fn events(pages: &mut Vec<Page>) {
    pages.extend(State::ALL.map(|state| {
        let (number, _) = own_events::of_state(state);
        let about = format!(
            "Event {number} of source `Gangway`: a run of the bootstrap ended in the state `{state}`. {}",
            state_meaning(state)
        );
        page(
            &format!("event:{number}"),
            "event of the bootstrap in the Application log",
            &about,
            "the event's text has reason, detail and next action; `gangway explain REASON` tells more",
        )
    }));
}

/// As `sign` and `verify` answer.
const SIGNATURES: [(&str, &str); 4] = [
    ("unsigned", "The bootstrap has no signature."),
    (
        "intact",
        "The signature fits the bootstrap, and no root was named to judge its signer by.",
    ),
    ("vouched", "One of the named roots vouches for the signer."),
    (
        "refused",
        "The signature does not hold, or was not looked at.",
    ),
];

fn state_page(state: State) -> Page {
    let standing = Standing::State(state);
    let about = format!(
        "State of a server: {}. {}",
        standing.words(),
        state_meaning(state)
    );
    page(
        state.as_str(),
        "state",
        &about,
        "read reason and next action in the server's newest report; `gangway explain REASON` tells more",
    )
}

/// What a report of the state proves.
const fn state_meaning(state: State) -> &'static str {
    match state {
        State::Onboarded => {
            "The sensor reports to the tenant of the bundle, it was heard from lately, and the server is \
             protected as wanted."
        }
        State::OnboardedPendingReboot => "As `onboarded`, and a restart is still asked for.",
        State::OnboardedUnhealthy => {
            "The sensor is onboarded, and the server is not protected, or not watched, as wanted."
        }
        State::Offboarded => "The sensor no longer reports to a tenant.",
        State::Assessed => "It was looked at only, and nothing was changed.",
        State::Waiting => "Nothing is wrong; the next run goes on.",
        State::Blocked => "Something on the server stands in the way, which a person must clear.",
        State::Failed => "A step was tried, and the server did not become what it should be.",
        State::Refused => {
            "Program, manifest or payload is not what it must be, and nothing of it was run."
        }
        State::NotTargeted => "The bundle is for other products of Windows than this one.",
    }
}

/// Standings that no single report gives.
fn own_standings() -> impl Iterator<Item = Page> {
    Standing::ALL.into_iter().filter_map(|standing| {
        let nothing = (standing == Standing::Retired).then_some("nothing: the server is done");
        let next = standing.next_action().or(nothing)?;
        let about = format!("Standing of a server in the fleet: {}.", standing.words());
        Some(page(standing.as_str(), "standing", &about, next))
    })
}

fn set<W: Word>(pages: &mut Vec<Page>, kind: &'static str, next: &str) {
    let words = W::ALL.iter();
    pages.extend(words.map(|word| page(word.text(), kind, &sentence(word.meaning()), next)));
}

/// A comment of the sources as a person reads it.
fn sentence(meaning: &str) -> String {
    meaning.trim().replace("[`", "`").replace("`]", "`")
}

fn page(name: &str, kind: &str, about: &str, next: &str) -> Page {
    Page {
        name: name.to_owned(),
        kind: kind.to_owned(),
        about: about.to_owned(),
        next: next.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// Declarations of closed sets in the sources of the contract.
    fn closed_sets(folder: &Path) -> Vec<String> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                found.extend(closed_sets(&path));
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let heads = text.lines().filter_map(|line| {
                let rest = line.trim().strip_prefix("pub enum ")?;
                rest.split_once(" (").map(|(name, _)| name.to_owned())
            });
            found.extend(heads.filter(|name| !name.starts_with('$')));
        }
        found
    }

    #[test]
    fn every_closed_set_of_the_contract_has_pages() {
        let contract = concat!(env!("CARGO_MANIFEST_DIR"), "/../contract/src");
        let sets = closed_sets(Path::new(contract));
        assert!(sets.len() > 15, "{sets:?}");
        for name in sets {
            let used = [format!("set::<{name}>"), format!("{name}::ALL")];
            let here = include_str!("words.rs");
            assert!(used.iter().any(|text| here.contains(text)), "{name}");
        }
    }

    #[test]
    fn every_page_says_what_it_is_and_what_to_do() {
        let pages = all();
        assert!(pages.len() > 150, "{}", pages.len());
        for page in pages {
            assert!(page.about.len() > 5, "{page:?}");
            assert!(!page.about.contains("[`"), "{page:?}");
            assert!(page.next.len() > 5, "{page:?}");
        }
    }
}
