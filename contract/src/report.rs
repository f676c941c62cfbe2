//! The report of one run: what was found, planned, done and reached.
//!
//! One JSON file per run, kept on the server and dropped on the share. Reasons and steps
//! stand as text, so that a reader takes reports of newer bootstraps; unknown fields are
//! ignored for the same reason.

use serde::{Deserialize, Serialize};

use crate::connectivity::Checks;
use crate::document;
use crate::facts::Facts;
use crate::health::ReportedHealth;
use crate::identity::{BundleId, ReleaseId};
use crate::manifest::{ApplyMethod, Mode};
use crate::plan::Plan;
use crate::reason::Reason;
use crate::state::State;
use crate::step::Step;
use crate::time::UtcTime;

/// Version of the report's shape. It rises when a field or a state changes its meaning; a new
/// field does not raise it. Since 2, `onboarded` means protected too ([`health`](crate::health)).
pub const SCHEMA: u32 = 2;

/// The oldest shape that is still read. In it `onboarded` says nothing of protection.
pub const OLDEST_SCHEMA: u32 = 1;

/// Largest report that is worth reading, in bytes; real ones are below 32 KiB.
pub const MAX_BYTES: usize = 1 << 20;

/// What one run of the bootstrap says of its server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Report {
    /// Version of the shape; this program writes [`SCHEMA`].
    pub schema: u32,
    /// Bundle that ran.
    pub bundle_id: BundleId,
    /// The release folder that it took payloads from.
    pub release_id: ReleaseId,
    /// Sequence of its manifest.
    pub sequence: u64,
    /// What its manifest lets it do.
    pub mode: Mode,
    /// How its blob is applied; none in reports of before 2026-12.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<ApplyMethod>,
    /// Known shape of the text that the blob came in; none when there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub script_shape: Option<String>,
    /// Version of the bootstrap.
    pub runner_version: String,
    /// What is known of the exe's signature.
    pub exe_signature: String,
    /// Name of the server in its domain.
    pub fqdn: String,
    /// SID of the computer's account, else of the machine.
    pub machine_sid: Option<String>,
    /// Start of the run.
    pub started_at: UtcTime,
    /// End of the run.
    pub finished_at: UtcTime,
    /// State of the server after the run.
    pub state: State,
    /// Code of the reason ([`Reason`]).
    pub reason: String,
    /// What was found, for a person.
    pub detail: String,
    /// What the administrator does next.
    pub next_action: String,
    /// What the process ends with.
    pub exit_code: i32,
    /// What was planned.
    pub plan: Vec<PlannedStep>,
    /// What was tried.
    pub steps: Vec<StepResult>,
    /// What the server says of the payloads' signers. The digest decides what is run; this
    /// tells whether the server would trust the signer too.
    #[serde(default)]
    pub signatures: Vec<SignatureCheck>,
    /// What a person should know beyond the reason.
    pub findings: Vec<String>,
    /// Is the server protected? None from a run that only asked addresses, in offboarding, and
    /// in reports of before 2026-12.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<ReportedHealth>,
    /// Addresses of the service and what came of them; only where they were asked. A report of
    /// `connectivity` alone says nothing of onboarding and has no [`health`](Self::health); one
    /// of a precheck says both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connectivity: Option<Checks>,
    /// All that stands in the way, the reason first; only a precheck looks behind the first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blockers: Vec<ReportedBlocker>,
    /// Facts before the first step.
    pub facts_before: Facts,
    /// Facts at the end; equal to those before when nothing was done.
    pub facts_after: Facts,
}

impl Report {
    /// The bytes that are stored: indented JSON with a final line feed.
    pub fn to_bytes(&self) -> Vec<u8> {
        document::to_bytes(self)
    }

    /// Reads a report.
    ///
    /// # Errors
    /// Names the limit, the schema or the malformed field.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        if bytes.len() > MAX_BYTES {
            return Err(format!("larger than {MAX_BYTES} bytes"));
        }
        let schema = document::schema(bytes).map_err(|error| error.to_string())?;
        if !(OLDEST_SCHEMA..=SCHEMA).contains(&schema) {
            return Err(format!(
                "schema {schema}, this program reads {OLDEST_SCHEMA} to {SCHEMA}"
            ));
        }
        serde_json::from_slice(bytes).map_err(|error| error.to_string())
    }

    /// The reason, when this program knows its code.
    pub fn known_reason(&self) -> Option<Reason> {
        Reason::from_code(&self.reason)
    }
}

/// Name of a report's file: `<host>.<time>.<random>.json`, the host as [`host_in_file_name`]
/// writes it, the end of the run in its compact form, eight random hex digits.
pub fn file_name(fqdn: &str, finished_at: UtcTime, random: u32) -> String {
    let host = host_in_file_name(fqdn);
    format!("{host}.{}.{random:08x}.json", finished_at.compact())
}

/// A server's name as report files carry it: lower case, every character that is no letter,
/// digit, dot or hyphen a hyphen; `unknown` for no name.
pub fn host_in_file_name(fqdn: &str) -> String {
    if fqdn.is_empty() {
        return "unknown".to_owned();
    }
    fqdn.chars()
        .map(|c| match c.to_ascii_lowercase() {
            c @ ('a'..='z' | '0'..='9' | '.' | '-') => c,
            _ => '-',
        })
        .collect()
}

/// Host and compact time in the name of a report's file; none for another file.
pub fn parse_file_name(name: &str) -> Option<(&str, &str)> {
    let mut parts = name.rsplitn(4, '.');
    let (extension, random) = (parts.next()?, parts.next()?);
    let (time, host) = (parts.next()?, parts.next()?);
    let is_hex = random.len() == 8 && random.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_time = time.len() == 16 && time.ends_with('Z');
    (extension.eq_ignore_ascii_case("json") && is_hex && is_time && !host.is_empty())
        .then_some((host, time))
}

/// One thing that stands in the way of a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ReportedBlocker {
    /// Code of the reason ([`Reason`]).
    pub reason: String,
    /// What was found, for a person; may be empty.
    pub detail: String,
    /// What the administrator does next.
    pub next_action: String,
}

impl ReportedBlocker {
    /// As it stands in a report.
    pub fn new(reason: Reason, detail: String) -> Self {
        Self {
            reason: reason.as_str().to_owned(),
            detail,
            next_action: reason.next_action().to_owned(),
        }
    }
}

/// What a run would do, or would have done next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct PlannedStep {
    /// Kind of step.
    pub step: String,
    /// Payloads that it reads or runs.
    pub payloads: Vec<String>,
    /// The fact that asks for it.
    pub why: String,
    /// Is it held back by the reason?
    pub held: bool,
}

impl PlannedStep {
    /// The steps of a plan, in its order.
    pub fn of_plan(plan: &Plan) -> Vec<Self> {
        let line = |step: &Step, held| Self {
            step: step.kind().as_str().to_owned(),
            payloads: step.payloads().into_iter().map(str::to_owned).collect(),
            why: step.why.clone(),
            held,
        };
        let now = plan.steps.iter().map(|step| line(step, false));
        now.chain(plan.held.iter().map(|step| line(step, true)))
            .collect()
    }
}

/// How one step went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StepResult {
    /// Kind of step.
    pub step: String,
    /// When it was started.
    pub started_at: UtcTime,
    /// When it ended or its limit passed.
    pub ended_at: UtcTime,
    /// Exit code, when a process ended.
    pub code: Option<u32>,
    /// How it ended.
    pub result: StepOutcome,
    /// What the code means or what failed.
    pub detail: String,
    /// What became of each effect, where a blob was applied.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub effects: Vec<EffectResult>,
}

/// What became of one effect of applying a blob ([`Effect`](crate::apply::Effect)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EffectResult {
    /// Text form of the effect; the blob never stands in it.
    pub effect: String,
    /// Zero for success, else the code of the system, of the program, or of the portal's
    /// script.
    pub code: u32,
    /// What failed; empty for success.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

/// What the server says of one payload's signer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SignatureCheck {
    /// File name of the payload.
    pub payload: String,
    /// Code of the judgement ([`SignerVerdict`]).
    pub verdict: String,
    /// Name of the signer; empty without one.
    pub signer: String,
    /// What was seen.
    pub detail: String,
}

crate::text::text_enum! {
    /// How the signer of a payload was judged on the server.
    pub enum SignerVerdict ("a judgement of a signer") {
        /// The signer that the manifest names: the chain holds up to its root, or from its
        /// very certificate to a root that the server trusts.
        Expected = "expected",
        /// The certificate that the manifest names; the server cannot build its chain.
        ExpectedCertificate = "expected-certificate",
        /// The manifest names no signer, and the server trusts this one.
        Trusted = "trusted",
        /// A signer that the server trusts, and not the one that the manifest names.
        OtherSigner = "other-signer",
        /// The chain does not hold.
        NotTrusted = "not-trusted",
        /// No signature, or none that this server knows how to read.
        NotJudged = "not-judged",
        /// Changed after it was signed, revoked or distrusted: nothing is run.
        Bad = "bad",
    }
}

crate::text::text_enum! {
    /// How a step ended.
    pub enum StepOutcome ("an outcome of a step") {
        /// The expected change is there.
        Done = "done",
        /// It is there although the code says failure.
        DoneDespiteCode = "done-despite-code",
        /// The code says so: the change shows after Windows has started again.
        DoneRestartNeeded = "done-restart-needed",
        /// The code says failure, and the change is not there.
        Failed = "failed",
        /// The code says success, and the change is not there.
        NotVerified = "not-verified",
        /// Ended at its limit.
        LimitPassed = "limit-passed",
        /// Still running past its limit.
        StillRunning = "still-running",
        /// No process came to be, or no command line could be made.
        NotStarted = "not-started",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Report {
        Report {
            schema: SCHEMA,
            bundle_id: BundleId::of_bytes(b"manifest"),
            release_id: ReleaseId::of_bytes(b"payloads"),
            sequence: 1,
            mode: Mode::Onboard,
            method: Some(ApplyMethod::Native),
            script_shape: None,
            runner_version: "0.1.0".to_owned(),
            exe_signature: "unsigned".to_owned(),
            fqdn: "srv01.contoso.com".to_owned(),
            machine_sid: None,
            started_at: UtcTime(0),
            finished_at: UtcTime(1),
            state: State::Onboarded,
            reason: Reason::Converged.as_str().to_owned(),
            detail: String::new(),
            next_action: Reason::Converged.next_action().to_owned(),
            exit_code: 0,
            plan: Vec::new(),
            steps: Vec::new(),
            signatures: Vec::new(),
            findings: Vec::new(),
            health: None,
            connectivity: None,
            blockers: Vec::new(),
            facts_before: Facts::default(),
            facts_after: Facts::default(),
        }
    }

    #[test]
    fn stored_bytes_read_back_equal() {
        assert_eq!(Report::parse(&sample().to_bytes()), Ok(sample()));
    }

    #[test]
    fn the_name_of_a_file_gives_back_host_and_time() {
        let name = file_name("SRV_1.contoso.com", UtcTime(0), 0xab);
        assert_eq!(name, "srv-1.contoso.com.19700101T000000Z.000000ab.json");
        assert_eq!(
            parse_file_name(&name),
            Some(("srv-1.contoso.com", "19700101T000000Z"))
        );
        assert_eq!(
            file_name("", UtcTime(0), 1),
            "unknown.19700101T000000Z.00000001.json"
        );
        for other in [
            "report.json",
            ".19700101T000000Z.000000ab.json",
            "srv1.19700101T000000Z.000000ab (1).json",
            "srv1.19700101T000000Z.000000ab.tmp",
            "srv1.19700101.000000ab.json",
        ] {
            assert_eq!(parse_file_name(other), None, "{other}");
        }
    }

    #[test]
    fn reports_of_the_older_shape_are_read_and_of_a_later_one_not() {
        let text = String::from_utf8(sample().to_bytes()).unwrap();
        let of = |schema: u32| text.replacen("\"schema\": 2", &format!("\"schema\": {schema}"), 1);
        let older = Report::parse(of(1).as_bytes()).unwrap();
        assert_eq!((older.schema, older.health), (1, None));
        let later = Report::parse(of(3).as_bytes()).unwrap_err();
        assert_eq!(later, "schema 3, this program reads 1 to 2");
        assert!(Report::parse(of(0).as_bytes()).is_err());
    }

    #[test]
    fn reports_of_a_newer_bootstrap_are_read() {
        let text = String::from_utf8(sample().to_bytes()).unwrap();
        let newer = text
            .replacen("\"schema\"", "\"mood\": \"calm\", \"schema\"", 1)
            .replacen("\"converged\"", "\"converged-twice\"", 1);
        let report = Report::parse(newer.as_bytes()).unwrap();
        assert_eq!(report.reason, "converged-twice");
        assert_eq!(report.known_reason(), None);
    }
}
