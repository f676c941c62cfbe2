//! Files that attack whoever reads them: refused in words, after bounded work, in bounded
//! memory, and never with a panic. All of them are made by code.

#![expect(
    clippy::unwrap_used,
    reason = "a test says what went wrong by panicking"
)]

mod process;
mod readers;
mod work;

use gangway::formats::zip::DirectoryLimits;

/// Limits of the size that intake uses.
const LIMITS: DirectoryLimits = DirectoryLimits {
    entries: 10_000,
    entry_bytes: 2 << 30,
    total_bytes: 4 << 30,
};
