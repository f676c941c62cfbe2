//! Where `--out` may point, and what is the right answer there.

use std::fs;
use std::path::{Path, PathBuf};

use super::super::{OutputError, Staging};
use super::{exe_of, names, tree, tree_of, write};
use crate::disk::DiskError;

/// A folder for outputs that a test may fill.
fn root() -> (tempfile::TempDir, PathBuf) {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().canonicalize().unwrap();
    (root, path)
}

fn put(path: &Path, content: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

#[track_caller]
fn refused(out: &Path) -> String {
    let before = tree(out);
    let error = write(out, &[], "new").unwrap_err();
    assert_eq!(tree(out), before);
    error.to_string()
}

#[test]
fn what_no_build_wrote_is_named_and_kept() {
    for (path, named) in [
        (".git/HEAD", "`.git`"),
        ("notes.txt", "`notes.txt`"),
        ("share/notes.txt", "`share/notes.txt`"),
        ("gpo/contoso.com/mine", "`gpo/contoso.com/mine`"),
        ("bootstrap/other.exe", "`bootstrap/other.exe`"),
        ("bootstrap/.mine/key.pem", "`bootstrap/.mine`"),
        ("share/releases/other/x", "`share/releases/other`"),
        ("Bundle.json", "`Bundle.json`"),
    ] {
        let (_keep, root) = root();
        let out = root.join("out");
        write(&out, &[], "old").unwrap();
        put(&out.join(path), "mine");
        let said = refused(&out);
        assert!(said.contains(named), "{path}: {said}");
    }
}

#[test]
fn many_are_counted() {
    let (_keep, root) = root();
    let out = root.join("out");
    write(&out, &[], "old").unwrap();
    for number in 0..50 {
        put(&out.join(format!("mine/{number}")), "mine");
        put(&out.join(format!("share/mine-{number}")), "mine");
    }
    let said = refused(&out);
    assert!(said.contains("`mine`, `share/mine-0`"), "{said}");
    assert!(said.contains("and 41 more"), "{said}");
}

#[test]
fn folders_that_are_no_bundle_are_kept() {
    for (name, content) in [
        ("thesis.txt", "years of work"),
        (crate::bundle::FILE_NAME, "{}"),
        (crate::bundle::FILE_NAME, "{\"schema\": 2}"),
    ] {
        let (_keep, root) = root();
        put(&root.join("out").join(name), content);
        let said = refused(&root.join("out"));
        assert!(said.contains("is no bundle"), "{said}");
    }
}

/// A document of ours that somebody changed to name his neighbour's files.
#[test]
fn a_document_vouches_for_nothing_where_no_build_writes() {
    let (_keep, root) = root();
    let out = root.join("out");
    write(&out, &[], "old").unwrap();
    let document = out.join(crate::bundle::FILE_NAME);
    let text = fs::read_to_string(&document).unwrap();
    for path in ["notes.txt", ".git/HEAD", "share/notes.txt", "../notes.txt"] {
        put(&out.join(path), "mine");
        fs::write(&document, text.replacen("manifest.json", path, 1)).unwrap();
        refused(&out);
        fs::remove_file(out.join(path)).unwrap();
        let _ = fs::remove_dir(out.join(".git"));
    }
}

#[test]
fn a_signed_or_damaged_bundle_and_an_empty_folder_are_replaced() {
    let (_keep, root) = root();
    let out = root.join("out");
    fs::create_dir(&out).unwrap();
    write(&out, &[], "old").unwrap();
    fs::write(out.join(exe_of("old")), "signed").unwrap();
    fs::remove_file(out.join("share/control.json")).unwrap();
    write(&out, &[], "new").unwrap();
    assert_eq!(tree(&out), tree_of("new"));
    assert_eq!(names(&root), ["out"]);
}

#[test]
fn what_is_read_never_lies_in_what_is_replaced() {
    let (_keep, root) = root();
    let out = root.join("out");
    write(&out, &[], "old").unwrap();
    put(&root.join("gangway.toml"), "config");
    let before = tree(&root);
    let inside = [
        out.clone(),
        out.join("share"),
        out.join("share/../manifest.json"),
    ];
    for path in inside {
        let error = write(&out, &[("the download", path.clone())], "new").unwrap_err();
        assert!(matches!(error, OutputError::HoldsInput { .. }), "{error}");
        assert!(error.to_string().contains("the download"), "{error}");
    }
    assert_eq!(tree(&root), before);
    let among = write(
        &root.join("downloads/out"),
        &[("the download", root.join("downloads"))],
        "x",
    );
    let error = among.unwrap_err();
    assert!(
        matches!(error, OutputError::AmongDownloads { .. }),
        "{error}"
    );
    // Beside it, above it and absent are no reason.
    let beside =
        ["gangway.toml", ".", "absent", "outer"].map(|path| ("the config", root.join(path)));
    write(&out, &beside, "new").unwrap();
}

#[test]
fn one_place_has_many_spellings() {
    let (_keep, root) = root();
    put(&root.join("desk/x"), "");
    for out in [
        "out",
        "out/",
        "./out",
        "desk/../out",
        "desk/.././out//",
        "deep/er/out",
    ] {
        let out = root.join(out);
        for name in ["old", "new"] {
            write(&out, &[], name).unwrap();
            assert_eq!(tree(&out), tree_of(name), "{}", out.display());
        }
    }
    assert_eq!(names(&root), ["deep", "desk", "out"]);
    let absent = root.join("absent/../out");
    assert!(write(&absent, &[], "new").is_err());
    assert_eq!(names(&root), ["deep", "desk", "out"]);
}

#[cfg(unix)]
#[test]
fn a_link_stays_and_what_it_leads_to_is_replaced() {
    use std::os::unix::fs::symlink;
    let (_keep, root) = root();
    fs::create_dir_all(root.join("elsewhere")).unwrap();
    symlink("elsewhere/out", root.join("link")).unwrap();
    symlink("link", root.join("link-to-link")).unwrap();
    // It leads to nothing at first.
    for (link, name) in [
        ("link", "first"),
        ("link/", "second"),
        ("link-to-link", "third"),
    ] {
        write(&root.join(link), &[], name).unwrap();
        assert_eq!(tree(&root.join("elsewhere/out")), tree_of(name));
        assert_eq!(
            fs::read_link(root.join("link")).unwrap(),
            Path::new("elsewhere/out")
        );
        assert_eq!(names(&root.join("elsewhere")), ["out"]);
    }
    symlink("circle", root.join("circle")).unwrap();
    assert!(write(&root.join("circle"), &[], "new").is_err());
}

#[cfg(unix)]
#[test]
fn links_inside_are_not_ours() {
    use std::os::unix::fs::symlink;
    for (path, to) in [
        ("manifest.json", "../desk/file"),
        ("share", "../desk"),
        ("extra", "../desk"),
    ] {
        let (_keep, root) = root();
        let out = root.join("out");
        put(&root.join("desk/file"), "mine");
        write(&out, &[], "old").unwrap();
        let place = out.join(path);
        let _ = fs::remove_file(&place).or_else(|_| fs::remove_dir_all(&place));
        symlink(to, &place).unwrap();
        let said = refused(&out);
        assert!(said.contains(&format!("`{path}` (a link)")), "{said}");
        assert_eq!(fs::read(root.join("desk/file")).unwrap(), b"mine");
    }
}

#[test]
fn no_folder_and_no_place_are_told() {
    let (_keep, root) = root();
    put(&root.join("file"), "mine");
    let error = write(&root.join("file"), &[], "new").unwrap_err();
    assert!(matches!(error, OutputError::NotAFolder { .. }), "{error}");
    assert!(write(&root.join("file/out"), &[], "new").is_err());
    let error = write(Path::new("/"), &[], "new").unwrap_err();
    assert!(
        matches!(
            error,
            OutputError::MountPoint { .. } | OutputError::NotABundle { .. }
        ),
        "{error}"
    );
    assert_eq!(fs::read(root.join("file")).unwrap(), b"mine");
}

/// A file system of the kernel's that is mounted everywhere: nothing can be made in it, and it
/// cannot be replaced.
#[cfg(target_os = "linux")]
#[test]
fn mount_points_are_told_apart() {
    use super::super::place::is_mount_point;
    assert!(is_mount_point(Path::new("/proc")).unwrap());
    let (_keep, root) = root();
    fs::create_dir(root.join("plain")).unwrap();
    assert!(!is_mount_point(&root.join("plain")).unwrap());
}

#[test]
fn leftovers_go_away_only_when_they_are_surely_ours() {
    let ours: [fn(&Path); 3] = [
        |path| fs::create_dir(path).unwrap(),
        |path| write(path, &[], "left").unwrap(),
        |path| {
            put(&path.join(super::super::MARKER), "");
            fs::write(path.join(super::super::MARKER), super::super::MARKER_TEXT).unwrap();
            put(&path.join(".intake/copy"), "half");
            put(&path.join("share/releases/x/payload"), "half");
            put(&path.join("bootstrap/x.exe"), "half");
        },
    ];
    let foreign: [fn(&Path); 6] = [
        |path| put(path, "mine"),
        |path| put(&path.join("thesis.txt"), "mine"),
        |path| put(&path.join(super::super::MARKER), "something else"),
        |path| {
            write(path, &[], "left").unwrap();
            put(&path.join("thesis.txt"), "mine");
        },
        |path| {
            put(&path.join("thesis.txt"), "mine");
            fs::write(path.join(super::super::MARKER), super::super::MARKER_TEXT).unwrap();
        },
        |path| put(&path.join("share/releases/x/payload"), "mine"),
    ];
    for name in [".out.gangway-new", ".out.gangway-old"] {
        for make in ours {
            let (_keep, root) = root();
            write(&root.join("out"), &[], "old").unwrap();
            make(&root.join(name));
            drop(Staging::begin(&root.join("out"), &[]).unwrap());
            assert_eq!(names(&root), ["out"]);
        }
        for make in foreign {
            let (_keep, root) = root();
            write(&root.join("out"), &[], "old").unwrap();
            make(&root.join(name));
            let before = tree(&root);
            let error = write(&root.join("out"), &[], "new").unwrap_err();
            assert!(
                matches!(error, OutputError::Disk(DiskError::InTheWay { .. })),
                "{error}"
            );
            assert_eq!(tree(&root), before);
        }
    }
    let (_keep, root) = root();
    put(&root.join(".out.gangway-lock"), "mine");
    let error = write(&root.join("out"), &[], "new").unwrap_err();
    assert!(
        matches!(error, OutputError::Disk(DiskError::InTheWay { .. })),
        "{error}"
    );
    assert_eq!(names(&root), [".out.gangway-lock"]);
}

/// Somebody makes a folder where a killed build left none.
#[test]
fn an_empty_folder_does_not_cost_the_old_bundle() {
    let (_keep, root) = root();
    write(&root.join(".out.gangway-old"), &[], "old").unwrap();
    fs::create_dir(root.join("out")).unwrap();
    super::super::mend(&root.join("out"));
    assert_eq!(tree(&root.join("out")), tree_of("old"));
    assert_eq!(names(&root), ["out"]);
}

/// What came while the build was running.
#[test]
fn a_file_that_comes_late_is_kept() {
    let (_keep, root) = root();
    let out = root.join("out");
    write(&out, &[], "old").unwrap();
    let mut staging = Staging::begin(&out, &[]).unwrap();
    super::fill(&mut staging, "new").unwrap();
    put(&out.join("late.txt"), "mine");
    let error = staging.commit().unwrap_err();
    assert!(error.to_string().contains("`late.txt`"), "{error}");
    assert_eq!(fs::read(out.join("late.txt")).unwrap(), b"mine");
    assert_eq!(names(&root), ["out"]);
}
