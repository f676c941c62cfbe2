//! SYSVOL through Samba's `smbclient` and `smbcacls`, for publishers that do not run Windows.
//!
//! Nothing of it touches a disk here: the password goes to the program through a pipe that it
//! reads as its authentication file, contents go through its standard streams, and a folder
//! comes as a tar archive. A publisher that is ended leaves nothing behind.
//!
//! `smbclient` ends with 0 after some failures (a refused `mkdir`, for one), so what it says is
//! read too: every `NT_STATUS_` in it is a failure.

use std::io::{self, PipeReader, Read, Write as _};
use std::os::fd::AsRawFd as _;
use std::path::{Component, Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread::Scope;
use std::time::{Duration, Instant};

use super::credentials::Credentials;
use super::host::HostName;
use super::share::{Share, ShareError, Tree};
use crate::{child, printable};

/// Largest file that is read from the share, in bytes.
const MAX_FILE: u64 = 16 << 20;
/// Largest folder, as an archive: a GPO and the bootstrap have far less.
const MAX_FOLDER: u64 = 64 << 20;
/// Files and folders in it.
const MAX_ENTRIES: usize = 10_000;
/// Longest that one program may take: an exe of a megabyte over a slow line is there in a third of
/// it. The first that takes longer ends the publication.
const MAX_TIME: Duration = Duration::from_secs(60);
/// How much of what the programs say is read, in bytes.
const MAX_WORDS: u64 = 64 << 10;

/// The share, reached by starting a program for each operation.
#[derive(Debug)]
pub struct SmbClient {
    service: String,
    credentials: Credentials,
    /// Folder of the programs; empty for those on the `PATH`.
    programs: PathBuf,
    /// Longest that one program may take.
    time: Duration,
    /// The account was refused: it is not tried again, or it would be locked.
    refused: Option<ShareError>,
}

/// What a program said, and how it ended.
struct Said {
    program: String,
    status: ExitStatus,
    content: Vec<u8>,
    words: String,
}

fn failed(doing: &str, why: String) -> ShareError {
    ShareError {
        doing: doing.to_owned(),
        no_access: why.contains("NT_STATUS_ACCESS_DENIED"),
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
            refused: None,
        }
    }

    /// Runs commands of `smbclient` in a folder and gives what they write to standard output.
    fn run(
        &mut self,
        doing: &str,
        folder: Option<&str>,
        commands: &str,
        traffic: Traffic<'_>,
    ) -> Result<Vec<u8>, ShareError> {
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
    ) -> Result<Vec<u8>, ShareError> {
        if let Some(refused) = &self.refused {
            return Err(refused.clone());
        }
        let program = self.programs.join(program).to_string_lossy().into_owned();
        let said = self
            .said(&program, arguments, traffic)
            .map_err(|error| failed(doing, error.to_string()))?;
        let result = judge(doing, said);
        if let Err(error) = &result
            && let Some(why) = sign_in(&error.why)
        {
            let refused = ShareError {
                why: format!(
                    "{why} ({})\nhint: nothing is tried again, because repeated tries lock an \
                     account; correct the account or the password first",
                    error.why
                ),
                ..error.clone()
            };
            self.refused = Some(refused.clone());
            return Err(refused);
        }
        result
    }

    fn said(&self, program: &str, arguments: &[&str], traffic: Traffic<'_>) -> io::Result<Said> {
        let (authentication, mut password) = io::pipe()?;
        let mut command = self.command(program, &authentication)?;
        command.args(arguments);
        command.stdin(match traffic.send {
            Some(_) => Stdio::piped(),
            None => Stdio::null(),
        });
        let mut child = command.spawn().map_err(|error| {
            io::Error::other(format!(
                "start `{program}`: {error}\nhint: install the package `smbclient`"
            ))
        })?;
        // The only readers left are the child's: one that ends early ends the writing too.
        drop(authentication);
        let text = self.credentials.authentication_file();
        let handed = password.write_all(text.as_bytes());
        drop(password);
        let (content, mut words) = exchange(&mut child, traffic, self.time)?;
        if !traffic.receives {
            words.push_str(&String::from_utf8_lossy(&content));
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

/// What goes to a program, and what may come back.
#[derive(Debug, Clone, Copy)]
struct Traffic<'a> {
    /// For its standard input.
    send: Option<&'a [u8]>,
    /// Most that it may write to standard output, in bytes.
    most: u64,
    /// Is that content, and not words?
    receives: bool,
}

impl Traffic<'_> {
    const NONE: Self = Self {
        send: None,
        most: MAX_WORDS,
        receives: false,
    };

    const fn receive(most: u64) -> Self {
        Self {
            send: None,
            most,
            receives: true,
        }
    }
}

/// Feeds a child and reads both its streams at once: one that is full would stop it. A child that
/// has not ended its streams after `time` is ended.
fn exchange(
    child: &mut Child,
    traffic: Traffic<'_>,
    time: Duration,
) -> io::Result<(Vec<u8>, String)> {
    let until = Instant::now() + time;
    let (input, output, errors) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let too_much = |content: &io::Result<Vec<u8>>| {
        let content = content.as_ref();
        content.is_ok_and(|content| content.len() as u64 > traffic.most)
    };
    let (content, words, late) = std::thread::scope(|scope| {
        let words = reader(scope, errors, MAX_WORDS);
        let content = reader(scope, output, traffic.most + 1);
        if let (Some(mut input), Some(bytes)) = (input, traffic.send) {
            // A child that does not take it says why.
            scope.spawn(move || input.write_all(bytes));
        }
        let (content, mut late) = all_of(&content, until, child);
        if too_much(&content) {
            // It would write for ever.
            let _ = child.kill();
        }
        let (words, is_late) = all_of(&words, until, child);
        late |= is_late;
        (content, words, late)
    });
    if late {
        let _ = child.wait();
        return Err(io::Error::new(
            io::ErrorKind::TimedOut,
            format!("it did not come to an end in {} s", time.as_secs()),
        ));
    }
    if too_much(&content) {
        let _ = child.wait();
        return Err(io::Error::other(format!(
            "it has more than {} bytes, which no policy has",
            traffic.most
        )));
    }
    Ok((content?, String::from_utf8_lossy(&words?).into_owned()))
}

/// Reads a stream on a thread of its own.
fn reader<'scope>(
    scope: &'scope Scope<'scope, '_>,
    stream: Option<impl Read + Send + 'scope>,
    most: u64,
) -> Receiver<io::Result<Vec<u8>>> {
    let (sender, receiver) = mpsc::channel();
    scope.spawn(move || {
        let bytes = stream.map_or(Ok(Vec::new()), |stream| head(stream, most));
        let _ = sender.send(bytes);
    });
    receiver
}

/// What a reader gives, and whether the child had to be ended for it.
fn all_of(
    reader: &Receiver<io::Result<Vec<u8>>>,
    until: Instant,
    child: &mut Child,
) -> (io::Result<Vec<u8>>, bool) {
    let ended = || Err(io::Error::other("a thread ended"));
    let left = until.saturating_duration_since(Instant::now());
    match reader.recv_timeout(left) {
        Ok(bytes) => (bytes, false),
        Err(RecvTimeoutError::Disconnected) => (ended(), false),
        Err(RecvTimeoutError::Timeout) => {
            let _ = child.kill();
            (reader.recv().unwrap_or_else(|_| ended()), true)
        }
    }
}

/// The first bytes of a stream.
fn head(stream: impl Read, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    stream.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn judge(doing: &str, said: Said) -> Result<Vec<u8>, ShareError> {
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
        let traffic = Traffic::receive(MAX_FOLDER);
        match self.run(&doing, Some(folder), "tar c -", traffic) {
            Ok(archive) => read_archive(&archive, folder)
                .map(Some)
                .map_err(|error| failed(&doing, error.to_string())),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn read_file(&mut self, path: &str) -> Result<Option<Vec<u8>>, ShareError> {
        let doing = format!("read `{path}`");
        let commands = format!("get {} -", quote(path)?);
        let traffic = Traffic::receive(MAX_FILE);
        match self.run(&doing, None, &commands, traffic) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn make_folder(&mut self, path: &str) -> Result<(), ShareError> {
        let doing = format!("make folder `{path}`");
        let commands = format!("mkdir {}", quote(path)?);
        self.run(&doing, None, &commands, Traffic::NONE).map(drop)
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

/// Everything below a folder, of an archive whose names begin with that folder's.
///
/// # Errors
/// Another folder's files, links, or more and larger files than policies have.
pub fn read_archive(archive: &[u8], folder: &str) -> io::Result<Tree> {
    let other = || io::Error::other("`smbclient` gives files of another folder");
    let mut tree = Tree::default();
    for (count, entry) in tar::Archive::new(archive).entries()?.enumerate() {
        if count >= MAX_ENTRIES {
            return Err(io::Error::other(format!(
                "it has more than {MAX_ENTRIES} files and folders, which no policy has"
            )));
        }
        let mut entry = entry?;
        let name = below(&entry.path()?, folder).ok_or_else(other)?;
        match entry.header().entry_type() {
            // The folder itself.
            _ if name.is_empty() => {}
            tar::EntryType::Directory => tree.folders.push(name),
            tar::EntryType::Regular => {
                let mut bytes = Vec::new();
                entry.read_to_end(&mut bytes)?;
                if bytes.len() as u64 > MAX_FILE {
                    let size = bytes.len();
                    return Err(io::Error::other(format!(
                        "`{}` has {size} bytes, which no policy file has",
                        printable::on_one_line(&name)
                    )));
                }
                tree.files.insert(name, bytes);
            }
            _ => return Err(other()),
        }
    }
    tree.folders.sort();
    Ok(tree)
}

/// The path below the folder, with `/`; none when it is not below.
fn below(path: &Path, folder: &str) -> Option<String> {
    let mut parts = Vec::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::Normal(part) => parts.push(part.to_str()?),
            _ => return None,
        }
    }
    let depth = folder.split('/').count();
    let (head, rest) = parts.split_at_checked(depth)?;
    // The server gives the case that the folder has.
    head.join("/")
        .eq_ignore_ascii_case(folder)
        .then(|| rest.join("/"))
}

#[cfg(test)]
mod tests;
