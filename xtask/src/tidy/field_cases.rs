//! The table of cases names the test that holds each: one that is gone would hold nothing.

use super::{Breach, Source};

const TABLE: &str = "docs/field-cases.md";

/// Tests that the table names and no source has.
pub(super) fn lost_tests(sources: &[Source]) -> Vec<Breach> {
    let Some(table) = sources.iter().find(|source| source.path == TABLE) else {
        return Vec::new();
    };
    let mut breaches = Vec::new();
    for (index, line) in table.text.lines().enumerate() {
        for name in line
            .split('`')
            .skip(1)
            .step_by(2)
            .filter(|name| is_test(name))
        {
            let declared = format!("fn {name}(");
            let mut programs = sources.iter().filter(|source| source.path.ends_with(".rs"));
            if !programs.any(|source| source.text.contains(&declared)) {
                let what = format!("there is no test `{name}`: name the one that holds the case");
                breaches.push(Breach::of(table, Some(index + 1), what));
            }
        }
    }
    breaches
}

/// Tests are sentences: three words and more.
fn is_test(name: &str) -> bool {
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    name.chars().all(is_word) && name.matches('_').count() >= 2
}

#[cfg(test)]
mod tests {
    use super::super::tests::source;
    use super::*;

    #[test]
    fn a_test_that_is_named_has_to_be_there() {
        let table = source(
            TABLE,
            "\n| case | `it_is_told` and `onboarded_unhealthy`, `a.rs` |\n",
        );
        let held = source("generator/src/a.rs", "fn it_is_told() {}");
        assert_eq!(lost_tests(&[table.clone(), held]), []);
        let lost = lost_tests(&[table]);
        assert_eq!(lost.len(), 1);
        assert_eq!(lost[0].line, Some(2));
    }
}
