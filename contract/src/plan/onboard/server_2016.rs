//! Server 2016: all that may ask for a restart before the agent.

use crate::fact::Fact;
use crate::facts::{Facts, FeatureState, ServiceState};
use crate::manifest::{Manifest, Role};
use crate::plan::obstacles::{Obstacles, Stop};
use crate::plan::steps;
use crate::reason::Reason;
use crate::step::{Change, Step};
use crate::update;

use super::unified_agent::antivirus_policy;

/// Server 2016: all that may ask for a restart before the agent.
pub(super) fn servicing_2016(
    manifest: &Manifest,
    facts: &Facts,
    obstacles: &mut Obstacles,
) -> Vec<Step> {
    if !facts.sensor.service.is_absent() {
        return Vec::new();
    }
    obstacles.met(antivirus_policy(facts));
    let antivirus = &facts.antivirus;
    let mut list = Vec::new();
    match &antivirus.service {
        Fact::Value(service) if service.state == ServiceState::Running => {}
        Fact::Value(_) => list.push(steps::enable_antivirus(
            manifest,
            "`WinDefend` does not run".to_owned(),
        )),
        Fact::Absent => {
            list.extend(obstacles.met(feature_step(manifest, facts)).flatten());
        }
        unreadable @ Fact::Unreadable { .. } => {
            obstacles.push(Stop::unreadable("antivirus.service", unreadable));
        }
    }
    let platform = antivirus.platform.value().copied();
    if let Some(version) = platform.filter(|version| *version < steps::PLATFORM_MINIMUM) {
        let minimum = steps::PLATFORM_MINIMUM;
        let hotfix = steps::hotfix(
            manifest,
            update::PLATFORM_2016,
            format!("antivirus platform {version} is below {minimum}"),
            Change::PlatformAtLeast { version: minimum },
        );
        if let Some(step) = obstacles.met(hotfix) {
            list.insert(0, step);
        }
    }
    if let Some(update) = manifest.payload(Role::PlatformUpdate) {
        let target = steps::version_of(update).unwrap_or(steps::PLATFORM_RECOMMENDED);
        if platform.is_none_or(|version| version < target) {
            let found = platform.map_or("unknown".to_owned(), |version| version.to_string());
            list.push(steps::update_platform(
                manifest,
                update,
                format!("antivirus platform {found} is below {target}"),
            ));
        }
    }
    list
}

/// The step that enables the feature; none when the next start of Windows does.
fn feature_step(manifest: &Manifest, facts: &Facts) -> Result<Option<Step>, Stop> {
    match &facts.antivirus.feature {
        // The restart that it waits for is a gate of its own.
        Fact::Value(FeatureState::EnablePending) => Ok(None),
        Fact::Value(FeatureState::Removed) => Err(Stop::new(
            Reason::FeatureRemoved,
            "feature `Windows-Defender` has no payload in the component store",
        )),
        Fact::Value(FeatureState::Enabled) => Err(Stop::new(
            Reason::FeatureRemoved,
            "feature `Windows-Defender` is enabled and service `WinDefend` is missing",
        )),
        Fact::Value(FeatureState::Disabled) | Fact::Absent | Fact::Unreadable { .. } => {
            let why = "feature `Windows-Defender` is off".to_owned();
            Ok(Some(steps::enable_feature(manifest, why)))
        }
    }
}
