//! Fetches every package that is not here yet. Ends with 0 when all are here, with 3 when no
//! registry could be reached, with 1 for anything else.

use std::process::ExitCode;

use gangway_real_files::Package;

/// No registry could be reached.
const OUT_OF_REACH: u8 = 3;

#[expect(clippy::print_stderr, reason = "a program that reports")]
fn main() -> ExitCode {
    let mut fetched = 0_usize;
    let mut failed = 0_usize;
    let mut damaged = 0_usize;
    for package in Package::ALL {
        match package.is_here() {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => {
                eprintln!("{error:#}; delete `{}`", package.path().display());
                damaged += 1;
                continue;
            }
        }
        match package.fetch() {
            Ok(()) => fetched += 1,
            Err(error) => {
                eprintln!("{error:#}");
                failed += 1;
            }
        }
    }
    match (fetched, failed, damaged) {
        (_, 0, 0) => ExitCode::SUCCESS,
        (0, _, 0) => ExitCode::from(OUT_OF_REACH),
        _ => ExitCode::FAILURE,
    }
}
