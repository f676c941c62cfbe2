//! Which report files the history has counted and were still there: the rest of a run that was
//! killed, and the newest ones, which stay for later. A file of a day in the history that is not
//! among them came after its day was counted.

use std::collections::BTreeSet;

use gangway_contract::Sha256;

/// First line, by which a file of this kind is known.
pub(super) const HEADER: &str = "# report files that the history beside has counted: SHA-256 of their names, \
                                 the first half\n";

/// Digits of a line.
const DIGITS: usize = 32;

/// Marks of files by their names: memory is a few bytes a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Counted(BTreeSet<u128>);

impl Counted {
    /// Reads a file of marks.
    ///
    /// # Errors
    /// Names the line and what is wrong with it.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
        let Some(lines) = text.strip_prefix(HEADER) else {
            return Err("its first line is not that of counted report files".to_owned());
        };
        let mut marks = BTreeSet::new();
        for (number, line) in (2..).zip(lines.lines()) {
            let is_mark = line.len() == DIGITS && line.bytes().all(|byte| byte.is_ascii_hexdigit());
            let mark = u128::from_str_radix(line, 16).ok().filter(|_| is_mark);
            let mark = mark.ok_or_else(|| format!("line {number} is no mark of a file"))?;
            marks.insert(mark);
        }
        Ok(Self(marks))
    }

    /// The text that [`Counted::read`] reads.
    pub(super) fn to_text(&self) -> String {
        let lines = self.0.iter().map(|mark| format!("{mark:032x}\n"));
        std::iter::once(HEADER.to_owned()).chain(lines).collect()
    }

    pub(super) fn insert(&mut self, name: &str) {
        self.0.insert(mark(name));
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        self.0.contains(&mark(name))
    }
}

/// Of a name in any letter case, as Windows takes it.
fn mark(name: &str) -> u128 {
    let digest = Sha256::of(name.to_ascii_lowercase().as_bytes());
    let (half, _) = digest.as_bytes().split_at(DIGITS / 2);
    half.iter()
        .fold(0, |mark, &byte| (mark << 8) | u128::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let mut counted = Counted::default();
        for name in ["a.contoso.com.20260302T090000Z.00000001.json", "b"] {
            counted.insert(name);
        }
        let again = Counted::read(counted.to_text().as_bytes()).unwrap();
        assert_eq!(again, counted);
        assert!(again.contains("B") && !again.contains("c"));
        assert_eq!(
            Counted::read(HEADER.as_bytes()).unwrap(),
            Counted::default()
        );
    }

    #[test]
    fn what_is_no_list_of_marks_is_refused_with_its_line() {
        for (text, why) in [
            (String::new(), "first line"),
            ("day,state,reason,servers\n".to_owned(), "first line"),
            (format!("{HEADER}0123\n"), "line 2"),
            (
                format!("{HEADER}{}\n+{}\n", "0".repeat(32), "0".repeat(31)),
                "line 3",
            ),
        ] {
            let error = Counted::read(text.as_bytes()).unwrap_err();
            assert!(error.contains(why), "{text:?}: {error}");
        }
    }
}
