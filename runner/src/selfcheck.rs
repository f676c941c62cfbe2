//! Checks the bytes of the running exe against themselves.
//!
//! Two checks, because neither sees everything: the header's checksum covers the whole file,
//! the certificate table included; the Authenticode digest ties the file to its signature. A
//! pass means that the file is not damaged and not carelessly changed. It does not mean that
//! nobody replaced the exe: who may write where it lies is the root of trust, and the rules
//! of App Control or AppLocker are what enforces a signer.

use std::fmt;
use std::ops::Range;

use sha2::{Digest as _, Sha256};

/// What the exe's bytes say of themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExeSignature {
    /// There is no certificate table.
    Unsigned,
    /// The signature names the digest that the file has.
    DigestMatches,
    /// The signature uses another digest than SHA-256; only the system judges it.
    OtherDigest,
}

impl fmt::Display for ExeSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unsigned => "unsigned",
            Self::DigestMatches => "signed, digest matches",
            Self::OtherDigest => "signed with another digest than SHA-256",
        })
    }
}

/// How the exe is damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    /// Its headers do not describe it.
    Header(&'static str),
    /// The checksum in the header is not the file's.
    Checksum {
        /// In the header.
        stored: u32,
        /// Of the file.
        computed: u32,
    },
    /// The certificate table is malformed.
    Certificate(&'static str),
    /// The signature is over other bytes.
    Digest,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(what) => write!(f, "damaged header: {what}"),
            Self::Checksum { stored, computed } => write!(
                f,
                "the header's checksum is {stored:08x}, the file's is {computed:08x}"
            ),
            Self::Certificate(what) => write!(f, "damaged certificate table: {what}"),
            Self::Digest => f.write_str("the signature is over other bytes"),
        }
    }
}

impl std::error::Error for Damage {}

/// Checks a whole exe.
///
/// # Errors
/// Names the first contradiction.
pub fn check(exe: &[u8]) -> Result<ExeSignature, Damage> {
    let layout = Layout::read(exe)?;
    let computed = checksum(exe, layout.checksum.clone());
    if computed != layout.stored_checksum {
        return Err(Damage::Checksum {
            stored: layout.stored_checksum,
            computed,
        });
    }
    let Some(table) = &layout.certificates else {
        return Ok(ExeSignature::Unsigned);
    };
    let signature = first_certificate(exe, table)?;
    let Some(signed) = signed_sha256(signature).ok_or(Damage::Certificate("no signed digest"))?
    else {
        return Ok(ExeSignature::OtherDigest);
    };
    if signed == authenticode_digest(exe, &layout, table.start) {
        Ok(ExeSignature::DigestMatches)
    } else {
        Err(Damage::Digest)
    }
}

/// Where in the file the parts lie that digest and checksum leave out.
struct Layout {
    checksum: Range<usize>,
    stored_checksum: u32,
    certificate_entry: Range<usize>,
    certificates: Option<Range<usize>>,
}

impl Layout {
    /// Offsets are those of the PE/COFF specification for PE32+.
    fn read(exe: &[u8]) -> Result<Self, Damage> {
        let header = |what| Damage::Header(what);
        if exe.get(..2) != Some(b"MZ") {
            return Err(header("no DOS header"));
        }
        let pe = usize_at(exe, 0x3c).ok_or(header("no PE offset"))?;
        let optional = pe.checked_add(24).ok_or(header("PE offset"))?;
        let magic_end = optional.checked_add(2).ok_or(header("PE offset"))?;
        if exe.get(pe..pe + 4) != Some(b"PE\0\0") {
            return Err(header("no PE signature"));
        }
        if exe.get(optional..magic_end) != Some(&[0x0b, 0x02]) {
            return Err(header("not PE32+"));
        }
        let checksum = optional + 64..optional + 68;
        let entry = optional + 144..optional + 152;
        let directories = usize_at(exe, optional + 108).ok_or(header("cut short"))?;
        if directories < 5 {
            return Err(header("too few data directories"));
        }
        let stored_checksum = u32_at(exe, checksum.start).ok_or(header("cut short"))?;
        let start = usize_at(exe, entry.start).ok_or(header("cut short"))?;
        let size = usize_at(exe, entry.start + 4).ok_or(header("cut short"))?;
        let certificates = match (start, size) {
            (0, 0) => None,
            _ => {
                let end = start.checked_add(size);
                if end != Some(exe.len()) || start < entry.end {
                    return Err(Damage::Certificate("it does not end the file"));
                }
                Some(start..exe.len())
            }
        };
        Ok(Self {
            checksum,
            stored_checksum,
            certificate_entry: entry,
            certificates,
        })
    }
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let slice = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(slice.try_into().ok()?))
}

fn usize_at(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u32_at(bytes, at)?).ok()
}

/// The checksum of `CheckSumMappedFile`: 16-bit words added with the carry fed back, the
/// field itself as zero, plus the length.
fn checksum(exe: &[u8], field: Range<usize>) -> u32 {
    let mut sum = 0_u32;
    for (index, pair) in exe.chunks(2).enumerate() {
        let at = index * 2;
        let word = match *pair {
            // The field is aligned to four bytes, so no word lies half in it.
            _ if field.contains(&at) => 0,
            [low, high] => u16::from_le_bytes([low, high]),
            [low] => u16::from(low),
            _ => 0,
        };
        sum += u32::from(word);
        sum = (sum & 0xffff) + (sum >> 16);
    }
    let length = u32::try_from(exe.len()).unwrap_or(u32::MAX);
    sum.wrapping_add(length)
}

/// SHA-256 of the file without checksum, certificate entry and certificate table.
fn authenticode_digest(exe: &[u8], layout: &Layout, table_start: usize) -> [u8; 32] {
    let parts = [
        0..layout.checksum.start,
        layout.checksum.end..layout.certificate_entry.start,
        layout.certificate_entry.end..table_start,
    ];
    let mut digest = Sha256::new();
    for part in parts {
        digest.update(exe.get(part).unwrap_or_default());
    }
    digest.finalize().into()
}

/// The PKCS #7 bytes of the first entry of the certificate table.
fn first_certificate<'a>(exe: &'a [u8], table: &Range<usize>) -> Result<&'a [u8], Damage> {
    /// `WIN_CERT_REVISION_2_0` and `WIN_CERT_TYPE_PKCS_SIGNED_DATA`.
    const KIND: [u8; 4] = [0x00, 0x02, 0x02, 0x00];
    let entry = exe.get(table.clone()).unwrap_or_default();
    let length = usize_at(entry, 0).ok_or(Damage::Certificate("cut short"))?;
    if entry.get(4..8) != Some(&KIND) {
        return Err(Damage::Certificate("unknown kind"));
    }
    entry
        .get(8..length)
        .ok_or(Damage::Certificate("wrong length"))
}

const SEQUENCE: u8 = 0x30;
const OBJECT_IDENTIFIER: u8 = 0x06;
const CONTEXT_0: u8 = 0xa0;
/// 1.2.840.113549.1.7.2
const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
/// 1.3.6.1.4.1.311.2.1.4
const INDIRECT_DATA: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x01, 0x04];
/// 2.16.840.1.101.3.4.2.1
const SHA256: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];

/// The digest that the signature is over. Outer none: not a signature of a program; inner
/// none: not SHA-256.
fn signed_sha256(pkcs7: &[u8]) -> Option<Option<[u8; 32]>> {
    let content_info = Der(pkcs7).expect(SEQUENCE)?.0;
    let mut content_info = Der(content_info);
    content_info.expect_value(OBJECT_IDENTIFIER, SIGNED_DATA)?;
    let signed_data = Der(content_info.expect(CONTEXT_0)?.0).expect(SEQUENCE)?.0;
    let mut signed_data = Der(signed_data);
    signed_data.next()?;
    signed_data.next()?;
    let mut encapsulated = Der(signed_data.expect(SEQUENCE)?.0);
    encapsulated.expect_value(OBJECT_IDENTIFIER, INDIRECT_DATA)?;
    let indirect = Der(encapsulated.expect(CONTEXT_0)?.0).expect(SEQUENCE)?.0;
    let mut indirect = Der(indirect);
    indirect.next()?;
    let mut digest_info = Der(indirect.expect(SEQUENCE)?.0);
    let mut algorithm = Der(digest_info.expect(SEQUENCE)?.0);
    let (_, name) = algorithm.next()?;
    let (_, digest) = digest_info.next()?;
    if name != SHA256 {
        return Some(None);
    }
    Some(Some(digest.try_into().ok()?))
}

/// The rest of a run of DER elements.
struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    /// Tag and content of the next element.
    fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            0x81..=0x84 => {
                let (digits, rest) = rest.split_at_checked(usize::from(first - 0x80))?;
                let length = digits.iter().try_fold(0_usize, |sum, digit| {
                    sum.checked_mul(256)?.checked_add(usize::from(*digit))
                })?;
                (length, rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, content))
    }

    fn expect(&mut self, tag: u8) -> Option<Self> {
        let (found, content) = self.next()?;
        (found == tag).then_some(Self(content))
    }

    fn expect_value(&mut self, tag: u8, value: &[u8]) -> Option<()> {
        (self.expect(tag)?.0 == value).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The smallest file with the headers that the check reads.
    fn exe() -> Vec<u8> {
        let mut exe = vec![0_u8; 0x200];
        exe[..2].copy_from_slice(b"MZ");
        exe[0x3c] = 0x40;
        exe[0x40..0x44].copy_from_slice(b"PE\0\0");
        let optional = 0x40 + 24;
        exe[optional..optional + 2].copy_from_slice(&[0x0b, 0x02]);
        exe[optional + 108] = 16;
        for (index, byte) in exe.iter_mut().enumerate().skip(0x140) {
            *byte = u8::try_from(index * 7 % 251).unwrap();
        }
        set_checksum(&mut exe);
        exe
    }

    fn set_checksum(exe: &mut [u8]) {
        let field = 0x40 + 24 + 64..0x40 + 24 + 68;
        let sum = checksum(exe, field.clone());
        exe[field].copy_from_slice(&sum.to_le_bytes());
    }

    fn element(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u8::try_from(content.len()).unwrap();
        [&[tag, 0x81, length], content].concat()
    }

    /// A signature as far as the check reads it.
    fn signed(mut exe: Vec<u8>, algorithm: &[u8]) -> Vec<u8> {
        let layout = Layout::read(&exe).unwrap();
        let digest = authenticode_digest(&exe, &layout, exe.len());
        let oid = |value: &[u8]| element(OBJECT_IDENTIFIER, value);
        let info = element(
            SEQUENCE,
            &[element(SEQUENCE, &oid(algorithm)), element(0x04, &digest)].concat(),
        );
        let indirect = element(SEQUENCE, &[element(SEQUENCE, b""), info].concat());
        let encapsulated = [oid(INDIRECT_DATA), element(CONTEXT_0, &indirect)].concat();
        let data = [
            element(0x02, &[1]),
            element(0x31, b""),
            element(SEQUENCE, &encapsulated),
        ];
        let content = element(CONTEXT_0, &element(SEQUENCE, &data.concat()));
        let mut pkcs7 = element(SEQUENCE, &[oid(SIGNED_DATA), content].concat());
        while !(pkcs7.len() + 8).is_multiple_of(8) {
            pkcs7.push(0);
        }
        let size = u32::try_from(pkcs7.len() + 8).unwrap();
        let start = u32::try_from(exe.len()).unwrap();
        let entry = 0x40 + 24 + 144;
        exe[entry..entry + 4].copy_from_slice(&start.to_le_bytes());
        exe[entry + 4..entry + 8].copy_from_slice(&size.to_le_bytes());
        exe.extend(size.to_le_bytes());
        exe.extend([0x00, 0x02, 0x02, 0x00]);
        exe.extend(pkcs7);
        set_checksum(&mut exe);
        exe
    }

    #[test]
    fn whole_files_pass() {
        assert_eq!(check(&exe()), Ok(ExeSignature::Unsigned));
        assert_eq!(
            check(&signed(exe(), SHA256)),
            Ok(ExeSignature::DigestMatches)
        );
        // 2.16.840.1.101.3.4.2.2
        let sha384 = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02];
        assert_eq!(check(&signed(exe(), sha384)), Ok(ExeSignature::OtherDigest));
    }

    #[test]
    fn a_change_of_any_single_byte_is_found() {
        for original in [exe(), signed(exe(), SHA256)] {
            for at in 0..original.len() {
                for change in [0x01, 0x80, 0xff] {
                    let mut copy = original.clone();
                    copy[at] ^= change;
                    assert!(check(&copy).is_err(), "byte {at} ^ {change:02x}");
                }
            }
        }
    }

    #[test]
    fn a_change_with_its_checksum_put_right_is_found_by_the_digest() {
        let mut copy = signed(exe(), SHA256);
        copy[0x150] ^= 1;
        set_checksum(&mut copy);
        assert_eq!(check(&copy), Err(Damage::Digest));
    }

    #[test]
    fn files_cut_anywhere_are_refused_without_a_panic() {
        let original = signed(exe(), SHA256);
        for length in 0..original.len() {
            assert!(check(&original[..length]).is_err(), "{length}");
        }
    }

    #[test]
    fn bytes_after_the_signature_are_found() {
        let mut copy = signed(exe(), SHA256);
        copy.extend([0; 8]);
        set_checksum(&mut copy);
        assert!(check(&copy).is_err());
    }
}
