//! The other judge.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};

use gangway_fixtures::authenticode::SIGNED_AT;
use gangway_fixtures::lab;
use tempfile::TempDir;

/// osslsigncode with the lab's roots, and a folder for its files.
pub(crate) struct Osslsigncode {
    folder: TempDir,
    next: AtomicUsize,
}

impl Osslsigncode {
    /// # Panics
    /// It is older than the one that the document describes; before 2.8 it cannot sign scripts.
    pub(crate) fn documented_version() -> Self {
        let version = run(Command::new("osslsigncode").arg("--version"));
        let said = String::from_utf8_lossy(&version.stdout).into_owned();
        let version = said
            .strip_prefix("osslsigncode ")
            .and_then(|rest| rest.split(',').next())
            .and_then(|version| version.split_once('.'))
            .and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
        assert!(
            version >= Some((2_u32, 9_u32)),
            "the documented differences are of osslsigncode 2.9, and here is {said}; `cargo xtask \
             setup --for suites` installs it"
        );
        let folder = tempfile::tempdir().expect("a temporary folder");
        let tool = Self {
            folder,
            next: AtomicUsize::new(0),
        };
        gangway_fixtures::samples::lab(tool.folder.path()).expect("a temporary folder");
        std::fs::write(tool.path("roots.pem"), lab::roots_pem()).expect("a temporary folder");
        tool
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn fresh(&self, extension: &str) -> PathBuf {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.path(&format!("{number}.{extension}"))
    }

    /// Does it call the file's signature good? A crash is a refusal.
    pub(crate) fn accepts(&self, extension: &str, bytes: &[u8]) -> bool {
        let file = self.fresh(extension);
        std::fs::write(&file, bytes).expect("a temporary folder");
        let root = self.path("roots.pem");
        let output = run(Command::new("osslsigncode")
            .args(["verify", "-ignore-crl", "-ignore-cdp", "-CAfile"])
            .arg(&root)
            .arg("-TSA-CAfile")
            .arg(&root)
            .arg("-in")
            .arg(&file));
        std::fs::remove_file(&file).expect("a temporary folder");
        output.status.success()
    }

    /// Signs a file with the lab's keys, stamped.
    pub(crate) fn sign(&self, extension: &str, unsigned: &[u8], options: &[&str]) -> Vec<u8> {
        let input = self.fresh(extension);
        let output = self.fresh(extension);
        let time = SIGNED_AT.to_string();
        std::fs::write(&input, unsigned).expect("a temporary folder");
        let result = run(Command::new("osslsigncode")
            .arg("sign")
            .arg("-certs")
            .arg(self.path("code.pem"))
            .arg("-key")
            .arg(self.path("code.key"))
            .arg("-ac")
            .arg(self.path("code-ca.pem"))
            .arg("-TSA-certs")
            .arg(self.path("time-stamp.pem"))
            .arg("-TSA-key")
            .arg(self.path("time-stamp.key"))
            .args(["-time", &time, "-TSA-time", &time])
            .args(options)
            .arg("-in")
            .arg(&input)
            .arg("-out")
            .arg(&output));
        assert!(result.status.success(), "{options:?}: {result:?}");
        read(&output)
    }
}

fn run(command: &mut Command) -> Output {
    command.output().expect("this test needs osslsigncode 2.9")
}

fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).expect("osslsigncode wrote its output")
}
