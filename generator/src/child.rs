//! Programs that this one starts.

use std::ffi::OsStr;
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
