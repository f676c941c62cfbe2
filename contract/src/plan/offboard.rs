//! Which steps bring a server to offboarded.

use crate::fact::Fact;
use crate::facts::{Facts, Service, ServiceState, StartType};
use crate::manifest::{ApplyMethod, Manifest, Role};
use crate::product::{Route, route_of};
use crate::reason::Reason;
use crate::step::{Change, Step};
use crate::time::UtcTime;

use super::{Stop, steps, workspaces};

/// No clock of a server in service stands before this program was written: 2025-01-01.
const EARLIEST_NOW: UtcTime = UtcTime(1_735_689_600);
/// Steps that clocks may differ by.
const CLOCK_TOLERANCE_S: i64 = 86_400;

/// The steps, at least one; or why there are none.
pub(super) fn steps(manifest: &Manifest, facts: &Facts) -> Result<Vec<Step>, Stop> {
    let route = route_of(&facts.os, &manifest.settings)
        .map_err(|none| Stop::new(none.reason, none.detail))?;
    let state = &facts.sensor.onboarding_state;
    if state.unreadable().is_some() {
        return Err(Stop::unreadable("sensor.onboarding_state", state));
    }
    let uninstall = uninstall_step(manifest, facts, route);
    let leave = leave_workspaces(manifest, facts);
    // With tamper protection on the uninstallation would fail; the last run names it.
    let tamper_protection = facts.antivirus.tamper_protection.holds();
    let possible = uninstall.clone().filter(|_| !tamper_protection);
    if Change::Offboarded.holds(facts) {
        let list: Vec<Step> = leave?.into_iter().chain(possible).collect();
        if !list.is_empty() {
            elevated(facts)?;
            return Ok(list);
        }
        return Err(match uninstall {
            None => Stop::new(Reason::Offboarded, ""),
            Some(_) => Stop::new(
                Reason::TamperProtection,
                "it keeps the agent from being uninstalled",
            ),
        });
    }
    if facts.sensor.onboarding_state.is(&1) {
        same_tenant(manifest, facts)?;
    }
    not_expired(manifest, facts)?;
    elevated(facts)?;
    let mut list = Vec::new();
    match sensor_to_take_it(facts)? {
        Taker::Runs => {}
        Taker::Waits(start) => list.push(start),
        // The retired agent's workspaces are left all the same.
        Taker::Missing => {
            return match leave? {
                Some(step) => Ok(vec![step]),
                None => Err(Stop::new(
                    Reason::SensorDisabled,
                    "service `Sense` does not exist: nothing takes the offboarding",
                )),
            };
        }
    }
    let why = "onboarded".to_owned();
    list.push(match manifest.settings.apply {
        ApplyMethod::Native => {
            let payload = steps::staged(manifest, Role::OffboardingInfo)?;
            steps::apply_offboarding(payload, facts, why)
        }
        ApplyMethod::Script => {
            let payload = steps::staged(manifest, Role::OffboardingScript)?;
            steps::run_offboarding_script(manifest, payload, why)
        }
    });
    // After the blob, which ends within days: nothing may keep it from being applied.
    list.extend(leave.ok().flatten());
    list.extend(possible);
    Ok(list)
}

/// The sensor's service, which takes the offboarding.
enum Taker {
    Runs,
    /// It has to be started first.
    Waits(Step),
    Missing,
}

fn sensor_to_take_it(facts: &Facts) -> Result<Taker, Stop> {
    match &facts.sensor.service {
        Fact::Value(Service {
            state: ServiceState::Running,
            ..
        }) => Ok(Taker::Runs),
        Fact::Absent => Ok(Taker::Missing),
        Fact::Value(Service {
            start: StartType::Disabled,
            ..
        }) => Err(Stop::new(
            Reason::SensorDisabled,
            "service `Sense` is disabled and must run to be offboarded",
        )),
        Fact::Value(_) => Ok(Taker::Waits(steps::start_sensor(
            "`Sense` must run to take the offboarding".to_owned(),
            vec![Change::SensorRuns],
        ))),
        unreadable @ Fact::Unreadable { .. } => Err(Stop::unreadable("sensor.service", unreadable)),
    }
}

fn elevated(facts: &Facts) -> Result<(), Stop> {
    if facts.host.elevated.is(&false) {
        return Err(Stop::new(Reason::NotElevated, ""));
    }
    Ok(())
}

/// The retired agent leaves the workspaces that it was to lose anyway, and the one that the
/// bundle's config connects it to.
fn leave_workspaces(manifest: &Manifest, facts: &Facts) -> Result<Option<Step>, Stop> {
    let settings = &manifest.settings;
    let own = settings.monitoring_agent.iter();
    let own = own.map(|agent| &agent.workspace);
    workspaces::leave(
        manifest,
        facts,
        settings.remove_workspaces.iter().chain(own),
    )
}

fn uninstall_step(manifest: &Manifest, facts: &Facts, route: Route) -> Option<Step> {
    let with_agent = matches!(route, Route::UnifiedAgent2012R2 | Route::UnifiedAgent2016);
    let code = facts.agent.product_code.value()?;
    (with_agent && manifest.settings.uninstall_agent).then(|| {
        steps::uninstall_agent(manifest, code, "the unified agent is installed".to_owned())
    })
}

fn same_tenant(manifest: &Manifest, facts: &Facts) -> Result<(), Stop> {
    match &facts.sensor.org_id {
        // The portal's script, too, goes on when the value is absent.
        Fact::Absent => Ok(()),
        Fact::Value(found) if *found == manifest.tenant.org_id => Ok(()),
        Fact::Value(found) => Err(Stop::new(
            Reason::OtherTenant,
            format!(
                "onboarded to organisation {found}, the package is for {}",
                manifest.tenant.org_id
            ),
        )),
        unreadable @ Fact::Unreadable { .. } => Err(Stop::unreadable("sensor.org_id", unreadable)),
    }
}

fn not_expired(manifest: &Manifest, facts: &Facts) -> Result<(), Stop> {
    let Some(expires_at) = manifest.expires_at.map(UtcTime) else {
        return Ok(());
    };
    let Fact::Value(now) = facts.host.now else {
        return Err(Stop::unreadable("host.now", &facts.host.now));
    };
    let last_seen = facts.sensor.last_connected.value().copied();
    if now < EARLIEST_NOW || last_seen.is_some_and(|seen| seen.since(now) > CLOCK_TOLERANCE_S) {
        return Err(Stop::new(
            Reason::ClockImplausible,
            format!("the clock says {now}"),
        ));
    }
    if now >= expires_at {
        return Err(Stop::new(
            Reason::PackageExpired,
            format!("it ended at {expires_at}"),
        ));
    }
    Ok(())
}
