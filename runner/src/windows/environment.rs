//! The clean surroundings of the programs that steps start.

use super::{system, system_folder, wide};
use crate::machine::Folders;

/// The surroundings of a program: made here and not inherited, because whoever starts this
/// program may have set anything.
pub(super) fn environment(folders: &Folders, temporary: &str) -> Vec<u16> {
    let mut block = Vec::new();
    for (name, value) in variables(folders, temporary) {
        block.extend(wide(&format!("{name}={value}")));
    }
    block.push(0);
    block
}

/// Names and values of the same.
pub(super) fn variables(folders: &Folders, temporary: &str) -> Vec<(String, String)> {
    let system = &folders.system;
    let windows = system_folder::windows_folder();
    let drive = system.get(..2).unwrap_or("C:");
    let program_files = &folders.program_files;
    let name = match system::name() {
        gangway_contract::Fact::Value(name) => name,
        _ => String::new(),
    };
    let mut variables: Vec<(String, String)> = [
        ("ALLUSERSPROFILE", folders.program_data.clone()),
        (
            "APPDATA",
            format!(r"{system}\config\systemprofile\AppData\Roaming"),
        ),
        (
            "CommonProgramFiles",
            format!(r"{program_files}\Common Files"),
        ),
        (
            "CommonProgramFiles(x86)",
            format!(r"{program_files} (x86)\Common Files"),
        ),
        (
            "CommonProgramW6432",
            format!(r"{program_files}\Common Files"),
        ),
        ("COMPUTERNAME", name),
        ("ComSpec", format!(r"{system}\cmd.exe")),
        (
            "LOCALAPPDATA",
            format!(r"{system}\config\systemprofile\AppData\Local"),
        ),
        ("NUMBER_OF_PROCESSORS", "1".to_owned()),
        ("OS", "Windows_NT".to_owned()),
        (
            "Path",
            format!(r"{system};{windows};{system}\Wbem;{system}\WindowsPowerShell\v1.0"),
        ),
        ("PATHEXT", ".COM;.EXE;.BAT;.CMD".to_owned()),
        ("PROCESSOR_ARCHITECTURE", "AMD64".to_owned()),
        ("ProgramData", folders.program_data.clone()),
        ("ProgramFiles", program_files.clone()),
        ("ProgramFiles(x86)", format!("{program_files} (x86)")),
        ("ProgramW6432", program_files.clone()),
        (
            "PSModulePath",
            format!(
                r"{program_files}\WindowsPowerShell\Modules;{system}\WindowsPowerShell\v1.0\Modules"
            ),
        ),
        ("PUBLIC", format!(r"{drive}\Users\Public")),
        ("SystemDrive", drive.to_owned()),
        ("SystemRoot", windows.to_owned()),
        ("TEMP", temporary.to_owned()),
        ("TMP", temporary.to_owned()),
        ("USERPROFILE", format!(r"{system}\config\systemprofile")),
        ("windir", windows.to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    if system::is_wine() {
        // Its own settings, by which it finds the folder that plays drive C.
        variables.extend(
            std::env::vars().filter(|(name, _)| name.starts_with("WINE") || name == "HOME"),
        );
    }
    variables
}
