//! The decision as text tables: facts in, plan out.
//!
//! Each file in `tests/decide/` holds cases. A case is a line `== name`, settings one a line,
//! a line `--`, and the plan. `host NAME` starts from a named server; `set FACT TEXT` changes
//! one fact; `manifest SETTING TEXT` changes the bundle; `tries STEP COUNTS` tells of earlier
//! runs. After the plan every case is checked once more: on the facts after the plan the
//! decision gives no step.
//!
//! `UPDATE_TABLES=1` writes the plans that were found into the files; read the difference.

#![expect(clippy::panic, reason = "a test says what went wrong by panicking")]

mod cases;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use gangway_contract::manifest::Mode;
use gangway_contract::plan::{Plan, apply, decide, possible};
use gangway_contract::step::{Action, Step};

#[test]
fn plans_are_those_of_the_tables() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/decide");
    let mut paths: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "txt"))
        .collect();
    paths.sort();
    assert!(!paths.is_empty());
    let mut wrong = String::new();
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        let found = table(&text);
        if found == text {
            continue;
        }
        if std::env::var_os("UPDATE_TABLES").is_some() {
            fs::write(&path, found).unwrap();
        } else {
            let _ = writeln!(
                wrong,
                "{}:\n{}",
                path.display(),
                first_difference(&text, &found)
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// The table with the plans that are found.
fn table(text: &str) -> String {
    let mut found = String::new();
    let (preamble, cases) = text.split_once("== ").unwrap_or((text, ""));
    found.push_str(preamble);
    for case in cases.split("\n== ") {
        let (input, _) = case.split_once("\n--\n").unwrap_or((case, ""));
        let (name, lines) = input.split_once('\n').unwrap_or((input, ""));
        let case = cases::Case::parse(lines).unwrap_or_else(|error| panic!("{name}: {error}"));
        let plan = decide(&case.manifest, &case.facts, &case.history);
        let _ = write!(found, "== {input}\n--\n{}\n", describe(&plan));
        settled(name, &case, &plan);
        announced(name, &case, &plan);
    }
    found.truncate(found.trim_end().len());
    found.push('\n');
    found
}

/// What a bundle announces covers every step that a table plans under it.
fn announced(name: &str, case: &cases::Case, plan: &Plan) {
    let mut steps = plan.steps.iter().chain(&plan.held);
    if case.manifest.mode == Mode::Precheck {
        assert_eq!(possible(&case.manifest), [], "{name}");
        return;
    }
    let possible = possible(&case.manifest);
    let more = steps.find(|step| !possible.contains(&step.kind()));
    assert_eq!(more, None, "{name}: of {possible:?}");
}

fn settled(name: &str, case: &cases::Case, plan: &Plan) {
    let after = apply(plan, &case.facts);
    let again = decide(&case.manifest, &after, &case.history);
    // A restart comes first and alone; the steps that it held back follow.
    if plan.steps.iter().any(|step| step.action == Action::Restart) {
        assert_eq!(again.steps, plan.held, "{name}: after the restart");
    } else {
        assert_eq!(again.steps, [], "{name}: after the plan");
    }
}

fn describe(plan: &Plan) -> String {
    let mut text = format!("{} {}", plan.state, plan.reason);
    if !plan.detail.is_empty() {
        let _ = write!(text, ": {}", plan.detail);
    }
    text.push('\n');
    for (steps, prefix) in [(&plan.steps, "  "), (&plan.held, "  held: ")] {
        for step in steps {
            let _ = writeln!(text, "{prefix}{}", line(step));
        }
    }
    for blocker in &plan.blockers {
        let _ = writeln!(text, "  blocker {}: {}", blocker.reason, blocker.detail);
    }
    for finding in &plan.findings {
        let _ = writeln!(text, "  note: {finding}");
    }
    text
}

fn line(step: &Step) -> String {
    let mut text = step.kind().to_string();
    match &step.action {
        Action::WritePassiveMode { passive }
        | Action::InstallAgent { passive, .. }
        | Action::RunInstallScript { passive, .. }
        | Action::RunDeploymentTool { passive, .. } => {
            text.push_str(if *passive { " passive" } else { " active" });
        }
        Action::RemoveWorkspaces { ids } => {
            for id in ids {
                let _ = write!(text, " {id}");
            }
        }
        Action::UninstallAgent { product_code } => {
            let _ = write!(text, " {product_code}");
        }
        _ => {}
    }
    for payload in step.payloads() {
        let _ = write!(text, " [{payload}]");
    }
    let _ = write!(text, " because {}", step.why);
    text
}

fn first_difference(expected: &str, found: &str) -> String {
    let mut name = "";
    let (mut left, mut right) = (expected.lines(), found.lines());
    loop {
        let (expected, found) = (left.next(), right.next());
        if let Some(line) = found.and_then(|line| line.strip_prefix("== ")) {
            name = line;
        }
        if expected != found {
            return format!(
                "  case `{name}`\n  expected: {}\n  found:    {}",
                expected.unwrap_or("(end)"),
                found.unwrap_or("(end)")
            );
        }
    }
}
