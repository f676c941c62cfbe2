//! Sample downloads whose programs do something: the identities of Microsoft's installers, as
//! the samples have them, on the stand-in `tool`, which takes a test's orders under the
//! program's name.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use gangway_fixtures::updates::ProgramSpec;

use crate::required;

/// A program of the samples that follows orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Installer {
    /// `UpdatePlatform.exe`, orders under `updateplatform`.
    PlatformUpdate,
    /// `UpdateSenseClient.exe`, orders under `updatesenseclient`.
    SensorUpdate,
    /// `DefenderDT.exe`, orders under `defenderdt`.
    DeploymentTool,
    /// `MMASetup-AMD64.exe`, orders under `mmasetup-amd64`.
    MonitoringAgent,
}

/// Key of the monitoring agent's workspace, as long as a real one.
pub const WORKSPACE_KEY: &str =
    "bm90IGEgcmVhbCBrZXksIGJ1dCBhcyBsb25nIGFzIG9uZTogNjQgYnl0ZXMgYXJlIDg4IGRpZ2l0cyBvZiBiYXNlNjQ=";

/// A file that holds [`WORKSPACE_KEY`] as an administrator would save it.
///
/// # Errors
/// It cannot be written.
pub fn workspace_key_file() -> Result<PathBuf> {
    let path = required::work_folder()?.join("workspace.key");
    fs::write(&path, format!("{WORKSPACE_KEY}\r\n"))
        .with_context(|| format!("write `{}`", path.display()))?;
    Ok(path)
}

impl Installer {
    /// Its file.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn path(self) -> Result<PathBuf> {
        let spec = match self {
            Self::PlatformUpdate => ProgramSpec::platform_update(),
            Self::SensorUpdate => ProgramSpec::sensor_update(),
            Self::DeploymentTool => ProgramSpec::deployment_tool(),
            Self::MonitoringAgent => ProgramSpec::monitoring_agent(),
        };
        let tool = required::path(required::STANDINS)?.join("tool.exe");
        let body = fs::read(&tool).with_context(|| format!("read `{}`", tool.display()))?;
        let folder = required::work_folder()?.join("installers");
        fs::create_dir_all(&folder).with_context(|| format!("create `{}`", folder.display()))?;
        let path = folder.join(spec.file_name);
        keep(&path, &spec.running(body).bytes())?;
        Ok(path)
    }
}

/// Writes a download where it does not stand already: its time is part of what bundles are kept
/// under.
///
/// # Errors
/// It cannot be written.
pub fn keep(path: &Path, bytes: &[u8]) -> Result<()> {
    let lock_file = path.with_extension("lock");
    let lock = File::create(&lock_file)
        .with_context(|| format!("create file `{}`", lock_file.display()))?;
    lock.lock()
        .with_context(|| format!("lock file `{}`", lock_file.display()))?;
    if fs::read(path).ok().as_deref() != Some(bytes) {
        let beside = path.with_extension("new");
        fs::write(&beside, bytes)
            .and_then(|()| fs::rename(&beside, path))
            .with_context(|| format!("write `{}`", path.display()))?;
    }
    Ok(())
}
