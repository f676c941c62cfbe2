//! Packages as a user makes them: `gangway package` on a signed bundle; and the emulated server that
//! installs them.

use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;

use crate::bundle::{Bundle, REPORTS};
use crate::report::{HostReport, reports_in};
use crate::server::{Run, Server, ServerBuilder};
use crate::{program, required};

/// The installer of Windows.
const MSIEXEC: &str = r"C:\windows\system32\msiexec.exe";
/// How long making packages may take.
const LIMIT: Duration = Duration::from_secs(120);
/// How long a bootstrap may run.
const RUN_LIMIT: Duration = Duration::from_secs(120);
/// A start that there must not be would show within this time: it comes a tenth of a second after the
/// installer's end.
const QUIET: Duration = Duration::from_millis(1500);

/// The folder that `gangway package` wrote.
#[derive(Debug)]
pub struct Packages {
    around: TempDir,
    name: String,
    /// Config of the bundle's build.
    pub config: PathBuf,
}

impl Packages {
    /// Makes packages of a bundle by its own config, with more arguments.
    ///
    /// # Errors
    /// The program fails; the error holds what it said.
    pub fn of(bundle: &Bundle, more: &[&str]) -> Result<Self> {
        let around = tempfile::tempdir().context("make a folder")?;
        let exe = bundle.exe();
        let name = exe.file_stem().unwrap_or_default().to_string_lossy();
        let made = Self {
            name: name.into_owned(),
            config: bundle.config(),
            around,
        };
        let mut command = Command::new(required::path(required::GANGWAY)?);
        command.arg("package").arg(bundle.folder());
        command.arg("--config").arg(&made.config);
        command.arg("--out").arg(made.folder()).args(more);
        let output = program::run(&mut command, &made.around.path().join("package"), LIMIT)?;
        ensure!(
            output.status.success(),
            "{}{}",
            output.stdout,
            output.stderr
        );
        Ok(made)
    }

    /// What `--out` named; complete, for the program has ended.
    pub fn folder(&self) -> PathBuf {
        self.around.path().join("packages")
    }

    /// A place beside the folder, for what a test makes of it.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.around.path().join(name)
    }

    /// The installer package.
    pub fn msi(&self) -> PathBuf {
        self.folder().join(format!("msi/{}.msi", self.name))
    }

    /// The cabinet beside the installer package.
    pub fn payload_cabinet(&self) -> PathBuf {
        self.folder().join("msi/payload.cab")
    }

    /// The cabinet of bootstrap and payloads.
    pub fn cabinet(&self) -> PathBuf {
        self.folder().join(format!("cab/{}.cab", self.name))
    }
}

/// A server with installer packages on its disk, and no share that has payloads.
#[derive(Debug)]
pub struct Target {
    /// Emulated, with `C:\packages\NAME\package.msi` and what lies beside each.
    pub server: Server,
}

impl Target {
    /// Puts packages on the disk of a server, each into a folder of its own below `C:\packages`.
    ///
    /// # Errors
    /// The server cannot be made, or a package cannot be read.
    pub fn of(server: ServerBuilder, packages: &[(&str, &Path)]) -> Result<Self> {
        let mut server = server.with_empty_share(REPORTS);
        for (name, msi) in packages {
            let folder = msi.parent().context("a package lies in a folder")?;
            for entry in fs::read_dir(folder).context("list packages")? {
                let path = entry.context("list packages")?.path();
                let file = path.file_name().unwrap_or_default().to_string_lossy();
                let to = match path == *msi {
                    true => format!("packages/{name}/package.msi"),
                    false => format!("packages/{name}/{file}"),
                };
                server = server.with_file(&to, &fs::read(&path).context("read a package")?);
            }
        }
        let server = server.build()?;
        // What the package's access lists do on Windows, and Wine ignores.
        let folder = server.on_c("Program Files/Gangway");
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&folder)
            .with_context(|| format!("create `{}`", folder.display()))?;
        Ok(Self { server })
    }

    /// `msiexec VERB package MORE /qn`.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn msiexec(&self, verb: &str, package: &str, more: &[&str]) -> Result<Run> {
        let path = format!(r"C:\packages\{package}\package.msi");
        let arguments = [&[verb, &path, "/qn"], more].concat();
        self.server.run(MSIEXEC, &arguments)
    }

    /// Reports that the server kept, one for each run of a bootstrap, the newest last.
    ///
    /// # Errors
    /// One cannot be read.
    pub fn reports(&self) -> Result<Vec<HostReport>> {
        let reports = reports_in(&self.reports_folder())?;
        Ok(reports.into_values().collect())
    }

    fn reports_folder(&self) -> PathBuf {
        self.server.on_c("ProgramData/Gangway/reports")
    }

    /// Waits until so many runs of a bootstrap have ended; gives the moment of the last report.
    ///
    /// # Errors
    /// That does not happen in time.
    pub fn wait_for_runs(&self, count: usize) -> Result<SystemTime> {
        let start = Instant::now();
        while reports_in(&self.reports_folder()).map_or(0, |found| found.len()) < count {
            ensure!(
                start.elapsed() < RUN_LIMIT,
                "no {count} runs of a bootstrap"
            );
            std::thread::sleep(Duration::from_millis(50));
        }
        self.server.wait_for_end_of("MdeOnboard")?;
        self.quiet(count)?;
        let mut newest = SystemTime::UNIX_EPOCH;
        for entry in fs::read_dir(self.reports_folder()).context("list reports")? {
            let changed = entry.and_then(|entry| entry.metadata()?.modified());
            newest = newest.max(changed.context("look at a report")?);
        }
        Ok(newest)
    }

    /// No bootstrap starts, and there are so many reports as before.
    ///
    /// # Errors
    /// There are more.
    pub fn quiet(&self, count: usize) -> Result<()> {
        std::thread::sleep(QUIET);
        let left = self.server.left_running();
        ensure!(left.is_empty(), "still running: {left:?}");
        let found = self.reports()?.len();
        ensure!(
            found == count,
            "{found} runs of a bootstrap, expected {count}"
        );
        Ok(())
    }

    /// The folder that a bundle's package installs into.
    pub fn installed(&self, bundle: &Bundle) -> PathBuf {
        self.server
            .on_c(&format!("Program Files/Gangway/{}", bundle.id()))
    }
}
