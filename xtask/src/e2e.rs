//! `cargo xtask e2e`: the end-to-end suites, with everything they need made before.
//!
//! A suite is one file `tests/e2e/tests/NAME.rs`. It finds what it needs in variables, and
//! fails, never skips, when something is missing.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::Args;

use crate::program::Program;
use crate::programs::{self, Programs};
use crate::runner;
use crate::setup::{self, Purpose};
use crate::test_runner;
use crate::test_runner::summary::Summary;
use crate::{fixtures, say, workspace};

/// What `cargo xtask e2e` takes.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Only this suite; may be given more than once
    #[arg(long = "suite", value_name = "NAME")]
    suites: Vec<String>,
    /// List the suites and stop
    #[arg(long)]
    list: bool,
    /// Only tests whose name contains this
    filter: Option<String>,
}

/// Prepares, then runs the suites that were asked for.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let every = suites(&workspace::root()?)?;
    if arguments.list {
        every.iter().for_each(say::line);
        return Ok(());
    }
    for name in &arguments.suites {
        if !every.contains(name) {
            bail!(
                "there is no suite `{name}`\n  found: {}\nhint: a suite is a file of `tests/e2e/tests`",
                every.join(", ")
            );
        }
    }
    let suites = if arguments.suites.is_empty() {
        every
    } else {
        arguments.suites.clone()
    };
    setup::ensure(&needs(&suites))?;
    let mut summary = Summary::default();
    run_suites(&suites, arguments.filter.as_deref(), &mut summary)?;
    say::line(summary.text());
    Ok(())
}

/// The suites of the checkout, sorted.
pub(crate) fn suites(root: &Path) -> Result<Vec<String>> {
    let folder = root.join("tests/e2e/tests");
    let mut names = Vec::new();
    if !folder.exists() {
        return Ok(names);
    }
    let entries =
        fs::read_dir(&folder).with_context(|| format!("list folder `{}`", folder.display()))?;
    for entry in entries {
        let entry = entry.with_context(|| format!("list folder `{}`", folder.display()))?;
        let path = entry.path();
        if path.extension().is_some_and(|extension| extension == "rs")
            && let Some(name) = path.file_stem().and_then(|name| name.to_str())
        {
            names.push(name.to_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// What a set of suites needs from the system: a real directory only when a suite says so in
/// its name.
pub(crate) fn needs(suites: &[String]) -> Vec<Purpose> {
    let mut needs = vec![Purpose::Stub, Purpose::Sign, Purpose::Wine, Purpose::Suites];
    if suites.iter().any(|name| name.starts_with("samba")) {
        needs.push(Purpose::Samba);
    }
    needs
}

/// Tests at a time. Half of a test's time an emulated server idles while it stops, so more
/// run than there are processors.
const TESTS_AT_A_TIME: &str = "4";

/// How often a failed test is tried again. Wine's server now and then refuses a process or a
/// service start on a busy machine (errors 1359 and 1053); a test that fails for the product's
/// sake fails every time. Those that needed it are counted apart in the summary.
const TRIES_AGAIN: &str = "2";

/// Makes everything that suites use, then runs them in one go.
pub(crate) fn run_suites(
    suites: &[String],
    filter: Option<&str>,
    summary: &mut Summary,
) -> Result<()> {
    if suites.is_empty() {
        say::line("no suite in `tests/e2e/tests`");
        return Ok(());
    }
    let environment = Environment::prepare(suites)?;
    let mut program = test_runner::tests()?.args(["-p", "gangway-e2e"]);
    for name in suites {
        program = program.args(["--test", name]);
    }
    if let Some(filter) = filter {
        program = program.arg(filter);
    }
    if test_runner::has_nextest() {
        program = program.args(["--no-fail-fast", "--test-threads", TESTS_AT_A_TIME]);
        program = program.args(["--retries", TRIES_AGAIN]);
    } else {
        program = program.args(["--no-fail-fast", "--", "--test-threads", TESTS_AT_A_TIME]);
    }
    summary.watch(environment.apply(program))
}

/// The variable that names the stub with hooks, and the suite that kills it.
const CRASH_STUB: (&str, &str) = ("GANGWAY_CRASH_STUB", "kill_matrix");

/// The variable that names `gangway.exe`, and the suite that starts it.
const WINDOWS: (&str, &str) = ("GANGWAY_WINDOWS", "windows");

/// The variable that names the program that signs in by a ticket, and the suite with the directory.
const TICKET: (&str, &str) = ("GANGWAY_TICKET", "samba");

/// Makes a program that is one more build, where its suite is among these.
fn made(
    (_, of): (&str, &str),
    suites: &[String],
    make: impl FnOnce() -> Result<PathBuf>,
) -> Result<Option<PathBuf>> {
    let is_wanted = suites.iter().any(|suite| suite == of);
    is_wanted.then(make).transpose()
}

/// What the programs of a suite find by variables.
#[derive(Debug)]
pub(crate) struct Environment {
    /// The generator.
    pub(crate) gangway: PathBuf,
    /// The bootstrap stub.
    pub(crate) stub: PathBuf,
    /// The same with hooks that let a test kill it at any step, when a suite names it.
    pub(crate) crash_stub: Option<PathBuf>,
    /// The generator for Windows, when a suite names it.
    pub(crate) windows: Option<PathBuf>,
    /// Signs in by a ticket, when a suite does.
    pub(crate) ticket: Option<PathBuf>,
    /// Folder of the Windows stand-ins.
    pub(crate) standins: PathBuf,
    /// Folder of the sample downloads.
    pub(crate) fixtures: PathBuf,
}

impl Environment {
    /// Builds and makes everything of these suites that is not up to date.
    pub(crate) fn prepare(suites: &[String]) -> Result<Self> {
        let hooks = [runner::TEST_HOOK_FEATURE.to_owned()];
        let crash_stub = made(CRASH_STUB, suites, || runner::stub(&hooks))?;
        let stub = runner::stub(&[])?;
        let windows = made(WINDOWS, suites, || {
            runner::program(stub.clone(), runner::Profile::Test)
        })?;
        let standins = runner::standins_folder()?;
        let programs = Programs::build()?;
        let ticket = made(TICKET, suites, programs::ticket)?;
        let samples = fixtures::folder(None)?;
        fixtures::Maker {
            program: &programs.fixtures,
            standins: Some(&standins),
            size: None,
            only: None,
        }
        .make(&samples)?;
        Ok(Self {
            gangway: programs.gangway,
            stub,
            crash_stub,
            windows,
            ticket,
            standins,
            fixtures: samples,
        })
    }

    /// Names everything to a program.
    pub(crate) fn apply(&self, program: Program) -> Program {
        let program = program
            .env("GANGWAY_BIN", &self.gangway)
            .env("GANGWAY_STUB", &self.stub)
            .env("GANGWAY_STANDINS", &self.standins)
            .env("GANGWAY_FIXTURES", &self.fixtures);
        let more = [
            (CRASH_STUB.0, &self.crash_stub),
            (WINDOWS.0, &self.windows),
            (TICKET.0, &self.ticket),
        ];
        more.into_iter()
            .fold(program, |program, (variable, file)| match file {
                Some(file) => program.env(variable, file),
                None => program,
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_is_a_suite() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("tests/e2e/tests");
        fs::create_dir_all(folder.join("data")).unwrap();
        for name in ["wine.rs", "build.rs", "README.md"] {
            fs::write(folder.join(name), "").unwrap();
        }
        assert_eq!(suites(root.path()).unwrap(), ["build", "wine"]);
    }

    #[test]
    fn only_suites_named_so_need_a_directory() {
        assert!(!needs(&["wine".to_owned()]).contains(&Purpose::Samba));
        assert!(needs(&["samba_import".to_owned()]).contains(&Purpose::Samba));
    }

    #[test]
    fn a_program_is_made_for_its_suite_alone() {
        for (suites, wanted) in [(&["wine", "windows"][..], true), (&["wine"][..], false)] {
            let suites: Vec<String> = suites.iter().map(|&name| name.to_owned()).collect();
            let found = made(WINDOWS, &suites, || Ok(PathBuf::from("gangway.exe"))).unwrap();
            assert_eq!(found.is_some(), wanted, "{suites:?}");
        }
    }

    #[test]
    fn every_suite_with_a_program_of_its_own_is_there() {
        let every = suites(&workspace::root().unwrap()).unwrap();
        for (_, suite) in [CRASH_STUB, WINDOWS, TICKET] {
            assert!(every.iter().any(|name| name == suite), "{suite}");
        }
    }
}
