//! A server and a bundle for every way to the goal, as the lines of a decision table.

#![allow(dead_code, reason = "each test binary uses its own part")]

use crate::fake::programs::AT_RESTART;
use crate::fake::{Act, Fake};

/// One way to the goal.
pub(crate) struct Route {
    pub(crate) name: &'static str,
    pub(crate) lines: &'static str,
    /// Programs that do not simply end well.
    pub(crate) acts: &'static [(&'static str, &'static [Act])],
    /// Restarts of Windows on the way, when nothing disturbs it.
    pub(crate) restarts: usize,
}

impl Route {
    const fn straight(name: &'static str, lines: &'static str) -> Self {
        Self {
            name,
            lines,
            acts: &[],
            restarts: 0,
        }
    }

    /// The machine with its programs' behaviour.
    pub(crate) fn behave(&self, machine: Fake) -> Fake {
        self.acts.iter().fold(machine, |machine, (program, acts)| {
            machine.with_acts(program, acts)
        })
    }
}

/// Success whose change shows after a restart of Windows.
const AFTER_RESTART: Act = Act {
    code: 3010,
    works: true,
    takes_s: 20,
    shows_after_s: AT_RESTART,
};

/// Routes by name: a server and a bundle that make it go all the way.
pub(crate) const ROUTES: [Route; 23] = [
    Route::straight("in the box", "host 2022"),
    Route::straight(
        "sensor on demand",
        "host 2025
set sensor.service -
manifest add_sensor_from windows-update",
    ),
    Route::straight(
        "in the box, passive, desktop",
        "host 2022\nset antivirus.others Contoso Shield\nmanifest vdi multiple",
    ),
    Route::straight(
        "desktop with one entry",
        "host 2022
manifest vdi single
set sensor.identity aaaaaaaa-0000-0000-0000-0000000000aa
set sensor.offboarding_blob yes
set network.auth_proxy_policy 0",
    ),
    Route::straight(
        "script",
        "host 2022\nmanifest apply script\nmanifest with onboard-script onboard.cmd",
    ),
    Route::straight("agent", "host 2016"),
    Route::straight(
        "agent, everything",
        "host 2016
set antivirus.service stopped disabled
set antivirus.platform 4.10.14393.0
set antivirus.others Contoso Shield
set legacy.workspaces aaaaaaaa-0000-0000-0000-000000000001
manifest remove_workspace aaaaaaaa-0000-0000-0000-000000000001
manifest with hotfix windows10.0-kb4457127-x64.msu
manifest with platform UpdatePlatform.exe 4.18.26080.3
manifest with sensor UpdateSenseClient.exe 10.8760.27617.1006",
    ),
    Route::straight(
        "agent, feature off",
        "host 2016\nset antivirus.service -\nmanifest with platform UpdatePlatform.exe 4.18.26080.3",
    ),
    Route::straight(
        "deployment tool, passive, desktop",
        "host 2008-r2
set antivirus.others Contoso Shield
manifest vdi single
manifest with tool DefenderDT.exe
manifest with tool-file a.onboarding",
    ),
    Route::straight(
        "2012 R2",
        "host 2012-r2
set legacy.scep yes
set antivirus.leftover yes
set prerequisites.tdh 6.3.9600.17415
set prerequisites.ntoskrnl 6.3.9600.17415
manifest with hotfix Windows8.1-KB3080149-x64.msu
manifest with hotfix Windows8.1-KB3045999-x64.msu",
    ),
    Route::straight(
        "install script",
        "host 2016\nmanifest agent_route install-script\nmanifest with install-script Install.ps1",
    ),
    Route::straight(
        "deployment tool",
        "host 2008-r2\nmanifest with tool DefenderDT.exe\nmanifest with tool-file a.onboarding",
    ),
    Route::straight(
        "retired agent",
        "host 2008-r2
manifest monitoring_agent aaaaaaaa-0000-0000-0000-000000000001
manifest with mma MMASetup-AMD64.exe
manifest with key workspace.key",
    ),
    Route::straight(
        "retired agent, update",
        "host 2008-r2
manifest monitoring_agent aaaaaaaa-0000-0000-0000-000000000001
manifest with mma MMASetup-AMD64.exe
manifest with key workspace.key
manifest with hotfix Windows6.1-KB3080149-x64.msu
set prerequisites.tdh 6.1.7601.17514",
    ),
    Route::straight(
        "stopped sensor",
        "host 2022
set sensor.onboarding_state 1
set sensor.org_id 01234567-89ab-cdef-0123-456789abcdef
set sensor.service stopped automatic",
    ),
    Route::straight(
        "offboarding",
        "host 2022
manifest mode offboard
manifest with offboard OffboardingInfo.json
set sensor.onboarding_state 1
set sensor.org_id 01234567-89ab-cdef-0123-456789abcdef
set sensor.service stopped automatic",
    ),
    Route::straight(
        "offboarding by script",
        "host 2022
manifest mode offboard
manifest apply script
manifest with offboard-script offboard.cmd
set sensor.onboarding_state 1
set sensor.org_id 01234567-89ab-cdef-0123-456789abcdef
set sensor.service stopped automatic",
    ),
    Route::straight(
        "offboarding, 2008 R2",
        "host 2008-r2
manifest mode offboard
manifest with offboard OffboardingInfo.json
set sensor.onboarding_state 1
set sensor.org_id 01234567-89ab-cdef-0123-456789abcdef
set sensor.service stopped automatic",
    ),
    Route::straight(
        "offboarding, retired agent",
        "host 2008-r2
manifest mode offboard
manifest with offboard OffboardingInfo.json
manifest monitoring_agent aaaaaaaa-0000-0000-0000-000000000001
set legacy.workspaces aaaaaaaa-0000-0000-0000-000000000001; bbbbbbbb-0000-0000-0000-000000000001",
    ),
    Route::straight(
        "offboarding, uninstallation",
        "host 2016
manifest mode offboard
manifest with offboard OffboardingInfo.json
manifest uninstall_agent true
set agent.product_code {aaaaaaaa-0000-0000-0000-000000000001}
set sensor.onboarding_state 1
set sensor.org_id 01234567-89ab-cdef-0123-456789abcdef
set sensor.service running automatic",
    ),
    Route {
        restarts: 1,
        ..Route::straight(
            "restart that is due before",
            "host 2022\nset restart.servicing yes\nmanifest reboot in-window",
        )
    },
    Route {
        acts: &[("wusa.exe", &[AFTER_RESTART])],
        restarts: 1,
        ..Route::straight(
            "2012 R2, updates and a restart",
            "host 2012-r2
set prerequisites.tdh 6.3.9600.17415
set prerequisites.ntoskrnl 6.3.9600.17415
manifest with hotfix Windows8.1-KB3080149-x64.msu
manifest with hotfix Windows8.1-KB3045999-x64.msu
manifest reboot in-window",
        )
    },
    Route {
        acts: &[("dism.exe", &[AFTER_RESTART])],
        restarts: 1,
        ..Route::straight(
            "agent, feature off, and a restart",
            "host 2016
set antivirus.service -
set antivirus.feature disabled
manifest reboot in-window",
        )
    },
];
