//! ZIP archives, judged before a byte is inflated: the directory against the headers, names
//! as they are stored, sizes against bounds. Nothing is ever extracted to a path that comes
//! from an archive.

mod directory;
mod end_record;
mod entry_reader;
mod error;
mod fields;
pub mod name;

pub use directory::{Directory, DirectoryLimits, Entry, StoredTime, read, survey};
pub use entry_reader::{EntryError, EntryReader};
pub use error::ZipError;
pub use name::{Characters, EntryName, NameFault};

/// First bytes of an archive with at least one entry, and of an empty one.
pub const SIGNATURES: [&[u8; 4]; 2] = [b"PK\x03\x04", b"PK\x05\x06"];

/// An entry that must not be used, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryFault {
    /// It could be taken for another file's, or leads out of the folder.
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
    /// Neither a plain file nor an empty folder.
    Special {
        /// As it may be shown.
        name: String,
        /// In words that go on behind "is", such as `a link`.
        what: &'static str,
    },
}

impl EntryFault {
    /// Is it only a name that is odd ([`NameFault::is_odd`])?
    pub fn is_odd(&self) -> bool {
        match self {
            Self::Name { faults, .. } => faults.iter().all(|fault| fault.is_odd()),
            Self::Collision { .. } | Self::Special { .. } => false,
        }
    }
}

/// Every fault of the entries' names and types, in the order of the directory. `names` are
/// those of `entries`.
pub fn entry_faults(entries: &[Entry], names: &[EntryName]) -> Vec<EntryFault> {
    let mut found = Vec::new();
    for (entry, name) in entries.iter().zip(names) {
        if !name.faults.is_empty() {
            found.push(EntryFault::Name {
                name: name.shown.clone(),
                faults: name.faults.clone(),
            });
        }
        // What a folder holds no reader shows, and readers differ in whether they write it.
        let with_data =
            (name.is_folder && entry.size > 0).then_some("a folder with data of its own");
        if let Some(what) = entry.special.or(with_data) {
            let name = name.shown.clone();
            found.push(EntryFault::Special { name, what });
        }
    }
    found.extend(
        name::collisions(names)
            .into_iter()
            .filter_map(|(first, second)| {
                Some(EntryFault::Collision {
                    first: names.get(first)?.shown.clone(),
                    second: names.get(second)?.shown.clone(),
                })
            }),
    );
    found
}

#[cfg(test)]
mod tests;
