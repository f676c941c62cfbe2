//! Rules about single files.

use super::{Breach, Source};

/// Longer files are told, not refused: they usually hold two concepts.
const LONG_LINES: usize = 400;

/// A source file opens with what it is.
pub(super) fn module_headers(sources: &[Source]) -> Vec<Breach> {
    rust(sources)
        .filter(|source| !source.text.starts_with("//!") && !source.text.starts_with("#!["))
        .map(|source| {
            Breach::of(
                source,
                Some(1),
                "no `//!` header: say what this file is, and what it is not",
            )
        })
        .collect()
}

/// A test that does not run proves nothing.
pub(super) fn ignored_tests(sources: &[Source]) -> Vec<Breach> {
    let attribute = ["#[", "ignore"].concat();
    let mut breaches = Vec::new();
    for source in rust(sources) {
        for (index, line) in source.text.lines().enumerate() {
            if line.trim_start().starts_with(&attribute) {
                let what = "a test is ignored: repair it or take it out";
                breaches.push(Breach::of(source, Some(index + 1), what));
            }
        }
    }
    breaches
}

/// Files to think about.
pub(super) fn long(sources: &[Source]) -> Vec<Breach> {
    rust(sources)
        .filter_map(|source| {
            let lines = source.text.lines().count();
            (lines > LONG_LINES)
                .then(|| Breach::of(source, None, format!("{lines} lines: is it one concept?")))
        })
        .collect()
}

fn rust(sources: &[Source]) -> impl Iterator<Item = &Source> {
    sources.iter().filter(|source| source.path.ends_with(".rs"))
}

#[cfg(test)]
mod tests {
    use super::super::tests::source;
    use super::*;

    #[test]
    fn a_file_without_header_is_named() {
        let good = source("a.rs", "//! What it is.\n");
        let bad = source("b.rs", "fn b() {}\n");
        let other = source("c.txt", "text\n");
        assert_eq!(module_headers(&[good, bad, other])[0].path, "b.rs");
    }

    #[test]
    fn an_ignored_test_is_named_with_its_line() {
        let text = [
            "//! Tests.\n#[test]\n    #[",
            "ignore = \"slow\"]\nfn a() {}\n",
        ]
        .concat();
        let breaches = ignored_tests(&[source("a.rs", &text)]);
        assert_eq!(breaches[0].line, Some(3));
    }

    #[test]
    fn only_files_above_the_limit_are_long() {
        let at = source("a.rs", &"//\n".repeat(LONG_LINES));
        let above = source("b.rs", &"//\n".repeat(LONG_LINES + 1));
        let long = long(&[at, above]);
        assert_eq!(long.len(), 1);
        assert_eq!(long[0].path, "b.rs");
    }
}
