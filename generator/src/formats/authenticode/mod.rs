//! Authenticode: who signed a file, and is every byte that the signature covers unchanged?
//!
//! Judged offline, on any system, for PE files, MSI packages, cabinets (and MSU updates) and
//! PowerShell scripts. A verdict says nothing about whether the signer is *wanted*: that is
//! the signer policy of `intake`. Revocation is judged by the lists that are given, never by
//! the network; where none is, the verdict says so.
//!
//! Files of any size take a few megabytes of memory: content is streamed, only signatures
//! (1 MiB) and scripts (4 MiB) are held.

mod cabinet;
mod carrier;
mod cms;
mod detached;
mod indirect_data;
mod judge;
mod kind;
mod msi;
mod pe;
mod publisher;
mod reason;
mod script;
mod signer;
mod stamp;
mod unauthenticated;
mod verdict;

use std::io::{self, Read, Seek, SeekFrom};

pub use crate::formats::digest::DigestAlgorithm;
pub use crate::formats::x509::{AnchorName, TrustAnchors};
pub use detached::{
    Detached, NotAttachable, data_to_sign, digest_to_sign, read_signature, take_signature,
};
pub use kind::{FileKind, Place};
pub use pe::pe_digest;
pub use publisher::{Publisher, pe_publisher};
pub use reason::InvalidReason;
pub use script::{
    BEGIN as SIGNATURE_BLOCK, END as SIGNATURE_BLOCK_END, LINE_PREFIX as SIGNATURE_LINE,
    MAX_BASE64_PER_LINE as SIGNATURE_LETTERS,
};
pub use unauthenticated::{unauthenticated_parts, unrelated_certificates};
pub use verdict::{
    ChainLink, Claimed, OtherSignature, Signature, Signer, SigningTime, StampKind, Valid, Verdict,
    Warning,
};

use carrier::{Carrier, Failure};

/// Judges a file.
///
/// With `kind`, the file is read as that kind, and one that is something else is `Invalid`.
/// Without it, the first bytes decide; a file that is none of the kinds is `NotChecked`. A
/// script cannot be told from other text, so scripts need `kind`, unless they are signed.
///
/// `now` (unix seconds) is the time of judgement for signatures without a time stamp, and no
/// stamp may be later.
pub fn verify<S: Read + Seek>(
    source: &mut S,
    kind: Option<FileKind>,
    anchors: &TrustAnchors,
    now: i64,
) -> Verdict {
    let kind = match kind {
        Some(kind) => Ok(Some(kind)),
        None => detect(source),
    };
    let judged =
        match kind {
            Ok(Some(FileKind::Pe)) => {
                pe::PeCarrier::open(source).and_then(|mut file| run(&mut file, anchors, now))
            }
            Ok(Some(FileKind::Msi)) => {
                msi::MsiCarrier::open(source).and_then(|mut file| run(&mut file, anchors, now))
            }
            Ok(Some(FileKind::Cabinet)) => cabinet::CabinetCarrier::open(source)
                .and_then(|mut file| run(&mut file, anchors, now)),
            Ok(Some(FileKind::Script)) => script::ScriptCarrier::open(source)
                .and_then(|mut file| run(&mut file, anchors, now)),
            Ok(None) => {
                return Verdict::NotChecked {
                    why: "files of this kind carry no Authenticode signature".to_owned(),
                };
            }
            Err(error) => Err(Failure::Io(error)),
        };
    match judged {
        Ok(verdict) => verdict,
        Err(Failure::Invalid(reason)) => Verdict::Invalid {
            reason,
            claimed: None,
        },
        Err(Failure::Io(error)) => Verdict::NotChecked {
            why: format!("the file cannot be read: {error}"),
        },
    }
}

fn run(carrier: &mut dyn Carrier, anchors: &TrustAnchors, now: i64) -> Result<Verdict, Failure> {
    judge::judge(carrier, anchors, now)
}

/// The kind of a file by its first bytes.
///
/// Errors: the file cannot be read.
pub fn detect<S: Read + Seek>(source: &mut S) -> io::Result<Option<FileKind>> {
    let mut start = Vec::new();
    source.seek(SeekFrom::Start(0))?;
    source.take(8).read_to_end(&mut start)?;
    Ok(if crate::formats::pe::is_executable(&start) {
        Some(FileKind::Pe)
    } else if crate::formats::compound::is_compound_file(&start) {
        Some(FileKind::Msi)
    } else if crate::formats::cabinet::is_cabinet(&start) {
        Some(FileKind::Cabinet)
    } else if script::is_signed(source)? {
        Some(FileKind::Script)
    } else {
        None
    })
}
