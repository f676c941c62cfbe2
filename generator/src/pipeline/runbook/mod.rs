//! `runbook.html`: the change request, the steps, the way back, in one page to print, in the language
//! of the organisation. Facts and commands are the same in every language; the templates have the words.

mod commands;

use askama::Template;
use gangway_contract::UncPath;
use gangway_contract::connectivity::{
    HostPattern, PatternUse, Service, host_patterns, is_region_known,
};
use gangway_contract::events::Level;
use gangway_contract::manifest::{ApplyMethod, Manifest, Mode};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::briefing::{AddressRow, Facts, Restarts, address_rows, hours, restarts};
use super::config::Language;
use super::policies::Written;
use super::soc::{self, SocDocument};
use crate::bundle::{Input, Remark};
use crate::goal::Goal;
use crate::policies::Purpose;
use crate::printable::on_lines;
use commands::{Commands, DomainCommands};

#[derive(Template)]
#[template(path = "runbook/english.html")]
struct English<'a> {
    page: Page<'a>,
}

#[derive(Template)]
#[template(path = "runbook/japanese.html")]
struct Japanese<'a> {
    page: Page<'a>,
}

/// The facts, without a word of any language.
struct Page<'a> {
    organization: &'a str,
    mode: Mode,
    mode_name: &'static str,
    /// GPO that holds the task.
    task_gpo: &'static str,
    sequence: u64,
    bundle_id: &'a str,
    release_id: &'a str,
    org_id: &'a str,
    version: &'static str,
    exe_name: &'a str,
    authenticode_sha256: String,
    share: &'a str,
    /// Is the share, or that of the reports, a path of a domain's DFS namespace?
    is_of_a_namespace: bool,
    reports: Option<&'a str>,
    domains: Vec<DomainRow<'a>>,
    /// Group whose members the task does not reach.
    exclude_group: Option<&'a str>,
    /// GPOs that hold exclusions of roles, by the config; an offboarding bundle does not bring them.
    role_gpos: Vec<String>,
    payloads: Vec<PayloadRow<'a>>,
    addresses: Vec<AddressRow>,
    patterns: Vec<HostPattern>,
    /// Does the published list have the tenant's region?
    is_region_known: bool,
    inputs: &'a [Input],
    remarks: &'a [Remark],
    /// The portal's script runs.
    runs_script: bool,
    /// Is it the last campaign, which takes away what bootstraps left?
    retires: bool,
    restarts: Restarts,
    /// Local time of day between which changing steps may run, `HH:MM` each.
    hours: Option<(String, String)>,
    ring_percent: u8,
    report_every_days: u16,
    /// Until when an offboarding package works.
    expires: Option<String>,
    lab: bool,
    blob_roots: bool,
    /// What servers show of it: the same as in `soc.json`.
    soc: SocDocument,
    commands: Commands,
}

struct DomainRow<'a> {
    name: &'a str,
    includes_controllers: bool,
    /// Its GPOs in the order of import.
    policies: Vec<&'a Written>,
    commands: DomainCommands,
}

impl Page<'_> {
    /// Is something of the bundle linked to the servers of a role alone?
    fn links_roles(&self) -> bool {
        let mut domains = self.domains.iter();
        domains.any(|domain| !domain.for_roles().is_empty())
    }
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
    let page = page(facts);
    let text = match facts.config.organization.language {
        Language::English => English { page }.render(),
        Language::Japanese => Japanese { page }.render(),
    }?;
    // Names of others stand in it; none of them hides or turns what a reader sees.
    Ok(on_lines(&text).into_owned())
}

fn page<'a>(facts: &'a Facts<'a>) -> Page<'a> {
    let manifest = facts.manifest;
    let settings = &manifest.settings;
    let task_gpo = match manifest.mode {
        Mode::Precheck | Mode::Onboard => "Gangway Deploy",
        Mode::Offboard => "Gangway Offboard",
    };
    Page {
        organization: &manifest.organization,
        mode: manifest.mode,
        mode_name: Goal::of(manifest).as_str(),
        task_gpo,
        sequence: manifest.sequence,
        bundle_id: facts.bundle_id.as_str(),
        release_id: manifest.release_id.as_str(),
        org_id: manifest.tenant.org_id.as_str(),
        version: env!("CARGO_PKG_VERSION"),
        exe_name: facts.exe_name,
        authenticode_sha256: facts.authenticode_sha256.to_string(),
        share: settings.release_root.as_str(),
        is_of_a_namespace: is_of_a_namespace(facts),
        reports: settings.report_root.as_ref().map(UncPath::as_str),
        domains: domains(facts, task_gpo),
        exclude_group: facts
            .config
            .gpo
            .exclude_group
            .as_deref()
            .filter(|_| manifest.mode != Mode::Offboard),
        role_gpos: roles(facts).map(|role| role.display_name()).collect(),
        payloads: payloads(manifest),
        addresses: address_rows(&manifest.tenant),
        patterns: host_patterns(&manifest.tenant),
        is_region_known: is_region_known(&manifest.tenant),
        inputs: facts.inputs,
        remarks: facts.remarks,
        runs_script: settings.apply == ApplyMethod::Script,
        retires: settings.retire,
        restarts: restarts(settings),
        hours: settings.window.map(hours),
        ring_percent: settings.ring_percent,
        report_every_days: facts.config.report_every_days,
        expires: manifest.expires_at.map(date),
        lab: !facts.config.trust.lab_roots.is_empty(),
        blob_roots: !facts.config.trust.blob_roots.is_empty(),
        soc: soc::document(facts),
        commands: commands::of_all(facts),
    }
}

/// The roles of the config, as purposes of GPOs.
fn roles<'a>(facts: &'a Facts<'a>) -> impl Iterator<Item = Purpose> + 'a {
    let roles = facts.config.gpo.settings.role.iter();
    roles.map(|role| Purpose::Exclusions(role.name.clone()))
}

fn domains<'a>(facts: &'a Facts<'a>, task_gpo: &str) -> Vec<DomainRow<'a>> {
    let domains = facts.config.gpo.domain.iter();
    let row = |domain: &'a super::config::Domain| {
        let policies = facts.policies.iter();
        let policies: Vec<&Written> = policies
            .filter(|policy| policy.domain == domain.dns_name.as_str())
            .collect();
        DomainRow {
            name: domain.dns_name.as_str(),
            includes_controllers: domain.include_domain_controllers,
            commands: commands::of_domain(facts, &domain.dns_name, &policies, task_gpo),
            policies,
        }
    };
    domains.map(row).collect()
}

fn payloads(manifest: &Manifest) -> Vec<PayloadRow<'_>> {
    let payloads = manifest.payloads.iter();
    payloads
        .map(|payload| PayloadRow {
            name: &payload.name,
            version: payload.version.as_deref().unwrap_or("–"),
            size: payload.size,
            sha256: payload.sha256.to_string(),
        })
        .collect()
}

/// Has one of the shares a domain's own name as its server?
fn is_of_a_namespace(facts: &Facts<'_>) -> bool {
    let settings = &facts.manifest.settings;
    let shares = settings.report_root.iter().chain([&settings.release_root]);
    let domains = &facts.config.gpo.domain;
    let mut servers = shares.map(UncPath::server);
    servers.any(|server| {
        let mut names = domains.iter().map(|domain| domain.dns_name.as_str());
        names.any(|name| name.eq_ignore_ascii_case(server))
    })
}

fn date(unix_seconds: i64) -> String {
    OffsetDateTime::from_unix_timestamp(unix_seconds)
        .ok()
        .and_then(|time| time.format(&Rfc3339).ok())
        .unwrap_or_else(|| unix_seconds.to_string())
}
