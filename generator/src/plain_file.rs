//! The one way to open a file that this program did not make itself.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

use gangway_contract::Sha256;
use sha2::Digest as _;

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

/// Reads a file of at most `limit` bytes whole; none when it has more.
///
/// # Errors
/// Those of [`open`], and the system's.
pub fn read(path: &Path, limit: u64) -> io::Result<Option<Vec<u8>>> {
    read_open(&mut open(path)?, limit)
}

/// As [`read`], of a file that is open.
///
/// # Errors
/// The system's.
pub fn read_open(file: &mut File, limit: u64) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    let most = limit.saturating_add(1);
    let read = file.take(most).read_to_end(&mut bytes)?;
    Ok((read as u64 <= limit).then_some(bytes))
}

/// As [`read`], and a larger file is an error that says the limit.
///
/// # Errors
/// Those of [`read`], and more than `limit` bytes.
pub fn read_whole(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    read(path, limit)?.ok_or_else(|| {
        io::Error::new(
            io::ErrorKind::InvalidData,
            format!("it has more than {limit} bytes, the limit for a file of its kind"),
        )
    })
}

/// Size and SHA-256 of a file, block by block. Reading stops one byte behind `limit`: more is another
/// file than the one that was meant.
///
/// # Errors
/// Those of [`open`], and the system's.
pub fn digest(path: &Path, limit: u64) -> io::Result<(u64, Sha256)> {
    digest_of(open(path)?, limit)
}

/// As [`digest`], of whatever can be read.
///
/// # Errors
/// The reader's.
pub fn digest_of(reader: impl Read, limit: u64) -> io::Result<(u64, Sha256)> {
    copy(reader.take(limit.saturating_add(1)), &mut io::sink())
}

/// Copies all that can be read, block by block; gives size and SHA-256 of it.
///
/// # Errors
/// The reader's and the writer's.
pub fn copy(mut reader: impl Read, writer: &mut impl Write) -> io::Result<(u64, Sha256)> {
    let mut hash = sha2::Sha256::new();
    let mut block = vec![0; 1 << 20];
    let mut size = 0u64;
    loop {
        match reader.read(&mut block) {
            Ok(0) => return Ok((size, Sha256::from_bytes(hash.finalize().into()))),
            Ok(read) => {
                hash.update(&block[..read]);
                writer.write_all(&block[..read])?;
                size += read as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// The first bytes of a file, `most` of them.
///
/// # Errors
/// Those of [`open`], and the system's.
pub fn beginning(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_whole_up_to_the_limit_and_not_beyond() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, b"four").unwrap();
        assert_eq!(read(&file, 4).unwrap().as_deref(), Some(&b"four"[..]));
        assert_eq!(read(&file, 3).unwrap(), None);
        assert_eq!(read_whole(&file, 4).unwrap(), b"four");
        let refused = read_whole(&file, 3).unwrap_err().to_string();
        assert!(refused.contains("more than 3 bytes"), "{refused}");
    }

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
