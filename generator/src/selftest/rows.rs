//! What is asked of a server, in the order of the work. docs/not-seen-on-windows.md names the rows by
//! their ids, docs/first-windows-run.md has them as a table; tests hold both to this list.

/// One question to a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// Its name, which never changes its meaning.
    pub id: &'static str,
    /// What a yes proves.
    pub proves: &'static str,
    /// How it is asked, with the programs of Windows that are started.
    pub how: &'static str,
    /// What it changes on the server until it is undone; none when nothing is changed.
    pub changes: Option<&'static str>,
}

const fn look(id: &'static str, proves: &'static str, how: &'static str) -> Row {
    Row {
        id,
        proves,
        how,
        changes: None,
    }
}

const fn change(
    id: &'static str,
    proves: &'static str,
    how: &'static str,
    changes: &'static str,
) -> Row {
    Row {
        id,
        proves,
        how,
        changes: Some(changes),
    }
}

/// Every question; those that change nothing come first.
pub const ROWS: [Row; 30] = [
    look(
        "bootstrap-signature",
        "Windows finds the signature of the bootstrap whole",
        "`Get-AuthenticodeSignature` of the exe",
    ),
    look(
        "payload-signatures",
        "Windows trusts the signer of every signed payload",
        "`Get-AuthenticodeSignature` of each file of the release",
    ),
    look(
        "bootstrap-facts",
        "the bootstrap loads here and reads the server's facts",
        "the exe with `--facts --json`",
    ),
    look(
        "antivirus-mode",
        "the bootstrap reads the mode of the antivirus as Windows tells it",
        "`--facts --json` beside `AMRunningMode` of `Get-MpComputerStatus`",
    ),
    look(
        "sensor-capability",
        "build 26100 and later have the sensor as a feature on demand, earlier ones have not",
        "`Get-WindowsCapability -Online -Name Microsoft.Windows.Sense*`",
    ),
    look(
        "wmi-filter-query",
        "the WMI filter's query finds servers and no workstation",
        "`Get-CimInstance` with each query of the filter, beside `ProductType`",
    ),
    look(
        "wmi-filter-mof",
        "the MOF of the WMI filter is one to Windows",
        "`mofcomp.exe -check`",
    ),
    look(
        "task-xml-checked",
        "the Task Scheduler takes the task of every policy",
        "`RegisterTask` of `Schedule.Service` with TASK_VALIDATE_ONLY, which registers nothing",
    ),
    look(
        "package-unpacked",
        "the Windows Installer takes the package, and unpacks the bytes that were packed",
        "`msiexec.exe /a` into a folder of its own, which registers nothing",
    ),
    look(
        "installer-mutex",
        "an installer that works holds `Global\\_MSIExecute`, for which the bootstrap waits",
        "the mutex is opened while `msiexec.exe /a` works",
    ),
    look(
        "scripts-parsed",
        "PowerShell's own parser reads the scripts for Configuration Manager and DSC",
        "`Parser.ParseFile` of each `.ps1` of the packages",
    ),
    look(
        "script-signatures",
        "Windows finds the signatures of the scripts whole",
        "`Get-AuthenticodeSignature` of each `.ps1` that the packages say is signed",
    ),
    look(
        "detection-script",
        "the detection for Configuration Manager says what the sensor's value says",
        "`Test-Onboarded.ps1` by `powershell.exe`, beside `reg.exe query` of `OnboardingState`",
    ),
    look(
        "dsc-compiled",
        "PowerShell compiles the configuration for DSC",
        "`GangwayOnboarding` for `localhost` into a folder of its own, which applies nothing",
    ),
    look(
        "app-control-converted",
        "App Control takes the policy",
        "`ConvertFrom-CIPolicy` into a folder of its own, which enforces nothing",
    ),
    look(
        "app-locker-tested",
        "AppLocker's rules let the bootstrap run for SYSTEM",
        "`Test-AppLockerPolicy` of the exe against the file, which enforces nothing",
    ),
    look(
        "directory-sign-in",
        "a domain controller takes the ticket that Windows gives for it",
        "LDAP under TLS at a domain controller of this server's domain, as whoever is signed in; nothing is \
         asked there",
    ),
    change(
        "task-registered",
        "the Task Scheduler registers the task of a policy and gives it back",
        "`schtasks.exe /create /xml`, `/query /xml`, `/delete`; the task is switched off",
        "a task `Gangway Selftest`",
    ),
    change(
        "task-cache-key",
        "a registered task has the key that the daily task's filter looks for",
        "`reg.exe query` below `TaskCache\\Tree` while that task is there",
        "the same task",
    ),
    change(
        "task-deleted-while-running",
        "deleting a task lets its run go on",
        "`schtasks.exe /create`, `/run`, `/delete` of a task that runs `ping.exe` for 30 s; `tasklist.exe`",
        "a task `Gangway Selftest Run`",
    ),
    change(
        "registry-pol",
        "the client reads every value of our `registry.pol`, and takes it back when it goes",
        "the bundle's values below a key of their own as local policy; `gpupdate.exe`, `reg.exe query`",
        "the local policy, only where there is none; `HKLM\\SOFTWARE\\Policies\\Gangway\\Selftest`",
    ),
    change(
        "gpo-imported",
        "the policy console's own code imports every backup, and its report has the task",
        "`Import-GPO` and `Get-GPOReport` of the module GroupPolicy",
        "a GPO `Gangway Selftest` in the domain, linked nowhere",
    ),
    change(
        "package-installed",
        "the Windows Installer installs the package",
        "`msiexec.exe /i … /qn GANGWAY_MODE=precheck`, by which the bootstrap only looks",
        "the package, below Program Files",
    ),
    change(
        "package-permissions",
        "what the package places is for SYSTEM and administrators alone",
        "`Get-Acl` of `Program Files\\Gangway`",
        "nothing more",
    ),
    change(
        "package-starts-bootstrap",
        "the package starts the bootstrap, which writes to the event log as source `Gangway`",
        "`wevtutil.exe qe Application`, for two minutes at most",
        "lines of the event log, which stay; the bootstrap's own folders, which `cleanup` takes away",
    ),
    change(
        "package-upgraded",
        "the package of a later build takes the place of the earlier one, without a restart",
        "`msiexec.exe /i … /qn GANGWAY_MODE=precheck` of the package of `--later`, beside `reg.exe query` of \
         both products",
        "the later package in the place of the earlier one",
    ),
    change(
        "package-removed",
        "the Windows Installer removes the package, and its folder is gone",
        "`msiexec.exe /x … /qn`",
        "takes away what `package-installed` brought",
    ),
    change(
        "payload-share",
        "the runbook's commands make the share for payloads with the access list that is wanted",
        "`icacls.exe`, `New-SmbShare`, `Get-Acl` by the UNC path, `Remove-SmbShare`; local groups stand for \
         those of the domain",
        "a share `gangway-selftest$`",
    ),
    change(
        "report-share",
        "the runbook's commands make the share for reports with the access list that is wanted",
        "the same",
        "a share `gangway-selftest$`",
    ),
    change(
        "event-source",
        "an event source of ours is registered, and its lines are read with their text",
        "`eventcreate.exe`, `wevtutil.exe qe`, `reg.exe delete`",
        "a source `GangwaySelftest`, and one line of the event log, which stays",
    ),
];
