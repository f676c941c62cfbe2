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
use crate::pipeline::{self, SelftestRequest, VerifyRequest, selftest_subject};
use crate::plain_file;
use crate::selftest::{self, Answered, Here, Machine as _, Verdict};

pub(super) fn selftest(given: &Selftest, output: &Output) -> Result<Answer<Tested>, Failure> {
    let mut here = Here::new().map_err(|error| {
        let text = format!("`selftest` asks a Windows Server: {error}");
        Failure::of(FailureCode::Program, text).hint(
            "take `gangway.exe`, the bundle and its packages to a server that can be thrown away; \
             docs/first-windows-run.md has the steps",
        )
    })?;
    let moment = now(&given.moment);
    // A digest is one bundle's: the later one is judged by config, lock and roots.
    let later = |bundle| VerifyRequest {
        expect: None,
        ..given.outside.request(bundle, moment)
    };
    let bundle = selftest_subject(&SelftestRequest {
        bundle: given.outside.request(&given.bundle, moment),
        domain: given.domain.clone(),
        packages: given.packages.clone(),
        later: (given.later.as_deref().map(later)).zip(given.later_packages.clone()),
    })?;
    output.problems(&bundle.problems);
    prepare(given)?;
    let system = selftest::system(&mut here);
    output.line(&format!("system   {system}"));
    let mut answers = selftest::ask(&mut here, &bundle.subject, given.apply, |answer| {
        tell(answer, output);
    });
    let is_interrupted = here.is_told_to_end();
    if let Some(answer) = answers.last_mut()
        && let Some(folder) = here.close()
    {
        answer.left_behind.push(format!("`{}`", folder.display()));
        tell(answer, output);
    }
    let counts = SelftestCounts::of(&answers);
    output.line(&format!(
        "answered {} yes, {} no, {} not here",
        counts.yes, counts.no, counts.not_answerable
    ));
    let left = answers.iter().any(|answer| !answer.left_behind.is_empty());
    let exit = match counts.no == 0 && !left {
        _ if is_interrupted => Exit::Interrupted,
        true => Exit::Good,
        false => Exit::Problems,
    };
    let file = given.out.display().to_string();
    let answer = Answer {
        problems: bundle.problems,
        exit,
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

/// An earlier answer is replaced, and nothing else; told before anything is asked, as is a file that cannot be
/// written, or that would make bundle or packages other ones.
fn prepare(given: &Selftest) -> Result<(), Failure> {
    pipeline::selftest_apart(&given.out)?;
    match plain_file::beginning(&given.out, BEGINNING.len() as u64) {
        Ok(found) if found == BEGINNING.as_bytes() => {}
        Ok(_) => return Err(failed(given, "another file is there")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(given, error)),
    }
    let folder = given.out.parent().filter(|it| !it.as_os_str().is_empty());
    if folder.is_some_and(|folder| !folder.is_dir()) {
        return Err(failed(given, "there is no such folder"));
    }
    // Taken away again at once: what is there stays until the answer is.
    let tried = Prepared::write(&given.out, BEGINNING, BEGINNING.as_bytes());
    tried.map(drop).map_err(|error| failed(given, error))
}

/// The same document that `--json` prints.
fn write(given: &Selftest, answer: &Answer<Tested>) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(&Envelope::of(answer))
        .map_err(|error| failed(given, error))?;
    Prepared::write(&given.out, BEGINNING, text.as_bytes())
        .and_then(Prepared::put)
        .map_err(|error| failed(given, error))
}
