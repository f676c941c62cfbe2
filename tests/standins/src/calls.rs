//! The record of what was started: `C:\standins\calls.log`, one line per call.
//!
//! Shape: program name, a tab, the arguments as the program received them, joined by blanks. A test asserts
//! on this file what was run, with which arguments, in which order.

use std::io::Write as _;
use std::path::Path;

/// File name below [`crate::FOLDER`].
pub const FILE: &str = "calls.log";

/// Appends this call and tells its number, counted from 1, among the calls of `program`.
///
/// # Errors
/// The record cannot be read or written; the caller ends with an error, because a call that
/// is not on record would make a test pass that should not.
pub fn record(program: &str, arguments: &str) -> std::io::Result<usize> {
    record_in(Path::new(crate::FOLDER), program, arguments)
}

fn record_in(folder: &Path, program: &str, arguments: &str) -> std::io::Result<usize> {
    std::fs::create_dir_all(folder)?;
    let path = folder.join(FILE);
    let mut file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(&path)?;
    // One write of one line: appends of several programs do not mix.
    let line = format!("{program}\t{}\n", arguments.replace(['\n', '\r'], " "));
    file.write_all(line.as_bytes())?;
    let head = format!("{program}\t");
    let text = std::fs::read_to_string(&path)?;
    Ok(text.lines().filter(|line| line.starts_with(&head)).count())
}

/// The arguments of this process, joined by blanks.
pub fn own_arguments() -> String {
    std::env::args_os()
        .skip(1)
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect::<Vec<_>>()
        .join(" ")
}

/// File stem of this process in lower case: `timeout` for `C:\windows\system32\timeout.exe`.
pub fn own_name() -> String {
    std::env::current_exe()
        .ok()
        .and_then(|path| Some(path.file_stem()?.to_string_lossy().to_ascii_lowercase()))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_numbered_per_program() {
        let folder = std::env::temp_dir().join(format!("calls-{}", std::process::id()));
        let numbers: Vec<usize> = ["a", "b", "a", "ab", "a"]
            .iter()
            .map(|program| record_in(&folder, program, "x y").unwrap())
            .collect();
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(numbers, [1, 1, 2, 1, 3]);
    }
}
