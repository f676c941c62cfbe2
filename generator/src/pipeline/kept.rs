//! What a command reads: none of it may go away with what it replaces.

use std::path::Path;

use super::config::Config;
use super::lock;
use super::output::{DOWNLOAD, Kept};

/// What a command reads with a config: the config, its lock, what is the command's `own`, what the config
/// names, and the folder that it runs in.
pub(super) fn kept(
    config: Option<(&Path, &Config)>,
    own: impl IntoIterator<Item = Kept>,
) -> Vec<Kept> {
    let mut kept = Vec::new();
    if let Some((path, _)) = config {
        kept.push(("the config", path.to_owned()));
        kept.push(("the lock", lock::path_beside(path)));
    }
    kept.extend(own);
    kept.extend(config.into_iter().flat_map(|(_, it)| it.named_paths()));
    // Where nobody knows the current folder, nobody is in it.
    let current = std::env::current_dir().ok();
    kept.extend(current.map(|folder| ("the current folder", folder)));
    kept
}

/// The downloads among them: whatever lies there is taken for one.
pub(super) fn downloads(mut kept: Vec<Kept>) -> Vec<Kept> {
    kept.retain(|(what, _)| *what == DOWNLOAD);
    kept
}
