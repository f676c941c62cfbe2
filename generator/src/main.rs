//! The command line tool `gangway`.

use std::process::ExitCode;

fn main() -> ExitCode {
    gangway::cli::run()
}
