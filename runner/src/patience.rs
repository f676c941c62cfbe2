//! Waiting in growing pauses, for a limited time.
//!
//! The limit counts the pauses themselves: a clock that is set while somebody waits makes the
//! wait neither longer nor shorter.

use crate::machine::Machine;

/// What is left of a wait.
#[derive(Debug)]
pub struct Patience {
    left_s: u32,
    pause_s: u32,
    longest_s: u32,
}

impl Patience {
    /// A wait of `limit_s` seconds, in pauses that double from the first to the longest.
    pub fn new(limit_s: u32, first_s: u32, longest_s: u32) -> Self {
        Self {
            left_s: limit_s,
            pause_s: first_s,
            longest_s,
        }
    }

    /// Pauses once more; false when the wait is over.
    pub fn pause(&mut self, machine: &mut dyn Machine) -> bool {
        let pause_s = self.pause_s.min(self.left_s);
        if !self.take(machine, pause_s) {
            return false;
        }
        self.pause_s = pause_s.saturating_mul(2).min(self.longest_s);
        true
    }

    /// Pauses for one second; false when the wait is over.
    pub fn pause_a_second(&mut self, machine: &mut dyn Machine) -> bool {
        self.take(machine, self.left_s.min(1))
    }

    fn take(&mut self, machine: &mut dyn Machine, seconds: u32) -> bool {
        if seconds == 0 {
            return false;
        }
        machine.sleep(seconds);
        self.left_s -= seconds;
        true
    }
}
