//! Root certificates that the config names, from files to anchors.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::build_error::BuildError;
use super::config::Config;
use crate::formats::x509::TrustAnchors;
use crate::intake::IntakeSettings;

/// Largest certificate file that is read, in bytes; a bundle of roots has some 100 KB.
const MAX_BYTES: u64 = 4 << 20;

/// Reads each file (PEM or DER) into the DER of its certificates.
pub(super) fn load_roots(paths: &[PathBuf]) -> Result<Vec<Vec<u8>>, BuildError> {
    let mut roots = Vec::new();
    for path in paths {
        let refuse = |why: String| BuildError::Root {
            path: path.clone(),
            why,
        };
        let bytes = read(path).map_err(|error| refuse(error.to_string()))?;
        let anchors = TrustAnchors::none()
            .with_lab_root(&bytes)
            .map_err(|error| refuse(error.to_string()))?;
        roots.extend(
            anchors
                .code()
                .iter()
                .map(|anchor| anchor.certificate.der().to_vec()),
        );
    }
    Ok(roots)
}

fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?
        .take(MAX_BYTES)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What an inspection needs from a config that was read already.
pub(super) fn settings_of(config: &Config, now: i64) -> Result<IntakeSettings, BuildError> {
    Ok(IntakeSettings {
        trust: config.trust.clone(),
        lab_roots: load_roots(&config.trust.lab_roots)?,
        org_id: config.organization.org_id.clone(),
        deployment_source: config.downloads.deployment_source.clone(),
        ..IntakeSettings::at(now)
    })
}

/// What `gangway inspect --config` needs.
///
/// # Errors
/// The config or a certificate that it names.
pub fn intake_settings(config: &Path, now: i64) -> Result<IntakeSettings, BuildError> {
    settings_of(&Config::load(config)?, now)
}
