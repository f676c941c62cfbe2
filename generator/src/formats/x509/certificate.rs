//! One certificate, read once and kept with its original bytes.

use super::extension::{Extension, extensions};
use super::host_name;
use super::key::{KeyError, PublicKey, SignatureScheme};
use super::name::Name;
use super::time::unix_seconds;
use crate::formats::der::{DerError, Element, Reader, tag};
use crate::formats::digest::{DigestAlgorithm, hex, sha256_hex};

/// More extended key usages than any real certificate has.
const MAX_USAGES: usize = 64;

/// Critical extensions whose meaning is checked here, or that only name things.
///
/// `certificatePolicies` (2.5.29.32) is tolerated because no policy is asked for.
const UNDERSTOOD: [&str; 7] = [
    "2.5.29.14", // subjectKeyIdentifier
    "2.5.29.15", // keyUsage
    "2.5.29.17", // subjectAltName
    "2.5.29.19", // basicConstraints
    "2.5.29.32", // certificatePolicies
    "2.5.29.35", // authorityKeyIdentifier
    "2.5.29.37", // extKeyUsage
];

/// The nameConstraints extension: read where a host is certified, unknown where code is.
pub(super) const NAME_CONSTRAINTS: &str = "2.5.29.30";

/// The value of the version field for version 3 (RFC 5280, 4.1).
const VERSION_3: u64 = 2;

/// The basicConstraints extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BasicConstraints {
    /// May it issue certificates?
    pub authority: bool,
    /// How many authorities may stand between it and a leaf.
    pub max_authorities_below: Option<u64>,
}

/// A certificate. Reading it proves nothing; see [`super::prove`].
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    to_be_signed: Vec<u8>,
    signature_scheme: Result<SignatureScheme, String>,
    signature: Vec<u8>,
    serial: Vec<u8>,
    issuer: Name,
    subject: Name,
    not_before: i64,
    not_after: i64,
    public_key: PublicKey,
    basic_constraints: Option<BasicConstraints>,
    key_usage: Option<u16>,
    extended_key_usage: Option<Vec<String>>,
    alternative_names: Option<Vec<u8>>,
    name_constraints: Option<Vec<u8>>,
    unknown_critical: Option<String>,
    critical_name_constraints: bool,
}

impl core::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Certificate({})", self.subject)
    }
}

impl Certificate {
    /// Reads a DER certificate; nothing may follow it.
    pub fn parse(der: &[u8]) -> Result<Self, DerError> {
        let whole = Element::only(der)?;
        if whole.tag != tag::SEQUENCE {
            return Err(DerError::Tag {
                expected: tag::SEQUENCE,
                found: whole.tag,
            });
        }
        let mut outer = whole.content();
        let to_be_signed = outer.expect(tag::SEQUENCE)?;
        let outer_algorithm = outer.expect(tag::SEQUENCE)?;
        let signature = outer.expect(tag::BIT_STRING)?.bit_string()?.to_vec();
        outer.finish()?;

        let mut fields = to_be_signed.content();
        let version = version(&mut fields)?;
        let serial = fields.expect(tag::INTEGER)?.value.to_vec();
        let algorithm = fields.expect(tag::SEQUENCE)?;
        if algorithm.raw != outer_algorithm.raw {
            // RFC 5280, 4.1.1.2: both must be the same; only the inner one is signed.
            return Err(DerError::Value("the signature algorithm"));
        }
        let issuer = Name::parse(&fields.expect(tag::SEQUENCE)?)?;
        let mut validity = fields.sequence()?;
        let not_before = unix_seconds(&validity.read()?)?;
        let not_after = unix_seconds(&validity.read()?)?;
        validity.finish()?;
        let subject = Name::parse(&fields.expect(tag::SEQUENCE)?)?;
        let public_key = PublicKey::parse(&fields.expect(tag::SEQUENCE)?)?;

        let mut certificate = Self {
            der: der.to_vec(),
            to_be_signed: to_be_signed.raw.to_vec(),
            signature_scheme: SignatureScheme::parse(&algorithm, None)
                .map_err(|error| error.to_string()),
            signature,
            serial,
            issuer,
            subject,
            not_before,
            not_after,
            public_key,
            basic_constraints: None,
            key_usage: None,
            extended_key_usage: None,
            alternative_names: None,
            name_constraints: None,
            unknown_critical: None,
            critical_name_constraints: false,
        };
        // Unique identifiers, which nobody uses; RFC 5280, 4.1 fixes the order and allows each once.
        fields.optional(tag::CONTEXT_1_PRIMITIVE)?;
        fields.optional(tag::CONTEXT_2_PRIMITIVE)?;
        if let Some(field) = fields.optional(tag::CONTEXT_3)? {
            if version != VERSION_3 {
                // RFC 5280, 4.1.2.1: only version 3 has extensions.
                return Err(DerError::Value("the version of the certificate"));
            }
            let mut extensions = field.content();
            certificate.read_extensions(&mut extensions.sequence()?)?;
            extensions.finish()?;
        }
        fields.finish()?;
        Ok(certificate)
    }

    fn read_extensions(&mut self, list: &mut Reader<'_>) -> Result<(), DerError> {
        for Extension {
            oid,
            critical,
            value,
        } in extensions(list)?
        {
            match oid.as_str() {
                "2.5.29.19" => self.basic_constraints = Some(basic_constraints(value)?),
                "2.5.29.15" => self.key_usage = Some(Element::only(value)?.named_bits()?),
                "2.5.29.37" => self.extended_key_usage = Some(object_identifiers(value)?),
                "2.5.29.17" => self.alternative_names = Some(value.to_vec()),
                NAME_CONSTRAINTS => {
                    self.name_constraints = Some(value.to_vec());
                    self.critical_name_constraints = critical;
                }
                _ if critical && !UNDERSTOOD.contains(&oid.as_str()) => {
                    self.unknown_critical.get_or_insert(oid);
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The certificate's bytes.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// SHA-256 of the certificate, lower-case hex.
    pub fn sha256(&self) -> String {
        sha256_hex(&self.der)
    }

    /// Serial number as it is encoded, big-endian.
    pub fn serial(&self) -> &[u8] {
        &self.serial
    }

    /// Serial number, lower-case hex.
    pub fn serial_hex(&self) -> String {
        hex(&self.serial)
    }

    /// Who issued it.
    pub fn issuer(&self) -> &Name {
        &self.issuer
    }

    /// Whom it names.
    pub fn subject(&self) -> &Name {
        &self.subject
    }

    /// Start of validity, unix seconds.
    pub fn not_before(&self) -> i64 {
        self.not_before
    }

    /// End of validity, unix seconds.
    pub fn not_after(&self) -> i64 {
        self.not_after
    }

    /// Is `at` within the validity?
    pub fn is_valid_at(&self, at: i64) -> bool {
        (self.not_before..=self.not_after).contains(&at)
    }

    /// The key that it vouches for.
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// The basicConstraints extension.
    pub fn basic_constraints(&self) -> Option<BasicConstraints> {
        self.basic_constraints
    }

    /// Does the keyUsage extension, where there is one, allow the bit? Bit 0
    /// (digitalSignature) is the highest.
    pub fn allows_key_usage(&self, bit: u32) -> bool {
        self.key_usage
            .is_none_or(|usage| usage & 0x8000_u16.checked_shr(bit).unwrap_or(0) != 0)
    }

    /// The extended key usages, dotted; `None` without the extension.
    pub fn extended_key_usage(&self) -> Option<&[String]> {
        self.extended_key_usage.as_deref()
    }

    /// The hosts that it names: those of the subjectAltName extension, or the common name where
    /// there is no such extension at all.
    ///
    /// # Errors
    /// The extension is malformed.
    pub fn hosts(&self) -> Result<Vec<String>, DerError> {
        match &self.alternative_names {
            Some(names) => host_name::hosts(names),
            None => Ok(self
                .subject
                .common_name()
                .map(str::to_owned)
                .into_iter()
                .collect()),
        }
    }

    /// May it, as an authority, certify this host?
    ///
    /// # Errors
    /// The nameConstraints extension is malformed.
    pub fn may_certify(&self, host: &str) -> Result<bool, DerError> {
        match &self.name_constraints {
            Some(constraints) => host_name::may_certify(constraints, host),
            None => Ok(true),
        }
    }

    /// Does it limit, critically, which names it may certify?
    pub fn has_critical_name_constraints(&self) -> bool {
        self.critical_name_constraints
    }

    /// Hash that its issuer's signature rests on; none for an algorithm that is not known.
    pub fn signature_digest(&self) -> Option<DigestAlgorithm> {
        match self.signature_scheme.as_ref().ok()? {
            SignatureScheme::RsaPkcs1(digest)
            | SignatureScheme::RsaPss(digest)
            | SignatureScheme::Ecdsa(digest) => Some(*digest),
        }
    }

    /// Digest of what its issuer signed, by the hash of that signature: how App Control names an
    /// authority. None for an algorithm that is not known.
    pub fn to_be_signed_digest(&self) -> Option<Vec<u8>> {
        self.signature_digest()?.digest(&self.to_be_signed)
    }

    /// A critical extension that this program does not understand.
    pub fn unknown_critical_extension(&self) -> Option<&str> {
        self.unknown_critical.as_deref()
    }

    /// Do issuer and subject have the same name?
    pub fn is_self_issued(&self) -> bool {
        self.issuer == self.subject
    }

    /// Checks that `issuer`'s key signed this certificate.
    pub fn verify_signature_by(&self, issuer: &Self) -> Result<(), KeyError> {
        match &self.signature_scheme {
            Ok(scheme) => issuer
                .public_key
                .verify(*scheme, &self.to_be_signed, &self.signature),
            Err(algorithm) => Err(KeyError::Unsupported(algorithm.clone())),
        }
    }
}

/// The version field, which is left out for version 1.
fn version(fields: &mut Reader<'_>) -> Result<u64, DerError> {
    let Some(field) = fields.optional(tag::CONTEXT_0)? else {
        return Ok(0);
    };
    let mut content = field.content();
    let number = content.expect(tag::INTEGER)?.unsigned()?;
    content.finish()?;
    Ok(number)
}

fn basic_constraints(value: &[u8]) -> Result<BasicConstraints, DerError> {
    let mut outer = Reader::new(value);
    let mut fields = outer.sequence()?;
    outer.finish()?;
    let authority = match fields.optional(tag::BOOLEAN)? {
        Some(flag) => flag.boolean()?,
        None => false,
    };
    let max_authorities_below = match fields.optional(tag::INTEGER)? {
        Some(number) => Some(number.unsigned()?),
        None => None,
    };
    fields.finish()?;
    Ok(BasicConstraints {
        authority,
        max_authorities_below,
    })
}

fn object_identifiers(value: &[u8]) -> Result<Vec<String>, DerError> {
    let mut outer = Reader::new(value);
    let mut list = outer.sequence()?;
    outer.finish()?;
    let mut identifiers = Vec::new();
    while !list.is_empty() {
        if identifiers.len() >= MAX_USAGES {
            return Err(DerError::Value("the list of extended key usages"));
        }
        identifiers.push(list.oid()?);
    }
    Ok(identifiers)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &[u8] = include_bytes!("../../../roots/root-ca-2011.der");
    const VERSION: [u8; 5] = [0xa0, 0x03, 0x02, 0x01, 0x02];

    fn element(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        [&[tag, 0x82], length.as_slice(), content].concat()
    }

    /// The root with the fields of its signed part rewritten. Nobody signed the result; reading
    /// comes before that question.
    fn rewritten(edit: impl FnOnce(&mut Vec<Vec<u8>>)) -> Result<Certificate, DerError> {
        let mut outer = Element::only(ROOT).unwrap().content();
        let mut fields = outer.sequence().unwrap();
        let mut list = Vec::new();
        while !fields.is_empty() {
            list.push(fields.read().unwrap().raw.to_vec());
        }
        edit(&mut list);
        let mut content = element(tag::SEQUENCE, &list.concat());
        while !outer.is_empty() {
            content.extend_from_slice(outer.read().unwrap().raw);
        }
        Certificate::parse(&element(tag::SEQUENCE, &content))
    }

    #[test]
    fn a_certificate_has_each_field_once_and_in_its_place() {
        let identifier = |tag| vec![tag, 0x02, 0x00, 0xff];
        let wrong_version = DerError::Value("the version of the certificate");
        type Edit = fn(&mut Vec<Vec<u8>>);
        let rows: [(&str, Edit, Result<(), DerError>); 6] = [
            ("as it is", |_| {}, Ok(())),
            (
                "extensions twice",
                |list| list.extend(list.last().cloned()),
                Err(DerError::Trailing),
            ),
            (
                "a field that no version has",
                |list| list.push(vec![0xa4, 0x00]),
                Err(DerError::Trailing),
            ),
            (
                "extensions of version 2",
                |list| list[0] = vec![0xa0, 0x03, 0x02, 0x01, 0x01],
                Err(wrong_version),
            ),
            (
                "extensions of version 1",
                |list| {
                    list.remove(0);
                },
                Err(wrong_version),
            ),
            (
                "version 1, which has none",
                |list| {
                    list.remove(0);
                    list.pop();
                },
                Ok(()),
            ),
        ];
        for (what, edit, expected) in rows {
            assert_eq!(rewritten(edit).map(|_| ()), expected, "{what}");
        }

        let in_order = rewritten(|list| {
            assert_eq!(list[0], VERSION);
            let place = list.len() - 1;
            list.splice(place..place, [identifier(0x81), identifier(0x82)]);
        });
        assert!(in_order.unwrap().basic_constraints().unwrap().authority);
        let out_of_order = rewritten(|list| {
            let place = list.len() - 1;
            list.splice(place..place, [identifier(0x82), identifier(0x81)]);
        });
        assert_eq!(out_of_order, Err(DerError::Trailing));
    }
}
