//! The document for the people who watch servers, as other programs read it.

use gangway_contract::document;
use gangway_contract::events::Level;
use gangway_contract::manifest::{Mode, Payload, Signer};
use gangway_contract::step::StepKind;
use gangway_contract::{BundleId, OrgId, ReleaseId, Sha256, State};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::pipeline::briefing::{AddressRow, Restarts};

/// File name in the bundle's folder.
pub(in crate::pipeline) const FILE_NAME: &str = "soc.json";

/// What a rollout of this bundle does that a monitored server shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SocDocument {
    /// Always 1; another number is another program's document.
    pub(in crate::pipeline) schema: u32,
    /// Digest of the manifest.
    pub(in crate::pipeline) bundle_id: BundleId,
    /// Digest of the payload list.
    pub(in crate::pipeline) release_id: ReleaseId,
    /// The manifest's sequence.
    pub(in crate::pipeline) sequence: u64,
    /// What the bootstrap may do.
    pub(in crate::pipeline) mode: Mode,
    /// Is it the last campaign? Then the bootstrap's own folders, keys, tasks and event source go from each server.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(in crate::pipeline) retires: bool,
    /// Display name of the organisation.
    pub(in crate::pipeline) organization: String,
    /// The tenant's organisation (`OrgId` in the sensor's key).
    pub(in crate::pipeline) org_id: OrgId,
    /// When an offboarding package ends, in seconds since 1970 UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::pipeline) expires_at: Option<i64>,
    /// The program that everything else comes from.
    pub(in crate::pipeline) bootstrap: SocProgram,
    /// Scheduled tasks on each server, by domain.
    pub(in crate::pipeline) tasks: Vec<SocTask>,
    /// Programs that the bootstrap may start, by what for; a server sees those that it needs.
    pub(in crate::pipeline) starts: Vec<SocStart>,
    /// When the bootstrap may ask Windows to restart.
    pub(in crate::pipeline) restarts: Restarts,
    /// When changing steps may run, local time of each server; none means always.
    pub(in crate::pipeline) hours: Option<SocHours>,
    /// Lines of the Application log.
    pub(in crate::pipeline) events: Vec<SocEvent>,
    /// Folders of its own on a server.
    pub(in crate::pipeline) folders: Vec<String>,
    /// Keys that it may write values to, below `HKEY_LOCAL_MACHINE`.
    pub(in crate::pipeline) registry_keys: Vec<String>,
    /// Shares that servers reach as the computer's account.
    pub(in crate::pipeline) shares: Vec<String>,
    /// Files that servers fetch.
    pub(in crate::pipeline) payloads: Vec<SocPayload>,
    /// Addresses of the service, to be opened outbound and asked by the bootstrap.
    pub(in crate::pipeline) addresses: Vec<AddressRow>,
    /// Hosts that the service's lists give as a family only.
    pub(in crate::pipeline) host_patterns: Vec<String>,
}

/// The bootstrap. Its signer is who signs the bundle later; see `packages.json` and `gangway verify`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::pipeline) struct SocProgram {
    /// File name, wherever it lies.
    pub(in crate::pipeline) name: String,
    /// Authenticode digest (SHA-256), which signing does not change.
    pub(in crate::pipeline) authenticode_sha256: Sha256,
    /// SHA-256 of all bytes as long as nobody has signed it. `SHA256SUMS` has the one of the signed file.
    pub(in crate::pipeline) unsigned_sha256: Sha256,
    /// Paths from which Windows starts it.
    pub(in crate::pipeline) started_from: Vec<String>,
    /// Path of the copy that then runs.
    pub(in crate::pipeline) runs_from: String,
    /// The account that it runs as.
    pub(in crate::pipeline) account: String,
}

/// A scheduled task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::pipeline) struct SocTask {
    /// Domain whose policy brings it.
    pub(in crate::pipeline) domain: String,
    /// Name of that policy.
    pub(in crate::pipeline) policy: String,
    /// Name in the Task Scheduler.
    pub(in crate::pipeline) name: String,
    /// Program.
    pub(in crate::pipeline) command: String,
    /// Its arguments.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::pipeline) arguments: Option<String>,
    /// Does it stay on the server, or is it gone when it has run?
    pub(in crate::pipeline) stays: bool,
}

/// A program that a step starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::pipeline) struct SocStart {
    /// The step, as host reports name it.
    pub(in crate::pipeline) step: StepKind,
    /// Path of the program; none when the bootstrap does it by itself.
    pub(in crate::pipeline) program: Option<String>,
}

/// Hours of a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::pipeline) struct SocHours {
    /// `HH:MM`.
    pub(in crate::pipeline) from: String,
    /// `HH:MM`; before `from` it is that of the next day.
    pub(in crate::pipeline) to: String,
}

/// A line of the Application log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::pipeline) struct SocEvent {
    /// Its source.
    pub(in crate::pipeline) source: String,
    /// Its id.
    pub(in crate::pipeline) id: u32,
    /// Its weight.
    pub(in crate::pipeline) level: Level,
    /// How its text begins; none where the portal's script writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::pipeline) text_begins: Option<String>,
    /// The state that it tells of; none of lines about the blob.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::pipeline) state: Option<State>,
}

/// A file that servers fetch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::pipeline) struct SocPayload {
    /// File name.
    pub(in crate::pipeline) name: String,
    /// Size in bytes.
    pub(in crate::pipeline) size: u64,
    /// SHA-256 of all bytes.
    pub(in crate::pipeline) sha256: Sha256,
    /// Version, where it states one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::pipeline) version: Option<String>,
    /// Who signed it; none of what carries no Authenticode signature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::pipeline) signer: Option<Signer>,
}

impl SocDocument {
    /// Version of this document's shape.
    pub const VERSION: u32 = 1;

    /// The stored form: indented JSON with a final line feed.
    pub(in crate::pipeline) fn to_bytes(&self) -> Vec<u8> {
        document::to_bytes(self)
    }
}

impl From<&Payload> for SocPayload {
    fn from(payload: &Payload) -> Self {
        Self {
            name: payload.name.clone(),
            size: payload.size,
            sha256: payload.sha256,
            version: payload.version.clone(),
            signer: payload.signer.clone(),
        }
    }
}
