//! What a suite needs from outside, by name. Absence is an error that says what to run.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

/// The generator's program.
pub const GANGWAY: &str = "GANGWAY_BIN";
/// The linked bootstrap stub.
pub const STUB: &str = "GANGWAY_STUB";
/// The same stub with points at which a test can kill it.
pub const CRASH_STUB: &str = "GANGWAY_CRASH_STUB";
/// Signs in by a Kerberos ticket, as the generator does on Windows.
pub const TICKET: &str = "GANGWAY_TICKET";
/// Folder of the Windows stand-ins.
pub const STANDINS: &str = "GANGWAY_STANDINS";
/// Folder of the sample downloads.
pub const FIXTURES: &str = "GANGWAY_FIXTURES";

/// The file or folder named by an environment variable.
///
/// # Errors
/// The variable is not set, or names nothing.
pub fn path(variable: &str) -> Result<PathBuf> {
    let path = std::env::var_os(variable)
        .map(PathBuf::from)
        .with_context(|| {
            format!("variable `{variable}` is not set\nhint: start the suite by `cargo xtask e2e`")
        })?;
    std::fs::canonicalize(&path).with_context(|| {
        format!(
            "`{}`, named by `{variable}`, does not exist",
            path.display()
        )
    })
}

/// The program `name` from `PATH`.
///
/// # Errors
/// It is not installed.
pub fn tool(name: &str) -> Result<PathBuf> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&folders)
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
        .with_context(|| {
            format!("program `{name}` is not installed\nhint: run `cargo xtask setup`")
        })
}

/// One of Wine's programs: the path in `variable`, else Debian's place. The `wine` wrapper is
/// not used, it only adds hints about 32-bit programs.
///
/// # Errors
/// Nothing is there.
pub fn wine_program(variable: &str, usual: &str) -> Result<PathBuf> {
    let path = std::env::var_os(variable).map_or_else(|| PathBuf::from(usual), PathBuf::from);
    if !path.is_file() {
        bail!(
            "`{}` does not exist\nhint: install `wine64` (`cargo xtask setup`), or name the \
             program in variable `{variable}`",
            path.display()
        );
    }
    Ok(path)
}

/// Folder for templates and running prefixes: `e2e` in cargo's target folder, found from the
/// place of this very program.
///
/// # Errors
/// The program does not stand in a target folder.
pub fn work_folder() -> Result<PathBuf> {
    let exe = std::env::current_exe().context("find the path of this program")?;
    let target = exe
        .ancestors()
        .find(|folder| folder.join("CACHEDIR.TAG").is_file())
        .with_context(|| format!("`{}` stands in no target folder of cargo", exe.display()))?;
    let folder = target.join("e2e");
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("create folder `{}`", folder.display()))?;
    Ok(folder)
}
