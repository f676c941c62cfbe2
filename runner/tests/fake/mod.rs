//! A machine that exists only in memory: facts, files, processes, a share, a clock.
//!
//! Programs change the facts as their real counterparts do, take time, and end with codes
//! that a test can choose. The machine can be ended at any effect ([`Killed`]) and started
//! again; it keeps a list of everything that must never happen.

#![allow(dead_code, reason = "each test binary uses its own part")]

pub(crate) mod faults;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::rc::Rc;

use gangway_contract::connectivity::{Answer, Reply};
use gangway_contract::facts::{FeatureState, StartType};
use gangway_contract::step::{Change, CheckedFile, PastLimit};
use gangway_contract::{Fact, Facts, History, Manifest, Sha256, UtcTime, Version};
use gangway_runner::failure::{Failure, FailureKind};
use gangway_runner::machine::{
    BundleName, Command, Ended, Event, Folders, Machine, Mark, NewFile, PolicyValue, Process,
    Question, SeenSignature,
};
use gangway_runner::run::Bundle;

use faults::{Effect, Faults};

/// What a kill throws.
pub(crate) struct Killed;

/// How a program behaves.
#[derive(Debug, Clone)]
pub(crate) struct Act {
    /// Exit code.
    pub(crate) code: u32,
    /// Does it bring its change about?
    pub(crate) works: bool,
    /// Seconds until its end.
    pub(crate) takes_s: i64,
    /// Seconds from its end until the change shows.
    pub(crate) shows_after_s: i64,
}

impl Act {
    pub(crate) const GOOD: Self = Self {
        code: 0,
        works: true,
        takes_s: 20,
        shows_after_s: 0,
    };

    pub(crate) fn code(code: u32, works: bool) -> Self {
        Self {
            code,
            works,
            ..Self::GOOD
        }
    }
}

/// When a change shows that the next start of Windows finishes.
pub(crate) const AT_RESTART: i64 = i64::MAX;

/// A process of the machine.
#[derive(Debug, Clone)]
struct Running {
    process: Process,
    program: String,
    ends: i64,
    shows: i64,
    act: Act,
    changes: Vec<Change>,
    /// Ends with the bootstrap.
    in_job: bool,
    /// Made, but not let run yet.
    suspended: bool,
}

/// What an attacker does at an effect: its number, the share, the local files.
pub(crate) type Attack = Box<dyn FnMut(usize, &mut BTreeMap<String, Vec<u8>>, &Files)>;

type Files = Rc<RefCell<BTreeMap<String, Vec<u8>>>>;

/// The machine.
pub(crate) struct Fake {
    pub(crate) clock: i64,
    pub(crate) truth: Facts,
    pub(crate) feature: Fact<FeatureState>,
    pub(crate) manifest: Manifest,
    /// Files of the share by full path.
    pub(crate) share: BTreeMap<String, Vec<u8>>,
    /// Failures of the share, taken first, one a call.
    pub(crate) share_failures: Vec<u32>,
    /// Endless files of the share.
    pub(crate) endless: Vec<String>,
    /// Files of the machine by full path.
    pub(crate) files: Files,
    held: Rc<RefCell<Vec<String>>>,
    pub(crate) journal: Vec<u8>,
    pub(crate) volatile_marks: Vec<String>,
    pub(crate) sequence: Option<u64>,
    pub(crate) kept: Vec<String>,
    pub(crate) dropped: Vec<(String, Vec<u8>)>,
    pub(crate) drop_failure: Option<u32>,
    pub(crate) events: Vec<Event>,
    pub(crate) signatures: BTreeMap<String, SeenSignature>,
    /// Behaviour of programs by name, one act a start; the default is good.
    pub(crate) acts: BTreeMap<String, Vec<Act>>,
    running: Vec<Running>,
    pending: Vec<(i64, Vec<Change>)>,
    next_process: u32,
    /// Bytes of the bootstrap itself, where a copy of it is run.
    pub(crate) exe: Option<Vec<u8>>,
    /// Programs with their arguments in the order of their starts.
    pub(crate) commands: Vec<(String, String)>,
    /// Names of programs in the order of their starts.
    pub(crate) started: Vec<String>,
    /// The old antivirus is gone and the agent has not come.
    without_antivirus: bool,
    /// Everything that must never happen and did.
    pub(crate) violations: Vec<String>,
    /// Failure of every making of a file.
    pub(crate) create_failure: Option<u32>,
    /// Folders that are not ours.
    pub(crate) foreign_folders: Vec<String>,
    /// Files that lead elsewhere.
    pub(crate) reparse_points: Vec<String>,
    pub(crate) restarts: u32,
    locked: bool,
    pub(crate) slept: Vec<u32>,
    /// Effects so far.
    pub(crate) ticks: usize,
    /// Effects up to the end of the last program.
    pub(crate) ticks_at_last_end: usize,
    /// The effect at which the bootstrap is ended.
    pub(crate) kill_at: Option<usize>,
    /// Called at each effect: an attacker's chance.
    pub(crate) at_tick: Option<Attack>,
    /// Calls that fail.
    pub(crate) faults: Faults,
    /// From which effect on the clock is wrong by how much.
    pub(crate) clock_jumps: BTreeMap<usize, i64>,
    /// What the clock shows beyond the time that has really passed.
    skew: i64,
    /// The time at which a run that has not ended never will.
    pub(crate) patience: i64,
    random: u64,
    /// What the network answers.
    pub(crate) network: Option<Network>,
    /// Seconds that each question takes.
    pub(crate) ask_takes_s: u32,
    /// Questions so far, with their ways.
    pub(crate) asked: Vec<String>,
}

/// Answers questions.
pub(crate) type Network = Box<dyn Fn(&Question) -> Answer>;

const NO_NETWORK: Answer = Answer {
    reply: Reply::Failed(12007),
    chain: None,
    below: None,
};

impl Fake {
    /// A machine with these facts, and a share that holds the bundle's payloads.
    pub(crate) fn new(mut manifest: Manifest, facts: Facts) -> Self {
        let mut share = BTreeMap::new();
        let root = manifest.settings.release_root.clone();
        share.insert(
            format!(r"{root}\control.json"),
            gangway_contract::Control::OPEN.to_bytes(),
        );
        for payload in &mut manifest.payloads {
            let content = if payload.name == "workspace.key" {
                b"c2VjcmV0LWtleS12YWx1ZQ==".to_vec()
            } else {
                format!("content of {}", payload.name).into_bytes()
            };
            payload.size = content.len() as u64;
            payload.sha256 = Sha256::of(&content);
            let release = &manifest.release_id;
            share.insert(
                format!(r"{root}\releases\{release}\{}", payload.name),
                content,
            );
        }
        let clock = facts.host.now.value().map_or(0, |now| now.0);
        Self {
            clock,
            truth: facts,
            feature: Fact::Absent,
            manifest,
            share,
            share_failures: Vec::new(),
            endless: Vec::new(),
            files: Rc::default(),
            held: Rc::default(),
            journal: Vec::new(),
            volatile_marks: Vec::new(),
            sequence: None,
            kept: Vec::new(),
            dropped: Vec::new(),
            drop_failure: None,
            events: Vec::new(),
            signatures: BTreeMap::new(),
            acts: BTreeMap::new(),
            running: Vec::new(),
            pending: Vec::new(),
            next_process: 100,
            exe: None,
            commands: Vec::new(),
            started: Vec::new(),
            without_antivirus: false,
            violations: Vec::new(),
            create_failure: None,
            foreign_folders: Vec::new(),
            reparse_points: Vec::new(),
            restarts: 0,
            locked: false,
            slept: Vec::new(),
            ticks: 0,
            ticks_at_last_end: 0,
            kill_at: None,
            at_tick: None,
            faults: Faults::default(),
            clock_jumps: BTreeMap::new(),
            skew: 0,
            patience: i64::MAX,
            random: 0,
            network: None,
            ask_takes_s: 0,
            asked: Vec::new(),
        }
    }

    /// The bundle that the machine runs.
    pub(crate) fn bundle(&self) -> Bundle {
        Bundle {
            id: gangway_contract::BundleId::of_bytes(&self.manifest.to_bytes()),
            manifest: self.manifest.clone(),
            exe_signature: "unsigned".to_owned(),
        }
    }

    /// Path of a payload in the protected folder.
    pub(crate) fn local(&self, name: &str) -> String {
        let folders = self.folders();
        format!(
            r"{}\{name}",
            folders.release(self.manifest.release_id.as_str())
        )
    }

    /// Path of a payload on the share.
    pub(crate) fn remote(&self, name: &str) -> String {
        format!(
            r"{}\releases\{}\{name}",
            self.manifest.settings.release_root, self.manifest.release_id
        )
    }

    /// Tells how a program behaves, one act a start; the last one stays.
    pub(crate) fn with_acts(mut self, program: &str, acts: &[Act]) -> Self {
        self.acts.insert(program.to_owned(), acts.to_vec());
        self
    }

    /// The bootstrap has ended, somehow: what it held and what was in its jobs is gone.
    pub(crate) fn process_ended(&mut self) {
        self.held.borrow_mut().clear();
        self.locked = false;
        self.running
            .retain(|running| !running.in_job && !running.suspended);
        self.kill_at = None;
    }

    /// Windows ends and starts again: installers die half done, volatile marks go.
    pub(crate) fn reboot(&mut self) {
        self.process_ended();
        self.running.clear();
        self.clock += 120;
        for (_, changes) in self
            .pending
            .extract_if(.., |(shows, _)| *shows == AT_RESTART)
        {
            for change in changes {
                change.apply(&mut self.truth);
            }
        }
        self.volatile_marks.clear();
        self.truth.restart.own = Fact::Value(false);
        self.truth.restart.servicing = Fact::Value(false);
        self.truth.restart.windows_update = Fact::Value(false);
        self.truth.restart.install_script = Fact::Value(false);
        self.truth.host.boot_time = Fact::Value(UtcTime(self.clock));
        if self
            .truth
            .sensor
            .service
            .value()
            .is_some_and(|service| service.start == StartType::Automatic)
        {
            Change::SensorRuns.apply(&mut self.truth);
        }
    }

    /// Time passes.
    pub(crate) fn pass(&mut self, seconds: i64) {
        self.clock += seconds;
        self.settle();
    }

    fn settle(&mut self) {
        let now = self.clock;
        let (ended, running) = std::mem::take(&mut self.running)
            .into_iter()
            .partition(|running| running.ends <= now && !running.suspended);
        self.running = running;
        for process in ended {
            if process.act.works {
                self.pending.push((process.shows, process.changes));
            }
        }
        let (due, later) = std::mem::take(&mut self.pending)
            .into_iter()
            .partition(|(shows, _)| *shows <= now);
        self.pending = later;
        for (_, changes) in due {
            for change in changes {
                change.apply(&mut self.truth);
            }
        }
        self.truth.prerequisites.installer_busy = Fact::Value(
            self.running
                .iter()
                .any(|r| r.program.ends_with("msiexec.exe")),
        );
    }

    /// One effect: the attacker's chance, and the moment of a kill.
    fn tick(&mut self) {
        if let Some(mut attack) = self.at_tick.take() {
            attack(self.ticks, &mut self.share, &self.files);
            self.at_tick = Some(attack);
        }
        let now = self.ticks;
        self.ticks += 1;
        if let Some(skew) = self.clock_jumps.remove(&now) {
            self.skew = skew;
        }
        assert!(self.clock <= self.patience, "a run without an end");
        if self.kill_at == Some(now) {
            std::panic::panic_any(Killed);
        }
    }

    fn act_of(&mut self, program: &str) -> Act {
        match self.acts.get_mut(program) {
            Some(acts) if acts.len() > 1 => acts.remove(0),
            Some(acts) => acts.first().cloned().unwrap_or(Act::GOOD),
            None => Act::GOOD,
        }
    }

    /// Programs run only bytes that are held and are those of the manifest.
    fn check_verified(&mut self, command: &Command) {
        let folder = self.folders().release(self.manifest.release_id.as_str());
        let line = format!("{} {}", command.program, command.arguments);
        let remote = self.manifest.settings.release_root.clone();
        if line.contains(&remote) {
            self.violations.push(format!("runs from the share: {line}"));
        }
        if let Some(exe) = &self.exe {
            let bytes = self.files.borrow().get(&command.program).cloned();
            let held = self.held.borrow().contains(&command.program);
            if bytes.as_ref() != Some(exe) || !held {
                self.violations.push(format!(
                    "`{}` is not the checked exe, held",
                    command.program
                ));
            }
        }
        let manifest = self.manifest.clone();
        for payload in &manifest.payloads {
            let path = format!(r"{folder}\{}", payload.name);
            if !line.contains(&path) {
                continue;
            }
            let bytes = self.files.borrow().get(&path).cloned().unwrap_or_default();
            if Sha256::of(&bytes) != payload.sha256 {
                self.violations.push(format!("`{path}` has other bytes"));
            }
            if !self.held.borrow().contains(&path) {
                self.violations.push(format!("`{path}` is not held"));
            }
        }
    }

    /// What a program changes in the world.
    fn changes_of(&self, command: &Command) -> Vec<Change> {
        let line = format!("{} {}", command.program, command.arguments);
        let manifest = &self.manifest;
        let onboarded = Change::Onboarded {
            org_id: manifest.tenant.org_id.clone(),
            connectivity: manifest.tenant.connectivity,
        };
        let has = |text: &str| line.to_ascii_lowercase().contains(text);
        match file_name(&command.program) {
            "msiexec.exe" if has("/x ") => vec![Change::AgentGone],
            "msiexec.exe" => vec![Change::SensorInstalled],
            "powershell.exe" if has("-file") => vec![Change::SensorInstalled],
            "powershell.exe" => vec![Change::WorkspacesGone {
                ids: manifest.settings.remove_workspaces.clone(),
            }],
            "cmd.exe" if has("offboard") => vec![Change::Offboarded],
            "cmd.exe" | "DefenderDT.exe" => vec![onboarded],
            "wusa.exe" => [
                (
                    "kb2999226",
                    CheckedFile::Ucrtbase,
                    Version::new(10, 0, 1, 0),
                ),
                (
                    "kb3080149",
                    CheckedFile::Tdh,
                    Version::new(6, 3, 9600, 20000),
                ),
                (
                    "kb3045999",
                    CheckedFile::Ntoskrnl,
                    Version::new(6, 3, 9600, 20000),
                ),
            ]
            .into_iter()
            .filter(|(article, ..)| has(article))
            .map(|(_, file, version)| Change::FileAtLeast { file, version })
            .chain(has("kb4457127").then_some(Change::PlatformAtLeast {
                version: Version::new(4, 10, 14393, 2515),
            }))
            .collect(),
            "dism.exe" | "MpCmdRun.exe" => vec![Change::AntivirusRuns],
            "UpdatePlatform.exe" => vec![Change::PlatformAtLeast {
                version: Version::new(4, 18, 26080, 3),
            }],
            "UpdateSenseClient.exe" => vec![Change::SensorAtLeast {
                version: Version::new(10, 8760, 27617, 1006),
            }],
            "Setup.exe" => vec![Change::ScepGone],
            "setup.exe" => manifest
                .settings
                .monitoring_agent
                .iter()
                .map(|agent| Change::WorkspaceAdded {
                    id: agent.workspace.clone(),
                })
                .collect(),
            _ => Vec::new(),
        }
    }

    /// Rules about what may be started when.
    fn check_order(&mut self, command: &Command, process: Process) {
        let name = file_name(&command.program);
        let other = |r: &Running| r.process != process && file_name(&r.program) == name;
        if self.running.iter().any(other) {
            self.violations
                .push(format!("`{name}` is started while it runs"));
        }
        if name == "Setup.exe" && self.truth.restart.blocks() {
            self.violations
                .push("an antivirus is removed while a restart is due".to_owned());
        }
        if name == "Setup.exe" {
            self.without_antivirus = true;
        }
        if self.truth.sensor.service.value().is_some() {
            self.without_antivirus = false;
        }
        let may_restart = ["wusa.exe", "dism.exe", "MpCmdRun.exe", "UpdatePlatform.exe"];
        if self.without_antivirus && may_restart.contains(&name) {
            self.violations.push(format!(
                "`{name}` may ask for a restart while there is no antivirus"
            ));
        }
        let changes = self.changes_of(command);
        let unsafe_to_repeat = matches!(name, "msiexec.exe" | "DefenderDT.exe" | "setup.exe");
        if unsafe_to_repeat
            && !changes.is_empty()
            && changes.iter().all(|change| change.holds(&self.truth))
        {
            self.violations
                .push(format!("`{name}` is started although its change is there"));
        }
    }
}

fn file_name(path: &str) -> &str {
    path.rsplit('\\').next().unwrap_or(path)
}

struct Writer {
    files: Files,
    path: String,
    bytes: Vec<u8>,
    room: Option<usize>,
    faults: Faults,
}

impl NewFile for Writer {
    fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.faults.meet(Effect::WriteFile, &self.path)?;
        if self
            .room
            .is_some_and(|room| self.bytes.len() + bytes.len() > room)
        {
            return Err(Failure::new(format!("write `{}`", self.path), 112));
        }
        self.bytes.extend(bytes);
        // A file that is cut off stays as far as it came.
        self.files
            .borrow_mut()
            .insert(self.path.clone(), self.bytes.clone());
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<(), Failure> {
        self.faults.meet(Effect::FinishFile, &self.path)
    }
}

struct HeldFile {
    bytes: io::Cursor<Vec<u8>>,
    path: String,
    held: Rc<RefCell<Vec<String>>>,
    faults: Faults,
}

/// A file of the share.
struct SourceFile {
    bytes: Box<dyn Read>,
    faults: Faults,
}

impl Read for SourceFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        fail_read(&self.faults, Effect::ReadSource)?;
        self.bytes.read(buffer)
    }
}

fn fail_read(faults: &Faults, effect: Effect) -> io::Result<()> {
    match faults.code(effect) {
        Some(code) => Err(io::Error::from_raw_os_error(
            i32::try_from(code).unwrap_or(i32::MAX),
        )),
        None => Ok(()),
    }
}

impl Read for HeldFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        fail_read(&self.faults, Effect::ReadHeld)?;
        self.bytes.read(buffer)
    }
}

impl Drop for HeldFile {
    fn drop(&mut self) {
        self.held.borrow_mut().retain(|path| *path != self.path);
    }
}

impl Machine for Fake {
    fn now(&self) -> UtcTime {
        UtcTime(self.clock + self.skew)
    }

    fn sleep(&mut self, seconds: u32) {
        self.tick();
        self.slept.push(seconds);
        self.pass(i64::from(seconds));
        assert!(self.clock <= self.patience, "a run without an end");
    }

    fn random(&mut self) -> u64 {
        self.random += 1;
        self.random.wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    fn facts(&mut self, _bundle: &BundleName) -> Facts {
        self.settle();
        let mut facts = self.truth.clone();
        facts.host.now = Fact::Value(self.now());
        // Windows moves the time of its start with the clock.
        if let Fact::Value(boot) = &mut facts.host.boot_time {
            *boot = boot.plus(self.skew);
        }
        facts.gangway.sequence = self.sequence.map_or(Fact::Absent, Fact::Value);
        facts
    }

    fn feature_state(&mut self) -> Fact<FeatureState> {
        self.feature.clone()
    }

    fn folders(&self) -> Folders {
        Folders {
            system: r"C:\Windows\System32".to_owned(),
            program_files: r"C:\Program Files".to_owned(),
            program_data: r"C:\ProgramData".to_owned(),
        }
    }

    fn ask(&mut self, questions: &[Question], _limit_s: u32) -> Vec<Answer> {
        questions
            .iter()
            .map(|question| {
                let by = question.proxy.as_deref().unwrap_or("direct");
                self.asked.push(format!("{} by {by}", question.url));
                self.pass(i64::from(self.ask_takes_s));
                let network = self.network.as_ref();
                network.map_or(NO_NETWORK, |network| network(question))
            })
            .collect()
    }

    fn lock(&mut self) -> Result<bool, Failure> {
        Ok(!std::mem::replace(&mut self.locked, true))
    }

    fn unlock(&mut self) {
        self.locked = false;
    }

    fn open_source(&mut self, path: &str) -> Result<Box<dyn Read>, Failure> {
        self.faults.meet(Effect::OpenSource, path)?;
        if !self.share_failures.is_empty() {
            return Err(Failure::new(
                format!("open `{path}`"),
                self.share_failures.remove(0),
            ));
        }
        if self.endless.iter().any(|endless| endless == path) {
            return Ok(Box::new(io::repeat(0)));
        }
        match self.share.get(path) {
            Some(bytes) => Ok(Box::new(SourceFile {
                bytes: Box::new(io::Cursor::new(bytes.clone())),
                faults: self.faults.clone(),
            })),
            None => Err(Failure::new(format!("open `{path}`"), 2)),
        }
    }

    fn protect_folder(&mut self, path: &str) -> Result<(), Failure> {
        self.faults.meet(Effect::ProtectFolder, path)?;
        if self.foreign_folders.iter().any(|foreign| foreign == path) {
            return Err(Failure::own(
                format!("folder `{path}`: the owner is BU"),
                FailureKind::NotProtected,
            ));
        }
        Ok(())
    }

    fn create_file(&mut self, path: &str) -> Result<Box<dyn NewFile>, Failure> {
        self.tick();
        self.faults.meet(Effect::CreateFile, path)?;
        if let Some(code) = self.create_failure.filter(|code| *code != 112) {
            return Err(Failure::new(format!("create `{path}`"), code));
        }
        if self.files.borrow().contains_key(path) {
            return Err(Failure::new(format!("create `{path}`"), 80));
        }
        self.files.borrow_mut().insert(path.to_owned(), Vec::new());
        Ok(Box::new(Writer {
            files: Rc::clone(&self.files),
            path: path.to_owned(),
            bytes: Vec::new(),
            room: self.create_failure.map(|_| 4),
            faults: self.faults.clone(),
        }))
    }

    fn hold_file(&mut self, path: &str) -> Result<Option<Box<dyn Read>>, Failure> {
        self.tick();
        self.faults.meet(Effect::HoldFile, path)?;
        if self.reparse_points.iter().any(|planted| planted == path) {
            return Err(Failure::own(
                format!("`{path}` is a reparse point"),
                FailureKind::NotProtected,
            ));
        }
        let Some(bytes) = self.files.borrow().get(path).cloned() else {
            return Ok(None);
        };
        self.held.borrow_mut().push(path.to_owned());
        Ok(Some(Box::new(HeldFile {
            bytes: io::Cursor::new(bytes),
            path: path.to_owned(),
            held: Rc::clone(&self.held),
            faults: self.faults.clone(),
        })))
    }

    fn rename_file(&mut self, from: &str, to: &str) -> Result<(), Failure> {
        self.tick();
        self.faults.meet(Effect::RenameFile, from)?;
        let bytes = self.files.borrow_mut().remove(from);
        match bytes {
            Some(bytes) => {
                self.files.borrow_mut().insert(to.to_owned(), bytes);
                Ok(())
            }
            None => Err(Failure::new(format!("rename `{from}`"), 2)),
        }
    }

    fn delete_file(&mut self, path: &str) -> Result<(), Failure> {
        self.faults.meet(Effect::DeleteFile, path)?;
        if self.held.borrow().iter().any(|held| held == path) {
            return Err(Failure::new(format!("delete `{path}`"), 32));
        }
        self.files.borrow_mut().remove(path);
        Ok(())
    }

    fn list_files(&mut self, path: &str) -> Result<Vec<String>, Failure> {
        self.faults.meet(Effect::ListFiles, path)?;
        let files = self.files.borrow();
        let inside = |file: &&String| {
            file.strip_prefix(path)
                .and_then(|rest| rest.strip_prefix('\\'))
                .is_some_and(|name| !name.contains('\\'))
        };
        Ok(files
            .keys()
            .filter(inside)
            .map(|file| file_name(file).to_owned())
            .collect())
    }

    fn list_folders(&mut self, path: &str) -> Result<Vec<String>, Failure> {
        self.faults.meet(Effect::ListFolders, path)?;
        let files = self.files.borrow();
        let inside = |file: &String| {
            let rest = file.strip_prefix(path)?.strip_prefix('\\')?;
            Some(rest.split_once('\\')?.0.to_owned())
        };
        let mut names: Vec<String> = files.keys().filter_map(inside).collect();
        names.dedup();
        Ok(names)
    }

    fn delete_tree(&mut self, path: &str) -> Result<(), Failure> {
        self.faults.meet(Effect::DeleteTree, path)?;
        let prefix = format!("{path}\\");
        self.files
            .borrow_mut()
            .retain(|file, _| !file.starts_with(&prefix));
        Ok(())
    }

    fn delete_folder(&mut self, _path: &str) {}

    fn read_tail(&mut self, path: &str, _limit: u64) -> Result<Vec<u8>, Failure> {
        self.faults.meet(Effect::ReadTail, path)?;
        let found = self.files.borrow().get(path).cloned();
        found.ok_or_else(|| Failure::new(format!("read `{path}`"), 2))
    }

    fn signature(&mut self, path: &str, _at: Option<UtcTime>) -> SeenSignature {
        let unsigned = SeenSignature {
            code: 0x800b_0100,
            signer: None,
        };
        self.signatures
            .get(file_name(path))
            .cloned()
            .unwrap_or(unsigned)
    }

    fn start(&mut self, command: &Command) -> Result<Process, Failure> {
        self.tick();
        self.faults.meet(Effect::StartProcess, &command.program)?;
        self.settle();
        let name = file_name(&command.program).to_owned();
        let act = self.act_of(&name);
        self.next_process += 1;
        let process = Process {
            id: self.next_process,
            created: u64::try_from(self.clock).unwrap_or(0),
        };
        self.running.push(Running {
            process,
            program: command.program.clone(),
            ends: i64::MAX,
            shows: i64::MAX,
            suspended: true,
            changes: self.changes_of(command),
            in_job: command.past_limit == PastLimit::End,
            act,
        });
        Ok(process)
    }

    fn wait(&mut self, process: Process, command: &Command) -> Ended {
        self.tick();
        self.settle();
        self.check_verified(command);
        self.check_order(command, process);
        let name = file_name(&command.program).to_owned();
        self.started.push(name);
        self.commands
            .push((command.program.clone(), command.arguments.clone()));
        let now = self.clock;
        let Some(running) = self.running.iter_mut().find(|r| r.process == process) else {
            return Ended::NotStarted(Failure::new("wait", 6));
        };
        running.suspended = false;
        running.ends = now.saturating_add(running.act.takes_s);
        running.shows = running.ends.saturating_add(running.act.shows_after_s);
        let running = running.clone();
        self.tick();
        let limit = self.clock + i64::from(command.limit_s);
        if running.ends > limit {
            self.clock = limit;
            if command.past_limit == PastLimit::End {
                self.running.retain(|r| r.process != process);
                return Ended::AtLimit;
            }
            return Ended::StillRunning;
        }
        self.clock = running.ends;
        self.settle();
        if matches!(file_name(&command.program), "wusa.exe" | "dism.exe")
            && matches!(running.act.code, 3010 | 1641)
        {
            self.truth.restart.servicing = Fact::Value(true);
        }
        self.ticks_at_last_end = self.ticks + 1;
        self.tick();
        Ended::Code(running.act.code)
    }

    fn is_running(&mut self, process: Process) -> bool {
        self.settle();
        self.running.iter().any(|r| r.process == process)
    }

    fn write_policy(&mut self, value: &PolicyValue) -> Result<(), Failure> {
        self.tick();
        self.faults.meet(Effect::WritePolicy, "policy")?;
        match value {
            PolicyValue::PassiveMode(passive) => {
                Change::PassivePolicy { passive: *passive }.apply(&mut self.truth);
            }
            PolicyValue::VdiTag => Change::VdiTagged.apply(&mut self.truth),
        }
        Ok(())
    }

    fn start_service(&mut self, name: &str) -> Result<(), Failure> {
        self.tick();
        self.faults.meet(Effect::StartService, name)?;
        self.started.push(format!("service {name}"));
        Change::SensorRuns.apply(&mut self.truth);
        Ok(())
    }

    fn delete_service(&mut self, name: &str) -> Result<(), Failure> {
        self.tick();
        self.faults.meet(Effect::DeleteService, name)?;
        Change::LeftoverGone.apply(&mut self.truth);
        Ok(())
    }

    fn restart(&mut self, reason: &str) -> Result<(), Failure> {
        self.tick();
        self.faults.meet(Effect::Restart, reason)?;
        self.restarts += 1;
        Ok(())
    }

    fn read_journal(&mut self) -> Result<Vec<u8>, Failure> {
        self.faults.meet(Effect::ReadJournal, "journal")?;
        Ok(self.journal.clone())
    }

    fn append_journal(&mut self, line: &[u8]) -> Result<(), Failure> {
        self.tick();
        if let Err(failure) = self.faults.meet(Effect::AppendJournal, "journal") {
            // A volume that fills up takes the first half.
            let (half, _) = line.split_at(line.len() / 2);
            self.journal.extend(half);
            return Err(failure);
        }
        self.journal.extend(line);
        self.tick();
        Ok(())
    }

    fn replace_journal(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.tick();
        self.faults.meet(Effect::ReplaceJournal, "journal")?;
        self.journal = bytes.to_vec();
        Ok(())
    }

    fn set_mark(&mut self, mark: &Mark) -> Result<(), Failure> {
        self.tick();
        self.faults.meet(Effect::SetMark, "mark")?;
        match mark {
            Mark::Converged(id) => self.volatile_marks.push(format!("converged {id}")),
            Mark::NotConverged(id) => {
                let gone = format!("converged {id}");
                self.volatile_marks.retain(|mark| *mark != gone);
            }
            Mark::RestartPending => self.truth.restart.own = Fact::Value(true),
            Mark::Sequence { sequence, .. } => self.sequence = Some(*sequence),
        }
        Ok(())
    }

    fn keep_report(&mut self, name: &str, bytes: &[u8]) -> Result<(), Failure> {
        self.tick();
        self.faults.meet(Effect::KeepReport, name)?;
        let path = format!(r"{}\reports\{name}", self.folders().data());
        self.files.borrow_mut().insert(path, bytes.to_vec());
        self.kept.push(name.to_owned());
        Ok(())
    }

    fn drop_report(&mut self, folder: &str, name: &str, bytes: &[u8]) -> Result<(), Failure> {
        self.tick();
        self.faults.meet(Effect::DropReport, name)?;
        if let Some(code) = self.drop_failure {
            return Err(Failure::new(format!("create `{folder}`"), code));
        }
        self.dropped.push((name.to_owned(), bytes.to_vec()));
        Ok(())
    }

    fn log_event(&mut self, event: &Event) {
        self.events.push(event.clone());
    }
}

/// The history that the journal tells.
pub(crate) fn history(fake: &mut Fake) -> History {
    gangway_runner::journal::Past::replay(&fake.journal.clone()).history(fake)
}
