//! What a user types, and what is printed for it.

mod arguments;
mod commands;
mod exit;
mod output;
#[cfg(feature = "directory")]
mod password;
mod policies;
mod publish;

use std::process::ExitCode;

use clap::Parser as _;

use arguments::{Arguments, Command};
pub use exit::Exit;
use output::Output;

/// Runs the command line and returns the exit code.
pub fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let exit = if error.use_stderr() {
                Exit::Usage
            } else {
                Exit::Good
            };
            // Nothing sensible is left to do when even this cannot be written.
            let _ = error.print();
            return exit.into();
        }
    };
    let output = Output::new(&arguments.global);
    let exit = match arguments.command {
        Command::Init(given) => commands::init(&given, &output),
        Command::Inspect(given) => commands::inspect(&given, &output),
        Command::Build(given) => commands::build(&given, &output),
        Command::Sign(given) => commands::sign(&given, &output),
        Command::Verify(given) => commands::verify(&given, &output),
        Command::Lint(given) => policies::lint(&given, &output),
        Command::Diff(given) => policies::diff(&given, &output),
        Command::Publish(given) => publish::run(&given, &output),
        Command::Report(given) => commands::report(&given, &output),
        Command::Explain(given) => commands::explain(&given, &output),
        Command::Completions(given) => commands::completions(&given, &output),
    };
    exit.into()
}
