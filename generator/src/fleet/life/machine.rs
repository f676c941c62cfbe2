//! Which machine reports come from, as they tell it, and when.

use std::num::NonZeroU64;

use gangway_contract::UtcTime;

use super::super::mark::mark;

/// Machines that are told apart below one name; a server that is installed anew every year for ten years
/// has some thirty identities, most of whose reports are long gone.
pub(super) const MAX_MACHINES: usize = 64;

/// The first eight bytes of an identity's digest.
pub(super) type Mark = NonZeroU64;

/// What a report says of the machine that it comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) struct Machine {
    /// SID of its account in the domain: stays when it is renamed.
    pub(super) account: Option<Mark>,
    /// SID of the machine: made when Windows is installed; all domain controllers of a domain share theirs.
    pub(super) machine: Option<Mark>,
    /// `senseGuid`: made by the sensor at its first start.
    pub(super) sensor: Option<Mark>,
    /// Is it a domain controller?
    pub(super) controller: bool,
}

/// What a report says, before it is made short.
#[derive(Debug, Clone, Copy, Default)]
pub(in super::super) struct Told<'a> {
    pub(in super::super) account: Option<&'a str>,
    pub(in super::super) machine: Option<&'a str>,
    pub(in super::super) sensor: Option<&'a str>,
    pub(in super::super) controller: bool,
}

impl From<Told<'_>> for Machine {
    fn from(told: Told<'_>) -> Self {
        let short = |text: Option<&str>| {
            let text = text?.trim();
            // Writers differ in the case of a GUID and of a SID's `S`.
            (!text.is_empty()).then_some(text.to_ascii_uppercase())
        };
        let short = |text| NonZeroU64::new(mark(&short(text)?));
        Self {
            account: short(told.account),
            machine: short(told.machine),
            sensor: short(told.sensor),
            controller: told.controller,
        }
    }
}

/// What the file server says of the account that a report names as its own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in super::super) enum Word {
    /// The file belongs to that account.
    Proven,
    /// Nobody knows.
    #[default]
    Told,
    /// The file belongs to another account: what it says of itself is somebody else's word.
    Refuted,
}

/// From the first to the last of some moments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) first: UtcTime,
    pub(super) last: UtcTime,
}

impl Span {
    pub(super) fn at(time: UtcTime) -> Self {
        Self {
            first: time,
            last: time,
        }
    }

    pub(super) fn join(self, other: Self) -> Self {
        Self {
            first: self.first.min(other.first),
            last: self.last.max(other.last),
        }
    }
}

/// A machine, and the times of its reports.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    pub(super) machine: Machine,
    pub(super) span: Span,
    /// Does each of the files belong to the account that it names?
    pub(super) proven: bool,
}

/// The machines that reported under one name; in whatever order files are read, the same.
#[derive(Debug, Default)]
pub(in super::super) struct Trace {
    /// The least of them: one that is not kept had as many below it, and would never be kept again.
    seen: Vec<Seen>,
    /// The times of those that are more than are told apart.
    more: Option<Span>,
    /// The last report under the name, whoever wrote it.
    last: Option<UtcTime>,
}

impl Trace {
    /// Takes that there is a report under the name, whatever it tells.
    pub(in super::super) fn reported(&mut self, time: UtcTime) {
        self.last = self.last.max(Some(time));
    }

    /// Takes what a report says of its machine.
    pub(in super::super) fn take(&mut self, machine: Machine, time: UtcTime, word: Word) {
        self.reported(time);
        if word == Word::Refuted {
            return;
        }
        let proven = word == Word::Proven;
        if let Some(seen) = self.seen.iter_mut().find(|seen| seen.machine == machine) {
            seen.span = seen.span.join(Span::at(time));
            seen.proven &= proven;
            return;
        }
        let mut new = Seen {
            machine,
            span: Span::at(time),
            proven,
        };
        if self.seen.len() < MAX_MACHINES {
            // Nearly every server has one for ever.
            self.seen.reserve_exact(1);
            self.seen.push(new);
            return;
        }
        let greatest = self.seen.iter_mut().max_by_key(|seen| seen.machine);
        if let Some(greatest) = greatest.filter(|seen| seen.machine > new.machine) {
            core::mem::swap(greatest, &mut new);
        }
        self.more = Some(self.more.map_or(new.span, |more| more.join(new.span)));
    }

    /// The machines that are told apart.
    pub(super) fn seen(&self) -> &[Seen] {
        &self.seen
    }

    /// The times of all, where there are more than are told apart.
    pub(super) fn of_many(&self) -> Option<Span> {
        let more = self.more?;
        let all = self.seen.iter().map(|one| one.span);
        Some(all.fold(more, Span::join))
    }

    /// Is there a report under the name at this time or later?
    pub(super) fn reports_since(&self, time: UtcTime) -> bool {
        self.last.is_some_and(|last| last >= time)
    }
}
