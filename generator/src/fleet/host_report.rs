//! What the fleet needs of one report, bounded while it is read.

mod newer;

use std::borrow::Cow;
use std::fmt;

use gangway_contract::control::ring_position;
use gangway_contract::fact::Fact;
use gangway_contract::facts::ProductType;
use gangway_contract::health::{Content, Enrolment, Protection, Sensor};
use gangway_contract::manifest::Mode;
use gangway_contract::{BundleId, OrgId, Reason, State, UtcTime, report};
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

pub(super) use newer::NewerPart;

use super::connectivity::Checks;
use super::life::{Machine, Told, Word};
use super::{MAX_TEXT, OwnerCheck, ServerBlocker, ServerConnectivity, ServerReport};
use crate::printable::{read_on_one_line, short_line};

/// Characters that are kept of what a blocker says; real ones have some two hundred.
const MAX_BLOCKER_TEXT: usize = 300;

/// Blockers that are kept of one report; a server that meets every check has some twenty. The
/// others are counted.
const MAX_BLOCKERS: usize = 32;

/// Characters of a code; the longest that there is has 28.
const MAX_CODE: usize = 64;

/// Characters that are kept of a fact; a name has at most 255 (RFC 1035), a SID 187
/// (`SECURITY_MAX_SID_STRING_CHARACTERS` of winnt.h).
const MAX_FACT: usize = 255;

/// What the fleet needs of a report; every other field is passed over without being kept.
#[derive(Deserialize)]
pub(super) struct HostReport {
    pub(super) schema: u32,
    pub(super) mode: Mode,
    bundle_id: BundleId,
    sequence: u64,
    /// As written, but for its length: the file's name is made from the very characters.
    #[serde(deserialize_with = "name")]
    pub(super) fqdn: String,
    pub(super) finished_at: UtcTime,
    pub(super) state: State,
    #[serde(deserialize_with = "read_on_one_line::<MAX_CODE, _>")]
    pub(super) reason: String,
    #[serde(deserialize_with = "read_on_one_line::<MAX_TEXT, _>")]
    detail: String,
    #[serde(deserialize_with = "read_on_one_line::<MAX_TEXT, _>")]
    next_action: String,
    pub(super) exit_code: i32,
    pub(super) facts_after: FactsAfter,
    /// Only a precheck looks behind the first; none of before 2026-12 does.
    #[serde(default)]
    pub(super) blockers: Blockers,
    /// None in reports of an older bootstrap.
    #[serde(default)]
    pub(super) health: Option<HealthAnswers>,
    /// Only where addresses were asked: in reports of `connectivity` and of a precheck.
    #[serde(default)]
    connectivity: Option<Box<Checks>>,
    /// What the file server says of the account that it names; nothing of it stands in the file.
    #[serde(skip)]
    pub(super) account_word: Word,
}

fn server(fqdn: &str) -> String {
    short_line(&fqdn.to_ascii_lowercase(), MAX_TEXT)
}

/// A DNS name has at most 255 octets (RFC 1035, section 2.3.4), and nothing longer is kept.
fn name<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    const LONGEST_NAME: usize = 255;
    struct Name;
    impl Visitor<'_> for Name {
        type Value = String;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(formatter, "a name of at most {LONGEST_NAME} bytes")
        }

        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<String, E> {
            if text.len() > LONGEST_NAME {
                return Err(E::invalid_length(text.len(), &self));
            }
            Ok(text.to_owned())
        }
    }
    deserializer.deserialize_str(Name)
}

#[derive(Deserialize)]
struct Blocker {
    #[serde(deserialize_with = "read_on_one_line::<MAX_CODE, _>")]
    reason: String,
    #[serde(deserialize_with = "read_on_one_line::<MAX_BLOCKER_TEXT, _>")]
    detail: String,
    #[serde(deserialize_with = "read_on_one_line::<MAX_BLOCKER_TEXT, _>")]
    next_action: String,
}

/// What stands in the way, the first of it.
#[derive(Default)]
pub(super) struct Blockers {
    pub(super) kept: Vec<ServerBlocker>,
    more: usize,
}

impl<'de> Deserialize<'de> for Blockers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List;
        impl<'de> Visitor<'de> for List {
            type Value = Blockers;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a list of what stands in the way")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Blockers, A::Error> {
                let mut blockers = Blockers::default();
                while let Some(one) = list.next_element::<Blocker>()? {
                    if blockers.kept.len() < MAX_BLOCKERS {
                        blockers.kept.push(one.into());
                    } else {
                        blockers.more += 1;
                    }
                }
                Ok(blockers)
            }
        }
        deserializer.deserialize_seq(List)
    }
}

impl From<Blocker> for ServerBlocker {
    fn from(blocker: Blocker) -> Self {
        Self {
            next_action: next_action(&blocker.reason, blocker.next_action),
            reason: code(blocker.reason),
            detail: blocker.detail.into(),
        }
    }
}

/// A code takes no memory of its own where this program knows it.
fn code(text: String) -> Cow<'static, str> {
    Reason::from_code(&text).map_or(Cow::Owned(text), |known| Cow::Borrowed(known.as_str()))
}

/// The words of a known code are mostly this program's own.
fn next_action(code: &str, written: String) -> Cow<'static, str> {
    let own = Reason::from_code(code).map(Reason::next_action);
    match own {
        Some(own) if own == written => Cow::Borrowed(own),
        _ => Cow::Owned(written),
    }
}

/// The four answers of [`gangway_contract::health`].
#[derive(Deserialize)]
pub(super) struct HealthAnswers {
    pub(super) onboarding: Answer,
    pub(super) sensor: Answer,
    pub(super) antivirus: Answer,
    pub(super) content: Answer,
}

/// One of them.
#[derive(Deserialize)]
pub(super) struct Answer {
    #[serde(deserialize_with = "read_on_one_line::<MAX_CODE, _>")]
    pub(super) answer: String,
    pub(super) good: bool,
}

impl HealthAnswers {
    /// All four, in the order of the report.
    pub(super) fn answers(&self) -> [&Answer; 4] {
        [
            &self.onboarding,
            &self.sensor,
            &self.antivirus,
            &self.content,
        ]
    }

    /// Is the server protected? Not told where an answer is good by a word that is not known here.
    fn protected(&self) -> Option<bool> {
        fn is_known<T: core::str::FromStr>(answer: &Answer) -> bool {
            answer.answer.parse::<T>().is_ok()
        }
        if self.answers().into_iter().any(|answer| !answer.good) {
            return Some(false);
        }
        let known = is_known::<Enrolment>(&self.onboarding)
            && is_known::<Sensor>(&self.sensor)
            && is_known::<Protection>(&self.antivirus)
            && is_known::<Content>(&self.content);
        known.then_some(true)
    }
}

/// Facts at the end of the run.
#[derive(Deserialize)]
pub(super) struct FactsAfter {
    #[serde(default)]
    pub(super) host: HostFacts,
    #[serde(default)]
    os: OsFacts,
    pub(super) sensor: SensorFacts,
    #[serde(default)]
    gangway: GangwayFacts,
}

/// What is needed of group `gangway`.
#[derive(Default, Deserialize)]
struct GangwayFacts {
    /// None in reports of an older bootstrap.
    #[serde(default, deserialize_with = "value")]
    other_sequence: Option<u64>,
}

/// What is needed of group `host`.
#[derive(Default, Deserialize)]
pub(super) struct HostFacts {
    #[serde(default, deserialize_with = "text")]
    pub(super) fqdn: Option<String>,
    #[serde(default, deserialize_with = "text")]
    pub(super) account_sid: Option<String>,
    #[serde(default, deserialize_with = "text")]
    machine_sid: Option<String>,
}

impl HostFacts {
    /// Place in percentage rings, by the SID that the bootstrap takes.
    fn ring_position(&self) -> Option<u8> {
        let sid = self.account_sid.as_ref().or(self.machine_sid.as_ref());
        sid.map(|sid| ring_position(sid))
    }
}

/// What is needed of group `os`.
#[derive(Default, Deserialize)]
struct OsFacts {
    /// As text: a newer bootstrap may know more of them.
    #[serde(default, deserialize_with = "text")]
    product_type: Option<String>,
}

/// What is needed of group `sensor`.
#[derive(Deserialize)]
pub(super) struct SensorFacts {
    #[serde(deserialize_with = "value")]
    org_id: Option<OrgId>,
    #[serde(default, deserialize_with = "value")]
    pub(super) onboarding_state: Option<u32>,
    #[serde(default, deserialize_with = "text")]
    identity: Option<String>,
}

/// What was found; why it was not found is not kept.
fn value<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    Ok(match Fact::deserialize(deserializer)? {
        Fact::Value(value) => Some(value),
        Fact::Absent | Fact::Unreadable { .. } => None,
    })
}

/// The same of a text, of which no more is kept than any real one has.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    struct Line(#[serde(deserialize_with = "read_on_one_line::<MAX_FACT, _>")] String);
    Ok(value::<D, Line>(deserializer)?.map(|Line(text)| text))
}

impl HostReport {
    /// The server that it speaks of, by its full name in lower case.
    pub(super) fn server(&self) -> String {
        server(&self.fqdn)
    }

    /// Is it of a shape that came after this program's?
    pub(super) fn is_newer(&self) -> bool {
        self.schema > report::SCHEMA
    }

    /// Which machine it comes from, as it says.
    pub(super) fn machine(&self) -> Machine {
        let facts = &self.facts_after;
        let controller = ProductType::DomainController.as_str();
        Machine::from(Told {
            account: facts.host.account_sid.as_deref(),
            machine: facts.host.machine_sid.as_deref(),
            sensor: facts.sensor.identity.as_deref(),
            controller: facts.os.product_type.as_deref() == Some(controller),
        })
    }

    /// Is it of a run, and not of `connectivity`, which judges no health? A precheck does both.
    pub(super) fn is_run(&self) -> bool {
        self.connectivity.is_none() || self.health.is_some()
    }

    /// Did it refuse to undo what a newer bundle of the other direction has done? The policy of before still
    /// reaches such a server, and says nothing of what it is.
    pub(super) fn is_superseded(&self) -> bool {
        let other = self.facts_after.gangway.other_sequence;
        Reason::from_code(&self.reason) == Some(Reason::SequenceLower)
            && other.is_some_and(|other| other > self.sequence)
    }

    /// Keeps of what stands in the way the codes, and what to do about unknown ones.
    pub(super) fn leave_out_blocker_texts(&mut self) {
        for blocker in &mut self.blockers.kept {
            blocker.detail = Box::default();
            if let Some(known) = Reason::from_code(&blocker.reason) {
                blocker.next_action = Cow::Borrowed(known.next_action());
            }
        }
    }

    /// An address that refutes what the report says of the service, where it says that it is reached.
    pub(super) fn refuted_reach(&self) -> Option<&str> {
        let checks = self.connectivity.as_ref()?;
        let said = match &*checks.reason {
            "" => &self.reason,
            _ => &checks.reason,
        };
        let failing = checks.failing.first()?;
        (said == Reason::ServiceReachable.as_str()).then_some(failing.url.as_str())
    }

    pub(super) fn into_run(self, owner: OwnerCheck) -> ServerReport {
        ServerReport {
            mode: self.mode,
            state: self.state,
            next_action: next_action(&self.reason, self.next_action),
            reason: code(self.reason),
            detail: self.detail.into(),
            blockers: self.blockers.kept.into(),
            more_blockers: self.blockers.more,
            org_id: self.facts_after.sensor.org_id,
            bundle_id: self.bundle_id,
            sequence: self.sequence,
            finished_at: self.finished_at,
            exit_code: self.exit_code,
            schema: self.schema,
            protected: self.health.and_then(|health| health.protected()),
            owner,
            ring_position: self.facts_after.host.ring_position(),
        }
    }

    /// Takes out what came of the addresses, where they were asked.
    pub(super) fn take_connectivity(&mut self) -> Option<ServerConnectivity> {
        let checks = self.connectivity.take()?;
        let (reason, detail) = match &*checks.reason {
            // Of an older bootstrap, whose report says nothing else.
            "" => (&self.reason, &self.detail),
            _ => (&checks.reason, &checks.detail),
        };
        Some(ServerConnectivity {
            reason: code(reason.clone()),
            detail: detail.as_str().into(),
            finished_at: self.finished_at,
            failing: checks.failing,
        })
    }
}

#[cfg(test)]
mod tests;
