//! What `selftest` takes.

use std::path::PathBuf;

use clap::Args;

use super::shared::{Moment, Outside};

/// What `selftest` takes.
#[derive(Debug, Args)]
pub(in crate::cli) struct Selftest {
    /// The bundle's folder
    pub(in crate::cli) bundle: PathBuf,
    /// A folder of packages that were made of it (`gangway package`)
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) packages: Option<PathBuf>,
    /// A later build of the same config, whose package takes the place of the first one
    #[arg(
        long,
        value_name = "BUNDLE",
        requires = "later_packages",
        requires = "packages"
    )]
    pub(in crate::cli) later: Option<PathBuf>,
    /// The folder of packages that were made of the later build
    #[arg(long, value_name = "DIR", requires = "later")]
    pub(in crate::cli) later_packages: Option<PathBuf>,
    /// Which domain of the bundle, when it has several
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) domain: Option<String>,
    /// Asks what changes this system too, and undoes it; only on a server that can be thrown away
    #[arg(long)]
    pub(in crate::cli) apply: bool,
    /// File to write the answer to, for the project's maintainers
    #[arg(
        long,
        short,
        value_name = "FILE",
        default_value = "gangway-selftest.json"
    )]
    pub(in crate::cli) out: PathBuf,
    #[command(flatten)]
    pub(in crate::cli) outside: Outside,
    #[command(flatten)]
    pub(in crate::cli) moment: Moment,
}
