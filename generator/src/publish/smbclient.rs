//! SYSVOL through Samba's `smbclient` and `smbcacls`, for publishers that do not run Windows.
//!
//! `smbclient` ends with 0 after some failures (a refused `mkdir`, for one), so its output is
//! read too: every `NT_STATUS_` in it is a failure.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::{NamedTempFile, TempDir};
use walkdir::WalkDir;

use super::credentials::Credentials;
use super::host::HostName;
use super::share::{Share, ShareError, Tree};

/// Largest file that is read from the share, in bytes.
const MAX_FILE: u64 = 16 << 20;

/// The share, reached by starting a program for each operation.
#[derive(Debug)]
pub struct SmbClient {
    service: String,
    authentication: NamedTempFile,
    scratch: TempDir,
}

impl SmbClient {
    /// Names the share; nothing is connected yet.
    ///
    /// # Errors
    /// The temporary files cannot be made.
    pub fn new(
        host: &HostName,
        share: &str,
        credentials: &Credentials,
    ) -> Result<Self, ShareError> {
        let failed = |error: std::io::Error| ShareError {
            doing: "make a temporary file".to_owned(),
            no_access: false,
            why: error.to_string(),
        };
        // Readable by this account only: that is how temporary files are made.
        let mut authentication = NamedTempFile::new().map_err(failed)?;
        authentication
            .write_all(credentials.authentication_file().as_bytes())
            .map_err(failed)?;
        Ok(Self {
            service: format!("//{host}/{share}"),
            authentication,
            scratch: TempDir::new().map_err(failed)?,
        })
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .arg(&self.service)
            .arg("-A")
            .arg(self.authentication.path())
            // Signed at least: what is written here runs as SYSTEM everywhere.
            .arg("--client-protection=sign")
            .env("LC_ALL", "C")
            .stdin(Stdio::null());
        command
    }

    /// Runs commands of `smbclient` in a folder.
    fn run(&self, doing: &str, folder: Option<&str>, commands: &str) -> Result<(), ShareError> {
        let mut command = self.command("smbclient");
        if let Some(folder) = folder {
            command.arg("-D").arg(folder);
        }
        run(doing, command.arg("-c").arg(commands))
    }

    /// A local file with this content, in a folder that goes with this value.
    fn local(&self, bytes: &[u8]) -> Result<std::path::PathBuf, ShareError> {
        let path = self.scratch.path().join("upload");
        std::fs::write(&path, bytes).map_err(|error| ShareError {
            doing: "write a temporary file".to_owned(),
            no_access: false,
            why: error.to_string(),
        })?;
        Ok(path)
    }
}

fn run(doing: &str, command: &mut Command) -> Result<(), ShareError> {
    let program = command.get_program().to_string_lossy().into_owned();
    let failed = |why: String| ShareError {
        doing: doing.to_owned(),
        no_access: why.contains("NT_STATUS_ACCESS_DENIED"),
        why,
    };
    let output = command.output().map_err(|error| {
        failed(format!(
            "start `{program}`: {error}\nhint: install the package `smbclient`"
        ))
    })?;
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&output.stderr));
    let fault = text.lines().find(|line| line.contains("NT_STATUS_"));
    match fault {
        Some(line) => Err(failed(line.trim().to_owned())),
        None if output.status.success() => Ok(()),
        None => {
            let last = text.lines().rfind(|line| !line.trim().is_empty());
            let last = last.unwrap_or("it said nothing").trim();
            Err(failed(format!(
                "`{program}` ended with {}: {last}",
                output.status
            )))
        }
    }
}

/// A path as an argument inside a command: `smbclient` splits commands at `;` before it looks
/// for quotes, and knows no escape.
fn quote(path: &str) -> Result<String, ShareError> {
    if path.contains(['"', ';', '\n', '\r']) || path.split('/').any(|part| part == "..") {
        return Err(ShareError {
            doing: format!("name `{}` to smbclient", path.escape_default()),
            no_access: false,
            why: "a file name with a quote, a semicolon or a line break".to_owned(),
        });
    }
    Ok(format!("\"{path}\""))
}

fn is_absent(error: &ShareError) -> bool {
    [
        "NT_STATUS_OBJECT_NAME_NOT_FOUND",
        "NT_STATUS_OBJECT_PATH_NOT_FOUND",
        "NT_STATUS_NO_SUCH_FILE",
    ]
    .iter()
    .any(|status| error.why.contains(status))
}

impl Share for SmbClient {
    fn read_tree(&mut self, folder: &str) -> Result<Option<Tree>, ShareError> {
        quote(folder)?;
        let doing = format!("read folder `{folder}`");
        // Alone first: a failed change of folder would not stop the commands after it.
        match self.run(&doing, Some(folder), "ls") {
            Ok(()) => {}
            Err(error) if is_absent(&error) => return Ok(None),
            Err(error) => return Err(error),
        }
        let local = tempfile::tempdir_in(self.scratch.path()).map_err(|error| ShareError {
            doing: doing.clone(),
            no_access: false,
            why: error.to_string(),
        })?;
        let target = quote(&local.path().to_string_lossy())?;
        let commands = format!("lcd {target}; prompt OFF; recurse ON; mget *");
        match self.run(&doing, Some(folder), &commands) {
            // An empty folder: there is nothing to get.
            Err(error) if is_absent(&error) => {}
            other => other?,
        }
        read_local(local.path(), &doing).map(Some)
    }

    fn read_file(&mut self, path: &str) -> Result<Option<Vec<u8>>, ShareError> {
        let local = self.scratch.path().join("download");
        let target = quote(&local.to_string_lossy())?;
        let doing = format!("read `{path}`");
        let commands = format!("get {} {target}", quote(path)?);
        match self.run(&doing, None, &commands) {
            Ok(()) => read_bounded(&local, &doing).map(Some),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn make_folder(&mut self, path: &str) -> Result<(), ShareError> {
        let doing = format!("make folder `{path}`");
        self.run(&doing, None, &format!("mkdir {}", quote(path)?))
    }

    fn set_permissions(&mut self, path: &str, sddl: &str) -> Result<bool, ShareError> {
        let doing = format!("set the permissions of `{path}`");
        let mut command = self.command("smbcacls");
        run(&doing, command.arg(path).args(["--sddl", "-S", sddl]))?;
        Ok(true)
    }

    fn write(&mut self, path: &str, bytes: &[u8]) -> Result<(), ShareError> {
        let local = self.local(bytes)?;
        let source = quote(&local.to_string_lossy())?;
        let doing = format!("write `{path}`");
        self.run(&doing, None, &format!("put {source} {}", quote(path)?))
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<(), ShareError> {
        let doing = format!("rename `{from}` to `{to}`");
        let commands = format!("rename {} {} -f", quote(from)?, quote(to)?);
        self.run(&doing, None, &commands)
    }

    fn remove_file(&mut self, path: &str) -> Result<(), ShareError> {
        let doing = format!("remove `{path}`");
        self.run(&doing, None, &format!("del {}", quote(path)?))
    }

    fn remove_folder(&mut self, path: &str) -> Result<(), ShareError> {
        let doing = format!("remove folder `{path}`");
        self.run(&doing, None, &format!("deltree {}", quote(path)?))
    }
}

fn read_bounded(path: &Path, doing: &str) -> Result<Vec<u8>, ShareError> {
    let failed = |why: String| ShareError {
        doing: doing.to_owned(),
        no_access: false,
        why,
    };
    let length = std::fs::metadata(path)
        .map_err(|error| failed(error.to_string()))?
        .len();
    if length > MAX_FILE {
        return Err(failed(format!(
            "a file of {length} bytes is no policy file"
        )));
    }
    std::fs::read(path).map_err(|error| failed(error.to_string()))
}

/// Everything below a local folder.
fn read_local(root: &Path, doing: &str) -> Result<Tree, ShareError> {
    let failed = |why: String| ShareError {
        doing: doing.to_owned(),
        no_access: false,
        why,
    };
    let mut tree = Tree {
        folders: Vec::new(),
        files: BTreeMap::new(),
    };
    for entry in WalkDir::new(root).min_depth(1).sort_by_file_name() {
        let entry = entry.map_err(|error| failed(error.to_string()))?;
        let relative = entry.path().strip_prefix(root).unwrap_or(entry.path());
        let parts: Vec<_> = relative.iter().map(OsStr::to_string_lossy).collect();
        let name = parts.join("/");
        if entry.file_type().is_dir() {
            tree.folders.push(name);
        } else if entry.file_type().is_file() {
            tree.files.insert(name, read_bounded(entry.path(), doing)?);
        }
    }
    Ok(tree)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_smbclient_would_split_are_refused() {
        for path in ["a\"b", "a;b", "a\nb", "a/../b", ".."] {
            assert!(quote(path).is_err(), "{path}");
        }
        assert_eq!(quote("a b/{C}/d.xml").unwrap(), "\"a b/{C}/d.xml\"");
    }
}
