//! One function for each command: call the library, print, choose the exit code.

use std::io::{self, Read as _};
use std::path::Path;

use clap::CommandFactory as _;
use serde::Serialize;

use super::arguments::{
    Arguments, Build, Completions, Explain, Init, Inspect, Moment, Report, Sign, Verify,
};
use super::exit::Exit;
use super::output::Output;
use crate::fleet::{self, ExpectedServers};
use crate::intake;
use crate::intake::lock::LockMode;
use crate::pipeline::{
    self, BuildError, BuildRequest, ConfigError, SignError, VerifyError, explain as codes,
};
use crate::problem::Problem;
use crate::sarif::sarif;

/// The config that `init` writes; tests hold it to the config reader.
pub(super) const SAMPLE_CONFIG: &str = include_str!("../../../templates/gangway.toml");

pub(super) fn init(given: &Init, output: &Output) -> Exit {
    let written = std::fs::File::create_new(&given.path)
        .and_then(|mut file| io::Write::write_all(&mut file, SAMPLE_CONFIG.as_bytes()));
    match written {
        Ok(()) => {
            let path = given.path.display();
            output.line(&format!(
                "wrote `{path}`; edit it, then `gangway build --config {path} --out bundle`"
            ));
            Exit::Good
        }
        Err(error) => {
            let path = given.path.display();
            output.failure(&io::Error::other(format!(
                "write `{path}`: {error}\nhint: name a new file in a folder that is there: \
                 `gangway init FILE`"
            )));
            Exit::Environment
        }
    }
}

pub(super) fn inspect(given: &Inspect, output: &Output) -> Exit {
    let config = given.config.as_deref();
    let settings = pipeline::intake_settings(config, &given.crl, now(&given.moment));
    let settings = match settings {
        Ok(settings) => settings,
        Err(error) => return build_failure(&error, output),
    };
    output_begin(output, "inspect");
    let inspection = intake::inspect(&given.paths, &settings);
    pipeline::Progress::end(output);
    if given.sarif {
        let problems: Vec<Problem> = inspection.all_problems().cloned().collect();
        output.json(&String::from_utf8_lossy(&sarif(&problems)));
    } else if output.is_json() {
        output.json(&intake::report::json(&inspection));
    } else {
        output.line(intake::report::text(&inspection).trim_end());
        output.problems(inspection.all_problems());
    }
    if inspection.has_errors() {
        Exit::Problems
    } else {
        Exit::Good
    }
}

pub(super) fn build(given: &Build, output: &Output) -> Exit {
    let epoch = match source_date_epoch() {
        Ok(epoch) => epoch,
        Err(error) => {
            output.failure(&error);
            return Exit::Usage;
        }
    };
    let request = BuildRequest {
        config: given.config.clone(),
        out: given.out.clone(),
        mode: given.mode.map(Into::into),
        lock: match (given.locked, given.update_lock) {
            (true, _) => LockMode::Locked,
            (false, true) => LockMode::Update {
                allow_downgrade: given.allow_downgrade,
            },
            (false, false) => LockMode::Check,
        },
        stub: given.stub.clone(),
        now: now(&given.moment),
        source_date_epoch: epoch,
    };
    match pipeline::build(&request, output) {
        Ok(built) => {
            output.problems(&built.problems);
            for change in &built.changes {
                output.line(&format!("lock     {change}"));
            }
            if output.is_json() {
                output.document(&built.document);
            } else {
                let document = &built.document;
                let out = given.out.display();
                output.line(&format!(
                    "bundle   {} (sequence {})",
                    document.bundle_id, document.sequence
                ));
                output.line(&format!("release  {}", document.release_id));
                output.line(&format!("sign     {out}/{}", document.exe.path));
                output.line(&format!("then     gangway verify {out}"));
            }
            Exit::Good
        }
        Err(error) => build_failure(&error, output),
    }
}

pub(super) fn sign(given: &Sign, output: &Output) -> Exit {
    match pipeline::sign(&given.bundle, &given.config, now(&given.moment)) {
        Ok(summary) => {
            output.line(&summary);
            Exit::Good
        }
        Err(error) => {
            output.failure(&error);
            match error {
                SignError::Config(error) => config_exit(&error),
                SignError::NoCommand { .. } => Exit::Usage,
                SignError::NotABundle(_) | SignError::Refused(_) => Exit::Verification,
                SignError::Io(_) | SignError::Program { .. } => Exit::Environment,
            }
        }
    }
}

pub(super) fn verify(given: &Verify, output: &Output) -> Exit {
    #[derive(Serialize)]
    struct Document<'a> {
        bundle_id: &'a str,
        files: usize,
        signature: &'a str,
        good: bool,
        problems: &'a [Problem],
    }
    match pipeline::verify(&given.bundle, now(&given.moment)) {
        Ok(found) => {
            let unsigned_counts = given.signed
                && found
                    .problems
                    .iter()
                    .any(|one| one.code == &pipeline::codes::EXE_UNSIGNED);
            let good = !unsigned_counts && !found.problems.iter().any(Problem::is_error);
            if output.is_json() {
                output.document(&Document {
                    bundle_id: found.document.bundle_id.as_str(),
                    files: found.files,
                    signature: &found.signature,
                    good,
                    problems: &found.problems,
                });
            } else {
                output.problems(&found.problems);
                output.line(&format!("bundle     {}", found.document.bundle_id));
                output.line(&format!("files      {} compared", found.files));
                output.line(&format!("bootstrap  {}", found.signature));
                output.line(if good { "verified" } else { "NOT verified" });
            }
            if good { Exit::Good } else { Exit::Verification }
        }
        Err(error) => {
            output.failure(&error);
            match error {
                VerifyError::NotABundle { .. } => Exit::Verification,
                VerifyError::Io(_) => Exit::Environment,
            }
        }
    }
}

pub(super) fn report(given: &Report, output: &Output) -> Exit {
    let expected = match given.expected.as_deref().map(read_expected).transpose() {
        Ok(expected) => expected,
        Err(error) => {
            output.failure(&error);
            return Exit::Environment;
        }
    };
    match fleet::read(&given.folder, expected.as_ref()) {
        Ok(fleet) => {
            if output.is_json() {
                output.document(&fleet);
            } else {
                output.problems(&fleet.problems);
                output.line(&fleet::text(&fleet));
            }
            let reached = given
                .threshold
                .is_none_or(|percent| fleet.good_percent() >= percent.into());
            if reached { Exit::Good } else { Exit::Problems }
        }
        Err(error) => {
            output.failure(&error);
            Exit::Environment
        }
    }
}

/// A hundred thousand names take a few megabytes.
fn read_expected(path: &Path) -> io::Result<ExpectedServers> {
    const MAX_BYTES: u64 = 256 << 20;
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|error| error.to_string())
        .and_then(|read| match read as u64 {
            0..=MAX_BYTES => Ok(()),
            _ => Err(format!("more than {MAX_BYTES} bytes")),
        })
        .and_then(|()| ExpectedServers::read(&bytes).map_err(|error| error.to_string()))
        .map_err(|why| {
            io::Error::other(format!(
                "list of servers `{}`: {why}\nhint: `--expected` takes a text with a name on \
                 each line, or a CSV with the column `DNSHostName`",
                path.display()
            ))
        })
}

pub(super) fn explain(given: &Explain, output: &Output) -> Exit {
    let Some(id) = &given.code else {
        for code in codes::all() {
            output.result(&format!("{}  {}", code.id, code.title));
        }
        return Exit::Good;
    };
    match codes::find(id) {
        Some(code) => {
            output.result(&format!("{}: {}\n\n{}", code.id, code.title, code.page));
            Exit::Good
        }
        None => {
            output.failure(&io::Error::other(format!(
                "there is no problem code `{id}`\nhint: `gangway explain` lists them all"
            )));
            Exit::Usage
        }
    }
}

pub(super) fn completions(given: &Completions, output: &Output) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(
        given.shell,
        &mut Arguments::command(),
        "gangway",
        &mut script,
    );
    output.result(&String::from_utf8_lossy(&script));
    Exit::Good
}

fn build_failure(error: &BuildError, output: &Output) -> Exit {
    match error {
        BuildError::Problems(problems) => {
            if output.is_json() {
                output.document(problems);
            } else {
                output.problems(problems);
                output.failure(error);
            }
            return Exit::Problems;
        }
        _ => output.failure(error),
    }
    match error {
        BuildError::Config(error) => config_exit(error),
        BuildError::Output(_) => Exit::Environment,
        BuildError::WorkspaceKey { .. }
        | BuildError::Root { .. }
        | BuildError::RevocationList { .. }
        | BuildError::Lock { .. }
        | BuildError::NoStub { .. } => Exit::Usage,
        BuildError::Stub { .. }
        | BuildError::Gpo { .. }
        | BuildError::Kit(_)
        | BuildError::Problems(_) => Exit::Problems,
        BuildError::Runbook { .. } | BuildError::Digest { .. } => Exit::Internal,
    }
}

fn config_exit(error: &ConfigError) -> Exit {
    match error {
        ConfigError::Unreadable { .. } => Exit::Environment,
        ConfigError::Malformed { .. } | ConfigError::Value { .. } => Exit::Usage,
    }
}

fn output_begin(output: &Output, phase: &str) {
    pipeline::Progress::begin(output, phase, 0);
}

/// The one place where the command line reads the clock.
pub(super) fn now(moment: &Moment) -> i64 {
    moment
        .as_of
        .unwrap_or_else(|| time::OffsetDateTime::now_utc().unix_timestamp())
}

/// `SOURCE_DATE_EPOCH` (reproducible-builds.org): seconds since 1970 UTC.
fn source_date_epoch() -> Result<Option<i64>, io::Error> {
    let Some(value) = std::env::var_os("SOURCE_DATE_EPOCH") else {
        return Ok(None);
    };
    let parsed = value.to_str().and_then(|text| text.parse().ok());
    parsed.map(Some).ok_or_else(|| {
        io::Error::other("`SOURCE_DATE_EPOCH` is no number of seconds since 1970\nhint: unset it, or use `date +%s`")
    })
}
