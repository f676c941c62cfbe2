//! What reading one given archive may cost, counted in inflated bytes.
//!
//! Archives inside it share the budget, or a small file could ask for any amount of work: each
//! layer of deflate multiplies by up to 1032.

use super::settings::Limits;

/// Inflated bytes for each byte of the given archive. What makes a package large is an installer
/// or an update, which is compressed already (the agent's 238 MB shrink by a few per cent); text
/// seldom reaches 20.
const RATIO: u64 = 50;

/// Inflated bytes that any archive may have, however small: portal packages inflate to 40 KB,
/// the repository of the install script to 300 KB.
const ALWAYS: u64 = 16 << 20;

/// Most inflated bytes of files that no package begins like. They are read for their SHA-256
/// alone, and count apart, so that they take nothing from the packages beside them.
const FOR_OTHERS: u64 = 256 << 20;

/// Inflated bytes that may still be read out of a given archive.
#[derive(Debug)]
pub(super) struct Budget {
    left: u64,
    left_for_others: u64,
}

impl Budget {
    /// For an archive of `size` bytes.
    pub(super) fn of(size: u64, limits: &Limits) -> Self {
        let left = size
            .saturating_mul(RATIO)
            .max(ALWAYS)
            .min(limits.archive_bytes);
        Self {
            left,
            left_for_others: left.min(FOR_OTHERS),
        }
    }

    /// Takes what an entry will inflate to; false, and nothing taken, when that is too much.
    pub(super) fn take(&mut self, size: u64, may_be_payload: bool) -> bool {
        let left = if may_be_payload {
            &mut self.left
        } else {
            &mut self.left_for_others
        };
        match left.checked_sub(size) {
            Some(rest) => {
                *left = rest;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_grows_with_the_archive_between_two_bounds() {
        const MIB: u64 = 1 << 20;
        let limits = Limits::default();
        let table = [
            (9_000, 16 * MIB, 16 * MIB),
            (MIB, 50 * MIB, 50 * MIB),
            (10 * MIB, 500 * MIB, 256 * MIB),
            (240 * MIB, limits.archive_bytes, 256 * MIB),
            (u64::MAX, limits.archive_bytes, 256 * MIB),
        ];
        for (size, payloads, others) in table {
            let budget = || Budget::of(size, &limits);
            assert!(budget().take(payloads, true) && !budget().take(payloads + 1, true));
            assert!(budget().take(others, false) && !budget().take(others + 1, false));
        }
    }

    #[test]
    fn what_is_no_package_takes_nothing_from_packages() {
        let mut budget = Budget::of(0, &Limits::default());
        assert!(budget.take(ALWAYS - 1, true));
        assert!(!budget.take(2, true));
        assert!(budget.take(ALWAYS, false));
        assert!(!budget.take(1, false));
        assert!(budget.take(1, true));
    }
}
