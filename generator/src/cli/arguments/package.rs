//! What `package` takes.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::shared::{Moment, Outside, Patience};
use crate::pipeline::{Format, Formats, PackageSigning};

/// What `package` takes.
#[derive(Debug, Args)]
pub(in crate::cli) struct Package {
    /// The bundle's folder
    pub(in crate::cli) bundle: PathBuf,
    /// Folder to write, else `BUNDLE-packages`; older packages there are replaced as a whole, with those
    /// that are not made again
    #[arg(long, short, value_name = "DIR")]
    pub(in crate::cli) out: Option<PathBuf>,
    /// Which package; may be given several times
    #[arg(long = "format", value_enum, default_value = "all")]
    formats: Vec<PackageFormat>,
    /// A bundle of mode offboard and of the same tenant: the folders for deployment tools uninstall with
    /// it
    #[arg(long, value_name = "BUNDLE")]
    pub(in crate::cli) offboard: Option<PathBuf>,
    /// Puts the payloads into the installer package instead of beside it: Windows keeps a second copy of
    /// all that is inside
    #[arg(long)]
    pub(in crate::cli) embed: bool,
    /// Takes a bootstrap that nobody signed
    #[arg(long)]
    pub(in crate::cli) allow_unsigned: bool,
    /// Lets signed packages in the folder go for unsigned ones, or for none
    #[arg(long)]
    pub(in crate::cli) replace_signed: bool,
    /// Signs installer package and cabinets too, by the signing command of `--config`
    #[arg(long, requires = "config")]
    sign: bool,
    /// Writes what a signer elsewhere has to sign into this folder, as `NAME.digest.p7` for installer package
    /// and cabinets; the packages are written unsigned
    #[arg(long, value_name = "DIR", conflicts_with = "sign")]
    digest_out: Option<PathBuf>,
    /// Attaches the signatures that were made elsewhere of what `--digest-out` wrote: `NAME.signature.p7` in
    /// this folder (PKCS #7 in DER or PEM) for each of them; give the same options otherwise
    #[arg(long, value_name = "DIR", requires = "config", conflicts_with_all = ["sign", "digest_out"])]
    signature_in: Option<PathBuf>,
    /// Takes signatures of packages without a time stamp although the config asks for one
    #[arg(long)]
    pub(in crate::cli) allow_unstamped: bool,
    #[command(flatten)]
    pub(in crate::cli) outside: Outside,
    #[command(flatten)]
    pub(in crate::cli) patience: Patience,
    #[command(flatten)]
    pub(in crate::cli) moment: Moment,
}

impl Package {
    /// Who signs.
    pub(in crate::cli) fn signing(&self) -> PackageSigning {
        match (&self.digest_out, &self.signature_in) {
            (Some(folder), _) => PackageSigning::Later(folder.clone()),
            (None, Some(folder)) => PackageSigning::Elsewhere(folder.clone()),
            (None, None) if self.sign => PackageSigning::Command,
            (None, None) => PackageSigning::Nobody,
        }
    }

    /// Every package that is asked for.
    pub(in crate::cli) fn formats(&self) -> Formats {
        let named = self.formats.iter().filter_map(|format| match format {
            PackageFormat::Msi => Some(Format::Msi),
            PackageFormat::Cab => Some(Format::Cab),
            PackageFormat::Zip => Some(Format::Zip),
            PackageFormat::Content => Some(Format::Content),
            PackageFormat::Configmgr => Some(Format::Configmgr),
            PackageFormat::Ansible => Some(Format::Ansible),
            PackageFormat::Dsc => Some(Format::Dsc),
            PackageFormat::Allow => Some(Format::Allow),
            PackageFormat::Intunewin => Some(Format::Intunewin),
            PackageFormat::All => None,
        });
        Formats {
            all: self.formats.contains(&PackageFormat::All),
            named: named.collect(),
        }
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
    /// Bootstrap and payloads as files, for any tool that runs programs
    Content,
    /// An application for Configuration Manager, and `content`
    Configmgr,
    /// Playbooks for Ansible, and `content`
    Ansible,
    /// Configurations for PowerShell DSC, and `content`
    Dsc,
    /// Rules for App Control and AppLocker that let the bootstrap run
    Allow,
    /// A package for Intune, which manages no server: never one of `all`, and made beside it
    Intunewin,
    /// All that a bundle of its mode has
    All,
}
