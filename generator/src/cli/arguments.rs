//! The command line, as typed.

use std::path::{Path, PathBuf};

use clap::{Args, Parser, Subcommand, ValueEnum};
use gangway_contract::Sha256;
use gangway_contract::manifest::Mode;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, OffsetDateTime};

use crate::fleet::DEFAULT_MAX_AGE_DAYS;
use crate::intake::lock::MAX_SEQUENCE;
use crate::pipeline::{VerifyRequest, explain};
use crate::problem::{Code, Deny};
use crate::publication::{HostName, Link};

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
    /// Signs the bootstrap of a bundle with the config's signing command
    Sign(Sign),
    /// Proves that a bundle is as it was built, plus a signature at most
    Verify(Verify),
    /// Looks for every known way in which a GPO fails without a word
    Lint(Lint),
    /// Shows what differs between two bundles, GPO backups or SYSVOL trees
    Diff(Diff),
    /// Brings a bundle's payloads onto the share, or its policies straight into a domain
    #[command(subcommand)]
    Publish(Publish),
    /// Says from host reports which servers are done, and why not the rest
    Report(Report),
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
    #[arg(long, requires = "update_lock")]
    pub(super) allow_downgrade: bool,
    /// Refuses every difference from `gangway.lock` and leaves it alone
    #[arg(long, conflicts_with_all = ["update_lock", "after"])]
    pub(super) locked: bool,
    /// The bootstrap stub; else `bootstrap.stub` of the config, else `gangway-runner.exe` beside
    /// this program
    #[arg(long, value_name = "FILE")]
    pub(super) stub: Option<PathBuf>,
    #[command(flatten)]
    pub(super) sequence: SeenSequence,
    /// A folder that the share is reached by; its `control.json` must not hold back the bundle's sequence
    #[arg(long, value_name = "FOLDER")]
    pub(super) share: Option<PathBuf>,
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
            BuildMode::Precheck => Self::Precheck,
            BuildMode::Onboard => Self::Onboard,
            BuildMode::Offboard => Self::Offboard,
        }
    }
}

/// What the lock may not know.
#[derive(Debug, Args)]
pub(super) struct SeenSequence {
    /// A sequence that servers have seen already: the next bundle gets a higher one
    #[arg(long = "sequence-after", value_name = "N", default_value_t = 0,
        value_parser = clap::value_parser!(u64).range(..MAX_SEQUENCE))]
    pub(super) after: u64,
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
    #[command(flatten)]
    pub(super) patience: Patience,
    #[command(flatten)]
    pub(super) moment: Moment,
}

#[derive(Debug, Args)]
pub(super) struct Verify {
    /// The bundle's folder
    pub(super) bundle: PathBuf,
    /// Fails when the bootstrap is not signed, or no named root vouches for its signature
    #[arg(long)]
    pub(super) signed: bool,
    #[command(flatten)]
    pub(super) outside: Outside,
    /// The stub to make the bootstrap again from; else `bootstrap.stub` of the config, else
    /// `gangway-runner.exe` beside this program, when it is there
    #[arg(long, value_name = "FILE")]
    pub(super) stub: Option<PathBuf>,
    #[command(flatten)]
    pub(super) findings: Findings,
    #[command(flatten)]
    pub(super) moment: Moment,
}

/// What from outside a bundle vouches for it. A bundle never names it.
#[derive(Debug, Args)]
pub(super) struct Outside {
    /// The config that the bundle was built from: its `signing.roots` judge the signature, the
    /// lock beside it remembers the bundle
    #[arg(long, short, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Root certificate (PEM or DER) that may vouch for the signature; may be given several times
    #[arg(long, value_name = "FILE")]
    pub(super) root: Vec<PathBuf>,
    /// SHA-256 of `bundle.json` as `build` printed it, instead of the lock's
    #[arg(long, value_name = "DIGEST", value_parser = digest)]
    pub(super) expect: Option<Sha256>,
}

impl Outside {
    /// The request for this bundle.
    pub(super) fn request(&self, bundle: &Path, now: i64) -> VerifyRequest {
        VerifyRequest {
            config: self.config.clone(),
            roots: self.root.clone(),
            expect: self.expect,
            ..VerifyRequest::of(bundle, now)
        }
    }
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

#[derive(Debug, Subcommand)]
pub(super) enum Publish {
    /// Payloads and switch, onto the share that servers read; a dry run unless `--apply` is given
    Share(PublishShare),
    /// GPOs, WMI filter and bootstrap; a dry run unless `--apply` is given
    Gpo(PublishGpo),
}

#[derive(Debug, Args)]
pub(super) struct PublishShare {
    /// The bundle's folder
    pub(super) bundle: PathBuf,
    /// The share: a folder that it is reached by (mounted, or the file server's own disk), or its UNC
    /// path; else the bundle's `share.root`
    #[arg(long, value_name = "FOLDER|UNC")]
    pub(super) to: Option<PathBuf>,
    /// Account that writes to a UNC path, except on Windows, which signs in the user who is:
    /// `admin@contoso.com` or `CONTOSO\admin`
    #[arg(long, value_name = "ACCOUNT")]
    pub(super) user: Option<String>,
    /// First line of this file is the password, `-` is standard input; else the variable
    /// `GANGWAY_PASSWORD`, else a prompt
    #[arg(long, value_name = "FILE")]
    pub(super) password_file: Option<PathBuf>,
    /// Writes; without it the steps are only printed
    #[arg(long)]
    pub(super) apply: bool,
    /// Publishes the payloads of a bundle whose bootstrap has no signature; for tests only
    #[arg(long)]
    pub(super) allow_unsigned: bool,
    #[command(flatten)]
    pub(super) outside: Outside,
    #[command(flatten)]
    pub(super) moment: Moment,
}

#[derive(Debug, Args)]
pub(super) struct PublishGpo {
    /// The bundle's folder
    pub(super) bundle: PathBuf,
    /// Full DNS name of the domain controller to write to; else the domain's PDC emulator
    #[arg(long, value_name = "HOST")]
    pub(super) dc: Option<HostName>,
    /// Which domain of the bundle, when it is for several
    #[arg(long, value_name = "NAME")]
    pub(super) domain: Option<String>,
    /// Account that writes: `admin@contoso.com` or `CONTOSO\admin`
    #[arg(long, value_name = "ACCOUNT", required_unless_present = "offline")]
    pub(super) user: Option<String>,
    /// First line of this file is the password, `-` is standard input; else the variable
    /// `GANGWAY_PASSWORD`, else a prompt
    #[arg(long, value_name = "FILE")]
    pub(super) password_file: Option<PathBuf>,
    /// StartTLS on port 389 instead of LDAPS on port 636
    #[arg(long)]
    pub(super) start_tls: bool,
    /// Folder at which the domain controller's SYSVOL share is mounted; else `\\HOST\SYSVOL` on
    /// Windows, and the program `smbclient` elsewhere
    #[arg(long, value_name = "FOLDER")]
    pub(super) sysvol: Option<PathBuf>,
    /// Writes; without it the steps are only printed
    #[arg(long)]
    pub(super) apply: bool,
    /// Asks no server: prints what one would be asked, and the steps for a domain that has nothing
    /// of the bundle
    #[arg(long, conflicts_with_all = ["apply", "rollback"])]
    pub(super) offline: bool,
    /// Brings back what was there before the last publication
    #[arg(long, conflicts_with_all = ["link", "allow_unsigned"])]
    pub(super) rollback: bool,
    /// Links GPOs to this domain or unit, by distinguished name, switched off: task and settings, or
    /// one policy alone with `deploy=`, `settings=`, `offboard=` or `role:NAME=` before the name. A
    /// role's exclusions are linked in the last way only; may be given more than once
    #[arg(long, value_name = "[WHICH=]DN")]
    pub(super) link: Vec<Link>,
    /// Switches the links of `--link` on
    #[arg(long, requires = "link")]
    pub(super) enable_links: bool,
    /// Publishes a bootstrap without a signature; for tests only
    #[arg(long)]
    pub(super) allow_unsigned: bool,
    /// Folder that keeps what was there before; else `gangway-published` beside the bundle
    #[arg(long, value_name = "FOLDER")]
    pub(super) state: Option<PathBuf>,
    #[command(flatten)]
    pub(super) outside: Outside,
    #[command(flatten)]
    pub(super) moment: Moment,
}

#[derive(Debug, Args)]
pub(super) struct Report {
    /// Folder with the reports that servers left
    pub(super) folder: PathBuf,
    /// Servers that should exist: names on lines, or what Get-ADComputer, csvde, ldifde,
    /// dsquery or ldbsearch export
    #[arg(long, value_name = "FILE")]
    pub(super) expected: Option<PathBuf>,
    /// The bundle that the servers were given: done means its mode and its tenant
    #[arg(long, value_name = "FOLDER", conflicts_with = "org_id")]
    pub(super) bundle: Option<PathBuf>,
    /// The tenant that onboarded servers have to report to
    #[arg(long, value_name = "ID")]
    pub(super) org_id: Option<String>,
    /// Days after which a server that sent nothing new counts as not heard from
    #[arg(long, value_name = "DAYS", default_value_t = DEFAULT_MAX_AGE_DAYS)]
    pub(super) max_age: u32,
    /// Owners of the report files, saved where the files lie; see `gangway explain GW4008`
    #[arg(long, value_name = "FILE")]
    pub(super) owners: Option<PathBuf>,
    /// Fails unless every report that counts belongs to the account of its server
    #[arg(long, requires = "expected")]
    pub(super) require_owners: bool,
    /// Names every server below each reason, not the first few
    #[arg(long)]
    pub(super) all: bool,
    /// Prints one row for each server as CSV
    #[arg(long, conflicts_with_all = ["json", "sarif"])]
    pub(super) csv: bool,
    /// Exits with 1 when fewer percent of the servers are done
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub(super) threshold: Option<u8>,
    #[command(flatten)]
    pub(super) prune: Prune,
    #[command(flatten)]
    pub(super) findings: Findings,
    #[command(flatten)]
    pub(super) moment: Moment,
}

/// How `report` deletes old reports.
#[derive(Debug, Args)]
pub(super) struct Prune {
    /// Deletes old reports and keeps them as daily counts; a dry run unless `--apply` is given
    #[arg(long = "prune", conflicts_with_all = ["csv", "all", "threshold", "require_owners"])]
    pub(super) wanted: bool,
    /// With `--prune`: keeps this many newest reports of each server, however old
    #[arg(long, value_name = "N", requires = "wanted", default_value_t = 3,
        value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) keep_newest: u16,
    /// With `--prune`: keeps every report of the last so many days
    #[arg(long, value_name = "DAYS", requires = "wanted", default_value_t = DEFAULT_MAX_AGE_DAYS)]
    pub(super) keep_days: u32,
    /// With `--prune`: the file with the daily counts, not among the reports
    #[arg(
        long,
        value_name = "FILE",
        requires = "wanted",
        default_value = "gangway-history.csv"
    )]
    pub(super) history: PathBuf,
    /// With `--prune`: deletes
    #[arg(long, requires = "wanted")]
    pub(super) apply: bool,
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

/// What to do while another run writes the same bundle or lock.
#[derive(Debug, Args)]
pub(super) struct Patience {
    /// Waits so long for another run that writes the same bundle or lock
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pub(super) wait: u64,
}

#[derive(Debug, Args)]
pub(super) struct SchemaOf {
    /// A name such as `build`; none lists all
    pub(super) name: Option<String>,
}

/// What becomes of findings.
#[derive(Debug, Args)]
pub(super) struct Findings {
    /// Counts findings as errors: `warnings` for all of them, or a code such as `GW1305`; may
    /// be given several times
    #[arg(long, value_name = "WHAT", value_parser = denied)]
    deny: Vec<Denied>,
    /// Prints the findings as SARIF 2.1.0 for code-scanning pages
    #[arg(long, conflicts_with = "json")]
    pub(super) sarif: bool,
}

impl Findings {
    pub(super) fn deny(&self) -> Deny {
        let codes = self.deny.iter().filter_map(|denied| match denied {
            Denied::Warnings => None,
            Denied::Code(code) => Some(*code),
        });
        Deny {
            warnings: self.deny.contains(&Denied::Warnings),
            codes: codes.collect(),
        }
    }
}

/// A value of `--deny`.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Denied {
    Warnings,
    Code(&'static Code),
}

/// A moment as people and programs write it, in seconds since 1970 UTC.
fn moment(text: &str) -> Result<i64, String> {
    let day = || Date::parse(text, format_description!("[year]-[month]-[day]"));
    let time = || OffsetDateTime::parse(text, &Rfc3339);
    if let Ok(seconds) = text.parse() {
        return Ok(seconds);
    }
    day()
        .map(|day| day.midnight().assume_utc())
        .or_else(|_| time())
        .map(OffsetDateTime::unix_timestamp)
        .map_err(|_| {
            "expected `2026-03-02`, `2026-03-02T10:00:00Z` or seconds since 1970".to_owned()
        })
}

/// A digest in either case: `Get-FileHash` prints capitals.
fn digest(text: &str) -> Result<Sha256, String> {
    let lower = text.to_ascii_lowercase();
    lower
        .parse()
        .map_err(|_| "expected 64 hex digits".to_owned())
}

fn denied(text: &str) -> Result<Denied, String> {
    if text == "warnings" {
        return Ok(Denied::Warnings);
    }
    explain::find(text).map(Denied::Code).ok_or_else(|| {
        "expected `warnings` or a problem code; `gangway explain` lists them".to_owned()
    })
}

#[derive(Debug, Args)]
pub(super) struct Moment {
    /// Judges expiry and age at this moment instead of now: a day (its beginning, UTC), a time of
    /// RFC 3339 such as `2026-03-02T10:00:00Z`, or seconds since 1970 UTC
    #[arg(long, value_name = "TIME", value_parser = moment, allow_negative_numbers = true)]
    pub(super) as_of: Option<i64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_day_a_time_or_seconds() {
        for (text, seconds) in [
            ("1772445600", Some(1_772_445_600)),
            ("-1", Some(-1)),
            ("2026-03-02", Some(1_772_409_600)),
            ("2026-03-02T10:00:00Z", Some(1_772_445_600)),
            ("2026-03-02t12:00:00.5+02:00", Some(1_772_445_600)),
            ("2026-02-30", None),
            ("2026-3-2", None),
            ("02.03.2026", None),
            ("2026-03-02T10:00", None),
            ("yesterday", None),
            ("", None),
        ] {
            assert_eq!(moment(text).ok(), seconds, "{text}");
        }
    }
}
