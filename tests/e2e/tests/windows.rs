//! `gangway.exe` under Wine: the same bytes and the same words as the program for Linux.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use gangway_contract::UtcTime;
use gangway_contract::report::file_name;
use gangway_e2e::wine::{Prefix, template};
use gangway_e2e::{program, required};
use gangway_fixtures::authenticode::{Signature, sign_pe};
use serde_json::Value;
use sha2::Digest as _;
use walkdir::WalkDir;

#[path = "windows/selftest.rs"]
mod selftest;

/// 2026-04-01.
const NOW: &str = "1775001600";

/// The share that the sample config names.
const SHARE: &str = r"\\files.contoso.com\gangway$";

/// A program of each system that stands for a signing command: it gives the exe that was signed before.
const SIGNERS: [&str; 2] = [
    "[signing]\nroots = ['lab/roots.pem']\ncommand = ['/bin/cp', 'signed.exe', '{out}']\n",
    "[signing]\nroots = ['lab/roots.pem']\ncommand = ['cmd.exe', '/d', '/c', 'copy', '/y', 'signed.exe', \
     '{out}']\n",
];

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
        let desks = [linux.path().join("desk"), windows.on_c("desk")];
        for (desk, signer) in desks.into_iter().zip(SIGNERS) {
            let config = format!("{config}{signer}");
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

/// A bundle on both desks, and what the signing command gives.
fn build(both: &Both) {
    let stub = required::path(required::STUB).expect("it works");
    // Both by one file: the program for Linux has none inside.
    for desk in both.desks() {
        fs::copy(&stub, desk.join("stub.exe")).expect("it works");
        let config = desk.join("gangway.toml");
        let text = fs::read_to_string(&config).expect("it works");
        fs::write(&config, format!("{text}[bootstrap]\nstub = 'stub.exe'\n")).expect("it works");
    }
    let build = [
        "build",
        "--out",
        "desk/out",
        "-c",
        "desk/gangway.toml",
        "--as-of",
        NOW,
    ];
    let on_linux = [&build[..], &["--stub", stub.to_str().expect("it works")]].concat();
    assert_eq!(both.on_linux(&on_linux).code, Some(0));
    assert_eq!(both.on_windows(&build).code, Some(0));
    for desk in both.desks() {
        let mut exes = fs::read_dir(desk.join("out/bootstrap")).expect("it works");
        let exe = exes.next().expect("it works").expect("it works").path();
        let signed = sign_pe(&fs::read(exe).expect("it works"), &Signature::default());
        fs::write(desk.join("signed.exe"), signed).expect("it works");
    }
}

/// The bootstrap's own golden reports, as servers leave them, and the list of servers.
fn leave_reports(desk: &Path) {
    const WRITTEN: [&str; 2] = [
        include_str!(
            "../../../runner/tests/whole_runs/snapshots/whole_runs__reports__report-done.snap"
        ),
        include_str!(
            "../../../runner/tests/whole_runs/snapshots/whole_runs__reports__report-failed.snap"
        ),
    ];
    fs::create_dir(desk.join("reports")).expect("it works");
    let mut servers = String::new();
    for (number, golden) in (0..).zip(WRITTEN) {
        let (_, document) = golden.split_once("\n---\n").expect("it works");
        let report: Value = serde_json::from_str(document).expect("it works");
        let fqdn = report["fqdn"].as_str().expect("it works");
        let time = report["finished_at"].as_str().expect("it works");
        let time: UtcTime = time.parse().expect("it works");
        let name = file_name(fqdn, time, number);
        fs::write(desk.join("reports").join(name), document).expect("it works");
        servers.push_str(&format!("{fqdn}\r\n"));
    }
    fs::write(desk.join("servers.txt"), servers).expect("it works");
}

/// Runs of 32 and more hex digits as `#`, and the numbers of bytes and files: they follow from code that
/// others change.
fn without_digests(text: &str) -> String {
    let mut words = Vec::new();
    for word in text.split(' ') {
        let hex = |c: char| matches!(c, '0'..='9' | 'a'..='f');
        let is_count = !word.is_empty() && word.chars().all(|c| c.is_ascii_digit());
        let pieces: Vec<String> = word
            .split_inclusive(|c: char| !hex(c))
            .map(|piece| {
                let digits = piece.trim_end_matches(|c| !hex(c));
                match digits.len() < 32 {
                    true => piece.to_owned(),
                    false => format!("#{}", &piece[digits.len()..]),
                }
            })
            .collect();
        words.push((is_count, pieces.concat()));
    }
    let mut out = String::new();
    for (index, (is_count, word)) in words.iter().enumerate() {
        let counted = words.get(index + 1).is_some_and(|(_, next)| {
            ["bytes", "(bytes", "compared"]
                .iter()
                .any(|of| next.starts_with(of))
        });
        out.push_str(if index > 0 { " " } else { "" });
        out.push_str(if *is_count && counted { "#" } else { word });
    }
    out
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

    let package = ["package", "desk/out", "--allow-unsigned"];
    let embedded = ["--out", "desk/embedded", "--format", "msi", "--embed"];
    for more in [&["--out", "desk/packages"][..], &embedded] {
        let package = [&package[..], more].concat();
        // The program for Linux carries no stub inside, which is a note of its own on standard error.
        let (linux, windows) = (
            both.on_linux(&with(&package)),
            both.on_windows(&with(&package)),
        );
        let said = |said: Said| (said.code, said.out.replace('\\', "/"));
        assert_eq!(linux.code, Some(good), "{linux:?}");
        assert_eq!(said(windows), said(linux));
    }
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

#[test]
fn signing_and_all_that_follows_is_told_in_the_same_words() {
    let both = Both::new();
    build(&both);
    for desk in both.desks() {
        leave_reports(&desk);
        fs::create_dir(desk.join("share")).unwrap();
    }
    let config = ["-c", "desk/gangway.toml", "--as-of", NOW];
    let with = |command: &[&'static str]| [command, &config[..]].concat();
    let stub = required::path(required::STUB).unwrap();
    for desk in both.desks() {
        fs::copy(&stub, desk.join("stub.exe")).unwrap();
    }
    for (arguments, code) in [
        (with(&["sign", "desk/out"]), 0),
        (with(&["sign", "desk/out"]), 0),
        (
            with(&["verify", "--signed", "desk/out", "--stub", "desk/stub.exe"]),
            0,
        ),
        (with(&["publish", "desk/out", "--offline"]), 0),
        (
            with(&["publish", "share", "desk/out", "--to", "desk/share"]),
            0,
        ),
        (
            with(&[
                "publish",
                "share",
                "desk/out",
                "--to",
                "desk/share",
                "--apply",
            ]),
            0,
        ),
        (
            with(&[
                "publish",
                "share",
                "desk/out",
                "--to",
                "desk/share",
                "--apply",
            ]),
            0,
        ),
        (
            with(&[
                "verify",
                "desk/out",
                "--stub",
                "desk/stub.exe",
                "--share",
                "desk/share",
            ]),
            0,
        ),
        (with(&["package", "desk/out", "--format", "msi"]), 0),
        (
            vec![
                "report",
                "desk/reports",
                "--expected",
                "desk/servers.txt",
                "--as-of",
                "2026-02-04",
            ],
            0,
        ),
        (
            vec![
                "report",
                "desk/reports",
                "--all",
                "--threshold",
                "100",
                "--as-of",
                "2026-02-04",
            ],
            1,
        ),
    ] {
        assert_eq!(both.say_the_same(&arguments), code, "{arguments:?}");
    }
    let [one, other] = both.desks();
    take_numbers(&one.join("share"));
    take_numbers(&other.join("share"));
    for folder in ["out", "share", "out-packages"] {
        assert!(tree(&one.join(folder)).len() > 2, "{folder}");
        assert_eq!(
            tree(&other.join(folder)),
            tree(&one.join(folder)),
            "{folder}"
        );
    }
}

/// As far as Wine's network reaches: the path leads to a folder of this machine.
#[test]
fn a_share_is_written_by_its_unc_path_as_by_a_folder() {
    let both = Both::new();
    build(&both);
    let [one, other] = both.desks();
    let share = other.join("share");
    fs::create_dir(&share).unwrap();
    fs::create_dir(one.join("share")).unwrap();
    let unc = both
        .windows
        .folder()
        .join("dosdevices/unc/files.contoso.com");
    fs::create_dir_all(&unc).unwrap();
    std::os::unix::fs::symlink(&share, unc.join("gangway$")).unwrap();
    let publish = [
        "publish",
        "share",
        "desk/out",
        "-c",
        "desk/gangway.toml",
        "--as-of",
        NOW,
        "--apply",
    ];
    let sign = [
        "sign",
        "desk/out",
        "-c",
        "desk/gangway.toml",
        "--as-of",
        NOW,
    ];
    assert_eq!(both.say_the_same(&sign), 0);
    let linux = both.on_linux(&[&publish[..], &["--to", "desk/share"]].concat());
    let windows = both.on_windows(&publish);
    assert_eq!(
        (windows.code, linux.code),
        (Some(0), Some(0)),
        "{windows:?}"
    );
    let told = |said: &str| said.replace(SHARE, "desk/share").replace('\\', "/");
    assert_eq!(told(&windows.err), told(&linux.err));
    assert!(tree(&share).len() > 2);
    let of_linux = one.join("share");
    take_numbers(&share);
    take_numbers(&of_linux);
    assert_eq!(tree(&share), tree(&of_linux));
}

/// Takes the number of its publication out of each campaign's document: account and machine are in it.
#[track_caller]
fn take_numbers(share: &Path) {
    for entry in fs::read_dir(share.join("campaigns")).expect("it works") {
        let path = entry.expect("it works").path();
        let text = fs::read(&path).expect("it works");
        let mut campaign: Value = serde_json::from_slice(&text).expect("it works");
        let number = campaign
            .as_object_mut()
            .expect("it works")
            .remove("publication");
        assert!(number.is_some(), "{campaign:#}");
        fs::write(&path, campaign.to_string()).expect("it works");
    }
}

/// What an administrator reads on the console of Windows, from the first command to the report.
#[test]
fn a_session_on_the_console_reads_so() {
    let both = Both::new();
    build(&both);
    leave_reports(&both.windows.on_c("desk"));
    fs::create_dir(both.windows.on_c("desk/share")).unwrap();
    let mut session = String::new();
    for line in [
        r"gangway init desk\new.toml",
        r"gangway inspect -c desk\gangway.toml desk\downloads\md4ws.msi",
        r"gangway build -c desk\gangway.toml --out desk\out",
        r"gangway sign -c desk\gangway.toml desk\out",
        r"gangway verify --signed -c desk\gangway.toml desk\out",
        r"gangway lint desk\out",
        r"gangway diff desk\out desk\absent",
        r"gangway publish share -c desk\gangway.toml desk\out --to desk\share",
        r"gangway report desk\reports --expected desk\servers.txt",
        r"gangway explain GW1305",
        r"gangway verify desk\reports",
        r"gangway buidl",
    ] {
        let mut arguments: Vec<&str> = line.split(' ').skip(1).collect();
        let judges = ["inspect", "build", "sign", "verify", "publish"];
        if judges.contains(&arguments[0]) {
            arguments.extend(["--as-of", "2026-04-01"]);
        }
        if arguments[0] == "report" {
            arguments.extend(["--as-of", "2026-02-04"]);
        }
        let said = both.on_windows(&arguments);
        session.push_str(&format!("C:\\> {line}\n{}", said.out));
        said.err
            .lines()
            .for_each(|line| session.push_str(&format!("! {line}\n")));
        session.push_str(&format!("exit code {:?}\n\n", said.code.unwrap()));
    }
    let session: Vec<String> = session
        .lines()
        .map(|line| without_digests(&without_backup_id(line)))
        .collect();
    insta::assert_snapshot!("session", session.join("\n"));
}

/// The id of a backup follows from the stub's bytes.
fn without_backup_id(line: &str) -> String {
    let split = line.split_once(r"\deploy\{");
    let split = split.and_then(|(head, tail)| Some((head, tail.split_once('}')?.1)));
    split.map_or_else(
        || line.to_owned(),
        |(head, tail)| format!(r"{head}\deploy\{{#}}{tail}"),
    )
}
