//! Texts of a list of scripts: blanks, characters that nobody sees, commands that name no file.

use gangway_contract::printable::deceives;

use super::task_texts::{arguments_in, typographic_quote};

/// A path has fewer characters (MS-GPSCR 2.2.2).
const MAX_PATH: usize = 260;
/// Characters of a line that are shown.
pub(super) const SHOWN: usize = 60;

/// Without the blanks that readers drop: those of ASCII and the end mark of DOS (Wine's
/// `dlls/kernel32/profile.c`). Whether clients drop others is in no document.
pub(super) fn trimmed(line: &str) -> &str {
    line.trim_matches(|c| matches!(c, '\t'..='\r' | ' ' | '\u{1a}'))
}

/// Why a command names no file, whatever lies in the GPO.
pub(super) fn command_fault(command: &str) -> Option<String> {
    let length = command.chars().count();
    if length >= MAX_PATH {
        return Some(format!(
            "has {length} characters where fewer than {MAX_PATH} belong"
        ));
    }
    if let Some(quote) = typographic_quote(command) {
        return Some(format!(
            "holds `{quote}`, a typographic quote, which is a letter of a file's name to Windows"
        ));
    }
    if let Some(unseen) = unseen(command) {
        return Some(format!("holds {unseen}"));
    }
    arguments_in(command).map(|arguments| {
        format!(
            "goes on with `{}`, which belongs into its parameters",
            shown(arguments)
        )
    })
}

/// A character that nobody sees, or that looks like a blank and is none to Windows.
pub(super) fn unseen(text: &str) -> Option<String> {
    let is_unseen = |c: &char| deceives(*c) || (c.is_whitespace() && *c != ' ');
    let character = text.chars().find(is_unseen)?;
    Some(format!(
        "U+{:04X}, which nobody sees and which is a letter to Windows",
        u32::from(character)
    ))
}

/// The beginning of a line, which may be of any length.
pub(super) fn shown(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
