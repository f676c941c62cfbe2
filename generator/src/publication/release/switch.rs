//! The share's switch, as a publication finds it and, where there is none, brings it.

use std::collections::BTreeMap;

use gangway_contract::control::{self, Control};
use gangway_contract::rollout;

use super::{BriefClaim, Listed, Publisher, ReleaseError};
use crate::publication::switch::{Found, Switch};

impl Publisher<'_> {
    /// The switch is looked at before anything is written: a bundle that it holds back would lie there
    /// for nothing, and a malformed one stops every server.
    pub(super) fn check_control(
        &mut self,
        at_root: &BTreeMap<String, Listed>,
    ) -> Result<bool, ReleaseError> {
        let switch = Switch::read(self.share, self.request.folder.as_deref(), at_root)?;
        if let Some((name, why)) = switch.fault() {
            return Err(ReleaseError::Control {
                path: self.request.path(name),
                why: why.to_owned(),
            });
        }
        let present = switch.present();
        let of_control = switch.control.good().map(|control| control.min_sequence);
        let sequence = self.release.sequence;
        if present.min_sequence() > sequence {
            let name = match of_control == Some(present.min_sequence()) {
                true => control::FILE_NAME,
                false => rollout::FILE_NAME,
            };
            return Err(ReleaseError::HeldBack {
                path: self.request.path(name),
                min_sequence: present.min_sequence(),
                sequence,
            });
        }
        let has_control = switch.control != Found::Missing;
        let path = self.request.path(match has_control {
            true => control::FILE_NAME,
            false => rollout::FILE_NAME,
        });
        let withholds = present.paused() || present.control.is_some();
        if self.release.retires {
            if withholds {
                self.done.note(&format!(
                    "a last campaign asks no switch: neither a pause nor a ring of `{path}` holds it"
                ));
            }
            return Ok(has_control);
        }
        if present.paused() {
            self.done.note(&format!(
                "switch `{path}` pauses every server; it stays as it is"
            ));
        }
        self.note_ring(&path, &switch);
        Ok(has_control)
    }

    /// How many servers the share lets begin with this bundle, where it has a say in that.
    fn note_ring(&mut self, path: &str, switch: &Switch) {
        let present = switch.present();
        let open = Control::OPEN.ring_percent;
        let sequence = self.release.sequence;
        let percent = present.ring_percent(sequence, self.release.ring_percent);
        let ring = present.decided.and_then(|decided| decided.ring);
        let narrows = present
            .control
            .is_some_and(|control| control.ring_percent < open);
        match ring {
            Some(ring) if ring.up_to_sequence < sequence && percent < ring.percent => {
                self.done.note(&format!(
                    "the ring of {} % was set for bundles up to sequence {}; this one has {sequence}, \
                     and begins with {percent} % until `gangway rollout` sets the ring again",
                    ring.percent, ring.up_to_sequence
                ));
            }
            _ if percent < open && (narrows || ring.is_some()) => self.done.note(&format!(
                "switch `{path}` lets {percent} % of the servers begin; it stays as it is"
            )),
            _ => {}
        }
    }

    /// Brings a switch where there is none: one that says what was decided, if anything was. What came
    /// while payloads were written is somebody's, and stays.
    pub(super) fn write_control(&mut self) -> Result<(), ReleaseError> {
        self.with_switch(Self::write_control_claimed)
    }

    /// Does something to the switch that nobody else changes meanwhile.
    pub(super) fn with_switch(
        &mut self,
        act: impl FnOnce(&mut Self) -> Result<(), ReleaseError>,
    ) -> Result<(), ReleaseError> {
        if self.request.dry_run {
            return act(self);
        }
        let folder = self.request.folder.as_deref();
        let claim = BriefClaim::take(self.share, folder, &self.request.claimant)?;
        let ended = act(self);
        let freed = claim.free(self.share);
        ended.and(freed)
    }

    fn write_control_claimed(&mut self) -> Result<(), ReleaseError> {
        let at_root = self.share.list(self.root())?.unwrap_or_default();
        let switch = Switch::read(self.share, self.request.folder.as_deref(), &at_root)?;
        if switch.control != Found::Missing {
            return Ok(());
        }
        let (why, control) = match switch.decided {
            Found::Good(decided) => ("as `rollout.json` beside it says", decided.control()),
            Found::Missing | Found::Bad(_) => ("which withholds nothing", Control::OPEN),
        };
        let path = self.request.path(control::FILE_NAME);
        self.write_small(&path, why, &control.to_bytes())
    }
}
