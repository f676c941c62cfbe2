//! Root certificates and revocation lists that the config names, from files to anchors.

use std::path::{Path, PathBuf};

use super::build_error::BuildError;
use super::config::{Config, ConfigError};
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

/// Reads each file (PEM or DER) that the caller names into the DER of its certificates.
pub(super) fn load_roots(paths: &[PathBuf]) -> Result<Vec<Vec<u8>>, BuildError> {
    let load = |path: &PathBuf| {
        certificates(path).map_err(|why| BuildError::Root {
            path: path.clone(),
            why,
        })
    };
    let roots: Result<Vec<_>, _> = paths.iter().map(load).collect();
    Ok(roots?.concat())
}

/// The same of the files that the config names under this key.
fn configured_roots(
    config: &Config,
    key: &'static str,
    paths: &[PathBuf],
) -> Result<Vec<Vec<u8>>, ConfigError> {
    let load = |(entry, path): (usize, &PathBuf)| {
        certificates(path).map_err(|why| config.named_files.refused(key, entry, path, why))
    };
    let roots: Result<Vec<_>, _> = paths.iter().enumerate().map(load).collect();
    Ok(roots?.concat())
}

/// The roots that may end the chain of the bootstrap's own signature.
pub(super) fn signing_roots(config: &Config) -> Result<Vec<Vec<u8>>, ConfigError> {
    configured_roots(config, "signing.roots", &config.signing.roots)
}

/// The DER of the certificates of a file, or why it holds none.
fn certificates(path: &Path) -> Result<Vec<Vec<u8>>, String> {
    let bytes = plain_file::read_whole(path, MAX_ROOT_BYTES).map_err(|error| error.to_string())?;
    let anchors = TrustAnchors::none()
        .with_lab_root(&bytes)
        .map_err(|error| error.to_string())?;
    let anchors = anchors.code().iter();
    Ok(anchors
        .map(|anchor| anchor.certificate.der().to_vec())
        .collect())
}

/// Anchors of these certificates; none when there are none.
pub(super) fn anchors_of(roots: &[Vec<u8>]) -> Option<TrustAnchors> {
    let add = |anchors: TrustAnchors, root: &Vec<u8>| anchors.with_lab_root(root).ok();
    // They were read once already.
    let anchors = roots.iter().try_fold(TrustAnchors::none(), add);
    anchors.filter(|_| !roots.is_empty())
}

/// Reads a revocation list as it stands in its file, or tells why it is none.
fn revocation_list(path: &Path) -> Result<Vec<u8>, String> {
    // Half a list names half of the revoked.
    let bytes = plain_file::read_whole(path, MAX_LIST_BYTES).map_err(|error| error.to_string())?;
    TrustAnchors::none()
        .with_revocation_list(&bytes)
        .map_err(|error| error.to_string())?;
    Ok(bytes)
}

/// What an inspection needs from a config that was read already.
pub(super) fn settings_of(config: &Config, now: i64) -> Result<IntakeSettings, BuildError> {
    const LISTS: &str = "trust.revocation_lists";
    let trust = &config.trust;
    let list = |(entry, path): (usize, &PathBuf)| {
        revocation_list(path).map_err(|why| config.named_files.refused(LISTS, entry, path, why))
    };
    let lists: Result<Vec<_>, ConfigError> = trust
        .revocation_lists
        .iter()
        .enumerate()
        .map(list)
        .collect();
    Ok(IntakeSettings {
        trust: trust.clone(),
        lab_roots: configured_roots(config, "trust.lab_roots", &trust.lab_roots)?,
        blob_roots: configured_roots(config, "trust.blob_roots", &trust.blob_roots)?,
        revocation_lists: lists?,
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
    for path in revocation_lists {
        let list = revocation_list(path).map_err(|why| BuildError::RevocationList {
            path: path.clone(),
            why,
        })?;
        settings.revocation_lists.push(list);
    }
    Ok((settings, noted.into_iter().collect()))
}
