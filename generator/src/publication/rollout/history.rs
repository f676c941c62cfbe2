//! Who changed the rollout of a share when: a small document beside the switch, which no server reads.

use std::fmt;

use gangway_contract::rollout::Ring;
use gangway_contract::{Rollout, UtcTime, document};
use serde::{Deserialize, Serialize};

use super::{Found, LargeFiles, Listed, ShareError};
use crate::printable::{on_one_line, short_line};

/// Version of the document's shape.
const SCHEMA: u32 = 1;

/// Largest document that is read, in bytes.
const MAX_BYTES: u64 = 256 << 10;

/// Changes that are kept: some years of a careful rollout, and far below the limit above.
const MAX_CHANGES: usize = 200;

/// Most characters of each of its words.
const MAX_SHOWN: usize = 256;

/// What counted, in the form that is kept and shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Standing {
    /// Is all new work stopped?
    pub paused: bool,
    /// Bundles with a lower sequence do no new work.
    pub min_sequence: u64,
    /// The ring that was set; none where each bundle has the one that it begins with.
    pub ring: Option<Ring>,
}

impl From<&Rollout> for Standing {
    fn from(rollout: &Rollout) -> Self {
        Self {
            paused: rollout.paused,
            min_sequence: rollout.min_sequence,
            ring: rollout.ring,
        }
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.paused {
            true => "paused",
            false => "going on",
        })?;
        match self.ring {
            None => f.write_str(", each bundle with the ring that it begins with")?,
            Some(Ring {
                percent,
                up_to_sequence: 0,
            }) => write!(f, ", no ring wider than {percent} %")?,
            Some(ring) => write!(
                f,
                ", ring of {} % for bundles up to sequence {}",
                ring.percent, ring.up_to_sequence
            )?,
        }
        match self.min_sequence {
            0 => f.write_str(", no bundle too old"),
            sequence => write!(f, ", bundles from sequence {sequence} on"),
        }
    }
}

/// Who asked for what, when, and what counted before and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Changed {
    /// When, by the clock of who changed it.
    pub at: UtcTime,
    /// Who.
    pub account: String,
    /// From which machine.
    pub host: String,
    /// What was asked for, as it is typed.
    pub asked: String,
    /// What counted before.
    pub before: Standing,
    /// What counted from then on.
    pub after: Standing,
}

/// The document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct History {
    schema: u32,
    /// Newest first.
    pub(super) changes: Vec<Changed>,
}

impl Default for History {
    fn default() -> Self {
        Self {
            schema: SCHEMA,
            changes: Vec::new(),
        }
    }
}

impl History {
    fn parse(bytes: &[u8]) -> Result<Self, String> {
        let in_words = |error: serde_json::Error| on_one_line(&error.to_string()).into_owned();
        let schema = document::schema(bytes).map_err(in_words)?;
        if schema != SCHEMA {
            return Err(format!(
                "it has schema {schema}, this program reads schema {SCHEMA}"
            ));
        }
        let mut history: Self = document::read(bytes).map_err(in_words)?;
        for change in &mut history.changes {
            // Whoever may write there wrote it.
            for text in [&mut change.account, &mut change.host, &mut change.asked] {
                *text = short_line(text, MAX_SHOWN);
            }
        }
        Ok(history)
    }

    pub(super) fn write(&self) -> Vec<u8> {
        document::to_bytes(self)
    }

    /// The same with this change as the newest.
    pub(super) fn with(mut self, change: Changed) -> Self {
        self.changes.insert(0, change);
        self.changes.truncate(MAX_CHANGES);
        self
    }
}

/// The history at a path.
pub(super) fn read(
    share: &mut dyn LargeFiles,
    path: &str,
    listed: Option<Listed>,
) -> Result<Found<History>, ShareError> {
    match listed {
        None => return Ok(Found::Missing),
        Some(Listed::File(size)) if size <= MAX_BYTES => {}
        Some(Listed::File(size)) => return Ok(Found::Bad(format!("it has {size} bytes"))),
        Some(other) => return Ok(Found::Bad(format!("it is {}", other.what()))),
    }
    Ok(match share.read_file(path)? {
        None => Found::Missing,
        Some(bytes) => History::parse(&bytes).map_or_else(Found::Bad, Found::Good),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(at: i64) -> Changed {
        Changed {
            at: UtcTime(at),
            account: r"CONTOSO\admin".to_owned(),
            host: "desk".to_owned(),
            asked: "pause".to_owned(),
            before: Standing::from(&Rollout::NONE),
            after: Standing::from(&Rollout {
                paused: true,
                ..Rollout::NONE
            }),
        }
    }

    #[test]
    fn a_history_reads_back_and_forgets_the_oldest() {
        let mut history = History::default();
        for at in 0..MAX_CHANGES + 5 {
            history = history.with(changed(i64::try_from(at).unwrap()));
        }
        assert_eq!(history.changes.len(), MAX_CHANGES);
        assert_eq!(history.changes.first().unwrap().at.0, 204);
        let bytes = history.write();
        assert!(bytes.len() as u64 <= MAX_BYTES, "{}", bytes.len());
        assert_eq!(History::parse(&bytes), Ok(history));
    }

    #[test]
    fn what_others_wrote_begins_no_line_of_ours() {
        let history = History::default().with(Changed {
            account: "x\n! forged".to_owned(),
            ..changed(1)
        });
        let read = History::parse(&history.write()).unwrap();
        assert!(!read.changes[0].account.contains('\n'));
        for (bytes, told) in [
            (&b"[1,[]]"[..], "object"),
            (b"{\"schema\":2}", "schema 2"),
            (b"{\"schema\":1,\"changes\":[],\"x\\n\":1}", "unknown field"),
        ] {
            let why = History::parse(bytes).unwrap_err();
            assert!(why.contains(told) && !why.contains('\n'), "{why}");
        }
    }
}
