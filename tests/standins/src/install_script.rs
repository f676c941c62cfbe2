//! What the sample `Install.ps1` states, as far as it needs no Windows: its parameters, its
//! refusals with their exit codes, its tests of scripts and systems.

use std::path::PathBuf;

/// Where the retired agent keeps one key per workspace, `Log Analytics - <id>`; stands in for
/// its COM object.
pub const MMA_KEY: &str =
    r"SYSTEM\CurrentControlSet\Services\HealthService\Parameters\Service Connector Services";

/// The parameters of one call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Arguments {
    /// The script itself.
    pub script: PathBuf,
    /// `-OnboardingScript`.
    pub onboarding_script: Option<PathBuf>,
    /// `-OffboardingScript`.
    pub offboarding_script: Option<PathBuf>,
    /// `-Uninstall`: takes the agent away.
    pub uninstall: bool,
    /// `-Passive`: the antivirus stays beside another one.
    pub passive: bool,
    /// `-NoMSILog`.
    pub no_msi_log: bool,
    /// `-NoEtl`.
    pub no_etl: bool,
    /// `-RemoveMMA <workspace id>` was given.
    pub remove_mma: bool,
}

impl Arguments {
    /// Reads the arguments of `powershell.exe`. None when it is not asked to run
    /// `Install.ps1` by `-File`.
    pub fn of_powershell(all: &[String]) -> Option<Result<Self, Refusal>> {
        let at = all
            .iter()
            .position(|argument| argument.eq_ignore_ascii_case("-File"))?;
        let (script, rest) = all.get(at + 1..)?.split_first()?;
        let name = script.rsplit(['\\', '/']).next()?;
        name.eq_ignore_ascii_case("Install.ps1")
            .then(|| Self::of_script(script, rest))
    }

    fn of_script(script: &str, rest: &[String]) -> Result<Self, Refusal> {
        let mut taken = Self {
            script: script.into(),
            ..Self::default()
        };
        let mut rest = rest.iter();
        while let Some(parameter) = rest.next() {
            let mut value = || rest.next().ok_or(Refusal::Internal);
            match parameter.to_ascii_lowercase().as_str() {
                "-onboardingscript" => taken.onboarding_script = Some(value()?.into()),
                "-offboardingscript" => taken.offboarding_script = Some(value()?.into()),
                "-removemma" => {
                    value()?;
                    taken.remove_mma = true;
                }
                "-uninstall" => taken.uninstall = true,
                "-passive" => taken.passive = true,
                "-nomsilog" => taken.no_msi_log = true,
                "-noetl" => taken.no_etl = true,
                "-ui" => {}
                // PowerShell itself fails on a parameter that the script does not have.
                _ => return Err(Refusal::Internal),
            }
        }
        Ok(taken)
    }
}

/// Why the script stops, each with its documented exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Unhandled exception.
    Internal,
    /// A script that neither on- nor offboards.
    InvalidParameter,
    /// Not 2012 R2 or 2016.
    UnsupportedSystem,
    /// No `md4ws.msi` beside the script.
    MsiMissing,
    /// The log cannot be written.
    FolderNotWritable,
    /// `-Uninstall` with nothing installed.
    NotInstalled,
    /// `-OnboardingScript` names no file.
    OnboardingScriptMissing,
    /// `-OffboardingScript` names no file.
    OffboardingScriptMissing,
    /// The sensor did not take the offboarding.
    OffboardingFailed,
    /// Offboarding asked for while the sensor is not onboarded.
    NotOnboarded,
    /// The sensor is onboarded: no installer action.
    StillOnboarded,
    /// The interactive variant of a script.
    InvalidScriptType,
    /// Uninstall under tamper protection.
    TamperProtected,
    /// `DisableAntiSpyware` is set by policy.
    DisabledByPolicy,
    /// The exit code of a program it started.
    PassedThrough(i32),
}

impl Refusal {
    /// The exit code.
    pub fn code(self) -> i32 {
        match self {
            Self::Internal => 1,
            Self::InvalidParameter => 6,
            Self::UnsupportedSystem => 10,
            Self::MsiMissing => 16,
            Self::FolderNotWritable => 18,
            Self::NotInstalled => 20,
            Self::OnboardingScriptMissing => 30,
            Self::OffboardingScriptMissing => 32,
            Self::OffboardingFailed => 33,
            Self::NotOnboarded => 34,
            Self::StillOnboarded => 35,
            Self::InvalidScriptType => 37,
            Self::TamperProtected => 38,
            Self::DisabledByPolicy => 39,
            Self::PassedThrough(code) => code,
        }
    }
}

/// Tests a script as `Install.ps1` does: no line that is exactly `pause`, and the value of an
/// on- or offboarding blob is added somewhere.
///
/// # Errors
/// [`Refusal::InvalidScriptType`] or [`Refusal::InvalidParameter`].
pub fn check_script(text: &str) -> Result<(), Refusal> {
    if text.lines().any(|line| line.eq_ignore_ascii_case("pause")) {
        return Err(Refusal::InvalidScriptType);
    }
    let text = text.to_ascii_lowercase();
    let adds = |name: &str| {
        text.lines()
            .any(|line| line.contains("add ") && line.contains(&format!("/v {name}")))
    };
    if adds("onboardinginfo") || adds("696c1fa1-4030-4fa4-8713-faf9b2ea7c0a") {
        Ok(())
    } else {
        Err(Refusal::InvalidParameter)
    }
}

/// Tests the system: 6.3, or 10.0 below build 18362.
///
/// # Errors
/// [`Refusal::UnsupportedSystem`].
pub fn check_system(version: &str, build: &str) -> Result<(), Refusal> {
    let build: u32 = build.parse().unwrap_or(0);
    match version {
        "6.3" => Ok(()),
        "10.0" if build < 18362 => Ok(()),
        _ => Err(Refusal::UnsupportedSystem),
    }
}

/// The workspaces that a `-Command` removes: the arguments of `RemoveCloudWorkspace('…')`.
pub fn workspaces_to_remove(all: &[String]) -> Vec<&str> {
    all.iter()
        .flat_map(|argument| argument.split("RemoveCloudWorkspace('").skip(1))
        .filter_map(|rest| rest.split('\'').next())
        .collect()
}

/// Is this the display name of the unified agent?
pub fn is_agent(display_name: &str) -> bool {
    matches!(
        display_name,
        "Microsoft Defender for Windows Server" | "Microsoft Defender for Endpoint"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Option<Result<Arguments, Refusal>> {
        let all: Vec<String> = line.split(' ').map(str::to_owned).collect();
        Arguments::of_powershell(&all)
    }

    #[test]
    fn parameters_are_read_without_regard_to_case() {
        let line = r"-NoProfile -File C:\g\Install.ps1 -onboardingscript C:\g\a.cmd -Passive";
        let arguments = read(line).unwrap().unwrap();
        assert_eq!(arguments.script, PathBuf::from(r"C:\g\Install.ps1"));
        assert_eq!(arguments.onboarding_script, Some(r"C:\g\a.cmd".into()));
        assert!(arguments.passive && !arguments.uninstall);
    }

    #[test]
    fn a_parameter_the_script_does_not_have_is_an_exception() {
        let refused = read(r"-File C:\Install.ps1 -Log").unwrap();
        assert_eq!(refused, Err(Refusal::Internal));
    }

    #[test]
    fn other_calls_are_not_the_install_script() {
        assert_eq!(read("-Command exit"), None);
        assert_eq!(read(r"-File C:\other.ps1"), None);
    }

    #[test]
    fn workspaces_to_remove_are_read_from_the_script() {
        let script = "if ($x) { $c.RemoveCloudWorkspace('a-1') }; $c.RemoveCloudWorkspace('b')";
        let all = ["-Command".to_owned(), script.to_owned()];
        assert_eq!(workspaces_to_remove(&all), ["a-1", "b"]);
    }

    #[test]
    fn scripts_are_told_apart_by_content() {
        let good = "x\r\n%windir%\\System32\\reg.exe add \"HKLM\\…\" /v OnboardingInfo /t REG_SZ";
        assert_eq!(check_script(good), Ok(()));
        let interactive = format!("{good}\r\nPAUSE\r\n");
        assert_eq!(check_script(&interactive), Err(Refusal::InvalidScriptType));
        assert_eq!(check_script("echo"), Err(Refusal::InvalidParameter));
    }

    #[test]
    fn systems_from_2022_on_are_refused() {
        for (version, build, good) in [
            ("6.1", "7601", false),
            ("6.3", "9600", true),
            ("10.0", "14393", true),
            ("10.0", "20348", false),
        ] {
            assert_eq!(
                check_system(version, build).is_ok(),
                good,
                "{version} {build}"
            );
        }
    }
}
