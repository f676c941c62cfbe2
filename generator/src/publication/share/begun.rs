//! What a signal takes away from a share.

use std::time::Duration;

use super::{LargeFiles, Share};
use crate::interrupted::Begun;

/// How often something is tried: what a program that was ended had open is free a moment later.
const TRIES: usize = 20;

/// Pause between two tries.
const PAUSE: Duration = Duration::from_millis(100);

/// Something on the share that a signal undoes, until what is given back is dropped. Nothing where no
/// signal comes.
pub(in crate::publication) fn undone(
    share: &dyn Share,
    undo: impl FnOnce(&mut dyn LargeFiles) + Send + 'static,
) -> Option<Begun> {
    let mut share = share.to_undo()?;
    Some(Begun::undone_by(move || undo(share.as_mut())))
}

/// A file under a temporary name, from before it is made.
pub(in crate::publication) fn begun_file(share: &dyn Share, path: &str) -> Option<Begun> {
    let path = path.to_owned();
    undone(share, move |share| {
        for _ in 0..TRIES {
            // Of one that is gone nothing is read.
            if share.remove_file(&path).is_ok() || matches!(share.digest(&path, 0), Ok(None)) {
                return;
            }
            std::thread::sleep(PAUSE);
        }
    })
}

/// A folder under a temporary name, from before it is made.
pub(in crate::publication) fn begun_folder(share: &dyn Share, path: &str) -> Option<Begun> {
    let path = path.to_owned();
    undone(share, move |share| {
        if matches!(share.list(&path), Ok(Some(_))) {
            let _ = share.remove_folder(&path);
        }
    })
}
