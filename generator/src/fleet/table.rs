//! The servers as a table for spreadsheets: every server, also those without a report.

use std::borrow::Cow;

use csv::{Terminator, WriterBuilder};

use super::{Fleet, Life, Server, ServerReport};
use crate::goal::Goal;

const HEADER: [&str; 18] = [
    "fqdn",
    "expected",
    "standing",
    "done",
    "reason",
    "detail",
    "next_action",
    "finished_at",
    "org_id",
    "bundle_id",
    "sequence",
    "exit_code",
    "protected",
    "owner",
    "blockers",
    "analyzer",
    "life",
    "life_next_action",
];

/// The table, a header and one row for each server, as separated values (RFC 4180, lines
/// that end with a line feed).
pub fn csv(fleet: &Fleet) -> String {
    let mut writer = WriterBuilder::new()
        // A carriage return would be written out like everything that drives a terminal.
        .terminator(Terminator::Any(b'\n'))
        .from_writer(Vec::new());
    let rows = fleet
        .servers
        .iter()
        .map(|server| row(server, fleet.campaign.mode));
    // Writing to memory cannot fail, and every row has as many cells as the header.
    let _ = writer.write_record(HEADER);
    for row in rows {
        let _ = writer.write_record(row.iter().map(|cell| harmless(cell).into_owned()));
    }
    String::from_utf8_lossy(&writer.into_inner().unwrap_or_default()).into_owned()
}

fn row(server: &Server, goal: Goal) -> [String; 18] {
    let report = server.report.as_ref();
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    let newer = server.newer_report.as_deref();
    let newer_reason = newer.and_then(|newer| newer.reason.as_deref());
    let newer_time = newer.map(|newer| newer.finished_at.to_string());
    let life = server.life.as_deref();
    let own_words = server.standing.next_action();
    [
        server.fqdn.clone(),
        server.expected.to_string(),
        server.standing.as_str().to_owned(),
        server.standing.is_done(goal).to_string(),
        text(report.map(|report| &*report.reason).or(newer_reason)),
        text(
            report
                .map(|report| &*report.detail)
                .or(server.left_out.as_deref()),
        ),
        text(own_words.or(report.map(|report| &*report.next_action))),
        report
            .map(|report| report.finished_at.to_string())
            .or(newer_time)
            .unwrap_or_default(),
        report
            .and_then(|report| report.org_id.as_ref())
            .map_or_else(String::new, ToString::to_string),
        report.map_or_else(String::new, |report| report.bundle_id.to_string()),
        report.map_or_else(String::new, |report| report.sequence.to_string()),
        report.map_or_else(String::new, |report| report.exit_code.to_string()),
        report.map_or_else(String::new, |report| match report.protected {
            Some(protected) => protected.to_string(),
            None => "untold".to_owned(),
        }),
        report.map_or_else(String::new, |report| report.owner.as_str().to_owned()),
        report.map_or_else(String::new, blockers),
        server
            .evidence
            .as_ref()
            .map_or_else(String::new, |evidence| {
                format!("{}: {}", evidence.when(), evidence.words())
            }),
        text(life.map(Life::words).as_deref()),
        text(life.map(|life| life.next_action)),
    ]
}

/// The codes of all reasons, the first that is to be cleared first.
fn blockers(report: &ServerReport) -> String {
    let mut codes: Vec<&str> = Vec::new();
    for blocker in &report.blockers {
        if !codes.contains(&&*blocker.reason) {
            codes.push(&blocker.reason);
        }
    }
    let more = match report.more_blockers {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    codes.join(" ") + &more
}

/// What begins a formula, in the wide forms of East Asian keyboards too.
const FORMULA: [char; 10] = [
    '=', '+', '-', '@', '\t', '\r', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
];

/// A cell that no spreadsheet takes for a formula, nor for several cells of which one is: where
/// `;` separates lists, quotes around a cell that is behind a comma are no quotes.
fn harmless(cell: &str) -> Cow<'_, str> {
    let begins = |part: &str| {
        let is_before = |c: char| c == '"' || (c.is_whitespace() && !FORMULA.contains(&c));
        part.trim_start_matches(is_before).starts_with(FORMULA)
    };
    let number = cell.parse::<i64>().is_ok();
    let first = !number && begins(cell);
    if !first && !cell.split(';').skip(1).any(begins) {
        return Cow::Borrowed(cell);
    }
    let parts = cell.split(';').enumerate();
    let parts = parts.map(|(at, part)| match (at, begins(part)) {
        (0, _) if !first => part.to_owned(),
        (_, true) => format!("'{part}"),
        (_, false) => part.to_owned(),
    });
    Cow::Owned(parts.collect::<Vec<_>>().join(";"))
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn what_a_server_wrote_is_no_formula() {
        for (cell, written) in [
            ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
            ("@SUM(1)", "'@SUM(1)"),
            ("-1+2", "'-1+2"),
            ("-1", "-1"),
            (
                "KB5 is missing;=HYPERLINK(1)",
                "KB5 is missing;'=HYPERLINK(1)",
            ),
            ("a; +1;b", "a;' +1;b"),
            ("a;\"=1\"", "a;'\"=1\""),
            ("\u{ff1d}1", "'\u{ff1d}1"),
            ("\u{3000}=1", "'\u{3000}=1"),
            ("two; three", "two; three"),
            ("srv1.contoso.com", "srv1.contoso.com"),
        ] {
            assert_eq!(harmless(cell), written);
        }
    }
}
