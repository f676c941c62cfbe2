//! Problem codes that nothing reports: people would look for what `explain` promises.

use super::{Breach, Source};

/// Codes of a concern that stand in no other file of the generator, and in their own only where they
/// are declared and listed.
pub(super) fn unreported(sources: &[Source]) -> Vec<Breach> {
    let of_generator = |source: &&Source| {
        source.path.starts_with("generator/src/") && source.path.ends_with(".rs")
    };
    let generator: Vec<&Source> = sources.iter().filter(of_generator).collect();
    let mut breaches = Vec::new();
    for declaring in &generator {
        if !declaring.path.ends_with("/codes.rs") {
            continue;
        }
        for (line, name) in declared(&declaring.text) {
            let listed = format!("&{name},");
            let own = declaring.text.lines().enumerate();
            let own = own.filter(|(index, text)| index + 1 != line && text.trim() != listed);
            let mut texts = own.map(|(_, text)| text);
            let others = generator
                .iter()
                .filter(|source| source.path != declaring.path);
            let is_reported = texts.any(|text| names(text, name))
                || others.into_iter().any(|source| names(&source.text, name));
            if !is_reported {
                let what = format!("`{name}` is reported nowhere: report it, or take it away");
                breaches.push(Breach::of(declaring, Some(line), what));
            }
        }
    }
    breaches
}

/// Line and name of each declaration: `NAME = "GW…`, `NAME "GW…` or `pub static NAME: Code`.
fn declared(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        let line = line.strip_prefix("pub static ").unwrap_or(line);
        let end = line.find(|c: char| !is_part(c)).unwrap_or(line.len());
        let (name, rest) = line.split_at(end);
        let rest = rest.trim_start_matches([' ', '=']);
        let is_constant = name.len() > 1 && !name.contains(|c: char| c.is_ascii_lowercase());
        if is_constant && (rest.starts_with("\"GW") || rest.starts_with(": Code")) {
            found.push((index + 1, name));
        }
    }
    found
}

/// Whether the name stands there as a word of its own.
fn names(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let before = text.get(..at).and_then(|text| text.chars().next_back());
        let after = text
            .get(at + name.len()..)
            .and_then(|text| text.chars().next());
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

fn is_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::super::tests::source;
    use super::*;

    #[test]
    fn a_code_is_reported_somewhere() {
        const DECLARED: &str = "    EMPTY = \"GW1002\", Error, \"a file is empty\",\n";
        const BY_HAND: &str =
            "pub static EMPTY: Code = Code {\n};\npub static ALL: &[&Code] = &[\n    &EMPTY,\n];\n";
        for (declared, other, is_told) in [
            (DECLARED, "codes::EMPTY", false),
            (DECLARED, "codes::EMPTY_TOO", true),
            (DECLARED, "", true),
            (BY_HAND, "", true),
            (BY_HAND, "&codes::EMPTY,", false),
        ] {
            let sources = [
                source("generator/src/intake/codes.rs", declared),
                source("generator/src/intake/walk.rs", other),
            ];
            assert_eq!(
                !unreported(&sources).is_empty(),
                is_told,
                "{declared}{other}"
            );
        }
    }

    #[test]
    fn a_code_may_be_reported_beside_its_declaration() {
        let text = "    EMPTY \"GW5001\" \"empty\"\n    fn of() -> &Code {\n    &EMPTY\n}\n";
        let sources = [source("generator/src/packages/codes.rs", text)];
        assert_eq!(unreported(&sources), []);
    }
}
