//! Which steps bring a server to onboarded.

use crate::fact::Fact;
use crate::facts::{
    Facts, FeatureState, ProductType, RunningMode, Service, ServiceState, StartType,
};
use crate::history::History;
use crate::manifest::{AgentRoute, AntivirusMode, Manifest, MonitoringAgent, Role};
use crate::product::{Route, route_of};
use crate::reason::Reason;
use crate::step::{Change, CheckedFile, Step, StepKind, VDI_TAG};
use crate::version::Version;

use super::{Stop, steps};

/// Image state of an installation that is finished.
const IMAGE_COMPLETE: &str = "IMAGE_STATE_COMPLETE";

/// Updates that the agent needs on Server 2012 R2: file, lowest version, article.
const UPDATES_2012_R2: [(CheckedFile, Version, &str); 3] = [
    (CheckedFile::Ucrtbase, Version::new(0, 0, 0, 0), "KB2999226"),
    (
        CheckedFile::Tdh,
        Version::new(6, 3, 9600, 17958),
        "KB3080149",
    ),
    (
        CheckedFile::Ntoskrnl,
        Version::new(6, 3, 9600, 17736),
        "KB3045999",
    ),
];

/// Cumulative update that brings the lowest platform on Server 2016.
const PLATFORM_ARTICLE: &str = "KB4457127";

/// Times that the passive mode policy is written before somebody else is suspected of
/// writing it back.
const CONTESTED_AFTER: u32 = 2;

/// A later change has another cause than a refresh of Group Policy.
const CONTESTED_WITHIN_S: i64 = 86_400;

/// The steps, at least one; or why there are none.
pub(super) fn steps(
    manifest: &Manifest,
    facts: &Facts,
    history: &History,
) -> Result<Vec<Step>, Stop> {
    let route = route_of(&facts.os, &manifest.settings)
        .map_err(|none| Stop::new(none.reason, none.detail))?;
    if let Some(agent) = monitoring_route(manifest, route) {
        return with_monitoring_agent(manifest, agent, facts);
    }
    if facts.sensor.onboarding_state.unreadable().is_some() {
        return Err(Stop::unreadable(
            "sensor.onboarding_state",
            &facts.sensor.onboarding_state,
        ));
    }
    let onboarded = facts.sensor.onboarding_state.is(&1);
    let passive = wants_passive(manifest, facts, history);
    let mode = mode_steps(manifest, facts, history, onboarded, passive.clone());
    if onboarded {
        same_tenant(manifest, facts)?;
        if let Some(done) = converged(manifest, facts, &mode) {
            return Err(done);
        }
    }
    ready_for_change(facts)?;
    let passive = passive?;
    let mode = mode?;
    match route {
        Route::InBox => in_box(manifest, facts, mode),
        Route::UnifiedAgent2016 => {
            let first = servicing_2016(manifest, facts)?;
            unified_agent(manifest, facts, first, mode, passive)
        }
        Route::UnifiedAgent2012R2 => {
            role_exclusions(facts, passive)?;
            let first = servicing_2012_r2(manifest, facts)?;
            unified_agent(manifest, facts, first, mode, passive)
        }
        Route::DownLevel => down_level(manifest, facts, mode, passive),
    }
}

fn same_tenant(manifest: &Manifest, facts: &Facts) -> Result<(), Stop> {
    match &facts.sensor.org_id {
        Fact::Value(found) if *found == manifest.tenant.org_id => Ok(()),
        Fact::Value(found) => Err(Stop::new(
            Reason::OtherTenant,
            format!(
                "onboarded to organisation {found}, the bundle is for {}",
                manifest.tenant.org_id
            ),
        )),
        other => Err(Stop::unreadable("sensor.org_id", other)),
    }
}

/// The stop of a server that is as wanted.
fn converged(manifest: &Manifest, facts: &Facts, mode: &Result<Vec<Step>, Stop>) -> Option<Stop> {
    let as_wanted = steps::onboarded(manifest).holds(facts)
        && !vdi_tag_missing(manifest, facts)
        && mode.as_ref().is_ok_and(Vec::is_empty);
    if !as_wanted {
        return None;
    }
    Some(if facts.restart.own.holds() {
        Stop::new(Reason::RestartAfterOnboarding, "")
    } else {
        Stop::new(Reason::Converged, "")
    })
}

/// Conditions under which nothing is changed, whatever is due.
fn ready_for_change(facts: &Facts) -> Result<(), Stop> {
    if facts.os.setup_running.holds() {
        return Err(Stop::new(Reason::ImageBuild, "Windows Setup is running"));
    }
    if facts.os.task_sequence.holds() {
        return Err(Stop::new(Reason::ImageBuild, "a task sequence is running"));
    }
    if let Some(state) = facts.os.image_state.value()
        && state != IMAGE_COMPLETE
    {
        return Err(Stop::new(
            Reason::ImageBuild,
            format!("image state {state}"),
        ));
    }
    if facts.managers.cloud_extension.holds() {
        return Err(Stop::new(
            Reason::ManagedElsewhere,
            "extension `MDE.Windows` of Defender for Cloud is installed",
        ));
    }
    if let Some(id) = facts.managers.azure_resource_id.value() {
        return Err(Stop::new(
            Reason::ManagedElsewhere,
            format!("`DeviceTagging\\AzureResourceId` is {id}"),
        ));
    }
    if facts.host.elevated.is(&false) {
        return Err(Stop::new(Reason::NotElevated, ""));
    }
    if facts
        .prerequisites
        .lanman_server
        .value()
        .is_some_and(|service| service.state == ServiceState::Stopped)
    {
        return Err(Stop::new(Reason::ServerServiceStopped, ""));
    }
    if facts.antivirus.elam_disabled.holds() {
        return Err(Stop::new(
            Reason::SensorDisabled,
            "early-launch driver `WdBoot` is disabled",
        ));
    }
    match &facts.sensor.service {
        Fact::Value(Service {
            start: StartType::Disabled,
            ..
        }) => Err(Stop::new(
            Reason::SensorDisabled,
            "service `Sense` is disabled",
        )),
        Fact::Unreadable { .. } => Err(Stop::unreadable("sensor.service", &facts.sensor.service)),
        Fact::Value(_) | Fact::Absent => Ok(()),
    }
}

/// Should Defender Antivirus be passive?
///
/// With `auto` a passive mode that somebody else asked for stays: they may know of an
/// antivirus that this program does not recognise, and two active ones do harm.
fn wants_passive(manifest: &Manifest, facts: &Facts, history: &History) -> Result<bool, Stop> {
    match manifest.settings.antivirus_mode {
        AntivirusMode::AlwaysPassive => Ok(true),
        AntivirusMode::NeverPassive => Ok(false),
        AntivirusMode::Auto => {
            let others = match &facts.antivirus.others {
                Fact::Value(others) => !others.is_empty(),
                Fact::Absent => false,
                unreadable @ Fact::Unreadable { .. } => {
                    return Err(Stop::unreadable("antivirus.others", unreadable));
                }
            };
            let own = history
                .of(StepKind::WritePassiveMode)
                .is_some_and(|tries| tries.done > 0);
            Ok(others || (facts.antivirus.passive_policy.is(&1) && !own))
        }
    }
}

/// The step that writes the passive mode policy, when one is due.
fn mode_steps(
    manifest: &Manifest,
    facts: &Facts,
    history: &History,
    onboarded: bool,
    passive: Result<bool, Stop>,
) -> Result<Vec<Step>, Stop> {
    let passive = passive?;
    let antivirus = &facts.antivirus;
    if passive
        && onboarded
        && antivirus.mode.is(&RunningMode::Active)
        && antivirus.tamper_protection.holds()
    {
        return Err(Stop::new(
            Reason::TamperProtection,
            "Defender Antivirus is active and should be passive",
        ));
    }
    let policy = match &antivirus.passive_policy {
        Fact::Value(value) => *value == 1,
        Fact::Absent => false,
        unreadable @ Fact::Unreadable { .. } => {
            return Err(Stop::unreadable("antivirus.passive_policy", unreadable));
        }
    };
    if policy == passive {
        return Ok(Vec::new());
    }
    let why = format!(
        "`ForceDefenderPassiveMode` asks for {}, wanted is {}",
        if policy { "passive" } else { "active" },
        if passive { "passive" } else { "active" },
    );
    if manifest.settings.antivirus_mode != AntivirusMode::Auto {
        return Err(Stop::new(Reason::SettingsNotApplied, why));
    }
    if let Some(tries) = history.of(StepKind::WritePassiveMode)
        && let (Some(last), Some(now)) = (tries.last_end, facts.host.now.value())
        && tries.done >= CONTESTED_AFTER
        && (0..CONTESTED_WITHIN_S).contains(&now.since(last))
    {
        return Err(Stop::new(
            Reason::PassivePolicyContested,
            format!(
                "written {} times, last {last}, and found changed again",
                tries.done
            ),
        ));
    }
    Ok(vec![steps::write_passive_mode(passive, why)])
}

fn vdi_tag_missing(manifest: &Manifest, facts: &Facts) -> bool {
    manifest.settings.vdi
        && facts
            .sensor
            .vdi_tag
            .value()
            .is_none_or(|tag| tag != VDI_TAG)
}

/// Tag, then whatever makes an installed sensor onboarded.
fn sensor_steps(manifest: &Manifest, facts: &Facts) -> Result<Vec<Step>, Stop> {
    let mut list = Vec::new();
    if vdi_tag_missing(manifest, facts) {
        list.push(steps::write_vdi_tag(
            "the bundle is for non-persistent desktops".to_owned(),
        ));
    }
    let goal = steps::onboarded(manifest);
    if goal.holds(facts) {
        return Ok(list);
    }
    let mut with_running = facts.clone();
    Change::SensorRuns.apply(&mut with_running);
    let stopped_only = facts
        .sensor
        .service
        .value()
        .is_some_and(|service| service.start == StartType::Automatic);
    if stopped_only && goal.holds(&with_running) {
        list.push(steps::start_sensor(
            "onboarded, but `Sense` does not run".to_owned(),
            vec![goal],
        ));
    } else {
        let payload = steps::staged(manifest, Role::OnboardingScript)?;
        let why = match facts.sensor.onboarding_state.value() {
            Some(1) => "onboarded with another start type or class of service URLs",
            _ => "not onboarded",
        };
        list.push(steps::run_onboarding_script(
            manifest,
            payload,
            why.to_owned(),
        ));
    }
    Ok(list)
}

fn in_box(manifest: &Manifest, facts: &Facts, mode: Vec<Step>) -> Result<Vec<Step>, Stop> {
    if facts.sensor.service.is_absent() {
        return Err(Stop::new(
            Reason::SensorDisabled,
            "service `Sense`, part of this Windows, does not exist",
        ));
    }
    let mut list = mode;
    list.extend(sensor_steps(manifest, facts)?);
    Ok(list)
}

fn antivirus_policy(facts: &Facts) -> Result<(), Stop> {
    if facts.antivirus.disabled_policy.is(&1) {
        return Err(Stop::new(
            Reason::AntivirusDisabledByPolicy,
            "policy `DisableAntiSpyware` is 1",
        ));
    }
    Ok(())
}

/// Server 2016: all that may ask for a restart before the agent.
fn servicing_2016(manifest: &Manifest, facts: &Facts) -> Result<Vec<Step>, Stop> {
    if !facts.sensor.service.is_absent() {
        return Ok(Vec::new());
    }
    antivirus_policy(facts)?;
    let antivirus = &facts.antivirus;
    let mut list = Vec::new();
    match &antivirus.service {
        Fact::Value(service) if service.state == ServiceState::Running => {}
        Fact::Value(_) => list.push(steps::enable_antivirus(
            manifest,
            "`WinDefend` does not run".to_owned(),
        )),
        Fact::Absent => list.push(feature_step(manifest, facts)?),
        unreadable @ Fact::Unreadable { .. } => {
            return Err(Stop::unreadable("antivirus.service", unreadable));
        }
    }
    let platform = antivirus.platform.value().copied();
    if let Some(version) = platform.filter(|version| *version < steps::PLATFORM_MINIMUM) {
        list.insert(
            0,
            steps::hotfix(
                manifest,
                PLATFORM_ARTICLE,
                format!(
                    "antivirus platform {version} is below {}",
                    steps::PLATFORM_MINIMUM
                ),
                Change::PlatformAtLeast {
                    version: steps::PLATFORM_MINIMUM,
                },
            )?,
        );
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
    Ok(list)
}

fn feature_step(manifest: &Manifest, facts: &Facts) -> Result<Step, Stop> {
    match &facts.antivirus.feature {
        Fact::Value(FeatureState::EnablePending) => Err(Stop::new(
            Reason::RebootPending,
            "feature `Windows-Defender` is enabled by the next restart",
        )),
        Fact::Value(FeatureState::Removed) => Err(Stop::new(
            Reason::FeatureRemoved,
            "feature `Windows-Defender` has no payload in the component store",
        )),
        Fact::Value(FeatureState::Enabled) => Err(Stop::new(
            Reason::FeatureRemoved,
            "feature `Windows-Defender` is enabled and service `WinDefend` is missing",
        )),
        Fact::Value(FeatureState::Disabled) | Fact::Absent | Fact::Unreadable { .. } => Ok(
            steps::enable_feature(manifest, "feature `Windows-Defender` is off".to_owned()),
        ),
    }
}

/// Server 2012 R2 has no automatic exclusions for roles: an active antivirus without any
/// would slow or break them.
fn role_exclusions(facts: &Facts, passive: bool) -> Result<(), Stop> {
    let roles = &facts.roles;
    let mut found: Vec<String> = [
        (
            facts.os.product_type.is(&ProductType::DomainController),
            "domain controller",
        ),
        (roles.cluster_node.holds(), "failover cluster"),
        (roles.hyper_v.holds(), "Hyper-V"),
        (roles.exchange.holds(), "Exchange"),
    ]
    .into_iter()
    .filter(|(has, _)| *has)
    .map(|(_, role)| role.to_owned())
    .collect();
    found.extend(roles.others.value().into_iter().flatten().cloned());
    let excluded = facts
        .antivirus
        .policy_exclusions
        .value()
        .is_some_and(|count| *count > 0);
    if passive || excluded || found.is_empty() {
        return Ok(());
    }
    Err(Stop::new(
        Reason::RoleExclusionsMissing,
        format!("roles: {}", found.join(", ")),
    ))
}

/// Server 2012 R2: all that may ask for a restart before the agent.
fn servicing_2012_r2(manifest: &Manifest, facts: &Facts) -> Result<Vec<Step>, Stop> {
    if !facts.sensor.service.is_absent() {
        return Ok(Vec::new());
    }
    antivirus_policy(facts)?;
    let mut list = Vec::new();
    for (file, version, article) in UPDATES_2012_R2 {
        let fact = file.version(facts);
        if fact.unreadable().is_some() {
            return Err(Stop::unreadable(file.as_str(), fact));
        }
        let change = Change::FileAtLeast { file, version };
        if !change.holds(facts) {
            let why = match fact.value() {
                Some(found) => format!("`{file}` {found} is below {version}"),
                None => format!("`{file}` is missing"),
            };
            list.push(steps::hotfix(manifest, article, why, change)?);
        }
    }
    if facts.antivirus.leftover.holds() {
        list.push(steps::remove_leftover(
            "`WinDefend` is left behind without its drivers".to_owned(),
        ));
    }
    Ok(list)
}

/// What follows the servicing steps on Server 2012 R2 and 2016.
fn unified_agent(
    manifest: &Manifest,
    facts: &Facts,
    servicing: Vec<Step>,
    mode: Vec<Step>,
    passive: bool,
) -> Result<Vec<Step>, Stop> {
    let mut list = servicing;
    list.extend(mode);
    let leaving = leaving_workspaces(manifest, facts)?;
    if !leaving.is_empty() {
        let why = format!("the monitoring agent reports to {}", leaving.join(", "));
        list.push(steps::remove_workspaces(manifest, leaving, why));
    }
    let installing = facts.sensor.service.is_absent();
    if installing {
        if facts.legacy.scep.holds() {
            list.push(steps::remove_scep(
                manifest,
                "System Center Endpoint Protection is installed".to_owned(),
            ));
        }
        list.push(agent_step(manifest, facts, passive)?);
    }
    if let Some(update) = manifest.payload(Role::SensorUpdate) {
        let due = match steps::version_of(update) {
            Some(target) => !(Change::SensorAtLeast { version: target }).holds(facts),
            None => installing,
        };
        if due {
            list.push(steps::update_sensor(
                manifest,
                update,
                "the sensor is older than the staged update".to_owned(),
            ));
        }
    }
    list.extend(sensor_steps(manifest, facts)?);
    Ok(list)
}

fn agent_step(manifest: &Manifest, facts: &Facts, passive: bool) -> Result<Step, Stop> {
    let agent = steps::staged(manifest, Role::Agent)?;
    let why = "service `Sense` does not exist".to_owned();
    match manifest.settings.agent_route {
        AgentRoute::Auto => Ok(steps::install_agent(manifest, agent, passive, why)),
        AgentRoute::InstallScript => {
            let script = steps::staged(manifest, Role::InstallScript)?;
            let runs = &facts.prerequisites.signed_scripts_run;
            if !runs.holds() {
                let detail = runs
                    .unreadable()
                    .unwrap_or("the effective policy refuses it");
                return Err(Stop::new(Reason::ScriptPolicy, detail));
            }
            Ok(steps::run_install_script(
                manifest, script, agent, passive, why,
            ))
        }
    }
}

fn leaving_workspaces(manifest: &Manifest, facts: &Facts) -> Result<Vec<String>, Stop> {
    let unwanted = &manifest.settings.remove_workspaces;
    if unwanted.is_empty() {
        return Ok(Vec::new());
    }
    match &facts.legacy.workspaces {
        Fact::Value(found) => Ok(found
            .iter()
            .filter(|id| unwanted.iter().any(|x| x.eq_ignore_ascii_case(id)))
            .cloned()
            .collect()),
        Fact::Absent => Ok(Vec::new()),
        unreadable @ Fact::Unreadable { .. } => {
            Err(Stop::unreadable("legacy.workspaces", unreadable))
        }
    }
}

fn down_level(
    manifest: &Manifest,
    facts: &Facts,
    mode: Vec<Step>,
    passive: bool,
) -> Result<Vec<Step>, Stop> {
    let Some(tool) = manifest.payload(Role::DeploymentTool) else {
        return Err(Stop::new(
            Reason::NoRoute,
            "Windows Server 2008 R2 SP1 is onboarded by the deployment tool, which is not staged",
        ));
    };
    let mut list = mode;
    let sensor_is_there = !facts.sensor.service.is_absent();
    if sensor_is_there && facts.sensor.onboarding_state.is(&1) {
        list.extend(sensor_steps(manifest, facts)?);
    } else {
        if vdi_tag_missing(manifest, facts) {
            list.push(steps::write_vdi_tag(
                "the bundle is for non-persistent desktops".to_owned(),
            ));
        }
        list.push(steps::run_deployment_tool(
            manifest,
            tool,
            passive,
            "not onboarded".to_owned(),
        ));
    }
    Ok(list)
}

/// The retired agent, when it is the configured route of this server.
fn monitoring_route(manifest: &Manifest, route: Route) -> Option<&MonitoringAgent> {
    let without_tool = manifest.payload(Role::DeploymentTool).is_none();
    manifest
        .settings
        .monitoring_agent
        .as_ref()
        .filter(|_| route == Route::DownLevel && without_tool)
}

fn with_monitoring_agent(
    manifest: &Manifest,
    agent: &MonitoringAgent,
    facts: &Facts,
) -> Result<Vec<Step>, Stop> {
    let goal = Change::WorkspaceAdded {
        id: agent.workspace.clone(),
    };
    if goal.holds(facts) {
        return Err(Stop::new(
            Reason::Converged,
            "the monitoring agent, retired on 2024-08-31, reports to the workspace",
        ));
    }
    if facts.legacy.workspaces.unreadable().is_some() {
        return Err(Stop::unreadable(
            "legacy.workspaces",
            &facts.legacy.workspaces,
        ));
    }
    ready_for_change(facts)?;
    let setup = steps::staged(manifest, Role::MonitoringAgent)?;
    let key = steps::staged(manifest, Role::WorkspaceKey)?;
    Ok(vec![steps::install_monitoring_agent(
        manifest,
        setup,
        key,
        &agent.workspace,
        "the monitoring agent does not report to the workspace".to_owned(),
    )])
}
