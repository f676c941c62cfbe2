//! Phase `real-files` of the gate: what is not here yet is fetched, then every file is judged.

use anyhow::{Result, bail};

use crate::say;
use crate::test_runner::summary::Summary;
use crate::test_runner::{cargo, tests};

/// How the fetching program ends when no registry could be reached.
const OUT_OF_REACH: i32 = 3;

/// Fetches and judges. Without a network nothing is judged, and that is said here and in the
/// summary.
pub(crate) fn run(summary: &mut Summary) -> Result<()> {
    let fetch = cargo()?.args(["run", "--quiet", "--locked", "-p", "gangway-real-files"]);
    let status = fetch.status()?;
    if status.code() == Some(OUT_OF_REACH) {
        say::warning("real files were NOT judged: no package registry can be reached");
        summary.note("real files: NOT JUDGED, no package registry could be reached");
        return Ok(());
    }
    if !status.success() {
        bail!(
            "some packages with real files could not be fetched, and the network is there\nhint: \
             the lines above say which; a package that is gone has to be replaced in \
             `tests/real-files/src/lib.rs`"
        );
    }
    summary.watch(tests()?.args(["-p", "gangway-real-files"]))
}
