//! The same source must give the same bytes: a second build in another folder, with
//! another cargo home, compared byte for byte.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use super::build::{Build, Built};
use super::cache;
use super::this_machine;
use super::toolchain::Toolchain;
use crate::{say, workspace};

/// Builds again elsewhere and compares; notes the success in the record.
pub(super) fn compare(build: &Build, mut built: Built) -> Result<()> {
    if built.record.reproduced {
        say::line("same bytes twice: shown before for these inputs");
        return Ok(());
    }
    say::stage(format!("{} a second time, elsewhere", build.name()));
    // Blanks in both names, as a folder of a person may have.
    let folder = tempfile::Builder::new()
        .prefix("second build ")
        .tempdir()
        .context("make a temporary folder")?;
    let root = folder.path().join("source");
    copy_sources(&workspace::root()?, &root)?;
    let cargo_home = folder.path().join("cargo home");
    share_downloads(&this_machine::cargo_home()?, &cargo_home)?;
    let second = build.elsewhere(&root);
    for (file, program) in built
        .files
        .iter()
        .zip(second.compile(&Toolchain::pick()?, &cargo_home)?)
    {
        let (first, again) = (workspace::read_file(file)?, workspace::read_file(&program)?);
        if let Some(difference) = difference(&first, &again) {
            let kept = file.with_extension("second.exe");
            workspace::write_file(&kept, &again)?;
            bail!(
                "two builds of `{}` differ: {difference}\n  first:  {}\n  second: {}, kept as `{}`",
                file.display(),
                cache::sha256(&first),
                cache::sha256(&again),
                kept.display()
            );
        }
    }
    built.record.reproduced = true;
    built.record.write(&build.record_file())?;
    say::line("same bytes twice");
    Ok(())
}

/// Where two files differ; none when they are equal.
fn difference(first: &[u8], second: &[u8]) -> Option<String> {
    if first.len() != second.len() {
        return Some(format!("{} and {} bytes", first.len(), second.len()));
    }
    let at = first.iter().zip(second).position(|(a, b)| a != b)?;
    Some(format!("first at byte {at:#x}"))
}

fn copy_sources(from: &Path, to: &Path) -> Result<()> {
    for file in workspace::files_below(from)? {
        let copy = to.join(file.strip_prefix(from).unwrap_or(&file));
        workspace::make_folder(copy.parent().unwrap_or(to))?;
        fs::copy(&file, &copy).with_context(|| format!("copy `{}`", file.display()))?;
    }
    Ok(())
}

/// A cargo home of its own that unpacks the downloads of the other one afresh.
fn share_downloads(from: &Path, to: &Path) -> Result<()> {
    workspace::make_folder(&to.join("registry"))?;
    for part in ["registry/cache", "registry/index"] {
        let (from, to) = (from.join(part), to.join(part));
        #[cfg(unix)]
        std::os::unix::fs::symlink(&from, &to)
            .with_context(|| format!("link `{}`", to.display()))?;
        #[cfg(not(unix))]
        copy_sources(&from, &to)?;
    }
    // Mirrors and the like are told there.
    let config = from.join("config.toml");
    if config.is_file() {
        fs::copy(&config, to.join("config.toml"))
            .with_context(|| format!("copy `{}`", config.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_files_do_not_differ() {
        assert_eq!(difference(b"same", b"same"), None);
    }

    #[test]
    fn a_difference_says_where_it_is() {
        assert_eq!(difference(b"ab", b"abc").unwrap(), "2 and 3 bytes");
        assert_eq!(difference(b"abc", b"abd").unwrap(), "first at byte 0x2");
    }
}
