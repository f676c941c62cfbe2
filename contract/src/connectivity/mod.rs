//! Can this server reach its service? Which addresses are asked, by which way, and what an
//! answer means.
//!
//! Addresses ([`service_urls`]), ways ([`routes`]) and judgement ([`judge`]) are pure; the
//! asking itself is the bootstrap's.

mod judge;
mod outcome;
mod roots;
mod route;
mod service_urls;

pub use judge::{Answer, Below, Judged, Reply, judge};
pub use outcome::{Outcome, verdict};
pub use roots::{ExpectedRoots, SERVICE_ROOTS};
pub use route::{Route, RouteKind, is_reached, proxy_faults, routes};
pub use service_urls::{
    Client, HostPattern, Need, PatternUse, Service, ServiceUrl, host_patterns, is_region_known,
    patterns, service_urls,
};

use serde::{Deserialize, Serialize};

use crate::identity::Sha256;
use crate::time::UtcTime;

/// Every check of one run, as the host report carries it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Checks {
    /// Was it asked as SYSTEM, as the sensor asks? Rules of proxies and firewalls may differ
    /// for another account. None when that could not be read.
    pub as_system: Option<bool>,
    /// What they say together: code of a [`Reason`](crate::Reason). Empty in reports of before
    /// 2026-12, whose own reason it is.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// What was found, for a person.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// One for each address.
    pub checks: Vec<Check>,
    /// Hosts that the product's lists give as a pattern only: open them, nobody can ask them.
    pub not_asked: Vec<String>,
}

/// What came of one address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Check {
    /// What the address is for ([`Service`]).
    pub service: String,
    /// Does the product work without it ([`Need`])?
    pub need: String,
    /// The address.
    pub url: String,
    /// What came of it in the end ([`Outcome`]).
    pub outcome: String,
    /// What was seen, for a person.
    pub detail: String,
    /// What the administrator does next.
    pub next_action: String,
    /// The ways that were tried, in order; the last one gave the outcome.
    pub attempts: Vec<Attempt>,
    /// Certificates that the server showed, from its own to the root.
    pub chain: Vec<Certificate>,
}

/// One way that was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Attempt {
    /// The way, as text of a [`Route`].
    pub route: String,
    /// What came of it.
    pub outcome: String,
    /// What was seen.
    pub detail: String,
}

/// One certificate of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Certificate {
    /// Whose it is.
    pub subject: String,
    /// Who issued it.
    pub issuer: String,
    /// Digest of its bytes.
    pub sha256: Sha256,
    /// Until when it is valid.
    pub not_after: UtcTime,
}

/// The certificates of a server, and what Windows says of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// From the server's own to the last issuer found.
    pub certificates: Vec<Certificate>,
    /// Does the last one vouch for itself: is it a root?
    pub ends_in_root: bool,
    /// `CERT_TRUST_STATUS.dwErrorStatus` of the whole chain; 0 is good.
    pub trust_errors: u32,
}

#[cfg(test)]
mod tests;
