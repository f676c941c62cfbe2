//! Is an onboarded server protected? Four answers, each with its evidence; good means all four.
//!
//! Pure: the same facts give the same answers on a server and in a table. [`Health::trouble`]
//! turns whatever is not good into one reason.

mod antivirus;
mod content;
mod enrolment;
mod sensor;

use serde::{Deserialize, Serialize};

use crate::facts::Facts;
use crate::manifest::Manifest;
use crate::reason::Reason;
use crate::text::text_enum;

text_enum! {
    /// Does the sensor belong to the wanted tenant?
    pub enum Enrolment ("an answer of onboarding") {
        /// `OnboardingState` is 1, the tenant is the bundle's, and `Sense` starts by itself.
        Onboarded = "onboarded",
        /// The state is not 1.
        NotOnboarded = "not-onboarded",
        /// The sensor belongs to somebody else.
        OtherTenant = "other-tenant",
        /// Onboarded, and `Sense` does not start by itself.
        OtherStart = "other-start-type",
        /// The retired monitoring agent reports; nothing tells whether its sensor lives.
        RetiredAgent = "retired-agent",
        /// A fact cannot be read.
        Unknown = "unknown",
    }
}

text_enum! {
    /// Does the sensor live?
    pub enum Sensor ("an answer of the sensor") {
        /// It runs and spoke with the service of late.
        Alive = "alive",
        /// `Sense` does not run.
        Stopped = "stopped",
        /// It runs and has not spoken with the service for too long.
        Silent = "silent",
        /// It runs and has never spoken with the service.
        NeverConnected = "never-connected",
        /// A fact cannot be read, or lies in the future.
        Unknown = "unknown",
    }
}

text_enum! {
    /// Who protects the server from malware?
    pub enum Protection ("an answer of the antivirus") {
        /// Defender Antivirus alone, as wanted.
        Active = "active",
        /// Another product, Defender Antivirus passive beside it.
        PassiveBesideOther = "passive-beside-other",
        /// Another product; Defender Antivirus is off, and `auto` leaves it so.
        OtherAlone = "other-alone",
        /// Nobody: service `WinDefend` does not exist.
        Removed = "removed",
        /// Nobody: service `WinDefend` is disabled.
        Disabled = "disabled",
        /// Nobody: Defender Antivirus or its real-time protection is off.
        Off = "off",
        /// Nobody: a policy turns it off.
        OffByPolicy = "off-by-policy",
        /// Nobody: passive by policy, and no other product is known.
        PassiveAlone = "passive-alone",
        /// Passive although nothing asks for it any more.
        StuckPassive = "stuck-passive",
        /// Two active products.
        Two = "two",
        /// Active until the next restart, then passive as wanted.
        ModeWaits = "mode-waits",
        /// A fact cannot be read.
        Unknown = "unknown",
    }
}

text_enum! {
    /// How old is the security intelligence?
    pub enum Content ("an answer of the content") {
        /// Young enough.
        Fresh = "fresh",
        /// Too old.
        Old = "old",
        /// There is none.
        Missing = "missing",
        /// Defender Antivirus is not what protects here.
        NotUsed = "not-used",
        /// A fact cannot be read, or lies in the future.
        Unknown = "unknown",
    }
}

impl Enrolment {
    /// Is it as wanted?
    pub fn is_good(self) -> bool {
        self == Self::Onboarded
    }
}

impl Sensor {
    /// Is it as wanted?
    pub fn is_good(self) -> bool {
        self == Self::Alive
    }
}

impl Protection {
    /// Is it as wanted?
    pub fn is_good(self) -> bool {
        matches!(
            self,
            Self::Active | Self::PassiveBesideOther | Self::OtherAlone
        )
    }
}

impl Content {
    /// Is it as wanted?
    pub fn is_good(self) -> bool {
        matches!(self, Self::Fresh | Self::NotUsed)
    }
}

/// One answer and what it rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged<T> {
    /// What the facts say.
    pub answer: T,
    /// The facts, in words.
    pub evidence: String,
}

impl<T> Judged<T> {
    fn new(answer: T, evidence: impl Into<String>) -> Self {
        Self {
            answer,
            evidence: evidence.into(),
        }
    }
}

/// The four answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// Onboarded to whom?
    pub enrolment: Judged<Enrolment>,
    /// Does the sensor live?
    pub sensor: Judged<Sensor>,
    /// Who protects?
    pub antivirus: Judged<Protection>,
    /// How old is the content?
    pub content: Judged<Content>,
}

/// Judges a server.
pub fn judge(manifest: &Manifest, facts: &Facts) -> Health {
    let antivirus = antivirus::judge(manifest, facts);
    Health {
        enrolment: enrolment::judge(manifest, facts),
        sensor: sensor::judge(manifest, facts),
        content: content::judge(manifest, facts, antivirus.answer),
        antivirus,
    }
}

impl Health {
    /// All four as wanted?
    pub fn is_good(&self) -> bool {
        self.enrolment.answer.is_good()
            && self.sensor.answer.is_good()
            && self.antivirus.answer.is_good()
            && self.content.answer.is_good()
    }

    /// The reason of the worst answer; none when all are good. Who is not protected at all
    /// comes before who is not watched, and that before what is only old.
    pub fn trouble(&self) -> Option<Reason> {
        let enrolment = match self.enrolment.answer {
            Enrolment::Onboarded => None,
            Enrolment::NotOnboarded | Enrolment::OtherStart => Some(Reason::Ready),
            Enrolment::OtherTenant => Some(Reason::OtherTenant),
            Enrolment::RetiredAgent => Some(Reason::RetiredAgent),
            Enrolment::Unknown => Some(Reason::FactsUnreadable),
        };
        let antivirus = match self.antivirus.answer {
            Protection::Active | Protection::PassiveBesideOther | Protection::OtherAlone => None,
            Protection::Removed => Some(Reason::NoAntivirus),
            Protection::Disabled => Some(Reason::AntivirusDisabled),
            Protection::Off => Some(Reason::AntivirusOff),
            Protection::OffByPolicy => Some(Reason::AntivirusOffByPolicy),
            Protection::PassiveAlone => Some(Reason::PassiveAlone),
            Protection::StuckPassive => Some(Reason::StuckPassive),
            Protection::Two => Some(Reason::TwoAntiviruses),
            Protection::ModeWaits => Some(Reason::AntivirusModeWaits),
            Protection::Unknown => Some(Reason::HealthUnknown),
        };
        let sensor = match self.sensor.answer {
            Sensor::Alive => None,
            Sensor::Stopped | Sensor::Silent | Sensor::NeverConnected => Some(Reason::SensorSilent),
            Sensor::Unknown => Some(Reason::HealthUnknown),
        };
        let content = match self.content.answer {
            Content::Fresh | Content::NotUsed => None,
            Content::Old | Content::Missing => Some(Reason::ContentOld),
            Content::Unknown => Some(Reason::HealthUnknown),
        };
        enrolment.or(antivirus).or(sensor).or(content)
    }

    /// The evidence of every answer that is not good, joined.
    pub fn evidence(&self) -> String {
        let bad = [
            (self.enrolment.answer.is_good(), &self.enrolment.evidence),
            (self.antivirus.answer.is_good(), &self.antivirus.evidence),
            (self.sensor.answer.is_good(), &self.sensor.evidence),
            (self.content.answer.is_good(), &self.content.evidence),
        ];
        let bad = bad.into_iter().filter(|(good, _)| !good);
        bad.map(|(_, evidence)| evidence.as_str())
            .collect::<Vec<_>>()
            .join("; ")
    }
}

/// One answer as reports carry it: text, so that a reader takes answers of newer bootstraps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReportedAnswer {
    /// The text form of the answer; readers take words that they do not know.
    pub answer: String,
    /// Is it as wanted?
    pub good: bool,
    /// What it rests on.
    pub evidence: String,
}

/// The four answers as reports carry them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReportedHealth {
    /// [`Enrolment`].
    pub onboarding: ReportedAnswer,
    /// Does it run, and when did it last reach the service? ([`Sensor`])
    pub sensor: ReportedAnswer,
    /// [`Protection`].
    pub antivirus: ReportedAnswer,
    /// How old is its security intelligence? ([`Content`])
    pub content: ReportedAnswer,
}

impl From<Health> for ReportedHealth {
    fn from(health: Health) -> Self {
        let answer = |answer: &str, good, evidence| ReportedAnswer {
            answer: answer.to_owned(),
            good,
            evidence,
        };
        let Health {
            enrolment,
            sensor,
            antivirus,
            content,
        } = health;
        Self {
            onboarding: answer(
                enrolment.answer.as_str(),
                enrolment.answer.is_good(),
                enrolment.evidence,
            ),
            sensor: answer(
                sensor.answer.as_str(),
                sensor.answer.is_good(),
                sensor.evidence,
            ),
            antivirus: answer(
                antivirus.answer.as_str(),
                antivirus.answer.is_good(),
                antivirus.evidence,
            ),
            content: answer(
                content.answer.as_str(),
                content.answer.is_good(),
                content.evidence,
            ),
        }
    }
}

/// Steps that clocks may differ by before a time counts as one of the future, in seconds.
const CLOCK_TOLERANCE_S: i64 = 86_400;
