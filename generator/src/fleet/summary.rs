//! The summary for a terminal: coverage first, then what needs a person.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use gangway_contract::{Reason, State};

use super::{Coverage, Fleet, LifeKind, OwnerCheck, Server, Standing, blockers};
use crate::goal::Goal;

/// Servers named below one reason before the rest is only counted.
const NAMES_SHOWN: usize = 5;

/// Failing addresses named below one reason.
const ADDRESSES_SHOWN: usize = 10;

/// How many servers are named below each reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// The first few.
    Few,
    /// Every one.
    All,
}

impl Names {
    fn shown(self) -> usize {
        match self {
            Self::Few => NAMES_SHOWN,
            Self::All => usize::MAX,
        }
    }
}

/// The whole summary, without a final line feed.
pub fn text(fleet: &Fleet, names: Names) -> String {
    let mut out = coverage(fleet);
    out.push('\n');
    for count in &fleet.standings {
        // Writing to a string cannot fail.
        let _ = write!(out, "{:>7}  {}", count.servers, count.standing.words());
        let others = not_on_the_list(fleet, count.standing);
        if others > 0 {
            let _ = write!(out, " ({others} of them not on the list)");
        }
        out.push('\n');
    }
    for ((_, reason), group) in open_groups(fleet) {
        let standing = group.standing.words();
        let _ = match reason {
            "" => write!(out, "\n{standing}\n"),
            reason if Reason::from_code(reason).is_none() => {
                write!(
                    out,
                    "\n{standing}: {reason} (a reason that this version does not know)\n"
                )
            }
            reason => write!(out, "\n{standing}: {reason}\n"),
        };
        let _ = writeln!(out, "  next: {}", group.next_action);
        for server in group.servers.iter().take(names.shown()) {
            let _ = writeln!(out, "  {}", lines(server));
        }
        let more = group.servers.len().saturating_sub(names.shown());
        if more > 0 {
            let _ = writeln!(out, "  and {more} more; `--all` names them");
        }
    }
    out.push_str(&lives(fleet));
    out.push_str(&in_the_way(fleet));
    out.push_str(&connectivity(fleet));
    if let Some(count) = fleet.evidence {
        let _ = writeln!(
            out,
            "\nanalyzer: {} results, beside {} servers; they count for nothing",
            count.results, count.servers
        );
    }
    let _ = match fleet.campaign.mode {
        // A share of servers that are done would be read as one of servers that are onboarded.
        Goal::Precheck => write!(out, "\nprecheck: {}", looked_at(fleet)),
        Goal::Onboard | Goal::Offboard | Goal::Retire => {
            write!(out, "\n{} % done", fleet.done_percent)
        }
    };
    let not_targeted = Standing::State(State::NotTargeted);
    let shown = fleet.campaign.mode != Goal::Precheck;
    let outside = |server: &&Server| server.expected && server.standing == not_targeted;
    let outside = fleet.servers.iter().filter(outside).count();
    if outside > 0 && shown {
        let _ = write!(out, " of those that the bundle is for ({outside} are not)");
    }
    if !fleet.coverage.owners_checked {
        out.push_str(", owners not checked");
    }
    out
}

/// How many of the servers that are asked for may be onboarded, and what became of the others.
fn looked_at(fleet: &Fleet) -> String {
    let expected = fleet.servers.iter().filter(|server| server.expected);
    let all = expected.count();
    let (clear, held) = (fleet.clear, fleet.held);
    let what = match fleet.coverage.expected {
        Some(_) => "expected servers",
        None => "servers that reported",
    };
    let mut line = format!("{clear} clear of {all} {what} ({} %)", fleet.clear_percent);
    let others = all.saturating_sub(clear + held);
    // Writing to a string cannot fail.
    let _ = write!(line, "; {held} with something in their way");
    if others > 0 {
        let _ = write!(
            line,
            ", {others} neither: no report that counts, or not for them"
        );
    }
    line
}

/// What the number below rests on.
fn coverage(fleet: &Fleet) -> String {
    let mut out = String::new();
    let coverage = &fleet.coverage;
    let mut files = format!(
        "{} reports, {} left out, {} unreadable",
        coverage.reports, coverage.left_out, coverage.unreadable
    );
    if coverage.newer > 0 {
        let _ = write!(files, "; {} of a newer bootstrap", coverage.newer);
    }
    let _ = match (coverage.expected, coverage.missing) {
        (Some(expected), Some(missing)) => writeln!(
            out,
            "{} of {expected} expected servers reported ({files})",
            expected - missing,
        ),
        _ => writeln!(
            out,
            "{} servers reported ({files}); no list of expected servers given",
            fleet.servers.len(),
        ),
    };
    if coverage.disabled + coverage.no_computers > 0 {
        let _ = writeln!(
            out,
            "not expected: {} disabled accounts, {} that are no computers",
            coverage.disabled, coverage.no_computers
        );
    }
    if let (Some(oldest), Some(newest)) = (&coverage.oldest, &coverage.newest) {
        let _ = writeln!(
            out,
            "reports from {oldest} to {newest}; older than {} days does not count",
            coverage.max_age_days
        );
    }
    let wanted = match fleet.campaign.mode {
        Goal::Onboard => "onboarded",
        Goal::Offboard => "offboarded",
        Goal::Retire => "retired, with nothing of a bootstrap left",
        Goal::Precheck => "nothing, for a precheck changes nothing",
    };
    let _ = match &fleet.campaign.org_id {
        Some(org_id) => writeln!(out, "done means: {wanted}, tenant {org_id}"),
        None => writeln!(
            out,
            "done means: {wanted}; tenant not checked (name `--bundle` or `--org-id`)"
        ),
    };
    out.push_str(&owners(coverage));
    out
}

/// Servers of a standing that a list of expected ones does not have, and that count for no share of it.
fn not_on_the_list(fleet: &Fleet, standing: Standing) -> usize {
    if fleet.coverage.expected.is_none() {
        return 0;
    }
    let others = fleet.servers.iter().filter(|server| !server.expected);
    others.filter(|server| server.standing == standing).count()
}

/// Whether the reports are tied to the accounts of their servers.
fn owners(coverage: &Coverage) -> String {
    let mut out = "owners of the report files: ".to_owned();
    if coverage.owners_checked {
        out.push_str("each is the account of its server\n");
        return out;
    }
    let all: usize = coverage.owners.iter().map(|count| count.servers).sum();
    let open = coverage.owners_not_checked();
    // Writing to a string cannot fail.
    let _ = write!(out, "not checked for {open} of {all} servers");
    let mut reasons = coverage.owners.iter();
    let first = reasons.find(|count| count.owner != OwnerCheck::Checked);
    for (at, count) in first.into_iter().chain(reasons).enumerate() {
        let mark = if at == 0 { " (" } else { "; " };
        let _ = write!(out, "{mark}{}: {}", count.owner.words(), count.servers);
    }
    out.push_str(if open > 0 { ")\n" } else { "\n" });
    out
}

/// What became of servers, which no number above tells; nothing where nothing did.
fn lives(fleet: &Fleet) -> String {
    let kinds = fleet
        .servers
        .iter()
        .filter_map(|server| server.life.as_ref());
    let kinds: Vec<LifeKind> = kinds.map(|life| life.kind).collect();
    let mut out = String::new();
    if kinds.is_empty() {
        return out;
    }
    out.push_str("\nnames and machines, which change no number above\n");
    for kind in LifeKind::ALL {
        let servers = kinds.iter().filter(|one| **one == kind).count();
        if servers > 0 {
            // Writing to a string cannot fail.
            let _ = writeln!(out, "{servers:>7}  {}", kind.words());
            let _ = writeln!(out, "  next: {}", kind.next_action());
        }
    }
    out
}

/// What stands in the way of servers that were only looked at; nothing where none was.
fn in_the_way(fleet: &Fleet) -> String {
    let mut out = String::new();
    if fleet.held + fleet.clear == 0 {
        return out;
    }
    // Writing to a string cannot fail.
    let _ = writeln!(
        out,
        "\nprechecked: {} have nothing in their way, {} have",
        fleet.clear, fleet.held
    );
    for count in &fleet.blockers {
        let _ = writeln!(out, "{:>7}  {}", count.servers, count.reason);
    }
    out
}

/// What came of asking the service's addresses; nothing when no server asked.
fn connectivity(fleet: &Fleet) -> String {
    let mut out = String::new();
    let asked: usize = fleet.connectivity.iter().map(|count| count.servers).sum();
    if asked == 0 {
        return out;
    }
    // Writing to a string cannot fail.
    let _ = writeln!(out, "\nconnectivity of {asked} servers that asked");
    for count in &fleet.connectivity {
        let _ = writeln!(out, "{:>7}  {}", count.servers, count.reason);
        if count.addresses.is_empty() {
            continue;
        }
        let _ = writeln!(out, "  next: {}", count.next_action);
        for address in count.addresses.iter().take(ADDRESSES_SHOWN) {
            let _ = writeln!(
                out,
                "{:>7}  {} {}",
                address.servers, address.outcome, address.url
            );
        }
        if count.addresses.len() > ADDRESSES_SHOWN {
            let more = count.addresses.len() - ADDRESSES_SHOWN;
            let _ = writeln!(out, "  and {more} more");
        }
    }
    out
}

struct Group<'a> {
    standing: Standing,
    next_action: &'a str,
    servers: Vec<&'a Server>,
}

/// Servers that are not done, by standing, worst first, and reason.
fn open_groups(fleet: &Fleet) -> BTreeMap<(usize, &str), Group<'_>> {
    let mut groups: BTreeMap<(usize, &str), Group<'_>> = BTreeMap::new();
    for server in &fleet.servers {
        let standing = server.standing;
        let wanted = standing.is_done(fleet.campaign.mode);
        let restart = standing == Standing::State(State::OnboardedPendingReboot);
        if wanted && !restart {
            continue;
        }
        let rank = super::standing::rank(standing);
        let (reason, next_action) = match (&server.report, standing.next_action()) {
            (_, Some(own)) => ("", own),
            // The program's own words: what a report says may be anybody's.
            (Some(report), None) => match Reason::from_code(&report.reason) {
                Some(reason) => (&*report.reason, reason.next_action()),
                None => (&*report.reason, &*report.next_action),
            },
            (None, None) => ("", ""),
        };
        groups
            .entry((rank, reason))
            .or_insert_with(|| Group {
                standing,
                next_action,
                servers: Vec::new(),
            })
            .servers
            .push(server);
    }
    groups
}

/// A server, what is known of it, and what another program found there.
fn lines(server: &Server) -> String {
    let own = line(server);
    match &server.evidence {
        Some(evidence) => {
            let (when, words) = (evidence.when(), evidence.words());
            format!("{own}\n    {} of {when}: {words}", evidence.source)
        }
        None => own,
    }
}

/// What is known of a server by its reports.
fn line(server: &Server) -> String {
    let name = &server.fqdn;
    if let Some(newer) = &server.newer_report {
        let told = [newer.state.as_deref(), newer.reason.as_deref()];
        let told: Vec<&str> = told.into_iter().flatten().collect();
        let (schema, when) = (newer.schema, newer.finished_at);
        let says = match told.as_slice() {
            [] => "says nothing that can be read here".to_owned(),
            told => format!("says: {}", told.join(", ")),
        };
        return format!("{name}: its report of {when} (schema {schema}) {says}");
    }
    match (&server.report, server.standing) {
        (None, _) => match &server.left_out {
            Some(why) => format!("{name}: {why}"),
            None => name.clone(),
        },
        (Some(report), Standing::NotHeardFrom) => {
            format!(
                "{name}: its last report is of {}: {}",
                report.finished_at, report.state
            )
        }
        (Some(report), Standing::OtherTenant) => match &report.org_id {
            Some(org_id) => format!("{name}: {org_id}"),
            None => format!("{name}: the report names no tenant"),
        },
        (Some(report), _) => {
            let others = blockers::others(server);
            let mark = if others.is_empty() { "" } else { "; also " };
            let more = match report.more_blockers {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let told = format!("{}{mark}{}{more}", report.detail, others.join(", "));
            match told.trim_start_matches("; ") {
                "" => name.clone(),
                told => format!("{name}: {told}"),
            }
        }
    }
}
