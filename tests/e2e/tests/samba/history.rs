//! `--rollback` more than once, and what is told of it.

use gangway_e2e::samba::{ADMINISTRATOR, Domain};

use super::model::{assert_whole, gpos, tagged};
use super::{everything, text};

#[test]
fn two_publications_are_taken_back_one_after_the_other() {
    let domain = Domain::start().unwrap();
    let bundles = ["one", "two", "three"].map(tagged);
    for bundle in &bundles {
        domain.published(bundle.folder(), &[]).unwrap();
    }
    let last = bundles[2].folder();
    let told = domain.history(last).unwrap();
    let said = text(&told);
    assert!(told.status.success(), "{said}");
    let lines: Vec<&str> = said
        .lines()
        .filter(|line| line.contains(" back: "))
        .collect();
    assert_eq!(lines.len(), 3, "{said}");
    assert!(lines[2].contains("no task"), "{said}");

    for bundle in bundles[..2].iter().rev() {
        domain.published(last, &["--rollback"]).unwrap();
        for gpo in gpos(bundle) {
            assert_whole(&domain, &gpo);
        }
    }
    domain.published(last, &["--rollback"]).unwrap();
    let empty = everything(&domain);
    let arguments = ["--apply", "--rollback"];
    let refused = domain.publish(last, ADMINISTRATOR, &arguments).unwrap();
    assert!(!refused.status.success(), "{}", text(&refused));
    assert_eq!(everything(&domain), empty);
}
