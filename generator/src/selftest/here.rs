//! This Windows.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;

use super::machine::{Call, Ended, Machine, Said};
use crate::interrupted::{self, Leftover};
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
    // Dropped after the folder: until then a signal takes the folder away.
    _leftover: Leftover,
}

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
            _leftover: leftover,
        })
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
        program
            .args(&call.arguments)
            .envs(call.variables.iter().map(|(name, value)| (*name, value)))
            .current_dir(self.folder.path())
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
