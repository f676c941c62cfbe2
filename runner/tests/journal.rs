//! Whatever stands in the journal, a run reads it, ends, says the truth, and the server comes to rest:
//! lines of every kind in any order, torn, changed, repeated, and bytes that are no lines at all.
//!
//! `GANGWAY_PROPERTY_CASES` asks for more cases, and `GANGWAY_PROPERTY_SEED` for others.

#![expect(clippy::panic, reason = "a test says what went wrong by panicking")]

#[path = "../../contract/tests/cases/mod.rs"]
mod cases;
mod fake;

use fake::Fake;
use gangway_contract::history::Tries;
use gangway_contract::report::{Report, StepOutcome};
use gangway_contract::step::StepKind;
use gangway_contract::{Reason, State, UtcTime};
use gangway_runner::bundle::Places;
use gangway_runner::journal::{Entry, Past};
use gangway_runner::run;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// Days of quiet in which a server has to be done, whatever its journal said of tries and waits.
const QUIET_DAYS: usize = 40;

fn moment() -> impl Strategy<Value = UtcTime> {
    let moments = [
        "1601-01-01T00:00:00Z",
        "2026-03-02T08:00:00Z",
        "2026-03-02T08:00:01Z",
        "9999-12-31T23:59:59Z",
    ];
    let parsed = moments.map(|text| text.parse().expect("a moment"));
    proptest::sample::select(parsed.to_vec())
}

fn step() -> impl Strategy<Value = StepKind> {
    proptest::sample::select(StepKind::ALL.to_vec())
}

fn number() -> impl Strategy<Value = u32> {
    prop_oneof![Just(0), Just(1), Just(3010), Just(u32::MAX), any::<u32>()]
}

fn tries() -> impl Strategy<Value = Tries> {
    (step(), number(), number(), number(), moment()).prop_map(|(step, failed, done, code, at)| {
        Tries {
            failed,
            done,
            last_code: Some(code),
            last_end: Some(at),
            last_start: Some(at),
            ..Tries::none(step)
        }
    })
}

fn entry() -> impl Strategy<Value = Entry> {
    prop_oneof![
        (moment(), step()).prop_map(|(at, step)| Entry::StepStarted { at, step }),
        (number(), any::<u64>()).prop_map(|(id, created)| Entry::StepProcess { id, created }),
        moment().prop_map(|at| Entry::StepAwaited { at }),
        (
            moment(),
            step(),
            proptest::option::of(number()),
            proptest::sample::select(StepOutcome::ALL.to_vec()),
        )
            .prop_map(|(at, step, code, result)| Entry::StepEnded {
                at,
                step,
                code,
                result
            }),
        (
            moment(),
            proptest::sample::select(State::ALL.to_vec()),
            ".{0,40}"
        )
            .prop_map(|(at, state, reason)| Entry::Reported { at, state, reason }),
        proptest::collection::vec(tries(), 0..4).prop_map(|tries| Entry::Sums { tries }),
    ]
}

/// A line as it was written, or as something left it.
fn line() -> impl Strategy<Value = Vec<u8>> {
    let whole = || entry().prop_map(|entry| serde_json::to_vec(&entry).expect("an entry"));
    let torn = (whole(), any::<proptest::sample::Index>()).prop_map(|(mut line, at)| {
        line.truncate(at.index(line.len()));
        line
    });
    let changed = (whole(), any::<proptest::sample::Index>(), any::<u8>()).prop_map(
        |(mut line, at, byte)| {
            let at = at.index(line.len());
            line[at] = byte;
            line
        },
    );
    let bytes = proptest::collection::vec(any::<u8>(), 0..60);
    // Deeper than a reader should follow, and numbers beyond every type.
    let hostile = proptest::sample::select(vec![
        vec![b'['; 4000],
        br#"{"event":"step-process","id":1e999,"created":-1}"#.to_vec(),
        br#"{"event":"sums","tries":null}"#.to_vec(),
    ]);
    prop_oneof![6 => whole(), 1 => torn, 1 => changed, 1 => bytes, 1 => hostile]
}

fn config() -> ProptestConfig {
    let number = |name: &str| {
        let text = std::env::var(name).ok()?;
        text.parse::<u32>().ok()
    };
    ProptestConfig {
        cases: number("GANGWAY_PROPERTY_CASES").unwrap_or(200),
        rng_seed: RngSeed::Fixed(number("GANGWAY_PROPERTY_SEED").unwrap_or(1).into()),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

fn server() -> Fake {
    let case = cases::Case::parse("host 2022").unwrap_or_else(|error| panic!("{error}"));
    Fake::new(case.manifest, case.facts)
}

fn run_once(machine: &mut Fake) -> Report {
    let bundle = machine.bundle();
    let places = Places::default();
    let start = run::begin(machine, &bundle, &places);
    let report = run::finish(machine, &bundle, &places, &start);
    machine.process_ended();
    report
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_journal_is_read_and_the_server_comes_to_rest(
        lines in proptest::collection::vec(line(), 0..30)
    ) {
        let journal = lines.join(&b'\n');
        let past = Past::replay(&journal);
        // What is read twice says the same.
        prop_assert_eq!(&Past::replay(&journal), &past);
        let mut machine = server();
        machine.journal = journal;
        let mut said = Vec::new();
        for _ in 0..QUIET_DAYS {
            let report = run_once(&mut machine);
            prop_assert_eq!(&machine.violations, &Vec::<String>::new());
            if report.known_reason() == Some(Reason::Converged) {
                return Ok(());
            }
            said.push(gangway_runner::tell::summary(&report));
            machine.pass(100_000);
        }
        prop_assert!(false, "no rest:\n{}", said.join("\n"));
    }
}
