//! Why a release is not on its share.

use std::borrow::Cow;

use crate::failure::{FailureCode, Fault};
use crate::publication::share::ShareError;
use crate::publication::state::StateError;

/// Why a release is not, or not wholly, on the share.
#[derive(Debug, thiserror::Error)]
pub enum ReleaseError {
    /// The file server refuses, or cannot be reached.
    #[error(transparent)]
    Share(#[from] ShareError),
    /// There is no such folder.
    #[error("there is no folder `{folder}`")]
    NoFolder {
        /// The release root, as a person named it.
        folder: String,
    },
    /// The switch that lies there is none.
    #[error("switch `{path}`: {why}")]
    Control {
        /// The file.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// The switch holds the bundle back.
    #[error(
        "switch `{path}` holds back bundles below sequence {min_sequence}, this one has {sequence}: \
         no server would take it"
    )]
    HeldBack {
        /// The file.
        path: String,
        /// Lowest sequence that servers of the share still take.
        min_sequence: u64,
        /// The bundle's.
        sequence: u64,
    },
    /// What is said to be needed of the share cannot be read.
    #[error("`{path}`, which lists the releases that a campaign needs: {why}")]
    Campaign {
        /// The file.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// Another publication holds the claim of the share, and did not free it in the time that it is
    /// waited for.
    #[error("the share is claimed by `{path}`: {holder} writes to it, or was cut")]
    Claimed {
        /// The claim's folder.
        path: String,
        /// Whose it is, in words.
        holder: String,
    },
    /// Somebody took the claim away while it was held.
    #[error("`{path}`, by which this one had the share for itself, was taken away meanwhile")]
    ClaimLost {
        /// The claim's folder.
        path: String,
    },
    /// Another publication has come since that whose state is saved.
    #[error(
        "`{path}` says that the share was published to since: what is saved here was before an older \
         publication"
    )]
    WentOn {
        /// The campaign's document.
        path: String,
    },
    /// The saved state.
    #[error(transparent)]
    State(#[from] StateError),
    /// Something else lies where a file would be written, or a folder be made.
    #[error("`{path}` is {found}, and {wanted} of that name is needed")]
    InTheWay {
        /// Where.
        path: String,
        /// What lies there.
        found: &'static str,
        /// What is needed there.
        wanted: &'static str,
    },
    /// Nothing is to be written, and something is missing or of other bytes.
    #[error("the release is not on the share: `{path}` {why}")]
    NotThere {
        /// The file.
        path: String,
        /// What is the matter with it.
        why: &'static str,
    },
    /// Something on the share may need what would be taken away.
    #[error("nothing is taken away: {why}")]
    Needed {
        /// What, and why it cannot be told.
        why: String,
    },
    /// Everything else is gone.
    #[error("releases are in use and stay: {}", releases.join(", "))]
    InUse {
        /// Their ids.
        releases: Vec<String>,
    },
    /// What would be gone back to is not on the share any more.
    #[error("`{path}`, which the share would name again, is gone")]
    Gone {
        /// Folder of the release.
        path: String,
    },
    /// What was read back is not what was written.
    #[error("`{path}` is not what was written, and no server was told of it")]
    Different {
        /// The file.
        path: String,
    },
}

impl Fault for ReleaseError {
    fn code(&self) -> FailureCode {
        match self {
            Self::Share(_)
            | Self::NoFolder { .. }
            | Self::NotThere { .. }
            | Self::Claimed { .. }
            | Self::ClaimLost { .. }
            | Self::InUse { .. }
            | Self::Different { .. } => FailureCode::Server,
            Self::Control { .. }
            | Self::Campaign { .. }
            | Self::Needed { .. }
            | Self::HeldBack { .. }
            | Self::WentOn { .. }
            | Self::Gone { .. }
            | Self::InTheWay { .. } => FailureCode::Refused,
            Self::State(_) => FailureCode::Files,
        }
    }

    fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::Share(error) => return error.failure.hint_for_share().map(Cow::Borrowed),
            Self::NoFolder { .. } => {
                "make the share first, with the permissions that the bundle's runbook tells, or name \
                 where it is by `--to`"
            }
            Self::Control { .. } => {
                "every server stops at it: `gangway rollout SHARE pause --apply` writes a whole one, which \
                 `gangway rollout SHARE resume --apply` lets go on"
            }
            Self::HeldBack { .. } => {
                "lower it by `gangway rollout SHARE min-sequence N --apply` if that is meant, or build with \
                 `--sequence-after`"
            }
            Self::Campaign { .. } => {
                "find out who wrote it, delete it, and publish its campaign again, which writes it anew; without it \
                 the share knows no release of that campaign, and takes none of them away"
            }
            Self::Needed { .. } => {
                "a campaign's document that cannot be read may name any release: mend it, or move it away when \
                 it is of no publication, and give the same command again"
            }
            Self::Claimed { .. } => {
                "wait until it ends; when nobody writes there any more, publish again from where it was cut, \
                 or delete the folder on the share"
            }
            Self::ClaimLost { .. } => {
                "somebody else may have written at the same time: the same command again"
            }
            Self::WentOn { .. } => {
                "take back from where it was published last (`--state`), or publish what servers shall have"
            }
            Self::InUse { .. } => {
                "servers are reading them; the same command again takes them away when they have ended"
            }
            Self::Gone { .. } => {
                "it was taken away since; publish a bundle that servers shall have"
            }
            Self::State(error) => return error.hint(),
            Self::InTheWay { .. } => "look whose it is, and move it away",
            Self::NotThere { .. } => {
                "servers would find no payloads; let whoever fills the share bring the bundle's folder \
                 `share`, or leave `--no-share` out"
            }
            Self::Different { .. } => {
                "somebody else writes there, or the share lost a file; publish again"
            }
        };
        Some(hint.into())
    }
}
