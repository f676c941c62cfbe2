//! `gangway selftest`.

use std::io;

use super::answer::{Answer, Envelope};
use super::arguments::Selftest;
use super::commands::now;
use super::failure::Failure;
use super::output::Output;
use super::results::{SelftestCounts, Tested};
use crate::disk::Prepared;
use crate::exit::Exit;
use crate::failure::FailureCode;
use crate::pipeline::{SelftestRequest, selftest_subject};
use crate::plain_file;
use crate::selftest::{self, Answered, Here, Verdict};

pub(super) fn selftest(given: &Selftest, output: &Output) -> Result<Answer<Tested>, Failure> {
    let mut here = Here::new().map_err(|error| {
        let text = format!("`selftest` asks a Windows Server: {error}");
        Failure::of(FailureCode::Program, text).hint(
            "take `gangway.exe`, the bundle and its packages to a server that can be thrown away; \
             docs/first-windows-run.md has the steps",
        )
    })?;
    let bundle = selftest_subject(&SelftestRequest {
        bundle: given.outside.request(&given.bundle, now(&given.moment)),
        domain: given.domain.clone(),
        packages: given.packages.clone(),
    })?;
    output.problems(&bundle.problems);
    refuse_another(given)?;
    let system = selftest::system(&mut here);
    output.line(&format!("system   {system}"));
    let answers = selftest::ask(&mut here, &bundle.subject, given.apply, |answer| {
        tell(answer, output);
    });
    let counts = SelftestCounts::of(&answers);
    output.line(&format!(
        "answered {} yes, {} no, {} not here",
        counts.yes, counts.no, counts.not_answerable
    ));
    let left = answers.iter().any(|answer| !answer.left_behind.is_empty());
    let good = counts.no == 0 && !left;
    let file = given.out.display().to_string();
    let answer = Answer {
        problems: bundle.problems,
        exit: if good { Exit::Good } else { Exit::Problems },
        ..Answer::good(Tested {
            file: file.clone(),
            apply: given.apply,
            gangway: env!("CARGO_PKG_VERSION"),
            system,
            counts,
            answers,
        })
    };
    write(given, &answer)?;
    output.line(&format!("wrote    `{file}`"));
    Ok(answer)
}

fn tell(answer: &Answered, output: &Output) {
    let word = match answer.verdict {
        Verdict::Yes => "yes     ",
        Verdict::No => "no      ",
        Verdict::NotAnswerable => "not here",
    };
    output.line(&format!("{word} {}: {}", answer.id, answer.why));
    for what in &answer.changed {
        output.line(&format!("changed  {what}"));
    }
    for what in &answer.left_behind {
        output.line(&format!("LEFT     {what}"));
    }
}

/// How the document begins.
const BEGINNING: &str = "{\n  \"schema\": \"gangway.selftest/";

fn failed(given: &Selftest, error: impl std::fmt::Display) -> Failure {
    let text = format!("write `{}`: {error}", given.out.display());
    Failure::of(FailureCode::Files, text).hint("name another file by `--out`")
}

/// An earlier answer is replaced, and nothing else; told before anything is asked.
fn refuse_another(given: &Selftest) -> Result<(), Failure> {
    match plain_file::beginning(&given.out, BEGINNING.len() as u64) {
        Ok(found) if found == BEGINNING.as_bytes() => Ok(()),
        Ok(_) => Err(failed(given, "another file is there")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(failed(given, error)),
    }
}

/// The same document that `--json` prints.
fn write(given: &Selftest, answer: &Answer<Tested>) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(&Envelope::of(answer))
        .map_err(|error| failed(given, error))?;
    Prepared::write(&given.out, BEGINNING, text.as_bytes())
        .and_then(Prepared::put)
        .map_err(|error| failed(given, error))
}
