//! Finds every blob in a file, whatever the file is otherwise: a portal script, the blob alone,
//! an export of something else.
//!
//! Nothing of the text around a blob is interpreted. A blob stands in a file either as it is or
//! with a backslash before each quote, which is how command lines, `.reg` files and texts inside
//! JSON carry it; both are looked for from the first byte to the last.

use core::ops::Range;

use serde::de::IgnoredAny;

use super::MAX_TEXT;
use super::text::BlobText;

/// Beginnings of blobs that are looked at; real files have one.
const MAX_BLOBS: usize = 32;

/// Bytes from a beginning that are looked at: every character of the longest blob escaped, and
/// every escape escaped.
const MAX_WRITTEN: usize = 4 * MAX_TEXT;

/// Fields of the outer document: an object whose first field is one of these is a blob, or what
/// is left of one.
const FIELDS: [&str; 6] = ["body", "sig", "sha256sig", "sha256sigPss", "cert", "chain"];

/// A blob, or what is left of one, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// Line of its beginning, counted from 1.
    pub line: usize,
    /// Its bytes in the file, escapes included; up to the end of what was looked at when it has
    /// no end.
    pub range: Range<usize>,
    /// Its JSON text without escapes.
    pub text: Result<BlobText, BrokenBlob>,
}

/// Why something that begins as a blob gives no text. Lines count from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BrokenBlob {
    /// A line end, or the end of the file, stands in it: an editor or a mail program wrapped the
    /// line, or the download was cut.
    #[error("the blob that begins on line {line} is wrapped or cut short")]
    Interrupted {
        /// Line of the beginning.
        line: usize,
    },
    /// Another byte that no blob holds.
    #[error("the blob that begins on line {line} is no readable JSON")]
    NotJson {
        /// Line of the beginning.
        line: usize,
    },
    /// More beginnings than are looked at.
    #[error("more than {MAX_BLOBS} blobs begin in the file; line {line} has the next one")]
    TooMany {
        /// Line of the first that was not looked at.
        line: usize,
    },
}

/// How a blob's quotes are written.
#[derive(Clone, Copy)]
enum Written {
    Plain,
    Escaped,
}

/// Every blob of the bytes, in their order.
pub fn locate(bytes: &[u8]) -> Vec<Located> {
    let mut found: Vec<Located> = Vec::new();
    let mut at = 0;
    let (mut line, mut counted) = (1, 0);
    while let Some(brace) = find(bytes, at, b'{') {
        at = brace + 1;
        let Some(written) = begins(bytes.get(brace..).unwrap_or_default()) else {
            continue;
        };
        line += newlines(bytes, counted..brace);
        counted = brace;
        if found.len() == MAX_BLOBS {
            found.push(Located {
                line,
                range: brace..brace,
                text: Err(BrokenBlob::TooMany { line }),
            });
            break;
        }
        let end = bytes.len().min(brace.saturating_add(MAX_WRITTEN));
        let (length, text) = read(bytes.get(brace..end).unwrap_or_default(), written, line);
        if text.is_ok() {
            at = brace + length;
        }
        found.push(Located {
            line,
            range: brace..brace + length,
            text,
        });
    }
    found
}

/// Does a blob begin here, and how are its quotes written?
fn begins(bytes: &[u8]) -> Option<Written> {
    let rest = bytes.strip_prefix(b"{")?.trim_ascii_start();
    let (written, rest) = match rest {
        [b'"', rest @ ..] => (Written::Plain, rest),
        [b'\\', b'"', rest @ ..] => (Written::Escaped, rest),
        _ => return None,
    };
    let quote: &[u8] = match written {
        Written::Plain => b"\"",
        Written::Escaped => b"\\\"",
    };
    FIELDS
        .iter()
        .any(|field| {
            let after = rest.strip_prefix(field.as_bytes());
            after.is_some_and(|after| after.starts_with(quote))
        })
        .then_some(written)
}

/// The blob at the start of these bytes: how long it is as written, and its text.
fn read(bytes: &[u8], written: Written, line: usize) -> (usize, Result<BlobText, BrokenBlob>) {
    let (written_length, json) = match written {
        Written::Plain => (None, bytes.to_vec()),
        Written::Escaped => {
            let length = quoted_length(bytes);
            let argument = bytes.get(..length).unwrap_or(bytes);
            (Some(length), unquote(argument, usize::MAX).0)
        }
    };
    let mut documents = serde_json::Deserializer::from_slice(&json).into_iter::<IgnoredAny>();
    let parsed = documents.next();
    let end = documents.byte_offset();
    // The blob ends where its document does: what follows inside the quotes is text like any
    // other, and may hold a further blob.
    let length = match (written_length, &parsed) {
        (Some(_), Some(Ok(_))) => unquote(bytes, end).1,
        (Some(length), _) => length,
        (None, _) => end.max(1),
    };
    let text = match parsed {
        Some(Ok(_)) => json
            .get(..end)
            .and_then(|text| String::from_utf8(text.to_vec()).ok())
            .map(BlobText::new)
            .ok_or(BrokenBlob::NotJson { line }),
        Some(Err(error))
            if error.is_eof() || error.line() > 1 || stops_at_line_end(&json, &error) =>
        {
            Err(BrokenBlob::Interrupted { line })
        }
        _ => Err(BrokenBlob::NotJson { line }),
    };
    (length, text)
}

/// Is the byte that the reader stopped at a line end? The column counts bytes from 1, and names
/// the byte or the one before it.
fn stops_at_line_end(json: &[u8], error: &serde_json::Error) -> bool {
    let column = error.column();
    json.get(column.saturating_sub(1)..)
        .unwrap_or_default()
        .iter()
        .take(2)
        .any(|byte| matches!(byte, b'\r' | b'\n'))
}

/// Length of a quoted argument up to its closing quote, by the rule of the C run-time that
/// splits `reg.exe`'s command line: a quote after an odd number of backslashes is text. All of
/// it when no quote closes it.
fn quoted_length(data: &[u8]) -> usize {
    let mut backslashes = 0usize;
    for (index, &byte) in data.iter().enumerate() {
        match byte {
            b'\\' => backslashes += 1,
            b'"' if backslashes.is_multiple_of(2) => return index,
            _ => backslashes = 0,
        }
    }
    data.len()
}

/// The argument that `reg.exe` receives, up to `limit` bytes of it, and how many bytes as written
/// gave them: before a quote each pair of backslashes is one and `\"` is a quote; other
/// backslashes stand for themselves.
fn unquote(value: &[u8], limit: usize) -> (Vec<u8>, usize) {
    let mut text = Vec::with_capacity(value.len().min(limit));
    let mut backslashes = 0usize;
    for (index, &byte) in value.iter().enumerate() {
        if byte == b'\\' {
            backslashes += 1;
            continue;
        }
        let kept = if byte == b'"' {
            backslashes / 2
        } else {
            backslashes
        };
        text.extend(core::iter::repeat_n(b'\\', kept));
        backslashes = 0;
        text.push(byte);
        if text.len() >= limit {
            return (text, index + 1);
        }
    }
    // A run at the very end stands before the closing quote.
    text.extend(core::iter::repeat_n(b'\\', backslashes / 2));
    (text, value.len())
}

fn find(bytes: &[u8], from: usize, wanted: u8) -> Option<usize> {
    let rest = bytes.get(from..)?;
    Some(from + memchr::memchr(wanted, rest)?)
}

fn newlines(bytes: &[u8], range: Range<usize>) -> usize {
    let part = bytes.get(range).unwrap_or_default();
    part.iter().filter(|&&byte| byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: &str = r#"{"body":"{\"a\":1}","sig":"AA=="}"#;

    fn escaped(json: &str) -> String {
        json.replace('\\', r"\\").replace('"', "\\\"")
    }

    fn texts(bytes: &str) -> Vec<Result<String, BrokenBlob>> {
        let found = locate(bytes.as_bytes()).into_iter();
        let text = |one: Located| one.text.map(|text| text.expose().to_owned());
        found.map(text).collect()
    }

    #[test]
    fn a_blob_is_found_as_it_is_and_with_escaped_quotes_whatever_is_around_it() {
        let escaped = escaped(JSON);
        for around in [
            JSON.to_owned(),
            format!("\u{feff}\r\n {JSON}\r\n"),
            format!("reg add \"key\" /v OnboardingInfo /t REG_SZ /f /d \"{escaped}\" >NUL"),
            format!("REG ADD key /f /t REG_SZ /v x /d \"{escaped}\""),
            format!("\"OnboardingInfo\"=\"{escaped}\""),
            format!("x='{JSON}'"),
            format!("set a={escaped}"),
            format!("{{{{{{ {JSON} }}}}"),
        ] {
            assert_eq!(texts(&around), [Ok(JSON.to_owned())], "{around}");
        }
    }

    #[test]
    fn every_blob_is_found_with_its_line_and_place() {
        let other = JSON.replace(":1", ":2");
        let text = format!("a\r\n\"{}\"\nb\n{other}\n", escaped(JSON));
        let found = locate(text.as_bytes());
        let lines: Vec<usize> = found.iter().map(|one| one.line).collect();
        assert_eq!(lines, [2, 4]);
        let at = |index: usize| &text[found[index].range.clone()];
        assert_eq!((at(0), at(1)), (escaped(JSON).as_str(), other.as_str()));
    }

    #[test]
    fn a_blob_ends_with_its_document_and_not_with_the_quotes_around_it() {
        let one = escaped(JSON);
        let other = escaped(&JSON.replace(":1", ":2"));
        for behind in ["\\\" & calc.exe & \\\"", " x", "\\\\", other.as_str()] {
            let text = format!("reg add key /d \"{one}{behind}\" >NUL\r\n");
            let found = locate(text.as_bytes());
            assert_eq!(&text[found[0].range.clone()], one, "{text}");
            let expected = if behind == other { 2 } else { 1 };
            assert_eq!(found.len(), expected, "{text}");
        }
    }

    #[test]
    fn fields_may_stand_in_any_order_and_with_blanks() {
        let json = "{ \"chain\" : [] , \"body\" : 1 }";
        assert_eq!(texts(json), [Ok(json.to_owned())]);
        assert_eq!(texts(&escaped(json)), [Ok(json.to_owned())]);
    }

    #[test]
    fn other_objects_are_no_blobs() {
        assert_eq!(texts(r#"{"orgId":1} {"bodywork":2} {body} { "#), []);
    }

    #[test]
    fn a_wrapped_or_cut_blob_is_told_from_one_that_is_no_json() {
        let long = JSON.replace("AA==", &"A".repeat(60));
        let at = long.len() - 30;
        for ending in ["\r\n", "\n", "\r"] {
            for json in [long.clone(), escaped(&long)] {
                let wrapped = format!("\n{}{ending}{}", &json[..at], &json[at..]);
                let expected = [Err(BrokenBlob::Interrupted { line: 2 })];
                assert_eq!(texts(&wrapped), expected, "{wrapped}");
            }
        }
        let cut = [Err(BrokenBlob::Interrupted { line: 1 })];
        assert_eq!(texts(&JSON[..JSON.len() - 4]), cut);
        assert_eq!(texts(&escaped(&JSON[..JSON.len() - 4])), cut);
        let no_json = [Err(BrokenBlob::NotJson { line: 1 })];
        assert_eq!(texts(&JSON.replace("\",", "\";")), no_json);
    }

    #[test]
    fn beginnings_without_end_are_bounded() {
        let text = "{\"body\"\n".repeat(100_000);
        let found = locate(text.as_bytes());
        assert_eq!(found.len(), MAX_BLOBS + 1);
        let last = BrokenBlob::TooMany { line: 33 };
        assert_eq!(found.last().unwrap().text, Err(last));
    }
}
