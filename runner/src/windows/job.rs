//! Job objects: with the last handle gone, all programs inside are ended.

use core::ptr::null;

use windows_sys::Win32::System::JobObjects::{
    AssignProcessToJobObject, CreateJobObjectW, JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION,
    JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE, JOBOBJECT_EXTENDED_LIMIT_INFORMATION,
    JobObjectExtendedLimitInformation, SetInformationJobObject, TerminateJobObject,
};

use super::{Handle, last_failure};
use crate::failure::Failure;

/// A job that ends with this value, or with this program.
pub(super) struct Job(Handle);

impl Job {
    /// Makes an empty job.
    pub(super) fn new() -> Result<Self, Failure> {
        // SAFETY: no attributes, no name.
        let job = Handle::new(unsafe { CreateJobObjectW(null(), null()) })
            .ok_or_else(|| last_failure("make a job object"))?;
        let job = Self(job);
        // The second: a script that crashes ends, and shows no box about it.
        job.limit(
            JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION,
        )?;
        Ok(job)
    }

    /// Lets the programs inside live on without the job's limits.
    pub(super) fn let_go(self) {
        // A limit that cannot be taken away ends the program with the job: the handle is
        // therefore left open until this program ends.
        if self.limit(0).is_err() {
            core::mem::forget(self);
        }
    }

    fn limit(&self, flags: u32) -> Result<(), Failure> {
        let mut limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
        limits.BasicLimitInformation.LimitFlags = flags;
        let size = u32::try_from(size_of::<JOBOBJECT_EXTENDED_LIMIT_INFORMATION>()).unwrap_or(0);
        // SAFETY: the handle is open; the size is that of the structure.
        let set = unsafe {
            SetInformationJobObject(
                self.0.raw(),
                JobObjectExtendedLimitInformation,
                (&raw const limits).cast(),
                size,
            )
        };
        if set == 0 {
            return Err(last_failure("limit a job object"));
        }
        Ok(())
    }

    /// Puts a process into the job.
    pub(super) fn take(&self, process: &Handle) -> Result<(), Failure> {
        // SAFETY: both handles are open.
        if unsafe { AssignProcessToJobObject(self.0.raw(), process.raw()) } == 0 {
            return Err(last_failure("put a program into a job object"));
        }
        Ok(())
    }

    /// Ends every program inside.
    pub(super) fn end(&self, code: u32) {
        // SAFETY: the handle is open. What this does not end, the end of the job does.
        unsafe { TerminateJobObject(self.0.raw(), code) };
    }
}
