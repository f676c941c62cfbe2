//! From a folder of report files to where each server stands.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{DirEntry, File};
use std::io;
use std::path::{Path, PathBuf};

use gangway_contract::control::ring_position;
use gangway_contract::manifest::Mode;
use gangway_contract::time::UtcTime;
use gangway_contract::{document, report};
use rayon::prelude::*;

use super::consistency::{against, against_newer};
use super::error::{FleetError, MAX_REPORTS};
use super::fold::{Age, Folded, Named, Newest, Outcome, newer_schema};
use super::host_report::{HostReport, NewerPart};
use super::life::{self, Life, judge};
use super::standing::{DAY_S, ORDER, done_percent, is_of_last_campaign, standing};
use super::subject::{LIST, REPORTS};
use super::{
    Campaign, Coverage, ExpectedServers, Fleet, MAX_TEXT, OwnerCheck, OwnerCount, Question, Server,
    Standing, StandingCount, Texts, blockers, codes, connectivity, elsewhere, owners,
};
use crate::bundle::mode_name;
use crate::formats::security::Sid;
use crate::goal::Goal;
use crate::plain_file;
use crate::printable::short_line;
use crate::problem::{Code, Problem};

/// Files that are read before what they say is folded together: as many reports are held whole, so that few are
/// taken, and enough for all processors.
const AT_A_TIME: usize = 128;

/// The first and the last of some moments.
#[derive(Default)]
struct Times {
    oldest: Option<UtcTime>,
    newest: Option<UtcTime>,
}

impl Times {
    fn take(&mut self, time: UtcTime) {
        self.oldest = Some(self.oldest.map_or(time, |oldest| oldest.min(time)));
        self.newest = Some(self.newest.map_or(time, |newest| newest.max(time)));
    }
}

/// What the servers were to become, as far as it is asked: reports that all come of looking, with no
/// bundle named, are asked as a precheck's, which makes nobody done, or as a last campaign's where one tells of it.
fn campaign(question: &Question<'_>, newest: &BTreeMap<String, Newest>) -> Campaign {
    let asked = &question.campaign;
    let mut runs = newest
        .values()
        .filter_map(|one| one.run.as_ref())
        .peekable();
    let (mut only_looked, mut is_last) = (runs.peek().is_some(), false);
    for (_, run) in runs {
        only_looked &= run.mode == Mode::Precheck;
        is_last |= is_of_last_campaign(run);
    }
    Campaign {
        mode: match asked.named {
            false if only_looked && is_last => Goal::Retire,
            false if only_looked => Goal::Precheck,
            _ => asked.mode,
        },
        ..asked.clone()
    }
}

/// Reads every `*.json` in the folder (not below it).
///
/// # Errors
/// The folder itself; files that are no reports become problems.
pub fn read(folder: &Path, question: &Question<'_>) -> Result<Fleet, FleetError> {
    let folded = fold(folder, question)?;
    let Folded {
        newest,
        reports,
        newer,
        unreadable,
        left_out,
        mut refused,
    } = folded;
    let expected = question.expected;
    let matched = expected.map(|list| list.matched(newest.keys().map(String::as_str)));
    let mut problems = Vec::new();
    problems.extend(
        expected
            .map_or(&[][..], ExpectedServers::problems)
            .iter()
            .cloned(),
    );
    problems.extend(file_problems(&newer, &unreadable, &left_out));
    let is_expected = |name: &str| matched.as_ref().is_none_or(|m| m.expected.contains(name));
    let is_disabled = |name: &str| expected.is_some_and(|list| list.is_disabled(name));
    let unexpected: Vec<&str> = newest
        .keys()
        .map(String::as_str)
        .filter(|name| !is_expected(name) && !is_disabled(name))
        .collect();
    problems.extend(unexpected_problem(&unexpected));
    let unexpected = unexpected.len();

    let mut lives = judge(newest.iter().map(|(name, one)| (name.as_str(), &one.trace)));
    let campaign = campaign(question, &newest);
    let mut times = Times::default();
    let mut servers: Vec<Server> = newest
        .into_iter()
        .map(|(fqdn, newest)| {
            let expected = is_expected(&fqdn);
            let disabled = || is_disabled(&fqdn) && !expected;
            let life = lives.of.remove(&fqdn);
            let life = life.or_else(|| disabled().then(Life::of_disabled_account));
            let server = server(fqdn, expected, newest, (&campaign, question), &mut times);
            let life = life.map(Box::new);
            Server { life, ..server }
        })
        .collect();
    let without_run =
        |one: &&Server| one.expected && one.report.is_none() && one.newer_report.is_none();
    let asked_only = servers.iter().filter(without_run).count();
    let mut missing = expected.map(|_| asked_only);
    if let Some(matched) = matched {
        problems.extend(matched.problems);
        missing = missing.map(|count| count + matched.missing.len());
        let silent = |name: String| silent(expected, refused.remove(&name), name);
        servers.extend(matched.missing.into_iter().map(silent));
        servers.sort_by(|left, right| left.fqdn.cmp(&right.fqdn));
    }
    problems.extend(life::problems(&lives.groups, &servers));
    problems.extend(tenants_problem(&servers, question));
    problems.extend(mode_problem(&servers, campaign.mode.mode()));
    let owners = owners::count(&servers);
    let checked = |count: &OwnerCount| count.owner == OwnerCheck::Checked;
    let outlooks = blockers::count(&servers);
    let done = done_percent(&servers, campaign.mode);
    Ok(Fleet {
        campaign,
        coverage: Coverage {
            expected: expected.map(ExpectedServers::len),
            missing,
            unexpected: expected.map(|_| unexpected),
            disabled: expected.map_or(0, ExpectedServers::disabled),
            no_computers: expected.map_or(0, ExpectedServers::no_computers),
            reports,
            newer: newer.files,
            unreadable: unreadable.files,
            left_out: left_out.files,
            max_age_days: question.max_age_days,
            oldest: times.oldest.as_ref().map(UtcTime::to_string),
            newest: times.newest.as_ref().map(UtcTime::to_string),
            owners_checked: !owners.is_empty() && owners.iter().all(checked),
            owners,
        },
        done_percent: done,
        standings: count(&servers),
        clear: outlooks.clear,
        clear_percent: outlooks.clear_percent,
        held: outlooks.held,
        blockers: outlooks.blockers,
        connectivity: connectivity::count(&servers),
        evidence: None,
        servers,
        problems,
    })
}

/// Reads the files and folds what they say.
fn fold(folder: &Path, question: &Question<'_>) -> Result<Folded, FleetError> {
    let mut folded = Folded::default();
    each(
        folder,
        question,
        |_| true,
        |_, name, outcome| {
            folded.take(&name, outcome, question.expected);
        },
    )?;
    Ok(folded)
}

/// Reads the files whose names are wanted, some hundred at a time on all processors, and gives
/// each with its name on, in the order of the folder.
///
/// # Errors
/// The folder, and a folder without any `*.json`.
pub(super) fn each(
    folder: &Path,
    question: &Question<'_>,
    wanted: impl Fn(&str) -> bool + Sync,
    mut take: impl FnMut(&Path, String, Outcome),
) -> Result<(), FleetError> {
    let unreadable = |error: &io::Error| FleetError::Unreadable {
        path: folder.to_owned(),
        why: error.to_string(),
    };
    let mut seen = 0;
    let mut entries = std::fs::read_dir(folder).map_err(|error| unreadable(&error))?;
    loop {
        let some: Result<Vec<DirEntry>, io::Error> = entries.by_ref().take(AT_A_TIME).collect();
        let some = some.map_err(|error| unreadable(&error))?;
        if some.is_empty() {
            break;
        }
        let paths: Vec<PathBuf> = some
            .iter()
            .map(DirEntry::path)
            .filter(|path| {
                let extension = path.extension();
                extension.is_some_and(|one| one.eq_ignore_ascii_case("json"))
            })
            .collect();
        drop(some);
        seen += paths.len();
        if seen > MAX_REPORTS {
            return Err(FleetError::TooMany {
                path: folder.to_owned(),
            });
        }
        let outcomes: Vec<(&Path, String, Outcome)> = paths
            .par_iter()
            .filter_map(|path| {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                wanted(&name).then(|| {
                    let outcome = read_one(path, &name, question);
                    (path.as_path(), name.into_owned(), outcome)
                })
            })
            .collect();
        for (path, name, outcome) in outcomes {
            take(path, name, outcome);
        }
    }
    if seen == 0 {
        return Err(
            elsewhere::told(folder).unwrap_or_else(|| FleetError::Empty {
                path: folder.to_owned(),
            }),
        );
    }
    Ok(())
}

fn read_one(path: &Path, name: &str, question: &Question<'_>) -> Outcome {
    let (understood, file) = match parse(path) {
        Ok(parsed) => parsed,
        Err(why) => return Outcome::Unreadable(short_line(&why, MAX_TEXT)),
    };
    let mut report = match understood {
        Understood::Whole(report) => report,
        Understood::Part(part) => return newer_part(part, (&file, name), question),
    };
    if question.texts == Texts::Codes {
        report.leave_out_blocker_texts();
    }
    if let Some(why) = against(name, &report, question.now) {
        return Outcome::LeftOut(short_line(&why, MAX_TEXT));
    }
    let account = question
        .expected
        .and_then(|list| list.account(&report.server()));
    let own = report.facts_after.host.account_sid.as_deref();
    let own: Option<Sid> = own.and_then(|sid| sid.parse().ok());
    // Without an account to compare with nobody needs to ask for the owner.
    let owner = account
        .or(own)
        .and_then(|_| question.owners.of(&file, name));
    report.account_word = owners::word(owner, own);
    if let Some(check) = owners::judge(owner, account) {
        return Outcome::Counts(report, check);
    }
    of_another(&report.server(), owner, account)
}

/// A report of which only part can be read is judged by that part.
fn newer_part(
    part: Box<NewerPart>,
    (file, name): (&File, &str),
    question: &Question<'_>,
) -> Outcome {
    if let Some(why) = against_newer(name, &part.fqdn, part.finished_at, question.now) {
        return Outcome::LeftOut(short_line(&why, MAX_TEXT));
    }
    let server = part.server();
    let account = question.expected.and_then(|list| list.account(&server));
    let owner = account.and_then(|_| question.owners.of(file, name));
    match owners::judge(owner, account) {
        Some(_) => Outcome::Newer(part),
        None => of_another(&server, owner, account),
    }
}

/// The file belongs to somebody else than the server that it speaks of.
fn of_another(server: &str, owner: Option<Sid>, account: Option<Sid>) -> Outcome {
    let text = |sid: Option<Sid>| sid.map_or_else(String::new, |sid| sid.to_string());
    Outcome::LeftOut(format!(
        "its owner is {}, and the account of `{server}` is {}",
        text(owner),
        text(account)
    ))
}

/// What the bytes of a report say.
enum Understood {
    Whole(Box<HostReport>),
    /// It is of a newer shape, and other fields are not as they were.
    Part(Box<NewerPart>),
}

/// The report in a file, and the file.
fn parse(path: &Path) -> Result<(Understood, File), String> {
    let mut file = plain_file::open(path).map_err(|error| error.to_string())?;
    let bytes = plain_file::read_open(&mut file, report::MAX_BYTES as u64)
        .map_err(|error| error.to_string())?
        .ok_or_else(|| format!("larger than {} bytes", report::MAX_BYTES))?;
    Ok((understood(&bytes)?, file))
}

/// The report in these bytes.
fn understood(bytes: &[u8]) -> Result<Understood, String> {
    let whole: Result<Box<HostReport>, _> = serde_json::from_slice(bytes);
    let error = match whole {
        Ok(report) if report.schema >= report::OLDEST_SCHEMA => {
            return Ok(Understood::Whole(report));
        }
        Ok(report) => return Err(newer_schema(report.schema)),
        Err(error) => error,
    };
    match serde_json::from_slice::<Box<NewerPart>>(bytes) {
        Ok(part) if part.schema > report::SCHEMA => Ok(Understood::Part(part)),
        _ => Err(match document::schema(bytes) {
            Ok(schema) if schema > report::SCHEMA => newer_schema(schema),
            _ => format!("no report of a bootstrap: {error}"),
        }),
    }
}

/// Does a report count, as far as its file's name and its own words tell?
///
/// # Errors
/// In words, why it cannot be understood or what speaks against it.
pub fn counts_by_its_words(file: &str, bytes: &[u8], now: UtcTime) -> Result<(), String> {
    let against = match understood(bytes)? {
        Understood::Whole(report) => against(file, &report, now),
        Understood::Part(part) => against_newer(file, &part.fqdn, part.finished_at, now),
    };
    against.map_or(Ok(()), Err)
}

fn file_problems(newer: &Named, unreadable: &Named, left_out: &Named) -> Vec<Problem> {
    let problem = |code: &'static Code, named: &Named, message: &str, next: &str| {
        let message = format!("{message}: {}", named.files);
        named.told(Problem::new(code, REPORTS, message, next))
    };
    let unreadable = problem(
        &codes::UNREADABLE_REPORT,
        unreadable,
        "files that are no reports that can be read",
        "look at the files; see `gangway explain GW4001`",
    );
    let left_out = problem(
        &codes::LEFT_OUT_REPORT,
        left_out,
        "reports that do not count",
        "look at the files and at who made them; see `gangway explain GW4006`",
    );
    let newer = problem(
        &codes::NEWER_REPORT,
        newer,
        "reports of a newer bootstrap, read as far as they can be",
        "read them with the version of `gangway` that built the newest bundle; see `gangway explain GW4055`",
    );
    let problems = unreadable.into_iter().chain(left_out);
    problems.chain(newer).collect()
}

/// Names the servers that nobody expected, the first of them at least.
fn unexpected_problem(names: &[&str]) -> Option<Problem> {
    if names.is_empty() {
        return None;
    }
    let problem = Problem::new(
        &codes::UNEXPECTED_SERVER,
        LIST,
        format!(
            "servers that report and are not on the list: {}",
            names.len()
        ),
        "export the list again; a server that is still not on it may show that the policy \
         reaches further than it was meant to",
    );
    Some(problem.naming(names.iter().map(|&name| name.to_owned())))
}

/// Several tenants among the servers that are done, and nobody said which one is meant.
fn tenants_problem(servers: &[Server], question: &Question<'_>) -> Option<Problem> {
    if question.campaign.org_id.is_some() {
        return None;
    }
    let done = servers
        .iter()
        .filter(|server| server.standing.is_done(question.campaign.mode));
    let tenants: BTreeSet<String> = done
        .filter_map(|server| server.report.as_ref()?.org_id.as_ref())
        .map(ToString::to_string)
        .collect();
    if tenants.len() < 2 {
        return None;
    }
    let problem = Problem::new(
        &codes::SEVERAL_TENANTS,
        REPORTS,
        format!("the servers report to {} tenants", tenants.len()),
        "name the bundle with `--bundle`, or the tenant with `--org-id`",
    );
    Some(problem.naming(tenants.into_iter()))
}

/// Servers that are asked for and last ran a bundle of another mode.
fn mode_problem(servers: &[Server], mode: Mode) -> Option<Problem> {
    let others = servers.iter().filter(|server| server.expected);
    let others: Vec<String> = others
        .filter_map(|server| Some((server, server.report.as_ref()?.mode)))
        .filter(|(_, ran)| *ran != mode)
        .map(|(server, ran)| format!("{}: {}", server.fqdn, mode_name(ran)))
        .collect();
    if others.is_empty() {
        return None;
    }
    let problem = Problem::new(
        &codes::OTHER_MODE,
        REPORTS,
        format!(
            "the campaign is `{}`, and the newest report is of another mode on servers: {}",
            mode_name(mode),
            others.len()
        ),
        "name the bundle that the servers were given with `--bundle`",
    );
    Some(problem.naming(others.into_iter()))
}

fn server(
    fqdn: String,
    expected: bool,
    newest: Newest,
    (campaign, question): (&Campaign, &Question<'_>),
    times: &mut Times,
) -> Server {
    let is_newest = |(age, _): &(Age, _)| newest.run.as_ref().is_none_or(|(run, _)| run < age);
    let newer_report = newest.newer.filter(is_newest).map(|(_, newer)| newer);
    // What was before says nothing of what the server is now.
    let run = newest.run.filter(|_| newer_report.is_none());
    let run = run.map(|((_, time, ..), report)| (time, report));
    let max_age = i64::from(question.max_age_days).saturating_mul(DAY_S);
    let standing = match &newer_report {
        Some(newer) => {
            times.take(newer.finished_at);
            let is_old = question.now.since(newer.finished_at) > max_age;
            if is_old {
                Standing::NotHeardFrom
            } else {
                Standing::NewerReport
            }
        }
        None => standing(
            run.as_ref().map(|(time, report)| (report, *time)),
            campaign,
            question.now,
            question.max_age_days,
        ),
    };
    let report = run.map(|(time, report)| {
        times.take(time);
        report
    });
    let listed = || listed_position(question.expected, &fqdn);
    let told = report.as_ref().and_then(|report| report.ring_position);
    Server {
        ring_position: told.or_else(listed),
        fqdn,
        expected,
        standing,
        report,
        newer_report,
        left_out: None,
        connectivity: newest.connectivity.map(|(_, asked)| asked),
        life: None,
        evidence: None,
    }
}

/// Place in percentage rings by the SID of the account that the list has.
fn listed_position(list: Option<&ExpectedServers>, fqdn: &str) -> Option<u8> {
    let sid = list?.account(fqdn)?;
    Some(ring_position(&sid.to_string()))
}

/// An expected server of which no report counts, and why one that bears its name does not.
fn silent(list: Option<&ExpectedServers>, left_out: Option<Box<str>>, fqdn: String) -> Server {
    let standing = match left_out {
        Some(_) => Standing::ReportLeftOut,
        None => Standing::NoReport,
    };
    Server {
        ring_position: listed_position(list, &fqdn),
        fqdn,
        expected: true,
        standing,
        report: None,
        left_out,
        newer_report: None,
        connectivity: None,
        life: None,
        evidence: None,
    }
}

fn count(servers: &[Server]) -> Vec<StandingCount> {
    let with = |standing: Standing| {
        servers
            .iter()
            .filter(|one| one.standing == standing)
            .count()
    };
    ORDER
        .into_iter()
        .map(|standing| StandingCount {
            standing,
            servers: with(standing),
        })
        .filter(|count| count.servers > 0)
        .collect()
}
