//! A package for Microsoft Intune, in the form of Microsoft's Win32 Content Prep Tool 1.8.6: a ZIP of the files,
//! encrypted, beside a document with the keys.
//!
//! The keys lie beside what they open, so the encryption hides nothing from anybody. They are derived from
//! the content, where the tool draws them: the same bundle gives the same bytes. AES and CBC are those of
//! RustCrypto, for `ring` has no CBC.

use std::io::{self, Read, Seek, SeekFrom, Write};

use aes::Aes256;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cbc::cipher::{BlockModeEncrypt as _, KeyIvInit as _};
use gangway_contract::Sha256;
use ring::hmac;

use super::stored_zip::{ArchiveError, StoredZip};
use crate::bundle::FileDigest;
use crate::gpo::xml::{self, Declaration, Element, WriteError};
use crate::plain_file;

/// The encrypted ZIP, as the document names it, and its folder in the package.
const CONTENT: &str = "IntunePackage.intunewin";
const CONTENTS: &str = "IntuneWinPackage/Contents/IntunePackage.intunewin";
/// The document.
const DETECTION: &str = "IntuneWinPackage/Metadata/Detection.xml";

/// Bytes of a block of AES.
const BLOCK: usize = 16;
/// Bytes that are encrypted at a time: blocks, and no remainder.
const CHUNK: usize = 1 << 20;
/// The authentication code and the initialization vector lie before what is encrypted.
const BEFORE: u64 = 32 + BLOCK as u64;

/// Why a package was not written.
#[derive(Debug, thiserror::Error)]
pub enum IntuneError {
    /// A file changed, or the system refuses.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The setup file has a name that XML cannot express.
    #[error("the document of the package cannot be written")]
    Document(#[from] WriteError),
}

/// What is packed.
#[derive(Debug, Clone, Copy)]
pub struct IntuneContent<'a> {
    /// The file that the service is told to run.
    pub setup_file: &'a str,
    /// Every file, by its name.
    pub files: &'a [FileDigest],
    /// In seconds since 1970 UTC.
    pub output_time: i64,
}

/// Writes the package; `scratch` is an empty file for the ZIP before it is encrypted, `open` reads a file. What
/// is read has to be what is listed.
///
/// # Errors
/// A file changed, or the system refuses.
pub fn write<R: Read>(
    out: impl Write + Seek,
    scratch: &mut (impl Read + Write + Seek),
    content: IntuneContent<'_>,
    mut open: impl FnMut(&FileDigest) -> io::Result<R>,
) -> Result<(), IntuneError> {
    let mut inner = StoredZip::new(&mut *scratch, content.output_time);
    for file in content.files {
        let source = open(file).map_err(ArchiveError::io(&file.path))?;
        inner.file(&file.path, file, source)?;
    }
    inner.finish()?;
    let failed = || ArchiveError::io(CONTENT);
    rewind(scratch)?;
    let (size, digest) = plain_file::copy(&mut *scratch, &mut io::sink()).map_err(failed())?;
    let keys = Keys::of(&digest);
    // The code stands before what it is of: encrypted once for it, and once to be written.
    let mut code = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, &keys.code));
    code.update(&keys.vector);
    rewind(scratch)?;
    encrypt(&mut *scratch, &keys, |chunk| {
        code.update(chunk);
        Ok(())
    })
    .map_err(failed())?;
    let code = code.sign();

    let mut package = StoredZip::new(out, content.output_time);
    let padded = (size / BLOCK as u64 + 1) * BLOCK as u64;
    let entry = package.begin(CONTENTS, BEFORE + padded)?;
    rewind(scratch)?;
    let mut write = || {
        entry.write_all(code.as_ref())?;
        entry.write_all(&keys.vector)?;
        encrypt(&mut *scratch, &keys, |chunk| entry.write_all(chunk))
    };
    write().map_err(failed())?;
    let document = document(content.setup_file, size, &digest, &keys, code.as_ref());
    package.bytes(DETECTION, &xml::write(&document, Declaration::None)?)?;
    Ok(package.finish()?)
}

fn rewind(scratch: &mut impl Seek) -> Result<(), ArchiveError> {
    let found = scratch.seek(SeekFrom::Start(0));
    found.map(drop).map_err(ArchiveError::io(CONTENT))
}

/// What opens a package; it says so itself.
struct Keys {
    encryption: [u8; 32],
    code: [u8; 32],
    vector: [u8; BLOCK],
}

impl Keys {
    /// Of the ZIP with this digest.
    fn of(digest: &Sha256) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, digest.as_bytes());
        let derived = |label: &str| -> [u8; 32] {
            let tag = hmac::sign(&key, format!("gangway intunewin {label}").as_bytes());
            tag.as_ref().try_into().unwrap_or_default()
        };
        let vector = derived("vector");
        Self {
            encryption: derived("encryption"),
            code: derived("code"),
            vector: vector.first_chunk().copied().unwrap_or_default(),
        }
    }
}

/// Gives `sink` what AES-256 makes of all that can be read, in CBC mode and with PKCS #7 padding.
fn encrypt(
    mut plain: impl Read,
    keys: &Keys,
    mut sink: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let mut cipher = cbc::Encryptor::<Aes256>::new(&keys.encryption.into(), &keys.vector.into());
    let mut chunk = Vec::with_capacity(CHUNK + BLOCK);
    loop {
        chunk.clear();
        let read = (&mut plain).take(CHUNK as u64).read_to_end(&mut chunk)?;
        let is_last = read < CHUNK;
        if is_last {
            let padding = BLOCK - read % BLOCK;
            chunk.resize(read + padding, u8::try_from(padding).unwrap_or_default());
        }
        for block in chunk.chunks_exact_mut(BLOCK) {
            let block = block.try_into().map_err(io::Error::other)?;
            cipher.encrypt_block(block);
        }
        sink(&chunk)?;
        if is_last {
            return Ok(());
        }
    }
}

/// What the service reads of a package: which file it runs, and how the content is opened.
fn document(setup_file: &str, size: u64, digest: &Sha256, keys: &Keys, code: &[u8]) -> Element {
    let base64 = |name: &str, bytes: &[u8]| Element::with_text(name, STANDARD.encode(bytes));
    let encryption = Element::new("EncryptionInfo")
        .child(base64("EncryptionKey", &keys.encryption))
        .child(base64("MacKey", &keys.code))
        .child(base64("InitializationVector", &keys.vector))
        .child(base64("Mac", code))
        .child(Element::with_text("ProfileIdentifier", "ProfileVersion1"))
        .child(base64("FileDigest", digest.as_bytes()))
        .child(Element::with_text("FileDigestAlgorithm", "SHA256"));
    Element::new("ApplicationInfo")
        .attribute("xmlns:xsd", "http://www.w3.org/2001/XMLSchema")
        .attribute("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance")
        .attribute("ToolVersion", "1.8.6.0")
        .child(Element::with_text("Name", setup_file))
        .child(Element::with_text(
            "UnencryptedContentSize",
            size.to_string(),
        ))
        .child(Element::with_text("FileName", CONTENT))
        .child(Element::with_text("SetupFile", setup_file))
        .child(encryption)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn encrypted(plain: &[u8], keys: &Keys) -> Vec<u8> {
        let mut all: Vec<u8> = Vec::new();
        encrypt(plain, keys, |chunk| {
            all.extend(chunk);
            Ok(())
        })
        .unwrap();
        all
    }

    /// The first vector of NIST SP 800-38A, F.2.5.
    #[test]
    fn blocks_are_those_of_the_standard() {
        let bytes = |hex: &str| -> Vec<u8> {
            let digits = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
            (0..hex.len()).step_by(2).map(digits).collect()
        };
        let key = bytes("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4");
        let keys = Keys {
            encryption: key.try_into().unwrap(),
            code: [0; 32],
            vector: std::array::from_fn(|at| u8::try_from(at).unwrap()),
        };
        let plain = bytes("6bc1bee22e409f96e93d7e117393172a");
        let all = encrypted(&plain, &keys);
        assert_eq!(all[..BLOCK], bytes("f58c4c04d6e5f1ba779eabfb5f7bfbd6")[..]);
        assert_eq!(all.len(), 2 * BLOCK, "a whole block is padded by one");
    }

    /// However the reader cuts it, and beyond a chunk.
    #[test]
    fn what_is_encrypted_is_padded_once_at_the_end() {
        let keys = Keys::of(&Sha256::of(b"key"));
        for size in [0, 1, 15, 16, 17, CHUNK - 1, CHUNK, CHUNK + 1] {
            let all = encrypted(&vec![7; size], &keys);
            assert_eq!(all.len(), (size / BLOCK + 1) * BLOCK, "{size}");
        }
        let one = encrypted(&vec![7; CHUNK + 1], &keys);
        assert_eq!(one[..CHUNK], encrypted(&vec![7; CHUNK], &keys)[..CHUNK]);
    }

    #[test]
    fn a_file_that_changed_ends_it() {
        let files = [FileDigest {
            path: "a.exe".to_owned(),
            size: 3,
            sha256: Sha256::of(b"one"),
        }];
        let content = IntuneContent {
            setup_file: "a.exe",
            files: &files,
            output_time: 1_772_442_000,
        };
        let pack = |bytes: &'static [u8]| {
            let mut out = Cursor::new(Vec::new());
            let mut scratch = Cursor::new(Vec::new());
            write(&mut out, &mut scratch, content, |_| Ok(bytes)).map(|()| out.into_inner())
        };
        assert_eq!(
            pack(b"one").unwrap(),
            pack(b"one").unwrap(),
            "the same bytes"
        );
        for changed in [&b"two"[..], b"on", b"one more"] {
            let refused = pack(changed).unwrap_err();
            let is_told = matches!(refused, IntuneError::Archive(ArchiveError::Changed { .. }));
            assert!(is_told, "{refused}");
        }
    }
}
