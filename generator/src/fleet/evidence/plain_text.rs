//! Texts of a result that hold HTML, as text on one line.

use crate::printable::short_line;

/// Characters that are kept of each text.
const MAX_TEXT: usize = 300;

/// Characters of each text that are looked at: what is kept of it stands near its beginning.
const MAX_READ: usize = 16 << 10;

/// Tags left out, the entities that the analyzer writes resolved, blanks made one.
pub(super) fn plain_text(html: &str) -> String {
    let mut text = String::new();
    let end = html.char_indices().nth(MAX_READ);
    let mut rest = end.map_or(html, |(end, _)| &html[..end]);
    while let Some((before, tag)) = rest.split_once('<') {
        text.push_str(before);
        // A tag parts words, as `<br/>` does.
        text.push(' ');
        rest = match tag.split_once('>') {
            Some((_, after)) => after,
            // No tag, but a sign; and nothing behind it is one.
            None => {
                text.push('<');
                text.push_str(tag);
                ""
            }
        };
    }
    text.push_str(rest);
    for (entity, character) in [
        ("&nbsp;", " "),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ] {
        if text.contains(entity) {
            text = text.replace(entity, character);
        }
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    short_line(&words.join(" "), MAX_TEXT)
}

#[cfg(test)]
mod tests {
    use super::plain_text;

    #[test]
    fn html_becomes_a_line_of_text() {
        for (html, text) in [
            ("Running", "Running"),
            (
                "Not&nbsp;onboarded.<br/>See <a href=\"https://aka.ms/x\">this\npage</a>.",
                "Not onboarded. See this page .",
            ),
            ("1 < 2 &amp;amp; more", "1 < 2 &amp; more"),
            ("\u{1b}[2J<", "\\u{1b}[2J <"),
            ("", ""),
        ] {
            assert_eq!(plain_text(html), text);
        }
        assert!(plain_text(&"x".repeat(5_000)).chars().count() <= 310);
        // Hours, were each of them looked at to the end.
        for many in ["<", "a ", "日"] {
            assert!(plain_text(&many.repeat(20_000_000)).chars().count() <= 310);
        }
    }
}
