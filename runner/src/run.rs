//! The whole run: look, decide, act, look again, report.

use gangway_contract::manifest::Mode;
use gangway_contract::plan::{Plan, decide, needs_feature_state};
use gangway_contract::report::{Report, StepResult};
use gangway_contract::step::StepKind;
use gangway_contract::{Facts, History, Reason, State};

use crate::after_installer::QUIET_S;
use crate::bundle::{Bundle, Places};
use crate::daily;
use crate::data_folder;
use crate::execute::{Executor, Progress, payloads_of};
use crate::fetch::{self, Held, Source};
use crate::host_report::{End, Start, leave, report_of, report_of_stop};
use crate::journal::{self, Entry, Past};
use crate::leftovers;
use crate::machine::{Machine, Mark};
use crate::precheck;
use crate::retire;
use crate::stop::Stop;
use crate::switch;

/// Planning rounds in one run: each begins where the machine has changed. Server 2016 with
/// feature, platform and agent to come takes three.
const ROUNDS: u32 = 5;

/// Facts and plan without any effect.
pub fn look(machine: &mut dyn Machine, bundle: &Bundle) -> (Facts, Plan) {
    let mut facts = machine.facts(&bundle.name());
    if needs_feature_state(&bundle.manifest, &facts) {
        facts.antivirus.feature = machine.feature_state();
    }
    let plan = decide_asking(machine, bundle, &mut facts);
    (facts, plan)
}

/// A good report tells for this long that the products were asked.
const ASKED_WITHIN_S: i64 = 20 * 3600;

/// Decides; and before it calls a server protected, asks the products themselves, which takes
/// seconds. Once a day is enough while the answer stays good.
fn decide_asking(machine: &mut dyn Machine, bundle: &Bundle, facts: &mut Facts) -> Plan {
    let history = history(machine);
    let plan = decide(&bundle.manifest, facts, &history);
    let calls_it_protected = bundle.manifest.mode != Mode::Offboard
        && matches!(
            plan.reason,
            Reason::Converged | Reason::RestartAfterOnboarding
        );
    if !calls_it_protected || told_of_late(machine) {
        return plan;
    }
    machine.told_by_product().tell(facts);
    decide(&bundle.manifest, facts, &history)
}

/// Has a report of this day said that the server is protected?
fn told_of_late(machine: &mut dyn Machine) -> bool {
    let past = data_folder::journal(machine).map(|bytes| Past::replay(&bytes));
    let reported = past.ok().and_then(|past| past.reported);
    let now = machine.now();
    reported.is_some_and(|(at, state, _)| {
        state == State::Onboarded && (0..ASKED_WITHIN_S).contains(&now.since(at))
    })
}

/// Looks and decides, the share's switch included.
pub fn begin(machine: &mut dyn Machine, bundle: &Bundle, places: &Places) -> Start {
    let started_at = machine.now();
    // Before the first byte of it is read.
    let mut notes = data_folder::settle(machine);
    let (mut facts, mut plan) = look(machine, bundle);
    if places.daily {
        notes.extend(daily::end_with_policy(machine, bundle, &facts, &mut plan));
    }
    // A ring of the share may be wider than the one that the bundle begins with.
    let may_begin = !plan.steps.is_empty() || plan.reason == Reason::RingNotReached;
    if may_begin && places.source.is_none() {
        switch::ask(machine, &bundle.manifest, &mut facts);
        let history = history(machine);
        plan = decide(&bundle.manifest, &facts, &history);
    }
    Start {
        facts,
        plan,
        started_at,
        notes,
    }
}

/// Carries out what [`begin`] decided, looks again, and reports.
pub fn finish(
    machine: &mut dyn Machine,
    bundle: &Bundle,
    places: &Places,
    start: &Start,
) -> Report {
    if bundle.manifest.settings.retire && start.is_elevated() {
        return retire::run(machine, bundle, places, start);
    }
    let mut run = Run {
        machine,
        bundle,
        places,
        held: Held::default(),
        results: Vec::new(),
        facts: start.facts.clone(),
    };
    // Only what Group Policy started knows what Group Policy wants; and a bundle that another one has
    // followed leaves that one's task alone.
    let is_superseded = start.plan.reason == Reason::SequenceLower;
    let taken_over = match &places.source {
        None if !is_superseded => daily::take_over(run.machine, bundle, &start.facts),
        _ => Vec::new(),
    };
    let mut trouble = Vec::new();
    if bundle.manifest.mode != Mode::Precheck {
        trouble.extend(leftovers::remove_parts(run.machine).err());
    }
    if start.plan.reason == Reason::StillRunning {
        let at = run.machine.now();
        trouble.extend(journal::write(run.machine, &Entry::StepAwaited { at }).err());
    }
    let end = run.rounds(start.plan.clone());
    let Run {
        held,
        results,
        facts: facts_after,
        ..
    } = run;
    let signatures = held.release();
    let mut report = report_of(
        machine,
        bundle,
        start,
        facts_after,
        end,
        results,
        signatures,
    );
    if bundle.manifest.mode == Mode::Precheck {
        precheck::ask_too(machine, bundle, &mut report);
    }
    report.findings.extend(taken_over);
    report
        .findings
        .extend(trouble.into_iter().map(|failure| failure.to_string()));
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
            quiet_s: match self.places.after_installer {
                true => QUIET_S,
                false => 0,
            },
            results: core::mem::take(&mut self.results),
            effects: Vec::new(),
        };
        let progress = executor.run(&plan.steps);
        self.results = executor.results;
        progress
    }

    fn decide_again(&mut self) -> Plan {
        let asked = self.facts.gangway.clone();
        let mut facts = self.machine.facts(&self.bundle.name());
        if needs_feature_state(&self.bundle.manifest, &facts) {
            facts.antivirus.feature = self.machine.feature_state();
        }
        facts.gangway.control = asked.control;
        facts.gangway.rollout = asked.rollout;
        let plan = decide_asking(self.machine, self.bundle, &mut facts);
        self.facts = facts;
        plan
    }
}

fn is_good(reason: Reason) -> bool {
    reason.state().is_reached()
}

fn history(machine: &mut dyn Machine) -> History {
    // A journal that cannot be read tells nothing; the machine itself does.
    let past = data_folder::journal(machine)
        .map(|bytes| Past::replay(&bytes))
        .unwrap_or_default();
    past.history(machine)
}
