//! `gangway --version --json`: what exactly runs here.

use gangway_contract::Sha256;

use super::answer::Answer;
use super::results::{SchemaVersion, Stub, Version};
use super::schemas;
use crate::bootstrap::MAX_STUB_BYTES;
use crate::plain_file;

pub(super) fn version() -> Answer<Version> {
    let schemas = schemas::all().into_iter().map(|entry| SchemaVersion {
        name: entry.name,
        version: entry.version,
    });
    Answer::good(Version {
        version: env!("CARGO_PKG_VERSION"),
        // Told by the builder: asking git while building would give other bytes in a checkout
        // than in an archive of the same sources.
        commit: option_env!("GANGWAY_COMMIT"),
        stub: stub(),
        schemas: schemas.collect(),
    })
}

/// The stub that `build` takes when nobody names one.
fn stub() -> Option<Stub> {
    let path = std::env::current_exe()
        .ok()?
        .with_file_name("gangway-runner.exe");
    let bytes = plain_file::read(&path, MAX_STUB_BYTES as u64).ok()??;
    Some(Stub {
        path: path.display().to_string(),
        sha256: Sha256::of(&bytes),
    })
}
