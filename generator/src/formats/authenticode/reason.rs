//! Why a signature does not hold: one variant for each reason.

use serde::Serialize;

use super::kind::{FileKind, Place};
use crate::formats::digest::DigestAlgorithm;
use crate::formats::x509::{ChainFault, time::utc};

/// Why a signature does not hold. One variant for each reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum InvalidReason {
    /// The headers of the executable contradict each other or the file's size.
    #[error("the executable is damaged: {what}")]
    PeDamaged {
        /// What is wrong.
        what: String,
    },
    /// Bytes follow the certificate table: covered by nothing, or by the digest, depending on the reader.
    #[error("the certificate table ends at {table_end} but the file at {file_size}")]
    CertificateTableNotAtEnd {
        /// First byte behind the table, from the file's begin.
        table_end: u64,
        /// Bytes on disk.
        file_size: u64,
    },
    /// The certificate table lies inside the image.
    #[error(
        "the certificate table at {offset} overlaps headers or sections, which end at {image_end}"
    )]
    CertificateTableInsideImage {
        /// Start of the table.
        offset: u64,
        /// End of headers and section data.
        image_end: u64,
    },
    /// An entry of the certificate table has a length that does not fit.
    #[error("entry {entry} of the certificate table is damaged: {what}")]
    CertificateEntryDamaged {
        /// Number of the entry, from 1.
        entry: usize,
        /// What is wrong.
        what: String,
    },
    /// The compound file cannot be read.
    #[error("the installer package is damaged: {what}")]
    MsiDamaged {
        /// What is wrong.
        what: String,
    },
    /// `MsiDigitalSignatureEx` does not fit the names, sizes and times of the streams.
    #[error("names, sizes or times of the package's streams were changed after signing")]
    MetadataMismatch,
    /// The cabinet's header contradicts itself or the file.
    #[error("the cabinet is damaged: {what}")]
    CabinetDamaged {
        /// What is wrong.
        what: String,
    },
    /// A field that the digest leaves out is not zero.
    #[error("the cabinet's reserved field at offset {offset} is not zero; no signature covers it")]
    CabinetReservedNotZero {
        /// Where the field stands in the file.
        offset: u64,
    },
    /// The signature does not end the file.
    #[error("the signature ends at {signature_end} but the file at {file_size}")]
    CabinetSignatureNotAtEnd {
        /// First byte behind it, from the file's begin.
        signature_end: u64,
        /// Bytes on disk.
        file_size: u64,
    },
    /// A line of the signature block is not what a signer writes. The interpreter runs the
    /// whole file, so such a line may be code.
    #[error("line {line} of the script's signature block is not part of a signature: {what}")]
    ScriptBlockMalformed {
        /// Line of the file, from 1.
        line: u64,
        /// What is wrong.
        what: String,
    },
    /// Text follows the signature block.
    #[error("line {line} stands after the end of the script's signature block")]
    ScriptTextAfterBlock {
        /// Line of the file, from 1.
        line: u64,
    },
    /// A second signature block.
    #[error("line {line} starts a second signature block")]
    ScriptSecondBlock {
        /// Line of the file, from 1.
        line: u64,
    },
    /// The digest fits when every line ending is made CR LF again.
    #[error("the line endings were changed after signing: with CR LF endings the signature fits")]
    ScriptLineEndingsChanged,
    /// A script of this size is not read.
    #[error("the script has {size} bytes, more than the limit of {limit}")]
    ScriptTooLarge {
        /// Size of the file.
        size: u64,
        /// Most bytes that are read.
        limit: u64,
    },
    /// The text of the script cannot be decoded.
    #[error("the script is not valid {encoding}")]
    ScriptEncoding {
        /// The encoding that its byte order mark announces.
        encoding: &'static str,
    },
    /// The signature has more bytes than any real one.
    #[error("the signature has {size} bytes, more than the limit of {limit}")]
    SignatureTooLarge {
        /// Bytes that the file gives it.
        size: u64,
        /// Most bytes that are read.
        limit: u64,
    },
    /// The signature is no well-formed PKCS#7 structure.
    #[error("the signature is malformed: {what}")]
    SignatureMalformed {
        /// What is wrong.
        what: String,
    },
    /// More parts of a kind than any real signature has.
    #[error("the signature has more than {limit} {what}")]
    TooMany {
        /// What there is too much of, in the plural.
        what: &'static str,
        /// Most of them that are read.
        limit: usize,
    },
    /// The signed content is not a file digest.
    #[error("the signed content has type {found}, not Authenticode's 1.3.6.1.4.1.311.2.1.4")]
    WrongContentType {
        /// The type found, dotted.
        found: String,
    },
    /// A signature made for another kind of file.
    #[error("the signature was made for another kind of file ({found}), not for this {expected}")]
    WrongFileKind {
        /// What the file is.
        expected: FileKind,
        /// The type or GUID found.
        found: String,
    },
    /// There must be exactly one signer.
    #[error("the signature has {count} signers instead of one")]
    SignerCount {
        /// Signers found.
        count: usize,
    },
    /// An algorithm that is not supported.
    #[error("the signature uses the unsupported algorithm {oid}")]
    UnsupportedAlgorithm {
        /// Object identifier, dotted.
        oid: String,
    },
    /// MD5: two files of one digest can be made.
    #[error("the signature rests on {algorithm}, which is broken")]
    BrokenDigestAlgorithm {
        /// The digest that the signature names.
        algorithm: DigestAlgorithm,
    },
    /// SHA-1 without a time stamp could have been made today.
    #[error("the signature rests on SHA-1 and has no time stamp")]
    Sha1NotStamped,
    /// The file was changed after it was signed.
    #[error(
        "the file was changed after signing: its {algorithm} digest is {computed}, signed was {signed}"
    )]
    DigestMismatch {
        /// Which hash.
        algorithm: DigestAlgorithm,
        /// Digest in the signature, lower-case hex.
        signed: String,
        /// Digest of the file, lower-case hex.
        computed: String,
    },
    /// A mandatory signed attribute is missing, doubled or malformed.
    #[error("the signed attribute `{attribute}` is missing, doubled or malformed")]
    SignedAttribute {
        /// Name of the attribute.
        attribute: &'static str,
    },
    /// The signed attributes belong to another content.
    #[error("the signed attributes belong to another content")]
    MessageDigestMismatch,
    /// The signer's certificate is not in the signature.
    #[error("the signer's certificate is not in the signature")]
    SignerCertificateMissing,
    /// The signer's key did not make the signature.
    #[error("the signature was not made by the key of `{subject}`")]
    SignatureMismatch {
        /// Subject of the signer's certificate.
        subject: String,
    },
    /// The signer's certificate is not trusted.
    #[error("the signer is not trusted: {fault}")]
    SignerNotTrusted {
        /// Why.
        fault: ChainFault,
    },
    /// The signer's certificate ended, and may not be kept alive by a time stamp.
    #[error(
        "the certificate of `{subject}` ended on {} and is of the kind that a time stamp does not keep alive",
        utc(*.not_after)
    )]
    LifetimeSigningEnded {
        /// Subject of the signer's certificate.
        subject: String,
        /// End of its validity, unix seconds.
        not_after: i64,
    },
    /// The time stamp is not well-formed.
    #[error("the time stamp is malformed: {what}")]
    StampMalformed {
        /// What is wrong.
        what: String,
    },
    /// The time stamp belongs to another signature.
    #[error("the time stamp belongs to another signature")]
    StampMismatch,
    /// The stamper's key did not make the stamp.
    #[error("the time stamp was not made by the key of `{subject}`")]
    StampSignatureMismatch {
        /// Subject of the stamper's certificate.
        subject: String,
    },
    /// The stamper's certificate is not trusted.
    #[error("the time stamp is not trusted: {fault}")]
    StamperNotTrusted {
        /// Why.
        fault: ChainFault,
    },
    /// The stamp's time has not come yet.
    #[error("the time stamp says {}, which is later than now ({})", utc(*.stamped), utc(*.now))]
    StampInFuture {
        /// Time of the stamp, unix seconds.
        stamped: i64,
        /// Time of judgement, unix seconds.
        now: i64,
    },
    /// One of several signatures is broken, so the file is not what its signers left.
    #[error("{place} is broken: {reason}")]
    OtherBroken {
        /// Where it stands.
        place: Place,
        /// Why.
        reason: Box<InvalidReason>,
    },
}

impl InvalidReason {
    /// Is the signer, rather than the file or the signature, what is wrong?
    ///
    /// A signature of which this is true fits the file; it is only not trusted, or no longer.
    pub fn is_about_trust(&self) -> bool {
        matches!(
            self,
            Self::SignerNotTrusted { .. }
                | Self::StamperNotTrusted { .. }
                | Self::LifetimeSigningEnded { .. }
                | Self::Sha1NotStamped
                | Self::BrokenDigestAlgorithm { .. }
        )
    }
}
