//! Whatever a server looks like and whatever goes wrong around the bootstrap: it ends, says
//! the truth, runs nothing unverified, and comes to rest once the trouble is over.
//!
//! The gate tries a fixed set of cases. `GANGWAY_PROPERTY_CASES` asks for more, and
//! `GANGWAY_PROPERTY_SEED` for others.

#![expect(clippy::panic, reason = "a test says what went wrong by panicking")]

#[path = "../../contract/tests/cases/mod.rs"]
mod cases;
mod ended;
mod fake;
#[path = "../../contract/tests/cases/random.rs"]
mod random;
mod routes;

use ended::{quiet_kills, run_once};
use fake::faults::{Effect, Fault};
use fake::programs::AT_RESTART;
use fake::{Act, Fake};
use gangway_contract::report::Report;
use gangway_contract::{ExitCode, Reason, State, decide};
use gangway_runner::run;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use routes::ROUTES;

/// No run takes longer, with every wait of the worked example used up in every round.
const LONGEST_RUN_S: i64 = 7 * 86_400;

/// Runs after the last trouble in which a server must come to rest.
const QUIET_RUNS: usize = 12;

/// Programs whose end is made up.
const PROGRAMS: [&str; 14] = [
    "Sense",
    "cmd.exe",
    "msiexec.exe",
    "powershell.exe",
    "wusa.exe",
    "dism.exe",
    "MpCmdRun.exe",
    "UpdatePlatform.exe",
    "UpdateSenseClient.exe",
    "Setup.exe",
    "setup.exe",
    "MMASetup-AMD64.exe",
    "DefenderDT.exe",
    "shutdown.exe",
];

/// Codes with a meaning somewhere; any other comes too.
const CODES: [u32; 16] = [
    0,
    1,
    2,
    5,
    10,
    12,
    15,
    35,
    40,
    1603,
    1618,
    1641,
    3010,
    0x0024_0006,
    0x8024_0017,
    0xffff_ffff,
];

/// Failures of the system: denied, disk full, in use, unreachable, infected, unknown.
const FAILURES: [u32; 8] = [5, 112, 32, 53, 64, 225, 3, 9999];

/// What happens to one run.
#[derive(Debug, Clone)]
struct Trouble {
    faults: Vec<Fault>,
    /// Effect at which something ends it.
    end: Option<(usize, End)>,
    /// Effect from which the clock is wrong, and by how much.
    clock: Option<(usize, i64)>,
    /// A payload whose bytes on the share are other ones.
    tampered: Option<usize>,
    /// Seconds until the next run.
    pause: i64,
}

#[derive(Debug, Clone, Copy)]
enum End {
    Kill,
    PowerLoss,
}

fn trouble() -> impl Strategy<Value = Trouble> {
    let fault = (
        proptest::sample::select(&Effect::ALL[..]),
        0..12_u32,
        prop_oneof![Just(1), Just(3), Just(u32::MAX)],
        proptest::sample::select(&FAILURES[..]),
    )
        .prop_map(|(effect, after, times, code)| Fault {
            effect,
            after,
            times,
            code,
        });
    let end = (
        0..80_usize,
        prop_oneof![Just(End::Kill), Just(End::PowerLoss)],
    );
    let jumps = [-315_360_000, -90_000, -3600, 3600, 90_000, 315_360_000];
    let clock = (0..60_usize, proptest::sample::select(jumps.to_vec()));
    (
        proptest::collection::vec(fault, 0..4),
        proptest::option::weighted(0.4, end),
        proptest::option::weighted(0.2, clock),
        proptest::option::weighted(0.1, 0..3_usize),
        prop_oneof![Just(0_i64), Just(5400), Just(100_000)],
    )
        .prop_map(|(faults, end, clock, tampered, pause)| Trouble {
            faults,
            end,
            clock,
            tampered,
            pause,
        })
}

fn act() -> impl Strategy<Value = Act> {
    (
        prop_oneof![3 => proptest::sample::select(&CODES[..]), 1 => any::<u32>()],
        any::<bool>(),
        prop_oneof![Just(0_i64), Just(20), Just(2000), Just(10_000)],
        prop_oneof![4 => Just(0_i64), 1 => Just(200), 1 => Just(4000), 1 => Just(AT_RESTART)],
    )
        .prop_map(|(code, works, takes_s, shows_after_s)| Act {
            code,
            works,
            takes_s,
            shows_after_s,
        })
}

type Acts = Vec<(&'static str, Vec<Act>)>;

fn acts() -> impl Strategy<Value = Acts> {
    let one = (
        proptest::sample::select(&PROGRAMS[..]),
        proptest::collection::vec(act(), 0..3),
    );
    proptest::collection::vec(one, 0..5)
}

/// Servers on which there is something to do, with a few facts and settings at random.
fn servers() -> impl Strategy<Value = String> {
    let fact = (0..random::CHOICES.len(), any::<u8>()).prop_map(|(at, pick)| {
        let (name, texts) = random::CHOICES[at];
        format!("set {name} {}", texts[usize::from(pick) % texts.len()])
    });
    let setting = proptest::sample::select(&random::SETTINGS[2..]).prop_map(str::to_owned);
    let changes = proptest::collection::vec(prop_oneof![fact, setting], 0..3);
    let some_route = (0..ROUTES.len(), changes).prop_map(|(route, changes)| {
        let lines = ROUTES[route].lines;
        format!("{lines}\n{}", changes.join("\n"))
            .trim_end()
            .to_owned()
    });
    prop_oneof![6 => some_route, 1 => random::servers()]
}

fn machine(lines: &str, acts: &Acts) -> Fake {
    let case = cases::Case::parse(lines).unwrap_or_else(|error| panic!("{error}"));
    let mut manifest = case.manifest;
    manifest.settings.report_root =
        Some(r"\\files.contoso.com\reports$".parse().expect("a UNC path"));
    let mut machine = Fake::new(manifest, case.facts);
    for (program, acts) in acts {
        let mut acts = acts.clone();
        // In the end every program does what it is there for.
        acts.push(Act::GOOD);
        machine = machine.with_acts(program, &acts);
    }
    machine
}

/// One run, which must not take longer than a run may; none when it was ended from outside.
fn patient_run(machine: &mut Fake) -> Option<Report> {
    machine.patience = machine.clock + LONGEST_RUN_S;
    run_once(machine)
}

/// One run with its trouble, and what must hold whatever happens.
fn troubled_run(machine: &mut Fake, trouble: &Trouble) -> Result<(), TestCaseError> {
    machine.faults.set(&trouble.faults);
    if let Some((effect, kind)) = trouble.end {
        machine.kill_at = Some(machine.ticks + effect);
        let report = patient_run(machine);
        machine.kill_at = None;
        if let (None, End::PowerLoss) = (&report, kind) {
            machine.reboot();
        }
        closed(machine, report.as_ref())?;
    } else {
        if let Some((effect, skew)) = trouble.clock {
            machine.clock_jumps.insert(machine.ticks + effect, skew);
        }
        let payload = trouble
            .tampered
            .and_then(|at| machine.manifest.payloads.get(at));
        let path = payload.map(|payload| machine.remote(&payload.name));
        let original =
            path.and_then(|path| Some((path.clone(), machine.share.get(&path)?.clone())));
        if let Some((path, bytes)) = &original {
            let mut other = bytes.clone();
            other[0] ^= 1;
            machine.share.insert(path.clone(), other);
        }
        let report = patient_run(machine);
        if let Some((path, bytes)) = original {
            machine.share.insert(path, bytes);
        }
        closed(machine, report.as_ref())?;
    }
    machine.faults.set(&[]);
    machine.pass(trouble.pause);
    Ok(())
}

/// What every run must hold to.
fn closed(machine: &mut Fake, report: Option<&Report>) -> Result<(), TestCaseError> {
    prop_assert_eq!(&machine.violations, &Vec::<String>::new());
    let Some(report) = report else {
        return Ok(());
    };
    let said = gangway_runner::tell::summary(report);
    let reason = report.known_reason();
    let reason = reason.ok_or_else(|| TestCaseError::fail(format!("no reason: {said}")))?;
    prop_assert!(
        report.state == reason.state() || report.state == State::Assessed,
        "{}",
        said
    );
    prop_assert_eq!(
        report.exit_code,
        ExitCode::of(report.state, reason).number(),
        "{}",
        said
    );
    if is_good(report.state) {
        let history = fake::history(machine);
        let bundle = machine.bundle();
        let (facts, _) = run::look(machine, &bundle);
        let truth = decide(&machine.manifest, &facts, &history).reason;
        prop_assert!(
            is_good(truth.state()),
            "{} and the truth is {}",
            said,
            truth
        );
    }
    Ok(())
}

fn is_good(state: State) -> bool {
    matches!(
        state,
        State::Onboarded | State::OnboardedPendingReboot | State::Offboarded
    )
}

/// Without trouble the server comes to rest: done, or held by something that is no failure of
/// a step.
fn comes_to_rest(machine: &mut Fake) -> Result<(), TestCaseError> {
    let mut said = Vec::new();
    for quiet in 0..QUIET_RUNS {
        // Sooner or later somebody restarts a server that keeps failing: a sensor that ran
        // without a blob takes one at its next start only.
        if quiet == QUIET_RUNS / 2 {
            machine.reboot();
        }
        let restarted = machine.restarted.len();
        let Some(report) = patient_run(machine) else {
            // An earlier run had asked for the restart that ended this one.
            prop_assert!(machine.restarted.len() > restarted, "killed");
            continue;
        };
        closed(machine, Some(&report))?;
        said.push(gangway_runner::tell::summary(&report));
        if is_good(report.state) {
            let started = machine.started.clone();
            let again = patient_run(machine).ok_or_else(|| TestCaseError::fail("killed"))?;
            prop_assert_eq!(&again.steps, &[]);
            prop_assert_eq!(&machine.started, &started);
            prop_assert!(is_good(again.state), "{:?}", again.reason);
            return Ok(());
        }
        match report.known_reason() {
            Some(Reason::RebootPending | Reason::RebootNeededByOwner | Reason::StillRunning) => {
                machine.pass(20_000);
                machine.reboot();
            }
            Some(reason) if reason.state() == State::Failed => machine.pass(100_000),
            Some(Reason::FileInUse | Reason::InstallerBusy) => machine.pass(5400),
            // A person has to look; nothing may be under way any more.
            _ => {
                let history = fake::history(machine);
                prop_assert!(history.in_flight.is_none());
                return Ok(());
            }
        }
    }
    Err(TestCaseError::fail(format!(
        "no rest after {QUIET_RUNS} runs:\n{}\nstarted {:?}",
        said.join("\n"),
        machine.started
    )))
}

fn config() -> ProptestConfig {
    let number = |name: &str| {
        std::env::var(name)
            .ok()
            .and_then(|text| text.parse::<u32>().ok())
    };
    ProptestConfig {
        cases: number("GANGWAY_PROPERTY_CASES").unwrap_or(600),
        rng_seed: RngSeed::Fixed(number("GANGWAY_PROPERTY_SEED").unwrap_or(1).into()),
        failure_persistence: None,
        max_shrink_iters: 20_000,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn whatever_happens_a_run_ends_says_the_truth_and_the_server_comes_to_rest(
        lines in servers(),
        acts in acts(),
        troubles in proptest::collection::vec(trouble(), 0..4),
    ) {
        quiet_kills();
        let mut machine = machine(&lines, &acts);
        for trouble in &troubles {
            troubled_run(&mut machine, trouble)?;
        }
        comes_to_rest(&mut machine)?;
    }
}
