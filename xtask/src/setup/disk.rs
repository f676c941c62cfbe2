//! Whether the disk has room for a whole run.

use crate::program::Program;
use crate::{say, workspace};

/// Bytes that a whole run of `cargo xtask test` takes beyond a clean checkout: measured on Debian 12, 6 GB in
/// `target` (2 GB more where cargo keeps its incremental state, which `.ci/run` switches off), 2 GB of packages
/// and up to 1 GB that the end-to-end suites hold for a time.
const WHOLE_RUN: u64 = 11_000_000_000;

/// Says it before half an hour is spent: the linker that meets a full disk ends with a bus error. Where a run
/// was before, less is needed, so nothing is refused.
pub(crate) fn warn_when_small() {
    if let Some(free) = free().filter(|free| *free < WHOLE_RUN) {
        say::warning(format!(
            "{:.1} GB are free on this disk; a whole run of a clean checkout takes about {} GB",
            free as f64 / 1e9,
            WHOLE_RUN / 1_000_000_000
        ));
    }
}

/// Bytes that are free where the target folder lies; none where `df` does not say.
fn free() -> Option<u64> {
    let root = workspace::root().ok()?;
    let output = Program::new("df").arg("-Pk").arg(root).output().ok()?;
    available(&String::from_utf8_lossy(&output.stdout))
}

/// The fourth column of `df -Pk` (POSIX), in units of 1024 bytes.
fn available(said: &str) -> Option<u64> {
    let line = said.lines().nth(1)?;
    let blocks: u64 = line.split_whitespace().nth(3)?.parse().ok()?;
    blocks.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_free_is_read_of_the_posix_form() {
        let said = "Filesystem 1024-blocks Used Available Capacity Mounted on\n\
                    /dev/vda 264113192 88080384 8178892 92% /\n";
        assert_eq!(available(said), Some(8_178_892 * 1024));
        assert_eq!(available("df: /nowhere: No such file or directory\n"), None);
    }
}
