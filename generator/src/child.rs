//! Programs that this one starts.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Command;

/// The variable that may hold the password of a publication.
pub const PASSWORD_VARIABLE: &str = "GANGWAY_PASSWORD";

/// A program to start. It inherits the environment without the password: whoever may read a
/// process's environment reads that of its children, and they theirs.
pub fn program(name: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(name);
    command.env_remove(PASSWORD_VARIABLE);
    command
}

/// The folder of Windows' own programs, as Windows says where it is: no variable, and no search in which
/// the folder of this program comes first. None on other systems.
#[cfg(windows)]
pub fn system_folder() -> Option<PathBuf> {
    known_folders::get_known_folder_path(known_folders::KnownFolder::System)
}

/// None: this is no Windows.
#[cfg(not(windows))]
pub fn system_folder() -> Option<PathBuf> {
    None
}

/// The folder for programs, as Windows says where it is. None on other systems.
#[cfg(windows)]
pub fn program_files() -> Option<PathBuf> {
    known_folders::get_known_folder_path(known_folders::KnownFolder::ProgramFiles)
}

/// None: this is no Windows.
#[cfg(not(windows))]
pub fn program_files() -> Option<PathBuf> {
    None
}

/// Windows' own PowerShell, by its absolute path where Windows tells it.
pub fn powershell() -> PathBuf {
    const BELOW: &str = r"WindowsPowerShell\v1.0\powershell.exe";
    system_folder().map_or_else(|| "powershell.exe".into(), |folder| folder.join(BELOW))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_child_inherits_the_password() {
        let command = program("smbclient");
        let mut changes = command.get_envs();
        assert!(changes.any(|change| change == (OsStr::new("GANGWAY_PASSWORD"), None)));
    }
}
