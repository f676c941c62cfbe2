//! `--rollback` more than once, and what is told of it.

use gangway_e2e::required;
use gangway_e2e::samba::{ADMINISTRATOR, Domain};

use super::model::{assert_whole, gpos, tagged};
use super::{everything, text};

#[test]
fn two_publications_are_taken_back_one_after_the_other() {
    let domain = Domain::start().unwrap();
    let bundles = ["one", "two", "three"].map(tagged);
    let state = bundles[0].folder().with_file_name("states");
    let state = state.to_str().unwrap();
    for bundle in &bundles {
        domain
            .published(bundle.folder(), &["--state", state])
            .unwrap();
    }
    let last = bundles[2].folder();
    let mut told = domain.command(required::path(required::GANGWAY).unwrap());
    told.arg("publish")
        .arg(last)
        .args(["--history", "--state", state]);
    let told = domain.run(&mut told).unwrap();
    let said = text(&told);
    assert!(told.status.success(), "{said}");
    let lines: Vec<&str> = said
        .lines()
        .filter(|line| line.contains(" back: "))
        .collect();
    assert_eq!(lines.len(), 3, "{said}");
    assert!(lines[2].contains("no task"), "{said}");

    for bundle in bundles[..2].iter().rev() {
        domain
            .published(last, &["--state", state, "--rollback"])
            .unwrap();
        for gpo in gpos(bundle) {
            assert_whole(&domain, &gpo);
        }
    }
    domain
        .published(last, &["--state", state, "--rollback"])
        .unwrap();
    let empty = everything(&domain);
    let arguments = ["--apply", "--state", state, "--rollback"];
    let refused = domain.publish(last, ADMINISTRATOR, &arguments).unwrap();
    assert!(!refused.status.success(), "{}", text(&refused));
    assert_eq!(everything(&domain), empty);
}
