//! `gangway explain`: every problem code of every concern, in one table.

use super::codes;
use crate::problem::Code;
use crate::{fleet, gpo, intake};

/// Every code, by number.
pub fn all() -> Vec<&'static Code> {
    let mut all: Vec<&Code> = [
        intake::codes::ALL,
        gpo::codes::ALL,
        codes::ALL,
        fleet::codes::ALL,
    ]
    .concat();
    all.sort_by_key(|code| code.id);
    all
}

/// The code with this number, in any letter case.
pub fn find(id: &str) -> Option<&'static Code> {
    all()
        .into_iter()
        .find(|code| code.id.eq_ignore_ascii_case(id))
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;
    use crate::problem::Severity;

    /// `docs/problems.md`: the pages of `gangway explain`, one after the other.
    fn document() -> String {
        let mut out = String::from(
            "# Problems\n\nEvery page of `gangway explain CODE`. Written by a test from the \
             tables of codes; `UPDATE_DOCS=1 cargo test -p gangway pipeline::explain` writes it \
             anew.\n",
        );
        for code in all() {
            let severity = match code.severity {
                Severity::Note => "note",
                Severity::Warning => "warning",
                Severity::Error => "error",
            };
            let (id, title, page) = (code.id, code.title, code.page);
            write!(out, "\n## {id} ({severity}): {title}\n\n{page}\n").unwrap();
        }
        out
    }

    #[test]
    fn the_document_says_what_explain_says() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/problems.md");
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(path, document()).unwrap();
        }
        let found = std::fs::read_to_string(path).unwrap();
        assert!(
            found == document(),
            "run `UPDATE_DOCS=1 cargo test -p gangway pipeline::explain`"
        );
    }

    #[test]
    fn every_number_is_used_once_and_has_its_shape() {
        let all = all();
        for pair in all.windows(2) {
            assert_ne!(pair[0].id, pair[1].id);
        }
        for code in all {
            assert!(
                code.id.len() == 6 && code.id.starts_with("GW"),
                "{}",
                code.id
            );
            assert!(
                code.page.len() > code.title.len() && code.page.ends_with('.'),
                "{} has a page in sentences",
                code.id
            );
            assert!(
                code.page.contains("\n\n"),
                "{} says in a paragraph of its own what to do",
                code.id
            );
        }
    }
}
