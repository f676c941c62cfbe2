//! Numbers of the config: their bounds, each with its reason.

use std::ops::RangeInclusive;

use super::sections::{Rollout, Signing};
use crate::policies::EXECUTION_LIMIT_S;

pub(super) const RING_PERCENT: &str = "rollout.ring_percent";
pub(super) const REPORT_EVERY_DAYS: &str = "rollout.report_every_days";

const INSTALL_LIMIT_S: &str = "rollout.install_limit_s";
const SCRIPT_LIMIT_S: &str = "rollout.script_limit_s";

/// The numbers that a key takes, where they are fewer than those of its type.
pub(super) fn bounds(key: &str) -> Option<RangeInclusive<i128>> {
    let days = 1..=u16::MAX.into();
    let longest = i128::from(EXECUTION_LIMIT_S) / 2;
    match key {
        "rollout.jitter_s"
        | "rollout.fetch_retry_wait_s"
        | "rollout.installer_wait_s"
        | "rollout.verify_wait_s" => Some(0..=longest),
        INSTALL_LIMIT_S | SCRIPT_LIMIT_S => Some(1..=longest),
        "rollout.retry_wait_s" => Some(0..=DAY_S),
        "rollout.fetch_retries" => Some(0..=MOST_RETRIES),
        "rollout.free_space_bytes" => Some(0..=LARGEST_VOLUME),
        RING_PERCENT => Some(0..=100),
        REPORT_EVERY_DAYS => Some(0..=30),
        "health.silent_after_days" | "health.content_old_after_days" => Some(days),
        "signing.time_limit_s" => Some(1..=7 * DAY_S),
        _ => None,
    }
}

/// A pause between failed tries doubles up to this ([`Settings`](gangway_contract::manifest::Settings)).
const DAY_S: i128 = 86_400;
/// Pauses between two fetches double: from one second on, the sum of so many is longer than a run.
const MOST_RETRIES: i128 = 15;
/// Eight pebibytes (Microsoft Learn, "NTFS overview").
const LARGEST_VOLUME: i128 = 1 << 53;

/// Why a key takes no larger number.
fn why_bounded(key: &str) -> &'static str {
    match key {
        "rollout.retry_wait_s" => "the pause doubles up to a day, and none is longer",
        "rollout.fetch_retries" => {
            "each pause is twice the one before, and so many are longer than the 12 hours after which \
             the task is ended"
        }
        "rollout.free_space_bytes" => "no volume of Windows has so much, and no server would begin",
        "signing.time_limit_s" => "a command that waits longer than a week is one that hangs",
        _ => {
            "the task is ended after 12 hours, and a wait of more than half of them leaves too little for the rest"
        }
    }
}

/// A number that its type holds and no server could use.
pub(super) struct OutOfBounds {
    pub(super) key: &'static str,
    /// What is wrong with it.
    pub(super) why: String,
    pub(super) bounds: RangeInclusive<i128>,
}

/// The first number out of its bounds.
pub(super) fn out_of_bounds(rollout: &Rollout, signing: &Signing) -> Option<OutOfBounds> {
    let of = |number: Option<u32>| number.map(u64::from);
    let given = [
        ("rollout.retry_wait_s", of(rollout.retry_wait_s)),
        ("rollout.jitter_s", of(rollout.jitter_s)),
        ("rollout.fetch_retries", of(rollout.fetch_retries)),
        ("rollout.fetch_retry_wait_s", of(rollout.fetch_retry_wait_s)),
        ("rollout.installer_wait_s", of(rollout.installer_wait_s)),
        (INSTALL_LIMIT_S, of(rollout.install_limit_s)),
        (SCRIPT_LIMIT_S, of(rollout.script_limit_s)),
        ("rollout.verify_wait_s", of(rollout.verify_wait_s)),
        ("rollout.free_space_bytes", rollout.free_space_bytes),
        // None at all has words of its own.
        (
            "signing.time_limit_s",
            signing.time_limit_s.filter(|limit| *limit > 0),
        ),
    ];
    given.into_iter().find_map(|(key, number)| {
        let (number, bounds) = (number?, bounds(key)?);
        let is_within = bounds.contains(&number.into());
        (!is_within).then(|| OutOfBounds {
            key,
            why: match number {
                0 => "is 0: what is given no time is ended before it begins".to_owned(),
                _ => format!("is {number}: {}", why_bounded(key)),
            },
            bounds,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_no_run_could_use_has_a_reason() {
        assert_eq!(i128::from(EXECUTION_LIMIT_S), 12 * 3600);
        let pauses = |retries: i128| (0..retries).map(|doubled| 1_i128 << doubled).sum::<i128>();
        assert!(pauses(MOST_RETRIES) < EXECUTION_LIMIT_S.into());
        assert!(pauses(MOST_RETRIES + 1) > EXECUTION_LIMIT_S.into());
    }
}
