//! Certificate revocation lists (RFC 5280, 5), given as files: nothing here opens a connection.

use std::collections::BTreeMap;

use super::certificate::Certificate;
use super::extension::extensions;
use super::fault::ChainFault;
use super::key::SignatureScheme;
use super::name::Name;
use super::time::unix_seconds;
use crate::formats::der::{DerError, Element, Reader, tag};

/// More than any list of a code-signing authority.
const MAX_ENTRIES: usize = 1 << 18;
const KEY_USAGE_CRL_SIGN: u32 = 6;

const REASON_CODE: &str = "2.5.29.21";
const INVALIDITY_DATE: &str = "2.5.29.24";
const KEY_COMPROMISE: &[u8] = &[1];
const CA_COMPROMISE: &[u8] = &[2];

/// A revocation list. Reading it proves nothing: its signature is checked against the issuer
/// in the path at hand.
#[derive(Clone, PartialEq, Eq)]
pub struct RevocationList {
    issuer: Name,
    to_be_signed: Vec<u8>,
    scheme: SignatureScheme,
    signature: Vec<u8>,
    next_update: Option<i64>,
    /// By serial number: since when the certificate is not to be trusted, unix seconds.
    revoked: BTreeMap<Vec<u8>, i64>,
}

impl core::fmt::Debug for RevocationList {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(
            f,
            "RevocationList({}, {} entries)",
            self.issuer,
            self.revoked.len()
        )
    }
}

/// What lists said about a path that none of them forbids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Is there a list of every issuer in the path?
    pub complete: bool,
    /// Issuers whose list should have been replaced by now, and since when, unix seconds.
    pub outdated: Vec<(String, i64)>,
}

impl RevocationList {
    /// Reads a DER list.
    ///
    /// Refuses lists with critical extensions: those are deltas, or speak for a part of the
    /// certificates or for other issuers.
    pub fn parse(der: &[u8]) -> Result<Self, DerError> {
        const ALGORITHM: DerError = DerError::Value("the signature algorithm");
        let whole = Element::only(der)?;
        let mut outer = whole.content();
        let to_be_signed = outer.expect(tag::SEQUENCE)?;
        let algorithm = outer.expect(tag::SEQUENCE)?;
        let signature = outer.expect(tag::BIT_STRING)?.bit_string()?.to_vec();
        outer.finish()?;

        let mut fields = to_be_signed.content();
        fields.optional(tag::INTEGER)?; // version
        if fields.expect(tag::SEQUENCE)?.raw != algorithm.raw {
            return Err(ALGORITHM);
        }
        let issuer = Name::parse(&fields.expect(tag::SEQUENCE)?)?;
        unix_seconds(&fields.read()?)?; // this update
        let next_update = match fields.peek() {
            Some(tag::UTC_TIME | tag::GENERALIZED_TIME) => Some(unix_seconds(&fields.read()?)?),
            _ => None,
        };
        let mut revoked = BTreeMap::new();
        if let Some(list) = fields.optional(tag::SEQUENCE)? {
            let mut entries = list.content();
            while !entries.is_empty() {
                if revoked.len() >= MAX_ENTRIES {
                    return Err(DerError::Value("the length of the list"));
                }
                let (serial, since) = entry(entries.sequence()?)?;
                revoked.insert(serial, since);
            }
        }
        if let Some(extensions) = fields.optional(tag::CONTEXT_0)? {
            read_extensions(extensions.content().sequence()?, |_, _| Ok(false))?;
        }
        fields.finish()?;
        Ok(Self {
            issuer,
            to_be_signed: to_be_signed.raw.to_vec(),
            scheme: SignatureScheme::parse(&algorithm, None).map_err(|_| ALGORITHM)?,
            signature,
            next_update,
            revoked,
        })
    }
}

/// One entry: serial number, and since when the certificate is not to be trusted. That is the
/// date of revocation, or the earlier one since which its key is thought to be known.
fn entry(mut fields: Reader<'_>) -> Result<(Vec<u8>, i64), DerError> {
    let serial = fields.expect(tag::INTEGER)?.value.to_vec();
    let mut since = unix_seconds(&fields.read()?)?;
    let mut is_compromised = false;
    let mut invalid_since = None;
    if let Some(extensions) = fields.optional(tag::SEQUENCE)? {
        read_extensions(extensions.content(), |oid, value| {
            let value = Element::only(value)?;
            match oid {
                REASON_CODE => {
                    is_compromised = [KEY_COMPROMISE, CA_COMPROMISE].contains(&value.value);
                }
                INVALIDITY_DATE => invalid_since = Some(unix_seconds(&value)?),
                _ => return Ok(false),
            }
            Ok(true)
        })?;
    }
    fields.finish()?;
    if let Some(earlier) = invalid_since.filter(|_| is_compromised) {
        since = since.min(earlier);
    }
    Ok((serial, since))
}

/// Reads extensions; `take` says whether it understands one. Those that it does not must not
/// be critical.
fn read_extensions(
    mut list: Reader<'_>,
    mut take: impl FnMut(&str, &[u8]) -> Result<bool, DerError>,
) -> Result<(), DerError> {
    for extension in extensions(&mut list)? {
        if !take(&extension.oid, extension.value)? && extension.critical {
            return Err(DerError::Value("a critical extension"));
        }
    }
    Ok(())
}

/// Asks the lists about each certificate of a proven path (signer first), as of time `at` (of the signature
/// or now): one that was revoked only later stays good.
///
/// A list counts when it names the issuer and the issuer's key signed it.
pub fn check_revocation(
    path: &[Certificate],
    lists: &[RevocationList],
    at: i64,
    now: i64,
) -> Result<Coverage, ChainFault> {
    let mut coverage = Coverage {
        complete: true,
        outdated: Vec::new(),
    };
    for pair in path.windows(2) {
        let [certificate, issuer] = pair else {
            continue;
        };
        let mut asked = false;
        for list in lists {
            let speaks = list.issuer == *certificate.issuer()
                && issuer.allows_key_usage(KEY_USAGE_CRL_SIGN)
                && issuer
                    .public_key()
                    .verify(list.scheme, &list.to_be_signed, &list.signature)
                    .is_ok();
            if !speaks {
                continue;
            }
            asked = true;
            if let Some(&since) = list.revoked.get(certificate.serial())
                && since <= at
            {
                return Err(ChainFault::Revoked {
                    subject: certificate.subject().to_string(),
                    since,
                });
            }
            if let Some(end) = list.next_update.filter(|end| *end < now) {
                let outdated = (issuer.subject().to_string(), end);
                coverage.outdated.push(outdated);
            }
        }
        coverage.complete &= asked;
    }
    Ok(coverage)
}
