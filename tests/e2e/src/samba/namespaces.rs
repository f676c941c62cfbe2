//! Namespaces of a script's own, in which a domain lives.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use super::lab::search_path;
use crate::required;

/// A script that will run in namespaces of its own.
pub(super) struct Isolated {
    pub(super) command: Command,
    /// Goes with this value.
    _script: tempfile::NamedTempFile,
}

/// Network, mounts and processes are the script's own; when the starting process goes, the
/// kernel ends what is left in them.
pub(super) fn isolated(script: &str) -> Result<Isolated> {
    let mut command = Command::new("unshare");
    command.arg("--net");
    with_script(command, script)
}

/// The same in the network of another script's process.
pub(super) fn beside(process: u32, script: &str) -> Result<Isolated> {
    let mut command = Command::new("nsenter");
    command.args(["--target", &process.to_string(), "--net", "--", "unshare"]);
    with_script(command, script)
}

fn with_script(mut command: Command, script: &str) -> Result<Isolated> {
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
    command
        .args(["--mount", "--pid", "--fork", "--kill-child"])
        .args(["--mount-proc", "sh"])
        .arg(file.path())
        .env("PATH", search_path());
    Ok(Isolated {
        command,
        _script: file,
    })
}
