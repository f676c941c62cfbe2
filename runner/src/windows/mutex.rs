//! Named mutexes: this program's own lock, and that of Windows Installer.

use windows_sys::Win32::Foundation::{
    ERROR_ALREADY_EXISTS, ERROR_FILE_NOT_FOUND, WAIT_ABANDONED, WAIT_OBJECT_0, WAIT_TIMEOUT,
};
use windows_sys::Win32::System::Threading::{
    CreateMutexW, OpenMutexW, ReleaseMutex, SYNCHRONIZATION_SYNCHRONIZE, WaitForSingleObject,
};

use super::security::{self, Descriptor, Object};
use super::{Handle, last_error, last_failure, token, wide};
use crate::failure::{Failure, FailureKind};
use crate::protection;

/// One instance at a time on a machine, in whichever session and with whichever bundle.
const NAME: &str = r"Global\Gangway.Bootstrap";

/// The machine-wide lock; given back when it is dropped or the process ends.
pub(super) struct Lock(Handle);

impl Lock {
    /// Takes the lock; none when another instance has it.
    pub(super) fn take() -> Result<Option<Self>, Failure> {
        let what = || format!("take the lock `{NAME}`");
        let name = wide(NAME);
        let descriptor = Descriptor::of(protection::PRIVATE)?;
        let attributes = descriptor.attributes();
        // SAFETY: the name ends with a zero; the attributes outlive the call.
        let raw = unsafe { CreateMutexW(&attributes, 0, name.as_ptr()) };
        let code = last_error();
        let mutex = Handle::new(raw).ok_or_else(|| Failure::new(what(), code))?;
        if code == ERROR_ALREADY_EXISTS {
            // Anybody can make a mutex of this name and hold it for ever; that must not look
            // as if this program were at work.
            let sddl = security::describe(mutex.raw(), Object::Kernel)
                .map_err(|code| Failure::new(what(), code))?;
            protection::judge_owner(&sddl, &token::own_account()?).map_err(|why| {
                Failure::own(format!("{}: {why}", what()), FailureKind::NotProtected)
            })?;
        }
        // SAFETY: the handle is open; no time is waited.
        match unsafe { WaitForSingleObject(mutex.raw(), 0) } {
            // Abandoned: the instance that had it was ended.
            WAIT_OBJECT_0 | WAIT_ABANDONED => Ok(Some(Self(mutex))),
            WAIT_TIMEOUT => Ok(None),
            _ => Err(last_failure(what())),
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // SAFETY: the handle is open. Should this be another thread than the one that took
        // the mutex, closing the handle gives it back.
        unsafe { ReleaseMutex(self.0.raw()) };
    }
}

/// Is there a mutex of this name, and does somebody hold it? Windows Installer keeps its mutex
/// for minutes after an installation has ended.
pub(super) fn is_held(name: &str) -> Result<bool, Failure> {
    let wide_name = wide(name);
    // SAFETY: the name ends with a zero.
    let raw = unsafe { OpenMutexW(SYNCHRONIZATION_SYNCHRONIZE, 0, wide_name.as_ptr()) };
    let Some(mutex) = Handle::new(raw) else {
        return match last_failure(format!("open mutex `{name}`")) {
            failure if failure.code == ERROR_FILE_NOT_FOUND => Ok(false),
            failure => Err(failure),
        };
    };
    // SAFETY: the handle is open; no time is waited.
    match unsafe { WaitForSingleObject(mutex.raw(), 0) } {
        WAIT_TIMEOUT => Ok(true),
        WAIT_OBJECT_0 | WAIT_ABANDONED => {
            // SAFETY: the wait has just given the mutex to this thread.
            unsafe { ReleaseMutex(mutex.raw()) };
            Ok(false)
        }
        _ => Err(last_failure(format!("look at mutex `{name}`"))),
    }
}
