//! What earlier bundles left on the server.

use gangway_contract::ReleaseId;

use crate::failure::Failure;
use crate::machine::Machine;

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
