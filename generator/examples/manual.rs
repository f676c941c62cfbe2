//! Writes the manual pages of `gangway` and its commands into a folder: `cargo xtask dist` packs them.

use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: manual FOLDER");
        return ExitCode::from(2);
    };
    let written = std::fs::create_dir_all(&folder)
        .and_then(|()| clap_mangen::generate_to(gangway::cli::command_line(), &folder));
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("write manual pages to `{}`: {error}", folder.display());
            ExitCode::FAILURE
        }
    }
}
