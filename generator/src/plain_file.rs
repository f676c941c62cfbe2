//! Opening files of folders that others fill.

use std::fs::{self, File};
use std::io;
use std::path::Path;

/// Opens a file for reading, links followed.
///
/// # Errors
/// Besides the system's: the path is no plain file. Opening a pipe waits until somebody writes
/// to it, and a device may never end.
pub fn open(path: &Path) -> io::Result<File> {
    if fs::metadata(path)?.is_file() {
        File::open(path)
    } else {
        Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is no plain file but a folder, a pipe or a device",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_files_are_opened() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, b"x").unwrap();
        assert!(open(&file).is_ok());
        let refused = open(folder.path()).unwrap_err().to_string();
        assert!(refused.contains("no plain file"), "{refused}");
        assert!(open(&folder.path().join("none")).is_err());
    }
}
