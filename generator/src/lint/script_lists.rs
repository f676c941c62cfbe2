//! The form of `scripts.ini` and `psscripts.ini`.
//!
//! Source: MS-GPSCR 2.2.2 and 2.2.3. Its 3.2.5 lets a client pass over a line that does not conform
//! and go on behind it, or leave the rest of the file; Windows asks the profile functions for one key
//! after the other. Nobody here has seen how much it takes, so what is found is a warning.

use std::collections::BTreeMap;

use super::script_texts::{SHOWN, command_fault, shown, trimmed, unseen};
use crate::gpo::codes;
use crate::gpo::found::FoundFile;
use crate::gpo::ini::Encoding;
use crate::gpo::scripts::{ScriptList, numbered};
use crate::nearest::nearest;
use crate::problem::{NAMED, Problem};

const ORDER: &str = "ScriptsConfig";
const SECTIONS: [&str; 5] = ["Startup", "Shutdown", "Logon", "Logoff", ORDER];
const ORDER_KEYS: [&str; 2] = ["StartExecutePSFirst", "EndExecutePSFirst"];

/// Is this the list of PowerShell scripts?
pub(super) fn is_powershell(path: &str) -> bool {
    path.to_lowercase().ends_with("psscripts.ini")
}

pub(super) fn check(file: &FoundFile<ScriptList>, problems: &mut Vec<Problem>) {
    let Faults { told, more } = faults(&file.content, is_powershell(&file.path));
    if told.is_empty() {
        return;
    }
    let problem = Problem::new(
        &codes::SCRIPT_LIST,
        &file.path,
        "the list of scripts has parts in a form that clients are not known to read",
        "set the scripts again in the policy editor, which writes UTF-16 with a mark",
    );
    let problem = told.into_iter().fold(problem, Problem::with_evidence);
    problems.push(problem.and_more(more));
}

/// The first faults of a list, and how many more there are: a file may have millions of lines.
#[derive(Default)]
struct Faults {
    told: Vec<String>,
    more: usize,
}

impl Extend<String> for Faults {
    fn extend<T: IntoIterator<Item = String>>(&mut self, faults: T) {
        for fault in faults {
            match self.told.len() < NAMED {
                true => self.told.push(fault),
                false => self.more += 1,
            }
        }
    }
}

/// What is wrong, with the line where it has one.
fn faults(list: &ScriptList, is_powershell: bool) -> Faults {
    let mut found = Faults::default();
    if list.text().contains('\0') {
        let zeros =
            "the file holds zero bytes, as UTF-16 without its mark does: no section is found";
        found.extend([zeros.to_owned()]);
        return found;
    }
    let mut lines = Lines {
        is_powershell,
        ..Lines::default()
    };
    found.extend(of_encoding(list));
    found.extend(list.lone_return().map(|number| {
        format!(
            "line {number} ends with a carriage return alone, behind which clients may go on with the \
             same line"
        )
    }));
    for (number, line) in (1..).zip(list.text().lines()) {
        let fault = lines.fault(trimmed(line));
        found.extend(fault.map(|fault| format!("line {number}: {fault}")));
    }
    for section in &lines.sections {
        section.order_faults(&mut found);
    }
    found
}

/// The profile functions know UTF-16 by its mark and take every other file in the code page of the
/// server. A mark of UTF-8 is three characters of the first line to them, which makes a heading there
/// none (measured by others on Windows 10, in no document of Microsoft).
fn of_encoding(list: &ScriptList) -> Option<String> {
    if let Some(line) = list.hidden_line() {
        return Some(format!(
            "a mark of UTF-8 stands before `{}`: the line is not taken for what it is",
            shown(line)
        ));
    }
    match list.encoding() {
        Encoding::Utf16BigEndian => Some(
            "the file is UTF-16 with the high byte first, which clients are not known to read"
                .to_owned(),
        ),
        Encoding::OneByte | Encoding::MarkedUtf8 if !list.text().is_ascii() => {
            Some("letters that are not ASCII are read in the code page of the server".to_owned())
        }
        _ => None,
    }
}

/// What was read of a file so far.
#[derive(Default)]
struct Lines<'a> {
    is_powershell: bool,
    sections: Vec<Section<'a>>,
    state: State,
}

/// Where the reader is.
#[derive(Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    BeforeSections,
    /// In the last of the sections.
    InSection,
    /// In a section whose heading alone is told.
    Passed,
}

/// A section with the values of its numbered keys.
struct Section<'a> {
    name: &'static str,
    commands: BTreeMap<u32, &'a str>,
    parameters: BTreeMap<u32, &'a str>,
}

impl<'a> Lines<'a> {
    /// Takes a line, and says what is wrong with it.
    fn fault(&mut self, line: &'a str) -> Option<String> {
        if line.is_empty() || line.starts_with(';') {
            return None;
        }
        if let Some(heading) = line.strip_prefix('[') {
            return self.heading(heading);
        }
        match self.state {
            State::Passed => return None,
            State::BeforeSections => {
                return Some(format!("`{}` stands before the first section", shown(line)));
            }
            State::InSection => {}
        }
        let section = self.sections.last_mut()?;
        let Some((key, value)) = line.split_once('=') else {
            return Some(format!("`{}` has no `=`", shown(line)));
        };
        let (key, value) = (trimmed(key), trimmed(value));
        if let Some(unseen) = unseen(key) {
            return Some(format!("`{}` holds {unseen}", shown(key.trim())));
        }
        if section.name == ORDER {
            return order_fault(key, value);
        }
        let Some((number, name)) = numbered(key) else {
            return Some(format!(
                "`{}` is neither `0CmdLine` nor `0Parameters` nor one of a higher number",
                shown(key)
            ));
        };
        let values = match name {
            "cmdline" => &mut section.commands,
            _ => &mut section.parameters,
        };
        if values.contains_key(&number) {
            return Some(format!("a second `{}`: the first one counts", shown(key)));
        }
        values.insert(number, value);
        let fault = command_fault(value).filter(|_| name == "cmdline");
        fault.map(|fault| format!("`{key}` {fault}"))
    }

    /// What stands behind the `[` of a heading.
    fn heading(&mut self, heading: &str) -> Option<String> {
        self.state = State::Passed;
        let Some((name, _)) = heading.split_once(']') else {
            return Some(format!("`[{}` has no `]`", shown(heading)));
        };
        let name = trimmed(name);
        if let Some(unseen) = unseen(name) {
            return Some(format!("`[{}]` holds {unseen}", shown(name.trim())));
        }
        let known = SECTIONS.iter().copied();
        let known = known.filter(|section| self.is_powershell || *section != ORDER);
        let Some(section) = known.clone().find(|known| known.eq_ignore_ascii_case(name)) else {
            let is_short = name.len() <= SHOWN;
            let meant = match nearest(name, known.filter(|_| is_short)) {
                Some(meant) => format!("; `{meant}` is one"),
                None => String::new(),
            };
            return Some(format!("`[{}]` is no section{meant}", shown(name)));
        };
        if self.sections.iter().any(|seen| seen.name == section) {
            return Some(format!("a second `[{section}]`: the first one counts"));
        }
        self.state = State::InSection;
        self.sections.push(Section {
            name: section,
            commands: BTreeMap::new(),
            parameters: BTreeMap::new(),
        });
        None
    }
}

impl Section<'_> {
    /// Numbers begin with 0 and have no gap, and each is there in a pair.
    fn order_faults(&self, faults: &mut Faults) {
        let name = self.name;
        let used = self.commands.iter().filter(|(_, value)| !value.is_empty());
        let expected = (0..).zip(used.map(|(number, _)| *number));
        if let Some((wanted, number)) = expected
            .into_iter()
            .find(|(wanted, number)| wanted != number)
        {
            faults.extend([format!(
                "`[{name}]`: `{number}CmdLine` without `{wanted}CmdLine`: numbers count from 0 without a gap"
            )]);
        }
        let alone = self
            .commands
            .keys()
            .filter(|number| !self.parameters.contains_key(number));
        faults.extend(alone.map(|number| {
            format!("`[{name}]`: `{number}CmdLine` has no `{number}Parameters` beside it")
        }));
        let alone = self
            .parameters
            .keys()
            .filter(|number| !self.commands.contains_key(number));
        faults.extend(alone.map(|number| {
            format!("`[{name}]`: `{number}Parameters` has no `{number}CmdLine` beside it")
        }));
    }
}

fn order_fault(key: &str, value: &str) -> Option<String> {
    if !ORDER_KEYS
        .iter()
        .any(|known| known.eq_ignore_ascii_case(key))
    {
        let known = ORDER_KEYS.join("` nor `");
        return Some(format!("`{}` is neither `{known}`", shown(key)));
    }
    let is_flag = ["true", "false"]
        .iter()
        .any(|word| value.eq_ignore_ascii_case(word));
    (!is_flag).then(|| format!("`{key}` is `{}`, neither `true` nor `false`", shown(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(bytes: &[u8], is_powershell: bool) -> Vec<String> {
        let Faults { told, more } = faults(&ScriptList::read(bytes), is_powershell);
        assert!(told.len() == NAMED || more == 0);
        told
    }

    fn utf_16(text: &str, to_bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(to_bytes).collect()
    }

    #[test]
    fn what_the_editor_writes_is_known() {
        let text = "\u{FEFF}\r\n[Startup]\r\n0CmdLine=a ö.cmd\r\n0Parameters=\r\n1CmdLine=b.ps1\r\n\
                    1Parameters=-a b\r\n[Logon]\r\n0CmdLine=%SystemRoot%\\a.exe\r\n0Parameters=\r\n";
        assert_eq!(
            found(&utf_16(text, u16::to_le_bytes), false),
            Vec::<String>::new()
        );
        let text = "\u{FEFF}\r\n[ScriptsConfig]\r\nStartExecutePSFirst=True\r\nEndExecutePSFirst=false\r\n";
        assert_eq!(
            found(&utf_16(text, u16::to_le_bytes), true),
            Vec::<String>::new()
        );
        assert_eq!(found(b"[Logoff]\n; none\n", false), Vec::<String>::new());
    }

    #[test]
    fn each_fault_is_told_with_its_line() {
        let pair = "0CmdLine=a.cmd\n0Parameters=\n";
        for (text, expected) in [
            (
                format!("\u{FEFF}[Startup]\n{pair}"),
                "a mark of UTF-8 stands before `[Startup]`",
            ),
            (
                "[Startup]\n0CmdLine=ä.cmd\n0Parameters=\n".to_owned(),
                "code page of the server",
            ),
            (
                format!("[StartUps]\n{pair}"),
                "line 1: `[StartUps]` is no section; `Startup` is one",
            ),
            (
                format!("[Boot now]\n{pair}"),
                "line 1: `[Boot now]` is no section",
            ),
            (
                "[ScriptsConfig]\nStartExecutePSFirst=true\n".to_owned(),
                "line 1: `[ScriptsConfig]` is no section",
            ),
            (format!("[Startup\n{pair}"), "line 1: `[Startup` has no `]`"),
            (
                format!("[Startup]\n{pair}[startup]\n"),
                "line 4: a second `[Startup]`",
            ),
            (
                format!("{}[Logon]\n", "0CmdLine=a\n"),
                "line 1: `0CmdLine=a` stands before the first section",
            ),
            (
                format!("[Startup]\n{pair}start x.cmd\n"),
                "line 4: `start x.cmd` has no `=`",
            ),
            (
                format!("[Startup]\n{pair}CmdLine=b.cmd\n"),
                "line 4: `CmdLine` is neither",
            ),
            (
                format!("[Startup]\n{pair}01CmdLine=b.cmd\n"),
                "line 4: `01CmdLine` is neither",
            ),
            (
                format!("[Startup]\n{pair}0cmdline=b.cmd\n"),
                "line 4: a second `0cmdline`",
            ),
            (
                format!("[Startup]\n{pair}2CmdLine=b\n2Parameters=\n"),
                "`2CmdLine` without `1CmdLine`",
            ),
            (
                "[Startup]\n0CmdLine=b\n".to_owned(),
                "`0CmdLine` has no `0Parameters`",
            ),
            (
                "[Startup]\n0Parameters=b\n".to_owned(),
                "`0Parameters` has no `0CmdLine`",
            ),
            (
                "[Startup]\n0CmdLine=C:\\a.exe /q\n0Parameters=\n".to_owned(),
                "line 2: `0CmdLine` goes on with `/q`",
            ),
            (
                format!("[Startup]\n0CmdLine={}\n0Parameters=\n", "a".repeat(260)),
                "line 2: `0CmdLine` has 260 characters",
            ),
            (
                format!("[Startup]\r{}", pair.replace('\n', "\r")),
                "line 1 ends with a carriage return alone",
            ),
            (
                format!("[Startup]\n0CmdLine=a.cmd\r{}", &pair[15..]),
                "line 2 ends with a carriage return alone",
            ),
        ] {
            let told = found(text.as_bytes(), false);
            assert!(
                told.len() == 1 && told[0].contains(expected),
                "{text}: {told:?}"
            );
        }
    }

    /// In UTF-16, as the editor writes: in one byte for a character each would be told as that.
    #[test]
    fn characters_that_only_look_right_are_told() {
        for (text, expected) in [
            (
                "[Startup]\n0CmdLine=“C:\\Tools\\a.cmd”\n0Parameters=“x y”\n",
                "line 2: `0CmdLine` holds `“`, a typographic quote",
            ),
            (
                "[Startup]\n0CmdLine=a.cmd\u{a0}\n0Parameters=\n",
                "line 2: `0CmdLine` holds U+00A0",
            ),
            (
                "[Startup]\n0CmdLine=\u{200b}a.cmd\n0Parameters=\n",
                "line 2: `0CmdLine` holds U+200B",
            ),
            (
                "[Startup]\n\u{a0}0CmdLine=a.cmd\n",
                "line 2: `0CmdLine` holds U+00A0",
            ),
            ("[Startup\u{a0}]\n", "line 1: `[Startup]` holds U+00A0"),
        ] {
            let told = found(&utf_16(&format!("\u{FEFF}{text}"), u16::to_le_bytes), false);
            assert!(
                told.len() == 1 && told[0].contains(expected),
                "{text}: {told:?}"
            );
        }
        // What is given to a program is the program's to read.
        let given = "\u{FEFF}[Startup]\n0CmdLine=a.cmd\n0Parameters=“x\u{a0}y”\n";
        assert_eq!(
            found(&utf_16(given, u16::to_le_bytes), false),
            Vec::<String>::new()
        );
    }

    /// A file of 16 MiB is some millions of lines.
    #[test]
    fn faults_without_number_are_counted() {
        let text = format!("[Startup]\n{}", "x\n".repeat(100_000));
        let Faults { told, more } = faults(&ScriptList::read(text.as_bytes()), false);
        assert_eq!((told.len(), more), (NAMED, 100_000 - NAMED));
    }

    #[test]
    fn the_order_is_asked_for_by_two_keys_and_two_words() {
        for (line, expected) in [
            ("StartExecutePSFirst=1", "`StartExecutePSFirst` is `1`"),
            (
                "RunFirst=true",
                "`RunFirst` is neither `StartExecutePSFirst` nor",
            ),
        ] {
            let told = found(format!("[ScriptsConfig]\n{line}\n").as_bytes(), true);
            assert!(
                told.len() == 1 && told[0].contains(expected),
                "{line}: {told:?}"
            );
        }
    }

    #[test]
    fn other_forms_of_utf_16_are_told() {
        let text = "[Startup]\r\n0CmdLine=a\r\n0Parameters=\r\n";
        let bare = found(&utf_16(text, u16::to_le_bytes), false);
        assert!(
            bare.len() == 1 && bare[0].contains("zero bytes"),
            "{bare:?}"
        );
        let turned = found(&utf_16(&format!("\u{FEFF}{text}"), u16::to_be_bytes), false);
        assert!(
            turned.len() == 1 && turned[0].contains("high byte first"),
            "{turned:?}"
        );
    }

    #[test]
    fn a_line_of_any_length_is_shown_by_its_beginning() {
        let told = found(
            format!("[Startup]\n{}\n", "ä".repeat(1000)).as_bytes(),
            false,
        );
        assert!(told.iter().all(|one| one.chars().count() < 100), "{told:?}");
    }
}
