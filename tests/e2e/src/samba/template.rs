//! The provisioned domain that every test's domain is a copy of, made once per target folder.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use sha2::Digest as _;

use super::lab::search_path;
use crate::{leftovers, program, required};

/// Provisions; see there.
const PROVISION: &str = include_str!("provision.sh");

/// Provisioning takes 8 s on an idle machine.
const LIMIT: Duration = Duration::from_secs(300);

/// Folder of the template; the first caller makes it, callers in other processes wait.
pub(super) fn folder() -> Result<PathBuf> {
    let work = required::work_folder()?;
    let lock_file = work.join("samba.lock");
    let lock = File::create(&lock_file)
        .with_context(|| format!("create file `{}`", lock_file.display()))?;
    lock.lock()
        .with_context(|| format!("lock file `{}`", lock_file.display()))?;
    leftovers::remove(&work);
    // Another recipe is another domain.
    let digest = sha2::Sha256::digest(PROVISION);
    let name: String = digest.iter().take(8).map(|b| format!("{b:02x}")).collect();
    let template = work.join(format!("samba-template-{name}"));
    if !template.is_dir() {
        make(&template).context("provision a Samba domain")?;
    }
    Ok(template)
}

fn make(template: &Path) -> Result<()> {
    let unfinished = template.with_extension("new");
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished)
            .with_context(|| format!("remove folder `{}`", unfinished.display()))?;
    }
    fs::create_dir(&unfinished)
        .with_context(|| format!("create folder `{}`", unfinished.display()))?;
    let mut provision = namespaces(PROVISION)?;
    provision.command.arg(&unfinished);
    let files = template.with_extension("run");
    let output = program::run(&mut provision.command, &files, LIMIT)?;
    ensure!(
        output.status.success(),
        "{}\n{}{}",
        output.status,
        output.stdout,
        output.stderr
    );
    fs::rename(&unfinished, template).with_context(|| format!("rename `{}`", unfinished.display()))
}

/// A script that will run in namespaces of its own.
pub(super) struct Isolated {
    pub(super) command: Command,
    /// Goes with this value.
    _script: tempfile::NamedTempFile,
}

/// Network, mounts and processes are the script's own; when the starting process goes, the
/// kernel ends what is left in them.
pub(super) fn namespaces(script: &str) -> Result<Isolated> {
    for tool in [
        "unshare",
        "nsenter",
        "ip",
        "samba",
        "samba-tool",
        "smbclient",
        "ldbsearch",
        "openssl",
    ] {
        // System programs are not on everybody's PATH.
        let in_sbin = ["/usr/sbin", "/sbin"].map(|folder| Path::new(folder).join(tool));
        if !in_sbin.iter().any(|path| path.is_file()) {
            required::tool(tool)?;
        }
    }
    let mut file = tempfile::NamedTempFile::new().context("create a temporary file")?;
    file.write_all(script.as_bytes())
        .context("write a temporary file")?;
    let mut command = Command::new("unshare");
    command
        .args(["--net", "--mount", "--pid", "--fork", "--kill-child"])
        .args(["--mount-proc", "sh"])
        .arg(file.path())
        .env("PATH", search_path());
    Ok(Isolated {
        command,
        _script: file,
    })
}
