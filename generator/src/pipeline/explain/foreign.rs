//! Codes of others that are met on this way: exit codes of programs that the bootstrap starts,
//! events of the onboarding scripts and of the sensor, and numbers of Windows.
//!
//! Sources: Microsoft's pages `defender-deployment-tool-windows`, `event-error-codes` and
//! `troubleshoot-onboarding`, the public `Install.ps1` (2023-12-05), and the tables of error
//! codes of Windows Installer and of Windows (MS-ERREF).

use super::Page;

/// One code of a family: number, meaning, what to do.
type Row = (i64, &'static str, &'static str);

/// Who gives the codes.
struct Family {
    /// What stands before the colon; the first is how the page is named.
    prefixes: &'static [&'static str],
    /// Who speaks.
    about: &'static str,
    rows: &'static [Row],
    /// Where to look for a number that is not here.
    elsewhere: &'static str,
}

const LOG: &str = "read the program's log on the server; the host report names the step";
const NOTHING: &str = "nothing";
const RESTART: &str = "restart the server in its next maintenance";

static FAMILIES: &[Family] = &[
    Family {
        prefixes: &["install.ps1", "install", "installps1"],
        about: "exit code of `Install.ps1`",
        rows: &[
            (
                0,
                "the agent was installed or removed; onboarding may still have failed",
                "look at the sensor's state, not at this code",
            ),
            (
                1,
                "an unexpected error in the script",
                "read the last lines of `InstallPS1-*.log` beside the script",
            ),
            (
                3,
                "not run as administrator",
                "run it as SYSTEM or from an elevated prompt",
            ),
            (
                4,
                "the newest platform version could not be asked for over the internet",
                "stage `UpdatePlatform.exe`, or open the way to definitionupdates.microsoft.com",
            ),
            (
                6,
                "a parameter is wrong: not the onboarding script, an unknown workspace, or bad web options",
                "give the Group Policy script of the portal",
            ),
            (
                10,
                "not a Windows that it installs on (only Server 2012 R2 and 2016, 64 bit)",
                "use the onboarding blob alone on 2019 and newer",
            ),
            (12, "a restart is pending", RESTART),
            (
                13,
                "a required update does not apply, or the platform is too old",
                "install the current cumulative update first",
            ),
            (
                14,
                "service `WinDefend` cannot be enabled, started or removed",
                "restart, and look for another antivirus or a policy that turns Defender off",
            ),
            (
                15,
                "a file's signature is not valid",
                "download the package again",
            ),
            (
                16,
                "`md4ws.msi` does not lie beside the script",
                "stage both in one folder under their names",
            ),
            (
                18,
                "the script's folder cannot be written",
                "run it from a local folder, or with `-NoMSILog -NoEtl`",
            ),
            (20, "there is nothing to uninstall", NOTHING),
            (30, "the onboarding script was not found", "check its path"),
            (32, "the offboarding script was not found", "check its path"),
            (
                33,
                "offboarding failed: the sensor still starts automatically",
                "read the events of `WDATPOffboarding`; the package may have ended",
            ),
            (
                34,
                "offboarding was asked for, and the server is not onboarded",
                NOTHING,
            ),
            (
                35,
                "the server is onboarded, so the agent is not touched",
                "offboard first when it has to be reinstalled",
            ),
            (
                36,
                "`md4ws.msi` is in use by another program",
                "run again later; an antivirus scan often holds it",
            ),
            (
                37,
                "the script given is the one for single machines, which waits for a key",
                "download the Group Policy package",
            ),
            (
                38,
                "tamper protection is on",
                "turn it off for this device in the portal, then run again",
            ),
            (
                39,
                "policy `DisableAntiSpyware` turns Defender off",
                "clear `Turn off Microsoft Defender Antivirus` for this server",
            ),
        ],
        elsewhere: "other numbers are passed on: of `msiexec` (`gangway explain msiexec:N`), of `wusa` or of the offboarding script (`wdatp:N`)",
    },
    Family {
        prefixes: &["ddt", "defenderdt"],
        about: "exit code of the Defender deployment tool",
        rows: &[
            (0, "done", NOTHING),
            (1, "another instance is running", "wait for it"),
            (2, "the server is onboarded already", NOTHING),
            (3, "not onboarded, so it cannot be offboarded", NOTHING),
            (
                5,
                "a newer version of the tool exists",
                "download and stage it again",
            ),
            (
                6,
                "the tool has updated itself",
                "build again with the new tool",
            ),
            (10, "a restart is needed; it goes on afterwards", RESTART),
            (
                11,
                "a signature could not be verified",
                "update the root certificates and the clock; download the tool again",
            ),
            (12, "a process mitigation could not be set", LOG),
            (
                20,
                "a file was not found",
                "stage the source again, with its `.onboarding` file",
            ),
            (
                30,
                "resources of the tool are missing",
                "download the tool again",
            ),
            (
                40,
                "not run as administrator",
                "run it as SYSTEM or from an elevated prompt",
            ),
            (
                50,
                "this Windows is not supported",
                "see the product table in README",
            ),
            (
                70,
                "its config file has an error",
                "make it again with `-MakeConfig`",
            ),
            (80, "quality telemetry failed", LOG),
            (
                90,
                "prerequisites are missing",
                "install the updates that the log names",
            ),
            (100, "its manifest is damaged", "stage the source again"),
            (
                200,
                "the sensor did not start up",
                "read the SENSE event log",
            ),
            (
                201,
                "the onboarding file is missing",
                "stage `WindowsDefenderATP.onboarding` beside the tool",
            ),
            (
                210,
                "the antivirus engine could not be loaded again",
                RESTART,
            ),
            (300, "offboarding failed", LOG),
            (
                301,
                "the offboarding file is missing",
                "stage it beside the tool",
            ),
            (
                302,
                "the offboarding file is not valid",
                "download a new one: it ends after days",
            ),
            (
                400,
                "a download failed",
                "stage the source, or open the way to definitionupdates.microsoft.com",
            ),
            (500, "the installation failed", LOG),
            (600, "an update failed", LOG),
            (
                610,
                "an update file is not supported",
                "stage the source again",
            ),
            (700, "the system could not be prepared", LOG),
            (
                710,
                "the antivirus feature could not be enabled",
                "repair the component store (`DISM /Online /Cleanup-Image /RestoreHealth`)",
            ),
            (
                720,
                "System Center Endpoint Protection could not be removed",
                "remove it by hand",
            ),
            (730, "settings of a sovereign cloud failed", LOG),
            (740, "settings of a sovereign cloud failed", LOG),
            (900, "the uninstallation failed", LOG),
            (
                920,
                "a workspace of the monitoring agent could not be removed",
                "remove it in the agent's control panel",
            ),
            (930, "the workspace id is not valid", "correct it"),
            (1000, "an error without a number of its own", LOG),
        ],
        elsewhere: r"read `DefenderDeploymentTool-<COMPUTERNAME>.log` below `C:\ProgramData\Microsoft\DefenderDeploymentTool`, and Microsoft's page `defender-deployment-tool-windows`",
    },
    Family {
        prefixes: &["msiexec", "msi"],
        about: "code of Windows Installer",
        rows: &[
            (0, "done", NOTHING),
            (
                1601,
                "the Windows Installer service cannot be reached",
                "start service `msiserver`; run again",
            ),
            (
                1602,
                "cancelled by a user",
                "run it without a user's interface",
            ),
            (
                1603,
                "a fatal error; of the agent most often: still onboarded, updated since, or not this Windows",
                "search the log for `Return value 3` and the lines above it",
            ),
            (1605, "the product is not installed", NOTHING),
            (
                1618,
                "another installation is running",
                "nothing: the next run tries again",
            ),
            (
                1619,
                "the package cannot be opened",
                "stage the payload again; check who may read it",
            ),
            (1620, "the package is not valid", "download it again"),
            (
                1625,
                "a policy forbids the installation",
                "let the policy take packages of this publisher",
            ),
            (
                1633,
                "the package is for another platform",
                "take the package of this architecture",
            ),
            (
                1638,
                "another version is installed",
                "offboard and uninstall it first",
            ),
            (1641, "done, and a restart has been started", NOTHING),
            (3010, "done, and a restart is needed", RESTART),
        ],
        elsewhere: "Microsoft's page `Windows Installer error codes`; the log written with `/lvx*+` says more",
    },
    Family {
        prefixes: &["wusa"],
        about: "code of `wusa.exe`",
        rows: &[
            (0, "the update is installed", NOTHING),
            (2, "the file was not found", "stage the update again"),
            (5, "access was denied", "run it as SYSTEM or elevated"),
            (
                1618,
                "another installation is running",
                "nothing: the next run tries again",
            ),
            (3010, "installed, and a restart is needed", RESTART),
            (0x0024_0006, "the update is installed already", NOTHING),
            (
                0x8024_0017,
                "the update does not apply: it is superseded, or needs another one first",
                "look at the file version that the host report names; install the current cumulative update",
            ),
        ],
        elsewhere: r"read the log `Setup` of the event viewer and `%SystemRoot%\Logs\CBS\CBS.log`",
    },
    Family {
        prefixes: &["dism"],
        about: "code of DISM",
        rows: &[
            (0, "done", NOTHING),
            (2, "a file was not found", "name an installation source"),
            (5, "access was denied", "run it as SYSTEM or elevated"),
            (
                50,
                "the command is not supported on this image",
                "check the Windows version",
            ),
            (87, "a parameter is not known", "check the Windows version"),
            (
                1726,
                "the servicing process ended on the way",
                "run again; repair the component store when it stays",
            ),
            (3010, "done, and a restart is needed", RESTART),
            (
                14081,
                "the component store has lost the feature's files",
                "repair it (`/RestoreHealth`) or name an installation source",
            ),
            (
                0x800f_081f,
                "the source files could not be found",
                "name an installation source with the same build",
            ),
            (
                0x800f_0906,
                "the source files could not be downloaded",
                "let the server reach Windows Update, or name a source",
            ),
            (
                0x800f_080c,
                "the feature is not known on this Windows",
                "check its name and the Windows version",
            ),
        ],
        elsewhere: r"read `%SystemRoot%\Logs\DISM\dism.log`",
    },
    Family {
        prefixes: &["wdatp", "wdatponboarding", "wdatpoffboarding"],
        about: "event of source `WDATPOnboarding` or `WDATPOffboarding` in the Application log, and exit code of the portal's script",
        rows: &[
            (
                5,
                "old data of the other direction could not be deleted",
                "check the permissions of the policy key `Windows Advanced Threat Protection`",
            ),
            (
                10,
                "as an error: the blob could not be written; as information: the sensor was already running",
                "check the permissions of the policy key `Windows Advanced Threat Protection`",
            ),
            (
                15,
                "the sensor did not start in time",
                "look at service `Sense` and the SENSE log; 577 or 1058 mean that the early-launch driver or the antivirus is off",
            ),
            (20, "done", NOTHING),
            (
                30,
                "waiting for the sensor failed",
                "look at service `Sense` and the SENSE log",
            ),
            (
                35,
                "the sensor wrote no onboarding state in time",
                "wait some minutes and look again; then read the SENSE log",
            ),
            (
                40,
                "the onboarding state is not 1",
                "run `connectivity` on the server; read the SENSE log",
            ),
            (
                65,
                "not run as administrator, or service `LanmanServer` is stopped",
                "run it as SYSTEM; start `LanmanServer`",
            ),
            (
                70,
                "the offboarding script is another tenant's",
                "take the package of the tenant that the server reports to",
            ),
        ],
        elsewhere: "Microsoft's page `troubleshoot-onboarding`; the event's text quotes the message behind it",
    },
    Family {
        prefixes: &["sense"],
        about: "event of the log `Microsoft-Windows-SENSE/Operational`",
        rows: &[
            (1, "the sensor started", NOTHING),
            (2, "the sensor shut down", NOTHING),
            (
                3,
                "the sensor failed to start",
                "read the code in the event; restart, update the sensor",
            ),
            (
                4,
                "the sensor reached the service; the address tells streamlined from standard",
                NOTHING,
            ),
            (
                5,
                "the sensor could not reach the service",
                "run `connectivity` on the server",
            ),
            (
                6,
                "the sensor is not onboarded: no parameters",
                "onboard it; look for a policy that deletes the blob",
            ),
            (
                7,
                "the onboarding parameters cannot be read",
                "build again with a fresh package; check the way to the internet",
            ),
            (8, "old configuration could not be cleaned", RESTART),
            (
                9,
                "the start type could not be changed",
                "look for a policy or product that holds it",
            ),
            (
                10,
                "the onboarding information could not be kept",
                "check the permissions of the sensor's key",
            ),
            (11, "onboarding is complete", NOTHING),
            (
                12,
                "the default configuration was not applied; it passes",
                NOTHING,
            ),
            (
                15,
                "the command channel cannot start",
                "run `connectivity` on the server",
            ),
            (
                17,
                "registration at the diagnostic service failed",
                "start service `DiagTrack`",
            ),
            (
                19,
                "the first start of Windows is not finished",
                "wait until setup is done",
            ),
            (
                25,
                "the health status was not written to the registry",
                "check the permissions of the sensor's key",
            ),
            (
                26,
                "the onboarding status was not written to the registry",
                "check the permissions of the sensor's key",
            ),
            (
                27,
                "the antivirus could not be set beside the sensor; onboarding failed",
                "look at Defender's state and policies",
            ),
            (
                28,
                "registration at the diagnostic service failed",
                "start service `DiagTrack`",
            ),
            (
                29,
                "the offboarding parameters cannot be read: no internet, or the package has ended",
                "download a new offboarding package",
            ),
            (
                32,
                "the sensor could not stop itself after offboarding",
                RESTART,
            ),
            (
                33,
                "the device identity could not be kept",
                "clean the image: it was onboarded before it was cloned",
            ),
            (
                34,
                "registration at the diagnostic service failed",
                "start service `DiagTrack`",
            ),
            (
                42,
                "a component failed",
                "read the exception in the event; update the sensor",
            ),
            (
                43,
                "a component failed",
                "read the exception in the event; update the sensor",
            ),
            (44, "offboarding is complete", NOTHING),
            (50, "the cloud configuration was applied", NOTHING),
            (55, "a trace session could not be made", RESTART),
            (56, "a trace session could not be removed", RESTART),
            (
                63,
                "the start type of a service was set back",
                "find what else changes Defender's services",
            ),
            (
                64,
                "a stopped service was started",
                "find what else stops Defender's services",
            ),
            (65, "driver `MsSecFlt.sys` could not be loaded", RESTART),
            (
                68,
                "the start type of a service is unexpected",
                "find what else changes Defender's services",
            ),
            (
                69,
                "a service is stopped",
                "find what else stops Defender's services",
            ),
            (
                74,
                "the device tag is too long",
                "shorten it to 200 characters",
            ),
            (
                84,
                "the antivirus was told its mode: force passive (0 or 1) and a result, 0 when good",
                "compare with `ForceDefenderPassiveMode`; a result other than 0 means the mode was refused",
            ),
            (
                85,
                "the response component failed to start",
                "update the sensor",
            ),
            (
                92,
                "the quota of data is used up",
                "nothing: it resumes with event 93",
            ),
            (
                99,
                "a communication error",
                "read the events beside it; run `connectivity` on the server",
            ),
            (
                104,
                "the driver could not be unloaded at offboarding",
                RESTART,
            ),
            (
                106,
                "a library of the sensor could not be loaded",
                "repair or update the sensor",
            ),
            (
                107,
                "a library of the sensor could not be loaded",
                "repair or update the sensor",
            ),
            (
                109,
                "an update of the sensor failed",
                "install the sensor's update by hand",
            ),
            (307, "permissions of a driver could not be set", RESTART),
            (
                308,
                "permissions of a folder could not be set",
                "check the sensor's folder below ProgramData",
            ),
            (403, "the device is registered", NOTHING),
            (404, "a device key was made", NOTHING),
            (
                405,
                "a request to register failed",
                "read the HTTP code in the event; run `connectivity` on the server",
            ),
            (
                406,
                "the service refused the registration",
                "check clock and tenant",
            ),
            (
                411,
                "telemetry stands still: no token",
                "run `connectivity` on the server",
            ),
            (412, "telemetry goes on", NOTHING),
        ],
        elsewhere: "Microsoft's page `event-error-codes` lists the events of the sensor",
    },
    Family {
        prefixes: &["win32"],
        about: "error code of Windows",
        rows: WIN32,
        elsewhere: "`net helpmsg N` or `certutil -error N` on a Windows says the system's text",
    },
    Family {
        prefixes: &["hresult"],
        about: "HRESULT of Windows",
        rows: &[
            (
                0x8024_0017,
                "an update does not apply",
                "see `gangway explain wusa:0x80240017`",
            ),
            (
                0x8024_402c,
                "Windows Update: a name or proxy could not be resolved",
                "check the machine's proxy and name resolution",
            ),
            (0x800b_0100, "no signature", "download the file again"),
            (
                0x800b_0101,
                "a certificate is outside its time",
                "check the server's clock",
            ),
            (
                0x800b_0109,
                "the chain ends in a root that is not trusted",
                "update the root certificates; look for TLS inspection",
            ),
            (
                0x800b_010a,
                "a chain could not be built",
                "update the root and intermediate certificates",
            ),
            (
                0x800b_010c,
                "a certificate was revoked",
                "download a newer file",
            ),
            (
                0x8009_6010,
                "the file does not fit its signature",
                "download the file again; find out who changed it",
            ),
            (
                0x8009_2013,
                "the revocation server could not be reached",
                "open the way to the revocation lists (port 80)",
            ),
            (
                0x800f_081f,
                "the source files could not be found",
                "name an installation source with the same build",
            ),
            (
                0x8007_2ee2,
                "a connection timed out",
                "run `connectivity` on the server",
            ),
            (
                0x8007_2ee7,
                "a name could not be resolved",
                "run `connectivity` on the server",
            ),
            (
                0x8007_2efd,
                "a connection could not be made",
                "run `connectivity` on the server",
            ),
            (
                0x8007_2efe,
                "a connection was broken",
                "look for a device that ends or opens connections",
            ),
            (
                0x8007_2f8f,
                "TLS failed: clock, certificate or inspection",
                "check the clock; take the host out of TLS inspection",
            ),
            (
                0x8004_1010,
                "a WMI class is not there",
                "check that the feature or agent is installed",
            ),
        ],
        elsewhere: "`certutil -error 0x…` on a Windows says the system's text",
    },
];

/// Numbers of Windows that are met on this way.
const WIN32: &[Row] = &[
    (2, "file not found", "check the path that the message names"),
    (3, "path not found", "check the path that the message names"),
    (
        5,
        "access denied",
        "check the permissions for the computer's account",
    ),
    (
        32,
        "the file is in use",
        "run again; exclude the folder from the other antivirus",
    ),
    (
        53,
        "the network path was not found",
        "check name resolution and port 445",
    ),
    (
        64,
        "the network name is no longer there",
        "nothing when it passes; else look at the file server",
    ),
    (67, "the share was not found", "check the share's name"),
    (112, "the disk is full", "free space on the system volume"),
    (
        121,
        "the time for an answer is up",
        "look for a firewall that drops packets",
    ),
    (
        577,
        "the signature of a driver or service could not be verified",
        "enable Defender's early-launch driver; see `sensor-disabled`",
    ),
    (
        1053,
        "a service did not answer in time",
        "restart; an empty SENSE log means that the sensor is too old to start",
    ),
    (
        1058,
        "the service is disabled",
        "set the start type back to its default; see `sensor-disabled`",
    ),
    (
        1060,
        "there is no such service",
        "install the agent (Server 2012 R2 and 2016) or the feature",
    ),
    (1062, "the service is not running", NOTHING),
    (
        1260,
        "a policy blocks the program",
        "let AppLocker or the software restriction take this publisher",
    ),
    (
        1326,
        "name or password is wrong",
        "check that the computer's account is whole (`Test-ComputerSecureChannel`)",
    ),
    (
        1332,
        "no account for a name or SID (0x80070534 in Group Policy event 4098)",
        r"write the account as `NT AUTHORITY\SYSTEM` or S-1-5-18, as our policies do",
    ),
    (1359, "an internal error", "run again"),
    (
        1450,
        "system resources are short",
        "restart the server in its next maintenance",
    ),
    (1605, "the product is not installed", NOTHING),
    (
        14081,
        "the component store has lost the feature's files (0x3701)",
        "repair it (`/RestoreHealth`) or name an installation source",
    ),
];

/// What was asked for.
pub(super) enum Asked {
    Pages(Vec<Page>),
    /// A known family or a number, and nothing is known of it; the hint.
    Unknown(String),
    /// No number at all.
    NoNumber,
}

/// The pages of `family:number`, or of a number alone.
pub(super) fn find(text: &str) -> Asked {
    if let Some((prefix, number)) = text.split_once(':') {
        let prefix = prefix.trim().to_ascii_lowercase();
        let family = FAMILIES
            .iter()
            .find(|one| one.prefixes.contains(&prefix.as_str()));
        let Some(family) = family else {
            let known: Vec<&str> = FAMILIES.iter().map(Family::name).collect();
            return Asked::Unknown(format!("families of codes: {}", known.join(", ")));
        };
        let Some(number) = number_of(number.trim()) else {
            return Asked::Unknown(format!("`{}:` takes a number", family.name()));
        };
        let pages: Vec<Page> = family.page(number).into_iter().collect();
        return if pages.is_empty() {
            Asked::Unknown(family.elsewhere.to_owned())
        } else {
            Asked::Pages(pages)
        };
    }
    let Some(number) = number_of(text) else {
        return Asked::NoNumber;
    };
    let mut pages: Vec<Page> = FAMILIES.iter().filter_map(|one| one.page(number)).collect();
    // An HRESULT of facility 7 wraps an error code of Windows (MS-ERREF 2.1).
    if number >> 16 == 0x8007 {
        let inner = number & 0xffff;
        let windows = FAMILIES.iter().filter(|one| one.name() == "win32");
        pages.extend(windows.filter_map(|one| one.page(inner)));
    }
    if pages.is_empty() {
        Asked::Unknown(
            "`certutil -error NUMBER` on a Windows says the system's text; with a family before it \
             (`ddt:11`, `msiexec:1603`, `sense:84`) the hint is closer"
                .to_owned(),
        )
    } else {
        Asked::Pages(pages)
    }
}

/// Names of the families with an example each.
pub(super) fn families() -> impl Iterator<Item = (&'static str, &'static str)> {
    FAMILIES.iter().map(|family| (family.name(), family.about))
}

/// A number as people and programs write it: decimal, hexadecimal, and negative as a signed
/// 32-bit one. Errors of 32 bits come out as the unsigned number.
fn number_of(text: &str) -> Option<i64> {
    let lower = text.to_ascii_lowercase();
    let number = match lower.strip_prefix("0x") {
        Some(digits) => i64::from(u32::from_str_radix(digits, 16).ok()?),
        None => lower.parse().ok()?,
    };
    let signed = i32::try_from(number).ok().filter(|number| *number < 0);
    match signed {
        Some(signed) => Some(i64::from(signed.cast_unsigned())),
        None => (0..=i64::from(u32::MAX))
            .contains(&number)
            .then_some(number),
    }
}

impl Family {
    fn name(&self) -> &'static str {
        self.prefixes.first().copied().unwrap_or_default()
    }

    fn page(&self, number: i64) -> Option<Page> {
        let (_, meaning, next) = self.rows.iter().find(|(known, ..)| *known == number)?;
        let number = if number > 0xffff {
            format!("0x{number:08x}")
        } else {
            number.to_string()
        };
        Some(Page {
            name: format!("{}:{number}", self.name()),
            kind: self.about.to_owned(),
            about: format!("{meaning}."),
            next: (*next).to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        match find(text) {
            Asked::Pages(pages) => pages.into_iter().map(|page| page.name).collect(),
            Asked::Unknown(_) | Asked::NoNumber => Vec::new(),
        }
    }

    #[test]
    fn a_number_is_found_however_it_is_written() {
        for (text, found) in [
            ("ddt:11", &["ddt:11"][..]),
            ("Install.ps1:35", &["install.ps1:35"]),
            ("wdatp:15", &["wdatp:15"]),
            ("SENSE:84", &["sense:84"]),
            ("wusa:0x80240017", &["wusa:0x80240017"]),
            ("wusa:-2145124329", &["wusa:0x80240017"]),
            ("0x80070534", &["win32:1332"]),
            ("-2147023564", &["win32:1332"]),
            ("2147943732", &["win32:1332"]),
            ("0x534", &["win32:1332"]),
            ("1603", &["msiexec:1603"]),
            ("3010", &["msiexec:3010", "wusa:3010", "dism:3010"]),
            ("ddt:999", &[]),
            ("nobody:1", &[]),
            ("99999999999", &[]),
        ] {
            assert_eq!(names(text), found, "{text}");
        }
    }

    #[test]
    fn each_family_knows_a_number_once_and_says_what_to_do() {
        for family in FAMILIES {
            let mut numbers: Vec<i64> = family.rows.iter().map(|(number, ..)| *number).collect();
            numbers.sort_unstable();
            let all = numbers.len();
            numbers.dedup();
            assert_eq!(numbers.len(), all, "{}", family.name());
            for (number, meaning, next) in family.rows {
                assert!(!meaning.is_empty() && !next.is_empty(), "{number}");
            }
        }
    }
}
