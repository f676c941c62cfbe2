//! What a step is expected to change, as facts: applied when a plan is thought through, looked
//! for when it was carried out.

use serde::{Deserialize, Serialize};

use crate::apply::VDI_TAG;
use crate::fact::Fact;
use crate::facts::{
    Antivirus, Facts, FeatureState, RunningMode, Sensor, Service, ServiceState, StartType,
};
use crate::identity::{OrgId, Sha256, WorkspaceId};
use crate::manifest::Connectivity;
use crate::text::text_enum;
use crate::version::Version;

/// A change of facts. [`apply`](Self::apply) and [`holds`](Self::holds) are two sides of the
/// same statement: what was applied holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "kebab-case")]
pub enum Change {
    /// The file of an update has at least this version.
    FileAtLeast {
        /// The system file that tells whether the update is there.
        file: CheckedFile,
        /// Lowest version that will do.
        version: Version,
    },
    /// Defender Antivirus runs.
    AntivirusRuns,
    /// Its platform has at least this version.
    PlatformAtLeast {
        /// Lowest version that will do.
        version: Version,
    },
    /// The leftover service entry is gone.
    LeftoverGone,
    /// The passive mode policy has this value.
    PassivePolicy {
        /// Passive or active.
        passive: bool,
    },
    /// The monitoring agent reports to none of these workspaces.
    WorkspacesGone {
        /// Those that it was to lose.
        ids: Vec<WorkspaceId>,
    },
    /// The monitoring agent reports to this workspace.
    WorkspaceAdded {
        /// The one that it was given.
        id: WorkspaceId,
    },
    /// System Center Endpoint Protection is gone.
    ScepGone,
    /// Service `Sense` exists.
    SensorInstalled,
    /// The sensor has at least this version.
    SensorAtLeast {
        /// Lowest version that will do.
        version: Version,
    },
    /// The sensor has this identity.
    IdentityIs {
        /// Text of the registry value `senseGuid`.
        guid: String,
    },
    /// The virtual desktop tag is set.
    VdiTagged,
    /// This onboarding blob is in the policy key, and no offboarding blob.
    BlobWritten {
        /// Digest of its text.
        sha256: Sha256,
    },
    /// An onboarding blob of this class of service URLs is in the policy key: what shows of a
    /// script before the sensor's next start.
    BlobOfClass {
        /// Class of service URLs.
        connectivity: Connectivity,
    },
    /// Service `Sense` runs and starts by itself.
    SensorRuns,
    /// The sensor reports to this organisation.
    Onboarded {
        /// Id of the Defender tenant.
        org_id: OrgId,
        /// Class of service URLs.
        connectivity: Connectivity,
    },
    /// The sensor reports to nobody.
    Offboarded,
    /// Service `Sense` has ended.
    SensorStopped,
    /// The unified agent is gone.
    AgentGone,
    /// Nobody waits for a restart.
    Restarted,
}

text_enum! {
    /// A system file whose version tells whether an update is installed.
    pub enum CheckedFile ("a checked file") {
        /// `ucrtbase.dll`.
        Ucrtbase = "ucrtbase.dll",
        /// `Tdh.dll`.
        Tdh = "Tdh.dll",
        /// `ntoskrnl.exe`.
        Ntoskrnl = "ntoskrnl.exe",
        /// `wintrust.dll`.
        Wintrust = "wintrust.dll",
    }
}

impl CheckedFile {
    /// The fact that holds its version.
    pub fn version(self, facts: &Facts) -> &Fact<Version> {
        match self {
            Self::Ucrtbase => &facts.prerequisites.ucrtbase,
            Self::Tdh => &facts.prerequisites.tdh,
            Self::Ntoskrnl => &facts.prerequisites.ntoskrnl,
            Self::Wintrust => &facts.prerequisites.wintrust,
        }
    }

    fn version_mut(self, facts: &mut Facts) -> &mut Fact<Version> {
        match self {
            Self::Ucrtbase => &mut facts.prerequisites.ucrtbase,
            Self::Tdh => &mut facts.prerequisites.tdh,
            Self::Ntoskrnl => &mut facts.prerequisites.ntoskrnl,
            Self::Wintrust => &mut facts.prerequisites.wintrust,
        }
    }
}

fn at_least(fact: &Fact<Version>, version: Version) -> bool {
    fact.value().is_some_and(|found| *found >= version)
}

fn raise(fact: &mut Fact<Version>, version: Version) {
    if !at_least(fact, version) {
        *fact = Fact::Value(version);
    }
}

/// The sensor sets the mode of the antivirus by the policy when it onboards and when Windows
/// starts (event 84).
fn mode_follows_policy(facts: &mut Facts) {
    let antivirus = &mut facts.antivirus;
    let service = antivirus.service.value();
    if service.is_none_or(|service| service.state != ServiceState::Running) {
        return;
    }
    if antivirus.passive_policy.is(&1) {
        antivirus.mode = Fact::Value(RunningMode::Passive);
    } else if antivirus.passive_policy.is(&0) {
        antivirus.mode = Fact::Value(RunningMode::Active);
    }
}

impl Change {
    /// Do the facts show the change?
    pub fn holds(&self, facts: &Facts) -> bool {
        let sensor = &facts.sensor;
        match self {
            Self::FileAtLeast { file, version } => at_least(file.version(facts), *version),
            Self::AntivirusRuns => facts
                .antivirus
                .service
                .value()
                .is_some_and(|service| service.state == ServiceState::Running),
            Self::PlatformAtLeast { version } => at_least(&facts.antivirus.platform, *version),
            Self::LeftoverGone => !facts.antivirus.leftover.holds(),
            Self::PassivePolicy { passive } => {
                facts.antivirus.passive_policy.is(&u32::from(*passive))
            }
            Self::WorkspacesGone { ids } => match &facts.legacy.workspaces {
                Fact::Value(found) => !found.iter().any(|id| ids.iter().any(|x| *x == **id)),
                Fact::Absent => true,
                Fact::Unreadable { .. } => false,
            },
            Self::WorkspaceAdded { id } => facts
                .legacy
                .workspaces
                .value()
                .is_some_and(|found| found.iter().any(|x| *id == **x)),
            Self::ScepGone => !facts.legacy.scep.holds(),
            Self::SensorInstalled => sensor.service.value().is_some(),
            Self::SensorAtLeast { version } => at_least(&sensor.version, *version),
            Self::IdentityIs { guid } => sensor
                .identity
                .value()
                .is_some_and(|x| x.eq_ignore_ascii_case(guid)),
            Self::VdiTagged => sensor.vdi_tag.value().is_some_and(|tag| tag == VDI_TAG),
            Self::BlobWritten { sha256 } => sensor.policy_blob.is(sha256),
            Self::BlobOfClass { connectivity } => sensor.policy_connectivity.is(connectivity),
            Self::SensorRuns => sensor.service.is(&Service::RUNNING),
            Self::Onboarded {
                org_id,
                connectivity,
            } => is_onboarded(sensor, org_id, *connectivity),
            Self::Offboarded => is_offboarded(sensor),
            Self::SensorStopped => match &sensor.service {
                Fact::Value(service) => service.state == ServiceState::Stopped,
                Fact::Absent => true,
                Fact::Unreadable { .. } => false,
            },
            Self::AgentGone => facts.agent.product_code.is_absent() && sensor.service.is_absent(),
            Self::Restarted => {
                !facts.restart.blocks() && !facts.antivirus.feature.is(&FeatureState::EnablePending)
            }
        }
    }

    /// Changes the facts as the step is expected to.
    pub fn apply(&self, facts: &mut Facts) {
        match self {
            Self::FileAtLeast { file, version } => raise(file.version_mut(facts), *version),
            Self::AntivirusRuns => antivirus_runs(&mut facts.antivirus),
            Self::PlatformAtLeast { version } => raise(&mut facts.antivirus.platform, *version),
            Self::LeftoverGone => {
                facts.antivirus.leftover = Fact::Value(false);
                facts.antivirus.service = Fact::Absent;
            }
            Self::PassivePolicy { passive } => {
                facts.antivirus.passive_policy = Fact::Value(u32::from(*passive));
            }
            Self::WorkspacesGone { ids } => {
                if let Fact::Value(found) = &mut facts.legacy.workspaces {
                    found.retain(|id| !ids.iter().any(|x| *x == **id));
                }
            }
            Self::WorkspaceAdded { id } => match &mut facts.legacy.workspaces {
                Fact::Value(found) => found.push(id.to_string()),
                other => *other = Fact::Value(vec![id.to_string()]),
            },
            Self::ScepGone => facts.legacy.scep = Fact::Value(false),
            Self::SensorInstalled => sensor_installed(facts),
            Self::SensorAtLeast { version } => raise(&mut facts.sensor.version, *version),
            Self::IdentityIs { guid } => facts.sensor.identity = Fact::Value(guid.clone()),
            Self::VdiTagged => facts.sensor.vdi_tag = Fact::Value(VDI_TAG.to_owned()),
            Self::BlobWritten { sha256 } => {
                facts.sensor.policy_blob = Fact::Value(*sha256);
                facts.sensor.onboarding_blob = Fact::Value(true);
                facts.sensor.offboarding_blob = Fact::Value(false);
            }
            Self::BlobOfClass { connectivity } => {
                facts.sensor.policy_connectivity = Fact::Value(*connectivity);
                facts.sensor.onboarding_blob = Fact::Value(true);
            }
            Self::SensorRuns => facts.sensor.service = Fact::Value(Service::RUNNING),
            Self::Onboarded {
                org_id,
                connectivity,
            } => {
                facts.sensor.org_id = Fact::Value(org_id.clone());
                facts.sensor.connectivity = Fact::Value(*connectivity);
                onboarded(facts);
            }
            Self::Offboarded => offboarded(&mut facts.sensor),
            Self::SensorStopped => {
                if let Fact::Value(service) = &mut facts.sensor.service {
                    service.state = ServiceState::Stopped;
                }
            }
            Self::AgentGone => {
                facts.agent.product_code = Fact::Absent;
                facts.agent.version = Fact::Absent;
                facts.sensor.service = Fact::Absent;
            }
            Self::Restarted => restarted(facts),
        }
    }
}

/// The sensor reports to this tenant; which class it uses need not be known.
fn is_onboarded(sensor: &Sensor, org_id: &OrgId, connectivity: Connectivity) -> bool {
    sensor.onboarding_state.is(&1)
        && sensor.org_id.is(org_id)
        && sensor
            .connectivity
            .value()
            .is_none_or(|found| *found == connectivity)
        && sensor.service.is(&Service::RUNNING)
}

/// It is known to report to nobody, and does not start by itself.
fn is_offboarded(sensor: &Sensor) -> bool {
    !sensor.onboarding_state.is(&1)
        && sensor.onboarding_state.unreadable().is_none()
        && sensor
            .service
            .value()
            .is_none_or(|service| service.start != StartType::Automatic)
}

fn antivirus_runs(antivirus: &mut Antivirus) {
    antivirus.service = Fact::Value(Service::RUNNING);
    antivirus.feature = Fact::Value(FeatureState::Enabled);
    if !antivirus.mode.is(&RunningMode::Passive) {
        antivirus.mode = Fact::Value(RunningMode::Active);
    }
}

/// The agent's package brings the sensor, and Defender Antivirus where it was missing.
fn sensor_installed(facts: &mut Facts) {
    if facts.sensor.service.value().is_none() {
        facts.sensor.service = Fact::Value(Service::WAITING);
    }
    if facts.antivirus.service.value().is_none() {
        facts.antivirus.service = Fact::Value(Service::RUNNING);
        facts.antivirus.mode = Fact::Value(RunningMode::Active);
    }
}

/// The sensor took its blob: it runs, and the antivirus does as the policy says.
fn onboarded(facts: &mut Facts) {
    facts.sensor.onboarding_state = Fact::Value(1);
    facts.sensor.service = Fact::Value(Service::RUNNING);
    facts.sensor.onboarding_blob = Fact::Value(true);
    mode_follows_policy(facts);
}

/// The sensor took its offboarding, and waits.
fn offboarded(sensor: &mut Sensor) {
    sensor.onboarding_state = Fact::Value(0);
    sensor.onboarding_blob = Fact::Value(false);
    sensor.policy_blob = Fact::Absent;
    if sensor.service.value().is_some() {
        sensor.service = Fact::Value(Service::WAITING);
    }
}

/// Nothing waits for a restart any more, and what waited for one has happened.
fn restarted(facts: &mut Facts) {
    facts.restart.servicing = Fact::Value(false);
    facts.restart.windows_update = Fact::Value(false);
    facts.restart.install_script = Fact::Value(false);
    facts.restart.own = Fact::Value(false);
    if facts.antivirus.feature_waits() {
        antivirus_runs(&mut facts.antivirus);
    }
    if facts.sensor.onboarding_state.is(&1) {
        mode_follows_policy(facts);
    }
    if let Fact::Value(now) = facts.host.now {
        facts.host.boot_time = Fact::Value(now);
    }
}
