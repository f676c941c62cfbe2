//! From downloads to a signed bundle, judged by other programs than ours.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use gangway_e2e::{Bundle, Recipe, program, required};
use walkdir::WalkDir;

/// Exit code of `gangway verify` when something is not as it was built.
const VERIFICATION_FAILED: i32 = 4;

fn bundle() -> Bundle {
    Recipe::of_samples()
        .and_then(|recipe| recipe.bundle())
        .expect("a bundle")
}

/// The lab root that was written beside the bundle when it was made.
fn lab_root(bundle: &Bundle) -> PathBuf {
    bundle
        .folder()
        .parent()
        .expect("a folder around it")
        .join("lab/root.pem")
}

fn run(command: &mut Command) -> program::Output {
    let folder = tempfile::tempdir().expect("a temporary folder");
    program::run(command, &folder.path().join("run"), Duration::from_secs(60)).expect("it ends")
}

#[test]
fn osslsigncode_accepts_the_signed_bootstrap() {
    let bundle = bundle();
    let root = lab_root(&bundle);
    let mut verify = Command::new(required::tool("osslsigncode").unwrap());
    verify
        .arg("verify")
        .arg("-CAfile")
        .arg(&root)
        .arg("-TSA-CAfile")
        .arg(&root);
    let output = run(verify.arg("-in").arg(bundle.exe()));
    assert!(
        output.status.success(),
        "{}{}",
        output.stdout,
        output.stderr
    );
    assert!(output.stdout.contains("Succeeded"), "{}", output.stdout);
}

#[test]
fn verify_accepts_the_signed_bundle() {
    let output = bundle().verify().unwrap();
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}{}",
        output.stdout,
        output.stderr
    );
}

#[test]
fn verify_names_any_file_with_a_flipped_byte() {
    let folder = tempfile::tempdir().unwrap();
    let copy = bundle().copy_to(&folder.path().join("out")).unwrap();
    for path in files(copy.folder()) {
        let good = fs::read(&path).unwrap();
        let mut bad = good.clone();
        let middle = bad.len() / 2;
        bad[middle] ^= 1;
        fs::write(&path, bad).unwrap();
        let output = copy.verify().unwrap();
        fs::write(&path, good).unwrap();
        let said = format!("{}{}", output.stdout, output.stderr);
        assert_eq!(
            output.status.code(),
            Some(VERIFICATION_FAILED),
            "{}: {said}",
            path.display()
        );
        let name = path.file_name().unwrap().to_string_lossy();
        assert!(said.contains(&*name), "`{name}` is not named: {said}");
    }
    assert_eq!(
        copy.verify().unwrap().status.code(),
        Some(0),
        "the copy is whole again"
    );
}

#[test]
fn verify_refuses_the_signed_exe_whatever_byte_is_flipped() {
    let folder = tempfile::tempdir().unwrap();
    let copy = bundle().copy_to(&folder.path().join("out")).unwrap();
    let good = fs::read(copy.exe()).unwrap();
    // Evenly over the file, and through the end, where the signature is.
    let spread = (0..48).map(|part| good.len() * part / 48);
    let end = (1..33).map(|back| good.len() - back * 97);
    for at in spread.chain(end) {
        let mut bad = good.clone();
        bad[at] ^= 0x20;
        fs::write(copy.exe(), bad).unwrap();
        let output = copy.verify().unwrap();
        assert_eq!(
            output.status.code(),
            Some(VERIFICATION_FAILED),
            "byte {at} of {}: {}{}",
            good.len(),
            output.stdout,
            output.stderr
        );
    }
}

#[test]
fn verify_names_a_file_that_is_missing_or_added() {
    let folder = tempfile::tempdir().unwrap();
    let copy = bundle().copy_to(&folder.path().join("out")).unwrap();
    let exe = copy.exe();
    fs::rename(&exe, exe.with_extension("old")).unwrap();
    let output = copy.verify().unwrap();
    let said = format!("{}{}", output.stdout, output.stderr);
    assert_eq!(output.status.code(), Some(VERIFICATION_FAILED), "{said}");
    for name in [&exe, &exe.with_extension("old")] {
        let name = name.file_name().unwrap().to_string_lossy();
        assert!(said.contains(&*name), "`{name}` is not named: {said}");
    }
}

#[test]
fn xmllint_accepts_the_scheduled_task() {
    let bundle = bundle();
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas/gpp-scheduledtasks.xsd");
    let tasks: Vec<PathBuf> = files(bundle.folder())
        .into_iter()
        .filter(|path| path.ends_with("ScheduledTasks.xml"))
        .collect();
    assert!(!tasks.is_empty(), "the bundle has no scheduled task");
    for path in tasks {
        let mut lint = Command::new(required::tool("xmllint").unwrap());
        let output = run(lint.arg("--noout").arg("--schema").arg(&schema).arg(&path));
        assert!(
            output.status.success(),
            "{}{}",
            output.stdout,
            output.stderr
        );
    }
}

#[test]
fn the_same_inputs_give_the_same_bytes() {
    let first = bundle();
    let folder = tempfile::tempdir().unwrap();
    let around = first.folder().parent().unwrap();
    let mut build = Command::new(required::path(required::GANGWAY).unwrap());
    build.current_dir(around).arg("build").arg("--stub");
    build
        .arg(required::path(required::STUB).unwrap())
        .arg("--out")
        .arg(folder.path().join("out"));
    let output = run(&mut build);
    assert!(
        output.status.success(),
        "{}{}",
        output.stdout,
        output.stderr
    );
    for path in files(first.folder()) {
        // The exe differs by the signature that the first bundle has.
        if path != first.exe() {
            let below = path.strip_prefix(first.folder()).unwrap();
            let again = fs::read(folder.path().join("out").join(below)).unwrap();
            assert!(
                fs::read(&path).unwrap() == again,
                "`{}` differs",
                below.display()
            );
        }
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = WalkDir::new(folder)
        .into_iter()
        .map(|entry| entry.expect("a listed folder"))
        .filter(|entry| entry.file_type().is_file())
        .map(walkdir::DirEntry::into_path)
        .collect();
    files.sort();
    files
}
