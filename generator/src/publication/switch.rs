//! The two files by which a share withholds: its switch `control.json`, and `rollout.json` with what
//! somebody decided. Read here once, for all that judge or change them.

use std::collections::BTreeMap;

use gangway_contract::control::{self, Control};
use gangway_contract::rollout::{self, Present, Ring, Rollout};

use super::plan::TEMPORARY;
use super::share::{LargeFiles, Listed, ShareError, path_below};
use crate::printable::on_one_line;

/// Who changed them when, beside them.
pub(super) const HISTORY: &str = "rollout-history.json";

/// What lies at the place of one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found<T> {
    /// Nothing.
    Missing,
    /// What it should be.
    Good(T),
    /// Something else: what is wrong with it, in words. No server begins anything.
    Bad(String),
}

impl<T> Found<T> {
    pub(super) const fn good(&self) -> Option<&T> {
        match self {
            Self::Good(value) => Some(value),
            Self::Missing | Self::Bad(_) => None,
        }
    }
}

/// Both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Switch {
    pub(super) control: Found<Control>,
    pub(super) decided: Found<Rollout>,
}

impl Switch {
    /// Reads both from the folder below the share, whose listing is `at_root`.
    ///
    /// # Errors
    /// The share cannot be read.
    pub(super) fn read(
        share: &mut dyn LargeFiles,
        folder: Option<&str>,
        at_root: &BTreeMap<String, Listed>,
    ) -> Result<Self, ShareError> {
        let mut file = |name: &str| found(share, folder, name, at_root.get(name).copied());
        let control = file(control::FILE_NAME)?;
        let decided = file(rollout::FILE_NAME)?;
        Ok(Self {
            control: parsed(control, Control::parse),
            decided: parsed(decided, Rollout::parse),
        })
    }

    /// What is wrong with either, and its name.
    pub(super) fn fault(&self) -> Option<(&'static str, &str)> {
        match (&self.control, &self.decided) {
            (Found::Bad(why), _) => Some((control::FILE_NAME, why)),
            (_, Found::Bad(why)) => Some((rollout::FILE_NAME, why)),
            _ => None,
        }
    }

    /// What both say together.
    pub(super) const fn present(&self) -> Present<'_> {
        Present {
            control: self.control.good(),
            decided: self.decided.good(),
        }
    }

    /// The same as one decision, of which no server would be told anything else. What cannot be read
    /// holds every server, as a pause does.
    pub(super) fn as_decided(&self) -> Rollout {
        let present = self.present();
        let ring = present.decided.and_then(|decided| decided.ring);
        let open = Control::OPEN.ring_percent;
        let most = present.control.map_or(open, |control| control.ring_percent);
        Rollout {
            schema: rollout::SCHEMA,
            paused: present.paused() || self.fault().is_some(),
            min_sequence: present.min_sequence(),
            ring: match ring {
                Some(ring) => Some(Ring {
                    percent: ring.percent.min(most),
                    ..ring
                }),
                None if most < open => Some(Ring {
                    percent: most,
                    // Set for no bundle, it widens none.
                    up_to_sequence: 0,
                }),
                None => None,
            },
        }
    }
}

/// What lies where a file would be written, and is none: the name, and what it is. Also under the name
/// that the file has while it is written.
pub(super) fn in_the_way(
    at_root: &BTreeMap<String, Listed>,
    name: &str,
) -> Option<(String, &'static str)> {
    let names = [name.to_owned(), format!("{name}{TEMPORARY}")];
    names.into_iter().find_map(|name| match at_root.get(&name) {
        None | Some(Listed::File(_)) => None,
        Some(other) => Some((name, other.what())),
    })
}

fn parsed<T>(found: Found<Vec<u8>>, parse: impl Fn(&[u8]) -> Result<T, String>) -> Found<T> {
    match found {
        Found::Missing => Found::Missing,
        Found::Bad(why) => Found::Bad(why),
        Found::Good(bytes) => match parse(&bytes) {
            Ok(value) => Found::Good(value),
            Err(why) => Found::Bad(on_one_line(&why).into_owned()),
        },
    }
}

fn found(
    share: &mut dyn LargeFiles,
    folder: Option<&str>,
    name: &str,
    listed: Option<Listed>,
) -> Result<Found<Vec<u8>>, ShareError> {
    match listed {
        None => return Ok(Found::Missing),
        Some(found @ (Listed::Folder | Listed::Other)) => {
            return Ok(Found::Bad(format!("it is {}", found.what())));
        }
        Some(Listed::File(size)) if size > control::MAX_BYTES as u64 => {
            return Ok(Found::Bad(format!("it has {size} bytes")));
        }
        Some(Listed::File(_)) => {}
    }
    let bytes = share.read_file(&path_below(folder, name))?;
    // Taken away since it was listed.
    Ok(bytes.map_or(Found::Missing, Found::Good))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever writes both files anew changes nothing for any bundle.
    #[test]
    fn one_decision_says_what_both_files_say() {
        let controls = [(false, 0, 100), (true, 3, 100), (false, 9, 40)].map(
            |(paused, min_sequence, ring_percent)| Control {
                schema: control::SCHEMA,
                paused,
                min_sequence,
                ring_percent,
            },
        );
        let rings = [None, Some((10, 7)), Some((80, 7)), Some((100, 0))];
        let decisions = rings.map(|ring| Rollout {
            min_sequence: 5,
            ring: ring.map(|(percent, up_to_sequence)| Ring {
                percent,
                up_to_sequence,
            }),
            ..Rollout::NONE
        });
        for control in &controls {
            for decided in decisions.iter().map(Some).chain([None]) {
                let switch = Switch {
                    control: Found::Good(control.clone()),
                    decided: decided.cloned().map_or(Found::Missing, Found::Good),
                };
                let one = switch.as_decided();
                let control = one.control();
                let after = Present {
                    control: Some(&control),
                    decided: Some(&one),
                };
                let before = switch.present();
                assert_eq!(after.paused(), before.paused());
                assert_eq!(after.min_sequence(), before.min_sequence());
                for (sequence, start) in [(7, 5), (7, 50), (7, 100), (8, 5), (8, 50), (8, 100)] {
                    assert_eq!(
                        after.ring_percent(sequence, start),
                        before.ring_percent(sequence, start),
                        "{switch:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn what_cannot_be_read_pauses() {
        let switch = Switch {
            control: Found::Good(Control::OPEN),
            decided: Found::Bad("torn".to_owned()),
        };
        assert!(switch.as_decided().paused);
        assert_eq!(switch.fault(), Some(("rollout.json", "torn")));
    }
}
