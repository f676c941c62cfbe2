//! What `attest` takes, and what `verify` takes of it.

use std::path::PathBuf;

use clap::Args;

use super::shared::{Moment, Outside};
use crate::pipeline::AttestationRequest;

/// What `attest` takes.
#[derive(Debug, Args)]
pub(in crate::cli) struct Attest {
    /// The bundle's folder, after it was signed
    pub(in crate::cli) bundle: PathBuf,
    /// Folder of `gangway package`, whose files are vouched for too
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) packages: Option<PathBuf>,
    /// The offboarding bundle that `package` was given, which the folder of packages holds, too
    #[arg(long, value_name = "DIR", requires = "packages")]
    pub(in crate::cli) offboard: Option<PathBuf>,
    /// File to write, else `BUNDLE.intoto.jsonl`; the list of parts goes beside it as `.cdx.json`
    #[arg(long, short, value_name = "FILE")]
    pub(in crate::cli) out: Option<PathBuf>,
    /// Takes a bootstrap that nobody signed
    #[arg(long)]
    pub(in crate::cli) allow_unsigned: bool,
    /// Takes signatures without a time stamp although the config asks for one
    #[arg(long)]
    pub(in crate::cli) allow_unstamped: bool,
    #[command(flatten)]
    pub(in crate::cli) outside: Outside,
    #[command(flatten)]
    pub(in crate::cli) moment: Moment,
}

/// Who has to vouch for a bundle.
#[derive(Debug, Args)]
pub(in crate::cli) struct AttestedBy {
    /// Fails unless the holder of this public key vouches for the bundle: a file in PEM
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// The statements of `gangway attest`, else `BUNDLE.intoto.jsonl`
    #[arg(long, value_name = "FILE", requires = "key")]
    attestation: Option<PathBuf>,
    /// Folder of packages that the key has to vouch for, too
    #[arg(long, value_name = "DIR", requires = "key")]
    packages: Option<PathBuf>,
}

impl AttestedBy {
    /// What is asked, when anything is.
    pub(in crate::cli) fn request(&self) -> Option<AttestationRequest> {
        Some(AttestationRequest {
            key: self.key.clone()?,
            statements: self.attestation.clone(),
            packages: self.packages.clone(),
        })
    }
}
