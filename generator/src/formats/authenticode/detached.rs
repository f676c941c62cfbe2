//! Signatures apart from their file: what has to be signed, and what comes back, alone or in a signed copy.
//!
//! The form is the one of osslsigncode's `extract-data` and `attach-signature`: a PKCS #7
//! SignedData with the Authenticode content and without a signer goes out, one with a signer comes
//! back (both observed with osslsigncode 2.9).

use std::io::{Read, Seek, SeekFrom};

use gangway_contract::Sha256;

use super::cabinet::{self, CabinetCarrier};
use super::carrier::{Carrier, Failure, Found};
use super::cms::SignedData;
use super::indirect_data::{INDIRECT_DATA, MSI_SIP};
use super::kind::FileKind;
use super::msi::MsiCarrier;
use super::pe::PeCarrier;
use super::script::ScriptCarrier;
use super::signer::CONTENT_TYPE;
use crate::formats::der::{element, tag};
use crate::formats::digest::DigestAlgorithm;
use crate::formats::x509::pem_blocks;

// Object identifiers, encoded.
const SIGNED_DATA: &[u8] = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";
const SPC_INDIRECT_DATA: &[u8] = b"\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x04";
const SPC_PE_IMAGE_DATA: &[u8] = b"\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x0f";
const SPC_CABINET_DATA: &[u8] = b"\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x19";
const SPC_SIP_INFO: &[u8] = b"\x2b\x06\x01\x04\x01\x82\x37\x02\x01\x1e";
const SHA256: &[u8] = b"\x60\x86\x48\x01\x65\x03\x04\x02\x01";

/// `szOID_CTL`, the content of catalogues.
const CATALOGUE: &str = "1.3.6.1.4.1.311.10.1";

/// Name in the link that every executable and cabinet carries (Windows Authenticode Portable
/// Executable Signature Format, `SpcPeImageData`).
const OBSOLETE: &str = "<<<Obsolete>>>";

/// What a signer has to sign for a file of this kind with this Authenticode digest: DER of a
/// SignedData without a signer. None of a kind whose signatures are not made elsewhere.
pub fn data_to_sign(kind: FileKind, digest: Sha256) -> Option<Vec<u8>> {
    let (subject, value) = match kind {
        FileKind::Pe => {
            // `includeResources`, written out as osslsigncode has it.
            let flags = element(tag::BIT_STRING, &[7, 0x80]);
            let file = element(tag::CONTEXT_0, &obsolete_link());
            (SPC_PE_IMAGE_DATA, sequence(&[flags, file]))
        }
        FileKind::Cabinet => (SPC_CABINET_DATA, obsolete_link()),
        FileKind::Msi => {
            let number = |value| element(tag::INTEGER, &[value]);
            let mut fields = vec![number(1), element(tag::OCTET_STRING, &MSI_SIP)];
            fields.extend((0..5).map(|_| number(0)));
            (SPC_SIP_INFO, sequence(&fields))
        }
        FileKind::Script => return None,
    };
    let oid = |bytes| element(tag::OBJECT_IDENTIFIER, bytes);
    let algorithm = sequence(&[oid(SHA256), element(tag::NULL, &[])]);
    let content = sequence(&[
        sequence(&[oid(subject), value]),
        sequence(&[algorithm, element(tag::OCTET_STRING, digest.as_bytes())]),
    ]);
    let signed = sequence(&[
        element(tag::INTEGER, &[1]),
        element(tag::SET, &[]),
        sequence(&[oid(SPC_INDIRECT_DATA), element(tag::CONTEXT_0, &content)]),
        element(tag::SET, &[]),
    ]);
    Some(sequence(&[
        oid(SIGNED_DATA),
        element(tag::CONTEXT_0, &signed),
    ]))
}

fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    element(tag::SEQUENCE, &parts.concat())
}

/// `SpcLink` to a file without a meaningful name.
fn obsolete_link() -> Vec<u8> {
    let name: Vec<u8> = OBSOLETE.encode_utf16().flat_map(u16::to_be_bytes).collect();
    element(tag::CONTEXT_2, &element(tag::CONTEXT_0_PRIMITIVE, &name))
}

/// The signature of a file, to be put into another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detached {
    /// The PKCS #7 structure, and no byte behind it.
    pub pkcs7: Vec<u8>,
    /// Of an installer package: its digest over names, sizes and times, when that is signed, too.
    pub metadata_digest: Option<Vec<u8>>,
}

/// Takes the signature out of a file, and nothing of what lies around it.
///
/// # Errors
/// In words: the file carries none, more than one, bytes behind it, or cannot be read.
pub fn take_signature<S: Read + Seek>(source: &mut S, kind: FileKind) -> Result<Detached, String> {
    let ((mut signatures, uncovered_bytes), metadata_digest) = match kind {
        FileKind::Msi => {
            let file = MsiCarrier::open(source).map_err(in_words)?;
            (told_by(&file), file.metadata_digest())
        }
        _ => (carried(source, kind)?, None),
    };
    if uncovered_bytes > 0 {
        return Err(format!("{uncovered_bytes} bytes lie behind the signature"));
    }
    let (Some(only), true) = (signatures.pop(), signatures.is_empty()) else {
        return Err("it carries no signature, or more than one".to_owned());
    };
    Ok(Detached {
        pkcs7: only.der,
        metadata_digest,
    })
}

/// The signatures of a file, and how many bytes beside them belong to none.
pub(super) fn carried<S: Read + Seek>(
    source: &mut S,
    kind: FileKind,
) -> Result<(Vec<Found>, u64), String> {
    let found = match kind {
        FileKind::Pe => PeCarrier::open(source).map(|file| told_by(&file)),
        FileKind::Msi => MsiCarrier::open(source).map(|file| told_by(&file)),
        FileKind::Cabinet => CabinetCarrier::open(source).map(|file| told_by(&file)),
        FileKind::Script => ScriptCarrier::open(source).map(|file| told_by(&file)),
    };
    found.map_err(in_words)
}

fn told_by(file: &impl Carrier) -> (Vec<Found>, u64) {
    (file.signatures().to_vec(), file.uncovered_bytes())
}

fn in_words(failure: Failure) -> String {
    match failure {
        Failure::Invalid(reason) => reason.to_string(),
        Failure::Io(error) => error.to_string(),
    }
}

/// The SHA-256 of a file that its signature will hold. Of a cabinet the one is meant that has the
/// reserved area of a signature already.
///
/// # Errors
/// In words: it cannot be read, or is none of its kind.
pub fn digest_to_sign<S: Read + Seek>(source: &mut S, kind: FileKind) -> Result<Sha256, String> {
    let digest = plain_digest(source, kind).map_err(in_words)?;
    let digest: [u8; 32] = digest
        .try_into()
        .map_err(|_| "its digest is cut short".to_owned())?;
    Ok(Sha256::from_bytes(digest))
}

fn plain_digest<S: Read + Seek>(source: &mut S, kind: FileKind) -> Result<Vec<u8>, Failure> {
    let algorithms = [DigestAlgorithm::Sha256];
    let readings = match kind {
        FileKind::Pe => PeCarrier::open(source)?.readings(&algorithms)?,
        FileKind::Msi => MsiCarrier::open(source)?.readings(&algorithms)?,
        FileKind::Cabinet => {
            let end = source.seek(SeekFrom::End(0))?;
            cabinet::readings_to(source, end, &algorithms)?
        }
        FileKind::Script => Vec::new(),
    };
    let first = readings.into_iter().next();
    Ok(first.map(|reading| reading.digest).unwrap_or_default())
}

/// What a file holds that no program can carry as its signature.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAttachable {
    /// Its signed attributes name another content type than the content has, which RFC 5652 (11.1) forbids.
    #[error(
        "it was signed as a catalogue and not as a program, as osslsigncode 2.9 and older do with what they \
         get to sign (their issue 417)"
    )]
    SignedAsCatalogue,
    /// The content of a file `.cat`.
    #[error("it is a catalogue (`.cat`), and no signature of a program")]
    Catalogue,
    /// Something else.
    #[error("{0}")]
    Other(String),
}

/// The PKCS #7 signature in a file that came from elsewhere: DER, or PEM with one block `PKCS7`.
/// Whether it holds, and for which file, is not asked here.
///
/// # Errors
/// It is no Authenticode signature.
pub fn read_signature(bytes: &[u8]) -> Result<Vec<u8>, NotAttachable> {
    let other = |why: &str| NotAttachable::Other(why.to_owned());
    let mut blocks = pem_blocks(bytes, "PKCS7").map_err(|_| {
        other("it is neither a PKCS #7 structure in DER nor one in PEM (`BEGIN PKCS7`)")
    })?;
    let (Some(der), true) = (blocks.pop(), blocks.is_empty()) else {
        return Err(other("it holds more than one signature"));
    };
    let data = SignedData::parse(&der).map_err(|error| match error {
        super::cms::CmsError::SignerCount { count: 0 } => {
            other("nobody signed it: it is what has to be signed")
        }
        error => other(&format!("it is no signature that can be attached: {error}")),
    })?;
    match data.content_type.as_str() {
        INDIRECT_DATA => {}
        CATALOGUE => return Err(NotAttachable::Catalogue),
        found => {
            return Err(other(&format!(
                "it signs content of type {found}, not a program"
            )));
        }
    }
    let named = data.signer.signed_attributes.single(CONTENT_TYPE);
    if named.and_then(|value| value.oid().ok()).as_deref() == Some(CATALOGUE) {
        return Err(NotAttachable::SignedAsCatalogue);
    }
    Ok(der)
}

#[cfg(test)]
mod tests {
    use gangway_fixtures::authenticode::{Signature, sign_data};

    use super::*;
    use crate::formats::der::{Element, Reader};

    #[test]
    fn what_has_to_be_signed_has_no_signer_yet() {
        for kind in [FileKind::Pe, FileKind::Msi, FileKind::Cabinet] {
            let data = data_to_sign(kind, Sha256::of(b"file")).unwrap();
            let refused = read_signature(&data).unwrap_err().to_string();
            assert!(refused.contains("nobody signed it"), "{kind}: {refused}");
        }
        assert_eq!(data_to_sign(FileKind::Script, Sha256::of(b"file")), None);
    }

    fn value(element: &[u8]) -> &[u8] {
        Element::only(element).unwrap().value
    }

    fn parts(bytes: &[u8]) -> Vec<Vec<u8>> {
        let mut reader = Reader::new(bytes);
        let read = || reader.read().ok().map(|element| element.raw.to_vec());
        std::iter::from_fn(read).collect()
    }

    /// The signature with another type of content around it; what it signs stays.
    fn around(signature: &[u8], content_type: &[u8]) -> Vec<u8> {
        let mut outer = parts(value(signature));
        let mut signed = parts(value(value(&outer[1])));
        let content = parts(value(&signed[2]));
        let named = element(tag::OBJECT_IDENTIFIER, content_type);
        signed[2] = sequence(&[named, content[1].clone()]);
        outer[1] = element(tag::CONTEXT_0, &sequence(&signed));
        sequence(&outer)
    }

    #[test]
    fn a_catalogue_is_told_from_other_content() {
        let data = data_to_sign(FileKind::Pe, Sha256::of(b"file")).unwrap();
        let signature = sign_data(&data, &Signature::default().unstamped());
        assert_eq!(read_signature(&signature), Ok(signature.clone()));
        let catalogue = around(&signature, b"\x2b\x06\x01\x04\x01\x82\x37\x0a\x01");
        assert_eq!(read_signature(&catalogue), Err(NotAttachable::Catalogue));
        let other = read_signature(&around(&signature, b"\x2b\x06\x01")).unwrap_err();
        assert!(other.to_string().contains("1.3.6.1"), "{other}");
    }

    #[test]
    fn what_is_no_signature_is_told() {
        for (bytes, why) in [
            (
                &b"-----BEGIN PKCS7-----\n!\n-----END PKCS7-----\n"[..],
                "PEM",
            ),
            (b"a letter", "neither"),
            (b"\x30\x03\x02\x01\x05", "no signature"),
            (b"\x30\x80\x00\x00", "no signature"),
            (b"", "neither"),
        ] {
            let refused = read_signature(bytes).unwrap_err().to_string();
            assert!(refused.contains(why), "{bytes:?}: {refused}");
        }
    }
}
