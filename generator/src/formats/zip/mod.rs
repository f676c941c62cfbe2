//! ZIP archives, judged before a byte is inflated: the directory against the headers, names
//! as they are stored, sizes against bounds. Nothing is ever extracted to a path that comes
//! from an archive.

mod directory;
mod end_record;
mod entry_reader;
mod error;
mod fields;
pub mod name;

pub use directory::{DirectoryLimits, Entry, read};
pub use entry_reader::{EntryError, EntryReader};
pub use error::ZipError;
pub use name::NameFault;

/// First bytes of an archive with at least one entry, and of an empty one.
pub const SIGNATURES: [&[u8; 4]; 2] = [b"PK\x03\x04", b"PK\x05\x06"];

/// An entry that must not be used, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryFault {
    /// Its name.
    Name {
        /// As it may be shown.
        name: String,
        /// Every fault.
        faults: Vec<NameFault>,
    },
    /// Two entries are one file to some reader.
    Collision {
        /// First name, as it may be shown.
        first: String,
        /// Second name.
        second: String,
    },
    /// A link, a device or a pipe.
    Special {
        /// As it may be shown.
        name: String,
    },
}

/// Every fault of the entries' names and types, in the order of the directory.
pub fn entry_faults(entries: &[Entry]) -> Vec<EntryFault> {
    let mut found = Vec::new();
    for entry in entries {
        let mut faults = name::faults(&entry.raw_name, entry.utf8);
        if entry.second_name {
            faults.push(NameFault::SecondName);
        }
        let shown = name::shown(&entry.raw_name);
        if !faults.is_empty() {
            found.push(EntryFault::Name {
                name: shown.clone(),
                faults,
            });
        }
        if entry.special {
            found.push(EntryFault::Special { name: shown });
        }
    }
    let names: Vec<&[u8]> = entries
        .iter()
        .map(|entry| entry.raw_name.as_slice())
        .collect();
    found.extend(
        name::collisions(&names)
            .into_iter()
            .filter_map(|(first, second)| {
                Some(EntryFault::Collision {
                    first: name::shown(names.get(first)?),
                    second: name::shown(names.get(second)?),
                })
            }),
    );
    found
}

#[cfg(test)]
mod tests;
