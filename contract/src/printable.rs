//! Outside text on its way to a reader.
//!
//! A report, a version resource or a certificate may hold characters that move a terminal's
//! cursor, change its title, or turn the direction in which a line is read. None of them reaches
//! a reader: they are written as `\u{1b}`.

use std::borrow::Cow;

/// Is the character one that is not seen and changes what is: a control character, one that ends
/// a line, or one that has no width or turns the direction of writing (property
/// `Default_Ignorable_Code_Point` of the Unicode Character Database, its marks of interlinear notes,
/// and Unicode Standard Annex 9, section 2)?
pub fn deceives(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}'
                | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
                | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
        )
}

/// A value that belongs on one line.
pub fn on_one_line(text: &str) -> Cow<'_, str> {
    escaped(text, deceives)
}

/// A text that may have several lines, such as an error with its place in a file.
pub fn on_lines(text: &str) -> Cow<'_, str> {
    escaped(text, |c| c != '\n' && c != '\t' && deceives(c))
}

/// A JSON document, with the escapes of JSON (RFC 8259, section 7).
pub fn in_json(document: &str) -> Cow<'_, str> {
    written_out(
        document,
        |c| c != '\n' && deceives(c),
        // Above U+FFFF JSON needs two escapes.
        |character, out| {
            for unit in character.encode_utf16(&mut [0; 2]) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        },
    )
}

/// A text of at most `characters`, which keeps no room for more.
pub fn shortened(text: String, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

fn escaped(text: &str, hides: impl Fn(char) -> bool) -> Cow<'_, str> {
    written_out(text, hides, |character, out| {
        out.extend(character.escape_unicode());
    })
}

fn written_out(
    text: &str,
    hides: impl Fn(char) -> bool,
    write: impl Fn(char, &mut String),
) -> Cow<'_, str> {
    if !text.contains(&hides) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if hides(character) {
            write(character, &mut out);
        } else {
            out.push(character);
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_the_cursor_or_turns_the_line_is_written_out() {
        let table = [
            ("plain, äöü, 日本", "plain, äöü, 日本"),
            ("\u{1b}[2Jgone", "\\u{1b}[2Jgone"),
            ("title\u{7}", "title\\u{7}"),
            ("a\u{202e}b", "a\\u{202e}b"),
            ("two\nlines", "two\\u{a}lines"),
            ("\u{9b}31m", "\\u{9b}31m"),
        ];
        for (text, shown) in table {
            assert_eq!(on_one_line(text), shown);
        }
        assert_eq!(on_lines("two\n\tlines\r"), "two\n\tlines\\u{d}");
    }

    #[test]
    fn a_long_text_is_shortened_between_two_characters() {
        assert_eq!(shortened("日本語".to_owned(), 3), "日本語");
        assert_eq!(shortened("日本語".to_owned(), 2), "日本…");
    }

    #[test]
    fn a_json_document_says_the_same_after_it() {
        let value = "\u{1b}\u{9b}\u{202e}\n".to_owned();
        let document = serde_json::to_string_pretty(&[&value]).unwrap();
        let shown = in_json(&document);
        assert!(
            shown.contains("\\u202e") && shown.contains("\\u009b"),
            "{shown}"
        );
        assert_eq!(
            serde_json::from_str::<[String; 1]>(&shown).unwrap(),
            [value]
        );
    }
}
