//! Locks as the first schema has them: one manifest for all modes.

use gangway_contract::Sha256;
use gangway_contract::manifest::Mode;
use serde::Deserialize;

use super::{BuiltBundle, LockedDownload, SCHEMA};

/// The file's content.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Lock {
    #[serde(rename = "schema")]
    _schema: u32,
    manifest: Option<LastManifest>,
    #[serde(default)]
    built: Vec<Built>,
    #[serde(default, rename = "download")]
    downloads: Vec<LockedDownload>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LastManifest {
    sequence: u64,
    sha256: Sha256,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Built {
    mode: Mode,
    bundle_json_sha256: Sha256,
}

impl Lock {
    /// The last manifest is that of one mode, and nothing says of which. It stands at each: the
    /// mode is part of a manifest, so it is found again at its own only.
    pub(super) fn into_current(self) -> super::Lock {
        let sequence = self.manifest.as_ref().map_or(0, |last| last.sequence);
        let manifest_sha256 = self.manifest.map(|last| last.sha256);
        let built = self.built.into_iter().map(|built| BuiltBundle {
            mode: built.mode.into(),
            sequence,
            manifest_sha256,
            bundle_json_sha256: Some(built.bundle_json_sha256),
        });
        super::Lock {
            begun: None,
            schema: SCHEMA,
            config: None,
            identity: None,
            sequence,
            built: built.collect(),
            downloads: self.downloads,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Lock;
    use super::*;

    #[test]
    fn a_lock_of_the_first_schema_goes_on_where_it_was() {
        let digest = "ab".repeat(32);
        let text = format!(
            "schema = 1\n[manifest]\nsequence = 7\nsha256 = \"{digest}\"\n[[built]]\nmode = \
             \"precheck\"\nbundle_json_sha256 = \"{digest}\"\n"
        );
        let lock = Lock::parse(&text).unwrap();
        let rest: Sha256 = digest.parse().unwrap();
        assert_eq!(lock.sequence_for(Mode::Precheck, rest), 7);
        assert_eq!(lock.sequence_for(Mode::Precheck, Sha256::of(b"x")), 8);
        assert_eq!(lock.sequence_for(Mode::Onboard, rest), 8);
        assert_eq!(Lock::parse(&lock.to_text()), Ok(lock.clone()));
        assert!(Lock::parse(&format!("{text}odd = 1")).is_err());
        assert_eq!(Lock::parse("schema = 1"), Ok(Lock::default()));
    }
}
