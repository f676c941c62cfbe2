//! The tables: addresses, ways, judgement.

mod addresses;
mod judgement;
mod ways;

use super::Outcome;

#[test]
fn the_document_names_every_outcome() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/connectivity.md");
    let document = std::fs::read_to_string(path).unwrap();
    for outcome in Outcome::ALL {
        let row = format!("| `{outcome}` | {} |", outcome.next_action());
        assert!(
            document.contains(&row),
            "missing in docs/connectivity.md: {row}"
        );
    }
}
