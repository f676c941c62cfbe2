//! The words of the answers that `gangway explain` knows from their schemas: kinds, verdicts, faults
//! and whatever else is one of a few texts. Their meaning is the description that the schema has.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::schemas;
use crate::pipeline::explain::{self, Page};

/// A page for each word of an answer that has none of its own.
pub(super) fn pages() -> Vec<Page> {
    let own: Vec<Page> = explain::words();
    let mut told = BTreeSet::new();
    let mut pages = Vec::new();
    for entry in schemas::all() {
        let schema = schemas::described(entry.make);
        let sets = schema.get("$defs").and_then(Value::as_object);
        for (_, set) in sets.into_iter().flatten() {
            for (word, meaning) in words(set) {
                let is_own = |page: &Page| page.name == word && page.about.contains(&meaning);
                if own.iter().any(is_own) || !told.insert((word.clone(), meaning.clone())) {
                    continue;
                }
                pages.push(page(word, set, &meaning, &entry.name));
            }
        }
    }
    pages
}

fn page(name: String, set: &Value, meaning: &str, answer: &str) -> Page {
    let of = description(set.as_object()).unwrap_or_default();
    Page {
        name,
        kind: format!("word of the schema `{answer}`"),
        about: format!("{of} {meaning}").trim().to_owned(),
        next: format!(
            "`gangway schema {answer}` shows where it stands; docs/answers.md has the answers"
        ),
    }
}

/// The words of a set with their meanings: the alternatives that are one text, or that a text tells
/// apart.
fn words(set: &Value) -> Vec<(String, String)> {
    let alternatives = set.get("oneOf").and_then(Value::as_array);
    let described = alternatives.into_iter().flatten().filter_map(|one| {
        let one = one.as_object()?;
        Some((word(one)?.to_owned(), description(Some(one))?))
    });
    described.collect()
}

fn word(alternative: &Map<String, Value>) -> Option<&str> {
    if let Some(Value::String(word)) = alternative.get("const") {
        return Some(word);
    }
    let fields = alternative.get("properties")?.as_object()?;
    fields
        .values()
        .find_map(|field| field.get("const")?.as_str())
}

fn description(schema: Option<&Map<String, Value>>) -> Option<String> {
    let text = schema?.get("description")?.as_str()?;
    Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every text that a schema names, with where it stands.
    fn texts(schema: &Value, found: &mut BTreeSet<String>) {
        match schema {
            Value::Object(fields) => {
                for (key, value) in fields {
                    // The name of an answer and of its command say what they are.
                    if matches!(key.as_str(), "schema" | "command") {
                        continue;
                    }
                    if let ("const", Value::String(text)) = (key.as_str(), value) {
                        found.insert(text.clone());
                    }
                    if let ("enum", Value::Array(list)) = (key.as_str(), value) {
                        found.extend(list.iter().filter_map(Value::as_str).map(str::to_owned));
                    }
                    texts(value, found);
                }
            }
            Value::Array(list) => list.iter().for_each(|value| texts(value, found)),
            _ => {}
        }
    }

    #[test]
    fn every_word_of_every_answer_has_a_page() {
        let mut found = BTreeSet::new();
        for entry in schemas::all() {
            texts((entry.make)().as_value(), &mut found);
        }
        assert!(found.len() > 150, "{}", found.len());
        let pages = pages();
        let unknown: Vec<&String> = found
            .iter()
            .filter(|word| explain::look_up(word, || pages.clone()).is_err())
            .collect();
        assert_eq!(unknown, Vec::<&String>::new());
    }

    #[test]
    fn every_page_says_what_the_word_means() {
        for page in pages() {
            assert!(page.about.len() > 10, "{page:?}");
            assert!(!page.about.contains("[`"), "{page:?}");
        }
    }
}
