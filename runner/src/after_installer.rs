//! A run that an installer package started.
//!
//! Nobody waits for it and nobody starts it again, and the installer still works when it begins:
//! the package starts it when it commits. So it goes on from a copy of its own, and the package's
//! folder is free for an upgrade or a removal; it waits for its turn; and what needs the Windows
//! Installer begins when no installer has worked for a while.
//!
//! The parent process tells nothing: it is the service of the Windows Installer, which stays for
//! minutes after its last installation. The mutex that a working installer holds does.

use gangway_contract::State;
pub use gangway_contract::after_installer::{ARGUMENT, QUIET_S};
use gangway_contract::report::Report;
use gangway_contract::step::PastLimit;

use crate::bundle::{Bundle, Places};
use crate::failure::Failure;
use crate::machine::{Ended, Folders, Machine};
use crate::patience::Patience;
use crate::program;
use crate::relay;
use crate::stop::Stop;

/// Is this path that of the copy?
pub fn is_copy(folders: &Folders, bundle: &Bundle, path: &str) -> bool {
    let path = path.strip_prefix(r"\\?\").unwrap_or(path);
    path.eq_ignore_ascii_case(&relay::copy_path(folders, bundle))
}

/// Starts the copy, and waits no longer than it takes to start it. The copy stays when it has
/// ended: a program cannot delete itself. `cleanup` and the next bundle take it away.
///
/// # Errors
/// The copy could not be made or started.
pub fn hand_over(
    machine: &mut dyn Machine,
    bundle: &Bundle,
    places: &Places,
    exe: &[u8],
) -> Result<(), Stop> {
    let copy = relay::copy(machine, bundle, places, exe)?;
    let mut command = copy.command;
    command.limit_s = 0;
    command.past_limit = PastLimit::LeaveRunning;
    let process = program::start(machine, &command).map_err(Stop::from)?;
    match machine.wait(process, &command) {
        Ended::NotStarted(failure) => Err(failure.into()),
        Ended::Code(_) | Ended::AtLimit | Ended::StillRunning => Ok(()),
    }
}

/// Takes the machine-wide lock; while another instance has it, waits as long as that one may wait for
/// an installer and run it. An upgrade starts the newer bootstrap while the older one may still work.
///
/// # Errors
/// As [`Machine::lock`].
pub fn take_turn(machine: &mut dyn Machine, bundle: &Bundle) -> Result<bool, Failure> {
    const LONGEST_LOOK_S: u32 = 15;
    let settings = &bundle.manifest.settings;
    let limit_s = settings.installer_wait_s.saturating_add(QUIET_S);
    let limit_s = limit_s.saturating_add(settings.install_limit_s);
    let mut patience = Patience::new(limit_s, 1, LONGEST_LOOK_S);
    loop {
        if machine.lock()? {
            return Ok(true);
        }
        if !patience.pause(machine) {
            return Ok(false);
        }
    }
}

/// What a report has to say beyond its next action: that there is no next run.
pub(crate) fn note(places: &Places, report: &Report) -> Option<String> {
    let waits = places.after_installer && report.state == State::Waiting;
    waits.then(|| {
        "an installer package started this run and starts no other: reboot or wait as the next \
         action says, then install the package again or have a policy or tool start the bootstrap"
            .to_owned()
    })
}
