//! One Wine prefix: a machine with its disk, its registry and the processes on it.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use super::processes::{self, Process};
use super::registry::Registry;
use crate::program::{self, Output};
use crate::required;

/// No program of a test runs longer; the slowest takes some seconds.
const LIMIT: Duration = Duration::from_secs(180);

/// Tells Wine's server to stay for ten minutes after the last program: no test is idle that long,
/// and what a killed test leaves ends by itself.
const UP: &str = "-p600";

/// No .NET, no HTML engine, no menu entries; and for programs that a test may replace by a
/// stand-in, the file in the prefix goes before Wine's own of the same name.
const OVERRIDES: &str = "mscoree,mshtml,winemenubuilder.exe=;\
     powershell.exe,wusa.exe,dism.exe,shutdown.exe,msiexec.exe,net.exe,sc.exe,reg.exe=n,b";

/// A prefix. It runs as long as a program in it runs, or as [`Prefix::power_on`] says, and is
/// stopped before its registry is read. Dropping it stops it and removes its folder.
#[derive(Debug)]
pub struct Prefix {
    /// Holds the prefix itself, the server's socket, the home folder and output files.
    around: PathBuf,
    keep: bool,
    runs: AtomicU32,
}

impl Prefix {
    /// An empty place for Wine to make a prefix in, kept when dropped.
    ///
    /// # Errors
    /// A folder cannot be made, or Wine is missing.
    pub fn fresh(folder: &Path) -> Result<Self> {
        let prefix = Self {
            around: folder.to_owned(),
            keep: true,
            runs: AtomicU32::new(0),
        };
        for folder in ["prefix", "tmp", "home"] {
            let path = prefix.around.join(folder);
            fs::create_dir_all(&path)
                .with_context(|| format!("create folder `{}`", path.display()))?;
        }
        Ok(prefix)
    }

    /// A copy of `template` at `around`, removed when dropped.
    ///
    /// # Errors
    /// The template cannot be copied.
    pub fn copy_of(template: &Path, around: &Path) -> Result<Self> {
        let copied = Command::new("cp")
            .args(["-a", "--reflink=auto", "--"])
            .arg(template)
            .arg(around)
            .status()
            .context("start `cp`")?;
        ensure!(copied.success(), "copy `{}`: {copied}", template.display());
        Ok(Self {
            around: around.to_owned(),
            keep: std::env::var_os("GANGWAY_KEEP").is_some(),
            runs: AtomicU32::new(0),
        })
    }

    /// Wine's own folder of the prefix.
    pub fn folder(&self) -> PathBuf {
        self.around.join("prefix")
    }

    /// The Unix path of `path` on drive C:, given without the drive and with either slash.
    pub fn on_c(&self, path: &str) -> PathBuf {
        self.folder().join("drive_c").join(path.replace('\\', "/"))
    }

    /// Starts the prefix as a machine that is up until it is stopped. Programs start it too, but
    /// Debian's Wine lets its server end with the last of them (`-p0`): all services then go, and
    /// come again with the next program, as no server does between two programs.
    ///
    /// # Errors
    /// Wine's server is missing.
    pub fn power_on(&self) -> Result<()> {
        self.server(UP)
    }

    /// Runs a Windows program, by its Windows path, and waits for it. The prefix starts when
    /// it does not run.
    ///
    /// # Errors
    /// Wine cannot be started, or the program does not end in time; then the whole prefix is
    /// stopped.
    pub fn wine(&self, arguments: &[&str]) -> Result<Output> {
        self.wine_with(&[], arguments)
    }

    /// As [`Prefix::wine`], with variables added to the empty environment.
    ///
    /// # Errors
    /// As for [`Prefix::wine`].
    pub fn wine_with(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Result<Output> {
        let wine = required::wine_program("GANGWAY_WINE", "/usr/lib/wine/wine64")?;
        let number = self.runs.fetch_add(1, Ordering::Relaxed);
        let files = self.around.join(format!("run-{number}"));
        let mut command = self.environment(&wine);
        command.envs(variables.iter().copied()).args(arguments);
        let output = program::run(&mut command, &files, LIMIT);
        if output.is_err() {
            self.stop()?;
        }
        output
    }

    /// Stops everything in the prefix; Wine writes the registry back.
    ///
    /// The server is asked to end and then waited for. A hard kill (`-k9`) would be faster
    /// and leaves orphans behind.
    ///
    /// # Errors
    /// The server does not end.
    pub fn stop(&self) -> Result<()> {
        self.server("-k")?;
        self.wait_for_end()
    }

    /// Waits until the last process of the prefix has ended by itself.
    ///
    /// # Errors
    /// That does not happen in time.
    pub fn wait_for_end(&self) -> Result<()> {
        self.server("-w")?;
        // The server ends a moment before the last of its clients.
        let start = Instant::now();
        while !self.processes().is_empty() && start.elapsed() < Duration::from_secs(10) {
            std::thread::sleep(Duration::from_millis(5));
        }
        let left = self.processes();
        ensure!(left.is_empty(), "still running in the prefix: {left:?}");
        Ok(())
    }

    /// All processes of the prefix.
    pub fn processes(&self) -> Vec<Process> {
        processes::of_prefix(&self.folder())
    }

    /// The machine's registry. Stops the prefix, because Wine writes it back only then.
    ///
    /// # Errors
    /// The prefix does not stop or the file cannot be read.
    pub fn registry(&self) -> Result<Registry> {
        self.stop()?;
        let file = self.registry_file();
        let text = fs::read(&file).with_context(|| format!("read file `{}`", file.display()))?;
        Ok(Registry::parse(&String::from_utf8_lossy(&text)))
    }

    /// Adds to the machine's registry. Stops the prefix, because a running one would not see
    /// it.
    ///
    /// # Errors
    /// The prefix does not stop or the file cannot be written.
    pub fn append_to_registry(&self, text: &str) -> Result<()> {
        self.append(&self.registry_file(), text)
    }

    /// As [`Prefix::append_to_registry`], for the user's half.
    ///
    /// # Errors
    /// As for [`Prefix::append_to_registry`].
    pub fn append_to_user_registry(&self, text: &str) -> Result<()> {
        self.append(&self.folder().join("user.reg"), text)
    }

    fn append(&self, file: &Path, text: &str) -> Result<()> {
        self.stop()?;
        fs::OpenOptions::new()
            .append(true)
            .open(file)
            .and_then(|mut open| open.write_all(text.as_bytes()))
            .with_context(|| format!("append to file `{}`", file.display()))
    }

    fn registry_file(&self) -> PathBuf {
        self.folder().join("system.reg")
    }

    fn server(&self, request: &str) -> Result<()> {
        let server = required::wine_program("GANGWAY_WINESERVER", "/usr/lib/wine/wineserver64")?;
        let files = self.around.join(format!("server{request}"));
        // Asking a server that does not run to end gives 1, which is as good.
        program::run(self.environment(&server).arg(request), &files, LIMIT).map(drop)
    }

    /// Nothing of this machine's environment reaches the programs under test.
    fn environment(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("WINEPREFIX", self.folder())
            .env("WINEDEBUG", "-all")
            .env("WINEDLLOVERRIDES", OVERRIDES)
            .env("HOME", self.around.join("home"))
            // The folder of the server's socket is made here, so that it goes with the rest.
            // Not by `TMPDIR`: Wine 10 ends at once (SIGABRT) wherever that is set.
            .env("XDG_RUNTIME_DIR", self.around.join("tmp"))
            .env("PATH", "/usr/bin:/bin")
            .env("LANG", "C.UTF-8")
            .env("TZ", "UTC")
            // A place that Wine can name: without drive Z: it is on drive C:.
            .current_dir(self.start_folder());
        command
    }

    fn start_folder(&self) -> PathBuf {
        let drive = self.folder().join("drive_c");
        if drive.is_dir() { drive } else { self.folder() }
    }
}

impl Drop for Prefix {
    fn drop(&mut self) {
        let stopped = self.stop();
        for process in self.processes() {
            // Only what a failed stop left; the ids were read a moment ago.
            let _ = Command::new("kill")
                .args(["-KILL", &process.id.to_string()])
                .status();
        }
        let removed = if self.keep {
            Ok(())
        } else {
            fs::remove_dir_all(&self.around).context("remove the prefix")
        };
        // A second panic while unwinding would hide the first.
        if !std::thread::panicking()
            && let Err(error) = stopped.and(removed)
        {
            #[expect(clippy::panic, reason = "a test that leaves something behind fails")]
            {
                panic!("tear-down of `{}`: {error:#}", self.around.display());
            }
        }
    }
}
