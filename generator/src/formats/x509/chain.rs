//! Proving a path from a certificate to a trusted root.

use super::anchors::{Anchor, AnchorName};
use super::certificate::{Certificate, NAME_CONSTRAINTS};
use super::fault::ChainFault;
use super::key::KeyError;
use crate::formats::digest::DigestAlgorithm;

/// The longest path that is followed, leaf and anchor included. Real ones have three or four.
const MAX_PATH: usize = 8;
/// Signatures checked in one search: enough for every honest set of certificates, and the
/// bound of the work that namesakes without end can cause.
const MAX_SIGNATURE_CHECKS: usize = 64;

/// Shortest RSA key that certifies or signs as a TLS server (CA/Browser Forum Baseline
/// Requirements 6.1.5). Keys of code signers are judged by their time stamps instead.
const MIN_RSA_BITS: usize = 2048;

const ANY_EXTENDED_KEY_USAGE: &str = "2.5.29.37.0";
const KEY_USAGE_DIGITAL_SIGNATURE: u32 = 0;
const KEY_USAGE_NON_REPUDIATION: u32 = 1;
const KEY_USAGE_CERTIFICATE_SIGN: u32 = 5;

/// What a certificate is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Signing code: needs the extended key usage for it.
    CodeSigning,
    /// Stamping times: needs the extended key usage for it.
    TimeStamping,
    /// A TLS server's certificate whose key signs data. The extended key usage has to allow
    /// servers where there is one; key usage says nothing, for such leaves are made for key
    /// encipherment alone. Its authorities have to be allowed to certify the host. Whether the
    /// leaf names the host is for the caller to say.
    TlsServer {
        /// The server.
        host: &'static str,
    },
}

impl Purpose {
    /// In words, and the object identifier.
    fn extended_key_usage(self) -> (&'static str, &'static str) {
        match self {
            Self::CodeSigning => ("code signing", "1.3.6.1.5.5.7.3.3"),
            Self::TimeStamping => ("time stamping", "1.3.6.1.5.5.7.3.8"),
            Self::TlsServer { .. } => ("TLS servers", "1.3.6.1.5.5.7.3.1"),
        }
    }
}

/// A proven path.
#[derive(Debug, Clone)]
pub struct Path {
    /// From the leaf to the anchor, both included.
    pub certificates: Vec<Certificate>,
    /// The root that it ends at.
    pub anchor: AnchorName,
    /// Since when that root is retired, unix seconds.
    pub retired_from: Option<i64>,
}

/// Finds a path from `leaf` to one of `anchors` that is good for `purpose` at time `at`
/// (unix seconds; `None` asks nothing of validity periods).
///
/// Issuers are looked for among `candidates` and `anchors` by the bytes of their name and
/// proven by signature. A path ends where the anchor's *bytes* are met, so a namesake of a
/// root proves nothing. Nothing is asked of an anchor but its validity and, if it was retired,
/// that `at` is before: the oldest ones lack every extension.
pub fn prove(
    leaf: &Certificate,
    candidates: &[Certificate],
    anchors: &[Anchor],
    purpose: Purpose,
    at: Option<i64>,
) -> Result<Path, ChainFault> {
    let mut search = Search {
        candidates,
        anchors,
        purpose,
        at,
        checks_left: MAX_SIGNATURE_CHECKS,
        best_fault: None,
    };
    let mut path = vec![leaf];
    match search.extend(&mut path) {
        Some(proven) => Ok(proven),
        None => Err(search.best_fault.map_or_else(
            || ChainFault::UntrustedRoot {
                subject: leaf.subject().to_string(),
            },
            |(_, fault)| fault,
        )),
    }
}

/// How much a fault tells; the most telling one is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// The search ended for want of certificates, after so many.
    Incomplete(usize),
    /// A signature or algorithm broke the path.
    Broken(usize),
    /// A root was reached, but a rule forbids the path.
    Forbidden,
}

struct Search<'a> {
    candidates: &'a [Certificate],
    anchors: &'a [Anchor],
    purpose: Purpose,
    at: Option<i64>,
    checks_left: usize,
    best_fault: Option<(Rank, ChainFault)>,
}

impl<'a> Search<'a> {
    /// Depth-first; the depth is at most [`MAX_PATH`].
    fn extend(&mut self, path: &mut Vec<&'a Certificate>) -> Option<Path> {
        let last = *path.last()?;
        let anchors = self.anchors;
        if let Some(anchor) = anchors.iter().find(|a| a.certificate.der() == last.der()) {
            return self.judge(path, anchor);
        }
        for anchor in anchors {
            if anchor.certificate.subject() == last.issuer()
                && self.signed_by(path, &anchor.certificate)
            {
                path.push(&anchor.certificate);
                let proven = self.judge(path, anchor);
                path.pop();
                if proven.is_some() {
                    return proven;
                }
            }
        }
        let mut issuer_seen = false;
        for candidate in self.candidates {
            if candidate.subject() != last.issuer()
                || path.iter().any(|c| c.der() == candidate.der())
            {
                continue;
            }
            issuer_seen = true;
            if path.len() >= MAX_PATH {
                self.note(Rank::Broken(path.len()), self.too_long(last));
                return None;
            }
            if self.signed_by(path, candidate) {
                path.push(candidate);
                let proven = self.extend(path);
                path.pop();
                if proven.is_some() {
                    return proven;
                }
            }
        }
        if !issuer_seen {
            let subject = last.subject().to_string();
            let fault = if last.is_self_issued() {
                ChainFault::UntrustedRoot { subject }
            } else {
                ChainFault::IssuerMissing {
                    subject,
                    issuer: last.issuer().to_string(),
                }
            };
            self.note(Rank::Incomplete(path.len()), fault);
        }
        None
    }

    fn signed_by(&mut self, path: &[&Certificate], issuer: &Certificate) -> bool {
        let Some(last) = path.last() else {
            return false;
        };
        let Some(left) = self.checks_left.checked_sub(1) else {
            self.note(Rank::Broken(path.len()), self.too_long(last));
            return false;
        };
        self.checks_left = left;
        let subject = last.subject().to_string();
        match last.verify_signature_by(issuer) {
            Ok(()) => return true,
            Err(KeyError::Mismatch) => self.note(
                Rank::Broken(path.len()),
                ChainFault::IssuerSignature {
                    subject,
                    issuer: last.issuer().to_string(),
                },
            ),
            Err(KeyError::Unsupported(algorithm)) => self.note(
                Rank::Broken(path.len()),
                ChainFault::UnsupportedAlgorithm { subject, algorithm },
            ),
        }
        false
    }

    fn judge(&mut self, path: &[&Certificate], anchor: &Anchor) -> Option<Path> {
        let checked =
            check(path, self.purpose, self.at).and_then(|()| check_retired(anchor, self.at));
        match checked {
            Ok(()) => Some(Path {
                certificates: path.iter().map(|&c| c.clone()).collect(),
                anchor: anchor.name.clone(),
                retired_from: anchor.retired_from,
            }),
            Err(fault) => {
                self.note(Rank::Forbidden, fault);
                None
            }
        }
    }

    fn note(&mut self, rank: Rank, fault: ChainFault) {
        if self
            .best_fault
            .as_ref()
            .is_none_or(|(best, _)| rank > *best)
        {
            self.best_fault = Some((rank, fault));
        }
    }

    fn too_long(&self, last: &Certificate) -> ChainFault {
        ChainFault::TooLong {
            subject: last.subject().to_string(),
            limit: MAX_PATH,
        }
    }
}

/// The rules for a path whose signatures fit; the last certificate is the anchor.
fn check(path: &[&Certificate], purpose: Purpose, at: Option<i64>) -> Result<(), ChainFault> {
    for certificate in path {
        let outside = at.filter(|at| !certificate.is_valid_at(*at));
        if let Some(at) = outside {
            return Err(ChainFault::NotValidAt {
                subject: certificate.subject().to_string(),
                not_before: certificate.not_before(),
                not_after: certificate.not_after(),
                at,
            });
        }
    }
    let Some((leaf, issuers)) = path.split_first() else {
        return Ok(());
    };
    check_leaf(leaf, purpose)?;
    let without_anchor = issuers.split_last().map_or(&[][..], |(_, rest)| rest);
    for (authorities_below, issuer) in without_anchor.iter().enumerate() {
        check_issuer(issuer, purpose, authorities_below)?;
    }
    if matches!(purpose, Purpose::TlsServer { .. }) {
        for certificate in path.iter().take(path.len().saturating_sub(1)) {
            check_strength(certificate)?;
        }
    }
    Ok(())
}

fn check_retired(anchor: &Anchor, at: Option<i64>) -> Result<(), ChainFault> {
    match (anchor.retired_from, at) {
        (Some(since), Some(at)) if at >= since => Err(ChainFault::RootRetired {
            subject: anchor.certificate.subject().to_string(),
            since,
        }),
        _ => Ok(()),
    }
}

fn check_leaf(leaf: &Certificate, purpose: Purpose) -> Result<(), ChainFault> {
    check_critical(leaf)?;
    check_no_name_constraints(leaf)?;
    if let Purpose::TlsServer { .. } = purpose {
        return check_listed(leaf, purpose);
    }
    let subject = || leaf.subject().to_string();
    let (words, oid) = purpose.extended_key_usage();
    // A leaf must name the purpose; "any" is not enough for it.
    let named = leaf
        .extended_key_usage()
        .is_some_and(|usages| usages.iter().any(|usage| usage == oid));
    if !named {
        return Err(ChainFault::PurposeMissing {
            subject: subject(),
            purpose: words,
            oid,
        });
    }
    let may_sign = leaf.allows_key_usage(KEY_USAGE_DIGITAL_SIGNATURE)
        || (purpose == Purpose::TimeStamping && leaf.allows_key_usage(KEY_USAGE_NON_REPUDIATION));
    if may_sign {
        Ok(())
    } else {
        Err(ChainFault::KeyUsageForbidsSigning { subject: subject() })
    }
}

/// Where a certificate lists extended key usages, the purpose or "any" has to be among them.
fn check_listed(certificate: &Certificate, purpose: Purpose) -> Result<(), ChainFault> {
    let (words, oid) = purpose.extended_key_usage();
    let listed = certificate.extended_key_usage().is_none_or(|usages| {
        usages
            .iter()
            .any(|usage| usage == oid || usage == ANY_EXTENDED_KEY_USAGE)
    });
    if listed {
        return Ok(());
    }
    Err(ChainFault::PurposeMissing {
        subject: certificate.subject().to_string(),
        purpose: words,
        oid,
    })
}

/// No validity limits how long a weak certificate of a TLS server counts here, so none counts.
fn check_strength(certificate: &Certificate) -> Result<(), ChainFault> {
    let why = match (
        certificate.public_key().rsa_bits(),
        certificate.signature_digest(),
    ) {
        (Some(bits), _) if bits < MIN_RSA_BITS => format!("an RSA key of {bits} bits"),
        (_, Some(digest @ (DigestAlgorithm::Md5 | DigestAlgorithm::Sha1))) => {
            format!("signed with {digest}")
        }
        _ => return Ok(()),
    };
    Err(ChainFault::TooWeak {
        subject: certificate.subject().to_string(),
        why,
    })
}

fn check_issuer(
    issuer: &Certificate,
    purpose: Purpose,
    authorities_below: usize,
) -> Result<(), ChainFault> {
    check_critical(issuer)?;
    let subject = || issuer.subject().to_string();
    let constraints = issuer
        .basic_constraints()
        .filter(|constraints| constraints.authority);
    let Some(constraints) = constraints else {
        return Err(ChainFault::NotAnAuthority { subject: subject() });
    };
    if !issuer.allows_key_usage(KEY_USAGE_CERTIFICATE_SIGN) {
        return Err(ChainFault::NotAnAuthority { subject: subject() });
    }
    let below = u64::try_from(authorities_below).unwrap_or(u64::MAX);
    if constraints
        .max_authorities_below
        .is_some_and(|max| below > max)
    {
        return Err(ChainFault::PathTooLongFor { subject: subject() });
    }
    match purpose {
        // Constraints that cannot be read forbid.
        Purpose::TlsServer { host } if !issuer.may_certify(host).unwrap_or(false) => {
            return Err(ChainFault::NameForbidden {
                subject: subject(),
                host: host.to_owned(),
            });
        }
        Purpose::TlsServer { .. } => {}
        Purpose::CodeSigning | Purpose::TimeStamping => check_no_name_constraints(issuer)?,
    }
    check_listed(issuer, purpose)
}

/// Whose names are not those of hosts is judged by nothing here.
fn check_no_name_constraints(certificate: &Certificate) -> Result<(), ChainFault> {
    if certificate.has_critical_name_constraints() {
        return Err(ChainFault::UnknownCriticalExtension {
            subject: certificate.subject().to_string(),
            oid: NAME_CONSTRAINTS.to_owned(),
        });
    }
    Ok(())
}

fn check_critical(certificate: &Certificate) -> Result<(), ChainFault> {
    match certificate.unknown_critical_extension() {
        None => Ok(()),
        Some(oid) => Err(ChainFault::UnknownCriticalExtension {
            subject: certificate.subject().to_string(),
            oid: oid.to_owned(),
        }),
    }
}
