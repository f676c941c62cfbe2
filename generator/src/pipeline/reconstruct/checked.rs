//! A recipe that may be anybody's, held against itself and against the policy that it lies in.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gangway_contract::manifest::{Role, Settings};
use gangway_contract::{BundleId, Sha256, program_name};

use super::{CONFIG, ReconstructError};
use crate::bootstrap;
use crate::formats::x509::TrustAnchors;
use crate::gpo::{DomainName, Guid};
use crate::intake::lock::{Lock, MAX_SEQUENCE, STUB};
use crate::pipeline::config::{Config, with_exclusions};
use crate::pipeline::identity::task_purpose;
use crate::pipeline::payloads::release_id;
use crate::pipeline::sequence_bounds::{leaves_enough, too_few_left};
use crate::policies::{Exclusions, RoleName};
use crate::recipe::{Accepted, Recipe};

/// Largest payload that a share is asked for, in bytes; the largest real ones have some 100 MB.
const MAX_PAYLOAD_BYTES: u64 = 1 << 40;

/// A recipe that says the same everywhere.
#[derive(Debug, Clone)]
pub struct FoundRecipe {
    /// Where it lies, in words.
    pub place: String,
    /// What was read there, and contradicts itself nowhere.
    pub recipe: Recipe,
    /// The config in it; antivirus exclusions that were found elsewhere are put in here.
    pub config: String,
    /// What stands for the organisation in GUIDs.
    pub identity: String,
}

/// The words of an error that has a picture of the place below its first lines, and that in one line.
fn in_one_line(why: &str) -> String {
    let is_of_picture = |line: &str| {
        let rest = line.trim_start_matches(|sign: char| sign.is_ascii_digit() || sign == ' ');
        rest.is_empty() || rest.starts_with('|')
    };
    let lines = why.lines().map(str::trim);
    let words: Vec<&str> = lines.filter(|line| !is_of_picture(line)).collect();
    crate::printable::on_one_line(&words.join(": ")).into_owned()
}

/// Reads a recipe. `policy` is the one that it was found with: GUIDs come from the identity, so nobody's
/// recipe passes for another organisation's.
///
/// # Errors
/// It contradicts itself or its place, in words.
pub fn checked(
    place: &str,
    bytes: &[u8],
    policy: Option<(&DomainName, Guid)>,
) -> Result<FoundRecipe, ReconstructError> {
    let refused = |why: String| ReconstructError::Refused {
        place: place.to_owned(),
        why: in_one_line(&why),
    };
    let recipe = Recipe::parse(bytes).map_err(refused)?;
    let config = Config::parse(&recipe.config, Path::new(CONFIG))
        .map_err(|error| refused(format!("its config is none: {error}")))?;
    contradiction(&recipe, &config).map_err(refused)?;
    let identity = config.organization.identity().to_owned();
    // Whoever may write where it lies could have a command in it that is run here, or files of this machine.
    if config.portable != recipe.config {
        let why =
            "its config holds what no recipe does: commands, paths of a machine, or another order";
        return Err(refused(why.to_owned()));
    }
    if let Some((domain, id)) = policy {
        let mut domains = config.gpo.domain.iter().map(|one| &one.dns_name);
        if !domains.any(|one| one == domain) {
            let domains: Vec<String> = config
                .gpo
                .domain
                .iter()
                .map(|one| one.dns_name.to_string())
                .collect();
            return Err(refused(format!(
                "its config is for `{}`, and it lies in a policy of `{domain}`",
                domains.join("`, `")
            )));
        }
        let expected = task_purpose(recipe.manifest.mode).gpo_id(&identity, domain);
        if expected != id {
            return Err(refused(format!(
                "it is of `{identity}`, whose policy in `{domain}` would be {expected}, and lies in {id}"
            )));
        }
    }
    Ok(FoundRecipe {
        place: place.to_owned(),
        config: recipe.config.clone(),
        recipe,
        identity,
    })
}

/// Holds a recipe against the release and the sequence that the share says beside it.
///
/// # Errors
/// It was published as another one, in words.
pub fn checked_beside(
    found: FoundRecipe,
    beside: Option<&(String, Option<u64>)>,
) -> Result<FoundRecipe, ReconstructError> {
    let Some((release, sequence)) = beside else {
        return Ok(found);
    };
    let manifest = &found.recipe.manifest;
    let own = manifest.release_id.to_string();
    let why = if !own.eq_ignore_ascii_case(release) {
        format!("it is of the release {own}, and lies beside `{release}`")
    } else if sequence.is_some_and(|told| told != manifest.sequence) {
        let told = sequence.unwrap_or_default();
        format!(
            "it has sequence {}, and its campaign was published with {told}",
            manifest.sequence
        )
    } else {
        return Ok(found);
    };
    let why = crate::printable::on_one_line(&why).into_owned();
    Err(ReconstructError::Refused {
        place: found.place,
        why,
    })
}

/// Puts antivirus exclusions that policies have into a config that they were withheld from. Gives whether that
/// is now the very config that the bundle was built from.
pub fn with_policies(
    found: &mut FoundRecipe,
    exclusions: &[(Option<RoleName>, Exclusions)],
) -> bool {
    found.config = with_exclusions(&found.recipe.config, exclusions);
    let is_whole = Sha256::of(found.config.as_bytes()) == found.recipe.config_sha256;
    if is_whole {
        found.recipe.withheld.clear();
    }
    is_whole
}

/// Why a program is not the one of this recipe's manifest; none when it is, plus a signature at most.
pub fn program_fault(recipe: &Recipe, exe: &[u8]) -> Option<String> {
    let manifest = &recipe.manifest;
    let made = bootstrap::without_signature(exe).ok().and_then(|unsigned| {
        let stub = bootstrap::stub_of(&unsigned, manifest.stub)?;
        let made = bootstrap::specialise(&stub, manifest, &manifest.to_bytes()).ok()?;
        Some(made.bytes == unsigned)
    });
    match made {
        Some(true) => None,
        Some(false) => Some("it carries another manifest".to_owned()),
        None => Some("it is not made from the stub that the manifest names".to_owned()),
    }
}

/// The name of the program that a recipe's manifest is in.
pub fn program_name(recipe: &Recipe) -> String {
    let id = BundleId::of_bytes(&recipe.manifest.to_bytes());
    program_name::program_name(recipe.manifest.mode, &id)
}

/// What is said twice has to be the same.
fn contradiction(recipe: &Recipe, config: &Config) -> Result<(), String> {
    let manifest = &recipe.manifest;
    if manifest
        .payloads
        .iter()
        .any(|payload| payload.size > MAX_PAYLOAD_BYTES)
    {
        return Err("it names a payload that is larger than any".to_owned());
    }
    // A lock of another one is refused by the next build.
    if !(1..=MAX_SEQUENCE).contains(&manifest.sequence) {
        return Err(format!("no build gives the sequence {}", manifest.sequence));
    }
    // A lock of this one would soon give none any more, and never goes back.
    if !leaves_enough(manifest.sequence) {
        return Err(format!("it {}", too_few_left(manifest.sequence)));
    }
    if release_id(&manifest.payloads) != manifest.release_id {
        return Err("its payloads make another release than it names".to_owned());
    }
    // The last campaign is asked for by name, as a mode is.
    let settings = Settings {
        retire: manifest.settings.retire,
        ..config.settings.clone()
    };
    if settings != manifest.settings {
        return Err("its config and its manifest tell servers different things".to_owned());
    }
    if config.organization.name != manifest.organization || config.organization.id.is_none() {
        return Err("its config is of another organisation than its manifest".to_owned());
    }
    if recipe.withheld.is_empty() && Sha256::of(recipe.config.as_bytes()) != recipe.config_sha256 {
        return Err("its config is not the one that it has the digest of".to_owned());
    }
    let pinned = config.organization.org_id.as_ref();
    if let Some(pinned) = pinned.filter(|pinned| **pinned != manifest.tenant.org_id) {
        let manifests = &manifest.tenant.org_id;
        return Err(format!(
            "its config pins the tenant {pinned}, and its manifest is for {manifests}"
        ));
    }
    downloads(recipe)?;
    let lab_roots = certificates("lab_roots", &recipe.lab_roots)?;
    certificates("blob_roots", &recipe.blob_roots)?;
    if lab_roots != manifest.lab_roots {
        return Err("its lab roots are not those of its manifest".to_owned());
    }
    let mut lock = Lock::default();
    lock.downloads = super::accepted(recipe, 0);
    Lock::parse(&lock.to_text()).map_err(|error| error.to_string())?;
    Ok(())
}

/// What servers are given comes from the downloads that the recipe lists: as it is, or the blob in one. The key of
/// the retired agent is no download, and of several scripts with one blob a lock has the first alone.
fn downloads(recipe: &Recipe) -> Result<(), String> {
    let manifest = &recipe.manifest;
    let stub = recipe.downloads.iter().find(|one| one.name == STUB);
    if stub.is_none_or(|stub| stub.sha256 != manifest.stub) {
        return Err(format!(
            "the stub of its manifest, {}, is not among its downloads",
            manifest.stub
        ));
    }
    if stub.and_then(|stub| stub.version.as_ref()) != Some(&recipe.stub_version) {
        return Err("it names two versions of the stub".to_owned());
    }
    let knows_blobs = recipe.downloads.iter().any(|one| one.blob.is_some());
    let others = manifest.payloads.iter().find(|payload| {
        let of = |one: &Accepted| one.sha256 == payload.sha256 || one.blob == Some(payload.sha256);
        let is_told = match payload.role {
            Role::WorkspaceKey | Role::OnboardingScript | Role::OffboardingScript => false,
            // A lock of an older version had no digests of blobs.
            Role::OnboardingInfo | Role::OffboardingInfo => knows_blobs,
            _ => true,
        };
        is_told && !recipe.downloads.iter().any(of)
    });
    match others {
        None => Ok(()),
        Some(payload) => Err(format!(
            "its manifest gives servers `{}` with SHA-256 {}, which comes from none of its downloads",
            payload.name, payload.sha256
        )),
    }
}

/// Digests of certificates in base64, each of which is one.
fn certificates(what: &str, encoded: &[String]) -> Result<Vec<Sha256>, String> {
    let read = |text: &String| {
        let der = STANDARD.decode(text).map_err(|error| error.to_string())?;
        let anchors = TrustAnchors::none()
            .with_lab_root(&der)
            .map_err(|error| error.to_string())?;
        let is_one = anchors.code().len() == 1 && anchors.code()[0].certificate.der() == der;
        match is_one {
            true => Ok(Sha256::of(&der)),
            false => Err("it is more than one certificate".to_owned()),
        }
    };
    let read = |text| read(text).map_err(|why| format!("`{what}` holds no certificate: {why}"));
    encoded.iter().map(read).collect()
}
