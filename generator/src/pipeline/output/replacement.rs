//! A new bundle into the place of the old one, and what a kill in the middle of that asks for.

use std::path::{Path, PathBuf};

use super::super::leftover;
use super::contents::{Contents, judge};
use super::error::{OutputError, io_error};
use super::place::Place;
use super::removal::{remove_bundle, sweep};
use crate::disk::{self, Claim};

/// Puts the staged folder into its place, where `before` was found. Where folders can be
/// exchanged the place is never empty; elsewhere two renames follow each other. Tells where the
/// bundle that was there lies from then on.
pub(super) fn put_into_place(
    place: &Place,
    before: &Contents,
) -> Result<Option<PathBuf>, OutputError> {
    let (staging, target) = (place.staging(), &place.target);
    let placed = |result: std::io::Result<()>| {
        result
            .map(|()| None)
            .map_err(io_error("put into place", target))
    };
    match before {
        Contents::Absent => return placed(disk::rename(&staging, target)),
        Contents::Empty => {
            if cfg!(not(unix)) {
                // Elsewhere than on Unix a rename does not replace it.
                placed(disk::remove_folder(target))?;
            }
            return placed(disk::rename(&staging, target));
        }
        Contents::Bundle(_) => {}
    }
    if disk::exchange(&staging, target).map_err(io_error("exchange", target))? {
        return Ok(Some(staging));
    }
    let previous = place.previous();
    disk::rename(target, &previous).map_err(io_error("move aside", target))?;
    if let Err(error) = disk::rename(&staging, target) {
        // The rename back can only fail for the reason that is told anyway, or by a kill, and
        // then the next run does it.
        let _ = disk::rename(&previous, target);
        return Err(io_error("put into place", target)(error));
    }
    Ok(Some(previous))
}

/// Removes the bundle that was replaced, judged anew where it lies now: the paths that were listed
/// before begin with its place.
pub(super) fn remove_moved(folder: &Path) -> Result<(), OutputError> {
    match judge(folder, folder)? {
        Contents::Bundle(bundle) => remove_bundle(folder, &bundle),
        Contents::Absent | Contents::Empty => sweep(folder),
    }
}

/// Ends what a killed build began: the old bundle goes back to an empty place, what is left beside
/// it goes away. Only the holder of the place may do that.
pub(super) fn end_killed(place: &Place, _claim: &Claim) -> Result<(), OutputError> {
    let (target, previous) = (&place.target, place.previous());
    let Ok(standing) = judge(target, &place.shown) else {
        // Whoever put something else there: the old bundle may be all that is left.
        return Ok(());
    };
    if !matches!(standing, Contents::Bundle(_))
        && let Ok(Contents::Bundle(_)) = judge(&previous, &previous)
    {
        if matches!(standing, Contents::Empty) {
            disk::remove_folder(target).map_err(io_error("remove", target))?;
        }
        disk::rename(&previous, target).map_err(io_error("put back", target))?;
    }
    sweep(&place.staging())?;
    sweep(&previous)?;
    disk::remove_leftover(&place.signed(), leftover::begins_as_exe_of(target))?;
    Ok(())
}
