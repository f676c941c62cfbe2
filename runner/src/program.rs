//! Starting a program on a machine that may be short of something for a moment.

use crate::failure::{Failure, start_may_pass};
use crate::machine::{Command, Machine, Origin, Process};
use crate::patience::Patience;

/// Seconds for which a start is tried again, once a second.
const TRY_AGAIN_S: u32 = 4;

/// Makes the process of a command, suspended; a system that lacks the resources for it is
/// asked again. What another installer left is judged first, and held until the process exists:
/// from then on Windows lets nobody write to it.
///
/// # Errors
/// Somebody else may change the program, or as the system says in the end.
pub fn start(machine: &mut dyn Machine, command: &Command) -> Result<Process, Failure> {
    let _held = match command.origin {
        Origin::Known => None,
        Origin::Left => Some(machine.hold_program(&command.program)?),
    };
    let mut patience = Patience::new(TRY_AGAIN_S, 1, 1);
    loop {
        match machine.start(command) {
            Err(failure) if start_may_pass(failure.code) && patience.pause(machine) => {}
            done => return done,
        }
    }
}
