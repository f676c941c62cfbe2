//! What the caller decides: whom to trust, which tenant, how much to read.

use std::path::PathBuf;

use gangway_contract::OrgId;
use serde::{Deserialize, Serialize};

/// Everything that [`inspect`](super::inspect) needs besides the paths. No clock is read:
/// "now" is a value.
#[derive(Debug, Clone)]
pub struct IntakeSettings {
    /// Moment that expiry is judged at, in seconds since 1970 UTC.
    pub now: i64,
    /// The `[trust]` section.
    pub trust: TrustSettings,
    /// DER certificates of the lab roots that `trust.lab_roots` names, read by the caller.
    pub lab_roots: Vec<Vec<u8>>,
    /// DER certificates of the roots that `trust.blob_roots` names, read by the caller.
    pub blob_roots: Vec<Vec<u8>>,
    /// Revocation lists (DER or PEM) that `trust.revocation_lists` and the command line name,
    /// read by the caller. None is ever fetched.
    pub revocation_lists: Vec<Vec<u8>>,
    /// `organization.org_id`: packages for another tenant are errors.
    pub org_id: Option<OrgId>,
    /// Folder that the deployment tool filled with `-Stage`: every file in it is a payload.
    pub deployment_source: Option<PathBuf>,
    /// Folder on the output's file system into which recognised payloads are copied as they
    /// are judged, so that the bytes judged are the bytes staged; none means read in place.
    pub staging: Option<PathBuf>,
    /// Bounds.
    pub limits: Limits,
}

impl IntakeSettings {
    /// Microsoft's roots and default signer rules only, any tenant, nothing staged.
    pub fn at(now: i64) -> Self {
        Self {
            now,
            trust: TrustSettings::default(),
            lab_roots: Vec::new(),
            blob_roots: Vec::new(),
            revocation_lists: Vec::new(),
            org_id: None,
            deployment_source: None,
            staging: None,
            limits: Limits::default(),
        }
    }
}

/// Bounds on what one inspection reads. Real portal archives hold fewer than ten entries and
/// the repository archive about twenty.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Files and archive entries looked at in one inspection.
    pub files: usize,
    /// Bytes of one file; a larger one is not even hashed.
    pub file_bytes: u64,
    /// Files and folders in the directory of a ZIP.
    pub archive_entries: u64,
    /// Archives inside archives.
    pub archive_depth: usize,
    /// Inflated bytes of one archive entry.
    pub entry_bytes: u64,
    /// Inflated bytes that one archive may claim, and that are read out of a given one, archives
    /// inside it included. What is read is also held to the size of the archive.
    pub archive_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            files: 20_000,
            // Programs, cabinets (and so update packages) and archives count their bytes in 32
            // bits: no download is larger.
            file_bytes: u64::from(u32::MAX),
            archive_entries: 10_000,
            archive_depth: 3,
            // The agent was 238 MB in 2026; a full cumulative update is below 1 GiB.
            entry_bytes: 2 << 30,
            archive_bytes: 4 << 30,
        }
    }
}

/// `[trust]`: who counts as Microsoft, and who may sign what.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrustSettings {
    /// Certificate files (PEM or DER) of lab roots, trusted besides Microsoft's.
    pub lab_roots: Vec<PathBuf>,
    /// Lets a lab root stand for Microsoft's: without this a file signed under a lab root is
    /// valid and still not Microsoft's.
    pub lab_root_counts_as_microsoft: bool,
    /// Certificate files (PEM or DER) of roots that on- and offboarding blobs may rest on, for
    /// packages whose issuer is newer than this program. They vouch for nothing else, and the
    /// issuing authority still has to be Microsoft's by its organisation.
    pub blob_roots: Vec<PathBuf>,
    /// Revocation lists (DER or PEM) of the signers' issuers. Without them the verdicts say that
    /// revocation was not checked.
    pub revocation_lists: Vec<PathBuf>,
    /// `[trust.signers]`.
    pub signers: SignerPolicy,
}

/// `[trust.signers]`: one rule for each kind of download.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SignerPolicy {
    /// `md4ws.msi`.
    pub agent: SignerRule,
    /// `Install.ps1`.
    pub scripts: SignerRule,
    /// Platform update, sensor update, MSU hotfixes.
    pub updates: SignerRule,
    /// Deployment tool, legacy MMA set-up.
    pub tools: SignerRule,
}

/// Who may sign one kind of download. Identity is the root, the subject's organisation and
/// the key usage together; a display name alone proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SignerRule {
    /// Organisations (`O=`) of the signing certificate that are accepted.
    pub organizations: Vec<String>,
    /// SHA-256 of root certificates (64 hex digits) that the chain may end at; empty means
    /// Microsoft's, and the lab's when it counts as Microsoft's.
    pub roots: Vec<String>,
    /// Extended key usages (dotted) that the signing certificate must have besides code
    /// signing.
    pub extended_key_usages: Vec<String>,
    /// A time stamp must be present.
    pub require_timestamp: bool,
    /// Accepts what rests on SHA-1 alone, when it is time-stamped: the content digest, or a chain
    /// to one of Microsoft's roots of 1997 and 2001. Left out: for `updates` only, because those
    /// that Server 2012 R2 and 2008 R2 need first are of that time.
    pub allow_sha1: Option<bool>,
    /// Accepts an installer package without the stream `MsiDigitalSignatureEx`, in which streams
    /// could be renamed. Asked of `agent` only. Signing tools have written the stream by default
    /// since Windows 7; that Microsoft's agent has it was not seen here, hence this way out.
    pub allow_unsigned_metadata: bool,
}

impl Default for SignerRule {
    fn default() -> Self {
        Self {
            organizations: vec!["Microsoft Corporation".to_owned()],
            roots: Vec::new(),
            extended_key_usages: Vec::new(),
            require_timestamp: true,
            allow_sha1: None,
            allow_unsigned_metadata: false,
        }
    }
}
