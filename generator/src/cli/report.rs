//! `gangway report`: the question, the summary, and whether the threshold is reached; and
//! `--prune`.

use std::path::Path;

use gangway_contract::{Manifest, OrgId, UtcTime, manifest};

use super::answer::Answer;
use super::arguments::{Prune, Report};
use super::commands::{Answered, judged, now};
use super::failure::Failure;
use super::output::{Format, Output};
use crate::exit::Exit;
use crate::failure::FailureCode;
use crate::fleet::{
    self, Campaign, ExpectedServers, Fleet, Keep, Names, Owners, Places, Pruned, Question,
    SavedOwners, Texts,
};
use crate::goal::Goal;
use crate::plain_file;

/// A hundred thousand rows of every property take some 60 MB.
const MAX_LIST_BYTES: u64 = 256 << 20;

pub(super) fn report(given: &Report, output: &Output) -> Answered<Fleet> {
    let lists = Lists::read(given)?;
    // Only a document has room for what each blocker says.
    let texts = match output.format() {
        Format::Json => Texts::All,
        Format::Text | Format::Sarif => Texts::Codes,
    };
    let question = lists.question(given, texts)?;
    let mut fleet = fleet::read(&given.folder, &question)?;
    if !given.analyzer.is_empty() {
        let gathered = fleet::gather_evidence(&given.analyzer, question.now).map_err(|error| {
            Failure::of(FailureCode::Files, error.to_string()).hint(
                "`--analyzer` takes a folder with archives `MDEClientAnalyzerResult*.zip`, one with \
                 what was unpacked from them, or one such file",
            )
        })?;
        fleet::stand_beside(&mut fleet, gathered);
    }
    if given.require_owners {
        let open = fleet::required_problem(&fleet.coverage);
        fleet.problems.extend(open);
    }
    places(given).name(&mut fleet.problems);
    output.problems(&fleet.problems);
    let none_counts = fleet::none_counts(&given.folder, &fleet);
    if given.csv {
        output.result(fleet::csv(&fleet).trim_end());
    } else if none_counts.is_none() {
        // Machines read the servers all the same; a person would read the number.
        let names = if given.all { Names::All } else { Names::Few };
        output.lines(&fleet::text(&fleet, names));
    }
    let reached = given
        .threshold
        .is_none_or(|percent| reached_percent(&fleet) >= percent.into());
    let problems = std::mem::take(&mut fleet.problems);
    if let Some(percent) = given.threshold.filter(|_| !reached && !given.csv) {
        output.result(&format!(
            "{} % {} are fewer than the {percent} % of `--threshold`",
            reached_percent(&fleet),
            match fleet.campaign.mode {
                Goal::Precheck => "clear",
                Goal::Onboard | Goal::Offboard | Goal::Retire => "done",
            }
        ));
    }
    let answer = judged(fleet, problems, &given.findings.deny());
    Ok(Answer {
        exit: if reached { answer.exit } else { Exit::Problems },
        failure: none_counts.map(Failure::from).or(answer.failure),
        ..answer
    })
}

/// What a threshold is held against: who is done, and of a precheck who is clear.
fn reached_percent(fleet: &Fleet) -> usize {
    match fleet.campaign.mode {
        Goal::Precheck => fleet.clear_percent,
        Goal::Onboard | Goal::Offboard | Goal::Retire => fleet.done_percent,
    }
}

/// `gangway report --prune`: what goes, and that it went.
pub(super) fn prune(given: &Report, output: &Output) -> Answered<Pruned> {
    let lists = Lists::read(given)?;
    let question = lists.question(given, Texts::Codes)?;
    let Prune {
        keep_newest,
        keep_days,
        ref history,
        apply,
        ..
    } = given.prune;
    let keep = Keep {
        newest: keep_newest.into(),
        days: keep_days,
    };
    let mut pruned = fleet::prune(&given.folder, &question, keep, history, apply)?;
    places(given).name(&mut pruned.problems);
    output.problems(&pruned.problems);
    output.lines(&pruned.text());
    let problems = std::mem::take(&mut pruned.problems);
    Ok(judged(pruned, problems, &given.findings.deny()))
}

/// What findings may be about.
fn places(given: &Report) -> Places<'_> {
    Places {
        reports: Some(&given.folder),
        list: given.expected.as_deref(),
        results: &given.analyzer,
    }
}

/// The files that say whose reports count.
struct Lists {
    expected: Option<ExpectedServers>,
    owners: Owners,
}

impl Lists {
    fn read(given: &Report) -> Result<Self, Failure> {
        let owners = given.owners.as_deref().map(read_owners).transpose()?;
        Ok(Self {
            expected: given.expected.as_deref().map(read_expected).transpose()?,
            owners: owners.map_or_else(Owners::default, Owners::Saved),
        })
    }

    fn question<'a>(&'a self, given: &Report, texts: Texts) -> Result<Question<'a>, Failure> {
        Ok(Question {
            expected: self.expected.as_ref(),
            owners: &self.owners,
            campaign: campaign(given)?,
            now: UtcTime(now(&given.moment)),
            max_age_days: given.max_age,
            texts,
        })
    }
}

/// What the servers were to become: what the bundle says, else onboarded.
fn campaign(given: &Report) -> Result<Campaign, Failure> {
    if let Some(bundle) = &given.bundle {
        let manifest = read_manifest(
            bundle,
            "`--bundle` takes a folder that `gangway build` made",
        )?;
        return Ok(Campaign {
            mode: Goal::of(&manifest),
            org_id: Some(manifest.tenant.org_id),
            named: true,
        });
    }
    let org_id = given.org_id.clone().map(OrgId::try_from).transpose();
    let org_id = org_id.map_err(|error| {
        Failure::of(FailureCode::CommandLine, format!("`--org-id`: {error}"))
            .hint("it is the id that `gangway inspect` shows as tenant")
    })?;
    Ok(Campaign {
        mode: Goal::Onboard,
        org_id,
        named: false,
    })
}

/// The manifest of a bundle that a person named.
pub(super) fn read_manifest(bundle: &Path, hint: &str) -> Result<Manifest, Failure> {
    let path = bundle.join("manifest.json");
    let failed =
        |code, why: String| Failure::of(code, format!("`{}`: {why}", path.display())).hint(hint);
    let bytes = plain_file::read(&path, manifest::MAX_BYTES as u64)
        .map_err(|error| failed(FailureCode::Files, error.to_string()))?;
    let bytes = bytes.unwrap_or_default();
    Manifest::parse(&bytes).map_err(|error| failed(FailureCode::NotABundle, error.to_string()))
}

fn read_owners(path: &Path) -> Result<SavedOwners, Failure> {
    let failed = |code, why: String| {
        Failure::of(code, format!("list of owners `{}`: {why}", path.display()))
            .hint("see `gangway explain GW4008` for the commands that write one")
    };
    let bytes = plain_file::read_whole(path, MAX_LIST_BYTES)
        .map_err(|error| failed(FailureCode::Files, error.to_string()))?;
    SavedOwners::read(&bytes).map_err(|error| failed(FailureCode::CommandLine, error.to_string()))
}

pub(super) fn read_expected(path: &Path) -> Result<ExpectedServers, Failure> {
    let failed = |code, why: String| {
        Failure::of(code, format!("list of servers `{}`: {why}", path.display())).hint(
            "`--expected` takes a text with a name on each line, or what `Get-ADComputer … | \
             Export-Csv -Encoding UTF8` writes with the property `DNSHostName`",
        )
    };
    let bytes = plain_file::read(path, MAX_LIST_BYTES)
        .map_err(|error| failed(FailureCode::Files, error.to_string()))?
        .ok_or_else(|| {
            let why = format!("more than {MAX_LIST_BYTES} bytes");
            failed(FailureCode::CommandLine, why)
        })?;
    ExpectedServers::read(&bytes)
        .map_err(|error| failed(FailureCode::CommandLine, error.to_string()))
}
