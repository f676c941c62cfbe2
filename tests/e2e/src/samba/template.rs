//! The provisioned domains that every test's domain is a copy of, each made once per target folder.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use sha2::Digest as _;

use super::lab::{FIRST, HOSTS, Names};
use super::namespaces::isolated;
use crate::{program, template};

/// Provisions; see there.
const PROVISION: &str = include_str!("provision.sh");

/// Provisioning takes 8 s on an idle machine.
const LIMIT: Duration = Duration::from_secs(300);

/// Joins a second domain controller; see there.
const JOIN: &str = include_str!("join.sh");

/// Folder of the template of a domain.
pub(super) fn folder(names: &Names) -> Result<PathBuf> {
    let recipe = [PROVISION, &arguments(names).join(" ")].concat();
    template::folder(&name("samba-template", &recipe), |folder| {
        provision(folder, names)
    })
}

/// What the provisioning is told of it.
const fn arguments(names: &Names) -> [&'static str; 4] {
    [names.name, names.short_name, names.address, HOSTS]
}

/// Folder of the template with two domain controllers: the domain in `tree`, the second one in `second`.
pub(super) fn folder_of_two() -> Result<PathBuf> {
    let one = folder(&FIRST)?;
    let recipe = [PROVISION, &arguments(&FIRST).join(" "), JOIN].concat();
    template::folder(&name("samba-two", &recipe), |folder| join(&one, folder))
}

/// Another recipe is another domain.
fn name(what: &str, recipe: &str) -> String {
    let digest = sha2::Sha256::digest(recipe);
    let digest: String = digest.iter().take(8).map(|b| format!("{b:02x}")).collect();
    format!("{what}-{digest}")
}

fn provision(folder: &Path, names: &Names) -> Result<()> {
    let mut provision = isolated(PROVISION)?;
    provision.command.arg(folder).args(arguments(names));
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
