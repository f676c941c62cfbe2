//! Whether this system lets a suite have a network, mounts and processes of its own.

use anyhow::{Result, bail};

use super::Purpose;
use crate::program::Program;

/// What the samba suite asks for (`tests/e2e/src/samba/namespaces.rs`); as root only.
const ASKED: [&str; 6] = [
    "--net",
    "--mount",
    "--pid",
    "--fork",
    "--mount-proc",
    "true",
];

/// Says at once what would else fail in the middle of a suite: no package mends it.
pub(super) fn ensure(purposes: &[Purpose]) -> Result<()> {
    if !purposes.contains(&Purpose::Samba) {
        return Ok(());
    }
    // Without the program, setup says which package brings it.
    let Ok(output) = Program::new("unshare").args(ASKED).output() else {
        return Ok(());
    };
    if output.status.success() {
        return Ok(());
    }
    match cure(&String::from_utf8_lossy(&output.stderr)) {
        Some(why) => bail!("{why}"),
        None => Ok(()),
    }
}

/// What to do about the answer of `unshare`. A person without root is refused with "Operation not
/// permitted", which the suite itself says with its cure.
fn cure(said: &str) -> Option<String> {
    said.contains("Invalid argument").then(|| {
        format!(
            "this system gives the samba suite no namespaces: {}\n\
             hint: in a plain chroot the root folder is no mount point; make it one before: \
             `unshare --mount sh -c 'mount --bind ROOT ROOT && chroot ROOT'`. Every other phase runs \
             without: `cargo xtask test --only PHASE`, `cargo xtask e2e --suite wine`",
            said.trim()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_chroot_is_told_what_to_do() {
        let said = "unshare: cannot change root filesystem propagation: Invalid argument\n";
        let why = cure(said).unwrap();
        assert!(why.contains("mount --bind ROOT ROOT"), "{why}");
        assert_eq!(
            cure("unshare: unshare failed: Operation not permitted"),
            None
        );
    }
}
