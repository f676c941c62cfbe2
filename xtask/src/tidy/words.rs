//! Texts that may stand in no file of the checkout.

use super::{Breach, Source};

/// Where every crate comes from; a mirror's address in the lock file would bind everybody
/// to that mirror.
const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Folders of one machine, in pieces so that this file does not hold them.
const MACHINE_FOLDERS: &[&[&str]] = &[
    &["/wo", "rk/"],
    &["/ro", "ot/"],
    &["/ho", "me/"],
    &["/Us", "ers/"],
    &["/tmp/", "bash"],
];

/// Names that are nobody's: for examples and tests about such folders.
const NOBODY: &[&str] = &["builder/", "admin/", "user/", "runner/", "ci/"];

/// No path of the machine on which something was written.
pub(super) fn forbidden(sources: &[Source]) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for source in sources {
        for (index, line) in source.text.lines().enumerate() {
            if let Some(found) = machine_folder(line) {
                let what = format!("`{found}` is a folder of one machine");
                breaches.push(Breach::of(source, Some(index + 1), what));
            }
        }
    }
    breaches
}

fn machine_folder(line: &str) -> Option<String> {
    MACHINE_FOLDERS.iter().find_map(|pieces| {
        let folder = pieces.concat();
        line.match_indices(&folder)
            .find(|(at, _)| {
                let before = line[..*at].chars().next_back();
                let after = &line[at + folder.len()..];
                // `src/home/` is a folder of any machine.
                !before.is_some_and(|c| c.is_alphanumeric() || "_-.}>*".contains(c))
                    && !NOBODY.iter().any(|name| after.starts_with(name))
            })
            .map(|_| folder.clone())
    })
}

/// The lock file names one registry only.
pub(super) fn registries(sources: &[Source]) -> Vec<Breach> {
    let mut breaches = Vec::new();
    let locks = sources
        .iter()
        .filter(|source| source.path.ends_with("Cargo.lock"));
    for source in locks {
        for (index, line) in source.text.lines().enumerate() {
            if let Some(from) = line.strip_prefix("source = ")
                && from.trim_matches('"') != CRATES_IO
            {
                let what = format!("a crate comes from {from}, expected crates.io");
                breaches.push(Breach::of(source, Some(index + 1), what));
            }
        }
    }
    breaches
}

/// A failure says its sentence alone: the hint is a method of it (`Fault`), and the one printer puts
/// them together.
pub(super) fn hints(sources: &[Source]) -> Vec<Breach> {
    let printer = [
        "generator/src/cli/failure.rs",
        "generator/src/cli/output.rs",
    ];
    let mut breaches = Vec::new();
    for source in sources {
        if !source.path.starts_with("generator/src/") || printer.contains(&source.path.as_str()) {
            continue;
        }
        for (index, line) in source.text.lines().enumerate() {
            if line.contains(r"\nhint:") {
                let what = "a hint inside a sentence: give it by `Fault::hint`";
                breaches.push(Breach::of(source, Some(index + 1), what));
            }
        }
    }
    breaches
}

#[cfg(test)]
mod tests {
    use super::super::tests::source;
    use super::*;

    #[test]
    fn a_folder_of_one_machine_is_named() {
        for (line, refused) in [
            (["see /wo", "rk/main/file"].concat(), true),
            (["PATH=/ho", "me/jane/bin"].concat(), true),
            (["PATH=/ho", "me/builder/bin"].concat(), false),
            (["templates/ho", "me/page.html"].concat(), false),
            ("plain text".to_owned(), false),
        ] {
            assert_eq!(
                !forbidden(&[source("a.md", &line)]).is_empty(),
                refused,
                "{line}"
            );
        }
    }

    #[test]
    fn a_hint_inside_a_sentence_is_found() {
        let text = r#"#[error("no\nhint: do")]"#;
        assert_eq!(hints(&[source("generator/src/a.rs", text)]).len(), 1);
        assert!(hints(&[source("generator/src/cli/output.rs", text)]).is_empty());
    }

    #[test]
    fn another_registry_in_the_lock_file_is_named() {
        let good = format!("source = \"{CRATES_IO}\"\n");
        assert!(registries(&[source("Cargo.lock", &good)]).is_empty());
        let mirror = "source = \"registry+https://mirror.contoso.com/index\"\n";
        assert_eq!(registries(&[source("Cargo.lock", mirror)]).len(), 1);
    }
}
