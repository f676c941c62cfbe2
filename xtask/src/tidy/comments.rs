//! Doc comments that say no more than the name below them.

use super::{Breach, Source};

/// Words that carry nothing by themselves, and the `s` of a genitive.
const EMPTY_WORDS: [&str; 28] = [
    "a", "all", "an", "and", "are", "as", "at", "be", "by", "each", "for", "from", "in", "is",
    "it", "its", "of", "on", "one", "or", "own", "s", "that", "the", "thing", "this", "to", "with",
];

/// Help texts: the comment of an argument is what people read, whatever the argument is called.
const HELP: &str = "generator/src/cli/arguments/";

/// Comments all of whose words are in the name of their item, or empty.
pub(super) fn that_repeat_a_name(sources: &[Source]) -> Vec<Breach> {
    let rust = |source: &&Source| source.path.ends_with(".rs") && !source.path.starts_with(HELP);
    let mut breaches = Vec::new();
    for source in sources.iter().filter(rust) {
        for (line, name, comment) in documented(&source.text) {
            if repeats(comment.as_str(), name) {
                let what = format!(
                    "the comment of `{name}` repeats the name: say the unit, format, source or \
                     reason, or leave it out where nobody else sees the item"
                );
                breaches.push(Breach::of(source, Some(line), what));
            }
        }
    }
    breaches
}

/// Line, name and comment of each item that has one.
fn documented(text: &str) -> Vec<(usize, &str, String)> {
    let mut found = Vec::new();
    let mut comment: Option<(usize, String)> = None;
    let mut in_attribute = false;
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if let Some(words) = line.strip_prefix("///") {
            let (_, text) = comment.get_or_insert_with(|| (index + 1, String::new()));
            text.push_str(words);
            continue;
        }
        if in_attribute || line.starts_with("#[") {
            in_attribute = !line.ends_with(']');
            continue;
        }
        if let Some((line_number, comment)) = comment.take()
            && let Some(name) = name_of(line)
        {
            found.push((line_number, name, comment));
        }
    }
    found
}

/// The name that a line gives to something: an item, a field or a variant.
fn name_of(line: &str) -> Option<&str> {
    const BEFORE: [&str; 14] = [
        "async", "const", "enum", "extern", "fn", "mod", "mut", "pub", "static", "struct", "trait",
        "type", "union", "unsafe",
    ];
    let mut words = line.split_whitespace();
    let word = words.find(|word| !BEFORE.contains(word) && !word.starts_with("pub("))?;
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let end = word.find(|c| !is_part(c)).unwrap_or(word.len());
    word.get(..end).filter(|name| !name.is_empty())
}

fn repeats(comment: &str, name: &str) -> bool {
    let of_name: Vec<String> = parts_of(name).iter().map(|word| stem(word)).collect();
    let mut words = comment
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase);
    words.all(|word| EMPTY_WORDS.contains(&word.as_str()) || of_name.contains(&stem(&word)))
}

/// The words of `snake_case`, `CamelCase` and `UPPER_CASE`, in lower case.
fn parts_of(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut before = '_';
    for c in name.chars() {
        let begins = c == '_' || (c.is_ascii_uppercase() && !before.is_ascii_uppercase());
        if begins {
            parts.push(String::new());
        }
        if c != '_'
            && let Some(last) = parts.last_mut()
        {
            last.push(c.to_ascii_lowercase());
        }
        before = c;
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// A word without the endings of plural and tense, roughly: `writes` and `write` are one.
fn stem(word: &str) -> String {
    let shorter = ["ing", "es", "ed", "s"]
        .iter()
        .find_map(|end| word.strip_suffix(end).filter(|rest| rest.len() > 2));
    let word = shorter.unwrap_or(word);
    word.strip_suffix('e')
        .filter(|rest| rest.len() > 2)
        .unwrap_or(word)
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::tests::source;
    use super::*;

    #[test]
    fn a_comment_says_more_than_the_name() {
        for (text, repeated) in [
            ("/// The path.\npub path: PathBuf,\n", true),
            ("/// Writes a file.\nWriteFile {\n", true),
            (
                "/// One entry.\n#[derive(Debug)]\npub(super) struct Entry<'a> {\n",
                true,
            ),
            (
                "/// Is it signed?\n#[cfg(\n    unix\n)]\nfn is_signed(&self) -> bool {\n",
                true,
            ),
            (
                "/// The section header's\n/// bytes.\nconst SECTION_HEADER_BYTES: u8 = 40;\n",
                true,
            ),
            ("/// The path, below the root.\npub path: PathBuf,\n", false),
            ("/// Its size in bytes.\nsize: u64,\n", false),
            ("// The path.\npub path: PathBuf,\n", false),
            ("/// The path.\n\nother();\n", false),
        ] {
            let found = that_repeat_a_name(&[source("runner/src/a.rs", text)]);
            assert_eq!(!found.is_empty(), repeated, "{text}");
        }
    }

    #[test]
    fn help_texts_may_be_short() {
        let text = "/// The config\npub(super) config: PathBuf,\n";
        let path = "generator/src/cli/arguments/mod.rs";
        assert!(that_repeat_a_name(&[source(path, text)]).is_empty());
    }
}
