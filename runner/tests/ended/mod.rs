//! Runs that may be ended from outside.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Once;

use gangway_contract::report::Report;
use gangway_runner::bundle::Places;
use gangway_runner::run;

use crate::fake::{Fake, Killed};

/// One run; none when it was killed, or ended by the restart of Windows.
pub(crate) fn run_once(machine: &mut Fake) -> Option<Report> {
    let bundle = machine.bundle();
    let places = Places::default();
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let start = run::begin(machine, &bundle, &places);
        run::finish(machine, &bundle, &places, &start)
    }));
    machine.process_ended();
    machine.restart_if_due();
    match outcome {
        Ok(report) => Some(report),
        Err(thrown) if thrown.is::<Killed>() => None,
        Err(thrown) => resume_unwind(thrown),
    }
}

/// A kill is no news; everything else is printed as usual.
pub(crate) fn quiet_kills() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !info.payload().is::<Killed>() {
                usual(info);
            }
        }));
    });
}
