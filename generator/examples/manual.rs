//! Writes the manual pages of `gangway` and its commands into the folder that is named: `cargo xtask
//! dist` packs them.

use std::path::PathBuf;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let folder = env::args_os().nth(1).map(PathBuf::from);
    let folder = folder.ok_or_else(|| io::Error::other("name a folder for the pages"))?;
    fs::create_dir_all(&folder)?;
    let version = env!("CARGO_PKG_VERSION");
    // The foot of each page names it; a command of its own has none.
    let line = gangway::cli::command_line()
        .propagate_version(true)
        .version(version);
    clap_mangen::generate_to(line, &folder)
}
