//! Whether anything that was read says something of the fleet today.

use std::path::Path;

use super::error::FleetError;
use super::{Fleet, Server, Standing, elsewhere};

/// Why no report counts: how many of what, in words, and what to do.
type Reason = (usize, String, &'static str);

/// A folder whose reports say nothing of any server that is asked for is as good as an empty one;
/// none where one report counts.
pub fn none_counts(folder: &Path, fleet: &Fleet) -> Option<FleetError> {
    if fleet.servers.iter().any(counts) {
        return None;
    }
    let coverage = &fleet.coverage;
    if coverage.reports + coverage.left_out == 0
        && let Some(elsewhere) = elsewhere::told(folder)
    {
        return Some(elsewhere);
    }
    let reasons = reasons(fleet);
    let found = reasons.iter().filter(|(count, ..)| *count > 0);
    let words: Vec<String> = found
        .clone()
        .map(|(count, what, _)| format!("{what}: {count}"))
        .collect();
    let next: Vec<&str> = found.map(|(.., next)| *next).collect();
    Some(FleetError::NoneCounts {
        path: folder.to_owned(),
        why: words.join("; "),
        next: next.join("; "),
    })
}

/// Does what a server sent count for the fleet that is asked for?
fn counts(server: &Server) -> bool {
    let stands_apart = matches!(
        server.standing,
        Standing::NotHeardFrom | Standing::OtherTenant
    );
    let has_run = server.report.is_some() || server.newer_report.is_some();
    let by_run = has_run && !stands_apart;
    server.expected && (by_run || server.connectivity.is_some())
}

fn reasons(fleet: &Fleet) -> [Reason; 6] {
    let coverage = &fleet.coverage;
    let with = |standing: Standing| {
        let servers = fleet.servers.iter().filter(|server| server.expected);
        servers.filter(|one| one.standing == standing).count()
    };
    [
        (
            coverage.unreadable,
            "files not understood".to_owned(),
            "see `gangway explain GW4001` for files that are no reports",
        ),
        (
            coverage.left_out,
            "reports left out".to_owned(),
            "see `gangway explain GW4006` for those left out",
        ),
        (
            coverage.newer,
            "reports of a newer bootstrap".to_owned(),
            "see `gangway explain GW4055` for those of a newer bootstrap",
        ),
        (
            with(Standing::NotHeardFrom),
            format!("servers not heard from for {} days", coverage.max_age_days),
            "see whether the task still runs on servers not heard from; `--as-of 2026-03-02` looks \
             at a copy as on its day",
        ),
        (
            with(Standing::OtherTenant),
            "servers of another tenant".to_owned(),
            "name the bundle that the servers were given",
        ),
        (
            coverage.unexpected.unwrap_or(0),
            "servers that are not on the list".to_owned(),
            "export the list of servers again",
        ),
    ]
}
