//! Why a bundle is not built.

use std::path::PathBuf;

use super::config::ConfigError;
use super::output::OutputError;
use crate::bootstrap::SpecialiseError;
use crate::policies::GpoError;
use crate::problem::Problem;
use crate::publication::kit::KitError;

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The config.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A certificate that the config names.
    #[error("root certificate `{}`: {why}\nhint: name a certificate as PEM or DER", path.display())]
    Root {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A revocation list that the config or the command line names.
    #[error("revocation list `{}`: {why}\nhint: name a whole list of one issuer as PEM or DER", path.display())]
    RevocationList {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The lock file.
    #[error(
        "lock `{}`: {why}\nhint: take it from version control again; it is not edited by hand",
        path.display()
    )]
    Lock {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The lock is that of another config.
    #[error(
        "lock `{}` is that of config `{}`, not of `{}`: two configs beside one lock would undo \
         each other's entries\nhint: give each config a folder of its own",
        path.display(), other.display(), config.display()
    )]
    LockOfAnother {
        /// The lock.
        path: PathBuf,
        /// The config that was given.
        config: PathBuf,
        /// The config whose lock it is.
        other: PathBuf,
    },
    /// The share's switch.
    #[error("switch `{}`: {why}\nhint: mend it, or build without `--share`", path.display())]
    Control {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The key of the monitoring agent's workspace.
    #[error(
        "workspace key `{}`: {why}\nhint: `onboard.monitoring_agent.key_file` names a file with \
         the primary or secondary key of the workspace and nothing else",
        path.display()
    )]
    WorkspaceKey {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, without its content.
        why: String,
    },
    /// There is no stub.
    #[error(
        "no bootstrap stub: {why}\nhint: give `--stub FILE`, set `bootstrap.stub` in the config, \
         or put `gangway-runner.exe` beside `gangway`"
    )]
    NoStub {
        /// What was tried.
        why: String,
    },
    /// The stub is not usable.
    #[error("stub `{}`: {source}", path.display())]
    Stub {
        /// The file.
        path: PathBuf,
        /// Why.
        source: SpecialiseError,
    },
    /// The specialised exe cannot be read back.
    #[error("the bootstrap that was made cannot be read back: {why}")]
    Digest {
        /// Why.
        why: String,
    },
    /// Errors among the downloads; all of them.
    #[error("the downloads have errors, so nothing was written")]
    Problems(Vec<Problem>),
    /// Findings that the caller denies; all that was found.
    #[error(
        "`--deny` refuses findings, so nothing was written\nhint: mend what they name, or deny less"
    )]
    Denied(Vec<Problem>),
    /// A policy could not be written.
    #[error("group policy for `{domain}`: {source}")]
    Gpo {
        /// The domain.
        domain: String,
        /// Why.
        source: GpoError,
    },
    /// A script of the apply kit could not be written.
    #[error(transparent)]
    Kit(#[from] KitError),
    /// The folder could not be written.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// The runbook template.
    #[error("the runbook could not be written: {why}")]
    Runbook {
        /// Why.
        why: String,
    },
}
