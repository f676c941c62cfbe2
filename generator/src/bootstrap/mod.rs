//! Turns the linked bootstrap stub into the exe of one bundle.
//!
//! The stub is the runner, built once. One `.rsrc` section is appended to it: the manifest
//! (RCDATA 101), version information and an application manifest. Nothing else changes but
//! the header fields that must know of the new section, so that the result is a plain
//! executable without overlay, ready for signing, and the same inputs give the same bytes.

mod headers;
mod image;
mod resource;
mod taken_apart;
mod version_info;

use gangway_contract::manifest::{self, Manifest, Mode, RESOURCE_ID};
use gangway_contract::program_name::program_name;
use gangway_contract::stub::Marker;
use gangway_contract::{BundleId, Sha256};

#[cfg(test)]
pub(crate) use headers::checksum;
pub use headers::{ImageError, MAX_STUB_BYTES};
pub use taken_apart::{stub_of, with_signature, without_signature};

use resource::{Resource, ResourceTree};

/// The exe of one bundle, before it is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bootstrap {
    /// `MdeOnboard-<bundle-id>.exe` or `MdeOffboard-<bundle-id>.exe`.
    pub name: String,
    /// The executable.
    pub bytes: Vec<u8>,
    /// Where the exe's code comes from.
    pub stub: StubIdentity,
}

/// Which stub an exe was made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StubIdentity {
    /// Version the stub states.
    pub version: String,
    /// SHA-256 of the stub file.
    pub sha256: Sha256,
}

/// Why a stub was not turned into a bootstrap.
#[derive(Debug, thiserror::Error)]
pub enum SpecialiseError {
    /// Not built from the runner, or damaged.
    #[error("the file holds no Gangway stub marker, so it is no bootstrap stub")]
    NoMarker,
    /// Reads other manifests than this program writes.
    #[error(
        "the stub reads manifest schema {found}, this program writes schema {}",
        manifest::SCHEMA
    )]
    OtherSchema {
        /// Schema that the stub states.
        found: u32,
    },
    /// The manifest is for another stub.
    #[error("its SHA-256 is {found}, the manifest is for the stub {expected}")]
    OtherStub {
        /// In the manifest.
        expected: Sha256,
        /// Of the file.
        found: Sha256,
    },
    /// The manifest is not one that the bootstrap takes.
    #[error("it would refuse its manifest")]
    Manifest(#[from] manifest::ManifestError),
    /// Not an executable that can take a resource section.
    #[error(transparent)]
    Image(#[from] ImageError),
}

impl SpecialiseError {
    /// What to do next; none for a defect of this program.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NoMarker | Self::OtherSchema { .. } => {
                Some("name the `gangway-runner.exe` that came with this program")
            }
            _ => None,
        }
    }
}

/// Says which stub a file is.
///
/// # Errors
/// It is none, or reads another schema of manifests.
pub fn identify(stub: &[u8]) -> Result<StubIdentity, SpecialiseError> {
    let marker = Marker::find(stub).ok_or(SpecialiseError::NoMarker)?;
    if marker.schema != manifest::SCHEMA {
        return Err(SpecialiseError::OtherSchema {
            found: marker.schema,
        });
    }
    Ok(StubIdentity {
        version: marker.version,
        sha256: Sha256::of(stub),
    })
}

/// Puts a manifest into a stub.
///
/// `manifest_bytes` are stored as they are: their digest is the bundle's identity.
///
/// # Errors
/// When the stub is not one, reads another schema, or has no room for a section.
pub fn specialise(
    stub: &[u8],
    manifest: &Manifest,
    manifest_bytes: &[u8],
) -> Result<Bootstrap, SpecialiseError> {
    let stub_identity = identify(stub)?;
    if stub_identity.sha256 != manifest.stub {
        return Err(SpecialiseError::OtherStub {
            expected: manifest.stub,
            found: stub_identity.sha256,
        });
    }
    let bundle_id = BundleId::of_bytes(manifest_bytes);
    let name = program_name(manifest.mode, &bundle_id);
    let strings = version_info::Strings {
        description: match manifest.mode {
            Mode::Precheck => "Gangway bootstrap (precheck)",
            Mode::Onboard => "Gangway bootstrap (onboarding)",
            Mode::Offboard => "Gangway bootstrap (offboarding)",
        },
        original_filename: &name,
        version: &stub_identity.version,
        comments: &format!("bundle {bundle_id}, sequence {}", manifest.sequence),
    };
    let tree = ResourceTree::new(vec![
        Resource {
            kind: resource::RT_RCDATA,
            id: u32::from(RESOURCE_ID),
            language: 0,
            data: manifest_bytes.to_vec(),
        },
        Resource {
            kind: resource::RT_VERSION,
            id: 1,
            language: 1033,
            data: version_info::encode(&strings),
        },
        Resource {
            kind: resource::RT_MANIFEST,
            id: 1,
            language: 1033,
            data: APPLICATION_MANIFEST.as_bytes().to_vec(),
        },
    ]);
    let bytes = image::append_resources(stub, &tree)?;
    if stub_of(&bytes, manifest.stub).is_none() {
        return Err(ImageError::Unsuitable {
            what: "its headers hold values that would be lost; take the stub as it was built",
        }
        .into());
    }
    Manifest::parse(manifest_bytes)?;
    Ok(Bootstrap {
        name,
        bytes,
        stub: stub_identity,
    })
}

/// Runs with the caller's rights (the task gives them), knows long paths, and names every
/// Windows it supports so that version calls do not lie (`GetVersionEx` without this reports
/// 6.2). GUIDs: Microsoft's documentation of application manifests, `supportedOS`.
const APPLICATION_MANIFEST: &str = concat!(
    r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>"#,
    "\r\n",
    r#"<assembly xmlns="urn:schemas-microsoft-com:asm.v1" manifestVersion="1.0">"#,
    r#"<trustInfo xmlns="urn:schemas-microsoft-com:asm.v3"><security><requestedPrivileges>"#,
    r#"<requestedExecutionLevel level="asInvoker" uiAccess="false"/>"#,
    r#"</requestedPrivileges></security></trustInfo>"#,
    r#"<compatibility xmlns="urn:schemas-microsoft-com:compatibility.v1"><application>"#,
    // Windows 7 and Server 2008 R2.
    r#"<supportedOS Id="{35138b9a-5d96-4fbd-8e2d-a2440225f93a}"/>"#,
    // Windows 8 and Server 2012.
    r#"<supportedOS Id="{4a2f28e3-53b9-4441-ba9c-d69d4a4a6e38}"/>"#,
    // Windows 8.1 and Server 2012 R2.
    r#"<supportedOS Id="{1f676c76-80e1-4239-95bb-83d0f6d0da78}"/>"#,
    // Windows 10 and Server 2016 and up.
    r#"<supportedOS Id="{8e0f7a12-bfb3-4fe8-b9a5-48fd50a15a9a}"/>"#,
    r#"</application></compatibility>"#,
    r#"<application xmlns="urn:schemas-microsoft-com:asm.v3"><windowsSettings>"#,
    r#"<longPathAware xmlns="http://schemas.microsoft.com/SMI/2016/WindowsSettings">true</longPathAware>"#,
    r#"</windowsSettings></application></assembly>"#,
);

#[cfg(test)]
pub(crate) mod tests;
