//! `gangway selftest` under Wine, which answers what it can.

#![expect(
    clippy::unwrap_used,
    reason = "a test says what went wrong by panicking"
)]

use std::fs;
use std::time::Duration;

use gangway_e2e::{Os, Packages, Recipe, Server, required};
use serde_json::Value;

use super::copy_tree;

/// A sequence above that of the samples' bundle.
const LATER: u32 = 7;

/// How each row of `gangway selftest` is answered here.
const ANSWERS: [(&str, &str); 30] = [
    ("bootstrap-signature", "not_answerable"),
    ("payload-signatures", "not_answerable"),
    ("bootstrap-facts", "yes"),
    ("antivirus-mode", "not_answerable"),
    ("sensor-capability", "not_answerable"),
    ("wmi-filter-query", "not_answerable"),
    ("wmi-filter-mof", "not_answerable"),
    ("task-xml-checked", "not_answerable"),
    ("package-unpacked", "not_answerable"),
    ("installer-mutex", "not_answerable"),
    ("scripts-parsed", "not_answerable"),
    ("script-signatures", "not_answerable"),
    ("detection-script", "not_answerable"),
    ("dsc-compiled", "not_answerable"),
    ("app-control-converted", "not_answerable"),
    ("app-locker-tested", "not_answerable"),
    ("directory-sign-in", "not_answerable"),
    ("task-registered", "not_answerable"),
    ("task-cache-key", "not_answerable"),
    ("task-deleted-while-running", "not_answerable"),
    ("registry-pol", "not_answerable"),
    ("gpo-imported", "not_answerable"),
    ("package-installed", "yes"),
    ("package-permissions", "not_answerable"),
    ("package-starts-bootstrap", "not_answerable"),
    ("package-upgraded", "yes"),
    ("package-removed", "yes"),
    ("payload-share", "not_answerable"),
    ("report-share", "not_answerable"),
    ("event-source", "not_answerable"),
];

/// A server with the program, a bundle with its packages, and a later one.
struct Desk {
    server: Server,
}

impl Desk {
    fn new() -> Self {
        let bundle = Recipe::of_samples().unwrap().bundle().unwrap();
        let packages = Packages::of(&bundle, &[]).unwrap();
        let later = Recipe::of_samples().unwrap().after_a_lost_lock(LATER);
        let later = later.bundle().unwrap();
        let later_packages = Packages::of(&later, &["--format", "msi"]).unwrap();
        let server = Server::new(Os::Server2022).build().unwrap();
        let exe = required::path("GANGWAY_WINDOWS").unwrap();
        fs::copy(exe, server.on_c("gangway.exe")).unwrap();
        for (from, to) in [
            (bundle.folder(), "bundle"),
            (&packages.folder(), "packages"),
            (later.folder(), "later"),
            (&later_packages.folder(), "later-packages"),
        ] {
            copy_tree(from, &server.on_c(to));
        }
        Self { server }
    }

    /// The exit code, and the answer, which is the same on standard output and in the file.
    fn ask(&self, more: &[&str]) -> (i32, Value) {
        let selftest = [
            "selftest",
            r"C:\bundle",
            "--packages",
            r"C:\packages",
            "--later",
            r"C:\later",
            "--later-packages",
            r"C:\later-packages",
            "--out",
            r"C:\answer.json",
            "--json",
        ];
        let arguments = [&selftest[..], more].concat();
        let run = self.server.run(r"C:\gangway.exe", &arguments).unwrap();
        let written = fs::read_to_string(self.server.on_c("answer.json")).expect(&run.stderr);
        assert_eq!(run.stdout.replace("\r\n", "\n").trim(), written.trim());
        (run.exit_code, serde_json::from_str(&written).unwrap())
    }
}

fn answers(document: &Value) -> &[Value] {
    document["result"]["answers"].as_array().unwrap()
}

#[test]
fn selftest_answers_each_row_or_says_why_it_cannot() {
    let desk = Desk::new();
    let (_, looked) = desk.ask(&[]);
    for answer in answers(&looked) {
        let why = answer["why"].as_str().unwrap();
        let changes = !answer["changes"].is_null();
        assert_eq!(changes, why.contains("only with `--apply`"), "{answer}");
        assert_eq!(answer["changed"].as_array().unwrap().len(), 0, "{answer}");
    }

    let (_, applied) = desk.ask(&["--apply"]);
    let verdict = |one: &Value| {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (text(&one["id"]), text(&one["verdict"]))
    };
    let verdicts: Vec<_> = answers(&applied).iter().map(verdict).collect();
    let wanted = ANSWERS.map(|(id, verdict)| (id.to_owned(), verdict.to_owned()));
    assert_eq!(verdicts, wanted, "{applied:#}");
    for answer in answers(&applied) {
        assert_ne!(answer["why"], "", "{answer}");
        let left = answer["left_behind"].as_array().unwrap();
        assert_eq!(left.len(), 0, "{answer}");
    }
    let server = &desk.server;
    assert!(!server.on_c("Program Files/Gangway").exists());
    let tasks =
        r"software\microsoft\windows nt\currentversion\schedule\taskcache\tree\gangway selftest";
    assert!(!server.registry().unwrap().has_key(tasks));
}

#[test]
fn ctrl_c_lets_selftest_undo_what_it_changed() {
    let desk = Desk::new();
    let task = desk.server.on_c("windows/system32/tasks/Gangway Selftest");
    let (code, document) = std::thread::scope(|scope| {
        let asked = scope.spawn(|| desk.ask(&["--apply"]));
        while !task.exists() && !asked.is_finished() {
            std::thread::sleep(Duration::from_millis(2));
        }
        assert!(task.exists(), "no task was registered");
        desk.server.interrupt(r"C:\gangway.exe").unwrap();
        asked.join().unwrap()
    });
    assert_eq!(code, 130);
    assert!(!task.exists(), "the task is still registered");
    let last = answers(&document).last().unwrap();
    assert_eq!(last["why"], "interrupted before it was asked");
    for answer in answers(&document) {
        // Wine's task scheduler holds the output of the program that asked it for a while: the folder is
        // named then. Nothing else may be left.
        let left = answer["left_behind"].as_array().unwrap();
        let is_output = |one: &Value| one.as_str().unwrap().contains("gangway-selftest-");
        assert!(left.iter().all(is_output), "{answer}");
    }
}
