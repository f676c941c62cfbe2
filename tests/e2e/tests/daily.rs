//! The daily task on emulated servers: what its runs report, and that it goes with a newer
//! bundle, with the policy, with `cleanup` and with the last campaign.
//!
//! Group Policy registers the task; here `schtasks` does, and `reg` writes the key in which the
//! Task Scheduler of Windows keeps it (Wine keeps none).

#![expect(
    clippy::unwrap_used,
    reason = "a test says what went wrong by panicking"
)]

use gangway_e2e::bundle::Bundle;
use gangway_e2e::{Deployment, Os, Outcome, Recipe, Server};

const OLDER: &str = "0123456789abcdef0123456789abcdef";
const TREE: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Schedule\TaskCache\Tree";
const APPLIES: &str = r"HKLM\SOFTWARE\Policies\Gangway";
const SCHTASKS: &str = r"C:\windows\system32\schtasks.exe";
const REG: &str = r"C:\windows\system32\reg.exe";

/// A task as the policy registers it, as far as Wine's Task Scheduler reads it.
const TASK: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo/>
  <Triggers/>
  <Settings/>
  <Actions><Exec><Command>cmd.exe</Command></Exec></Actions>
</Task>
"#;

fn deployed() -> (Bundle, Deployment) {
    let bundle = Recipe::of_samples().unwrap().bundle().unwrap();
    let deployment = Deployment::of(&bundle, Server::new(Os::Server2022)).unwrap();
    (bundle, deployment)
}

fn by_hand(deployment: &Deployment, program: &str, arguments: &[&str]) {
    let run = deployment.server.run(program, arguments).unwrap();
    assert_eq!(run.exit_code, 0, "{program} {arguments:?}: {run:?}");
}

fn task(id: &str) -> String {
    format!("Gangway Daily {id}")
}

/// What Group Policy leaves: the task, its key, and the mark that the policy applies.
fn register(deployment: &Deployment, id: &str, applies: bool) {
    std::fs::write(deployment.server.on_c("daily.xml"), TASK).unwrap();
    let name = task(id);
    let create = ["/Create", "/XML", r"C:\daily.xml", "/TN", &name];
    by_hand(deployment, SCHTASKS, &create);
    let key = format!(r"{TREE}\{name}");
    by_hand(deployment, REG, &["add", &key, "/f"]);
    if applies {
        let value = ["add", APPLIES, "/v", id, "/t", "REG_DWORD", "/d", "1", "/f"];
        by_hand(deployment, REG, &value);
    }
}

/// Asks the Task Scheduler, by a change that leaves the task as it is.
fn is_registered(deployment: &Deployment, id: &str) -> bool {
    let name = task(id);
    let asked = ["/Change", "/TN", &name, "/ENABLE"];
    deployment.server.run(SCHTASKS, &asked).unwrap().exit_code == 0
}

#[track_caller]
fn assert_ends(outcome: &Outcome, reason: &str, note: &str) {
    let report = outcome.report().unwrap();
    assert_eq!(report.reason, reason, "{report:#?}");
    let found = report.findings.iter().any(|finding| finding.contains(note));
    assert!(found, "{report:#?}");
}

#[test]
fn a_newer_bundle_takes_the_task_of_an_older_one_and_keeps_its_own() {
    let (bundle, deployment) = deployed();
    register(&deployment, OLDER, true);
    register(&deployment, bundle.id(), true);
    assert!(is_registered(&deployment, OLDER));
    let note = format!("the daily task of bundle {OLDER} was removed");
    assert_ends(
        &deployment.run_with(&["daily"]).unwrap(),
        "converged",
        &note,
    );
    assert!(!is_registered(&deployment, OLDER));
    assert!(is_registered(&deployment, bundle.id()));
}

#[test]
fn a_policy_that_is_gone_ends_the_task_and_begins_nothing() {
    let (bundle, deployment) = deployed();
    register(&deployment, bundle.id(), false);
    let outcome = deployment.run_with(&["daily"]).unwrap();
    assert_ends(&outcome, "policy-gone", "this is its last report");
    assert_eq!(outcome.report().unwrap().steps_tried(), Vec::<&str>::new());
    assert!(!is_registered(&deployment, bundle.id()));
}

#[test]
fn cleanup_takes_every_daily_task() {
    let (bundle, deployment) = deployed();
    register(&deployment, OLDER, true);
    register(&deployment, bundle.id(), true);
    let run = deployment.run_with(&["cleanup"]).unwrap().run;
    assert_eq!(run.exit_code, 0, "{run:?}");
    assert!(!is_registered(&deployment, OLDER));
    assert!(!is_registered(&deployment, bundle.id()));
}

fn has_key(deployment: &Deployment, key: &str) -> bool {
    let asked = ["query", key];
    deployment.server.run(REG, &asked).unwrap().exit_code == 0
}

#[test]
fn the_last_campaign_leaves_nothing_but_a_mark_that_goes_with_the_next_start() {
    const OWN: &str = r"HKLM\SOFTWARE\Gangway";
    const SOURCE: &str = r"HKLM\SYSTEM\CurrentControlSet\Services\EventLog\Application\Gangway";
    let onboarding = Recipe::of_samples().unwrap().bundle().unwrap();
    let last = Recipe::of_samples().unwrap().with_mode("retire");
    let last = last.bundle().unwrap();
    let deployment = Deployment::of(&last, Server::new(Os::Server2022)).unwrap();
    std::fs::copy(onboarding.exe(), deployment.server.on_c("onboard.exe")).unwrap();
    by_hand(&deployment, r"C:\onboard.exe", &[]);
    register(&deployment, onboarding.id(), true);
    let folders = ["ProgramData/Gangway", "Program Files/Gangway"];
    let is_there = |folder: &&str| deployment.server.on_c(folder).exists();
    assert!(folders.iter().any(is_there));
    assert!(has_key(&deployment, OWN) && has_key(&deployment, SOURCE));

    assert_ends(&deployment.run().unwrap(), "retired", "stays: the sensor");
    assert!(!is_registered(&deployment, onboarding.id()));
    assert!(
        !folders.iter().any(is_there),
        "{:?}",
        deployment.server.files()
    );
    assert!(!has_key(&deployment, SOURCE));
    let mark = |id: &str| format!(r"{OWN}\Converged\{id}");
    assert!(has_key(&deployment, &mark(last.id())));
    assert!(!has_key(&deployment, &mark(onboarding.id())));
    assert!(!has_key(&deployment, &format!(r"{OWN}\Sequence")));
    deployment.server.restart().unwrap();
    assert!(!has_key(&deployment, &mark(last.id())));
}
