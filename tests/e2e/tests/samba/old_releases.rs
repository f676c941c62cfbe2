//! Old releases on a live share, which go by rule.

use std::fs;

use gangway_e2e::Bundle;
use gangway_e2e::samba::{ADMINISTRATOR, CONTROLLER, Domain};

use super::model::{assert_whole, gpos};
use super::payloads::{assert_read_only_for_computers, unc, with_folder};
use super::text;
use super::whole::{published, releases, sorted, three_releases};

/// On Samba what is open can be replaced and not be deleted: a release of which any file is in use stays
/// with all of them, and is named.
#[test]
fn a_reader_that_holds_files_open_is_told_of_and_loses_nothing() {
    let domain = with_folder();
    let [first, second, third] = three_releases();
    let to = unc();
    let apply = ["--apply", "--to", &to];
    published(&domain, &first, &apply);
    let task = gpos(&first).pop().unwrap();
    // The last one: those before it would be gone by the time it is met.
    let mut payloads = first.payloads().unwrap();
    payloads.sort();
    let payload = payloads.last().unwrap();
    let paths = [
        "mde/control.json".to_owned(),
        format!("mde/campaigns/{}.json", task.id),
        format!("mde/releases/{}/{payload}", first.release_id()),
    ];
    let held = paths.map(|path| domain.hold("payloads", &path).unwrap());
    published(&domain, &second, &apply);
    let keep = [&apply[..], &["--keep-releases", "2"]].concat();
    let said = published(&domain, &third, &keep);
    let told = format!(
        "release `{}` stays for the next time, with all its files",
        first.release_id()
    );
    assert!(said.contains(&told), "{said}");
    assert_eq!(releases(&domain), sorted(&[&first, &second, &third]));
    assert_whole(&domain, &gpos(&third).pop().unwrap());
    assert_read_only_for_computers(&domain, &third, "mde/");
    assert_eq!(names(&domain, &first), payloads);

    drop(held);
    let said = published(&domain, &third, &keep);
    let removed = format!("remove release `{}`", first.release_id());
    assert!(said.contains(&removed), "{said}");
    assert_eq!(releases(&domain), sorted(&[&second, &third]));
}

/// The files of a release on the share, sorted.
fn names(domain: &Domain, bundle: &Bundle) -> Vec<String> {
    let folder = domain
        .payloads()
        .join("mde/releases")
        .join(bundle.release_id());
    let entries = fs::read_dir(folder).unwrap();
    let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name();
    let mut names: Vec<String> = entries
        .map(|entry| name(entry).into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// `publish share` alone asks the domain what its policies need, the campaign's own among them.
#[test]
fn payloads_that_come_alone_take_old_ones_away_when_no_policy_needs_them() {
    let domain = with_folder();
    let [first, second, third] = three_releases();
    let to = unc();
    let alone = |bundle: &Bundle, more: &[&str]| {
        let arguments = [&["--apply", "--to", &to][..], more].concat();
        let output = domain.publish_share(bundle.folder(), ADMINISTRATOR, &arguments);
        let output = output.unwrap();
        assert!(output.status.success(), "{}", text(&output));
        output.stdout
    };
    let keep = ["--keep-releases", "2", "--dc", CONTROLLER];
    // The policy starts the first bundle's program.
    published(&domain, &first, &["--apply", "--to", &to]);
    alone(&second, &[]);
    let said = alone(&third, &keep);
    assert!(!said.contains("remove release"), "{said}");
    assert_eq!(releases(&domain), sorted(&[&first, &second, &third]));
    assert_read_only_for_computers(&domain, &first, "mde/");
    // It starts the third one's from now on.
    published(&domain, &third, &["--apply", "--to", &to]);
    let said = alone(&third, &keep);
    let removed = format!("remove release `{}`", first.release_id());
    assert!(said.contains(&removed), "{said}");
    assert_eq!(releases(&domain), sorted(&[&second, &third]));
    assert_read_only_for_computers(&domain, &third, "mde/");
}
