//! A machine that exists only in memory: facts, files, processes, a share, a clock.
//!
//! Programs change the facts as their real counterparts do, take time, and end with codes
//! that a test can choose. The machine can be ended at any effect ([`Killed`]) and started
//! again; it keeps a list of everything that must never happen.

#![allow(dead_code, reason = "each test binary uses its own part")]

pub(crate) mod faults;
mod files;
mod machine;
pub(crate) mod programs;
mod sensor;
mod time;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use gangway_contract::connectivity::Answer;
use gangway_contract::facts::FeatureState;
use gangway_contract::step::Change;
use gangway_contract::{Fact, Facts, History, Manifest, Sha256};
use gangway_runner::bundle::Bundle;
use gangway_runner::machine::{Event, Machine as _, Question, SeenSignature};
use gangway_runner::told::ToldByProduct;

use faults::Faults;
pub(crate) use programs::Act;
use programs::Running;

/// What a kill throws.
pub(crate) struct Killed;

/// What an attacker does at an effect: its number, the share, the local files.
pub(crate) type Attack = Box<dyn FnMut(usize, &mut BTreeMap<String, Vec<u8>>, &Files)>;

type Files = Rc<RefCell<BTreeMap<String, Vec<u8>>>>;

/// The machine.
pub(crate) struct Fake {
    pub(crate) clock: i64,
    pub(crate) truth: Facts,
    pub(crate) feature: Fact<FeatureState>,
    /// The sensor speaks with its service and content arrives, whatever the clock says.
    pub(crate) keeps_current: bool,
    /// Group Policy writes its values while the program sleeps.
    pub(crate) policy_back_after_sleep: bool,
    /// What the products say of the antivirus, and how often they were asked.
    pub(crate) told: ToldByProduct,
    pub(crate) inquiries: usize,
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
    /// Registry keys that were deleted with all that is in them.
    pub(crate) deleted_keys: Vec<String>,
    pub(crate) sequence: Option<u64>,
    pub(crate) kept: Vec<String>,
    pub(crate) dropped: Vec<(String, Vec<u8>)>,
    pub(crate) drop_failure: Option<u32>,
    pub(crate) events: Vec<Event>,
    /// Trace providers that were opened.
    pub(crate) traces: Vec<String>,
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
    /// Programs that were judged where they lie.
    pub(crate) judged: Vec<String>,
    /// Files that lead elsewhere.
    pub(crate) reparse_points: Vec<String>,
    /// Requests for a restart.
    pub(crate) restarts: u32,
    /// When Windows ended because of them.
    pub(crate) restarted: Vec<i64>,
    /// When Windows ends, as somebody has asked.
    restart_at: Option<i64>,
    locked: bool,
    /// Another instance has the lock until then.
    pub(crate) other_instance_until: i64,
    /// When installers of others work.
    pub(crate) other_installers: Vec<std::ops::Range<i64>>,
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

impl Fake {
    /// A machine with these facts, and a share that holds the bundle's payloads.
    pub(crate) fn new(mut manifest: Manifest, facts: Facts) -> Self {
        let mut share = BTreeMap::new();
        let root = manifest.settings.release_root.to_string();
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
        let feature = facts.antivirus.feature.clone();
        Self {
            clock,
            truth: facts,
            feature,
            keeps_current: true,
            policy_back_after_sleep: false,
            told: ToldByProduct::default(),
            inquiries: 0,
            manifest,
            share,
            share_failures: Vec::new(),
            endless: Vec::new(),
            files: Rc::default(),
            held: Rc::default(),
            journal: Vec::new(),
            volatile_marks: Vec::new(),
            deleted_keys: Vec::new(),
            sequence: None,
            kept: Vec::new(),
            dropped: Vec::new(),
            drop_failure: None,
            events: Vec::new(),
            traces: Vec::new(),
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
            judged: Vec::new(),
            reparse_points: Vec::new(),
            restarts: 0,
            restarted: Vec::new(),
            restart_at: None,
            locked: false,
            other_instance_until: i64::MIN,
            other_installers: Vec::new(),
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
}

/// The history that the journal tells.
pub(crate) fn history(fake: &mut Fake) -> History {
    gangway_runner::journal::Past::replay(&fake.journal.clone()).history(fake)
}
