//! `security.NTACL`: the extended attribute in which Samba's `acl_xattr` keeps the descriptor of
//! a file.
//!
//! Samba writes it as NDR (structure `xattr_NTACL` of its `xattr.idl`): a version of two bytes,
//! the same number as the union's arm, a pointer, and behind it by version
//!
//! | Version | Before the descriptor |
//! |---|---|
//! | 1 | nothing |
//! | 2 | pointer, 16 bytes of a hash |
//! | 3 | pointer, kind of hash (2 bytes), 64 bytes of it |
//! | 4 | the same, a text that ends with a zero, a time (8 bytes), 64 bytes of a second hash |
//!
//! Numbers are little-endian and stand at multiples of four or of their size. The descriptor's
//! offsets count from the start of the attribute, not from its own header.

use super::descriptor::{MalformedDescriptor, SecurityDescriptor};
use super::sid::Sid;

/// Bytes of a hash in versions 3 and 4.
const HASH: usize = 64;

/// Bytes of the hash in version 2.
const OLD_HASH: usize = 16;

/// Longest text in version 4; Samba writes `posix_acl`.
const MAX_TEXT: usize = 256;

/// Bytes of a time (`NTTIME`).
const TIME: usize = 8;

/// The owner in the value of `security.NTACL`.
///
/// # Errors
/// An unknown version, a part that ends early, or a descriptor that is none.
pub fn ntacl_owner(bytes: &[u8]) -> Result<Option<Sid>, MalformedDescriptor> {
    let malformed = |why| MalformedDescriptor { why };
    let cut = malformed("the attribute ends early");
    let (version, rest) = bytes.split_first_chunk::<2>().ok_or(cut)?;
    let (arm, rest) = rest.split_first_chunk::<2>().ok_or(cut)?;
    let (pointer, rest) = rest.split_first_chunk::<4>().ok_or(cut)?;
    let inner = rest.first_chunk::<4>();
    let version = u16::from_le_bytes(*version);
    if version != u16::from_le_bytes(*arm) {
        return Err(malformed("version and arm of the attribute differ"));
    }
    let second = inner.is_some_and(|pointer| *pointer != [0; 4]);
    if *pointer == [0; 4] || version > 1 && !second {
        return Err(malformed("the attribute holds no descriptor"));
    }
    let header = match version {
        1 => 8,
        2 => 12 + OLD_HASH,
        3 => aligned(14 + HASH),
        4 => {
            let text = 14 + HASH;
            let rest = bytes.get(text..).ok_or(cut)?;
            let length = rest.iter().take(MAX_TEXT).position(|&byte| byte == 0);
            aligned(text + length.ok_or(malformed("the attribute's text has no end"))? + 1)
                + TIME
                + HASH
        }
        _ => return Err(malformed("an unknown version of the attribute")),
    };
    SecurityDescriptor::owner_at(bytes, header)
}

/// The next multiple of four.
const fn aligned(place: usize) -> usize {
    place.next_multiple_of(4)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWNER: &str = "S-1-5-21-1-2-3-1105";

    fn bytes(hex: &str) -> Vec<u8> {
        let hex: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
        hex.chunks(2)
            .map(|two| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap())
            .collect()
    }

    /// SIDs and list behind each header below.
    const REST: &str = "010500000000000515000000010000000200000003000000510400000105000000000005\
                        150000000100000002000000030000000302000004001c000100000000001400ff011f00\
                        010100000000000512000000";

    /// Written by Samba 4.17.12 (`ndr_pack` of its Python module), for
    /// `O:<owner>G:S-1-5-21-1-2-3-515D:(A;;0x1f01ff;;;SY)`.
    fn written() -> Vec<(&'static str, Vec<u8>)> {
        let of = |head: String| bytes(&format!("{head}{REST}"));
        let (two, three, four) = ("02".repeat(64), "03".repeat(64), "04".repeat(64));
        let version_4 = |text: &str, header: &str| {
            of(format!(
                "0400040000000200040002000100{three}{text}00 80209bcb82d801{four}{header}"
            ))
        };
        vec![
            (
                "1",
                of("0100010000000200 010004801c000000380000000000000054000000".to_owned()),
            ),
            (
                "2",
                of(format!(
                    "020002000000020004000200{}0100048030000000 4c0000000000000068000000",
                    "01".repeat(16)
                )),
            ),
            (
                "3",
                of(format!(
                    "0300030000000200040002000100{two}0000010004806400000080000000000000009c000000"
                )),
            ),
            (
                "4",
                version_4(
                    "706f7369785f61636c00",
                    "01000480b4000000d000000000000000ec000000",
                ),
            ),
            (
                "4, a text that is not aligned",
                version_4("706f730000 00", "01000480b0000000cc00000000000000e8000000"),
            ),
            (
                "4, without a text",
                version_4("0000", "01000480ac000000c800000000000000e4000000"),
            ),
        ]
    }

    #[test]
    fn every_version_gives_the_owner() {
        for (version, bytes) in written() {
            let owner = ntacl_owner(&bytes);
            assert_eq!(owner, Ok(Some(OWNER.parse().unwrap())), "{version}");
        }
    }

    #[test]
    fn every_cut_is_refused_or_gives_the_same_owner() {
        for (version, bytes) in written() {
            for length in 0..bytes.len() {
                if let Ok(Some(owner)) = ntacl_owner(&bytes[..length]) {
                    assert_eq!(owner.to_string(), OWNER, "{version} {length}");
                }
            }
            assert!(ntacl_owner(&bytes[..bytes.len() - REST.len() / 2]).is_err());
        }
    }

    #[test]
    fn what_is_no_attribute_of_samba_is_refused() {
        for hex in [
            "",
            "0500050000000200",
            "0400030000000200",
            "0100010000000000",
            "0400040000000200 00000000",
        ] {
            assert!(ntacl_owner(&bytes(hex)).is_err(), "{hex}");
        }
        let mut endless = bytes("0400040000000200040002000100");
        endless.resize(1 << 16, 1);
        assert!(ntacl_owner(&endless).is_err());
    }
}
