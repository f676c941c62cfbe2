//! SpcIndirectDataContent: what kind of file was signed, and its digest.

use super::kind::FileKind;
use super::reason::InvalidReason;
use crate::formats::der::{DerError, Element, tag};
use crate::formats::digest::{DigestAlgorithm, hex};

/// Content type of every Authenticode signature.
pub(super) const INDIRECT_DATA: &str = "1.3.6.1.4.1.311.2.1.4";

const PE_IMAGE_DATA: &str = "1.3.6.1.4.1.311.2.1.15";
/// What osslsigncode and older signing tools write for cabinets.
const CABINET_DATA: &str = "1.3.6.1.4.1.311.2.1.25";
/// What Microsoft's update packages and the cabinets in them have (seen in KB2999226 and
/// KB3118401 of 2015): a link whose serialised object holds an attribute 1.3.6.1.4.1.311.2.5.1,
/// `szOID_ENHANCED_HASH` in `wintrust.h`. What that hashes is not published; nothing rests on
/// it here. The digest beside it is the cabinet's, as always.
const LINK: &str = "1.3.6.1.4.1.311.2.1.28";
/// A subject interface package, named by GUID: installer packages and scripts.
const SIP_INFO: &str = "1.3.6.1.4.1.311.2.1.30";

/// {000C10F1-0000-0000-C000-000000000046}, first three fields little-endian.
pub(super) const MSI_SIP: [u8; 16] = [
    0xf1, 0x10, 0x0c, 0x00, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46,
];
/// {603BCC1F-4B59-4E08-B724-D2C6297EF351}, first three fields little-endian.
const POWERSHELL_SIP: [u8; 16] = [
    0x1f, 0xcc, 0x3b, 0x60, 0x59, 0x4b, 0x08, 0x4e, 0xb7, 0x24, 0xd2, 0xc6, 0x29, 0x7e, 0xf3, 0x51,
];

/// The digest that a signature vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SignedDigest {
    /// Which hash.
    pub algorithm: DigestAlgorithm,
    /// The digest that the signer put there; not yet compared with the file.
    pub digest: Vec<u8>,
}

/// Reads the signed content and checks that it was made for the kind of file at hand: a
/// signature carried over from another kind would be judged by other digest rules.
pub(super) fn parse(content: &Element<'_>, kind: FileKind) -> Result<SignedDigest, InvalidReason> {
    let malformed = |error: DerError| InvalidReason::SignatureMalformed {
        what: format!("in the signed content {error}"),
    };
    let (subject, value, signed) = read(content).map_err(malformed)?;
    let wrong = |found: String| InvalidReason::WrongFileKind {
        expected: kind,
        found,
    };
    match (kind, subject.as_str()) {
        (FileKind::Pe, PE_IMAGE_DATA) | (FileKind::Cabinet, CABINET_DATA | LINK) => {}
        (FileKind::Msi, SIP_INFO) => {
            let guid = sip_guid(value).map_err(malformed)?;
            if guid != MSI_SIP {
                return Err(wrong(hex(guid)));
            }
        }
        (FileKind::Script, SIP_INFO) => {
            let guid = sip_guid(value).map_err(malformed)?;
            if guid != POWERSHELL_SIP {
                return Err(wrong(hex(guid)));
            }
        }
        _ => return Err(wrong(subject)),
    }
    let (oid, digest) = signed;
    let algorithm =
        DigestAlgorithm::from_oid(&oid).ok_or(InvalidReason::UnsupportedAlgorithm { oid })?;
    Ok(SignedDigest {
        algorithm,
        digest: digest.to_vec(),
    })
}

type Fields<'a> = (String, Option<Element<'a>>, (String, &'a [u8]));

fn read<'a>(content: &Element<'a>) -> Result<Fields<'a>, DerError> {
    if content.tag != tag::SEQUENCE {
        return Err(DerError::Tag {
            expected: tag::SEQUENCE,
            found: content.tag,
        });
    }
    let mut fields = content.content();
    let mut type_and_value = fields.sequence()?;
    let subject = type_and_value.oid()?;
    let value = if type_and_value.is_empty() {
        None
    } else {
        Some(type_and_value.read()?)
    };
    type_and_value.finish()?;
    let mut digest_info = fields.sequence()?;
    fields.finish()?;
    let algorithm = digest_info.sequence()?.oid()?;
    let digest = digest_info.expect(tag::OCTET_STRING)?.value;
    digest_info.finish()?;
    Ok((subject, value, (algorithm, digest)))
}

/// SpcSipInfo = { version, GUID, five integers }. The versions of installer packages differ
/// without meaning (1 and 2 both occur), so only the GUID is looked at.
fn sip_guid(value: Option<Element<'_>>) -> Result<&[u8], DerError> {
    let mut fields = value
        .filter(|element| element.tag == tag::SEQUENCE)
        .ok_or(DerError::Value("the subject interface package"))?
        .content();
    fields.expect(tag::INTEGER)?;
    Ok(fields.expect(tag::OCTET_STRING)?.value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::der::Reader;

    /// Signed content of a type, by the last number of its identifier, with a SIP's GUID.
    fn content(last_number: u8, guid: [u8; 16]) -> Vec<u8> {
        let element = |tag: u8, content: &[u8]| {
            let length = u8::try_from(content.len()).unwrap();
            [&[tag, length][..], content].concat()
        };
        let subject = [
            0x2b,
            0x06,
            0x01,
            0x04,
            0x01,
            0x82,
            0x37,
            0x02,
            0x01,
            last_number,
        ];
        let sip = element(0x30, &[element(2, &[1]), element(4, &guid)].concat());
        let data = element(0x30, &[element(6, &subject), sip].concat());
        let sha1 = element(0x30, &element(6, &[0x2b, 0x0e, 0x03, 0x02, 0x1a]));
        let digest = element(0x30, &[sha1, element(4, &[7; 20])].concat());
        element(0x30, &[data, digest].concat())
    }

    #[test]
    fn each_kind_of_file_takes_the_types_that_are_made_for_it() {
        let types = [
            ("PE image", 15, [0; 16]),
            ("cabinet", 25, [0; 16]),
            ("link", 28, [0; 16]),
            ("package", 30, MSI_SIP),
            ("script", 30, POWERSHELL_SIP),
        ];
        let table = [
            (FileKind::Pe, vec!["PE image"]),
            (FileKind::Cabinet, vec!["cabinet", "link"]),
            (FileKind::Msi, vec!["package"]),
            (FileKind::Script, vec!["script"]),
        ];
        for (kind, expected) in table {
            let taken = |number, guid| {
                let bytes = content(number, guid);
                let element = Reader::new(&bytes).read().unwrap();
                match parse(&element, kind) {
                    Ok(signed) => signed.digest == [7; 20],
                    Err(InvalidReason::WrongFileKind { .. }) => false,
                    Err(other) => panic!("{kind}: {other}"),
                }
            };
            let found: Vec<&str> = types
                .iter()
                .filter(|(_, number, guid)| taken(*number, *guid))
                .map(|(name, _, _)| *name)
                .collect();
            assert_eq!(found, expected, "{kind}");
        }
    }
}
