//! How far sequences are believed that whoever may write somewhere can make up.

use crate::intake::lock::MAX_SEQUENCE;

/// How far above what else is known a sequence is still one that was counted up to: a build a minute for two
/// years.
pub(super) const FARTHEST: u64 = 1_000_000;

/// The highest sequence that a lock is given back with: as many builds go on from there.
pub(super) const HIGHEST: u64 = MAX_SEQUENCE - FARTHEST;
