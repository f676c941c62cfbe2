//! What earlier bundles left on the server.

use gangway_contract::ReleaseId;

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

/// Removes the copies of other releases, left by bundles that never succeeded here.
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
        if other {
            machine.delete_tree(&format!(r"{programs}\{name}"))?;
        }
    }
    Ok(())
}
