//! What config and caller ask of a signature, for every command that judges one.

use std::path::PathBuf;

use super::build_error::BuildError;
use super::config::Config;
use super::signing_command::wants_stamp;
use super::trust;
use crate::formats::x509::TrustAnchors;

/// What a signature has to have.
#[derive(Debug)]
pub(super) struct Demands {
    /// Roots that it has to end at; none when none is named.
    pub(super) anchors: Option<TrustAnchors>,
    /// Has it to carry a time stamp?
    pub(super) wants_stamp: bool,
    /// Does the config name a command that signs?
    pub(super) has_command: bool,
    /// Moment that it is judged at, in seconds since 1970 UTC.
    pub(super) now: i64,
}

impl Demands {
    /// Those of a config, and the further roots of the caller.
    ///
    /// # Errors
    /// A root cannot be read.
    pub(super) fn of(
        roots: &[PathBuf],
        config: Option<&Config>,
        now: i64,
    ) -> Result<Self, BuildError> {
        let mut found = trust::load_roots(roots)?;
        if let Some(config) = config {
            found.extend(trust::signing_roots(config)?);
        }
        let signing = config.map(|config| &config.signing);
        Ok(Self {
            anchors: trust::anchors_of(&found),
            wants_stamp: signing.is_some_and(wants_stamp),
            has_command: signing.is_some_and(|signing| signing.command.is_some()),
            now,
        })
    }
}
