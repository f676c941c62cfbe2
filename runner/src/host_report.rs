//! The host report: made at the end of a run, kept on the server, dropped on the share, and
//! said in the event log.

use gangway_contract::fact::Fact;
use gangway_contract::health::{self, ReportedHealth};
use gangway_contract::manifest::{Manifest, Mode};
use gangway_contract::plan::Plan;
use gangway_contract::report::{
    self, PlannedStep, Report, ReportedBlocker, SignatureCheck, StepResult,
};
use gangway_contract::{ExitCode, Facts, Reason, State, UncPath, UtcTime};

use crate::bundle::{Bundle, Places};
use crate::data_folder;
use crate::failure::Failure;
use crate::journal::{self, Past};
use crate::machine::{Machine, Mark};

use crate::stop::Stop;
use crate::{after_installer, leftovers, tell};

/// A run that found the same as the last one drops no report sooner than this.
const SAME_REPORT_AFTER_S: i64 = 20 * 3600;

/// Host reports that are kept on the server.
const KEPT_REPORTS: usize = 20;

/// What a run found before it did anything.
pub struct Start {
    pub(crate) facts: Facts,
    pub(crate) plan: Plan,
    pub(crate) started_at: UtcTime,
    /// What was wrong with this program's own places.
    pub(crate) notes: Vec<String>,
}

impl Start {
    /// What a run finds that plans nothing: it only looks.
    pub(crate) fn assessing(facts: Facts, started_at: UtcTime, reason: Reason) -> Self {
        let plan = Plan {
            state: reason.state(),
            reason,
            detail: String::new(),
            steps: Vec::new(),
            held: Vec::new(),
            blockers: Vec::new(),
            findings: Vec::new(),
        };
        Self {
            facts,
            plan,
            started_at,
            notes: Vec::new(),
        }
    }

    /// May this account change the server at all?
    pub fn is_elevated(&self) -> bool {
        self.facts.host.elevated.holds()
    }

    /// Are there steps to take now?
    pub fn has_work(&self) -> bool {
        !self.plan.steps.is_empty()
    }
}

/// How a run ended.
pub(crate) struct End {
    state: State,
    reason: Reason,
    detail: String,
    findings: Vec<String>,
}

impl End {
    /// As decided.
    pub(crate) fn of_plan(plan: Plan) -> Self {
        Self {
            state: plan.state,
            reason: plan.reason,
            detail: plan.detail,
            findings: plan.findings,
        }
    }

    /// Before its goal.
    pub(crate) fn of_stop(stop: Stop, findings: Vec<String>) -> Self {
        Self {
            state: stop.reason.state(),
            reason: stop.reason,
            detail: stop.detail,
            findings,
        }
    }
}

/// The report of a run without steps.
pub(crate) fn report_of_stop(
    machine: &dyn Machine,
    bundle: &Bundle,
    start: &Start,
    facts: Facts,
    stop: Stop,
    notes: Vec<String>,
) -> Report {
    let end = End::of_stop(stop, notes);
    report_of(machine, bundle, start, facts, end, Vec::new(), Vec::new())
}

/// The host report of a run.
pub(crate) fn report_of(
    machine: &dyn Machine,
    bundle: &Bundle,
    start: &Start,
    facts_after: Facts,
    end: End,
    steps: Vec<StepResult>,
    signatures: Vec<SignatureCheck>,
) -> Report {
    let manifest = &bundle.manifest;
    let host = &facts_after.host;
    let sid = host.account_sid.value().or(host.machine_sid.value());
    let names = [&host.fqdn, &host.name];
    let fqdn = names.into_iter().find_map(Fact::value);
    Report {
        schema: report::SCHEMA,
        bundle_id: bundle.id.clone(),
        release_id: manifest.release_id.clone(),
        sequence: manifest.sequence,
        mode: manifest.mode,
        method: Some(manifest.settings.apply),
        script_shape: manifest.tenant.script_shape.clone(),
        runner_version: env!("CARGO_PKG_VERSION").to_owned(),
        exe_signature: bundle.exe_signature.clone(),
        fqdn: fqdn.cloned().unwrap_or_default(),
        machine_sid: sid.cloned(),
        started_at: start.started_at,
        finished_at: machine.now(),
        state: end.state,
        reason: end.reason.as_str().to_owned(),
        detail: end.detail,
        next_action: end.reason.next_action().to_owned(),
        exit_code: ExitCode::of(end.state, end.reason).number(),
        plan: PlannedStep::of_plan(&start.plan),
        steps,
        signatures,
        findings: [start.notes.clone(), end.findings].concat(),
        health: health_of(manifest, &facts_after),
        connectivity: None,
        blockers: blockers_of(&start.plan),
        facts_before: start.facts.clone(),
        facts_after,
    }
}

/// What the plan found in the way. Only a precheck plans it, and it acts on nothing, so that
/// what it found in the beginning holds in the end.
fn blockers_of(plan: &Plan) -> Vec<ReportedBlocker> {
    let blockers = plan.blockers.iter();
    blockers
        .map(|blocker| ReportedBlocker::new(blocker.reason, blocker.detail.clone()))
        .collect()
}

/// Is the server protected? An offboarding bundle does not ask.
fn health_of(manifest: &Manifest, facts: &Facts) -> Option<ReportedHealth> {
    (manifest.mode != Mode::Offboard).then(|| health::judge(manifest, facts).into())
}

/// Marks, cleans up, and hands the report to everybody who reads it.
pub(crate) fn leave(
    machine: &mut dyn Machine,
    bundle: &Bundle,
    places: &Places,
    mut report: Report,
) -> Report {
    let manifest = &bundle.manifest;
    report
        .findings
        .extend(after_installer::note(places, &report));
    let reached = matches!(report.state, State::Onboarded | State::Offboarded);
    // Nothing is left to run on a server that is onboarded and not healthy; it is looked at
    // again at each refresh.
    let ended = reached || report.state == State::OnboardedUnhealthy;
    let may_change = manifest.mode != Mode::Precheck && report.facts_before.host.elevated.holds();
    let mut trouble = Vec::new();
    if may_change {
        let mark = if reached {
            Mark::Converged(bundle.id.clone())
        } else {
            Mark::NotConverged(bundle.id.clone())
        };
        trouble.extend(machine.set_mark(&mark).err());
    }
    // Also what an earlier run fetched for a server that somebody else has brought there since.
    if ended && may_change {
        trouble.extend(remove_payloads(machine, manifest).err());
    }
    let name = report_name(machine, &report);
    if let Some(folder) = report_folder(places, manifest)
        && worth_dropping(machine, &report)
    {
        report
            .findings
            .extend(trouble.drain(..).map(|failure| failure.to_string()));
        match machine.drop_report(&folder, &name, &report.to_bytes()) {
            Ok(()) => {
                let entry = journal::Entry::Reported {
                    at: report.finished_at,
                    state: report.state,
                    reason: report.reason.clone(),
                };
                trouble.extend(journal::write(machine, &entry).err());
            }
            Err(failure) => trouble.push(failure),
        }
    }
    report
        .findings
        .extend(trouble.drain(..).map(|failure| failure.to_string()));
    if let Err(failure) = keep(machine, &name, &report) {
        report.findings.push(failure.to_string());
    }
    // The report says the same.
    let _ = machine.log_event(&tell::event(&report));
    report
}

/// Payload copies, as soon as they are of no further use.
fn remove_payloads(machine: &mut dyn Machine, manifest: &Manifest) -> Result<(), Failure> {
    let folder = machine.folders().release(manifest.release_id.as_str());
    for payload in &manifest.payloads {
        machine.delete_file(&format!(r"{folder}\{}", payload.name))?;
    }
    machine.delete_folder(&folder);
    leftovers::remove_other_releases(machine, &manifest.release_id)
}

pub(crate) fn report_folder(places: &Places, manifest: &Manifest) -> Option<String> {
    // By hand: the share may not be reachable from here at all. A package knows of none but its own.
    let by_hand = places.source.is_some() && !places.after_installer;
    let root = manifest.settings.report_root.as_ref();
    places
        .reports
        .clone()
        .or_else(|| root.filter(|_| !by_hand).map(UncPath::to_string))
}

/// A server that waits or is blocked runs at every refresh; one report a day says it.
fn worth_dropping(machine: &mut dyn Machine, report: &Report) -> bool {
    if !report.steps.is_empty() || is_good_state(report.state) {
        return true;
    }
    let Some((at, state, reason)) = data_folder::journal(machine)
        .ok()
        .and_then(|bytes| Past::replay(&bytes).reported)
    else {
        return true;
    };
    let age_s = report.finished_at.since(at);
    state != report.state || reason != report.reason || !(0..SAME_REPORT_AFTER_S).contains(&age_s)
}

fn is_good_state(state: State) -> bool {
    matches!(
        state,
        State::Onboarded | State::OnboardedPendingReboot | State::Offboarded
    )
}

/// The name of a report's file, with a random part that nobody can guess.
pub(crate) fn report_name(machine: &mut dyn Machine, report: &Report) -> String {
    // The low half is as random as the whole.
    let random = u32::try_from(machine.random() & 0xffff_ffff).unwrap_or(0);
    report::file_name(&report.fqdn, report.finished_at, random)
}

/// The time in a report's name, which sorts as text.
pub fn report_time(name: &str) -> Option<&str> {
    name.rsplit('.').nth(2)
}

pub(crate) fn keep(machine: &mut dyn Machine, name: &str, report: &Report) -> Result<(), Failure> {
    machine.keep_report(name, &report.to_bytes())?;
    let folder = format!(r"{}\reports", machine.folders().data());
    let mut kept = machine.list_files(&folder)?;
    // Names hold the time behind the host's name, which is the same for all.
    kept.sort_unstable();
    let surplus = kept.len().saturating_sub(KEPT_REPORTS);
    for old in kept.iter().take(surplus) {
        machine.delete_file(&format!(r"{folder}\{old}"))?;
    }
    Ok(())
}
