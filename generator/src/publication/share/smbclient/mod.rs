//! SYSVOL through Samba's `smbclient` and `smbcacls`, for publishers that do not run Windows.
//!
//! Nothing of it touches a disk here: the password goes to the program through a pipe that it
//! reads as its authentication file, contents go through its standard streams, and a folder
//! comes as a tar archive. A publisher that is ended leaves nothing behind.
//!
//! `smbclient` ends with 0 after some failures (a refused `mkdir`, for one), so what it says is
//! read too: every `NT_STATUS_` in it is a failure.

mod archive;
mod listing;
#[cfg(test)]
mod tests;
mod traffic;

use std::collections::BTreeMap;
use std::io::{self, PipeReader, Write as _};
use std::os::fd::AsRawFd as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

pub use archive::read_archive;
use traffic::{Received, Receives, Traffic, exchange};

use gangway_contract::Sha256;

use super::{AccessEntry, LargeFiles, Listed, Share, ShareError, ShareFailure, Tree};
use crate::interrupted::Running;
use crate::publication::credentials::Credentials;
use crate::publication::host::HostName;
use crate::{child, plain_file, printable};

/// Largest file that is read from the share, in bytes.
const MAX_FILE: u64 = 16 << 20;
/// Largest folder, as an archive: a GPO and the bootstrap have far less.
const MAX_FOLDER: u64 = 64 << 20;
/// Longest that one program may take: an exe of a megabyte over a slow line is there in a third of
/// it. The first that takes longer ends the publication.
const MAX_TIME: Duration = Duration::from_secs(60);
/// Longest that all of them may take together: a bundle's policies and exe are some hundred
/// operations of some hundred milliseconds. A server that lets each one wait holds up nobody's
/// pipeline for hours.
const MAX_TOTAL: Duration = Duration::from_secs(600);

/// Longest that one program, and all of them, may take to undo something: somebody waits for the end.
const MAX_TO_UNDO: Duration = Duration::from_secs(15);

/// The slowest line that payloads go over, in bytes a second: 8 Mbit/s.
const SLOWEST: u64 = 1 << 20;
/// Largest listing of a folder that is read, in bytes: a release has a dozen files.
const MAX_LISTING: u64 = 4 << 20;

/// The share, reached by starting a program for each operation.
#[derive(Debug, Clone)]
pub struct SmbClient {
    service: String,
    credentials: Credentials,
    /// Folder of the programs; empty for those on the `PATH`.
    programs: PathBuf,
    /// Longest that one program may take.
    time: Duration,
    /// What is left of the time that all of them have.
    left: Duration,
    /// The account was refused: it is not tried again, or it would be locked.
    refused: Option<ShareError>,
    /// Is this what a signal undoes things by?
    is_to_undo: bool,
}

/// What a program said, and how it ended.
struct Said {
    program: String,
    status: ExitStatus,
    content: Received,
    words: String,
}

fn failed(doing: &str, why: String) -> ShareError {
    ShareError {
        doing: doing.to_owned(),
        failure: if why.contains("NT_STATUS_ACCESS_DENIED") {
            ShareFailure::NoAccess
        } else if why.contains("NT_STATUS_NOT_A_DIRECTORY") {
            ShareFailure::InTheWay
        } else {
            ShareFailure::Other
        },
        why,
    }
}

impl SmbClient {
    /// Names the share; nothing is connected yet.
    pub fn new(host: &HostName, share: &str, credentials: &Credentials) -> Self {
        Self {
            service: format!("//{host}/{share}"),
            credentials: credentials.clone(),
            programs: PathBuf::new(),
            time: MAX_TIME,
            left: MAX_TOTAL,
            refused: None,
            is_to_undo: false,
        }
    }

    /// A share for files of so many bytes, on a line that may be as slow as [`SLOWEST`].
    #[must_use]
    pub fn for_large_files(mut self, largest: u64, all: u64) -> Self {
        self.time = MAX_TIME + Duration::from_secs(largest / SLOWEST);
        // Each is written and read back, and may have been read before.
        self.left = MAX_TOTAL + Duration::from_secs(3 * (all / SLOWEST));
        self
    }

    /// Runs commands of `smbclient` in a folder and gives what they write to standard output.
    fn run(
        &mut self,
        doing: &str,
        folder: Option<&str>,
        commands: &str,
        traffic: Traffic<'_>,
    ) -> Result<Received, ShareError> {
        // Its own words to standard error: standard output is content.
        let mut arguments = vec!["-E", "-c", commands];
        if let Some(folder) = folder {
            arguments.extend(["-D", folder]);
        }
        self.start(doing, "smbclient", &arguments, traffic)
    }

    /// Starts a program, unless the account was refused before, and judges how it ended.
    fn start(
        &mut self,
        doing: &str,
        program: &str,
        arguments: &[&str],
        traffic: Traffic<'_>,
    ) -> Result<Received, ShareError> {
        if let Some(refused) = &self.refused {
            return Err(refused.clone());
        }
        let program = self.programs.join(program).to_string_lossy().into_owned();
        let said = self
            .said(&program, arguments, traffic)
            .map_err(|error| ShareError {
                failure: match error.kind() {
                    io::ErrorKind::NotFound => ShareFailure::NoProgram,
                    _ => ShareFailure::Other,
                },
                ..failed(doing, error.to_string())
            })?;
        let result = judge(doing, said);
        if let Err(error) = &result
            && let Some(why) = sign_in(&error.why)
        {
            let refused = ShareError {
                failure: ShareFailure::NotSignedIn,
                why: format!("{why} ({})", error.why),
                ..error.clone()
            };
            self.refused = Some(refused.clone());
            return Err(refused);
        }
        result
    }

    /// Runs a program within what is left of the time.
    fn said(
        &mut self,
        program: &str,
        arguments: &[&str],
        traffic: Traffic<'_>,
    ) -> io::Result<Said> {
        if self.left.is_zero() {
            return Err(io::Error::new(
                io::ErrorKind::TimedOut,
                format!(
                    "the file server took {} s for what was done so far, and that is all it gets",
                    MAX_TOTAL.as_secs()
                ),
            ));
        }
        let begun = Instant::now();
        let said = self.ended(program, arguments, traffic);
        self.left = self.left.saturating_sub(begun.elapsed());
        said
    }

    fn ended(&self, program: &str, arguments: &[&str], traffic: Traffic<'_>) -> io::Result<Said> {
        let (authentication, mut password) = io::pipe()?;
        let mut command = self.command(program, &authentication)?;
        command.args(arguments);
        command.stdin(match (traffic.from, traffic.send) {
            (Some(file), _) => Stdio::from(file.try_clone()?),
            (None, Some(_)) => Stdio::piped(),
            (None, None) => Stdio::null(),
        });
        let started = match self.is_to_undo {
            true => Running::start_to_undo(&mut command),
            false => Running::start(&mut command),
        };
        let child = started
            .map_err(|error| io::Error::new(error.kind(), format!("start `{program}`: {error}")))?;
        // The only readers left are the child's: one that ends early ends the writing too.
        drop(authentication);
        let text = self.credentials.authentication_file();
        let handed = password.write_all(text.as_bytes());
        drop(password);
        let (content, mut words) = exchange(&child, traffic, self.time.min(self.left))?;
        if let (Receives::Words, Received::Bytes(said)) = (traffic.receives, &content) {
            words.push_str(&String::from_utf8_lossy(said));
        }
        let status = child.wait()?;
        // A child that ended without reading says why itself.
        if status.success() {
            handed?;
        }
        Ok(Said {
            program: program.to_owned(),
            status,
            content,
            words,
        })
    }

    fn command(&self, program: &str, authentication: &PipeReader) -> io::Result<Command> {
        // Without this no child would have it.
        rustix::io::fcntl_setfd(authentication, rustix::io::FdFlags::empty())?;
        let mut command = child::program(program);
        command
            .arg(&self.service)
            .arg("-A")
            .arg(format!("/dev/fd/{}", authentication.as_raw_fd()))
            // Signed at least: what is written here runs as SYSTEM everywhere.
            .arg("--client-protection=sign")
            .env("LC_ALL", "C")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Ok(command)
    }
}

fn judge(doing: &str, said: Said) -> Result<Received, ShareError> {
    let failed = |line: &str| {
        // What a server or a program says is one line of ours, and moves no cursor.
        failed(doing, printable::on_one_line(line.trim()).into_owned())
    };
    let fault = said.words.lines().find(|line| line.contains("NT_STATUS_"));
    match fault {
        Some(line) => Err(failed(line)),
        None if said.status.success() => Ok(said.content),
        None => {
            let last = said.words.lines().rfind(|line| !line.trim().is_empty());
            let last = last.unwrap_or("it said nothing").trim();
            Err(failed(&format!(
                "`{}` ended with {}: {last}",
                said.program, said.status
            )))
        }
    }
}

/// Why an account could not sign in, when that is what a program says (`ntstatus.h`).
fn sign_in(words: &str) -> Option<&'static str> {
    [
        (
            "NT_STATUS_LOGON_FAILURE",
            "account name or password are wrong",
        ),
        ("NT_STATUS_WRONG_PASSWORD", "the password is wrong"),
        ("NT_STATUS_NO_SUCH_USER", "there is no such account"),
        (
            "NT_STATUS_INVALID_LOGON_HOURS",
            "the account may not sign in at this time of day",
        ),
        (
            "NT_STATUS_INVALID_WORKSTATION",
            "the account may not sign in from this machine",
        ),
        ("NT_STATUS_PASSWORD_EXPIRED", "the password has expired"),
        (
            "NT_STATUS_PASSWORD_MUST_CHANGE",
            "the password has to be changed before the first use",
        ),
        ("NT_STATUS_ACCOUNT_DISABLED", "the account is disabled"),
        ("NT_STATUS_ACCOUNT_EXPIRED", "the account has expired"),
        (
            "NT_STATUS_ACCOUNT_RESTRICTION",
            "the account may not sign in this way",
        ),
        (
            "NT_STATUS_ACCOUNT_LOCKED_OUT",
            "the account is locked after too many wrong passwords",
        ),
    ]
    .into_iter()
    .find(|(status, _)| words.contains(status))
    .map(|(_, why)| why)
}

/// A path as an argument inside a command: `smbclient` splits commands at `;` before it looks
/// for quotes, and knows no escape.
fn quote(path: &str) -> Result<String, ShareError> {
    if path.contains(['"', ';', '\n', '\r']) || path.split('/').any(|part| part == "..") {
        return Err(ShareError {
            doing: format!("name `{}` to smbclient", path.escape_default()),
            failure: ShareFailure::Other,
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
    fn to_undo(&self) -> Option<Box<dyn LargeFiles + Send>> {
        Some(Box::new(Self {
            time: self.time.min(MAX_TO_UNDO),
            left: MAX_TO_UNDO,
            is_to_undo: true,
            ..self.clone()
        }))
    }

    fn read_tree(&mut self, folder: &str) -> Result<Option<Tree>, ShareError> {
        quote(folder)?;
        let doing = format!("read folder `{folder}`");
        let traffic = Traffic::receive(MAX_FOLDER);
        match self.run(&doing, Some(folder), "tar c -", traffic) {
            Ok(archive) => read_archive(&archive.into_bytes(), folder)
                .map(Some)
                .map_err(|error| failed(&doing, error.to_string())),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn list(&mut self, folder: &str) -> Result<Option<BTreeMap<String, Listed>>, ShareError> {
        let doing = format!("list folder `{folder}`");
        quote(folder)?;
        // A listing is words to the program, so it comes where its complaints come.
        let arguments = ["-c", "ls", "-D", folder];
        let traffic = Traffic {
            most: MAX_LISTING,
            ..Traffic::NONE
        };
        match self.start(&doing, "smbclient", &arguments, traffic) {
            Ok(listing) => {
                let listing = String::from_utf8_lossy(&listing.into_bytes()).into_owned();
                Ok(Some(listing::read(&listing)))
            }
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn read_file(&mut self, path: &str) -> Result<Option<Vec<u8>>, ShareError> {
        let doing = format!("read `{path}`");
        let commands = format!("get {} -", quote(path)?);
        let traffic = Traffic::receive(MAX_FILE);
        match self.run(&doing, None, &commands, traffic) {
            Ok(bytes) => Ok(Some(bytes.into_bytes())),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn make_folder(&mut self, path: &str) -> Result<(), ShareError> {
        let doing = format!("make folder `{path}`");
        let commands = format!("mkdir {}", quote(path)?);
        match self.run(&doing, None, &commands, Traffic::NONE) {
            Err(error) if error.why.contains("NT_STATUS_OBJECT_NAME_COLLISION") => {
                // A file of that name cannot be listed.
                let there = self.list(path).ok().flatten();
                there.map(drop).ok_or(error)
            }
            made => made.map(drop),
        }
    }

    fn set_permissions(&mut self, path: &str, sddl: &str) -> Result<bool, ShareError> {
        let doing = format!("set the permissions of `{path}`");
        let arguments = [path, "--sddl", "-S", sddl];
        self.start(&doing, "smbcacls", &arguments, Traffic::NONE)?;
        Ok(true)
    }

    fn write(&mut self, path: &str, bytes: &[u8]) -> Result<(), ShareError> {
        let doing = format!("write `{path}`");
        let commands = format!("put - {}", quote(path)?);
        let traffic = Traffic {
            send: Some(bytes),
            ..Traffic::NONE
        };
        self.run(&doing, None, &commands, traffic).map(drop)
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<(), ShareError> {
        let doing = format!("rename `{from}` to `{to}`");
        let commands = format!("rename {} {} -f", quote(from)?, quote(to)?);
        self.run(&doing, None, &commands, Traffic::NONE).map(drop)
    }

    fn remove_file(&mut self, path: &str) -> Result<(), ShareError> {
        let doing = format!("remove `{path}`");
        let commands = format!("del {}", quote(path)?);
        self.run(&doing, None, &commands, Traffic::NONE).map(drop)
    }

    fn remove_folder(&mut self, path: &str) -> Result<(), ShareError> {
        let doing = format!("remove folder `{path}`");
        let commands = format!("deltree {}", quote(path)?);
        self.run(&doing, None, &commands, Traffic::NONE).map(drop)
    }
}

impl LargeFiles for SmbClient {
    fn write_from(&mut self, path: &str, source: &Path) -> Result<(), ShareError> {
        let doing = format!("write `{path}`");
        let commands = format!("put - {}", quote(path)?);
        let file = plain_file::open(source)
            .map_err(|error| failed(&format!("read `{}`", source.display()), error.to_string()))?;
        let traffic = Traffic {
            from: Some(&file),
            ..Traffic::NONE
        };
        self.run(&doing, None, &commands, traffic).map(drop)
    }

    fn digest(&mut self, path: &str, most: u64) -> Result<Option<(u64, Sha256)>, ShareError> {
        let doing = format!("read `{path}`");
        let commands = format!("get {} -", quote(path)?);
        match self.run(&doing, None, &commands, Traffic::digest(most)) {
            Ok(Received::Digest(size, sha256)) => Ok(Some((size, sha256))),
            Ok(Received::Bytes(_)) => Ok(None),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn permissions(&mut self, folder: &str) -> Result<Option<Vec<AccessEntry>>, ShareError> {
        let doing = format!("read the permissions of `{folder}`");
        let folder = if folder == "." { "/" } else { folder };
        let traffic = Traffic {
            most: MAX_LISTING,
            ..Traffic::NONE
        };
        let said = self.start(&doing, "smbcacls", &[folder, "--numeric"], traffic)?;
        let said = String::from_utf8_lossy(&said.into_bytes()).into_owned();
        match listing::access(&said) {
            entries if entries.is_empty() => {
                Err(failed(&doing, "`smbcacls` lists nobody".to_owned()))
            }
            entries => Ok(Some(entries)),
        }
    }
}
