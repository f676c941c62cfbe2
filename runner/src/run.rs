//! The whole run: look, decide, act, look again, report.

use gangway_contract::fact::Fact;
use gangway_contract::manifest::Mode;
use gangway_contract::plan::{Plan, decide, needs_feature_state};
use gangway_contract::report::{PlannedStep, Report, SignatureCheck, StepResult};
use gangway_contract::step::StepKind;
use gangway_contract::{
    BundleId, Control, ExitCode, Facts, History, Manifest, Reason, State, UtcTime,
};

use crate::execute::{Executor, Progress, payloads_of};
use crate::failure::Failure;
use crate::fetch::{self, Held, Source};
use crate::journal::{self, Past};
use crate::machine::{BundleName, Machine, Mark};
use crate::stop::Stop;
use crate::{leftovers, tell};

/// Planning rounds in one run: each begins where the machine has changed. Server 2016 with
/// feature, platform and agent to come takes three.
const ROUNDS: u32 = 5;

/// A run that found the same as the last one drops no report sooner than this.
const SAME_REPORT_AFTER_S: i64 = 20 * 3600;

/// Host reports that are kept on the server.
const KEPT_REPORTS: usize = 20;

/// The bundle that runs.
#[derive(Debug, Clone)]
pub struct Bundle {
    /// What it does.
    pub manifest: Manifest,
    /// Its identity.
    pub id: BundleId,
    /// What the exe's bytes say of themselves.
    pub exe_signature: String,
}

impl Bundle {
    /// The names under which the machine keeps marks.
    pub fn name(&self) -> BundleName {
        BundleName {
            id: self.id.clone(),
            org_id: self.manifest.tenant.org_id.clone(),
            mode: self.manifest.mode,
        }
    }
}

/// Where payloads come from and reports go.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Places {
    /// Folder given by hand; the share of the manifest otherwise.
    pub source: Option<String>,
    /// Folder for reports given by hand.
    pub reports: Option<String>,
}

/// Facts and plan without any effect.
pub fn look(machine: &mut dyn Machine, bundle: &Bundle) -> (Facts, Plan) {
    let mut facts = machine.facts(&bundle.name());
    if needs_feature_state(&bundle.manifest, &facts) {
        facts.antivirus.feature = machine.feature_state();
    }
    let history = history(machine);
    let plan = decide(&bundle.manifest, &facts, &history);
    (facts, plan)
}

/// What a run found before it did anything.
pub struct Start {
    facts: Facts,
    plan: Plan,
    started_at: UtcTime,
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
            findings: Vec::new(),
        };
        Self {
            facts,
            plan,
            started_at,
        }
    }

    /// Are there steps to take now?
    pub fn has_work(&self) -> bool {
        !self.plan.steps.is_empty()
    }
}

/// Looks and decides, the share's switch included.
pub fn begin(machine: &mut dyn Machine, bundle: &Bundle, places: &Places) -> Start {
    let started_at = machine.now();
    let (mut facts, mut plan) = look(machine, bundle);
    if !plan.steps.is_empty() && places.source.is_none() {
        facts.gangway.control = control(machine, &bundle.manifest);
        let history = history(machine);
        plan = decide(&bundle.manifest, &facts, &history);
    }
    Start {
        facts,
        plan,
        started_at,
    }
}

/// Carries out what [`begin`] decided, looks again, and reports.
pub fn finish(
    machine: &mut dyn Machine,
    bundle: &Bundle,
    places: &Places,
    start: &Start,
) -> Report {
    let mut run = Run {
        machine,
        bundle,
        places,
        held: Held::default(),
        results: Vec::new(),
        facts: start.facts.clone(),
    };
    let end = run.rounds(start.plan.clone());
    let Run {
        held,
        results,
        facts: facts_after,
        ..
    } = run;
    let signatures = held.release();
    let report = report_of(
        machine,
        bundle,
        start,
        facts_after,
        end,
        results,
        signatures,
    );
    leave(machine, bundle, places, report)
}

/// Ends a run that could not act at all, for example because the copy of the exe could not be
/// made.
pub fn give_up(
    machine: &mut dyn Machine,
    bundle: &Bundle,
    places: &Places,
    start: &Start,
    stop: Stop,
) -> Report {
    let facts = start.facts.clone();
    let report = report_of_stop(machine, bundle, start, facts, stop, Vec::new());
    leave(machine, bundle, places, report)
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

struct End {
    state: State,
    reason: Reason,
    detail: String,
    findings: Vec<String>,
}

impl End {
    fn of_plan(plan: Plan) -> Self {
        Self {
            state: plan.state,
            reason: plan.reason,
            detail: plan.detail,
            findings: plan.findings,
        }
    }

    fn of_stop(stop: Stop, findings: Vec<String>) -> Self {
        Self {
            state: stop.reason.state(),
            reason: stop.reason,
            detail: stop.detail,
            findings,
        }
    }
}

struct Run<'a> {
    machine: &'a mut dyn Machine,
    bundle: &'a Bundle,
    places: &'a Places,
    held: Held,
    results: Vec<StepResult>,
    facts: Facts,
}

impl Run<'_> {
    fn rounds(&mut self, first: Plan) -> End {
        let mut plan = first;
        for _ in 0..ROUNDS {
            if plan.steps.is_empty() {
                return End::of_plan(plan);
            }
            if let Err(stop) = self.prepare(&plan) {
                return End::of_stop(stop, plan.findings);
            }
            let restarting = plan
                .steps
                .iter()
                .any(|step| step.kind() == StepKind::Restart);
            let progress = self.act(&plan);
            plan = self.decide_again();
            match progress {
                Progress::DecideAgain if restarting => {
                    let stop = Stop::new(Reason::RebootPending, "Windows restarts in a minute");
                    return End::of_stop(stop, plan.findings);
                }
                Progress::DecideAgain => {}
                // The state speaks, not the step: a server that is as wanted has not failed.
                Progress::Stopped(_) if is_good(plan.reason) => return End::of_plan(plan),
                Progress::Stopped(stop) => return End::of_stop(stop, plan.findings),
            }
        }
        let last = plan.steps.first().map(|step| step.kind().as_str());
        let stop = Stop::new(
            Reason::NotVerified,
            format!(
                "after {ROUNDS} rounds step `{}` is still due",
                last.unwrap_or("-")
            ),
        );
        End::of_stop(stop, plan.findings)
    }

    /// Everything before the first step: the sequence is remembered, the bytes are here.
    fn prepare(&mut self, plan: &Plan) -> Result<(), Stop> {
        let manifest = &self.bundle.manifest;
        journal::shorten(self.machine)?;
        self.machine
            .set_mark(&Mark::Sequence {
                bundle: self.bundle.name(),
                sequence: manifest.sequence,
            })
            .map_err(Stop::from)?;
        let source = match &self.places.source {
            Some(folder) => Source {
                folder: folder.clone(),
            },
            None => Source::share(manifest),
        };
        fetch::provide(
            self.machine,
            manifest,
            &source,
            &payloads_of(&plan.steps),
            &mut self.held,
        )
    }

    fn act(&mut self, plan: &Plan) -> Progress {
        let name = self.bundle.name();
        let mut executor = Executor {
            machine: self.machine,
            manifest: &self.bundle.manifest,
            bundle: &name,
            held: &self.held,
            results: core::mem::take(&mut self.results),
        };
        let progress = executor.run(&plan.steps);
        self.results = executor.results;
        progress
    }

    fn decide_again(&mut self) -> Plan {
        let control = self.facts.gangway.control.clone();
        let mut facts = self.machine.facts(&self.bundle.name());
        if needs_feature_state(&self.bundle.manifest, &facts) {
            facts.antivirus.feature = self.machine.feature_state();
        }
        facts.gangway.control = control;
        let history = history(self.machine);
        let plan = decide(&self.bundle.manifest, &facts, &history);
        self.facts = facts;
        plan
    }
}

fn is_good(reason: Reason) -> bool {
    matches!(
        reason.state(),
        State::Onboarded | State::OnboardedPendingReboot | State::Offboarded
    )
}

fn history(machine: &mut dyn Machine) -> History {
    // A journal that cannot be read tells nothing; the machine itself does.
    let past = machine
        .read_journal()
        .map(|bytes| Past::replay(&bytes))
        .unwrap_or_default();
    past.history(machine)
}

/// The share's switch. A share without one says nothing, and nothing means no new work.
fn control(machine: &mut dyn Machine, manifest: &Manifest) -> Fact<Control> {
    use std::io::Read as _;
    let path = format!(r"{}\control.json", manifest.settings.release_root);
    let mut bytes = Vec::new();
    let limit = u64::try_from(gangway_contract::control::MAX_BYTES).unwrap_or(u64::MAX);
    let read = machine
        .open_source(&path)
        .map_err(|failure| failure.to_string())
        .and_then(|file| {
            file.take(limit.saturating_add(1))
                .read_to_end(&mut bytes)
                .map_err(|error| format!("read `{path}`: {error}"))
        });
    match read.and_then(|_| Control::parse(&bytes)) {
        Ok(control) => Fact::Value(control),
        Err(why) => Fact::unknown(why),
    }
}

fn report_of(
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
        schema: gangway_contract::report::SCHEMA,
        bundle_id: bundle.id.clone(),
        release_id: manifest.release_id.clone(),
        sequence: manifest.sequence,
        mode: manifest.mode,
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
        findings: end.findings,
        connectivity: None,
        facts_before: start.facts.clone(),
        facts_after,
    }
}

/// Marks, cleans up, and hands the report to everybody who reads it.
fn leave(
    machine: &mut dyn Machine,
    bundle: &Bundle,
    places: &Places,
    mut report: Report,
) -> Report {
    let manifest = &bundle.manifest;
    let reached = matches!(report.state, State::Onboarded | State::Offboarded);
    let mut trouble = Vec::new();
    if manifest.mode != Mode::Precheck && report.facts_before.host.elevated.holds() {
        let mark = if reached {
            Mark::Converged(bundle.id.clone())
        } else {
            Mark::NotConverged(bundle.id.clone())
        };
        trouble.extend(machine.set_mark(&mark).err());
    }
    if reached && !report.steps.is_empty() {
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
    machine.log_event(&tell::event(&report));
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
    match &places.source {
        // By hand: the share may not be reachable from here at all.
        Some(_) => places.reports.clone(),
        None => places
            .reports
            .clone()
            .or_else(|| manifest.settings.report_root.clone()),
    }
}

/// A server that waits or is blocked runs at every refresh; one report a day says it.
fn worth_dropping(machine: &mut dyn Machine, report: &Report) -> bool {
    if !report.steps.is_empty() || is_good_state(report.state) {
        return true;
    }
    let Some((at, state, reason)) = machine
        .read_journal()
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

/// `<fqdn>.<utc>.<random>.json`.
pub(crate) fn report_name(machine: &mut dyn Machine, report: &Report) -> String {
    let host: String = report
        .fqdn
        .to_ascii_lowercase()
        .chars()
        .map(|c| match c {
            'a'..='z' | '0'..='9' | '.' | '-' => c,
            _ => '-',
        })
        .collect();
    let host = if host.is_empty() { "unknown" } else { &host };
    let random = machine.random() & 0xffff_ffff;
    format!("{host}.{}.{random:08x}.json", report.finished_at.compact())
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
