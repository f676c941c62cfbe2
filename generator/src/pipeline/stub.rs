//! The bootstrap stub: a file, or the one inside this program.

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};

use gangway_contract::Sha256;

use super::build_error::BuildError;
use super::config::Config;
use crate::bootstrap::MAX_STUB_BYTES;
use crate::plain_file;

/// File name of the stub beside `gangway`.
const FILE_NAME: &str = "gangway-runner.exe";

/// The stub that a release carries inside itself (`generator/build.rs`).
#[cfg(has_stub)]
const INSIDE: Option<&[u8]> = Some(include_bytes!(concat!(env!("OUT_DIR"), "/stub.exe")));

/// A build from source carries none.
#[cfg(not(has_stub))]
const INSIDE: Option<&[u8]> = None;

/// A stub, and where it is from.
#[derive(Debug)]
pub(super) struct Stub {
    /// The file; of the one inside this program, the program.
    pub(super) path: PathBuf,
    /// The whole PE file.
    pub(super) bytes: Cow<'static, [u8]>,
}

/// What is known of a stub without its bytes.
#[derive(Debug)]
pub struct StubFound {
    /// The file; of the one inside this program, the program.
    pub path: PathBuf,
    /// Is it inside the program?
    pub inside: bool,
    /// SHA-256 of its bytes.
    pub sha256: Sha256,
}

impl Stub {
    /// The stub: the one named by the caller, else by the config, else the one inside this program,
    /// else the one beside it.
    pub(super) fn load(named: Option<&Path>, config: &Config) -> Result<Self, BuildError> {
        const KEY: &str = "bootstrap.stub";
        if let Some(path) = named {
            return Self::read(path).map_err(|error| no_stub(path, &error));
        }
        if let Some(path) = &config.bootstrap.stub {
            let refused =
                |error: io::Error| config.named_files.refused(KEY, 0, path, error.to_string());
            return Ok(Self::read(path).map_err(refused)?);
        }
        if let Some(inside) = Self::inside() {
            return Ok(inside);
        }
        let path = beside().ok_or_else(|| BuildError::NoStub {
            why: "the folder of `gangway` is not known".to_owned(),
        })?;
        Self::read(&path).map_err(|error| no_stub(&path, &error))
    }

    /// The same for who can do without: only a stub that the caller named has to be there.
    pub(super) fn load_if_there(
        named: Option<&Path>,
        configured: Option<&Path>,
    ) -> Result<Option<Self>, BuildError> {
        if let Some(path) = named {
            return Self::read(path)
                .map(Some)
                .map_err(|error| no_stub(path, &error));
        }
        Ok(match configured {
            Some(path) => Self::read(path).ok(),
            None => Self::unnamed(),
        })
    }

    /// The one that is taken when nobody names one.
    fn unnamed() -> Option<Self> {
        Self::inside().or_else(|| Self::read(&beside()?).ok())
    }

    fn inside() -> Option<Self> {
        Some(Self {
            bytes: INSIDE?.into(),
            path: std::env::current_exe().unwrap_or_else(|_| "gangway".into()),
        })
    }

    fn read(path: &Path) -> io::Result<Self> {
        let bytes = plain_file::read(path, MAX_STUB_BYTES as u64)?
            .ok_or_else(|| io::Error::other(format!("more than {MAX_STUB_BYTES} bytes")))?;
        Ok(Self {
            path: path.to_owned(),
            bytes: bytes.into(),
        })
    }
}

/// The stub that is taken when nobody names one; none when there is none.
pub fn found() -> Option<StubFound> {
    let stub = Stub::unnamed()?;
    Some(StubFound {
        path: stub.path,
        inside: INSIDE.is_some(),
        sha256: Sha256::of(&stub.bytes),
    })
}

fn beside() -> Option<PathBuf> {
    Some(std::env::current_exe().ok()?.parent()?.join(FILE_NAME))
}

fn no_stub(path: &Path, error: &io::Error) -> BuildError {
    BuildError::NoStub {
        why: format!("read `{}`: {error}", path.display()),
    }
}
