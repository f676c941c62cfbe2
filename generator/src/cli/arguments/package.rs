//! What `package` takes.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::shared::{Moment, Outside, Patience};
use crate::pipeline::Format;

/// What `package` takes.
#[derive(Debug, Args)]
pub(in crate::cli) struct Package {
    /// The bundle's folder
    pub(in crate::cli) bundle: PathBuf,
    /// Folder to write, else `BUNDLE-packages`; older packages there are replaced as a whole
    #[arg(long, short, value_name = "DIR")]
    pub(in crate::cli) out: Option<PathBuf>,
    /// Which package; may be given several times
    #[arg(long = "format", value_enum, default_value = "all")]
    formats: Vec<PackageFormat>,
    /// Puts the payloads into the installer package instead of beside it: Windows keeps a second copy of
    /// all that is inside
    #[arg(long)]
    pub(in crate::cli) embed: bool,
    /// Takes a bootstrap that nobody signed
    #[arg(long)]
    pub(in crate::cli) allow_unsigned: bool,
    /// Signs installer package and cabinets too, by the signing command of `--config`
    #[arg(long, requires = "config")]
    pub(in crate::cli) sign: bool,
    #[command(flatten)]
    pub(in crate::cli) outside: Outside,
    #[command(flatten)]
    pub(in crate::cli) patience: Patience,
    #[command(flatten)]
    pub(in crate::cli) moment: Moment,
}

impl Package {
    /// Every package that is asked for.
    pub(in crate::cli) fn formats(&self) -> Vec<Format> {
        let all = self.formats.iter().flat_map(|format| match format {
            PackageFormat::Msi => &[Format::Msi][..],
            PackageFormat::Cab => &[Format::Cab],
            PackageFormat::Zip => &[Format::Zip],
            PackageFormat::All => &[Format::Msi, Format::Cab, Format::Zip],
        });
        all.copied().collect()
    }
}

/// A value of `--format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PackageFormat {
    /// An installer package, and its cabinet of payloads beside it
    Msi,
    /// A cabinet of bootstrap and payloads
    Cab,
    /// The bundle in one file, for a closed network
    Zip,
    /// All of them
    All,
}
