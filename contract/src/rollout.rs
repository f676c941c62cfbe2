//! `rollout.json` beside `control.json`: what somebody decided for a share (`gangway rollout`). No
//! bundle brings this file, so no copy of a bundle's folder `share` undoes a decision; whoever reads
//! only `control.json` finds the same in it.

use serde::{Deserialize, Serialize};

use crate::control::{self, Control};
use crate::document;

/// Its name, in the folder of `control.json`.
pub const FILE_NAME: &str = "rollout.json";

/// Version of the document's shape.
pub const SCHEMA: u32 = 1;

/// What was decided. Unknown fields are refused: they could ask for more restraint than this program
/// knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Rollout {
    /// Version of the shape; this program writes [`SCHEMA`].
    pub schema: u32,
    /// Is all new work stopped?
    pub paused: bool,
    /// Bundles with a lower sequence do no new work.
    pub min_sequence: u64,
    /// The ring that was set; none where each bundle has the one that it begins with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ring: Option<Ring>,
}

/// A ring that was set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Ring {
    /// Share of servers that may start work, 0 to 100.
    pub percent: u8,
    /// Highest sequence of a bundle that it was set for. A later bundle begins as its config says, for
    /// nobody has seen it work, and never wider than this.
    pub up_to_sequence: u64,
}

impl Rollout {
    /// Nothing was decided.
    pub const NONE: Self = Self {
        schema: SCHEMA,
        paused: false,
        min_sequence: 0,
        ring: None,
    };

    /// Reads the document.
    ///
    /// # Errors
    /// Names the limit, the byte order mark, the schema or the malformed field.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        let malformed = |error: serde_json::Error| format!("`{FILE_NAME}` is malformed: {error}");
        control::check_text(FILE_NAME, bytes)?;
        let schema = document::schema(bytes).map_err(malformed)?;
        if schema != SCHEMA {
            return Err(format!(
                "`{FILE_NAME}` has schema {schema}, this program reads schema {SCHEMA}"
            ));
        }
        let rollout: Self = document::read(bytes).map_err(malformed)?;
        match rollout.ring {
            Some(ring) if ring.percent > Control::OPEN.ring_percent => Err(format!(
                "`{FILE_NAME}` has a ring of {} percent, which goes from 0 to 100",
                ring.percent
            )),
            _ => Ok(rollout),
        }
    }

    /// The bytes to publish: indented JSON with a final line feed.
    pub fn to_bytes(&self) -> Vec<u8> {
        document::to_bytes(self)
    }

    /// The same for those who read `control.json` alone, which may only withhold.
    pub fn control(&self) -> Control {
        Control {
            schema: control::SCHEMA,
            paused: self.paused,
            min_sequence: self.min_sequence,
            ring_percent: self
                .ring
                .map_or(Control::OPEN.ring_percent, |ring| ring.percent),
        }
    }
}

/// What a share says now: its switch, and what was decided. Where the two differ, somebody wrote over
/// the one or a change of both was cut, and the stricter counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Present<'a> {
    /// `control.json`.
    pub control: Option<&'a Control>,
    /// `rollout.json`; none where nobody decided anything.
    pub decided: Option<&'a Rollout>,
}

impl Present<'_> {
    /// Is all new work stopped?
    pub fn paused(&self) -> bool {
        self.control.is_some_and(|control| control.paused)
            || self.decided.is_some_and(|decided| decided.paused)
    }

    /// Bundles with a lower sequence do no new work.
    pub fn min_sequence(&self) -> u64 {
        let control = self.control.map_or(0, |control| control.min_sequence);
        let decided = self.decided.map_or(0, |decided| decided.min_sequence);
        control.max(decided)
    }

    /// Share of servers that may start work with a bundle of this sequence, whose manifest begins with
    /// `start` percent. The manifest gives the start, what was decided the present; `control.json`
    /// alone only narrows.
    pub fn ring_percent(&self, sequence: u64, start: u8) -> u8 {
        let ring = self.decided.and_then(|decided| decided.ring);
        let present = match ring {
            None => start,
            Some(ring) if sequence <= ring.up_to_sequence => ring.percent,
            Some(ring) => start.min(ring.percent),
        };
        let most = self.control.map(|control| control.ring_percent);
        present.min(most.unwrap_or(Control::OPEN.ring_percent))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DECIDED: Rollout = Rollout {
        schema: SCHEMA,
        paused: true,
        min_sequence: 4,
        ring: Some(Ring {
            percent: 50,
            up_to_sequence: 7,
        }),
    };

    #[test]
    fn published_bytes_read_back() {
        for rollout in [Rollout::NONE, DECIDED] {
            assert_eq!(Rollout::parse(&rollout.to_bytes()), Ok(rollout));
        }
    }

    #[test]
    fn what_only_looks_like_a_decision_is_refused_and_named() {
        let text = String::from_utf8(DECIDED.to_bytes()).unwrap();
        for (from, to, told) in [
            ("\"schema\": 1", "\"schema\": 2", "schema 2"),
            ("\"paused\"", "\"hold\": 1, \"paused\"", "hold"),
            (": 50", ": 101", "101 percent"),
            (": 50", ": 256", "malformed"),
            (": 50", ": 50, \"until\": 1", "until"),
            ("true", "\"true\"", "malformed"),
            ("}\n", "", "malformed"),
        ] {
            let changed = text.replacen(from, to, 1);
            assert_ne!(changed, text, "{from}");
            let why = Rollout::parse(changed.as_bytes()).unwrap_err();
            assert!(why.contains(told), "{changed}: {why}");
        }
        for (text, told) in [
            ("[1,true,4,[50,7]]".to_owned(), "no JSON object"),
            (
                r#"{"schema":1,"paused":true,"min_sequence":4,"ring":[50,7]}"#.to_owned(),
                "list",
            ),
            (String::new(), "no JSON object"),
            (format!("\u{feff}{text}"), "byte order mark"),
            (" ".repeat(control::MAX_BYTES + 1), "larger than"),
        ] {
            let why = Rollout::parse(text.as_bytes()).unwrap_err();
            assert!(why.contains(told), "{why}");
        }
    }

    #[test]
    fn who_reads_the_switch_alone_is_held_as_well() {
        assert_eq!(Rollout::NONE.control(), Control::OPEN);
        let control = DECIDED.control();
        assert!(control.paused);
        assert_eq!((control.min_sequence, control.ring_percent), (4, 50));
    }

    /// A bundle of sequence 7 was published when the ring was set, 8 came later.
    #[test]
    fn the_manifest_gives_the_start_and_the_share_the_present() {
        let of = |control: u8, ring: Option<u8>, sequence, start| {
            let control = Control {
                ring_percent: control,
                ..Control::OPEN
            };
            let ring = ring.map(|percent| Ring {
                percent,
                up_to_sequence: 7,
            });
            let decided = Rollout {
                ring,
                ..Rollout::NONE
            };
            let present = Present {
                control: Some(&control),
                decided: Some(&decided),
            };
            present.ring_percent(sequence, start)
        };
        for (control, ring, sequence, start, percent) in [
            // Nobody set a ring: the lower of manifest and switch, as before there was one to set.
            (100, None, 7, 10, 10),
            (5, None, 7, 10, 5),
            // Wider than the bundle began, and narrower.
            (50, Some(50), 7, 10, 50),
            (100, Some(100), 7, 0, 100),
            (5, Some(5), 7, 100, 5),
            (0, Some(0), 7, 100, 0),
            (50, Some(50), 6, 10, 50),
            // A later bundle begins as its config says, and never wider than was decided.
            (100, Some(100), 8, 10, 10),
            (5, Some(5), 8, 100, 5),
            // A copy over the switch widens nothing; one by hand, or a cut change, narrows.
            (100, Some(50), 7, 10, 50),
            (100, Some(5), 8, 100, 5),
            (20, Some(50), 7, 10, 20),
        ] {
            assert_eq!(
                of(control, ring, sequence, start),
                percent,
                "{control} {ring:?} {sequence} {start}"
            );
        }
        let nothing = Present {
            control: None,
            decided: None,
        };
        assert_eq!(nothing.ring_percent(7, 10), 10);
    }

    #[test]
    fn of_switch_and_decision_the_stricter_counts() {
        let open = Control::OPEN;
        let held = Control {
            paused: true,
            min_sequence: 9,
            ..open
        };
        let going = Rollout::NONE;
        for (control, decided, paused, min_sequence) in [
            (&open, &going, false, 0),
            (&open, &DECIDED, true, 4),
            (&held, &going, true, 9),
            (&held, &DECIDED, true, 9),
        ] {
            let present = Present {
                control: Some(control),
                decided: Some(decided),
            };
            assert_eq!(present.paused(), paused);
            assert_eq!(present.min_sequence(), min_sequence);
        }
    }
}
