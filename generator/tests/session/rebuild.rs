//! A bundle built again: what is replaced, what is left alone, and what is not touched at all.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use gangway_fixtures::authenticode::{Signature, sign_pe};
use serde_json::Value;

use super::desk::{Desk, NOW};

fn built() -> Desk {
    let desk = Desk::with_downloads();
    desk.build().succeeds();
    desk
}

fn sign(desk: &Desk) {
    let signed = sign_pe(&fs::read(desk.exe()).unwrap(), &Signature::default());
    fs::write(desk.exe(), signed).unwrap();
}

/// When each file and folder of the bundle was written.
fn times(folder: &Path) -> Vec<SystemTime> {
    let entries = walkdir::WalkDir::new(folder).sort_by_file_name();
    let time = |entry: walkdir::DirEntry| entry.metadata().unwrap().modified().unwrap();
    entries
        .into_iter()
        .map(|entry| time(entry.unwrap()))
        .collect()
}

fn json(desk: &Desk) -> Value {
    let session = desk.build_with(&["--json"]);
    assert_eq!(session.code, 0, "{}", session.out);
    serde_json::from_str::<Value>(&session.out).unwrap()["result"].take()
}

#[test]
fn an_unchanged_build_says_so_and_touches_nothing() {
    let desk = built();
    sign(&desk);
    let lock = fs::read(desk.path("gangway.lock")).unwrap();
    let before = (desk.tree("out"), times(&desk.path("out")));
    let session = desk.build();
    assert!(
        session.succeeds().contains("holds this bundle already"),
        "{}",
        session.out
    );
    let result = json(&desk);
    assert_eq!(result["unchanged"], true);
    assert_eq!(result["changed_files"], Value::Array(Vec::new()));
    desk.build_with(&["--locked"]).succeeds();
    assert!(before == (desk.tree("out"), times(&desk.path("out"))));
    assert_eq!(fs::read(desk.path("gangway.lock")).unwrap(), lock);
    // The digest that was kept outside is that of the signed bundle too.
    desk.verify_with(&["--signed", "-c", "gangway.toml"])
        .succeeds();
}

#[test]
fn a_changed_build_names_what_changed() {
    let desk = built();
    sign(&desk);
    let first = json(&desk)["bundle"]["exe"]["path"].take();
    desk.change_config("\"Contoso\"", "\"Fabrikam\"");
    let result = json(&desk);
    assert_eq!(result["unchanged"], false);
    let changed = result["changed_files"].as_array().unwrap();
    for path in ["manifest.json".into(), "runbook.html".into(), first] {
        assert!(changed.contains(&path), "{path} in {changed:?}");
    }
    assert!(
        !changed.contains(&"share/control.json".into()),
        "{changed:?}"
    );
    desk.change_config("\"Fabrikam\"", "\"Contoso\"");
    let session = desk.build();
    assert!(
        session.succeeds().contains("changed  bootstrap/"),
        "{}",
        session.out
    );
}

#[test]
fn a_bundle_that_is_not_as_it_was_built_is_written_anew() {
    let damages: [fn(&Desk); 5] = [
        |desk| fs::remove_file(desk.path("out/share/control.json")).unwrap(),
        |desk| fs::remove_file(desk.path("out/runbook.html")).unwrap(),
        |desk| desk.put("out/SHA256SUMS", b""),
        |desk| {
            let mut exe = fs::read(desk.exe()).unwrap();
            exe[0x410] ^= 1;
            fs::write(desk.exe(), exe).unwrap();
        },
        |desk| {
            let link = desk.path("another-name");
            fs::hard_link(desk.path("out/manifest.json"), link).unwrap();
        },
    ];
    for damage in damages {
        let desk = built();
        let whole = desk.tree("out");
        damage(&desk);
        assert_eq!(json(&desk)["unchanged"], false);
        assert!(desk.tree("out") == whole);
        desk.verify().succeeds();
    }
}

#[test]
fn a_lost_lock_is_written_again_beside_an_unchanged_bundle() {
    let desk = built();
    let lock = fs::read(desk.path("gangway.lock")).unwrap();
    fs::remove_file(desk.path("gangway.lock")).unwrap();
    assert_eq!(json(&desk)["unchanged"], true);
    assert_eq!(fs::read(desk.path("gangway.lock")).unwrap(), lock);
}

/// A folder to build in, what is arranged around it, and the words of the refusal.
type Refused = (&'static str, fn(&Desk), &'static [&'static str]);

const REFUSED: &[Refused] = &[
    ("out", |desk| mine(desk, "out/.git/HEAD"), &["`.git`"]),
    ("out", |desk| mine(desk, "out/notes.txt"), &["`notes.txt`"]),
    (
        "out/",
        |desk| mine(desk, "out/share/notes.txt"),
        &["`share/notes.txt`"],
    ),
    (
        "./out",
        |desk| mine(desk, "out/gangway.toml"),
        &["`gangway.toml`"],
    ),
    // Any document called so, with everything else in the folder.
    (".", |desk| mine(desk, "bundle.json"), &["the config"]),
    ("..", |_| {}, &["the config"]),
    ("downloads", |_| {}, &["the download"]),
    (
        "downloads",
        |desk| mine(desk, "downloads/bundle.json"),
        &["the download"],
    ),
    ("gangway.toml", |_| {}, &["is no folder"]),
    ("out", |desk| in_use(desk), &["the download"]),
    ("deep/../out", |_| {}, &["resolve"]),
];

fn mine(desk: &Desk, path: &str) {
    fs::create_dir_all(desk.path(path).parent().unwrap()).unwrap();
    desk.put(path, b"mine");
}

/// The release folder of the bundle becomes the folder with the downloads.
fn in_use(desk: &Desk) {
    desk.change_config("[\"downloads\"]", "[\"downloads\", \"out/share/releases\"]");
}

#[test]
fn whatever_is_not_ours_stays_and_is_named() {
    for (out, arrange, words) in REFUSED {
        let desk = built();
        arrange(&desk);
        let before = desk.tree("");
        let arguments = ["build", "--out", out, "--stub", "stub.exe", "--as-of", NOW];
        desk.run(&arguments).fails_with(3, words);
        assert!(desk.tree("") == before, "{out}");
    }
}

#[test]
fn a_build_in_its_own_current_folder_is_refused() {
    let desk = built();
    let before = desk.tree("");
    for (folder, out) in [("out", "."), ("out/share", ".."), ("out", "../out")] {
        let config = desk.path("gangway.toml");
        let stub = desk.path("stub.exe");
        let mut command = desk.command(&["build", "--as-of", NOW, "--out", out]);
        let output = command
            .arg("--config")
            .arg(config)
            .arg("--stub")
            .arg(stub)
            .current_dir(desk.path(folder))
            .output()
            .unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(3), "{err}");
        assert!(err.contains("the current folder"), "{err}");
        assert!(desk.tree("") == before, "{out}");
    }
}

/// As a kill between two renames leaves it, where folders cannot be exchanged.
#[test]
fn the_next_run_mends_whatever_it_is() {
    let runs: [(&[&str], i32); 4] = [
        (&["verify", "out", "--as-of", NOW], 0),
        (&["sign", "out"], 2),
        (&["build", "-o", "out", "-c", "absent.toml"], 3),
        (
            &["build", "-o", "out", "--stub", "stub.exe", "--as-of", NOW],
            0,
        ),
    ];
    for (arguments, code) in runs {
        let desk = built();
        let before = desk.tree("out");
        fs::rename(desk.path("out"), desk.path(".out.gangway-old")).unwrap();
        desk.put(".out.gangway-lock", b"");
        let session = desk.run(arguments);
        assert_eq!(session.code, code, "{}{}", session.out, session.err);
        assert!(desk.tree("out") == before, "{arguments:?}");
        let names = fs::read_dir(desk.path("")).unwrap();
        let left = names.filter(|name| {
            let name = name.as_ref().unwrap().file_name();
            name.to_string_lossy().starts_with(".out")
        });
        assert_eq!(left.count(), 0, "{arguments:?}");
    }
}
