//! Sessions on the command line: what is typed, what is printed, how it ends.

#![expect(
    clippy::unwrap_used,
    reason = "a test says what went wrong by panicking"
)]

mod analyzer;
#[cfg(unix)]
mod answers;
mod attacks;
mod attest;
mod bad_input;
mod bundle;
#[cfg(unix)]
mod cases;
#[cfg(unix)]
mod demanded;
mod desk;
#[cfg(unix)]
mod detached;
mod differences;
#[cfg(unix)]
mod documents;
#[cfg(unix)]
mod exit_codes;
mod explain;
#[cfg(unix)]
mod first_run;
mod fleet_life;
mod forgeries;
#[cfg(unix)]
mod identity;
mod inspect;
#[cfg(unix)]
mod intune;
#[cfg(unix)]
mod lock;
#[cfg(unix)]
mod mixed_versions;
mod names;
mod next_actions;
#[cfg(unix)]
mod normalise;
#[cfg(all(unix, feature = "directory"))]
mod operations;
mod owners;
#[cfg(unix)]
mod package;
mod package_signing;
#[cfg(all(unix, feature = "directory"))]
mod pipelines;
#[cfg(feature = "directory")]
mod publish;
#[cfg(feature = "directory")]
mod publish_share;
#[cfg(unix)]
mod publishers;
mod rebuild;
#[cfg(unix)]
mod reconstruct;
#[cfg(unix)]
mod remade;
mod report;
mod retire;
mod rollout;
#[cfg(unix)]
mod runbook;
mod sarif;
#[cfg(feature = "directory")]
mod share_compared;
#[cfg(unix)]
mod signals;
#[cfg(unix)]
mod soc;
#[cfg(unix)]
mod stamps;
#[cfg(unix)]
mod transcripts;
mod vouched;
#[cfg(feature = "directory")]
mod without_effect;
