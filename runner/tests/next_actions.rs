//! What a next action tells a person to run on the server is a command of this program.

use gangway_contract::Reason;
use gangway_runner::command_line::parse;

#[test]
fn every_command_of_the_bootstrap_that_a_next_action_names_is_one() {
    let mut found = 0;
    for reason in Reason::ALL {
        if reason.next_action().contains("`connectivity`") {
            found += 1;
        }
    }
    assert!(found > 2, "{found}");
    assert!(parse(&["connectivity".to_owned()], None).is_ok());
    assert!(parse(&["resume".to_owned()], None).is_err());
}
