//! The sensor and its registry values: what a blob does when it is written, and when the service
//! starts.

use gangway_contract::apply::{Data, Direction, RegistryValue, SENSOR_GUID};
use gangway_contract::facts::{Service, ServiceState, StartType};
use gangway_contract::manifest::Role;
use gangway_contract::step::Change;
use gangway_contract::{Fact, Sha256};
use gangway_runner::failure::Failure;

use super::Fake;
use super::programs::AT_RESTART;

/// Under this name the sensor takes its acts: one for each start, and for each offboarding blob
/// that it finds.
pub(crate) const SENSOR: &str = "Sense";

impl Fake {
    pub(super) fn written(&mut self, value: &RegistryValue) {
        let sensor = &mut self.truth.sensor;
        match (value.name, &value.data) {
            ("ForceDefenderPassiveMode", Data::Number(number)) => {
                let passive = *number == 1;
                Change::PassivePolicy { passive }.apply(&mut self.truth);
            }
            ("VDI", _) => Change::VdiTagged.apply(&mut self.truth),
            (SENSOR_GUID, Data::Text(guid)) => sensor.identity = Fact::Value(guid.clone()),
            ("DisableEnterpriseAuthProxy", Data::Number(number)) => {
                if !self.truth.network.auth_proxy_policy.is_absent() {
                    self.violations.push("a policy was written over".to_owned());
                }
                self.truth.network.auth_proxy_policy = Fact::Value(*number);
            }
            (name, Data::Text(text)) if name == Direction::Onboarding.value_name() => {
                sensor.onboarding_blob = Fact::Value(true);
                sensor.policy_blob = Fact::Value(Sha256::of(text.as_bytes()));
                self.check_blob(Role::OnboardingInfo, text);
            }
            (name, Data::Text(text)) if name == Direction::Offboarding.value_name() => {
                sensor.offboarding_blob = Fact::Value(true);
                self.check_blob(Role::OffboardingInfo, text);
                self.sensor_finds_offboarding();
            }
            (name, Data::Bytes(_)) => self.traces.push(name.to_owned()),
            (name, _) => self.violations.push(format!("`{name}` was written")),
        }
    }

    /// A blob is written as the manifest has it, or not at all.
    fn check_blob(&mut self, role: Role, text: &str) {
        let payload = self.manifest.payload(role);
        if payload.is_none_or(|payload| payload.sha256 != Sha256::of(text.as_bytes())) {
            self.violations.push(format!("{role:?} has other bytes"));
        }
    }

    pub(super) fn deleted(&mut self, name: &str) {
        let sensor = &mut self.truth.sensor;
        if name == Direction::Onboarding.value_name() {
            sensor.onboarding_blob = Fact::Value(false);
            sensor.policy_blob = Fact::Absent;
        } else if name == Direction::Offboarding.value_name() {
            sensor.offboarding_blob = Fact::Value(false);
        } else {
            self.violations.push(format!("`{name}` was deleted"));
        }
    }

    fn ours_is_written(&self) -> bool {
        let payload = self.manifest.payload(Role::OnboardingInfo);
        payload.is_some_and(|payload| self.truth.sensor.policy_blob.is(&payload.sha256))
    }

    /// The service starts. It takes the blob of the policy key, which shows after a while; one
    /// that does not take it ends again.
    pub(super) fn sensor_starts(&mut self) -> Result<(), Failure> {
        let act = self.act_of(SENSOR);
        let sensor = &mut self.truth.sensor;
        match &sensor.service {
            Fact::Value(service) if service.state == ServiceState::Running => return Ok(()),
            Fact::Value(service) if service.start == StartType::Disabled => {
                return Err(Failure::new("start service `Sense`", 1058));
            }
            Fact::Value(_) => {}
            Fact::Absent | Fact::Unreadable { .. } => {
                return Err(Failure::new("start service `Sense`", 1060));
            }
        }
        if act.code != 0 {
            return Err(Failure::new("start service `Sense`", act.code));
        }
        let automatic = sensor.service.value().map(|service| service.start);
        let runs = automatic == Some(StartType::Automatic) || sensor.onboarding_state.is(&1);
        if runs && !self.ours_is_written() {
            Change::SensorRuns.apply(&mut self.truth);
            return Ok(());
        }
        let takes = self.ours_is_written() && act.works;
        let at = self.clock.saturating_add(act.takes_s);
        if takes && act.shows_after_s != AT_RESTART {
            self.truth.sensor.service = Fact::Value(Service {
                state: ServiceState::Running,
                ..Service::WAITING
            });
        }
        if takes {
            let shows = at.saturating_add(act.shows_after_s);
            self.pending.push((shows, vec![self.onboarded()]));
        }
        Ok(())
    }

    pub(super) fn onboarded(&self) -> Change {
        Change::Onboarded {
            org_id: self.manifest.tenant.org_id.clone(),
            connectivity: self.manifest.tenant.connectivity,
        }
    }

    /// A sensor that runs takes an offboarding blob when it sees one.
    fn sensor_finds_offboarding(&mut self) {
        let runs = self.truth.sensor.service.value();
        if runs.is_none_or(|service| service.state != ServiceState::Running) {
            return;
        }
        let act = self.act_of(SENSOR);
        if act.works {
            let shows = self
                .clock
                .saturating_add(act.takes_s)
                .saturating_add(act.shows_after_s);
            let changes = vec![Change::Offboarded, Change::SensorStopped];
            self.pending.push((shows, changes));
        }
    }

    /// Windows starts: an onboarded sensor comes up with the blob of the policy key.
    pub(super) fn sensor_after_restart(&mut self) {
        let service = self.truth.sensor.service.value().copied();
        let Some(service) = service else { return };
        if service.start != StartType::Automatic {
            let sensor = &mut self.truth.sensor;
            sensor.service = Fact::Value(Service {
                state: ServiceState::Stopped,
                ..service
            });
            return;
        }
        Change::SensorRuns.apply(&mut self.truth);
        if self.ours_is_written() {
            self.onboarded().apply(&mut self.truth);
        }
    }
}
