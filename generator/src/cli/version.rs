//! `gangway --version --json`: what exactly runs here.

use super::answer::Answer;
use super::results::{SchemaVersion, Stub, Version};
use super::schemas;
use crate::pipeline;

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
    let found = pipeline::stub_found()?;
    Some(Stub {
        path: found.path.display().to_string(),
        inside: found.inside,
        sha256: found.sha256,
    })
}
