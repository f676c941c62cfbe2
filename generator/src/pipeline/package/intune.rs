//! The package for Intune.

use std::io::{self, Cursor, Read};

use gangway_contract::Sha256;

use super::document::Format;
use super::source::changed;
use super::{PackageError, Source, Work};
use crate::bundle::FileDigest;
use crate::packages::codes;
use crate::packages::intunewin::{self, IntuneContent, IntuneError};
use crate::packages::stored_zip::ArchiveError;
use crate::pipeline::layout::RELEASES;
use crate::plain_file;
use crate::problem::Problem;

/// Writes `intunewin/NAME.intunewin`.
pub(super) fn make(work: &mut Work<'_>) -> Result<(), PackageError> {
    let source = work.source;
    let stem = source.exe_name.trim_end_matches(".exe");
    let relative = format!("intunewin/{stem}.intunewin");
    let out = work.folder.create(&relative)?;
    let mut scratch = work.folder.scratch()?;
    let files = files(source);
    let content = IntuneContent {
        setup_file: &source.exe_name,
        files: &files,
        output_time: source.document.output_time,
    };
    intunewin::write(out, &mut scratch, content, |file| open(source, file)).map_err(|error| {
        match error {
            IntuneError::Archive(ArchiveError::Changed { path }) => {
                let release = &source.manifest.release_id;
                changed(
                    &format!("{RELEASES}{release}/{path}"),
                    "the file was changed",
                )
            }
            error => error.into(),
        }
    })?;
    work.problems.push(Problem::new(
        &codes::NOT_FOR_SERVERS,
        &relative,
        "Intune manages no Windows Server, so no server gets this package by it",
        "take it to a tool of yours that reads this form; for servers there are `configmgr`, `ansible` and \
         `dsc`",
    ));
    work.add(relative, Format::Intunewin, None, None)
}

/// The bootstrap and its payloads, side by side.
fn files(source: &Source) -> Vec<FileDigest> {
    let exe = FileDigest {
        path: source.exe_name.clone(),
        size: source.exe.bytes.len() as u64,
        sha256: Sha256::of(&source.exe.bytes),
    };
    let payloads = source.manifest.payloads.iter().map(|payload| FileDigest {
        path: payload.name.clone(),
        size: payload.size,
        sha256: payload.sha256,
    });
    std::iter::once(exe).chain(payloads).collect()
}

fn open(source: &Source, file: &FileDigest) -> io::Result<Box<dyn Read>> {
    Ok(match file.path == source.exe_name {
        true => Box::new(Cursor::new(source.exe.bytes.clone())),
        false => Box::new(plain_file::open(&source.release_folder().join(&file.path))?),
    })
}
