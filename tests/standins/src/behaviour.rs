//! Orders of a test to a stand-in: `C:\standins\<program>.txt`, one `key=value` per line.
//!
//! A program called several times in one test can be told to answer differently each time: a
//! line `[2]` opens orders for the second call and later ones, a line `[word]` orders for
//! calls with that word in their arguments. The last section that fits replaces the ones
//! before it.

use std::path::{Path, PathBuf};

/// The orders of one call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Behaviour {
    lines: Vec<(String, String)>,
}

impl Behaviour {
    /// Reads the orders for call number `call` (from 1) of `program`; none when the test
    /// wrote no file.
    pub fn of(program: &str, call: usize, arguments: &str) -> Self {
        Self::read(&file(Path::new(crate::FOLDER), program), call, arguments)
    }

    fn read(path: &Path, call: usize, arguments: &str) -> Self {
        std::fs::read_to_string(path)
            .map(|text| Self::parse(&text, call, arguments))
            .unwrap_or_default()
    }

    /// Takes from `text` the orders of call number `call` with these arguments.
    pub fn parse(text: &str, call: usize, arguments: &str) -> Self {
        let arguments = arguments.to_lowercase();
        let mut taken = Self::default();
        let mut fits = true;
        for line in text.lines().map(str::trim) {
            if let Some(section) = section(line) {
                fits = match section.parse::<usize>() {
                    Ok(number) => number <= call,
                    Err(_) => arguments.contains(&section.to_lowercase()),
                };
                if fits {
                    taken.lines.clear();
                }
            } else if let Some((key, value)) = line.split_once('=')
                && fits
            {
                taken.lines.push((key.to_owned(), value.to_owned()));
            }
        }
        taken
    }

    /// The last value given for `key`.
    pub fn text(&self, key: &str) -> Option<&str> {
        let found = self.lines.iter().rev().find(|(name, _)| name == key)?;
        Some(&found.1)
    }

    /// Every value given for `key`, in order.
    pub fn all(&self, key: &str) -> impl Iterator<Item = &str> {
        self.lines
            .iter()
            .filter(move |(name, _)| name == key)
            .map(|(_, value)| value.as_str())
    }

    /// The number given for `key`; none when it is absent or no number.
    pub fn number<T: std::str::FromStr>(&self, key: &str) -> Option<T> {
        self.text(key)?.parse().ok()
    }
}

/// Where the orders to `program` stand, below `folder`.
pub fn file(folder: &Path, program: &str) -> PathBuf {
    folder.join(format!("{program}.txt"))
}

fn section(line: &str) -> Option<&str> {
    line.strip_prefix('[')?.strip_suffix(']')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exit(text: &str, call: usize) -> Option<i32> {
        Behaviour::parse(text, call, "").number("exit")
    }

    #[test]
    fn one_section_answers_every_call() {
        assert_eq!(exit("exit=3010", 1), Some(3010));
        assert_eq!(exit("exit=3010", 7), Some(3010));
    }

    #[test]
    fn a_section_replaces_the_orders_of_earlier_calls() {
        let text = "exit=1618\n[3]\nsleep_ms=5\n";
        assert_eq!(exit(text, 2), Some(1618));
        assert_eq!(exit(text, 3), None);
        let ninth = Behaviour::parse(text, 9, "");
        assert_eq!(ninth.number::<u64>("sleep_ms"), Some(5));
    }

    #[test]
    fn a_section_named_by_a_word_answers_calls_with_that_word() {
        let text = "exit=0\n[Enable-Feature]\nexit=3010\n";
        let exit = |arguments| Behaviour::parse(text, 1, arguments).number("exit");
        assert_eq!(exit("/online /enable-feature /quiet"), Some(3010));
        assert_eq!(exit("/online /get-featureinfo"), Some(0));
    }

    #[test]
    fn no_file_means_no_orders() {
        let none = Behaviour::read(Path::new("/nonexistent/x.txt"), 1, "");
        assert_eq!(none, Behaviour::default());
    }
}
