//! Root certificates and revocation lists that the config names, from files to anchors.

use std::path::{Path, PathBuf};

use super::build_error::BuildError;
use super::config::Config;
use super::identity;
use crate::formats::x509::TrustAnchors;
use crate::intake::IntakeSettings;
use crate::plain_file;
use crate::problem::Problem;

/// Largest file of certificates that is read, in bytes; a bundle of roots has some 100 KB.
const MAX_ROOT_BYTES: u64 = 4 << 20;

/// Largest revocation list that is read, in bytes; the longest of public authorities have some
/// 10 MB.
const MAX_LIST_BYTES: u64 = 32 << 20;

/// Reads each file (PEM or DER) into the DER of its certificates.
pub(super) fn load_roots(paths: &[PathBuf]) -> Result<Vec<Vec<u8>>, BuildError> {
    let mut roots = Vec::new();
    for path in paths {
        let refuse = |why: String| BuildError::Root {
            path: path.clone(),
            why,
        };
        let bytes = plain_file::read_whole(path, MAX_ROOT_BYTES)
            .map_err(|error| refuse(error.to_string()))?;
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

/// Anchors of these certificates; none when there are none.
pub(super) fn anchors_of(roots: &[Vec<u8>]) -> Option<TrustAnchors> {
    let add = |anchors: TrustAnchors, root: &Vec<u8>| anchors.with_lab_root(root).ok();
    // They were read once already.
    let anchors = roots.iter().try_fold(TrustAnchors::none(), add);
    anchors.filter(|_| !roots.is_empty())
}

/// Reads revocation lists as they stand in their files.
fn load_lists<'a>(paths: impl Iterator<Item = &'a PathBuf>) -> Result<Vec<Vec<u8>>, BuildError> {
    paths
        .map(|path| {
            let refuse = |why: String| BuildError::RevocationList {
                path: path.clone(),
                why,
            };
            // Half a list names half of the revoked.
            let bytes = plain_file::read_whole(path, MAX_LIST_BYTES)
                .map_err(|error| refuse(error.to_string()))?;
            TrustAnchors::none()
                .with_revocation_list(&bytes)
                .map_err(|error| refuse(error.to_string()))?;
            Ok(bytes)
        })
        .collect()
}

/// What an inspection needs from a config that was read already.
pub(super) fn settings_of(config: &Config, now: i64) -> Result<IntakeSettings, BuildError> {
    Ok(IntakeSettings {
        trust: config.trust.clone(),
        lab_roots: load_roots(&config.trust.lab_roots)?,
        blob_roots: load_roots(&config.trust.blob_roots)?,
        revocation_lists: load_lists(config.trust.revocation_lists.iter())?,
        org_id: config.organization.org_id.clone(),
        deployment_source: config.downloads.deployment_source.clone(),
        ..IntakeSettings::at(now)
    })
}

/// What `gangway inspect` needs: trust and tenant of the config, if there is one, and further
/// revocation lists; and what there is to say about the config.
///
/// # Errors
/// The config, or a certificate or list that it or the caller names.
pub fn intake_settings(
    config: Option<&Path>,
    revocation_lists: &[PathBuf],
    now: i64,
) -> Result<(IntakeSettings, Vec<Problem>), BuildError> {
    let (mut settings, noted) = match config {
        Some(path) => {
            let config = Config::load(path)?;
            let noted = identity::noted(&config.organization, path);
            (settings_of(&config, now)?, noted)
        }
        None => (IntakeSettings::at(now), None),
    };
    settings
        .revocation_lists
        .extend(load_lists(revocation_lists.iter())?);
    Ok((settings, noted.into_iter().collect()))
}
