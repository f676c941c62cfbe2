//! Downloads into the bundle: the bytes that were judged, or an error.

use std::path::Path;

use gangway_contract::ReleaseId;

use super::build_error::BuildError;
use super::output::{OutputError, Staging, io_error};
use super::payloads::Selected;
use super::progress::Progress;
use crate::intake::{Inspection, Item, Kind, Source};

/// Puts every payload into the release folder.
pub(super) fn stage_payloads(
    staging: &mut Staging,
    release_id: &ReleaseId,
    selected: &[Selected<'_>],
    progress: &dyn Progress,
) -> Result<(), BuildError> {
    progress.begin("stage", selected.iter().map(|one| one.payload.size).sum());
    for one in selected {
        let path = format!("share/releases/{release_id}/{}", one.payload.name);
        match one.blob {
            Some(blob) => {
                staging.write(&path, blob.expose().as_bytes())?;
                progress.advance(one.payload.size);
            }
            None => stage(staging, &path, one.item, progress)?,
        }
    }
    progress.end();
    Ok(())
}

/// Puts one download into the bundle, as it was judged.
fn stage(
    staging: &mut Staging,
    path: &str,
    item: &Item,
    progress: &dyn Progress,
) -> Result<(), BuildError> {
    if let Source::Staged(copy) = &item.source {
        staging.adopt(path, copy, item.size, item.sha256)?;
        progress.advance(item.size);
        return Ok(());
    }
    let opened = item.source.open();
    let source = opened.map_err(io_error("read", Path::new(&item.path)))?;
    let copied = staging.copy(path, source, |bytes| progress.advance(bytes))?;
    if copied.sha256 != item.sha256 {
        return Err(OutputError::Changed {
            name: item.path.clone(),
            expected: item.sha256,
            found: copied.sha256,
        }
        .into());
    }
    Ok(())
}

/// The portal's templates for the policy editor, ready for a central store; clients never read
/// them. The first of each kind is taken, in the order of the inspection.
pub(super) fn stage_templates(
    staging: &mut Staging,
    inspection: &Inspection,
    progress: &dyn Progress,
) -> Result<(), BuildError> {
    for (wanted, path) in [
        (false, "publish/PolicyDefinitions/AtpConfiguration.admx"),
        (
            true,
            "publish/PolicyDefinitions/en-US/AtpConfiguration.adml",
        ),
    ] {
        let item = inspection.items.iter().find(
            |item| matches!(item.kind, Kind::PolicyTemplate { language } if language == wanted),
        );
        if let Some(item) = item {
            stage(staging, path, item, progress)?;
        }
    }
    Ok(())
}
