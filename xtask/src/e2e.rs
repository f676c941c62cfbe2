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

/// The variable that names the stub with hooks.
const CRASH_STUB: &str = "GANGWAY_CRASH_STUB";

/// The variable that names `gangway.exe`.
const WINDOWS: &str = "GANGWAY_WINDOWS";

/// The variable that names the program that signs in by a ticket.
const TICKET: &str = "GANGWAY_TICKET";

/// Whether the harness or one of these suites asks for a program that is one more build.
fn wants(root: &Path, suites: &[String], variable: &str) -> Result<bool> {
    let tests = root.join("tests/e2e/tests");
    let mut files = workspace::files_below(&root.join("tests/e2e/src"))?;
    for suite in suites {
        files.push(tests.join(format!("{suite}.rs")));
        let folder = tests.join(suite);
        if folder.is_dir() {
            files.extend(workspace::files_below(&folder)?);
        }
    }
    for file in files {
        let bytes = workspace::read_file(&file)?;
        if String::from_utf8_lossy(&bytes).contains(variable) {
            return Ok(true);
        }
    }
    Ok(false)
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
        let root = workspace::root()?;
        let crash_stub = if wants(&root, suites, CRASH_STUB)? {
            Some(runner::stub(&[runner::TEST_HOOK_FEATURE.to_owned()])?)
        } else {
            None
        };
        let stub = runner::stub(&[])?;
        let windows = if wants(&root, suites, WINDOWS)? {
            Some(runner::program(stub.clone(), runner::Profile::Test)?)
        } else {
            None
        };
        let standins = runner::standins_folder()?;
        let programs = Programs::build()?;
        let ticket = suites.iter().any(|suite| suite == "samba");
        let ticket = ticket.then(programs::ticket).transpose()?;
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
            (CRASH_STUB, &self.crash_stub),
            (WINDOWS, &self.windows),
            (TICKET, &self.ticket),
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
    fn a_suite_that_names_a_program_gets_it_and_no_other() {
        let root = tempfile::tempdir().unwrap();
        let tests = root.path().join("tests/e2e/tests");
        fs::create_dir_all(tests.join("samba")).unwrap();
        fs::create_dir_all(root.path().join("tests/e2e/src")).unwrap();
        for (name, text) in [
            ("windows.rs", WINDOWS),
            ("wine.rs", ""),
            ("samba.rs", ""),
            ("samba/whole.rs", WINDOWS),
        ] {
            fs::write(tests.join(name), text).unwrap();
        }
        for (suite, wanted) in [("windows", true), ("wine", false), ("samba", true)] {
            let found = wants(root.path(), &[suite.to_owned()], WINDOWS).unwrap();
            assert_eq!(found, wanted, "{suite}");
        }
    }
}
