//! The onboarding and offboarding blob: a small JSON document, signed by the service, that
//! tells the sensor whom to report to.
//!
//! It travels on one line of the portal's `.cmd` scripts or alone in `.onboarding`/`.offboarding`
//! files ([`locate`]); what a server gets of it is written anew ([`canonical`]). Whoever holds an onboarding blob can enrol devices and
//! whoever holds an offboarding blob can remove them, so its text appears in no `Debug`,
//! `Display` or error of this module.

mod anchors;
mod body;
mod canonical;
mod judge;
mod locate;
mod signature;
#[cfg(test)]
mod tests;
mod text;

use core::fmt;

pub use anchors::BlobAnchors;
pub use body::BlobError;
use body::{Body, Envelope};
pub use canonical::{Irregular, canonical};
use judge::{ISSUER_ORGANIZATION, judge};
pub use locate::{BrokenBlob, Located, locate};
pub use text::BlobText;

use gangway_contract::OrgId;
use gangway_contract::manifest::{Cloud, Connectivity};
use schemars::JsonSchema;
use serde::Serialize;

use super::x509::{AnchorName, Certificate, ChainFault};
use crate::printable::on_one_line;

/// Who is told to report where, from a blob's signed body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OnboardingBlob {
    /// The organisation that devices will belong to.
    pub org_id: OrgId,
    /// Organisations a device may move from without being offboarded; usually empty.
    pub previous_org_ids: Vec<OrgId>,
    /// Worldwide or US Government.
    pub cloud: Cloud,
    /// Standard or streamlined set of service URLs.
    pub connectivity: Connectivity,
    /// Where the service keeps the data, for example `WestEurope`.
    pub datacenter: Option<String>,
    /// Service URLs of the body that the sensor must reach, in the order of the body's
    /// `geoLocationUrl`, `vortexServerUrl`, `vortexTicketUrl`.
    pub endpoints: Vec<String>,
    /// The service's own version of the document, a text such as `2.11`.
    pub version: Option<String>,
    /// Identifies the download; blobs since about 2025 carry it.
    pub package_guid: Option<String>,
    /// What kind of device it is for; of all specimens only those for Linux say so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_type: Option<String>,
    /// Certificate that signed the blob; its validity is reported, not required (it lasts one
    /// year while blobs work for many).
    pub leaf: Option<CertificateFacts>,
    /// Result of the offline signature check.
    pub signature: BlobSignature,
}

/// Who is told to stop reporting, and until when the order is good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OffboardingBlob {
    /// The organisation that issued it.
    pub org_id: OrgId,
    /// Organisations whose devices it removes.
    pub org_ids: Vec<OrgId>,
    /// End of validity in seconds since 1970 UTC, from the signed body, never from the file
    /// name.
    pub expires_at: i64,
    /// The service's own version of the document.
    pub version: Option<String>,
    /// Certificate that signed the blob.
    pub leaf: Option<CertificateFacts>,
    /// Result of the offline signature check.
    pub signature: BlobSignature,
}

/// A certificate that a blob carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct CertificateFacts {
    /// Subject, for example `CN=Seville.Windows.com`.
    pub subject: String,
    /// Subject of the certificate that signed it.
    pub issuer: String,
    /// Start of validity in seconds since 1970 UTC.
    pub not_before: i64,
    /// End of validity in seconds since 1970 UTC.
    pub not_after: i64,
    /// SHA-256 of the certificate, lower-case hex.
    pub sha256: String,
}

impl CertificateFacts {
    fn of(certificate: &Certificate) -> Self {
        Self {
            subject: certificate.subject().to_string(),
            issuer: certificate.issuer().to_string(),
            not_before: certificate.not_before(),
            not_after: certificate.not_after(),
            sha256: certificate.sha256(),
        }
    }
}

/// Result of the offline signature check over the blob's body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum BlobSignature {
    /// Every signature present verifies and the chain ends at a trusted root.
    Valid {
        /// Subjects from the leaf to the root.
        chain: Vec<String>,
        /// The root that it ends at.
        anchor: AnchorName,
    },
    /// Something does not fit.
    Invalid {
        /// What.
        why: BlobFault,
    },
}

/// Why a blob's signature is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum BlobFault {
    /// The signature was made by the certificate's key, but over another body.
    BodyChanged,
    /// The signature was not made by the certificate's key.
    ForeignSignature,
    /// No signature that rests on SHA-256 is present.
    NoSignature,
    /// One signature fits the body and another does not.
    SignaturesDisagree {
        /// Field of the one that fits.
        good: &'static str,
        /// Field of the one that does not.
        bad: &'static str,
    },
    /// A certificate cannot be read.
    Certificate {
        /// Which and why.
        why: String,
    },
    /// The leaf is not the service's.
    LeafName {
        /// The hosts that it names.
        found: Vec<String>,
        /// The hosts that sign for the cloud of the body.
        expected: Vec<String>,
    },
    /// The certificates do not form a chain from the leaf, or one that may not be.
    BrokenChain {
        /// Where it breaks.
        fault: ChainFault,
    },
    /// The authority that issued the leaf is not Microsoft's.
    NotMicrosoft {
        /// Its name.
        issuer: String,
    },
    /// The chain is sound and ends at a root that is not known.
    UnknownIssuer {
        /// Where it ends.
        fault: ChainFault,
        /// The certificates of the blob, the leaf first.
        certificates: Vec<CertificateFacts>,
    },
}

impl fmt::Display for BlobFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BodyChanged => f.write_str("the body is not the one that was signed"),
            Self::ForeignSignature => {
                f.write_str("the signature was not made by the certificate in the blob")
            }
            Self::NoSignature => f.write_str("there is no SHA-256 signature over the body"),
            Self::SignaturesDisagree { good, bad } => write!(
                f,
                "`{good}` fits the body and `{bad}` does not: it comes from another package"
            ),
            Self::Certificate { why } => write!(f, "a certificate cannot be read: {why}"),
            Self::LeafName { found, .. } if found.is_empty() => {
                f.write_str("the signing certificate names no host")
            }
            Self::LeafName { found, expected } => {
                let list = |names: &[String]| -> String {
                    let quoted = names.iter().map(|name| format!("`{}`", on_one_line(name)));
                    quoted.collect::<Vec<_>>().join(", ")
                };
                let (found, expected) = (list(found), list(expected));
                write!(
                    f,
                    "the signing certificate belongs to {found}; packages of this cloud are \
                     signed by {expected}"
                )
            }
            Self::BrokenChain { fault } => write!(f, "the chain is broken: {fault}"),
            Self::NotMicrosoft { issuer } => write!(
                f,
                "the signing certificate was issued by `{issuer}`, whose organisation is not \
                 {ISSUER_ORGANIZATION}"
            ),
            Self::UnknownIssuer { fault, .. } => write!(f, "the issuer is not known: {fault}"),
        }
    }
}

/// A blob, read and judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Blob {
    /// Tells devices to report.
    Onboarding(OnboardingBlob),
    /// Tells devices to stop.
    Offboarding(OffboardingBlob),
}

/// Largest blob text that is read. A line of cmd.exe holds 8191 characters.
pub const MAX_TEXT: usize = 64 << 10;

impl Blob {
    /// Reads the two documents and checks signatures and chain against `anchors`.
    ///
    /// A blob whose signature does not hold is still read, so that a message can say what it
    /// claims to be; look at `signature` before believing any of it.
    ///
    /// # Errors
    /// The documents are damaged; the error holds none of their text.
    pub fn read(text: &BlobText, anchors: &BlobAnchors) -> Result<Self, BlobError> {
        if text.expose().len() > MAX_TEXT {
            return Err(BlobError::TooLong {
                length: text.expose().len(),
                limit: MAX_TEXT,
            });
        }
        let envelope = Envelope::parse(text)?;
        let body = Body::parse(&envelope.body)?;
        let (leaf, signature) = judge(&envelope, &body, anchors);
        Ok(match body {
            Body::Onboarding(body) => Self::Onboarding(OnboardingBlob {
                org_id: body.org_id,
                previous_org_ids: body.previous_org_ids,
                cloud: body.cloud,
                connectivity: body.connectivity,
                datacenter: body.datacenter,
                endpoints: body.endpoints,
                version: body.version,
                package_guid: body.package_guid,
                device_type: body.device_type,
                leaf,
                signature,
            }),
            Body::Offboarding(body) => Self::Offboarding(OffboardingBlob {
                org_id: body.org_id,
                org_ids: body.org_ids,
                expires_at: body.expires_at,
                version: body.version,
                leaf,
                signature,
            }),
        })
    }
}
