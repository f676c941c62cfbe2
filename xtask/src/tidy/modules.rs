//! Every source file belongs to some crate: a file that no `mod` names is not compiled, and
//! nobody would notice.

use std::collections::BTreeSet;

use super::{Breach, Source};

/// Source files that no crate root reaches.
pub(super) fn unreachable(sources: &[Source]) -> Vec<Breach> {
    let files: BTreeSet<&str> = sources
        .iter()
        .map(|source| source.path.as_str())
        .filter(|path| path.ends_with(".rs"))
        .collect();
    let mut reached: BTreeSet<String> = BTreeSet::new();
    let mut open: Vec<String> = files
        .iter()
        .filter(|path| is_crate_root(path))
        .map(|path| (*path).to_owned())
        .collect();
    while let Some(path) = open.pop() {
        if !reached.insert(path.clone()) {
            continue;
        }
        let Some(source) = sources.iter().find(|source| source.path == path) else {
            continue;
        };
        for named in named_files(source) {
            if files.contains(named.as_str()) {
                open.push(named);
            }
        }
    }
    sources
        .iter()
        .filter(|source| files.contains(source.path.as_str()) && !reached.contains(&source.path))
        .map(|source| {
            Breach::of(
                source,
                None,
                "no `mod` line reaches it, so it is not compiled",
            )
        })
        .collect()
}

/// A file that cargo finds by its place.
fn is_crate_root(path: &str) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let parent = folder.rsplit('/').next().unwrap_or_default();
    let grandparent = folder.rsplit('/').nth(1);
    match name {
        "build.rs" if parent != "src" => true,
        "lib.rs" if parent == "src" => true,
        // `src/main.rs`, `src/bin/NAME/main.rs`, `tests/NAME/main.rs`
        "main.rs" => {
            parent == "src" || matches!(grandparent, Some("bin" | "tests" | "benches" | "examples"))
        }
        _ => {
            matches!(parent, "tests" | "benches" | "examples" | "fuzz_targets")
                && grandparent != Some("src")
                && !folder.contains("/src/")
                || parent == "bin" && grandparent == Some("src")
        }
    }
}

/// Files that the `mod`, `include!` and `include_str!` lines of a file may mean.
fn named_files(source: &Source) -> Vec<String> {
    let (folder, name) = source.path.rsplit_once('/').unwrap_or(("", &source.path));
    let own = if is_crate_root(&source.path) || name == "mod.rs" {
        folder.to_owned()
    } else {
        format!("{folder}/{}", name.trim_end_matches(".rs"))
    };
    let mut named = Vec::new();
    let mut path_attribute = None;
    for line in source.text.lines().map(str::trim) {
        if let Some(rest) = line.strip_prefix("#[path = \"") {
            path_attribute = rest.split('"').next();
        } else if let Some(module) = module_name(line) {
            match path_attribute.take() {
                Some(path) => named.push(joined(folder, path)),
                None => {
                    named.push(format!("{own}/{module}.rs"));
                    named.push(format!("{own}/{module}/mod.rs"));
                }
            }
        } else if let Some((_, rest)) = line.split_once("include!(\"") {
            named.extend(rest.split('"').next().map(|path| joined(folder, path)));
        }
    }
    named
}

/// The name in `mod name;`, whatever its visibility.
fn module_name(line: &str) -> Option<&str> {
    let line = line.strip_suffix(';')?;
    let (before, name) = line.rsplit_once(' ').unwrap_or(("", line));
    let before = before.trim_end();
    (before == "mod" || before.ends_with(" mod") && before.starts_with("pub")).then_some(name)
}

/// A path from a folder, without `..`.
fn joined(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').collect();
    for part in path.split('/') {
        match part {
            "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::super::tests::source;
    use super::*;

    fn unreached(sources: &[Source]) -> Vec<String> {
        let breaches = unreachable(sources);
        breaches.into_iter().map(|breach| breach.path).collect()
    }

    #[test]
    fn files_are_reached_through_every_kind_of_mod_line() {
        let sources = [
            source("a/src/lib.rs", "mod one;\npub(crate) mod two;\n"),
            source("a/src/one.rs", "#[cfg(test)]\nmod tests;\n"),
            source("a/src/one/tests.rs", ""),
            source("a/src/two/mod.rs", "mod deep;\n"),
            source("a/src/two/deep.rs", ""),
            source(
                "a/src/bin/tool.rs",
                "#[path = \"../shared.rs\"]\nmod shared;\n",
            ),
            source("a/src/shared.rs", ""),
            source("a/tests/suite.rs", "mod common;\n"),
            source("a/tests/common/mod.rs", ""),
            source("a/build.rs", ""),
        ];
        assert!(unreached(&sources).is_empty(), "{:?}", unreached(&sources));
    }

    #[test]
    fn a_file_that_nothing_names_is_found() {
        let sources = [
            source("a/src/lib.rs", "// mod lost;\nmod kept;\n"),
            source("a/src/kept.rs", ""),
            source("a/src/lost.rs", ""),
            source("a/src/tests/lost.rs", ""),
        ];
        assert_eq!(
            unreached(&sources),
            ["a/src/lost.rs", "a/src/tests/lost.rs"]
        );
    }
}
