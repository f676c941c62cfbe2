//! The key of the retired monitoring agent's workspace: a file of the administrator that
//! becomes a payload. Only its digest stands in documents; no message repeats it.

use std::path::Path;

use gangway_contract::Sha256;
use gangway_contract::manifest::{Payload, Role};

use crate::plain_file;

/// Name on the share.
const NAME: &str = "workspace.key";

/// A key has 88 base64 digits; longer ones are for a service that changes its mind.
const LONGEST: usize = 512;

/// Shorter is a mistake.
const SHORTEST: usize = 16;

/// A key that was read, ready to be staged.
#[derive(Debug)]
pub(super) struct WorkspaceKey {
    pub(super) payload: Payload,
    pub(super) bytes: Vec<u8>,
}

/// Reads the key of a file: base64 and nothing else, but blanks around it.
///
/// # Errors
/// What is wrong with it, without its content.
pub(super) fn read(path: &Path) -> Result<WorkspaceKey, String> {
    let text =
        plain_file::read_whole(path, 2 * LONGEST as u64).map_err(|error| error.to_string())?;
    let key = text.trim_ascii();
    if !(SHORTEST..=LONGEST).contains(&key.len()) {
        let found = key.len();
        return Err(format!(
            "it holds {found} characters, expected {SHORTEST} to {LONGEST}"
        ));
    }
    let base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    if let Some(at) = key.iter().position(|byte| !base64(byte)) {
        return Err(format!("character {} is no base64", at + 1));
    }
    Ok(WorkspaceKey {
        payload: Payload {
            role: Role::WorkspaceKey,
            name: NAME.to_owned(),
            size: key.len() as u64,
            sha256: Sha256::of(key),
            version: None,
            signer: None,
        },
        bytes: key.to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Result<WorkspaceKey, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.txt");
        std::fs::write(&path, text).unwrap();
        read(&path)
    }

    #[test]
    fn the_key_is_taken_without_the_blanks_around_it() {
        let key = read_text("  c2VjcmV0LWtleS12YWx1ZQ==\r\n").unwrap();
        assert_eq!(key.bytes, b"c2VjcmV0LWtleS12YWx1ZQ==");
        assert_eq!(key.payload.sha256, Sha256::of(&key.bytes));
        assert_eq!(key.payload.size, 24);
    }

    #[test]
    fn what_is_no_key_is_refused_without_being_repeated() {
        for (text, words) in [
            ("", "0 characters"),
            ("c2VjcmV0", "8 characters"),
            (&"QUJD".repeat(200), "800 characters"),
            (&"QUJD".repeat(300), "more than 1024 bytes"),
            ("key: c2VjcmV0LWtleS12YWx1ZQ==", "character 4"),
            ("\"c2VjcmV0LWtleS12YWx1ZQ==\"", "character 1"),
        ] {
            let error = read_text(text).unwrap_err();
            assert!(error.contains(words), "{error}");
            assert!(!error.contains("c2Vj"), "{error}");
        }
        assert!(read(Path::new("no/such/file")).is_err());
    }
}
