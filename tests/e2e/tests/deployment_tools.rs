//! Folders for deployment tools: what Configuration Manager is told to run, on an emulated server; the
//! playbooks, by Ansible itself.
//!
//! Ansible's modules for Windows are stand-ins (`deployment_tools/module.py`) that take the options of the
//! real ones and answer as a server would. No PowerShell runs here: its scripts are held against its
//! grammar by the generator's own tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use gangway_e2e::bundle::REPORTS;
use gangway_e2e::server::Run;
use gangway_e2e::{Bundle, Os, Packages, Recipe, Server, program, required};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Where the sensor writes what it is.
const STATUS: &str = r"Software\Microsoft\Windows Advanced Threat Protection\Status";

/// The tenant of the sample downloads.
const TENANT: &str = "6b2f6a51-0c53-4d0e-9e0b-c0570500ab1e";
/// Another one.
const OTHER_TENANT: &str = "11111111-2222-3333-4444-555555555555";

/// Modules that the playbooks name.
const MODULES: [&str; 5] = [
    "win_reg_stat",
    "win_file",
    "win_copy",
    "win_package",
    "win_reboot",
];

fn bundle() -> Bundle {
    Recipe::of_samples()
        .and_then(|it| it.bundle())
        .expect("a bundle")
}

fn offboarding() -> Bundle {
    let samples = required::path(required::FIXTURES).expect("samples");
    Recipe::of_samples()
        .expect("samples")
        .with_mode("offboard")
        .with_downloads(&[&samples.join("variants/offboarding")])
        .bundle()
        .expect("an offboarding bundle")
}

fn packages(bundle: &Bundle, format: &str) -> Packages {
    let offboarding = offboarding();
    let folder = offboarding.folder().display().to_string();
    Packages::of(bundle, &["--format", format, "--offboard", &folder]).expect("packages")
}

/// A server with both folders on its disk, as the tool's cache holds them.
fn server(packages: &Packages) -> Server {
    let mut server = Server::new(Os::Server2022).with_empty_share(REPORTS);
    for folder in ["content", "offboard"] {
        for entry in fs::read_dir(packages.folder().join(folder)).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy();
            let to = format!("cache/{folder}/{name}");
            server = server.with_file(&to, &fs::read(&path).expect("a file"));
        }
    }
    server.build().expect("a server")
}

/// Runs a command line in a folder, as the tool does.
fn run_in(server: &Server, command: &Value) -> Run {
    let folder = command["content"].as_str().expect("a folder");
    let line = command["command"].as_str().expect("a command line");
    let shell = r"C:\windows\system32\cmd.exe";
    let line = format!(r"cd /d C:\cache\{folder} && {line}");
    server.run(shell, &["/c", &line]).expect("it runs")
}

/// Does every rule of the detection hold?
fn is_detected(server: &Server, application: &Value) -> bool {
    let registry = server.registry().expect("the registry");
    let rules = application["detection"].as_array().expect("rules");
    assert_eq!(rules.len(), 2);
    rules.iter().all(|rule| {
        let (key, value) = (&rule["key"], rule["value"].as_str().expect("a name"));
        assert_eq!(
            key.as_str().map(str::to_lowercase),
            Some(format!(r"hkey_local_machine\{}", STATUS.to_lowercase()))
        );
        let found = match rule["type"].as_str() {
            Some("REG_DWORD") => registry.number(STATUS, value).map(|it| it.to_string()),
            _ => registry.text(STATUS, value).map(str::to_owned),
        };
        found.as_deref() == rule["equals"].as_str()
    })
}

#[test]
fn what_configuration_manager_runs_onboards_and_uninstalls() {
    let packages = packages(&bundle(), "configmgr");
    let text = fs::read(packages.folder().join("configmgr/application.json")).unwrap();
    let application: Value = serde_json::from_slice(&text).unwrap();
    let server = server(&packages);
    assert!(!is_detected(&server, &application));

    let installed = run_in(&server, &application["install"]);
    assert_eq!(installed.exit_code, 0, "{installed:?}");
    assert!(is_detected(&server, &application));

    let removed = run_in(&server, &application["uninstall"]);
    assert_eq!(removed.exit_code, 0, "{removed:?}");
    assert!(!is_detected(&server, &application));
}

/// Ansible with stand-ins for its modules, and one server of which only the sensor's state is known.
struct Inventory {
    packages: Packages,
    around: TempDir,
}

/// How a playbook ended.
struct Played {
    is_good: bool,
    said: String,
    /// What the server was asked for besides its state, in order.
    calls: Vec<(String, Value)>,
}

impl Inventory {
    fn of(bundle: &Bundle) -> Self {
        let around = tempfile::tempdir().expect("a temporary folder");
        let modules = around
            .path()
            .join("collections/ansible_collections/ansible/windows/plugins/modules");
        fs::create_dir_all(&modules).expect("a folder of modules");
        let module = include_str!("deployment_tools/module.py");
        for name in MODULES {
            let path = modules.join(format!("{name}.py"));
            fs::write(path, module.replace("@NAME@", name)).expect("a module");
        }
        let hosts =
            "[windows]\nsrv1 ansible_connection=local ansible_python_interpreter=auto_silent\n";
        fs::write(around.path().join("hosts"), hosts).expect("an inventory");
        Self {
            packages: packages(bundle, "ansible"),
            around,
        }
    }

    fn playbook(&self, name: &str) -> PathBuf {
        self.packages.folder().join("ansible").join(name)
    }

    /// Plays it against a server that is and answers so.
    fn play(&self, playbook: &Path, server: &Value, more: &[&str]) -> Played {
        let state = self.around.path().join("server.json");
        let mut server = server.clone();
        server["calls"] = json!([]);
        fs::write(&state, server.to_string()).expect("a server");
        let mut command =
            Command::new(required::tool("ansible-playbook").expect("ansible-playbook"));
        command
            .arg("-i")
            .arg(self.around.path().join("hosts"))
            .arg(playbook)
            .args(more)
            .env(
                "ANSIBLE_COLLECTIONS_PATH",
                self.around.path().join("collections"),
            )
            .env("ANSIBLE_LOCAL_TEMP", self.around.path().join("local"))
            .env("ANSIBLE_REMOTE_TEMP", self.around.path().join("remote"))
            .env("ANSIBLE_HOME", self.around.path().join("home"))
            .env("ANSIBLE_NOCOLOR", "1")
            .env("LC_ALL", "C.UTF-8")
            .env("GANGWAY_SERVER", &state);
        let log = self.around.path().join("play");
        let output = program::run(&mut command, &log, Duration::from_secs(300)).expect("an end");
        let server: Value =
            serde_json::from_slice(&fs::read(&state).expect("the state")).expect("a server");
        let calls: Vec<(String, Value)> =
            serde_json::from_value(server["calls"].clone()).expect("calls");
        Played {
            is_good: output.status.success(),
            said: format!("{}{}", output.stdout, output.stderr),
            calls: calls
                .into_iter()
                .filter(|(name, _)| name != "win_reg_stat")
                .collect(),
        }
    }
}

impl Played {
    fn names(&self) -> Vec<&str> {
        self.calls.iter().map(|(name, _)| name.as_str()).collect()
    }
}

fn onboarded(tenant: &str) -> Value {
    json!({"OnboardingState": 1, "OrgId": tenant})
}

/// What a run asks for, from the folder to its removal.
const RUN: [&str; 4] = ["win_file", "win_copy", "win_package", "win_file"];

#[test]
fn a_playbook_runs_the_bootstrap_where_the_state_is_another_one() {
    let inventory = Inventory::of(&bundle());
    let playbook = inventory.playbook("onboard.yml");
    let none = || json!({"state": null});
    let gone = json!({"OnboardingState": 0, "OrgId": TENANT});
    let tenant = || onboarded(TENANT);
    let upper = onboarded(&TENANT.to_uppercase());
    let text = json!({"OnboardingState": "1", "OrgId": TENANT});
    let after = |state: Value, code: i32, after: Value| json!({"state": state, "exit_code": code, "state_after": after});
    let calls = |more: &[&'static str]| [&RUN[..3], more, &RUN[3..]].concat();
    let rows: Vec<(&str, Value, bool, Vec<&str>, &str)> = vec![
        (
            "done before",
            json!({"state": tenant()}),
            true,
            vec![],
            "ok=1",
        ),
        (
            "done, in capitals",
            json!({"state": upper}),
            true,
            vec![],
            "ok=1",
        ),
        (
            "new",
            after(none()["state"].clone(), 0, tenant()),
            true,
            calls(&[]),
            "",
        ),
        (
            "was offboarded",
            after(gone, 0, tenant()),
            true,
            calls(&[]),
            "",
        ),
        (
            "a text is no number",
            after(text, 0, tenant()),
            true,
            calls(&[]),
            "",
        ),
        (
            "of another tenant",
            after(onboarded(OTHER_TENANT), 0, onboarded(OTHER_TENANT)),
            false,
            calls(&[]),
            "the state is not what it should be",
        ),
        (
            "says so and is not",
            after(Value::Null, 0, Value::Null),
            false,
            calls(&[]),
            "the bootstrap ended with 0, and the state is not",
        ),
        (
            "waits",
            after(Value::Null, 51, Value::Null),
            true,
            calls(&[]),
            "not done yet",
        ),
        (
            "asks for a restart",
            after(Value::Null, 50, tenant()),
            true,
            calls(&[]),
            "",
        ),
        (
            "blocked",
            after(Value::Null, 52, Value::Null),
            false,
            calls(&[]),
            "a person must clear",
        ),
        (
            "failed",
            after(Value::Null, 53, Value::Null),
            false,
            calls(&[]),
            "a step was tried",
        ),
        (
            "not protected",
            after(Value::Null, 56, tenant()),
            false,
            calls(&[]),
            "not protected",
        ),
        (
            "an end that nobody knows",
            after(Value::Null, 9, Value::Null),
            false,
            calls(&[]),
            "no end of the program is known",
        ),
    ];
    for (what, server, is_good, calls, text) in rows {
        let played = inventory.play(&playbook, &server, &[]);
        assert_eq!(played.is_good, is_good, "{what}: {}", played.said);
        assert_eq!(played.names(), calls, "{what}: {}", played.said);
        // Ansible folds long lines of its own.
        let said = played.said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(text), "{what}: {}", played.said);
    }
    let server = after(Value::Null, 50, tenant());
    let restarted = inventory.play(&playbook, &server, &["-e", "gangway_restart=true"]);
    assert_eq!(
        restarted.names(),
        calls(&["win_reboot"]),
        "{}",
        restarted.said
    );
    let looked = inventory.play(&playbook, &json!({"state": null}), &["--syntax-check"]);
    assert!(looked.is_good && looked.calls.is_empty(), "{}", looked.said);
}

#[test]
fn a_playbook_names_what_lies_beside_it() {
    let bundle = bundle();
    let inventory = Inventory::of(&bundle);
    let server = json!({"state": null, "exit_code": 0, "state_after": onboarded(TENANT)});
    let played = inventory.play(&inventory.playbook("onboard.yml"), &server, &[]);
    assert!(played.is_good, "{}", played.said);
    let (_, run) = &played.calls[2];
    let folder = format!(r"C:\Program Files\Gangway Content\{}", bundle.id());
    assert_eq!(run["arguments"], json!(["onboard", "--source", folder]));
    let program = format!(r"{folder}\MdeOnboard-{}.exe", bundle.id());
    assert_eq!(run["path"], json!(program));
    let (_, removed) = &played.calls[3];
    assert_eq!(*removed, json!({"path": folder, "state": "absent"}));

    let server =
        json!({"state": onboarded(TENANT), "exit_code": 0, "state_after": {"OnboardingState": 0}});
    let played = inventory.play(&inventory.playbook("offboard.yml"), &server, &[]);
    assert!(played.is_good, "{}", played.said);
    assert_eq!(played.calls[2].1["arguments"][0], "offboard");
    let played = inventory.play(
        &inventory.playbook("offboard.yml"),
        &json!({"state": null}),
        &[],
    );
    assert!(played.is_good && played.calls.is_empty(), "{}", played.said);
}

#[test]
fn another_program_in_the_folder_is_not_run() {
    let bundle = bundle();
    let inventory = Inventory::of(&bundle);
    let exe = format!("content/MdeOnboard-{}.exe", bundle.id());
    fs::write(inventory.packages.folder().join(exe), b"another").unwrap();
    let server = json!({"state": null, "exit_code": 0, "state_after": onboarded(TENANT)});
    let played = inventory.play(&inventory.playbook("onboard.yml"), &server, &[]);
    assert!(
        !played.is_good && played.said.contains("checksum"),
        "{}",
        played.said
    );
    assert_eq!(played.names(), RUN);
}

#[test]
fn a_name_that_wants_to_be_a_template_stays_a_name() {
    let name = r#"O'Neill {{ lookup('pipe', 'id') }} {% raw %} "x": # é 東"#;
    let quoted = name.replace('"', "\\\"");
    let bundle = Recipe::of_samples()
        .expect("samples")
        .with("organization", &format!("name = \"{quoted}\""))
        .bundle()
        .expect("a bundle");
    let inventory = Inventory::of(&bundle);
    let playbook = inventory.playbook("onboard.yml");
    let text = fs::read_to_string(&playbook).unwrap();
    let told = inventory.around.path().join("told");
    let task = format!(
        "  tasks:\n    - name: Tell the name\n      ansible.builtin.copy:\n        content: \"{{{{ gangway_organization }}}}\"\n        dest: {}\n",
        told.display()
    );
    let probing = playbook.with_file_name("probing.yml");
    fs::write(&probing, text.replacen("  tasks:\n", &task, 1)).unwrap();
    let played = inventory.play(&probing, &json!({"state": onboarded(TENANT)}), &[]);
    assert!(played.is_good, "{}", played.said);
    assert_eq!(fs::read_to_string(told).unwrap(), name);
}
