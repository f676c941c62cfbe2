//! A Windows for tests: it says what it is told to, and remembers.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::context::Context;
use super::machine::{Call, Ended, Machine, Said};
use super::subject::{Backup, Installer, Rules, Script, Share, Subject};
use crate::gpo::registry_pol::{Record, RegistryPolicy, kind};
use crate::gpo::wmi::Query;
use crate::gpo::xml::{Element, read};

/// What a call that holds a word is answered with, in turn; the last one stays.
#[derive(Debug, Default)]
pub(super) struct Fake {
    said: Vec<(String, VecDeque<String>)>,
    codes: Vec<(String, i32)>,
    files: BTreeMap<PathBuf, Vec<u8>>,
    everything_written: BTreeMap<PathBuf, Vec<u8>>,
    unpacked: Vec<String>,
    called: Vec<String>,
    ends_after: Option<String>,
}

impl Fake {
    pub(super) fn saying(word: &str, text: &str) -> Self {
        Self::default().and(word, text)
    }

    pub(super) fn and(mut self, word: &str, text: &str) -> Self {
        let texts = VecDeque::from([text.to_owned()]);
        self.said.push((word.to_owned(), texts));
        self
    }

    /// The next answer to the word that came last.
    pub(super) fn then(mut self, text: &str) -> Self {
        if let Some((_, texts)) = self.said.last_mut() {
            texts.push_back(text.to_owned());
        }
        self
    }

    pub(super) fn ending(word: &str, code: i32) -> Self {
        Self {
            codes: vec![(word.to_owned(), code)],
            ..Self::default()
        }
    }

    pub(super) fn unpacking(mut self, digests: Vec<String>) -> Self {
        self.unpacked = digests;
        self
    }

    /// Nobody wants more when a call with this word was there.
    pub(super) fn told_to_end_after(mut self, word: &str) -> Self {
        self.ends_after = Some(word.to_owned());
        self
    }

    pub(super) fn with_file(below_system: &str) -> Self {
        let mut fake = Self::default();
        let path = fake.system_folder().join(below_system);
        fake.files.insert(path, Vec::new());
        fake
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.files.keys().any(|path| path.ends_with(name))
    }

    pub(super) fn written(&self, name: &str) -> String {
        let mut files = self.everything_written.iter();
        let found = files.find(|(path, _)| path.ends_with(name)).unwrap();
        String::from_utf8(found.1.clone()).unwrap()
    }

    pub(super) fn was_called(&self, word: &str) -> bool {
        self.called.iter().any(|call| call.contains(word))
    }

    pub(super) fn asked<T>(mut self, ask: impl FnOnce(&mut Context<'_>) -> T) -> (T, Self) {
        let found = self.asked_about(&subject(), ask);
        (found, self)
    }

    pub(super) fn asked_about<T>(
        &mut self,
        subject: &Subject,
        ask: impl FnOnce(&mut Context<'_>) -> T,
    ) -> T {
        ask(&mut Context::new(self, subject))
    }
}

/// What a question about the usual subject finds.
pub(super) fn asked<T>(fake: Fake, ask: impl FnOnce(&mut Context<'_>) -> T) -> T {
    fake.asked(ask).0
}

fn script(name: &str) -> Script {
    Script {
        file: Path::new("/p").join(name),
        is_signed: true,
    }
}

/// A bundle that has something for every question.
pub(super) fn subject() -> Subject {
    let task = "<Task><Settings><Enabled>true</Enabled></Settings><Triggers><TimeTrigger>\
                <StartBoundary>%LocalTimeXmlEx%</StartBoundary></TimeTrigger></Triggers><Actions><Exec>\
                <Command>C:\\a.exe</Command></Exec></Actions></Task>";
    let task: Element = read(task.as_bytes()).unwrap();
    let text = "two words\0".encode_utf16().flat_map(u16::to_le_bytes);
    let record = |value: &str, kind, data| Record {
        key: r"SOFTWARE\A".to_owned(),
        value: value.to_owned(),
        kind,
        data,
    };
    let share = || {
        Share {
        commands: vec!["icacls.exe \"FOLDER\" /inheritance:r".to_owned()],
        wanted: "O:BAG:BAD:P(A;OICI;0x1f01ff;;;BA)(A;OICI;0x1f01ff;;;SY)(A;OICI;0x1200a9;;;S-1-5-32-545)"
            .to_owned(),
    }
    };
    Subject {
        exe: "/b/MdeOnboard.exe".into(),
        is_signed: true,
        payloads: vec!["/b/md4ws.msi".into(), "/b/blob".into()],
        tasks: vec![("Gangway".to_owned(), task)],
        values: RegistryPolicy {
            records: vec![
                record("Mode", kind::DWORD, vec![1, 0, 0, 0]),
                record("Text", kind::SZ, text.collect()),
                record("**del.Gone", kind::SZ, vec![0x20, 0, 0, 0]),
            ],
        },
        backups: vec![Backup {
            folder: "/b/gpo".into(),
            name: "Gangway Deploy".to_owned(),
            task: Some("Gangway".to_owned()),
        }],
        filter: Some((
            "/b/wmi-filter.mof".into(),
            vec![Query {
                namespace: r"root\CIMv2".to_owned(),
                wql: "SELECT * FROM Win32_OperatingSystem WHERE ProductType = 3".to_owned(),
            }],
        )),
        installer: Some(Installer {
            file: "/p/package.msi".into(),
            product_code: "{CODE}".to_owned(),
            exe_sha256: "0".repeat(64).parse().unwrap(),
        }),
        later_installer: None,
        shares: Some([share(), share()]),
        scripts: ["Import-Application.ps1", "Test-Onboarded.ps1"]
            .map(script)
            .into(),
        configuration: Some(("/p/Onboard.ps1".into(), "GangwayOnboarding".to_owned())),
        rules: Some(Rules {
            app_control: "/p/AppControl.xml".into(),
            app_locker: "/p/AppLocker.xml".into(),
        }),
        sign_in: None,
    }
}

impl Machine for Fake {
    fn program(&self, below_system: &str) -> Option<PathBuf> {
        Some(self.system_folder().join(below_system))
    }

    fn system_folder(&self) -> PathBuf {
        "/windows/system32".into()
    }

    fn program_files(&self) -> PathBuf {
        "/programs".into()
    }

    fn folder(&self) -> PathBuf {
        "/own".into()
    }

    fn call(&mut self, call: &Call) -> Said {
        let line = format!("{} {}", call.program.display(), call.arguments.join(" "));
        let holds = |word: &str| line.contains(word);
        let texts = self.said.iter_mut().find(|(word, _)| holds(word));
        let text = texts.map(|(_, texts)| match texts.len() {
            0 | 1 => texts.front().cloned().unwrap_or_default(),
            _ => texts.pop_front().unwrap_or_default(),
        });
        let code = self.codes.iter().find(|(word, _)| holds(word));
        let code = code.map_or(0, |(_, code)| *code);
        self.called.push(line);
        Said {
            ended: Ended::Code(code),
            text: text.unwrap_or_default(),
        }
    }

    fn is_told_to_end(&self) -> bool {
        self.ends_after
            .as_ref()
            .is_some_and(|word| self.was_called(word))
    }

    fn pause(&mut self, _: Duration) {}

    fn exists(&self, path: &Path) -> bool {
        self.files.contains_key(path)
    }

    fn digests(&self, _: &Path) -> Vec<String> {
        self.unpacked.clone()
    }

    fn write(&mut self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.files.insert(path.to_owned(), bytes.to_owned());
        self.everything_written
            .insert(path.to_owned(), bytes.to_owned());
        Ok(())
    }

    fn remove(&mut self, path: &Path) -> io::Result<()> {
        self.files.remove(path);
        Ok(())
    }
}
