//! Programs that steps start.

use core::ptr::null;

use gangway_contract::step::PastLimit;
use windows_sys::Win32::Foundation::{ERROR_ACCESS_DENIED, FILETIME, WAIT_OBJECT_0, WAIT_TIMEOUT};
use windows_sys::Win32::System::Threading::{
    CREATE_BREAKAWAY_FROM_JOB, CREATE_NO_WINDOW, CREATE_SUSPENDED, CREATE_UNICODE_ENVIRONMENT,
    CreateProcessW, GetExitCodeProcess, GetProcessTimes, OpenProcess, PROCESS_CREATION_FLAGS,
    PROCESS_INFORMATION, PROCESS_NAME_WIN32, PROCESS_QUERY_LIMITED_INFORMATION,
    PROCESS_SYNCHRONIZE, QueryFullProcessImageNameW, ResumeThread, STARTUPINFOW, TerminateProcess,
    WaitForSingleObject,
};

use super::environment::environment;
use super::job::Job;
use super::{Handle, clock, last_failure, narrow, wide};
use crate::failure::Failure;
use crate::machine::{Command, Ended, Folders, Process};

/// Exit code of a program that was ended at its limit (`WAIT_TIMEOUT`).
const ENDED_AT_LIMIT: u32 = 258;

/// Longest wait for a program that was ended to be gone, in milliseconds.
const LAST_BREATH_MS: u64 = 10_000;

/// A process that was made and does not run yet.
pub(super) struct Child {
    process: Handle,
    thread: Handle,
    job: Option<Job>,
    identity: Process,
}

/// Is the program put into a job of its own, and does it leave the one that this process is
/// in?
#[derive(Debug, Clone, Copy)]
struct Attempt {
    own_job: bool,
    leave_job: bool,
}

impl Attempt {
    /// What is tried for a program, best first; the next when Windows denies access.
    ///
    /// Everything gets a job, so that a process that nobody recorded ends with this program;
    /// a script keeps it, so that all it starts can be ended with it, an installer leaves its
    /// limits behind when it begins to run. The task scheduler has put this process into a
    /// job, and before Server 2012 jobs do not nest: there a program has to leave that one
    /// first, and where it may not, it runs without.
    ///
    /// An installer leaves the scheduler's job where it may in any case, because a task past
    /// its time limit is ended with its job.
    fn all(past_limit: PastLimit) -> Vec<Self> {
        let attempt = |own_job, leave_job| Self { own_job, leave_job };
        match past_limit {
            PastLimit::End => vec![
                attempt(true, false),
                attempt(true, true),
                attempt(false, false),
            ],
            PastLimit::LeaveRunning => vec![
                attempt(true, true),
                attempt(true, false),
                attempt(false, true),
                attempt(false, false),
            ],
        }
    }

    fn flags(self) -> PROCESS_CREATION_FLAGS {
        let leave = if self.leave_job {
            CREATE_BREAKAWAY_FROM_JOB
        } else {
            0
        };
        CREATE_SUSPENDED | CREATE_NO_WINDOW | CREATE_UNICODE_ENVIRONMENT | leave
    }
}

impl Child {
    /// Which process it is.
    pub(super) fn identity(&self) -> Process {
        self.identity
    }

    /// Makes a process, suspended, in a console of its own that nobody sees: tools of the
    /// portal's scripts fail when their input is not a console.
    pub(super) fn make(
        command: &Command,
        folders: &Folders,
        temporary: &str,
    ) -> Result<Self, Failure> {
        let mut denied = None;
        for attempt in Attempt::all(command.past_limit) {
            match Self::try_make(command, folders, temporary, attempt) {
                Err(failure) if failure.code == ERROR_ACCESS_DENIED => denied = Some(failure),
                made => return made,
            }
        }
        Err(denied.unwrap_or_else(|| {
            Failure::new(format!("start `{}`", command.program), ERROR_ACCESS_DENIED)
        }))
    }

    fn try_make(
        command: &Command,
        folders: &Folders,
        temporary: &str,
        attempt: Attempt,
    ) -> Result<Self, Failure> {
        let what = || format!("start `{}`", command.program);
        let job = attempt.own_job.then(Job::new).transpose()?;
        let program = wide(&command.program);
        let mut line = wide(format!("\"{}\" {}", command.program, command.arguments).trim_end());
        let folder = wide(&folders.system);
        let environment = environment(folders, temporary);
        let startup = STARTUPINFOW {
            cb: u32::try_from(size_of::<STARTUPINFOW>()).unwrap_or(0),
            ..Default::default()
        };
        let mut information = PROCESS_INFORMATION::default();
        // SAFETY: all texts end with a zero and the environment with two; no handle is
        // inherited; the structures are locals.
        let started = unsafe {
            CreateProcessW(
                program.as_ptr(),
                line.as_mut_ptr(),
                null(),
                null(),
                0,
                attempt.flags(),
                environment.as_ptr().cast(),
                folder.as_ptr(),
                &startup,
                &mut information,
            )
        };
        if started == 0 {
            return Err(last_failure(what()));
        }
        let (process, thread) = (Handle(information.hProcess), Handle(information.hThread));
        if let Err(failure) = job.as_ref().map_or(Ok(()), |job| job.take(&process)) {
            // The process has not run yet.
            end(&process);
            return Err(failure);
        }
        let identity = Process {
            id: information.dwProcessId,
            created: created(&process),
        };
        Ok(Self {
            process,
            thread,
            job,
            identity,
        })
    }

    /// Lets it run and waits for the end, at most the command's limit.
    pub(super) fn wait(mut self, command: &Command) -> Ended {
        // SAFETY: the thread was made suspended.
        if unsafe { ResumeThread(self.thread.raw()) } == u32::MAX {
            let failure = last_failure(format!("start `{}`", command.program));
            end(&self.process);
            return Ended::NotStarted(failure);
        }
        if command.past_limit == PastLimit::LeaveRunning
            && let Some(job) = self.job.take()
        {
            job.let_go();
        }
        if let Some(code) = self.code_within(u64::from(command.limit_s) * 1000) {
            return Ended::Code(code);
        }
        match command.past_limit {
            PastLimit::LeaveRunning => Ended::StillRunning,
            PastLimit::End => {
                match &self.job {
                    Some(job) => job.end(ENDED_AT_LIMIT),
                    None => end(&self.process),
                }
                self.code_within(LAST_BREATH_MS);
                Ended::AtLimit
            }
        }
    }

    fn code_within(&self, limit_ms: u64) -> Option<u32> {
        // The longest finite wait is one less than "for ever".
        let limit = u32::try_from(limit_ms)
            .unwrap_or(u32::MAX - 1)
            .min(u32::MAX - 1);
        // SAFETY: the handle is open.
        if unsafe { WaitForSingleObject(self.process.raw(), limit) } != WAIT_OBJECT_0 {
            return None;
        }
        let mut code = 0;
        // SAFETY: the handle is open; the code is written to a local.
        let known = unsafe { GetExitCodeProcess(self.process.raw(), &mut code) } != 0;
        Some(if known { code } else { u32::MAX })
    }
}

fn end(process: &Handle) {
    // SAFETY: the handle is open and was given with all rights.
    unsafe { TerminateProcess(process.raw(), ENDED_AT_LIMIT) };
}

/// When a process was created, as FILETIME; zero when that cannot be read.
fn created(process: &Handle) -> u64 {
    let mut times = [FILETIME::default(); 4];
    let [creation, exit, kernel, user] = &mut times;
    // SAFETY: the handle is open; the times are written to locals.
    let known = unsafe { GetProcessTimes(process.raw(), creation, exit, kernel, user) } != 0;
    if known { clock::number_of(times[0]) } else { 0 }
}

/// Full path of the program that this very process runs; none when it is no longer there.
pub(super) fn program_of(wanted: Process) -> Option<String> {
    /// Longest path of Windows, in UTF-16 units.
    const LONGEST: usize = 32_768;
    // SAFETY: takes a number.
    let raw = unsafe {
        OpenProcess(
            PROCESS_QUERY_LIMITED_INFORMATION | PROCESS_SYNCHRONIZE,
            0,
            wanted.id,
        )
    };
    let process = Handle::new(raw)?;
    // SAFETY: the handle is open.
    let ended = unsafe { WaitForSingleObject(process.raw(), 0) } != WAIT_TIMEOUT;
    if ended || created(&process) != wanted.created {
        return None;
    }
    let mut path = vec![0; LONGEST];
    let mut length = u32::try_from(LONGEST).unwrap_or(0);
    // SAFETY: the handle is open; the length is that of the buffer.
    let known = unsafe {
        QueryFullProcessImageNameW(
            process.raw(),
            PROCESS_NAME_WIN32,
            path.as_mut_ptr(),
            &mut length,
        )
    };
    // A process whose program Windows does not tell is none that this program has started.
    (known != 0).then(|| {
        narrow(
            path.get(..usize::try_from(length).unwrap_or(0))
                .unwrap_or_default(),
        )
    })
}
