//! Time stamps: RFC 3161 tokens and legacy PKCS #9 countersignatures.
//!
//! Both stand among the unsigned attributes of a signature and are over its signature value.

use super::cms::{CmsError, SignedData, SignerInfo};
use super::reason::InvalidReason;
use super::signer::{self, SignerFault};
use super::verdict::{SigningTime, StampKind};
use crate::formats::der::{DerError, Element, Reader, tag};
use crate::formats::digest::DigestAlgorithm;
use crate::formats::x509::{
    Certificate, Purpose, TrustAnchors, check_revocation, prove, time::unix_seconds,
};

pub(super) const RFC3161_TOKEN: &str = "1.3.6.1.4.1.311.3.3.1";
pub(super) const COUNTERSIGNATURE: &str = "1.2.840.113549.1.9.6";
const TST_INFO: &str = "1.2.840.113549.1.9.16.1.4";
const SIGNING_TIME: &str = "1.2.840.113549.1.9.5";
const DATA: &str = "1.2.840.113549.1.7.1";
/// ESSCertID attributes: SHA-1 (RFC 2634) and any hash (RFC 5816).
const SIGNING_CERTIFICATE: &str = "1.2.840.113549.1.9.16.2.12";
const SIGNING_CERTIFICATE_V2: &str = "1.2.840.113549.1.9.16.2.47";

/// How far a stamper's clock may run ahead of ours.
const CLOCK_SKEW_SECONDS: i64 = 300;

/// Checks every time stamp of `signer` and gives the earliest time, if there is a stamp.
///
/// A stamp that does not hold is an error, not a missing stamp: whoever removes or spoils
/// one must not be able to choose how the rest is judged.
pub(super) fn signing_time(
    signer: &SignerInfo<'_>,
    certificates: &[Certificate],
    anchors: &TrustAnchors,
    now: i64,
) -> Result<Option<SigningTime>, InvalidReason> {
    let mut earliest: Option<SigningTime> = None;
    let tokens = signer.unsigned_attributes.values(RFC3161_TOKEN);
    let stamps = tokens.map(|value| (value, StampKind::Rfc3161)).chain(
        signer
            .unsigned_attributes
            .values(COUNTERSIGNATURE)
            .map(|value| (value, StampKind::Legacy)),
    );
    for (value, kind) in stamps {
        let time = match kind {
            StampKind::Rfc3161 => token(value, signer, certificates, anchors)?,
            StampKind::Legacy => countersignature(value, signer, certificates, anchors)?,
        };
        if time.unix_seconds > now.saturating_add(CLOCK_SKEW_SECONDS) {
            return Err(InvalidReason::StampInFuture {
                stamped: time.unix_seconds,
                now,
            });
        }
        if earliest
            .as_ref()
            .is_none_or(|other| time.unix_seconds < other.unix_seconds)
        {
            earliest = Some(time);
        }
    }
    Ok(earliest)
}

/// Does it carry a stamp, of whatever worth?
pub(super) fn is_there(signer: &SignerInfo<'_>) -> bool {
    let attributes = &signer.unsigned_attributes;
    [RFC3161_TOKEN, COUNTERSIGNATURE]
        .into_iter()
        .any(|kind| attributes.values(kind).next().is_some())
}

fn token(
    value: &Element<'_>,
    stamped: &SignerInfo<'_>,
    outer_certificates: &[Certificate],
    anchors: &TrustAnchors,
) -> Result<SigningTime, InvalidReason> {
    let data = SignedData::parse(value.raw).map_err(malformed)?;
    if data.content_type != TST_INFO || data.content.tag != tag::OCTET_STRING {
        return Err(InvalidReason::StampMalformed {
            what: format!("its content has type {}", data.content_type),
        });
    }
    let info = TstInfo::parse(data.content.value).map_err(malformed)?;
    let imprint =
        info.algorithm
            .digest(stamped.signature)
            .ok_or(InvalidReason::BrokenDigestAlgorithm {
                algorithm: info.algorithm,
            })?;
    if imprint != info.imprint {
        return Err(InvalidReason::StampMismatch);
    }
    // The stamper's certificates may stand in the token or beside the signer's.
    let mut certificates = data.certificates;
    certificates.extend(outer_certificates.iter().cloned());
    let stamper = signer::verify(&data.signer, TST_INFO, data.content.value, &certificates)
        .map_err(stamp_fault)?;
    check_certificate_id(&data.signer, stamper)?;
    trusted(
        info.time,
        StampKind::Rfc3161,
        stamper,
        &certificates,
        anchors,
    )
}

fn countersignature(
    value: &Element<'_>,
    stamped: &SignerInfo<'_>,
    certificates: &[Certificate],
    anchors: &TrustAnchors,
) -> Result<SigningTime, InvalidReason> {
    let counter = SignerInfo::parse(value).map_err(malformed)?;
    let stamper =
        signer::verify(&counter, DATA, stamped.signature, certificates).map_err(stamp_fault)?;
    let time = counter
        .signed_attributes
        .single(SIGNING_TIME)
        .and_then(|element| unix_seconds(element).ok())
        .ok_or_else(|| InvalidReason::StampMalformed {
            what: "it names no time".to_owned(),
        })?;
    trusted(time, StampKind::Legacy, stamper, certificates, anchors)
}

fn trusted(
    time: i64,
    kind: StampKind,
    stamper: &Certificate,
    certificates: &[Certificate],
    anchors: &TrustAnchors,
) -> Result<SigningTime, InvalidReason> {
    // Judged at its own time: stampers and their roots end, their stamps stay.
    let path = prove(
        stamper,
        certificates,
        anchors.time(),
        Purpose::TimeStamping,
        Some(time),
    )
    .and_then(|path| {
        check_revocation(&path.certificates, anchors.revocation_lists(), time, time)?;
        Ok(path)
    })
    .map_err(|fault| InvalidReason::StamperNotTrusted { fault })?;
    Ok(SigningTime {
        unix_seconds: time,
        kind,
        authority: stamper.subject().to_string(),
        anchor: path.anchor,
    })
}

fn malformed(error: impl Into<CmsError>) -> InvalidReason {
    InvalidReason::StampMalformed {
        what: error.into().to_string(),
    }
}

fn stamp_fault(fault: SignerFault) -> InvalidReason {
    let what = match fault {
        SignerFault::Mismatch { subject } => {
            return InvalidReason::StampSignatureMismatch { subject };
        }
        // In a countersignature the content is the signature that it stamps.
        SignerFault::MessageDigest => return InvalidReason::StampMismatch,
        SignerFault::Algorithm(oid) => return InvalidReason::UnsupportedAlgorithm { oid },
        SignerFault::Attribute(attribute) => {
            format!("its signed attribute `{attribute}` is missing, doubled or malformed")
        }
        SignerFault::CertificateMissing => "the stamper's certificate is missing".to_owned(),
    };
    InvalidReason::StampMalformed { what }
}

/// The fields of a TSTInfo (RFC 3161, 2.4.2) that matter.
struct TstInfo<'a> {
    algorithm: DigestAlgorithm,
    imprint: &'a [u8],
    time: i64,
}

impl<'a> TstInfo<'a> {
    fn parse(bytes: &'a [u8]) -> Result<Self, DerError> {
        let mut outer = Reader::new(bytes);
        let mut fields = outer.sequence()?;
        outer.finish()?;
        fields.expect(tag::INTEGER)?; // version
        fields.oid()?; // policy
        let mut imprint = fields.sequence()?;
        let oid = imprint.sequence()?.oid()?;
        let algorithm = DigestAlgorithm::from_oid(&oid)
            .ok_or(DerError::Value("the hash of the message imprint"))?;
        let hashed = imprint.expect(tag::OCTET_STRING)?.value;
        imprint.finish()?;
        fields.expect(tag::INTEGER)?; // serial number
        let time = unix_seconds(&fields.expect(tag::GENERALIZED_TIME)?)?;
        Ok(Self {
            algorithm,
            imprint: hashed,
            time,
        })
    }
}

/// The signed attribute that binds a token to one certificate (RFC 3161, 2.4.1): where it is
/// present it must name the stamper's, or a second certificate for the same key could stand in.
fn check_certificate_id(
    signer: &SignerInfo<'_>,
    stamper: &Certificate,
) -> Result<(), InvalidReason> {
    for (oid, default) in [
        (SIGNING_CERTIFICATE, DigestAlgorithm::Sha1),
        (SIGNING_CERTIFICATE_V2, DigestAlgorithm::Sha256),
    ] {
        let Some(value) = signer.signed_attributes.values(oid).next() else {
            continue;
        };
        let (algorithm, expected) = first_certificate_id(value, default).map_err(malformed)?;
        if algorithm.digest(stamper.der()).as_deref() != Some(expected) {
            return Err(InvalidReason::StampMalformed {
                what: "it is bound to another certificate".to_owned(),
            });
        }
    }
    Ok(())
}

fn first_certificate_id<'a>(
    value: &Element<'a>,
    default: DigestAlgorithm,
) -> Result<(DigestAlgorithm, &'a [u8]), DerError> {
    let mut identifier = value.content().sequence()?.sequence()?;
    let mut algorithm = default;
    if let Some(named) = identifier.optional(tag::SEQUENCE)? {
        algorithm = DigestAlgorithm::from_oid(&named.content().oid()?)
            .ok_or(DerError::Value("the hash of a certificate identifier"))?;
    }
    Ok((algorithm, identifier.expect(tag::OCTET_STRING)?.value))
}
