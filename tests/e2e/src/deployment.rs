//! A bundle put where servers find it, and servers that run it.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};

use crate::bundle::{Bundle, NETLOGON, RELEASES, REPORTS};
use crate::report::{HostReport, reports_in};
use crate::server::{Run, Server, ServerBuilder};

/// A server that sees the bundle's shares.
#[derive(Debug)]
pub struct Deployment {
    /// The emulated one that runs the bootstrap.
    pub server: Server,
    exe: String,
}

/// What one run of the bootstrap did.
#[derive(Debug)]
pub struct Outcome {
    /// The process.
    pub run: Run,
    /// The host report that it dropped on the share; none when it dropped none.
    pub report: Option<HostReport>,
    /// The host report that it kept on the server; none when it kept none.
    pub kept: Option<HostReport>,
}

impl Outcome {
    /// The host report.
    ///
    /// # Errors
    /// There is none.
    pub fn report(&self) -> Result<&HostReport> {
        self.report
            .as_ref()
            .with_context(|| format!("no host report on the share: {:?}", self.run))
    }

    /// The host report, from the share or from the server: a run that found the same as the
    /// last one drops none.
    ///
    /// # Errors
    /// There is none.
    pub fn newest_report(&self) -> Result<&HostReport> {
        self.report
            .as_ref()
            .or(self.kept.as_ref())
            .with_context(|| format!("no host report at all: {:?}", self.run))
    }
}

impl Deployment {
    /// Puts the bundle's shares before the described server and makes it.
    ///
    /// # Errors
    /// As for [`ServerBuilder::build`].
    pub fn of(bundle: &Bundle, server: ServerBuilder) -> Result<Self> {
        let exe_folder = bundle.exe();
        let exe_folder = exe_folder.parent().context("the exe has a folder")?;
        let server = server
            .with_share(NETLOGON, exe_folder)
            .with_share(RELEASES, &bundle.folder().join("share"))
            .with_empty_share(REPORTS)
            .build()?;
        let exe = bundle.exe_unc();
        Ok(Self { server, exe })
    }

    /// Puts another bundle beside those that are there; the next runs are of it.
    ///
    /// # Errors
    /// A file cannot be copied.
    pub fn bring(&mut self, bundle: &Bundle) -> Result<()> {
        let exe = bundle.exe();
        let name = exe.file_name().context("the exe has a name")?;
        let to = self.server.on_share(NETLOGON).join(name);
        std::fs::copy(&exe, &to).with_context(|| format!("copy to `{}`", to.display()))?;
        let (from, to) = (
            bundle.folder().join("share/releases"),
            self.server.on_share(RELEASES).join("releases"),
        );
        for file in walkdir::WalkDir::new(&from).min_depth(1) {
            let file = file.context("read a release")?;
            let to = to.join(file.path().strip_prefix(&from)?);
            let copied = match file.file_type().is_dir() {
                true => std::fs::create_dir_all(&to),
                false => std::fs::copy(file.path(), &to).map(drop),
            };
            copied.with_context(|| format!("copy to `{}`", to.display()))?;
        }
        self.exe = bundle.exe_unc();
        Ok(())
    }

    /// Runs the bootstrap as the scheduled task does.
    ///
    /// # Errors
    /// It does not end in time, or a report cannot be read.
    pub fn run(&self) -> Result<Outcome> {
        self.run_with(&[])
    }

    /// Runs the bootstrap by hand, with arguments.
    ///
    /// # Errors
    /// It does not end in time, or a report cannot be read.
    pub fn run_with(&self, arguments: &[&str]) -> Result<Outcome> {
        let (dropped, kept) = (self.reports()?, self.kept_reports()?);
        let run = self.server.run(&self.exe, arguments)?;
        Ok(Outcome {
            run,
            report: newcomer(&dropped, self.reports()?),
            kept: newcomer(&kept, self.kept_reports()?),
        })
    }

    /// All host reports on the share by file name.
    ///
    /// # Errors
    /// One cannot be read.
    pub fn reports(&self) -> Result<BTreeMap<String, HostReport>> {
        reports_in(&self.server.on_share(REPORTS))
    }

    /// All host reports kept on the server by file name.
    ///
    /// # Errors
    /// One cannot be read.
    pub fn kept_reports(&self) -> Result<BTreeMap<String, HostReport>> {
        reports_in(&self.server.on_c("ProgramData/Gangway/reports"))
    }
}

fn newcomer(
    before: &BTreeMap<String, HostReport>,
    after: BTreeMap<String, HostReport>,
) -> Option<HostReport> {
    let mut new = after
        .into_iter()
        .filter(|(name, _)| !before.contains_key(name));
    new.next().map(|(_, report)| report)
}
