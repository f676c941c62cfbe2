//! Where a share is reached from here, told once from what was typed or what the bundle says.

use std::fmt;
use std::path::{Path, PathBuf};

use gangway_contract::UncPath;

use super::failure::Failure;
use crate::disk;
use crate::failure::FailureCode;
use crate::publication::ShareAddress;

/// A folder, or a server that an account signs in at.
#[derive(Debug, Clone)]
pub(super) enum SharePlace {
    /// Mounted, the file server's own disk, or on Windows a UNC path.
    Folder(PathBuf),
    /// By `smbclient`.
    Server(ShareAddress),
}

impl SharePlace {
    /// As it was typed.
    pub(super) fn typed(path: &Path) -> Result<Self, Failure> {
        let text = path.to_string_lossy();
        if !is_unc(&text) || cfg!(windows) {
            return Ok(Self::Folder(path.to_owned()));
        }
        text.parse().map(Self::Server).map_err(|why| {
            let text = format!("`{text}`: {why}");
            Failure::of(FailureCode::CommandLine, text).hint(
                r"write it as `\\files.contoso.com\gangway$`, or name a folder that it is reached by",
            )
        })
    }

    /// As it was typed; else where servers are told to look.
    pub(super) fn typed_or(typed: Option<&Path>, told: &UncPath) -> Result<Self, Failure> {
        typed.map_or_else(|| Ok(Self::from(told)), Self::typed)
    }

    /// Reached as a folder?
    pub(super) fn folder(&self) -> Option<&Path> {
        match self {
            Self::Folder(folder) => Some(folder),
            Self::Server(_) => None,
        }
    }
}

impl From<&UncPath> for SharePlace {
    fn from(path: &UncPath) -> Self {
        if cfg!(windows) {
            Self::Folder(PathBuf::from(path.as_str()))
        } else {
            Self::Server(path.into())
        }
    }
}

impl fmt::Display for SharePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => folder.display().fmt(f),
            Self::Server(address) => address.fmt(f),
        }
    }
}

/// Does it name a server's share, by either slash?
pub(super) fn is_unc(text: &str) -> bool {
    text.starts_with(r"\\") || text.starts_with("//")
}

/// Where a path leads, also when its end is not there yet.
fn led_to(path: &Path) -> PathBuf {
    let absolute = || std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    disk::resolved(path).unwrap_or_else(|_| absolute())
}

/// What a publication keeps for the way back lies neither in the bundle, which the next build replaces,
/// nor where servers or the domain read it.
pub(super) fn state_apart(state: &Path, from: &[(&str, Option<&Path>)]) -> Result<(), Failure> {
    let place = led_to(state);
    let lies_in = |folder: &Path| place.starts_with(led_to(folder));
    for (what, folder) in from {
        if let Some(folder) = folder.filter(|folder| lies_in(folder)) {
            let text = format!(
                "`--state`: `{}` lies in the {what} `{}`",
                state.display(),
                folder.display()
            );
            return Err(Failure::of(FailureCode::CommandLine, text).hint(
                "name a folder by `--state` that stays, and that nobody but publishers reads",
            ));
        }
    }
    Ok(())
}
