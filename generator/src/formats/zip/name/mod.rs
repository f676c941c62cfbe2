//! Judges the names of archive entries as they are stored, before any library repairs them.
//!
//! Readers differ in what they make of `/a`, `C:\a`, `a/../b`, `nul.txt` or `a.`; an entry with
//! such a name has no business in a download, so it is refused instead of being repaired.
//!
//! What honest archivers write is taken: `./a` (tar, `zip -r x.zip ./a`), names in the code page
//! of the machine that made the archive (Explorer, 7-Zip), UTF-8 without its flag (Finder), the
//! Unicode name in an extra field beside it (Info-ZIP, WinZip).

mod code_page;
mod collision;
mod fault;
mod unicode_path;

pub use collision::collisions;
pub use fault::{NameFault, of_text as faults};

use crate::printable::deceives;

/// Characters of a name that are shown.
const MAX_SHOWN: usize = 512;

/// How the characters of a name are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Characters {
    /// ASCII, marked as UTF-8, or told by the Unicode name in the extra field.
    Known,
    /// Bytes above 7F that are UTF-8, without the mark that says so.
    Unmarked,
    /// Bytes of the code page of the machine that made the archive, which is not told.
    CodePage,
}

/// The name of an entry, as far as it can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryName {
    /// As it may be shown: `/` between its parts, no leading `./`, nothing that moves the cursor,
    /// bytes of an unknown code page as `<83>`.
    pub shown: String,
    /// How its characters are known.
    pub characters: Characters,
    /// Does it end with a separator?
    pub is_folder: bool,
    /// Every fault.
    pub faults: Vec<NameFault>,
    /// Equal for names that are one file on Windows.
    key: String,
}

impl EntryName {
    /// Reads a stored name. `unicode` is the name in the Unicode path field, when there is one
    /// that belongs to `raw`.
    pub fn read(raw: &[u8], marked_utf8: bool, unicode: Option<&[u8]>) -> Self {
        let stored = Self::of(raw, marked_utf8);
        let Some(unicode) = unicode else {
            return stored;
        };
        let mut name = Self::of(unicode, true);
        // Archivers put `?` where the code page lacks the character.
        let of_stored = stored.faults.into_iter();
        name.faults
            .extend(of_stored.filter(|fault| *fault != NameFault::ForbiddenCharacter));
        if !unicode_path::same_where_ascii(raw, unicode) {
            name.faults.push(NameFault::SecondName);
        }
        name.faults = fault::sorted(name.faults);
        name
    }

    fn of(raw: &[u8], marked_utf8: bool) -> Self {
        match core::str::from_utf8(raw) {
            Ok(text) => Self::of_text(text, marked_utf8),
            Err(_) => Self::of_bytes(raw, marked_utf8),
        }
    }

    fn of_text(stored: &str, marked_utf8: bool) -> Self {
        let text = without_current_folder(stored);
        // Nothing is left of the folder that was archived itself.
        let is_root = text.is_empty() && !stored.is_empty();
        Self {
            shown: text.chars().map(harmless).take(MAX_SHOWN).collect(),
            characters: if marked_utf8 || text.is_ascii() {
                Characters::Known
            } else {
                Characters::Unmarked
            },
            is_folder: is_root || text.ends_with(is_separator),
            faults: if is_root {
                Vec::new()
            } else {
                fault::of_text(text)
            },
            key: key_of(&text.replace('\\', "/").to_lowercase()),
        }
    }

    fn of_bytes(raw: &[u8], marked_utf8: bool) -> Self {
        let (mut text, mut shown, mut key) = (String::new(), String::new(), String::new());
        for unit in code_page::units(raw) {
            text.push(unit.stand_in());
            unit.push_shown(&mut shown);
            unit.push_key(&mut key);
        }
        let mut name = Self::of_text(&text, false);
        name.characters = Characters::CodePage;
        name.shown = without_current_folder(&shown)
            .chars()
            .take(MAX_SHOWN)
            .collect();
        name.key = key_of(without_current_folder(&key));
        if marked_utf8 {
            name.faults.push(NameFault::Encoding);
        }
        name
    }
}

fn is_separator(character: char) -> bool {
    matches!(character, '/' | '\\')
}

fn harmless(character: char) -> char {
    match character {
        '\\' => '/',
        c if deceives(c) => char::REPLACEMENT_CHARACTER,
        c => c,
    }
}

/// A name as Windows and programs in C have it: no empty parts, and no part ends with a dot, a blank
/// or a zero byte.
fn key_of(name: &str) -> String {
    let parts = name
        .split('/')
        .map(|part| part.trim_end_matches(['.', ' ', '\0']));
    let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    parts.join("/")
}

/// The name behind any number of leading `./`.
fn without_current_folder(name: &str) -> &str {
    let mut rest = name;
    while let Some(after) = rest.strip_prefix("./").or_else(|| rest.strip_prefix(".\\")) {
        rest = after;
    }
    // No archiver writes `.//a`: it keeps its faults.
    if rest.starts_with(is_separator) {
        name
    } else {
        rest
    }
}

#[cfg(test)]
mod tests;
