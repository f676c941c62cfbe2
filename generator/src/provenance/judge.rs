//! What a key vouches for of a bundle and of files beside it.

use gangway_contract::Sha256;
use schemars::JsonSchema;
use serde::Serialize;

use super::statement::SLSA;
use super::{Envelope, Identity, Statement, VerifyingKey, codes};
use crate::bundle;
use crate::problem::{Code, Problem};

/// What the statements of a key say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Attested {
    /// SHA-256 of the key.
    pub key: String,
    /// Files that a statement vouches for, and each statement that does.
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

/// Holds the bundle, and files beside it, against what the key vouches for.
///
/// # Errors
/// No statement of the key is about this bundle, or none names one of the files.
pub fn judge(
    envelopes: &[Envelope],
    key: &VerifyingKey,
    bundle: &Identity,
    beside: &[(String, Sha256)],
) -> Result<Attested, Problem> {
    let vouched: Vec<Statement> = envelopes
        .iter()
        .filter_map(|envelope| Statement::parse(&envelope.vouched(key)?))
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
    let own: Vec<(String, Sha256)> = vec![
        (bundle::FILE_NAME.to_owned(), bundle.bundle_json_sha256),
        (bundle.exe_name.clone(), bundle.exe_sha256),
    ];
    let is_about = |statement: &&Statement| {
        let names = |(name, sha256): &(String, Sha256)| {
            statement.subject.iter().any(|one| one.is(name, *sha256))
        };
        let run = &statement.predicate["runDetails"]["metadata"]["invocationId"];
        own.iter().all(names) && (statement.predicate_type != SLSA || *run == *bundle.bundle_id)
    };
    let ours: Vec<&Statement> = vouched.iter().filter(is_about).collect();
    if !ours.iter().any(|one| one.predicate_type == SLSA) {
        let next =
            "attest this bundle again, after it was signed: another signature is another file";
        let why = "the key vouches for another bundle, or for another bootstrap of it".to_owned();
        return Err(vouched
            .iter()
            .take(4)
            .fold(refused(&codes::OTHER_BUNDLE, why, next), |problem, one| {
                problem.with_evidence(shown(one))
            }));
    }
    // Only how a file was made says what it is: a key may sign the results of tests, too.
    let provenance = || ours.iter().filter(|one| one.predicate_type == SLSA);
    let files = own.iter().chain(beside).map(|(name, sha256)| {
        let is_made = provenance().any(|one| one.subject.iter().any(|file| file.is(name, *sha256)));
        let naming = ours
            .iter()
            .filter(|one| one.subject.iter().any(|file| file.is(name, *sha256)));
        let statements: Vec<String> = naming.map(|one| one.predicate_type.clone()).collect();
        if !is_made {
            let why = format!("no provenance of the key names `{name}` with its digest");
            let next = "make the packages and attest again, or leave the file out";
            return Err(refused(&codes::NOT_VOUCHED, why, next).with_evidence(sha256.to_string()));
        }
        Ok(Vouched {
            name: name.clone(),
            statements,
        })
    });
    Ok(Attested {
        key: key.id(),
        files: files.collect::<Result<_, _>>()?,
    })
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
