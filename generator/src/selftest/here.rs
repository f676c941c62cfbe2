//! This Windows.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;

#[cfg(windows)]
use super::machine;
use super::machine::{Call, Ended, Machine, Said};
use crate::interrupted::{self, InOrder, Leftover};
use crate::{child, plain_file};

/// Most that a program may say, in bytes.
const MOST_SAID: u64 = 4 << 20;
/// Largest file that is compared, in bytes: payloads have some hundred megabytes.
const LARGEST: u64 = 4 << 30;
/// Deepest folder that is looked into.
const DEEPEST: usize = 8;

/// The system that this program runs on.
#[derive(Debug)]
pub struct Here {
    system: PathBuf,
    programs: PathBuf,
    folder: TempDir,
    /// Programs started until now.
    started: u32,
    in_order: InOrder,
    // Dropped after the folder: until then a signal takes the folder away.
    _leftover: Leftover,
}

/// A program that one of ours started may still hold a file in the folder; so often is it tried to take the
/// folder away, each time after this pause.
const TRIES: usize = 500;
const PAUSE: Duration = Duration::from_millis(20);

impl Here {
    /// Finds the folders of this Windows as Windows says where they are.
    ///
    /// # Errors
    /// This is no Windows, or no folder of our own can be made.
    pub fn new() -> io::Result<Self> {
        let system =
            child::system_folder().ok_or_else(|| io::Error::other("this system is no Windows"))?;
        let programs = child::program_files()
            .ok_or_else(|| io::Error::other("Windows names no folder for programs"))?;
        let folder = tempfile::Builder::new()
            .prefix("gangway-selftest-")
            .tempdir()?;
        let leftover = Leftover::at(folder.path());
        Ok(Self {
            system,
            programs,
            folder,
            started: 0,
            in_order: InOrder::begin(),
            _leftover: leftover,
        })
    }

    /// Takes the folder of our own away; its path when it is still there.
    pub fn close(self) -> Option<PathBuf> {
        let path = self.folder.path();
        for _ in 0..TRIES {
            if std::fs::remove_dir_all(path).is_ok() || !path.exists() {
                return None;
            }
            std::thread::sleep(PAUSE);
        }
        Some(path.to_owned())
    }

    fn start(&mut self, call: &Call) -> io::Result<Said> {
        // A program's children may outlive it and go on writing: what they say is never the next one's.
        self.started += 1;
        let path = self
            .folder
            .path()
            .join(format!("said-{}.txt", self.started));
        let said = File::create_new(&path)?;
        let mut program = child::program(&call.program);
        add_arguments(&mut program, &call.arguments);
        // Not in the folder of our own: a program that outlives its parent would hold it.
        program
            .envs(call.variables.iter().map(|(name, value)| (*name, value)))
            .current_dir(&self.system)
            .stdin(Stdio::null())
            .stdout(said.try_clone()?)
            .stderr(said.try_clone()?);
        let says_too_much = || said.metadata().is_ok_and(|found| found.len() > MOST_SAID);
        let ended = interrupted::run(&mut program, call.limit, &says_too_much)?;
        let bytes = plain_file::read(&path, 2 * MOST_SAID)?.unwrap_or_default();
        let seconds = call.limit.as_secs();
        Ok(Said {
            ended: match ended {
                interrupted::Ended::Itself(status) => status
                    .code()
                    .map_or_else(|| Ended::Not(format!("ended with {status}")), Ended::Code),
                interrupted::Ended::PastLimit => Ended::Not(format!("ended after {seconds} s")),
                interrupted::Ended::Unwanted => {
                    Ended::Not("ended, for it said too much".to_owned())
                }
            },
            text: text(&bytes),
        })
    }
}

/// Each is one word, quoted by the rules of Windows' C runtime, but for a property of the Windows Installer
/// whose value holds a blank: its value alone stands between quotation marks (Windows Installer, "Command-Line
/// Options").
#[cfg(windows)]
fn add_arguments(program: &mut std::process::Command, arguments: &[String]) {
    use std::os::windows::process::CommandExt as _;
    for argument in arguments {
        match machine::quoted_property(argument) {
            Some(quoted) => program.raw_arg(quoted),
            None => program.arg(argument),
        };
    }
}

/// Each is one word.
#[cfg(not(windows))]
fn add_arguments(program: &mut std::process::Command, arguments: &[String]) {
    program.args(arguments);
}

/// Programs of Windows write UTF-16 with its mark, or a code page of which we need ASCII only.
fn text(bytes: &[u8]) -> String {
    match bytes.strip_prefix(b"\xff\xfe") {
        Some(wide) => encoding_rs::UTF_16LE
            .decode_without_bom_handling(wide)
            .0
            .into_owned(),
        None => String::from_utf8_lossy(bytes).into_owned(),
    }
}

impl Machine for Here {
    fn program(&self, below_system: &str) -> Option<PathBuf> {
        let path = self.system.join(below_system);
        path.is_file().then_some(path)
    }

    fn system_folder(&self) -> PathBuf {
        self.system.clone()
    }

    fn program_files(&self) -> PathBuf {
        self.programs.clone()
    }

    fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    fn call(&mut self, call: &Call) -> Said {
        self.start(call).unwrap_or_else(|error| Said {
            ended: Ended::Not(format!("did not start: {error}")),
            text: String::new(),
        })
    }

    fn is_told_to_end(&self) -> bool {
        self.in_order.is_told_to_end()
    }

    fn pause(&mut self, time: Duration) {
        std::thread::sleep(time);
    }

    fn exists(&self, path: &Path) -> bool {
        path.symlink_metadata().is_ok()
    }

    fn digests(&self, folder: &Path) -> Vec<String> {
        walkdir::WalkDir::new(folder)
            .max_depth(DEEPEST)
            .into_iter()
            .flatten()
            .filter(|entry| entry.file_type().is_file())
            .filter_map(|entry| plain_file::digest(entry.path(), LARGEST).ok())
            .map(|(_, digest)| digest.to_string())
            .collect()
    }

    fn write(&mut self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(path, bytes)
    }

    fn remove(&mut self, path: &Path) -> io::Result<()> {
        std::fs::remove_file(path)
    }
}
