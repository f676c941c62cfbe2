//! `gangway selftest`: the parts of a verified bundle, and of its packages, that a server is asked about.

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};

use gangway_contract::{BundleId, Sha256, UncPath};

use super::output::{self, OutputError};
use super::package::{Format, PackageFile, PackagesDocument, Product, document_of};
use super::publish::{self, ContentsError, ContentsRequest};
use super::{codes, verify};
use crate::failure::{FailureCode, Fault, hint_of};
use crate::gpo::found::{FoundGpo, LoadError, Origin, load};
use crate::gpo::registry_pol::{self, RegistryPolicy};
use crate::gpo::xml;
use crate::packages::tools;
use crate::plain_file;
use crate::problem::Problem;
use crate::publication::{Contents, SharedFolder, share_commands};
#[cfg(all(windows, feature = "directory"))]
use crate::selftest::SignedIn;
use crate::selftest::{Backup, Installer, Rules, Script, Share, SignIn, Subject};

/// The share that is made for a moment; of the path only the name of the share comes into the commands.
const SHARE: &str = r"\\server.contoso.com\gangway-selftest$";

/// Local groups that stand for those of a domain, whose accounts a server without a domain does not have:
/// users, guests, backup operators for computers, controllers, read-only controllers.
const STAND_INS: [(&str, &str); 3] = [
    ("SID-OF-domain-515", "S-1-5-32-545"),
    ("SID-OF-domain-516", "S-1-5-32-546"),
    ("SID-OF-domain-521", "S-1-5-32-551"),
];

/// What is asked about.
#[derive(Debug, Clone)]
pub struct SelftestRequest {
    /// The bundle, and what from outside of it vouches for it.
    pub bundle: verify::VerifyRequest,
    /// Which domain of the bundle; none when it has one.
    pub domain: Option<String>,
    /// A folder of packages that were made of it.
    pub packages: Option<PathBuf>,
    /// A later build, and the folder of packages that were made of it.
    pub later: Option<(verify::VerifyRequest, PathBuf)>,
}

/// A bundle that is ready to be asked about.
#[derive(Debug)]
pub struct SelftestBundle {
    /// Its parts.
    pub subject: Subject,
    /// Findings of the verification, below error.
    pub problems: Vec<Problem>,
}

/// Why nothing can be asked.
#[derive(Debug, thiserror::Error)]
pub enum SelftestError {
    /// It does not verify, or is not for the domain.
    #[error(transparent)]
    Bundle(#[from] ContentsError),
    /// Its policies cannot be read.
    #[error(transparent)]
    Policies(#[from] LoadError),
    /// A part of it cannot be read.
    #[error("read `{}`", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The later build's package would not take the place of the other.
    #[error("`{}` is no later build of this bundle: {why}", path.display())]
    NotLater {
        /// The bundle's folder.
        path: PathBuf,
        /// What speaks against it.
        why: String,
    },
    /// The folder of packages is none of this bundle.
    #[error("`{}` holds no packages of this bundle: {why}", path.display())]
    Packages {
        /// The folder.
        path: PathBuf,
        /// What speaks against it.
        why: String,
    },
}

impl Fault for SelftestError {
    fn code(&self) -> FailureCode {
        match self {
            Self::Bundle(error) => error.code(),
            Self::Policies(_) | Self::Packages { .. } | Self::NotLater { .. } => {
                FailureCode::NotVerified
            }
            Self::Unreadable { .. } => FailureCode::Files,
        }
    }

    fn hint(&self) -> Option<Cow<'static, str>> {
        match self {
            Self::Bundle(error) => error.hint(),
            Self::Policies(error) => error.hint(),
            Self::Unreadable { source, .. } => hint_of(source),
            Self::NotLater { .. } => Some(
                "build once more with the same config and lock, into another folder, and make its \
                 packages with `--format msi`"
                    .into(),
            ),
            Self::Packages { .. } => {
                Some("make them by `gangway package`, and copy the folder whole".into())
            }
        }
    }
}

/// Where the answer is written: in no bundle and no packages, which it would make others.
///
/// # Errors
/// It would lie in one.
pub fn apart(out: &Path) -> Result<(), OutputError> {
    output::check_apart(out, &[])
}

/// Verifies a bundle and takes it apart.
///
/// # Errors
/// As for publishing it, or packages of another bundle.
pub fn subject(request: &SelftestRequest) -> Result<SelftestBundle, SelftestError> {
    let (contents, release) = publish::everything(&ContentsRequest {
        bundle: request.bundle.clone(),
        domain: request.domain.clone(),
        needs_signature: false,
        comes_to_servers: false,
    })?;
    let bundle = absolute(&request.bundle.bundle)?;
    let folder = bundle.join("gpo").join(contents.domain.as_str());
    let found = load(&folder)?;
    let mof = folder.join("wmi-filter.mof");
    let queries = found
        .filters
        .into_iter()
        .find_map(|filter| filter.queries.ok());
    let exe = bundle.join("bootstrap").join(&contents.bootstrap.0);
    let packages = match &request.packages {
        Some(packages) => Packages::of(&absolute(packages)?, &contents)?,
        None => Packages::default(),
    };
    let unsigned = |problem: &Problem| problem.code == &codes::EXE_UNSIGNED;
    let payloads = release.release.files.iter();
    let payloads: Result<Vec<_>, _> = payloads.map(|file| absolute(&file.source)).collect();
    Ok(SelftestBundle {
        subject: Subject {
            is_signed: !contents.problems.iter().any(unsigned),
            exe,
            payloads: payloads?,
            tasks: tasks(&contents),
            values: values(&contents),
            backups: found.gpos.iter().filter_map(backup).collect(),
            filter: queries.map(|queries| (mof, queries)),
            later_installer: later(request, packages.product.as_ref())?,
            installer: packages.installer,
            shares: shares(),
            scripts: packages.scripts,
            configuration: packages.configuration,
            rules: packages.rules,
            sign_in: sign_in(),
        },
        problems: contents.problems,
    })
}

/// The installer package of the later build, which is verified as the first one.
fn later(
    request: &SelftestRequest,
    earlier: Option<&Product>,
) -> Result<Option<Installer>, SelftestError> {
    let Some((bundle, packages)) = &request.later else {
        return Ok(None);
    };
    let refused = |why: &str| SelftestError::NotLater {
        path: bundle.bundle.clone(),
        why: why.to_owned(),
    };
    let (contents, _) = publish::everything(&ContentsRequest {
        bundle: bundle.clone(),
        domain: request.domain.clone(),
        needs_signature: false,
        comes_to_servers: false,
    })?;
    let found = Packages::of(&absolute(packages)?, &contents)?;
    let earlier = earlier.ok_or_else(|| refused("the first one has no installer package"))?;
    let product = found.product.as_ref();
    let product = product.ok_or_else(|| refused("it has no installer package"))?;
    if product.upgrade_code != earlier.upgrade_code {
        return Err(refused("its package belongs to another organisation"));
    }
    if !is_above(&product.version, &earlier.version) {
        return Err(refused("its package has no higher version"));
    }
    Ok(found.installer)
}

/// Compares versions of three numbers; what is none is above nothing.
fn is_above(version: &str, other: &str) -> bool {
    let numbers = |text: &str| -> Option<Vec<u32>> {
        text.split('.').map(|part| part.parse().ok()).collect()
    };
    match (numbers(version), numbers(other)) {
        (Some(version), Some(other)) => version > other,
        _ => false,
    }
}

fn absolute(path: &Path) -> Result<PathBuf, SelftestError> {
    std::path::absolute(path).map_err(|source| SelftestError::Unreadable {
        path: path.to_owned(),
        source,
    })
}

/// Every embedded task with its name.
fn tasks(contents: &Contents) -> Vec<(String, xml::Element)> {
    let files = contents.gpos.iter().flat_map(|gpo| &gpo.files);
    let documents = files
        .filter(|(name, _)| name.ends_with("ScheduledTasks.xml"))
        .filter_map(|(_, bytes)| xml::read(bytes).ok());
    let mut tasks = Vec::new();
    for document in documents {
        for properties in document
            .elements()
            .filter_map(|item| item.find("Properties"))
        {
            if let Some(task) = properties.find("Task") {
                let name = properties.get("name").unwrap_or_default();
                tasks.push((name.to_owned(), task.clone()));
            }
        }
    }
    tasks
}

/// Registry values of all GPOs, each key and name once.
fn values(contents: &Contents) -> RegistryPolicy {
    let mut whole = RegistryPolicy::default();
    for (name, bytes) in contents.gpos.iter().flat_map(|gpo| &gpo.files) {
        let is_it = name.to_lowercase().ends_with(registry_pol::FILE_NAME);
        if is_it && let Ok(policy) = RegistryPolicy::read(bytes) {
            for record in policy.records {
                let is_same =
                    |one: &registry_pol::Record| one.key == record.key && one.value == record.value;
                if !whole.records.iter().any(is_same) {
                    whole.records.push(record);
                }
            }
        }
    }
    whole
}

/// A backup as `Import-GPO` is told of it.
fn backup(gpo: &FoundGpo) -> Option<Backup> {
    let Origin::Backup {
        document: Some(document),
        ..
    } = &gpo.origin
    else {
        return None;
    };
    let tasks = gpo.machine.tasks.as_ref()?.content.entries.len();
    let place = absolute(Path::new(&gpo.place)).ok()?;
    Some(Backup {
        folder: place.parent()?.to_owned(),
        name: document.display_name.clone(),
        task: (tasks > 0).then(|| "ScheduledTasks".to_owned()),
    })
}

/// What of a folder of packages is asked about; every file of these parts is compared.
#[derive(Default)]
struct Packages {
    product: Option<Product>,
    installer: Option<Installer>,
    scripts: Vec<Script>,
    configuration: Option<(PathBuf, String)>,
    rules: Option<Rules>,
}

impl Packages {
    fn of(folder: &Path, contents: &Contents) -> Result<Self, SelftestError> {
        let refused = |why: String| SelftestError::Packages {
            path: folder.to_owned(),
            why,
        };
        let document = document_of_bundle(folder, contents).map_err(refused)?;
        let parts = parts(folder, &document).map_err(refused)?;
        let ending = |ending: &str| {
            let found = parts.iter().find(|(file, _)| file.path.ends_with(ending));
            found.map(|(_, place)| place.clone())
        };
        let installer = match (ending(".msi"), &document.product) {
            (Some(file), Some(product)) => {
                let inside = |code: char| code.is_ascii_hexdigit() || "{}-".contains(code);
                if !product.product_code.chars().all(inside) {
                    return Err(refused("its product code is no GUID".to_owned()));
                }
                Some(Installer {
                    file,
                    product_code: product.product_code.clone(),
                    exe_sha256: document.exe_sha256,
                })
            }
            _ => None,
        };
        let rules = ending("/AppControl.xml").zip(ending("/AppLocker.xml"));
        Ok(Self {
            product: document.product.clone(),
            installer,
            configuration: ending("/Onboard.ps1")
                .map(|file| (file, tools::CONFIGURATION.to_owned())),
            rules: rules.map(|(app_control, app_locker)| Rules {
                app_control,
                app_locker,
            }),
            scripts: parts
                .iter()
                .filter(|(file, _)| file.path.ends_with(".ps1"))
                .map(|(file, place)| Script {
                    file: place.clone(),
                    is_signed: file.signature.is_some(),
                })
                .collect(),
        })
    }
}

/// The document of packages that were made of this very bundle; else what speaks against it.
fn document_of_bundle(folder: &Path, contents: &Contents) -> Result<PackagesDocument, String> {
    let absent = || "there is no `packages.json`".to_owned();
    let document = document_of(folder).ok_or_else(absent)??;
    if !is_of(&document.bundle_id, contents) {
        return Err(format!("they are of bundle {}", document.bundle_id));
    }
    match document.exe_sha256 == Sha256::of(&contents.bootstrap.1) {
        true => Ok(document),
        false => Err("their bootstrap has other bytes".to_owned()),
    }
}

/// The files that are asked about, with their places; else which one was changed.
fn parts<'a>(
    folder: &Path,
    document: &'a PackagesDocument,
) -> Result<Vec<(&'a PackageFile, PathBuf)>, String> {
    let mut parts = Vec::new();
    for file in document.files.iter().filter(|file| is_asked_about(file)) {
        let place = place(folder, &file.path);
        let digest = plain_file::digest(&place, file.size).ok();
        let plain = !file.path.split('/').any(|it| ["", ".", ".."].contains(&it));
        if !plain || digest != Some((file.size, file.sha256)) {
            return Err(format!("`{}` is not there as it was made", file.path));
        }
        parts.push((file, place));
    }
    Ok(parts)
}

fn is_asked_about(file: &PackageFile) -> bool {
    matches!(
        file.format,
        Format::Msi | Format::Configmgr | Format::Dsc | Format::Allow
    )
}

/// Of a path with `/`.
fn place(folder: &Path, path: &str) -> PathBuf {
    path.split('/')
        .fold(folder.to_owned(), |place, part| place.join(part))
}

/// Signs in where a publication would, as whoever is signed in: Windows alone has tickets for it.
#[cfg(all(windows, feature = "directory"))]
fn sign_in() -> Option<SignIn> {
    use crate::publication::{Account, Failure, HostName, sign_in};
    Some(|server| {
        let host = match server.parse::<HostName>() {
            Ok(host) => host,
            Err(error) => return SignedIn::NotReached(error.to_string()),
        };
        match sign_in(&host, &Account::SignedIn) {
            Ok(()) => SignedIn::Taken,
            Err(error) if error.failure == Failure::NoConnection => {
                SignedIn::NotReached(error.to_string())
            }
            Err(error) => SignedIn::Refused(error.to_string()),
        }
    })
}

/// Signs in where a publication would, as whoever is signed in: Windows alone has tickets for it.
#[cfg(not(all(windows, feature = "directory")))]
const fn sign_in() -> Option<SignIn> {
    None
}

/// The bootstrap's name holds the id.
fn is_of(bundle_id: &BundleId, contents: &Contents) -> bool {
    contents.bootstrap.0.contains(bundle_id.as_str())
}

/// Both shares as the runbook makes them, with local groups in the place of the domain's.
fn shares() -> Option<[Share; 2]> {
    let path: UncPath = SHARE.parse().ok()?;
    let local = |text: &str| {
        let replaced = STAND_INS.iter();
        replaced.fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
    };
    let share = |folder: SharedFolder| Share {
        commands: (share_commands(folder, &path, &["domain"]).windows.iter())
            .map(|line| local(line))
            .collect(),
        wanted: local(&folder.sddl(&["SID-OF-domain".to_owned()])),
    };
    Some([share(SharedFolder::Payloads), share(SharedFolder::Reports)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_runbooks_commands_name_accounts_that_every_server_has() {
        let [payloads, reports] = shares().unwrap();
        for share in [payloads, reports] {
            let whole = format!("{} {}", share.commands.join(" "), share.wanted);
            assert!(!whole.contains("SID-OF"), "{whole}");
            assert!(whole.contains("icacls.exe \"FOLDER\"") && whole.contains("-Path 'FOLDER'"));
            assert!(whole.contains("gangway-selftest$"));
            assert!(share.wanted.contains(";;;S-1-5-32-545)"));
        }
    }
}
