//! What earlier bundles left on the server.

use gangway_contract::ReleaseId;
use gangway_contract::program_name::program_names;

use crate::failure::Failure;
use crate::machine::Machine;

/// How the name of a file ends that was not fetched whole.
pub(crate) const PART: &str = ".part";

/// Removes what a fetch left that was cut off, of any release.
///
/// # Errors
/// As the system says.
pub(crate) fn remove_parts(machine: &mut dyn Machine) -> Result<(), Failure> {
    let programs = machine.folders().programs();
    for release in machine.list_folders(&programs)? {
        let folder = format!(r"{programs}\{release}");
        for name in machine.list_files(&folder)? {
            if name.ends_with(PART) {
                machine.delete_file(&format!(r"{folder}\{name}"))?;
            }
        }
    }
    Ok(())
}

/// Removes the copies of other releases, left by bundles that never succeeded here. What an installer
/// package placed is the Windows Installer's: it comes back with a repair and goes with a removal.
///
/// # Errors
/// As the system says.
pub(crate) fn remove_other_releases(
    machine: &mut dyn Machine,
    release: &ReleaseId,
) -> Result<(), Failure> {
    let programs = machine.folders().programs();
    for name in machine.list_folders(&programs)? {
        let other = ReleaseId::try_from(name.clone()).is_ok_and(|other| other != *release);
        let folder = format!(r"{programs}\{name}");
        if other && !is_of_package(machine, &folder, &name)? {
            machine.delete_tree(&folder)?;
        }
    }
    Ok(())
}

/// Removes the folder of programs, without what installer packages placed there.
///
/// # Errors
/// As the system says; what could be removed is gone.
pub(crate) fn remove_programs(machine: &mut dyn Machine) -> Result<(), Failure> {
    let programs = machine.folders().programs();
    let mut of_packages = Vec::new();
    let names = machine.list_folders(&programs)?;
    for name in &names {
        if is_of_package(machine, &format!(r"{programs}\{name}"), name)? {
            of_packages.push(name);
        }
    }
    if of_packages.is_empty() {
        return machine.delete_tree(&programs);
    }
    let mut result = Ok(());
    for name in names.iter().filter(|name| !of_packages.contains(name)) {
        if let Err(failure) = machine.delete_tree(&format!(r"{programs}\{name}")) {
            result = Err(failure);
        }
    }
    result
}

/// Did an installer package place this folder? It is named after the bundle whose bootstrap is in it;
/// a copy of a bootstrap lies in a folder that is named after its release.
fn is_of_package(machine: &mut dyn Machine, folder: &str, name: &str) -> Result<bool, Failure> {
    let files = machine.list_files(folder)?;
    let own = program_names(name);
    Ok(files
        .iter()
        .any(|file| own.iter().any(|own| own.eq_ignore_ascii_case(file))))
}
