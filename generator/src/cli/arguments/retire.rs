//! What `retire` takes.

use std::path::PathBuf;

use clap::Args;

use super::controller::Controller;
use super::shared::{Moment, Outside};

/// The end in one domain.
#[derive(Debug, Args)]
#[cfg_attr(
    not(feature = "directory"),
    allow(dead_code, reason = "a program without it has the same command line")
)]
pub(in crate::cli) struct Retire {
    /// Folder of a bundle of the organisation, best of the last campaign: it says whose policies, programs and
    /// releases go
    pub(in crate::cli) bundle: PathBuf,
    /// The share: a folder that it is reached by, or its UNC path; else the bundle's `share.root`
    #[arg(long, value_name = "FOLDER|UNC")]
    pub(in crate::cli) to: Option<PathBuf>,
    /// Leaves the share as it is, for other domains still need it
    #[arg(long, conflicts_with = "to")]
    pub(in crate::cli) no_share: bool,
    #[command(flatten)]
    pub(in crate::cli) controller: Controller,
    /// Account that writes, to the domain and to the share: `admin@contoso.com` or `CONTOSO\admin`. On Windows
    /// it may be left out: who is signed in then writes, without a password
    #[arg(long, value_name = "ACCOUNT")]
    #[cfg_attr(not(windows), arg(required = true))]
    pub(in crate::cli) user: Option<String>,
    /// First line of this file is the password, `-` is standard input; else the variable
    /// `GANGWAY_PASSWORD`, else a prompt
    #[arg(long, value_name = "FILE", requires = "user")]
    pub(in crate::cli) password_file: Option<PathBuf>,
    /// Does it; without it the steps are only printed
    #[arg(long)]
    pub(in crate::cli) apply: bool,
    /// Allows what ends that Defender Antivirus is passive on servers: it becomes active there, also beside
    /// another product
    #[arg(long)]
    pub(in crate::cli) end_passive_mode: bool,
    /// Goes on although no last campaign (`build --mode retire`) is live: servers keep what bootstraps left
    #[arg(long)]
    pub(in crate::cli) leave_servers: bool,
    /// Folder that keeps what was there before publications, and is emptied of it; else `gangway-published`
    /// beside the bundle
    #[arg(long, value_name = "FOLDER")]
    pub(in crate::cli) state: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) outside: Outside,
    #[command(flatten)]
    pub(in crate::cli) moment: Moment,
}
