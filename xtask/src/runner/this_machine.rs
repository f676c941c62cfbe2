//! Folders and programs of the machine that builds, and what of them no program may show.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::program;

/// Cargo's home: `CARGO_HOME`, else `.cargo` in the user's home folder.
pub(super) fn cargo_home() -> Result<PathBuf> {
    if let Some(home) = env::var_os("CARGO_HOME").filter(|home| !home.is_empty()) {
        return std::path::absolute(home).context("`CARGO_HOME` is no path");
    }
    let home = env::home_dir().context("this user has no home folder")?;
    Ok(home.join(".cargo"))
}

/// Debian names the linker by its thread model; elsewhere it has the plain name.
pub(super) fn linker() -> Option<&'static str> {
    ["x86_64-w64-mingw32-gcc-win32", "x86_64-w64-mingw32-gcc"]
        .into_iter()
        .find(|name| program::find(name).is_some())
}

pub(super) fn folders_in(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let entries =
        fs::read_dir(folder).with_context(|| format!("list folder `{}`", folder.display()))?;
    let mut folders = Vec::new();
    for entry in entries {
        let entry = entry.with_context(|| format!("list folder `{}`", folder.display()))?;
        folders.push(entry.path());
    }
    folders.sort();
    Ok(folders)
}

/// Folders of this machine whose names are in no program, with what stands there instead; the last
/// that fits counts.
pub(super) fn hidden_folders(root: &Path, cargo_home: &Path) -> Result<Vec<(String, String)>> {
    let mut hidden = vec![(text_of(cargo_home)?, "/cargo".to_owned())];
    // The name of a registry's folder holds a hash of its address: a mirror would change the
    // bytes.
    for folder in folders_in(&cargo_home.join("registry/src"))? {
        hidden.push((text_of(&folder)?, "/crates".to_owned()));
    }
    hidden.push((text_of(root)?, "/gangway".to_owned()));
    Ok(hidden)
}

pub(super) fn text_of(folder: &Path) -> Result<String> {
    let text = folder.to_str().map(str::to_owned);
    text.with_context(|| format!("`{}` is not UTF-8", folder.display()))
}
