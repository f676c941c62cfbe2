//! Wine's registry files (`system.reg`): text in Wine's own format, version 2.
//!
//! Read after a prefix has stopped, and appended to while none runs; Wine merges a key that
//! comes twice. Key and value names are compared without regard to case. Keys are named below
//! `HKEY_LOCAL_MACHINE`, as `system.reg` names them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// The data of a registry value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// `REG_SZ`.
    Text(String),
    /// `REG_DWORD`.
    Number(u32),
    /// Every other type: its number and raw bytes (or, for text types that Wine writes as
    /// text, UTF-8).
    Other(u32, Vec<u8>),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Number(number)
    }
}

/// All keys of one registry file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Registry {
    keys: BTreeMap<String, BTreeMap<String, Value>>,
}

impl Registry {
    /// Reads a registry file. Lines that are no key and no value (times, links) are passed
    /// over.
    pub fn parse(file: &str) -> Self {
        let mut registry = Self::default();
        let mut key = String::new();
        let mut lines = file.lines();
        while let Some(line) = lines.next() {
            if let Some((name, _)) = line
                .strip_prefix('[')
                .and_then(|rest| rest.rsplit_once(']'))
            {
                key = unescape(name).to_lowercase();
                registry.keys.entry(key.clone()).or_default();
            } else if line.starts_with(['"', '@']) {
                let mut whole = line.to_owned();
                while whole.ends_with('\\') {
                    whole.pop();
                    whole.push_str(lines.next().unwrap_or_default().trim_start());
                }
                if let Some((name, value)) = value(&whole) {
                    let values = registry.keys.entry(key.clone()).or_default();
                    values.insert(name.to_lowercase(), value);
                }
            }
        }
        registry
    }

    /// The value `name` of `key`.
    pub fn value(&self, key: &str, name: &str) -> Option<&Value> {
        self.keys
            .get(&key.to_lowercase())?
            .get(&name.to_lowercase())
    }

    /// A text value; none when it is absent or of another type.
    pub fn text(&self, key: &str, name: &str) -> Option<&str> {
        match self.value(key, name)? {
            Value::Text(text) => Some(text),
            Value::Number(_) | Value::Other(..) => None,
        }
    }

    /// A number; none when it is absent or of another type.
    pub fn number(&self, key: &str, name: &str) -> Option<u32> {
        match self.value(key, name)? {
            Value::Number(number) => Some(*number),
            Value::Text(_) | Value::Other(..) => None,
        }
    }

    /// Is there such a key?
    pub fn has_key(&self, key: &str) -> bool {
        self.keys.contains_key(&key.to_lowercase())
    }

    /// One line for each value below `key` (all, for an empty name), sorted, for comparing a
    /// machine before and after.
    pub fn dump(&self, key: &str) -> Vec<String> {
        let key = key.to_lowercase();
        self.keys
            .iter()
            .filter(|(name, _)| {
                key.is_empty() || **name == key || name.starts_with(&format!("{key}\\"))
            })
            .flat_map(|(key, values)| {
                let head = std::iter::once(format!("[{key}]"));
                head.chain(
                    values
                        .iter()
                        .map(move |(name, value)| format!("[{key}] {name} = {value:?}")),
                )
            })
            .collect()
    }
}

/// Lines that stand in one dump only, each behind `+` or `-`. Without what Wine registers by itself
/// when a first window is made, hidden consoles included: fonts of this machine, display and
/// monitor; and without the moments at which an emulated server last did something.
pub fn differences(before: &[String], after: &[String]) -> Vec<String> {
    const PASSED_OVER: [&str; 4] = [
        "] lastconnected = ",
        "] avsignatureapplied = ",
        r"\currentversion\fonts]",
        r"[system\currentcontrolset\control\class\{4d36e96",
    ];
    let own = |lines: &[String]| -> BTreeSet<String> {
        let passed_over = |line: &&String| PASSED_OVER.iter().any(|part| line.contains(part));
        lines
            .iter()
            .filter(|line| !passed_over(line))
            .cloned()
            .collect()
    };
    let (before, after) = (own(before), own(after));
    let gone = before.difference(&after).map(|line| format!("- {line}"));
    gone.chain(after.difference(&before).map(|line| format!("+ {line}")))
        .collect()
}

fn value(line: &str) -> Option<(String, Value)> {
    let (name, data) = if let Some(data) = line.strip_prefix("@=") {
        (String::new(), data)
    } else {
        let rest = line.strip_prefix('"')?;
        let end = closing_quote(rest)?;
        (unescape(&rest[..end]), rest[end + 1..].strip_prefix('=')?)
    };
    Some((name, data_of(data)?))
}

fn data_of(data: &str) -> Option<Value> {
    if let Some(digits) = data.strip_prefix("dword:") {
        return u32::from_str_radix(digits, 16).ok().map(Value::Number);
    }
    if let Some(quoted) = data.strip_prefix('"') {
        let end = closing_quote(quoted)?;
        return Some(Value::Text(unescape(&quoted[..end])));
    }
    let (kind, rest) = data.split_once(':')?;
    let number = kind
        .split_once('(')
        .and_then(|(_, number)| u32::from_str_radix(number.strip_suffix(')')?, 16).ok());
    if kind.starts_with("str") {
        let quoted = rest.strip_prefix('"')?;
        let end = closing_quote(quoted)?;
        return Some(Value::Other(number?, unescape(&quoted[..end]).into_bytes()));
    }
    // A plain `hex:` is REG_BINARY, type 3.
    let bytes: Option<Vec<u8>> = rest
        .split(',')
        .filter(|pair| !pair.trim().is_empty())
        .map(|pair| u8::from_str_radix(pair.trim(), 16).ok())
        .collect();
    Some(Value::Other(number.unwrap_or(3), bytes?))
}

fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(at),
            _ => {}
        }
    }
    None
}

/// Wine's escapes: a backslash before `\`, `"`, `n`, `r`, `0`, and `\xHHHH` for UTF-16 units.
fn unescape(text: &str) -> String {
    let mut units = Vec::new();
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        let taken = if character == '\\' { rest.next() } else { None };
        match taken {
            None => units.extend(character.encode_utf16(&mut [0; 2]).iter()),
            Some('n') => units.push(u16::from(b'\n')),
            Some('r') => units.push(u16::from(b'\r')),
            Some('0') => units.push(0),
            Some('x') => {
                let digits: String = rest.by_ref().take(4).collect();
                units.push(u16::from_str_radix(&digits, 16).unwrap_or(0xFFFD));
            }
            Some(other) => units.extend(other.encode_utf16(&mut [0; 2]).iter()),
        }
    }
    String::from_utf16_lossy(&units)
}

/// Text to append to a registry file: every entry is a key below `HKEY_LOCAL_MACHINE`, a
/// value name and its data.
pub fn to_file_text(entries: &[(String, String, Value)]) -> String {
    let mut text = String::new();
    for (key, name, value) in entries {
        let data = match value {
            Value::Text(text) => format!("\"{}\"", escape(text)),
            Value::Number(number) => format!("dword:{number:08x}"),
            Value::Other(kind, bytes) => {
                let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                format!("hex({kind:x}):{}", pairs.join(","))
            }
        };
        // Writing to a String cannot fail.
        let _ = write!(text, "\n[{}] 1\n\"{}\"={data}\n", escape(key), escape(name));
    }
    text
}

fn escape(text: &str) -> String {
    text.encode_utf16()
        .fold(String::new(), |mut escaped, unit| {
            match char::from_u32(u32::from(unit)) {
                Some('\\') => escaped.push_str("\\\\"),
                Some('"') => escaped.push_str("\\\""),
                Some('\n') => escaped.push_str("\\n"),
                Some(character) if character.is_ascii() => escaped.push(character),
                _ => {
                    let _ = write!(escaped, "\\x{unit:04x}");
                }
            }
            escaped
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let entry = |name: &str, value: Value| (r"Software\A b".to_owned(), name.to_owned(), value);
        let entries = [
            entry("text", r#"{"a":"b\\c"} é"#.into()),
            entry("number", 0x10.into()),
            entry("bytes", Value::Other(3, vec![1, 255])),
        ];
        let registry = Registry::parse(&to_file_text(&entries));
        for (key, name, value) in &entries {
            assert_eq!(registry.value(key, name), Some(value));
        }
    }

    #[test]
    fn wines_own_forms_are_read() {
        let file = "WINE REGISTRY Version 2\n\n[Software\\\\X] 1795312676\n#time=1dd7a24e4c73050\n\
                    @=\"default\"\n\"e\"=str(2):\"%A%\"\n\"b\"=hex:01,\\\n  02\n\"q\"=hex(b):01,00\n";
        let registry = Registry::parse(file);
        assert_eq!(registry.text(r"SOFTWARE\x", ""), Some("default"));
        let other = |name: &str| registry.value(r"software\x", name).cloned();
        assert_eq!(other("E"), Some(Value::Other(2, b"%A%".to_vec())));
        assert_eq!(other("b"), Some(Value::Other(3, vec![1, 2])));
        assert_eq!(other("q"), Some(Value::Other(11, vec![1, 0])));
    }

    #[test]
    fn a_dump_holds_the_key_and_what_is_below_it() {
        let registry = Registry::parse("[A\\\\B] 1\n\"x\"=dword:00000001\n[A\\\\Bc] 1\n");
        assert_eq!(registry.dump(r"A\B"), [r"[a\b]", r"[a\b] x = Number(1)"]);
    }
}
