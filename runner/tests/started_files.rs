//! What is started on a server: a payload of the manifest, a program of Windows or Defender, or
//! our own copy. Every action is walked, and every place of the source that can start a program.

#![expect(clippy::panic, reason = "a test says what went wrong by panicking")]

#[allow(dead_code, reason = "only the bundle is taken")]
#[path = "../../contract/tests/cases/mod.rs"]
mod cases;

use std::fs;
use std::path::Path;

use gangway_contract::UncPath;
use gangway_contract::manifest::{Cloud, Payload, Role, SensorSource};
use gangway_contract::step::{Action, PastLimit, Step, StepKind};
use gangway_contract::{Facts, Manifest, Sha256, apply};
use gangway_runner::commands::{self, Work};
use gangway_runner::daily;
use gangway_runner::machine::{Command, Folders, Origin};

const KEY: &str = "c2VjcmV0";
const WORKSPACE: &str = "aaaaaaaa-0000-0000-0000-000000000001";

/// Every kind of action, with payloads of the bundle where it takes any.
fn actions() -> Vec<Action> {
    let text = str::to_owned;
    let facts = Facts::default();
    vec![
        Action::InstallHotfix {
            payload: text("Windows8.1-KB3080149-x64.msu"),
            article: text("KB3080149"),
        },
        Action::EnableFeature,
        Action::UpdatePlatform {
            payload: text("UpdatePlatform.exe"),
        },
        Action::EnableAntivirus,
        Action::RemoveLeftover,
        Action::WritePassiveMode { passive: true },
        Action::RemoveWorkspaces {
            ids: vec![WORKSPACE.parse().expect("a GUID")],
        },
        Action::RemoveScep,
        Action::AddSensor {
            from: SensorSource::WindowsUpdate,
        },
        Action::InstallAgent {
            payload: text("md4ws.msi"),
            passive: true,
        },
        Action::RunInstallScript {
            script: text("Install.ps1"),
            agent: text("md4ws.msi"),
            passive: true,
        },
        Action::UpdateSensor {
            payload: text("UpdateSenseClient.exe"),
        },
        Action::WriteIdentity {
            guid: text(WORKSPACE),
        },
        Action::WriteVdiTag,
        Action::StartSensor,
        Action::ApplyOnboarding {
            payload: text("OnboardingInfo.json"),
            effects: apply::onboarding(&facts),
        },
        Action::RunOnboardingScript {
            payload: text("onboard.cmd"),
        },
        Action::RunDeploymentTool {
            tool: text("DefenderDT.exe"),
            files: Vec::new(),
            passive: true,
            vdi: true,
        },
        Action::InstallMonitoringAgent {
            setup: text("MMASetup-AMD64.exe"),
            key: text("workspace.key"),
            workspace: WORKSPACE.parse().expect("a GUID"),
        },
        Action::ApplyOffboarding {
            payload: text("OffboardingInfo.json"),
            effects: apply::offboarding(&facts),
        },
        Action::RunOffboardingScript {
            payload: text("offboard.cmd"),
        },
        Action::UninstallAgent {
            product_code: format!("{{{WORKSPACE}}}"),
        },
        Action::Restart,
    ]
}

fn step(action: Action) -> Step {
    Step {
        action,
        why: String::new(),
        accepted: vec![0],
        restart_codes: Vec::new(),
        limit_s: 60,
        past_limit: PastLimit::End,
        may_restart: false,
        expects: Vec::new(),
    }
}

/// A bundle that holds what every action takes.
fn bundle() -> Manifest {
    let mut manifest = cases::bundle();
    manifest.tenant.cloud = Cloud::Commercial;
    for action in actions() {
        for name in step(action).payloads() {
            if manifest.payloads.iter().any(|payload| payload.name == name) {
                continue;
            }
            manifest.payloads.push(Payload {
                role: Role::Analyzer,
                name: name.to_owned(),
                size: 1,
                sha256: Sha256::of(name.as_bytes()),
                version: None,
                signer: None,
            });
        }
    }
    manifest
}

/// Folders as no server has them, so that a path from elsewhere shows.
fn folders() -> Folders {
    Folders {
        system: r"Q:\Win\System32".to_owned(),
        program_files: r"Q:\Programs".to_owned(),
        program_data: r"Q:\Data".to_owned(),
    }
}

fn commands_of(action: &Action, manifest: &Manifest) -> Vec<Command> {
    let step = step(action.clone());
    match commands::work(&step, manifest, &folders(), Some(KEY)) {
        Ok(Work::Run(commands)) => commands,
        Ok(Work::Apply(_)) => vec![commands::reload_engine(&folders(), &step)],
        Ok(_) => Vec::new(),
        Err(error) => panic!("{:?}: {error}", step.kind()),
    }
}

/// Which of the rules allows a program; none when no rule does.
fn rule(command: &Command, manifest: &Manifest) -> Option<&'static str> {
    let program = command.program.as_str();
    let folders = folders();
    let release = folders.release(manifest.release_id.as_str());
    let below = |folder: &str| {
        let rest = program.strip_prefix(folder)?.strip_prefix('\\')?;
        Some(rest.to_owned())
    };
    let is_payload = |name: &str| manifest.payloads.iter().any(|payload| payload.name == name);
    if below(&release).is_some_and(|name| is_payload(&name)) {
        return Some("payload");
    }
    // Users can write into folders of the system folder that no program is started from.
    if below(&folders.system).is_some_and(|rest| {
        !rest.contains('\\') || rest == r"WindowsPowerShell\v1.0\powershell.exe"
    }) {
        return Some("Windows");
    }
    if program == format!(r"{}\Windows Defender\MpCmdRun.exe", folders.program_files) {
        return Some("Defender");
    }
    // The two that the architecture names: neither has a digest in the manifest, so both are judged
    // where they lie.
    if command.origin == Origin::Known {
        return None;
    }
    if program
        == format!(
            r"{}\Microsoft Security Client\Setup.exe",
            folders.program_files
        )
    {
        return Some("judged: the uninstaller of System Center Endpoint Protection");
    }
    if program == format!(r"{release}\mma\setup.exe") {
        return Some("judged: unpacked by a payload into our own folder");
    }
    None
}

#[test]
fn every_started_file_is_allowed_by_a_rule() {
    let manifest = bundle();
    let mut kinds = Vec::new();
    let mut lines = Vec::new();
    for action in actions() {
        kinds.push(action.kind());
        let commands = commands_of(&action, &manifest);
        let is_announced = action.kind().program().is_some();
        assert_eq!(!commands.is_empty(), is_announced, "{}", action.kind());
        for command in commands {
            let allowed = rule(&command, &manifest);
            let allowed =
                allowed.unwrap_or_else(|| panic!("{}: `{}`", action.kind(), command.program));
            lines.push(format!("{}: {allowed}", action.kind()));
            let seen = command.program.to_ascii_uppercase();
            assert!(
                commands::carries_out(action.kind(), &seen, &folders()),
                "a journal that names `{seen}` is believed"
            );
        }
    }
    assert_eq!(kinds, StepKind::ALL, "every kind of action is walked");
    let judged: Vec<&String> = lines
        .iter()
        .filter(|line| line.contains("judged"))
        .collect();
    assert_eq!(judged.len(), 2, "{judged:?}");
    assert_eq!(
        lines.iter().filter(|line| line.contains("apply-")).count(),
        2,
        "a blob starts nothing but the tool of Defender"
    );
}

#[test]
fn a_daily_task_is_removed_by_a_program_of_windows() {
    let command = daily::removal(&folders(), "0123456789abcdef0123456789abcdef");
    assert_eq!(rule(&command, &bundle()), Some("Windows"));
}

/// Paths that a program of Windows is told to run or to install lie in the protected folder and
/// are payloads, whose digests were checked.
#[test]
fn every_file_on_a_command_line_is_a_payload_or_our_log() {
    let manifest = bundle();
    let release = folders().release(manifest.release_id.as_str());
    for action in actions() {
        for command in commands_of(&action, &manifest) {
            for path in command
                .arguments
                .split('"')
                .filter(|part| part.contains(":\\"))
            {
                let path = path.split_once("Source:").map_or(path, |(_, path)| path);
                let name = path
                    .strip_prefix(&release)
                    .map(|rest| rest.trim_start_matches('\\'));
                let payload = name.is_some_and(|name| {
                    name.is_empty()
                        || name == "mma"
                        || manifest.payloads.iter().any(|payload| payload.name == name)
                });
                let log = path.starts_with(&folders().logs());
                assert!(payload || log, "{}: `{path}`", action.kind());
            }
            for word in ["%", "\\\\"] {
                assert!(
                    !command.arguments.contains(word),
                    "{}: `{}`",
                    action.kind(),
                    command.arguments
                );
            }
        }
    }
}

/// The one folder that is none of ours: the config names it, and component servicing takes from it
/// only what Microsoft signed.
#[test]
fn a_folder_for_the_sensor_stands_on_the_command_line_as_the_config_has_it() {
    let add = Action::AddSensor {
        from: SensorSource::Folder(r"\\files.contoso.com\fod$".parse().unwrap()),
    };
    let manifest = bundle();
    let commands = commands_of(&add, &manifest);
    let lines: Vec<(&str, &str)> = commands
        .iter()
        .map(|command| (&*command.program, &*command.arguments))
        .collect();
    let line = "/Online /Add-Capability /CapabilityName:Microsoft.Windows.Sense.Client~~~~ \
                /Source:\"\\\\files.contoso.com\\fod$\" /LimitAccess /NoRestart /Quiet";
    let dism = format!(r"{}\dism.exe", folders().system);
    assert_eq!(lines, [(&*dism, line)]);
    let ends_its_quotes = "\\\\files.contoso.com\\fod\" /x:\"y";
    assert!(ends_its_quotes.parse::<UncPath>().is_err());
}

/// `Install.ps1` would run the script that it is given, whatever it is.
#[test]
fn the_install_script_is_never_given_a_script() {
    let manifest = bundle();
    for passive in [false, true] {
        let action = Action::RunInstallScript {
            script: "Install.ps1".to_owned(),
            agent: "md4ws.msi".to_owned(),
            passive,
        };
        for command in commands_of(&action, &manifest) {
            let line = command.arguments.to_ascii_lowercase();
            assert!(!line.contains("boardingscript"), "{line}");
            assert!(!line.contains(".cmd"), "{line}");
        }
    }
}

/// Only two files of the source can start a program: the one behind `Machine`, and the one that
/// asks a program of the system folder by its path.
#[test]
fn programs_are_started_in_two_places() {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{error}")) {
            let path = entry.unwrap_or_else(|error| panic!("{error}")).path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{error}"));
            let starts = [
                "CreateProcessW(",
                "Command::new(",
                "ShellExecute",
                "WinExec",
            ];
            if starts.iter().any(|word| text.contains(word)) {
                let name = path.file_name().unwrap_or_default();
                found.push(name.to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    assert_eq!(found, ["children.rs", "inquiry.rs"]);
}
