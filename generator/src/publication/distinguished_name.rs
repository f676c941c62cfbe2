//! Distinguished names as people type them: RFC 4514 section 3, with the blanks around `,` and `=` that
//! RFC 2253 section 4 lets in and directories take.

/// One part of a name, such as `OU=Servers`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    /// In lower case.
    pub(super) attribute: String,
    /// Nothing in it is escaped.
    pub(super) value: String,
}

/// Reads a name into its parts, the innermost first.
///
/// # Errors
/// In words: what no name has. Lists of attributes in one part (`OU=a+OU=b`) and values in hexadecimal
/// (`OU=#0403…`) are names and are refused, too: the one is nothing that Active Directory has (MS-ADTS
/// 3.1.1.3.1.2.3), and the other nothing that people write.
pub(super) fn parse(name: &str) -> Result<Vec<Part>, String> {
    if let Some(meant) = with_commas(name) {
        return Err(format!(
            "`;` separates its parts where `,` has to; write `{}`",
            shown(&meant)
        ));
    }
    let mut parts = Vec::new();
    let mut rest = name;
    loop {
        let (attribute, behind) = rest
            .split_once('=')
            .filter(|(attribute, _)| !attribute.contains(','))
            .ok_or_else(|| {
                let part = shown(rest.split(',').next().unwrap_or_default());
                format!("`{part}` is no part of one, which is written as `OU=Servers`")
            })?;
        let attribute = attribute.trim_matches(' ');
        if !is_attribute(attribute) {
            return Err(format!("`{}` is no attribute", shown(attribute)));
        }
        let (value, behind) = value(behind)?;
        if value.is_empty() {
            return Err(format!("the value of a part `{attribute}=` is empty"));
        }
        parts.push(Part {
            attribute: attribute.to_ascii_lowercase(),
            value,
        });
        match behind {
            Some(behind) => rest = behind,
            None => return Ok(parts),
        }
    }
}

/// The name with commas, where semicolons stand between its parts: LDAP of old took them (RFC
/// 2253 section 4), Active Directory's names have none.
fn with_commas(name: &str) -> Option<String> {
    let is_part = |part: &str| {
        let attribute = part.split_once('=').map(|(attribute, _)| attribute.trim());
        attribute.is_some_and(is_attribute)
    };
    let is_list = name.contains(';') && name.split(';').all(is_part);
    let meant = name.replace(';', ",");
    (is_list && parse(&meant).is_ok()).then_some(meant)
}

fn shown(text: &str) -> String {
    text.escape_debug().to_string()
}

/// A word or the dotted numbers of an object identifier (RFC 4512 1.4).
fn is_attribute(text: &str) -> bool {
    let is_word = text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    is_word || text.contains('.') && text.split('.').all(is_number)
}

/// The value that a text begins with, and what is behind the comma that ends it.
fn value(text: &str) -> Result<(String, Option<&str>), String> {
    if text.trim_start_matches(' ').starts_with('#') {
        let why =
            "a value in hexadecimal (`#…`) is not read here: write it as text, and a `#` as `\\#`";
        return Err(why.to_owned());
    }
    let mut value: Vec<u8> = Vec::new();
    // Blanks behind this are no part of the value.
    let mut kept = 0;
    let mut characters = text.char_indices();
    let mut behind = None;
    while let Some((at, character)) = characters.next() {
        match character {
            ',' => {
                behind = text.get(at + 1..);
                break;
            }
            ' ' if value.is_empty() => {}
            ' ' => value.push(b' '),
            '\\' => {
                let after = text.get(at + 1..).unwrap_or_default();
                let (byte, length) = escaped(after)?;
                value.push(byte);
                kept = value.len();
                for _ in 0..length {
                    characters.next();
                }
            }
            '+' => {
                let why = "several attributes in one part (`+`) are nothing that Active Directory has; \
                           a plus sign in a name is written as `\\+`";
                return Err(why.to_owned());
            }
            '"' | ';' | '<' | '>' | '\0' => {
                let character = character.escape_debug();
                return Err(format!("a `{character}` in a name needs a `\\` before it"));
            }
            other => {
                value.extend_from_slice(other.encode_utf8(&mut [0; 4]).as_bytes());
                kept = value.len();
            }
        }
    }
    value.truncate(kept);
    let value = String::from_utf8(value)
        .map_err(|_| "what is escaped by `\\` and two digits is no UTF-8".to_owned())?;
    Ok((value, behind))
}

/// What stands for the characters behind a backslash, and how many those are.
fn escaped(after: &str) -> Result<(u8, usize), String> {
    let mut bytes = after.bytes();
    match (bytes.next(), bytes.next()) {
        (
            Some(byte @ (b'"' | b'+' | b',' | b';' | b'<' | b'>' | b' ' | b'#' | b'=' | b'\\')),
            _,
        ) => Ok((byte, 1)),
        (Some(high), Some(low)) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
            let digits = after.get(..2).unwrap_or_default();
            let byte = u8::from_str_radix(digits, 16).unwrap_or_default();
            Ok((byte, 2))
        }
        _ => Err(
            "a `\\` stands before one of `\"+,;<>#=\\`, a blank, or two hexadecimal digits"
                .to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_read_with_what_is_escaped_in_them() {
        for (name, expected) in [
            (
                "OU=Servers,DC=contoso,DC=com",
                &[("ou", "Servers"), ("dc", "contoso"), ("dc", "com")][..],
            ),
            (
                " ou = All  Servers , dc=contoso ",
                &[("ou", "All  Servers"), ("dc", "contoso")],
            ),
            (r"OU=a\,b\+\ ,DC=x", &[("ou", "a,b+ "), ("dc", "x")]),
            (r"DC=con\74oso", &[("dc", "contoso")]),
            (r"OU=L\c3\BCneburg\20", &[("ou", "Lüneburg ")]),
            (r"OU=\ \#1\=2\5c\\\00", &[("ou", " #1=2\\\\\0")]),
            ("OU=a=b#c", &[("ou", "a=b#c")]),
            ("OU=日本", &[("ou", "日本")]),
            ("2.5.4.11=x", &[("2.5.4.11", "x")]),
        ] {
            let found = parse(name).unwrap();
            let found: Vec<(&str, &str)> = found
                .iter()
                .map(|part| (part.attribute.as_str(), part.value.as_str()))
                .collect();
            assert_eq!(found, expected, "{name}");
        }
    }

    #[test]
    fn what_is_no_name_is_refused_with_why() {
        for (name, told) in [
            ("", "is no part"),
            ("OU", "is no part"),
            ("OU=", "is empty"),
            ("OU= ,DC=x", "is empty"),
            ("OU=a,,DC=x", "is no part"),
            (",OU=a", "is no part"),
            ("OU=a,", "is no part"),
            ("OU=a,DC", "is no part"),
            ("=a", "is no attribute"),
            ("O U=a", "is no attribute"),
            ("2..5=a", "is no attribute"),
            ("OU=a+OU=b", "several attributes"),
            ("OU=a;DC=x", "write `OU=a,DC=x`"),
            ("OU=a;b", "needs a `\\`"),
            ("OU=\"a,b\"", "needs a `\\`"),
            ("OU=<a>", "needs a `\\`"),
            ("OU=#0403616263", "in hexadecimal"),
            (r"OU=a\", "stands before"),
            (r"OU=a\4", "stands before"),
            (r"OU=a\zz", "stands before"),
            (r"OU=a\é", "stands before"),
            (r"OU=\ff", "no UTF-8"),
        ] {
            let why = parse(name).unwrap_err();
            assert!(why.contains(told), "{name}: {why}");
        }
    }
}
