//! `packages.json`: what a folder of packages is made of, and the mark that it is ours.

use std::io;
use std::path::Path;

use gangway_contract::document;
use gangway_contract::manifest::Mode;
use gangway_contract::{BundleId, ReleaseId, Sha256};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::bundle::sums_line;
use crate::packages::tools::{CONTENT, OFFBOARD};
use crate::plain_file;

/// Version of this document's shape.
const SCHEMA: u32 = 1;

/// Its name in the folder.
pub(in crate::pipeline) const FILE_NAME: &str = "packages.json";

/// Largest document that is read, in bytes; real ones have some hundreds.
const MAX_BYTES: u64 = 1 << 20;

/// A kind of package.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// A package for the Windows Installer, with its external cabinet.
    Msi,
    /// A cabinet of the bootstrap and its payloads.
    Cab,
    /// The bundle in one file, for a closed network.
    Zip,
    /// Bootstrap and payloads as files, which tools that run programs bring to servers.
    Content,
    /// An application for Configuration Manager.
    Configmgr,
    /// Playbooks for Ansible.
    Ansible,
    /// Configurations for PowerShell DSC.
    Dsc,
    /// Rules for App Control and AppLocker.
    Allow,
    /// A package for Intune, which manages no server.
    Intunewin,
}

/// How a format's files lie in the folder of packages.
impl Format {
    /// Every format.
    pub(super) const ALL: [Self; 9] = [
        Self::Msi,
        Self::Cab,
        Self::Zip,
        Self::Content,
        Self::Configmgr,
        Self::Ansible,
        Self::Dsc,
        Self::Allow,
        Self::Intunewin,
    ];

    /// Is it among all that a bundle of this mode has? What brings nothing to servers is made when it is asked
    /// for only; no installer package offboards (GW5001).
    pub(super) fn is_usual(self, mode: Mode) -> bool {
        match self {
            Self::Intunewin => false,
            Self::Msi => mode != Mode::Offboard,
            other => mode == Mode::Onboard || !other.names_a_state(),
        }
    }

    /// Folders of its files.
    pub(super) const fn folders(self) -> &'static [&'static str] {
        match self {
            Self::Msi => &["msi"],
            Self::Cab => &["cab"],
            Self::Zip => &["zip"],
            Self::Content => &[CONTENT, OFFBOARD],
            Self::Configmgr => &["configmgr"],
            Self::Ansible => &["ansible"],
            Self::Dsc => &["dsc"],
            Self::Allow => &["allow"],
            Self::Intunewin => &["intunewin"],
        }
    }

    /// How names of its files end; nothing where payloads lie, whose names are their own.
    pub(super) const fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Msi => &["msi", "cab"],
            Self::Cab => &["cab"],
            Self::Zip => &["zip"],
            Self::Content => &[],
            Self::Configmgr => &["ps1", "json"],
            Self::Ansible => &["yml"],
            Self::Dsc => &["ps1"],
            Self::Allow => &["xml"],
            Self::Intunewin => &["intunewin"],
        }
    }

    /// Does a package of it lie under this path?
    pub(in crate::pipeline) fn takes(self, path: &str) -> bool {
        let Some((folder, name)) = path.split_once('/') else {
            return false;
        };
        let extensions = self.extensions();
        let extension = name.rsplit_once('.').map(|(_, extension)| extension);
        self.folders().contains(&folder)
            && (extensions.is_empty() || extension.is_some_and(|it| extensions.contains(&it)))
    }

    /// Is it a folder that tells a tool to run what lies in `content`?
    pub(super) const fn is_of_a_tool(self) -> bool {
        matches!(self, Self::Configmgr | Self::Ansible | Self::Dsc)
    }

    /// Does it name a state that computers are brought to?
    pub(super) const fn names_a_state(self) -> bool {
        self.is_of_a_tool() || matches!(self, Self::Intunewin)
    }
}

impl Format {
    /// Is every payload read for it, and held against the manifest?
    pub(super) fn reads_payloads(self) -> bool {
        match self {
            Self::Msi | Self::Cab | Self::Zip | Self::Content | Self::Intunewin => true,
            // They come with `content`.
            Self::Configmgr | Self::Ansible | Self::Dsc => true,
            Self::Allow => false,
        }
    }
}

/// One file of the folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PackageFile {
    /// Path in the folder, with `/`.
    pub path: String,
    /// The package that it belongs to.
    pub format: Format,
    /// Size in bytes.
    pub size: u64,
    /// SHA-256 of all bytes.
    pub sha256: Sha256,
    /// Who signed it, in one line; none when nobody did.
    pub signature: Option<String>,
}

/// GUIDs of the installer package, in braces and capitals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// Of this package's content; `msiexec /x` takes it, and management tools detect it.
    pub product_code: String,
    /// Of all packages of the organisation.
    pub upgrade_code: String,
    /// Three numbers, from the bundle's sequence.
    pub version: String,
}

/// What takes servers out of the service again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Offboarding {
    /// Digest of its manifest, as `bundle.json` has it.
    pub bundle_id: BundleId,
    /// SHA-256 of that bundle's `bundle.json`.
    pub bundle_json_sha256: Sha256,
    /// SHA-256 of its bootstrap, with its signature.
    pub exe_sha256: Sha256,
    /// Last moment of the offboarding package, in seconds since 1970 UTC.
    pub expires_at: i64,
}

/// The whole document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PackagesDocument {
    /// Its version.
    pub schema: u32,
    /// Whose program is packed.
    pub bundle_id: BundleId,
    /// Its payloads.
    pub release_id: ReleaseId,
    /// SHA-256 of its `bundle.json`.
    pub bundle_json_sha256: Sha256,
    /// Place among all bundles of its lock, from 1.
    pub sequence: u64,
    /// What its bootstrap does.
    pub mode: Mode,
    /// SHA-256 of the bootstrap that was packed, with its signature.
    pub exe_sha256: Sha256,
    /// Was it signed?
    pub exe_is_signed: bool,
    /// The installer package, when there is one.
    pub product: Option<Product>,
    /// The bundle that offboards, when one was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offboarding: Option<Offboarding>,
    /// Every file beside this document and `SHA256SUMS`, sorted by path.
    pub files: Vec<PackageFile>,
}

impl PackagesDocument {
    /// The number that a new document has.
    pub(super) const fn schema() -> u32 {
        SCHEMA
    }

    /// `SHA256SUMS` of the folder: every file but the two documents, for `sha256sum -c`.
    pub(in crate::pipeline) fn sums(&self) -> String {
        let line = |file: &PackageFile| sums_line(&file.sha256, &file.path);
        self.files.iter().map(line).collect()
    }

    /// The stored form: indented JSON with a final line feed.
    pub(in crate::pipeline) fn to_bytes(&self) -> Vec<u8> {
        document::to_bytes(self)
    }

    /// Reads a document of this program.
    ///
    /// # Errors
    /// In words.
    fn parse(bytes: &[u8]) -> Result<Self, String> {
        let document: Self = document::read(bytes).map_err(|error| error.to_string())?;
        if document.schema != SCHEMA {
            return Err(format!("it has schema {}", document.schema));
        }
        Ok(document)
    }
}

/// The document of a folder; none where there is none.
///
/// # Errors
/// In words: it is there, and not one of ours.
pub(in crate::pipeline) fn of_folder(folder: &Path) -> Option<Result<PackagesDocument, String>> {
    let path = folder.join(FILE_NAME);
    match plain_file::read_whole(&path, MAX_BYTES) {
        Ok(bytes) => Some(PackagesDocument::parse(&bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => Some(Err(error.to_string())),
    }
}
