//! What `publish` takes.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::controller::Controller;
use super::shared::{Moment, Outside, duration, number};
use crate::publication::{HostName, Link, Removal};

/// Everything, in the order in which nothing that a server is told of is missing; or a part.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(in crate::cli) struct Publish {
    #[command(subcommand)]
    pub(in crate::cli) part: Option<PublishPart>,
    /// The bundle's folder
    #[arg(required = true)]
    pub(in crate::cli) bundle: Option<PathBuf>,
    /// The share: a folder that it is reached by (mounted, or the file server's own disk), or its UNC
    /// path; else the bundle's `share.root`. The same account writes to it
    #[arg(long, value_name = "FOLDER|UNC")]
    pub(in crate::cli) to: Option<PathBuf>,
    /// Writes nothing to the share, which others fill: the release has to lie there already, and is
    /// compared byte for byte before any policy is changed
    #[arg(long)]
    pub(in crate::cli) no_share: bool,
    /// After everything else, takes away what the campaign published to the share before: all but
    /// the N newest releases, and nothing that a live policy or another campaign names
    #[arg(long, value_name = "N", conflicts_with_all = ["no_share", "rollback", "remove", "offline"],
        value_parser = number::<u8>(2, 50))]
    pub(in crate::cli) keep_releases: Option<u8>,
    #[command(flatten)]
    pub(in crate::cli) policies: PolicyArguments,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum PublishPart {
    /// Payloads and switch, onto the share that servers read; a dry run unless `--apply` is given
    Share(PublishShare),
    /// GPOs, WMI filter and bootstrap; a dry run unless `--apply` is given
    Gpo(PublishGpo),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct PublishShare {
    /// The bundle's folder
    pub(in crate::cli) bundle: PathBuf,
    /// The share: a folder that it is reached by (mounted, or the file server's own disk), or its UNC
    /// path; else the bundle's `share.root`
    #[arg(long, value_name = "FOLDER|UNC")]
    pub(in crate::cli) to: Option<PathBuf>,
    /// Account that writes to a UNC path, except on Windows, which signs in the user who is:
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
    /// Asks no share: prints every path that would be written, and the steps for a share that has
    /// nothing of the bundle
    #[arg(long, conflicts_with_all = ["apply", "rollback", "keep_releases"])]
    pub(in crate::cli) offline: bool,
    /// Takes away what the campaign published to the share before: all but the N newest releases, and
    /// nothing that another campaign or a policy of the domain names, which `--user` asks about (on
    /// Windows without it who is signed in)
    #[arg(long, value_name = "N", conflicts_with = "rollback",
        value_parser = number::<u8>(2, 50))]
    #[cfg_attr(not(windows), arg(requires = "user"))]
    pub(in crate::cli) keep_releases: Option<u8>,
    /// With `--keep-releases`: full DNS name of the domain controller to ask; else the PDC emulator
    #[arg(long, value_name = "HOST", requires = "keep_releases", conflicts_with_all = ["rollback", "offline"])]
    pub(in crate::cli) dc: Option<HostName>,
    /// With `--keep-releases`: which domain of the bundle, when it is for several
    #[arg(long, value_name = "NAME", requires = "keep_releases", conflicts_with_all = ["rollback", "offline"])]
    pub(in crate::cli) domain: Option<String>,
    /// Goes back to what the share said before the last publication; payloads stay
    #[arg(long, conflicts_with = "allow_unsigned")]
    pub(in crate::cli) rollback: bool,
    /// Asks no share: lists what `--rollback` goes back to, one publication after the other
    #[arg(long, conflicts_with_all = ["apply", "rollback", "remove", "offline", "keep_releases", "user", "password_file"])]
    pub(in crate::cli) history: bool,
    /// Takes away what the share has of the bundle's campaigns: their releases, their documents and, with the
    /// last campaign of the share, its switch. What another campaign needs, reports and what others put there
    /// stay. For the end, when no policy starts a program of theirs any more
    #[arg(long, conflicts_with_all = ["rollback", "keep_releases", "offline", "allow_unsigned"])]
    pub(in crate::cli) remove: bool,
    /// Folder that keeps what was there before; else `gangway-published` beside the bundle
    #[arg(long, value_name = "FOLDER")]
    pub(in crate::cli) state: Option<PathBuf>,
    /// Publishes the payloads of a bundle whose bootstrap has no signature; for tests only
    #[arg(long)]
    pub(in crate::cli) allow_unsigned: bool,
    #[command(flatten)]
    pub(in crate::cli) outside: Outside,
    #[command(flatten)]
    pub(in crate::cli) moment: Moment,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct PublishGpo {
    /// The bundle's folder
    pub(in crate::cli) bundle: PathBuf,
    #[command(flatten)]
    pub(in crate::cli) policies: PolicyArguments,
}

/// How policies are brought into a domain.
#[derive(Debug, Args)]
pub(in crate::cli) struct PolicyArguments {
    #[command(flatten)]
    pub(in crate::cli) controller: Controller,
    /// Account that writes: `admin@contoso.com` or `CONTOSO\admin`. On Windows it may be left out: who is
    /// signed in then writes, without a password
    #[arg(long, value_name = "ACCOUNT")]
    #[cfg_attr(not(windows), arg(required_unless_present_any = ["offline", "history"]))]
    pub(in crate::cli) user: Option<String>,
    /// First line of this file is the password, `-` is standard input; else the variable
    /// `GANGWAY_PASSWORD`, else a prompt
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) password_file: Option<PathBuf>,
    /// Writes; without it the steps are only printed
    #[arg(long)]
    pub(in crate::cli) apply: bool,
    /// Asks no server: prints every path that would be written, what a server would be asked, and the
    /// steps for a domain that has nothing of the bundle
    #[arg(long, conflicts_with_all = ["apply", "rollback"])]
    pub(in crate::cli) offline: bool,
    /// Brings back what was there before the last publication; said again, before the one before it, up to
    /// five
    #[arg(long, conflicts_with_all = ["link", "allow_unsigned"])]
    pub(in crate::cli) rollback: bool,
    /// Asks no server: lists what `--rollback` goes back to, one publication after the other
    #[arg(long, conflicts_with_all = ["apply", "rollback", "remove", "offline", "link", "prune", "wait_replication"])]
    pub(in crate::cli) history: bool,
    /// Takes the bundle's GPOs out of the domain, with their links and the WMI filter, found by their
    /// GUIDs and our mark: all, or with `=deploy`, `=settings`, `=offboard` or `=role:NAME` one. What
    /// merely has the name is named and stays. Servers stay as they are
    #[arg(long, value_name = "WHICH", num_args = 0..=1, require_equals = true,
        default_missing_value = "all", conflicts_with_all = ["rollback", "link", "allow_unsigned", "offline"])]
    pub(in crate::cli) remove: Vec<Removal>,
    /// Links GPOs to this domain or unit, by distinguished name, switched off: task and settings, or
    /// one policy alone with `deploy=`, `settings=`, `offboard=` or `role:NAME=` before the name. A
    /// role's exclusions are linked in the last way only; may be given more than once
    #[arg(long, value_name = "[WHICH=]DN")]
    pub(in crate::cli) link: Vec<Link>,
    /// Switches the links of `--link` on
    // What conflicts with `--link` is taken for its absence (clap), and has to stand here, too.
    #[arg(long, requires = "link", conflicts_with_all = ["rollback", "remove"])]
    pub(in crate::cli) enable_links: bool,
    /// Takes away what the domain has of ours and the bundle no longer has: settings and roles with their
    /// links, and programs that no policy starts. Without it they are named and stay
    #[arg(long, conflicts_with_all = ["rollback", "remove", "offline"])]
    pub(in crate::cli) prune: bool,
    /// Allows that the task of the other direction (offboarding beside onboarding) reaches the same servers
    /// by its links, since security filtering that somebody made keeps them apart
    #[arg(long, conflicts_with_all = ["rollback", "remove", "offline"])]
    pub(in crate::cli) allow_overlap: bool,
    /// Allows what ends that Defender Antivirus is passive on servers: it becomes active there, also
    /// beside another product
    #[arg(long, conflicts_with = "offline")]
    pub(in crate::cli) end_passive_mode: bool,
    /// Waits until every other domain controller has the program, before any policy is changed, then until
    /// it has the policies, before they are linked, and the links: so long in all, as `90s`, `15m` or
    /// `2h`; without a value 15 minutes. Each is asked by LDAP and by its SYSVOL share. One that lags or
    /// does not answer then is named, nothing is undone, and the exit code is 3
    #[arg(long, value_name = "DURATION", num_args = 0..=1, require_equals = true,
        default_missing_value = "15m", value_parser = duration,
        conflicts_with_all = ["rollback", "remove"])]
    pub(in crate::cli) wait_replication: Option<Duration>,
    /// Publishes a bundle whose bootstrap has no signature; for tests only
    #[arg(long)]
    pub(in crate::cli) allow_unsigned: bool,
    /// Folder that keeps what was there before; else `gangway-published` beside the bundle
    #[arg(long, value_name = "FOLDER")]
    pub(in crate::cli) state: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) outside: Outside,
    #[command(flatten)]
    pub(in crate::cli) moment: Moment,
}
