//! How long a function may be. The sources are formatted, so its closing brace stands as deep as the
//! line with its name.

use super::{Breach, Source};

/// Lines of a body, without blank ones and comments.
const MOST_LINES: usize = 60;

/// Functions that are read in one go all the same: file, name, and why. One that is short enough now,
/// or gone, is told too.
const LONGER: &[(&str, &str, &str)] = &[
    (
        "generator/src/fleet/read.rs",
        "read",
        "fills the fields of one fleet, most of them a call",
    ),
    (
        "runner/src/commands.rs",
        "work",
        "one arm for each action, so that the compiler names the one that is left out",
    ),
    (
        "runner/src/windows/environment.rs",
        "variables",
        "a table of names and values",
    ),
    (
        "runner/src/windows/http_client.rs",
        "try_exchange",
        "one chain of handles, each of which lives until the answer is read",
    ),
];

/// Functions that are too long, outside of tests, and exceptions that are none any more.
pub(super) fn long(sources: &[Source]) -> Vec<Breach> {
    let mut breaches = Vec::new();
    let mut excused = Vec::new();
    for source in sources.iter().filter(|source| is_product(&source.path)) {
        for (line, name, lines) in functions(&source.text) {
            if lines <= MOST_LINES {
                continue;
            }
            let known = LONGER
                .iter()
                .position(|(path, known, _)| *path == source.path && *known == name);
            match known {
                Some(index) => excused.push(index),
                None => {
                    let what = format!(
                        "`{name}` has {lines} lines of code, at most {MOST_LINES} are read in one go: \
                         split it by what its parts mean"
                    );
                    breaches.push(Breach::of(source, Some(line), what));
                }
            }
        }
    }
    let of_this_file = sources
        .iter()
        .find(|source| source.path.ends_with("tidy/functions.rs"));
    if let Some(here) = of_this_file {
        for (index, (path, name, _)) in LONGER.iter().enumerate() {
            if !excused.contains(&index) {
                let what =
                    format!("`{name}` of `{path}` is no longer too long: take it off the list");
                breaches.push(Breach::of(here, None, what));
            }
        }
    }
    breaches
}

fn is_product(path: &str) -> bool {
    let is_test = path
        .split('/')
        .any(|part| part == "tests" || part == "fuzz");
    path.ends_with(".rs") && !is_test && !path.ends_with("tests.rs")
}

/// Line, name and lines of code of every function before the tests of the file.
fn functions(text: &str) -> Vec<(usize, String, usize)> {
    let before_tests = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let lines: Vec<&str> = before_tests.lines().collect();
    let mut found = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let Some(name) = function_name(line) else {
            continue;
        };
        let margin = line.len() - line.trim_start().len();
        let end = format!("{}}}", " ".repeat(margin));
        let rest = lines.get(index..).unwrap_or_default().iter();
        // The head may take several lines; one that ends with `;` or `}` has no body of its own.
        let mut body = rest.skip_while(|line| !line.ends_with(['{', ';', '}']));
        if !body.next().is_some_and(|line| line.ends_with('{')) {
            continue;
        }
        let body = body.take_while(|line| **line != end);
        let is_code =
            |line: &&&str| !line.trim().is_empty() && !line.trim_start().starts_with("//");
        found.push((index + 1, name.to_owned(), body.filter(is_code).count()));
    }
    found
}

/// The name that the line declares, if it declares a function.
fn function_name(line: &str) -> Option<&str> {
    let (before, after) = line.split_once("fn ")?;
    let is_word = |word: &str| {
        matches!(word, "pub" | "const" | "unsafe" | "async" | "extern")
            || word.starts_with("pub(")
            || word.starts_with('"')
            || word.ends_with(')')
    };
    let end = after.find(['(', '<'])?;
    let name = after.get(..end)?;
    let is_name = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    (before.split_whitespace().all(is_word) && is_name).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::super::tests::source;
    use super::*;

    fn function(name: &str, lines: usize) -> String {
        let body = "        work();\n\n        // why\n".repeat(lines);
        format!(
            "impl A {{\n    pub(super) fn {name}(\n        given: u8,\n    ) -> u8 {{\n{body}    }}\n}}\n"
        )
    }

    #[test]
    fn only_code_counts() {
        let text = [function("short", 60), function("long", 61)].concat();
        let found: Vec<(String, usize)> = functions(&text)
            .into_iter()
            .map(|(_, name, lines)| (name, lines))
            .collect();
        assert_eq!(found, [("short".to_owned(), 60), ("long".to_owned(), 61)]);
    }

    #[test]
    fn a_long_function_is_named_unless_it_is_one_of_a_test() {
        let long_one = function("long", 61);
        let in_tests = format!("#[cfg(test)]\nmod tests {{\n{long_one}}}\n");
        for (path, text, refused) in [
            ("runner/src/a.rs", long_one.as_str(), true),
            (
                "runner/src/a.rs",
                "trait A {\n    fn a(&self);\n    fn b(&self) {}\n}\n",
                false,
            ),
            ("runner/src/a.rs", &in_tests, false),
            ("runner/tests/a.rs", &long_one, false),
            ("runner/src/a/tests.rs", &long_one, false),
        ] {
            assert_eq!(
                !long(&[source(path, text)]).is_empty(),
                refused,
                "{path}: {text}"
            );
        }
    }

    #[test]
    fn an_exception_that_is_none_any_more_is_told() {
        let here = source("xtask/src/tidy/functions.rs", "");
        assert_eq!(long(&[here]).len(), LONGER.len());
    }
}
