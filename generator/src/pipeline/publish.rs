//! `gangway publish`: what a verified bundle wants to have in a domain and on the share. Bringing it
//! there is the work of [`crate::publication`].

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gangway_contract::manifest::Manifest;
use gangway_contract::program_name::program_name;
use gangway_contract::{Sha256, UncPath};

use super::codes;
use super::config::without_exclusions;
use super::identity::{domains, task_policies, task_purpose};
use super::offboarding;
use super::verify::{VerifyError, VerifyRequest, verify};
use crate::bundle::BundleDocument;
use crate::failure::{FailureCode, Fault};
use crate::gpo::found::{FoundGpo, LoadError, Origin, load};
use crate::gpo::wmi::{WmiFilter, read_mof};
use crate::gpo::{DomainName, Guid, InvalidDomainName};
use crate::lint;
use crate::plain_file;
use crate::problem::Problem;
use crate::publication::plan::{Desired, GPT_INI};
use crate::publication::{Campaign, Contents, Release};
use crate::recipe::{self, Recipe};

/// Which bundle, and which part of it.
#[derive(Debug, Clone)]
pub struct ContentsRequest {
    /// The bundle, and what from outside of it vouches for it.
    pub bundle: VerifyRequest,
    /// Which domain of the bundle; none when it has one.
    pub domain: Option<String>,
    /// Has the bootstrap to be signed by somebody whom a root of the request vouches for?
    pub needs_signature: bool,
    /// Is it brought to servers, and not looked at or taken back?
    pub comes_to_servers: bool,
}

/// Why a bundle cannot be published.
#[derive(Debug, thiserror::Error)]
pub enum ContentsError {
    /// It is not what it says, or holds what is no policy.
    #[error("bundle `{}`: {why}", path.display())]
    Bundle {
        /// Its folder.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// There is no bundle to verify.
    #[error(transparent)]
    Unverifiable(#[from] VerifyError),
    /// The bundle is not for the domain.
    #[error("bundle `{}` has no GPO for `{wanted}`", path.display())]
    NotForDomain {
        /// Its folder.
        path: PathBuf,
        /// The domain that was asked for.
        wanted: String,
        /// Those that it is for.
        domains: Vec<String>,
    },
    /// The bundle is for more domains than one.
    #[error("bundle `{}` is for several domains", path.display())]
    SeveralDomains {
        /// Its folder.
        path: PathBuf,
        /// Which.
        domains: Vec<String>,
    },
    /// The bundle does not verify: the first finding.
    #[error(
        "the bundle does not verify: {} {}: {}",
        .0.code.id, .0.subject, .0.message
    )]
    NotProven(Box<Problem>),
    /// It does nothing any more.
    #[error("nothing is published: {} {}: {}", .0.code.id, .0.subject, .0.message)]
    Ended(Box<Problem>),
    /// The bundle does not verify.
    #[error("the bundle does not verify: {why}")]
    NoExe {
        /// What is known of its exe.
        why: String,
    },
    /// The policies cannot be read.
    #[error(transparent)]
    Policies(#[from] LoadError),
    /// The linter found errors: the first.
    #[error(
        "the policies have errors: {} {}: {}",
        .0.code.id, .0.subject, .0.message
    )]
    Lint(Box<Problem>),
    /// The domain's name.
    #[error(transparent)]
    Domain(#[from] InvalidDomainName),
}

impl Fault for ContentsError {
    fn code(&self) -> FailureCode {
        match self {
            Self::NotForDomain { .. } | Self::SeveralDomains { .. } => FailureCode::CommandLine,
            Self::Lint(_) | Self::Ended(_) => FailureCode::Problems,
            Self::Unverifiable(error) => error.code(),
            Self::Bundle { .. }
            | Self::NotProven(_)
            | Self::NoExe { .. }
            | Self::Policies(_)
            | Self::Domain(_) => FailureCode::NotVerified,
        }
    }

    fn hint(&self) -> Option<Cow<'static, str>> {
        match self {
            Self::NotForDomain { domains, .. } => {
                Some(format!("it has {}", domains.join(", ")).into())
            }
            Self::SeveralDomains { domains, .. } => {
                Some(format!("choose one by `--domain`: {}", domains.join(", ")).into())
            }
            Self::NotProven(problem) | Self::Lint(problem) | Self::Ended(problem) => {
                Some(problem.next_action.clone().into())
            }
            Self::Unverifiable(error) => error.hint(),
            Self::Policies(error) => error.hint(),
            Self::Bundle { .. } | Self::NoExe { .. } | Self::Domain(_) => None,
        }
    }
}

/// Reads and checks a bundle.
///
/// # Errors
/// No bundle, one that does not verify, an unsigned bootstrap, or policies with errors.
pub fn contents(request: &ContentsRequest) -> Result<Contents, ContentsError> {
    policies(request, checked(request)?)
}

/// Reads and checks a bundle for its policies and its payloads.
///
/// # Errors
/// As for [`contents`].
pub fn everything(request: &ContentsRequest) -> Result<(Contents, ReleaseContents), ContentsError> {
    let checked = checked(request)?;
    let payloads = payloads(request, &checked)?;
    Ok((policies(request, checked)?, payloads))
}

fn policies(request: &ContentsRequest, checked: Checked) -> Result<Contents, ContentsError> {
    let Checked {
        document,
        exe,
        problems,
    } = checked;
    let path = request.bundle.bundle.as_path();
    let bundle = |why: String| ContentsError::Bundle {
        path: path.to_owned(),
        why,
    };
    let domain: DomainName = choose_domain(path, &document, request.domain.as_deref())?.parse()?;
    let folder = path.join("gpo").join(domain.as_str());
    let found = load(&folder)?;
    let report = lint::check(&found);
    if let Some(problem) = report.problems.into_iter().find(Problem::is_error) {
        return Err(ContentsError::Lint(Box::new(problem)));
    }
    let listed = Listed {
        bundle: path,
        document: &document,
    };
    let filter = listed
        .read(&folder.join("wmi-filter.mof"))
        .and_then(|bytes| read_mof(&bytes).map_err(|error| error.to_string()))
        .map_err(bundle)?;
    let mut gpos = Vec::new();
    for gpo in &found.gpos {
        if let Some(gpo) = desired(gpo, &folder, &filter, &listed).map_err(bundle)? {
            gpos.push(gpo);
        }
    }
    // The task last: whoever gets it has the settings already.
    let has_task = |gpo: &Desired| {
        gpo.files
            .keys()
            .any(|name| name.ends_with("ScheduledTasks.xml"))
    };
    gpos.sort_by_key(|gpo| (has_task(gpo), gpo.display_name.clone()));
    if gpos.is_empty() {
        return Err(bundle(format!("it holds no GPO for `{domain}`")));
    }
    let name = program_name(document.mode, &document.bundle_id);
    Ok(Contents {
        exclude_group: document.exclude_group.clone(),
        identity: document.identity().to_owned(),
        mode: document.mode,
        domain,
        gpos,
        bootstrap: (name, exe),
        problems,
    })
}

/// What a verified bundle wants to have on the share, and where servers will look for it.
#[derive(Debug)]
pub struct ReleaseContents {
    /// The payloads and who needs them.
    pub release: Release,
    /// The UNC path that the manifest tells servers.
    pub root: UncPath,
    /// The UNC path that takes their reports.
    pub reports: Option<UncPath>,
    /// Findings about the bundle.
    pub problems: Vec<Problem>,
}

/// Reads and checks a bundle for its payloads.
///
/// # Errors
/// As for [`contents`].
pub fn release(request: &ContentsRequest) -> Result<ReleaseContents, ContentsError> {
    payloads(request, &checked(request)?)
}

fn payloads(
    request: &ContentsRequest,
    checked: &Checked,
) -> Result<ReleaseContents, ContentsError> {
    let path = request.bundle.bundle.as_path();
    let listed = Listed {
        bundle: path,
        document: &checked.document,
    };
    let bundle = |why: String| ContentsError::Bundle {
        path: path.to_owned(),
        why,
    };
    let manifest = listed
        .read(&path.join("manifest.json"))
        .and_then(|bytes| Manifest::parse(&bytes).map_err(|error| error.to_string()))
        .map_err(bundle)?;
    let folder = path
        .join("share/releases")
        .join(manifest.release_id.as_str());
    Ok(ReleaseContents {
        release: Release {
            campaigns: campaigns(&checked.document).map_err(bundle)?,
            recipe: shown_recipe(path, &checked.document, &listed).map_err(bundle)?,
            ..Release::of(&manifest, &folder)
        },
        root: manifest.settings.release_root,
        reports: manifest.settings.report_root,
        problems: checked.problems.clone(),
    })
}

/// What the bundle was made of, as others than its owner may read it; none in one from before recipes.
fn shown_recipe(
    path: &Path,
    document: &BundleDocument,
    listed: &Listed<'_>,
) -> Result<Option<String>, String> {
    let mut files = document.files.iter();
    if !files.any(|file| file.path == recipe::FILE_NAME) {
        return Ok(None);
    }
    let recipe = Recipe::parse(&listed.read(&path.join(recipe::FILE_NAME))?)?;
    let (config, withheld) = without_exclusions(&recipe.config);
    let shown = recipe.shown(config, withheld).to_bytes();
    Ok(Some(String::from_utf8_lossy(&shown).into_owned()))
}

/// The GPOs with the task, one for each domain of the bundle.
fn campaigns(document: &BundleDocument) -> Result<Vec<Campaign>, String> {
    let purpose = task_purpose(document.mode);
    let campaign = |(domain, gpo): (DomainName, Guid)| {
        Campaign::new(gpo, purpose.display_name(), domain.to_string())
    };
    Ok(task_policies(document)?.into_iter().map(campaign).collect())
}

/// A bundle that verified.
struct Checked {
    document: BundleDocument,
    /// The bytes that were judged.
    exe: Vec<u8>,
    problems: Vec<Problem>,
}

/// Does it say that nobody, or nobody who is known, signed the bootstrap? The one thing that a request
/// without [`ContentsRequest::needs_signature`] lets through.
pub fn is_about_signature(problem: &Problem) -> bool {
    [&codes::EXE_UNSIGNED, &codes::EXE_CHAIN_UNKNOWN].contains(&problem.code)
}

/// The bundle, when everything in it is as it was built, and its bootstrap signed by somebody
/// whom a root of the request vouches for.
fn checked(request: &ContentsRequest) -> Result<Checked, ContentsError> {
    let verified = verify(&request.bundle)?;
    let stands_against = |problem: &&Problem| {
        problem.is_error() || (request.needs_signature && is_about_signature(problem))
    };
    if let Some(problem) = verified.problems.iter().find(stands_against) {
        return Err(ContentsError::NotProven(Box::new(problem.clone())));
    }
    let ended = offboarding::ended(&verified.problems);
    if let Some(problem) = ended.filter(|_| request.comes_to_servers) {
        return Err(ContentsError::Ended(Box::new(problem.clone())));
    }
    match verified.exe {
        Some(exe) => Ok(Checked {
            document: verified.document,
            exe: exe.bytes,
            problems: verified.problems,
        }),
        None => Err(ContentsError::NoExe {
            why: verified.signature.summary,
        }),
    }
}

/// Reads files of a verified bundle again, and nothing that was put there since.
struct Listed<'a> {
    bundle: &'a Path,
    document: &'a BundleDocument,
}

impl Listed<'_> {
    fn read(&self, path: &Path) -> Result<Vec<u8>, String> {
        let relative = path.strip_prefix(self.bundle).unwrap_or(path);
        let parts: Vec<_> = relative.iter().map(|part| part.to_string_lossy()).collect();
        let name = parts.join("/");
        let listed = self.document.files.iter().find(|file| file.path == name);
        let expected = listed.ok_or_else(|| format!("`{name}` is not part of what was built"))?;
        let bytes = plain_file::read(path, expected.size)
            .map_err(|error| format!("read `{}`: {error}", path.display()))?;
        bytes
            .filter(|bytes| Sha256::of(bytes) == expected.sha256)
            .ok_or_else(|| format!("`{name}` changed while it was read"))
    }
}

fn choose_domain(
    path: &Path,
    document: &BundleDocument,
    wanted: Option<&str>,
) -> Result<String, ContentsError> {
    let domains = domains(document);
    let path = path.to_owned();
    match (wanted, domains.as_slice()) {
        (Some(wanted), found) => {
            let mut found = found.iter();
            match found.find(|domain| domain.eq_ignore_ascii_case(wanted)) {
                Some(domain) => Ok(domain.clone()),
                None => Err(ContentsError::NotForDomain {
                    path,
                    wanted: wanted.to_owned(),
                    domains,
                }),
            }
        }
        (None, [only]) => Ok(only.clone()),
        (None, _) => Err(ContentsError::SeveralDomains { path, domains }),
    }
}

/// A backup with the files of its twin in SYSVOL form.
fn desired(
    gpo: &FoundGpo,
    folder: &Path,
    filter: &WmiFilter,
    listed: &Listed<'_>,
) -> Result<Option<Desired>, String> {
    let Origin::Backup {
        document: Some(document),
        ..
    } = &gpo.origin
    else {
        return Ok(None);
    };
    let files = sysvol_files(folder, document.gpo_id, listed)?;
    let extensions = Some(document.machine_extensions.clone());
    Ok(Some(Desired {
        id: document.gpo_id,
        purpose: purpose(&gpo.place),
        display_name: document.display_name.clone(),
        flags: document.options,
        machine_extensions: extensions.filter(|list| !list.is_empty()),
        wql_filter: document.wmi_filter.as_ref().map(|_| filter.link()),
        filter: document.wmi_filter.as_ref().map(|_| filter.clone()),
        files,
    }))
}

/// The folder that a backup's own folder lies in.
fn purpose(place: &str) -> String {
    let folder = Path::new(place).parent().and_then(Path::file_name);
    let name = folder.map(|name| name.to_string_lossy().into_owned());
    name.unwrap_or_default()
}

/// Files of a GPO in the bundle's SYSVOL tree, without `GPT.INI`.
fn sysvol_files(
    folder: &Path,
    id: Guid,
    listed: &Listed<'_>,
) -> Result<BTreeMap<String, Vec<u8>>, String> {
    let root = folder.join("sysvol").join("Policies").join(id.to_string());
    let mut files = BTreeMap::new();
    for entry in walkdir::WalkDir::new(&root).min_depth(1) {
        let entry = entry.map_err(|error| error.to_string())?;
        if !entry.file_type().is_file() {
            continue;
        }
        let relative = entry.path().strip_prefix(&root).unwrap_or(entry.path());
        let parts: Vec<_> = relative.iter().map(|part| part.to_string_lossy()).collect();
        let name = parts.join("/");
        if name != GPT_INI {
            files.insert(name, listed.read(entry.path())?);
        }
    }
    Ok(files)
}
