//! `runbook.html`: the change request, the steps, the way back, in one page to print.

use askama::Template;
use gangway_contract::BundleId;
use gangway_contract::manifest::{Manifest, Mode};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::config::Config;
use crate::bundle::Input;

/// What the page is made of.
pub(super) struct Facts<'a> {
    pub(super) config: &'a Config,
    pub(super) manifest: &'a Manifest,
    pub(super) bundle_id: &'a BundleId,
    pub(super) exe_name: &'a str,
    pub(super) authenticode_sha256: String,
    pub(super) inputs: &'a [Input],
    pub(super) output_time: i64,
}

#[derive(Template)]
#[template(path = "runbook.html")]
struct Page<'a> {
    organization: &'a str,
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
    domains: Vec<DomainRow<'a>>,
    payloads: Vec<PayloadRow<'a>>,
    endpoints: &'a [String],
    inputs: &'a [Input],
    lab: bool,
}

struct DomainRow<'a> {
    name: &'a str,
    controllers: &'static str,
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
    let page = Page {
        organization: &manifest.organization,
        mode: match manifest.mode {
            Mode::Precheck => "precheck",
            Mode::Onboard => "onboard",
            Mode::Offboard => "offboard",
        },
        sequence: manifest.sequence,
        bundle_id: facts.bundle_id.as_str(),
        release_id: manifest.release_id.as_str(),
        org_id: manifest.tenant.org_id.as_str(),
        date: date(facts.output_time),
        exe_name: facts.exe_name,
        authenticode_sha256: &facts.authenticode_sha256,
        share: &facts.config.share.root,
        reports: facts.config.share.reports.as_deref(),
        domains: facts
            .config
            .gpo
            .domain
            .iter()
            .map(|domain| DomainRow {
                name: domain.dns_name.as_str(),
                controllers: if domain.include_domain_controllers {
                    "included"
                } else {
                    "left out"
                },
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
        lab: !facts.config.trust.lab_roots.is_empty(),
    };
    page.render()
}

fn date(unix_seconds: i64) -> String {
    OffsetDateTime::from_unix_timestamp(unix_seconds)
        .ok()
        .and_then(|time| time.format(&Rfc3339).ok())
        .unwrap_or_else(|| unix_seconds.to_string())
}
