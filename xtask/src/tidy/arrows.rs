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
const CONCERNS: &[&str] = &["intake", "gpo", "bootstrap", "package", "publish", "fleet"];

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

/// Inside the generator: `formats` below the concerns, they below `pipeline`, it below `cli`.
pub(super) fn modules(sources: &[Source]) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for source in sources {
        let Some(rest) = source.path.strip_prefix("generator/src/") else {
            continue;
        };
        let module = rest.split(['/', '.']).next().unwrap_or_default();
        for (index, line) in source.text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            for used in code.split("crate::").skip(1) {
                let used = used
                    .split(|c: char| !c.is_alphanumeric() && c != '_')
                    .next()
                    .unwrap_or_default();
                if !may_use(module, used) {
                    let what = format!("`{module}` may not know `{used}`");
                    breaches.push(Breach::of(source, Some(index + 1), what));
                }
            }
        }
    }
    breaches
}

fn may_use(module: &str, used: &str) -> bool {
    let above_concerns = ["pipeline", "cli"];
    if module == used {
        return true;
    }
    match module {
        "formats" => !CONCERNS.contains(&used) && !above_concerns.contains(&used),
        "pipeline" => used != "cli",
        concern if CONCERNS.contains(&concern) => {
            !CONCERNS.contains(&used) && !above_concerns.contains(&used)
        }
        _ => true,
    }
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
            ("gpo/model.rs", "use crate::gpo::lint;", true),
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
