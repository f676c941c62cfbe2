//! CMS SignedData (RFC 5652; PKCS #7 1.5), as far as Authenticode and time stamps use it.
//!
//! Reading only; nothing is proven here. Own reader over [`DER`](crate::formats::der), because
//! digests and signatures are over the bytes as they stand: everything borrows from them, while a
//! library's types (`cms`, `x509-cert`) are decoded and would have to be encoded again.

use super::reason::InvalidReason;
use crate::formats::der::{DerError, Element, Reader, tag};
use crate::formats::digest::DigestAlgorithm;
use crate::formats::x509::{Certificate, KeyError, Name, SignatureScheme};

/// More certificates, attributes or values than any real signature has.
const MAX_ITEMS: usize = 64;

const SIGNED_DATA: &str = "1.2.840.113549.1.7.2";

/// What is wrong with a signature's structure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum CmsError {
    /// Not the DER that is needed.
    #[error("{0}")]
    Der(#[from] DerError),
    /// Some other structure.
    #[error("its content type is {found}, not signed data")]
    NotSignedData {
        /// Type found, dotted.
        found: String,
    },
    /// The content is not in the signature.
    #[error("it holds no content")]
    Detached,
    /// Too many parts.
    #[error("it has more than {MAX_ITEMS} {what}")]
    TooMany {
        /// Parts of which kind.
        what: &'static str,
    },
    /// There must be one signer.
    #[error("it has {count} signers instead of one")]
    SignerCount {
        /// How many.
        count: usize,
    },
    /// The signer's hash is not announced.
    #[error("its signer uses a hash that it does not announce")]
    DigestNotListed,
    /// An algorithm identifier that is not known.
    #[error("it uses the unsupported algorithm {oid}")]
    Algorithm {
        /// Dotted.
        oid: String,
    },
}

impl From<CmsError> for InvalidReason {
    fn from(error: CmsError) -> Self {
        match error {
            CmsError::TooMany { what } => Self::TooMany {
                what,
                limit: MAX_ITEMS,
            },
            CmsError::SignerCount { count } => Self::SignerCount { count },
            CmsError::Algorithm { oid } => Self::UnsupportedAlgorithm { oid },
            other => Self::SignatureMalformed {
                what: other.to_string(),
            },
        }
    }
}

/// A SignedData with one signer.
#[derive(Debug)]
pub(super) struct SignedData<'a> {
    /// Version of the structure; nothing depends on it.
    pub version: u64,
    /// Type of the signed content, dotted.
    pub content_type: String,
    /// The signed content, one element.
    pub content: Element<'a>,
    /// Certificates that came with it; those that cannot be read are left out.
    pub certificates: Vec<Certificate>,
    /// How many of its certificates cannot be read.
    pub unreadable_certificates: usize,
    /// Did revocation lists come with it? They are never asked.
    pub has_revocation_lists: bool,
    /// The hashes that it announces, as they are encoded; the signer uses one.
    pub digest_algorithms: Vec<Element<'a>>,
    /// CMS knows many; Authenticode has one.
    pub signer: SignerInfo<'a>,
}

/// One signer's part.
#[derive(Debug)]
pub(super) struct SignerInfo<'a> {
    /// Version of the structure; nothing depends on it.
    pub version: u64,
    issuer: &'a [u8],
    serial: &'a [u8],
    digest_oid: String,
    /// The two AlgorithmIdentifiers, of the hash and of the signature.
    pub algorithms: [Element<'a>; 2],
    /// Hash of the content and of the signed attributes.
    pub digest_algorithm: DigestAlgorithm,
    /// How the signature was made.
    pub scheme: Result<SignatureScheme, KeyError>,
    /// The signed attributes, encoded as they were signed.
    pub signed_attributes_encoded: Option<Vec<u8>>,
    /// Those that the signature covers.
    pub signed_attributes: Attributes<'a>,
    /// The signature value.
    pub signature: &'a [u8],
    /// The attributes that no signature covers.
    pub unsigned_attributes: Attributes<'a>,
}

/// A set of attributes.
#[derive(Debug, Default)]
pub(super) struct Attributes<'a> {
    items: Vec<(String, Vec<Element<'a>>)>,
}

/// Those of a set that can be read, and how many cannot.
fn certificates_in(mut set: Reader<'_>) -> Result<(Vec<Certificate>, usize), CmsError> {
    let mut certificates = Vec::new();
    let mut unreadable = 0_usize;
    while !set.is_empty() {
        let element = set.read()?;
        if certificates.len().saturating_add(unreadable) >= MAX_ITEMS {
            return Err(CmsError::TooMany {
                what: "certificates",
            });
        }
        match Certificate::parse(element.raw) {
            Ok(certificate) => certificates.push(certificate),
            Err(_) => unreadable = unreadable.saturating_add(1),
        }
    }
    Ok((certificates, unreadable))
}

/// The signer of a set that holds no other.
fn only_one(mut signers: Reader<'_>) -> Result<Element<'_>, CmsError> {
    let mut elements = Vec::new();
    while !signers.is_empty() {
        elements.push(signers.read()?);
    }
    match elements.as_slice() {
        [signer] => Ok(*signer),
        _ => Err(CmsError::SignerCount {
            count: elements.len(),
        }),
    }
}

impl<'a> SignedData<'a> {
    /// Reads a ContentInfo that holds a SignedData.
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, CmsError> {
        let mut outer = Reader::new(bytes);
        let mut info = outer.sequence()?;
        outer.finish()?;
        let found = info.oid()?;
        if found != SIGNED_DATA {
            return Err(CmsError::NotSignedData { found });
        }
        let mut explicit = info.expect(tag::CONTEXT_0)?.content();
        info.finish()?;
        let mut fields = explicit.sequence()?;
        explicit.finish()?;

        let version = fields.expect(tag::INTEGER)?.unsigned()?;
        let digest_algorithms = digest_algorithms(&fields.expect(tag::SET)?)?;
        let mut encapsulated = fields.sequence()?;
        let content_type = encapsulated.oid()?;
        let mut content = encapsulated
            .optional(tag::CONTEXT_0)?
            .ok_or(CmsError::Detached)?
            .content();
        encapsulated.finish()?;
        let content_element = content.read()?;
        content.finish()?;

        let (certificates, unreadable_certificates) = match fields.optional(tag::CONTEXT_0)? {
            Some(set) => certificates_in(set.content())?,
            None => (Vec::new(), 0),
        };
        // Nobody but the issuer vouches for revocation lists.
        let has_revocation_lists = fields.optional(tag::CONTEXT_1)?.is_some();
        let signers = fields.expect(tag::SET)?.content();
        fields.finish()?;
        let signer = SignerInfo::parse(&only_one(signers)?)?;
        let mut announced = digest_algorithms.iter().map(|one| one.content().oid());
        if !announced.any(|oid| oid.as_ref() == Ok(&signer.digest_oid)) {
            return Err(CmsError::DigestNotListed);
        }
        Ok(Self {
            version,
            content_type,
            content: content_element,
            certificates,
            unreadable_certificates,
            has_revocation_lists,
            digest_algorithms,
            signer,
        })
    }
}

/// The hashes that a SignedData announces, each a readable AlgorithmIdentifier.
fn digest_algorithms<'a>(set: &Element<'a>) -> Result<Vec<Element<'a>>, CmsError> {
    let mut reader = set.content();
    let mut found = Vec::new();
    while !reader.is_empty() {
        if found.len() >= MAX_ITEMS {
            return Err(CmsError::TooMany {
                what: "digest algorithms",
            });
        }
        let identifier = reader.expect(tag::SEQUENCE)?;
        identifier.content().oid()?;
        found.push(identifier);
    }
    Ok(found)
}

impl<'a> SignerInfo<'a> {
    /// Reads a SignerInfo that names its certificate by issuer and serial number.
    pub(super) fn parse(element: &Element<'a>) -> Result<Self, CmsError> {
        if element.tag != tag::SEQUENCE {
            return Err(DerError::Tag {
                expected: tag::SEQUENCE,
                found: element.tag,
            }
            .into());
        }
        let mut fields = element.content();
        let version = fields.expect(tag::INTEGER)?.unsigned()?;
        let mut identifier = fields.sequence()?;
        let issuer = identifier.expect(tag::SEQUENCE)?.raw;
        let serial = identifier.expect(tag::INTEGER)?.value;
        identifier.finish()?;
        let digest = fields.expect(tag::SEQUENCE)?;
        let oid = digest.content().oid()?;
        let digest_algorithm = DigestAlgorithm::from_oid(&oid)
            .ok_or_else(|| CmsError::Algorithm { oid: oid.clone() })?;
        let mut signed_attributes = Attributes::default();
        let mut signed_attributes_encoded = None;
        if let Some(set) = fields.optional(tag::CONTEXT_0)? {
            signed_attributes = Attributes::parse(&set)?;
            // What is signed is the same set with its own tag instead of `[0]` (RFC 5652,
            // 5.4). The order stays as it is: some writers do not sort.
            let mut encoded = set.raw.to_vec();
            if let Some(first) = encoded.first_mut() {
                *first = tag::SET;
            }
            signed_attributes_encoded = Some(encoded);
        }
        let algorithm = fields.expect(tag::SEQUENCE)?;
        let scheme = SignatureScheme::parse(&algorithm, Some(digest_algorithm));
        let signature = fields.expect(tag::OCTET_STRING)?.value;
        let unsigned_attributes = match fields.optional(tag::CONTEXT_1)? {
            Some(set) => Attributes::parse(&set)?,
            None => Attributes::default(),
        };
        fields.finish()?;
        Ok(Self {
            version,
            issuer,
            serial,
            digest_oid: oid,
            algorithms: [digest, algorithm],
            digest_algorithm,
            scheme,
            signed_attributes_encoded,
            signed_attributes,
            signature,
            unsigned_attributes,
        })
    }

    /// The signer's certificate among those at hand.
    pub(super) fn find_certificate<'c>(
        &self,
        certificates: &'c [Certificate],
    ) -> Option<&'c Certificate> {
        certificates
            .iter()
            .find(|c| c.issuer().raw() == self.issuer && c.serial() == self.serial)
    }

    /// The issuer that the signer names.
    pub(super) fn issuer(&self) -> Option<Name> {
        Name::try_from(self.issuer).ok()
    }
}

impl<'a> Attributes<'a> {
    fn parse(set: &Element<'a>) -> Result<Self, CmsError> {
        let mut reader = set.content();
        let mut items: Vec<(String, Vec<Element<'a>>)> = Vec::new();
        while !reader.is_empty() {
            if items.len() >= MAX_ITEMS {
                return Err(CmsError::TooMany { what: "attributes" });
            }
            let mut attribute = reader.sequence()?;
            let oid = attribute.oid()?;
            let mut values = attribute.expect(tag::SET)?.content();
            attribute.finish()?;
            let mut elements = Vec::new();
            while !values.is_empty() {
                if elements.len() >= MAX_ITEMS {
                    return Err(CmsError::TooMany {
                        what: "values of an attribute",
                    });
                }
                elements.push(values.read()?);
            }
            items.push((oid, elements));
        }
        Ok(Self { items })
    }

    /// Type and encoded bytes of each attribute.
    pub(super) fn sizes(&self) -> impl Iterator<Item = (&str, usize)> {
        self.items.iter().map(|(kind, values)| {
            let bytes = values.iter().map(|value| value.raw.len()).sum();
            (kind.as_str(), bytes)
        })
    }

    /// All values of an attribute, over all its occurrences.
    pub(super) fn values(&self, oid: &str) -> impl Iterator<Item = &Element<'a>> {
        self.items
            .iter()
            .filter(move |(kind, _)| kind == oid)
            .flat_map(|(_, values)| values)
    }

    /// The value of an attribute that must stand there once and have one value.
    pub(super) fn single(&self, oid: &str) -> Option<&Element<'a>> {
        let mut found = self.items.iter().filter(|(kind, _)| kind == oid);
        match (found.next(), found.next()) {
            (Some((_, values)), None) => match values.as_slice() {
                [value] => Some(value),
                _ => None,
            },
            _ => None,
        }
    }
}
