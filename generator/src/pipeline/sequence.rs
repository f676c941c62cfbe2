//! A sequence that servers take: above every one that they may have seen already.
//!
//! A server refuses a bundle of a lower sequence than one that worked there before, for ever. So
//! a lock that was lost or is behind must not start to count again from below.

use std::io;
use std::path::{Path, PathBuf};

use gangway_contract::Sha256;
use gangway_contract::control::{self, Control};
use gangway_contract::manifest::{self, Manifest};
use gangway_contract::rollout::{self, Present, Rollout};

use super::build_error::BuildError;
use super::codes;
use super::lock::rest_of;
use super::output::io_error;
use crate::bundle::{self, BundleDocument};
use crate::goal::Goal;
use crate::intake::lock::{BuiltBundle, Lock, MAX_SEQUENCE};
use crate::plain_file;
use crate::problem::Problem;

/// What tells of a sequence that was given already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Seen {
    /// The bundle at the place of the output.
    Bundle {
        /// Its folder.
        path: PathBuf,
        /// It, as a lock remembers it.
        built: BuiltBundle,
    },
    /// `control.json` of a share, which holds back what is lower.
    Control {
        /// The file.
        path: PathBuf,
        /// Lowest sequence that servers still take.
        min_sequence: u64,
        /// Does it stop all new work?
        paused: bool,
    },
}

/// Looks at the place of the output and at the share, when a folder is named for it. A folder
/// that is no bundle of this organisation, by its identity, tells nothing.
///
/// # Errors
/// The share's `control.json` or `rollout.json` cannot be read.
pub(super) fn look(
    out: &Path,
    share: Option<&Path>,
    identity: &str,
) -> Result<Vec<Seen>, BuildError> {
    let mut seen = Vec::new();
    seen.extend(bundle_at(out, identity).map(|built| Seen::Bundle {
        path: out.to_owned(),
        built,
    }));
    if let Some(share) = share {
        seen.push(switch_of(share)?);
    }
    Ok(seen)
}

/// What a share holds back, by its switch and by what was decided beside it.
fn switch_of(share: &Path) -> Result<Seen, BuildError> {
    let file = |name: &str| plain_file::read_whole(&share.join(name), control::MAX_BYTES as u64);
    let malformed = |name: &str, why| BuildError::Control {
        path: share.join(name),
        why,
    };
    let path = share.join(control::FILE_NAME);
    let bytes = file(control::FILE_NAME).map_err(io_error("read", &path))?;
    let control = Control::parse(&bytes).map_err(|why| malformed(control::FILE_NAME, why))?;
    let decided = match file(rollout::FILE_NAME) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        read => Some(read.map_err(io_error("read", &share.join(rollout::FILE_NAME)))?),
    };
    let decided = decided.map(|bytes| Rollout::parse(&bytes)).transpose();
    let decided = decided.map_err(|why| malformed(rollout::FILE_NAME, why))?;
    let present = Present {
        control: Some(&control),
        decided: decided.as_ref(),
    };
    Ok(Seen::Control {
        min_sequence: present.min_sequence(),
        paused: present.paused(),
        path,
    })
}

/// The bundle in this folder, when it is one of this organisation.
pub(super) fn bundle_at(folder: &Path, identity: &str) -> Option<BuiltBundle> {
    let read = |name: &str, limit: u64| plain_file::read_whole(&folder.join(name), limit).ok();
    let bundle_json = read(bundle::FILE_NAME, bundle::MAX_BYTES)?;
    let document = BundleDocument::parse(&bundle_json).ok()?;
    let manifest = read("manifest.json", manifest::MAX_BYTES as u64)
        .and_then(|bytes| Manifest::parse(&bytes).ok())
        .filter(|manifest| manifest.sequence == document.sequence);
    (document.identity() == identity).then(|| BuiltBundle {
        mode: manifest
            .as_ref()
            .map_or_else(|| document.mode.into(), Goal::of),
        sequence: document.sequence,
        manifest_sha256: manifest.as_ref().map(rest_of),
        bundle_json_sha256: Some(Sha256::of(&bundle_json)),
    })
}

/// A build that was killed between its bundle and its lock left the bundle that the lock says was
/// begun: the lock then goes on from it. Where it is not there, its sequence is given all the same.
///
/// A lock that was taken back by one build, as version control does it, is gone on from too. Only
/// the number is taken from a bundle of another mode than the one to build, for nothing vouches for
/// that bundle. Where another bundle has the very sequence that the lock gave last, the next one is
/// above both.
pub(super) fn resumed(mut lock: Lock, goal: impl Into<Goal>, seen: &[Seen]) -> Lock {
    let goal = goal.into();
    for one in seen {
        let Seen::Bundle { built, .. } = one else {
            continue;
        };
        let next = lock.sequence.saturating_add(1);
        let last = lock.last(built.mode);
        let last_sequence = last.map_or(0, |last| last.sequence);
        let is_last = last.is_some_and(|last| last.manifest_sha256 == built.manifest_sha256);
        let is_begun = lock.begun.as_ref() == Some(built);
        match built.mode == goal {
            true if is_begun || built.sequence == next => lock.remember(built.clone()),
            false if built.sequence == next => lock.sequence = next,
            // Given by this lock, which has forgotten it.
            true if built.sequence > last_sequence && built.sequence < next => {
                lock.go_on_after(built.sequence);
            }
            true if built.sequence == last_sequence && !is_last => {
                lock.go_on_after(built.sequence);
            }
            _ => {}
        }
    }
    lock
}

/// What stands against giving this sequence, by this lock, to a manifest of this mode whose other fields
/// have the digest `rest`. Pure.
pub(super) fn behind(
    lock: &Lock,
    goal: impl Into<Goal>,
    rest: Sha256,
    sequence: u64,
    seen: &[Seen],
) -> Option<Problem> {
    let goal = goal.into();
    let is_outrun = |built: &BuiltBundle| {
        let is_another = built.manifest_sha256 != Some(rest);
        built.mode == goal
            && (built.sequence > sequence || built.sequence == sequence && is_another)
    };
    seen.iter().find_map(|one| match one {
        Seen::Bundle { path, built } if built.sequence > lock.sequence => Some(Problem::new(
            &codes::SEQUENCE_BEHIND,
            path.display().to_string(),
            format!(
                "this bundle has sequence {}, the lock remembers {}: it was lost, or is an \
                     older one",
                built.sequence,
                if lock.sequence == 0 {
                    "none".to_owned()
                } else {
                    lock.sequence.to_string()
                }
            ),
            format!(
                "take the lock from version control, or make it again: `gangway lock --from \
                     {}`; where servers saw a higher one, build with `--sequence-after`",
                path.display()
            ),
        )),
        Seen::Bundle { path, built } if is_outrun(built) => Some(Problem::new(
            &codes::SEQUENCE_BEHIND,
            path.display().to_string(),
            format!(
                "another bundle of sequence {} stands there, and this one would have {sequence}",
                built.sequence
            ),
            format!(
                "build without `--locked`, which gives a higher one, or with `--sequence-after {}`",
                built.sequence
            ),
        )),
        Seen::Control {
            path, min_sequence, ..
        } if sequence < *min_sequence => Some(Problem::new(
            &codes::SEQUENCE_BEHIND,
            path.display().to_string(),
            format!(
                "the share holds back bundles below sequence {min_sequence}, this one would have \
                 {sequence}"
            ),
            match min_sequence.saturating_sub(1) {
                after if after < MAX_SEQUENCE => {
                    format!("build with `--sequence-after {after}`, or lower `min_sequence`")
                }
                _ => "lower `min_sequence`: no bundle gets such a sequence".to_owned(),
            },
        )),
        _ => None,
    })
}

/// A share on which servers begin nothing. Pure.
pub(super) fn paused(seen: &[Seen]) -> Option<Problem> {
    seen.iter().find_map(|one| match one {
        Seen::Control {
            path, paused: true, ..
        } => Some(Problem::new(
            &codes::SHARE_PAUSED,
            path.display().to_string(),
            "servers begin nothing as long as it says `paused`, this bundle included",
            "run `gangway rollout SHARE resume` when they shall go on",
        )),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use gangway_contract::manifest::Mode;

    use super::*;

    fn built(sequence: u64) -> BuiltBundle {
        BuiltBundle {
            mode: Goal::Onboard,
            sequence,
            manifest_sha256: Some(Sha256::of(b"rest")),
            bundle_json_sha256: Some(Sha256::of(b"bundle.json")),
        }
    }

    fn lock(sequence: u64) -> Lock {
        let mut lock = Lock::default();
        lock.sequence = sequence;
        lock
    }

    fn at_out(sequence: u64) -> Vec<Seen> {
        vec![Seen::Bundle {
            path: "out".into(),
            built: built(sequence),
        }]
    }

    #[test]
    fn a_lock_that_is_behind_the_bundle_at_hand_gives_no_sequence() {
        for (locked, seen, refused) in [
            (0, 1, false),
            (0, 2, true),
            (3, 2, false),
            (3, 3, false),
            (3, 4, false),
            (3, 5, true),
        ] {
            let seen = at_out(seen);
            let lock = resumed(lock(locked), Mode::Onboard, &seen);
            let next = lock.sequence_for(Mode::Onboard, Sha256::of(b"new"));
            let new = Sha256::of(b"new");
            let found = behind(&lock, Mode::Onboard, new, next, &seen);
            assert_eq!(found.is_some(), refused, "{locked} {seen:?}");
            assert!(refused || next > seen_sequence(&seen), "{locked} {seen:?}");
        }
    }

    fn seen_sequence(seen: &[Seen]) -> u64 {
        match &seen[0] {
            Seen::Bundle { built, .. } => built.sequence,
            Seen::Control { min_sequence, .. } => *min_sequence,
        }
    }

    #[test]
    fn what_a_killed_build_left_is_the_last_bundle() {
        let other = resumed(lock(3), Mode::Precheck, &at_out(4));
        assert_eq!((other.sequence, other.built), (4, Vec::new()));
        let lock = resumed(lock(3), Mode::Onboard, &at_out(4));
        assert_eq!(lock.built(Mode::Onboard), Some(&built(4)));
        assert_eq!(lock.sequence_for(Mode::Onboard, Sha256::of(b"rest")), 4);
    }

    #[test]
    fn another_bundle_of_the_very_sequence_is_outrun() {
        let mut lock = lock(0);
        lock.remember(BuiltBundle {
            manifest_sha256: Some(Sha256::of(b"mine")),
            ..built(4)
        });
        let (mine, seen) = (Sha256::of(b"mine"), at_out(4));
        let refused = behind(&lock, Mode::Onboard, mine, 4, &seen).unwrap();
        assert!(refused.message.contains("another bundle of sequence 4"));
        let lock = resumed(lock, Mode::Onboard, &seen);
        assert_eq!(lock.sequence_for(Mode::Onboard, mine), 5);
        // The same one is no other.
        let rest = Sha256::of(b"rest");
        assert_eq!(behind(&lock, Mode::Onboard, rest, 4, &seen), None);
    }

    #[test]
    fn the_share_holds_back_what_is_lower_than_it_says() {
        let seen = [Seen::Control {
            path: "control.json".into(),
            min_sequence: 5,
            paused: false,
        }];
        assert_eq!(paused(&seen), None);
        let new = Sha256::of(b"new");
        assert_eq!(behind(&lock(4), Mode::Onboard, new, 5, &seen), None);
        let problem = behind(&lock(3), Mode::Onboard, new, 4, &seen).unwrap();
        assert!(problem.next_action.contains("--sequence-after 4"));
    }
}
