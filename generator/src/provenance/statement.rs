//! The statement (in-toto, v1) and the provenance in it (SLSA, v1).

use std::collections::BTreeMap;

use gangway_contract::Sha256;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::bundle::{BundleDocument, mode_name};

/// Type of every statement.
const STATEMENT: &str = "https://in-toto.io/Statement/v1";

/// Predicate of what a bundle was made of, and by what.
pub const SLSA: &str = "https://slsa.dev/provenance/v1";

/// Predicate of a list of parts.
pub const CYCLONEDX: &str = "https://cyclonedx.org/bom";

/// How a bundle is built: `docs/provenance.md` says what its parameters are.
pub const BUILD_TYPE: &str = "urn:gangway:build:bundle:1";

/// Who builds: the program, on a machine that it says nothing of.
const BUILDER: &str = "urn:gangway:builder:1";

/// What is said of some files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Statement {
    #[serde(rename = "_type")]
    kind: String,
    /// The files, by name.
    pub subject: Vec<Subject>,
    /// What `predicate` is.
    pub predicate_type: String,
    /// What is said.
    pub predicate: Value,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Subject {
    /// Its name, without folders.
    pub name: String,
    /// Digests in hex by algorithm.
    pub digest: BTreeMap<String, String>,
}

impl Subject {
    /// A file by its SHA-256.
    pub fn new(name: &str, sha256: Sha256) -> Self {
        Self {
            name: name.to_owned(),
            digest: digest(sha256),
        }
    }

    /// Is it the file of that name and digest?
    pub fn is(&self, name: &str, sha256: Sha256) -> bool {
        let found = self.digest.get("sha256");
        self.name == name && found.is_some_and(|found| *found == sha256.to_string())
    }
}

impl Statement {
    /// The bytes that are signed.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Strings, numbers and lists only, which always serialise.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Does it name the file of that name and digest?
    pub fn names(&self, name: &str, sha256: Sha256) -> bool {
        self.subject.iter().any(|one| one.is(name, sha256))
    }

    /// Reads a statement; none for another document.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let parsed: Self = serde_json::from_slice(bytes).ok()?;
        (parsed.kind == STATEMENT).then_some(parsed)
    }
}

/// A statement about files, whose order does not matter.
pub fn about(mut subject: Vec<Subject>, predicate_type: &str, predicate: Value) -> Statement {
    subject.sort();
    Statement {
        kind: STATEMENT.to_owned(),
        subject,
        predicate_type: predicate_type.to_owned(),
        predicate,
    }
}

/// What the bundle was made of. No start and no end of the build stand in it: they would differ with
/// every run.
pub fn provenance(document: &BundleDocument) -> Value {
    let inputs = document.inputs.iter().map(|input| {
        json!({
            "name": input.path,
            "digest": digest(input.sha256),
            "annotations": {"kind": input.kind, "signer": input.verdict},
        })
    });
    let stub = json!({
        "name": "bootstrap stub",
        "digest": digest(document.exe.stub_sha256),
        "annotations": {"version": document.exe.stub_version},
    });
    let dependencies: Vec<Value> = inputs.chain([stub]).collect();
    json!({
        "buildDefinition": {
            "buildType": BUILD_TYPE,
            "externalParameters": {
                "mode": mode_name(document.mode),
                "organization": document.organization,
                "sequence": document.sequence,
            },
            "internalParameters": {"SOURCE_DATE_EPOCH": document.output_time},
            "resolvedDependencies": dependencies,
        },
        "runDetails": {
            "builder": {"id": BUILDER, "version": {(document.tool.name.as_str()): document.tool.version}},
            "metadata": {"invocationId": document.bundle_id},
        },
    })
}

/// What a provenance says of the build that `bundle.json` does not, or says otherwise. SLSA wants type,
/// builder and every external parameter compared ("Verifying artifacts", step 2); the downloads are in
/// `bundle.json`, too. Of what comes with later versions nothing is said.
pub(super) fn build_fault(predicate: &Value, document: &BundleDocument) -> Option<String> {
    let expected = provenance(document);
    for path in [
        "/buildDefinition/buildType",
        "/buildDefinition/externalParameters",
        "/runDetails/builder/id",
    ] {
        let (wanted, found) = (expected.pointer(path), predicate.pointer(path));
        if wanted != found {
            let field = path.rsplit('/').next().unwrap_or(path);
            let text = |value: Option<&Value>| value.map_or("nothing".to_owned(), Value::to_string);
            let (found, wanted) = (text(found), text(wanted));
            return Some(format!("`{field}` is {found} instead of {wanted}"));
        }
    }
    let made_of = |predicate: &Value| {
        let all = predicate["buildDefinition"]["resolvedDependencies"].as_array();
        let mut all: Vec<String> = all
            .into_iter()
            .flatten()
            .map(|one| format!("{} {}", one["name"], one["digest"]["sha256"]))
            .collect();
        all.sort();
        all
    };
    (made_of(predicate) != made_of(&expected))
        .then(|| "`resolvedDependencies` are other downloads".to_owned())
}

fn digest(sha256: Sha256) -> BTreeMap<String, String> {
    BTreeMap::from([("sha256".to_owned(), sha256.to_string())])
}
