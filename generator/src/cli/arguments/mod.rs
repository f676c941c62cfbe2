//! The command line, as typed.

mod attest;
mod controller;
mod package;
mod publish;
mod reconstruct;
mod report;
mod retire;
mod rollout;
mod selftest;
mod shared;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use gangway_contract::Sha256;
use gangway_contract::manifest::Mode;

pub(super) use attest::{Attest, AttestedBy};
pub(super) use package::Package;
#[cfg(feature = "directory")]
pub(super) use publish::PolicyArguments;
pub(super) use publish::{Publish, PublishGpo, PublishPart, PublishShare};
pub(super) use reconstruct::Reconstruct;
pub(super) use report::{Prune, Report};
pub(super) use retire::Retire;
pub(super) use rollout::{Rollout, RolloutAction};
pub(super) use selftest::Selftest;
pub(super) use shared::{Findings, Moment, Outside, Patience, SeenSequence};

use crate::problem::Deny;

use shared::digest;

/// Turns Microsoft Defender portal downloads into everything that is needed to onboard a
/// fleet of Windows Servers through Active Directory.
#[derive(Debug, Parser)]
#[command(name = "gangway", version, after_help = crate::exit::help_text())]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(super) struct Global {
    /// Prints the answer as one JSON document on standard output; `gangway schema` describes it
    #[arg(long, global = true)]
    pub(super) json: bool,
    /// When to use colour
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto)]
    pub(super) color: Color,
    /// Prints problems only
    #[arg(long, short, global = true)]
    pub(super) quiet: bool,
    /// Prints notes too
    #[arg(long, short, global = true)]
    pub(super) verbose: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal, unless `NO_COLOR` is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Writes a commented config to start from
    Init(Init),
    /// Says what files are, who made them, for which tenant, and whether they may be used
    Inspect(Inspect),
    /// Builds a bundle from a config
    Build(Build),
    /// Makes a lost `gangway.lock` again from bundles that were built
    Lock(Relock),
    /// Gives config and lock back from a bundle, a share or a domain
    Reconstruct(Box<Reconstruct>),
    /// Signs the bootstrap of a bundle with the config's signing command
    Sign(Sign),
    /// Proves that a bundle is as it was built, plus a signature at most
    Verify(Verify),
    /// Makes packages of a signed bundle, for tools that bring software to servers
    Package(Package),
    /// Says by a key of the organisation what a bundle was made of, for `verify --key`
    Attest(Attest),
    /// Looks for every known way in which a GPO fails without a word
    Lint(Lint),
    /// Shows what differs between two bundles, GPO backups or SYSVOL trees
    Diff(Diff),
    /// Brings a bundle's payloads onto the share, and its policies straight into a domain
    Publish(Box<Publish>),
    /// Shows and changes what a share lets servers do: ring, pause, lowest sequence; a dry run unless
    /// `--apply` is given
    Rollout(Rollout),
    /// Takes everything of the organisation out of a domain and off its share, when the last campaign is over:
    /// policies, links, filter, programs, releases; a dry run unless `--apply` is given
    Retire(Box<Retire>),
    /// Says from host reports which servers are done, and why not the rest
    Report(Report),
    /// Asks a throw-away Windows Server what only Windows can show, and writes its answers
    Selftest(Selftest),
    /// Tells more about a problem code, a word of any output, or a code of another program
    Explain(Explain),
    /// Writes shell completions
    Completions(Completions),
    /// Prints the JSON Schema of a command's `--json` answer
    Schema(SchemaOf),
}

#[derive(Debug, Args)]
pub(super) struct Init {
    /// File to write
    #[arg(default_value = "gangway.toml")]
    pub(super) path: PathBuf,
    /// What every GUID comes from, 1 to 64 characters; else a new one of its own
    #[arg(long, value_name = "ID")]
    pub(super) id: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Inspect {
    /// Files, folders and archives
    #[arg(required = true)]
    pub(super) paths: Vec<PathBuf>,
    /// Takes trust and tenant from this config
    #[arg(long, short)]
    pub(super) config: Option<PathBuf>,
    /// Asks this revocation list (DER or PEM) too; may be given several times
    #[arg(long, value_name = "FILE")]
    pub(super) crl: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) findings: Findings,
    #[command(flatten)]
    pub(super) moment: Moment,
}

#[derive(Debug, Args)]
pub(super) struct Build {
    /// The config
    #[arg(long, short, default_value = "gangway.toml")]
    pub(super) config: PathBuf,
    /// Folder to write; an older bundle there is replaced as a whole
    #[arg(long, short)]
    pub(super) out: PathBuf,
    /// What the bootstrap will do, instead of what the config says
    #[arg(long, value_enum)]
    pub(super) mode: Option<BuildMode>,
    /// Accepts changed downloads into `gangway.lock`
    #[arg(long)]
    pub(super) update_lock: bool,
    /// With `--update-lock`: accepts lower versions too
    #[arg(long, requires = "update_lock", conflicts_with = "locked")]
    pub(super) allow_downgrade: bool,
    /// Refuses every difference from `gangway.lock` and leaves it alone
    #[arg(long, conflicts_with_all = ["update_lock", "after"])]
    pub(super) locked: bool,
    /// The bootstrap stub; else `bootstrap.stub` of the config, else the one inside this program, else
    /// `gangway-runner.exe` beside it
    #[arg(long, value_name = "FILE")]
    pub(super) stub: Option<PathBuf>,
    #[command(flatten)]
    pub(super) sequence: SeenSequence,
    /// A folder that the share is reached by; it must not hold back the bundle's sequence
    #[arg(long, value_name = "FOLDER")]
    pub(super) share: Option<PathBuf>,
    /// Makes policies with other GUIDs than the lock's, beside those that are in the domain
    #[arg(long, conflicts_with = "locked")]
    pub(super) new_identity: bool,
    #[command(flatten)]
    pub(super) patience: Patience,
    #[command(flatten)]
    pub(super) findings: Findings,
    #[command(flatten)]
    pub(super) moment: Moment,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum BuildMode {
    /// Look and report; change nothing
    Precheck,
    /// Bring servers to onboarded
    Onboard,
    /// Bring servers to offboarded
    Offboard,
    /// The last campaign: take away what bootstraps left on servers, in the place of the Deploy policy
    Retire,
}

impl Command {
    /// What is asked about findings; none of a command that makes none.
    fn findings(&self) -> Option<&Findings> {
        match self {
            Self::Inspect(given) => Some(&given.findings),
            Self::Build(given) => Some(&given.findings),
            Self::Verify(given) => Some(&given.findings),
            Self::Lint(given) => Some(&given.findings),
            Self::Report(given) => Some(&given.findings),
            _ => None,
        }
    }

    /// Are the findings asked for as SARIF?
    pub(super) fn wants_sarif(&self) -> bool {
        self.findings().is_some_and(|findings| findings.sarif)
    }

    /// Findings that stand against the command although they are no errors.
    pub(super) fn deny(&self) -> Deny {
        self.findings().map(Findings::deny).unwrap_or_default()
    }
}

impl From<BuildMode> for Mode {
    fn from(mode: BuildMode) -> Self {
        match mode {
            // It changes nothing of the sensor.
            BuildMode::Precheck | BuildMode::Retire => Self::Precheck,
            BuildMode::Onboard => Self::Onboard,
            BuildMode::Offboard => Self::Offboard,
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct Relock {
    /// The config whose lock it is
    #[arg(long, short, default_value = "gangway.toml")]
    pub(super) config: PathBuf,
    /// The newest bundle of a mode; may be given several times
    #[arg(long, value_name = "BUNDLE", required = true)]
    pub(super) from: Vec<PathBuf>,
    /// SHA-256 of its `bundle.json` as `build` printed it
    #[arg(long, value_name = "DIGEST", value_parser = digest)]
    pub(super) expect: Option<Sha256>,
    #[command(flatten)]
    pub(super) sequence: SeenSequence,
    #[command(flatten)]
    pub(super) patience: Patience,
    #[command(flatten)]
    pub(super) moment: Moment,
}

#[derive(Debug, Args)]
pub(super) struct Sign {
    /// The bundle's folder
    pub(super) bundle: PathBuf,
    /// The config with the `[signing]` section; the lock beside it tells which bundle was built
    #[arg(long, short, default_value = "gangway.toml")]
    pub(super) config: PathBuf,
    /// SHA-256 of `bundle.json` as `build` printed it, instead of the lock's
    #[arg(long, value_name = "DIGEST", value_parser = digest)]
    pub(super) expect: Option<Sha256>,
    /// Signs nothing, and writes what a signer elsewhere has to sign: for `osslsigncode sign` and its like
    #[arg(long, value_name = "FILE")]
    pub(super) digest_out: Option<PathBuf>,
    /// Attaches the signature that was made elsewhere of what `--digest-out` wrote, instead of running
    /// the signing command: PKCS #7 in DER or PEM
    #[arg(long, value_name = "FILE", conflicts_with = "digest_out")]
    pub(super) signature_in: Option<PathBuf>,
    /// Takes a signature without a time stamp although the config asks for one
    #[arg(long)]
    pub(super) allow_unstamped: bool,
    #[command(flatten)]
    pub(super) patience: Patience,
    #[command(flatten)]
    pub(super) moment: Moment,
}

#[derive(Debug, Args)]
pub(super) struct Verify {
    /// The bundle's folder
    pub(super) bundle: PathBuf,
    /// Fails when the bootstrap is not signed, no named root vouches for its signature, or it carries no time
    /// stamp although the config asks for one
    #[arg(long)]
    pub(super) signed: bool,
    /// Takes signatures of bootstrap and packages without a time stamp although the config asks for one
    #[arg(long)]
    pub(super) allow_unstamped: bool,
    #[command(flatten)]
    pub(super) attested: AttestedBy,
    #[command(flatten)]
    pub(super) shares: Shares,
    #[command(flatten)]
    pub(super) outside: Outside,
    /// The stub to make the bootstrap again from; else `bootstrap.stub` of the config, else the one
    /// inside this program, else `gangway-runner.exe` beside it, when it is there
    #[arg(long, value_name = "FILE")]
    pub(super) stub: Option<PathBuf>,
    #[command(flatten)]
    pub(super) findings: Findings,
    #[command(flatten)]
    pub(super) moment: Moment,
}

/// The shares as they are.
#[derive(Debug, Args)]
pub(super) struct Shares {
    /// Compares the share with the bundle too: payloads, switch, what else lies there, and, by its UNC
    /// path, who may do what
    #[arg(long, value_name = "FOLDER|UNC")]
    pub(super) share: Option<PathBuf>,
    /// The folder that takes reports; else the bundle's `share.reports`, when `--share` is its
    /// `share.root`
    #[arg(long, value_name = "FOLDER|UNC", requires = "share")]
    pub(super) reports: Option<PathBuf>,
    /// Account that reads at a UNC path, except on Windows, which signs in the user who is
    #[arg(long, value_name = "ACCOUNT", requires = "share")]
    pub(super) user: Option<String>,
    /// First line of this file is the password, `-` is standard input; else the variable
    /// `GANGWAY_PASSWORD`, else a prompt
    #[arg(long, value_name = "FILE", requires = "user")]
    pub(super) password_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Lint {
    /// A bundle, GPMC backup, SYSVOL tree, policy file, or a folder of them
    pub(super) path: PathBuf,
    #[command(flatten)]
    pub(super) findings: Findings,
}

#[derive(Debug, Args)]
pub(super) struct Diff {
    /// Before
    pub(super) old: PathBuf,
    /// After
    pub(super) new: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct Explain {
    /// A problem code (`GW1203`), a word of any output (`converged`), a code of another program
    /// (`ddt:11`, `msiexec:1603`, `wdatp:15`, `sense:84`) or a number (`0x80070534`); none lists all
    #[arg(allow_negative_numbers = true)]
    pub(super) code: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell
    pub(super) shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub(super) struct SchemaOf {
    /// A name such as `build`; none lists all
    pub(super) name: Option<String>,
}
