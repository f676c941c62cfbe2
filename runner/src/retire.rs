//! The last campaign: this program takes away what it left on a server, and says what stays.
//!
//! Nothing about the sensor changes. The policy that starts it goes later, so one mark stays that keeps it
//! from starting again at each refresh: volatile, so that it is gone when Windows starts next. The key that it
//! is in stays with it, empty then: below a volatile one no later bundle could remember anything.

use gangway_contract::report::Report;
use gangway_contract::{Reason, registry};

use crate::bundle::{Bundle, Places};
use crate::daily;
use crate::host_report::{Start, report_folder, report_name, report_of_stop};
use crate::leftovers;
use crate::machine::{Machine, Mark};
use crate::stop::Stop;
use crate::tell;

/// What is not of this program alone, or says what the server is.
const STAYS: &str = r"stays: the sensor with its onboarding, the mode of Defender Antivirus, what the Settings GPO wrote for as long as it applies, lines of the event log, shown without their text, and the key `HKLM\SOFTWARE\Gangway\Converged`, empty from the next start of Windows on";

/// Takes everything away, reports, and leaves neither journal nor report here.
pub(crate) fn run(
    machine: &mut dyn Machine,
    bundle: &Bundle,
    places: &Places,
    start: &Start,
) -> Report {
    // The lock is an open file in the folder that goes. A second instance would find nothing to do.
    machine.unlock();
    let trouble = remove(machine, bundle);
    let stop = match trouble.is_empty() {
        true => Stop::new(Reason::Retired, ""),
        false => Stop::new(Reason::NotRetired, trouble.join("; ")),
    };
    let is_retired = trouble.is_empty();
    let begun = Start {
        notes: start.notes.clone(),
        ..Start::assessing(start.facts.clone(), start.started_at, stop.reason)
    };
    let facts = start.facts.clone();
    let packages = match is_retired {
        true => packages(machine),
        false => Vec::new(),
    };
    let notes = std::iter::once(STAYS.to_owned()).chain(packages).collect();
    let mut report = report_of_stop(machine, bundle, &begun, facts, stop, notes);
    if let Some(folder) = report_folder(places, &bundle.manifest) {
        let name = report_name(machine, &report);
        let dropped = machine.drop_report(&folder, &name, &report.to_bytes());
        report
            .findings
            .extend(dropped.err().map(|failure| failure.to_string()));
    }
    // The report says the same, and writing the line has registered its source once more.
    let _ = machine.log_event(&tell::event(&report));
    let _ = machine.delete_keys(&registry::event_source());
    if is_retired && let Err(failure) = machine.set_mark(&Mark::Converged(bundle.id.clone())) {
        report.findings.push(failure.to_string());
    }
    report
}

/// Takes away tasks, folders, keys and the event source; what could not be removed, in words.
fn remove(machine: &mut dyn Machine, bundle: &Bundle) -> Vec<String> {
    let data = machine.folders().data();
    let mut trouble: Vec<String> = daily::remove_all(machine, bundle)
        .err()
        .into_iter()
        .collect();
    for removed in [
        leftovers::remove_programs(machine),
        machine.delete_tree(&data),
        machine.delete_keys(registry::OWN),
        machine.delete_keys(&registry::event_source()),
    ] {
        trouble.extend(removed.err().map(|failure| failure.to_string()));
    }
    trouble
}

/// What installer packages placed, which goes with them.
pub(crate) fn packages(machine: &mut dyn Machine) -> Vec<String> {
    let programs = machine.folders().programs();
    let names = machine.list_folders(&programs).unwrap_or_default();
    let names = names.into_iter();
    names
        .map(|name| format!(r"stays: `{programs}\{name}`, which goes with the installed package"))
        .collect()
}
