//! The harness itself: an emulated server is what its description says, keeps what programs
//! did to it, and leaves nothing behind.

use std::time::{Duration, Instant};

use gangway_e2e::{Os, Sense, Server};

const STATUS: &str = r"Software\Microsoft\Windows Advanced Threat Protection\Status";
const POLICY: &str = r"Software\Policies\Microsoft\Windows Advanced Threat Protection";
const SENSE: &str = r"System\CurrentControlSet\Services\Sense";
const ORG_ID: &str = "3c7a1f52-9d4e-4b6a-8f10-2e5d7c9b0a14";

fn blob() -> String {
    format!(
        r#"{{"body":"{{\"previousOrgIds\":[],\"orgId\":\"{ORG_ID}\"}}","sig":"","sha256sig":"","cert":"","chain":[]}}"#
    )
}

fn cmd(server: &Server, line: &str) -> (i32, String) {
    let run = server
        .run(r"C:\windows\system32\cmd.exe", &["/d", "/c", line])
        .expect("the server runs a command");
    (run.exit_code, run.stdout)
}

fn until(what: &str, mut happened: impl FnMut() -> bool) {
    let start = Instant::now();
    while !happened() {
        assert!(
            start.elapsed() < Duration::from_secs(30),
            "waited for: {what}"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn exit_codes_arrive_whole() {
    let server = Server::new(Os::Server2022).build().unwrap();
    assert_eq!(cmd(&server, "exit /b 3010").0, 3010);
    assert_eq!(cmd(&server, "exit /b 256").0, 256);
    assert_eq!(server.left_running(), Vec::<String>::new());
}

#[test]
fn the_sensor_onboards_when_it_finds_a_blob_and_survives_a_restart() {
    let server = Server::new(Os::Server2019)
        .with_registry(POLICY, "OnboardingInfo", blob().as_str())
        .build()
        .unwrap();
    assert_eq!(cmd(&server, "net start sense").0, 0);
    until("the sensor is onboarded", || {
        let key = r"HKLM\SOFTWARE\Microsoft\Windows Advanced Threat Protection\Status";
        let query = ["query", key, "/v", "OnboardingState"];
        let run = server.run(r"C:\windows\system32\reg.exe", &query).unwrap();
        run.exit_code == 0
    });
    let registry = server.registry().unwrap();
    assert_eq!(registry.number(STATUS, "OnboardingState"), Some(1));
    assert_eq!(registry.text(STATUS, "OrgId"), Some(ORG_ID));
    assert_eq!(registry.number(SENSE, "Start"), Some(2));
    let _ = cmd(&server, "exit");
    let starts = server
        .calls()
        .iter()
        .filter(|(program, _)| program == "sense")
        .count();
    assert_eq!(starts, 2, "one by hand, one by the restarted server");
}

#[test]
fn a_sensor_that_is_set_up_as_onboarded_runs_before_the_first_program() {
    let sense = Sense::Onboarded {
        blob: blob(),
        org_id: ORG_ID.to_owned(),
    };
    let server = Server::new(Os::Server2022)
        .with_sense(sense)
        .build()
        .unwrap();
    let (_, said) = cmd(&server, "sc query Sense");
    assert!(said.contains("RUNNING"), "{said}");
}

/// Else its services would come anew with whichever program comes late enough.
#[test]
fn a_server_is_up_between_two_programs() {
    let sense = Sense::Onboarded {
        blob: blob(),
        org_id: ORG_ID.to_owned(),
    };
    let server = Server::new(Os::Server2022)
        .with_sense(sense)
        .build()
        .unwrap();
    let _ = cmd(&server, "exit");
    // Wine's server takes less to end all of its services.
    std::thread::sleep(Duration::from_secs(5));
    let _ = cmd(&server, "exit");
    let start = ("sense".to_owned(), "start".to_owned());
    assert_eq!(server.calls(), [start]);
}

#[test]
fn a_share_is_there_until_it_is_taken_away() {
    let server = Server::new(Os::Server2016)
        .with_empty_share(r"\\files.contoso.com\gangway$\Sub")
        .build()
        .unwrap();
    let path = r"\\FILES.contoso.com\Gangway$\Sub\a.txt";
    let (code, _) = cmd(&server, &format!("echo here> {path}"));
    assert_eq!(code, 0);
    let file = server.on_share(r"\\files.contoso.com\gangway$\Sub\a.txt");
    assert_eq!(std::fs::read_to_string(file).unwrap().trim(), "here");
    server
        .remove_share(r"\\files.contoso.com\gangway$")
        .unwrap();
    assert_ne!(cmd(&server, &format!("type {path}")).0, 0);
}

#[test]
fn programs_that_still_run_are_named_and_end_with_the_server() {
    let server = Server::new(Os::Server2022)
        .with_orders("wusa", "sleep_ms=60000")
        .build()
        .unwrap();
    let _ = cmd(&server, "start /b wusa.exe x.msu");
    until("wusa runs", || !server.calls().is_empty());
    let left = server.left_running();
    assert!(
        left.iter().any(|line| line.contains("wusa.exe")),
        "{left:?}"
    );
    server.restart().unwrap();
    assert_eq!(server.left_running(), Vec::<String>::new());
    assert_eq!(server.calls(), [("wusa".to_owned(), "x.msu".to_owned())]);
}
