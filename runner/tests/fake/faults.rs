//! What goes wrong around the bootstrap: calls that fail, a clock that jumps.

use std::cell::RefCell;
use std::rc::Rc;

use gangway_runner::failure::Failure;

/// What the bootstrap asks the system for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    OpenSource,
    ReadSource,
    ProtectFolder,
    JudgeFolder,
    MoveFolder,
    CreateFile,
    WriteFile,
    FinishFile,
    HoldFile,
    HoldProgram,
    ReadHeld,
    RenameFile,
    DeleteFile,
    ListFiles,
    ListFolders,
    DeleteTree,
    ReadTail,
    StartProcess,
    WriteValue,
    DeleteValue,
    DeleteKeys,
    InstallElamCertificate,
    LogEvent,
    StartService,
    DeleteService,
    ReadJournal,
    AppendJournal,
    ReplaceJournal,
    SetMark,
    KeepReport,
    DropReport,
}

impl Effect {
    pub(crate) const ALL: [Self; 31] = [
        Self::OpenSource,
        Self::ReadSource,
        Self::ProtectFolder,
        Self::JudgeFolder,
        Self::MoveFolder,
        Self::CreateFile,
        Self::WriteFile,
        Self::FinishFile,
        Self::HoldFile,
        Self::HoldProgram,
        Self::ReadHeld,
        Self::RenameFile,
        Self::DeleteFile,
        Self::ListFiles,
        Self::ListFolders,
        Self::DeleteTree,
        Self::ReadTail,
        Self::StartProcess,
        Self::WriteValue,
        Self::DeleteValue,
        Self::DeleteKeys,
        Self::InstallElamCertificate,
        Self::LogEvent,
        Self::StartService,
        Self::DeleteService,
        Self::ReadJournal,
        Self::AppendJournal,
        Self::ReplaceJournal,
        Self::SetMark,
        Self::KeepReport,
        Self::DropReport,
    ];
}

/// An effect that fails: so many times well, so many times not, well again.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    pub(crate) effect: Effect,
    pub(crate) after: u32,
    pub(crate) times: u32,
    pub(crate) code: u32,
}

/// The faults that are still to come, shared with the files that are open.
#[derive(Debug, Clone, Default)]
pub(crate) struct Faults(Rc<RefCell<Vec<Fault>>>);

impl Faults {
    pub(crate) fn set(&self, faults: &[Fault]) {
        *self.0.borrow_mut() = faults.to_vec();
    }

    /// The code of this call's failure, if it fails.
    pub(crate) fn code(&self, effect: Effect) -> Option<u32> {
        let mut code = None;
        for fault in self.0.borrow_mut().iter_mut() {
            if fault.effect != effect {
                continue;
            }
            if fault.after > 0 {
                fault.after -= 1;
            } else if fault.times > 0 {
                fault.times -= 1;
                code = Some(fault.code);
            }
        }
        code
    }

    pub(crate) fn meet(&self, effect: Effect, what: &str) -> Result<(), Failure> {
        match self.code(effect) {
            Some(code) => Err(Failure::new(format!("{effect:?} {what}"), code)),
            None => Ok(()),
        }
    }
}
