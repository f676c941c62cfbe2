//! Folders for tools that run a program on servers and wait for it: Configuration Manager, Ansible,
//! PowerShell DSC.
//!
//! Each starts the bootstrap with its payloads from a folder, maps its exit codes, and looks at the
//! state of the server, which the sensor writes. Words stand in `templates/packages/`; values come as
//! literals ([`literal`]).

mod ansible;
mod configmgr;
mod dsc;
pub mod literal;
mod outcome;
#[cfg(test)]
mod tests;

use askama::Template;
use gangway_contract::manifest::Settings;
use gangway_contract::registry::SENSOR;
use gangway_contract::{BundleId, OrgId, Sha256};

pub use ansible::ansible;
pub use configmgr::configuration_manager;
pub use dsc::{CONFIGURATION, dsc};

/// The folder with the bootstrap and its payloads, beside those of the tools.
pub const CONTENT: &str = "content";
/// The folder with the bootstrap that offboards, and its payloads.
pub const OFFBOARD: &str = "offboard";

/// Shortest and longest run time that Configuration Manager takes for an application, in minutes.
const RUNTIME_MINUTES: (u32, u32) = (15, 720);

/// What the folders of the tools are made of.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// Display name of the organisation.
    pub organization: String,
    /// Its 32 digits name the folder on a server, too.
    pub bundle_id: BundleId,
    /// The bundle's sequence.
    pub sequence: u64,
    /// The tenant that a server has to report to.
    pub tenant: OrgId,
    /// What onboards, with the SHA-256 that tools compare before they start it.
    pub program: Program,
    /// Longest run of the program, in minutes ([`runtime_minutes`]).
    pub runtime_minutes: u32,
    /// What takes servers out of the service again, when there is something.
    pub removal: Option<Removal>,
}

/// A bootstrap.
#[derive(Debug, Clone)]
pub struct Program {
    /// Its file name.
    pub name: String,
    /// Of all its bytes, with the signature.
    pub sha256: Sha256,
}

/// A bootstrap that offboards.
#[derive(Debug, Clone)]
pub struct Removal {
    /// Digest of its manifest; names the folder on a server, too.
    pub bundle_id: BundleId,
    /// What is run, with the SHA-256 that tools compare before.
    pub program: Program,
    /// The last moment of the offboarding package, in seconds since 1970 UTC.
    pub expires_at: i64,
}

/// A filled template. Templates lose their last line feed.
fn filled(name: &'static str, template: &impl Template) -> Result<ToolFile, askama::Error> {
    let mut content = template.render()?;
    content.push('\n');
    Ok(ToolFile { name, content })
}

/// What an administrator gives to a tool: a script, a playbook, a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolFile {
    /// Its name in the folder of the tool.
    pub name: &'static str,
    /// All of it; ASCII where PowerShell reads it.
    pub content: String,
}

/// Longest run of a bootstrap with so many installers, in minutes, by the limits that it has itself.
pub fn runtime_minutes(settings: &Settings, installers: usize) -> u32 {
    let fetch = u64::from(settings.fetch_retries) * u64::from(settings.fetch_retry_wait_s);
    let installer = u64::from(settings.installer_wait_s) + u64::from(settings.install_limit_s);
    let seconds = [
        u64::from(settings.jitter_s),
        fetch,
        installer.saturating_mul(installers as u64),
        u64::from(settings.script_limit_s),
        u64::from(settings.verify_wait_s),
    ];
    let seconds = seconds.into_iter().fold(0, u64::saturating_add);
    let (shortest, longest) = RUNTIME_MINUTES;
    u32::try_from(seconds.div_ceil(60)).map_or(longest, |minutes| minutes.clamp(shortest, longest))
}

/// The key in which the sensor writes what it is, below `HKEY_LOCAL_MACHINE`, in the view of 64 bits.
fn status_key() -> String {
    format!(r"{SENSOR}\Status")
}

/// The same as a path of PowerShell.
fn status_path() -> String {
    format!(r"HKLM:\{}", status_key())
}

/// The bundle is named in a folder of its own, so that two never share one on a server.
fn local_folder(bundle_id: &BundleId) -> String {
    format!(r"Gangway Content\{bundle_id}")
}
