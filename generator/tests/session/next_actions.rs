//! What a next action names has to exist: a command, a key of the config, a file of the share, a
//! thing of Windows that the reference knows.

use gangway::fleet::Standing;
use gangway_contract::{Control, Reason, State};

use super::desk::Desk;

/// Commands of the bootstrap; its own tests hold them against its command line.
const BOOTSTRAP: [&str; 1] = ["connectivity"];

/// Services, features, policies, event logs and tools of Windows and Defender, as Microsoft's
/// pages name them.
const OF_WINDOWS: [&str; 12] = [
    "WinDefend",
    "LanmanServer",
    "Windows-Defender",
    "ForceDefenderPassiveMode",
    "DisableAntiSpyware",
    "Turn off Microsoft Defender Antivirus",
    "Microsoft-Windows-Windows Defender/Operational",
    "Microsoft-Windows-SENSE/Operational",
    "MpCmdRun.exe -SignatureUpdate",
    "gpresult /scope computer",
    "DISM /Online /Add-Capability /CapabilityName:Microsoft.Windows.Sense.Client~~~~",
    "/Source:",
];

fn next_actions() -> Vec<&'static str> {
    let standings = [
        Standing::OtherTenant,
        Standing::HealthUntold,
        Standing::NotHeardFrom,
        Standing::NoReport,
    ];
    let reasons = Reason::ALL.iter().map(|reason| reason.next_action());
    let own = standings.iter().filter_map(|one| one.next_action());
    reasons.chain(own).collect()
}

/// The words in backquotes.
fn named(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// Is it a key of the config with its table, or a value that a key takes?
fn is_of_config(word: &str, template: &str) -> bool {
    let lines = || template.lines().map(|line| line.trim_start_matches("# "));
    if let Some((table, key)) = word.rsplit_once('.') {
        let heading = format!("[{table}]");
        let mut inside = lines().skip_while(|line| *line != heading).skip(1);
        let mut inside = inside.by_ref().take_while(|line| !line.starts_with('['));
        return inside.any(|line| line.starts_with(&format!("{key} =")));
    }
    template.contains(&format!("`{word}`"))
}

fn exists(word: &str, template: &str) -> bool {
    let control = String::from_utf8(Control::OPEN.to_bytes()).unwrap();
    if let Some(command) = word.strip_prefix("gangway ") {
        // A number stands for itself in a sentence.
        let number = |word| if word == "N" { "1" } else { word };
        let mut line: Vec<&str> = command.split(' ').map(number).collect();
        line.push("--help");
        return Desk::empty().run(&line).code == 0;
    }
    BOOTSTRAP.contains(&word)
        || OF_WINDOWS.contains(&word)
        || ["control.json", "rollout.json"].contains(&word)
        || control.contains(&format!("\"{word}\""))
        || is_of_config(word, template)
}

#[test]
fn every_command_key_and_file_that_a_next_action_names_exists() {
    let template = concat!(env!("CARGO_MANIFEST_DIR"), "/../templates/gangway.toml");
    let template = std::fs::read_to_string(template).unwrap();
    let mut words = 0;
    for action in next_actions() {
        for word in named(action) {
            assert!(exists(word, &template), "`{word}` in: {action}");
            words += 1;
        }
    }
    assert!(words > 20, "{words}");
    for nothing in ["gangway resume", "onboard.nothing", "somewhere.json"] {
        assert!(!exists(nothing, &template), "{nothing}");
    }
}

/// Whoever is not done has something to do, or is told why there is nothing.
#[test]
fn only_good_states_have_nothing_to_do() {
    for reason in Reason::ALL {
        let good = matches!(
            reason.state(),
            State::Onboarded | State::Offboarded | State::Assessed
        );
        let passes = matches!(reason, Reason::AnotherInstance);
        assert!(
            reason.next_action() != "nothing" || good || passes,
            "{reason}"
        );
    }
}
