//! A folder of packages is old or new, and nothing of others goes for it.

use gangway_contract::manifest::Mode;
use gangway_contract::{BundleId, ReleaseId, Sha256};

use super::super::document::PackageFile;
use super::*;
use crate::disk::cuts;
use crate::failure::Fault as _;
use crate::pipeline::output::DOWNLOAD;

fn document(content: &[u8]) -> PackagesDocument {
    PackagesDocument {
        schema: PackagesDocument::schema(),
        bundle_id: BundleId::of_bytes(content),
        release_id: ReleaseId::of_bytes(content),
        bundle_json_sha256: Sha256::of(content),
        sequence: 1,
        mode: Mode::Onboard,
        exe_sha256: Sha256::of(content),
        exe_is_signed: true,
        product: None,
        offboarding: None,
        files: vec![PackageFile {
            path: "msi/x.msi".to_owned(),
            format: Format::Msi,
            size: content.len() as u64,
            sha256: Sha256::of(content),
            signature: None,
        }],
    }
}

fn write(out: &Path, bundle: &Path, content: &[u8]) -> Result<(), PackageError> {
    let kept = [("the bundle", bundle.to_owned())];
    let staging = Staging::begin(out, &kept)?;
    staging.folder().write("msi/x.msi", content)?;
    staging
        .folder()
        .write(FILE_NAME, &document(content).to_bytes())?;
    match staging.commit()? {
        None => Ok(()),
        Some(left) => Err(PackageError::Refused(vec![left])),
    }
}

fn held(out: &Path) -> Option<Vec<u8>> {
    let content = fs::read(out.join("msi/x.msi")).ok()?;
    let whole = fs::read(out.join(FILE_NAME)).ok()? == document(&content).to_bytes();
    assert!(whole, "the document is that of the file");
    Some(content)
}

#[test]
fn a_run_that_is_cut_anywhere_leaves_old_or_new_and_the_next_one_is_whole() {
    for exchanges in [true, false] {
        for changes in 0.. {
            let folder = tempfile::tempdir().unwrap();
            let bundle = folder.path().join("bundle");
            fs::create_dir(&bundle).unwrap();
            let out = folder.path().join("packages");
            write(&out, &bundle, b"old").unwrap();
            let run = || cuts::after(changes, || write(&out, &bundle, b"new"));
            let (result, was_cut) = match exchanges {
                true => run(),
                false => cuts::without_exchange(run),
            };
            let is_between = !exchanges && !out.exists();
            if !is_between {
                let content = held(&out).unwrap();
                assert!(content == b"old" || content == b"new", "after {changes}");
            }
            write(&out, &bundle, b"next").unwrap();
            assert_eq!(held(&out).unwrap(), b"next", "after {changes}");
            let names = fs::read_dir(folder.path()).unwrap().count();
            assert_eq!(names, 2, "nothing is left beside, after {changes}");
            if !was_cut {
                result.unwrap();
                break;
            }
        }
    }
}

#[test]
fn what_is_not_ours_is_neither_replaced_nor_taken_away() {
    let folder = tempfile::tempdir().unwrap();
    let bundle = folder.path().join("bundle");
    fs::create_dir(&bundle).unwrap();
    let out = folder.path().join("packages");
    write(&out, &bundle, b"old").unwrap();
    for (name, is_folder) in [("mine.txt", false), ("msi/other.msi", false), ("git", true)] {
        let path = out.join(name);
        match is_folder {
            true => fs::create_dir(&path).unwrap(),
            false => fs::write(&path, b"mine").unwrap(),
        }
        let refused = write(&out, &bundle, b"new").unwrap_err().to_string();
        assert!(refused.contains(name), "{refused}");
        assert_eq!(held(&out).unwrap(), b"old");
        match is_folder {
            true => fs::remove_dir(&path).unwrap(),
            false => fs::remove_file(&path).unwrap(),
        }
    }
    let planted = folder.path().join(".packages.gangway-new");
    fs::create_dir(&planted).unwrap();
    fs::write(planted.join("mine.txt"), b"mine").unwrap();
    assert!(write(&out, &bundle, b"new").is_err());
    assert!(planted.join("mine.txt").exists());
}

/// A link that looks like a folder of ours, too: it was taken for one, and nothing could remove it
/// afterwards.
#[cfg(unix)]
#[test]
fn a_link_is_named_before_anything_is_written_and_no_run_fails_once_it_is_gone() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    let bundle = folder.path().join("bundle");
    let mine = folder.path().join("mine");
    for made in [&bundle, &mine] {
        fs::create_dir(made).unwrap();
    }
    fs::write(mine.join("letter.msi"), b"mine").unwrap();
    let out = folder.path().join("packages");
    write(&out, &bundle, b"old").unwrap();
    for (name, to) in [("cab", &mine), ("msi/more.msi", &mine.join("letter.msi"))] {
        symlink(to, out.join(name)).unwrap();
        let refused = write(&out, &bundle, b"new").unwrap_err();
        let said = refused.to_string();
        assert!(said.contains(name) && said.contains("link"), "{said}");
        assert!(refused.hint().unwrap().contains("take that out"));
        assert_eq!(held(&out).unwrap(), b"old");
        fs::remove_file(out.join(name)).unwrap();
        write(&out, &bundle, b"old").unwrap();
    }
    assert_eq!(fs::read(mine.join("letter.msi")).unwrap(), b"mine");
    // What somebody put into the folder of a run that was killed.
    let left = folder.path().join(".packages.gangway-new");
    fs::create_dir(&left).unwrap();
    symlink(&mine, left.join("cab")).unwrap();
    let refused = write(&out, &bundle, b"new").unwrap_err();
    assert!(refused.to_string().contains("`cab`"), "{refused}");
    let hint = refused.hint().unwrap();
    assert!(hint.contains(".packages.gangway-new` is yours"), "{hint}");
    fs::remove_file(left.join("cab")).unwrap();
    write(&out, &bundle, b"new").unwrap();
    assert_eq!(held(&out).unwrap(), b"new");
}

#[test]
fn packages_lie_apart_from_bundles_downloads_and_other_packages() {
    let folder = tempfile::tempdir().unwrap();
    let bundle = folder.path().join("bundle");
    let downloads = folder.path().join("downloads");
    for made in [&bundle, &downloads] {
        fs::create_dir(made).unwrap();
    }
    let other = folder.path().join("other");
    write(&other, &bundle, b"old").unwrap();
    let before = walkdir::WalkDir::new(folder.path()).into_iter().count();
    for out in [
        bundle.clone(),
        folder.path().to_owned(),
        downloads.join("packages"),
        other.join("packages"),
        other.join("msi/packages"),
    ] {
        let kept = [
            ("the bundle", bundle.clone()),
            (DOWNLOAD, downloads.clone()),
        ];
        let refused = Staging::begin(&out, &kept).unwrap_err();
        assert!(matches!(refused, PackageError::Io(_)), "{refused}");
        let after = walkdir::WalkDir::new(folder.path()).into_iter().count();
        assert_eq!(before, after, "{}", out.display());
    }
}

/// A name and an ending like ours prove nothing.
#[test]
fn of_what_a_killed_run_left_only_what_it_wrote_is_taken_away() {
    let folder = tempfile::tempdir().unwrap();
    let bundle = folder.path().join("bundle");
    fs::create_dir(&bundle).unwrap();
    let out = folder.path().join("packages");
    let left = folder.path().join(".packages.gangway-new");
    let mine = left.join("msi/letter.msi");
    let plant = || {
        fs::create_dir_all(left.join("msi")).unwrap();
        fs::write(&mine, b"mine").unwrap();
    };
    let refused = || {
        let refused = write(&out, &bundle, b"new").unwrap_err();
        let hint = refused.hint().unwrap();
        assert!(
            hint.contains("an earlier version of this program left"),
            "{hint}"
        );
        let refused = refused.to_string();
        assert!(refused.contains("`msi/letter.msi`"), "{refused}");
        assert!(refused.contains("no run of this program"), "{refused}");
        assert_eq!(fs::read(&mine).unwrap(), b"mine");
    };
    // Somebody's own folder, and one beside files of a run that was killed.
    plant();
    refused();
    fs::remove_dir_all(&left).unwrap();
    let cut_at = (0..).find(|changes| {
        let ((), was_cut) = cuts::after(*changes, || drop(write(&out, &bundle, b"new")));
        assert!(was_cut, "before the package was written");
        left.join("msi/x.msi").exists()
    });
    assert!(cut_at.is_some());
    plant();
    refused();
    assert!(left.join("msi/x.msi").exists());
    fs::remove_file(&mine).unwrap();
    write(&out, &bundle, b"new").unwrap();
    assert_eq!(held(&out).unwrap(), b"new");
    assert!(!left.exists());
}
