//! One file among the downloads, and what is known of it.

use gangway_contract::Sha256;
use gangway_contract::manifest::Role;
use schemars::JsonSchema;
use serde::Serialize;

use super::source::Source;
use crate::formats::blob::{BlobText, OffboardingBlob, OnboardingBlob};
use crate::formats::digest::DigestAlgorithm;
use crate::formats::onboarding_script::ScriptText;
use crate::problem::Problem;

/// One file, or one entry of an archive.
#[derive(Debug)]
pub struct Item {
    /// The path as the user knows it; entries of archives as `package.zip!folder/entry`.
    pub path: String,
    /// SHA-256 of all bytes.
    pub sha256: Sha256,
    /// Bytes.
    pub size: u64,
    /// What it is, with the facts that its kind has.
    pub kind: Kind,
    /// Who made it, by signature.
    pub verdict: Verdict,
    /// Findings about this item alone.
    pub problems: Vec<Problem>,
    /// Where to read its bytes again.
    pub source: Source,
}

impl Item {
    /// May it, or the blob that it carries, become a payload: is there no error of its own?
    pub fn is_usable(&self) -> bool {
        let is_payload = self.kind.role().is_some() || self.kind.payload().is_some();
        is_payload && !self.problems.iter().any(Problem::is_error)
    }
}

/// Who made an item. Data, not an opinion: the policy's opinion is in the problems.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// The signature verifies over exactly these bytes and its chain ends at a trusted root.
    Valid {
        /// Subject of the signing certificate.
        signer: String,
        /// Subjects from the signing certificate to the root.
        chain: Vec<String>,
        /// Countersigned time in seconds since 1970 UTC.
        signed_at: Option<i64>,
        /// The root came from the configuration, not from Microsoft.
        lab_root: bool,
        /// A blob that rests on a root that `trust.blob_roots` added; a remark names it.
        blob_root: bool,
        /// There was a revocation list of every issuer in the chain, and none names the
        /// signature's certificates at the time that counts.
        revocation_checked: bool,
        /// Every signature that holds, in the order of the file; none for what is not signed with
        /// Authenticode.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        signatures: Vec<SignatureFacts>,
        /// What to know about the file and its signatures although they hold.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        remarks: Vec<String>,
        /// The signature that Windows judges; none for what is not signed with Authenticode.
        #[serde(skip_serializing_if = "Option::is_none")]
        first_signature: Option<FirstSignature>,
    },
    /// There is a signature and it does not hold.
    Invalid {
        /// The exact reason.
        why: String,
    },
    /// A kind that carries a signature, without one.
    Unsigned,
    /// Nothing was checked, visibly.
    NotChecked {
        /// Why not: the kind carries no signature, or the format is not judged.
        why: String,
    },
}

/// One of a file's signatures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SignatureFacts {
    /// Where it stands, in words: `signature 1`, `nested signature 1 of signature 1`.
    pub place: String,
    /// Subject of the signing certificate.
    pub signer: String,
    /// Subject of the root.
    pub root: String,
    /// Hash of the content digest.
    pub digest: DigestAlgorithm,
    /// Countersigned time in seconds since 1970 UTC.
    pub signed_at: Option<i64>,
    /// Subject of the certificate that stamped the time.
    pub stamped_by: Option<String>,
}

/// The first signature of a file. `WinVerifyTrust` judges it and no other, unless its caller
/// asks for another by number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FirstSignature {
    /// SHA-256 of the signing certificate.
    pub certificate: Sha256,
    /// SHA-256 of the root.
    pub root: Sha256,
    /// Countersigned time in seconds since 1970 UTC.
    pub signed_at: Option<i64>,
}

/// What an item is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Kind {
    /// A text around a blob that onboards: a `.cmd` from the portal, mostly.
    OnboardingScript {
        /// For which way of deployment it was made.
        variant: ScriptVariant,
        /// The text around the blob.
        text: ScriptText,
        /// What its blob says.
        blob: OnboardingBlob,
        /// The blob as a server gets it; none when nobody vouches for it.
        #[serde(skip)]
        payload: Option<BlobText>,
    },
    /// A text around a blob that offboards.
    OffboardingScript {
        /// For which way of deployment it was made.
        variant: ScriptVariant,
        /// The text around the blob.
        text: ScriptText,
        /// What its blob says.
        blob: OffboardingBlob,
        /// The blob as a server gets it; none when nobody vouches for it.
        #[serde(skip)]
        payload: Option<BlobText>,
    },
    /// `WindowsDefenderATP.onboarding`: the blob alone.
    OnboardingFile {
        /// What it says.
        blob: OnboardingBlob,
        /// The blob as a server gets it; none when nobody vouches for it.
        #[serde(skip)]
        payload: Option<BlobText>,
    },
    /// `WindowsDefenderATP.offboarding`: the blob alone.
    OffboardingFile {
        /// What it says.
        blob: OffboardingBlob,
        /// The blob as a server gets it; none when nobody vouches for it.
        #[serde(skip)]
        payload: Option<BlobText>,
    },
    /// `md4ws.msi`, the unified agent of Server 2012 R2 and 2016.
    Agent {
        /// `ProductName` of the property table.
        product_name: String,
        /// `ProductVersion`.
        version: String,
        /// `ProductCode`, upper case with braces.
        product_code: String,
        /// Antivirus platform inside: version of `MPCLIENT.DLL` in the file table.
        platform_version: Option<String>,
        /// From the summary information's template.
        architecture: Architecture,
    },
    /// `Install.ps1`, Microsoft's helper for the agent.
    InstallScript {
        /// From the version block inside, as `Major.Minor.Patch`.
        version: Option<String>,
    },
    /// `UpdatePlatform.exe` (KB4052623).
    PlatformUpdate {
        /// File version of the version resource.
        version: String,
        /// Machine of the PE header.
        architecture: Architecture,
    },
    /// `UpdateSenseClient.exe` (KB5005292).
    SensorUpdate {
        /// File version of the version resource.
        version: String,
        /// Machine of the PE header.
        architecture: Architecture,
    },
    /// A Windows update package (`.msu`).
    Hotfix {
        /// `KB` and digits, from the description inside the cabinet.
        kb: String,
        /// The Windows version that it is for, as the names inside the cabinet have it:
        /// `Windows8.1` for Server 2012 R2, `Windows6.1` for 2008 R2.
        system: String,
        /// From the description inside the cabinet.
        architecture: Architecture,
    },
    /// `DefenderDT.exe`, or the keyed one that the portal makes.
    DeploymentTool {
        /// File version of the version resource.
        version: String,
    },
    /// Settings made by the deployment tool's `-MakeConfig`.
    DeploymentToolConfig,
    /// A file of the folder that the deployment tool filled with `-Stage`.
    DeploymentToolFile {
        /// File name in that folder.
        name: String,
    },
    /// `MMASetup-AMD64.exe`, retired.
    MonitoringAgent {
        /// File version of the version resource.
        version: String,
    },
    /// `MDEClientAnalyzer.zip`.
    Analyzer {
        /// Entries inside.
        entries: usize,
    },
    /// `Onboard-NonPersistentMachine.ps1`, which makes the script beside it a VDI one.
    VdiCompanion,
    /// `AtpConfiguration.admx` or `.adml`.
    PolicyTemplate {
        /// Language resource (`.adml`) rather than definitions (`.admx`).
        language: bool,
    },
    /// An onboarding package for another operating system.
    OtherPlatform {
        /// Which, for example `Linux`.
        platform: String,
    },
    /// None of the above.
    Unknown {
        /// What the first bytes say, for example `a Windows program`.
        looks_like: &'static str,
        /// What it says of itself, where its form has a place for that.
        #[serde(skip_serializing_if = "Option::is_none")]
        claims: Option<Claims>,
    },
}

/// What a program's version resource or a package's properties say. Anybody can write that;
/// only the signature proves something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Claims {
    /// `FileDescription` or else `ProductName`; of a package `ProductName`.
    pub name: String,
    /// `CompanyName`; of a package `Manufacturer`.
    pub company: String,
    /// File version; of a package `ProductVersion`.
    pub version: String,
}

/// Which way of deployment a portal script was made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScriptVariant {
    /// Unattended: asks nothing, shows nothing.
    GroupPolicy,
    /// For single machines: asks for consent and waits for a key.
    Local,
    /// The Group Policy script with the VDI companion beside it.
    NonPersistent,
    /// No portal script.
    Other,
}

/// Processor architecture of a download.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Architecture {
    /// 64-bit x86, the only one that servers here run.
    X64,
    /// 32-bit x86.
    X86,
    /// 64-bit Arm.
    Arm64,
    /// Not told, or another one.
    Other,
}

impl core::fmt::Display for Architecture {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::X64 => "x64",
            Self::X86 => "x86",
            Self::Arm64 => "arm64",
            Self::Other => "another processor",
        })
    }
}

/// The places ([`Kind::slot`]) of packages that offboard.
pub(crate) const OFFBOARDING_SLOTS: [&str; 2] = ["offboarding script", "offboarding file"];

impl Kind {
    /// The payload role this kind fills; none for what is never staged on its own.
    pub fn role(&self) -> Option<Role> {
        Some(match self {
            Self::OnboardingScript { .. } => Role::OnboardingScript,
            Self::OffboardingScript { .. } => Role::OffboardingScript,
            Self::Agent { .. } => Role::Agent,
            Self::InstallScript { .. } => Role::InstallScript,
            Self::PlatformUpdate { .. } => Role::PlatformUpdate,
            Self::SensorUpdate { .. } => Role::SensorUpdate,
            Self::Hotfix { .. } => Role::Hotfix,
            Self::DeploymentTool { .. } => Role::DeploymentTool,
            Self::OnboardingFile { .. } | Self::DeploymentToolFile { .. } => {
                Role::DeploymentToolFile
            }
            Self::MonitoringAgent { .. } => Role::MonitoringAgent,
            Self::Analyzer { .. } => Role::Analyzer,
            Self::OffboardingFile { .. }
            | Self::DeploymentToolConfig
            | Self::VdiCompanion
            | Self::PolicyTemplate { .. }
            | Self::OtherPlatform { .. }
            | Self::Unknown { .. } => return None,
        })
    }

    /// Is it a package that takes servers out? Only a bundle of that mode has to do with one, and it
    /// ends after some days.
    pub fn offboards(&self) -> bool {
        matches!(
            self,
            Self::OffboardingScript { .. } | Self::OffboardingFile { .. }
        )
    }

    /// The blob that a package carries, in the one form in which a server gets it, and the role
    /// that it fills.
    pub fn payload(&self) -> Option<(Role, &BlobText)> {
        match self {
            Self::OnboardingScript { payload, .. } | Self::OnboardingFile { payload, .. } => {
                Some((Role::OnboardingInfo, payload.as_ref()?))
            }
            Self::OffboardingScript { payload, .. } | Self::OffboardingFile { payload, .. } => {
                Some((Role::OffboardingInfo, payload.as_ref()?))
            }
            _ => None,
        }
    }

    /// The text around the blob of a package.
    pub fn script_text(&self) -> Option<&ScriptText> {
        match self {
            Self::OnboardingScript { text, .. } | Self::OffboardingScript { text, .. } => {
                Some(text)
            }
            _ => None,
        }
    }

    /// The one place in a bundle that an item of this kind takes, in words; none for what is
    /// never staged. Two different files for one place are a mistake.
    pub fn slot(&self) -> Option<String> {
        if self.role().is_none() && self.payload().is_none() {
            return None;
        }
        Some(match self {
            Self::OnboardingScript { .. } => "onboarding script".to_owned(),
            Self::OffboardingScript { .. } => OFFBOARDING_SLOTS[0].to_owned(),
            Self::OffboardingFile { .. } => OFFBOARDING_SLOTS[1].to_owned(),
            // One KB number may stand for an update of several Windows versions.
            Self::Hotfix {
                kb,
                system,
                architecture,
            } => format!("hotfix {kb} {system} {architecture}"),
            Self::DeploymentToolFile { name } => format!("deployment tool file {name}"),
            kind => kind.name().to_owned(),
        })
    }

    /// The version the item carries, where its kind has one.
    pub fn version(&self) -> Option<&str> {
        match self {
            Self::OnboardingScript { blob, .. } | Self::OnboardingFile { blob, .. } => {
                blob.version.as_deref()
            }
            Self::OffboardingScript { blob, .. } | Self::OffboardingFile { blob, .. } => {
                blob.version.as_deref()
            }
            Self::InstallScript { version } => version.as_deref(),
            Self::Agent { version, .. }
            | Self::PlatformUpdate { version, .. }
            | Self::SensorUpdate { version, .. }
            | Self::DeploymentTool { version }
            | Self::MonitoringAgent { version } => Some(version),
            Self::Hotfix { .. }
            | Self::DeploymentToolConfig
            | Self::DeploymentToolFile { .. }
            | Self::Analyzer { .. }
            | Self::VdiCompanion
            | Self::PolicyTemplate { .. }
            | Self::OtherPlatform { .. }
            | Self::Unknown { .. } => None,
        }
    }
}
