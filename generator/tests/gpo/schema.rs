//! Runs xmllint with the schemas of `tests/schemas`. A missing xmllint is a failure: a test
//! that cannot look must not pass.

use std::path::PathBuf;
use std::process::Command;

/// Fails the test unless the document is valid.
#[track_caller]
pub(crate) fn assert_valid(schema: &str, document: &[u8]) {
    if let Err(why) = validate(schema, document) {
        panic!("{why}");
    }
}

/// What xmllint says of an invalid document.
pub(crate) fn validate(schema: &str, document: &[u8]) -> Result<(), String> {
    let schemas = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/schemas");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("document.xml");
    std::fs::write(&path, document).unwrap();
    let output = Command::new("xmllint")
        .args(["--nonet", "--noout", "--schema"])
        .arg(schemas.join(schema))
        .arg(&path)
        .output()
        .expect("xmllint is needed (Debian package libxml2-utils)");
    if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}
