//! Joins the concerns: config and downloads in, a bundle out, and back to a verdict about it.

mod accepted;
mod attest;
mod briefing;
pub mod build;
mod build_error;
pub mod codes;
pub mod config;
#[cfg(test)]
mod cut_runs;
mod demands;
mod diff;
#[cfg(test)]
mod edited_packages;
mod exchange;
pub mod explain;
mod identity;
mod inputs;
mod kept;
mod layout;
mod leftover;
mod lock;
mod offboarding;
mod output;
mod package;
mod payloads;
mod policies;
mod private_folder;
mod progress;
pub mod publish;
pub mod reconstruct;
mod relock;
mod runbook;
mod selftest;
mod sequence;
mod sequence_bounds;
mod sign;
mod signing_command;
mod soc;
mod stage;
mod statements;
mod stub;
mod suggest;
mod sums;
mod trust;
mod unchanged;
pub mod verify;
mod workspace_key;

pub use attest::{
    AttestError, AttestRequest, AttestationRequest, AttestedBundle, attest, check_attestation,
};
pub use build::{BuildRequest, Built, build};
pub use build_error::BuildError;
pub use config::{Config, ConfigError};
pub use diff::{Compared, Comparison, DiffError, Difference, diff, policies_folder};
pub use output::{Foreign, OutputError};
pub use package::{
    Format, Formats, Offboarding, PackageError, PackageFile, PackageRequest, PackageSigning,
    Packaged, PackagesDocument, Product, package,
};
pub use progress::{Progress, Silent};
pub use relock::{RelockError, RelockRequest, Relocked, relock};
pub use selftest::{
    SelftestBundle, SelftestError, SelftestRequest, apart as selftest_apart,
    subject as selftest_subject,
};
pub use sign::{SignError, SignRequest, Signed, SignedBy, sign, write_data_to_sign};
pub use soc::SocDocument;
pub use stub::found as stub_found;
pub use trust::intake_settings;
pub use verify::{Pinned, Standing, Verification, VerifyError, VerifyRequest, verify};
