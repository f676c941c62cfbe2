//! Why a rollout is not changed.

use std::borrow::Cow;

use crate::failure::{FailureCode, Fault};
use crate::publication::ReleaseError;
use crate::publication::share::ShareError;

/// Why the rollout of a share cannot be read or is not changed.
#[derive(Debug, thiserror::Error)]
pub enum RolloutError {
    /// The file server refuses, or cannot be reached.
    #[error(transparent)]
    Share(#[from] ShareError),
    /// A file did not get to its place.
    #[error(transparent)]
    Write(#[from] ReleaseError),
    /// Nobody published anything there.
    #[error("`{folder}` holds neither releases nor a switch")]
    NoRollout {
        /// The folder, as a person named it.
        folder: String,
    },
    /// There is no switch to change.
    #[error("`{folder}` has no `control.json`, so no server begins anything")]
    NoSwitch {
        /// The folder, as a person named it.
        folder: String,
    },
    /// What withholds cannot be read.
    #[error("switch `{path}`: {why}")]
    Unreadable {
        /// The file.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// More than all servers.
    #[error("a ring of {percent} % is no share of the servers")]
    NoPercentage {
        /// What was asked for.
        percent: u64,
    },
    /// A ring is set for bundles, and none is known.
    #[error("`{folder}` does not say which bundles it has, so no ring can be set for them")]
    NoBundleKnown {
        /// The folder, as a person named it.
        folder: String,
    },
    /// Something else lies where a file would be written.
    #[error("`{path}` is {found}, and nothing is written in its place")]
    InTheWay {
        /// Where.
        path: String,
        /// What lies there.
        found: &'static str,
    },
    /// Nobody knows whether any server would do anything.
    #[error("whom `min-sequence {min_sequence}` would leave without a bundle is not known: {why}")]
    NotKnown {
        /// What was asked for.
        min_sequence: u64,
        /// What of the share does not tell, in words.
        why: String,
    },
    /// No server would do anything any more.
    #[error(
        "{who} has sequence {sequence}, and with `min-sequence {min_sequence}` no server would work \
         with it"
    )]
    NobodyWorks {
        /// A campaign, in words.
        who: String,
        /// Sequence of its newest bundle.
        sequence: u64,
        /// What was asked for.
        min_sequence: u64,
    },
    /// Somebody else was quicker.
    #[error("the rollout of `{folder}` was changed since it was looked at")]
    WentOn {
        /// The folder, as a person named it.
        folder: String,
    },
}

impl Fault for RolloutError {
    fn code(&self) -> FailureCode {
        match self {
            Self::Share(_) | Self::NoRollout { .. } => FailureCode::Server,
            Self::Write(error) => error.code(),
            Self::NoPercentage { .. } => FailureCode::CommandLine,
            Self::NoSwitch { .. }
            | Self::Unreadable { .. }
            | Self::NoBundleKnown { .. }
            | Self::InTheWay { .. }
            | Self::NotKnown { .. }
            | Self::NobodyWorks { .. }
            | Self::WentOn { .. } => FailureCode::Refused,
        }
    }

    fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::Share(error) => return error.failure.hint_for_share().map(Cow::Borrowed),
            Self::Write(error) => return error.hint(),
            Self::NoRollout { .. } => {
                "name the folder that servers read (the bundle's `share.root`), or the bundle itself"
            }
            Self::NoSwitch { .. } => "`gangway publish share` brings it",
            Self::Unreadable { .. } => {
                "every server stops at it: `pause` writes a whole one that holds them as well; set ring \
                 and sequence again, then `resume`"
            }
            Self::NoPercentage { .. } => "a ring goes from 0 (nobody) to 100 (everybody)",
            Self::NoBundleKnown { .. } => {
                "name the bundle in the place of the share, with `--to` for where the share is reached; or \
                 publish it again, which tells the share"
            }
            Self::InTheWay { .. } => {
                "look whose it is, and move it away; then the same command again. Of the two files of the \
                 switch, a pause has written the one that it could"
            }
            Self::NotKnown { .. } => {
                "mend what it names (`gangway rollout SHARE show` has the finding), or name the bundle in \
                 the place of the share; where it is meant all the same, `--withhold-all` says so"
            }
            Self::NobodyWorks { .. } => {
                "publish the newer bundle first; where that is meant, `--withhold-all` says so"
            }
            Self::WentOn { .. } => "look at it again by `gangway rollout SHARE show`, then decide",
        };
        Some(hint.into())
    }
}
