//! The effects of a run on the machine.

use std::any::Any;
use std::io::{self, Read};
use std::rc::Rc;

use gangway_contract::apply::RegistryValue;
use gangway_contract::connectivity::{Answer, Reply};
use gangway_contract::facts::FeatureState;
use gangway_contract::step::{Change, PastLimit};
use gangway_contract::{Fact, Facts, UtcTime};
use gangway_runner::failure::{Failure, FailureKind};
use gangway_runner::machine::{
    BundleName, Command, Ended, Event, Folders, Machine, Mark, NewFile, Process, Question,
    SeenSignature, Standing,
};
use gangway_runner::told::ToldByProduct;

use super::Fake;
use super::faults::Effect;
use super::files::{HeldFile, SourceFile, Writer};
use super::programs::{Running, file_name};

const NO_NETWORK: Answer = Answer {
    reply: Reply::Failed(12007),
    chain: None,
    below: None,
};

impl Machine for Fake {
    fn now(&self) -> UtcTime {
        UtcTime(self.clock + self.skew)
    }

    fn sleep(&mut self, seconds: u32) {
        self.tick();
        self.slept.push(seconds);
        if self.policy_back_after_sleep {
            self.truth.gangway.policy_applies = Fact::Value(true);
        }
        self.go_on(i64::from(seconds));
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
        if self.keeps_current {
            let lately = self.now().plus(-600);
            facts.sensor.last_connected = facts.sensor.last_connected.map(|_| lately);
            facts.antivirus.content_time = facts.antivirus.content_time.map(|_| lately);
        }
        facts.gangway.sequence = self.sequence.map_or(Fact::Absent, Fact::Value);
        facts
    }

    fn feature_state(&mut self) -> Fact<FeatureState> {
        self.feature.clone()
    }

    fn told_by_product(&mut self) -> ToldByProduct {
        self.inquiries += 1;
        self.told.clone()
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
                self.go_on(i64::from(self.ask_takes_s));
                let network = self.network.as_ref();
                network.map_or(NO_NETWORK, |network| network(question))
            })
            .collect()
    }

    fn lock(&mut self) -> Result<bool, Failure> {
        if self.clock < self.other_instance_until {
            return Ok(false);
        }
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

    fn judge_folder(&mut self, path: &str) -> Result<Standing, Failure> {
        self.faults.meet(Effect::JudgeFolder, path)?;
        if self.foreign_folders.iter().any(|foreign| foreign == path) {
            return Ok(Standing::Foreign(Failure::own(
                format!("folder `{path}`: the owner is BU"),
                FailureKind::NotProtected,
            )));
        }
        Ok(Standing::Own)
    }

    fn move_folder(&mut self, from: &str, to: &str) -> Result<(), Failure> {
        self.faults.meet(Effect::MoveFolder, from)?;
        self.foreign_folders.retain(|foreign| foreign != from);
        let inside = format!("{from}\\");
        let mut files = self.files.borrow_mut();
        let moved: Vec<String> = files
            .keys()
            .filter(|file| file.starts_with(&inside))
            .cloned()
            .collect();
        for path in moved {
            let bytes = files.remove(&path).unwrap_or_default();
            files.insert(path.replacen(from, to, 1), bytes);
        }
        drop(files);
        // The journal and the marks of a fake stand in no file.
        self.journal.clear();
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

    fn read_tail(&mut self, path: &str, limit: u64) -> Result<Vec<u8>, Failure> {
        self.faults.meet(Effect::ReadTail, path)?;
        let files = self.files.borrow();
        let found = files.get(path);
        let found = found.ok_or_else(|| Failure::new(format!("read `{path}`"), 2))?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(found[found.len().saturating_sub(limit)..].to_vec())
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

    fn hold_program(&mut self, path: &str) -> Result<Box<dyn Any>, Failure> {
        self.faults.meet(Effect::HoldProgram, path)?;
        let changes = |folder: &String| path.starts_with(folder.as_str());
        if let Some(folder) = self.foreign_folders.iter().find(|folder| changes(folder)) {
            return Err(Failure::own(
                format!("folder `{folder}`: BU may change it"),
                FailureKind::NotProtected,
            ));
        }
        self.judged.push(path.to_owned());
        Ok(Box::new(()))
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
        if file_name(&command.program) == "schtasks.exe"
            && running.act.code == 0
            && let Fact::Value(ids) = &mut self.truth.gangway.daily_tasks
        {
            ids.retain(|id| !command.arguments.contains(id.as_str()));
        }
        self.ticks_at_last_end = self.ticks + 1;
        self.tick();
        Ended::Code(running.act.code)
    }

    fn program_of(&mut self, process: Process) -> Option<String> {
        self.settle();
        let found = self.running.iter().find(|r| r.process == process)?;
        Some(found.program.clone())
    }

    fn write_value(&mut self, value: &RegistryValue) -> Result<(), Failure> {
        self.tick();
        self.faults.meet(Effect::WriteValue, value.name)?;
        self.written(value);
        Ok(())
    }

    fn delete_value(&mut self, _key: &str, name: &str) -> Result<(), Failure> {
        self.tick();
        self.faults.meet(Effect::DeleteValue, name)?;
        self.deleted(name);
        Ok(())
    }

    fn delete_keys(&mut self, key: &str) -> Result<(), Failure> {
        self.tick();
        self.faults.meet(Effect::DeleteKeys, key)?;
        if key == gangway_contract::registry::OWN {
            self.volatile_marks.clear();
            self.sequence = None;
        }
        self.deleted_keys.push(key.to_owned());
        Ok(())
    }

    fn install_elam_certificate(&mut self) -> Result<(), Failure> {
        self.tick();
        self.faults.meet(Effect::InstallElamCertificate, "driver")
    }

    fn start_service(&mut self, name: &str) -> Result<(), Failure> {
        self.tick();
        self.faults.meet(Effect::StartService, name)?;
        self.started.push(format!("service {name}"));
        self.sensor_starts()
    }

    fn delete_service(&mut self, name: &str) -> Result<(), Failure> {
        self.tick();
        self.faults.meet(Effect::DeleteService, name)?;
        Change::LeftoverGone.apply(&mut self.truth);
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

    fn log_event(&mut self, event: &Event) -> Result<(), Failure> {
        self.tick();
        self.faults.meet(Effect::LogEvent, event.source)?;
        self.events.push(event.clone());
        Ok(())
    }
}
