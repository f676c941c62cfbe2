//! Which package and which module may know which: the arrows of ARCHITECTURE.md.

use super::{Breach, Source};

/// A package's manifest, and the workspace packages that it may name outside its tests.
const PACKAGES: &[(&str, &[&str])] = &[
    ("contract/Cargo.toml", &[]),
    ("generator/Cargo.toml", &["gangway-contract"]),
    ("runner/Cargo.toml", &["gangway-contract"]),
    ("xtask/Cargo.toml", &[]),
    ("tests/fixtures/Cargo.toml", &[]),
    ("tests/standins/Cargo.toml", &[]),
    ("tests/real-files/Cargo.toml", &[]),
    ("tests/e2e/Cargo.toml", &["gangway-fixtures"]),
];

/// Concerns of the generator: none of them knows another.
const CONCERNS: &[&str] = &[
    "intake",
    "bootstrap",
    "policies",
    "packages",
    "provenance",
    "lint",
    "publication",
    "fleet",
    "selftest",
];

/// Manifests name no other package of the workspace than they may.
pub(super) fn packages(sources: &[Source]) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for source in sources {
        let Some((_, allowed)) = PACKAGES.iter().find(|(path, _)| *path == source.path) else {
            continue;
        };
        let mut in_dependencies = false;
        for (index, line) in source.text.lines().enumerate() {
            if line.starts_with('[') {
                in_dependencies = line.ends_with("dependencies]") && line != "[dev-dependencies]";
            }
            let name = line.split(['=', ' ', '.']).next().unwrap_or_default();
            if in_dependencies && name.starts_with("gangway") && !allowed.contains(&name) {
                let what = format!("depends on `{name}`, expected only {allowed:?}");
                breaches.push(Breach::of(source, Some(index + 1), what));
            }
        }
    }
    breaches
}

/// Inside the generator: `formats` below `gpo`, it below the concerns, they below `pipeline`, it below
/// `cli`.
pub(super) fn modules(sources: &[Source]) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for source in sources {
        let Some(rest) = source.path.strip_prefix("generator/src/") else {
            continue;
        };
        let module = rest.split(['/', '.']).next().unwrap_or_default();
        let code = without_comments(&source.text);
        let ways = ways_to_the_top(rest);
        for way in ways.iter().map(String::as_str).chain(["crate::"]) {
            for (place, used) in named_after(&code, way) {
                if !may_use(module, used) {
                    let line = code[..place].matches('\n').count() + 1;
                    let what = format!("`{module}` may not know `{used}`");
                    breaches.push(Breach::of(source, Some(line), what));
                }
            }
        }
    }
    breaches
}

/// The text with every comment blanked, so that places stay.
fn without_comments(text: &str) -> String {
    let lines = text.split('\n').map(|line| match line.split_once("//") {
        Some((code, _)) => code,
        None => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// How a file can say `crate` by counting upwards: `super::super::` in `a/b.rs`, or in a module
/// inside it one more.
fn ways_to_the_top(file: &str) -> Vec<String> {
    let is_module_file = file.ends_with("/mod.rs");
    let depth = file.split('/').count() - usize::from(is_module_file);
    (depth..depth + 2)
        .map(|count| "super::".repeat(count))
        .collect()
}

/// Names that follow a path, one or a list in braces, with their places.
fn named_after<'a>(code: &'a str, path: &str) -> Vec<(usize, &'a str)> {
    let mut names = Vec::new();
    for (place, _) in code.match_indices(path) {
        let before = &code[..place];
        if before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':') {
            continue;
        }
        let rest = &code[place + path.len()..];
        match rest.strip_prefix('{') {
            Some(list) => names.extend(first_names(list).map(|name| (place, name))),
            None => names.push((place, first_word(rest))),
        }
    }
    names
}

/// First names of the paths in a list up to its closing brace.
fn first_names(list: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0usize;
    let mut end = list.len();
    let mut starts = vec![0];
    for (index, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                end = index;
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => starts.push(index + 1),
            _ => {}
        }
    }
    starts
        .into_iter()
        .filter(move |start| *start < end)
        .map(|start| first_word(list[start..].trim_start()))
        .filter(|name| !name.is_empty() && *name != "self")
}

fn first_word(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_');
    &text[..end.unwrap_or(text.len())]
}

fn may_use(module: &str, used: &str) -> bool {
    let is_above = match module {
        _ if module == used => false,
        "formats" => used == "gpo" || is_concern(used) || is_joint(used),
        "gpo" => is_concern(used) || is_joint(used),
        "pipeline" => used == "cli",
        concern if is_concern(concern) => is_concern(used) || is_joint(used),
        _ => false,
    };
    !is_above
}

fn is_concern(module: &str) -> bool {
    CONCERNS.contains(&module)
}

/// Joins the concerns, or is above that.
fn is_joint(module: &str) -> bool {
    ["pipeline", "cli"].contains(&module)
}

#[cfg(test)]
mod tests {
    use super::super::tests::source;
    use super::*;

    #[test]
    fn generator_and_runner_may_not_know_each_other() {
        let good = "[dependencies]\ngangway-contract = { workspace = true }\n\
                    [dev-dependencies]\ngangway-fixtures = { workspace = true }\n";
        assert!(packages(&[source("generator/Cargo.toml", good)]).is_empty());
        let bad = "[dependencies]\ngangway-runner.workspace = true\n";
        assert_eq!(packages(&[source("generator/Cargo.toml", bad)]).len(), 1);
    }

    #[test]
    fn modules_know_only_what_is_below_them() {
        for (file, line, allowed) in [
            ("gpo/model.rs", "use crate::formats::xml;", true),
            ("gpo/model.rs", "use crate::lint;", false),
            ("lint/items.rs", "use crate::gpo::found;", true),
            ("lint/items.rs", "use crate::policies::deploy;", false),
            (
                "policies/a.rs",
                "use crate::{\n    gpo::{self, x},\n    lint::y,\n};",
                false,
            ),
            ("policies/a.rs", "use crate::{gpo::{self, lint}};", true),
            ("lint/a.rs", "use super::super::policies;", false),
            ("lint/mod.rs", "use super::policies;", false),
            ("lint/a.rs", "use super::policies;", true),
            ("lint/a/b.rs", "use super::super::policies;", true),
            (
                "lint/a.rs",
                "mod tests { use super::super::super::cli; }",
                false,
            ),
            ("lint/a.rs", "use super::super::{gpo, fleet::x};", false),
            ("gpo/model.rs", "use crate::intake::Inspection;", false),
            ("gpo.rs", "use crate::pipeline::build;", false),
            ("formats/pe.rs", "use crate::gpo;", false),
            ("formats/pe.rs", "// not crate::gpo", true),
            ("pipeline/build.rs", "use crate::{intake};", true),
            ("pipeline/build.rs", "use crate::cli::run;", false),
            ("cli.rs", "use crate::pipeline::build;", true),
        ] {
            let path = format!("generator/src/{file}");
            let breaches = modules(&[source(&path, line)]);
            assert_eq!(breaches.is_empty(), allowed, "{file}: {line}");
        }
    }
}
