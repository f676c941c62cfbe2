//! Authenticode: who signed a file, and is every byte that the signature covers unchanged?
//!
//! Judged offline, on any system, for PE files, MSI packages, cabinets (and MSU updates) and
//! PowerShell scripts. A verdict says nothing about whether the signer is *wanted*: that is
//! the signer policy of `intake`. Revocation is judged from given lists only, never from the
//! network.

mod reason;
mod verdict;

pub use crate::formats::digest::DigestAlgorithm;
pub use crate::formats::x509::{AnchorName, TrustAnchors};
pub use reason::InvalidReason;
pub use verdict::{
    ChainLink, Claimed, FileKind, OtherSignature, Place, Signature, Signer, SigningTime, StampKind,
    Valid, Verdict, Warning,
};
