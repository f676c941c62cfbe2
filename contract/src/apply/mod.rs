//! Onboarding and offboarding by the bootstrap itself: what the portal's script changes, as
//! data, so that the script is never run.
//!
//! The only part of that script which Microsoft signed is the blob; the rest is a text that
//! anybody may have changed. Configuration Manager, Intune and the Azure extension onboard
//! with the blob alone, too. The effects, their order and codes are those that every portal
//! script of 2020 to 2025 seen so far has; where nothing else is said, that is their source.

mod desktop;
mod registry;

use crate::facts::{Facts, ServiceState};
use crate::text::text_enum;
use crate::version::Version;

pub use desktop::sensor_guid;
pub use registry::{Data, KEYS, RegistryValue, SENSOR_GUID, VDI_TAG};

/// Largest blob that is written, in bytes. Real ones have about 7.5 KB: the portal's script
/// hands them over on one line of `cmd`, which takes 8191 characters.
pub const MAX_BLOB_BYTES: usize = 64 << 10;

text_enum! {
    /// One effect of applying a blob.
    pub enum Effect ("an effect of applying a blob") {
        /// Lets the system and authenticated users use two trace providers of the sensor.
        AllowTracing = "allow-tracing",
        /// Policy `DisableEnterpriseAuthProxy` = 1: the diagnostic channel takes no proxy that
        /// asks for a password. A policy may own the value, so it is written only where there
        /// is none; the script writes it always.
        DisableAuthProxy = "disable-auth-proxy",
        /// Registers the certificates of the early-launch driver `WdBoot.sys` by the function
        /// that Windows has for it (`InstallELAMCertificateInfo`, documented from Windows 8 and
        /// Server 2012 on).
        InstallElamCertificate = "install-elam-certificate",
        /// Deletes the offboarding blob that an earlier offboarding left.
        DeleteOffboardingBlob = "delete-offboarding-blob",
        /// Writes the registry value that the sensor reads when it starts, or starts anew.
        WriteOnboardingBlob = "write-onboarding-blob",
        /// Takes that value away before its opposite is written.
        DeleteOnboardingBlob = "delete-onboarding-blob",
        /// Writes the value that makes the sensor leave its tenant.
        WriteOffboardingBlob = "write-offboarding-blob",
        /// Asks for the start of service `Sense`, which reads its blob when it starts.
        StartSensor = "start-sensor",
        /// Looks until the state is as wanted. The script looks for 20 s each, which is often
        /// too short.
        AwaitState = "await-state",
        /// The event that monitoring rules look for: [`SUCCESS_EVENT`], else the error code.
        LogEvent = "log-event",
        /// `MpCmdRun.exe -ReloadEngine`, after success.
        ReloadEngine = "reload-engine",
    }
}

/// What the failure of an effect means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfItFails {
    /// It is reported, and the next effect follows.
    Reported,
    /// Nothing that changes the server follows; the step ends with this code of the script.
    Fatal(u32),
    /// The state of the server says in the end whether it mattered.
    StateDecides,
}

impl Effect {
    /// What its failure means.
    pub const fn if_it_fails(self) -> IfItFails {
        match self {
            Self::AllowTracing
            | Self::DisableAuthProxy
            | Self::InstallElamCertificate
            | Self::LogEvent
            | Self::ReloadEngine => IfItFails::Reported,
            Self::DeleteOffboardingBlob | Self::DeleteOnboardingBlob => {
                IfItFails::Fatal(OLD_VALUE_STAYS)
            }
            Self::WriteOnboardingBlob | Self::WriteOffboardingBlob => {
                IfItFails::Fatal(VALUE_NOT_WRITTEN)
            }
            Self::StartSensor | Self::AwaitState => IfItFails::StateDecides,
        }
    }
}

/// The value of the other direction cannot be deleted.
pub const OLD_VALUE_STAYS: u32 = 5;
/// The blob cannot be written.
pub const VALUE_NOT_WRITTEN: u32 = 10;
/// `Sense` does not run, or still runs after offboarding.
pub const SENSOR_NOT_AS_WANTED: u32 = 15;
/// There is no `OnboardingState`.
pub const NO_STATE: u32 = 35;
/// `OnboardingState` is not 1.
pub const STATE_NOT_ONBOARDED: u32 = 40;
/// Ids of the events of failure: the codes of the script.
pub const ERROR_EVENTS: [u32; 5] = [
    OLD_VALUE_STAYS,
    VALUE_NOT_WRITTEN,
    SENSOR_NOT_AS_WANTED,
    NO_STATE,
    STATE_NOT_ONBOARDED,
];
/// Id of the event of success.
pub const SUCCESS_EVENT: u32 = 20;

/// First Windows with `InstallELAMCertificateInfo` (Windows 8, Server 2012).
const FIRST_WITH_ELAM: Version = Version::new(6, 2, 0, 0);

/// What onboards this server, in order.
pub fn onboarding(facts: &Facts) -> Vec<Effect> {
    let elam = facts.os.version.value();
    let elam = elam.is_some_and(|version| *version >= FIRST_WITH_ELAM);
    let stopped = facts.sensor.service.value();
    let stopped = stopped.is_none_or(|service| service.state != ServiceState::Running);
    [
        (Effect::AllowTracing, true),
        (
            Effect::DisableAuthProxy,
            facts.network.auth_proxy_policy.is_absent(),
        ),
        (Effect::InstallElamCertificate, elam),
        (
            Effect::DeleteOffboardingBlob,
            !facts.sensor.offboarding_blob.is(&false),
        ),
        (Effect::WriteOnboardingBlob, true),
        (Effect::StartSensor, stopped),
        (Effect::AwaitState, true),
        (Effect::LogEvent, true),
        (Effect::ReloadEngine, true),
    ]
    .into_iter()
    .filter_map(|(effect, due)| due.then_some(effect))
    .collect()
}

/// What offboards this server, in order. `Sense` must run, and ends by itself.
pub fn offboarding(facts: &Facts) -> Vec<Effect> {
    [
        (
            Effect::DeleteOnboardingBlob,
            !facts.sensor.onboarding_blob.is(&false),
        ),
        (Effect::WriteOffboardingBlob, true),
        (Effect::AwaitState, true),
        (Effect::LogEvent, true),
    ]
    .into_iter()
    .filter_map(|(effect, due)| due.then_some(effect))
    .collect()
}

/// Which blob is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The onboarding blob.
    Onboarding,
    /// The offboarding blob.
    Offboarding,
}

impl Direction {
    /// Source of the events that the script writes into the Application log.
    pub const fn event_source(self) -> &'static str {
        match self {
            Self::Onboarding => "WDATPOnboarding",
            Self::Offboarding => "WDATPOffboarding",
        }
    }

    /// The script's code for what the state lacks; none when it lacks nothing that the script
    /// looks at.
    pub fn lacks(self, facts: &Facts) -> Option<u32> {
        let service = facts.sensor.service.value();
        let running = service.is_some_and(|service| service.state == ServiceState::Running);
        let state = &facts.sensor.onboarding_state;
        match self {
            Self::Onboarding if !running => Some(SENSOR_NOT_AS_WANTED),
            Self::Onboarding if state.value().is_none() => Some(NO_STATE),
            Self::Onboarding if !state.is(&1) => Some(STATE_NOT_ONBOARDED),
            Self::Onboarding => None,
            Self::Offboarding => {
                let stopped = service.is_none_or(|service| service.state == ServiceState::Stopped);
                (!stopped).then_some(SENSOR_NOT_AS_WANTED)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(lines: &[(&str, &str)]) -> Facts {
        let mut facts = Facts::default();
        for (name, text) in lines {
            facts.set(name, text).unwrap();
        }
        facts
    }

    fn names(effects: &[Effect]) -> String {
        let names: Vec<&str> = effects.iter().map(|effect| effect.as_str()).collect();
        names.join(" ")
    }

    #[test]
    fn the_effects_follow_from_the_facts() {
        let modern = ("os.version", "10.0.20348.1");
        let clean = ("sensor.offboarding_blob", "no");
        let whole = "allow-tracing disable-auth-proxy install-elam-certificate \
                     delete-offboarding-blob write-onboarding-blob start-sensor await-state \
                     log-event reload-engine";
        let table: [(&[(&str, &str)], &str); 7] = [
            (&[modern, ("sensor.offboarding_blob", "yes")], ""),
            (&[modern, ("sensor.offboarding_blob", "?denied")], ""),
            (&[modern, clean], "delete-offboarding-blob"),
            (
                &[modern, ("network.auth_proxy_policy", "0")],
                "disable-auth-proxy",
            ),
            (
                &[modern, ("network.auth_proxy_policy", "?denied")],
                "disable-auth-proxy",
            ),
            (&[("os.version", "6.1.7601.1")], "install-elam-certificate"),
            (
                &[modern, ("sensor.service", "running automatic")],
                "start-sensor",
            ),
        ];
        for (lines, without) in table {
            let expected: Vec<&str> = whole
                .split_whitespace()
                .filter(|name| *name != without)
                .collect();
            assert_eq!(
                names(&onboarding(&facts(lines))),
                expected.join(" "),
                "{lines:?}"
            );
        }
        assert_eq!(
            names(&offboarding(&facts(&[("sensor.onboarding_blob", "yes")]))),
            "delete-onboarding-blob write-offboarding-blob await-state log-event"
        );
        assert_eq!(
            names(&offboarding(&facts(&[("sensor.onboarding_blob", "no")]))),
            "write-offboarding-blob await-state log-event"
        );
    }

    #[test]
    fn nothing_but_the_two_values_is_fatal() {
        let fatal: Vec<(&str, u32)> = Effect::ALL
            .iter()
            .filter_map(|effect| match effect.if_it_fails() {
                IfItFails::Fatal(code) => Some((effect.as_str(), code)),
                _ => None,
            })
            .collect();
        assert_eq!(
            fatal,
            [
                ("delete-offboarding-blob", 5),
                ("write-onboarding-blob", 10),
                ("delete-onboarding-blob", 5),
                ("write-offboarding-blob", 10),
            ]
        );
    }

    #[test]
    fn what_the_state_lacks_has_the_code_of_the_script() {
        for (direction, service, state, code) in [
            (Direction::Onboarding, "running automatic", "1", None),
            (Direction::Onboarding, "running manual", "0", Some(40)),
            (Direction::Onboarding, "running manual", "-", Some(35)),
            (Direction::Onboarding, "running manual", "?denied", Some(35)),
            (Direction::Onboarding, "stopped manual", "1", Some(15)),
            (Direction::Onboarding, "pending manual", "-", Some(15)),
            (Direction::Onboarding, "-", "-", Some(15)),
            (Direction::Offboarding, "stopped manual", "0", None),
            (Direction::Offboarding, "-", "-", None),
            (Direction::Offboarding, "running automatic", "1", Some(15)),
            (Direction::Offboarding, "pending automatic", "0", Some(15)),
        ] {
            let facts = facts(&[
                ("sensor.service", service),
                ("sensor.onboarding_state", state),
            ]);
            assert_eq!(
                direction.lacks(&facts),
                code,
                "{direction:?} {service} {state}"
            );
        }
    }
}
