//! The daily task of this program on a server: whose it is, and when it goes.
//!
//! Group Policy registers it where it is not there (see the Deploy GPO), so its end is made
//! here: a newer bundle takes the older one's away, a policy that no longer applies and
//! `cleanup` take the own one.

use gangway_contract::daily::TASK_PREFIX;
use gangway_contract::manifest::Mode;
use gangway_contract::step::PastLimit;
use gangway_contract::{Fact, Facts};

use crate::bundle::Bundle;
use crate::machine::{Command, Ended, Folders, Machine, Origin};

/// A refresh of Group Policy writes policy values anew; for a moment they are gone.
const SECOND_LOOK_S: u32 = 60;

/// Longest time of the tool that removes a task, in seconds.
const LIMIT_S: u32 = 60;

/// Removes the daily tasks that nothing keeps any more, and says so.
pub fn settle(
    machine: &mut dyn Machine,
    bundle: &Bundle,
    facts: &Facts,
    started_by_task: bool,
) -> Vec<String> {
    let Fact::Value(tasks) = &facts.gangway.daily_tasks else {
        return Vec::new();
    };
    if !facts.host.elevated.holds() {
        return Vec::new();
    }
    let own = bundle.id.as_str();
    let mut notes = Vec::new();
    // A precheck changes nothing but its own.
    let looks_only = bundle.manifest.mode == Mode::Precheck;
    for id in tasks.iter().filter(|id| *id != own && !looks_only) {
        notes.push(match remove(machine, id) {
            Ok(()) => format!("the daily task of bundle {id} was removed"),
            Err(why) => why,
        });
    }
    if started_by_task && !applies(machine, bundle, facts) && tasks.iter().any(|id| id == own) {
        notes.push(match remove(machine, own) {
            Ok(()) => "the policy of this bundle no longer applies: its daily task was removed, \
                       and this is its last report"
                .to_owned(),
            Err(why) => why,
        });
    }
    notes
}

/// Removes every daily task of this program.
///
/// # Errors
/// In words; the others are gone.
pub fn remove_all(machine: &mut dyn Machine, bundle: &Bundle) -> Result<(), String> {
    let tasks = machine.facts(&bundle.name()).gangway.daily_tasks;
    let mut result = Ok(());
    for id in tasks.value().into_iter().flatten() {
        if let Err(why) = remove(machine, id) {
            result = Err(why);
        }
    }
    result
}

/// Looks twice: "gone" is believed only when it stays so.
fn applies(machine: &mut dyn Machine, bundle: &Bundle, facts: &Facts) -> bool {
    if !facts.gangway.policy_applies.is(&false) {
        return true;
    }
    machine.sleep(SECOND_LOOK_S);
    let again = machine.facts(&bundle.name());
    !again.gangway.policy_applies.is(&false)
}

/// How the task of a bundle is removed; one that runs goes on.
pub fn removal(folders: &Folders, id: &str) -> Command {
    Command {
        program: format!(r"{}\schtasks.exe", folders.system),
        origin: Origin::Known,
        arguments: format!("/Delete /TN \"{TASK_PREFIX}{id}\" /F"),
        limit_s: LIMIT_S,
        past_limit: PastLimit::End,
    }
}

fn remove(machine: &mut dyn Machine, id: &str) -> Result<(), String> {
    let command = removal(&machine.folders(), id);
    let failed = |why: String| format!("the daily task of bundle {id} could not be removed: {why}");
    let process = machine
        .start(&command)
        .map_err(|failure| failed(failure.to_string()))?;
    match machine.wait(process, &command) {
        Ended::Code(0) => Ok(()),
        Ended::Code(code) => Err(failed(format!("`schtasks.exe` ended with code {code}"))),
        Ended::AtLimit | Ended::StillRunning => {
            Err(failed(format!("`schtasks.exe` took more than {LIMIT_S} s")))
        }
        Ended::NotStarted(failure) => Err(failed(failure.to_string())),
    }
}
