//! An administrator's desk: a config, a downloads folder, a stub, and the program.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use gangway_contract::report::file_name;
use gangway_contract::{UtcTime, stub};
use gangway_fixtures::agent::AgentSpec;
use gangway_fixtures::script::ScriptSpec;
use gangway_fixtures::{config, install_script, lab, portal};
use serde_json::json;

/// Moment at which every session happens: 2026-04-01.
pub(crate) const NOW: &str = "1775001600";

pub(crate) struct Desk {
    root: tempfile::TempDir,
}

/// How a command ended.
#[must_use]
pub(crate) struct Session {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Session {
    /// Asserts the exit code and that standard error holds each text.
    pub(crate) fn fails_with(&self, code: i32, texts: &[&str]) {
        assert_eq!(
            self.code, code,
            "stdout:\n{}\nstderr:\n{}",
            self.out, self.err
        );
        for text in texts {
            assert!(
                self.err.contains(text),
                "`{text}` is missing in:\n{}",
                self.err
            );
        }
    }

    /// Asserts success and gives standard output.
    pub(crate) fn succeeds(&self) -> &str {
        assert_eq!(self.code, 0, "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        &self.out
    }
}

fn config() -> String {
    let trusting = config::trusting_the_lab("root.pem", &["agent", "scripts", "updates"]);
    format!("{trusting}[signing]\nroots = [\"root.pem\"]\n")
}

impl Desk {
    /// Nothing downloaded yet.
    pub(crate) fn empty() -> Self {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("downloads")).unwrap();
        let desk = Self { root };
        desk.put("gangway.toml", config().as_bytes());
        desk.put("root.pem", lab::roots_pem().as_bytes());
        desk.put("stub.exe", &stub_exe());
        desk
    }

    /// The good set: onboarding package, agent, install script.
    pub(crate) fn with_downloads() -> Self {
        let desk = Self::empty();
        let zip = portal::group_policy_zip(&ScriptSpec::default());
        desk.put("downloads/WindowsDefenderATPOnboardingPackage.zip", &zip);
        desk.put("downloads/md4ws.msi", &AgentSpec::default().bytes());
        desk.put("downloads/Install.ps1", &install_script::signed());
        desk
    }

    /// Names in its folder that a run left: nobody puts hidden files there.
    pub(crate) fn leftovers(&self) -> Vec<String> {
        let entries = fs::read_dir(self.root.path()).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.starts_with('.'))
            .collect()
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root.path().join(relative)
    }

    pub(crate) fn put(&self, relative: &str, bytes: &[u8]) {
        fs::write(self.path(relative), bytes).unwrap();
    }

    /// A report of an hour ago that `srv1` leaves in the folder `reports`.
    pub(crate) fn leave_report(&self) {
        let time: UtcTime = "2026-03-31T23:00:00Z".parse().unwrap();
        let document = json!({
            "schema": 2, "bundle_id": "0".repeat(32), "sequence": 1, "fqdn": "srv1.contoso.com",
            "finished_at": time.to_string(), "state": "failed", "reason": "step-failed",
            "detail": "", "next_action": "", "exit_code": 53, "mode": "onboard",
            "facts_after": {"sensor": {"org_id": "absent"}},
        });
        let name = file_name("srv1.contoso.com", time, 1);
        fs::create_dir_all(self.path("reports")).unwrap();
        self.put(&format!("reports/{name}"), document.to_string().as_bytes());
    }

    pub(crate) fn change_config(&self, from: &str, to: &str) {
        let text = fs::read_to_string(self.path("gangway.toml")).unwrap();
        assert!(text.contains(from));
        self.put("gangway.toml", text.replacen(from, to, 1).as_bytes());
    }

    /// The program in this folder with an empty environment.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gangway"));
        command
            .args(arguments)
            .current_dir(self.root.path())
            .env_clear();
        command
    }

    /// Runs the program in this folder with an empty environment.
    pub(crate) fn run(&self, arguments: &[&str]) -> Session {
        let output = self.command(arguments).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Session {
            code: output.status.code().unwrap(),
            out: text(output.stdout),
            err: text(output.stderr),
        }
    }

    pub(crate) fn build(&self) -> Session {
        self.build_with(&[])
    }

    pub(crate) fn build_with(&self, more: &[&str]) -> Session {
        let usual = [
            "build", "--out", "out", "--stub", "stub.exe", "--as-of", NOW,
        ];
        self.run(&[&usual, more].concat())
    }

    pub(crate) fn verify(&self) -> Session {
        self.verify_with(&["--config", "gangway.toml"])
    }

    pub(crate) fn verify_with(&self, more: &[&str]) -> Session {
        let usual = ["verify", "out", "--stub", "stub.exe", "--as-of", NOW];
        self.run(&[&usual, more].concat())
    }

    /// Every file of a folder with its content, sorted by path.
    pub(crate) fn tree(&self, relative: &str) -> Vec<(String, Vec<u8>)> {
        let root = self.path(relative);
        let mut files: Vec<(String, Vec<u8>)> = walkdir::WalkDir::new(&root)
            .into_iter()
            .map(Result::unwrap)
            .filter(|entry| entry.file_type().is_file())
            .map(|entry| {
                let name = entry
                    .path()
                    .strip_prefix(&root)
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .to_owned();
                (name, fs::read(entry.path()).unwrap())
            })
            .collect();
        files.sort();
        files
    }

    /// The one file of the bundle's `bootstrap` folder.
    pub(crate) fn exe(&self) -> PathBuf {
        self.exe_of("out")
    }

    /// [`Desk::exe`] of another bundle.
    pub(crate) fn exe_of(&self, bundle: &str) -> PathBuf {
        let mut entries = fs::read_dir(self.path(bundle).join("bootstrap")).unwrap();
        let exe = entries.next().unwrap().unwrap().path();
        assert!(entries.next().is_none());
        exe
    }
}

/// A smallest executable with one section that holds the stub's marker, shaped as the linker
/// shapes the real stub. It does not run; sessions that need a running one are end to end.
fn stub_exe() -> Vec<u8> {
    let mut out = vec![0u8; 0x400];
    let mut put = |at: usize, bytes: &[u8]| out[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, b"MZ");
    put(0x3C, &[0x80]);
    put(0x80, b"PE\0\0");
    put(0x84, &0x8664u16.to_le_bytes());
    put(0x86, &[1]);
    put(0x94, &240u16.to_le_bytes());
    put(0x96, &0x22u16.to_le_bytes());
    let optional = 0x98;
    put(optional, &0x20Bu16.to_le_bytes());
    put(optional + 32, &0x1000u32.to_le_bytes());
    put(optional + 36, &0x200u32.to_le_bytes());
    put(optional + 56, &0x2000u32.to_le_bytes());
    put(optional + 60, &0x400u32.to_le_bytes());
    put(optional + 108, &16u32.to_le_bytes());
    let section = optional + 240;
    put(section, b".text");
    for (offset, value) in [(8, 0x200u32), (12, 0x1000), (16, 0x200), (20, 0x400)] {
        put(section + offset, &value.to_le_bytes());
    }
    let mut text = vec![0xC3; 0x200];
    text[..stub::MARKER.len()].copy_from_slice(stub::MARKER.as_bytes());
    out.extend(text);
    out
}
