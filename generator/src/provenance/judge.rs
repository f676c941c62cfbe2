//! What a key vouches for of a bundle and of files beside it.

use gangway_contract::Sha256;
use schemars::JsonSchema;
use serde::Serialize;

use super::parts::parts_file;
use super::statement::{CYCLONEDX, SLSA, build_fault};
use super::{Envelope, Identity, Statement, VerifyingKey, codes};
use crate::bundle::{self, BundleDocument};
use crate::problem::{Code, Problem};

/// What the statements of a key say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Attested {
    /// SHA-256 of the key.
    pub key: String,
    /// Who built the bundle, as the provenance names him (`builder.id`).
    pub builder: String,
    /// Place of the statement of provenance that vouches for every file, among those of its file, from
    /// 1.
    pub provenance: usize,
    /// Files that it vouches for, and each statement that names them.
    pub files: Vec<Vouched>,
}

/// One file, and what vouches for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Vouched {
    /// As the statements have it: without folders, of a package its path below them.
    pub name: String,
    /// Types of the statements that name it with its digest.
    pub statements: Vec<String>,
}

/// A statement of the key, and its place in its file.
type Placed = (usize, Statement);

/// A file that is there.
type File = (String, Sha256);

/// Holds the bundle against what the key vouches for. With `packages` one statement of provenance has to
/// name the bundle's files and exactly these: of several statements each may be true of another folder.
///
/// # Errors
/// No statement of the key is about this bundle, its builder or parameters are others, or none names
/// the files.
pub fn judge(
    envelopes: &[Envelope],
    key: &VerifyingKey,
    document: &BundleDocument,
    bundle: &Identity,
    packages: Option<&[File]>,
) -> Result<Attested, Problem> {
    let vouched: Vec<Placed> = (1..)
        .zip(envelopes)
        .filter_map(|(place, one)| Some((place, Statement::parse(&one.vouched(key)?)?)))
        .collect();
    if vouched.is_empty() {
        let why = format!(
            "none of its {} envelopes holds a statement with a signature of the key",
            envelopes.len()
        );
        let next = "name the public key of whoever attested the bundle; where it is the right one, \
                    the statements were changed";
        return Err(refused(&codes::NOT_OF_THE_KEY, why, next).with_evidence(key.id()));
    }
    if !vouched.iter().any(|(_, one)| one.predicate_type == SLSA) {
        let why = format!(
            "of its {} envelopes {} hold a statement with a signature of the key, and none of these is of \
             provenance, which says who built a bundle",
            envelopes.len(),
            vouched.len()
        );
        let next = "take the file of statements as a whole from where it was made; where it is whole, it \
                    was changed";
        return Err(refused(&codes::NOT_OF_THE_KEY, why, next).with_evidence(key.id()));
    }
    let mut files: Vec<File> = vec![
        (bundle::FILE_NAME.to_owned(), bundle.bundle_json_sha256),
        (bundle.exe_name.clone(), bundle.exe_sha256),
    ];
    let about_it = about_bundle(&vouched, &files, &bundle.bundle_id)?;
    let of_build = of_this_build(about_it, document)?;
    let naming_it: Vec<&Statement> = vouched
        .iter()
        .map(|(_, statement)| statement)
        .filter(|one| files.iter().all(|(name, sha256)| one.names(name, *sha256)))
        .collect();
    files.extend(packages.into_iter().flatten().cloned());
    let (place, provenance) = match packages {
        Some(_) => naming_exactly(&of_build, &files)?,
        // The first of them: each one is good.
        None => *of_build.first().ok_or_else(|| of_others(&vouched))?,
    };
    let builder = &provenance.predicate["runDetails"]["builder"]["id"];
    Ok(Attested {
        key: key.id(),
        builder: builder.as_str().unwrap_or_default().to_owned(),
        provenance: *place,
        files: files.iter().map(|file| named(file, &naming_it)).collect(),
    })
}

/// Names of all files that the key vouches for in statements of provenance, about whatever bundle.
pub fn vouched_names(envelopes: &[Envelope], key: &VerifyingKey) -> Vec<String> {
    let statements = envelopes
        .iter()
        .filter_map(|one| Statement::parse(&one.vouched(key)?));
    let named = statements.filter(|one| one.predicate_type == SLSA);
    named
        .flat_map(|one| one.subject.into_iter().map(|subject| subject.name))
        .collect()
}

/// The lists of parts that the key vouches for in statements about this bundle, as they lie in their file.
pub fn vouched_parts(envelopes: &[Envelope], key: &VerifyingKey, bundle: &Identity) -> Vec<String> {
    let statements = envelopes
        .iter()
        .filter_map(|one| Statement::parse(&one.vouched(key)?));
    let is_list = |one: &Statement| {
        one.predicate_type == CYCLONEDX
            && one.names(bundle::FILE_NAME, bundle.bundle_json_sha256)
            && one.names(&bundle.exe_name, bundle.exe_sha256)
    };
    let lists = statements.filter(is_list);
    lists.map(|one| parts_file(&one.predicate)).collect()
}

/// The statements of provenance that are about this bundle. Only how a file was made says what it is: a
/// key may sign the results of tests, too.
fn about_bundle<'s>(
    vouched: &'s [Placed],
    own: &[File],
    bundle_id: &str,
) -> Result<Vec<&'s Placed>, Problem> {
    let is_about = |(_, statement): &&Placed| {
        let run = &statement.predicate["runDetails"]["metadata"]["invocationId"];
        let names = |(name, sha256): &File| statement.names(name, *sha256);
        statement.predicate_type == SLSA && *run == *bundle_id && own.iter().all(names)
    };
    let found: Vec<&Placed> = vouched.iter().filter(is_about).collect();
    match found.is_empty() {
        false => Ok(found),
        true => Err(of_others(vouched)),
    }
}

fn of_others(vouched: &[Placed]) -> Problem {
    let next = "attest this bundle again, after it was signed: another signature is another file";
    let why = "the key vouches for another bundle, or for another bootstrap of it".to_owned();
    let shown = vouched.iter().take(4).map(|(_, one)| shown(one));
    shown.fold(
        refused(&codes::OTHER_BUNDLE, why, next),
        Problem::with_evidence,
    )
}

/// Those by our builder, with the parameters and downloads that the bundle has.
fn of_this_build<'s>(
    about_it: Vec<&'s Placed>,
    document: &BundleDocument,
) -> Result<Vec<&'s Placed>, Problem> {
    let mut faults = Vec::new();
    let mut good = Vec::new();
    for placed in about_it {
        match build_fault(&placed.1.predicate, document) {
            Some(why) => faults.push(format!("statement {}: {why}", placed.0)),
            None => good.push(placed),
        }
    }
    if !good.is_empty() {
        return Ok(good);
    }
    let why = "the key vouches for the bundle, and says that it was built otherwise".to_owned();
    let next =
        "find out who signs with this key beside `gangway attest`, and attest the bundle again";
    let problem = refused(&codes::OTHER_BUILD, why, next);
    Err(faults.into_iter().fold(problem, Problem::with_evidence))
}

/// The statement that names these files and no others.
fn naming_exactly<'s>(of_build: &[&'s Placed], files: &[File]) -> Result<&'s Placed, Problem> {
    let mut faults = Vec::new();
    for placed in of_build {
        let (place, statement) = placed;
        let missing = files
            .iter()
            .find(|(name, sha256)| !statement.names(name, *sha256));
        let more = statement.subject.iter().find(|one| {
            let is = |(name, sha256): &File| one.is(name, *sha256);
            !files.iter().any(is)
        });
        let why = match (missing, more) {
            (Some((name, _)), _) => format!("does not name `{name}` with its digest"),
            (None, Some(one)) => format!("names `{}`, which is not there", one.name),
            (None, None) => return Ok(placed),
        };
        faults.push(format!("statement {place} {why}"));
    }
    let why = "no provenance of the key names the folder of packages as it is".to_owned();
    let next = "copy packages and statements together, or make both again";
    let problem = refused(&codes::NOT_VOUCHED, why, next);
    Err(faults.into_iter().fold(problem, Problem::with_evidence))
}

/// Which statements about the bundle name a file.
fn named((name, sha256): &File, about_it: &[&Statement]) -> Vouched {
    let naming = about_it.iter().filter(|one| one.names(name, *sha256));
    Vouched {
        name: name.clone(),
        statements: naming.map(|one| one.predicate_type.clone()).collect(),
    }
}

fn refused(code: &'static Code, why: String, next: &str) -> Problem {
    Problem::new(code, "attestation", why, next)
}

/// What a statement is about, for whoever has another bundle.
fn shown(statement: &Statement) -> String {
    let named = statement.subject.iter().map(|one| {
        let digest = one.digest.get("sha256").map_or("", String::as_str);
        format!("{} {}", one.name, digest.get(..16).unwrap_or(digest))
    });
    let names: Vec<String> = named.take(4).collect();
    format!("{}: {}", statement.predicate_type, names.join(", "))
}
