//! The files that may be run or written: what each is for, and which bytes it has to be.

use serde::{Deserialize, Serialize};

use crate::identity::Sha256;

/// One file of the release folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payload {
    /// What it is for.
    pub role: Role,
    /// File name in the release folder: one path component.
    pub name: String,
    /// Size in bytes.
    pub size: u64,
    /// The gate: nothing is run unless its bytes hash to this.
    pub sha256: Sha256,
    /// Version where the file carries one.
    pub version: Option<String>,
    /// Who signed it; none for kinds that carry no Authenticode signature.
    pub signer: Option<Signer>,
}

/// Who signed a payload, as the generator found it in the very same bytes. A server need not
/// find the same: it may lack roots. What it finds is compared with this and reported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Signer {
    /// SHA-256 of the signer's certificate.
    pub certificate: Sha256,
    /// SHA-256 of the root certificate that vouches for it.
    pub root: Sha256,
    /// Countersigned time in seconds since 1970 UTC, at which the certificates are judged;
    /// none when there is no time stamp.
    pub signed_at: Option<i64>,
}

/// What a payload is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The onboarding blob: exactly the text of the registry value `OnboardingInfo`, without a
    /// byte order mark or a final line feed. It is written, never run.
    OnboardingInfo,
    /// The offboarding blob, in the same form.
    OffboardingInfo,
    /// `WindowsDefenderATPOnboardingScript.cmd`; only with [`Script`](super::ApplyMethod::Script).
    OnboardingScript,
    /// `WindowsDefenderATPOffboardingScript_valid_until_*.cmd`; only with
    /// [`Script`](super::ApplyMethod::Script).
    OffboardingScript,
    /// `md4ws.msi`, the unified agent of Server 2012 R2 and 2016.
    Agent,
    /// `Install.ps1`, Microsoft's signed helper for the agent.
    InstallScript,
    /// `UpdatePlatform.exe` (KB4052623).
    PlatformUpdate,
    /// `UpdateSenseClient.exe` (KB5005292).
    SensorUpdate,
    /// An `.msu` prerequisite; the KB stands in the file name.
    Hotfix,
    /// `DefenderDT.exe`, the deployment tool: of Server 2008 R2 SP1, and of all products with
    /// [`DeploymentTool`](super::AgentRoute::DeploymentTool).
    DeploymentTool,
    /// A file of the deployment tool's staged `-Source:` folder or its `.onboarding` file.
    DeploymentToolFile,
    /// `MMASetup-AMD64.exe`, the retired agent of Server 2008 R2 SP1.
    MonitoringAgent,
    /// Workspace id and key of the retired agent; never logged.
    WorkspaceKey,
    /// `MDEClientAnalyzer.zip`, an optional tool.
    Analyzer,
}
