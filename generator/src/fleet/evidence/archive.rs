//! The one entry that matters of an archive that the analyzer made. Everything else in it (traces,
//! event logs of any size) is passed over, and nothing is ever extracted.

use std::io::{Read, Seek};

use super::analyzer::MAX_RESULT_BYTES;
use crate::formats::zip::{self, DirectoryLimits, EntryReader, StoredTime, ZipError};

/// Entries of an archive; real ones have some hundred.
const MAX_ENTRIES: u64 = 20_000;

/// Name of the result, in whatever folder.
const RESULT: &str = "mdeclientanalyzer.xml";

/// Is this the name of the result, whatever separator the archive has?
pub(super) fn is_result(name: &str) -> bool {
    let last = name.rsplit(['/', '\\']).next().unwrap_or(name);
    last.eq_ignore_ascii_case(RESULT)
}

/// The bytes of a result, the name of its entry, and the time that the archive gives it.
pub(super) struct Entry {
    pub(super) bytes: Vec<u8>,
    pub(super) name: String,
    pub(super) stored: Option<StoredTime>,
}

/// Reads the result in an archive.
///
/// # Errors
/// In words: no archive, none or several results in it, one that cannot be read.
pub(super) fn result_in<R: Read + Seek>(mut archive: R) -> Result<Entry, String> {
    let limits = DirectoryLimits {
        entries: MAX_ENTRIES,
        // Only one entry is read, up to a limit of its own.
        entry_bytes: u64::MAX,
        total_bytes: u64::MAX,
    };
    let directory = zip::survey(&mut archive, &limits);
    // A log of blanks inflates out of proportion and is not read.
    let tolerated = |fault: &ZipError| matches!(fault, ZipError::Ratio { .. });
    if let Some(fault) = directory.faults.into_iter().find(|one| !tolerated(one)) {
        return Err(fault.to_string());
    }
    let mut results = directory
        .entries
        .into_iter()
        .map(|entry| (entry.name().shown, entry))
        .filter(|(name, _)| is_result(name));
    let (name, entry) = results.next().ok_or("no result of the analyzer in it")?;
    if results.next().is_some() {
        return Err("more than one result of the analyzer in it".to_owned());
    }
    let mut bytes = Vec::new();
    let reader = EntryReader::new(archive, &entry).map_err(|error| error.to_string())?;
    reader
        .take(MAX_RESULT_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| format!("{name}: {error}"))?;
    if bytes.len() as u64 > MAX_RESULT_BYTES {
        return Err(format!("{name}: more than {MAX_RESULT_BYTES} bytes"));
    }
    Ok(Entry {
        bytes,
        name,
        stored: entry.stored_time(),
    })
}
