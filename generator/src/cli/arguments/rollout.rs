//! What `rollout` takes.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::shared::{Moment, number};

#[derive(Debug, Args)]
pub(in crate::cli) struct Rollout {
    /// The folder that servers read payloads from: one that it is reached by, or its UNC path; or a
    /// bundle, which says where it is
    #[arg(value_name = "SHARE|BUNDLE")]
    pub(in crate::cli) place: PathBuf,
    /// What is wanted of it
    #[arg(value_enum)]
    pub(in crate::cli) action: RolloutAction,
    /// With `ring`: percent of the servers; with `min-sequence`: the lowest sequence
    #[arg(value_name = "N", value_parser = number::<u64>(0, u64::MAX))]
    pub(in crate::cli) number: Option<u64>,
    /// With a bundle: where the share is reached; else the bundle's `share.root`
    #[arg(long, value_name = "FOLDER|UNC")]
    pub(in crate::cli) to: Option<PathBuf>,
    /// Account that reads and writes a UNC path, except on Windows, which signs in the user who is:
    /// `admin@contoso.com` or `CONTOSO\admin`
    #[arg(long, value_name = "ACCOUNT")]
    pub(in crate::cli) user: Option<String>,
    /// First line of this file is the password, `-` is standard input; else the variable
    /// `GANGWAY_PASSWORD`, else a prompt
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) password_file: Option<PathBuf>,
    /// Writes; without it the steps are only printed
    #[arg(long)]
    pub(in crate::cli) apply: bool,
    /// With `min-sequence`: also what leaves a campaign without any bundle that works
    #[arg(long)]
    pub(in crate::cli) withhold_all: bool,
    /// Folder with the reports that servers left: says for how many servers it changes what
    #[arg(long, value_name = "FOLDER")]
    pub(in crate::cli) reports: Option<PathBuf>,
    /// With `--reports`: the servers that should exist, as `gangway report` takes them
    #[arg(long, value_name = "FILE", requires = "reports")]
    pub(in crate::cli) expected: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) moment: Moment,
}

/// What is wanted of a rollout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum RolloutAction {
    /// What counts now, which campaigns and bundles it governs, and who changed it
    Show,
    /// N percent of the servers may begin, with the bundles that are there now
    Ring,
    /// No server begins anything
    Pause,
    /// Takes a pause back
    Resume,
    /// Bundles of a lower sequence than N do no new work
    MinSequence,
}
