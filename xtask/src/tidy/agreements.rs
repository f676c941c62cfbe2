//! What generator and bootstrap agree on stands once: no other source writes it out again.

use super::{Breach, Source};

/// Files of `contract` whose texts are agreements.
const AGREEMENTS: &[&str] = &[
    "contract/src/program_name.rs",
    "contract/src/registry.rs",
    "contract/src/update.rs",
];

/// Where else they could be written out. Tests spell out what they expect.
const READERS: &[&str] = &["contract/src/", "generator/src/", "runner/src/"];

/// Shorter texts are words of their own.
const MIN_LENGTH: usize = 8;

/// No literal of the agreements is a literal elsewhere.
pub(super) fn repeated(sources: &[Source]) -> Vec<Breach> {
    let agreed: Vec<(&str, String)> = sources
        .iter()
        .filter(|source| AGREEMENTS.contains(&source.path.as_str()))
        .flat_map(|source| {
            literals(&source.text)
                .filter(|(_, text)| text.len() >= MIN_LENGTH && !text.contains('{'))
                .map(|(_, text)| (source.path.as_str(), text.to_lowercase()))
        })
        .collect();
    let mut breaches = Vec::new();
    for source in sources {
        if !READERS.iter().any(|root| source.path.starts_with(root))
            || AGREEMENTS.contains(&source.path.as_str())
            || is_test(&source.path)
        {
            continue;
        }
        let code = source.text.split("#[cfg(test)]\nmod tests {").next();
        for (line, text) in literals(code.unwrap_or_default()) {
            let text = text.to_lowercase();
            if let Some((path, _)) = agreed.iter().find(|(_, agreed)| *agreed == text) {
                let what = format!("`{text}` stands in `{path}` already: name it from there");
                breaches.push(Breach::of(source, Some(line), what));
            }
        }
    }
    breaches
}

fn is_test(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.contains("/tests/")
}

/// Literals of one line without escapes, with their lines (one-based); comments left out.
fn literals(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().flat_map(|(index, line)| {
        let code = line.split("//").next().unwrap_or_default();
        code.split('"')
            .skip(1)
            .step_by(2)
            .map(move |text| (index + 1, text))
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::source;
    use super::*;

    #[test]
    fn an_agreement_is_written_out_in_one_place() {
        let agreement = r#"pub const PASSIVE: &str = "ForcePassive"; const SHORT: &str = "Group";"#;
        for (path, text, allowed) in [
            ("runner/src/probe.rs", r#"read("ForcePassive")"#, false),
            ("generator/src/a.rs", r#"read(r"forcepassive")"#, false),
            ("generator/src/a.rs", r#"read("Group")"#, true),
            ("generator/src/a.rs", r#"// "ForcePassive""#, true),
            ("generator/src/a.rs", r#""the value `ForcePassive`""#, true),
            ("generator/src/a/tests.rs", r#"read("ForcePassive")"#, true),
            ("runner/tests/a.rs", r#"read("ForcePassive")"#, true),
        ] {
            let sources = [
                source("contract/src/registry.rs", agreement),
                source(path, text),
            ];
            assert_eq!(repeated(&sources).is_empty(), allowed, "{path}: {text}");
        }
    }
}
