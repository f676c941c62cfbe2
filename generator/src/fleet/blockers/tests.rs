//! Prechecks of which some come from a bootstrap that this program does not know.

use gangway_contract::report::{SCHEMA, file_name};
use gangway_contract::{ExitCode, UtcTime};
use serde_json::json;

use super::super::{Campaign, DEFAULT_MAX_AGE_DAYS, Fleet, Owners, Question, Texts, read};
use super::*;
use crate::goal::Goal;

/// The fleet of one server whose precheck of this shape ended so.
fn looked_at(schema: u32, state: State, reason: &str) -> Fleet {
    let time: UtcTime = "2026-11-29T00:00:00Z".parse().unwrap();
    let exit_code = Reason::from_code(reason)
        .map_or(ExitCode::from(state), |reason| ExitCode::of(state, reason));
    let good = |answer: &str| json!({"answer": answer, "good": true});
    let report = json!({
        "schema": schema, "bundle_id": "0".repeat(32), "sequence": 1, "mode": "precheck",
        "fqdn": "a.corp", "finished_at": time, "state": state, "reason": reason, "detail": "",
        "next_action": "", "exit_code": exit_code.number(),
        "health": {
            "onboarding": good("onboarded"), "sensor": good("alive"),
            "antivirus": good("active"), "content": good("fresh"),
        },
        "facts_after": {"sensor": {"org_id": "absent"}},
    });
    let folder = tempfile::tempdir().unwrap();
    let name = file_name("a.corp", time, 1);
    std::fs::write(folder.path().join(name), report.to_string()).unwrap();
    let question = Question {
        expected: None,
        owners: &Owners::default(),
        campaign: Campaign {
            mode: Goal::Precheck,
            org_id: None,
            named: true,
        },
        now: time,
        max_age_days: DEFAULT_MAX_AGE_DAYS,
        texts: Texts::All,
    };
    read(folder.path(), &question).unwrap()
}

#[test]
fn a_precheck_of_a_newer_shape_makes_no_server_clear_and_takes_none_out_of_the_count() {
    let (now, later) = (SCHEMA, SCHEMA + 7);
    let table = [
        (now, State::Assessed, "ready", "assessed", (1, 0, 100)),
        (now, State::Assessed, "converged", "assessed", (1, 0, 100)),
        (now, State::Blocked, "disk-full", "blocked", (0, 1, 0)),
        (later, State::Assessed, "ready", "newer_report", (0, 0, 0)),
        (later, State::Blocked, "ready", "newer_report", (0, 0, 0)),
        (later, State::Failed, "converged", "newer_report", (0, 0, 0)),
        (
            later,
            State::Waiting,
            "workstation",
            "newer_report",
            (0, 0, 0),
        ),
        (later, State::Blocked, "disk-full", "blocked", (0, 1, 0)),
        (
            later,
            State::Failed,
            "of-a-later-version",
            "failed",
            (0, 1, 0),
        ),
    ];
    for (schema, state, reason, standing, counted) in table {
        let fleet = looked_at(schema, state, reason);
        let found = (fleet.clear, fleet.held, fleet.clear_percent);
        let case = format!("{schema} {state} {reason}");
        assert_eq!(fleet.servers[0].standing.as_str(), standing, "{case}");
        assert_eq!(found, counted, "{case}");
    }
}
