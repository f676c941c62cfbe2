//! A server and a bundle for every way to the goal, as the lines of a decision table.

/// Routes by name: a server and a bundle that make it go all the way.
pub(crate) const ROUTES: [(&str, &str); 13] = [
    ("script", "host 2022"),
    (
        "script, passive, desktop",
        "host 2022\nset antivirus.others Contoso Shield\nmanifest vdi true",
    ),
    ("agent", "host 2016"),
    (
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
    (
        "agent, feature off",
        "host 2016\nset antivirus.service -\nmanifest with platform UpdatePlatform.exe 4.18.26080.3",
    ),
    (
        "deployment tool, passive, desktop",
        "host 2008-r2
set antivirus.others Contoso Shield
manifest vdi true
manifest with tool DefenderDT.exe
manifest with tool-file a.onboarding",
    ),
    (
        "2012 R2",
        "host 2012-r2
set legacy.scep yes
set antivirus.leftover yes
set prerequisites.tdh 6.3.9600.17415
set prerequisites.ntoskrnl 6.3.9600.17415
manifest with hotfix Windows8.1-KB3080149-x64.msu
manifest with hotfix Windows8.1-KB3045999-x64.msu",
    ),
    (
        "install script",
        "host 2016\nmanifest agent_route install-script\nmanifest with install-script Install.ps1",
    ),
    (
        "deployment tool",
        "host 2008-r2\nmanifest with tool DefenderDT.exe\nmanifest with tool-file a.onboarding",
    ),
    (
        "retired agent",
        "host 2008-r2
manifest monitoring_agent aaaaaaaa-0000-0000-0000-000000000001
manifest with mma MMASetup-AMD64.exe
manifest with key workspace.key",
    ),
    (
        "stopped sensor",
        "host 2022
set sensor.onboarding_state 1
set sensor.org_id 01234567-89ab-cdef-0123-456789abcdef
set sensor.service stopped automatic",
    ),
    (
        "offboarding",
        "host 2022
manifest mode offboard
manifest with offboard offboard.cmd
set sensor.onboarding_state 1
set sensor.org_id 01234567-89ab-cdef-0123-456789abcdef
set sensor.service stopped automatic",
    ),
    (
        "offboarding, uninstallation",
        "host 2016
manifest mode offboard
manifest with offboard offboard.cmd
manifest uninstall_agent true
set agent.product_code {aaaaaaaa-0000-0000-0000-000000000001}
set sensor.onboarding_state 1
set sensor.org_id 01234567-89ab-cdef-0123-456789abcdef
set sensor.service running automatic",
    ),
];
