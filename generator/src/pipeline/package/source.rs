//! The bundle that is packed: proven, and read.

use std::fs::File;
use std::path::{Path, PathBuf};

use gangway_contract::manifest::{Manifest, Payload, Role};
use gangway_contract::{BundleId, Sha256};

use super::super::codes::FILE_CHANGED;
use super::super::layout::RELEASES;
use super::super::verify::{
    ProvenExe, Standing, Verification, VerifyRequest, verify, verify_all_but_payloads,
};
use super::PackageError;
use super::document::{Offboarding, PackageFile, PackagesDocument, Product};
use crate::bundle::BundleDocument;
use crate::disk::DiskError;
use crate::packages::cabinet::DosTime;
use crate::packages::codes;
use crate::plain_file;
use crate::problem::Problem;

/// A bundle that verified.
pub(super) struct Source {
    pub(super) folder: PathBuf,
    pub(super) document: BundleDocument,
    pub(super) bundle_json_sha256: Sha256,
    pub(super) manifest: Manifest,
    pub(super) exe: ProvenExe,
    pub(super) exe_name: String,
    pub(super) is_signed: bool,
    pub(super) problems: Vec<Problem>,
}

impl Source {
    /// With `packs` the payloads are left to whoever packs them, and compares them then.
    pub(super) fn proven(
        request: &VerifyRequest,
        allow_unsigned: bool,
        packs: bool,
    ) -> Result<Self, PackageError> {
        let Verification {
            document,
            bundle_json_sha256,
            signature,
            exe,
            problems,
            ..
        } = match packs {
            true => verify_all_but_payloads(request)?,
            false => verify(request)?,
        };
        if let Some(problem) = problems.iter().find(|problem| problem.is_error()) {
            return Err(PackageError::NotProven(Box::new(problem.clone())));
        }
        let folder = request.bundle.clone();
        let changed = |what: &str| changed(what, format!("`{what}` changed while it was read"));
        // An exe that is not proven is an error among the findings.
        let exe = exe.ok_or_else(|| changed(&document.exe.path))?;
        if signature.standing == Standing::Unsigned && !allow_unsigned {
            return Err(PackageError::Unsigned);
        }
        let path = folder.join("manifest.json");
        let limit = gangway_contract::manifest::MAX_BYTES as u64;
        let bytes = plain_file::read_whole(&path, limit).map_err(DiskError::io("read", &path))?;
        let manifest = Some(bytes)
            .filter(|bytes| BundleId::of_bytes(bytes) == document.bundle_id)
            .and_then(|bytes| Manifest::parse(&bytes).ok())
            .ok_or_else(|| changed("manifest.json"))?;
        let exe_name = Path::new(&document.exe.path)
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        Ok(Self {
            folder,
            bundle_json_sha256,
            manifest,
            exe,
            exe_name,
            is_signed: signature.standing != Standing::Unsigned,
            document,
            problems,
        })
    }

    /// The document of packages that were made of it.
    pub(super) fn packed(
        &self,
        files: Vec<PackageFile>,
        product: Option<Product>,
        removal: Option<&Self>,
    ) -> PackagesDocument {
        PackagesDocument {
            schema: PackagesDocument::schema(),
            bundle_id: self.document.bundle_id.clone(),
            release_id: self.document.release_id.clone(),
            bundle_json_sha256: self.bundle_json_sha256,
            sequence: self.document.sequence,
            mode: self.document.mode,
            exe_sha256: Sha256::of(&self.exe.bytes),
            exe_is_signed: self.is_signed,
            product,
            offboarding: removal.and_then(Self::as_offboarding),
            files,
        }
    }

    /// What `packages.json` says of a bundle that offboards.
    pub(super) fn as_offboarding(&self) -> Option<Offboarding> {
        Some(Offboarding {
            bundle_id: self.document.bundle_id.clone(),
            bundle_json_sha256: self.bundle_json_sha256,
            exe_sha256: Sha256::of(&self.exe.bytes),
            expires_at: self.manifest.expires_at?,
        })
    }

    /// The findings of payloads that lie in no installer package.
    pub(super) fn secrets(&self) -> Vec<Problem> {
        self.manifest.payloads.iter().filter_map(secret).collect()
    }

    pub(super) fn time(&self) -> DosTime {
        DosTime::at(self.document.output_time)
    }

    /// Where the payloads lie.
    pub(super) fn release_folder(&self) -> PathBuf {
        let releases = self.folder.join(RELEASES);
        releases.join(self.manifest.release_id.as_str())
    }

    /// Opens every payload.
    pub(super) fn payloads(&self) -> Result<Vec<File>, PackageError> {
        let folder = self.release_folder();
        let open = |payload: &Payload| {
            let path = folder.join(&payload.name);
            plain_file::open(&path)
                .map_err(DiskError::io("open", &path))
                .map_err(PackageError::from)
        };
        self.manifest.payloads.iter().map(open).collect()
    }

    /// What was read of the payloads is what the manifest says: for their content this is the place
    /// where the bundle is proven.
    pub(super) fn compare_payloads(&self, digests: &[Sha256]) -> Result<(), PackageError> {
        let mut payloads = self.manifest.payloads.iter().zip(digests);
        if let Some((payload, _)) = payloads.find(|(payload, found)| payload.sha256 != **found) {
            let path = format!("{RELEASES}{}/{}", self.manifest.release_id, payload.name);
            return Err(changed(&path, "the file was changed"));
        }
        match digests.len() == self.manifest.payloads.len() {
            true => Ok(()),
            false => Err(not_as_listed("the payloads", "some were not read")),
        }
    }
}

/// The finding of a file that is not the one that was built.
pub(super) fn changed(path: &str, message: impl Into<String>) -> PackageError {
    let next = "find out who writes to the bundle; copy it again as a whole, or build it again";
    let problem = Problem::new(&FILE_CHANGED, path, message, next);
    PackageError::NotProven(Box::new(problem))
}

pub(super) fn not_as_listed(name: &str, why: &str) -> PackageError {
    let problem = Problem::new(
        &codes::PAYLOAD_NOT_AS_LISTED,
        name,
        "its bytes are not those that the manifest names",
        "verify the bundle, find out who writes to it, and make the packages again",
    );
    PackageError::Refused(vec![problem.with_evidence(why)])
}

/// The finding of a payload that lies in no installer package.
fn secret(payload: &Payload) -> Option<Problem> {
    let what = match payload.role {
        Role::OffboardingInfo | Role::OffboardingScript => "it takes servers out of the service",
        Role::WorkspaceKey => "it is the key of a workspace",
        _ => return None,
    };
    Some(Problem::new(
        &codes::SECRET_PAYLOAD,
        &payload.name,
        what,
        "leave it out of the bundle, or bring the bundle to servers by its exe and the share",
    ))
}
