//! The daily task of this program on a server: whose it is, and when it goes.
//!
//! Group Policy registers it where it is not there (see the Deploy GPO), so its end is made
//! here: a newer bundle takes the older one's away, a policy that no longer applies and
//! `cleanup` take the own one.

use gangway_contract::daily::TASK_PREFIX;
use gangway_contract::manifest::Mode;
use gangway_contract::plan::Plan;
use gangway_contract::step::PastLimit;
use gangway_contract::{Facts, Reason};

use crate::bundle::Bundle;
use crate::crash_point::crash_point;
use crate::machine::{Command, Ended, Folders, Machine, Origin};

/// A refresh of Group Policy writes policy values anew; for a moment they are gone.
const SECOND_LOOK_S: u32 = 60;

/// Longest time of the tool that removes a task, in seconds.
const LIMIT_S: u32 = 60;

/// Takes away the daily tasks of other bundles, and says so: one server is served by one bundle.
pub fn take_over(machine: &mut dyn Machine, bundle: &Bundle, facts: &Facts) -> Vec<String> {
    // A precheck changes nothing but its own.
    if !facts.host.elevated.holds() || bundle.manifest.mode == Mode::Precheck {
        return Vec::new();
    }
    let others = tasks(facts).iter().filter(|id| **id != bundle.id.as_str());
    others
        .map(|id| match remove(machine, id) {
            Ok(()) => format!("the daily task of bundle {id} was removed"),
            Err(why) => why,
        })
        .collect()
}

/// Ends the own daily task when the policy behind it no longer reaches the server: takes the
/// task away, begins nothing any more, and says so.
pub fn end_with_policy(
    machine: &mut dyn Machine,
    bundle: &Bundle,
    facts: &Facts,
    plan: &mut Plan,
) -> Option<String> {
    if !facts.host.elevated.holds() || applies(machine, bundle, facts) {
        return None;
    }
    withhold(plan);
    let own = bundle.id.as_str();
    tasks(facts)
        .iter()
        .any(|id| id == own)
        .then(|| match remove(machine, own) {
            Ok(()) => "the policy of this bundle no longer applies: its daily task was removed, \
                       and this is its last report"
                .to_owned(),
            Err(why) => why,
        })
}

fn tasks(facts: &Facts) -> &[String] {
    facts.gangway.daily_tasks.value().map_or(&[], Vec::as_slice)
}

/// A server that the policy has left is looked at, and nothing is begun there.
fn withhold(plan: &mut Plan) {
    if plan.steps.is_empty() {
        return;
    }
    let reason = Reason::PolicyGone;
    plan.held = core::mem::take(&mut plan.steps);
    plan.detail = String::new();
    (plan.state, plan.reason) = (reason.state(), reason);
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
    crash_point("before", "remove-daily-task");
    let process = machine
        .start(&command)
        .map_err(|failure| failed(failure.to_string()))?;
    let ended = machine.wait(process, &command);
    crash_point("after", "remove-daily-task");
    match ended {
        Ended::Code(0) => Ok(()),
        Ended::Code(code) => Err(failed(format!("`schtasks.exe` ended with code {code}"))),
        Ended::AtLimit | Ended::StillRunning => {
            Err(failed(format!("`schtasks.exe` took more than {LIMIT_S} s")))
        }
        Ended::NotStarted(failure) => Err(failed(failure.to_string())),
    }
}
