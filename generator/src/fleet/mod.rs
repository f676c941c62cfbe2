//! Reads the reports that servers leave and says how far the fleet is.
//!
//! Reports are untrusted input: bounded in number and size, parsed into what is needed, and
//! never believed beyond what they say of their own server. Read from a copy, a file's owner
//! is not known, so a report's authorship is not checked here and the summary says so.

pub mod codes;
mod connectivity;
mod expected;
mod read;
mod summary;

use gangway_contract::{BundleId, OrgId, State};
use schemars::JsonSchema;
use serde::Serialize;

pub use expected::{ExpectedError, ExpectedServers};
pub use read::{FleetError, MAX_REPORTS, read};
pub use summary::text;

use crate::problem::Problem;

/// What all reports together say.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Fleet {
    /// How much was seen.
    pub coverage: Coverage,
    /// Number of servers in each state, worst first, states without servers left out.
    pub states: Vec<StateCount>,
    /// What came of asking the service's addresses (`connectivity` on the servers), worst
    /// first; servers that never asked are in none.
    pub connectivity: Vec<ConnectivityCount>,
    /// The newest report of each server, sorted by name.
    pub servers: Vec<Server>,
    /// Reports that count for nothing, and why; stand beside the result in an answer.
    #[serde(skip)]
    pub problems: Vec<Problem>,
}

/// How much was seen, so that "all green" is never said of half a fleet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Coverage {
    /// Servers that should exist, when a list was given.
    pub expected: Option<usize>,
    /// Of these, servers without any report.
    pub missing: Option<usize>,
    /// Servers that reported and are not on the list, when one was given.
    pub unexpected: Option<usize>,
    /// Report files read.
    pub reports: usize,
    /// Report files that could not be understood.
    pub unreadable: usize,
    /// Was each file's owner compared with the computer it speaks of?
    pub owners_checked: bool,
}

/// One state and how many servers are in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StateCount {
    /// The state; none stands for expected servers without a report.
    pub state: Option<State>,
    /// Servers.
    pub servers: usize,
}

/// One result of `connectivity` and how many servers have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ConnectivityCount {
    /// Code of the reason, `service-reachable` when all is well.
    pub reason: String,
    /// What the administrator does next.
    pub next_action: String,
    /// Servers.
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
    /// Servers.
    pub servers: usize,
}

/// What is known of one server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Server {
    /// Full DNS name in lower case, as the server says or as it was expected.
    pub fqdn: String,
    /// Is it on the list of expected servers? Every server is when no list was given.
    pub expected: bool,
    /// Its newest report of a run; none for an expected server that never reported, and for
    /// one that only asked the service's addresses.
    pub report: Option<ServerReport>,
    /// Its newest `connectivity` report.
    pub connectivity: Option<ServerConnectivity>,
}

/// What a server said of its way to the service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ServerConnectivity {
    /// Code of the reason.
    pub reason: String,
    /// The worst that was found.
    pub detail: String,
    /// When, RFC 3339 UTC.
    pub finished_at: String,
    /// Required addresses that do not answer as they should.
    pub failing: Vec<FailingAddress>,
}

/// One address that does not answer as it should.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct FailingAddress {
    /// The address.
    pub url: String,
    /// What came of it.
    pub outcome: String,
}

/// The newest report of a server, as far as the fleet needs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ServerReport {
    /// State reached.
    pub state: State,
    /// Code of the reason.
    pub reason: String,
    /// What was found.
    pub detail: String,
    /// What the administrator does next.
    pub next_action: String,
    /// Tenant that the sensor reports to.
    pub org_id: Option<OrgId>,
    /// Bundle that ran.
    pub bundle_id: BundleId,
    /// Its sequence.
    pub sequence: u64,
    /// End of the run, RFC 3339 UTC.
    pub finished_at: String,
    /// Exit code of the run.
    pub exit_code: i32,
}

impl Fleet {
    /// Share of the expected servers that are onboarded or offboarded as asked, in whole percent
    /// rounded down, so that 100 means all. An empty fleet has 0.
    pub fn good_percent(&self) -> usize {
        let good = |server: &&Server| {
            server.report.as_ref().is_some_and(|report| {
                matches!(
                    report.state,
                    State::Onboarded | State::OnboardedPendingReboot | State::Offboarded
                )
            })
        };
        let applicable = |server: &&Server| !matches!(&server.report, Some(report) if report.state == State::NotTargeted);
        let expected = || self.servers.iter().filter(|server| server.expected);
        let total = expected().filter(applicable).count();
        if total == 0 {
            return 0;
        }
        expected().filter(good).count() * 100 / total
    }
}
