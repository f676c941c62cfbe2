//! An emulated Windows server: what it is, what is on it, which shares it sees, and running
//! programs on it.

mod baseline;
mod builder;
mod os;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use walkdir::WalkDir;

pub use baseline::{Program, Service};
pub(crate) use baseline::{SENSE_EXE, SENSE_VERSION};
pub use builder::{Sense, ServerBuilder};
pub use os::Os;

use crate::wine::{Prefix, Registry};

/// A started program's end, as Windows tells it.
#[derive(Debug, Clone)]
pub struct Run {
    /// The whole exit code.
    pub exit_code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// Wall time of the program alone.
    pub elapsed_ms: u64,
    /// Its largest working set.
    pub peak_memory_bytes: Option<u64>,
}

#[derive(Deserialize)]
struct LauncherResult {
    exit_code: i32,
    elapsed_ms: u64,
    peak_memory_bytes: Option<u64>,
}

/// An emulated server. The first program starts it, and it is up, with its services, until
/// [`Server::registry`] or [`Server::restart`] stop it; dropping it removes it with all that was on
/// it.
#[derive(Debug)]
pub struct Server {
    prefix: Prefix,
    shares: PathBuf,
    /// Services that run from the start.
    running: Vec<String>,
    runs: AtomicU32,
    /// Requests for a restart that a restart has answered.
    answered: AtomicUsize,
}

impl Server {
    /// Describes a server of the given product: freshly installed, without any agent, with
    /// the in-box sensor where the product has one.
    #[expect(
        clippy::new_ret_no_self,
        reason = "the description reads best from here"
    )]
    pub fn new(os: Os) -> ServerBuilder {
        ServerBuilder::new(os)
    }

    /// Runs a program by its Windows or UNC path and waits for it. On a server that is just
    /// starting, it waits for the services that start by themselves.
    ///
    /// # Errors
    /// The program cannot be started or does not end in time.
    pub fn run(&self, program: &str, arguments: &[&str]) -> Result<Run> {
        self.run_with(&[], program, arguments)
    }

    /// As [`Server::run`], with environment variables.
    ///
    /// # Errors
    /// As for [`Server::run`].
    pub fn run_with(
        &self,
        variables: &[(&str, &str)],
        program: &str,
        arguments: &[&str],
    ) -> Result<Run> {
        let number = self.runs.fetch_add(1, Ordering::Relaxed);
        let result = format!(r"C:\standins\result-{number}.json");
        let mut line = vec![r"C:\standins\launcher.exe", &result];
        if self.prefix.processes().is_empty() {
            self.prefix.power_on()?;
            line.extend(self.running.iter().map(String::as_str));
        }
        line.extend(["--", program]);
        line.extend(arguments);
        let output = self.prefix.wine_with(variables, &line)?;
        let file = self.on_c(result.trim_start_matches(r"C:\"));
        ensure!(
            file.is_file(),
            "`{program}` was not run: {}{}",
            output.stdout,
            output.stderr
        );
        let text = fs::read(&file).with_context(|| format!("read `{}`", file.display()))?;
        let ended: LauncherResult =
            serde_json::from_slice(&text).with_context(|| format!("read `{}`", file.display()))?;
        fs::remove_file(&file).with_context(|| format!("remove `{}`", file.display()))?;
        Ok(Run {
            exit_code: ended.exit_code,
            stdout: output.stdout,
            stderr: output.stderr,
            elapsed_ms: ended.elapsed_ms,
            peak_memory_bytes: ended.peak_memory_bytes,
        })
    }

    /// The registry as it is now. Stops the server.
    ///
    /// # Errors
    /// The server does not stop.
    pub fn registry(&self) -> Result<Registry> {
        self.prefix.registry()
    }

    /// Restarts the server: everything on it ends, volatile registry keys are gone, services
    /// that start by themselves do so with the next program.
    ///
    /// # Errors
    /// The server does not stop.
    pub fn restart(&self) -> Result<()> {
        self.answered
            .store(self.restarts_asked_for(), Ordering::Relaxed);
        self.prefix.stop()
    }

    /// Has something asked for a restart of Windows that did not come yet?
    pub fn owes_a_restart(&self) -> bool {
        self.restarts_asked_for() > self.answered.load(Ordering::Relaxed)
    }

    fn restarts_asked_for(&self) -> usize {
        let calls = self.calls();
        calls.iter().filter(|(name, _)| name == "shutdown").count()
    }

    /// Programs that still run, without those that belong to Wine itself and without
    /// services; each as its command line. What is ending gets a moment to do so: the window
    /// of a hidden console closes after the last program in it.
    pub fn left_running(&self) -> Vec<String> {
        const MOMENT: Duration = Duration::from_secs(3);
        let start = Instant::now();
        loop {
            let left: Vec<String> = self
                .prefix
                .processes()
                .into_iter()
                .filter(|process| !process.is_background())
                .map(|process| process.command_line)
                .filter(|line| !self.is_service(line))
                .collect();
            if left.is_empty() || start.elapsed() > MOMENT {
                return left;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until no program of this name runs any more.
    ///
    /// # Errors
    /// It goes on.
    pub fn wait_for_end_of(&self, program: &str) -> Result<()> {
        const LIMIT: Duration = Duration::from_secs(60);
        let start = Instant::now();
        let runs = || {
            let processes = self.prefix.processes();
            processes
                .iter()
                .any(|process| process.command_line.contains(program))
        };
        while runs() {
            ensure!(start.elapsed() < LIMIT, "`{program}` goes on");
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    fn is_service(&self, line: &str) -> bool {
        line.contains("MsSense.exe")
            || self.running.iter().any(|name| line.contains(name))
            || line.contains("MsMpEng.exe")
    }

    /// Sends Ctrl-C to a program that runs, by its path as it was started.
    ///
    /// # Errors
    /// No such program runs, or it takes no signal.
    pub fn interrupt(&self, program: &str) -> Result<()> {
        let processes = self.prefix.processes();
        let process = (processes.iter())
            .find(|process| process.command_line.starts_with(program))
            .with_context(|| format!("`{program}` is not among {processes:?}"))?;
        let id = process.id.to_string();
        let ended = Command::new("kill").args(["-INT", &id]).status();
        ensure!(
            ended.context("start `kill`")?.success(),
            "`kill -INT {id}` failed"
        );
        Ok(())
    }

    /// Unix path of `path` on drive C:, given without the drive.
    pub fn on_c(&self, path: &str) -> PathBuf {
        self.prefix.on_c(path)
    }

    /// Unix path of a file or folder on a share, given as UNC path.
    pub fn on_share(&self, unc: &str) -> PathBuf {
        self.shares.join(builder::below_shares(unc))
    }

    /// Takes a share away: from now on its path is not found.
    ///
    /// # Errors
    /// There is no such share.
    pub fn remove_share(&self, unc: &str) -> Result<()> {
        let link = builder::share_link(&self.prefix, unc);
        fs::remove_file(&link).with_context(|| format!("remove `{}`", link.display()))
    }

    /// Brings a share back that was taken away.
    ///
    /// # Errors
    /// The link cannot be made.
    pub fn restore_share(&self, unc: &str) -> Result<()> {
        builder::link_share(self, unc)
    }

    /// The stand-ins' calls so far, in order: program name and arguments.
    pub fn calls(&self) -> Vec<(String, String)> {
        // No file: nothing was called.
        let text = fs::read_to_string(self.on_c("standins/calls.log")).unwrap_or_default();
        text.lines()
            .filter_map(|line| line.split_once('\t'))
            .map(|(program, line)| (program.to_owned(), line.to_owned()))
            .collect()
    }

    /// One line for each file on drive C: and on the shares, path and content digest, without
    /// the stand-ins' own folder and Wine's temporary files: for comparing before and after.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn files(&self) -> Result<Vec<String>> {
        let mut files = Vec::new();
        for root in [self.on_c(""), self.shares.clone()] {
            if !root.is_dir() {
                continue;
            }
            let passed_over = [self.on_c("standins"), self.on_c("windows/temp")];
            let entries = WalkDir::new(&root)
                .into_iter()
                .filter_entry(|entry| !passed_over.iter().any(|folder| entry.path() == folder));
            for entry in entries {
                let entry = entry.with_context(|| format!("list `{}`", root.display()))?;
                let content = if entry.file_type().is_file() {
                    digest(entry.path())?
                } else {
                    String::new()
                };
                files.push(format!("{} {content}", entry.path().display()));
            }
        }
        files.sort();
        Ok(files)
    }
}

fn digest(path: &Path) -> Result<String> {
    use sha2::Digest as _;
    let bytes = fs::read(path).with_context(|| format!("read `{}`", path.display()))?;
    let digest = sha2::Sha256::digest(&bytes);
    Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
}
