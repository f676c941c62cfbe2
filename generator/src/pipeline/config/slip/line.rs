//! One line of a config that is not TOML, as a person means it.

/// A line taken apart as far as it can be.
pub(super) struct Line<'a> {
    /// From 1.
    pub(super) number: usize,
    /// Without the white space around it.
    pub(super) text: &'a str,
    /// The section that it stands in, such as `gpo.domain`; empty above the first.
    pub(super) section: &'a str,
}

impl<'a> Line<'a> {
    /// The line of a position.
    pub(super) fn at(text: &'a str, position: usize) -> Self {
        let mut end = position.min(text.len());
        // The place of a missing end is behind the last line that has text.
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let before = text.get(..end).unwrap_or_default();
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        let rest = text.get(start..).unwrap_or_default();
        let above = text.get(..start).unwrap_or_default();
        Self {
            number: above.matches('\n').count() + 1,
            text: rest.lines().next().unwrap_or_default().trim(),
            section: above.lines().rev().find_map(header).unwrap_or_default(),
        }
    }

    /// Key and value, where it has a `=` behind something like a key.
    pub(super) fn entry(&self) -> Option<(&'a str, &'a str)> {
        let (key, value) = self.text.split_once('=')?;
        let key = key.trim();
        is_key(key).then(|| (key, value.trim()))
    }

    /// A key without `=`, alone in the line or before a `:`.
    pub(super) fn bare_key(&self) -> Option<&'a str> {
        let text = without_comment(self.text);
        let key = text.split_once(':').map_or(text, |(key, _)| key).trim();
        (self.entry().is_none() && is_key(key)).then_some(key)
    }

    /// The key with its section.
    pub(super) fn name(&self, key: &str) -> String {
        if self.section.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.section)
        }
    }
}

/// The name in the header of a table, however many brackets there are.
pub(super) fn header(line: &str) -> Option<&str> {
    let name = line.trim().strip_prefix('[')?.trim_start_matches('[');
    let name = name.split([']', '#']).next().unwrap_or_default().trim();
    is_key(name).then_some(name)
}

/// A bare key, or several with dots between them.
pub(super) fn is_key(text: &str) -> bool {
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    !text.is_empty() && text.chars().all(bare)
}

/// A value without the comment behind it. What stands in quotes is no comment.
pub(super) fn without_comment(value: &str) -> &str {
    let mut quote = None;
    for (at, character) in value.char_indices() {
        match (quote, character) {
            (None, '#') => return value.get(..at).unwrap_or_default().trim_end(),
            (None, '"' | '\'') => quote = Some(character),
            (Some(open), close) if open == close => quote = None,
            _ => {}
        }
    }
    value
}
