//! One table: servers of every product in every condition that the design names, and what
//! each run of the bootstrap must report and do there.
//!
//! A row is read aloud: on which product, given what, a run ends in which state, for which
//! reason, after which steps.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use gangway_e2e::Given::*;
use gangway_e2e::Os::{
    Server2008R2, Server2012, Server2012R2, Server2016, Server2019, Server2022, Server2025,
    Workstation,
};
use gangway_e2e::routes::{WORKSPACE, deployment_tool, deployment_tool_on, retired_agent};
use gangway_e2e::{Deployment, Installer, Os, Recipe, Scenario, Server};
use gangway_fixtures::blob::ORG_ID;

/// Declares one test per row.
macro_rules! scenarios {
    ($($name:ident: $scenario:expr;)+) => {
        $(
            #[test]
            fn $name() {
                if let Err(error) = $scenario.play() {
                    panic!("{error:#}");
                }
            }
        )+

        /// How many rows the table has.
        const ROWS: usize = [$(stringify!($name)),+].len();
    };
}

// Fewer rows would be a table that lost some.
const _: () = assert!(ROWS >= 60);

fn on(os: Os) -> Scenario {
    Scenario::on(os)
}

fn by_script(os: Os) -> Scenario {
    on(os).by_script()
}

/// The sensor's policy key as `reg.exe` names it.
const POLICY: &str = r"HKLM\SOFTWARE\Policies\Microsoft\Windows Advanced Threat Protection";

/// A missing sensor may be added from there.
const ADD_SENSOR: &str = r"add_sensor_from = '\\files.contoso.com\fod$'";
const PROXY: &str = "winhttp = 'proxy.contoso.com:8080'";
const DONE: (&str, &str) = ("onboarded", "converged");
const AGENT_AND_BLOB: &str = "install-agent apply-onboarding";
const BLOB: &str = "apply-onboarding";
const SCRIPT: &str = "run-onboarding-script";

/// Rows whose run ends well.
trait EndsWell {
    fn onboards(self, steps: &'static str) -> Self;
}

impl EndsWell for Scenario {
    fn onboards(self, steps: &'static str) -> Self {
        self.run(DONE.0, DONE.1, steps)
    }
}

/// The line of a window from `from_h` to `to_h` hours from now; servers here run on UTC.
fn window(from_h: u64, to_h: u64) -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |now| now.as_secs());
    let clock = |hours: u64| {
        let minute = (now / 60 + hours * 60) % 1440;
        format!("{:02}:{:02}", minute / 60, minute % 60)
    };
    format!("window = '{}-{}'", clock(from_h), clock(to_h))
}

// Every product, fresh.
scenarios! {
    fresh_2008_r2_without_the_deployment_tool: on(Server2008R2).run("blocked", "no-route", "");
    fresh_2012: on(Server2012).run("not_targeted", "product-not-supported", "");
    fresh_2012_r2: on(Server2012R2).onboards(AGENT_AND_BLOB).onboards("");
    fresh_2016: on(Server2016).onboards(AGENT_AND_BLOB).onboards("");
    fresh_2019: on(Server2019).onboards(BLOB).onboards("");
    fresh_2022: on(Server2022).onboards(BLOB).restart().onboards("");
    fresh_2025: on(Server2025).onboards(BLOB).onboards("");
    workstation: on(Workstation).run("not_targeted", "workstation", "");
    azure_stack_hci_not_asked_for: on(Server2025).given(AzureStackHci)
        .run("not_targeted", "azure-stack-hci", "");
    azure_stack_hci_asked_for: on(Server2025).given(AzureStackHci)
        .config("targets", "azure_stack_hci = true").onboards(BLOB);
    nano_server: on(Server2016).given(NanoServer)
        .run("not_targeted", "product-not-supported", "");
    hyper_v_server: on(Server2019).given(HyperVServer).run("not_targeted", "hyper-v-server", "");

    // Onboarded before.
    already_2012_r2: on(Server2012R2).given(Onboarded).onboards("");
    already_2016: on(Server2016).given(Onboarded).onboards("");
    already_2019: on(Server2019).given(Onboarded).onboards("");
    already_2022_with_a_restart_pending: on(Server2022).given(Onboarded).given(ServicingPending)
        .onboards("");
    already_2025_and_tagged_by_azure: on(Server2025).given(Onboarded).given(AzureTag).onboards("");
    onboarded_and_the_sensor_has_ended: on(Server2022).given(Onboarded).sensor_ends()
        .onboards("start-sensor").onboards("");
    agent_installed_by_hand_2016: on(Server2016).given(SensorInstalled).onboards(BLOB);
    other_tenant_2016: on(Server2016).given(OnboardedElsewhere).run("blocked", "other-tenant", "");
    other_tenant_2022: on(Server2022).given(OnboardedElsewhere).run("blocked", "other-tenant", "");

    // Restarts pending.
    servicing_pending_2016: on(Server2016).given(ServicingPending)
        .run("waiting", "reboot-pending", "");
    windows_update_pending_2022: on(Server2022).given(WindowsUpdatePending).onboards(BLOB);
    windows_update_pending_2016: on(Server2016).given(WindowsUpdatePending)
        .run("waiting", "reboot-pending", "");
    file_renames_do_not_block: on(Server2022).given(FileRenamesPending).onboards(BLOB);
    restart_pending_on_a_domain_controller: on(Server2022).given(DomainController)
        .given(ServicingPending).config("rollout", "reboot = 'in_window'")
        .run("waiting", "reboot-needed-by-owner", "");

    // Other antivirus, passive mode, tamper protection.
    other_antivirus_2022: on(Server2022).given(OtherAntivirus("CSFalconService"))
        .onboards("write-passive-mode apply-onboarding").onboards("");
    other_antivirus_2016: on(Server2016).given(OtherAntivirus("SepMasterService"))
        .onboards("write-passive-mode install-agent apply-onboarding");
    other_antivirus_on_an_onboarded_server: on(Server2022).given(Onboarded)
        .given(OtherAntivirus("SentinelAgent"))
        .run("onboarded_unhealthy", "antivirus-mode-waits", "write-passive-mode")
        .restart().onboards("");
    other_antivirus_that_the_config_names: on(Server2022).given(OtherAntivirus("ContosoShield"))
        .config("onboard", "other_antivirus = ['ContosoShield']")
        .onboards("write-passive-mode apply-onboarding");
    other_antivirus_that_was_left_behind: on(Server2022)
        .given(DisabledAntivirus("CSFalconService")).onboards(BLOB);
    tamper_protection_keeps_the_antivirus_active: on(Server2022).given(Onboarded)
        .given(OtherAntivirus("CSFalconService")).given(TamperProtection)
        .run("blocked", "tamper-protection", "");
    passive_by_policy_that_has_not_arrived: on(Server2022)
        .config("onboard", "antivirus_mode = 'always_passive'")
        .run("waiting", "settings-not-applied", "");
    passive_by_policy: on(Server2022).given(PassivePolicy(1))
        .given(OtherAntivirus("CSFalconService"))
        .config("onboard", "antivirus_mode = 'always_passive'").onboards(BLOB);
    passive_by_policy_and_nobody_else: on(Server2022).given(PassivePolicy(1))
        .config("onboard", "antivirus_mode = 'always_passive'")
        .run("onboarded_unhealthy", "passive-alone", BLOB);
    active_by_config_and_passive_by_policy: on(Server2022).given(PassivePolicy(1))
        .config("onboard", "antivirus_mode = 'never_passive'")
        .run("waiting", "settings-not-applied", "");
    passive_mode_of_somebody_else_stays: on(Server2022).given(PassivePolicy(1))
        .run("onboarded_unhealthy", "passive-alone", BLOB)
        .run("onboarded_unhealthy", "passive-alone", "");
    passive_and_nobody_asks_for_it: on(Server2022).given(Onboarded).given(PassiveMode)
        .run("onboarded_unhealthy", "stuck-passive", "");
    antivirus_disabled_by_policy_2016: on(Server2016).given(AntivirusDisabledByPolicy)
        .run("blocked", "antivirus-disabled-by-policy", "");
    antivirus_disabled_by_policy_2022: on(Server2022).given(AntivirusDisabledByPolicy)
        .given(AntivirusDisabled).run("onboarded_unhealthy", "antivirus-off-by-policy", BLOB);
    antivirus_removed_2022: on(Server2022).given(Onboarded).given(AntivirusRemoved)
        .run("onboarded_unhealthy", "no-antivirus", "");
    antivirus_removed_beside_another_one: on(Server2022).given(OtherAntivirus("CSFalconService"))
        .given(AntivirusRemoved).onboards("write-passive-mode apply-onboarding");
    antivirus_disabled_2019: on(Server2019).given(AntivirusDisabled)
        .run("onboarded_unhealthy", "antivirus-disabled", BLOB);
    content_of_years_ago: on(Server2025).given(OldContent)
        .run("onboarded_unhealthy", "content-old", BLOB);
    sensor_that_reaches_nobody: on(Server2022).given(Onboarded).given(Silent)
        .run("waiting", "first-contact", "");

    // The machine's proxy, which a registry preference brings.
    machine_proxy_that_has_not_arrived: on(Server2022).config("gpo.settings.proxy", PROXY)
        .run("waiting", "settings-not-applied", "");
    machine_proxy_that_has_arrived: on(Server2022).config("gpo.settings.proxy", PROXY)
        .given(MachineProxy("proxy.contoso.com:8080", "")).onboards(BLOB);

    // Predecessors.
    leftover_2012_r2: on(Server2012R2).given(Leftover)
        .onboards("remove-leftover install-agent apply-onboarding");
    scep_2012_r2: on(Server2012R2).given(Scep)
        .onboards("remove-scep install-agent apply-onboarding");
    scep_whose_uninstaller_anybody_may_change: on(Server2012R2).given(Scep)
        .given(Writable("Program Files/Microsoft Security Client/Setup.exe"))
        .run("refused", "folder-not-protected", "remove-scep");
    scep_in_a_folder_that_anybody_may_change: on(Server2012R2).given(Scep)
        .given(Writable("Program Files/Microsoft Security Client"))
        .run("refused", "folder-not-protected", "remove-scep");
    scep_2016_stays: on(Server2016).given(Scep).onboards(AGENT_AND_BLOB);
    workspace_to_be_removed: on(Server2012R2).given(Workspace(WORKSPACE))
        .config("onboard", &format!("remove_workspaces = ['{WORKSPACE}']"))
        .onboards("remove-workspaces install-agent apply-onboarding");
    workspace_to_be_kept: on(Server2016).given(Workspace(WORKSPACE)).onboards(AGENT_AND_BLOB);

    // Prerequisites.
    feature_off_2016: on(Server2016).given(FeatureOff(3010))
        .run("waiting", "reboot-pending", "enable-feature").restart().onboards(AGENT_AND_BLOB);
    feature_off_2016_and_a_restart_allowed: on(Server2016).given(FeatureOff(3010))
        .config("rollout", "reboot = 'in_window'")
        .run("waiting", "reboot-pending", "enable-feature restart")
        .run("waiting", "reboot-pending", "").restart().onboards(AGENT_AND_BLOB);
    restart_refused: on(Server2016).given(FeatureOff(3010)).given(Orders("shutdown", "exit=5"))
        .config("rollout", "reboot = 'in_window'").config("rollout", "retry_wait_s = 3600")
        .run("failed", "step-failed", "enable-feature restart")
        .run("failed", "retry-later", "");
    antivirus_stopped_2016: on(Server2016).given(AntivirusStopped)
        .onboards("enable-antivirus install-agent apply-onboarding");
    sensor_on_demand_2025_not_allowed: on(Server2025).given(SensorOnDemand(0))
        .run("blocked", "sensor-not-installed", "");
    sensor_on_demand_2025: on(Server2025).given(SensorOnDemand(0)).config("onboard", ADD_SENSOR)
        .onboards("add-sensor apply-onboarding").onboards("");
    sensor_on_demand_2025_after_a_restart: on(Server2025).given(SensorOnDemand(3010))
        .config("onboard", ADD_SENSOR)
        .run("waiting", "reboot-pending", "add-sensor").restart().onboards(BLOB);
    sensor_on_demand_2025_not_to_be_had: on(Server2025).given(SensorOnDemand(0x800f_0954))
        .config("onboard", ADD_SENSOR).run("blocked", "sensor-not-installed", "add-sensor");
    sensor_too_old_for_streamlined_2019: on(Server2019).given(Sensor([10, 7529, 17763, 1]))
        .run("blocked", "sensor-too-old", "");
    feature_removed_2016: on(Server2016).given(FeatureRemoved)
        .run("blocked", "feature-removed", "");
    platform_too_old_2016: on(Server2016).given(Platform([4, 10, 14393, 1000]))
        .run("blocked", "prerequisite-missing", "");
    hotfix_missing_2012_r2: on(Server2012R2).given(SystemFile("tdh.dll", [6, 3, 9600, 16384]))
        .run("blocked", "prerequisite-missing", "");
    hotfix_staged_2012_r2: on(Server2012R2).given(SystemFile("tdh.dll", [6, 3, 9600, 16384]))
        .given(NewFile("tdh.dll", [6, 3, 9600, 17958]))
        .given(Orders("wusa", "copy=C:\\standins\\new\\tdh.dll|C:\\windows\\system32\\tdh.dll\nexit=3010"))
        .staged("variants/updates-2012-r2")
        .run("waiting", "reboot-pending", "install-hotfix").restart().onboards(AGENT_AND_BLOB);
    updates_of_one_number_for_two_products: on(Server2012R2)
        .given(SystemFile("tdh.dll", [6, 3, 9600, 16384]))
        .given(NewFile("tdh.dll", [6, 3, 9600, 17958]))
        .given(Orders("wusa", "exit=-2145124329\n[windows8.1-kb3080149]\ncopy=C:\\standins\\new\\tdh.dll|C:\\windows\\system32\\tdh.dll"))
        .staged("variants/updates-2008-r2").staged("variants/updates-2012-r2")
        .onboards("install-hotfix install-agent apply-onboarding");
    hotfix_not_applicable_2012_r2: on(Server2012R2)
        .given(SystemFile("tdh.dll", [6, 3, 9600, 16384]))
        .given(Orders("wusa", "exit=-2145124329")).staged("variants/updates-2012-r2")
        .run("blocked", "prerequisite-missing", "install-hotfix");
    platform_update_2016: on(Server2016).given(Platform([4, 12, 17007, 1]))
        .staged_installer(Installer::PlatformUpdate)
        .given(NewFile("MsMpEng.exe", [4, 18, 25020, 1009]))
        .given(Orders("updateplatform", "set_text=SYSTEM\\CurrentControlSet\\Services\\WinDefend|ImagePath|\"C:\\standins\\new\\MsMpEng.exe\""))
        .onboards("update-platform install-agent apply-onboarding");
    platform_update_says_0_and_did_nothing: on(Server2016).given(Platform([4, 12, 17007, 1]))
        .staged_installer(Installer::PlatformUpdate).config("rollout", "verify_wait_s = 2")
        .run("failed", "not-verified", "update-platform");
    sensor_update_2016: on(Server2016).staged_installer(Installer::SensorUpdate)
        .given(NewFile("MsSense.exe", [10, 8760, 27617, 1006]))
        .given(Orders("updatesenseclient", "set_text=SOFTWARE\\Microsoft\\Windows Advanced Threat Protection|InstallLocation|C:\\standins\\new"))
        .onboards("install-agent update-sensor apply-onboarding");
    deployment_tool_2008_r2: deployment_tool("script=C:\\by-hand\\tool.cmd")
        .onboards("run-deployment-tool").onboards("");
    deployment_tool_asks_for_a_restart: deployment_tool("exit=10\n[2]\nscript=C:\\by-hand\\tool.cmd")
        .run("waiting", "reboot-pending", "run-deployment-tool").restart()
        .onboards("run-deployment-tool");
    deployment_tool_fails: deployment_tool("exit=500")
        .run("failed", "step-failed", "run-deployment-tool");
    deployment_tool_2016: deployment_tool_on(Server2016, "script=C:\\by-hand\\tool.cmd")
        .onboards("run-deployment-tool").onboards("");
    deployment_tool_2022: deployment_tool_on(Server2022, "script=C:\\by-hand\\tool.cmd")
        .onboards("run-deployment-tool").onboards("");
    retired_agent_lacks_an_update: retired_agent()
        .given(SystemFile("tdh.dll", [6, 1, 7601, 17514]))
        .run("blocked", "prerequisite-missing", "");
    retired_agent_with_an_update: retired_agent()
        .given(SystemFile("tdh.dll", [6, 1, 7601, 17514]))
        .given(NewFile("tdh.dll", [6, 1, 7601, 18939]))
        .given(Orders("wusa", "exit=-2145124329\n[windows6.1-kb3080149]\ncopy=C:\\standins\\new\\tdh.dll|C:\\windows\\system32\\tdh.dll"))
        .staged("variants/updates-2008-r2")
        .run("onboarded_unhealthy", "retired-agent", "install-hotfix install-monitoring-agent")
        .run("onboarded_unhealthy", "retired-agent", "");
    retired_agent_2008_r2: retired_agent()
        .run("onboarded_unhealthy", "retired-agent", "install-monitoring-agent")
        .run("onboarded_unhealthy", "retired-agent", "");
    role_without_exclusions_2012_r2: on(Server2012R2).given(Role("DNS"))
        .run("blocked", "role-exclusions-missing", "");
    role_with_exclusions_2012_r2: on(Server2012R2).given(Role("DNS")).given(Exclusion)
        .onboards(AGENT_AND_BLOB);
    role_2016_has_automatic_exclusions: on(Server2016).given(Role("DNS"))
        .onboards(AGENT_AND_BLOB);
    sensor_disabled: on(Server2022).given(SensorDisabled).run("blocked", "sensor-disabled", "");
    early_launch_driver_disabled: on(Server2022).given(EarlyLaunchDisabled)
        .run("blocked", "sensor-disabled", "");
    server_service_stopped: on(Server2022).given(ServerServiceStopped).onboards(BLOB);

    // The agent's installer.
    agent_fails: on(Server2016).given(AgentResult("1603"))
        .run("failed", "step-failed", "install-agent");
    agent_asks_for_a_restart: on(Server2016).given(AgentResult("3010"))
        .run("waiting", "reboot-pending", "install-agent").restart().onboards(BLOB);
    installer_busy_for_a_moment: on(Server2016).given(InstallerBusy(1))
        .config("rollout", "installer_wait_s = 30").onboards(AGENT_AND_BLOB);
    installer_busy_for_good: on(Server2016).given(InstallerBusy(99))
        .run("waiting", "installer-busy", "install-agent");
    installer_past_its_limit: on(Server2016).given(SlowInstaller(15_000))
        .config("rollout", "install_limit_s = 2")
        .run("waiting", "still-running", "install-agent")
        .run("waiting", "still-running", "")
        .pause(16).onboards(BLOB);
    a_failed_step_is_not_tried_again_at_once: on(Server2016).given(AgentResult("1603"))
        .config("rollout", "retry_wait_s = 3600")
        .run("failed", "step-failed", "install-agent").run("failed", "retry-later", "");

    // The install script.
    install_script_2016: on(Server2016).config("onboard", "agent_route = 'install_script'")
        .onboards("run-install-script apply-onboarding");
    install_script_forbidden: on(Server2016).given(ScriptsForbidden)
        .config("onboard", "agent_route = 'install_script'").run("blocked", "script-policy", "");
    install_script_asks_for_a_restart: on(Server2016).given(Orders("powershell", "[-file]\nexit=12"))
        .config("onboard", "agent_route = 'install_script'")
        .run("waiting", "reboot-pending", "run-install-script")
        .restart().orders("powershell", "").onboards("run-install-script apply-onboarding");
    install_script_says_0_and_did_nothing: on(Server2016)
        .given(Orders("powershell", "[-file]\nexit=0")).config("rollout", "verify_wait_s = 2")
        .config("onboard", "agent_route = 'install_script'")
        .run("failed", "not-verified", "run-install-script");

    // The blob.
    sensor_comes_up_later: on(Server2022).given(Orders("sense", "start_delay_ms=5000"))
        .onboards(BLOB);
    state_comes_later: on(Server2022).given(Orders("sense", "onboard_delay_ms=6000"))
        .onboards(BLOB);
    sensor_never_onboards: on(Server2022).given(Orders("sense", "onboard=never"))
        .config("rollout", "verify_wait_s = 2").run("failed", "not-verified", BLOB);
    sensor_reports_elsewhere: on(Server2022)
        .given(Orders("sense", "org_id=0d15ea5e-0000-4a7b-8a55-fab21ca00001"))
        .config("rollout", "verify_wait_s = 2").run("failed", "not-verified", BLOB);
    sensor_does_not_start: on(Server2022).given(Orders("sense", "start_error=577"))
        .config("rollout", "verify_wait_s = 2").run("failed", "step-failed", BLOB)
        .orders("sense", "").onboards(BLOB);
    engine_that_does_not_reload: on(Server2022).given(Orders("mpcmdrun", "exit=2"))
        .onboards(BLOB).onboards("");
    offboarding_blob_left_from_before: on(Server2022).given(OffboardingBlob).onboards(BLOB)
        .onboards("");
    policy_against_proxies_stands: on(Server2022).given(AuthProxyPolicy(0)).onboards(BLOB);
    blob_taken_away: on(Server2022).onboards(BLOB)
        .by_hand(r"C:\windows\system32\reg.exe", &["delete", POLICY, "/v", "OnboardingInfo", "/f"])
        .onboards(BLOB).onboards("");
    sensor_with_another_class_of_addresses: on(Server2022).given(OnboardedStandard)
        .run("onboarded_pending_reboot", "restart-after-onboarding", BLOB)
        .run("onboarded_pending_reboot", "restart-after-onboarding", "")
        .restart().until("onboarded", "converged").onboards("");
    desktop_with_one_entry: on(Server2022).config("targets", "vdi = 'single'")
        .onboards("write-identity write-vdi-tag apply-onboarding").onboards("");
    desktop_with_one_entry_of_a_cloned_image: on(Server2022).given(Identity)
        .config("targets", "vdi = 'single'")
        .onboards("write-identity write-vdi-tag apply-onboarding");
    desktop_with_one_entry_onboarded_before_it_was_cloned: on(Server2022).given(Onboarded)
        .given(Identity).config("targets", "vdi = 'single'").run("blocked", "other-identity", "");
    desktop_with_several_entries: on(Server2022).config("targets", "vdi = 'multiple'")
        .onboards("write-vdi-tag apply-onboarding");
    blob_out_of_a_script_of_2023: on(Server2019).downloads(&["variants/of-2023"]).onboards(BLOB);

    // The portal's script, where the config asks for it.
    script: by_script(Server2022).onboards(SCRIPT).onboards("");
    script_of_2023: by_script(Server2019).downloads(&["variants/of-2023"]).onboards(SCRIPT);
    script_says_15_and_the_sensor_comes_up_later: by_script(Server2022)
        .given(Orders("sense", "start_delay_ms=5000")).onboards(SCRIPT);
    script_on_a_sensor_with_another_class_of_addresses: by_script(Server2022)
        .given(OnboardedStandard)
        .run("onboarded_pending_reboot", "restart-after-onboarding", SCRIPT)
        .run("onboarded_pending_reboot", "restart-after-onboarding", "")
        .restart().until("onboarded", "converged").onboards("");
    script_fails_for_good: by_script(Server2022).given(Orders("sense", "onboard=never"))
        .config("rollout", "verify_wait_s = 2").run("failed", "step-failed", SCRIPT);
    script_hangs: by_script(Server2022).given(Orders("sense", "onboard=never"))
        .given(Orders("timeout", "sleep_ms=60000"))
        .config("rollout", "script_limit_s = 3").run("failed", "limit-passed", SCRIPT);
    script_without_the_server_service: by_script(Server2022).given(ServerServiceStopped)
        .run("blocked", "server-service-stopped", "");
    script_that_offboards: offboarding(Server2022).by_script().given(Onboarded)
        .run("offboarded", "offboarded", "run-offboarding-script")
        .run("offboarded", "offboarded", "");

    // The share.
    share_gone_and_back: on(Server2022).given(NoShare)
        .run("waiting", "control-unreadable", "").share_back().onboards(BLOB);
    report_share_gone: on(Server2022).given(NoReportShare).onboards(BLOB);
    payload_missing: on(Server2022).given(Missing(".json"))
        .run("waiting", "share-unreachable", "");
    payload_tampered_2016: on(Server2016).given(Flipped(".msi"))
        .run("refused", "payload-mismatch", "");
    payload_cut_short: on(Server2022).given(Cut(".json")).run("refused", "payload-mismatch", "");
    payload_longer: on(Server2022).given(Longer(".json")).run("refused", "payload-mismatch", "");
    payload_endless: on(Server2022).given(Endless(".json")).run("refused", "payload-mismatch", "");
    payload_tampered_and_put_right: on(Server2022).given(Flipped(".json"))
        .run("refused", "payload-mismatch", "").then(Flipped(".json")).onboards(BLOB);
    local_copy_used_again: on(Server2022).given(LocalCopy(".json")).given(Missing(".json"))
        .onboards(BLOB);
    local_copy_of_somebody_else: on(Server2022).given(ForeignCopy(".json")).onboards(BLOB);
    local_copy_of_somebody_else_and_nothing_on_the_share: on(Server2022)
        .given(ForeignCopy(".json")).given(Missing(".json")).run("waiting", "share-unreachable", "");
    folder_open_to_everybody: on(Server2022).given(OpenFolder)
        .run("refused", "folder-not-protected", "");
    paused: on(Server2022).given(Control(r#"{"schema":1,"paused":true,"min_sequence":0,"ring_percent":100}"#))
        .run("waiting", "paused", "");
    a_newer_bundle_is_asked_for: on(Server2022)
        .given(Control(r#"{"schema":1,"paused":false,"min_sequence":99,"ring_percent":100}"#))
        .run("waiting", "sequence-withheld", "");
    ring_closed_by_the_share: on(Server2022)
        .given(Control(r#"{"schema":1,"paused":false,"min_sequence":0,"ring_percent":0}"#))
        .run("waiting", "ring-not-reached", "");
    ring_closed_by_the_bundle: on(Server2022).config("rollout", "ring_percent = 0")
        .run("waiting", "ring-not-reached", "");
    switch_that_asks_for_more: on(Server2022)
        .given(Control(r#"{"schema":1,"paused":false,"min_sequence":0,"ring_percent":100,"run":"x"}"#))
        .run("waiting", "control-unreadable", "");
    ring_widened_by_the_share: on(Server2022).config("rollout", "ring_percent = 0")
        .run("waiting", "ring-not-reached", "")
        .then(Decided(r#"{"schema":1,"paused":false,"min_sequence":0,"ring":{"percent":100,"up_to_sequence":1}}"#))
        .onboards(BLOB);
    ring_set_before_this_bundle_came: on(Server2022).config("rollout", "ring_percent = 0")
        .given(Decided(r#"{"schema":1,"paused":false,"min_sequence":0,"ring":{"percent":100,"up_to_sequence":0}}"#))
        .run("waiting", "ring-not-reached", "");
    paused_beside_an_open_switch: on(Server2022)
        .given(Decided(r#"{"schema":1,"paused":true,"min_sequence":0}"#))
        .run("waiting", "paused", "")
        .then(Decided(r#"{"schema":1,"paused":false,"min_sequence":0}"#)).onboards(BLOB);
    decision_that_asks_for_more: on(Server2022)
        .given(Decided(r#"{"schema":1,"paused":false,"min_sequence":0,"run":"x"}"#))
        .run("waiting", "control-unreadable", "");
    rollout_widened_paused_and_resumed: on(Server2022).config("rollout", "ring_percent = 0")
        .run("waiting", "ring-not-reached", "")
        .rolls_out(&["pause"]).run("waiting", "paused", "")
        .rolls_out(&["ring", "100"]).run("waiting", "paused", "")
        .then(Control(r#"{"schema":1,"paused":false,"min_sequence":0,"ring_percent":100}"#))
        .run("waiting", "paused", "")
        .rolls_out(&["resume"]).onboards(BLOB);
    rollout_of_a_newer_bundle: on(Server2022).rolls_out(&["min-sequence", "2", "--withhold-all"])
        .run("waiting", "sequence-withheld", "")
        .rolls_out(&["min-sequence", "1"]).onboards(BLOB);
    switch_missing: on(Server2022).given(NoControl).run("waiting", "control-unreadable", "");

    // Times, room, order.
    window_closed: on(Server2022).config("rollout", &window(3, 4))
        .run("waiting", "window-closed", "");
    window_open: on(Server2022).config("rollout", &window(23, 26)).onboards(BLOB);
    disk_full: on(Server2022).config("rollout", "free_space_bytes = 1125899906842624")
        .run("blocked", "disk-full", "");
    older_bundle: on(Server2022).given(SequenceSeen(99)).run("refused", "sequence-lower", "");

    // Others at work, images.
    managed_by_defender_for_cloud: on(Server2022).given(CloudExtension)
        .run("blocked", "managed-elsewhere", "");
    managed_by_azure: on(Server2016).given(AzureTag).run("blocked", "managed-elsewhere", "");
    image_build: on(Server2022).given(ImageBuild).run("waiting", "image-build", "");
    task_sequence: on(Server2022).given(TaskSequence).run("waiting", "image-build", "");
    windows_setup: on(Server2022).given(SetupRunning).run("waiting", "image-build", "");

    // Offboarding.
    offboarding_2022: offboarding(Server2022).given(Onboarded)
        .run("offboarded", "offboarded", "apply-offboarding")
        .run("offboarded", "offboarded", "");
    offboarding_2008_r2: offboarding(Server2008R2).given(Onboarded)
        .run("offboarded", "offboarded", "apply-offboarding")
        .run("offboarded", "offboarded", "");
    offboarding_2008_r2_with_the_sensor_ended: offboarding(Server2008R2).given(Onboarded)
        .sensor_ends().run("offboarded", "offboarded", "start-sensor apply-offboarding");
    offboarding_2008_r2_with_the_retired_agent: offboarding(Server2008R2)
        .given(Workspace(WORKSPACE))
        .config("onboard", &format!("remove_workspaces = ['{WORKSPACE}']"))
        .run("offboarded", "offboarded", "remove-workspaces").run("offboarded", "offboarded", "");
    offboarding_a_server_that_never_was_onboarded: offboarding(Server2019)
        .run("offboarded", "offboarded", "");
    offboarding_of_another_tenant: offboarding(Server2022).given(OnboardedElsewhere)
        .run("blocked", "other-tenant", "");
    offboarding_with_an_expired_package: on(Server2022).given(Onboarded)
        .built_for("offboard", "variants/offboarding-expired").built_at(1_708_000_000)
        .run("blocked", "package-expired", "");
    offboarding_that_the_sensor_does_not_take: offboarding(Server2022).given(Onboarded)
        .given(Orders("sense", "offboard=never")).config("rollout", "verify_wait_s = 2")
        .run("failed", "step-failed", "apply-offboarding");
    offboarding_and_uninstalling_2016: offboarding(Server2016).given(Downloads)
        .config("offboard", "uninstall_agent = true")
        .by_hand(r"C:\windows\system32\msiexec.exe", &["/i", r"C:\by-hand\md4ws.msi", "/qn"])
        .by_hand(r"C:\windows\system32\cmd.exe", &["/d", "/c", r"C:\by-hand\onboard.cmd"])
        .run("offboarded", "offboarded", "apply-offboarding uninstall-agent")
        .run("offboarded", "offboarded", "");
    uninstalling_under_tamper_protection: offboarding(Server2016).given(Downloads)
        .given(TamperProtection).config("offboard", "uninstall_agent = true")
        .by_hand(r"C:\windows\system32\msiexec.exe", &["/i", r"C:\by-hand\md4ws.msi", "/qn"])
        .run("blocked", "tamper-protection", "");
}

fn offboarding(os: Os) -> Scenario {
    on(os).built_for("offboard", "variants/offboarding")
}

/// Two policies may reach one server, and a package for offboarding is renewed every week: what was built
/// last counts, in whatever order they come.
#[test]
fn a_server_is_what_was_meant_last() {
    let samples = gangway_e2e::required::path(gangway_e2e::required::FIXTURES).unwrap();
    let offboarding = || {
        let folder = samples.join("variants/offboarding");
        let recipe = Recipe::of_samples().unwrap();
        recipe.with_downloads(&[&folder]).with_mode("offboard")
    };
    let onboarding = || Recipe::of_samples().unwrap();
    let first = onboarding().bundle().unwrap();
    let off = offboarding().after_a_lost_lock(3).bundle().unwrap();
    let renewed = offboarding().after_a_lost_lock(5).bundle().unwrap();
    let again = onboarding().after_a_lost_lock(7).bundle().unwrap();
    let mut deployment = Deployment::of(&first, Server::new(Server2022)).unwrap();
    for (bundle, state, reason, step) in [
        (&first, DONE.0, DONE.1, Some("apply-onboarding")),
        (&off, "offboarded", "offboarded", Some("apply-offboarding")),
        // The policy of before still reaches the server, and does not bring it back.
        (&first, "refused", "sequence-lower", None),
        (&renewed, "offboarded", "offboarded", None),
        (&again, DONE.0, DONE.1, Some("apply-onboarding")),
        // Nor does an offboarding of before.
        (&renewed, "refused", "sequence-lower", None),
        (&again, DONE.0, DONE.1, None),
    ] {
        deployment.bring(bundle).unwrap();
        let outcome = deployment.run().unwrap();
        let report = outcome.newest_report().unwrap();
        assert_eq!(
            (&*report.state, &*report.reason),
            (state, reason),
            "{report:#?}"
        );
        assert_eq!(report.steps_tried(), step.into_iter().collect::<Vec<_>>());
        deployment.server.restart().unwrap();
    }
}

#[test]
fn a_second_instance_leaves_the_work_to_the_first() {
    let bundle = Recipe::of_samples()
        .and_then(|recipe| recipe.bundle())
        .unwrap();
    let described = Server::new(Server2022).with_orders("mpcmdrun", "sleep_ms=5000");
    let deployment = Deployment::of(&bundle, described).unwrap();
    std::thread::scope(|scope| {
        let first = scope.spawn(|| deployment.run());
        let start = Instant::now();
        while deployment.server.calls().is_empty() {
            assert!(
                start.elapsed() < Duration::from_secs(60),
                "the first run does nothing"
            );
            std::thread::sleep(Duration::from_millis(50));
        }
        let second = deployment.run().unwrap();
        assert_eq!(second.run.exit_code, 51, "{:?}", second.run);
        assert!(
            second.run.stdout.contains("another-instance"),
            "{:?}",
            second.run
        );
        let first = first.join().unwrap().unwrap();
        assert_eq!(first.run.exit_code, 0, "{:?}", first.run);
        assert_eq!(first.report().unwrap().state, "onboarded");
    });
}

#[test]
fn a_bundle_of_a_restored_lock_is_taken_by_a_server_that_saw_a_higher_one() {
    let recipe = || Recipe::of_samples().unwrap();
    for (recipe, exit_code, state, reason) in [
        // A lock that begins again.
        (recipe(), 54, "refused", "sequence-lower"),
        (recipe().after_a_lost_lock(99), 0, DONE.0, DONE.1),
    ] {
        let seen = Server::new(Server2022).with_registry(
            r"Software\Gangway\Sequence",
            &format!("{ORG_ID}:onboard"),
            99,
        );
        let deployment = Deployment::of(&recipe.bundle().unwrap(), seen).unwrap();
        let outcome = deployment.run().unwrap();
        let report = outcome.report().unwrap();
        assert_eq!(outcome.run.exit_code, exit_code, "{report:#?}");
        assert_eq!((&*report.state, &*report.reason), (state, reason));
        if state == "refused" {
            let next = &report.next_action;
            assert!(next.contains("gangway lock --from"), "{next}");
        }
    }
}
