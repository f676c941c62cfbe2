//! Why no path from a certificate to a trusted root could be proven.

use schemars::JsonSchema;
use serde::Serialize;

/// The reason why a certificate is not trusted for a purpose at a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ChainFault {
    /// The path ends at a self-signed certificate that is no anchor.
    #[error("the chain ends at `{subject}`, which is not a trusted root")]
    UntrustedRoot {
        /// Subject of the self-signed certificate.
        subject: String,
    },
    /// No certificate with the issuer's name is at hand.
    #[error("the issuer `{issuer}` of `{subject}` is neither in the signature nor a trusted root")]
    IssuerMissing {
        /// Subject of the last certificate of the path.
        subject: String,
        /// Whom it names as the one who signed it.
        issuer: String,
    },
    /// A certificate with the issuer's name is at hand, but its key did not make the signature.
    #[error("the certificate of `{subject}` is not signed by the key of its issuer `{issuer}`")]
    IssuerSignature {
        /// Subject of the certificate.
        subject: String,
        /// Whom it names as the one who signed it.
        issuer: String,
    },
    /// A certificate of the path is outside its validity at the time that counts.
    #[error(
        "the certificate of `{subject}` is valid from {} to {}, not on {}",
        super::time::utc(*.not_before),
        super::time::utc(*.not_after),
        super::time::utc(*.at)
    )]
    NotValidAt {
        /// Subject of the certificate.
        subject: String,
        /// Start of validity, unix seconds.
        not_before: i64,
        /// End of validity, unix seconds.
        not_after: i64,
        /// The time of judgement, unix seconds.
        at: i64,
    },
    /// The root was retired before the time that counts.
    #[error(
        "the root `{subject}` was retired on {}, and what it vouches for is not from before",
        super::time::utc(*.since)
    )]
    RootRetired {
        /// Subject of the root.
        subject: String,
        /// When it was retired, unix seconds.
        since: i64,
    },
    /// The certificate lacks an extended key usage that the purpose needs.
    #[error(
        "the certificate of `{subject}` may not be used for {purpose} (extended key usage {oid} is missing)"
    )]
    PurposeMissing {
        /// Subject of the certificate.
        subject: String,
        /// `code signing`, `time stamping` or `TLS servers`.
        purpose: &'static str,
        /// The object identifier that was looked for.
        oid: &'static str,
    },
    /// The signer's key usage forbids digital signatures.
    #[error("the key usage of `{subject}` does not allow digital signatures")]
    KeyUsageForbidsSigning {
        /// Subject of the certificate.
        subject: String,
    },
    /// An issuing certificate is not a certification authority.
    #[error("`{subject}` issued a certificate without being a certification authority")]
    NotAnAuthority {
        /// Subject of the certificate.
        subject: String,
    },
    /// An authority allows fewer authorities below it than the path has.
    #[error("`{subject}` allows fewer authorities below it than the chain has")]
    PathTooLongFor {
        /// Subject of the certificate.
        subject: String,
    },
    /// A critical extension that this program does not understand.
    #[error("the certificate of `{subject}` has the unknown critical extension {oid}")]
    UnknownCriticalExtension {
        /// Subject of the certificate.
        subject: String,
        /// The extension.
        oid: String,
    },
    /// The certificate is signed with an algorithm that is unknown or no longer good enough.
    #[error("the certificate of `{subject}` is signed with the unsupported algorithm {algorithm}")]
    UnsupportedAlgorithm {
        /// Subject of the certificate.
        subject: String,
        /// Name or object identifier.
        algorithm: String,
    },
    /// An authority may not certify the name.
    #[error("`{subject}` may not certify `{host}`: its name constraints forbid it")]
    NameForbidden {
        /// Subject of the authority.
        subject: String,
        /// The name.
        host: String,
    },
    /// A key or a signature that could be forged today.
    #[error("the certificate of `{subject}` is too weak: {why}")]
    TooWeak {
        /// Subject of the certificate.
        subject: String,
        /// What makes it so.
        why: String,
    },
    /// The path is longer than any real one, or the search would take too much work.
    #[error(
        "the chain of `{subject}` is longer than {limit} certificates or too tangled to follow"
    )]
    TooLong {
        /// Subject of the certificate where the search ended.
        subject: String,
        /// How many certificates a path may have.
        limit: usize,
    },
    /// A revocation list names the certificate.
    #[error("the certificate of `{subject}` was revoked on {}", super::time::utc(*.since))]
    Revoked {
        /// Subject of the certificate.
        subject: String,
        /// Since when it is not to be trusted, unix seconds.
        since: i64,
    },
}
