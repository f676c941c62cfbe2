//! The headers of a 64-bit executable in memory, and its checksum, for whoever changes them.
//!
//! [`formats::pe`](crate::formats::pe) reads headers from files of any size and kind; here the whole
//! exe lies in memory, and what is asked for is where to write.

/// Largest stub that is taken, in bytes. The runner's own gate is 1 MiB; the slack lets a
/// debug build be tried.
pub const MAX_STUB_BYTES: usize = 16 << 20;

const PE_POINTER_AT: usize = 0x3C;
const MACHINE_AMD64: u16 = 0x8664;
const MAGIC_PE32_PLUS: u16 = 0x20B;
const COFF_BYTES: usize = 24;
pub(super) const SECTION_HEADER_BYTES: usize = 40;

pub(super) const DIRECTORY_RESOURCE: usize = 2;
pub(super) const DIRECTORY_SECURITY: usize = 4;

/// Why a file cannot take a resource section.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImageError {
    /// Above [`MAX_STUB_BYTES`].
    #[error("the stub has {size} bytes, the limit is {MAX_STUB_BYTES}")]
    TooLarge {
        /// Bytes found.
        size: usize,
    },
    /// A header field lies outside the file or contradicts another.
    #[error("the stub is not a well-formed executable: {what}")]
    Malformed {
        /// The field.
        what: &'static str,
    },
    /// A well-formed executable of the wrong kind.
    #[error("the stub cannot take a resource section: {what}")]
    Unsuitable {
        /// The reason.
        what: &'static str,
    },
}

/// Offsets of the headers.
pub(super) struct Headers {
    /// Of the signature `PE` and the COFF header behind it.
    pub(super) coff_at: usize,
    /// Of the optional header.
    pub(super) optional_at: usize,
}

impl Headers {
    /// Finds them; the optional header may still be cut short.
    pub(super) fn read(exe: &[u8]) -> Result<Self, ImageError> {
        let malformed = |what| ImageError::Malformed { what };
        let short = || malformed("the headers are cut short");
        if exe.get(..2) != Some(b"MZ") {
            return Err(malformed("it does not start with `MZ`"));
        }
        let coff_at = get_u32(exe, PE_POINTER_AT).ok_or_else(short)? as usize;
        if exe.get(coff_at..coff_at.saturating_add(4)) != Some(b"PE\0\0") {
            return Err(malformed("no PE signature"));
        }
        let optional_at = coff_at + COFF_BYTES;
        if get_u16(exe, coff_at + 4).ok_or_else(short)? != MACHINE_AMD64
            || get_u16(exe, optional_at).ok_or_else(short)? != MAGIC_PE32_PLUS
        {
            return Err(ImageError::Unsuitable {
                what: "it is not a 64-bit x86 executable",
            });
        }
        Ok(Self {
            coff_at,
            optional_at,
        })
    }

    pub(super) fn checksum_at(&self) -> usize {
        self.optional_at + 64
    }

    /// Of a data directory's entry: address and size, 4 bytes each.
    pub(super) fn directory_at(&self, index: usize) -> usize {
        self.optional_at + 112 + index * 8
    }
}

/// The image checksum (imagehlp's `CheckSumMappedFile`): 16-bit one's-complement sum of the
/// file with the field itself zero, plus the file's length.
pub(crate) fn checksum(image: &[u8]) -> u32 {
    let mut sum = 0u32;
    for pair in image.chunks(2) {
        let word = u16::from_le_bytes([pair[0], pair.get(1).copied().unwrap_or(0)]);
        sum += u32::from(word);
        sum = (sum & 0xFFFF) + (sum >> 16);
    }
    sum.wrapping_add(u32::try_from(image.len()).unwrap_or(u32::MAX))
}

pub(super) fn get_u16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(
        bytes.get(at..at.checked_add(2)?)?.try_into().ok()?,
    ))
}

pub(super) fn get_u32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(
        bytes.get(at..at.checked_add(4)?)?.try_into().ok()?,
    ))
}

pub(super) fn put_u16(bytes: &mut [u8], at: usize, value: u16) {
    bytes[at..at + 2].copy_from_slice(&value.to_le_bytes());
}

pub(super) fn put_u32(bytes: &mut [u8], at: usize, value: u32) {
    bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
}
