//! What a server is asked about: the parts of a bundle, and its installer package.

use std::path::PathBuf;

use gangway_contract::Sha256;

use crate::gpo::registry_pol::RegistryPolicy;
use crate::gpo::wmi::Query;
use crate::gpo::xml::Element;

/// All of it. Every path is absolute.
#[derive(Debug, Clone, Default)]
pub struct Subject {
    /// The bootstrap, proven to be the one that was built.
    pub exe: PathBuf,
    /// Did anybody sign it?
    pub is_signed: bool,
    /// The release.
    pub payloads: Vec<PathBuf>,
    /// Tasks of the policies, by the name of the preference.
    pub tasks: Vec<(String, Element)>,
    /// Registry values of the computer side.
    pub values: RegistryPolicy,
    /// GPO backups of one domain.
    pub backups: Vec<Backup>,
    /// The WMI filter: its MOF, and what it asks.
    pub filter: Option<(PathBuf, Vec<Query>)>,
    /// The installer package.
    pub installer: Option<Installer>,
    /// The package of a later build, which takes the place of the other.
    pub later_installer: Option<Installer>,
    /// The two shares.
    pub shares: Option<[Share; 2]>,
    /// Scripts of the packages.
    pub scripts: Vec<Script>,
    /// The script with the configuration for DSC, and the configuration's name.
    pub configuration: Option<(PathBuf, String)>,
    /// Rules of the packages.
    pub rules: Option<Rules>,
    /// Signs in at a domain controller; none where this program cannot.
    pub sign_in: Option<SignIn>,
}

/// A script of PowerShell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// Where it lies.
    pub file: PathBuf,
    /// Did somebody sign it?
    pub is_signed: bool,
}

/// Policies of application control.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// XML of a supplemental policy.
    pub app_control: PathBuf,
    /// XML to be merged.
    pub app_locker: PathBuf,
}

/// Signs in at the domain controller of this name as whoever is signed in at this machine, and asks it
/// nothing.
pub type SignIn = fn(server: &str) -> SignedIn;

/// How that ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignedIn {
    /// The domain controller took the ticket.
    Taken,
    /// It did not, or Windows gave none; in words.
    Refused(String),
    /// Nobody was asked: no connection, or a certificate that is not trusted; in words.
    NotReached(String),
}

/// A GPO backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    /// The folder that holds it.
    pub folder: PathBuf,
    /// Display name of the GPO.
    pub name: String,
    /// A word that GPMC's report has when a task is in it.
    pub task: Option<String>,
}

/// An installer package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installer {
    /// The package.
    pub file: PathBuf,
    /// Its product code, in braces.
    pub product_code: String,
    /// SHA-256 of the bootstrap that was packed.
    pub exe_sha256: Sha256,
}

/// A share as the runbook makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// Commands of the runbook, in PowerShell; `FOLDER` stands for its folder, and the domain's groups
    /// are local ones.
    pub commands: Vec<String>,
    /// The access list that is wanted, as SDDL.
    pub wanted: String,
}
