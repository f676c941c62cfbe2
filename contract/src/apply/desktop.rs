//! The identity of a non-persistent desktop that shows as one entry in the portal.

use core::fmt::Write as _;

use sha1::{Digest as _, Sha1};

use crate::identity::OrgId;

/// `senseGuid` of a computer of this name: the GUID that .NET makes of the first 16 bytes of
/// the SHA-1 of `<organisation>_<name>` in UTF-8, as the portal's
/// `Onboard-NonPersistentMachine.ps1` has it. The digest protects nothing here: it makes one
/// name one identity.
pub fn sensor_guid(org_id: &OrgId, computer: &str) -> String {
    let digest = Sha1::digest(format!("{org_id}_{computer}").as_bytes());
    // .NET takes the first three parts as little-endian numbers.
    const ORDER: [usize; 16] = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
    let mut text = String::with_capacity(36);
    for (place, from) in ORDER.into_iter().enumerate() {
        if matches!(place, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        let byte = digest.get(from).copied().unwrap_or_default();
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with Python: `uuid.UUID(bytes_le=hashlib.sha1(text).digest()[:16])`.
    #[test]
    fn a_name_makes_one_guid() {
        let org_id = "01234567-89AB-cdef-0123-456789abcdef".parse().unwrap();
        for (name, guid) in [
            ("VDI-0001", "6fdb44fa-8f3d-1ecd-a9e6-262c84a2f1c5"),
            ("SRV01", "8b803cb6-c8c9-f5ac-7e6f-948f17a8fdee"),
        ] {
            assert_eq!(sensor_guid(&org_id, name), guid);
        }
    }
}
