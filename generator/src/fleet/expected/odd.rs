//! What in a list a person should look at, and the problems that say so.

use std::collections::BTreeSet;

use super::super::codes;
use super::super::subject::LIST;
use crate::problem::{Code, Problem};

/// What in a list a person should look at.
#[derive(Debug, Default)]
pub(super) struct Odd {
    /// Rows that name no server that a report could be of.
    pub(super) nameless: Vec<String>,
    /// Rows that name another account of a name above.
    pub(super) others: Vec<String>,
    /// Rows that name a server once more.
    pub(super) again: Vec<String>,
    /// The column that was taken, and one that names other servers.
    pub(super) columns: BTreeSet<(&'static str, &'static str)>,
    pub(super) doubts: Vec<String>,
}

/// What the list is told of.
pub(super) fn problems(
    odd: &Odd,
    assumed_header: Option<(u64, String)>,
    code_page: bool,
) -> Vec<Problem> {
    let about = |code: &'static Code, message: String, next: &str, rows: &[String]| {
        let problem = Problem::new(code, LIST, message, next);
        (!rows.is_empty()).then(|| problem.naming(rows.iter().cloned()))
    };
    let nameless = about(
        &codes::NAMELESS_ROW,
        format!(
            "rows of the list that name no server: {}",
            odd.nameless.len()
        ),
        if code_page {
            "the list is in a code page that it does not name: export it again with `-Encoding UTF8`"
        } else {
            "correct the rows, delete accounts that nobody uses, or export the list again with \
             `DNSHostName` among its properties"
        },
        &odd.nameless,
    );
    let others = about(
        &codes::OTHER_ACCOUNT,
        format!(
            "rows of the list that give a name above to another account: {}",
            odd.others.len()
        ),
        "export the list again with `DNSHostName` among its properties, which tells them apart",
        &odd.others,
    );
    let header = assumed_header.map(|(line, text)| {
        Problem::new(
            &codes::ASSUMED_HEADER,
            LIST,
            format!("`{text}` is taken for the header of the list"),
            "when it is a server, put the header `Name` above it, or write its full name",
        )
        .with_evidence(format!("line {line}"))
    });
    let again = about(
        &codes::REPEATED_ROW,
        format!(
            "rows of the list that name a server once more: {}",
            odd.again.len()
        ),
        "when they are other servers, export the list again with `DNSHostName` among its properties",
        &odd.again,
    );
    let columns = odd.columns.iter().map(|(taken, other)| {
        format!("the column `{taken}` is taken, and `{other}` names other servers")
    });
    let doubts: Vec<String> = columns.chain(odd.doubts.iter().cloned()).collect();
    let doubts = about(
        &codes::DOUBTFUL_LIST,
        "part of the list may be meant otherwise than it was read".to_owned(),
        "look at the places; a column `DNSHostName` names servers best",
        &doubts,
    );
    let all = nameless.into_iter().chain(others).chain(header);
    all.chain(again).chain(doubts).collect()
}

/// A short name that more than one server has.
pub(super) fn ambiguous(short: &str, several: &[&str]) -> Problem {
    let problem = Problem::new(
        &codes::AMBIGUOUS_NAME,
        LIST,
        format!(
            "more than one server that reports has the short name `{short}`, so none counts for it"
        ),
        "export the list with `DNSHostName`",
    );
    problem.naming(several.iter().map(|&name| name.to_owned()))
}
