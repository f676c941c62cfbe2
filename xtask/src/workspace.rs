//! Where things are in the checkout.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

/// The root folder of the workspace.
///
/// `cargo run` says where this package lies; a program started by hand looks upwards from
/// the current folder.
pub(crate) fn root() -> Result<PathBuf> {
    if let Some(package) = env::var_os("CARGO_MANIFEST_DIR")
        && let Some(root) = Path::new(&package).parent()
        && root.join("Cargo.lock").is_file()
    {
        return Ok(root.to_owned());
    }
    let here = env::current_dir().context("the current folder cannot be read")?;
    for folder in here.ancestors() {
        if folder.join("xtask/Cargo.toml").is_file() && folder.join("Cargo.lock").is_file() {
            return Ok(folder.to_owned());
        }
    }
    bail!(
        "no checkout of this project around `{}`\nhint: start `cargo xtask` inside the checkout",
        here.display()
    )
}

/// The folder that takes everything which is built; nothing in it is precious.
pub(crate) fn target() -> Result<PathBuf> {
    Ok(root()?.join("target"))
}

/// The oldest compiler that the workspace asks for (`rust-version`).
pub(crate) fn oldest_rust() -> Result<(u32, u32)> {
    let manifest = read_file(&root()?.join("Cargo.toml"))?;
    rust_version(&String::from_utf8_lossy(&manifest))
        .context("`Cargo.toml` has no line `rust-version = \"1.…\"`")
}

fn rust_version(manifest: &str) -> Option<(u32, u32)> {
    let mut lines = manifest.lines();
    let value = lines.find_map(|line| line.strip_prefix("rust-version = "))?;
    let (major, minor) = value.trim_matches('"').split_once('.')?;
    let minor = minor.split('.').next()?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// Makes a folder and its parents.
pub(crate) fn make_folder(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("create folder `{}`", folder.display()))
}

/// Writes a file whole or not at all: beside its place first, then renamed.
pub(crate) fn write_file(file: &Path, bytes: &[u8]) -> Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    make_folder(folder)?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let beside = folder.join(format!(".{name}.{}", std::process::id()));
    fs::write(&beside, bytes).with_context(|| format!("write `{}`", beside.display()))?;
    fs::rename(&beside, file).with_context(|| format!("rename to `{}`", file.display()))
}

/// Reads a whole file.
pub(crate) fn read_file(file: &Path) -> Result<Vec<u8>> {
    fs::read(file).with_context(|| format!("read `{}`", file.display()))
}

/// Every file below `folder`, in byte order of its path, without folders of build outputs.
pub(crate) fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let entries = walkdir::WalkDir::new(folder)
        .into_iter()
        .filter_entry(|entry| entry.depth() == 0 || !is_build_output(entry));
    for entry in entries {
        let entry = entry.with_context(|| format!("list folder `{}`", folder.display()))?;
        if entry.file_type().is_file() {
            files.push(entry.into_path());
        }
    }
    files.sort();
    Ok(files)
}

fn is_build_output(entry: &walkdir::DirEntry) -> bool {
    match entry.file_name().to_str() {
        // A file in a second worktree.
        Some(".git") => true,
        Some("target") => entry.file_type().is_dir(),
        // What a fuzzer gathered.
        Some("corpus" | "artifacts" | "coverage") => {
            entry.file_type().is_dir() && entry.path().parent().is_some_and(|p| p.ends_with("fuzz"))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_compiler_is_read_from_the_manifest() {
        let manifest = "[workspace.package]\nrust-version = \"1.89\"\n";
        assert_eq!(rust_version(manifest), Some((1, 89)));
        assert_eq!(rust_version("rust-version = \"1.89.1\""), Some((1, 89)));
        assert_eq!(rust_version("[package]\n"), None);
    }
}
