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
    /// The two shares.
    pub shares: Option<[Share; 2]>,
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
