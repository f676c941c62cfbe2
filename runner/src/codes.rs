//! Exit codes of the programs that steps run, in words.

use gangway_contract::step::StepKind;
use gangway_contract::{Reason, apply};

/// Code of the portal's script for desktops: the sensor runs under another identity.
pub const IDENTITY_IN_USE: u32 = 4;

/// A code with its meaning, for reports.
pub fn describe(step: StepKind, code: u32) -> String {
    let number = if code >= 0x8000_0000 || code == 0x0024_0006 {
        format!("code {code:#010x}")
    } else {
        format!("code {code}")
    };
    match meaning(step, code) {
        Some(meaning) => format!("{number} ({meaning})"),
        None => number,
    }
}

/// The meaning of a code, when it is documented.
fn meaning(step: StepKind, code: u32) -> Option<&'static str> {
    if code == 0 {
        return Some("success");
    }
    match step {
        StepKind::ApplyOnboarding
        | StepKind::ApplyOffboarding
        | StepKind::RunOnboardingScript
        | StepKind::RunOffboardingScript => Some(match code {
            5 => "old data could not be deleted",
            10 => "the data could not be written",
            15 => "the sensor did not start or stop in time",
            30 => "waiting for the service failed",
            35 => "the onboarding state was not there in time",
            40 => "the onboarding state was not 1 in time",
            65 => "not elevated, or service `LanmanServer` does not run",
            70 => "the package is for another organisation",
            _ => return None,
        }),
        StepKind::WriteIdentity => {
            (code == IDENTITY_IN_USE).then_some("the sensor runs under another identity")
        }
        StepKind::RunInstallScript => install_script(code).or_else(|| installer(code)),
        StepKind::RunDeploymentTool => deployment_tool(code),
        StepKind::Restart => Some(match code {
            5 => "access denied",
            1115 => "Windows is shutting down",
            1190 => "a restart is on its way already",
            _ => return None,
        }),
        StepKind::InstallHotfix => match code {
            0x0024_0006 => Some("already installed"),
            0x8024_0017 => Some("not applicable to this server"),
            _ => installer(code),
        },
        _ => installer(code),
    }
}

fn installer(code: u32) -> Option<&'static str> {
    Some(match code {
        50 => "not supported",
        1602 => "cancelled",
        1603 => "fatal error during installation",
        1605 => "the product is not installed",
        1618 => "another installation is running",
        1619 => "the package cannot be opened",
        1620 => "the package is invalid",
        1625 => "forbidden by policy",
        1633 => "not for this platform",
        1638 => "another version is installed",
        1641 => "success, a restart was started",
        3010 => "success, a restart is needed",
        14081 => "the component store is damaged",
        0x800f_081f => "the source files could not be found",
        0x800f_0906 => "the source files could not be downloaded",
        0x800f_0907 => "policy forbids to download the source files",
        0x800f_0950 => "the capability could not be added",
        0x800f_0954 => "the update server of this computer does not have the capability",
        _ => return None,
    })
}

fn install_script(code: u32) -> Option<&'static str> {
    Some(match code {
        1 => "internal error",
        3 => "insufficient rights",
        4 => "no internet for the platform version",
        6 => "invalid parameter",
        10 => "product not supported",
        12 => "a restart is pending",
        13 => "requirements not met",
        14 => "unexpected state of Defender Antivirus",
        15 => "corrupted file",
        16 => "the agent package was not found",
        18 => "the script's folder is not writable",
        35 => "still onboarded",
        36 => "the agent package is in use",
        38 => "tamper protection",
        39 => "disabled by group policy",
        _ => return None,
    })
}

fn deployment_tool(code: u32) -> Option<&'static str> {
    Some(match code {
        1 => "another instance runs",
        2 => "already onboarded",
        5 => "a newer version of the tool exists",
        6 => "the tool updated itself",
        10 => "a restart is needed",
        11 => "a signature is bad",
        20 => "a file was not found",
        30 => "resource files are missing",
        40 => "not elevated",
        50 => "product not supported",
        70 => "the configuration file is wrong",
        90 => "prerequisites failed",
        100 => "the tool's manifest is corrupted",
        200 => "the sensor could not be initialised",
        201 => "the onboarding file is missing",
        210 => "the antivirus engine could not be reloaded",
        400 => "a download failed",
        500 => "the installation failed",
        600 => "an update failed",
        700 => "the system could not be prepared",
        710 => "the antivirus feature could not be enabled",
        720 => "System Center Endpoint Protection could not be removed",
        900 => "the uninstallation failed",
        920 | 930 => "a workspace could not be removed",
        1000 => "unspecified",
        _ => return None,
    })
}

/// The reason that a code names, beyond "it failed".
pub fn reason_of(step: StepKind, code: u32) -> Option<Reason> {
    match (step, code) {
        (StepKind::RunInstallScript, 38) => Some(Reason::TamperProtection),
        (StepKind::RunInstallScript, 39) => Some(Reason::AntivirusDisabledByPolicy),
        (StepKind::RunInstallScript, 13) | (StepKind::RunDeploymentTool, 90) => {
            Some(Reason::PrerequisiteMissing)
        }
        (StepKind::RunOnboardingScript | StepKind::RunOffboardingScript, 65) => {
            Some(Reason::ServerServiceStopped)
        }
        (StepKind::WriteIdentity, IDENTITY_IN_USE) => Some(Reason::OtherIdentity),
        (StepKind::ApplyOnboarding, apply::NO_STATE | apply::STATE_NOT_ONBOARDED) => {
            Some(Reason::NotVerified)
        }
        (StepKind::RunOffboardingScript, 70) => Some(Reason::OtherTenant),
        (StepKind::EnableFeature, 14081 | 0x800f_081f) | (StepKind::RunDeploymentTool, 710) => {
            Some(Reason::FeatureRemoved)
        }
        (
            StepKind::AddSensor,
            0x800f_081f | 0x800f_0906 | 0x800f_0907 | 0x800f_0950 | 0x800f_0954,
        ) => Some(Reason::SensorNotInstalled),
        (StepKind::InstallHotfix, 0x8024_0017) => Some(Reason::PrerequisiteMissing),
        _ => None,
    }
}

/// Texts of the agent's package in an installer log, with what they mean.
const CAUSES: [(&str, Reason, &str); 4] = [
    (
        "should be offboarded before uninstall",
        Reason::AgentNeedsReinstall,
        "the sensor on the server is still onboarded",
    ),
    (
        "has been updated since initial installation",
        Reason::AgentNeedsReinstall,
        "the agent on the server was updated since it was installed",
    ),
    (
        "Unsupported OS version",
        Reason::StepFailed,
        "the package does not take this Windows; `ntoskrnl.exe` may not belong to TrustedInstaller",
    ),
    (
        "mpasdesc.dll, -310",
        Reason::StepFailed,
        "a half removed antivirus or a slow disk, a known issue of the package: try again after a restart",
    ),
];

/// Finds a known cause in the end of an installer log, which is UTF-16 or ANSI.
pub fn cause_in_log(log: &[u8]) -> Option<(Reason, &'static str)> {
    // Texts of the package are ASCII, so dropping zero bytes reads both encodings.
    let text: Vec<u8> = log.iter().copied().filter(|byte| *byte != 0).collect();
    CAUSES.iter().find_map(|(needle, reason, meaning)| {
        text.windows(needle.len())
            .any(|window| window.eq_ignore_ascii_case(needle.as_bytes()))
            .then_some((*reason, *meaning))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_code_means_what_its_program_says() {
        let onboarding = describe(StepKind::RunOnboardingScript, 15);
        let script = describe(StepKind::RunInstallScript, 15);
        assert_eq!(
            onboarding,
            "code 15 (the sensor did not start or stop in time)"
        );
        assert_eq!(script, "code 15 (corrupted file)");
        assert_eq!(describe(StepKind::InstallAgent, 4), "code 4");
        assert_eq!(
            describe(StepKind::InstallHotfix, 0x8024_0017),
            "code 0x80240017 (not applicable to this server)"
        );
    }

    #[test]
    fn causes_are_found_in_both_encodings() {
        let text = "Product has been updated since initial installation and so on";
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for log in [text.as_bytes(), &wide] {
            let (reason, _) = cause_in_log(log).unwrap();
            assert_eq!(reason, Reason::AgentNeedsReinstall);
        }
        assert_eq!(cause_in_log(b"all is well"), None);
    }
}
