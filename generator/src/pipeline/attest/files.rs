//! The two files that an attestation writes: both, or neither.

use std::io;
use std::path::Path;

use super::AttestError;
use crate::disk::{self, DiskError, Prepared};
use crate::plain_file;
use crate::provenance::{MAX_BYTES, is_parts_file, is_statements_file};

/// How a file of statements begins.
const STATEMENTS_BEGIN: &str = "{\"payload\":";

/// How a list of parts begins.
const PARTS_BEGIN: &str = "{\n  \"bomFormat\"";

/// Where the statements go, and the list of parts beside them.
#[derive(Debug)]
pub(super) struct Places<'a> {
    statements: &'a Path,
    parts: &'a Path,
}

impl<'a> Places<'a> {
    /// Takes both places.
    ///
    /// # Errors
    /// One of them holds a file that is not ours.
    pub(super) fn of(statements: &'a Path, parts: &'a Path) -> Result<Self, AttestError> {
        replaces_own(statements, is_statements_file)?;
        replaces_own(parts, is_parts_file)?;
        Ok(Self { statements, parts })
    }

    /// Puts both files into their places.
    ///
    /// # Errors
    /// The disk refuses one of them; then both places are as they were.
    pub(super) fn put(&self, statements: &str, parts: &str) -> Result<(), DiskError> {
        let path = self.statements;
        let before = match plain_file::read_whole(path, MAX_BYTES) {
            Ok(bytes) => Some(bytes),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(DiskError::io("read", path)(error)),
        };
        let parts = Prepared::write(self.parts, PARTS_BEGIN, parts.as_bytes())?;
        Prepared::write(path, STATEMENTS_BEGIN, statements.as_bytes())?.put()?;
        parts.put().inspect_err(|_| {
            // What fails here too is told by nobody: the disk refuses everything by now.
            let _ = match &before {
                Some(bytes) => {
                    Prepared::write(path, STATEMENTS_BEGIN, bytes).and_then(Prepared::put)
                }
                None => disk::remove_file(path).map_err(DiskError::io("remove", path)),
            };
        })
    }
}

/// Only a file of ours is replaced.
fn replaces_own(path: &Path, is_own: fn(&[u8]) -> bool) -> Result<(), AttestError> {
    let found = match plain_file::read(path, MAX_BYTES) {
        Ok(bytes) => bytes.is_some_and(|bytes| is_own(&bytes)),
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    };
    found.then_some(()).ok_or_else(|| AttestError::Occupied {
        path: path.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde_json::{Value, json};

    use super::*;
    use crate::provenance::{BUILD_TYPE, SLSA};

    fn statements_of_ours() -> String {
        let statement = json!({
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [],
            "predicateType": SLSA,
            "predicate": {"buildDefinition": {"buildType": BUILD_TYPE}},
        });
        envelope(&statement)
    }

    fn envelope(payload: &Value) -> String {
        let payload = STANDARD.encode(payload.to_string());
        format!("{{\"payload\":\"{payload}\",\"payloadType\":\"t\",\"signatures\":[]}}\n")
    }

    /// Every envelope and every list of parts begins as ours do.
    #[test]
    fn only_statements_and_lists_about_a_bundle_are_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let (statements, parts) = (folder.path().join("a.jsonl"), folder.path().join("a.json"));
        let list = |properties: Value| {
            let component = json!({"component": {"properties": properties}});
            let list = json!({"bomFormat": "CycloneDX", "metadata": component});
            serde_json::to_string_pretty(&list).unwrap()
        };
        let own_list = list(json!([{"name": "gangway:bundle-id", "value": "x"}]));
        let of_others = envelope(
            &json!({"_type": "https://in-toto.io/Statement/v1", "subject": [],
            "predicateType": SLSA, "predicate": {"buildDefinition": {"buildType": "x"}}}),
        );
        for (text, listed, is_taken) in [
            (statements_of_ours(), own_list.clone(), true),
            (of_others, own_list, false),
            (statements_of_ours(), list(json!([])), false),
            (statements_of_ours(), String::new(), false),
        ] {
            fs::write(&statements, &text).unwrap();
            fs::write(&parts, &listed).unwrap();
            assert_eq!(
                Places::of(&statements, &parts).is_ok(),
                is_taken,
                "{text}{listed}"
            );
        }
    }

    #[test]
    fn statements_do_not_stay_when_the_list_of_parts_finds_no_place() {
        let own = statements_of_ours();
        for before in [None, Some(own.as_str())] {
            let folder = tempfile::tempdir().unwrap();
            let (statements, parts) = (folder.path().join("a.jsonl"), folder.path().join("a.json"));
            if let Some(text) = &before {
                fs::write(&statements, text).unwrap();
            }
            let places = Places::of(&statements, &parts).unwrap();
            // Since they were looked at.
            fs::create_dir(&parts).unwrap();
            assert!(places.put("{\"payload\":\"new\"}", "{}").is_err());
            let found = fs::read_to_string(&statements).ok();
            assert_eq!(found.as_deref(), before);
            fs::remove_dir(&parts).unwrap();
            places.put("{\"payload\":\"new\"}", "{}").unwrap();
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
        }
    }
}
