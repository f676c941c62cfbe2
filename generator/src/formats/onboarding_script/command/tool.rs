//! Programs that portal scripts start: where they lie, and what they are told to do.

use super::{Class, Command, Variables};

const POWERSHELL_FOLDER: &str = r"windowspowershell\v1.0";

/// Folders, in lower case, that the system's own tools lie in.
const SYSTEM_FOLDERS: [&str; 6] = [
    r"%windir%\system32",
    r"%systemroot%\system32",
    r"%windir%\sysnative",
    r"%systemroot%\sysnative",
    r"c:\windows\system32",
    r"c:\windows\sysnative",
];

/// Keys, in lower case, below which portal scripts write.
const WRITTEN_KEYS: [&str; 4] = [
    r"hklm\software\policies\microsoft\windows advanced threat protection",
    r"hklm\software\microsoft\windows advanced threat protection",
    r"hklm\system\currentcontrolset\control\wmi\security",
    r"hklm\software\policies\microsoft\windows\datacollection",
];

/// Words, in lower case, of PowerShell lines that fetch or unpack code.
const FETCHING_WORDS: [&str; 11] = [
    "downloadstring",
    "downloadfile",
    "downloaddata",
    "invoke-webrequest",
    "invoke-restmethod",
    "start-bitstransfer",
    "invoke-expression",
    "frombase64string",
    "-encodedcommand",
    "-enc ",
    "net.webclient",
];

/// What a program is.
pub(super) enum Tool {
    Known(Command),
    Unclear,
    Foreign,
}

/// Looks up a program that is no internal command.
pub(super) fn tool(program: &str, variables: &Variables) -> Tool {
    let variable = program
        .strip_prefix('%')
        .and_then(|rest| rest.strip_suffix('%'))
        .filter(|name| !name.contains('%'));
    if let Some(name) = variable {
        let Some(values) = variables.get(name) else {
            // `%ComSpec%` is cmd.exe itself, which portal scripts do not start.
            return if name == "comspec" {
                Tool::Foreign
            } else {
                Tool::Unclear
            };
        };
        let mut tools = values.iter().map(|value| known_tool(value));
        let first = tools.next().flatten();
        return match first {
            Some(command) if tools.all(|other| other == first) => Tool::Known(command),
            _ => Tool::Foreign,
        };
    }
    match known_tool(program) {
        Some(command) => Tool::Known(command),
        None if program.contains(['!', '%', '^']) && !program.contains('\\') => Tool::Unclear,
        None => Tool::Foreign,
    }
}

/// A tool of the list by its path in lower case; a folder that is not the system's own makes
/// it another program.
fn known_tool(path: &str) -> Option<Command> {
    let path = path.trim().trim_matches('"');
    let (folder, file) = path.rsplit_once(['\\', '/']).unwrap_or(("", path));
    let name = file.strip_suffix(".exe").unwrap_or(file);
    let command = match name {
        "reg" => Command::Reg,
        "net" | "net1" => Command::Net,
        "sc" => Command::Sc,
        "find" | "findstr" => Command::Find,
        "timeout" | "ping" => Command::Wait,
        "eventcreate" => Command::EventCreate,
        "powershell" => Command::PowerShell,
        "mpcmdrun" => Command::MpCmdRun,
        _ => return None,
    };
    let in_place = match command {
        Command::MpCmdRun => folder == r"%programfiles%\windows defender",
        Command::PowerShell => {
            folder.is_empty()
                || folder
                    .strip_suffix(POWERSHELL_FOLDER)
                    .and_then(|above| above.strip_suffix('\\'))
                    .is_some_and(|above| SYSTEM_FOLDERS.contains(&above))
        }
        _ => folder.is_empty() || SYSTEM_FOLDERS.contains(&folder),
    };
    in_place.then_some(command)
}

/// A tool of the list, by what it is told to do.
pub(super) fn tool_class(command: Command, arguments: &[u8]) -> Class {
    let lower = String::from_utf8_lossy(arguments).to_ascii_lowercase();
    let words: Vec<&str> = lower.split_whitespace().take(3).collect();
    let first = words.first().copied().unwrap_or_default();
    let second = words.get(1).map_or("", |word| word.trim_matches('"'));
    let known = Class::Known(command);
    match command {
        Command::Reg => match first {
            "query" => known,
            "add" | "delete" if writes_known_key(&lower) => known,
            "add" | "delete" => Class::Unclear("writes a registry key that is not the sensor's"),
            _ => Class::Foreign(format!("reg {}", shown(first))),
        },
        Command::Net => match (first, second) {
            ("session", _) | ("start" | "stop", "sense") => known,
            _ => Class::Foreign(format!("net {}", shown(first))),
        },
        Command::Sc => match first {
            "query" | "queryex" | "qc" | "qprotection" => known,
            "start" | "stop" if second == "sense" => known,
            _ => Class::Foreign(format!("sc {}", shown(first))),
        },
        Command::PowerShell if FETCHING_WORDS.iter().any(|word| lower.contains(word)) => {
            Class::Foreign("powershell that fetches or unpacks code".to_owned())
        }
        Command::PowerShell
            if !lower.contains("installelamcertificateinfo")
                && !lower.contains("microsoft.windows.sense.client.management") =>
        {
            Class::Unclear("PowerShell for a purpose that is not known")
        }
        Command::MpCmdRun if first != "-reloadengine" => {
            Class::Unclear("Defender's command line tool with an option that is not known")
        }
        _ => known,
    }
}

fn writes_known_key(arguments: &str) -> bool {
    let after_verb = arguments
        .trim_start()
        .split_once(char::is_whitespace)
        .map_or("", |(_, rest)| rest.trim_start());
    let key = match after_verb.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next(),
        None => after_verb.split_whitespace().next(),
    }
    .unwrap_or_default();
    WRITTEN_KEYS.iter().any(|known| {
        key.strip_prefix(known)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('\\'))
    })
}

/// A word of the script as it may be shown: short and plain.
fn shown(word: &str) -> String {
    word.chars()
        .filter(char::is_ascii_graphic)
        .take(20)
        .collect()
}
