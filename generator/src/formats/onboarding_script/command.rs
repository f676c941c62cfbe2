//! What one command of a portal script is: one of the commands that such scripts are made of,
//! something that cannot be told, or a program that does not belong there.

use std::collections::BTreeMap;

use super::scanner::{loop_set, redirections, word};

/// A command that portal scripts are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Command {
    /// `rem` and `::`.
    Comment,
    /// `:NAME`.
    Label,
    /// `echo`.
    Echo,
    /// `set`, `set /a`, `set /p`.
    Set,
    /// `if` with its condition.
    If,
    /// `for … do`.
    For,
    /// `goto`.
    Goto,
    /// `call :NAME`.
    Call,
    /// `exit`.
    Exit,
    /// `pause`.
    Pause,
    /// `setlocal`, `endlocal`, `cls`, `title`, `color`, `shift`.
    Shell,
    /// `del`, of the script's own temporary file.
    Del,
    /// `type`.
    Type,
    /// `reg`.
    Reg,
    /// `net`.
    Net,
    /// `sc`.
    Sc,
    /// `find`, `findstr`.
    Find,
    /// `timeout`, `ping` as a wait.
    Wait,
    /// `eventcreate`.
    EventCreate,
    /// `powershell`.
    PowerShell,
    /// Defender's command line tool.
    MpCmdRun,
}

/// What a command is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Class {
    /// One of the list, used as portal scripts use it.
    Known(Command),
    /// One of the list in another use, or a form that cannot be told without running it.
    Unclear(&'static str),
    /// Something that no portal script runs.
    Foreign(String),
}

/// Values of the script's variables, as far as a later line may run them as a program.
pub(super) type Variables = BTreeMap<String, Vec<String>>;

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

/// Judges one command. `variables` resolve `%powershellPath%` and its like.
pub(super) fn classify(text: &[u8], variables: &Variables) -> Class {
    let class = classify_program(text, variables);
    if let Class::Known(_) = class
        && !redirections(text).into_iter().all(is_own_file)
    {
        return Class::Unclear("writes a file outside the temporary folders");
    }
    class
}

fn classify_program(text: &[u8], variables: &Variables) -> Class {
    if text.starts_with(b"::") {
        return Class::Known(Command::Comment);
    }
    if text.starts_with(b":") {
        return Class::Known(Command::Label);
    }
    let Some((program, arguments)) = program(text) else {
        return Class::Unclear("no command word can be told");
    };
    if let Some(internal) = internal(&program) {
        return internal_class(internal, text, arguments, variables);
    }
    match tool(&program, variables) {
        Tool::Known(command) => tool_class(command, arguments),
        Tool::Unclear => Class::Unclear("the program is the value of a variable"),
        Tool::Foreign => Class::Foreign(program),
    }
}

/// The program as written, without quotes and in lower case, and its arguments.
fn program(text: &[u8]) -> Option<(String, &[u8])> {
    let (name, rest) = match text.strip_prefix(b"\"") {
        Some(quoted) => {
            let end = quoted.iter().position(|&byte| byte == b'"')?;
            (quoted.get(..end)?, quoted.get(end + 1..)?)
        }
        None => {
            let (name, rest) = word(text)?;
            // `echo.`, `set/a`, `exit/b`: the word of an internal command ends here.
            let end = name
                .iter()
                .position(|byte| b"./:[+".contains(byte))
                .filter(|&end| {
                    let start = name.get(..end).unwrap_or_default().to_ascii_lowercase();
                    internal(&String::from_utf8_lossy(&start)).is_some()
                });
            match end {
                Some(end) => (name.get(..end)?, text.get(end..)?),
                None => (name, rest),
            }
        }
    };
    let name = String::from_utf8_lossy(name).to_ascii_lowercase();
    Some((name, rest))
}

fn internal(name: &str) -> Option<Command> {
    Some(match name {
        "echo" => Command::Echo,
        "set" => Command::Set,
        "if" => Command::If,
        "for" => Command::For,
        "goto" => Command::Goto,
        "call" => Command::Call,
        "exit" => Command::Exit,
        "pause" => Command::Pause,
        "rem" => Command::Comment,
        "setlocal" | "endlocal" | "cls" | "title" | "color" | "shift" => Command::Shell,
        "del" | "erase" => Command::Del,
        "type" => Command::Type,
        _ => return None,
    })
}

fn internal_class(command: Command, text: &[u8], arguments: &[u8], variables: &Variables) -> Class {
    match command {
        Command::Call => match arguments.trim_ascii_start() {
            [b':', ..] => Class::Known(Command::Call),
            // One level: `call call x` is nothing that a portal script does.
            other if word(other).is_some_and(|(name, _)| !name.eq_ignore_ascii_case(b"call")) => {
                classify_program(other, variables)
            }
            _ => Class::Unclear("a call of a call"),
        },
        Command::For => match loop_set(text) {
            // A set in quotes of these kinds is a command to run.
            Some([b'\'' | b'`', ..]) => Class::Unclear("a loop over the output of a command"),
            Some(_) => Class::Known(Command::For),
            None => Class::Unclear("a loop without a set"),
        },
        Command::Del => {
            let lower = arguments.to_ascii_lowercase();
            let own = lower
                .split(|byte| b" \t\"".contains(byte))
                .filter(|part| !part.is_empty() && !part.starts_with(b"/"))
                .take_while(|part| !part.starts_with(b">") && !part.starts_with(b"2>"))
                .all(is_own_file);
            if own {
                Class::Known(Command::Del)
            } else {
                Class::Unclear("deletes a file outside the temporary folders")
            }
        }
        other => Class::Known(other),
    }
}

enum Tool {
    Known(Command),
    Unclear,
    Foreign,
}

/// Looks up a program that is no internal command.
fn tool(program: &str, variables: &Variables) -> Tool {
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
fn tool_class(command: Command, arguments: &[u8]) -> Class {
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

/// A file in a temporary folder, or none at all.
fn is_own_file(path: &[u8]) -> bool {
    let lower = path.to_ascii_lowercase();
    lower == b"nul"
        || [
            b"%tmp%\\".as_slice(),
            b"%temp%\\",
            b"%windir%\\temp\\",
            b"%systemroot%\\temp\\",
        ]
        .iter()
        .any(|folder| {
            lower
                .strip_prefix(*folder)
                .is_some_and(|file| !file.contains(&b'\\') && !file.contains(&b'/'))
        })
}

/// A word of the script as it may be shown: short and plain.
fn shown(word: &str) -> String {
    word.chars()
        .filter(char::is_ascii_graphic)
        .take(20)
        .collect()
}

/// The name and value of a `set` command, both in lower case.
pub(super) fn assignment(text: &[u8]) -> Option<(String, String)> {
    let (name, arguments) = program(text)?;
    if name != "set" {
        return None;
    }
    let lower = String::from_utf8_lossy(arguments).to_ascii_lowercase();
    let plain = lower.trim();
    let plain = plain
        .strip_prefix('"')
        .map_or(plain, |quoted| quoted.split('"').next().unwrap_or(quoted));
    let (name, value) = plain.split_once('=')?;
    Some((name.trim().to_owned(), value.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables() -> Variables {
        let set = |line: &str| assignment(line.as_bytes()).unwrap();
        let mut all = Variables::new();
        for line in [
            r"set powershellPath=%windir%\System32\WindowsPowerShell\v1.0\powershell.exe",
            r"set powershellPath=%windir%\SysNative\WindowsPowerShell\v1.0\powershell.exe",
            r"set evil=\\server\share\reg.exe",
        ] {
            let (name, value) = set(line);
            all.entry(name).or_default().push(value);
        }
        all
    }

    #[test]
    fn commands_of_portal_scripts_are_known() {
        let table = [
            ("echo.", Command::Echo),
            ("echo text> %TMP%\\senseTmp.txt", Command::Echo),
            ("set /a counter=%counter%+1", Command::Set),
            ("Set /P errorMsg=<%TMP%\\senseTmp.txt", Command::Set),
            ("exit/b 1", Command::Exit),
            ("EXIT /B %errorCode%", Command::Exit),
            (":SENSE_RUNNING_WAIT", Command::Label),
            (":: note", Command::Comment),
            ("call :PART", Command::Call),
            ("NET session >NUL 2>&1", Command::Net),
            (r#""%windir%\System32\sc.exe" query "SENSE""#, Command::Sc),
            ("net start sense", Command::Net),
            (
                r#"%powershellPath% -Command "Microsoft.Windows.Sense.Client.Management""#,
                Command::PowerShell,
            ),
            (
                r#""%PROGRAMFILES%\Windows Defender\MpCmdRun.exe" -ReloadEngine"#,
                Command::MpCmdRun,
            ),
            (
                r"reg add HKLM\SYSTEM\CurrentControlSet\Control\WMI\Security /v x",
                Command::Reg,
            ),
            ("del %WINDIR%\\temp\\senseTmp.txt >NUL 2>&1", Command::Del),
            ("timeout 5 >NUL 2>&1", Command::Wait),
        ];
        for (text, command) in table {
            assert_eq!(
                classify(text.as_bytes(), &variables()),
                Class::Known(command),
                "{text}"
            );
        }
    }

    #[test]
    fn programs_outside_the_list_are_foreign() {
        for text in [
            "curl https://example.com",
            r"\\server\share\reg.exe add x",
            r"%windir%\temp\net.exe session",
            "%ComSpec% /c x",
            "%evil% add",
            "start x",
            "call msiexec /i x",
            "net user x y /add",
            "sc create x binPath= y",
            "reg import x.reg",
            r#"powershell -Command "iex (New-Object Net.WebClient).DownloadString('x')""#,
            r#""C:\Program Files\x.exe""#,
        ] {
            let class = classify(text.as_bytes(), &variables());
            assert!(matches!(class, Class::Foreign(_)), "{text}: {class:?}");
        }
    }

    #[test]
    fn what_cannot_be_told_is_said_to_be_unclear() {
        for text in [
            "%unknown% x",
            "ec%x%ho hidden",
            r#"powershell -Command "Get-Date""#,
            r"reg add HKLM\SOFTWARE\Contoso /v x",
            "echo x> C:\\Windows\\x.bat",
            "del C:\\x.txt",
            "for /f %%i in ('evil') do",
            "\"",
        ] {
            let class = classify(text.as_bytes(), &variables());
            assert!(matches!(class, Class::Unclear(_)), "{text}: {class:?}");
        }
    }
}
