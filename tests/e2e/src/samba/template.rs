//! The provisioned domain that every test's domain is a copy of, made once per target folder.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Result, ensure};
use sha2::Digest as _;

use super::namespaces::isolated;
use crate::{program, template};

/// Provisions; see there.
const PROVISION: &str = include_str!("provision.sh");

/// Provisioning takes 8 s on an idle machine.
const LIMIT: Duration = Duration::from_secs(300);

/// Folder of the template.
pub(super) fn folder() -> Result<PathBuf> {
    // Another recipe is another domain.
    let digest = sha2::Sha256::digest(PROVISION);
    let digest: String = digest.iter().take(8).map(|b| format!("{b:02x}")).collect();
    template::folder(&format!("samba-template-{digest}"), provision)
}

fn provision(folder: &Path) -> Result<()> {
    let mut provision = isolated(PROVISION)?;
    provision.command.arg(folder);
    let output = program::run(&mut provision.command, &folder.with_extension("run"), LIMIT)?;
    ensure!(
        output.status.success(),
        "{}\n{}{}",
        output.status,
        output.stdout,
        output.stderr
    );
    Ok(())
}
