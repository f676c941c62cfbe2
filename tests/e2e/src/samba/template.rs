//! The provisioned domain that every test's domain is a copy of, made once per target folder.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use sha2::Digest as _;

use super::namespaces::isolated;
use crate::{program, template};

/// Provisions; see there.
const PROVISION: &str = include_str!("provision.sh");

/// Provisioning takes 8 s on an idle machine.
const LIMIT: Duration = Duration::from_secs(300);

/// Joins a second domain controller; see there.
const JOIN: &str = include_str!("join.sh");

/// Folder of the template.
pub(super) fn folder() -> Result<PathBuf> {
    template::folder(&name("samba-template", PROVISION), provision)
}

/// Folder of the template with two domain controllers: the domain in `tree`, the second one in `second`.
pub(super) fn folder_of_two() -> Result<PathBuf> {
    let one = folder()?;
    let recipe = [PROVISION, JOIN].concat();
    template::folder(&name("samba-two", &recipe), |folder| join(&one, folder))
}

/// Another recipe is another domain.
fn name(what: &str, recipe: &str) -> String {
    let digest = sha2::Sha256::digest(recipe);
    let digest: String = digest.iter().take(8).map(|b| format!("{b:02x}")).collect();
    format!("{what}-{digest}")
}

fn provision(folder: &Path) -> Result<()> {
    let mut provision = isolated(PROVISION)?;
    provision.command.arg(folder);
    succeed(&mut provision.command, &folder.with_extension("run"))
}

fn join(one: &Path, folder: &Path) -> Result<()> {
    let (tree, second) = (folder.join("tree"), folder.join("second"));
    let files = folder.with_extension("run");
    copy(one, &tree, &files)?;
    std::fs::create_dir(&second).with_context(|| format!("create `{}`", second.display()))?;
    let mut join = isolated(JOIN)?;
    join.command.arg(tree).arg(second);
    succeed(&mut join.command, &files)
}

/// Copies a folder; `cp` keeps owners and extended attributes, where Samba has its permissions.
pub(super) fn copy(from: &Path, to: &Path, files: &Path) -> Result<()> {
    let mut copy = Command::new("cp");
    copy.arg("-a").arg(from).arg(to);
    succeed(&mut copy, files)
}

fn succeed(command: &mut Command, files: &Path) -> Result<()> {
    let output = program::run(command, files, LIMIT)?;
    ensure!(
        output.status.success(),
        "{}\n{}{}",
        output.status,
        output.stdout,
        output.stderr
    );
    Ok(())
}
