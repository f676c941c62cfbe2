//! A folder of many downloads: copies of a small agent package under other names.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::fixtures::{self, Maker};
use crate::{say, workspace};

/// Files of the folder.
pub(super) const FILES: u32 = 200;

/// Size of each: large enough that hashing outweighs opening.
const SIZE: &str = "2M";

/// Makes the folder unless it is there.
pub(super) fn folder(fixtures_program: &Path, below: &Path) -> Result<PathBuf> {
    let many = below.join("many");
    let complete = below.join("many.complete");
    if complete.is_file() {
        return Ok(many);
    }
    say::stage(format!("{FILES} packages of {SIZE}"));
    let samples = fixtures::folder(Some(SIZE))?;
    Maker {
        program: fixtures_program,
        standins: None,
        size: Some(SIZE),
        only: Some("downloads/md4ws.msi"),
    }
    .make(&samples)?;
    workspace::make_folder(&many)?;
    let agent = samples.join("downloads/md4ws.msi");
    for number in 0..FILES {
        let copy = many.join(format!("{number:03}.msi"));
        fs::copy(&agent, &copy).with_context(|| format!("write `{}`", copy.display()))?;
    }
    workspace::write_file(&complete, b"")?;
    Ok(many)
}
