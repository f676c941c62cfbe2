//! INI files as the profile functions of Windows read them (`GetPrivateProfileString` and its
//! relatives): what a client takes from `GPT.INI` and `scripts.ini`.
//!
//! UTF-16 with a mark, else one byte for a character (a mark of UTF-8 then hides the first
//! heading). Names are compared without case; the first section of a name and the first key of
//! a name in it count; blanks around names and values, and one pair of quotes around a value,
//! are dropped. Security templates are read by other functions and follow other rules.

use std::collections::HashSet;

/// A file of sections; those that no client would find are left out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ini {
    sections: Vec<Section>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Section {
    name: String,
    entries: Vec<(String, String)>,
}

impl Ini {
    /// Takes the file apart; whatever is neither heading nor entry is passed over, as Windows
    /// passes over it.
    pub fn read(bytes: &[u8]) -> Self {
        Self::of_text(&decode(bytes))
    }

    /// As [`read`](Self::read), of a text that [`decode`] gave.
    pub fn of_text(text: &str) -> Self {
        let mut sections: Vec<Section> = Vec::new();
        let mut names: HashSet<String> = HashSet::new();
        let mut is_counted = false;
        for line in text.lines().map(str::trim) {
            let heading = line.strip_prefix('[').and_then(|rest| rest.split_once(']'));
            if let Some((name, _)) = heading {
                let name = name.trim().to_ascii_lowercase();
                is_counted = names.insert(name.clone());
                if is_counted {
                    sections.push(Section {
                        name,
                        entries: Vec::new(),
                    });
                }
                continue;
            }
            let Some((name, value)) = line.split_once('=').filter(|_| !line.starts_with(';'))
            else {
                continue;
            };
            if let Some(section) = sections.last_mut().filter(|_| is_counted) {
                let value = unquoted(value.trim()).to_owned();
                let name = name.trim().to_ascii_lowercase();
                section.entries.push((name, value));
            }
        }
        Self { sections }
    }

    /// The value that Windows finds under these names.
    pub fn value(&self, section: &str, name: &str) -> Option<&str> {
        let mut entries = self.entries(section);
        let found = entries.find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value)
    }

    /// Is there such a section?
    pub fn has_section(&self, section: &str) -> bool {
        let mut sections = self.sections.iter();
        sections.any(|found| found.name.eq_ignore_ascii_case(section))
    }

    /// Names, in lower case, and values of a section in their order.
    pub fn entries(&self, section: &str) -> impl Iterator<Item = (&str, &str)> {
        let wanted = section.to_ascii_lowercase();
        let section = self.sections.iter().find(|found| found.name == wanted);
        let entries = section.into_iter().flat_map(|section| &section.entries);
        entries.map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// How these functions of Windows take the bytes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// With the mark of UTF-16, low byte first.
    Utf16,
    /// With the mark of UTF-16, high byte first, of which it is not documented that they take it.
    Utf16BigEndian,
    /// One byte for a character, the three of a UTF-8 mark among them.
    MarkedUtf8,
    /// One byte for a character.
    OneByte,
}

impl Encoding {
    /// By the first bytes.
    pub fn of(bytes: &[u8]) -> Self {
        match encoding_rs::Encoding::for_bom(bytes) {
            Some((encoding, _)) if encoding == encoding_rs::UTF_8 => Self::MarkedUtf8,
            Some((encoding, _)) if encoding == encoding_rs::UTF_16BE => Self::Utf16BigEndian,
            Some(_) => Self::Utf16,
            None => Self::OneByte,
        }
    }
}

/// The text of a file, as these functions of Windows take it.
pub fn decode(bytes: &[u8]) -> String {
    match encoding_rs::Encoding::for_bom(bytes) {
        Some((encoding, _)) if encoding != encoding_rs::UTF_8 => {
            encoding.decode_with_bom_removal(bytes).0
        }
        _ => {
            encoding_rs::WINDOWS_1252
                .decode_without_bom_handling(bytes)
                .0
        }
    }
    .into_owned()
}

/// A value without the pair of quotes around it.
fn unquoted(value: &str) -> &str {
    for quote in ['"', '\''] {
        let inner = value
            .strip_prefix(quote)
            .and_then(|rest| rest.strip_suffix(quote));
        if let Some(inner) = inner {
            return inner;
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value_of(text: &str) -> Option<String> {
        let ini = Ini::read(text.as_bytes());
        ini.value("General", "Version").map(str::to_owned)
    }

    #[test]
    fn the_first_of_a_name_counts_whatever_its_case() {
        for (text, wanted) in [
            ("[General]\r\nVersion=1\r\n", Some("1")),
            ("[GENERAL]\nversion = 1 \n", Some("1")),
            ("[General]\r\nVersion=1\r\nVersion=2\r\n", Some("1")),
            ("[General]\r\nVersion=\r\nVersion=2\r\n", Some("")),
            (
                "[General]\r\nVersion=1\r\n[General]\r\nVersion=2\r\n",
                Some("1"),
            ),
            ("[General]\r\n[Other]\r\n[General]\r\nVersion=2\r\n", None),
            ("[Other]\r\nVersion=2\r\n[General]\r\nVersion=1", Some("1")),
            ("[General]\r\n;Version=2\r\nVersion=\"1\"\r\n", Some("1")),
            ("Version=2\r\n", None),
            ("\u{FEFF}[General]\r\nVersion=2\r\n", None),
        ] {
            assert_eq!(value_of(text).as_deref(), wanted, "{text}");
        }
    }

    #[test]
    fn utf_16_needs_its_mark() {
        let utf_16 = |text: &str| -> Vec<u8> {
            let units = text.encode_utf16();
            units.flat_map(u16::to_le_bytes).collect()
        };
        let marked = Ini::read(&utf_16("\u{FEFF}[Startup]\r\n0CmdLine=a.cmd\r\n"));
        assert_eq!(marked.value("startup", "0cmdline"), Some("a.cmd"));
        let bare = Ini::read(&utf_16("[Startup]\r\n0CmdLine=a.cmd\r\n"));
        assert_eq!(bare.value("startup", "0cmdline"), None);
    }
}
