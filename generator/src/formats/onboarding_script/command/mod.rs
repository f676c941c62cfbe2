//! What one command of a portal script is: one of the commands that such scripts are made of,
//! something that cannot be told, or a program that does not belong there.

mod internal;
mod tool;

use std::collections::BTreeMap;

use super::scanner::{redirections, word};
use internal::{internal, internal_class};
use tool::{Tool, tool, tool_class};

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
