//! The main job on emulated servers: the signed bootstrap, started from NETLOGON as the
//! scheduled task starts it, onboards or refuses.

#![expect(
    clippy::unwrap_used,
    reason = "a test says what went wrong by panicking"
)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use gangway_e2e::bundle::NETLOGON;
use gangway_e2e::wine::registry::differences;
use gangway_e2e::{Deployment, Os, Outcome, Recipe, Server, required};
use gangway_fixtures::blob::ORG_ID;
use gangway_fixtures::script::ScriptSpec;

const STATUS: &str = r"Software\Microsoft\Windows Advanced Threat Protection\Status";
const POLICY: &str = r"Software\Policies\Microsoft\Windows Advanced Threat Protection";
const SENSE: &str = r"System\CurrentControlSet\Services\Sense";

/// Exit codes of the bootstrap that these tests expect.
const GOOD: i32 = 0;
const REFUSED: i32 = 54;

fn deployed(os: Os) -> Deployment {
    let bundle = Recipe::of_samples()
        .and_then(|recipe| recipe.bundle())
        .expect("a bundle");
    Deployment::of(&bundle, Server::new(os)).expect("a server")
}

fn run(deployment: &Deployment) -> Outcome {
    deployment.run().expect("the bootstrap ends")
}

#[track_caller]
fn assert_nothing_left_running(deployment: &Deployment) {
    assert_eq!(deployment.server.left_running(), Vec::<String>::new());
}

/// Nothing was executed, nothing was onboarded.
#[track_caller]
fn assert_untouched(deployment: &Deployment) {
    assert_nothing_left_running(deployment);
    assert_eq!(deployment.server.calls(), [], "something was executed");
    let registry = deployment.server.registry().expect("the server stops");
    assert_eq!(registry.text(POLICY, "OnboardingInfo"), None);
    assert_eq!(registry.number(STATUS, "OnboardingState"), None);
    assert_ne!(registry.number(SENSE, "Start"), Some(2));
}

#[track_caller]
fn assert_onboarded(deployment: &Deployment) {
    assert_nothing_left_running(deployment);
    let registry = deployment.server.registry().expect("the server stops");
    assert_eq!(registry.text(STATUS, "OrgId"), Some(ORG_ID));
    assert_eq!(registry.number(STATUS, "OnboardingState"), Some(1));
    assert_eq!(registry.number(SENSE, "Start"), Some(2));
}

/// Onboards `os` by `steps`, then shows that a second run and a run after a restart do
/// nothing.
fn check_onboarding(os: Os, steps: &[&str]) {
    let deployment = deployed(os);
    let first = run(&deployment);
    let report = first.report().expect("a report");
    assert_eq!(first.run.exit_code, GOOD, "{report:#?}");
    assert_eq!(report.state, "onboarded", "{report:#?}");
    assert_eq!(report.exit_code, GOOD);
    assert_eq!(report.org_id(), Some(ORG_ID));
    assert_eq!(report.steps_tried(), steps);

    let calls = deployment.server.calls();
    let second = run(&deployment);
    assert_eq!(second.run.exit_code, GOOD, "{second:#?}");
    if let Some(report) = &second.report {
        assert_eq!(report.state, "onboarded");
        assert_eq!(report.plan, Vec::<serde_json::Value>::new());
        assert_eq!(report.steps_tried(), Vec::<&str>::new());
    }
    assert_eq!(
        deployment.server.calls(),
        calls,
        "the second run started something"
    );
    assert_onboarded(&deployment);

    let third = run(&deployment);
    let report = third.report().expect("a report after a restart");
    assert_eq!(
        (third.run.exit_code, report.state.as_str()),
        (GOOD, "onboarded")
    );
    assert_eq!(report.steps_tried(), Vec::<&str>::new());
}

#[test]
fn server_2016_gets_the_agent_and_is_onboarded() {
    check_onboarding(Os::Server2016, &["install-agent", "apply-onboarding"]);
}

#[test]
fn server_2022_is_onboarded_by_the_blob_alone() {
    check_onboarding(Os::Server2022, &["apply-onboarding"]);
}

fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).expect("a file of the share");
    bytes[at] ^= 1;
    fs::write(path, bytes).expect("a file of the share");
}

/// Flips the byte in the middle of the payload whose name ends so.
fn check_flipped_payload(os: Os, ending: &str) {
    check_flipped(&Recipe::of_samples().unwrap(), os, ending);
}

fn check_flipped(recipe: &Recipe, os: Os, ending: &str) {
    let bundle = recipe.bundle().unwrap();
    let deployment = Deployment::of(&bundle, Server::new(os)).unwrap();
    let payloads = bundle.payloads().unwrap();
    let name = payloads.iter().find(|name| name.ends_with(ending)).unwrap();
    let file = deployment.server.on_share(&bundle.payload_unc(name));
    let size = usize::try_from(fs::metadata(&file).unwrap().len()).unwrap();
    flip(&file, size / 2);
    let outcome = run(&deployment);
    let report = outcome.report().expect("a report");
    assert_eq!(outcome.run.exit_code, REFUSED, "{report:#?}");
    assert_eq!(
        (report.state.as_str(), report.reason.as_str()),
        ("refused", "payload-mismatch")
    );
    assert!(report.detail.contains(name.as_str()), "{}", report.detail);
    assert_untouched(&deployment);
}

#[test]
fn a_flipped_byte_in_the_agent_package_is_refused() {
    check_flipped_payload(Os::Server2016, ".msi");
}

#[test]
fn a_flipped_byte_in_the_install_script_is_refused_where_it_is_used() {
    let route = "agent_route = 'install_script'";
    let recipe = Recipe::of_samples().unwrap().with("onboard", route);
    check_flipped(&recipe, Os::Server2016, ".ps1");
}

#[test]
fn a_flipped_byte_in_the_blob_is_refused_before_the_agent_is_installed() {
    check_flipped_payload(Os::Server2016, ".json");
}

#[test]
fn a_flipped_byte_in_the_blob_is_refused_where_it_is_the_only_payload() {
    check_flipped_payload(Os::Server2022, ".json");
}

/// Runs an exe with one byte flipped where `find` says.
fn damaged_exe(os: Os, find: impl Fn(&[u8]) -> usize) -> (Deployment, Outcome) {
    let deployment = deployed(os);
    let folder = deployment.server.on_share(NETLOGON);
    let exe = fs::read_dir(folder)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let at = find(&fs::read(&exe).unwrap());
    flip(&exe, at);
    let outcome = run(&deployment);
    (deployment, outcome)
}

fn position(bytes: &[u8], text: &[u8]) -> usize {
    bytes
        .windows(text.len())
        .position(|window| window == text)
        .expect("text in the exe")
}

#[test]
fn a_flipped_byte_in_the_manifest_inside_the_exe_is_refused_before_any_step() {
    let (deployment, outcome) = damaged_exe(Os::Server2022, |exe| {
        // A digit of the first payload's digest.
        let manifest = position(exe, b"\"sha256\": \"");
        manifest + 12
    });
    assert_eq!(outcome.run.exit_code, REFUSED, "{outcome:#?}");
    let said = &outcome.run.stderr;
    assert!(said.contains("refused: exe-damaged"), "{said}");
    assert_untouched(&deployment);
}

#[test]
fn a_stub_without_a_manifest_says_so_and_runs_no_step() {
    let stub = fs::read(required::path(required::STUB).unwrap()).unwrap();
    let server = Server::new(Os::Server2022).with_file("stub.exe", &stub);
    let server = server.build().unwrap();
    let run = server.run(r"C:\stub.exe", &[]).unwrap();
    assert_eq!(run.exit_code, REFUSED, "{run:#?}");
    assert!(run.stderr.contains("refused: manifest-damaged"), "{run:#?}");
    assert_eq!(server.calls(), []);
}

/// Somebody put a bundle of a newer `gangway` into a bootstrap of before: a whole exe, and a shape that it does not
/// know.
#[test]
fn a_manifest_of_a_newer_shape_is_refused_by_its_number_and_runs_no_step() {
    let deployment = deployed(Os::Server2022);
    let folder = deployment.server.on_share(NETLOGON);
    let path = fs::read_dir(folder)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let mut exe = fs::read(&path).unwrap();
    let manifest = b"{\n  \"schema\": 1";
    let digit = position(&exe, manifest) + manifest.len() - 1;
    exe[digit] = b'2';
    let number = |exe: &[u8], at: usize| {
        usize::try_from(u32::from_le_bytes(exe[at..at + 4].try_into().unwrap())).unwrap()
    };
    let optional = number(&exe, 0x3c) + 24;
    // Its signature is of other bytes: without one it is a bootstrap that nobody signed.
    let certificates = optional + 144;
    let table = number(&exe, certificates);
    exe[certificates..certificates + 8].fill(0);
    exe.truncate(table);
    // The checksum of PE/COFF: the sum of all words but its own, and the length.
    let checksum = optional + 64;
    exe[checksum..checksum + 4].fill(0);
    let words = exe.chunks(2).map(|pair| {
        let high = pair.get(1).copied().unwrap_or_default();
        u64::from(u16::from_le_bytes([pair[0], high]))
    });
    let mut sum: u64 = words.sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    let sum = u32::try_from(sum + exe.len() as u64).unwrap();
    exe[checksum..checksum + 4].copy_from_slice(&sum.to_le_bytes());
    fs::write(&path, &exe).unwrap();
    let outcome = run(&deployment);
    assert_eq!(outcome.run.exit_code, REFUSED, "{outcome:#?}");
    let said = &outcome.run.stderr;
    for text in [
        "refused: manifest-damaged",
        "the manifest has schema 2, this program reads schema 1",
    ] {
        assert!(said.contains(text), "{said}");
    }
    assert_untouched(&deployment);
}

#[test]
fn a_flipped_byte_elsewhere_in_the_exe_runs_no_step() {
    type Place = fn(&[u8]) -> usize;
    let places: [(&str, Place); 4] = [
        ("headers' stub text", |exe| position(exe, b"DOS mode")),
        ("code", |_| 0x1400),
        ("a text of the program", |exe| position(exe, b"onboarded")),
        ("end of the signed part", |exe| {
            position(exe, b"\"free_space_bytes\"") - 1
        }),
    ];
    for (place, find) in places {
        let (deployment, outcome) = damaged_exe(Os::Server2022, find);
        assert_ne!(outcome.run.exit_code, GOOD, "{place}: {outcome:#?}");
        assert_untouched(&deployment);
    }
}

#[test]
fn plan_shows_facts_and_steps_and_touches_nothing() {
    let deployment = deployed(Os::Server2016);
    let server = &deployment.server;
    // What the first start of a prefix writes is not the program's doing.
    server
        .run(r"C:\windows\system32\cmd.exe", &["/c", "exit"])
        .unwrap();
    let registry_before = server.registry().unwrap().dump("");
    let files_before = server.files().unwrap();

    let outcome = deployment.run_with(&["--plan"]).unwrap();
    assert_eq!(outcome.run.exit_code, GOOD, "{outcome:#?}");
    for expected in ["install-agent", "apply-onboarding", "md4ws.msi"] {
        assert!(
            outcome.run.stdout.contains(expected),
            "{}",
            outcome.run.stdout
        );
    }
    assert!(outcome.report.is_none());
    assert_untouched(&deployment);
    let registry = server.registry().unwrap().dump("");
    assert_eq!(
        differences(&registry_before, &registry),
        Vec::<String>::new()
    );
    let files = server.files().unwrap();
    assert_eq!(differences(&files_before, &files), Vec::<String>::new());
}

/// Everything of the registry that the portal's script and the bootstrap leave differently, by
/// the start of the line in a dump, with the reason.
const DIFFERENCES: [(&str, &str); 5] = [
    // The sample script holds a made-up descriptor where real ones have that of
    // `contract/src/apply/registry.rs`; both have the same two values.
    (
        r"[system\currentcontrolset\control\wmi\security]",
        "descriptor",
    ),
    // The stand-in for `eventcreate` registers no source.
    (
        r"[system\currentcontrolset\services\eventlog\application\wdatponboarding]",
        "event source",
    ),
    // Wine writes a key without values only when nothing is below it.
    (
        r"[system\currentcontrolset\services\eventlog\application]",
        "empty key",
    ),
    (
        r"[system\currentcontrolset\services\eventlog\application\gangway]",
        "our own event source",
    ),
    (r"[software\gangway", "our own marks"),
];

/// The registry of a fresh Server 2022 after `work`.
fn registry_after(work: impl Fn(&Deployment)) -> Vec<String> {
    let deployment = deployed(Os::Server2022);
    work(&deployment);
    let registry = deployment.server.registry().unwrap();
    assert_eq!(registry.number(STATUS, "OnboardingState"), Some(1));
    registry.dump("")
}

#[test]
fn the_registry_afterwards_is_that_of_the_untouched_script() {
    let native = registry_after(|deployment| {
        let outcome = run(deployment);
        assert_eq!(outcome.run.exit_code, GOOD, "{outcome:#?}");
    });
    let scripted = registry_after(|deployment| {
        let script = deployment.server.on_c("on.cmd");
        fs::write(script, ScriptSpec::default().bytes()).unwrap();
        let cmd = r"C:\windows\system32\cmd.exe";
        let arguments = ["/d", "/c", r"C:\on.cmd"];
        // Without a console its waits end at once: it says so until the sensor is up.
        let done = (0..20).any(|_| {
            std::thread::sleep(Duration::from_millis(500));
            deployment.server.run(cmd, &arguments).unwrap().exit_code == 0
        });
        assert!(done, "the sample script onboards");
    });
    for lines in [&native, &scripted] {
        let written = |name: &str| lines.iter().any(|line| line.contains(name));
        assert!(written("] onboardinginfo = ") && written("] disableenterpriseauthproxy = "));
    }
    let unexpected: Vec<String> = differences(&scripted, &native)
        .into_iter()
        .filter(|line| {
            let line = line.trim_start_matches(['+', '-', ' ']);
            !DIFFERENCES.iter().any(|(start, _)| line.starts_with(start))
        })
        .collect();
    assert_eq!(unexpected, Vec::<String>::new());
}

/// The task inside a preference file: without the namespace and with variables, which the client
/// fills in.
fn embedded_task(bundle: &Path) -> String {
    let policies = bundle.join("gpo/contoso.com/sysvol/Policies");
    let file = fs::read_dir(policies)
        .unwrap()
        .map(|entry| {
            let below = "Machine/Preferences/ScheduledTasks/ScheduledTasks.xml";
            entry.unwrap().path().join(below)
        })
        .find(|path| path.is_file())
        .unwrap();
    let text = fs::read_to_string(file).unwrap();
    let (start, end) = (text.find("<Task ").unwrap(), text.find("</Task>").unwrap());
    let namespace = "xmlns=\"http://schemas.microsoft.com/windows/2004/02/mit/task\"";
    text[start..end + "</Task>".len()]
        .replacen("<Task ", &format!("<Task {namespace} "), 1)
        .replace("%LocalTimeXmlEx%", "2026-01-01T00:00:00")
}

/// Proves that the task is well-formed, and no more: Wine's task scheduler reads few elements.
#[test]
fn the_embedded_task_is_taken_by_the_task_scheduler() {
    let server = Server::new(Os::Server2022).build().unwrap();
    let bundle = Recipe::of_samples().unwrap().bundle().unwrap();
    let good = embedded_task(bundle.folder());
    let create = |text: &str| {
        fs::write(server.on_c("task.xml"), text).unwrap();
        let arguments = ["/create", "/tn", "Gangway", "/xml", r"C:\task.xml"];
        let program = r"C:\windows\system32\schtasks.exe";
        server.run(program, &arguments).unwrap().exit_code
    };
    assert_ne!(create(&good.replace("</Actions>", "")), 0);
    assert_ne!(create(&good.replace("http://schemas", "http://other")), 0);
    assert_eq!(create(&good), 0, "{good}");
}

/// The lock that nobody but administrators can have: a file that one instance has open alone.
#[test]
fn while_the_lock_is_held_another_instance_waits_and_then_goes_on() {
    let bundle = Recipe::of_samples().unwrap().bundle().unwrap();
    let lock = r"C:\Program Files\Gangway\running.lock";
    // A script that has it open as its output while the bootstrap runs.
    let script = format!(
        "@{} > \"{lock}\"\r\n@exit /b %errorlevel%\r\n",
        bundle.exe_unc()
    );
    let server = Server::new(Os::Server2022).with_file("hold.cmd", script.as_bytes());
    let deployment = Deployment::of(&bundle, server).unwrap();
    // Wine shows what Unix lets others do as access of everybody.
    let folder = deployment.server.on_c("Program Files/Gangway");
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
    let held = deployment.server.run(r"C:\hold.cmd", &[]).unwrap();
    assert_eq!(held.exit_code, 51, "{held:#?}");
    let said = fs::read_to_string(folder.join("running.lock")).unwrap();
    assert!(said.contains("waiting: another-instance"), "{said}");
    assert_untouched(&deployment);
    let free = run(&deployment);
    assert_eq!(free.run.exit_code, GOOD, "{free:#?}");
    assert_onboarded(&deployment);
}

#[test]
fn status_prints_a_report_without_what_moves_a_cursor() {
    let deployment = deployed(Os::Server2022);
    assert_eq!(run(&deployment).run.exit_code, GOOD);
    let reports = deployment.server.on_c("ProgramData/Gangway/reports");
    let kept = fs::read_dir(&reports).unwrap().next().unwrap().unwrap();
    let mut report: serde_json::Value =
        serde_json::from_slice(&fs::read(kept.path()).unwrap()).unwrap();
    report["detail"] = "\u{1b}[2J\u{202e}gone".into();
    report["state"] = "failed".into();
    let newer = reports.join("srv.20990101T000000Z.00000000.json");
    fs::write(newer, report.to_string()).unwrap();
    let told = deployment.run_with(&["status"]).unwrap().run;
    assert!(
        told.stdout.contains("\\u{1b}[2J\\u{202e}gone"),
        "{}",
        told.stdout
    );
}
