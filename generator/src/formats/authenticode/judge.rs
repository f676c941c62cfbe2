//! From the signatures of one file to its verdict.

use super::carrier::{Carrier, Failure, Found, Meaning, Reading};
use super::cms::{SignedData, SignerInfo};
use super::indirect_data::{self, INDIRECT_DATA, SignedDigest};
use super::kind::Place;
use super::reason::InvalidReason;
use super::signer;
use super::stamp;
use super::verdict::{
    ChainLink, Claimed, OtherSignature, Signature, Signer, SigningTime, Valid, Verdict, Warning,
};
use crate::formats::der::Element;
use crate::formats::digest::{DigestAlgorithm, hex};
use crate::formats::x509::{
    AnchorName, Certificate, Coverage, Path, Purpose, TrustAnchors, check_revocation, prove,
};

/// Signatures added to the first one by `signtool /as` or `osslsigncode -nest`.
pub(super) const NESTED_SIGNATURE: &str = "1.3.6.1.4.1.311.2.4.1";
/// Real files have one; each costs a public key operation or more.
const MAX_NESTED: usize = 8;
/// Extended key usage of certificates whose signatures end with them, stamped or not.
const LIFETIME_SIGNING: &str = "1.3.6.1.4.1.311.10.3.13";

/// Judges a file whose signatures have been found.
pub(super) fn judge(
    carrier: &mut dyn Carrier,
    anchors: &TrustAnchors,
    now: i64,
) -> Result<Verdict, Failure> {
    let outer: Vec<_> = carrier.signatures().to_vec();
    if outer.is_empty() {
        return Ok(Verdict::Unsigned);
    }
    let kind = carrier.kind();
    let mut candidates = Vec::new();
    for (place, data) in with_nested(&outer) {
        let candidate = data.and_then(|data| {
            let signed = if data.content_type == INDIRECT_DATA {
                indirect_data::parse(&data.content, kind)
            } else {
                Err(InvalidReason::WrongContentType {
                    found: data.content_type.clone(),
                })
            };
            signed.map(|signed| (data, signed))
        });
        candidates.push((place, candidate));
    }
    // The file is read once, for all algorithms.
    let mut algorithms: Vec<DigestAlgorithm> = candidates
        .iter()
        .filter_map(|(_, candidate)| candidate.as_ref().ok())
        .map(|(_, signed)| signed.algorithm)
        .collect();
    algorithms.sort_unstable();
    algorithms.dedup();
    let readings = if algorithms.is_empty() {
        Vec::new()
    } else {
        carrier.readings(&algorithms)?
    };

    let outcomes = candidates
        .into_iter()
        .map(|(place, candidate)| {
            let outcome = match candidate {
                Ok((data, signed)) => {
                    judge_one(&data, &signed, &readings, anchors, now).map_err(|reason| {
                        let claimed = claimed(&data);
                        (reason, claimed)
                    })
                }
                Err(reason) => Err((reason, None)),
            };
            (place, outcome)
        })
        .collect();
    let verdict = combine(outcomes);
    Ok(match verdict {
        Verdict::Valid(mut valid) => {
            valid.warnings.extend(carrier.warnings()?);
            Verdict::Valid(valid)
        }
        other => other,
    })
}

/// Each signature of the file, and right behind it those that it holds.
fn with_nested(outer: &[Found]) -> Vec<(Place, Result<SignedData<'_>, InvalidReason>)> {
    let mut parsed = Vec::new();
    for found in outer {
        let entry = found.entry;
        let data = SignedData::parse(&found.der).map_err(InvalidReason::from);
        let nested = data
            .as_ref()
            .map_or_else(|_| Ok(Vec::new()), |data| nested_signatures(&data.signer));
        parsed.push((Place::Outer { entry }, data));
        match nested {
            Ok(values) => {
                for (index, value) in values.into_iter().enumerate() {
                    let place = Place::Nested { entry, index };
                    parsed.push((place, parse_nested(&value)));
                }
            }
            Err(reason) => parsed.push((Place::Nested { entry, index: 0 }, Err(reason))),
        }
    }
    parsed
}

fn nested_signatures<'a>(signer: &SignerInfo<'a>) -> Result<Vec<Element<'a>>, InvalidReason> {
    let values: Vec<_> = signer
        .unsigned_attributes
        .values(NESTED_SIGNATURE)
        .copied()
        .collect();
    if values.len() > MAX_NESTED {
        return Err(InvalidReason::TooMany {
            what: "nested signatures",
            limit: MAX_NESTED,
        });
    }
    Ok(values)
}

fn parse_nested<'a>(value: &Element<'a>) -> Result<SignedData<'a>, InvalidReason> {
    let data = SignedData::parse(value.raw)?;
    if data
        .signer
        .unsigned_attributes
        .values(NESTED_SIGNATURE)
        .next()
        .is_some()
    {
        return Err(InvalidReason::TooMany {
            what: "levels of nested signatures",
            limit: 1,
        });
    }
    Ok(data)
}

/// What one signature that holds has to tell.
struct Held {
    signature: Signature,
    warnings: Vec<Warning>,
}

/// Some certificates take what they signed along when they end.
fn still_signs(certificate: &Certificate, now: i64) -> Result<(), InvalidReason> {
    let usages = certificate.extended_key_usage().unwrap_or_default();
    if usages.iter().any(|usage| usage == LIFETIME_SIGNING) && now > certificate.not_after() {
        return Err(InvalidReason::LifetimeSigningEnded {
            subject: certificate.subject().to_string(),
            not_after: certificate.not_after(),
        });
    }
    Ok(())
}

fn link(certificate: &Certificate) -> ChainLink {
    ChainLink {
        subject: certificate.subject().to_string(),
        sha256: certificate.sha256(),
    }
}

fn judge_one(
    data: &SignedData<'_>,
    signed: &SignedDigest,
    readings: &[Reading],
    anchors: &TrustAnchors,
    now: i64,
) -> Result<Held, InvalidReason> {
    let weakest = signed.algorithm.min(data.signer.digest_algorithm);
    if weakest == DigestAlgorithm::Md5 {
        return Err(InvalidReason::BrokenDigestAlgorithm { algorithm: weakest });
    }
    let mut warnings: Vec<Warning> = fitting_reading(signed, readings)?.into_iter().collect();
    let content = data.content.value;
    let certificate = signer::verify(&data.signer, INDIRECT_DATA, content, &data.certificates)?;
    let trusted_at = |at| {
        prove(
            certificate,
            &data.certificates,
            anchors.code(),
            Purpose::CodeSigning,
            at,
        )
        .map_err(|fault| InvalidReason::SignerNotTrusted { fault })
    };
    let signed_at =
        stamp::signing_time(&data.signer, &data.certificates, anchors, now).map_err(|reason| {
            match reason {
                // Of a stranger's signature with a stranger's stamp, the signer tells more.
                InvalidReason::StamperNotTrusted { .. } => trusted_at(None).err().unwrap_or(reason),
                other => other,
            }
        })?;
    let at = signed_at.as_ref().map_or(now, |time| time.unix_seconds);
    let path = trusted_at(Some(at))?;
    let coverage = check_revocation(&path.certificates, anchors.revocation_lists(), at, now)
        .map_err(|fault| InvalidReason::SignerNotTrusted { fault })?;

    still_signs(certificate, now)?;
    if weakest == DigestAlgorithm::Sha1 {
        if signed_at.is_none() {
            return Err(InvalidReason::Sha1NotStamped);
        }
        warnings.push(Warning::Sha1Digest);
    }
    if signed_at.is_none() {
        warnings.push(Warning::NotStamped {
            not_after: certificate.not_after(),
        });
    }
    warnings.extend(chain_warnings(&path, signed_at.as_ref(), coverage, now));
    Ok(Held {
        signature: Signature {
            signer: describe(certificate),
            chain: path.certificates.iter().map(link).collect(),
            anchor: path.anchor,
            digest_algorithm: signed.algorithm,
            content_digest: hex(&signed.digest),
            signed_at,
        },
        warnings,
    })
}

/// Finds the reading of the file whose digest was signed; gives the warning that it carries.
fn fitting_reading(
    signed: &SignedDigest,
    readings: &[Reading],
) -> Result<Option<Warning>, InvalidReason> {
    let mut same_hash = readings
        .iter()
        .filter(|reading| reading.algorithm == signed.algorithm)
        .peekable();
    let plain = same_hash.peek().map(|reading| hex(&reading.digest));
    match same_hash.find(|reading| reading.digest == signed.digest) {
        Some(reading) => match &reading.meaning {
            Meaning::AsSigned => Ok(None),
            Meaning::AsSignedIf(warning) => Ok(Some(warning.clone())),
            Meaning::Not(reason) => Err(reason.clone()),
        },
        None => Err(InvalidReason::DigestMismatch {
            algorithm: signed.algorithm,
            signed: hex(&signed.digest),
            computed: plain.unwrap_or_default(),
        }),
    }
}

fn chain_warnings(
    path: &Path,
    signed_at: Option<&SigningTime>,
    coverage: Coverage,
    now: i64,
) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if let (Some(since), Some(root)) = (path.retired_from, path.certificates.last()) {
        let subject = root.subject().to_string();
        warnings.push(Warning::RetiredRoot { subject, since });
    }
    let anchors = [Some(&path.anchor), signed_at.map(|time| &time.anchor)];
    for anchor in anchors.into_iter().flatten() {
        if let AnchorName::Lab { name, .. } = anchor {
            let subject = name.clone();
            warnings.push(Warning::LabRoot { subject });
        }
    }
    warnings.dedup();
    if !coverage.complete {
        warnings.push(Warning::RevocationNotChecked);
    }
    let outdated = coverage.outdated.into_iter();
    warnings.extend(outdated.map(|(issuer, due)| Warning::RevocationListOutdated { issuer, due }));
    let ended = path.certificates.iter().filter(|c| c.not_after() < now);
    warnings.extend(ended.map(|certificate| Warning::EndedSince {
        subject: certificate.subject().to_string(),
        not_after: certificate.not_after(),
    }));
    warnings
}

fn describe(certificate: &Certificate) -> Signer {
    let subject = certificate.subject();
    Signer {
        common_name: subject.common_name().map(str::to_owned),
        organization: subject.organization().map(str::to_owned),
        subject: subject.to_string(),
        serial: certificate.serial_hex(),
        not_after: certificate.not_after(),
        extended_key_usages: certificate
            .extended_key_usage()
            .unwrap_or_default()
            .to_vec(),
    }
}

fn claimed(data: &SignedData<'_>) -> Option<Box<Claimed>> {
    let issuer = data.signer.issuer()?.to_string();
    let certificate = data.signer.find_certificate(&data.certificates)?;
    Some(Box::new(Claimed {
        subject: certificate.subject().to_string(),
        issuer,
        is_stamped: stamp::is_there(&data.signer),
    }))
}

type Outcome = Result<Held, (InvalidReason, Option<Box<Claimed>>)>;

/// One verdict from all signatures of a file.
///
/// A broken signature breaks the file, wherever it stands. The first must be trusted, for
/// Windows asks no other; a further one that merely is not trusted becomes a warning. Of those
/// that hold, the one with the strongest digest speaks for the file.
fn combine(outcomes: Vec<(Place, Outcome)>) -> Verdict {
    let mut held: Vec<(Place, Held)> = Vec::new();
    let mut not_trusted = Vec::new();
    for (place, outcome) in outcomes {
        match outcome {
            Ok(proof) => held.push((place, proof)),
            Err((reason, _)) if place != Place::FIRST && reason.is_about_trust() => {
                not_trusted.push((place, reason));
            }
            Err((reason, claimed)) => {
                let reason = if place == Place::FIRST {
                    reason
                } else {
                    InvalidReason::OtherBroken {
                        place,
                        reason: Box::new(reason),
                    }
                };
                return Verdict::Invalid { reason, claimed };
            }
        }
    }
    let strongest = held
        .iter()
        .enumerate()
        .max_by_key(|(index, (_, proof))| {
            (proof.signature.digest_algorithm, core::cmp::Reverse(*index))
        })
        .map(|(index, _)| index);
    let Some(strongest) = strongest else {
        return Verdict::Unsigned;
    };
    let (place, proof) = held.swap_remove(strongest);
    held.sort_by_key(|(place, _)| *place);
    let mut warnings = proof.warnings;
    for (place, reason) in not_trusted {
        warnings.push(Warning::OtherNotTrusted { place, reason });
    }
    Verdict::Valid(Box::new(Valid {
        signature: proof.signature,
        place,
        others: held
            .into_iter()
            .map(|(place, proof)| OtherSignature {
                place,
                signature: proof.signature,
                warnings: proof.warnings,
            })
            .collect(),
        warnings,
    }))
}
