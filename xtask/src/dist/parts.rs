//! What a program is made of: the crates that are linked into it, their licences, and the list of both
//! that machines read (CycloneDX 1.6, <https://cyclonedx.org/docs/1.6/json/>).

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use serde_json::{Value, json};

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

/// Name, version and licence of everything that is not ours, with the texts that each brings.
pub(super) fn licences(parts: &[Part]) -> Result<String> {
    let mut out = String::from(
        "Licences of what is linked into this program, besides Gangway itself.\n\n\
         The standard library of Rust: MIT OR Apache-2.0. On Linux the GNU C library, linked in:\n\
         LGPL-2.1-or-later; Gangway's sources and its lock file are what it takes to link it anew.\n\
         On Windows the start-up code of mingw-w64 (ZPL-2.1 and public domain) and the runtime of GCC\n\
         (GPL-3.0-or-later WITH GCC-exception-3.1).\n",
    );
    for part in parts.iter().filter(|part| part.is_foreign) {
        let line = "=".repeat(78);
        out.push_str(&format!(
            "\n{line}\n{} {}\n{}\n",
            part.name, part.version, part.licence
        ));
        for text in texts(&part.folder)? {
            out.push_str(&format!("\n{}\n", text.trim_end().replace("\r\n", "\n")));
        }
    }
    Ok(out)
}

fn texts(folder: &Path) -> Result<Vec<String>> {
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
    let read = |path: &PathBuf| -> Result<String> {
        Ok(String::from_utf8_lossy(&workspace::read_file(path)?).into_owned())
    };
    files.iter().map(read).collect()
}

/// The list of parts; `hashes` are those of the file that holds them.
pub(super) fn list(file: &str, sha256: &str, stub_sha256: &str, parts: &[Part]) -> Value {
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
    json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": { "component": {
            "type": "application",
            "bom-ref": format!("gangway@{version}"),
            "name": "gangway",
            "version": version,
            "description": format!("the program in {file}"),
            "hashes": [{ "alg": "SHA-256", "content": sha256 }],
            "properties": [{ "name": "gangway:stub:sha256", "value": stub_sha256 }],
        } },
        "components": parts.iter().map(component).collect::<Vec<_>>(),
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
}
