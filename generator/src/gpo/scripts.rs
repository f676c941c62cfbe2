//! `scripts.ini` and `psscripts.ini`: what a GPO starts when a computer or a session begins and ends.
//!
//! Source: MS-GPSCR 2.2.2 and 2.2.3.

use super::ini::{self, Encoding, Ini};

/// The sections that start something.
const MOMENTS: [&str; 4] = ["Startup", "Shutdown", "Logon", "Logoff"];

/// The text of such a file, and how clients take its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptList {
    text: String,
    encoding: Encoding,
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
        Self { text, encoding }
    }

    /// The whole list, without a mark.
    pub fn text(&self) -> &str {
        &self.text
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

/// What a section starts, in the order of the file.
pub fn programs<'a>(file: &'a Ini, section: &str) -> Vec<Program<'a>> {
    let entries = file.entries(section);
    entries
        .filter_map(|(key, command)| {
            let (number, "cmdline") = numbered(key)? else {
                return None;
            };
            let parameters = file.value(section, &format!("{number}Parameters"));
            let parameters = parameters.unwrap_or_default();
            (!command.is_empty()).then_some(Program {
                command,
                parameters,
            })
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
