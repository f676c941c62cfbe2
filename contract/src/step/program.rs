//! What steps start on a server: the file, before anybody knows the server's folders.

use super::StepKind;

/// Where the file of a step's program lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// Below the system folder.
    System(&'static str),
    /// Below the folder for programs, put there by another product.
    ProgramFiles(&'static str),
    /// A payload, in the protected folder of the release.
    Payload,
}

impl Program {
    /// The path as it is told to people, for a release.
    pub fn path(self, release: &str) -> String {
        match self {
            Self::System(path) => format!(r"%SystemRoot%\System32\{path}"),
            Self::ProgramFiles(path) => format!(r"%ProgramFiles%\{path}"),
            Self::Payload => format!(r"%ProgramFiles%\Gangway\{release}\*"),
        }
    }
}

/// The tool of Defender Antivirus.
pub const ANTIVIRUS_TOOL: &str = r"Windows Defender\MpCmdRun.exe";
/// The uninstaller of System Center Endpoint Protection, where that product puts it.
pub const SCEP_SETUP: &str = r"Microsoft Security Client\Setup.exe";
/// Windows PowerShell.
pub const POWERSHELL: &str = r"WindowsPowerShell\v1.0\powershell.exe";

impl StepKind {
    /// The program that a step of this kind starts; none when the bootstrap does it by itself.
    pub const fn program(self) -> Option<Program> {
        Some(match self {
            Self::InstallHotfix => Program::System("wusa.exe"),
            Self::EnableFeature | Self::AddSensor => Program::System("dism.exe"),
            Self::InstallAgent | Self::UninstallAgent => Program::System("msiexec.exe"),
            Self::RunOnboardingScript | Self::RunOffboardingScript => Program::System("cmd.exe"),
            Self::Restart => Program::System("shutdown.exe"),
            Self::RemoveWorkspaces | Self::RunInstallScript => Program::System(POWERSHELL),
            Self::EnableAntivirus | Self::ApplyOnboarding | Self::ApplyOffboarding => {
                Program::ProgramFiles(ANTIVIRUS_TOOL)
            }
            Self::RemoveScep => Program::ProgramFiles(SCEP_SETUP),
            Self::UpdatePlatform
            | Self::UpdateSensor
            | Self::RunDeploymentTool
            | Self::InstallMonitoringAgent => Program::Payload,
            Self::RemoveLeftover
            | Self::WritePassiveMode
            | Self::WriteIdentity
            | Self::WriteVdiTag
            | Self::StartSensor => return None,
        })
    }
}
