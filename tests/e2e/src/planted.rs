//! Libraries that an attacker leaves where a careless program finds them: each leaves a mark
//! when a process loads it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use crate::program;
use crate::required;
use crate::server::Server;

/// Folder of the marks, its path given without the drive.
const MARKS: &str = "marks";

const LIMIT: Duration = Duration::from_secs(120);

/// A library that writes a file named after itself and the program that loads it.
const LIBRARY: &str = r#"
#include <windows.h>

static void append(WCHAR *to, const WCHAR *from) {
    int at = lstrlenW(to);
    for (; *from && at < 500; from++)
        to[at++] = *from == L'\\' || *from == L':' || *from == L'?' ? L'_' : *from;
    to[at] = 0;
}

BOOL WINAPI DllMain(HINSTANCE self, DWORD reason, LPVOID reserved) {
    static WCHAR name[512] = L"C:\\marks\\", path[512];
    if (reason == DLL_PROCESS_ATTACH) {
        GetModuleFileNameW(self, path, 512);
        append(name, path);
        append(name, L" in ");
        GetModuleFileNameW(NULL, path, 512);
        append(name, path);
        CloseHandle(CreateFileW(name, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL));
    }
    return TRUE;
}
"#;

/// A program that loads the libraries of its command line by their bare names.
const CARELESS: &str = r#"
#include <windows.h>

int main(int count, char **arguments) {
    for (int at = 1; at < count; at++)
        LoadLibraryA(arguments[at]);
    return 0;
}
"#;

/// The built library and the careless program.
#[derive(Debug)]
pub struct Trap {
    library: Vec<u8>,
    careless: Vec<u8>,
}

impl Trap {
    /// Builds both.
    ///
    /// # Errors
    /// The compiler is missing or fails.
    pub fn build() -> Result<Self> {
        let folder = tempfile::tempdir().context("make a folder")?;
        Ok(Self {
            library: compile(folder.path(), "library", LIBRARY, &["-shared"])?,
            careless: compile(folder.path(), "careless", CARELESS, &[])?,
        })
    }

    /// Puts the library under each of the names into a folder.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn plant(&self, folder: &Path, names: &[String]) -> Result<()> {
        for name in names {
            write(&folder.join(name), &self.library)?;
        }
        Ok(())
    }

    /// Puts the careless program into a folder.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn place_careless(&self, folder: &Path) -> Result<()> {
        write(&folder.join("careless.exe"), &self.careless)
    }
}

/// Variable for Wine that lets files on the disk go before its own libraries, as on Windows.
pub fn overrides(names: &[String]) -> String {
    let stems: Vec<&str> = names
        .iter()
        .filter_map(|name| name.strip_suffix(".dll"))
        .collect();
    format!(
        "mscoree,mshtml,winemenubuilder.exe=;{}=n,b",
        stems.join(",")
    )
}

/// The marks so far, sorted: `<library> in <program>`, both with their paths.
///
/// # Errors
/// The folder cannot be listed.
pub fn marks(server: &Server) -> Result<Vec<String>> {
    let folder = server.on_c(MARKS);
    let entries = fs::read_dir(&folder).with_context(|| format!("list `{}`", folder.display()))?;
    let mut marks: Vec<String> = entries
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name.contains(" in "))
        .collect();
    marks.sort();
    Ok(marks)
}

fn compile(folder: &Path, name: &str, source: &str, options: &[&str]) -> Result<Vec<u8>> {
    let compiler = compiler()?;
    let (input, output) = (folder.join(format!("{name}.c")), folder.join(name));
    write(&input, source.as_bytes())?;
    let mut command = Command::new(&compiler);
    command.args(options).arg("-o").arg(&output).arg(&input);
    let done = program::run(&mut command, &folder.join("compile"), LIMIT)?;
    ensure!(
        done.status.success(),
        "compile `{name}.c`: {}{}",
        done.stdout,
        done.stderr
    );
    let built = [output.clone(), output.with_extension("exe")];
    let path = built
        .iter()
        .find(|path| path.is_file())
        .with_context(|| format!("`{}` was not made", output.display()))?;
    fs::read(path).with_context(|| format!("read `{}`", path.display()))
}

/// The compiler that links the stub.
fn compiler() -> Result<PathBuf> {
    required::tool("x86_64-w64-mingw32-gcc-win32")
        .or_else(|_| required::tool("x86_64-w64-mingw32-gcc"))
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    fs::write(path, bytes).with_context(|| format!("write `{}`", path.display()))
}
