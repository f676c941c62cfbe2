//! Whatever a manifest depends on is named by the sources of its package.

use super::{Breach, Source};

/// A dependency as a manifest lists it.
struct Dependency<'a> {
    name: &'a str,
    /// One-based.
    line: usize,
    /// Only tests may name it.
    of_tests: bool,
}

/// No dependency that nothing names, none of the program that only tests name, and none of the
/// workspace that no package takes.
pub(super) fn unused(sources: &[Source]) -> Vec<Breach> {
    let manifests: Vec<&Source> = sources
        .iter()
        .filter(|source| source.path.ends_with("Cargo.toml"))
        .collect();
    let mut breaches = Vec::new();
    for manifest in &manifests {
        let folder = manifest.path.trim_end_matches("Cargo.toml");
        for dependency in dependencies(&manifest.text) {
            let is_named = if folder.is_empty() {
                manifests
                    .iter()
                    .any(|other| other.path != manifest.path && takes(other, dependency.name))
            } else {
                is_named(sources, folder, &dependency)
            };
            if !is_named {
                let who = match (folder.is_empty(), dependency.of_tests) {
                    (true, _) => "no package takes it",
                    (false, true) => "nothing names it",
                    (false, false) => "nothing names it outside tests",
                };
                let what = format!("depends on `{}`, and {who}", dependency.name);
                breaches.push(Breach::of(manifest, Some(dependency.line), what));
            }
        }
    }
    breaches
}

/// The dependencies of a manifest, but those for no system at all, which bring files to read.
fn dependencies(manifest: &str) -> Vec<Dependency<'_>> {
    let mut found = Vec::new();
    let mut table = "";
    for (index, line) in manifest.lines().enumerate() {
        if line.starts_with('[') {
            table = line;
        }
        let is_meant = table.ends_with("dependencies]") && !table.contains("cfg(any())");
        let name = line.split([' ', '=']).next().unwrap_or_default();
        if is_meant && name.starts_with(|first: char| first.is_ascii_alphanumeric()) {
            found.push(Dependency {
                name,
                line: index + 1,
                of_tests: table.contains("dev-dependencies"),
            });
        }
    }
    found
}

/// Does a package's manifest list it, for no system too?
fn takes(manifest: &Source, name: &str) -> bool {
    let mut lines = manifest.text.lines();
    lines.any(|line| line.split([' ', '=']).next() == Some(name))
}

fn is_named(sources: &[Source], folder: &str, dependency: &Dependency<'_>) -> bool {
    let path = format!("{}::", dependency.name.replace('-', "_"));
    sources
        .iter()
        .filter(|source| source.path.starts_with(folder) && source.path.ends_with(".rs"))
        // A workspace of its own below the package.
        .filter(|source| !source.path[folder.len()..].starts_with("fuzz/"))
        .any(|source| {
            let is_of_tests =
                source.path[folder.len()..].contains("tests/") || source.path.ends_with("tests.rs");
            if is_of_tests && !dependency.of_tests {
                return false;
            }
            let text = if dependency.of_tests {
                source.text.as_str()
            } else {
                let code = source.text.split("#[cfg(test)]\nmod tests {").next();
                code.unwrap_or_default()
            };
            names(text, &path)
        })
}

/// Is `path` (`name::`) the beginning of a path somewhere?
fn names(text: &str, path: &str) -> bool {
    text.match_indices(path).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':')
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::source;
    use super::*;

    #[test]
    fn a_dependency_is_named_by_its_package() {
        let manifest = "[dependencies]\nserde-json = { workspace = true }\n";
        let of_tests = "[dev-dependencies]\nserde-json = { workspace = true }\n";
        let in_tests = "#[cfg(test)]\nmod tests {\n    use serde_json::Value;\n}";
        for (manifest, path, text, is_used) in [
            (manifest, "a/src/lib.rs", "use serde_json::Value;", true),
            (manifest, "a/src/lib.rs", "fn f(v: &serde_json::V) {}", true),
            (manifest, "a/src/lib.rs", "use other::serde_json::V;", false),
            (manifest, "a/src/lib.rs", "use my_serde_json::V;", false),
            (manifest, "a/src/lib.rs", in_tests, false),
            (manifest, "a/tests/all.rs", "use serde_json::Value;", false),
            (manifest, "b/src/lib.rs", "use serde_json::Value;", false),
            (of_tests, "a/src/lib.rs", in_tests, true),
            (of_tests, "a/tests/all.rs", "use serde_json::Value;", true),
            (of_tests, "a/fuzz/all.rs", "use serde_json::Value;", false),
        ] {
            let sources = [source("a/Cargo.toml", manifest), source(path, text)];
            assert_eq!(unused(&sources).is_empty(), is_used, "{path}: {text}");
        }
    }

    #[test]
    fn a_dependency_of_the_workspace_is_taken_by_a_package() {
        let root = source(
            "Cargo.toml",
            "[workspace.dependencies]\na = \"1\"\nb = \"1\"\n",
        );
        let never_built = "[target.'cfg(any())'.dev-dependencies]\nb = { workspace = true }\n";
        let package = source("x/Cargo.toml", never_built);
        let breaches = unused(&[root, package]);
        assert_eq!(breaches.len(), 1);
        assert_eq!(breaches[0].line, Some(2));
    }
}
