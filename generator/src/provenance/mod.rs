//! Who made which bundle of what: statements that a key of the organisation vouches for.
//!
//! `bundle.json` vouches for every file and says itself who built it, which anybody can write. A
//! statement (in-toto) names the bundle's files by digest and says what they were made of, by the
//! provenance of SLSA and by a list of parts of CycloneDX; an envelope (DSSE) carries it with a
//! signature over exactly these bytes. Whoever has the public key knows that its holder says so, and
//! no more: what this claims is Build L1 of SLSA.

pub mod codes;
mod envelope;
mod judge;
mod key;
mod parts;
mod statement;

use gangway_contract::Sha256;

pub use envelope::{
    Envelope, EnvelopeError, MAX_BYTES, PAYLOAD_TYPE, is_statements_file, lines, names_file,
    pre_authentication,
};
pub use judge::{Attested, Vouched, judge, vouched_names, vouched_parts};
pub use key::{KeyFileError, VerifyingKey};
pub use parts::{is_parts_file, parts, parts_file};
pub use statement::{BUILD_TYPE, CYCLONEDX, SLSA, Statement, Subject, about, provenance};

/// What a file's statements are looked for in: `BUNDLE.intoto.jsonl` beside the bundle's folder.
pub const SUFFIX: &str = ".intoto.jsonl";

/// The list of parts beside it, for tools that read it without its envelope.
pub const PARTS_SUFFIX: &str = ".cdx.json";

/// What identifies a bundle and the bootstrap in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The bundle's id, which its statements name as the run that made it.
    pub bundle_id: String,
    /// SHA-256 of `bundle.json`.
    pub bundle_json_sha256: Sha256,
    /// File name of the bootstrap.
    pub exe_name: String,
    /// SHA-256 of the bootstrap as it lies there, signed or not.
    pub exe_sha256: Sha256,
}
