//! `soc.json`: what the people who watch servers are told before a rollout, from the facts that the
//! runbook is made of. The runbook has the same in words.

mod document;

use std::collections::BTreeSet;

use gangway_contract::apply::{Direction, ERROR_EVENTS, KEYS, SUCCESS_EVENT};
use gangway_contract::connectivity::host_patterns;
use gangway_contract::daily::APPLIES_KEY;
use gangway_contract::events::{self, Level};
use gangway_contract::manifest::{ApplyMethod, Mode};
use gangway_contract::plan::possible;
use gangway_contract::registry;
use gangway_contract::step::StepKind;
use gangway_contract::{State, UncPath};

use super::briefing::{Facts, address_rows, hours, restarts};
use crate::policies::PrincipalForm;
pub(in crate::pipeline) use document::FILE_NAME;
pub use document::SocDocument;
use document::{SocEvent, SocHours, SocPayload, SocProgram, SocStart, SocTask};

/// The document of a bundle.
pub(super) fn document(facts: &Facts<'_>) -> SocDocument {
    let manifest = facts.manifest;
    let settings = &manifest.settings;
    let shares = settings.report_root.iter();
    let shares = [&settings.release_root].into_iter().chain(shares);
    SocDocument {
        schema: SocDocument::VERSION,
        bundle_id: facts.bundle_id.clone(),
        release_id: manifest.release_id.clone(),
        sequence: manifest.sequence,
        mode: manifest.mode,
        retires: settings.retire,
        organization: manifest.organization.clone(),
        org_id: manifest.tenant.org_id.clone(),
        expires_at: manifest.expires_at,
        bootstrap: program(facts),
        tasks: tasks(facts),
        starts: starts(facts),
        restarts: restarts(settings),
        hours: settings.window.map(|window| {
            let (from, to) = hours(window);
            SocHours { from, to }
        }),
        events: events_of(facts),
        folders: [r"%ProgramFiles%\Gangway", r"%ProgramData%\Gangway"]
            .map(str::to_owned)
            .into(),
        registry_keys: keys(facts),
        shares: shares.map(UncPath::to_string).collect(),
        payloads: manifest.payloads.iter().map(SocPayload::from).collect(),
        addresses: address_rows(&manifest.tenant),
        host_patterns: host_patterns(&manifest.tenant)
            .iter()
            .flat_map(|pattern| pattern.hosts)
            .map(|host| (*host).to_owned())
            .collect(),
    }
}

fn program(facts: &Facts<'_>) -> SocProgram {
    let tasks = facts.policies.iter().flat_map(|policy| &policy.tasks);
    let mut started_from: Vec<String> = tasks.map(|task| task.command.clone()).collect();
    started_from.dedup();
    let release = &facts.manifest.release_id;
    SocProgram {
        name: facts.exe_name.to_owned(),
        authenticode_sha256: facts.authenticode_sha256,
        unsigned_sha256: facts.unsigned_sha256,
        started_from,
        runs_from: format!(r"%ProgramFiles%\Gangway\{release}\{}", facts.exe_name),
        account: PrincipalForm::Sid.text().to_owned(),
    }
}

fn tasks(facts: &Facts<'_>) -> Vec<SocTask> {
    let mut rows = Vec::new();
    for policy in facts.policies {
        rows.extend(policy.tasks.iter().map(|task| SocTask {
            domain: policy.domain.clone(),
            policy: policy.display_name.clone(),
            name: task.name.clone(),
            command: task.command.clone(),
            arguments: task.arguments.map(str::to_owned),
            stays: task.stays,
        }));
    }
    rows
}

fn starts(facts: &Facts<'_>) -> Vec<SocStart> {
    let release = facts.manifest.release_id.as_str();
    possible(facts.manifest)
        .into_iter()
        .map(|step| SocStart {
            step,
            program: step.program().map(|program| program.path(release)),
        })
        .collect()
}

/// Lines of the bootstrap itself, then those of the portal's script, which the bootstrap writes in its
/// place: rules that look for them go on to find them.
fn events_of(facts: &Facts<'_>) -> Vec<SocEvent> {
    let mut rows: Vec<SocEvent> = State::ALL
        .into_iter()
        .map(|state| {
            let (id, level) = events::of_state(state);
            SocEvent {
                source: events::SOURCE.to_owned(),
                id,
                level,
                text_begins: Some(format!("{state}: ")),
                state: Some(state),
            }
        })
        .collect();
    let (direction, step) = match facts.manifest.mode {
        Mode::Precheck => return rows,
        Mode::Onboard => (Direction::Onboarding, StepKind::ApplyOnboarding),
        Mode::Offboard => (Direction::Offboarding, StepKind::ApplyOffboarding),
    };
    let line = |id: u32, level, text: String| SocEvent {
        source: direction.event_source().to_owned(),
        id,
        level,
        text_begins: (facts.manifest.settings.apply == ApplyMethod::Native).then_some(text),
        state: None,
    };
    let good = format!("Gangway: {step} succeeded");
    rows.push(line(SUCCESS_EVENT, Level::Information, good));
    let errors = ERROR_EVENTS.into_iter();
    rows.extend(errors.map(|id| line(id, Level::Error, format!("[Error Id: {id}, "))));
    rows
}

fn keys(facts: &Facts<'_>) -> Vec<String> {
    let mut keys = vec![registry::OWN.to_owned()];
    if facts.config.report_every_days > 0 {
        keys.push(APPLIES_KEY.to_owned());
    }
    if facts.manifest.mode != Mode::Precheck {
        keys.extend(KEYS.map(str::to_owned));
    }
    let sources: BTreeSet<String> = events_of(facts).into_iter().map(|row| row.source).collect();
    let of_source = |source| format!(r"{}\{source}", events::SOURCES);
    keys.extend(sources.into_iter().map(of_source));
    keys
}
