//! The bootstrap stub, as a file.

use std::io;
use std::path::{Path, PathBuf};

use super::build_error::BuildError;
use crate::bootstrap::MAX_STUB_BYTES;
use crate::plain_file;

/// File name of the stub beside `gangway`.
const FILE_NAME: &str = "gangway-runner.exe";

/// Reads the stub: the one named by the caller, else by the config, else the one beside this
/// program.
pub(super) fn load(
    named: Option<&Path>,
    configured: Option<&Path>,
) -> Result<(PathBuf, Vec<u8>), BuildError> {
    let path = named
        .or(configured)
        .map(Path::to_owned)
        .or_else(beside)
        .ok_or_else(|| BuildError::NoStub {
            why: "the folder of `gangway` is not known".to_owned(),
        })?;
    let bytes = read(&path).map_err(|error| no_stub(&path, &error))?;
    Ok((path, bytes))
}

/// The same for who can do without: only a stub that the caller named has to be there.
pub(super) fn load_if_there(
    named: Option<&Path>,
    configured: Option<&Path>,
) -> Result<Option<Vec<u8>>, BuildError> {
    if let Some(path) = named {
        return read(path).map(Some).map_err(|error| no_stub(path, &error));
    }
    let path = configured.map(Path::to_owned).or_else(beside);
    Ok(path.and_then(|path| read(&path).ok()))
}

fn beside() -> Option<PathBuf> {
    Some(std::env::current_exe().ok()?.parent()?.join(FILE_NAME))
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    plain_file::read(path, MAX_STUB_BYTES as u64)?
        .ok_or_else(|| io::Error::other(format!("more than {MAX_STUB_BYTES} bytes")))
}

fn no_stub(path: &Path, error: &io::Error) -> BuildError {
    BuildError::NoStub {
        why: format!("read `{}`: {error}", path.display()),
    }
}
