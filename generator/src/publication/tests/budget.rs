//! When the writes of a publication are cut.

use std::cell::Cell;
use std::rc::Rc;

/// Writes that are still allowed; none means all.
pub(in crate::publication) type Budget = Rc<Cell<Option<usize>>>;

pub(super) fn spend(budget: &Budget) -> bool {
    match budget.get() {
        None => true,
        Some(0) => false,
        Some(left) => {
            budget.set(Some(left - 1));
            true
        }
    }
}
