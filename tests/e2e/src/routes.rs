//! Ways to the goal that take more than a line to describe, for every suite.

use crate::given::Given::{Downloads, File, NewFile, NewSensor, Orders};
use crate::required;
use crate::samples::{Installer, workspace_key_file};
use crate::scenario::Scenario;
use crate::server::Os::{self, Server2008R2};

/// A Log Analytics workspace.
pub const WORKSPACE: &str = "8d5f3c2e-1111-4c1b-9a55-0c5f6d7e8f90";

/// Server 2008 R2 with a staged deployment tool that follows orders; `tool.cmd` does what the
/// real one does in the end.
pub fn deployment_tool(orders: &'static str) -> Scenario {
    tool_on(Server2008R2, orders)
}

/// The same on a product that has another route, where the config asks for the tool.
pub fn deployment_tool_on(os: Os, orders: &'static str) -> Scenario {
    tool_on(os, orders).config("onboard", "agent_route = 'deployment_tool'")
}

fn tool_on(os: Os, orders: &'static str) -> Scenario {
    const WORK: &str = "sc create Sense binPath= C:\\standins\\new\\MsSense.exe start= demand\r\n\
                        call C:\\by-hand\\onboard.cmd\r\n";
    let samples = required::path(required::FIXTURES).expect("the samples");
    let source = samples.join("variants/deployment-tool/source");
    Scenario::on(os)
        .given(Downloads)
        .given(NewSensor([10, 8800, 1, 1]))
        .given(File("by-hand/tool.cmd", WORK))
        .given(Orders("defenderdt", orders))
        .staged_installer(Installer::DeploymentTool)
        .staged("variants/deployment-tool/WindowsDefenderATP.onboarding")
        .config(
            "downloads",
            &format!("deployment_source = '{}'", source.display()),
        )
}

/// Server 2008 R2 that gets the retired agent: the outer setup lays out the inner one, which
/// connects to the workspace.
pub fn retired_agent() -> Scenario {
    const CONNECT: &str = "set_text=SYSTEM\\CurrentControlSet\\Services\\HealthService\\Parameters\\\
        Service Connector Services\\Log Analytics - 8d5f3c2e-1111-4c1b-9a55-0c5f6d7e8f90|x|1";
    let key = workspace_key_file().expect("a key file");
    Scenario::on(Server2008R2)
        .given(NewFile("setup.exe", [10, 20, 18029, 0]))
        .given(Orders(
            "mmasetup-amd64",
            "extract=C:\\standins\\new\\setup.exe",
        ))
        .given(Orders("setup", CONNECT))
        .staged_installer(Installer::MonitoringAgent)
        .config(
            "onboard.monitoring_agent",
            &format!("workspace = '{WORKSPACE}'"),
        )
        .config(
            "onboard.monitoring_agent",
            &format!("key_file = '{}'", key.display()),
        )
}
