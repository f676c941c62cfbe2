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

/// Where the generator may open files besides `plain_file.rs`, and what they are.
const OPENED_ELSEWHERE: &[(&str, &str)] = &[
    ("disk/whole_file.rs", "a folder, to flush it"),
    ("intake/content.rs", "a spool of its own"),
    ("interrupted.rs", "the kernel's words on this process"),
    ("pipeline/output/mod.rs", "a copy of its own, for its mode"),
];

/// Whatever others may have put there is opened by the one bounded way.
pub(super) fn unbounded_reads(sources: &[Source]) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for source in rust(sources) {
        let Some(path) = source.path.strip_prefix("generator/src/") else {
            continue;
        };
        let is_test = path.contains("tests/") || path.ends_with("tests.rs");
        let may = path == "plain_file.rs" || OPENED_ELSEWHERE.iter().any(|(file, _)| *file == path);
        if is_test || may || is_module_of_tests(sources, &source.path) {
            continue;
        }
        let code = source.text.split("#[cfg(test)]\nmod tests {").next();
        for (index, line) in code.unwrap_or_default().lines().enumerate() {
            let is_read = ["fs::read(", "fs::read_to_string(", " File::open("]
                .iter()
                .any(|call| line.contains(call));
            if is_read {
                let what = "reads a file without a bound: go by `plain_file`";
                breaches.push(Breach::of(source, Some(index + 1), what));
            }
        }
    }
    breaches
}

/// Does the file above declare it for tests only?
fn is_module_of_tests(sources: &[Source], path: &str) -> bool {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    let declared = format!("#[cfg(test)]\nmod {};", file.trim_end_matches(".rs"));
    let above = [format!("{folder}/mod.rs"), format!("{folder}/lib.rs")];
    rust(sources).any(|source| above.contains(&source.path) && source.text.contains(&declared))
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
    fn files_are_read_by_one_way() {
        let read = "fn a() { std::fs::read(path); }\n";
        let in_tests = "#[cfg(test)]\nmod tests {\n    std::fs::read(path);\n}\n";
        for (path, text, allowed) in [
            ("generator/src/a.rs", read, false),
            ("generator/src/a.rs", "let x = File::open(path);", false),
            ("generator/src/a.rs", "CompoundFile::open(source)", true),
            ("generator/src/a.rs", in_tests, true),
            ("generator/src/a/tests.rs", read, true),
            ("generator/src/cut.rs", read, true),
            ("generator/src/plain_file.rs", read, true),
            ("xtask/src/a.rs", read, true),
        ] {
            let above = source("generator/src/lib.rs", "#[cfg(test)]\nmod cut;\n");
            let breaches = unbounded_reads(&[above, source(path, text)]);
            assert_eq!(breaches.is_empty(), allowed, "{path}: {text}");
        }
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
