//! Does the sensor live?

use crate::fact::Fact;
use crate::facts::{Facts, ServiceState};
use crate::manifest::Manifest;

use super::{CLOCK_TOLERANCE_S, Judged, Sensor};

pub(super) fn judge(manifest: &Manifest, facts: &Facts) -> Judged<Sensor> {
    let sensor = &facts.sensor;
    let unknown = |name: &str, why: &str| Judged::new(Sensor::Unknown, format!("`{name}`: {why}"));
    match &sensor.service {
        Fact::Value(service) if service.state == ServiceState::Running => {}
        Fact::Value(_) => return Judged::new(Sensor::Stopped, "service `Sense` does not run"),
        Fact::Absent => return Judged::new(Sensor::Stopped, "service `Sense` does not exist"),
        Fact::Unreadable { why } => return unknown("sensor.service", why),
    }
    let seen = match &sensor.last_connected {
        Fact::Value(seen) => *seen,
        Fact::Absent => {
            return Judged::new(
                Sensor::NeverConnected,
                "the sensor runs and has never reached its service (`LastConnected`)",
            );
        }
        Fact::Unreadable { why } => return unknown("sensor.last_connected", why),
    };
    let Some(now) = facts.host.now.value() else {
        return unknown("host.now", "not found");
    };
    let age_s = now.since(seen);
    if age_s < -CLOCK_TOLERANCE_S {
        return unknown(
            "sensor.last_connected",
            &format!("{seen} lies in the future of this server's clock, {now}"),
        );
    }
    let evidence = format!("the sensor last reached its service at {seen}");
    if age_s > manifest.settings.health.silent_after_s() {
        return Judged::new(Sensor::Silent, evidence);
    }
    Judged::new(Sensor::Alive, evidence)
}
