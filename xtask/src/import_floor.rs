//! `cargo xtask import-floor`: makes `runner/import-floor.txt`.
//!
//! The Windows metadata that Microsoft publishes with the crate `windows-bindgen` (licence:
//! MIT or Apache-2.0) says for most functions which Windows had them first. The table keeps
//! that for the DLLs that the stub may import, so that no build reads 23 MB for it. Made
//! again only when that metadata moves on:
//! `cargo run -p xtask --features import-floor -- import-floor`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use windows_metadata::reader::{Index, MethodDef};
use windows_metadata::{HasAttributes as _, Value};

use crate::program::Program;
use crate::runner::gates::imports::{ALLOWED_DLLS, FLOOR_FILE};
use crate::{say, workspace};

/// The crate that carries the metadata, and the version that was looked at.
const METADATA_CRATE: (&str, &str) = ("windows-bindgen", "0.66.0");

/// Lowest Windows by DLL and function.
type Table = BTreeMap<(String, String), String>;

/// Reads the metadata and writes the table.
pub(crate) fn run() -> Result<()> {
    let metadata = fetch()?;
    let index = Index::read(&metadata)
        .with_context(|| format!("`{}` is no Windows metadata", metadata.display()))?;
    let mut table = Table::new();
    for class in index.all() {
        for function in class.methods() {
            enter(&mut table, function)?;
        }
    }
    let file = workspace::root()?.join(FLOOR_FILE);
    workspace::write_file(&file, text(&table).as_bytes())?;
    say::line(format!("{} functions in {}", table.len(), file.display()));
    Ok(())
}

/// Enters one function, when it is of a DLL that the stub may import and has a version.
fn enter(table: &mut Table, function: MethodDef<'_>) -> Result<()> {
    let (Some(import), Some(attribute)) = (
        function.impl_map(),
        function.find_attribute("SupportedOSPlatformAttribute"),
    ) else {
        return Ok(());
    };
    let dll = import.import_scope().name().to_ascii_lowercase();
    if !ALLOWED_DLLS.contains(&dll.as_str()) {
        return Ok(());
    }
    let Some((_, Value::Utf8(version))) = attribute.value().into_iter().next() else {
        bail!("`{}` has a version of another shape", import.import_name());
    };
    // A function that is declared once per processor has the same version each time.
    let key = (dll, import.import_name().to_owned());
    if let Some(other) = table.insert(key, version.clone())
        && other != version
    {
        bail!("`{}` has two versions", import.import_name());
    }
    Ok(())
}

fn text(table: &Table) -> String {
    let (name, version) = METADATA_CRATE;
    let mut text = format!(
        "# The lowest Windows that has a function, from the metadata in crate {name} {version}.\n\
         # Made by: cargo run -p xtask --features import-floor -- import-floor\n"
    );
    for ((dll, function), windows) in table {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{dll} {function} {windows}");
    }
    text
}

/// Fetches the crate through a package of its own, so that no other build downloads it.
fn fetch() -> Result<PathBuf> {
    let (name, version) = METADATA_CRATE;
    let folder = workspace::target()?.join("import-floor");
    let manifest = format!(
        "[package]\nname = \"import-floor\"\nedition = \"2024\"\n\
         [lib]\npath = \"lib.rs\"\n\
         [dependencies]\n{name} = \"={version}\"\n[workspace]\n"
    );
    workspace::write_file(&folder.join("Cargo.toml"), manifest.as_bytes())?;
    workspace::write_file(&folder.join("lib.rs"), b"//! Only names a dependency.\n")?;
    let metadata = Program::cargo()
        .folder(&folder)
        .args(["metadata", "--format-version", "1"])
        .text()?;
    let metadata: serde_json::Value =
        serde_json::from_str(&metadata).context("read cargo's metadata")?;
    let package = metadata["packages"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|package| package["name"] == name)
        .and_then(|package| package["manifest_path"].as_str())
        .with_context(|| format!("cargo did not fetch `{name}`"))?;
    let package = Path::new(package).parent().unwrap_or(Path::new("."));
    Ok(package.join("default/Windows.Win32.winmd"))
}
