//! `bundle.json`: what a bundle is made of, for every command that reads one.
//!
//! Written after the exe. A server never reads it; the manifest inside the exe is all that a
//! server believes.

use gangway_contract::document;
use gangway_contract::manifest::Mode;
use gangway_contract::{BundleId, ReleaseId, Sha256};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Version of this document's shape.
pub const SCHEMA: u32 = 1;

/// File name in the bundle's folder.
pub const FILE_NAME: &str = "bundle.json";

/// The list of digests of a bundle, of packages and of an archive, in the form that `sha256sum -c` reads.
pub const SUMS_FILE_NAME: &str = "SHA256SUMS";

/// Its line of a file.
pub fn sums_line(sha256: &Sha256, path: &str) -> String {
    format!("{sha256}  {path}\n")
}

/// Largest document that is read, in bytes; real ones are below 100 KB.
pub const MAX_BYTES: u64 = 16 << 20;

/// The whole document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BundleDocument {
    /// Always [`SCHEMA`]; another number is another program's document.
    pub schema: u32,
    /// Digest of the manifest.
    pub bundle_id: BundleId,
    /// Digest of the payload list.
    pub release_id: ReleaseId,
    /// The manifest's sequence.
    pub sequence: u64,
    /// What the bootstrap may do.
    pub mode: Mode,
    /// Display name of the organisation.
    pub organization: String,
    /// What stands for the organisation in every GUID, where it is not the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization_id: Option<String>,
    /// Name or SID of the group whose members the onboarding task does not reach.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exclude_group: Option<String>,
    /// The time that stands in all outputs, in seconds since 1970 UTC.
    pub output_time: i64,
    /// The program that made the bundle.
    pub tool: Tool,
    /// The exe, as it was before anyone signed it.
    pub exe: Exe,
    /// The downloads that went in, sorted by path.
    pub inputs: Vec<Input>,
    /// Warnings about the package that stay with the bundle.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<Remark>,
    /// Every other file of the bundle, sorted by path; not this document, the exe (which is
    /// signed later) and `SHA256SUMS`.
    pub files: Vec<FileDigest>,
}

impl BundleDocument {
    /// What stands for the organisation in every GUID.
    pub fn identity(&self) -> &str {
        self.organization_id
            .as_deref()
            .unwrap_or(&self.organization)
    }

    /// The stored form: indented JSON with a final line feed.
    pub fn to_bytes(&self) -> Vec<u8> {
        document::to_bytes(self)
    }

    /// Reads a document, the schema number alone first.
    ///
    /// # Errors
    /// In words: another schema, or the position of the first malformed field.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let schema = document::schema(bytes).map_err(|error| error.to_string())?;
        if schema != SCHEMA {
            return Err(format!(
                "it has schema {schema}, this program reads schema {SCHEMA}"
            ));
        }
        serde_json::from_slice(bytes).map_err(|error| error.to_string())
    }
}

/// Name and version of the program that made a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// Name of the program: `gangway`.
    pub name: String,
    /// As `gangway --version` tells it.
    pub version: String,
}

/// The exe before it was signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exe {
    /// Path in the bundle, with `/`.
    pub path: String,
    /// Size in bytes.
    pub unsigned_size: u64,
    /// SHA-256 of all bytes.
    pub unsigned_sha256: Sha256,
    /// Authenticode digest (SHA-256), which signing does not change.
    pub authenticode_sha256: Sha256,
    /// Version that the stub states.
    pub stub_version: String,
    /// SHA-256 of the stub.
    pub stub_sha256: Sha256,
}

/// One download that went into the bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Path below the folder that the config names, or the name of a file that it names; entries
    /// of archives after `!`. Where the folder lies is not told.
    pub path: String,
    /// Size in bytes.
    pub size: u64,
    /// SHA-256 of all bytes.
    pub sha256: Sha256,
    /// What it was recognised as.
    pub kind: String,
    /// Who signed it, in one line.
    pub verdict: String,
    /// Path of its copy in the bundle, when it was staged.
    pub staged_as: Option<String>,
    /// Path in the bundle of the blob that it carries, when that was staged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blob_staged_as: Option<String>,
}

/// A warning that stays with the bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Remark {
    /// The problem's code.
    pub code: String,
    /// Path of the download, as among the inputs.
    pub subject: String,
    /// What was found.
    pub message: String,
    /// What shows it.
    pub evidence: Vec<String>,
}

/// Path and digest of one output.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileDigest {
    /// Path in the bundle, with `/`.
    pub path: String,
    /// Size in bytes.
    pub size: u64,
    /// SHA-256 of all bytes.
    pub sha256: Sha256,
}
/// A mode as `--mode` of `gangway build` takes it.
pub const fn mode_name(mode: Mode) -> &'static str {
    match mode {
        Mode::Precheck => "precheck",
        Mode::Onboard => "onboard",
        Mode::Offboard => "offboard",
    }
}
