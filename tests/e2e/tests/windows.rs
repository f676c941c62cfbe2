//! `gangway.exe` under Wine: the same bytes and the same words as the program for Linux.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use gangway_e2e::wine::{Prefix, template};
use gangway_e2e::{program, required};
use serde_json::Value;
use sha2::Digest as _;
use walkdir::WalkDir;

/// 2026-04-01.
const NOW: &str = "1775001600";

/// What a program said and how it ended.
#[derive(Debug, PartialEq, Eq)]
struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

/// The two programs, each with a desk of the same files.
struct Both {
    linux: tempfile::TempDir,
    windows: Prefix,
    _around: tempfile::TempDir,
}

impl Both {
    fn new() -> Self {
        let kinds = ["agent", "scripts", "updates", "tools"];
        let config = gangway_fixtures::config::trusting_the_lab("lab/roots.pem", &kinds);
        let around = tempfile::tempdir().expect("it works");
        let linux = tempfile::tempdir().expect("it works");
        let folder = template::folder().expect("a template of Wine");
        let windows = Prefix::copy_of(&folder, &around.path().join("wine")).expect("a prefix");
        let exe = required::path("GANGWAY_WINDOWS").expect("it works");
        fs::copy(exe, windows.on_c("gangway.exe")).expect("it works");
        for desk in [linux.path().join("desk"), windows.on_c("desk")] {
            let samples = required::path(required::FIXTURES).expect("it works");
            copy_tree(&samples.join("downloads"), &desk.join("downloads"));
            gangway_fixtures::samples::lab(&desk.join("lab")).expect("it works");
            fs::write(desk.join("gangway.toml"), &config).expect("it works");
        }
        Self {
            linux,
            windows,
            _around: around,
        }
    }

    fn desks(&self) -> [PathBuf; 2] {
        [self.linux.path().join("desk"), self.windows.on_c("desk")]
    }

    fn on_linux(&self, arguments: &[&str]) -> Said {
        let mut command = Command::new(required::path(required::GANGWAY).expect("it works"));
        command.args(arguments).current_dir(self.linux.path());
        let files = self.linux.path().join("run");
        let output =
            program::run(&mut command, &files, Duration::from_secs(120)).expect("it works");
        Said {
            code: output.status.code(),
            out: output.stdout,
            err: output.stderr,
        }
    }

    /// With the separators and line ends of the other one.
    fn on_windows(&self, arguments: &[&str]) -> Said {
        let arguments = [&[r"C:\gangway.exe"], arguments].concat();
        let output = self.windows.wine(&arguments).expect("it works");
        let plain = |text: &str| {
            let text = text.replace("\r\n", "\n");
            // Wine's own word for its server having ended first; the program is done by then.
            let lines = text.split_inclusive('\n');
            let lines = lines.filter(|line| !line.starts_with("wine client error:"));
            let text: String = lines.collect();
            // The system's own words.
            text.replace("File not found.", "No such file or directory")
        };
        Said {
            code: output.status.code(),
            out: plain(&output.stdout),
            err: plain(&output.stderr),
        }
    }

    /// Asserts that both say the same, and gives the exit code.
    fn say_the_same(&self, arguments: &[&str]) -> i32 {
        let slashes = |said: Said| Said {
            out: said.out.replace('\\', "/"),
            err: said.err.replace('\\', "/"),
            ..said
        };
        let linux = slashes(self.on_linux(arguments));
        let windows = slashes(self.on_windows(arguments));
        assert_eq!(windows, linux, "{arguments:?}");
        linux.code.expect("it works")
    }
}

fn copy_tree(from: &Path, to: &Path) {
    for entry in WalkDir::new(from) {
        let entry = entry.expect("it works");
        let to = to.join(entry.path().strip_prefix(from).expect("it works"));
        if entry.file_type().is_dir() {
            fs::create_dir_all(&to).expect("it works");
        } else {
            fs::copy(entry.path(), &to).expect("it works");
        }
    }
}

/// Every file below a folder by its path, with its digest.
fn tree(folder: &Path) -> BTreeMap<String, String> {
    WalkDir::new(folder)
        .into_iter()
        .map(|entry| entry.expect("it works"))
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let path = entry.path().strip_prefix(folder).expect("it works");
            let bytes = fs::read(entry.path()).expect("it works");
            let digest = format!("{:x?}", sha2::Sha256::digest(bytes));
            (path.display().to_string(), digest)
        })
        .collect()
}

#[test]
fn a_bundle_has_the_same_bytes_and_is_judged_in_the_same_words() {
    let both = Both::new();
    let config = ["-c", "desk/gangway.toml", "--as-of", NOW];
    let with = |command: &[&'static str]| [command, &config[..]].concat();
    let good = 0;

    let stub = required::path(required::STUB).unwrap();
    let build = with(&["build", "--out", "desk/out"]);
    let linux = both.on_linux(&[&build[..], &["--stub", stub.to_str().unwrap()]].concat());
    let windows = both.on_windows(&build);
    assert_eq!(
        (windows.code, linux.code),
        (Some(0), Some(0)),
        "{windows:?}"
    );
    assert_eq!(windows.out.replace('\\', "/"), linux.out.replace('\\', "/"));
    let [one, other] = both.desks();
    assert!(tree(&one.join("out")).len() > 20);
    assert_eq!(tree(&other.join("out")), tree(&one.join("out")));
    let lock = |desk: &Path| fs::read_to_string(desk.join("gangway.lock")).unwrap();
    assert_eq!(lock(&other), lock(&one));

    assert_eq!(
        both.say_the_same(&with(&["inspect", "desk/downloads"])),
        good
    );
    let stub_of = ["--stub", "desk/stub.exe"];
    for desk in both.desks() {
        fs::copy(&stub, desk.join("stub.exe")).unwrap();
    }
    let verify = with(&["verify", "desk/out"]);
    assert_eq!(both.say_the_same(&[&verify[..], &stub_of].concat()), good);
    assert_eq!(both.say_the_same(&["lint", "desk/out"]), good);

    let package = [
        "package",
        "desk/out",
        "--allow-unsigned",
        "--out",
        "desk/packages",
    ];
    assert_eq!(both.say_the_same(&with(&package)), good);
    let embedded = ["--out", "desk/embedded", "--format", "msi", "--embed"];
    let embedded = [&package[..3], &embedded[..]].concat();
    assert_eq!(both.say_the_same(&with(&embedded)), good);
    for folder in ["packages", "embedded"] {
        let made = tree(&one.join(folder));
        assert!(made.keys().any(|path| path.ends_with(".msi")), "{made:?}");
        assert_eq!(tree(&other.join(folder)), made);
    }
    assert_eq!(both.say_the_same(&["diff", "desk/out", "desk/out"]), good);
    assert_eq!(both.say_the_same(&["explain", "GW3005"]), good);
}

#[test]
fn what_is_wrong_is_told_in_the_same_words() {
    let both = Both::new();
    for desk in both.desks() {
        fs::create_dir(desk.join("empty")).unwrap();
        fs::write(desk.join("wrong.toml"), "[organisation]\nname = \"x\"\n").unwrap();
    }
    for (arguments, code) in [
        (&["verify", "desk/empty"][..], 4),
        (&["build", "--out", "desk/out", "-c", "desk/wrong.toml"], 2),
        (&["report", "desk/empty"], 3),
        (&["inspect", "desk/empty", "--as-of", NOW], 1),
    ] {
        assert_eq!(both.say_the_same(arguments), code, "{arguments:?}");
    }
}

#[test]
fn it_carries_the_stub_that_is_proven_here() {
    let both = Both::new();
    let said = both.on_windows(&["--version", "--json"]);
    let answer: Value = serde_json::from_str(&said.out).unwrap();
    let stub = fs::read(required::path(required::STUB).unwrap()).unwrap();
    let digest: String = sha2::Sha256::digest(stub)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(answer["result"]["stub"]["sha256"], *digest);
    assert_eq!(answer["result"]["stub"]["inside"], true);
}
