//! The installer package: a vehicle that puts the bootstrap and its payloads into a folder of their
//! own and starts it once everything has been committed.
//!
//! All decisions are rows ([`rows`], [`sequences`]) that are checked ([`checks`]) before one byte is
//! written ([`database`]), and once more as they are stored ([`stored`]).

mod checks;
mod database;
mod identity;
mod rows;
mod schema;
mod sequences;
mod stored;
mod table;
#[cfg(test)]
mod tests;

use gangway_contract::manifest::Mode;
use gangway_contract::{BundleId, Sha256};

pub use database::{WriteError, add_payloads, write};
pub use identity::Identities;
pub use stored::holds_payloads;

use table::Table;

use super::codes;
use crate::problem::Problem;

/// Name of the first cabinet with payloads, beside the package or inside it.
pub const PAYLOAD_CABINET: &str = "payload.cab";

/// Name of a cabinet with payloads, by its number from 0.
pub fn payload_cabinet(number: usize) -> String {
    match number {
        0 => PAYLOAD_CABINET.to_owned(),
        number => format!("payload{}.cab", number + 1),
    }
}

/// Name of the cabinet with the bootstrap, always inside the package.
pub const BOOT_CABINET: &str = "boot.cab";

/// A file that the package installs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackagedFile {
    /// Its name on the server.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
    /// SHA-256 of its bytes.
    pub sha256: Sha256,
}

/// Where the cabinets with the payloads lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payloads {
    /// Beside the package, as [`payload_cabinet`] names them: Windows keeps a copy of a whole package in
    /// `%windir%\Installer`, with all that is embedded.
    Beside,
    /// Inside the package.
    Embedded,
}

/// What is packed.
#[derive(Debug, Clone)]
pub struct Contents {
    /// What stands for the organisation in GUIDs: its packages are told by it.
    pub identity: String,
    /// The organisation's name as it is shown, in letters of Windows-1252.
    pub maker: String,
    /// What the bootstrap does: it looks, or it onboards.
    pub mode: Mode,
    /// Names the program inside.
    pub bundle_id: BundleId,
    /// The manifest's sequence, which orders the versions.
    pub sequence: u64,
    /// Time of creation, in seconds since 1970 UTC.
    pub output_time: i64,
    /// The bootstrap, signed or not.
    pub exe: PackagedFile,
    /// Version that the bootstrap's resource states, as `1.2.3.4`.
    pub exe_version: String,
    /// The payloads, in the order of the cabinets.
    pub payloads: Vec<PackagedFile>,
    /// How many of them are in each cabinet.
    pub cabinets: Vec<usize>,
    /// Where the cabinets lie.
    pub place: Payloads,
}

/// A package that is decided and not written yet.
#[derive(Debug)]
pub struct Planned {
    /// Its GUIDs and its version.
    pub identities: Identities,
    tables: Vec<Table>,
    contents: Contents,
}

/// Decides every row.
///
/// # Errors
/// What stands against a package of these contents.
pub fn plan(contents: Contents) -> Result<Planned, Vec<Problem>> {
    let mut problems = refused(&contents);
    let version = identity::version(contents.sequence);
    let Some(version) = version.filter(|_| problems.is_empty()) else {
        if version_is_missing(&contents) {
            problems.push(Problem::new(
                &codes::SEQUENCE_TOO_HIGH,
                "bundle.json",
                format!("sequence {} has no version of a package", contents.sequence),
                "bring the bundle to servers by its exe",
            ));
        }
        return Err(problems);
    };
    let (tables, identities) = rows::all(&contents, &version);
    let problems = checks::all(&tables);
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(Planned {
        identities,
        tables,
        contents,
    })
}

fn version_is_missing(contents: &Contents) -> bool {
    identity::version(contents.sequence).is_none()
}

/// What no package may be made of.
fn refused(contents: &Contents) -> Vec<Problem> {
    let (_, _, has_others) = encoding_rs::WINDOWS_1252.encode(&contents.maker);
    match contents.mode {
        Mode::Precheck | Mode::Onboard if has_others => vec![Problem::new(
            &codes::NAME_NOT_LATIN,
            "organization.name",
            format!("`{}` has letters beyond Windows-1252", contents.maker),
            "write `latin_name` beside it under `[organization]`, and name the config by `-c`; or \
             leave `--format msi` out",
        )],
        Mode::Offboard => vec![Problem::new(
            &codes::OFFBOARDING_PACKAGE,
            "manifest.json",
            "the bundle offboards, and its data takes any server of the tenant out of the service",
            "bring the bundle to servers by Group Policy, or by its exe",
        )],
        Mode::Precheck | Mode::Onboard => Vec::new(),
    }
}

/// Names of the files in the cabinets: the first is the bootstrap's, then the payloads'.
pub fn file_keys(payloads: usize) -> Vec<String> {
    let numbered = (1..=payloads).map(|number| format!("P{number:03}"));
    std::iter::once(sequences::BOOTSTRAP.to_owned())
        .chain(numbered)
        .collect()
}

/// Holds a package that was written against what the Windows Installer wants of the bytes.
///
/// # Errors
/// The package cannot be read back.
pub fn check_stored(
    package: &mut (impl std::io::Read + std::io::Seek),
    name: &str,
) -> Result<Vec<Problem>, crate::formats::msi::MsiError> {
    stored::check(package, name)
}
