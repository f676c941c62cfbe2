//! The journal: what was started and how it ended, one JSON line each, on the disk before
//! the next thing happens.
//!
//! It tells a later run what was in flight, how often a step was tried and with which codes.
//! It is never a program counter: every run looks at the machine anew.

use gangway_contract::history::{InFlight, Tries};
use gangway_contract::report::StepOutcome;
use gangway_contract::step::StepKind;
use gangway_contract::{History, State, UtcTime};
use serde::{Deserialize, Serialize};

use crate::commands;
use crate::crash_point::crash_point;
use crate::data_folder;
use crate::failure::Failure;
use crate::machine::{Machine, Process};

/// The journal is shortened to its sums above this size, in bytes.
const SHORTEN_ABOVE: usize = 256 * 1024;

/// Runs that find the same process at work before the next one goes on without it: with a run at
/// each refresh of Group Policy (90 minutes and more) a day and a half. Counted in runs, because
/// a clock may be set while an installer works.
const LONGEST_WAIT: u32 = 24;

/// One line of the journal, a JSON object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Entry {
    /// A step is about to start.
    StepStarted {
        /// Moment of the entry, by the clock of the server.
        at: UtcTime,
        /// Kind of the step.
        step: StepKind,
    },
    /// Its process exists.
    StepProcess {
        /// Number of the process, which Windows gives again later.
        id: u32,
        /// Time of creation as FILETIME.
        created: u64,
    },
    /// A run found it at work and did nothing.
    StepAwaited {
        /// Moment of the entry, by the clock of the server.
        at: UtcTime,
    },
    /// A step ended, with what came of it.
    StepEnded {
        /// Moment of the entry, by the clock of the server.
        at: UtcTime,
        /// Kind of the step.
        step: StepKind,
        /// Exit code of the program; none where no program ended.
        code: Option<u32>,
        /// What its end was judged to be.
        result: StepOutcome,
    },
    /// A report was dropped on the share.
    Reported {
        /// Moment of the entry, by the clock of the server.
        at: UtcTime,
        /// State that the report tells.
        state: State,
        /// Code of the reason.
        reason: String,
    },
    /// The sums of lines that were cut away.
    Sums {
        /// Tries so far.
        tries: Vec<Tries>,
    },
}

impl Entry {
    fn label(&self) -> String {
        match self {
            Self::StepStarted { step, .. } => format!("{step}-started"),
            Self::StepProcess { .. } => "process".to_owned(),
            Self::StepAwaited { .. } => "awaited".to_owned(),
            Self::StepEnded { step, .. } => format!("{step}-ended"),
            Self::Reported { .. } => "reported".to_owned(),
            Self::Sums { .. } => "sums".to_owned(),
        }
    }
}

/// A step without a recorded end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Open {
    step: StepKind,
    started_at: UtcTime,
    process: Option<Process>,
    /// The last run that waited for it, and how many did.
    awaited: Option<(UtcTime, u32)>,
}

impl Open {
    /// The process, while it is believed to be this step: it runs a program of such steps, and not
    /// too many runs have waited for it. So neither a line that somebody has put in nor an
    /// installer that hangs for good keeps a server from being served.
    fn at_work(&self, machine: &mut dyn Machine) -> Option<Process> {
        let process = self.process?;
        let waits = self.awaited.map_or(0, |(_, runs)| runs);
        let program = machine.program_of(process)?;
        let own = commands::carries_out(self.step, &program, &machine.folders());
        (own && waits < LONGEST_WAIT).then_some(process)
    }
}

/// What a journal says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Past {
    /// Tries, without the step in flight.
    pub history: History,
    open: Option<Open>,
    /// Last report on the share.
    pub reported: Option<(UtcTime, State, String)>,
}

impl Past {
    /// Reads the lines; a torn or unknown one is passed over.
    pub fn replay(journal: &[u8]) -> Self {
        let mut past = Self::default();
        for line in journal.split(|byte| *byte == b'\n') {
            if let Ok(entry) = serde_json::from_slice(line) {
                past.take(entry);
            }
        }
        past
    }

    fn take(&mut self, entry: Entry) {
        match entry {
            Entry::StepStarted { at, step } => {
                self.close_unknown();
                self.history.of_mut(step).last_start = Some(at);
                self.open = Some(Open {
                    step,
                    started_at: at,
                    process: None,
                    awaited: None,
                });
            }
            Entry::StepProcess { id, created } => {
                if let Some(open) = &mut self.open {
                    open.process = Some(Process { id, created });
                    open.awaited = None;
                }
            }
            Entry::StepAwaited { at } => {
                if let Some(open) = &mut self.open {
                    let runs = open.awaited.map_or(0, |(_, runs)| runs);
                    open.awaited = Some((at, runs.saturating_add(1)));
                }
            }
            Entry::StepEnded {
                at,
                step,
                code,
                result,
            } => {
                // A process that goes on past its limit stays open.
                if result == StepOutcome::StillRunning {
                    return;
                }
                self.open = None;
                let tries = self.history.of_mut(step);
                tries.last_code = code;
                tries.last_end = Some(at);
                match result {
                    StepOutcome::Done
                    | StepOutcome::DoneDespiteCode
                    | StepOutcome::DoneRestartNeeded => {
                        tries.done = tries.done.saturating_add(1);
                        tries.failed = 0;
                        tries.interrupted = 0;
                    }
                    StepOutcome::Failed
                    | StepOutcome::NotVerified
                    | StepOutcome::LimitPassed
                    | StepOutcome::StillRunning
                    | StepOutcome::NotStarted => tries.failed = tries.failed.saturating_add(1),
                }
            }
            Entry::Reported { at, state, reason } => self.reported = Some((at, state, reason)),
            Entry::Sums { tries } => self.history.tries = tries,
        }
    }

    fn close_unknown(&mut self) {
        if let Some(open) = self.open.take() {
            let tries = self.history.of_mut(open.step);
            tries.interrupted = tries.interrupted.saturating_add(1);
        }
    }

    /// The history for the decision: a step without an end is in flight while its process is at
    /// work, and interrupted otherwise.
    pub fn history(mut self, machine: &mut dyn Machine) -> History {
        match self
            .open
            .and_then(|open| Some((open, open.at_work(machine)?)))
        {
            Some((open, process)) => {
                self.history.in_flight = Some(InFlight {
                    step: open.step,
                    started_at: open.started_at,
                    process: process.id,
                });
            }
            None => self.close_unknown(),
        }
        self.history
    }

    fn shortened(self) -> Vec<Entry> {
        let mut entries = vec![Entry::Sums {
            tries: self.history.tries,
        }];
        if let Some((at, state, reason)) = self.reported {
            entries.push(Entry::Reported { at, state, reason });
        }
        if let Some(open) = self.open {
            entries.push(Entry::StepStarted {
                at: open.started_at,
                step: open.step,
            });
            if let Some(Process { id, created }) = open.process {
                entries.push(Entry::StepProcess { id, created });
            }
            let (at, runs) = open.awaited.unwrap_or((open.started_at, 0));
            // More than are counted say nothing more.
            entries.extend((0..runs.min(LONGEST_WAIT)).map(|_| Entry::StepAwaited { at }));
        }
        entries
    }
}

/// Shortens a journal that has grown.
///
/// # Errors
/// As the system says.
pub fn shorten(machine: &mut dyn Machine) -> Result<(), Failure> {
    let bytes = data_folder::journal(machine)?;
    if bytes.len() <= SHORTEN_ABOVE {
        return Ok(());
    }
    let shorter: Vec<u8> = Past::replay(&bytes)
        .shortened()
        .iter()
        .flat_map(line)
        .collect();
    machine.replace_journal(&shorter)
}

/// Writes one line.
///
/// # Errors
/// As the system says. Whatever was about to happen must not happen then.
pub fn write(machine: &mut dyn Machine, entry: &Entry) -> Result<(), Failure> {
    crash_point("before", &entry.label());
    machine.append_journal(&line(entry))?;
    crash_point("after", &entry.label());
    Ok(())
}

fn line(entry: &Entry) -> Vec<u8> {
    // A torn line before this one ends here.
    let mut line = vec![b'\n'];
    // Strings and numbers always serialise.
    line.extend(serde_json::to_vec(entry).unwrap_or_default());
    line.push(b'\n');
    line
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    const STEP: StepKind = StepKind::InstallAgent;

    fn started(at: i64) -> Entry {
        Entry::StepStarted {
            at: UtcTime(at),
            step: STEP,
        }
    }

    fn open(at: i64) -> Open {
        Open {
            step: STEP,
            started_at: UtcTime(at),
            process: None,
            awaited: None,
        }
    }

    fn ended(at: i64, code: u32, result: StepOutcome) -> Entry {
        Entry::StepEnded {
            at: UtcTime(at),
            step: STEP,
            code: Some(code),
            result,
        }
    }

    fn journal(entries: &[Entry]) -> Vec<u8> {
        entries.iter().flat_map(line).collect()
    }

    #[test]
    fn failures_count_until_a_success() {
        let mut entries = Vec::new();
        for at in 0..3 {
            entries.extend([started(at), ended(at, 1603, StepOutcome::Failed)]);
        }
        let past = Past::replay(&journal(&entries));
        let tries = past.history.of(STEP).unwrap();
        assert_eq!((tries.failed, tries.last_code), (3, Some(1603)));
        entries.extend([started(9), ended(9, 0, StepOutcome::Done)]);
        let past = Past::replay(&journal(&entries));
        let tries = past.history.of(STEP).unwrap();
        assert_eq!((tries.failed, tries.done), (0, 1));
    }

    #[test]
    fn a_start_without_end_is_interrupted_and_no_failure() {
        let past = Past::replay(&journal(&[started(1), started(2)]));
        let tries = past.history.of(STEP).unwrap();
        assert_eq!((tries.interrupted, tries.failed), (1, 0));
        assert_eq!(past.open, Some(open(2)));
    }

    #[test]
    fn a_torn_last_line_is_passed_over() {
        let mut bytes = journal(&[started(1), ended(1, 0, StepOutcome::Done)]);
        bytes.extend(&line(&started(2))[..20]);
        bytes.extend(line(&started(3)));
        let past = Past::replay(&bytes);
        assert_eq!(past.history.of(STEP).unwrap().done, 1);
        assert_eq!(past.open, Some(open(3)));
    }

    #[test]
    fn a_shortened_journal_says_the_same() {
        let entries = [
            started(1),
            ended(1, 1603, StepOutcome::Failed),
            Entry::Reported {
                at: UtcTime(2),
                state: State::Failed,
                reason: "step-failed".to_owned(),
            },
            started(3),
            Entry::StepProcess { id: 7, created: 8 },
            Entry::StepAwaited { at: UtcTime(4) },
            Entry::StepAwaited { at: UtcTime(5) },
        ];
        let past = Past::replay(&journal(&entries));
        assert_eq!(Past::replay(&journal(&past.clone().shortened())), past);
    }

    fn any_step() -> impl Strategy<Value = StepKind> {
        proptest::sample::select(StepKind::ALL.to_vec())
    }

    fn any_result() -> impl Strategy<Value = StepOutcome> {
        proptest::sample::select(vec![
            StepOutcome::Done,
            StepOutcome::DoneDespiteCode,
            StepOutcome::DoneRestartNeeded,
            StepOutcome::Failed,
            StepOutcome::NotVerified,
            StepOutcome::LimitPassed,
            StepOutcome::StillRunning,
            StepOutcome::NotStarted,
        ])
    }

    /// Lines in any order: also such as no run would write, because a journal lies on a disk.
    fn any_entry() -> impl Strategy<Value = Entry> {
        let at = || any::<u32>().prop_map(|seconds| UtcTime(i64::from(seconds)));
        prop_oneof![
            (at(), any_step()).prop_map(|(at, step)| Entry::StepStarted { at, step }),
            any::<(u32, u64)>().prop_map(|(id, created)| Entry::StepProcess { id, created }),
            at().prop_map(|at| Entry::StepAwaited { at }),
            (at(), any_step(), any::<Option<u32>>(), any_result()).prop_map(
                |(at, step, code, result)| Entry::StepEnded {
                    at,
                    step,
                    code,
                    result
                }
            ),
            (at(), "[a-z-]{0,9}").prop_map(|(at, reason)| Entry::Reported {
                at,
                state: State::Failed,
                reason
            }),
        ]
    }

    /// Sums stand in the first line alone.
    fn any_entries() -> impl Strategy<Value = Vec<Entry>> {
        let tries = vec(any_step(), 0..3).prop_map(|steps| {
            let mut history = History::default();
            for step in steps {
                history.of_mut(step).failed = u32::MAX;
            }
            history.tries
        });
        let sums = tries.prop_map(|tries| Entry::Sums { tries });
        let lines = (proptest::option::of(sums), vec(any_entry(), 0..40));
        lines.prop_map(|(sums, entries)| sums.into_iter().chain(entries).collect())
    }

    proptest! {
        #[test]
        fn any_journal_says_the_same_when_it_is_shortened(entries in any_entries()) {
            let mut past = Past::replay(&journal(&entries));
            let shortened = Past::replay(&journal(&past.clone().shortened()));
            // Waits are counted up to the longest one, and their last moment is enough.
            if let Some((_, runs)) = past.open.as_mut().and_then(|open| open.awaited.as_mut()) {
                *runs = (*runs).min(LONGEST_WAIT);
            }
            prop_assert_eq!(shortened, past);
        }

        #[test]
        fn a_line_that_is_torn_anywhere_costs_itself_alone(
            before in vec(any_entry(), 0..9),
            torn in any_entry(),
            at in any::<prop::sample::Index>(),
            after in vec(any_entry(), 0..9),
        ) {
            let whole = line(&torn);
            let mut bytes = journal(&before);
            // Without its last brace and line feed at least.
            bytes.extend(&whole[..at.index(whole.len() - 1)]);
            bytes.extend(journal(&after));
            let expected = Past::replay(&journal(&[before, after].concat()));
            prop_assert_eq!(Past::replay(&bytes), expected);
        }

        #[test]
        fn noise_is_passed_over(noise in vec(any::<u8>(), 0..400), after in vec(any_entry(), 0..9)) {
            let mut bytes = noise;
            bytes.extend(journal(&after));
            prop_assert_eq!(Past::replay(&bytes), Past::replay(&journal(&after)));
        }
    }
}
