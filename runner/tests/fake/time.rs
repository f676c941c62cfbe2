//! The course of things: time that passes, programs that end, kills and restarts.

use gangway_contract::facts::FeatureState;
use gangway_contract::step::Change;
use gangway_contract::{Fact, UtcTime};

use super::programs::{AT_RESTART, file_name};
use super::{Fake, Killed};

impl Fake {
    /// The bootstrap has ended, somehow: what it held and what was in its jobs is gone.
    pub(crate) fn process_ended(&mut self) {
        self.held.borrow_mut().clear();
        self.locked = false;
        self.running
            .retain(|running| !running.in_job && !running.suspended);
        // A kill that lies in a later run stays.
        self.kill_at = self.kill_at.filter(|at| *at >= self.ticks);
    }

    /// Windows ends and starts again: installers die half done, volatile marks go.
    pub(crate) fn reboot(&mut self) {
        self.process_ended();
        self.running.clear();
        self.restart_at = None;
        self.clock += 120;
        for (_, changes) in self
            .pending
            .extract_if(.., |(shows, _)| *shows == AT_RESTART)
        {
            for change in changes {
                change.apply(&mut self.truth);
            }
        }
        self.volatile_marks.clear();
        self.truth.restart.own = Fact::Value(false);
        self.truth.restart.servicing = Fact::Value(false);
        self.truth.restart.windows_update = Fact::Value(false);
        self.truth.restart.install_script = Fact::Value(false);
        self.truth.host.boot_time = Fact::Value(UtcTime(self.clock));
        if self.feature.is(&FeatureState::EnablePending) {
            self.feature = Fact::Value(FeatureState::Enabled);
            Change::AntivirusRuns.apply(&mut self.truth);
        }
        self.sensor_after_restart();
    }

    /// Time passes between two runs; Windows starts again if it was asked to.
    pub(crate) fn pass(&mut self, seconds: i64) {
        self.go_on(seconds);
        self.restart_if_due();
    }

    /// Windows starts again when somebody has asked for it and the time has come.
    pub(crate) fn restart_if_due(&mut self) -> bool {
        let due = self.restart_is_due();
        if due {
            self.restarted.push(self.clock);
            self.reboot();
        }
        due
    }

    pub(super) fn go_on(&mut self, seconds: i64) {
        self.clock += seconds;
        self.settle();
    }

    pub(super) fn restart_is_due(&self) -> bool {
        self.restart_at.is_some_and(|at| at <= self.clock)
    }

    pub(super) fn settle(&mut self) {
        let now = self.clock;
        let (ended, running) = std::mem::take(&mut self.running)
            .into_iter()
            .partition(|running| running.ends <= now && !running.suspended);
        self.running = running;
        for process in ended {
            if file_name(&process.program) == "shutdown.exe" && process.act.works {
                self.restarts += 1;
                self.restart_at.get_or_insert(now + 60);
            }
            let servicing = ["wusa.exe", "dism.exe"].contains(&file_name(&process.program));
            if servicing && matches!(process.act.code, 3010 | 1641) {
                self.truth.restart.servicing = Fact::Value(true);
            }
            if process.act.works {
                if process.shows == AT_RESTART && file_name(&process.program) == "dism.exe" {
                    self.feature = Fact::Value(FeatureState::EnablePending);
                }
                self.pending.push((process.shows, process.changes));
            }
        }
        let (due, later) = std::mem::take(&mut self.pending)
            .into_iter()
            .partition(|(shows, _)| *shows <= now);
        self.pending = later;
        for (_, changes) in due {
            for change in changes {
                change.apply(&mut self.truth);
            }
        }
        let own = self
            .running
            .iter()
            .any(|r| r.program.ends_with("msiexec.exe"));
        let others = self.other_installers.iter();
        let busy = own || others.into_iter().any(|work| work.contains(&now));
        self.truth.prerequisites.installer_busy = Fact::Value(busy);
    }

    /// One effect: the attacker's chance, and the moment of a kill.
    pub(super) fn tick(&mut self) {
        if let Some(mut attack) = self.at_tick.take() {
            attack(self.ticks, &mut self.share, &self.files);
            self.at_tick = Some(attack);
        }
        let now = self.ticks;
        self.ticks += 1;
        if let Some(skew) = self.clock_jumps.remove(&now) {
            self.skew = skew;
        }
        assert!(self.clock <= self.patience, "a run without an end");
        if self.kill_at == Some(now) || self.restart_is_due() {
            std::panic::panic_any(Killed);
        }
    }
}
