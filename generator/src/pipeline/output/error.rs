//! Why an output folder is not written.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use gangway_contract::Sha256;

use crate::disk::DiskError;
use crate::failure::{FailureCode, Fault};

/// Entries that are named; the rest are counted.
const MAX_NAMED: usize = 10;

/// Why an output folder could not be written.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// The disk refuses, a name that is needed is taken, or another run writes the same.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// The folder holds something else than a bundle.
    #[error("`{}` exists and is no bundle (`bundle.json`: {why}), so it is not replaced", path.display()
    )]
    NotABundle {
        /// The folder.
        path: PathBuf,
        /// What is wrong with its `bundle.json`.
        why: String,
    },
    /// The folder holds a bundle and what no build wrote.
    #[error("`{}` is a bundle that holds more than a build wrote, so it is not replaced: {found}", path.display()
    )]
    Foreign {
        /// The folder.
        path: PathBuf,
        /// What is not ours.
        found: Foreign,
    },
    /// Something that is no folder lies in its place.
    #[error("`{}` is no folder, so no bundle is written there",
        path.display()
    )]
    NotAFolder {
        /// Where the bundle was to lie.
        path: PathBuf,
    },
    /// What the build reads lies in the folder that it would replace.
    #[error("`{}` is not replaced: {what} `{}` lies in it", path.display(), inside.display()
    )]
    HoldsInput {
        /// The folder.
        path: PathBuf,
        /// What lies there, in words.
        what: &'static str,
        /// Its path.
        inside: PathBuf,
    },
    /// It would lie among the downloads, where the next build would read it.
    #[error("`{}` lies in the downloads `{}`, where the next build would read it", path.display(), downloads.display()
    )]
    AmongDownloads {
        /// The folder.
        path: PathBuf,
        /// The folder of the downloads.
        downloads: PathBuf,
    },
    /// It would lie inside a bundle, which would not verify any more.
    #[error("`{}` lies in the bundle `{}`", path.display(), bundle.display())]
    InsideABundle {
        /// The folder.
        path: PathBuf,
        /// The bundle around it.
        bundle: PathBuf,
    },
    /// It would lie among packages, which would be neither replaced nor vouched for any more.
    #[error("`{}` lies in the folder of packages `{}`", path.display(), packages.display())]
    AmongPackages {
        /// The folder.
        path: PathBuf,
        /// The packages around it.
        packages: PathBuf,
    },
    /// What is written is no longer what was made.
    #[error("`{}` was exchanged for something else while it was written", path.display())]
    Exchanged {
        /// The folder.
        path: PathBuf,
    },
    /// A mount point cannot be exchanged for another folder.
    #[error("`{path}` is a mount point, and no other folder can take its place", path = path.display()
    )]
    MountPoint {
        /// The folder.
        path: PathBuf,
    },
    /// A file is no longer what it was when it was judged.
    #[error(
        "`{name}` changed while it was read\n  expected SHA-256 {expected}\n  found    SHA-256 {found}"
    )]
    Changed {
        /// The file as the user knows it.
        name: String,
        /// Digest at inspection.
        expected: Sha256,
        /// Digest while staging.
        found: Sha256,
    },
}

impl Fault for OutputError {
    fn code(&self) -> FailureCode {
        match self {
            Self::Disk(error) => error.code(),
            Self::Changed { .. } => FailureCode::Files,
            Self::NotABundle { .. }
            | Self::Foreign { .. }
            | Self::NotAFolder { .. }
            | Self::HoldsInput { .. }
            | Self::AmongDownloads { .. }
            | Self::InsideABundle { .. }
            | Self::AmongPackages { .. }
            | Self::Exchanged { .. }
            | Self::MountPoint { .. } => FailureCode::Occupied,
        }
    }

    fn hint(&self) -> Option<Cow<'static, str>> {
        Some(match self {
            Self::Disk(DiskError::Busy { .. }) => {
                "wait until it ends, or let this one wait: `--wait SECONDS`".into()
            }
            Self::Disk(error) => return error.hint(),
            Self::NotABundle { .. } => "name a new folder, or empty this one yourself".into(),
            Self::Foreign { .. } => "take that out yourself, or name a new folder".into(),
            Self::NotAFolder { .. } => "name a new folder".into(),
            Self::HoldsInput { .. } => "name a folder of its own".into(),
            Self::AmongDownloads { .. } => "name a folder outside of them".into(),
            Self::InsideABundle { .. } | Self::AmongPackages { .. } => {
                "name a place outside of it".into()
            }
            Self::Exchanged { .. } => "work where nobody else may write".into(),
            Self::MountPoint { path } => format!(
                "name a folder inside it, such as `{}`",
                path.join("bundle").display()
            )
            .into(),
            Self::Changed { .. } => "build again once nothing writes to the downloads".into(),
        })
    }
}

/// Entries of a folder that no build wrote.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Foreign {
    /// The first of them, with what each is unless a file or folder.
    named: Vec<String>,
    /// How many more there are.
    more: usize,
}

impl Foreign {
    pub(super) fn add(&mut self, path: &str, what: Option<&str>) {
        if self.named.len() >= MAX_NAMED {
            self.more += 1;
            return;
        }
        let what = what.map(|what| format!(" ({what})")).unwrap_or_default();
        self.named.push(format!("`{path}`{what}"));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.named.is_empty()
    }
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.named.join(", "))?;
        match self.more {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

/// For `map_err`: what was tried, and on what.
pub(in crate::pipeline) fn io_error<'a>(
    action: &'static str,
    path: &'a Path,
) -> impl FnOnce(io::Error) -> OutputError + 'a {
    move |source| DiskError::io(action, path)(source).into()
}
