//! Reads the reports that servers leave and says how far the fleet is.
//!
//! Reports are untrusted input: bounded in number and size, parsed into what is needed, and
//! never believed beyond what they say of their own server. Whose a file is says the file server:
//! where its owner and the server's account are known, a report of somebody else does not count,
//! and where they are not, the number says so.

mod blockers;
pub mod codes;
mod connectivity;
mod consistency;
mod counts;
mod decode;
mod elsewhere;
mod error;
mod evidence;
mod expected;
mod fold;
mod hex;
mod host_report;
mod life;
mod mark;
mod owners;
mod prune;
mod read;
mod ring;
mod standing;
mod subject;
mod summary;
mod table;

use std::borrow::Cow;

use gangway_contract::manifest::Mode;
use gangway_contract::{BundleId, OrgId, State, UtcTime};
use schemars::JsonSchema;
use serde::Serialize;

pub use counts::none_counts;
pub use error::{FleetError, MAX_REPORTS};
pub use evidence::{
    AnalyzerResult, Evidence, EvidenceCount, EvidenceError, EvidenceFact, EvidenceFinding,
    Gathered, gather as gather_evidence, stand_beside,
};
use expected::NETBIOS_LENGTH;
pub use expected::{ExpectedError, ExpectedServers};
pub use life::{Life, LifeKind};
pub use owners::{OwnerCheck, OwnerCount, Owners, OwnersError, SavedOwners, required_problem};
pub use prune::{History, Keep, PruneError, Pruned, prune};
pub use read::{counts_by_its_words, read};
pub use ring::{RingCount, ring_count};
pub use standing::Standing;
pub use subject::Places;
pub use summary::{Names, text};
pub use table::csv;

use crate::goal::Goal;
use crate::problem::Problem;

/// Days after which a server that sent nothing new is no longer heard from.
pub const DEFAULT_MAX_AGE_DAYS: u32 = 30;

/// Characters that are kept of each text of a report; the longest of real ones, a reason's
/// detail with the words of several failures, has some four hundred.
const MAX_TEXT: usize = 1_000;

/// What is asked of the reports.
#[derive(Debug)]
pub struct Question<'a> {
    /// The servers that should exist, when a list was given.
    pub expected: Option<&'a ExpectedServers>,
    /// Where the owners of the report files are read.
    pub owners: &'a Owners,
    /// What the servers were to become.
    pub campaign: Campaign,
    /// The moment that ages are counted to.
    pub now: UtcTime,
    /// Days after which a report no longer says what its server is.
    pub max_age_days: u32,
    /// How much of what stands in the way is kept.
    pub texts: Texts,
}

/// How much of what stands in the way of servers an answer shows. A hundred thousand prechecks
/// with five blockers each hold 60 MB of texts, which only machines read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Texts {
    /// The codes, and for each what was found and what to do.
    All,
    /// The codes, and the details of the first.
    Codes,
}

/// What the servers were to become.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Campaign {
    /// Onboarded, offboarded, or rid of what bootstraps left; `precheck` changes nothing and so makes none done.
    pub mode: Goal,
    /// For whom; none when nobody said it.
    pub org_id: Option<OrgId>,
    /// Was it named by a bundle?
    #[serde(skip)]
    pub named: bool,
}

/// What all reports together say.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Fleet {
    /// What the servers were to become.
    pub campaign: Campaign,
    /// How much was seen.
    pub coverage: Coverage,
    /// Share of the expected servers that are done, in whole percent rounded down.
    pub done_percent: usize,
    /// Number of servers in each standing, worst first, those without servers left out.
    pub standings: Vec<StandingCount>,
    /// Expected servers that were only looked at (precheck) and have nothing in their way.
    pub clear: usize,
    /// Share of the expected servers that are clear, in whole percent rounded down; 0 where none was
    /// only looked at.
    pub clear_percent: usize,
    /// The others of them, and those whose look ended before (`blocked`, `waiting`, `failed`,
    /// `refused`): they have something in their way.
    pub held: usize,
    /// What that is, by reason, most servers first; a server counts for each of its reasons.
    pub blockers: Vec<BlockerCount>,
    /// What came of asking the service's addresses (`connectivity` on the servers), worst
    /// first; servers that never asked are in none.
    pub connectivity: Vec<ConnectivityCount>,
    /// Results of other programs that were read (`--analyzer`); none when none was asked for.
    pub evidence: Option<EvidenceCount>,
    /// The newest report of each server, sorted by name.
    pub servers: Vec<Server>,
    /// Reports that count for nothing, rows of the list that name nothing, and why; they stand
    /// beside the result in an answer.
    #[serde(skip)]
    pub problems: Vec<Problem>,
}

/// How much was seen, so that "all green" is never said of half a fleet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Coverage {
    /// Servers that should exist, when a list was given.
    pub expected: Option<usize>,
    /// Of these, servers of which no report counts.
    pub missing: Option<usize>,
    /// Servers that reported and are not on the list, when one was given.
    pub unexpected: Option<usize>,
    /// Accounts that the list calls disabled, which are not expected.
    pub disabled: usize,
    /// Rows that the list calls something else than a computer.
    pub no_computers: usize,
    /// Reports that count.
    pub reports: usize,
    /// Of these, reports of a newer bootstrap, read as far as they can be.
    pub newer: usize,
    /// Report files that could not be understood.
    pub unreadable: usize,
    /// Report files that say something of themselves that cannot be so.
    pub left_out: usize,
    /// Days after which a report no longer says what its server is.
    pub max_age_days: u32,
    /// End of the oldest run that a server's standing rests on, RFC 3339 UTC.
    pub oldest: Option<String>,
    /// End of the newest one.
    pub newest: Option<String>,
    /// Is there a report of an expected server, and does each one that counts belong to the
    /// account of its server?
    pub owners_checked: bool,
    /// Expected servers with a report, by what is known of its owner.
    pub owners: Vec<OwnerCount>,
}

/// One standing and how many servers have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StandingCount {
    /// As [`Standing`] writes itself.
    #[schemars(with = "String")]
    pub standing: Standing,
    /// How many.
    pub servers: usize,
}

/// One reason that stands in the way of servers that were only looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BlockerCount {
    /// Code of the reason.
    pub reason: String,
    /// What the administrator does next.
    pub next_action: String,
    /// How many.
    pub servers: usize,
}

/// One result of `connectivity` and how many servers have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ConnectivityCount {
    /// Code of the reason, `service-reachable` when all is well.
    pub reason: String,
    /// What the administrator does next.
    pub next_action: String,
    /// How many.
    pub servers: usize,
    /// Required addresses that do not answer as they should on at least one of them.
    pub addresses: Vec<AddressCount>,
}

/// One address and outcome, and on how many servers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct AddressCount {
    /// The address.
    pub url: String,
    /// What came of it.
    pub outcome: String,
    /// How many.
    pub servers: usize,
}

/// What is known of one server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Server {
    /// Full DNS name in lower case, as the server says or as it was expected.
    pub fqdn: String,
    /// Is it on the list of expected servers? Every server is when no list was given.
    pub expected: bool,
    /// Where it stands in the campaign.
    #[schemars(with = "String")]
    pub standing: Standing,
    /// Its place in percentage rings, 0 to 99, by its SID: a ring of more percent takes it. None where
    /// neither its report nor the list tells the SID.
    pub ring_position: Option<u8>,
    /// Its newest report of a run; none for an expected server that never reported, and for
    /// one that only asked the service's addresses.
    pub report: Option<ServerReport>,
    /// Why a file that bears its name does not count, where no report of it does.
    pub left_out: Option<Box<str>>,
    /// Its newest report, where it is of a newer shape and no more than this can be read of it.
    pub newer_report: Option<Box<NewerReport>>,
    /// Its newest `connectivity` report.
    pub connectivity: Option<Box<ServerConnectivity>>,
    /// What became of the machine: renamed, installed anew, copied, out of service. It changes no standing.
    pub life: Option<Box<Life>>,
    /// What another program found there: quoted, and nothing that counts.
    pub evidence: Option<Box<Evidence>>,
}

/// What can be read of a report of a newer bootstrap, as it says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NewerReport {
    /// Version of its shape.
    pub schema: u32,
    /// State that it gives, in its words.
    pub state: Option<String>,
    /// Reason that it gives, in its words.
    pub reason: Option<String>,
    /// End of the run, RFC 3339 UTC.
    pub finished_at: UtcTime,
}

/// What a server said of its way to the service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ServerConnectivity {
    /// Code of the reason.
    pub reason: Cow<'static, str>,
    /// The worst that was found.
    pub detail: Box<str>,
    /// When, RFC 3339 UTC.
    pub finished_at: UtcTime,
    /// Required addresses that do not answer as they should.
    pub failing: Vec<FailingAddress>,
}

/// One address that does not answer as it should.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct FailingAddress {
    /// The address.
    pub url: String,
    /// What came of it.
    pub outcome: Cow<'static, str>,
}

/// One thing that stands in the way of a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ServerBlocker {
    /// Code of the reason.
    pub reason: Cow<'static, str>,
    /// What was found.
    pub detail: Box<str>,
    /// What the administrator does next.
    pub next_action: Cow<'static, str>,
}

/// The newest report of a server, as far as the fleet needs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ServerReport {
    /// What the bundle that ran lets it do.
    pub mode: Mode,
    /// State reached.
    pub state: State,
    /// Code of the reason.
    pub reason: Cow<'static, str>,
    /// What was found.
    pub detail: Box<str>,
    /// What the administrator does next.
    pub next_action: Cow<'static, str>,
    /// What stands in the way, where a precheck looked behind the first.
    pub blockers: Box<[ServerBlocker]>,
    /// How much more of it the report names than is here.
    pub more_blockers: usize,
    /// Tenant that the sensor reports to.
    pub org_id: Option<OrgId>,
    /// Bundle that ran.
    pub bundle_id: BundleId,
    /// Place of that bundle among all of its lock.
    pub sequence: u64,
    /// End of the run, RFC 3339 UTC.
    pub finished_at: UtcTime,
    /// Exit code of the run.
    pub exit_code: i32,
    /// Version of the report's shape. One that is newer than this program's may mean other things by its words.
    pub schema: u32,
    /// Is the server protected: onboarded, sensor, antivirus and content all as wanted? None
    /// where the report does not say: those of offboarding and of before 2026-12.
    pub protected: Option<bool>,
    /// What is known of the owner of the file.
    pub owner: OwnerCheck,
    /// As [`Server::ring_position`], by the SID that the report tells.
    #[serde(skip)]
    pub ring_position: Option<u8>,
}
