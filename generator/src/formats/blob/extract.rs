//! Finds the blob in a portal script: the one line on which `reg.exe` writes it into the
//! policy key, and the text that `reg.exe` would receive.

use super::text::BlobText;

/// Longest line that cmd.exe runs, in characters; a longer one is cut without a message.
pub const MAX_LINE: usize = 8191;

/// Policy key, as the scripts write it.
const KEY: &str = r"HKLM\SOFTWARE\Policies\Microsoft\Windows Advanced Threat Protection";

/// What a blob is for, told by the registry value that it is written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Value `OnboardingInfo`.
    Onboarding,
    /// Value `696C1FA1-4030-4FA4-8713-FAF9B2EA7C0A`.
    Offboarding,
}

impl Direction {
    /// Name of the registry value.
    pub fn value_name(self) -> &'static str {
        match self {
            Self::Onboarding => "OnboardingInfo",
            Self::Offboarding => "696C1FA1-4030-4FA4-8713-FAF9B2EA7C0A",
        }
    }
}

/// A blob found in a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extracted {
    /// What it is for.
    pub direction: Direction,
    /// Line, counted from 1.
    pub line: usize,
    /// The JSON text.
    pub text: BlobText,
}

/// Why a script gives no blob. Line numbers count from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExtractError {
    /// No line writes one of the two values.
    #[error("no line adds `OnboardingInfo` or the offboarding value to the policy key")]
    NotFound,
    /// More than one line does.
    #[error("lines {first} and {second} both write a blob")]
    Several {
        /// First of them.
        first: usize,
        /// Second of them.
        second: usize,
    },
    /// The value starts on the line and goes on in the next ones: an editor or a mail program
    /// wrapped it, and cmd.exe would run the rest as commands.
    #[error("the blob that starts on line {line} was wrapped: it goes on in line {next}")]
    Wrapped {
        /// Line with the beginning.
        line: usize,
        /// First line with the rest.
        next: usize,
    },
    /// The value has no end.
    #[error("the blob on line {line} is cut short: its closing quote is missing")]
    CutShort {
        /// Which line.
        line: usize,
    },
    /// cmd.exe would not run the whole line.
    #[error("line {line} has {length} characters, cmd.exe runs at most {MAX_LINE}")]
    TooLong {
        /// Which line.
        line: usize,
        /// Characters.
        length: usize,
    },
    /// cmd.exe would replace text between percent signs.
    #[error("the blob on line {line} contains a percent sign at character {column}")]
    Percent {
        /// Which line.
        line: usize,
        /// Character of the line, counted from 1.
        column: usize,
    },
    /// The value is not text.
    #[error("the blob on line {line} contains bytes that are not ASCII")]
    NotAscii {
        /// Which line.
        line: usize,
    },
    /// The line writes the value in a form that is not the portal's (`/t REG_SZ … /d "…"`).
    #[error("line {line} adds the value without `/d` and a quoted text")]
    NoData {
        /// Which line.
        line: usize,
    },
}

impl ExtractError {
    /// The line it is about.
    pub fn line(&self) -> Option<usize> {
        match self {
            Self::NotFound => None,
            Self::Several { first: line, .. }
            | Self::Wrapped { line, .. }
            | Self::CutShort { line }
            | Self::TooLong { line, .. }
            | Self::Percent { line, .. }
            | Self::NotAscii { line }
            | Self::NoData { line } => Some(*line),
        }
    }
}

/// Lines of a script without their ends. Portal scripts mix CR LF and LF in one file.
pub fn lines(script: &[u8]) -> impl Iterator<Item = &[u8]> {
    let script = script.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(script);
    script
        .split(|&byte| byte == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
}

/// Finds the one line that writes a blob and reads the value as `reg.exe` would.
///
/// # Errors
/// See [`ExtractError`]; none holds any of the blob's text.
pub fn extract(script: &[u8]) -> Result<Extracted, ExtractError> {
    let mut found: Option<(usize, Direction, &[u8], usize)> = None;
    for (index, line) in lines(script).enumerate() {
        let Some((direction, after)) = adds_value(line) else {
            continue;
        };
        if let Some((first, ..)) = found {
            return Err(ExtractError::Several {
                first,
                second: index + 1,
            });
        }
        found = Some((index + 1, direction, line, after));
    }
    let (number, direction, line, after) = found.ok_or(ExtractError::NotFound)?;
    let start = data_start(line, after).ok_or(ExtractError::NoData { line: number })?;
    let data = line.get(start..).unwrap_or_default();
    let Some(length) = quoted_length(data) else {
        let rest = lines(script).skip(number);
        return Err(match goes_on(rest) {
            Some(skipped) => ExtractError::Wrapped {
                line: number,
                next: number + 1 + skipped,
            },
            None => ExtractError::CutShort { line: number },
        });
    };
    let value = data.get(..length).unwrap_or_default();
    if line.len() > MAX_LINE {
        return Err(ExtractError::TooLong {
            line: number,
            length: line.len(),
        });
    }
    if let Some(at) = value.iter().position(|&byte| byte == b'%') {
        return Err(ExtractError::Percent {
            line: number,
            column: start + at + 1,
        });
    }
    if !value.is_ascii() {
        return Err(ExtractError::NotAscii { line: number });
    }
    Ok(Extracted {
        direction,
        line: number,
        text: BlobText::new(unquote(value)),
    })
}

/// Does the line run `… add "<policy key>" /v <value name>`? Gives the position after it. The
/// word before `add` is not looked at: it was `REG` once and is a full path to `reg.exe` now.
pub fn adds_value(line: &[u8]) -> Option<(Direction, usize)> {
    let lower = line.to_ascii_lowercase();
    let mut from = 0;
    while let Some(at) = find(lower.get(from..)?, b"add") {
        let start = from + at;
        let starts_word = start
            .checked_sub(1)
            .and_then(|before| lower.get(before))
            .is_none_or(|&byte| is_blank(byte) || byte == b'"');
        if starts_word && let Some(found) = value_after_add(&lower, start + 3) {
            return Some(found);
        }
        from = start + 3;
    }
    None
}

fn value_after_add(lower: &[u8], at: usize) -> Option<(Direction, usize)> {
    let at = skip_blanks(lower, at, 1)?;
    let key = format!("\"{}\"", KEY.to_ascii_lowercase());
    let at = skip_text(lower, at, key.as_bytes())?;
    let at = skip_blanks(lower, at, 1)?;
    let at = skip_text(lower, at, b"/v")?;
    let at = skip_blanks(lower, at, 1)?;
    [Direction::Onboarding, Direction::Offboarding]
        .into_iter()
        .find_map(|direction| {
            let name = direction.value_name().to_ascii_lowercase();
            let end = skip_text(lower, at, name.as_bytes())
                .or_else(|| skip_text(lower, at, format!("\"{name}\"").as_bytes()))?;
            let ends_word = lower.get(end).is_none_or(|&byte| is_blank(byte));
            ends_word.then_some((direction, end))
        })
}

/// Position after `/d "`.
fn data_start(line: &[u8], from: usize) -> Option<usize> {
    let lower = line.to_ascii_lowercase();
    let at = from + find(lower.get(from..)?, b"/d")? + 2;
    let at = skip_blanks(&lower, at, 1)?;
    skip_text(&lower, at, b"\"")
}

/// Length of a quoted argument up to its closing quote, by the rule of the C run-time that
/// splits `reg.exe`'s command line: a quote after an odd number of backslashes is text.
fn quoted_length(data: &[u8]) -> Option<usize> {
    let mut backslashes = 0usize;
    for (index, &byte) in data.iter().enumerate() {
        match byte {
            b'\\' => backslashes += 1,
            b'"' if backslashes.is_multiple_of(2) => return Some(index),
            _ => backslashes = 0,
        }
    }
    None
}

/// The argument that `reg.exe` receives: before a quote each pair of backslashes is one and
/// `\"` is a quote; other backslashes stand for themselves.
fn unquote(value: &[u8]) -> String {
    let mut text = String::with_capacity(value.len());
    let mut backslashes = 0usize;
    for &byte in value {
        if byte == b'\\' {
            backslashes += 1;
            continue;
        }
        let kept = if byte == b'"' {
            backslashes / 2
        } else {
            backslashes
        };
        text.extend(core::iter::repeat_n('\\', kept));
        backslashes = 0;
        text.push(char::from(byte));
    }
    // A run at the very end stands before the closing quote.
    text.extend(core::iter::repeat_n('\\', backslashes / 2));
    text
}

/// Looks for the closing quote of a wrapped blob in the following lines: the next line that is
/// not empty has to look like the middle of a blob. Gives how many empty lines precede it.
fn goes_on<'a>(rest: impl Iterator<Item = &'a [u8]>) -> Option<usize> {
    for (skipped, line) in rest.take(4).enumerate() {
        if line.iter().all(|&byte| is_blank(byte)) {
            continue;
        }
        let blob_like = line.iter().all(|&byte| {
            byte.is_ascii_alphanumeric() || b"+/=\\\":,.[]{}_- ->%&12".contains(&byte)
        });
        let dense = line
            .split(|&byte| is_blank(byte))
            .map(<[u8]>::len)
            .max()
            .unwrap_or(0);
        // A command of the script has blanks between short words; a blob has none for long.
        return (blob_like && dense >= 20 || line.starts_with(b"\\\"")).then_some(skipped);
    }
    None
}

fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}

fn skip_text(line: &[u8], at: usize, text: &[u8]) -> Option<usize> {
    line.get(at..)?.starts_with(text).then(|| at + text.len())
}

fn skip_blanks(line: &[u8], at: usize, least: usize) -> Option<usize> {
    let rest = line.get(at..)?;
    let count = rest.iter().take_while(|&&byte| is_blank(byte)).count();
    (count >= least).then_some(at + count)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADD: &str = r#"reg add "HKLM\SOFTWARE\Policies\Microsoft\Windows Advanced Threat Protection" /v OnboardingInfo /t REG_SZ /f /d ""#;

    fn script(data: &str, redirect: &str) -> String {
        format!("@echo off\r\n\r\n{ADD}{data}\"{redirect}\nexit /b 0\r\n")
    }

    #[track_caller]
    fn text_of(script: &str) -> String {
        extract(script.as_bytes()).unwrap().text.expose().to_owned()
    }

    #[test]
    fn escaped_quotes_are_undone_once() {
        let found =
            extract(script(r#"{\"body\":\"{\\\"a\\\":1}\"}"#, " > %TMP%\\x 2>&1").as_bytes());
        let found = found.unwrap();
        assert_eq!(found.text.expose(), r#"{"body":"{\"a\":1}"}"#);
        assert_eq!((found.line, found.direction), (3, Direction::Onboarding));
    }

    #[test]
    fn full_paths_other_cases_and_boms_do_not_matter() {
        let plain = script("{}", " >NUL");
        let variants = [
            plain.replace("reg add", r"%windir%\System32\reg.exe add"),
            plain.replace("reg add", r#""%windir%\System32\reg.exe" ADD"#),
            plain.replace("OnboardingInfo", "ONBOARDINGINFO"),
            plain.replace(" /v ", "\t/V  "),
            format!("\u{feff}{plain}"),
            plain.replace("\r\n", "\n"),
        ];
        for variant in variants {
            assert_eq!(text_of(&variant), "{}", "{variant}");
        }
    }

    #[test]
    fn the_offboarding_value_is_told_apart() {
        let text =
            script("{}", "").replace("OnboardingInfo", "696c1fa1-4030-4fa4-8713-faf9b2ea7c0a");
        let found = extract(text.as_bytes()).unwrap();
        assert_eq!(found.direction, Direction::Offboarding);
    }

    #[test]
    fn a_query_or_delete_of_the_value_is_no_blob() {
        let text = script("{}", "").replace("reg add", "reg delete");
        assert_eq!(extract(text.as_bytes()), Err(ExtractError::NotFound));
    }

    #[test]
    fn two_lines_that_write_a_blob_contradict_each_other() {
        let text = format!("{}{}", script("{}", ""), script("{}", ""));
        assert_eq!(
            extract(text.as_bytes()),
            Err(ExtractError::Several {
                first: 3,
                second: 7
            })
        );
    }

    #[test]
    fn a_wrapped_line_names_where_it_goes_on() {
        let rest = "AAAABBBBCCCCDDDDEEEEFFFFGGGG";
        for ending in ["\r\n", "\n", "\r\n\r\n"] {
            let text = script(&format!(r#"{{\"sig\":\"{rest}{ending}{rest}\"}}"#), "");
            let next = if ending.len() == 4 { 5 } else { 4 };
            assert_eq!(
                extract(text.as_bytes()),
                Err(ExtractError::Wrapped { line: 3, next })
            );
        }
    }

    #[test]
    fn a_line_without_closing_quote_is_cut_short() {
        let text = format!("{ADD}{{\\\"body\r\nexit /b 0\r\n");
        assert_eq!(
            extract(text.as_bytes()),
            Err(ExtractError::CutShort { line: 1 })
        );
    }

    #[test]
    fn cmd_would_not_run_a_longer_line() {
        let room = MAX_LINE - ADD.len() - 1;
        assert!(extract(script(&"a".repeat(room), "").as_bytes()).is_ok());
        assert_eq!(
            extract(script(&"a".repeat(room + 1), "").as_bytes()),
            Err(ExtractError::TooLong {
                line: 3,
                length: MAX_LINE + 1
            })
        );
    }

    #[test]
    fn a_percent_sign_in_the_blob_is_damage_and_in_the_redirection_is_not() {
        assert_eq!(text_of(&script("{}", " > %WINDIR%\\temp\\x")), "{}");
        let column = ADD.len() + 2;
        assert_eq!(
            extract(script("{%}", "").as_bytes()),
            Err(ExtractError::Percent { line: 3, column })
        );
    }

    #[test]
    fn bytes_above_7f_are_damage() {
        assert_eq!(
            extract(script("{\u{e4}}", "").as_bytes()),
            Err(ExtractError::NotAscii { line: 3 })
        );
    }

    #[test]
    fn a_value_without_quotes_is_not_the_portals_form() {
        let text = script("{}", "").replace("/d \"{}\"", "/d {}");
        assert_eq!(
            extract(text.as_bytes()),
            Err(ExtractError::NoData { line: 3 })
        );
    }
}
