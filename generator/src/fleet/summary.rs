//! The summary for a terminal: coverage first, then what needs a person.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use gangway_contract::State;

use super::Fleet;

/// Servers named below one reason before the rest is only counted.
const NAMES_SHOWN: usize = 5;

/// Failing addresses named below one reason.
const ADDRESSES_SHOWN: usize = 10;

/// The whole summary, without a final line feed.
pub fn text(fleet: &Fleet) -> String {
    let mut out = String::new();
    let coverage = &fleet.coverage;
    // Writing to a string cannot fail.
    let _ = match (coverage.expected, coverage.missing) {
        (Some(expected), Some(missing)) => writeln!(
            out,
            "{} of {expected} expected servers reported ({} reports, {} unreadable)",
            expected - missing,
            coverage.reports,
            coverage.unreadable
        ),
        _ => writeln!(
            out,
            "{} servers reported ({} reports, {} unreadable); no list of expected servers given",
            fleet.servers.len(),
            coverage.reports,
            coverage.unreadable
        ),
    };
    if !coverage.owners_checked {
        out.push_str("owners of the report files: not checked (read from a copy)\n");
    }
    out.push('\n');
    for count in &fleet.states {
        let _ = writeln!(out, "{:>7}  {}", count.servers, name(count.state));
    }
    for (key, group) in open_groups(fleet) {
        let _ = write!(
            out,
            "\n{}: {}\n  next: {}\n",
            name(Some(key.0)),
            key.1,
            group.next_action
        );
        for (server, detail) in group.servers.iter().take(NAMES_SHOWN) {
            let _ = writeln!(out, "  {server}: {detail}");
        }
        if group.servers.len() > NAMES_SHOWN {
            let _ = writeln!(out, "  and {} more", group.servers.len() - NAMES_SHOWN);
        }
    }
    out.push_str(&connectivity(fleet));
    let _ = write!(out, "\n{} % done", fleet.good_percent());
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
    next_action: &'a str,
    servers: Vec<(&'a str, &'a str)>,
}

/// Servers that are not done, by state and reason.
fn open_groups(fleet: &Fleet) -> BTreeMap<(State, &str), Group<'_>> {
    let mut groups: BTreeMap<(State, &str), Group<'_>> = BTreeMap::new();
    for server in &fleet.servers {
        let Some(report) = &server.report else {
            continue;
        };
        if matches!(
            report.state,
            State::Onboarded | State::Offboarded | State::NotTargeted
        ) {
            continue;
        }
        groups
            .entry((report.state, report.reason.as_str()))
            .or_insert_with(|| Group {
                next_action: &report.next_action,
                servers: Vec::new(),
            })
            .servers
            .push((&server.fqdn, &report.detail));
    }
    groups
}

fn name(state: Option<State>) -> &'static str {
    match state {
        None => "no report",
        Some(State::Onboarded) => "onboarded",
        Some(State::OnboardedPendingReboot) => "onboarded, restart pending",
        Some(State::Offboarded) => "offboarded",
        Some(State::Assessed) => "assessed",
        Some(State::Waiting) => "waiting",
        Some(State::Blocked) => "blocked",
        Some(State::Failed) => "failed",
        Some(State::Refused) => "refused",
        Some(State::NotTargeted) => "not targeted",
    }
}
