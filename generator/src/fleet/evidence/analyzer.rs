//! A result of Microsoft's Client Analyzer: `MDEClientAnalyzer.xml` of `MDEClientAnalyzer.ps1`.
//!
//! Its root is `MDEResults`. Sections hold elements with an attribute `displayName` and a child
//! `value`; names of elements come again with another `displayName`.

use gangway_contract::UtcTime;

use super::plain_text::plain_text;
use super::{Evidence, EvidenceFact, EvidenceFinding, Moment, rank, run_time};
use crate::formats::zip::StoredTime;
use crate::gpo::xml::{self, Element, ReadError};

/// Largest result that is read, in bytes.
pub(super) const MAX_RESULT_BYTES: u64 = 16 << 20;

/// Findings that are kept of one result.
const MAX_FINDINGS: usize = 20;

/// What is quoted: section, element, and a word of its `displayName` where the name comes again.
const FACTS: [(&str, &str, &str); 15] = [
    ("general", "scriptVersion", ""),
    ("devInfo", "OSName", ""),
    ("devInfo", "OSBuild", ""),
    ("devInfo", "SystemWideProxy", ""),
    ("EDRCompInfo", "SenseServiceStatus", ""),
    ("EDRCompInfo", "SenseStartType", ""),
    ("EDRCompInfo", "SenseVersion", ""),
    ("EDRCompInfo", "OrgId", ""),
    ("EDRCompInfo", "DeviceId", ""),
    ("EDRCompInfo", "SimplifiedConnectivity", ""),
    ("EDRCompInfo", "MDfWSState", ""),
    ("AVCompInfo", "DefenderState", "mode"),
    ("AVCompInfo", "AVPlatformVersion", ""),
    ("AVCompInfo", "AVEngineVersion", ""),
    ("AVCompInfo", "AVSignatureVersion", ""),
];

/// Why bytes are no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum AnalyzerError {
    /// No XML, or none that is read.
    #[error("{0}")]
    Xml(#[from] ReadError),
    /// Another document.
    #[error("its root is `{found}` and not `MDEResults`")]
    OtherRoot {
        /// Name of its root.
        found: String,
    },
    /// It does not say of which server it is.
    #[error("it names no device (`devInfo/deviceName`)")]
    Nameless,
}

/// What is kept of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnalyzerResult {
    /// Name of the server in lower case: as the analyzer writes it the NetBIOS name, which is the
    /// first 15 characters, without a domain.
    pub(super) device: String,
    pub(super) moment: Option<Moment>,
    pub(super) evidence: Evidence,
}

impl AnalyzerResult {
    /// Reads the XML. `file` is where it was found, `stored` the time that an archive gives it.
    ///
    /// # Errors
    /// See [`AnalyzerError`].
    pub(super) fn read(
        bytes: &[u8],
        file: &str,
        stored: Option<StoredTime>,
    ) -> Result<Self, AnalyzerError> {
        let root = xml::read(bytes)?;
        if root.name != "MDEResults" {
            let found = plain_text(&root.name);
            return Err(AnalyzerError::OtherRoot { found });
        }
        let device = value(&root, "devInfo", "deviceName", "").unwrap_or_default();
        let device = device.to_lowercase();
        if device.is_empty() {
            return Err(AnalyzerError::Nameless);
        }
        let written_time = value(&root, "general", "scriptRunTime", "").unwrap_or_default();
        let moment = run_time::read(&written_time, stored);
        let (findings, more_findings) = findings(&root);
        let facts = FACTS.into_iter().filter_map(|(section, name, word)| {
            let value = value(&root, section, name, word)?;
            Some(EvidenceFact { name, value })
        });
        Ok(Self {
            device,
            moment,
            evidence: Evidence {
                source: "analyzer",
                file: file.to_owned(),
                time: moment.map(|moment| moment.at.to_string()),
                written_time,
                half_day_open: moment.is_some_and(|moment| moment.half_day_open),
                facts: facts.collect(),
                findings,
                more_findings,
            },
        })
    }

    /// Of which device and when, in words.
    pub(super) fn shown(&self) -> String {
        format!("`{}`, {}", self.device, self.evidence.when())
    }

    /// When it was made, for what is newer; one that does not tell is older than all.
    pub(super) fn age(&self) -> (Option<UtcTime>, &str) {
        let at = self.moment.map(|moment| moment.at);
        (at, &self.evidence.file)
    }
}

/// The value of an element. Where its name comes several times, that with the word in its
/// `displayName` is meant.
fn value(root: &Element, section: &str, name: &str, word: &str) -> Option<String> {
    let named = || {
        let sections = root.elements().filter(|one| one.name == section);
        sections
            .flat_map(Element::elements)
            .filter(|one| one.name == name)
    };
    let has_word = |one: &&Element| {
        let shown = one.get("displayName").unwrap_or_default();
        shown.to_lowercase().contains(word)
    };
    let element = named().find(has_word)?;
    let value = plain_text(&element.text_of("value")?);
    (!value.is_empty()).then_some(value)
}

/// The worst findings, and how many there are beside them.
fn findings(root: &Element) -> (Vec<EvidenceFinding>, usize) {
    let events = root.elements().filter(|one| one.name == "events");
    let events = events
        .flat_map(Element::elements)
        .filter(|one| one.name == "event");
    let mut found: Vec<EvidenceFinding> = events
        .map(|event| {
            let text = |name: &str| plain_text(&event.text_of(name).unwrap_or_default());
            EvidenceFinding {
                severity: text("severity"),
                check: text("check"),
                result: text("checkresult"),
                guidance: text("guidance"),
            }
        })
        .collect();
    found.sort_by_key(|finding| rank(&finding.severity));
    let more = found.len().saturating_sub(MAX_FINDINGS);
    found.truncate(MAX_FINDINGS);
    (found, more)
}
