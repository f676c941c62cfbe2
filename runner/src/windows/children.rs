//! Programs that steps start, and the clean surroundings they get.

use core::ptr::null;

use gangway_contract::step::PastLimit;
use windows_sys::Win32::Foundation::{FILETIME, WAIT_OBJECT_0, WAIT_TIMEOUT};
use windows_sys::Win32::System::JobObjects::{
    AssignProcessToJobObject, CreateJobObjectW, JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE,
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION, JobObjectExtendedLimitInformation,
    SetInformationJobObject, TerminateJobObject,
};
use windows_sys::Win32::System::Threading::{
    CREATE_NO_WINDOW, CREATE_SUSPENDED, CREATE_UNICODE_ENVIRONMENT, CreateProcessW,
    GetExitCodeProcess, GetProcessTimes, OpenProcess, PROCESS_INFORMATION,
    PROCESS_QUERY_LIMITED_INFORMATION, PROCESS_SYNCHRONIZE, ResumeThread, STARTUPINFOW,
    TerminateProcess, WaitForSingleObject,
};

use super::{Handle, last_failure, system, wide};
use crate::failure::Failure;
use crate::machine::{Command, Ended, Folders, Process};

/// A program that was started.
pub(super) struct Child {
    process: Handle,
    job: Option<Handle>,
    identity: Process,
}

impl Child {
    /// Which process it is.
    pub(super) fn identity(&self) -> Process {
        self.identity
    }

    /// Starts a program in a console of its own that nobody sees: tools of the portal's
    /// scripts fail when their input is not a console.
    ///
    /// A script gets a job, so that all it starts can be ended with it. An installer gets
    /// none: it is never ended.
    pub(super) fn start(
        command: &Command,
        folders: &Folders,
        temporary: &str,
    ) -> Result<Self, Failure> {
        let what = || format!("start `{}`", command.program);
        let in_job = command.past_limit == PastLimit::End;
        let program = wide(&command.program);
        let mut line = wide(format!("\"{}\" {}", command.program, command.arguments).trim_end());
        let folder = wide(&folders.system);
        let environment = environment(folders, temporary);
        let mut flags = CREATE_NO_WINDOW | CREATE_UNICODE_ENVIRONMENT;
        if in_job {
            flags |= CREATE_SUSPENDED;
        }
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
                flags,
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
        let mut job = None;
        if in_job {
            job = job_with(&process);
            // SAFETY: the thread was made suspended by the call above.
            if unsafe { ResumeThread(thread.raw()) } == u32::MAX {
                let failure = last_failure(what());
                // SAFETY: the process has not run yet.
                unsafe { TerminateProcess(process.raw(), 1) };
                return Err(failure);
            }
        }
        let identity = Process {
            id: information.dwProcessId,
            created: created(&process),
        };
        Ok(Self {
            process,
            job,
            identity,
        })
    }

    /// Waits for the end, at most the command's limit.
    pub(super) fn wait(self, command: &Command) -> Ended {
        if let Some(code) = self.code_within(u64::from(command.limit_s) * 1000) {
            return Ended::Code(code);
        }
        match command.past_limit {
            PastLimit::LeaveRunning => Ended::StillRunning,
            PastLimit::End => {
                // SAFETY: both handles are open; a job ends with everything in it.
                unsafe {
                    match &self.job {
                        Some(job) => TerminateJobObject(job.raw(), 1),
                        None => TerminateProcess(self.process.raw(), 1),
                    };
                }
                self.code_within(10_000);
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

/// A job that ends with this program. None where a job cannot be had: before Windows 8 jobs
/// do not nest, and the task scheduler has put this program into one.
fn job_with(process: &Handle) -> Option<Handle> {
    // SAFETY: no attributes, no name.
    let job = Handle::new(unsafe { CreateJobObjectW(null(), null()) })?;
    let mut limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
    limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
    let size = u32::try_from(size_of::<JOBOBJECT_EXTENDED_LIMIT_INFORMATION>()).unwrap_or(0);
    // SAFETY: the size is that of the structure; both handles are open.
    let assigned = unsafe {
        SetInformationJobObject(
            job.raw(),
            JobObjectExtendedLimitInformation,
            (&raw const limits).cast(),
            size,
        ) != 0
            && AssignProcessToJobObject(job.raw(), process.raw()) != 0
    };
    assigned.then_some(job)
}

fn created(process: &Handle) -> u64 {
    let mut times = [FILETIME::default(); 4];
    let [creation, exit, kernel, user] = &mut times;
    // SAFETY: the handle is open; the times are written to locals.
    let known = unsafe { GetProcessTimes(process.raw(), creation, exit, kernel, user) } != 0;
    if known {
        system::number_of(times[0])
    } else {
        0
    }
}

/// Is this very process still there?
pub(super) fn is_running(wanted: Process) -> bool {
    // SAFETY: takes a number.
    let raw = unsafe {
        OpenProcess(
            PROCESS_QUERY_LIMITED_INFORMATION | PROCESS_SYNCHRONIZE,
            0,
            wanted.id,
        )
    };
    let Some(process) = Handle::new(raw) else {
        return false;
    };
    // SAFETY: the handle is open.
    let ended = unsafe { WaitForSingleObject(process.raw(), 0) } != WAIT_TIMEOUT;
    !ended && created(&process) == wanted.created
}

/// The surroundings of a program: made here and not inherited, because whoever starts this
/// program may have set anything.
fn environment(folders: &Folders, temporary: &str) -> Vec<u16> {
    let system = &folders.system;
    let windows = system::windows_folder();
    let drive = system.get(..2).unwrap_or("C:");
    let program_files = &folders.program_files;
    let name = match system::name() {
        gangway_contract::Fact::Value(name) => name,
        _ => String::new(),
    };
    let mut variables: Vec<(String, String)> = [
        ("ALLUSERSPROFILE", folders.program_data.clone()),
        (
            "APPDATA",
            format!(r"{system}\config\systemprofile\AppData\Roaming"),
        ),
        (
            "CommonProgramFiles",
            format!(r"{program_files}\Common Files"),
        ),
        (
            "CommonProgramFiles(x86)",
            format!(r"{program_files} (x86)\Common Files"),
        ),
        (
            "CommonProgramW6432",
            format!(r"{program_files}\Common Files"),
        ),
        ("COMPUTERNAME", name),
        ("ComSpec", format!(r"{system}\cmd.exe")),
        (
            "LOCALAPPDATA",
            format!(r"{system}\config\systemprofile\AppData\Local"),
        ),
        ("NUMBER_OF_PROCESSORS", "1".to_owned()),
        ("OS", "Windows_NT".to_owned()),
        (
            "Path",
            format!(r"{system};{windows};{system}\Wbem;{system}\WindowsPowerShell\v1.0"),
        ),
        ("PATHEXT", ".COM;.EXE;.BAT;.CMD".to_owned()),
        ("PROCESSOR_ARCHITECTURE", "AMD64".to_owned()),
        ("ProgramData", folders.program_data.clone()),
        ("ProgramFiles", program_files.clone()),
        ("ProgramFiles(x86)", format!("{program_files} (x86)")),
        ("ProgramW6432", program_files.clone()),
        (
            "PSModulePath",
            format!(
                r"{program_files}\WindowsPowerShell\Modules;{system}\WindowsPowerShell\v1.0\Modules"
            ),
        ),
        ("PUBLIC", format!(r"{drive}\Users\Public")),
        ("SystemDrive", drive.to_owned()),
        ("SystemRoot", windows.to_owned()),
        ("TEMP", temporary.to_owned()),
        ("TMP", temporary.to_owned()),
        ("USERPROFILE", format!(r"{system}\config\systemprofile")),
        ("windir", windows.to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    if system::is_wine() {
        // Its own settings, by which it finds the folder that plays drive C.
        variables.extend(
            std::env::vars().filter(|(name, _)| name.starts_with("WINE") || name == "HOME"),
        );
    }
    let mut block = Vec::new();
    for (name, value) in variables {
        block.extend(wide(&format!("{name}={value}")));
    }
    block.push(0);
    block
}
