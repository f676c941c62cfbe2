//! One data block: its checksum, and its content deflated.

use libdeflater::{CompressionLvl, Compressor};

/// Content of every block but the last of a folder (MS-CAB 2.4).
pub(super) const BLOCK_BYTES: usize = 1 << 15;

/// Bytes before those of a block (MS-CAB 2.4).
pub(super) const HEADER_BYTES: usize = 8;

/// What begins a block of MSZIP (MS-MCI 2.1).
const SIGNATURE: &[u8; 2] = b"CK";

/// Most bytes of a block of MSZIP (MS-MCI 2.2: content and twelve bytes).
#[cfg(test)]
const MAX_PACKED: usize = BLOCK_BYTES + 12;

/// Room for a block that is stored: signature, five bytes of deflate, content. What takes no less is
/// stored.
const ROOM: usize = 2 + 5 + BLOCK_BYTES;

/// Effort of the deflate: the first one whose programs and texts come out no larger than zlib's.
const LEVEL: i32 = 6;

/// Deflates blocks, each by itself. libdeflate, because it writes complete codes, which `miniz_oxide`
/// does not, and takes half the time of `zlib-rs`.
pub(super) struct Packer {
    deflate: Compressor,
    out: Vec<u8>,
}

impl Packer {
    pub(super) fn new() -> Self {
        // The level is one that exists.
        let level = CompressionLvl::new(LEVEL).unwrap_or_default();
        Self {
            deflate: Compressor::new(level),
            out: Vec::with_capacity(ROOM),
        }
    }

    /// The block as MSZIP has it; deflated where that is smaller, else as one stored block of deflate.
    pub(super) fn packed(&mut self, content: &[u8]) -> &[u8] {
        self.out.resize(SIGNATURE.len() + content.len(), 0);
        let (signature, deflated) = self.out.split_at_mut(SIGNATURE.len());
        signature.copy_from_slice(SIGNATURE);
        match self.deflate.deflate_compress(content, deflated) {
            Ok(length) => self.out.truncate(SIGNATURE.len() + length),
            Err(_) => self.store(content),
        }
        &self.out
    }

    /// RFC 1951 3.2.4: the last block, length, its complement, content.
    fn store(&mut self, content: &[u8]) {
        let length = u16::try_from(content.len()).unwrap_or(u16::MAX);
        self.out.clear();
        self.out.extend(SIGNATURE);
        self.out.push(1);
        self.out.extend(length.to_le_bytes());
        self.out.extend((!length).to_le_bytes());
        self.out.extend(content);
    }
}

/// What stands before the bytes of a block (MS-CAB 2.4); both sizes are at most 32 780.
pub(super) fn header(bytes: &[u8], content: usize) -> [u8; HEADER_BYTES] {
    let packed = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
    let content = u16::try_from(content).unwrap_or(u16::MAX);
    let sizes = u32::from(packed) | u32::from(content) << 16;
    let mut header = [0; HEADER_BYTES];
    header[..4].copy_from_slice(&(checksum(bytes) ^ sizes).to_le_bytes());
    header[4..6].copy_from_slice(&packed.to_le_bytes());
    header[6..].copy_from_slice(&content.to_le_bytes());
    header
}

/// MS-CAB 3.1: exclusive or of the little-endian words; what is left at the end counts the other way
/// round.
fn checksum(bytes: &[u8]) -> u32 {
    let (pairs, rest) = bytes.as_chunks::<8>();
    let both = pairs
        .iter()
        .fold(0, |sum, pair| sum ^ u64::from_le_bytes(*pair));
    let [a, b, c, d, e, f, g, h] = both.to_le_bytes();
    let mut sum = u32::from_le_bytes([a, b, c, d]) ^ u32::from_le_bytes([e, f, g, h]);
    let (words, rest) = rest.as_chunks::<4>();
    for word in words {
        sum ^= u32::from_le_bytes(*word);
    }
    rest.iter()
        .fold(0, |word, byte| word << 8 | u32::from(*byte))
        ^ sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_counts_words_and_the_rest_backwards() {
        for (bytes, sum) in [
            (&b""[..], 0),
            (b"\x01", 0x01),
            (b"\x01\x02", 0x0102),
            (b"\x01\x02\x03", 0x0001_0203),
            (b"\x01\x02\x03\x04", 0x0403_0201),
            (b"\x01\x02\x03\x04\x05", 0x0403_0204),
            (b"\x01\x02\x03\x04\x01\x02\x03\x04", 0),
            (
                b"\x01\x00\x00\x00\x02\x00\x00\x00\x04\x00\x00\x00\x01\x02",
                0x0105,
            ),
        ] {
            assert_eq!(checksum(bytes), sum, "{bytes:?}");
        }
    }

    #[test]
    fn no_block_is_larger_than_the_format_takes() {
        let mut packer = Packer::new();
        let mut state = 1u32;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .take(BLOCK_BYTES)
        .collect();
        for length in [1, 2, 100, BLOCK_BYTES - 1, BLOCK_BYTES] {
            let packed = packer.packed(&noise[..length]);
            assert!(
                packed.len() <= length + 7 && packed.len() <= MAX_PACKED,
                "{length}"
            );
        }
    }

    #[test]
    fn a_block_tells_nothing_of_the_one_before_it() {
        let mut packer = Packer::new();
        let text = b"the same text, over and over ".repeat(900);
        let first = packer.packed(&text).to_vec();
        packer.packed(b"something else");
        assert_eq!(packer.packed(&text), first);
    }
}
