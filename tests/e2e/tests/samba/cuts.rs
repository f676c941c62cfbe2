//! Publications that are cut at every write, and what ends them.

use std::fs;

use gangway_e2e::Bundle;
use gangway_e2e::samba::{self, Cut, Domain};

use super::model::{
    Gpo, assert_whole, files, gpos, one, other_task_only, tagged, task_only, version,
};

/// After a cut: every file is of the one bundle or the other, SYSVOL is never ahead of the
/// directory, and the directory tells of the new version only when all files but `GPT.INI` are
/// there.
#[track_caller]
fn assert_not_torn(domain: &Domain, old: Option<(&Gpo, u32)>, new: &Gpo) {
    let mut found = files(&new.folder(domain));
    let told = domain.object(&new.dn()).unwrap();
    let told = told.map_or(0, |object| {
        one(&object, "versionNumber").parse::<u32>().unwrap()
    });
    if let Some(ini) = found.remove("GPT.INI") {
        assert!(version(&ini).parse::<u32>().unwrap() <= told);
    }
    found.retain(|name, _| !name.ends_with(".gangway-part"));
    for (name, bytes) in &found {
        let known = [old.map(|(gpo, _)| gpo), Some(new)];
        let mut known = known.iter().flatten();
        assert!(
            known.any(|gpo| gpo.files.get(name) == Some(bytes)),
            "`{name}` is neither old nor new"
        );
    }
    if told != old.map_or(0, |(_, version)| version) {
        assert_eq!(found, new.files, "the version was raised too early");
    }
}

/// Cuts the replacement of one bundle by another at every write, and ends it both ways.
fn cut_an_update(kind: fn(usize) -> Cut, old: &Bundle, new: &Bundle, expected: usize) {
    let domain = Domain::start().unwrap();
    let (old_gpos, new_gpos) = (gpos(old), gpos(new));
    domain.published(old.folder(), &[]).unwrap();
    let exe = domain
        .sysvol()
        .join("scripts/Gangway")
        .join(new.exe().file_name().unwrap());
    let mut seen = 0;
    for cut in (1..).map(kind) {
        let versions: Vec<u32> = old_gpos
            .iter()
            .map(|gpo| assert_whole(&domain, gpo))
            .collect();
        // Its copy is one of the writes.
        let _ = fs::remove_file(&exe);
        if !domain.publish_until(cut, new.folder(), &[]).unwrap() {
            break;
        }
        seen += 1;
        for ((old, version), new) in old_gpos.iter().zip(versions).zip(&new_gpos) {
            assert_not_torn(&domain, Some((old, version)), new);
        }
        if seen % 2 == 0 {
            domain.published(new.folder(), &[]).unwrap();
            for gpo in &new_gpos {
                assert_whole(&domain, gpo);
            }
        }
        domain.published(new.folder(), &["--rollback"]).unwrap();
    }
    assert_eq!(seen, expected, "writes of a publication");
    for gpo in &new_gpos {
        assert_whole(&domain, gpo);
    }
}

/// Bootstrap, task, policy values, comment, recipe and `GPT.INI`: upload and rename.
#[test]
fn an_update_that_is_killed_at_any_write_to_the_share_ends_whole() {
    cut_an_update(Cut::Share, &task_only(), &other_task_only(), 6 * 2);
}

/// One change of each GPO.
#[test]
fn an_update_that_loses_the_directory_at_any_write_ends_whole() {
    cut_an_update(Cut::Directory, &tagged("old"), &tagged("new"), 2);
}

/// Cuts a first publication at each of these writes until one goes through. After an odd write it
/// is taken back, after an even one it is ended first.
fn cut_a_first_publication(
    kind: fn(usize) -> Cut,
    writes: impl Iterator<Item = usize>,
    expected: usize,
) {
    let domain = Domain::start().unwrap();
    let bundle = task_only();
    let task = gpos(&bundle).pop().unwrap();
    let mut seen = 0;
    for write in writes {
        let _ = fs::remove_dir_all(domain.sysvol().join("scripts/Gangway"));
        let cut = kind(write);
        if !domain.publish_until(cut, bundle.folder(), &[]).unwrap() {
            break;
        }
        seen += 1;
        assert_not_torn(&domain, None, &task);
        if write % 2 == 0 {
            domain.published(bundle.folder(), &[]).unwrap();
            assert_whole(&domain, &task);
        }
        domain.published(bundle.folder(), &["--rollback"]).unwrap();
        assert_eq!(domain.object(&task.dn()).unwrap(), None);
        let left = samba::tree(&domain.sysvol().join("Policies")).unwrap();
        assert!(!left.keys().any(|name| name.contains(&task.id)), "{cut:?}");
    }
    assert_eq!(seen, expected, "writes of a publication");
    assert_whole(&domain, &task);
}

/// Bootstrap: folder, upload, rename; GPO: folder, permissions, rename, five folders, upload and
/// rename of four files and of `GPT.INI`.
const FIRST_WRITES_TO_THE_SHARE: usize = 3 + 3 + 5 + 10;

// Two halves that run side by side: the whole takes longer than all other tests of the suite.

#[test]
fn a_first_publication_that_is_killed_at_an_odd_write_to_the_share_can_be_taken_back() {
    let odd = (1..).step_by(2);
    cut_a_first_publication(Cut::Share, odd, FIRST_WRITES_TO_THE_SHARE.div_ceil(2));
}

#[test]
fn a_first_publication_that_is_killed_at_an_even_write_to_the_share_ends_whole() {
    let even = (2..).step_by(2);
    cut_a_first_publication(Cut::Share, even, FIRST_WRITES_TO_THE_SHARE / 2);
}

/// WMI filter (which stays when the rest is taken back), object, two children, the change.
#[test]
fn a_first_publication_that_loses_the_directory_at_any_write_ends_whole() {
    cut_a_first_publication(Cut::Directory, 1.., 4);
}
