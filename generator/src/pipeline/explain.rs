//! `gangway explain`: every problem code of every concern, in one table.

use super::codes;
use crate::problem::Code;
use crate::{fleet, gpo, intake};

/// Every code, by number.
pub fn all() -> Vec<&'static Code> {
    let mut all: Vec<&Code> = [
        intake::codes::ALL,
        gpo::codes::ALL,
        codes::ALL,
        fleet::codes::ALL,
    ]
    .concat();
    all.sort_by_key(|code| code.id);
    all
}

/// The code with this number, in any letter case.
pub fn find(id: &str) -> Option<&'static Code> {
    all()
        .into_iter()
        .find(|code| code.id.eq_ignore_ascii_case(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_used_once_and_has_its_shape() {
        let all = all();
        for pair in all.windows(2) {
            assert_ne!(pair[0].id, pair[1].id);
        }
        for code in all {
            assert!(
                code.id.len() == 6 && code.id.starts_with("GW"),
                "{}",
                code.id
            );
            assert!(
                code.page.len() > code.title.len() && code.page.ends_with('.'),
                "{} has a page in sentences",
                code.id
            );
        }
    }
}
