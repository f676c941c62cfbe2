//! What a program is made of: the crates that are linked into it, their licences, and the list of both
//! that machines read (CycloneDX 1.6, <https://cyclonedx.org/docs/1.6/json/>).

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use serde_json::{Value, json};

use super::runtime::Library;
use crate::program::Program;
use crate::workspace;

/// Beginnings of the names of files with a licence.
const LICENCE_FILES: [&str; 5] = ["LICENSE", "LICENCE", "COPYING", "NOTICE", "UNLICENSE"];

/// A crate that is linked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Part {
    name: String,
    version: String,
    /// SPDX expression.
    licence: String,
    /// Folder of its sources.
    folder: PathBuf,
    /// Comes from crates.io, and not from this workspace.
    is_foreign: bool,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    version: String,
    license: Option<String>,
    source: Option<String>,
    manifest_path: PathBuf,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    pkg: String,
    dep_kinds: Vec<Kind>,
}

#[derive(Deserialize)]
struct Kind {
    /// None for what is linked; `build` and `dev` are not.
    kind: Option<String>,
}

/// What is linked into this package of the workspace for a target, sorted.
pub(super) fn of(package: &str, target: &str) -> Result<Vec<Part>> {
    let text = Program::cargo()
        .folder(workspace::root()?)
        .args(["metadata", "--format-version", "1", "--locked"])
        .args(["--filter-platform", target])
        .standard_output()?;
    let metadata: Metadata = serde_json::from_str(&text).context("read cargo's metadata")?;
    linked(&metadata, package)
}

fn linked(metadata: &Metadata, package: &str) -> Result<Vec<Part>> {
    let packages: BTreeMap<&str, &Package> = metadata
        .packages
        .iter()
        .map(|package| (package.id.as_str(), package))
        .collect();
    let nodes: BTreeMap<&str, &Node> = metadata
        .resolve
        .nodes
        .iter()
        .map(|node| (node.id.as_str(), node))
        .collect();
    let root = metadata
        .packages
        .iter()
        .find(|known| known.name == package && known.source.is_none())
        .with_context(|| format!("the workspace has no package `{package}`"))?;
    let mut seen = BTreeSet::new();
    let mut open = vec![root.id.as_str()];
    while let Some(id) = open.pop() {
        if seen.insert(id)
            && let Some(node) = nodes.get(id)
        {
            let linked = node
                .deps
                .iter()
                .filter(|dependency| dependency.dep_kinds.iter().any(|kind| kind.kind.is_none()));
            open.extend(linked.map(|dependency| dependency.pkg.as_str()));
        }
    }
    let mut parts = Vec::new();
    for package in seen.into_iter().filter_map(|id| packages.get(id)) {
        let Some(licence) = &package.license else {
            bail!("crate `{}` names no licence", package.name);
        };
        parts.push(Part {
            name: package.name.clone(),
            version: package.version.clone(),
            licence: licence.replace('/', " OR "),
            folder: package
                .manifest_path
                .parent()
                .map(Path::to_owned)
                .unwrap_or_default(),
            is_foreign: package.source.is_some(),
        });
    }
    parts.sort();
    Ok(parts)
}

/// Name, version and licence of everything that is not ours, and below that each licence text once,
/// with what brings it.
pub(super) fn licences(parts: &[Part], libraries: &[Library]) -> Result<String> {
    let mut out = String::from(
        "Licences of what is linked into this program. Gangway itself: MIT OR Apache-2.0, the texts are\n\
         in LICENSE-MIT and LICENSE-APACHE. Gangway's sources and its lock file are what it takes to\n\
         link it anew with another GNU C library.\n\n\
         Libraries and crates, and the texts below that they come under:\n\n",
    );
    let mut texts = Texts::default();
    let mut line = |name: &str, licence: &str, found: Vec<String>| {
        let numbers = found
            .iter()
            .map(|text| texts.number_of(text, name).to_string());
        let numbers = numbers.collect::<Vec<_>>().join(", ");
        let numbers = if found.is_empty() {
            "no text"
        } else {
            &numbers
        };
        out.push_str(&format!("{name} ({licence}): {numbers}\n"));
    };
    for library in libraries {
        let name = format!("{} {}", library.name, library.version);
        let found = library.texts.iter().map(|path| read(path));
        line(&name, library.licence, found.collect::<Result<_>>()?);
    }
    for part in parts.iter().filter(|part| part.is_foreign) {
        let name = format!("{} {}", part.name, part.version);
        line(&name, &part.licence, texts_in(&part.folder)?);
    }
    out.push_str(&texts.printed());
    Ok(out)
}

fn read(path: &Path) -> Result<String> {
    Ok(String::from_utf8_lossy(&workspace::read_file(path)?).into_owned())
}

/// Licence texts, each once however its lines are broken, with the crates that bring it.
#[derive(Default)]
struct Texts {
    /// By their words alone.
    numbers: BTreeMap<String, usize>,
    /// As the first crate has it, and all of them.
    texts: Vec<(String, Vec<String>)>,
}

impl Texts {
    /// The number of a text, from 1 in the order in which they come.
    fn number_of(&mut self, text: &str, part: &str) -> usize {
        let words: Vec<&str> = text.split_whitespace().collect();
        let next = self.texts.len() + 1;
        let number = *self.numbers.entry(words.join(" ")).or_insert(next);
        if number == next {
            let text = text.trim_end().replace("\r\n", "\n");
            self.texts.push((text, Vec::new()));
        }
        if let Some((_, parts)) = self.texts.get_mut(number - 1)
            && parts.last().is_none_or(|last| last != part)
        {
            parts.push(part.to_owned());
        }
        number
    }

    fn printed(&self) -> String {
        let line = "=".repeat(78);
        let texts = self.texts.iter().enumerate();
        let printed = texts.map(|(index, (text, parts))| {
            let parts = parts.join(", ");
            format!("\n{line}\n{}. {parts}\n{line}\n\n{text}\n", index + 1)
        });
        printed.collect()
    }
}

fn texts_in(folder: &Path) -> Result<Vec<String>> {
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("list `{}`", folder.display()))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let name = name.to_uppercase();
        if path.is_file() && LICENCE_FILES.iter().any(|begins| name.starts_with(begins)) {
            files.push(path);
        }
    }
    files.sort();
    files.iter().map(|path| read(path)).collect()
}

/// The list of parts; `hashes` are those of the file that holds them.
pub(super) fn list(
    file: &str,
    sha256: &str,
    stub_sha256: &str,
    parts: &[Part],
    libraries: &[Library],
) -> Value {
    let version = env!("CARGO_PKG_VERSION");
    let reference = |part: &Part| {
        if part.is_foreign {
            format!("pkg:cargo/{}@{}", part.name, part.version)
        } else {
            format!("gangway:{}@{}", part.name, part.version)
        }
    };
    let component = |part: &Part| {
        let mut component = json!({
            "type": "library",
            "bom-ref": reference(part),
            "name": part.name,
            "version": part.version,
            "licenses": [{ "expression": part.licence }],
        });
        if part.is_foreign {
            component["purl"] = reference(part).into();
        }
        component
    };
    let library = |library: &Library| {
        json!({
            "type": "library",
            "bom-ref": library.url,
            "name": library.name,
            "version": library.version,
            "licenses": [{ "expression": library.licence }],
            "purl": library.url,
        })
    };
    let components: Vec<Value> = (libraries.iter().map(library))
        .chain(parts.iter().map(component))
        .collect();
    json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": { "component": {
            "type": "application",
            "bom-ref": format!("gangway@{version}"),
            "name": "gangway",
            "version": version,
            "licenses": [{ "expression": "MIT OR Apache-2.0" }],
            "description": format!("the program in {file}"),
            "hashes": [{ "alg": "SHA-256", "content": sha256 }],
            "properties": [{ "name": "gangway:stub:sha256", "value": stub_sha256 }],
        } },
        "components": components,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_builds_or_tests_is_no_part() {
        let text = json!({
            "packages": [
                { "id": "a", "name": "a", "version": "1.0.0", "license": "MIT", "source": null, "manifest_path": "/a/Cargo.toml" },
                { "id": "b", "name": "b", "version": "1.0.0", "license": "MIT/Apache-2.0", "source": "registry", "manifest_path": "/b/Cargo.toml" },
                { "id": "c", "name": "c", "version": "1.0.0", "license": "MIT", "source": "registry", "manifest_path": "/c/Cargo.toml" },
            ],
            "resolve": { "nodes": [
                { "id": "a", "deps": [
                    { "pkg": "b", "dep_kinds": [{ "kind": null }] },
                    { "pkg": "c", "dep_kinds": [{ "kind": "build" }] },
                ] },
                { "id": "b", "deps": [] },
                { "id": "c", "deps": [] },
            ] },
        });
        let metadata: Metadata = serde_json::from_value(text).unwrap();
        let parts = linked(&metadata, "a").unwrap();
        let names: Vec<_> = parts.iter().map(|part| part.name.as_str()).collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(parts[1].licence, "MIT OR Apache-2.0");
        assert!(linked(&metadata, "absent").is_err());
    }

    #[test]
    fn a_licence_text_stands_once_with_all_that_bring_it() {
        let folder = tempfile::tempdir().unwrap();
        let part = |name: &str, texts: &[(&str, &str)]| {
            let folder = folder.path().join(name);
            std::fs::create_dir(&folder).unwrap();
            for (file, text) in texts {
                std::fs::write(folder.join(file), text).unwrap();
            }
            Part {
                name: name.to_owned(),
                version: "1.0.0".to_owned(),
                licence: "MIT".to_owned(),
                folder,
                is_foreign: true,
            }
        };
        let parts = [
            part("a", &[("LICENSE", "Do what\nyou like.\n")]),
            part(
                "b",
                &[
                    ("LICENSE-MIT", "Do what you\r\nlike.\n"),
                    ("NOTICE", "Of b."),
                ],
            ),
            part("c", &[]),
        ];
        let shared = folder.path().join("GPL");
        std::fs::write(&shared, "Share it.").unwrap();
        let library = Library {
            name: "libz",
            version: "9".to_owned(),
            licence: "GPL",
            url: "pkg:generic/libz@9".to_owned(),
            texts: vec![shared],
        };
        let text = licences(&parts, &[library]).unwrap();
        for line in [
            "libz 9 (GPL): 1",
            "a 1.0.0 (MIT): 2",
            "b 1.0.0 (MIT): 2, 3",
            "c 1.0.0 (MIT): no text",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}: {text}");
        }
        assert_eq!(text.matches("Do what").count(), 1);
        assert!(text.contains("2. a 1.0.0, b 1.0.0\n"), "{text}");
        assert!(text.ends_with("Of b.\n"), "{text}");
    }
}
