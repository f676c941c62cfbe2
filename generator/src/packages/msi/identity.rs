//! GUIDs and version of a package: made from what is in it, the same on every machine.

use gangway_contract::BundleId;
use sha2::Digest as _;

use super::table::{Cell, Table};
use super::{Contents, PackagedFile};
use crate::formats::guid::Guid;

/// Highest major version that the Windows Installer compares ("ProductVersion": 255.255.65535).
const MAX_MAJOR: u64 = 255;

/// What tells a package from another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identities {
    /// Of all packages of the organisation: one of them is installed at a time.
    pub upgrade_code: Guid,
    /// Of this package's content.
    pub product_code: Guid,
    /// Of the file.
    pub package_code: Guid,
    /// Version, three numbers.
    pub version: String,
}

/// The sequence in the three numbers that are compared; none when it does not fit.
pub(super) fn version(sequence: u64) -> Option<String> {
    let major = 1 + (sequence >> 24);
    (major <= MAX_MAJOR)
        .then(|| format!("{major}.{}.{}", (sequence >> 16) & 0xFF, sequence & 0xFFFF))
}

/// On- and offboarding of an organisation take each other's place.
pub(super) fn upgrade_code(identity: &str) -> Guid {
    Guid::derive(&["package", "upgrade", identity])
}

/// The folder of a file holds the bundle's id, so a component of another bundle is another one.
pub(super) fn component(bundle: &BundleId, file: &str) -> Guid {
    Guid::derive(&["package", "component", bundle.as_str(), file])
}

/// Product and package code from every row and the bytes of every file: two packages that differ
/// anywhere are two products, and equal ones one.
pub(super) fn of_content(tables: &[Table], contents: &Contents) -> (Guid, Guid) {
    let mut hash = sha2::Sha256::new();
    let mut field = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    for table in tables {
        field(table.name.as_bytes());
        for cell in table.rows.iter().flatten() {
            match cell {
                Cell::Null => field(b"-"),
                Cell::Number(number) => field(&number.to_le_bytes()),
                Cell::Text(text) => field(text.as_bytes()),
            }
        }
    }
    for PackagedFile { name, sha256, .. } in
        std::iter::once(&contents.exe).chain(&contents.payloads)
    {
        field(name.as_bytes());
        field(sha256.as_bytes());
    }
    let digest = gangway_contract::Sha256::from_bytes(hash.finalize().into()).to_string();
    (
        Guid::derive(&["package", "product", &digest]),
        Guid::derive(&["package", "file", &digest]),
    )
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn versions_rise_with_the_sequence_and_end_where_the_installer_stops_comparing() {
        for (sequence, expected) in [
            (1, Some("1.0.1")),
            (65_535, Some("1.0.65535")),
            (65_536, Some("1.1.0")),
            ((1 << 24) - 1, Some("1.255.65535")),
            (1 << 24, Some("2.0.0")),
            ((255 << 24) - 1, Some("255.255.65535")),
            (255 << 24, None),
            (u64::MAX, None),
        ] {
            assert_eq!(version(sequence).as_deref(), expected, "{sequence}");
        }
    }
}
