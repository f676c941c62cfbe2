//! The bootstrap killed before and after each journalled moment of a step, of every kind of
//! step on some route, and started again: it converges, reports the truth, and starts no
//! installer twice.
//!
//! Killed means that the process ends at once at that moment (a stub built for tests has
//! such points); what it had started goes on. Rows with a restart stop the whole server
//! instead, as a power loss does.

use gangway_contract::step::StepKind;
use gangway_e2e::Given::*;
use gangway_e2e::Os::{Server2012R2, Server2016, Server2022, Server2025};
use gangway_e2e::routes::{self, WORKSPACE};
use gangway_e2e::{Installer, Scenario};

/// Server 2012 R2 with both predecessors and another antivirus.
fn migration() -> Scenario {
    Scenario::on(Server2012R2)
        .given(Scep)
        .given(Workspace(WORKSPACE))
        .given(OtherAntivirus("SepMasterService"))
        .given(SlowInstaller(300))
        .config("onboard", &format!("remove_workspaces = ['{WORKSPACE}']"))
}

/// Server 2012 R2 that lacks an update.
fn update() -> Scenario {
    Scenario::on(Server2012R2)
        .given(SystemFile("tdh.dll", [6, 3, 9600, 16384]))
        .given(NewFile("tdh.dll", [6, 3, 9600, 17958]))
        .given(Orders(
            "wusa",
            "copy=C:\\standins\\new\\tdh.dll|C:\\windows\\system32\\tdh.dll\nexit=0",
        ))
        .staged("variants/updates-2012-r2")
}

/// Server 2016 with both updates staged.
fn updates() -> Scenario {
    Scenario::on(Server2016)
        .given(Platform([4, 12, 17007, 1]))
        .given(NewFile("MsMpEng.exe", [4, 18, 25020, 1009]))
        .given(NewFile("MsSense.exe", [10, 8760, 27617, 1006]))
        .given(Orders(
            "updateplatform",
            "set_text=SYSTEM\\CurrentControlSet\\Services\\WinDefend|ImagePath|\"C:\\standins\\new\\MsMpEng.exe\"",
        ))
        .given(Orders(
            "updatesenseclient",
            "set_text=SOFTWARE\\Microsoft\\Windows Advanced Threat Protection|InstallLocation|C:\\standins\\new",
        ))
        .staged_installer(Installer::PlatformUpdate)
        .staged_installer(Installer::SensorUpdate)
}

/// Server 2008 R2 by the deployment tool, which is not safe to start twice.
fn deployment_tool() -> Scenario {
    routes::deployment_tool("script=C:\\by-hand\\tool.cmd").once("defenderdt")
}

/// Server 2008 R2 by the retired agent, which is not safe to install twice.
fn retired_agent() -> Scenario {
    routes::retired_agent().once("setup")
}

/// Server 2016 by the install script.
fn install_script() -> Scenario {
    Scenario::on(Server2016).config("onboard", "agent_route = 'install_script'")
}

/// Server 2022 on which the daily task of an older bundle is registered, as Group Policy does it:
/// the task, and the key that the Task Scheduler of Windows keeps of it.
fn older_task() -> Scenario {
    Scenario::on(Server2022)
        .given(File("daily.xml", TASK))
        .given(File("by-hand/no-task.cmd", NO_TASK))
        .by_hand(
            r"C:\windows\system32\schtasks.exe",
            &["/Create", "/XML", r"C:\daily.xml", "/TN", OLDER_TASK],
        )
        .by_hand(
            r"C:\windows\system32\reg.exe",
            &["add", OLDER_TASK_KEY, "/f"],
        )
}

const OLDER_TASK: &str = "Gangway Daily 0123456789abcdef0123456789abcdef";
const OLDER_TASK_KEY: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Schedule\TaskCache\Tree\Gangway Daily 0123456789abcdef0123456789abcdef";
/// A task as far as Wine's Task Scheduler reads it.
const TASK: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo/><Triggers/><Settings/>
  <Actions><Exec><Command>cmd.exe</Command></Exec></Actions>
</Task>
"#;
/// Ends with 1 while the older task is registered.
const NO_TASK: &str = "@if exist \"C:\\windows\\system32\\tasks\\Gangway Daily \
                       0123456789abcdef0123456789abcdef\" exit 1\r\n";

/// Server 2022 as a non-persistent desktop host.
fn in_box() -> Scenario {
    Scenario::on(Server2022).config("targets", "vdi = 'single'")
}

/// Server 2022 by the portal's script.
fn script() -> Scenario {
    Scenario::on(Server2022).by_script()
}

/// Server 2022 that is offboarded by the portal's script.
fn offboarding_script() -> Scenario {
    Scenario::on(Server2022)
        .built_for("offboard", "variants/offboarding")
        .by_script()
        .given(Onboarded)
}

/// Server 2016 without the antivirus feature, whose enabling asks for a restart, which is
/// allowed. Windows takes a second request for one as one that is under way.
fn feature() -> Scenario {
    Scenario::on(Server2016)
        .given(FeatureOff(3010))
        .given(Orders("shutdown", "exit=0\n[2]\nexit=1190"))
        .config("rollout", "reboot = 'in_window'")
}

/// Server 2025 whose sensor is a feature on demand and not there.
fn on_demand() -> Scenario {
    Scenario::on(Server2025)
        .given(SensorOnDemand(0))
        .config("onboard", "add_sensor_from = 'windows_update'")
}

/// Server 2016 with its antivirus stopped.
fn antivirus() -> Scenario {
    Scenario::on(Server2016).given(AntivirusStopped)
}

/// Server 2012 R2 on which an old antivirus left its service entry behind.
fn leftover() -> Scenario {
    Scenario::on(Server2012R2).given(Leftover)
}

/// Server 2022 whose sensor was onboarded and has ended.
fn stopped_sensor() -> Scenario {
    Scenario::on(Server2022).given(Onboarded).sensor_ends()
}

/// Server 2016, onboarded by hand, that is offboarded and loses the agent.
fn offboarding() -> Scenario {
    Scenario::on(Server2016)
        .built_for("offboard", "variants/offboarding")
        .config("offboard", "uninstall_agent = true")
        .given(Downloads)
        .given(SlowInstaller(300))
        .by_hand(
            r"C:\windows\system32\msiexec.exe",
            &["/i", r"C:\by-hand\md4ws.msi", "/qn"],
        )
        .by_hand(
            r"C:\windows\system32\cmd.exe",
            &["/d", "/c", r"C:\by-hand\onboard.cmd"],
        )
}

fn onboards(killed: Scenario) -> Scenario {
    killed
        .until("onboarded", "converged")
        .run("onboarded", "converged", "")
}

/// The task of the older bundle is gone in the end, whenever its removal was cut.
fn takes_over(killed: Scenario) -> Scenario {
    onboards(killed).by_hand(
        r"C:\windows\system32\cmd.exe",
        &["/d", "/c", r"C:\by-hand\no-task.cmd"],
    )
}

/// Of the retired agent nobody can say that it protects.
fn retires(killed: Scenario) -> Scenario {
    killed.until("onboarded_unhealthy", "retired-agent").run(
        "onboarded_unhealthy",
        "retired-agent",
        "",
    )
}

fn offboards(killed: Scenario) -> Scenario {
    killed
        .until("offboarded", "offboarded")
        .run("offboarded", "offboarded", "")
}

/// Declares one test per row: route, moment, what follows, and the end.
macro_rules! killed {
    ($($name:ident: $end:ident($route:ident, $point:literal $(, $then:ident)?);)+) => {
        /// Every moment of some row.
        const POINTS: &[&str] = &[$($point),+];

        $(
            #[test]
            fn $name() {
                let scenario = $route().crash($point)$(.$then())?;
                if let Err(error) = $end(scenario).once("msiexec").play() {
                    panic!("{error:#}");
                }
            }
        )+
    };
}

killed! {
    before_workspaces_are_removed: onboards(migration, "before:remove-workspaces-started");
    as_workspaces_are_removed: onboards(migration, "after:remove-workspaces-started");
    workspaces_removed: onboards(migration, "before:remove-workspaces-ended");
    workspaces_recorded: onboards(migration, "after:remove-workspaces-ended");
    before_scep_is_removed: onboards(migration, "before:remove-scep-started");
    as_scep_is_removed: onboards(migration, "after:remove-scep-started");
    scep_removed: onboards(migration, "before:remove-scep-ended");
    scep_recorded: onboards(migration, "after:remove-scep-ended");
    before_passive_mode_is_written: onboards(migration, "before:write-passive-mode-started");
    as_passive_mode_is_written: onboards(migration, "after:write-passive-mode-started");
    passive_mode_written: onboards(migration, "before:write-passive-mode-ended");
    passive_mode_recorded: onboards(migration, "after:write-passive-mode-ended");
    before_the_agent_is_installed: onboards(migration, "before:install-agent-started");
    as_the_agent_is_installed: onboards(migration, "after:install-agent-started");
    agent_installed: onboards(migration, "before:install-agent-ended");
    agent_recorded: onboards(migration, "after:install-agent-ended");
    before_the_blob_is_applied: onboards(migration, "before:apply-onboarding-started");
    as_the_blob_is_applied: onboards(migration, "after:apply-onboarding-started");
    blob_applied: onboards(migration, "before:apply-onboarding-ended");
    blob_recorded: onboards(migration, "after:apply-onboarding-ended");
    before_it_is_reported: onboards(migration, "before:reported");
    reported: onboards(migration, "after:reported");
    agent_recorded_and_power_lost: onboards(migration, "after:install-agent-ended", restart);
    scep_removed_and_power_lost: onboards(migration, "before:remove-scep-ended", restart);

    before_the_older_task_is_removed: takes_over(older_task, "before:remove-daily-task");
    older_task_removed: takes_over(older_task, "after:remove-daily-task");
    older_task_removed_and_power_lost:
        takes_over(older_task, "after:remove-daily-task", restart);

    before_the_update: onboards(update, "before:install-hotfix-started");
    as_the_update_is_installed: onboards(update, "after:install-hotfix-started");
    update_running: onboards(update, "after:process");
    update_installed: onboards(update, "before:install-hotfix-ended");
    update_recorded: onboards(update, "after:install-hotfix-ended");

    as_the_platform_is_updated: onboards(updates, "after:update-platform-started");
    platform_updated: onboards(updates, "before:update-platform-ended");
    platform_recorded: onboards(updates, "after:update-platform-ended");
    as_the_sensor_is_updated: onboards(updates, "after:update-sensor-started");
    sensor_updated: onboards(updates, "before:update-sensor-ended");
    sensor_recorded: onboards(updates, "after:update-sensor-ended");

    before_the_feature_is_enabled: onboards(feature, "before:enable-feature-started");
    as_the_feature_is_enabled: onboards(feature, "after:enable-feature-started");
    feature_enabling_runs: onboards(feature, "after:process");
    feature_enabled: onboards(feature, "before:enable-feature-ended");
    feature_recorded: onboards(feature, "after:enable-feature-ended");
    feature_enabled_and_power_lost: onboards(feature, "before:enable-feature-ended", restart);
    before_the_restart: onboards(feature, "before:restart-started");
    as_the_restart_is_asked_for: onboards(feature, "after:restart-started");
    restart_asked_for: onboards(feature, "before:restart-ended");
    restart_recorded: onboards(feature, "after:restart-ended");
    as_the_restart_is_asked_for_and_power_lost:
        onboards(feature, "after:restart-started", restart);
    restart_asked_for_and_power_lost: onboards(feature, "before:restart-ended", restart);
    restart_recorded_and_power_lost: onboards(feature, "after:restart-ended", restart);

    before_the_sensor_is_added: onboards(on_demand, "before:add-sensor-started");
    as_the_sensor_is_added: onboards(on_demand, "after:add-sensor-started");
    sensor_adding_runs: onboards(on_demand, "after:process");
    sensor_added: onboards(on_demand, "before:add-sensor-ended");
    sensor_added_recorded: onboards(on_demand, "after:add-sensor-ended");
    sensor_added_and_power_lost: onboards(on_demand, "before:add-sensor-ended", restart);

    before_the_antivirus_is_enabled: onboards(antivirus, "before:enable-antivirus-started");
    as_the_antivirus_is_enabled: onboards(antivirus, "after:enable-antivirus-started");
    antivirus_enabled: onboards(antivirus, "before:enable-antivirus-ended");
    antivirus_recorded: onboards(antivirus, "after:enable-antivirus-ended");

    before_the_leftover_is_removed: onboards(leftover, "before:remove-leftover-started");
    as_the_leftover_is_removed: onboards(leftover, "after:remove-leftover-started");
    leftover_removed: onboards(leftover, "before:remove-leftover-ended");
    leftover_recorded: onboards(leftover, "after:remove-leftover-ended");

    before_the_sensor_is_started: onboards(stopped_sensor, "before:start-sensor-started");
    as_the_sensor_is_started: onboards(stopped_sensor, "after:start-sensor-started");
    sensor_started: onboards(stopped_sensor, "before:start-sensor-ended");
    sensor_start_recorded: onboards(stopped_sensor, "after:start-sensor-ended");

    as_the_deployment_tool_starts:
        onboards(deployment_tool, "after:run-deployment-tool-started");
    deployment_tool_running: onboards(deployment_tool, "after:process");
    deployment_tool_ended: onboards(deployment_tool, "before:run-deployment-tool-ended");
    deployment_tool_recorded: onboards(deployment_tool, "after:run-deployment-tool-ended");

    as_the_retired_agent_is_installed:
        retires(retired_agent, "after:install-monitoring-agent-started");
    retired_agent_installed: retires(retired_agent, "before:install-monitoring-agent-ended");
    retired_agent_recorded: retires(retired_agent, "after:install-monitoring-agent-ended");

    before_the_install_script: onboards(install_script, "before:run-install-script-started");
    as_the_install_script_starts: onboards(install_script, "after:run-install-script-started");
    install_script_running: onboards(install_script, "after:process");
    install_script_ended: onboards(install_script, "before:run-install-script-ended");
    install_script_recorded: onboards(install_script, "after:run-install-script-ended");
    install_script_recorded_and_power_lost:
        onboards(install_script, "after:run-install-script-ended", restart);

    before_the_tag_is_written: onboards(in_box, "before:write-vdi-tag-started");
    as_the_tag_is_written: onboards(in_box, "after:write-vdi-tag-started");
    tag_written: onboards(in_box, "before:write-vdi-tag-ended");
    tag_recorded: onboards(in_box, "after:write-vdi-tag-ended");
    before_the_identity_is_written: onboards(in_box, "before:write-identity-started");
    as_the_identity_is_written: onboards(in_box, "after:write-identity-started");
    identity_written: onboards(in_box, "before:write-identity-ended");
    identity_recorded: onboards(in_box, "after:write-identity-ended");
    before_the_blob_is_written: onboards(in_box, "before:write-onboarding-blob");
    blob_written: onboards(in_box, "after:write-onboarding-blob");
    blob_written_and_power_lost: onboards(in_box, "after:write-onboarding-blob", restart);
    sensor_asked_to_start: onboards(in_box, "after:start-sensor");
    state_reached: onboards(in_box, "after:await-state");
    state_reached_and_power_lost: onboards(in_box, "after:await-state", restart);
    event_written: onboards(in_box, "after:log-event");
    engine_reloading: onboards(in_box, "after:process");
    engine_reloading_and_power_lost: onboards(in_box, "after:process", restart);

    as_the_script_runs: onboards(script, "after:run-onboarding-script-started");
    script_running: onboards(script, "after:process");
    script_running_and_power_lost: onboards(script, "after:process", restart);
    script_ended: onboards(script, "before:run-onboarding-script-ended");
    script_recorded: onboards(script, "after:run-onboarding-script-ended");

    before_the_offboarding: offboards(offboarding, "before:apply-offboarding-started");
    as_the_offboarding_starts: offboards(offboarding, "after:apply-offboarding-started");
    onboarding_blob_deleted: offboards(offboarding, "after:delete-onboarding-blob");
    offboarding_blob_written: offboards(offboarding, "after:write-offboarding-blob");
    offboarding_applied: offboards(offboarding, "before:apply-offboarding-ended");
    offboarding_recorded: offboards(offboarding, "after:apply-offboarding-ended");
    as_the_offboarding_script_starts:
        offboards(offboarding_script, "after:run-offboarding-script-started");
    offboarding_script_ended:
        offboards(offboarding_script, "before:run-offboarding-script-ended");
    offboarding_script_recorded:
        offboards(offboarding_script, "after:run-offboarding-script-ended");
    before_the_agent_is_removed: offboards(offboarding, "before:uninstall-agent-started");
    as_the_agent_is_removed: offboards(offboarding, "after:uninstall-agent-started");
    agent_removed: offboards(offboarding, "before:uninstall-agent-ended");
    agent_removal_recorded: offboards(offboarding, "after:uninstall-agent-ended");
}

#[test]
fn every_kind_of_step_is_killed_at_each_of_its_moments() {
    let missing: Vec<String> = StepKind::ALL
        .iter()
        .flat_map(|step| {
            [
                format!("after:{step}-started"),
                format!("before:{step}-ended"),
                format!("after:{step}-ended"),
            ]
        })
        .filter(|point| !POINTS.contains(&point.as_str()))
        .collect();
    assert_eq!(missing, Vec::<String>::new());
}
