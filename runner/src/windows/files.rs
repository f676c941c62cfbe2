//! Files of the protected folders, the share and the reports.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek as _, SeekFrom, Write as _};
use std::os::windows::fs::{MetadataExt as _, OpenOptionsExt as _};

use windows_sys::Win32::Storage::FileSystem::{
    FILE_ATTRIBUTE_REPARSE_POINT, FILE_FLAG_OPEN_REPARSE_POINT, FILE_FLAG_SEQUENTIAL_SCAN,
    FILE_SHARE_READ, FILE_SHARE_WRITE, MOVEFILE_WRITE_THROUGH, MoveFileExW,
};

use super::{failure, last_failure, wide};
use crate::failure::{Failure, FailureKind};
use crate::machine::NewFile;
use crate::path::verbatim;

/// A file being written; nobody else can open it.
struct Writer {
    file: File,
    path: String,
}

impl NewFile for Writer {
    fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.file
            .write_all(bytes)
            .map_err(|error| failure(format!("write `{}`", self.path), &error))
    }

    fn finish(self: Box<Self>) -> Result<(), Failure> {
        self.file
            .sync_all()
            .map_err(|error| failure(format!("write `{}`", self.path), &error))
    }
}

/// Makes a file that must not exist.
pub(super) fn create(path: &str) -> Result<Box<dyn NewFile>, Failure> {
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .share_mode(0)
        .open(path)
        .map_err(|error| failure(format!("create `{path}`"), &error))?;
    Ok(Box::new(Writer {
        file,
        path: path.to_owned(),
    }))
}

/// Opens a file so that nobody can write, rename or delete it; none when there is none.
pub(super) fn hold(path: &str) -> Result<Option<Box<dyn Read>>, Failure> {
    match hold_plain(path) {
        Ok(file) => Ok(Some(Box::new(file))),
        Err(failure) if failure.kind == FailureKind::NotFound => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// As [`hold`]; a file that is not there is an error.
pub(super) fn hold_plain(path: &str) -> Result<File, Failure> {
    let file = OpenOptions::new()
        .read(true)
        .share_mode(FILE_SHARE_READ)
        .custom_flags(FILE_FLAG_OPEN_REPARSE_POINT | FILE_FLAG_SEQUENTIAL_SCAN)
        .open(path)
        .map_err(|error| failure(format!("open `{path}`"), &error))?;
    let attributes = file
        .metadata()
        .map_err(|error| failure(format!("look at `{path}`"), &error))?;
    if attributes.file_attributes() & FILE_ATTRIBUTE_REPARSE_POINT != 0 {
        return Err(Failure::own(
            format!("`{path}` is a reparse point"),
            FailureKind::NotProtected,
        ));
    }
    Ok(file)
}

/// Opens a file that nobody else may open meanwhile, and makes it when it is not there; none
/// when somebody else has it open. The system closes it with the process.
pub(super) fn open_alone(path: &str) -> Result<Option<File>, Failure> {
    let opened = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .share_mode(0)
        .custom_flags(FILE_FLAG_OPEN_REPARSE_POINT)
        .open(path)
        .map_err(|error| failure(format!("open `{path}`"), &error));
    match opened {
        Ok(file) => Ok(Some(file)),
        Err(failure) if failure.kind == FailureKind::InUse => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// Opens a file of the share.
pub(super) fn open_source(path: &str) -> Result<Box<dyn Read>, Failure> {
    let file = OpenOptions::new()
        .read(true)
        .share_mode(FILE_SHARE_READ)
        .custom_flags(FILE_FLAG_SEQUENTIAL_SCAN)
        .open(path)
        .map_err(|error| failure(format!("open `{path}`"), &error))?;
    Ok(Box::new(file))
}

/// Renames; replaces what is there.
pub(super) fn rename(from: &str, to: &str) -> Result<(), Failure> {
    fs::rename(from, to).map_err(|error| failure(format!("rename `{from}` to `{to}`"), &error))
}

/// Renames; an existing target is an error. On the disk when this returns.
pub(super) fn rename_new(from: &str, to: &str) -> Result<(), Failure> {
    let (wide_from, wide_to) = (wide(&verbatim(from)), wide(&verbatim(to)));
    // SAFETY: both paths end with a zero.
    let done = unsafe { MoveFileExW(wide_from.as_ptr(), wide_to.as_ptr(), MOVEFILE_WRITE_THROUGH) };
    if done == 0 {
        return Err(last_failure(format!("rename `{from}` to `{to}`")));
    }
    Ok(())
}

/// Deletes a file; one that is not there is no error.
pub(super) fn delete(path: &str) -> Result<(), Failure> {
    match fs::remove_file(path) {
        Ok(()) => Ok(()),
        Err(error) => match failure(format!("delete `{path}`"), &error) {
            failure if failure.kind == FailureKind::NotFound => Ok(()),
            failure => Err(failure),
        },
    }
}

/// Names of the files of a folder.
pub(super) fn list(path: &str) -> Result<Vec<String>, Failure> {
    entries(path, fs::FileType::is_file)
}

/// Names of the folders of a folder.
pub(super) fn list_folders(path: &str) -> Result<Vec<String>, Failure> {
    entries(path, fs::FileType::is_dir)
}

fn entries(path: &str, wanted: fn(&fs::FileType) -> bool) -> Result<Vec<String>, Failure> {
    let what = || format!("list `{path}`");
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) => match failure(what(), &error) {
            failure if failure.kind == FailureKind::NotFound => return Ok(Vec::new()),
            failure => return Err(failure),
        },
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| failure(what(), &error))?;
        if entry.file_type().is_ok_and(|kind| wanted(&kind)) {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    Ok(names)
}

/// Deletes a folder and all inside; the standard library opens what it deletes without
/// following links.
pub(super) fn delete_tree(path: &str) -> Result<(), Failure> {
    match fs::remove_dir_all(path) {
        Ok(()) => Ok(()),
        Err(error) => match failure(format!("delete folder `{path}`"), &error) {
            failure if failure.kind == FailureKind::NotFound => Ok(()),
            failure => Err(failure),
        },
    }
}

/// Reads at most `limit` bytes from the end; others may go on writing.
pub(super) fn read_tail(path: &str, limit: u64) -> Result<Vec<u8>, Failure> {
    let what = || format!("read `{path}`");
    let mut file = OpenOptions::new()
        .read(true)
        .share_mode(FILE_SHARE_READ | FILE_SHARE_WRITE)
        .open(path)
        .map_err(|error| failure(what(), &error))?;
    let mut bytes = Vec::new();
    let size = file
        .metadata()
        .map_err(|error| failure(what(), &error))?
        .len();
    file.seek(SeekFrom::Start(size.saturating_sub(limit)))
        .and_then(|_| (&mut file).take(limit).read_to_end(&mut bytes))
        .map_err(|error| failure(what(), &error))?;
    Ok(bytes)
}

/// Writes a file beside its place and renames it; nobody sees half of it.
pub(super) fn write_whole(path: &str, bytes: &[u8]) -> Result<(), Failure> {
    let temporary = format!("{path}.tmp");
    delete(&temporary)?;
    write_and(path, &temporary, bytes, rename)
}

/// As [`write_whole`], but nothing that is there is deleted or replaced.
pub(super) fn write_new(path: &str, bytes: &[u8]) -> Result<(), Failure> {
    write_and(path, &format!("{path}.tmp"), bytes, rename_new)
}

fn write_and(
    path: &str,
    temporary: &str,
    bytes: &[u8],
    rename: fn(&str, &str) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut file = create(temporary)?;
    let done = file
        .write(bytes)
        .and_then(|()| file.finish())
        .and_then(|()| rename(temporary, path));
    if done.is_err() {
        // The cause is what counts; a rest that stays is under a name that nobody reads.
        let _ = delete(temporary);
    }
    done
}

/// Appends and puts the bytes on the disk.
pub(super) fn append(path: &str, bytes: &[u8]) -> Result<(), Failure> {
    let what = || format!("append to `{path}`");
    let mut file = OpenOptions::new()
        .append(true)
        .create(true)
        .share_mode(FILE_SHARE_READ)
        .custom_flags(FILE_FLAG_OPEN_REPARSE_POINT)
        .open(path)
        .map_err(|error| failure(what(), &error))?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .map_err(|error| failure(what(), &error))
}
