//! The template prefix that every test's prefix is a copy of, made once per target folder.
//!
//! A fresh prefix has 700 MB, nearly all of it copies of Wine's own files. Each file that
//! equals one of Wine's becomes a symbolic link to it, so that a copy takes a fraction of a
//! second.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use walkdir::WalkDir;

use super::prefix::Prefix;
use super::registry::{self, Value};
use crate::{required, template};

/// Rises with every change of the recipe, so that an older template is not taken.
const RECIPE: u32 = 2;

/// Services of no use here that make each start of a prefix slower. `Schedule`, `MountMgr`
/// and `nsiproxy` stay: scheduled tasks, drive and network functions need them.
const SERVICES_OFF: [&str; 3] = ["PlugPlay", "Eventlog", "NDIS"];

/// Wine shows the version of its own `ntoskrnl.exe` unless told to prefer the file on the
/// disk, which must not hold for the process that loads drivers into it.
const KERNEL_VERSION: &str = r#"
[Software\\Wine\\DllOverrides] 1
"ntoskrnl.exe"="native,builtin"

[Software\\Wine\\AppDefaults\\winedevice.exe\\DllOverrides] 1
"ntoskrnl.exe"="builtin"
"#;

/// Start type "disabled".
const DISABLED: u32 = 4;

/// Folder of the template.
///
/// # Errors
/// Wine is missing or cannot make a prefix.
pub fn folder() -> Result<PathBuf> {
    template::folder(&format!("template-{RECIPE}"), make)
}

fn make(around: &Path) -> Result<()> {
    let prefix = Prefix::fresh(around)?;
    let made = prefix.wine(&["wineboot.exe", "-i"])?;
    prefix.wait_for_end()?;
    let system = prefix.folder().join("drive_c/windows/system32");
    ensure!(
        system.join("kernel32.dll").is_file(),
        "wineboot made no system folder: {}",
        made.stderr
    );
    link_unchanged_files(&prefix.on_c(""))?;
    remove_what_tests_must_not_reach(&prefix.folder())?;
    let off = SERVICES_OFF.map(|service| {
        let key = format!(r"System\CurrentControlSet\Services\{service}");
        (key, "Start".to_owned(), Value::Number(DISABLED))
    });
    prefix.append_to_registry(&registry::to_file_text(&off))?;
    prefix.append_to_user_registry(KERNEL_VERSION)?;
    // Its tear-down looks for the folder under the old name.
    drop(prefix);
    for folder in ["tmp", "home"] {
        let path = around.join(folder);
        fs::remove_dir_all(&path)
            .and_then(|()| fs::create_dir(&path))
            .with_context(|| format!("empty folder `{}`", path.display()))?;
    }
    Ok(())
}

/// Wine's folder of 64-bit Windows files, beside which its Unix half lies.
fn wine_files() -> Result<PathBuf> {
    let usual = "/usr/lib/x86_64-linux-gnu/wine/x86_64-windows/kernel32.dll";
    let kernel32 = required::wine_program("GANGWAY_WINE_KERNEL32", usual)?;
    Ok(kernel32.parent().unwrap_or(Path::new("/")).to_owned())
}

fn link_unchanged_files(folder: &Path) -> Result<()> {
    let wine_files = wine_files()?;
    for entry in WalkDir::new(folder) {
        let entry = entry.with_context(|| format!("list folder `{}`", folder.display()))?;
        let (path, original) = (entry.path(), wine_files.join(entry.file_name()));
        if entry.file_type().is_file() && original.is_file() && same_bytes(path, &original)? {
            fs::remove_file(path).with_context(|| format!("remove file `{}`", path.display()))?;
            symlink(&original, path).with_context(|| format!("link `{}`", path.display()))?;
        }
    }
    Ok(())
}

fn same_bytes(one: &Path, other: &Path) -> Result<bool> {
    let read = |path: &Path| fs::read(path).with_context(|| format!("read `{}`", path.display()));
    Ok(read(one)? == read(other)?)
}

/// The 32-bit half is empty in this Wine, and themes are of no use without a screen; drive Z:
/// would show the whole machine to a program under test; the file `wineserver` names the
/// folder of the server's socket, and copies of it would make all tests share one.
fn remove_what_tests_must_not_reach(prefix: &Path) -> Result<()> {
    for name in ["syswow64", "resources"] {
        let folder = prefix.join("drive_c/windows").join(name);
        fs::remove_dir_all(&folder)
            .with_context(|| format!("remove folder `{}`", folder.display()))?;
    }
    for name in ["dosdevices/z:", "dosdevices/com1", "wineserver"] {
        let path = prefix.join(name);
        if path.symlink_metadata().is_ok() {
            fs::remove_file(&path).with_context(|| format!("remove `{}`", path.display()))?;
        }
    }
    Ok(())
}
