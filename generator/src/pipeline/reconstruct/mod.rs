//! `gangway reconstruct`: config and lock from the recipes that a bundle, a share or a domain has.
//!
//! Whoever wrote a recipe may have lied: each is held against itself (config, manifest and the policy that it
//! lies in say the same in different ways), nothing in it becomes a path, and nothing that is there is
//! written over. What comes out is a config that a build reads again with all its checks.

mod checked;
mod error;
mod far_ahead;
mod folded;
mod unknown;

use std::path::{Path, PathBuf};

use gangway_contract::{BundleId, OrgId, Sha256};

pub use checked::{
    FoundRecipe, checked, checked_beside, program_fault, program_name, with_policies,
};
pub use error::ReconstructError;
pub use far_ahead::{far_ahead, seen_on_share};
pub use folded::folded;
pub use unknown::Unknown;

use super::codes;
use super::config::{BLOB_ROOTS, LAB_ROOTS};
use super::lock::rest_of;
use super::publish::is_about_signature;
use super::verify::{VerifyRequest, verify};
use crate::disk::{self, DiskError};
use crate::goal::Goal;
use crate::gpo::DomainName;
use crate::gpo::registry_pol::RegistryPolicy;
use crate::intake::lock::{self, BuiltBundle, Lock, LockedDownload};
use crate::plain_file;
use crate::policies::{self, Exclusions, Purpose, RoleName};
use crate::printable::on_one_line;
use crate::problem::Problem;
use crate::publication::FoundPolicy;
use crate::recipe::{self, Accepted, Recipe};

/// File name of the config that is given back.
pub const CONFIG: &str = "gangway.toml";

/// What is asked beside the recipes.
#[derive(Debug, Clone, Default)]
pub struct ReconstructRequest {
    /// The identity of the organisation, where recipes of more than one lie there.
    pub id: Option<String>,
    /// A sequence that servers have seen, or that the share holds back, whatever the recipes say.
    pub seen: u64,
    /// Digest of the `bundle.json` that the only recipe comes from, when somebody vouches for it.
    pub bundle_json_sha256: Option<Sha256>,
    /// Now, in seconds since 1970 UTC.
    pub now: i64,
}

/// What is given back.
#[derive(Debug)]
pub struct Reconstructed {
    /// Tenant that the newest recipe is for.
    pub org_id: OrgId,
    /// Display name of the organisation.
    pub organization: String,
    /// What its GUIDs come from.
    pub identity: String,
    /// With the sequence that the next bundle has to exceed.
    pub lock: Lock,
    /// Files by name, with their content.
    pub files: Vec<(String, Vec<u8>)>,
    /// Where the config comes from.
    pub from: String,
    /// What no recipe tells.
    pub unknown: Vec<Unknown>,
}

/// The recipe of a bundle, when the bundle verifies; with what was found below an error.
///
/// # Errors
/// No bundle, one that does not verify, or one without a recipe.
pub fn recipe_of_bundle(
    request: &VerifyRequest,
) -> Result<(FoundRecipe, Vec<Problem>), ReconstructError> {
    let verified = verify(request)?;
    if let Some(problem) = verified.problems.iter().find(|problem| problem.is_error()) {
        return Err(ReconstructError::NotProven(Box::new(problem.clone())));
    }
    let path = request.bundle.join(recipe::FILE_NAME);
    let place = path.display().to_string();
    let listed = verified.document.files.iter();
    let mut listed = listed.filter(|file| file.path == recipe::FILE_NAME);
    let Some(listed) = listed.next() else {
        let place = request.bundle.display().to_string();
        return Err(ReconstructError::Nothing { place });
    };
    let bytes =
        plain_file::read_whole(&path, recipe::MAX_BYTES).map_err(DiskError::io("read", &path))?;
    if Sha256::of(&bytes) != listed.sha256 {
        let why = "it changed while it was read".to_owned();
        return Err(ReconstructError::Refused { place, why });
    }
    let mut problems = verified.problems;
    problems.retain(|problem| !is_about_signature(problem));
    // A config is what is wanted: `reconstruct` takes none.
    for problem in problems
        .iter_mut()
        .filter(|one| one.code == &codes::NOT_PINNED)
    {
        problem.next_action = "give the digest that `build` printed by `--expect`".to_owned();
    }
    let found = checked(&place, &bytes, None)?;
    let id = BundleId::of_bytes(&found.recipe.manifest.to_bytes());
    if id != verified.document.bundle_id {
        let why = format!(
            "it is of the bundle {id}, and lies in {}",
            verified.document.bundle_id
        );
        return Err(ReconstructError::Refused { place, why });
    }
    Ok((found, problems))
}

/// Config and lock of the recipes: the config of the newest one, the lock of all of the organisation.
///
/// # Errors
/// No recipe, or several organisations and none that is chosen.
pub fn reconstruct(
    place: &str,
    mut found: Vec<FoundRecipe>,
    request: &ReconstructRequest,
) -> Result<Reconstructed, ReconstructError> {
    if let Some(id) = &request.id {
        found.retain(|one| one.identity == *id);
    }
    let mut identities: Vec<String> = found.iter().map(|one| one.identity.clone()).collect();
    identities.sort();
    identities.dedup();
    if identities.len() > 1 {
        return Err(ReconstructError::Several(identities));
    }
    found.sort_by_key(|one| one.recipe.manifest.sequence);
    let Some(newest) = found.last() else {
        let place = place.to_owned();
        return Err(ReconstructError::Nothing { place });
    };
    let lock = lock_of(&found, newest, request);
    let recipe = &newest.recipe;
    let mut files = vec![(lock::FILE_NAME.to_owned(), lock.to_text().into_bytes())];
    for (name, certificates) in [
        (LAB_ROOTS, &recipe.lab_roots),
        (BLOB_ROOTS, &recipe.blob_roots),
    ] {
        if !certificates.is_empty() {
            files.push((name.to_owned(), pem(certificates)));
        }
    }
    // Last, for a config without its lock would build from the first sequence on.
    let config = head(&newest.place) + &newest.config;
    files.push((CONFIG.to_owned(), config.into_bytes()));
    Ok(Reconstructed {
        org_id: recipe.manifest.tenant.org_id.clone(),
        organization: recipe.manifest.organization.clone(),
        identity: newest.identity.clone(),
        lock,
        files,
        from: newest.place.clone(),
        unknown: unknown::of(newest),
    })
}

/// The comment that a config begins with. Whoever named the folder or the document chose the place's words: a
/// line break in them would begin a line of the config, and TOML takes no other control character there
/// (TOML 1.0.0, "Comment").
fn head(place: &str) -> String {
    format!(
        "# Given back by `gangway reconstruct` from\n# {}.\n# Comments and order of the config that it was are \
         not known; `gangway init` writes one with all keys.\n\n",
        on_one_line(place)
    )
}

/// What the recipes say of what was built and accepted. None of them vouches for a bundle.
fn lock_of(found: &[FoundRecipe], newest: &FoundRecipe, request: &ReconstructRequest) -> Lock {
    let mut lock = Lock::default();
    lock.config = Some(CONFIG.to_owned());
    lock.identity = Some(newest.identity.clone());
    // From the lowest sequence on: of two of one mode the newest stays.
    for FoundRecipe { recipe, .. } in found {
        lock.remember(BuiltBundle {
            mode: Goal::of(&recipe.manifest),
            sequence: recipe.manifest.sequence,
            manifest_sha256: Some(rest_of(&recipe.manifest)),
            bundle_json_sha256: request.bundle_json_sha256,
        });
    }
    if request.seen > lock.sequence {
        lock.go_on_after(request.seen);
    }
    lock.downloads = accepted(&newest.recipe, request.now);
    lock
}

/// The downloads as a lock has them, seen first today.
fn accepted(recipe: &Recipe, now: i64) -> Vec<LockedDownload> {
    let downloads = recipe.downloads.iter();
    downloads
        .map(|one| LockedDownload {
            name: one.name.clone(),
            sha256: one.sha256,
            size: one.size,
            version: one.version.clone(),
            signer: one.signer.clone(),
            signatures: one.signatures.clone(),
            remarks: Vec::new(),
            blob: one.blob,
            first_seen: lock::timestamp(now),
        })
        .collect()
}

impl From<&LockedDownload> for Accepted {
    fn from(locked: &LockedDownload) -> Self {
        Self {
            name: locked.name.clone(),
            sha256: locked.sha256,
            size: locked.size,
            version: locked.version.clone(),
            signer: locked.signer.clone(),
            signatures: locked.signatures.clone(),
            blob: locked.blob,
        }
    }
}

/// The antivirus exclusions that an organisation's policies have in a domain; those of every server under
/// no name. Policies of other GUIDs than the identity gives are not asked.
pub fn exclusions_in(
    domain: &DomainName,
    identity: &str,
    policies: &[FoundPolicy],
) -> Vec<(Option<RoleName>, Exclusions)> {
    let read = |policy: &FoundPolicy| {
        let role = policy.display_name.strip_prefix(ROLE_PREFIX);
        let role: Option<RoleName> = role.and_then(|name| name.parse().ok());
        let purpose = role.map_or(Purpose::Settings, Purpose::Exclusions);
        if purpose.gpo_id(identity, domain) != policy.id {
            return None;
        }
        let registry = RegistryPolicy::read(policy.registry.as_deref()?).ok()?;
        let role = match purpose {
            Purpose::Exclusions(role) => Some(role),
            _ => None,
        };
        Some((role, policies::exclusions_in(&registry)))
    };
    policies.iter().filter_map(read).collect()
}

/// How the names of policies for a role begin.
const ROLE_PREFIX: &str = "Gangway Exclusions ";

/// Certificates in base64, checked before, as a PEM file.
fn pem(certificates: &[String]) -> Vec<u8> {
    let mut text = String::new();
    for certificate in certificates {
        text.push_str("-----BEGIN CERTIFICATE-----\n");
        let bytes = certificate.as_bytes();
        for line in bytes.chunks(64) {
            text.push_str(&String::from_utf8_lossy(line));
            text.push('\n');
        }
        text.push_str("-----END CERTIFICATE-----\n");
    }
    text.into_bytes()
}

/// Writes the files into a folder, which is made where its parent is there. Gives their paths.
///
/// # Errors
/// One of them is there already, and then none is written; or the disk refuses.
pub fn write(folder: &Path, files: &[(String, Vec<u8>)]) -> Result<Vec<PathBuf>, ReconstructError> {
    let paths: Vec<PathBuf> = files.iter().map(|(name, _)| folder.join(name)).collect();
    if let Some(path) = paths.iter().find(|path| path.symlink_metadata().is_ok()) {
        return Err(ReconstructError::Exists { path: path.clone() });
    }
    match std::fs::create_dir(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            return Err(DiskError::io("make", folder)(error).into());
        }
        _ => {}
    }
    for (at, (path, (_, bytes))) in paths.iter().zip(files).enumerate() {
        if let Err(error) = write_new(path, bytes) {
            // A part of it would be in the way of the next try. What cannot be taken away stays.
            for written in &paths[..at] {
                let _ = std::fs::remove_file(written);
            }
            let _ = std::fs::remove_dir(folder);
            return Err(error.into());
        }
    }
    Ok(paths)
}

/// Writes a file that is not there yet, whole or not at all.
fn write_new(path: &Path, bytes: &[u8]) -> Result<(), DiskError> {
    // It refuses what came since it was looked at.
    let mut file = disk::create_file(path).map_err(DiskError::io("create", path))?;
    disk::write(&mut file, bytes).map_err(|error| {
        let _ = std::fs::remove_file(path);
        DiskError::io("write", path)(error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_run_that_failed_nothing_is_in_the_way_of_the_next() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path().join("again");
        let file = |name: &str| (name.to_owned(), b"text".to_vec());
        let cannot = [file("gangway.lock"), file("no-folder/roots.pem")];
        write(&folder, &cannot).unwrap_err();
        assert!(!folder.exists());
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("notes.txt"), "of somebody").unwrap();
        write(&folder, &cannot).unwrap_err();
        let left: Vec<_> = std::fs::read_dir(&folder).unwrap().collect();
        assert_eq!(left.len(), 1);
        write(&folder, &cannot[..1]).unwrap();
        assert!(folder.join("gangway.lock").is_file());
    }
}
