//! What a user types, and what is printed for it.

#[cfg(feature = "directory")]
mod account;
mod answer;
mod arguments;
mod attest;
mod bundles;
mod commands;
mod failure;
mod output;
mod package;
#[cfg(feature = "directory")]
mod password;
mod policies;
mod publish;
mod publish_share;
mod reconstruct;
mod report;
mod results;
mod retire;
mod rolled_out;
mod rollout;
mod schemas;
mod selftest;
mod share_place;
mod verify_share;
mod version;
mod vocabulary;

use std::ffi::OsStr;
use std::process::ExitCode;

use clap::Parser as _;
use clap::error::ErrorKind;

use answer::{Answer, Document, Envelope, Nothing};
use arguments::{Arguments, Command, Publish, PublishPart};
use failure::Failure;
use output::{Format, Output};

use crate::exit::Exit;
use crate::failure::FailureCode;
use crate::intake::report::InspectionDocument;
use crate::interrupted;
use crate::printable;
use crate::problem::Deny;
use crate::sarif::{self, Notification, Run};

/// The command line, for documents that are made from it.
pub fn command_line() -> clap::Command {
    <Arguments as clap::CommandFactory>::command()
}

/// Runs the command line and returns the exit code.
pub fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return not_understood(&error).into(),
    };
    let format = match &arguments.command {
        _ if arguments.global.json => Format::Json,
        command if command.wants_sarif() => Format::Sarif,
        _ => Format::Text,
    };
    let output = Output::new(&arguments.global, format, arguments.command.deny());
    // Without a handler a signal ends the program all the same; only nothing is tidied up.
    let _ = interrupted::tidy_up_on_signals(Exit::Interrupted as i32);
    let exit = command(&arguments.command, &output);
    ended(exit, &output).into()
}

fn command(command: &Command, output: &Output) -> Exit {
    match command {
        Command::Init(given) => answer(commands::init(given, output), output),
        Command::Inspect(given) => match commands::look(given, output) {
            Ok(found) => answer(Ok(commands::inspect(given, &found, output)), output),
            Err(failure) => answer::<InspectionDocument<'_>>(Err(failure), output),
        },
        Command::Build(given) => answer(commands::build(given, output), output),
        Command::Lock(given) => answer(bundles::lock(given, output), output),
        Command::Reconstruct(given) => answer(reconstruct::run(given, output), output),
        Command::Sign(given) => answer(bundles::sign(given, output), output),
        Command::Verify(given) => answer(bundles::verify(given, output), output),
        Command::Package(given) => answer(package::package(given, output), output),
        Command::Attest(given) => answer(attest::attest(given, output), output),
        Command::Lint(given) => answer(policies::lint(given, output), output),
        Command::Diff(given) => answer(policies::diff(given, output), output),
        Command::Publish(given) => publish(given, output),
        Command::Rollout(given) => answer(rollout::run(given, output), output),
        Command::Retire(given) => answer(retire::run(given, output), output),
        Command::Report(given) if given.prune.wanted => {
            answer(report::prune(given, output), output)
        }
        Command::Report(given) => answer(report::report(given, output), output),
        Command::Selftest(given) => answer(selftest::selftest(given, output), output),
        Command::Explain(given) => answer(commands::explain(given, output), output),
        Command::Completions(given) => answer(commands::completions(given, output), output),
        Command::Schema(given) => answer(schemas::run(given, output), output),
    }
}

fn publish(given: &Publish, output: &Output) -> Exit {
    match &given.part {
        Some(PublishPart::Share(given)) => answer(publish_share::run(given, output), output),
        Some(PublishPart::Gpo(given)) => answer(publish::gpo(given, output), output),
        None => answer(publish::whole(given, output), output),
    }
}

/// Prints what is left to say and gives the exit code.
fn answer<T: Document>(given: Result<Answer<T>, Failure>, output: &Output) -> Exit {
    let answer = given.unwrap_or_else(|failure| {
        output.problems(&failure.problems);
        failure.into()
    });
    match output.format() {
        Format::Json => output.document(&Envelope::of(&answer)),
        Format::Sarif => output.document(&scanning_log(&answer, output.deny())),
        Format::Text => {
            if let Some(failure) = &answer.failure {
                output.failure(failure);
            }
        }
    }
    answer.exit()
}

/// The answer as SARIF. A command that gave up over its findings alone did run.
fn scanning_log<T: Document>(answer: &Answer<T>, deny: &Deny) -> serde_json::Value {
    let over_findings = [FailureCode::Problems, FailureCode::Denied];
    let failure = answer.failure.as_ref();
    let failure = failure.filter(|failure| !over_findings.contains(&failure.code));
    let text = failure.map(Failure::text).unwrap_or_default();
    let folder = std::env::current_dir().unwrap_or_default();
    sarif::log(&Run {
        command: T::COMMAND,
        folder: &folder,
        below: answer.below.as_deref(),
        problems: &answer.problems,
        deny,
        exit_code: answer.exit() as u8,
        failure: failure.map(|failure| Notification {
            code: failure.code.to_string(),
            meaning: failure.code.meaning(),
            text: &text,
            is_configuration: failure.code.exit() == Exit::Usage,
        }),
    })
}

/// An answer that did not arrive is none, whatever it was.
fn ended(exit: Exit, output: &Output) -> Exit {
    let Some(error) = output.unwritten() else {
        return exit;
    };
    let text = format!("write standard output: {error}");
    let failure = Failure::of(FailureCode::StandardOutput, text)
        .hint("what the command does is done; only its answer is not whole");
    output.failure(&failure);
    failure.code.exit()
}

/// A command line that is not understood, or a question about the command line itself.
fn not_understood(error: &clap::Error) -> Exit {
    let asked = |flag: &str| std::env::args_os().any(|given| given == flag);
    if !error.use_stderr() {
        // `--help` or `--version`.
        if error.kind() == ErrorKind::DisplayVersion && asked("--json") {
            let output = Output::bare(Format::Json);
            return ended(answer(Ok(version::version()), &output), &output);
        }
        let output = Output::bare(Format::Text);
        output.result(error.render().to_string().trim_end());
        return ended(Exit::Good, &output);
    }
    let format = match (asked("--json"), asked("--sarif")) {
        (true, _) => Format::Json,
        (false, true) => Format::Sarif,
        (false, false) if !std::env::args_os().any(|given| deceives(&given)) => {
            // With colours where the terminal has them; nothing sensible is left to do when
            // even this cannot be written.
            let _ = error.print();
            return Exit::Usage;
        }
        (false, false) => Format::Text,
    };
    let text = printable_arguments(error.render().to_string());
    let text = text.trim_start_matches("error: ").trim_end();
    let output = Output::bare(format);
    let failure = Failure::of(FailureCode::CommandLine, text);
    ended(answer::<Nothing>(Err(failure), &output), &output)
}

/// Does this argument hold what moves the cursor or begins a line?
fn deceives(argument: &OsStr) -> bool {
    argument.to_string_lossy().contains(printable::deceives)
}

/// A message about the command line, in which what was typed begins no line.
fn printable_arguments(mut message: String) -> String {
    for argument in std::env::args_os().filter(|given| deceives(given)) {
        let argument = argument.to_string_lossy();
        let value = argument.split_once('=').map(|(_, value)| value);
        for typed in [Some(&*argument), value].into_iter().flatten() {
            message = message.replace(typed, &printable::on_one_line(typed));
        }
    }
    message
}
