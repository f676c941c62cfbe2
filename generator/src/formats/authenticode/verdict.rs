//! What verification says about a file, as data.

use serde::Serialize;

use super::kind::Place;
use super::reason::InvalidReason;
use crate::formats::digest::DigestAlgorithm;
use crate::formats::x509::{AnchorName, time::utc};

/// The judgement of one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// Signed by a key that a trusted root vouches for, and unchanged since.
    Valid(Box<Valid>),
    /// There is a signature, and it must not be trusted.
    Invalid {
        /// Why.
        reason: InvalidReason,
        /// Who the file *says* signed it; proven by nothing.
        #[serde(skip_serializing_if = "Option::is_none")]
        claimed: Option<Box<Claimed>>,
    },
    /// There is no signature.
    Unsigned,
    /// The question was not answered.
    NotChecked {
        /// Why not.
        why: String,
    },
}

impl Verdict {
    /// The proof, when there is one.
    pub fn valid(&self) -> Option<&Valid> {
        match self {
            Self::Valid(valid) => Some(valid),
            _ => None,
        }
    }

    /// Is the file proven to be unchanged since a trusted signer signed it?
    pub fn is_valid(&self) -> bool {
        matches!(self, Self::Valid(_))
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Valid(valid) => {
                write!(f, "signed by `{}`", valid.signature.signer.subject)?;
                match &valid.signature.signed_at {
                    Some(time) => write!(f, ", stamped {}", utc(time.unix_seconds)),
                    None => write!(f, ", without a time stamp"),
                }
            }
            Self::Invalid { reason, .. } => write!(f, "invalid signature: {reason}"),
            Self::Unsigned => f.write_str("unsigned"),
            Self::NotChecked { why } => write!(f, "signature not checked: {why}"),
        }
    }
}

/// A file that is proven.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Valid {
    /// The strongest signature that holds.
    #[serde(flatten)]
    pub signature: Signature,
    /// Where the strongest signature was found.
    pub place: Place,
    /// All further signatures that hold: nested ones, further entries of a certificate table.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<OtherSignature>,
    /// What a reader should know about the strongest signature and about the file although it is
    /// proven.
    pub warnings: Vec<Warning>,
}

impl Valid {
    /// The file's first signature, which Windows judges when it is not asked for another. It
    /// holds in every valid file; often it is the strongest, too.
    pub fn first(&self) -> &Signature {
        self.others
            .iter()
            .find(|other| other.place == Place::FIRST)
            .map_or(&self.signature, |other| &other.signature)
    }
}

/// A signature that holds beside the strongest one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OtherSignature {
    /// Where it stands.
    pub place: Place,
    /// What it proves.
    #[serde(flatten)]
    pub signature: Signature,
    /// What to know about it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
}

/// One signature that holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Signature {
    /// Who signed.
    pub signer: Signer,
    /// Certificates from the signer to the anchor, both included.
    pub chain: Vec<ChainLink>,
    /// The root that vouches for the signer.
    pub anchor: AnchorName,
    /// The hash of the content digest.
    pub digest_algorithm: DigestAlgorithm,
    /// The content digest (Authenticode digest), lower-case hex. It is not the SHA-256 of the
    /// file: the signature's own bytes are left out.
    pub content_digest: String,
    /// When it was signed, as proven by a time stamp.
    pub signed_at: Option<SigningTime>,
}

/// The signer's certificate, as far as policy and people need it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Signer {
    /// Common name of the subject.
    pub common_name: Option<String>,
    /// Organisation of the subject.
    pub organization: Option<String>,
    /// The whole subject, most specific part first: `CN=…, O=…, C=US`.
    pub subject: String,
    /// Serial number, lower-case hex.
    pub serial: String,
    /// End of the certificate's validity, unix seconds.
    pub not_after: i64,
    /// Extended key usages, dotted.
    pub extended_key_usages: Vec<String>,
}

/// One certificate of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChainLink {
    /// Subject, most specific part first.
    pub subject: String,
    /// SHA-256 of the certificate, lower-case hex.
    pub sha256: String,
}

/// A time that a time-stamping authority vouches for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SigningTime {
    /// Seconds since 1970 UTC.
    pub unix_seconds: i64,
    /// What kind of stamp.
    pub kind: StampKind,
    /// Subject of the stamper's certificate.
    pub authority: String,
    /// The root that vouches for the stamper.
    pub anchor: AnchorName,
}

/// The two kinds of time stamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StampKind {
    /// RFC 3161 token.
    Rfc3161,
    /// PKCS#9 countersignature.
    Legacy,
}

/// Things to know about a file that is valid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "warning", rename_all = "snake_case")]
pub enum Warning {
    /// The chain ends at a root from `[trust]`, not at one of Microsoft's.
    LabRoot {
        /// Subject of the root.
        subject: String,
    },
    /// Not every issuer of the chain has a revocation list at hand.
    RevocationNotChecked,
    /// A revocation list should have been replaced by a newer one.
    RevocationListOutdated {
        /// Subject of its issuer.
        issuer: String,
        /// When the next list was due, unix seconds.
        due: i64,
    },
    /// There is no time stamp: the signature dies with the signer's certificate.
    NotStamped {
        /// End of the certificate's validity, unix seconds.
        not_after: i64,
    },
    /// The content digest is SHA-1.
    Sha1Digest,
    /// The root is retired: it vouches only for what was stamped before.
    RetiredRoot {
        /// Subject of the root.
        subject: String,
        /// When it was retired, unix seconds.
        since: i64,
    },
    /// MSI without the `MsiDigitalSignatureEx` stream: names, sizes and times of streams are
    /// not covered.
    MetadataNotSigned,
    /// Bytes that no signature covers stand behind one, in a PE certificate table.
    CertificatePadding {
        /// How many bytes.
        bytes: u64,
    },
    /// Bytes that are not zero stand in parts of an MSI that nothing reads or covers.
    SlackData {
        /// How many bytes (free sectors and bytes after the last sector).
        bytes: u64,
    },
    /// The script has no byte order mark and bytes above 7F: it verifies only on systems
    /// with the signer's code page.
    LocaleDependent {
        /// The code page whose reading matched: `windows-1252` or `utf-8`.
        code_page: &'static str,
    },
    /// A certificate of the chain has ended since; the time stamp keeps the signature alive.
    EndedSince {
        /// Subject of the certificate.
        subject: String,
        /// End of its validity, unix seconds.
        not_after: i64,
    },
    /// Another signature of the file is intact but not trusted.
    OtherNotTrusted {
        /// Where it stands.
        place: Place,
        /// Why not.
        reason: InvalidReason,
    },
}

impl std::fmt::Display for Warning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::LabRoot { subject } => {
                write!(
                    f,
                    "trusted only because of the added root `{subject}`, not by Microsoft"
                )
            }
            Self::RevocationNotChecked => f.write_str("revocation not checked"),
            Self::RevocationListOutdated { issuer, due } => write!(
                f,
                "the revocation list of `{issuer}` should have been replaced on {}",
                utc(*due)
            ),
            Self::NotStamped { not_after } => write!(
                f,
                "no time stamp: the signature stops being valid on {}",
                utc(*not_after)
            ),
            Self::Sha1Digest => f.write_str("the content digest is SHA-1"),
            Self::RetiredRoot { subject, since } => write!(
                f,
                "the root `{subject}` was retired on {}; the time stamp is older",
                utc(*since)
            ),
            Self::MetadataNotSigned => {
                f.write_str("names, sizes and times of the package's streams are not signed")
            }
            Self::CertificatePadding { bytes } => write!(
                f,
                "{bytes} bytes behind the signature are covered by nothing"
            ),
            Self::SlackData { bytes } => {
                write!(
                    f,
                    "{bytes} bytes in unused parts of the package are covered by nothing"
                )
            }
            Self::LocaleDependent { code_page } => write!(
                f,
                "no byte order mark and bytes above 7F: valid only where scripts are read as {code_page}"
            ),
            Self::EndedSince { subject, not_after } => write!(
                f,
                "the certificate of `{subject}` ended on {}; the time stamp keeps the signature alive",
                utc(*not_after)
            ),
            Self::OtherNotTrusted { place, reason } => {
                write!(f, "{place} is not trusted: {reason}")
            }
        }
    }
}

/// What a signature that does not hold says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Claimed {
    /// Subject of the certificate that the signature points at.
    pub subject: String,
    /// Subject of its issuer.
    pub issuer: String,
    /// Does it carry a time stamp, of whatever worth?
    #[serde(skip)]
    pub is_stamped: bool,
}
