//! The command `reconstruct`.

use std::path::Path;

use super::answer::Answer;
use super::arguments::Reconstruct;
use super::commands::{judged, now};
use super::failure::Failure;
use super::output::Output;
use super::publish_share::{Opened, no_account, refuse_idle, sign_in, signed_in, unread};
use super::results::{LockedBundle, Reconstructed};
use super::share_place::{SharePlace, is_unc};
use crate::bundle;
use crate::failure::FailureCode;
use crate::gpo::DomainName;
use crate::pipeline::VerifyRequest;
use crate::pipeline::codes::{RECIPE_NOT_PROVEN, SEQUENCE_FAR_AHEAD};
use crate::pipeline::reconstruct::{
    self, FoundRecipe, ReconstructError, ReconstructRequest, checked, checked_beside, far_ahead,
    folded, recipe_of_bundle, seen_on_share,
};
use crate::problem::{Deny, Problem};
use crate::publication::{FolderShare, FoundDocument, Release, inspect_payloads, recipes_on_share};

/// What the recipes come from.
#[derive(Default)]
struct Read {
    recipes: Vec<FoundRecipe>,
    /// The highest sequence that is seen there beside them.
    seen: u64,
    problems: Vec<Problem>,
    /// The first recipe that was refused, with what it says of which place.
    refused: Option<(String, String, ReconstructError)>,
}

impl Read {
    /// Takes what proves itself; what does not is told, and the rest goes on.
    fn take(&mut self, documents: Vec<FoundDocument>) {
        for document in documents {
            let (domain, id) = &document.policy;
            let found = checked(&document.place, &document.bytes, Some((domain, *id)));
            match found.and_then(|found| checked_beside(found, document.beside.as_ref())) {
                Ok(recipe) => self.recipes.push(recipe),
                Err(error) => {
                    // The place is what the finding is about.
                    let why = match &error {
                        ReconstructError::Refused { why, .. } => why.clone(),
                        other => other.to_string(),
                    };
                    match self.refused {
                        None => self.refused = Some((document.place, why, error)),
                        Some(_) => self.find(document.place, why),
                    }
                }
            }
        }
    }

    fn find(&mut self, place: String, why: String) {
        let next = "find out who wrote it; nothing that is given back rests on it";
        let problem = Problem::new(&RECIPE_NOT_PROVEN, place, why, next);
        self.problems.push(problem);
    }
}

pub(super) fn run(given: &Reconstruct, output: &Output) -> Result<Answer<Reconstructed>, Failure> {
    let place = given.from.display().to_string();
    let mut read = read(given)?;
    // Of a bundle that somebody vouches for, its sequence is as well.
    if given.expect.is_none() {
        let found = far_ahead(&read.recipes, given.id.as_deref());
        read.problems.extend(found);
    }
    let refused = read.refused.take();
    // Where nothing is given back it is the error, and else a finding beside what is.
    let is_error = read.recipes.is_empty();
    if let Some((place, why, _)) = refused.as_ref().filter(|_| !is_error) {
        read.find(place.clone(), why.clone());
    }
    read.problems = folded(std::mem::take(&mut read.problems));
    output.problems(&read.problems);
    if let Some((_, _, refused)) = refused.filter(|_| is_error) {
        return Err(refused.into());
    }
    let request = ReconstructRequest {
        id: given.id.clone(),
        seen: read.seen,
        bundle_json_sha256: given.expect,
        now: now(&given.moment),
    };
    let made = reconstruct::reconstruct(&place, read.recipes, &request)?;
    let written = reconstruct::write(&given.out, &made.files)?;
    output.line(&format!("from     {}", made.from));
    output.line(&format!(
        "of       {} ({})",
        made.organization, made.identity
    ));
    output.line(&format!("tenant   {}", made.org_id));
    for path in &written {
        output.line(&format!("wrote    {}", path.display()));
    }
    for built in &made.lock.built {
        let mode = built.mode.as_str();
        output.line(&format!("built    {mode} sequence {}", built.sequence));
    }
    output.line(&format!(
        "sequence {}, the next bundle gets a higher one",
        made.lock.sequence
    ));
    for unknown in &made.unknown {
        output.line(&format!(
            "unknown  {}: {}",
            unknown.what, unknown.next_action
        ));
    }
    let files = written.iter().map(|path| path.display().to_string());
    let result = Reconstructed {
        from: made.from,
        organization: made.organization,
        org_id: made.org_id.to_string(),
        identity: made.identity,
        files: files.collect(),
        sequence: made.lock.sequence,
        built: made.lock.built.iter().map(LockedBundle::from).collect(),
        unknown: made.unknown,
    };
    Ok(judged(result, read.problems, &Deny::default()))
}

/// A folder that is a bundle, a share, or, where nothing of that name is there, a domain.
fn read(given: &Reconstruct) -> Result<Read, Failure> {
    let path = &given.from;
    if path.join(bundle::FILE_NAME).is_file() {
        return of_bundle(given);
    }
    let text = path.to_string_lossy();
    if !is_unc(&text) && path.symlink_metadata().is_err() {
        return match text.parse::<DomainName>() {
            Ok(domain) => of_domain(given, &domain),
            Err(_) => Err(Failure::of(
                FailureCode::Files,
                format!("`{text}` is not there, and no name of a domain"),
            )
            .hint("name a bundle's folder, the payload share or a domain by its DNS name")),
        };
    }
    no_domain(&format!("`{text}` is no domain"), given)?;
    of_share(given, &SharePlace::typed(path)?)
}

fn of_bundle(given: &Reconstruct) -> Result<Read, Failure> {
    let why = format!("`{}` is a bundle", given.from.display());
    no_account(&why, given.user.as_deref(), given.password_file.as_deref())?;
    no_domain(&why, given)?;
    let request = VerifyRequest {
        expect: given.expect,
        ..VerifyRequest::of(&given.from, now(&given.moment))
    };
    let (recipe, problems) = recipe_of_bundle(&request)?;
    Ok(Read {
        recipes: vec![recipe],
        problems,
        ..Read::default()
    })
}

/// Opens a share for files of these sizes, as often as it is asked.
type Opener<'a> = Box<dyn Fn(&[u64]) -> Result<Opened, Failure> + 'a>;

fn of_share(given: &Reconstruct, place: &SharePlace) -> Result<Read, Failure> {
    no_digest(given)?;
    let (user, password_file) = (given.user.as_deref(), given.password_file.as_deref());
    let open: Opener<'_> = match place {
        SharePlace::Folder(path) => {
            no_account(
                &format!("`{place}` is reached as a folder"),
                user,
                password_file,
            )?;
            Box::new(|_| Ok((Box::new(FolderShare::new(path.clone())), None)))
        }
        SharePlace::Server(address) => {
            let account = sign_in(user, password_file, place)?;
            Box::new(move |sizes| signed_in(address, sizes, &account))
        }
    };
    let (mut share, folder) = open(&[])?;
    let found = recipes_on_share(folder.as_deref(), share.as_mut()).map_err(unread)?;
    let mut read = Read::default();
    for note in found.notes {
        read.find(place.to_string(), note);
    }
    read.take(found.documents);
    match seen_on_share(found.min_sequence, &read.recipes) {
        Ok(seen) => read.seen = seen,
        Err(why) => {
            let next = "see who set it by `gangway rollout SHARE show`, and set it back, or build with \
                        `--sequence-after`";
            let problem = Problem::new(&SEQUENCE_FAR_AHEAD, place.to_string(), why, next);
            read.problems.push(problem);
        }
    }
    let releases: Vec<Release> = read
        .recipes
        .iter()
        .map(|one| Release::of(&one.recipe.manifest, Path::new("")))
        .collect();
    let sizes = releases.iter().flat_map(|release| &release.files);
    let sizes: Vec<u64> = sizes.map(|file| file.size).collect();
    // Payloads are read whole, and take their time.
    let (mut share, _) = open(&sizes)?;
    for release in releases {
        let found = inspect_payloads(
            &release,
            folder.as_deref(),
            &place.to_string(),
            share.as_mut(),
        );
        read.problems.extend(found.map_err(unread)?);
    }
    Ok(read)
}

#[cfg(not(feature = "directory"))]
fn of_domain(_: &Reconstruct, _: &DomainName) -> Result<Read, Failure> {
    Err(super::publish::without_directory())
}

#[cfg(feature = "directory")]
fn of_domain(given: &Reconstruct, domain: &DomainName) -> Result<Read, Failure> {
    use crate::publication::{
        Connection, Encryption, PublishError, ServerChoice, recipes_in_domain,
    };

    no_digest(given)?;
    let account = super::account::account(given.user.as_deref(), given.password_file.as_deref())?;
    let choice = ServerChoice {
        host: given.dc.clone(),
        encryption: Encryption::or_start_tls(given.start_tls),
        sysvol: None,
    };
    let mut server = Connection::open(&choice, domain, &account)?;
    let sysvol = server.share.as_mut();
    let mut found = recipes_in_domain(domain, &mut server.directory, sysvol)?;
    let mut read = Read::default();
    for note in std::mem::take(&mut found.notes) {
        read.find(domain.to_string(), note);
    }
    read.take(std::mem::take(&mut found.documents));
    let mut recipes = std::mem::take(&mut read.recipes);
    for recipe in &mut recipes {
        let name = reconstruct::program_name(&recipe.recipe);
        let fault = match found.program(&name, sysvol).map_err(PublishError::from)? {
            Some(exe) => reconstruct::program_fault(&recipe.recipe, &exe),
            None => Some("it is not where the task starts it".to_owned()),
        };
        if let Some(why) = fault {
            read.find(name, format!("the program of `{}`: {why}", recipe.place));
        }
        if recipe.recipe.withheld.is_empty() {
            continue;
        }
        let exclusions = reconstruct::exclusions_in(domain, &recipe.identity, &found.policies);
        if !reconstruct::with_policies(recipe, &exclusions) {
            let why = "the antivirus exclusions that the domain's policies have are not those that this bundle was \
                       built with";
            read.find(recipe.place.clone(), why.to_owned());
        }
    }
    read.recipes = recipes;
    Ok(read)
}

fn no_domain(why: &str, given: &Reconstruct) -> Result<(), Failure> {
    refuse_idle(
        why,
        &[
            ("--dc", given.dc.is_some()),
            ("--start-tls", given.start_tls),
        ],
    )
}

/// Only a bundle has a `bundle.json`.
fn no_digest(given: &Reconstruct) -> Result<(), Failure> {
    let why = format!("`{}` is no bundle", given.from.display());
    refuse_idle(&why, &[("--expect", given.expect.is_some())])
}
