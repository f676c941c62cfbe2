//! Does the sensor belong to the wanted tenant?

use crate::fact::Fact;
use crate::facts::{Facts, StartType};
use crate::manifest::Manifest;
use crate::product::{monitoring_route, route_of};

use super::{Enrolment, Judged};

pub(super) fn judge(manifest: &Manifest, facts: &Facts) -> Judged<Enrolment> {
    let sensor = &facts.sensor;
    let route = route_of(&facts.os, &manifest.settings).ok();
    let retired = route.and_then(|route| monitoring_route(manifest, route));
    if retired.is_some() && !sensor.onboarding_state.is(&1) {
        return Judged::new(
            Enrolment::RetiredAgent,
            "the monitoring agent was retired on 2024-08-31, and nothing tells whether its sensor lives",
        );
    }
    let unknown =
        |name: &str, why: &str| Judged::new(Enrolment::Unknown, format!("`{name}`: {why}"));
    match &sensor.onboarding_state {
        Fact::Value(1) => {}
        Fact::Value(other) => {
            return Judged::new(
                Enrolment::NotOnboarded,
                format!("`OnboardingState` is {other}"),
            );
        }
        Fact::Absent => {
            return Judged::new(Enrolment::NotOnboarded, "there is no `OnboardingState`");
        }
        Fact::Unreadable { why } => return unknown("sensor.onboarding_state", why),
    }
    let org_id = match &sensor.org_id {
        Fact::Value(org_id) => org_id,
        Fact::Absent => return unknown("sensor.org_id", "not found"),
        Fact::Unreadable { why } => return unknown("sensor.org_id", why),
    };
    if *org_id != manifest.tenant.org_id {
        return Judged::new(
            Enrolment::OtherTenant,
            format!("onboarded to organisation {org_id}"),
        );
    }
    match &sensor.service {
        Fact::Value(service) if service.start == StartType::Automatic => Judged::new(
            Enrolment::Onboarded,
            format!("onboarded to organisation {org_id}, `Sense` starts by itself"),
        ),
        Fact::Value(service) => Judged::new(
            Enrolment::OtherStart,
            format!("the start type of `Sense` is {}", service.start),
        ),
        Fact::Absent => Judged::new(Enrolment::OtherStart, "service `Sense` does not exist"),
        Fact::Unreadable { why } => unknown("sensor.service", why),
    }
}
