//! Clock, identity, operating system, roles, pending restarts, prerequisites, network.

use gangway_contract::machine_proxy::{self, MachineProxy};
use gangway_contract::{Fact, Facts, UtcTime, Version};

use super::{Sources, Value, any, key_exists, number, number32, places as at, present, text};

pub(super) fn read(sources: &dyn Sources, facts: &mut Facts) {
    host(sources, facts);
    operating_system(sources, facts);
    roles(sources, facts);
    restart(sources, facts);
    prerequisites(sources, facts);
    network(sources, facts);
}

fn host(sources: &dyn Sources, facts: &mut Facts) {
    let host = &mut facts.host;
    host.now = Fact::Value(sources.now());
    host.local_minute = sources.local_minute();
    host.boot_time = sources.boot_time().map(|boot| boot.utc);
    host.name = sources.name();
    host.fqdn = sources.fqdn();
    host.domain = sources.domain();
    host.account_sid = sources.account_sid();
    host.machine_sid = sources.machine_sid();
    host.elevated = sources.elevated();
    host.as_system = sources.as_system();
    host.free_bytes = sources.free_bytes(&sources.folders().program_files);
}

fn operating_system(sources: &dyn Sources, facts: &mut Facts) {
    const SETUP: &str = r"SYSTEM\Setup";
    let windows = sources.windows();
    let revision = number32(sources, at::CURRENT_VERSION, "UBR");
    let os = &mut facts.os;
    os.version = windows.clone().map(|windows| {
        let [major, minor, build, _] = windows.version.0;
        Version::new(major, minor, build, revision.value().copied().unwrap_or(0))
    });
    os.product_type = windows.clone().map(|windows| windows.product_type);
    os.service_pack = windows.clone().map(|windows| windows.service_pack);
    os.x64 = windows.map(|windows| windows.x64);
    os.edition = text(sources, at::CURRENT_VERSION, "EditionID");
    os.installation_type = text(sources, at::CURRENT_VERSION, "InstallationType");
    os.image_state = text(
        sources,
        r"SOFTWARE\Microsoft\Windows\CurrentVersion\Setup\State",
        "ImageState",
    );
    os.setup_running = any(["SystemSetupInProgress", "OOBEInProgress"]
        .map(|name| number(sources, SETUP, name).map(|number| number != 0)));
    // The task sequence engine runs as this service; installed alone it says nothing.
    os.task_sequence = sources
        .service("smstsmgr")
        .map(|service| service.state == gangway_contract::facts::ServiceState::Running);
    if os.task_sequence.is_absent() {
        os.task_sequence = Fact::Value(false);
    }
}

fn roles(sources: &dyn Sources, facts: &mut Facts) {
    let role = |service: &str| super::exists(sources.service(service));
    let roles = &mut facts.roles;
    roles.cluster_node = role("ClusSvc");
    roles.hyper_v = role("vmms");
    roles.exchange = any([role("MSExchangeServiceHost"), role("MSExchangeIS")]);
    roles.others = present(
        sources,
        &[
            ("DNS", "DNS Server"),
            ("DHCPServer", "DHCP Server"),
            ("W3SVC", "Web Server"),
            ("WsusService", "Windows Server Update Services"),
            ("DFSR", "DFS Replication"),
            ("CertSvc", "Certificate Services"),
        ],
    );
}

fn restart(sources: &dyn Sources, facts: &mut Facts) {
    let restart = &mut facts.restart;
    restart.servicing = key_exists(
        sources,
        r"SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending",
    );
    restart.windows_update = key_exists(
        sources,
        r"SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired",
    );
    restart.install_script = install_script_marker(sources);
    restart.file_renames = match sources.value(
        r"SYSTEM\CurrentControlSet\Control\Session Manager",
        "PendingFileRenameOperations",
    ) {
        Fact::Value(Value::Texts(names)) => Fact::Value(!names.is_empty()),
        Fact::Value(_) => Fact::unknown("`PendingFileRenameOperations` is no list"),
        Fact::Absent => Fact::Value(false),
        Fact::Unreadable { why } => Fact::Unreadable { why },
    };
}

/// `Install.ps1` writes the start of Windows as `yy/MM/ddTHH:mm:ss.fff`, local time; the
/// marker counts as long as that start is the current one.
fn install_script_marker(sources: &dyn Sources) -> Fact<bool> {
    /// The two clocks that are compared count differently below a second.
    const TOLERANCE_S: i64 = 5;
    let marker = text(
        sources,
        r"SOFTWARE\Microsoft\Microsoft Defender for Endpoint Install",
        "PendingReboot",
    );
    let marker = match marker {
        Fact::Value(marker) => marker,
        Fact::Absent => return Fact::Value(false),
        Fact::Unreadable { why } => return Fact::Unreadable { why },
    };
    let Some(marked) = marker_time(&marker) else {
        return Fact::unknown(format!("`PendingReboot` is `{marker}`"));
    };
    sources
        .boot_time()
        .map(|boot| boot.local.since(marked).abs() <= TOLERANCE_S)
}

fn marker_time(marker: &str) -> Option<UtcTime> {
    let (date, time) = marker.split_once('T')?;
    let seconds = time.get(..8)?;
    format!("20{}T{seconds}Z", date.replace('/', "-"))
        .parse()
        .ok()
}

fn prerequisites(sources: &dyn Sources, facts: &mut Facts) {
    let system = sources.folders().system;
    let version = |file: &str| sources.file_version(&format!(r"{system}\{file}"));
    let prerequisites = &mut facts.prerequisites;
    prerequisites.ucrtbase = version("ucrtbase.dll");
    prerequisites.tdh = version("Tdh.dll");
    prerequisites.ntoskrnl = version("ntoskrnl.exe");
    prerequisites.wintrust = version("wintrust.dll");
    prerequisites.lanman_server = sources.service("LanmanServer");
    prerequisites.diagtrack = sources.service("DiagTrack");
    prerequisites.installer_busy = sources.mutex_exists(r"Global\_MSIExecute");
    prerequisites.signed_scripts_run = scripts_run(sources);
}

/// Would `powershell -ExecutionPolicy RemoteSigned -File` run a local signed script? Only
/// Group Policy overrides that argument.
fn scripts_run(sources: &dyn Sources) -> Fact<bool> {
    const POLICY: &str = r"SOFTWARE\Policies\Microsoft\Windows\PowerShell";
    match number(sources, POLICY, "EnableScripts") {
        Fact::Absent => Fact::Value(true),
        Fact::Value(0) => Fact::Value(false),
        Fact::Value(_) => match text(sources, POLICY, "ExecutionPolicy") {
            // `AllSigned` asks about a signer it has not been told to trust, and nobody is
            // there to answer.
            Fact::Value(policy) => Fact::Value(
                policy.eq_ignore_ascii_case("RemoteSigned")
                    || policy.eq_ignore_ascii_case("Unrestricted")
                    || policy.eq_ignore_ascii_case("Bypass"),
            ),
            Fact::Absent => Fact::unknown("scripts are enabled without an execution policy"),
            Fact::Unreadable { why } => Fact::Unreadable { why },
        },
        Fact::Unreadable { why } => Fact::Unreadable { why },
    }
}

fn network(sources: &dyn Sources, facts: &mut Facts) {
    let network = &mut facts.network;
    network.sensor_proxy = text(sources, at::DATA_COLLECTION, at::SENSOR_PROXY);
    network.prefer_sensor_proxy = number32(
        sources,
        at::SENSOR_POLICY,
        "PreferStaticProxyForHttpRequest",
    );
    network.auth_proxy_policy = number32(sources, at::DATA_COLLECTION, at::AUTH_PROXY);
    (network.machine_proxy, network.machine_bypass) = proxy_of_machine(sources);
    network.antivirus_proxy = text(sources, at::ANTIVIRUS_POLICY, at::ANTIVIRUS_PROXY);
    network.hardened_netlogon = hardened(
        &text(
            sources,
            r"SOFTWARE\Policies\Microsoft\Windows\NetworkProvider\HardenedPaths",
            r"\\*\NETLOGON",
        ),
        facts.os.version.value().copied().map_or(0, Version::build),
    );
}

/// Needs mutual authentication and integrity; Windows has both built in from Server 2016.
fn hardened(path: &Fact<String>, build: u32) -> Fact<bool> {
    const BUILT_IN_FROM: u32 = 14393;
    match path {
        Fact::Value(settings) => {
            let settings: String = settings.to_ascii_lowercase().split_whitespace().collect();
            Fact::Value(
                settings.contains("requiremutualauthentication=1")
                    && settings.contains("requireintegrity=1"),
            )
        }
        Fact::Absent => Fact::Value(build >= BUILT_IN_FROM),
        Fact::Unreadable { why } => Fact::unknown(why.as_str()),
    }
}

/// The machine-wide proxy, and the hosts that go past it.
fn proxy_of_machine(sources: &dyn Sources) -> (Fact<String>, Fact<String>) {
    let value = sources.value(machine_proxy::KEY, machine_proxy::VALUE);
    let settings = value.and_then(|value| match value {
        Value::Bytes(bytes) => match MachineProxy::from_bytes(&bytes) {
            Some(settings) => Fact::Value(settings),
            None => Fact::unknown("`WinHttpSettings` is cut short"),
        },
        Value::Text(_) | Value::Number(_) | Value::Texts(_) => {
            Fact::unknown("`WinHttpSettings` is no binary value")
        }
    });
    let or_absent = |text: String| {
        if text.is_empty() {
            Fact::Absent
        } else {
            Fact::Value(text)
        }
    };
    let proxy = settings.clone().and_then(|found| or_absent(found.proxy));
    (proxy, settings.and_then(|found| or_absent(found.bypass)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_marker_of_the_install_script_is_read() {
        let time = marker_time("26/02/01T08:15:30.500").unwrap();
        assert_eq!(time.to_string(), "2026-02-01T08:15:30Z");
        for text in ["", "26/02/01", "26/02/01T8:15", "x/y/zT08:15:30"] {
            assert_eq!(marker_time(text), None, "{text}");
        }
    }

    #[test]
    fn hardening_needs_both_settings() {
        let value = |text: &str| Fact::Value(text.to_owned());
        for (path, build, expected) in [
            (
                value("RequireMutualAuthentication=1, RequireIntegrity=1"),
                9600,
                true,
            ),
            (value("RequireMutualAuthentication=1"), 20348, false),
            (
                value("RequireMutualAuthentication=0,RequireIntegrity=1"),
                20348,
                false,
            ),
            (Fact::Absent, 14393, true),
            (Fact::Absent, 9600, false),
        ] {
            assert_eq!(
                hardened(&path, build),
                Fact::Value(expected),
                "{path:?} {build}"
            );
        }
    }
}
