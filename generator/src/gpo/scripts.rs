//! `scripts.ini` and `psscripts.ini`: what a GPO starts when a computer or a session begins and ends.
//!
//! Source: MS-GPSCR 2.2.2 and 2.2.3.

use std::collections::{HashMap, HashSet};

use super::ini::{self, Encoding, Ini};

/// The sections that start something.
const MOMENTS: [&str; 4] = ["Startup", "Shutdown", "Logon", "Logoff"];

/// The text of such a file, and how clients take its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptList {
    text: String,
    encoding: Encoding,
    lone_return: Option<usize>,
}

/// A program that a section starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program<'a> {
    /// Path of the program or script.
    pub command: &'a str,
    /// What it is given.
    pub parameters: &'a str,
}

impl ScriptList {
    /// Any bytes are a list; lines that mean nothing are passed over.
    pub fn read(bytes: &[u8]) -> Self {
        let text = ini::decode(bytes);
        let encoding = Encoding::of(bytes);
        let text = match encoding {
            // The three bytes of the mark, one for a character.
            Encoding::MarkedUtf8 => text.chars().skip(3).collect(),
            _ => text,
        };
        let lone_return = lone_return(&text);
        let text = match lone_return {
            Some(_) => with_line_feeds(&text),
            None => text,
        };
        Self {
            text,
            encoding,
            lone_return,
        }
    }

    /// The whole list, without a mark. Carriage returns that stand alone are line feeds in it, so that
    /// what they may hide is looked into all the same.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The first line, from 1, that ends with a carriage return alone.
    pub fn lone_return(&self) -> Option<usize> {
        self.lone_return
    }

    /// Does it name a moment, as no list of another program does?
    pub fn names_moments(&self) -> bool {
        let file = self.sections();
        self.text.contains('\0') || MOMENTS.iter().any(|moment| file.has_section(moment))
    }

    /// Are all its moments those of a session? Without the folders around it a file does not say of
    /// which side it is.
    pub fn is_of_users(&self) -> bool {
        let file = self.sections();
        let [startup, shutdown, logon, logoff] = MOMENTS.map(|moment| file.has_section(moment));
        (logon || logoff) && !startup && !shutdown
    }

    /// How its bytes are taken.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// The first line, when a mark of UTF-8 makes it one that clients do not know.
    pub fn hidden_line(&self) -> Option<&str> {
        let first = self.text.lines().next().unwrap_or_default().trim();
        (self.encoding == Encoding::MarkedUtf8 && !first.is_empty()).then_some(first)
    }

    /// Do clients find something to start in it?
    pub fn starts_anything(&self) -> bool {
        let file = match self.hidden_line() {
            Some(_) => Ini::of_text(&format!("\u{FEFF}{}", self.text)),
            None => self.sections(),
        };
        let mut found = MOMENTS.iter().map(|section| programs(&file, section));
        found.any(|programs| !programs.is_empty())
    }

    /// Sections and entries, those behind a mark of UTF-8 too.
    pub fn sections(&self) -> Ini {
        Ini::of_text(&self.text)
    }
}

/// The line, from 1, that ends with the first carriage return without a line feed behind it.
fn lone_return(text: &str) -> Option<usize> {
    let mut returns = text.match_indices('\r').map(|(at, _)| at);
    let at = returns.find(|at| text.as_bytes().get(at + 1) != Some(&b'\n'))?;
    Some(text.get(..at)?.matches('\n').count() + 1)
}

fn with_line_feeds(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// What a section starts, in the order of the file. Of a key that stands twice the first one counts.
pub fn programs<'a>(file: &'a Ini, section: &str) -> Vec<Program<'a>> {
    let mut commands: Vec<(u32, &str)> = Vec::new();
    let mut seen = HashSet::new();
    let mut parameters: HashMap<u32, &str> = HashMap::new();
    for (key, value) in file.entries(section) {
        match numbered(key) {
            Some((number, "cmdline")) if seen.insert(number) => {
                commands.push((number, value));
            }
            Some((number, "parameters")) => {
                parameters.entry(number).or_insert(value);
            }
            _ => {}
        }
    }
    let started = commands
        .into_iter()
        .filter(|(_, command)| !command.is_empty());
    let given = |number| parameters.get(&number).copied().unwrap_or_default();
    started
        .map(|(number, command)| Program {
            command,
            parameters: given(number),
        })
        .collect()
}

/// The number and the name of a key such as `0CmdLine`, the name in lower case; none for any other
/// key. Numbers are below 2^31 and written as clients ask for them: `00` is none.
pub fn numbered(key: &str) -> Option<(u32, &'static str)> {
    let end = key.find(|c: char| !c.is_ascii_digit())?;
    let (digits, name) = key.split_at(end);
    let known = ["cmdline", "parameters"].into_iter();
    let name = known
        .into_iter()
        .find(|known| name.eq_ignore_ascii_case(known))?;
    let number = digits.parse().ok().filter(|number| *number < 1 << 31)?;
    (digits.len() == 1 || !digits.starts_with('0')).then_some((number, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_command_line_starts_a_script() {
        for (text, wanted) in [
            ("", false),
            ("\r\n[Startup]\r\n", false),
            ("[Startup]\r\n0CmdLine=a.cmd\r\n0Parameters=\r\n", true),
            ("[Startup]\r\n00CmdLine=a.cmd\r\n", false),
            ("[Startup]\r\n0CmdLine=\r\n", false),
            ("[ScriptsConfig]\r\nStartExecutePSFirst=true\r\n", false),
            ("0CmdLine=a.cmd\r\n", false),
            ("[Startup]\r\n;0CmdLine=a.cmd\r\n", false),
            ("[Startup]\r\n[Startup]\r\n0CmdLine=a.cmd\r\n", false),
            ("\u{FEFF}[Startup]\r\n0CmdLine=a.cmd\r\n", false),
            ("\u{FEFF}\r\n[Startup]\r\n0CmdLine=a.cmd\r\n", true),
        ] {
            let list = ScriptList::read(text.as_bytes());
            assert_eq!(list.starts_anything(), wanted, "{text}");
        }
    }

    #[test]
    fn a_carriage_return_alone_hides_nothing() {
        for (text, line) in [
            ("[Startup]\r\n0CmdLine=a\r\n", None),
            ("[Startup]\r0CmdLine=a\r", Some(1)),
            ("[Startup]\r\n0CmdLine=a\r0Parameters=\r\n", Some(2)),
            ("\r\r\n[Startup]\r\n0CmdLine=a\r\n", Some(1)),
        ] {
            let list = ScriptList::read(text.as_bytes());
            assert_eq!(list.lone_return(), line, "{text:?}");
            let file = list.sections();
            assert_eq!(programs(&file, "startup").len(), 1, "{text:?}");
        }
    }

    #[test]
    fn the_first_of_a_pair_counts() {
        let text = "[Logon]\n0CmdLine=a\n0CmdLine=b\n0Parameters=c\n0parameters=d\n1CmdLine=\n1CmdLine=e\n";
        let file = Ini::of_text(text);
        let wanted = Program {
            command: "a",
            parameters: "c",
        };
        assert_eq!(programs(&file, "Logon"), [wanted]);
    }

    #[test]
    fn the_moments_tell_the_side_of_a_file_alone() {
        for (text, moments, users) in [
            ("[Startup]\n", true, false),
            ("[LOGON]\n", true, true),
            ("[Logoff]\n[Shutdown]\n", true, false),
            ("[ScriptsConfig]\n", false, false),
            ("[aliases]\nn0=/x\n", false, false),
            ("[\0S\0", true, false),
        ] {
            let list = ScriptList::read(text.as_bytes());
            assert_eq!(list.names_moments(), moments, "{text}");
            assert_eq!(list.is_of_users(), users, "{text}");
        }
    }

    #[test]
    fn what_stands_behind_a_mark_of_utf_8_is_known_all_the_same() {
        let list =
            ScriptList::read("\u{FEFF}[Logon]\r\n3CmdLine=a\r\n3Parameters=b\r\n".as_bytes());
        assert_eq!(list.hidden_line(), Some("[Logon]"));
        let wanted = Program {
            command: "a",
            parameters: "b",
        };
        assert_eq!(programs(&list.sections(), "Logon"), [wanted]);
    }
}
