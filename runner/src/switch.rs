//! What the share says of the rollout: its switch, and what was decided beside it.

use std::io::Read as _;

use gangway_contract::{Control, Fact, Facts, Manifest, Rollout, control, rollout};

use crate::machine::Machine;

/// ERROR_FILE_NOT_FOUND: the folder is there, and nothing of that name in it.
const FILE_NOT_FOUND: u32 = 2;

/// Reads both. A share without a switch says nothing, and nothing means no new work; one where nobody
/// decided anything has no other file.
pub(crate) fn ask(machine: &mut dyn Machine, manifest: &Manifest, facts: &mut Facts) {
    let root = &manifest.settings.release_root;
    let share = &mut facts.gangway;
    share.control = match file(machine, &format!(r"{root}\{}", control::FILE_NAME)) {
        Ok(bytes) => fact(Control::parse(&bytes)),
        Err(Trouble { why, .. }) => Fact::unknown(why),
    };
    share.rollout = match file(machine, &format!(r"{root}\{}", rollout::FILE_NAME)) {
        Ok(bytes) => fact(Rollout::parse(&bytes)),
        Err(Trouble { missing: true, .. }) => Fact::Absent,
        Err(Trouble { why, .. }) => Fact::unknown(why),
    };
}

fn fact<T>(read: Result<T, String>) -> Fact<T> {
    read.map_or_else(Fact::unknown, Fact::Value)
}

/// Why a file of the share was not read.
struct Trouble {
    /// There is no such file.
    missing: bool,
    why: String,
}

/// A file's bytes, one more than is read of it at the most.
fn file(machine: &mut dyn Machine, path: &str) -> Result<Vec<u8>, Trouble> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(control::MAX_BYTES).unwrap_or(u64::MAX);
    let file = machine.open_source(path).map_err(|failure| Trouble {
        missing: failure.code == FILE_NOT_FOUND,
        why: failure.to_string(),
    })?;
    match file.take(limit.saturating_add(1)).read_to_end(&mut bytes) {
        Ok(_) => Ok(bytes),
        Err(error) => Err(Trouble {
            missing: false,
            why: format!("read `{path}`: {error}"),
        }),
    }
}
