//! `runbook.html`: the change request, the steps, the way back, in one page to print.

use askama::Template;
use gangway_contract::manifest::{ApplyMethod, Manifest, Mode, RebootRule, Settings};
use gangway_contract::{BundleId, UncPath};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::config::Config;
use super::policies::Written;
use crate::bundle::{Input, Remark, mode_name};
use crate::publication::{ShareCommands, SharedFolder, share_commands};

/// What the page is made of.
pub(super) struct Facts<'a> {
    pub(super) config: &'a Config,
    pub(super) manifest: &'a Manifest,
    pub(super) bundle_id: &'a BundleId,
    pub(super) exe_name: &'a str,
    pub(super) authenticode_sha256: String,
    pub(super) inputs: &'a [Input],
    pub(super) remarks: &'a [Remark],
    pub(super) output_time: i64,
    pub(super) policies: &'a [Written],
}

/// What differs between the modes.
struct Words {
    verb: &'static str,
    preposition: &'static str,
    what_it_does: &'static str,
    task_gpo: &'static str,
}

impl Words {
    fn of(mode: Mode) -> Self {
        match mode {
            Mode::Precheck => Self {
                verb: "Assess",
                preposition: "for",
                what_it_does: "looks at the server and reports what onboarding would do and what \
                               stands in its way. It changes nothing.",
                task_gpo: "Gangway Deploy",
            },
            Mode::Onboard => Self {
                verb: "Onboard",
                preposition: "to",
                what_it_does: "looks at the server, does the least that is needed to onboard it, \
                               and reports. A server that is onboarded already is left alone.",
                task_gpo: "Gangway Deploy",
            },
            Mode::Offboard => Self {
                verb: "Offboard",
                preposition: "from",
                what_it_does: "looks at the server, offboards it from this tenant, and reports. A \
                               server of another tenant is left alone.",
                task_gpo: "Gangway Offboard",
            },
        }
    }
}

#[derive(Template)]
#[template(path = "runbook.html")]
struct Page<'a> {
    organization: &'a str,
    verb: &'static str,
    preposition: &'static str,
    what_it_does: &'static str,
    /// GPO that holds the task.
    task_gpo: &'static str,
    mode: &'static str,
    sequence: u64,
    bundle_id: &'a str,
    release_id: &'a str,
    org_id: &'a str,
    date: String,
    exe_name: &'a str,
    authenticode_sha256: &'a str,
    share: &'a str,
    reports: Option<&'a str>,
    share_commands: ShareCommands,
    report_commands: Option<ShareCommands>,
    domains: Vec<DomainRow<'a>>,
    payloads: Vec<PayloadRow<'a>>,
    endpoints: &'a [String],
    inputs: &'a [Input],
    remarks: &'a [Remark],
    /// The portal's script runs.
    runs_script: bool,
    onboards: bool,
    /// What the bootstrap may do about restarts.
    restarts: String,
    /// Until when an offboarding package works.
    expires: Option<String>,
    offboards: bool,
    lab: bool,
    blob_roots: bool,
}

struct DomainRow<'a> {
    name: &'a str,
    /// Its distinguished name.
    dn: String,
    controllers: &'static str,
    /// Its GPOs in the order of import.
    policies: Vec<&'a Written>,
}

impl DomainRow<'_> {
    /// Those that may be linked wherever servers are.
    fn for_every_server(&self) -> Vec<&Written> {
        let policies = self.policies.iter().copied();
        policies.filter(|policy| !policy.is_for_a_role).collect()
    }

    /// Those that only the servers of a role may get.
    fn for_roles(&self) -> Vec<&Written> {
        let policies = self.policies.iter().copied();
        policies.filter(|policy| policy.is_for_a_role).collect()
    }
}

struct PayloadRow<'a> {
    name: &'a str,
    version: &'a str,
    size: u64,
    sha256: String,
}

/// Fills the page.
pub(super) fn render(facts: &Facts<'_>) -> Result<String, askama::Error> {
    let manifest = facts.manifest;
    let words = Words::of(manifest.mode);
    let settings = &facts.config.settings;
    let reports = &settings.report_root;
    let domains: Vec<&str> = (facts.config.gpo.domain.iter())
        .map(|domain| domain.dns_name.as_str())
        .collect();
    let page = Page {
        organization: &manifest.organization,
        verb: words.verb,
        preposition: words.preposition,
        what_it_does: words.what_it_does,
        task_gpo: words.task_gpo,
        mode: mode_name(manifest.mode),
        sequence: manifest.sequence,
        bundle_id: facts.bundle_id.as_str(),
        release_id: manifest.release_id.as_str(),
        org_id: manifest.tenant.org_id.as_str(),
        date: date(facts.output_time),
        exe_name: facts.exe_name,
        authenticode_sha256: &facts.authenticode_sha256,
        share: settings.release_root.as_str(),
        reports: reports.as_ref().map(UncPath::as_str),
        share_commands: share_commands(SharedFolder::Payloads, &settings.release_root, &domains),
        report_commands: reports
            .as_ref()
            .map(|reports| share_commands(SharedFolder::Reports, reports, &domains)),
        domains: facts
            .config
            .gpo
            .domain
            .iter()
            .map(|domain| DomainRow {
                name: domain.dns_name.as_str(),
                dn: domain.dns_name.distinguished_name(),
                controllers: if domain.include_domain_controllers {
                    "included"
                } else {
                    "left out"
                },
                policies: facts
                    .policies
                    .iter()
                    .filter(|policy| policy.domain == domain.dns_name.as_str())
                    .collect(),
            })
            .collect(),
        payloads: manifest
            .payloads
            .iter()
            .map(|payload| PayloadRow {
                name: &payload.name,
                version: payload.version.as_deref().unwrap_or("–"),
                size: payload.size,
                sha256: payload.sha256.to_string(),
            })
            .collect(),
        endpoints: &manifest.tenant.endpoints,
        inputs: facts.inputs,
        remarks: facts.remarks,
        runs_script: manifest.settings.apply == ApplyMethod::Script,
        restarts: restarts(&manifest.settings),
        expires: manifest.expires_at.map(date),
        onboards: manifest.mode == Mode::Onboard,
        offboards: manifest.mode == Mode::Offboard,
        lab: !facts.config.trust.lab_roots.is_empty(),
        blob_roots: !facts.config.trust.blob_roots.is_empty(),
    };
    page.render()
}

fn restarts(settings: &Settings) -> String {
    match (settings.reboot, settings.window) {
        (RebootRule::Never, _) => {
            "None by the bootstrap: it reports what waits for a restart.".to_owned()
        }
        (RebootRule::InWindow, None) => {
            "At any hour, where a step needs one; never on servers with a protected role."
                .to_owned()
        }
        (RebootRule::InWindow, Some(window)) => format!(
            "Where a step needs one, between {} and {} local time; never on servers with a protected role.",
            time_of_day(window.from_minute),
            time_of_day(window.to_minute)
        ),
    }
}

fn time_of_day(minute: u16) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

fn date(unix_seconds: i64) -> String {
    OffsetDateTime::from_unix_timestamp(unix_seconds)
        .ok()
        .and_then(|time| time.format(&Rfc3339).ok())
        .unwrap_or_else(|| unix_seconds.to_string())
}
