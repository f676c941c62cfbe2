//! Applies a blob, effect by effect.
//!
//! Every effect may be done again, and none is remembered: a run that was cut short decides
//! anew from what the server looks like.

use gangway_contract::apply::{
    Direction, Effect, IfItFails, MAX_BLOB_BYTES, RegistryValue, SENSOR_NOT_AS_WANTED,
    SUCCESS_EVENT,
};
use gangway_contract::report::{EffectResult, StepOutcome};
use gangway_contract::step::Step;
use gangway_contract::{Reason, Sha256, UtcTime};

use super::{Executor, Judged};
use crate::codes;
use crate::commands::{self, Application};
use crate::crash_point::crash_point;
use crate::failure::{Failure, FailureKind};
use crate::machine::{Ended, Event, Level};
use crate::stop::Stop;

/// Errors of a start of `Sense` whose early-launch driver or service is disabled:
/// `ERROR_INVALID_IMAGE_HASH`, `ERROR_SERVICE_DISABLED`.
const DISABLED: [u32; 2] = [577, 1058];

/// What came of the effects so far.
#[derive(Default)]
struct SoFar {
    /// The script's code; zero as long as nothing is missing.
    code: u32,
    /// The state is as wanted.
    verified: bool,
    /// What failed last of the effects that count.
    failure: Option<Failure>,
}

impl Executor<'_> {
    pub(super) fn apply(
        &mut self,
        step: &Step,
        application: &Application,
        started_at: UtcTime,
    ) -> Judged {
        let blob = match self.blob(application) {
            Ok(blob) => blob,
            Err(failure) => return self.judge(step, &Ended::NotStarted(failure), started_at),
        };
        let mut so_far = SoFar::default();
        for effect in application.effects.iter().copied() {
            let follows = match effect {
                Effect::LogEvent => so_far.code != 0 || so_far.verified,
                Effect::ReloadEngine => so_far.code == 0 && so_far.verified,
                _ => so_far.code == 0,
            };
            if follows {
                crash_point("before", effect.as_str());
                self.effect(effect, step, application.direction, &blob, &mut so_far);
                crash_point("after", effect.as_str());
            }
        }
        self.conclude(step, so_far)
    }

    /// The text of the payload, which is the one of the manifest: the same handle that the
    /// digest was read through keeps everybody from writing it.
    fn blob(&mut self, application: &Application) -> Result<RegistryValue, Failure> {
        let folders = self.machine.folders();
        let release = folders.release(self.manifest.release_id.as_str());
        let path = format!(r"{release}\{}", application.payload);
        let limit = u64::try_from(MAX_BLOB_BYTES).unwrap_or(u64::MAX);
        let bytes = self.machine.read_tail(&path, limit)?;
        let mut payloads = self.manifest.payloads.iter();
        let payload = payloads.find(|payload| payload.name == application.payload);
        if payload.is_none_or(|payload| payload.sha256 != Sha256::of(&bytes)) {
            let what = format!("`{path}` is not the payload of the manifest");
            return Err(Failure::own(what, FailureKind::NotProtected));
        }
        match String::from_utf8(bytes) {
            Ok(text) if !text.contains('\0') => {
                Ok(RegistryValue::blob(application.direction, text))
            }
            _ => Err(Failure::own(
                format!("`{path}` is no text"),
                FailureKind::Other,
            )),
        }
    }

    fn effect(
        &mut self,
        effect: Effect,
        step: &Step,
        direction: Direction,
        blob: &RegistryValue,
        so_far: &mut SoFar,
    ) {
        let done = match effect {
            Effect::AllowTracing | Effect::DisableAuthProxy => effect
                .fixed_values()
                .iter()
                .try_for_each(|value| self.machine.write_value(value)),
            Effect::InstallElamCertificate => self.machine.install_elam_certificate(),
            Effect::DeleteOffboardingBlob => self
                .machine
                .delete_value(blob.key, Direction::Offboarding.value_name()),
            Effect::DeleteOnboardingBlob => self
                .machine
                .delete_value(blob.key, Direction::Onboarding.value_name()),
            Effect::WriteOnboardingBlob | Effect::WriteOffboardingBlob => {
                self.machine.write_value(blob)
            }
            Effect::StartSensor => self.machine.start_service("Sense"),
            Effect::AwaitState => return self.await_state(step, direction, so_far),
            Effect::LogEvent => self.log_event(step, direction, so_far),
            Effect::ReloadEngine => return self.reload_engine(step),
        };
        let Err(failure) = done else {
            return self.note(effect, 0, String::new());
        };
        self.note(effect, failure.code.max(1), failure.to_string());
        match effect.if_it_fails() {
            IfItFails::Reported => {}
            IfItFails::StateDecides => so_far.failure = Some(failure),
            IfItFails::Fatal(code) => {
                so_far.code = code;
                so_far.failure = Some(failure);
            }
        }
    }

    fn note(&mut self, effect: Effect, code: u32, detail: String) {
        self.effects.push(EffectResult {
            effect: effect.as_str().to_owned(),
            code,
            detail,
        });
    }

    fn await_state(&mut self, step: &Step, direction: Direction, so_far: &mut SoFar) {
        so_far.verified = self.look_for_change(step, self.manifest.settings.verify_wait_s);
        let facts = self.facts();
        if !so_far.verified {
            so_far.code = direction.lacks(&facts).unwrap_or(0);
        }
        if so_far.code != SENSOR_NOT_AS_WANTED {
            // A sensor that runs has got over what kept it from starting.
            so_far.failure = None;
        }
        let detail = match so_far.code {
            _ if so_far.verified => String::new(),
            0 => "the state is another one than wanted".to_owned(),
            code => codes::describe(step.kind(), code),
        };
        self.note(Effect::AwaitState, so_far.code, detail);
    }

    /// The event that the portal's script writes: its id and source are what rules look for.
    fn log_event(
        &mut self,
        step: &Step,
        direction: Direction,
        so_far: &SoFar,
    ) -> Result<(), Failure> {
        let error = so_far.failure.as_ref();
        let event = if so_far.code == 0 {
            Event {
                source: direction.event_source(),
                level: Level::Information,
                id: SUCCESS_EVENT,
                text: format!("Gangway: {} succeeded", step.kind()),
            }
        } else {
            Event {
                source: direction.event_source(),
                level: Level::Error,
                id: so_far.code,
                text: format!(
                    "[Error Id: {}, Error Level: {}] Gangway: {} Error message: {}",
                    so_far.code,
                    error.map_or(0, |failure| failure.code),
                    codes::describe(step.kind(), so_far.code),
                    error.map_or_else(String::new, ToString::to_string),
                ),
            }
        };
        self.machine.log_event(&event)
    }

    /// The outcome is nobody's condition: the engine loads by itself in the end.
    fn reload_engine(&mut self, step: &Step) {
        let command = commands::reload_engine(&self.machine.folders(), step);
        let (code, detail) = match self.start(&command) {
            Ended::Code(0) => (0, String::new()),
            Ended::Code(code) => (code, format!("code {code}")),
            Ended::AtLimit | Ended::StillRunning => {
                (258, format!("ended after {} s", command.limit_s))
            }
            Ended::NotStarted(failure) => (failure.code.max(1), failure.to_string()),
        };
        self.note(Effect::ReloadEngine, code, detail);
    }

    fn conclude(&mut self, step: &Step, so_far: SoFar) -> Judged {
        let kind = step.kind();
        let SoFar {
            code,
            verified,
            failure,
        } = so_far;
        // Whatever failed, the server may be as wanted.
        if verified || self.look_for_change(step, 0) {
            let result = match code {
                0 => StepOutcome::Done,
                _ => StepOutcome::DoneDespiteCode,
            };
            return Judged::code(kind, code, result);
        }
        if code == 0 {
            let judged = Judged::code(kind, code, StepOutcome::NotVerified);
            let found = format!("step `{kind}` was carried out, and the server is not as wanted");
            return judged.stopped(Stop::new(Reason::NotVerified, found));
        }
        let mut judged = Judged::code(kind, code, StepOutcome::Failed);
        if let Some(failure) = &failure {
            judged.detail = format!("{}: {failure}", judged.detail);
        }
        let found = format!("step `{kind}` ended with {}", judged.detail);
        let reason = failure.as_ref().and_then(reason_of);
        let reason = reason.or_else(|| codes::reason_of(kind, code));
        judged.stopped(Stop::new(reason.unwrap_or(Reason::StepFailed), found))
    }
}

/// The reason that a failure of the system names, beyond "it failed".
fn reason_of(failure: &Failure) -> Option<Reason> {
    if DISABLED.contains(&failure.code) {
        return Some(Reason::SensorDisabled);
    }
    match failure.kind.local_reason() {
        Reason::StepNotStarted => None,
        reason => Some(reason),
    }
}
