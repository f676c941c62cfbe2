//! Who publishes, as others are told who find a share claimed.

use std::time::Duration;

use time::OffsetDateTime;

/// How long a publication waits for another one that has the share: the small files of a release are
/// there in seconds, and whoever brings large ones over a slow line is not waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// Who publishes, and from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimant {
    /// The account, as it was given or as the system calls it.
    pub account: String,
    /// This machine.
    pub host: String,
    /// When the publication began, in seconds since 1970 UTC by this machine's clock: others judge by it whether
    /// its claim is forgotten, and the history of a rollout tells it.
    pub begun: i64,
    /// How long it waits for another one.
    pub patience: Duration,
}

impl Claimant {
    /// This process, by this account; without one, by whoever is signed in. It takes no moment from anybody: at
    /// one that lies ahead (`--as-of` judges expiry) the claim of somebody at work would be forgotten.
    pub fn here(account: Option<&str>) -> Self {
        let signed_in = || variable(if cfg!(windows) { "USERNAME" } else { "USER" });
        Self {
            account: account.map_or_else(signed_in, str::to_owned),
            host: host(),
            begun: OffsetDateTime::now_utc().unix_timestamp(),
            patience: PATIENCE,
        }
    }
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| "unknown".to_owned())
}

#[cfg(unix)]
fn host() -> String {
    let system = rustix::system::uname();
    system.nodename().to_string_lossy().into_owned()
}

#[cfg(not(unix))]
fn host() -> String {
    variable("COMPUTERNAME")
}
