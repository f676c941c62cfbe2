//! What a change makes of what was decided before. Pure.

use std::fmt;

use gangway_contract::Rollout;
use gangway_contract::rollout::Ring;

use super::{Carried, Found, Governed, Problem, RolloutError, RolloutRequest, Switch};

/// What a person may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// So many percent of the servers may begin.
    Ring(u8),
    /// No server begins anything.
    Pause,
    /// Takes a pause back.
    Resume,
    /// Bundles of a lower sequence do no new work.
    MinSequence(u64),
}

/// As it is typed.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ring(percent) => write!(f, "ring {percent}"),
            Self::Pause => f.write_str("pause"),
            Self::Resume => f.write_str("resume"),
            Self::MinSequence(sequence) => write!(f, "min-sequence {sequence}"),
        }
    }
}

/// What is known of the share before.
pub(super) struct Known<'a> {
    pub(super) switch: &'a Switch,
    pub(super) governed: &'a [Governed],
    /// What of the campaigns cannot be read.
    pub(super) unknown: &'a [Problem],
    /// The bundle that was named.
    pub(super) bundle: Option<Carried>,
}

impl Known<'_> {
    /// Highest sequence of a bundle that anybody published or named.
    fn newest(&self) -> Option<u64> {
        let published = self.governed.iter().filter_map(|one| one.bundle);
        let all = published.chain(self.bundle);
        all.map(|bundle| bundle.sequence).max()
    }
}

/// The decision after the change.
pub(super) fn decided(
    request: &RolloutRequest,
    change: Change,
    known: &Known<'_>,
) -> Result<Rollout, RolloutError> {
    let fault = known.switch.fault();
    // A pause withholds whatever any switch may have.
    if change != Change::Pause {
        if let Some((name, why)) = fault {
            return Err(RolloutError::Unreadable {
                path: request.path(name),
                why: why.to_owned(),
            });
        }
        if known.switch.control == Found::Missing {
            return Err(RolloutError::NoSwitch {
                folder: request.named.clone(),
            });
        }
    }
    let before = known.switch.as_decided();
    match change {
        Change::Pause => Ok(Rollout {
            paused: true,
            ..before
        }),
        Change::Resume => Ok(Rollout {
            paused: false,
            ..before
        }),
        Change::Ring(percent) => Ok(Rollout {
            ring: Some(ring(request, percent, before.ring, known)?),
            ..before
        }),
        Change::MinSequence(min_sequence) => {
            if !request.withhold_all {
                check_that_somebody_works(min_sequence, known)?;
                // What is not raised withholds no more than before.
                if min_sequence > before.min_sequence {
                    check_that_all_is_known(min_sequence, known)?;
                }
            }
            Ok(Rollout {
                min_sequence,
                ..before
            })
        }
    }
}

/// A ring is set for the bundles that are there: one that comes later begins as its own config says.
fn ring(
    request: &RolloutRequest,
    percent: u8,
    before: Option<Ring>,
    known: &Known<'_>,
) -> Result<Ring, RolloutError> {
    if percent > 100 {
        return Err(RolloutError::NoPercentage {
            percent: percent.into(),
        });
    }
    let newest = known.newest().max(before.map(|ring| ring.up_to_sequence));
    match newest.filter(|sequence| *sequence > 0) {
        Some(up_to_sequence) => Ok(Ring {
            percent,
            up_to_sequence,
        }),
        None => Err(RolloutError::NoBundleKnown {
            folder: request.named.clone(),
        }),
    }
}

/// Has each campaign a bundle left that works?
fn check_that_somebody_works(min_sequence: u64, known: &Known<'_>) -> Result<(), RolloutError> {
    let held = |bundle: &Option<Carried>| bundle.is_some_and(|one| one.sequence < min_sequence);
    if let Some(one) = known.governed.iter().find(|one| held(&one.bundle)) {
        return Err(RolloutError::NobodyWorks {
            who: one.shown(),
            sequence: one.bundle.map_or(0, |bundle| bundle.sequence),
            min_sequence,
        });
    }
    match known.bundle {
        Some(bundle) if held(&known.bundle) => Err(RolloutError::NobodyWorks {
            who: "the bundle that was named".to_owned(),
            sequence: bundle.sequence,
            min_sequence,
        }),
        _ => Ok(()),
    }
}

/// Is it known of each campaign which bundle it has? One that does not tell may be left without any.
fn check_that_all_is_known(min_sequence: u64, known: &Known<'_>) -> Result<(), RolloutError> {
    let not_known = |why: String| Err(RolloutError::NotKnown { min_sequence, why });
    if let Some(problem) = known.unknown.first() {
        return not_known(format!("{}: {}", problem.subject, problem.message));
    }
    let mut governed = known.governed.iter();
    match governed.find(|one| one.bundle.is_none() && known.bundle.is_none()) {
        Some(one) => not_known(format!(
            "{} was published by an older program, which did not tell the sequence of its bundle",
            one.shown()
        )),
        None => Ok(()),
    }
}
