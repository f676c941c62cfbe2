//! `gangway explain`: every problem code of every concern in one table, the words of our own
//! documents, and the codes of others that are met on this way.

mod foreign;
mod labels;
mod printed;
mod words;

use foreign::Asked;

use super::codes;
use crate::problem::Code;
use crate::{fleet, gpo, intake, packages, provenance, publication};

/// Every code, by number.
pub fn all() -> Vec<&'static Code> {
    let mut all: Vec<&Code> = [
        intake::codes::ALL,
        gpo::codes::ALL,
        codes::ALL,
        publication::codes::ALL,
        fleet::codes::ALL,
        packages::codes::ALL,
        packages::codes::REMARKS,
        provenance::codes::ALL,
        provenance::codes::REMARKS,
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

/// What one word or foreign code means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The word, or the code behind the name of its family.
    pub name: String,
    /// What kind of word it is, or who gives the code.
    pub kind: String,
    /// What it means.
    pub about: String,
    /// What to look at, and what to do.
    pub next: String,
}

/// What is known of a text.
#[derive(Debug)]
pub struct Found {
    /// The problem code of that number.
    pub code: Option<&'static Code>,
    /// Words and foreign codes.
    pub pages: Vec<Page>,
}

/// Most characters of a text that are looked at: more than a line that is printed has.
const LONGEST: usize = 2000;

/// Finds a problem code (`GW1211`, `gw1211`, `1211`), a word of any output, or a foreign code
/// (`ddt:11`, `0x80070534`, a number alone). `vocabulary` are words that the answers have besides; it is
/// asked only for a word, for it is made of all schemas.
///
/// # Errors
/// Nothing is known; says where to look.
pub fn look_up(text: &str, vocabulary: impl FnOnce() -> Vec<Page>) -> Result<Found, String> {
    let text = text.trim();
    let end = text
        .char_indices()
        .nth(LONGEST)
        .map_or(text.len(), |(end, _)| end);
    let text = text.get(..end).unwrap_or(text);
    let numbered = format!("GW{text}");
    let code = find(text)
        .or_else(|| find(&numbered))
        .or_else(|| printed_code(text));
    let plain = |text: &str| text.to_ascii_lowercase().replace(['_', ' '], "-");
    let mut pages = words();
    let asked = foreign::find(text);
    // No schema has a number for a word.
    if code.is_none() && matches!(asked, Asked::NoNumber) {
        pages.extend(vocabulary());
    }
    // A number alone is one of every program; a heading of the fleet report is a state and a reason.
    let own = ["bootstrap", "gangway", "event"].map(|program| format!("{program}:{text}"));
    let is_one_of = |page: &Page, words: &[String]| words.contains(&plain(&page.name));
    let whole: Vec<&str> = own.iter().map(String::as_str).chain([text]).collect();
    let level = [whole, text.split(": ").collect(), parts(text)]
        .into_iter()
        .map(|words| words.into_iter().map(plain).collect::<Vec<_>>())
        .find(|words| pages.iter().any(|page| is_one_of(page, words)));
    let level = level.unwrap_or_default();
    pages.retain(|page| is_one_of(page, &level));
    let hint = match asked {
        Asked::Pages(more) => {
            pages.extend(more);
            String::new()
        }
        Asked::Unknown(hint) => hint,
        Asked::NoNumber => "`gangway explain` lists them all".to_owned(),
    };
    if code.is_none() && pages.is_empty() {
        return Err(hint);
    }
    Ok(Found { code, pages })
}

/// The code in a line as it is printed: `error GW2308: ...`.
fn printed_code(line: &str) -> Option<&'static Code> {
    line.split(|character: char| !character.is_ascii_alphanumeric())
        .find_map(find)
}

/// The words of a line: what stands behind a label is told with what it rests on.
fn parts(line: &str) -> Vec<&str> {
    let clauses = line.split([':', ';', '(']);
    let words = clauses.flat_map(|clause| clause.split(", "));
    words.map(str::trim).collect()
}

/// Every word of our own documents and answers.
pub fn words() -> Vec<Page> {
    let mut pages = words::all();
    pages.extend(labels::all());
    pages.extend(printed::all());
    pages
}

/// Everything that is printed of a code, a word or a foreign code.
pub fn every_text() -> Vec<String> {
    let codes = all().into_iter().map(|code| code.page.to_owned());
    let words = words().into_iter();
    codes
        .chain(words.flat_map(|page| [page.about, page.next]))
        .collect()
}

/// Families of foreign codes: what stands before the colon, and whose codes they are.
pub fn families() -> impl Iterator<Item = (&'static str, &'static str)> {
    foreign::families()
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
