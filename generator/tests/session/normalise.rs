//! What follows from code that others change stands in golden files by its kind: they are about
//! keys and words.

use serde_json::Value;

/// Digests and sizes as `#`.
pub(crate) fn text(text: &str) -> String {
    without_sizes(&without_digests(text))
}

/// The same for every text of a document, and for values that have no words.
pub(crate) fn document(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                match (key.as_str(), &mut *value) {
                    ("size" | "unsigned_size", Value::Number(_)) => *value = 1.into(),
                    ("files", Value::Number(_)) => *value = 1.into(),
                    ("files", Value::Array(list)) => list.clear(),
                    // Told by whoever builds, and of what lies beside the program.
                    ("commit", _) | ("stub", Value::Object(_)) => *value = Value::Null,
                    ("der" | "script", Value::String(_)) => *value = "(long)".into(),
                    _ => document(value),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(document),
        Value::String(words) => *words = text(words),
        _ => {}
    }
}

/// Runs of 32 and more hex digits as `#`, GUIDs in braces too, and the beginning of an id in the name of an
/// archive.
fn without_digests(text: &str) -> String {
    let pieces = text.split_inclusive(['{', '}']).map(|piece| {
        if piece.len() == 37 && piece.ends_with('}') {
            "#}"
        } else {
            piece
        }
    });
    let text: String = pieces.collect();
    let mut out = String::new();
    let mut run = String::new();
    for character in text.chars().chain(['\0']) {
        if matches!(character, '0'..='9' | 'a'..='f') {
            run.push(character);
            continue;
        }
        let is_of_archive = run.len() == 8 && out.ends_with('-') && character == '.';
        let is_digest = run.len() >= 32 || is_of_archive;
        out.push_str(if is_digest { "#" } else { &run });
        run.clear();
        out.push(character);
    }
    out.pop();
    out
}

/// The number before each ` bytes` as `#`.
fn without_sizes(text: &str) -> String {
    let mut pieces: Vec<&str> = text.split(" bytes").collect();
    let last = pieces.pop().unwrap_or_default();
    let mut out = String::new();
    for piece in pieces {
        let before = piece.trim_end_matches(|c: char| c.is_ascii_digit());
        out.push_str(before);
        out.push_str(if before == piece { " bytes" } else { "# bytes" });
    }
    out + last
}
