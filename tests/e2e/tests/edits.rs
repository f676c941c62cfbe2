//! Thirty edited portal scripts, each kind of edit among them: `build` refuses one, or a fresh
//! server onboards to the pinned tenant exactly as by the untouched script, and runs nothing of
//! what was put in. Ten thousand more are built in memory, beside the pipeline.

#![expect(
    clippy::unwrap_used,
    reason = "a test says what went wrong by panicking"
)]

use std::fs;

use gangway_e2e::wine::registry::differences;
use gangway_e2e::{Bundle, Deployment, Os, Recipe, Server, ServerBuilder, required, samples};
use gangway_fixtures::blob::ORG_ID;
use gangway_fixtures::script_edits::{FOLDERS, KINDS, Outcome, PROGRAM, Untouched};

/// How many edits are tried, kind after kind.
const EDITS: usize = 30;
/// Of them, what the samples' seed gives: both outcomes are there.
const REFUSED: usize = 8;
/// Servers at a time; half of the time one idles.
const AT_A_TIME: usize = 4;

/// The bundle of a script alone; none when `build` refuses it for what it is.
fn bundle(name: &str, script: &[u8]) -> Option<Bundle> {
    let folder = required::work_folder().unwrap().join("edits").join(name);
    fs::create_dir_all(folder.join("downloads")).unwrap();
    let file = folder.join("downloads/script.cmd");
    samples::keep(&file, script).unwrap();
    let recipe = Recipe::of_samples()
        .unwrap()
        .with_downloads(&[&file])
        .with("organization", &format!("org_id = '{ORG_ID}'"));
    match recipe.bundle() {
        Ok(bundle) => Some(bundle),
        Err(error) => {
            let said = format!("{error:#}");
            let for_what_it_is = said.contains("exit status: 1") && said.contains("\nerror GW");
            assert!(for_what_it_is, "{name}: {said}");
            None
        }
    }
}

/// A server on which the program that edits start is there, and leaves its call.
fn server() -> ServerBuilder {
    let program = PROGRAM.trim_start_matches(r"C:\").replace('\\', "/");
    Server::new(Os::Server2022).with_version(&program, [1, 0, 0, 0])
}

/// What one run left: programs that were started, and the registry.
#[derive(PartialEq, Eq)]
struct Traces {
    calls: Vec<(String, String)>,
    registry: Vec<String>,
}

fn onboarded_by(bundle: &Bundle) -> Traces {
    let deployment = Deployment::of(bundle, server()).unwrap();
    let outcome = deployment.run().unwrap();
    let report = outcome.report().unwrap();
    assert_eq!(report.state, "onboarded", "{report:#?}");
    assert_eq!(report.org_id(), Some(ORG_ID));
    for folder in FOLDERS {
        assert!(!deployment.server.on_c(folder).exists(), "`{folder}`");
    }
    assert_eq!(deployment.server.left_running(), Vec::<String>::new());
    Traces {
        calls: deployment.server.calls(),
        registry: deployment.server.registry().unwrap().dump(""),
    }
}

/// One edit, by its number among all that are tried.
fn outcome(number: usize, untouched: &Untouched, expected: &Traces) -> Outcome {
    let edited = untouched.edited(number % KINDS, number as u64);
    let name = format!("{number}");
    let outcome = match bundle(&name, &edited.script) {
        None => Outcome::Refused,
        Some(bundle) => {
            let found = onboarded_by(&bundle);
            assert_eq!(found.calls, expected.calls, "`{}`", edited.kind);
            let registry = differences(&expected.registry, &found.registry);
            assert_eq!(registry, Vec::<String>::new(), "`{}`", edited.kind);
            Outcome::Same
        }
    };
    let right = edited.only.is_none_or(|only| only == outcome);
    assert!(right, "`{}` came out as {outcome:?}", edited.kind);
    outcome
}

#[test]
fn thirty_edits_are_refused_or_change_nothing_on_a_server() {
    const { assert!(EDITS >= KINDS, "every kind once") };
    let untouched = Untouched::default();
    let expected = onboarded_by(&bundle("untouched", &untouched.script).unwrap());
    let outcomes: Vec<Outcome> = std::thread::scope(|scope| {
        let (untouched, expected) = (&untouched, &expected);
        let workers: Vec<_> = (0..AT_A_TIME)
            .map(|first| {
                scope.spawn(move || {
                    let own = (first..EDITS).step_by(AT_A_TIME);
                    own.map(|number| outcome(number, untouched, expected))
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        let joined = workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap());
        joined.collect()
    });
    let refused = outcomes.iter().filter(|one| **one == Outcome::Refused);
    assert_eq!((outcomes.len(), refused.count()), (EDITS, REFUSED));
}

/// What an edit would do is seen: else the test above would show nothing.
#[test]
fn a_script_that_does_what_edits_do_leaves_its_marks() {
    let lines: String = FOLDERS
        .map(|folder| format!("@mkdir C:\\{folder}\r\n"))
        .concat();
    let script = format!("{lines}@{PROGRAM}\r\n");
    let server = server().with_file("on.cmd", script.as_bytes());
    let server = server.build().unwrap();
    let cmd = r"C:\windows\system32\cmd.exe";
    server.run(cmd, &["/d", "/c", r"C:\on.cmd"]).unwrap();
    assert!(FOLDERS.iter().all(|folder| server.on_c(folder).is_dir()));
    let calls = server.calls();
    assert!(calls.iter().any(|(name, _)| name == "evil"), "{calls:?}");
}
