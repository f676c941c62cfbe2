//! How much a directory may say, and how long it may take: in one answer, and in a whole
//! publication.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

/// How much a server may say.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// From a question to the end of its answer, however steadily it comes.
    pub(super) time: Duration,
    /// Bytes on the line.
    pub(super) bytes: usize,
    /// Objects.
    pub(super) entries: usize,
    /// Of all attributes of all objects.
    pub(super) values: usize,
}

impl Limits {
    /// Of one answer. A domain controller gives up a question after two minutes
    /// (`MaxQueryDuration`), and none of ours takes it a second; the longest answer names the
    /// units with a link to a GPO; Active Directory gives 1000 objects (`MaxPageSize`, MS-ADTS
    /// 3.1.1.3.4.6).
    pub(super) const USUAL: Self = Self {
        time: Duration::from_secs(45),
        bytes: 4 << 20,
        entries: 5_000,
        values: 50_000,
    };

    /// Of all answers together, connecting included: some dozen questions of a few kilobytes.
    /// The publisher's own waiting, for a person or the share, does not count.
    pub(super) const WHOLE: Self = Self {
        time: Duration::from_secs(60),
        bytes: 16 << 20,
        entries: 20_000,
        values: 100_000,
    };
}

/// What is left of it for a whole publication, over every connection of it.
#[derive(Debug, Clone)]
pub struct Budget(Rc<Cell<Limits>>);

impl Default for Budget {
    fn default() -> Self {
        Self::of(Limits::WHOLE)
    }
}

impl Budget {
    pub(super) fn of(whole: Limits) -> Self {
        Self(Rc::new(Cell::new(whole)))
    }

    /// What the next answer may have, which is at most `one`.
    pub(super) fn next(&self, one: Limits) -> Limits {
        let left = self.0.get();
        Limits {
            time: one.time.min(left.time),
            bytes: one.bytes.min(left.bytes),
            entries: one.entries.min(left.entries),
            values: one.values.min(left.values),
        }
    }

    /// Takes what an answer had.
    pub(super) fn spend(&self, had: Limits) {
        let left = self.0.get();
        self.0.set(Limits {
            time: left.time.saturating_sub(had.time),
            bytes: left.bytes.saturating_sub(had.bytes),
            entries: left.entries.saturating_sub(had.entries),
            values: left.values.saturating_sub(had.values),
        });
    }
}

/// An answer that had nothing.
pub(super) const NOTHING: Limits = Limits {
    time: Duration::ZERO,
    bytes: 0,
    entries: 0,
    values: 0,
};
