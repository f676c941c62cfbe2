//! Archives whose bytes depend on what is in them and on nothing else: entries sorted, one owner, one
//! time, two modes.

use std::io::{Cursor, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result};

/// 1980-01-01 00:00:00 UTC, the first moment that a zip archive can tell; in seconds since 1970.
const MTIME: u64 = 315_532_800;

/// Strongest preset of xz that takes less than 100 MB to unpack.
const PRESET: u32 = 6;

/// A file that is packed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    /// Relative, with `/`.
    pub(super) path: String,
    /// May it be run?
    pub(super) is_program: bool,
    pub(super) bytes: Vec<u8>,
}

impl Entry {
    /// A file that is read.
    pub(super) fn file(path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            path: path.into(),
            is_program: false,
            bytes: bytes.into(),
        }
    }

    /// A file that is run.
    pub(super) fn program(path: impl Into<String>, bytes: Vec<u8>) -> Self {
        Self {
            is_program: true,
            ..Self::file(path, bytes)
        }
    }

    /// Gives a text the ends of lines that every editor of Windows shows: those of Server 2016 show others
    /// as one line.
    pub(super) fn end_lines_as_windows(&mut self) {
        let is_text = ["md", "txt", "toml"].iter().any(|ending| {
            let name = Path::new(&self.path);
            name.extension().is_some_and(|found| found == *ending)
        });
        if is_text && let Ok(text) = std::str::from_utf8(&self.bytes) {
            self.bytes = text
                .replace("\r\n", "\n")
                .replace('\n', "\r\n")
                .into_bytes();
        }
    }

    fn mode(&self) -> u32 {
        if self.is_program { 0o755 } else { 0o644 }
    }
}

/// A tar archive with its folders, every name below `top`.
pub(super) fn tar(top: &str, mut entries: Vec<Entry>) -> Result<Vec<u8>> {
    entries.sort();
    let mut archive = tar::Builder::new(Vec::new());
    for folder in folders(top, &entries) {
        let mut header = header(0, 0o755);
        header.set_entry_type(tar::EntryType::Directory);
        archive.append_data(&mut header, folder, std::io::empty())?;
    }
    for entry in &entries {
        let mut header = header(entry.bytes.len() as u64, entry.mode());
        archive
            .append_data(&mut header, format!("{top}{}", entry.path), &*entry.bytes)
            .with_context(|| format!("pack `{}`", entry.path))?;
    }
    Ok(archive.into_inner()?)
}

/// Compressed by one thread, for several cut the stream by the number of processors.
pub(super) fn xz(bytes: &[u8]) -> Result<Vec<u8>> {
    let options = lzma_rust2::XzOptions::with_preset(PRESET);
    let mut writer = lzma_rust2::XzWriter::new(Vec::new(), options)?;
    writer.write_all(bytes)?;
    Ok(writer.finish()?)
}

/// A zip archive, its files at the root.
pub(super) fn zip(mut entries: Vec<Entry>) -> Result<Vec<u8>> {
    entries.sort();
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for entry in &entries {
        let options = zip::write::SimpleFileOptions::default()
            .last_modified_time(zip::DateTime::default())
            .unix_permissions(entry.mode());
        archive.start_file(&*entry.path, options)?;
        archive.write_all(&entry.bytes)?;
    }
    Ok(archive.finish()?.into_inner())
}

/// An `ar` archive (Debian's deb(5)): members in the order given, each at an even offset.
pub(super) fn ar(members: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut archive = b"!<arch>\n".to_vec();
    for (name, bytes) in members {
        let size = bytes.len();
        let header = format!(
            "{name:<16}{MTIME:<12}{:<6}{:<6}{:<8}{size:<10}`\n",
            0, 0, "100644"
        );
        archive.extend_from_slice(header.as_bytes());
        archive.extend_from_slice(bytes);
        if size % 2 == 1 {
            archive.push(b'\n');
        }
    }
    archive
}

fn header(size: u64, mode: u32) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_size(size);
    header.set_mode(mode);
    header.set_mtime(MTIME);
    header.set_uid(0);
    header.set_gid(0);
    header
}

/// Every folder above an entry, outer ones first.
fn folders(top: &str, entries: &[Entry]) -> Vec<String> {
    let mut folders: Vec<String> = entries
        .iter()
        .map(|entry| format!("{top}{}", entry.path))
        .flat_map(|path| {
            let ends = path.match_indices('/').map(|(end, _)| end + 1);
            ends.map(|end| path[..end].to_owned()).collect::<Vec<_>>()
        })
        .filter(|folder| folder != "./")
        .collect();
    folders.sort();
    folders.dedup();
    folders
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_the_entries_is_not_seen() {
        let one = Entry::file("a/b", "text");
        let two = Entry::program("c", vec![1, 2]);
        let packed = |entries: Vec<Entry>| (tar("top/", entries.clone()).unwrap(), zip(entries));
        let (first, first_zip) = packed(vec![one.clone(), two.clone()]);
        let (second, second_zip) = packed(vec![two, one]);
        assert_eq!(first, second);
        assert_eq!(first_zip.unwrap(), second_zip.unwrap());
        assert_eq!(xz(&first).unwrap(), xz(&second).unwrap());
    }

    #[test]
    fn texts_end_their_lines_as_windows_does_and_other_files_stay() {
        for (path, wanted) in [("docs/a.md", "a\r\nb\r\n"), ("a.1", "a\r\nb\n")] {
            let mut entry = Entry::file(path, "a\r\nb\n");
            entry.end_lines_as_windows();
            assert_eq!(entry.bytes, wanted.as_bytes(), "{path}");
        }
    }

    #[test]
    fn members_of_an_ar_archive_begin_at_even_places() {
        let archive = ar(&[("odd", vec![b'x']), ("even", vec![b'y'; 2])]);
        assert_eq!(&archive[..11], b"!<arch>\nodd");
        assert_eq!(archive[8 + 60], b'x');
        assert_eq!(&archive[8 + 60 + 2..][..4], b"even");
        assert_eq!(archive.len(), 8 + 60 + 2 + 60 + 2);
    }
}
