//! `gangway.lock`: which downloads were accepted, by digest, and when each was first seen.
//!
//! The lock makes a changed download visible before it reaches a server: the same name with
//! new bytes is a difference that a person has to accept (`--update-lock`), a lower version
//! even twice (`--allow-downgrade`). It also remembers the highest sequence that was given and,
//! for each mode, the last bundle, so that the sequence rises only when something changed, and
//! a bundle of one mode says nothing against that of another.

mod change;
mod compare;
mod first_schema;

use gangway_contract::Sha256;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

pub use change::{Change, ChangeKind};
pub use compare::{LockMode, Reconciled, reconcile};

use crate::goal::Goal;

/// File name, beside the config.
pub const FILE_NAME: &str = "gangway.lock";

/// Shape of the file.
const SCHEMA: u32 = 2;

/// Largest lock file that is read, in bytes; one entry has about 400.
const MAX_BYTES: usize = 1 << 20;

/// Entries that are read.
const MAX_ENTRIES: usize = 5_000;

/// Builds that a lock can count; the largest number that every JSON reader keeps exactly
/// (RFC 8259, section 6), for the manifest carries it too.
pub const MAX_SEQUENCE: u64 = (1 << 53) - 1;

/// Name of the entry of the stub that bootstraps are made from.
pub const STUB: &str = "bootstrap stub";

/// How every lock begins.
pub(crate) const HEADER: &str = "# Inputs that were accepted, written by `gangway build`. Keep it under \
                      version control; do not edit it.\n\n";

/// The file's content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lock {
    schema: u32,
    /// File name of the config whose lock this is; none in a lock of the first schema.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config: Option<String>,
    /// What stood for the organisation in every GUID of the last bundle; none in a lock from before there
    /// was an id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// The highest sequence that a bundle of any mode got; 0 before the first.
    #[serde(default)]
    pub sequence: u64,
    /// The bundle that a build is putting into its place. It stays only in the lock of a build that
    /// was killed there: its sequence is given, whether or not the bundle came to its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begun: Option<BuiltBundle>,
    /// The last bundle of each mode, in the order of the modes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub built: Vec<BuiltBundle>,
    /// Sorted by name.
    #[serde(default, rename = "download", skip_serializing_if = "Vec::is_empty")]
    pub downloads: Vec<LockedDownload>,
}

/// A bundle that was built.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BuiltBundle {
    /// What it does; the lock remembers the newest bundle of each mode.
    pub mode: Goal,
    /// The number that it was given; servers refuse lower ones.
    pub sequence: u64,
    /// Digest of its manifest with the sequence left out; none when it was not remembered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manifest_sha256: Option<Sha256>,
    /// SHA-256 of its `bundle.json`, which vouches for the whole but a signature; none of a bundle
    /// that the lock was made again from, when nobody vouched for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bundle_json_sha256: Option<Sha256>,
}

/// One accepted download, or the stub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedDownload {
    /// What it is for, for example `unified agent`, `hotfix KB2999226 x64` or `bootstrap stub`;
    /// not the file name, which browsers change.
    pub name: String,
    /// Digest of all bytes.
    pub sha256: Sha256,
    /// Bytes.
    pub size: u64,
    /// Version, where the kind has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Subject of the signing certificate, where the kind is signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signer: Option<String>,
    /// Its signatures in words, where the kind is signed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signatures: Vec<String>,
    /// What to know about them although they hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
    /// Digest of the blob that it carries, in the one form in which a server gets it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blob: Option<Sha256>,
    /// When it was first accepted, RFC 3339 in UTC.
    pub first_seen: String,
}

impl LockedDownload {
    /// The entry of the stub that bootstraps are made from. `now` is in seconds since 1970 UTC.
    pub fn stub(stub: &[u8], version: &str, now: i64) -> Self {
        Self {
            name: STUB.to_owned(),
            sha256: Sha256::of(stub),
            size: stub.len() as u64,
            version: Some(version.to_owned()),
            signer: None,
            signatures: Vec::new(),
            remarks: Vec::new(),
            blob: None,
            first_seen: timestamp(now),
        }
    }
}

/// Why a lock file is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LockError {
    /// Larger than any real one.
    #[error("the lock file has {found} {what}, at most {limit} are read")]
    TooLarge {
        /// What is counted: bytes or entries.
        what: &'static str,
        /// Count found.
        found: usize,
        /// Most that is read.
        limit: usize,
    },
    /// Not TOML, or fields that do not belong.
    #[error("the lock file is malformed: {why}")]
    Malformed {
        /// What and where.
        why: String,
    },
    /// Written by another version of the program.
    #[error("the lock file has schema {found}, this program reads schemas 1 to {SCHEMA}")]
    Schema {
        /// The number found.
        found: u32,
    },
    /// The sequence could not rise any more.
    #[error("the lock file has sequence {found}, which is beyond {MAX_SEQUENCE}")]
    Sequence {
        /// The number found.
        found: u64,
    },
    /// Two entries with one name.
    #[error("the lock file has two entries named `{name}`")]
    Duplicate {
        /// Name of the download that both give.
        name: String,
    },
}

impl Default for Lock {
    fn default() -> Self {
        Self {
            schema: SCHEMA,
            config: None,
            identity: None,
            sequence: 0,
            begun: None,
            built: Vec::new(),
            downloads: Vec::new(),
        }
    }
}

impl Lock {
    /// Reads a lock file: the schema number alone first, then the whole with unknown fields
    /// refused.
    ///
    /// # Errors
    /// See [`LockError`].
    pub fn parse(text: &str) -> Result<Self, LockError> {
        #[derive(Deserialize)]
        struct SchemaOnly {
            schema: u32,
        }
        let malformed = |error: toml::de::Error| LockError::Malformed {
            why: error.to_string().trim_end().to_owned(),
        };
        if text.len() > MAX_BYTES {
            return Err(LockError::TooLarge {
                what: "bytes",
                found: text.len(),
                limit: MAX_BYTES,
            });
        }
        let SchemaOnly { schema } = toml::from_str(text).map_err(malformed)?;
        let lock: Self = match schema {
            1 => toml::from_str(text)
                .map(first_schema::Lock::into_current)
                .map_err(malformed)?,
            SCHEMA => toml::from_str(text).map_err(malformed)?,
            found => return Err(LockError::Schema { found }),
        };
        lock.checked()
    }

    /// Counts within their limits, each name once, everything in its order.
    fn checked(mut self) -> Result<Self, LockError> {
        let lock = &mut self;
        if let Some(begun) = &lock.begun
            && begun.sequence != lock.sequence
        {
            let why = "`begun` is not of the sequence that was given last".to_owned();
            return Err(LockError::Malformed { why });
        }
        if lock.downloads.len() > MAX_ENTRIES {
            return Err(LockError::TooLarge {
                what: "entries",
                found: lock.downloads.len(),
                limit: MAX_ENTRIES,
            });
        }
        let sequences = lock.built.iter().map(|built| built.sequence);
        lock.sequence = sequences.fold(lock.sequence, u64::max);
        if lock.sequence > MAX_SEQUENCE {
            return Err(LockError::Sequence {
                found: lock.sequence,
            });
        }
        lock.downloads.sort_by(|a, b| a.name.cmp(&b.name));
        lock.built.sort_by_key(|built| built.mode);
        if lock
            .built
            .windows(2)
            .any(|pair| pair[0].mode == pair[1].mode)
        {
            return Err(LockError::Duplicate {
                name: "built".to_owned(),
            });
        }
        let doubled = lock.downloads.windows(2).find_map(|pair| match pair {
            [a, b] if a.name == b.name => Some(a.name.clone()),
            _ => None,
        });
        match doubled {
            Some(name) => Err(LockError::Duplicate { name }),
            None => Ok(self),
        }
    }

    /// The file's text: same content, same bytes.
    pub fn to_text(&self) -> String {
        // Strings, and numbers below the 2^63 of TOML, which always serialise.
        format!("{HEADER}{}", toml::to_string(self).unwrap_or_default())
    }

    /// The last bundle of this mode.
    pub fn built(&self, mode: impl Into<Goal>) -> Option<&BuiltBundle> {
        let mode = mode.into();
        self.built.iter().find(|built| built.mode == mode)
    }

    /// This lock before `next` has its bundle: the sequence is given, and nothing else changed. None
    /// where `next` gives no new one.
    pub fn beginning(&self, next: &Self) -> Option<Self> {
        let bundle = next
            .built
            .iter()
            .find(|built| built.sequence > self.sequence)?;
        Some(Self {
            config: next.config.clone(),
            identity: next.identity.clone(),
            sequence: bundle.sequence,
            begun: Some(bundle.clone()),
            ..self.clone()
        })
    }

    /// Remembers a bundle in the place of the last one of its mode.
    pub fn remember(&mut self, built: BuiltBundle) {
        self.sequence = self.sequence.max(built.sequence);
        self.begun = None;
        self.built.retain(|other| other.mode != built.mode);
        self.built.push(built);
        self.built.sort_by_key(|built| built.mode);
    }

    /// The entry of this name.
    pub fn download(&self, name: &str) -> Option<&LockedDownload> {
        self.downloads.iter().find(|entry| entry.name == name)
    }

    /// Servers have seen this sequence already, in whatever mode: every bundle gets a higher one from
    /// now on, the same bundle once more included.
    pub fn go_on_after(&mut self, sequence: u64) {
        self.sequence = self.sequence.max(sequence);
        self.begun = None;
        for built in &mut self.built {
            if built.sequence <= sequence {
                built.manifest_sha256 = None;
            }
        }
    }

    /// The bundle of this mode that was given a sequence last, whether or not it came to its place.
    pub fn last(&self, mode: impl Into<Goal>) -> Option<&BuiltBundle> {
        let mode = mode.into();
        let begun = self.begun.as_ref().filter(|begun| begun.mode == mode);
        begun.or_else(|| self.built(mode))
    }

    /// Is this `bundle.json` the one of the last bundle of a mode, or of one that was begun?
    pub fn vouches_for(&self, bundle_json_sha256: Sha256) -> bool {
        let mut known = self.built.iter().chain(&self.begun);
        known.any(|built| built.bundle_json_sha256 == Some(bundle_json_sha256))
    }

    /// The sequence of a manifest of this mode whose other fields have this digest: the last one
    /// when they are equal, else the next one of all modes, 1 for the first.
    pub fn sequence_for(&self, mode: impl Into<Goal>, rest: Sha256) -> u64 {
        match self.last(mode) {
            Some(last) if last.manifest_sha256 == Some(rest) => last.sequence,
            _ => self.sequence.saturating_add(1),
        }
    }
}

/// RFC 3339 in UTC; a number that is no date becomes the epoch.
pub(crate) fn timestamp(unix_seconds: i64) -> String {
    OffsetDateTime::from_unix_timestamp(unix_seconds)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
        .format(&Rfc3339)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use gangway_contract::manifest::Mode;

    use super::*;

    fn entry(name: &str) -> LockedDownload {
        LockedDownload {
            name: name.to_owned(),
            sha256: Sha256::of(name.as_bytes()),
            size: 3,
            version: Some("1.2".to_owned()),
            signer: None,
            signatures: vec!["signature 1: SHA-256 by CN=x".to_owned()],
            remarks: Vec::new(),
            blob: None,
            first_seen: timestamp(1_795_305_600),
        }
    }

    fn sample() -> Lock {
        let mut lock = Lock {
            downloads: vec![entry("agent"), entry("install script")],
            ..Lock::default()
        };
        lock.config = Some("gangway.toml".to_owned());
        lock.remember(built(Mode::Onboard, 4, b"rest", b"bundle.json"));
        lock.remember(built(Mode::Precheck, 3, b"look", b"another"));
        lock
    }

    fn built(mode: impl Into<Goal>, sequence: u64, rest: &[u8], bundle_json: &[u8]) -> BuiltBundle {
        BuiltBundle {
            mode: mode.into(),
            sequence,
            manifest_sha256: Some(Sha256::of(rest)),
            bundle_json_sha256: Some(Sha256::of(bundle_json)),
        }
    }

    #[test]
    fn the_text_reads_back_equal() {
        let text = sample().to_text();
        assert_eq!(Lock::parse(&text), Ok(sample()));
        assert!(text.contains("first_seen = \"2026-11-22T"), "{text}");
    }

    #[test]
    fn other_schemas_unknown_fields_and_doubled_names_are_refused() {
        let text = sample().to_text();
        let other = text.replace("schema = 2", "schema = 9");
        assert_eq!(Lock::parse(&other), Err(LockError::Schema { found: 9 }));
        let unknown = text.replacen("size = 3", "size = 3\nextra = 1", 1);
        let error = Lock::parse(&unknown).unwrap_err().to_string();
        assert!(error.contains("extra"), "{error}");
        let doubled = text.replace("install script", "agent");
        assert!(matches!(
            Lock::parse(&doubled),
            Err(LockError::Duplicate { .. })
        ));
        let found = MAX_SEQUENCE + 1;
        let endless = text.replacen("sequence = 4", &format!("sequence = {found}"), 1);
        assert_eq!(Lock::parse(&endless), Err(LockError::Sequence { found }));
        assert!(Lock::parse("schema = 2\n[").is_err());
        assert!(Lock::parse("").is_err());
    }

    #[test]
    fn what_was_begun_is_of_the_last_sequence() {
        let lock = sample();
        let mut next = lock.clone();
        next.remember(built(Mode::Onboard, 5, b"next", b"next"));
        let begun = lock.beginning(&next).unwrap();
        assert_eq!(Lock::parse(&begun.to_text()).as_ref(), Ok(&begun));
        let text = begun.to_text().replacen("sequence = 5", "sequence = 9", 1);
        assert!(matches!(
            Lock::parse(&text),
            Err(LockError::Malformed { .. })
        ));
        let rest = |text: &[u8]| Sha256::of(text);
        assert_eq!(begun.sequence_for(Mode::Onboard, rest(b"next")), 5);
        // It may be in its place, so the one before it is another bundle now.
        assert_eq!(begun.sequence_for(Mode::Onboard, rest(b"rest")), 6);
        assert_eq!(begun.sequence_for(Mode::Precheck, rest(b"look")), 3);
    }

    #[test]
    fn a_last_campaign_takes_the_place_of_no_precheck() {
        let mut lock = sample();
        lock.remember(built(Goal::Retire, 5, b"end", b"end"));
        let lock = Lock::parse(&lock.to_text()).unwrap();
        for (goal, sequence, document) in [
            (Goal::Precheck, 3, "another"),
            (Goal::Onboard, 4, "bundle.json"),
            (Goal::Retire, 5, "end"),
        ] {
            assert_eq!(lock.built(goal).unwrap().sequence, sequence, "{goal:?}");
            assert!(lock.vouches_for(Sha256::of(document.as_bytes())));
        }
        assert!(!lock.vouches_for(Sha256::of(b"of nobody")));
        assert!(lock.to_text().contains("mode = \"retire\""));
    }

    #[test]
    fn each_mode_has_one_bundle_the_last() {
        let mut lock = sample();
        let last = Sha256::of(b"last");
        lock.remember(built(Mode::Onboard, 5, b"rest", b"last"));
        let digest = |mode| lock.built(mode).and_then(|built| built.bundle_json_sha256);
        assert_eq!(digest(Mode::Onboard), Some(last));
        assert_eq!(digest(Mode::Precheck), Some(Sha256::of(b"another")));
        assert_eq!(digest(Mode::Offboard), None);
        let doubled = lock.to_text().replace("precheck", "onboard");
        assert!(matches!(
            Lock::parse(&doubled),
            Err(LockError::Duplicate { .. })
        ));
    }

    #[test]
    fn the_sequence_rises_over_all_modes_and_only_with_a_changed_manifest() {
        let lock = sample();
        for (mode, rest, sequence) in [
            (Mode::Onboard, "rest", 4),
            (Mode::Onboard, "other", 5),
            (Mode::Precheck, "look", 3),
            (Mode::Precheck, "other", 5),
            (Mode::Offboard, "rest", 5),
        ] {
            let rest = Sha256::of(rest.as_bytes());
            assert_eq!(lock.sequence_for(mode, rest), sequence, "{mode:?}");
        }
        let first = Lock::default().sequence_for(Mode::Onboard, Sha256::of(b"rest"));
        assert_eq!(first, 1);
    }
}
