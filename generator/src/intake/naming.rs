//! Kinds and verdicts in words, for reports, runbook and `bundle.json`.

use std::fmt;

use super::{Kind, ScriptVariant, SignatureFacts, Verdict};
use crate::formats::x509::time::utc;

impl Kind {
    /// What the item is, in a few words.
    pub fn name(&self) -> &'static str {
        match self {
            Self::OnboardingScript { variant, .. } => match variant {
                ScriptVariant::GroupPolicy => "onboarding script (Group Policy)",
                ScriptVariant::Local => "onboarding script (single machine)",
                ScriptVariant::NonPersistent => "onboarding script (VDI)",
                ScriptVariant::Other => "onboarding package in another text",
            },
            Self::OffboardingScript { variant, .. } => match variant {
                ScriptVariant::GroupPolicy => "offboarding script (Group Policy)",
                ScriptVariant::Local => "offboarding script (single machine)",
                ScriptVariant::NonPersistent => "offboarding script (VDI)",
                ScriptVariant::Other => "offboarding package in another text",
            },
            Self::OnboardingFile { .. } => "onboarding file",
            Self::OffboardingFile { .. } => "offboarding file",
            Self::Agent { .. } => "unified agent",
            Self::InstallScript { .. } => "agent install script",
            Self::PlatformUpdate { .. } => "antivirus platform update",
            Self::SensorUpdate { .. } => "sensor update",
            Self::Hotfix { .. } => "Windows update",
            Self::DeploymentTool { .. } => "deployment tool",
            Self::DeploymentToolConfig => "deployment tool settings",
            Self::DeploymentToolFile { .. } => "deployment tool file",
            Self::MonitoringAgent { .. } => "monitoring agent (retired)",
            Self::Analyzer { .. } => "client analyzer",
            Self::VdiCompanion => "VDI companion script",
            Self::PolicyTemplate { .. } => "policy template",
            Self::OtherPlatform { .. } => "package for another platform",
            Self::Unknown { .. } => "unknown",
        }
    }
}

impl fmt::Display for SignatureFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} by {}", self.place, self.digest, self.signer)?;
        match self.signed_at {
            Some(at) => write!(f, ", stamped {}", utc(at))?,
            None => f.write_str(", not stamped")?,
        }
        match &self.stamped_by {
            Some(by) => write!(f, " by {by}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Valid {
                signer,
                lab_root,
                blob_root,
                ..
            } => {
                write!(f, "signed by {signer}")?;
                match (*blob_root, *lab_root) {
                    (true, _) => f.write_str(" (root added by trust.blob_roots)"),
                    (false, true) => f.write_str(" (lab root)"),
                    (false, false) => Ok(()),
                }
            }
            Self::Invalid { why } => write!(f, "invalid signature: {why}"),
            Self::Unsigned => f.write_str("unsigned"),
            Self::NotChecked { why } => write!(f, "not checked: {why}"),
        }
    }
}
