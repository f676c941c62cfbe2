//! Why a publication ended, and what to do about it.

use std::borrow::Cow;

use super::codes;
use super::{Behind, DirectoryError, ReleaseError, ShareError, StateError, plan};
use crate::failure::{FailureCode, Fault};
use crate::gpo::{DomainName, Guid};
use crate::problem::Problem;

/// Why a publication ended.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The server is not one to publish to.
    #[error("{why}")]
    Server {
        /// Why not.
        why: String,
        /// What to do next.
        hint: Option<&'static str>,
    },
    /// A policy is named that the bundle does not have.
    #[error("the bundle has no policy for `{option}`; it has {}", names.join(", "))]
    NoSuchPolicy {
        /// With its value, as it was typed.
        option: String,
        /// The bundle's policies, as `--link` calls them.
        names: Vec<String>,
        /// The one of them that may have been meant.
        nearest: Option<String>,
    },
    /// A link to what another domain holds.
    #[error("`{link}` is of the domain `{found}`, and the policies are for `{domain}`")]
    OtherDomain {
        /// Its distinguished name.
        link: String,
        /// Its domain.
        found: String,
        /// The domain that is published to.
        domain: DomainName,
    },
    /// A link whose name ends in no domain.
    #[error("`{link}` names no domain")]
    NoDomain {
        /// Its distinguished name.
        link: String,
    },
    /// The payloads.
    #[error(transparent)]
    Release(#[from] ReleaseError),
    /// Somebody else's GPO.
    #[error(transparent)]
    Refused(#[from] plan::Refused),
    /// The domain controller refuses a question or a change.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// SYSVOL.
    #[error(transparent)]
    Share(#[from] ShareError),
    /// What is saved was before an older publication than that which is there.
    #[error(
        "the GPO `{name}` {id} was published or edited since: what is saved here was before an older \
         publication"
    )]
    WentOn {
        /// GUID.
        id: Guid,
        /// As it was published.
        name: String,
    },
    /// Onboarding and offboarding would reach the same servers.
    #[error("the task of the other direction reaches the same servers: {}", found.join("; "))]
    OtherTaskReaches {
        /// Which, in words.
        found: Vec<String>,
    },
    /// Servers would lose their passive mode.
    #[error("this ends the passive mode of Defender Antivirus on servers: {}", gpos.join(", "))]
    PassiveModeEnds {
        /// The GPOs that bring it, in words.
        gpos: Vec<String>,
    },
    /// The task that is live is of no bundle that cleans servers.
    #[error("the last campaign is not in the domain: the task of {gpo} cleans no server")]
    NoLastCampaign {
        /// The GPO with the task, in words.
        gpo: String,
    },
    /// Everything else is gone.
    #[error("programs are in use and stay: {}", programs.join(", "))]
    ProgramsStay {
        /// Their paths below SYSVOL.
        programs: Vec<String>,
    },
    /// The saved state.
    #[error(transparent)]
    State(#[from] StateError),
    /// Another domain controller lags.
    #[error(transparent)]
    Behind(#[from] Behind),
    /// What was read back is not what was written.
    #[error("`{path}` is not what was written; the version was not raised")]
    Different {
        /// The file or folder.
        path: String,
    },
}

impl PublishError {
    /// The server is not one to publish to.
    pub(super) fn server(why: impl Into<String>, hint: Option<&'static str>) -> Self {
        let why = why.into();
        Self::Server { why, hint }
    }
}

impl Fault for PublishError {
    fn code(&self) -> FailureCode {
        match self {
            Self::Refused(_)
            | Self::WentOn { .. }
            | Self::OtherTaskReaches { .. }
            | Self::NoLastCampaign { .. }
            | Self::PassiveModeEnds { .. } => FailureCode::Refused,
            Self::NoSuchPolicy { .. } | Self::OtherDomain { .. } | Self::NoDomain { .. } => {
                FailureCode::CommandLine
            }
            Self::Release(error) => error.code(),
            Self::State(_) => FailureCode::Files,
            Self::Behind(_) => FailureCode::Replication,
            Self::Server { .. }
            | Self::Directory(_)
            | Self::Share(_)
            | Self::ProgramsStay { .. }
            | Self::Different { .. } => FailureCode::Server,
        }
    }

    fn hint(&self) -> Option<Cow<'static, str>> {
        let hint = match self {
            Self::Server { hint, .. } => *hint,
            Self::NoSuchPolicy {
                nearest: Some(name),
                ..
            } => return Some(format!("did you mean `{name}`?").into()),
            Self::NoSuchPolicy { .. } => Some("name one of them, or leave the option out"),
            Self::OtherDomain { .. } => Some(
                "publish to that domain with links of its own (`--domain`, when the bundle has it)",
            ),
            Self::NoDomain { .. } => {
                Some("write the whole name, as `OU=Servers,DC=contoso,DC=com`")
            }
            Self::Release(error) => return error.hint(),
            Self::Refused(error) => Some(error.hint()),
            Self::Directory(error) => error.failure.hint(),
            Self::Share(error) => error.failure.hint(),
            Self::State(error) => return error.hint(),
            Self::WentOn { .. } => Some(
                "take back from where it was published last (`--state`), publish what servers shall have, or \
                 take the policies away with `--remove`",
            ),
            Self::OtherTaskReaches { .. } => Some(
                "switch the other link off or take its policy away (`--remove` with its bundle), link this one \
                 elsewhere, put the servers into the group of `gpo.exclude_group`, or say `--allow-overlap` where security \
                 filtering of yours keeps them apart",
            ),
            Self::NoLastCampaign { .. } => Some(
                "publish it first (`gangway build --mode retire`), and come back when every server says `retired`; \
                 or say `--leave-servers` where servers may keep what bootstraps left there",
            ),
            Self::ProgramsStay { .. } => Some(
                "servers are running them; the same command again takes them away when they have ended",
            ),
            Self::PassiveModeEnds { .. } => Some(
                "`--end-passive-mode` says that it may; else ask for `onboard.antivirus_mode = \
                 \"always_passive\"` and build again",
            ),
            Self::Behind(_) => Some(
                "what was written stays, and nothing after it was done; when they have it, publish again",
            ),
            Self::Different { .. } => {
                Some("somebody else writes to the GPO, or the share lost a file; publish again")
            }
        };
        hint.map(Cow::Borrowed)
    }

    fn problems(&self) -> Vec<Problem> {
        match self {
            Self::Behind(behind) => behind.problems(),
            Self::PassiveModeEnds { gpos } => vec![passive_mode_ends(gpos)],
            Self::OtherTaskReaches { found } => vec![other_task_reaches(found)],
            Self::NoLastCampaign { gpo } => vec![no_last_campaign(gpo)],
            _ => Vec::new(),
        }
    }
}

fn other_task_reaches(found: &[String]) -> Problem {
    let problem = Problem::new(
        &codes::OTHER_TASK_REACHES,
        "links",
        "onboarding and offboarding policies reach the same servers",
        "switch one of the links off, or link to other units",
    );
    found.iter().cloned().fold(problem, Problem::with_evidence)
}

fn no_last_campaign(gpo: &str) -> Problem {
    Problem::new(
        &codes::NO_LAST_CAMPAIGN,
        gpo,
        "the bundle that its task starts takes nothing away from servers",
        "publish a bundle of `gangway build --mode retire` first, or say `--leave-servers`",
    )
}

fn passive_mode_ends(gpos: &[String]) -> Problem {
    let problem = Problem::new(
        &codes::PASSIVE_MODE_ENDS,
        "Defender Antivirus",
        "it becomes active beside the other product on every server that these policies reach",
        "allow it with `--end-passive-mode`, or ask for `always_passive` in the config",
    );
    gpos.iter().cloned().fold(problem, Problem::with_evidence)
}
