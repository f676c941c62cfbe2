//! Runs a copy of this exe from the protected folder when it was started from a share.
//!
//! A running image is read from its file as long as it runs; from a share, a dropped
//! connection would end it in the middle of a step. Whoever waits for this program gets the copy's
//! exit code; where nobody waits, [`after_installer`](crate::after_installer) uses the same copy.

use std::io::Read;

use gangway_contract::Reason;
use gangway_contract::after_installer;
use gangway_contract::manifest::Mode;
use gangway_contract::program_name::program_name;
use gangway_contract::step::PastLimit;

use crate::bundle::{Bundle, Places};
use crate::failure::Failure;
use crate::leftovers::PART;
use crate::machine::{Command, Ended, Folders, Machine, Origin};
use crate::program;
use crate::stop::Stop;

/// Longest wait for the copy; its own limits are far below.
const LIMIT_S: u32 = 12 * 3600;

/// Copies the exe, starts the copy with the places given by hand, waits, and removes it.
///
/// `exe` are the bytes that were checked at the start, read through one handle.
///
/// # Errors
/// The copy could not be made or started.
pub fn run(
    machine: &mut dyn Machine,
    bundle: &Bundle,
    places: &Places,
    exe: &[u8],
) -> Result<i32, Stop> {
    let Copy { command, held } = copy(machine, bundle, places, exe)?;
    machine.unlock();
    let process = program::start(machine, &command).map_err(Stop::from)?;
    let ended = machine.wait(process, &command);
    drop(held);
    match ended {
        Ended::Code(code) => {
            // The next run makes the copy again; one that stays does no harm.
            let _ = machine.delete_file(&command.program);
            let folders = machine.folders();
            machine.delete_folder(&folders.release(bundle.manifest.release_id.as_str()));
            Ok(i32::from_ne_bytes(code.to_ne_bytes()))
        }
        Ended::NotStarted(failure) => Err(failure.into()),
        Ended::AtLimit | Ended::StillRunning => Err(Stop::new(
            Reason::StillRunning,
            format!("`{}` runs for more than {LIMIT_S} s", command.program),
        )),
    }
}

/// The copy that was made: nobody can write, rename or delete it.
pub(crate) struct Copy {
    /// How it is started.
    pub(crate) command: Command,
    held: Box<dyn Read>,
}

/// Where the copy lies.
pub(crate) fn copy_path(folders: &Folders, bundle: &Bundle) -> String {
    let folder = folders.release(bundle.manifest.release_id.as_str());
    format!(r"{folder}\{}", exe_name(bundle))
}

/// Copies the exe into the protected folder, or finds its very bytes there.
///
/// # Errors
/// The copy could not be made, or a place cannot stand on its command line.
pub(crate) fn copy(
    machine: &mut dyn Machine,
    bundle: &Bundle,
    places: &Places,
    exe: &[u8],
) -> Result<Copy, Stop> {
    let arguments = arguments(bundle.manifest.mode, places)
        .map_err(|detail| Stop::new(Reason::StepNotStarted, detail))?;
    let folders = machine.folders();
    let folder = folders.release(bundle.manifest.release_id.as_str());
    let path = copy_path(&folders, bundle);
    for folder in [folders.programs(), folder] {
        machine.protect_folder(&folder).map_err(Stop::from)?;
    }
    let held = match same(machine, &path, exe)? {
        Some(held) => held,
        None => {
            write(machine, &path, exe).map_err(Stop::from)?;
            same(machine, &path, exe)?.ok_or_else(|| {
                Stop::new(
                    Reason::PayloadMismatch,
                    format!("`{path}` changed after it was written"),
                )
            })?
        }
    };
    let command = Command {
        program: path,
        origin: Origin::Known,
        arguments,
        limit_s: LIMIT_S,
        past_limit: PastLimit::LeaveRunning,
    };
    Ok(Copy { command, held })
}

/// The command line of the copy: the verb of the mode with the places, nothing without any.
fn arguments(mode: Mode, places: &Places) -> Result<String, String> {
    let Some(source) = &places.source else {
        return Ok(String::new());
    };
    let verb = match mode {
        Mode::Precheck | Mode::Onboard => "onboard",
        Mode::Offboard => "offboard",
    };
    let mut line = format!("{verb} --source {}", quoted(source)?);
    if let Some(reports) = &places.reports {
        line.push_str(&format!(" --report {}", quoted(reports)?));
    }
    if places.after_installer {
        line.push_str(&format!(" {}", after_installer::ARGUMENT));
    }
    Ok(line)
}

/// A path in quotes; a backslash at its end is doubled, or it would escape the closing one.
fn quoted(path: &str) -> Result<String, String> {
    if path.contains('"') || path.chars().any(char::is_control) {
        return Err(format!("`{path}` cannot stand on a command line"));
    }
    let last = if path.ends_with('\\') { "\\" } else { "" };
    Ok(format!("\"{path}{last}\""))
}

/// Is this a path on a share? A path with a drive letter is not: tasks name shares in full.
pub fn is_share_path(path: &str) -> bool {
    let upper = path.to_ascii_uppercase();
    match upper.strip_prefix(r"\\?\") {
        Some(rest) => rest.starts_with(r"UNC\"),
        None => upper.starts_with(r"\\") && !upper.starts_with(r"\\.\"),
    }
}

/// Name of the exe of a bundle, the same on the share and in the protected folder.
pub fn exe_name(bundle: &Bundle) -> String {
    program_name(bundle.manifest.mode, &bundle.id)
}

/// The held file, when it has exactly these bytes; another one is deleted.
fn same(machine: &mut dyn Machine, path: &str, exe: &[u8]) -> Result<Option<Box<dyn Read>>, Stop> {
    let Some(mut file) = machine.hold_file(path).map_err(Stop::from)? else {
        return Ok(None);
    };
    let mut found = Vec::new();
    let limit = u64::try_from(exe.len())
        .unwrap_or(u64::MAX)
        .saturating_add(1);
    let read = (&mut *file).take(limit).read_to_end(&mut found);
    if read.is_ok() && found == exe {
        return Ok(Some(file));
    }
    drop(file);
    machine.delete_file(path).map_err(Stop::from)?;
    Ok(None)
}

fn write(machine: &mut dyn Machine, path: &str, exe: &[u8]) -> Result<(), Failure> {
    let temporary = format!("{path}{PART}");
    machine.delete_file(&temporary)?;
    let mut file = machine.create_file(&temporary)?;
    file.write(exe)?;
    file.finish()?;
    machine.rename_file(&temporary, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_copy_gets_the_places_given_by_hand() {
        let places = |source: Option<&str>, reports: Option<&str>| Places {
            source: source.map(str::to_owned),
            reports: reports.map(str::to_owned),
            ..Places::default()
        };
        let line = |mode, places: &Places| arguments(mode, places).unwrap();
        assert_eq!(line(Mode::Onboard, &places(None, None)), "");
        assert_eq!(
            line(Mode::Onboard, &places(Some("D:\\"), None)),
            "onboard --source \"D:\\\\\""
        );
        assert_eq!(
            line(
                Mode::Offboard,
                &places(Some(r"C:\a b"), Some(r"\\f.contoso.com\r"))
            ),
            r#"offboard --source "C:\a b" --report "\\f.contoso.com\r""#
        );
        assert!(arguments(Mode::Onboard, &places(Some("a\"b"), None)).is_err());
    }

    #[test]
    fn paths_on_shares_are_told_from_local_ones() {
        for (path, remote) in [
            (r"\\contoso.com\NETLOGON\x.exe", true),
            (r"\\?\UNC\contoso.com\NETLOGON\x.exe", true),
            (r"\\?\C:\x.exe", false),
            (r"C:\x.exe", false),
            (r"\\.\pipe\x", false),
        ] {
            assert_eq!(is_share_path(path), remote, "{path}");
        }
    }
}
