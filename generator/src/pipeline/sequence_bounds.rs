//! How far sequences are believed that whoever may write somewhere can make up.

use crate::intake::lock::MAX_SEQUENCE;

/// How far above what else is known a sequence is still one that was counted up to: a build a minute for two
/// years.
pub(super) const FARTHEST: u64 = 1_000_000;

/// The highest sequence that a lock is given back with: as many builds go on from there.
pub(super) const HIGHEST: u64 = MAX_SEQUENCE - FARTHEST;

/// Is a sequence one that nothing counted up to from what is known?
pub(super) fn is_far(sequence: u64, known: u64) -> bool {
    sequence.saturating_sub(known) > FARTHEST
}

/// Are builds enough left above a sequence?
pub(super) fn leaves_enough(sequence: u64) -> bool {
    sequence <= HIGHEST
}

/// What is said of one that leaves too few.
pub(super) fn too_few_left(sequence: u64) -> String {
    format!("has sequence {sequence}, and above {HIGHEST} too few are left for the builds after it")
}
