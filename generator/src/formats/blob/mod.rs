//! The onboarding and offboarding blob: a small JSON document, signed by the service, that
//! tells the sensor whom to report to.
//!
//! It travels on one line of the portal's `.cmd` scripts or alone in `.onboarding`/`.offboarding`
//! files ([`locate`]); what a server gets of it is written anew ([`canonical`]). Whoever holds an onboarding blob can enrol devices and
//! whoever holds an offboarding blob can remove them, so its text appears in no `Debug`,
//! `Display` or error of this module.

mod body;
mod canonical;
mod locate;
mod signature;
#[cfg(test)]
mod tests;
mod text;

use core::fmt;

pub use body::BlobError;
use body::{Body, Envelope};
pub use canonical::{Irregular, canonical};
pub use locate::{BrokenBlob, Located, locate};
pub use text::BlobText;

use gangway_contract::OrgId;
use gangway_contract::manifest::{Cloud, Connectivity};
use schemars::JsonSchema;
use serde::Serialize;

use super::x509::{AnchorName, Certificate, ChainFault, Path, Purpose, TrustAnchors, prove};

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
    /// Certificate that signed the blob; its validity is reported, not required (it lasts one
    /// year while blobs work for many).
    pub leaf: Option<LeafFacts>,
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
    pub leaf: Option<LeafFacts>,
    /// Result of the offline signature check.
    pub signature: BlobSignature,
}

/// The certificate that signed a blob.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LeafFacts {
    /// Subject, for example `CN=Seville.Windows.com`.
    pub subject: String,
    /// Issuer.
    pub issuer: String,
    /// Start of validity in seconds since 1970 UTC.
    pub not_before: i64,
    /// End of validity in seconds since 1970 UTC.
    pub not_after: i64,
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
    /// The leaf is not the service's (`Seville.Windows.com`).
    LeafSubject {
        /// The subject found.
        found: String,
    },
    /// The certificates do not form a chain from the leaf.
    BrokenChain {
        /// Where it breaks.
        fault: ChainFault,
    },
    /// The chain is sound and ends at a root that is not trusted.
    UntrustedRoot {
        /// Where it ends.
        fault: ChainFault,
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
            Self::LeafSubject { found } => {
                write!(f, "the signing certificate belongs to `{found}`")
            }
            Self::BrokenChain { fault } => write!(f, "the chain is broken: {fault}"),
            Self::UntrustedRoot { fault } => write!(f, "the chain is not trusted: {fault}"),
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

/// Common name of the service's signing certificate in every specimen of 2020 to 2025.
const LEAF_NAME: &str = "Seville.Windows.com";

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
    pub fn read(text: &BlobText, anchors: &TrustAnchors) -> Result<Self, BlobError> {
        if text.expose().len() > MAX_TEXT {
            return Err(BlobError::TooLong {
                length: text.expose().len(),
                limit: MAX_TEXT,
            });
        }
        let envelope = Envelope::parse(text)?;
        let (leaf, signature) = judge(&envelope, anchors);
        Ok(match Body::parse(&envelope.body)? {
            Body::Onboarding(body) => Self::Onboarding(OnboardingBlob {
                org_id: body.org_id,
                previous_org_ids: body.previous_org_ids,
                cloud: body.cloud,
                connectivity: body.connectivity,
                datacenter: body.datacenter,
                endpoints: body.endpoints,
                version: body.version,
                package_guid: body.package_guid,
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

fn judge(envelope: &Envelope, anchors: &TrustAnchors) -> (Option<LeafFacts>, BlobSignature) {
    let mut facts = None;
    let signature = match prove_signer(envelope, anchors, &mut facts) {
        Ok(path) => BlobSignature::Valid {
            chain: path
                .certificates
                .iter()
                .map(|certificate| certificate.subject().to_string())
                .collect(),
            anchor: path.anchor,
        },
        Err(why) => BlobSignature::Invalid { why },
    };
    (facts, signature)
}

/// Signature first, then who made it: a body that was changed is the more useful news.
///
/// Validity times are not looked at: leaves last one year while deployed blobs work for many,
/// and the intermediate of every blob until 2026 has ended.
fn prove_signer(
    envelope: &Envelope,
    anchors: &TrustAnchors,
    facts: &mut Option<LeafFacts>,
) -> Result<Path, BlobFault> {
    let leaf = match &envelope.leaf {
        Some(der) => certificate("cert", der)?,
        None => {
            let why = "`cert`: missing".to_owned();
            return Err(BlobFault::Certificate { why });
        }
    };
    *facts = Some(LeafFacts {
        subject: leaf.subject().to_string(),
        issuer: leaf.issuer().to_string(),
        not_before: leaf.not_before(),
        not_after: leaf.not_after(),
    });
    signature::check(envelope, leaf.public_key())?;
    if leaf.subject().common_name() != Some(LEAF_NAME) {
        return Err(BlobFault::LeafSubject {
            found: leaf.subject().to_string(),
        });
    }
    let chain = envelope
        .chain
        .iter()
        .map(|der| certificate("chain", der))
        .collect::<Result<Vec<_>, _>>()?;
    prove(&leaf, &chain, anchors.code(), Purpose::DataSigning, None).map_err(|fault| {
        let ends_outside = match &fault {
            ChainFault::UntrustedRoot { .. } => true,
            // The leaf's own issuer has to be in the blob; that of the last one need not be.
            ChainFault::IssuerMissing { subject, .. } => *subject != leaf.subject().to_string(),
            _ => false,
        };
        if ends_outside {
            BlobFault::UntrustedRoot { fault }
        } else {
            BlobFault::BrokenChain { fault }
        }
    })
}

fn certificate(field: &str, der: &[u8]) -> Result<Certificate, BlobFault> {
    Certificate::parse(der).map_err(|error| BlobFault::Certificate {
        why: format!("`{field}`: {error}"),
    })
}
