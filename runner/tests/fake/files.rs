//! Files of the machine and of the share, open.

use std::cell::RefCell;
use std::io::{self, Read};
use std::rc::Rc;

use gangway_runner::failure::Failure;
use gangway_runner::machine::NewFile;

use super::Files;
use super::faults::{Effect, Faults};

pub(super) struct Writer {
    pub(super) files: Files,
    pub(super) path: String,
    pub(super) bytes: Vec<u8>,
    pub(super) room: Option<usize>,
    pub(super) faults: Faults,
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

pub(super) struct HeldFile {
    pub(super) bytes: io::Cursor<Vec<u8>>,
    pub(super) path: String,
    pub(super) held: Rc<RefCell<Vec<String>>>,
    pub(super) faults: Faults,
}

/// A file of the share.
pub(super) struct SourceFile {
    pub(super) bytes: Box<dyn Read>,
    pub(super) faults: Faults,
}

impl Read for SourceFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        fail_read(&self.faults, Effect::ReadSource)?;
        self.bytes.read(buffer)
    }
}

pub(super) fn fail_read(faults: &Faults, effect: Effect) -> io::Result<()> {
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
