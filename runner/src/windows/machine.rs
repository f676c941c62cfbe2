//! The effects of a run on this machine.

use std::any::Any;
use std::collections::hash_map::RandomState;
use std::fs::{self, File};
use std::hash::{BuildHasher as _, Hasher as _};
use std::io::Read;
use std::time::Duration;

use gangway_contract::apply::{Data, RegistryValue};
use gangway_contract::connectivity::Answer;
use gangway_contract::facts::FeatureState;
use gangway_contract::{Fact, Facts, UtcTime};

use super::children::Child;
use super::registry::{Content, Lifetime};
use super::sources::ThisMachine;
use super::{
    children, clock, dism, elam, event_log, files, http_client, protection, registry, security,
    services, system, trust,
};
use crate::data_folder;
use crate::failure::{Failure, FailureKind};
use crate::machine::{
    BundleName, Command, Ended, Event, Folders, Machine, Mark, NewFile, Process, Question,
    SeenSignature, Standing,
};
use crate::probe::{self, places};
use crate::told::ToldByProduct;

/// Name of the file that only one instance on a machine can have open, in whichever session and
/// with whichever bundle.
const LOCK: &str = "running.lock";

/// The machine that the program runs on.
#[derive(Default)]
pub struct WindowsMachine {
    /// The file that only one instance can have open.
    lock: Option<File>,
    /// Protected folders that are held open, so that nobody can put another in their place.
    folders: Vec<(String, File)>,
    children: Vec<Child>,
}

impl WindowsMachine {
    /// This machine.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes and holds a folder below the data folder.
    fn data_folder(&mut self, name: &str) -> Result<String, Failure> {
        let data = self.folders().data();
        self.own_data(&data)?;
        if name.is_empty() {
            return Ok(data);
        }
        let folder = format!(r"{data}\{name}");
        self.protect_folder(&folder)?;
        Ok(folder)
    }

    /// Users may make folders in ProgramData. One of theirs under our name is put aside: it
    /// must neither be trusted nor keep the server from being served.
    fn own_data(&mut self, data: &str) -> Result<(), Failure> {
        match self.protect_folder(data) {
            Err(failure) if failure.kind == FailureKind::NotProtected => {
                data_folder::put_aside(self)?;
                self.protect_folder(data)
            }
            result => result,
        }
    }

    fn journal_path(&mut self) -> Result<String, Failure> {
        Ok(format!(r"{}\journal.jsonl", self.data_folder("")?))
    }
}

impl Machine for WindowsMachine {
    fn now(&self) -> UtcTime {
        clock::now()
    }

    fn sleep(&mut self, seconds: u32) {
        std::thread::sleep(Duration::from_secs(u64::from(seconds)));
    }

    fn random(&mut self) -> u64 {
        // The standard library seeds its hash maps from the system's generator.
        RandomState::new().build_hasher().finish()
    }

    fn facts(&mut self, bundle: &BundleName) -> Facts {
        probe::facts(&ThisMachine, bundle)
    }

    fn feature_state(&mut self) -> Fact<FeatureState> {
        dism::feature_state()
    }

    fn told_by_product(&mut self) -> ToldByProduct {
        protection::told_by_product()
    }

    fn folders(&self) -> Folders {
        system::folders()
    }

    fn ask(&mut self, questions: &[Question], limit_s: u32) -> Vec<Answer> {
        http_client::ask(questions, limit_s)
    }

    fn lock(&mut self) -> Result<bool, Failure> {
        if self.lock.is_none() {
            // Users can neither make this folder nor anything in it, so none of them can hold
            // the lock, or make it before us.
            let programs = self.folders().programs();
            self.protect_folder(&programs)?;
            self.lock = files::open_alone(&format!(r"{programs}\{LOCK}"))?;
        }
        Ok(self.lock.is_some())
    }

    fn unlock(&mut self) {
        self.lock = None;
    }

    fn open_source(&mut self, path: &str) -> Result<Box<dyn Read>, Failure> {
        files::open_source(path)
    }

    fn protect_folder(&mut self, path: &str) -> Result<(), Failure> {
        if self.folders.iter().any(|(held, _)| held == path) {
            return Ok(());
        }
        let folder = security::protect(path)?;
        self.folders.push((path.to_owned(), folder));
        Ok(())
    }

    fn judge_folder(&mut self, path: &str) -> Result<Standing, Failure> {
        if self.folders.iter().any(|(held, _)| held == path) {
            return Ok(Standing::Own);
        }
        match security::judge(path) {
            Ok(folder) => {
                // Held, so that what is read later is in the folder that was judged.
                self.folders.push((path.to_owned(), folder));
                Ok(Standing::Own)
            }
            Err(failure) => match failure.kind {
                FailureKind::NotFound => Ok(Standing::Missing),
                FailureKind::NotProtected => Ok(Standing::Foreign(failure)),
                _ => Err(failure),
            },
        }
    }

    fn move_folder(&mut self, from: &str, to: &str) -> Result<(), Failure> {
        files::rename_new(from, to)
    }

    fn create_file(&mut self, path: &str) -> Result<Box<dyn NewFile>, Failure> {
        files::create(path)
    }

    fn hold_file(&mut self, path: &str) -> Result<Option<Box<dyn Read>>, Failure> {
        files::hold(path)
    }

    fn rename_file(&mut self, from: &str, to: &str) -> Result<(), Failure> {
        files::rename(from, to)
    }

    fn delete_file(&mut self, path: &str) -> Result<(), Failure> {
        files::delete(path)
    }

    fn list_files(&mut self, path: &str) -> Result<Vec<String>, Failure> {
        files::list(path)
    }

    fn list_folders(&mut self, path: &str) -> Result<Vec<String>, Failure> {
        files::list_folders(path)
    }

    fn delete_tree(&mut self, path: &str) -> Result<(), Failure> {
        let inside = format!(r"{path}\");
        self.folders
            .retain(|(held, _)| held != path && !held.starts_with(&inside));
        files::delete_tree(path)
    }

    fn delete_folder(&mut self, path: &str) {
        self.folders.retain(|(held, _)| held != path);
        // Not empty, or not there: nothing to do.
        let _ = fs::remove_dir(path);
    }

    fn read_tail(&mut self, path: &str, limit: u64) -> Result<Vec<u8>, Failure> {
        files::read_tail(path, limit)
    }

    fn signature(&mut self, path: &str, at: Option<UtcTime>) -> SeenSignature {
        trust::look(path, at)
    }

    fn hold_program(&mut self, path: &str) -> Result<Box<dyn Any>, Failure> {
        Ok(Box::new(security::hold_program(path)?))
    }

    fn start(&mut self, command: &Command) -> Result<Process, Failure> {
        self.data_folder("logs")?;
        let temporary = self.data_folder("temp")?;
        let child = Child::make(command, &self.folders(), &temporary)?;
        let identity = child.identity();
        self.children.push(child);
        Ok(identity)
    }

    fn wait(&mut self, process: Process, command: &Command) -> Ended {
        let at = self
            .children
            .iter()
            .position(|child| child.identity() == process);
        match at {
            Some(at) => self.children.swap_remove(at).wait(command),
            None => Ended::NotStarted(Failure::own(
                format!("wait for process {}", process.id),
                FailureKind::NotFound,
            )),
        }
    }

    fn program_of(&mut self, process: Process) -> Option<String> {
        children::program_of(process)
    }

    fn write_value(&mut self, value: &RegistryValue) -> Result<(), Failure> {
        let content = match &value.data {
            Data::Number(number) => Content::Number(u64::from(*number)),
            Data::Text(text) => Content::Text(text),
            Data::Bytes(bytes) => Content::Bytes(bytes),
        };
        registry::write(value.key, value.name, &content)
    }

    fn delete_value(&mut self, key: &str, name: &str) -> Result<(), Failure> {
        registry::delete_value(key, name)
    }

    fn delete_keys(&mut self, key: &str) -> Result<(), Failure> {
        registry::delete_keys(key)
    }

    fn install_elam_certificate(&mut self) -> Result<(), Failure> {
        elam::install_certificate()
    }

    fn start_service(&mut self, name: &str) -> Result<(), Failure> {
        services::start(name)
    }

    fn delete_service(&mut self, name: &str) -> Result<(), Failure> {
        services::delete(name)
    }

    fn read_journal(&mut self) -> Result<Vec<u8>, Failure> {
        /// Far above the size at which the journal is shortened.
        const LIMIT: u64 = 8 << 20;
        let path = format!(r"{}\journal.jsonl", self.folders().data());
        match files::read_tail(&path, LIMIT) {
            Err(failure) if failure.kind == FailureKind::NotFound => Ok(Vec::new()),
            result => result,
        }
    }

    fn append_journal(&mut self, line: &[u8]) -> Result<(), Failure> {
        files::append(&self.journal_path()?, line)
    }

    fn replace_journal(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        files::write_whole(&self.journal_path()?, bytes)
    }

    fn set_mark(&mut self, mark: &Mark) -> Result<(), Failure> {
        match mark {
            Mark::Converged(id) => registry::create_key(&places::converged(id), Lifetime::Volatile),
            Mark::NotConverged(id) => registry::delete_key(&places::converged(id)),
            Mark::RestartPending => {
                registry::create_key(places::RESTART_PENDING, Lifetime::Volatile)
            }
            Mark::Sequence { bundle, sequence } => registry::write(
                places::SEQUENCES,
                &places::sequence_name(bundle),
                &Content::Number(*sequence),
            ),
        }
    }

    fn keep_report(&mut self, name: &str, bytes: &[u8]) -> Result<(), Failure> {
        let folder = self.data_folder("reports")?;
        files::write_whole(&format!(r"{folder}\{name}"), bytes)
    }

    fn drop_report(&mut self, folder: &str, name: &str, bytes: &[u8]) -> Result<(), Failure> {
        files::write_new(&format!(r"{folder}\{name}"), bytes)
    }

    fn log_event(&mut self, event: &Event) -> Result<(), Failure> {
        event_log::write(event)
    }
}
