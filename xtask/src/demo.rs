//! `cargo xtask demo`: the main job from downloads to reports, on the samples.
//!
//! Everything is done by the programs that a user has; this only starts them in order and
//! says where the results are. All of it lies in `target/demo`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Args;

use crate::program::Program;
use crate::programs::Programs;
use crate::setup::{self, Purpose};
use crate::{fixtures, runner, say, workspace};

/// What `cargo xtask demo` takes.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Stop after `verify`: for machines without Wine
    #[arg(long)]
    no_run: bool,
}

/// The emulated servers: one that needs the agent, one that has the sensor in the box.
const SERVERS: &str = "2016,2022";

/// Does it all.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let mut needs = vec![Purpose::Stub, Purpose::Sign];
    if !arguments.no_run {
        needs.push(Purpose::Wine);
    }
    setup::ensure(&needs)?;
    let demo = Demo::prepare()?;
    demo.inspect()?;
    demo.build()?;
    demo.sign()?;
    demo.verify()?;
    if !arguments.no_run {
        demo.run_on_servers()?;
        demo.report()?;
    }
    demo.say_where(arguments.no_run)
}

struct Demo {
    programs: Programs,
    stub: PathBuf,
    standins: PathBuf,
    folder: PathBuf,
}

impl Demo {
    fn prepare() -> Result<Self> {
        let demo = Self {
            stub: runner::stub(&[])?,
            standins: runner::standins_folder()?,
            programs: Programs::build()?,
            folder: workspace::target()?.join("demo"),
        };
        say::stage("sample downloads");
        fixtures::Maker {
            program: &demo.programs.fixtures,
            standins: Some(&demo.standins),
            size: None,
            only: Some("downloads"),
        }
        .make(&demo.folder)?;
        // Of samples that another version of the code made, perhaps: the lock would refuse these,
        // and the bundle a lock that begins again.
        let earlier = [
            fs::remove_file(demo.folder.join("gangway.lock")),
            fs::remove_dir_all(demo.bundle()),
        ];
        for removed in earlier {
            match removed {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(error).context("remove lock and bundle of an earlier demo");
                }
                _ => {}
            }
        }
        let config = workspace::root()?.join("samples/contoso/gangway.toml");
        workspace::write_file(&demo.config(), &workspace::read_file(&config)?)?;
        Ok(demo)
    }

    fn config(&self) -> PathBuf {
        self.folder.join("gangway.toml")
    }

    fn bundle(&self) -> PathBuf {
        self.folder.join("out")
    }

    fn reports(&self) -> PathBuf {
        self.folder.join("reports")
    }

    /// Shows the command line, then runs it: what stands there can be typed.
    fn step(program: Program) -> Result<()> {
        let root = format!("{}/", workspace::root()?.display());
        say::stage(program.shown().replace(&root, ""));
        program.run()
    }

    fn gangway(&self) -> Program {
        Program::new(&self.programs.gangway)
    }

    fn inspect(&self) -> Result<()> {
        Self::step(
            self.gangway()
                .args(["inspect", "--config"])
                .arg(self.config())
                .arg(self.folder.join("downloads")),
        )
    }

    fn build(&self) -> Result<()> {
        Self::step(
            self.gangway()
                .args(["build", "-c"])
                .arg(self.config())
                .arg("-o")
                .arg(self.bundle())
                .arg("--stub")
                .arg(&self.stub),
        )
    }

    /// With the command that the config names: osslsigncode and the lab's certificate.
    fn sign(&self) -> Result<()> {
        Self::step(
            self.gangway()
                .args(["sign", "-c"])
                .arg(self.config())
                .arg(self.bundle()),
        )
    }

    fn verify(&self) -> Result<()> {
        Self::step(
            self.gangway()
                .args(["verify", "--signed", "-c"])
                .arg(self.config())
                .arg(self.bundle()),
        )?;
        let root = self.folder.join("lab/root.pem");
        let said = Program::new("osslsigncode")
            .args(["verify", "-CAfile"])
            .arg(&root)
            .arg("-TSA-CAfile")
            .arg(&root)
            .arg("-in")
            .arg(self.exe()?)
            .text()
            .context("osslsigncode does not accept the signed bootstrap")?;
        let verdict = said.lines().rfind(|line| !line.trim().is_empty());
        say::line(format!("osslsigncode verify: {}", verdict.unwrap_or("ok")));
        Ok(())
    }

    fn run_on_servers(&self) -> Result<()> {
        let reports = self.reports();
        if reports.exists() {
            fs::remove_dir_all(&reports)
                .with_context(|| format!("remove folder `{}`", reports.display()))?;
        }
        Self::step(
            Program::new(&self.programs.wine_demo)
                .env("GANGWAY_BIN", &self.programs.gangway)
                .env("GANGWAY_STUB", &self.stub)
                .env("GANGWAY_STANDINS", &self.standins)
                .env("GANGWAY_FIXTURES", &self.folder)
                .arg("--bundle")
                .arg(self.bundle())
                .arg("--reports")
                .arg(&reports)
                .args(["--os", SERVERS]),
        )
        .context("not every emulated server is onboarded")
    }

    fn report(&self) -> Result<()> {
        Self::step(self.gangway().arg("report").arg(self.reports()))
    }

    /// The one exe of the bundle.
    fn exe(&self) -> Result<PathBuf> {
        let folder = self.bundle().join("bootstrap");
        let files = workspace::files_below(&folder)?;
        let exe = files.into_iter().find(|file| has_extension(file, "exe"));
        exe.with_context(|| format!("no exe in `{}`", folder.display()))
    }

    fn say_where(&self, no_run: bool) -> Result<()> {
        say::line("");
        let bundle = self.bundle();
        let mut places = vec![
            ("downloads", self.folder.join("downloads")),
            ("config", self.config()),
            ("bundle", bundle.clone()),
            ("signed bootstrap", self.exe()?),
            ("policies", bundle.join("gpo")),
            ("share", bundle.join("share")),
            ("runbook", bundle.join("runbook.html")),
        ];
        if !no_run {
            places.push(("host reports", self.reports()));
        }
        for (name, place) in places {
            if place.exists() {
                say::line(format!("{name:<17} {}", place.display()));
            }
        }
        Ok(())
    }
}

fn has_extension(file: &Path, extension: &str) -> bool {
    file.extension().is_some_and(|found| found == extension)
}
