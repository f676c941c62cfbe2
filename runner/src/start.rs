//! From the start of the process to its exit code.

use std::process::ExitCode as ProcessExit;

use gangway_contract::manifest::Mode;
use gangway_contract::report::{SignatureCheck, SignerVerdict};
use gangway_contract::{BundleId, ExitCode, Manifest, Reason, events, printable};
use gangway_runner::bundle::{Bundle, Places};
use gangway_runner::command_line::{self, Purpose, Request};
use gangway_runner::failure::Failure;
use gangway_runner::machine::{Event, Machine as _};
use gangway_runner::run;
use gangway_runner::windows::{self, WindowsMachine, print};
use gangway_runner::{after_installer, connectivity, relay, selfcheck, tell, upkeep};

pub(crate) fn main() -> ProcessExit {
    windows::harden();
    windows::attach();
    let arguments: Vec<String> = std::env::args_os()
        .skip(1)
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    let code = match start(&arguments) {
        Ok(code) | Err(code) => code,
    };
    // Windows takes 32 bits; the standard type carries eight.
    std::process::exit(code)
}

/// The exit code; an error is one that was explained already.
fn start(arguments: &[String]) -> Result<i32, i32> {
    let mut machine = WindowsMachine::new();
    let own = own(&mut machine);
    let purpose = own.as_ref().ok();
    let purpose = purpose.map(|own| Purpose::of(&own.bundle.manifest));
    let request = command_line::parse(arguments, purpose).map_err(|problem| {
        print(
            &format!("error: {problem}\n\n{}", command_line::USAGE),
            true,
        );
        ExitCode::Usage.number()
    })?;
    match request {
        Request::Help => {
            print(command_line::USAGE, false);
            Ok(0)
        }
        Request::Version => {
            print(&format!("{}\n", env!("CARGO_PKG_VERSION")), false);
            Ok(0)
        }
        _ => carry_out(&mut machine, own?, request),
    }
}

/// What takes the bundle inside; the exit code, or that of what was explained already.
fn carry_out(machine: &mut WindowsMachine, mut own: Own, request: Request) -> Result<i32, i32> {
    match request {
        Request::Facts { json } => Ok(show_facts(machine, &own.bundle, json)),
        Request::Plan { json } => Ok(show_plan(machine, &own.bundle, json)),
        Request::Signature { path, json } => tell_of(
            upkeep::signature(machine, &own.bundle, &absolute(&path))
                .map(|check| show_signature(&check, json)),
        ),
        Request::Connectivity { json, reports } => {
            Ok(ask(machine, &own.bundle, json, reports.as_deref()))
        }
        Request::Status => tell_of(upkeep::status(machine)),
        Request::Collect => tell_of(
            upkeep::collect(machine, &own.bundle)
                .map(|folder| (format!("gathered in `{folder}`\n"), ExitCode::Good.number())),
        ),
        Request::Cleanup => tell_of(
            upkeep::cleanup(machine, &own.bundle).map(|text| (text, ExitCode::Good.number())),
        ),
        Request::Precheck => {
            own.bundle.manifest.mode = Mode::Precheck;
            own.bundle.manifest.settings.retire = false;
            Ok(act(machine, &own, &Places::default()))
        }
        Request::RunFrom {
            source,
            reports,
            after_installer,
        } => {
            let places = Places {
                source: Some(absolute(&source)),
                reports: reports.as_deref().map(absolute),
                after_installer,
                ..Places::default()
            };
            Ok(act(machine, &own, &places))
        }
        Request::Run => Ok(act(machine, &own, &Places::default())),
        Request::Daily => {
            let places = Places {
                daily: true,
                ..Places::default()
            };
            Ok(act(machine, &own, &places))
        }
        // They ask for no bundle.
        Request::Help | Request::Version => Ok(ExitCode::Good.number()),
    }
}

/// Prints what a command has to say.
fn tell_of(result: Result<(String, i32), Failure>) -> Result<i32, i32> {
    match result {
        Ok((text, code)) => {
            print(&text, false);
            Ok(code)
        }
        Err(failure) => {
            print(&format!("error: {failure}\n"), true);
            Err(ExitCode::Failed.number())
        }
    }
}

fn absolute(path: &str) -> String {
    let path = path.trim_end_matches('\\');
    std::path::absolute(path).map_or(path.to_owned(), |path| path.to_string_lossy().into_owned())
}

/// This exe and what is inside.
struct Own {
    path: String,
    bytes: Vec<u8>,
    bundle: Bundle,
}

/// Reads and checks the own exe. Whatever is wrong is told and ends the run: the settings of
/// a damaged exe, the report folder among them, are not to be trusted either.
fn own(machine: &mut WindowsMachine) -> Result<Own, i32> {
    let (path, bytes) = windows::own_exe()
        .map_err(|failure| refuse(machine, Reason::ExeDamaged, &failure.to_string()))?;
    let signature = selfcheck::check(&bytes)
        .map_err(|damage| refuse(machine, Reason::ExeDamaged, &format!("`{path}`: {damage}")))?;
    let manifest = windows::own_manifest().ok_or_else(|| {
        refuse(
            machine,
            Reason::ManifestDamaged,
            &format!("`{path}` carries no manifest; it is a bare stub"),
        )
    })?;
    let id = BundleId::of_bytes(&manifest);
    let manifest = Manifest::parse(&manifest).map_err(|error| {
        refuse(
            machine,
            Reason::ManifestDamaged,
            &format!("`{path}`: {error}"),
        )
    })?;
    Ok(Own {
        path,
        bytes,
        bundle: Bundle {
            manifest,
            id,
            exe_signature: signature.to_string(),
        },
    })
}

fn refuse(machine: &mut WindowsMachine, reason: Reason, detail: &str) -> i32 {
    let text = format!(
        "{}: {reason}\n  found: {detail}\nnext: {}\n",
        reason.state(),
        reason.next_action()
    );
    print(&text, true);
    // Nobody is left to be told when this fails.
    let _ = machine.log_event(&event(reason, text));
    ExitCode::from(reason.state()).number()
}

fn show_facts(machine: &mut WindowsMachine, bundle: &Bundle, json: bool) -> i32 {
    let (facts, _) = run::look(machine, bundle);
    let text = if json {
        pretty(&facts)
    } else {
        tell::facts(&facts)
    };
    print(&text, false);
    ExitCode::Good.number()
}

fn show_plan(machine: &mut WindowsMachine, bundle: &Bundle, json: bool) -> i32 {
    let (facts, plan) = run::look(machine, bundle);
    let text = if json {
        pretty(&Shown {
            facts: &facts,
            plan: &plan,
        })
    } else {
        format!("{}\n{}", tell::facts(&facts), tell::plan(&plan))
    };
    print(&text, false);
    ExitCode::of(plan.state, plan.reason).number()
}

fn show_signature(check: &SignatureCheck, json: bool) -> (String, i32) {
    let text = if json {
        pretty(check)
    } else {
        format!("{}\n", tell::signature(check))
    };
    let refused = ExitCode::from(Reason::SignerDistrusted.state());
    let code = match check.verdict.parse() {
        Ok(
            SignerVerdict::Expected | SignerVerdict::ExpectedCertificate | SignerVerdict::Trusted,
        ) => ExitCode::Good,
        _ => refused,
    };
    (text, code.number())
}

/// Asks the service's addresses. The machine-wide lock is not taken: nothing is changed.
fn ask(machine: &mut WindowsMachine, bundle: &Bundle, json: bool, reports: Option<&str>) -> i32 {
    let places = Places {
        source: None,
        reports: reports.map(absolute),
        ..Places::default()
    };
    let report = connectivity::run(machine, bundle, &places);
    let text = if json {
        pretty(&report)
    } else {
        format!("{}{}\n", tell::checks(&report), tell::summary(&report))
    };
    print(&text, false);
    report.exit_code
}

/// Facts and plan side by side.
#[derive(serde::Serialize)]
struct Shown<'a> {
    facts: &'a gangway_contract::Facts,
    plan: &'a gangway_contract::Plan,
}

fn pretty(value: &impl serde::Serialize) -> String {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    format!("{}\n", printable::in_json(&text))
}

/// Runs by the manifest and says how it ended.
fn act(machine: &mut WindowsMachine, own: &Own, places: &Places) -> i32 {
    let bundle = &own.bundle;
    let is_for_copy =
        places.after_installer && !after_installer::is_copy(&machine.folders(), bundle, &own.path);
    let mut obstruction = None;
    if is_for_copy {
        match after_installer::hand_over(machine, bundle, places, &own.bytes) {
            Ok(()) => return ExitCode::Good.number(),
            Err(stop) => obstruction = Some(stop),
        }
    }
    let turn = match places.after_installer {
        true => after_installer::take_turn(machine, bundle),
        false => machine.lock(),
    };
    match turn {
        Ok(true) => {}
        Ok(false) => return another_instance(machine),
        Err(failure) => obstruction = Some(failure.into()),
    }
    let start = run::begin(machine, bundle, places);
    // Without administrators' rights nobody can take the lock, and nothing is changed either.
    if let Some(stop) = obstruction
        && start.is_elevated()
    {
        let report = run::give_up(machine, bundle, places, &start, stop);
        print(&format!("{}\n", tell::summary(&report)), false);
        return report.exit_code;
    }
    let report = if start.has_work() && relay::is_share_path(&own.path) {
        match relay::run(machine, bundle, places, &own.bytes) {
            Ok(code) => return code,
            Err(stop) => run::give_up(machine, bundle, places, &start, stop),
        }
    } else {
        run::finish(machine, bundle, places, &start)
    };
    print(&format!("{}\n", tell::summary(&report)), false);
    report.exit_code
}

/// The other one reports for both; the event log says that this one was there.
fn another_instance(machine: &mut WindowsMachine) -> i32 {
    let reason = Reason::AnotherInstance;
    let text = format!(
        "{}: {reason}\nnext: {}\n",
        reason.state(),
        reason.next_action()
    );
    print(&text, false);
    // Nobody is left to be told when this fails.
    let _ = machine.log_event(&event(reason, text));
    ExitCode::from(reason.state()).number()
}

/// The line of a run that has no report.
fn event(reason: Reason, text: String) -> Event {
    let (id, level) = events::of_state(reason.state());
    Event {
        source: events::SOURCE,
        level,
        id,
        text,
    }
}
