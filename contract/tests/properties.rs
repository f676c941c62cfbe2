//! What holds for every server, likely or not.

#![expect(clippy::panic, reason = "a test says what went wrong by panicking")]

mod cases;
#[path = "cases/random.rs"]
mod random;

use gangway_contract::manifest::Mode;
use gangway_contract::plan::{apply, decide};
use gangway_contract::step::{Action, StepKind};
use gangway_contract::{Fact, State};
use proptest::prelude::*;

/// Any server, any bundle.
fn servers() -> impl Strategy<Value = cases::Case> {
    random::servers()
        .prop_map(|lines| cases::Case::parse(&lines).unwrap_or_else(|error| panic!("{error}")))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn after_a_plan_there_is_no_step_left(case in servers()) {
        let plan = decide(&case.manifest, &case.facts, &case.history);
        let after = apply(&plan, &case.facts);
        let again = decide(&case.manifest, &after, &case.history);
        if plan.steps.iter().any(|step| step.action == Action::Restart) {
            // What was held back follows, or is held back by the next gate: a full disk, say.
            prop_assert!(again.steps == plan.held || again.held == plan.held);
        } else {
            prop_assert_eq!(again.steps, []);
        }
    }

    #[test]
    fn what_stands_in_the_way_begins_with_the_reason(mut case in servers()) {
        case.manifest.mode = Mode::Precheck;
        let plan = decide(&case.manifest, &case.facts, &case.history);
        let first = plan.blockers.first().map(|blocker| blocker.reason);
        prop_assert_eq!(first.is_some(), plan.reason.stands_in_the_way());
        prop_assert!(first.is_none_or(|first| first == plan.reason));
        for blocker in &plan.blockers {
            prop_assert!(blocker.reason.stands_in_the_way());
        }
    }

    #[test]
    fn no_antivirus_is_removed_while_a_restart_may_be_asked_for(case in servers()) {
        let plan = decide(&case.manifest, &case.facts, &case.history);
        if let Some(at) = plan.steps.iter().position(|step| step.kind() == StepKind::RemoveScep) {
            prop_assert!(!case.facts.restart.blocks());
            prop_assert!(plan.steps[at..].iter().all(|step| !step.may_restart));
        }
    }

    #[test]
    fn another_organisation_is_never_touched(mut case in servers()) {
        case.facts.sensor.onboarding_state = Fact::Value(1);
        case.facts.sensor.org_id =
            Fact::Value("ffffffff-89ab-cdef-0123-456789abcdef".parse().expect("a GUID"));
        let plan = decide(&case.manifest, &case.facts, &case.history);
        prop_assert_eq!(plan.steps, []);
        prop_assert_ne!(plan.state, State::Onboarded);
    }
}
