//! Carries out the steps of a plan, one by one, and looks whether each brought what it was
//! expected to bring.
//!
//! The facts decide: a failure code with the expected change in place is done, a success code
//! without it is not.

mod apply;
mod judged;

use gangway_contract::report::{EffectResult, StepOutcome, StepResult};
use gangway_contract::step::{Action, Change, PastLimit, Step, StepKind};
use gangway_contract::{Facts, Manifest, Reason, UtcTime};

use crate::codes;
use crate::commands::{self, Work};
use crate::failure::{Failure, FailureKind};
use crate::fetch::Held;
use crate::journal::{self, Entry};
use crate::machine::{BundleName, Command, Ended, Machine, Mark};
use crate::patience::Patience;
use crate::program;
use crate::stop::Stop;
use judged::Judged;

/// Longest pause between two looks at the machine, in seconds.
const LONGEST_LOOK_S: u32 = 15;

/// Bytes of an installer's log that are searched for a known cause.
const LOG_TAIL: u64 = 512 * 1024;

/// Windows Installer: another installation is running.
const INSTALLER_BUSY: u32 = 1618;

/// Carries out steps on one machine.
pub struct Executor<'a> {
    /// Where the effects happen; a fake one in tests.
    pub machine: &'a mut dyn Machine,
    /// What was agreed on.
    pub manifest: &'a Manifest,
    /// Its names.
    pub bundle: &'a BundleName,
    /// Payloads that are vouched for.
    pub held: &'a Held,
    /// Seconds without a working installer, in a row, before a step starts one.
    pub quiet_s: u32,
    /// How the steps went.
    pub results: Vec<StepResult>,
    /// What became of the effects of the step under way.
    pub effects: Vec<EffectResult>,
}

/// How a list of steps ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// All steps are done, or one asked for a restart: look and decide again.
    DecideAgain,
    /// No further.
    Stopped(Stop),
}

impl Executor<'_> {
    /// Carries out the steps until one does not succeed or asks for a restart.
    pub fn run(&mut self, steps: &[Step]) -> Progress {
        let mut restart_needed = false;
        for (index, step) in steps.iter().enumerate() {
            match self.step(step) {
                Err(stop) => return Progress::Stopped(stop),
                Ok(outcome) => restart_needed |= outcome == StepOutcome::DoneRestartNeeded,
            }
            // One restart serves a row of updates, whichever of them asked for it.
            let next = steps.get(index + 1).map(Step::kind);
            let row = step.kind() == StepKind::InstallHotfix && next == Some(step.kind());
            if restart_needed && !row {
                return Progress::DecideAgain;
            }
        }
        Progress::DecideAgain
    }

    fn step(&mut self, step: &Step) -> Result<StepOutcome, Stop> {
        if let Some(name) = step
            .payloads()
            .into_iter()
            .find(|name| !self.held.has(name))
        {
            return Err(Stop::new(
                Reason::PayloadMismatch,
                format!("`{name}` was not verified"),
            ));
        }
        // Where other installers come one after the other, none of them is to be cut off either.
        let restarts_between = self.quiet_s > 0 && step.kind() == StepKind::Restart;
        if uses_installer(step.kind()) || restarts_between {
            self.wait_for_installer()?;
        }
        // An earlier step, or a program that an earlier run left behind, may have brought it.
        // A restart was decided on from more than these facts: DISM tells of features.
        let looks = !step.expects.is_empty() && step.kind() != StepKind::Restart;
        if looks && step.is_done(&self.facts()) {
            return Ok(StepOutcome::Done);
        }
        let started_at = self.machine.now();
        self.record(&Entry::StepStarted {
            at: started_at,
            step: step.kind(),
        })?;
        let judged = match self.work(step) {
            Ok(work) => self.carry_out(&work, step, started_at),
            Err(failure) => self.judge(step, &Ended::NotStarted(failure), started_at),
        };
        let Judged {
            result,
            code,
            detail,
            stop,
        } = judged;
        let ended_at = self.machine.now();
        self.results.push(StepResult {
            step: step.kind().as_str().to_owned(),
            started_at,
            ended_at,
            code,
            result,
            detail,
            effects: core::mem::take(&mut self.effects),
        });
        self.record(&Entry::StepEnded {
            at: ended_at,
            step: step.kind(),
            code,
            result,
        })?;
        match stop {
            Some(stop) => Err(stop),
            None => Ok(result),
        }
    }

    /// What carries the step out. A step without such work failed like any other: it is on
    /// record, and is not tried again at once.
    fn work(&mut self, step: &Step) -> Result<Work, Failure> {
        let folders = self.machine.folders();
        let key = match &step.action {
            Action::InstallMonitoringAgent { key, .. } => {
                let path = format!(
                    r"{}\{key}",
                    folders.release(self.manifest.release_id.as_str())
                );
                let bytes = self.machine.read_tail(&path, 4096)?;
                Some(String::from_utf8_lossy(&bytes).into_owned())
            }
            _ => None,
        };
        commands::work(step, self.manifest, &folders, key.as_deref()).map_err(|why| {
            Failure::own(format!("build the command line: {why}"), FailureKind::Other)
        })
    }

    fn record(&mut self, entry: &Entry) -> Result<(), Stop> {
        journal::write(self.machine, entry).map_err(Stop::from)
    }

    fn carry_out(&mut self, work: &Work, step: &Step, started_at: UtcTime) -> Judged {
        let plain = |result: Result<(), Failure>| match result {
            Ok(()) => Ended::Code(0),
            Err(failure) => Ended::NotStarted(failure),
        };
        let ended = match work {
            Work::Apply(application) => return self.apply(step, application, started_at),
            Work::Value(value) => plain(self.machine.write_value(value)),
            // It may have come up since the plan was made.
            Work::Identity(_) if self.other_identity_in_use() => {
                Ended::Code(codes::IDENTITY_IN_USE)
            }
            Work::Identity(value) => plain(self.machine.write_value(value)),
            Work::StartService(name) => plain(self.machine.start_service(name)),
            Work::DeleteService(name) => plain(self.machine.delete_service(name)),
            Work::Run(commands) => self.run_programs(commands, step),
        };
        self.judge(step, &ended, started_at)
    }

    fn other_identity_in_use(&mut self) -> bool {
        let facts = self.facts();
        !facts.sensor.identity.is_absent() && !Change::SensorStopped.holds(&facts)
    }

    fn run_programs(&mut self, commands: &[Command], step: &Step) -> Ended {
        let limit_s = self.manifest.settings.installer_wait_s;
        let mut patience = Patience::new(limit_s, 5, 120);
        loop {
            let mut ended = Ended::Code(0);
            for command in commands {
                ended = self.start(command);
                if ended != Ended::Code(0) {
                    break;
                }
            }
            let busy = ended == Ended::Code(INSTALLER_BUSY) && uses_installer(step.kind());
            // The installation that was in the way may have brought the change.
            if !busy || step.is_done(&self.facts()) || !patience.pause(self.machine) {
                return ended;
            }
        }
    }

    fn start(&mut self, command: &Command) -> Ended {
        let process = match program::start(self.machine, command) {
            Ok(process) => process,
            Err(failure) => return Ended::NotStarted(failure),
        };
        let entry = Entry::StepProcess {
            id: process.id,
            created: process.created,
        };
        // Recorded before it runs, so that a later run can tell that it is still there.
        match journal::write(self.machine, &entry) {
            Ok(()) => self.machine.wait(process, command),
            Err(failure) => Ended::NotStarted(failure),
        }
    }

    /// Waits until no installer works, and none has for as long as is wanted. That is looked at each
    /// second: between two installers there may be no more.
    fn wait_for_installer(&mut self) -> Result<(), Stop> {
        let limit_s = self.manifest.settings.installer_wait_s;
        let mut patience = Patience::new(limit_s.saturating_add(self.quiet_s), 1, LONGEST_LOOK_S);
        let mut quiet_left_s = self.quiet_s;
        loop {
            let goes_on = if self.facts().prerequisites.installer_busy.holds() {
                quiet_left_s = self.quiet_s;
                patience.pause(self.machine)
            } else if quiet_left_s == 0 {
                return Ok(());
            } else {
                quiet_left_s -= 1;
                patience.pause_a_second(self.machine)
            };
            if !goes_on {
                return Err(Stop::new(
                    Reason::InstallerBusy,
                    format!("for more than {limit_s} s"),
                ));
            }
        }
    }

    fn facts(&mut self) -> Facts {
        self.machine.facts(self.bundle)
    }

    /// Looks until the step's change is there, at most `limit_s`.
    fn look_for_change(&mut self, step: &Step, limit_s: u32) -> bool {
        // A restart shows after this program has ended.
        if step.kind() == StepKind::Restart {
            return false;
        }
        let mut patience = Patience::new(limit_s, 1, LONGEST_LOOK_S);
        loop {
            let facts = self.facts();
            if step.is_done(&facts) {
                return true;
            }
            if !patience.pause(self.machine) {
                return false;
            }
        }
    }

    fn judge(&mut self, step: &Step, ended: &Ended, started_at: UtcTime) -> Judged {
        let kind = step.kind();
        match ended {
            Ended::Code(code) => self.judge_code(step, *code),
            Ended::AtLimit => {
                let detail = format!("ended after {} s", step.limit_s);
                if self.look_for_change(step, 0) {
                    return Judged::text(detail, StepOutcome::DoneDespiteCode);
                }
                let stop = Stop::new(Reason::LimitPassed, format!("step `{kind}`: {detail}"));
                Judged::text(detail, StepOutcome::LimitPassed).stopped(stop)
            }
            Ended::StillRunning => {
                let detail = format!(
                    "runs since {started_at}, past its limit of {} s",
                    step.limit_s
                );
                let stop = Stop::new(Reason::StillRunning, format!("step `{kind}` {detail}"));
                Judged::text(detail, StepOutcome::StillRunning).stopped(stop)
            }
            Ended::NotStarted(failure) => {
                let detail = failure.to_string();
                if self.look_for_change(step, 0) {
                    return Judged::text(detail, StepOutcome::DoneDespiteCode);
                }
                let stop = Stop::new(
                    failure.kind.local_reason(),
                    format!("step `{kind}`: {detail}"),
                );
                Judged::text(detail, StepOutcome::NotStarted).stopped(stop)
            }
        }
    }

    /// A code alone proves neither success nor failure: the change of the server does.
    fn judge_code(&mut self, step: &Step, code: u32) -> Judged {
        let kind = step.kind();
        let verify_s = self.manifest.settings.verify_wait_s;
        if step.restart_codes.contains(&code) {
            let judged = Judged::code(kind, code, StepOutcome::DoneRestartNeeded);
            return match self.machine.set_mark(&Mark::RestartPending) {
                Ok(()) => judged,
                Err(failure) => judged.stopped(failure.into()),
            };
        }
        if step.accepted.contains(&code) {
            if kind == StepKind::Restart || self.look_for_change(step, verify_s) {
                return Judged::code(kind, code, StepOutcome::Done);
            }
            let judged = Judged::code(kind, code, StepOutcome::NotVerified);
            let found = format!(
                "step `{kind}` ended with {}, but the server did not become {}",
                judged.detail,
                goal(kind)
            );
            return judged.stopped(Stop::new(Reason::NotVerified, found));
        }
        // Scripts give up sooner than the services they wait for.
        let patience = match step.past_limit {
            PastLimit::End => verify_s,
            PastLimit::LeaveRunning => 0,
        };
        if self.look_for_change(step, patience) {
            return Judged::code(kind, code, StepOutcome::DoneDespiteCode);
        }
        let judged = Judged::code(kind, code, StepOutcome::Failed);
        let stop = self.failed(step, code, &judged.detail);
        judged.stopped(stop)
    }

    fn failed(&mut self, step: &Step, code: u32, detail: &str) -> Stop {
        let kind = step.kind();
        if uses_installer(kind) && code == INSTALLER_BUSY {
            return Stop::new(
                Reason::InstallerBusy,
                format!(
                    "for more than {} s",
                    self.manifest.settings.installer_wait_s
                ),
            );
        }
        if matches!(kind, StepKind::InstallAgent | StepKind::UninstallAgent) {
            let path = commands::log_path(&self.machine.folders(), kind.as_str());
            if let Ok(log) = self.machine.read_tail(&path, LOG_TAIL)
                && let Some((reason, cause)) = codes::cause_in_log(&log)
            {
                return Stop::new(
                    reason,
                    format!("step `{kind}` ended with {detail}: {cause}; log `{path}`"),
                );
            }
            return Stop::new(
                Reason::StepFailed,
                format!("step `{kind}` ended with {detail}; log `{path}`"),
            );
        }
        if let Some(reason) = codes::reason_of(kind, code) {
            return Stop::new(reason, format!("step `{kind}` ended with {detail}"));
        }
        Stop::new(
            Reason::StepFailed,
            format!("step `{kind}` ended with {detail}"),
        )
    }
}

/// Does the step start a Windows Installer run, of which there can be only one?
fn uses_installer(kind: StepKind) -> bool {
    matches!(
        kind,
        StepKind::InstallAgent
            | StepKind::UninstallAgent
            | StepKind::RunInstallScript
            | StepKind::RemoveScep
            | StepKind::InstallMonitoringAgent
    )
}

fn goal(kind: StepKind) -> &'static str {
    match kind {
        StepKind::ApplyOnboarding | StepKind::RunOnboardingScript | StepKind::RunDeploymentTool => {
            "onboarded"
        }
        StepKind::ApplyOffboarding | StepKind::RunOffboardingScript => "offboarded",
        _ => "as expected",
    }
}

/// Payloads that the steps read or run.
pub fn payloads_of(steps: &[Step]) -> Vec<&str> {
    steps.iter().flat_map(Step::payloads).collect()
}
