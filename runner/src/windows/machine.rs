//! The effects of a run on this machine.

use std::collections::hash_map::RandomState;
use std::fs::{self, File};
use std::hash::{BuildHasher as _, Hasher as _};
use std::io::Read;
use std::os::windows::process::CommandExt as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

use gangway_contract::facts::FeatureState;
use gangway_contract::{Fact, Facts, UtcTime};
use windows_sys::Win32::Foundation::{ERROR_ALREADY_EXISTS, LUID};
use windows_sys::Win32::Security::{
    AdjustTokenPrivileges, LUID_AND_ATTRIBUTES, LookupPrivilegeValueW, SE_PRIVILEGE_ENABLED,
    TOKEN_ADJUST_PRIVILEGES, TOKEN_PRIVILEGES, TOKEN_QUERY,
};
use windows_sys::Win32::System::Shutdown::{
    InitiateSystemShutdownExW, SHTDN_REASON_FLAG_PLANNED, SHTDN_REASON_MAJOR_APPLICATION,
    SHTDN_REASON_MINOR_INSTALLATION,
};
use windows_sys::Win32::System::Threading::{
    CREATE_NO_WINDOW, CreateMutexW, GetCurrentProcess, OpenProcessToken,
};

use super::children::Child;
use super::registry::Lifetime;
use super::sources::ThisMachine;
use super::{
    Handle, children, event_log, failure, files, last_error, last_failure, registry, security,
    services, system, trust, wide,
};
use crate::failure::{Failure, FailureKind};
use crate::machine::{
    BundleName, Command, Ended, Event, Folders, Machine, Mark, NewFile, PolicyValue, Process,
    Signature,
};
use crate::probe::{self, Value, places};

/// One instance at a time on a machine, whichever bundle it carries.
const MUTEX: &str = r"Global\Gangway.Bootstrap";

/// Longest run of a question to DISM, in seconds.
const QUESTION_LIMIT_S: u64 = 60;

/// Seconds between the request for a restart and the restart.
const RESTART_DELAY_S: u32 = 60;

/// The machine that the program runs on.
#[derive(Default)]
pub struct WindowsMachine {
    lock: Option<Handle>,
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
                let aside = format!("{data}.foreign-{:08x}", self.random() & 0xffff_ffff);
                files::rename_new(data, &aside)?;
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
        system::now()
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
        feature_state(&self.folders())
    }

    fn folders(&self) -> Folders {
        system::folders()
    }

    fn lock(&mut self) -> Result<bool, Failure> {
        // Only SYSTEM and administrators may open it, so that no user can hold it.
        let descriptor = security::Descriptor::of("D:P(A;;GA;;;SY)(A;;GA;;;BA)")?;
        let attributes = descriptor.attributes();
        let name = wide(MUTEX);
        // SAFETY: the name ends with a zero; the attributes outlive the call.
        let raw = unsafe { CreateMutexW(&attributes, 0, name.as_ptr()) };
        let code = last_error();
        let Some(handle) = Handle::new(raw) else {
            return Err(Failure::new("take the lock of this program", code));
        };
        if code == ERROR_ALREADY_EXISTS {
            return Ok(false);
        }
        self.lock = Some(handle);
        Ok(true)
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

    fn delete_folder(&mut self, path: &str) {
        self.folders.retain(|(held, _)| held != path);
        // Not empty, or not there: nothing to do.
        let _ = fs::remove_dir(path);
    }

    fn read_tail(&mut self, path: &str, limit: u64) -> Result<Vec<u8>, Failure> {
        files::read_tail(path, limit)
    }

    fn signature(&mut self, path: &str) -> Signature {
        trust::verify(path)
    }

    fn start(&mut self, command: &Command) -> Result<Process, Failure> {
        self.data_folder("logs")?;
        let temporary = self.data_folder("temp")?;
        let child = Child::start(command, &self.folders(), &temporary)?;
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

    fn is_running(&mut self, process: Process) -> bool {
        children::is_running(process)
    }

    fn write_policy(&mut self, value: &PolicyValue) -> Result<(), Failure> {
        match value {
            PolicyValue::PassiveMode(passive) => registry::write(
                places::SENSOR_POLICY,
                "ForceDefenderPassiveMode",
                &Value::Number(u64::from(*passive)),
            ),
            PolicyValue::VdiTag => registry::write(
                places::DEVICE_TAGGING,
                "VDI",
                &Value::Text(gangway_contract::step::VDI_TAG.to_owned()),
            ),
        }
    }

    fn start_service(&mut self, name: &str) -> Result<(), Failure> {
        services::start(name)
    }

    fn delete_service(&mut self, name: &str) -> Result<(), Failure> {
        services::delete(name)
    }

    fn restart(&mut self, reason: &str) -> Result<(), Failure> {
        enable_shutdown_privilege()?;
        let message = wide(reason);
        // SAFETY: no name means this machine; the message ends with a zero.
        let done = unsafe {
            InitiateSystemShutdownExW(
                core::ptr::null(),
                message.as_ptr(),
                RESTART_DELAY_S,
                1,
                1,
                SHTDN_REASON_MAJOR_APPLICATION
                    | SHTDN_REASON_MINOR_INSTALLATION
                    | SHTDN_REASON_FLAG_PLANNED,
            )
        };
        if done == 0 {
            return Err(last_failure("restart Windows"));
        }
        Ok(())
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
            Mark::Converged(id) => {
                registry::create_key(&places::converged_key(id.as_str()), Lifetime::Volatile)
            }
            Mark::NotConverged(id) => registry::delete_key(&places::converged_key(id.as_str())),
            Mark::RestartPending => {
                registry::create_key(places::RESTART_PENDING, Lifetime::Volatile)
            }
            Mark::Sequence { bundle, sequence } => registry::write(
                places::SEQUENCES,
                &places::sequence_name(bundle),
                &Value::Number(*sequence),
            ),
        }
    }

    fn keep_report(&mut self, name: &str, bytes: &[u8]) -> Result<(), Failure> {
        let folder = self.data_folder("reports")?;
        files::write_whole(&format!(r"{folder}\{name}"), bytes)
    }

    fn drop_report(&mut self, folder: &str, name: &str, bytes: &[u8]) -> Result<(), Failure> {
        let path = format!(r"{folder}\{name}");
        let temporary = format!("{path}.tmp");
        let mut file = files::create(&temporary)?;
        file.write(bytes)?;
        file.finish()?;
        files::rename_new(&temporary, &path)
    }

    fn log_event(&mut self, event: &Event) {
        event_log::write(event);
    }
}

/// Asks DISM in a process of its own, which is ended after a minute.
fn feature_state(folders: &Folders) -> Fact<FeatureState> {
    let unknown = |why: String| Fact::unknown(format!("DISM: {why}"));
    let path = format!(
        r"{}\Temp\gangway-feature-{}.txt",
        system::windows_folder(),
        std::process::id()
    );
    let answer = match File::create(&path) {
        Ok(file) => file,
        Err(error) => return unknown(failure(format!("create `{path}`"), &error).to_string()),
    };
    let asked = ask(folders, answer);
    let text = files::read_tail(&path, 64 * 1024);
    // A file that stays in the folder for temporary files does no harm.
    let _ = files::delete(&path);
    match (asked, text) {
        (Ok(()), Ok(text)) => probe::feature_state_of(&String::from_utf8_lossy(&text)),
        (Err(why), _) => unknown(why),
        (_, Err(failure)) => unknown(failure.to_string()),
    }
}

fn ask(folders: &Folders, answer: File) -> Result<(), String> {
    let mut child = std::process::Command::new(format!(r"{}\dism.exe", folders.system))
        .args([
            "/Online",
            "/English",
            "/Get-FeatureInfo",
            "/FeatureName:Windows-Defender",
        ])
        .creation_flags(CREATE_NO_WINDOW)
        .stdin(Stdio::null())
        .stdout(answer)
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| error.to_string())?;
    let deadline = Instant::now() + Duration::from_secs(QUESTION_LIMIT_S);
    loop {
        match child.try_wait() {
            Ok(Some(_)) => return Ok(()),
            Ok(None) if Instant::now() < deadline => {
                std::thread::sleep(Duration::from_millis(50));
            }
            Ok(None) => {
                // It only reads; ending it leaves nothing half done.
                let _ = child.kill();
                return Err(format!("no answer in {QUESTION_LIMIT_S} s"));
            }
            Err(error) => return Err(error.to_string()),
        }
    }
}

fn enable_shutdown_privilege() -> Result<(), Failure> {
    let what = "enable the privilege to restart";
    let name = wide("SeShutdownPrivilege");
    let mut token = core::ptr::null_mut();
    // SAFETY: the process is this one; the token is written to a local.
    let opened = unsafe {
        OpenProcessToken(
            GetCurrentProcess(),
            TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY,
            &mut token,
        )
    };
    let token = Handle::new(token)
        .filter(|_| opened != 0)
        .ok_or_else(|| last_failure(what))?;
    let mut luid = LUID::default();
    // SAFETY: the name ends with a zero; the number is written to a local.
    if unsafe { LookupPrivilegeValueW(core::ptr::null(), name.as_ptr(), &mut luid) } == 0 {
        return Err(last_failure(what));
    }
    let privileges = TOKEN_PRIVILEGES {
        PrivilegeCount: 1,
        Privileges: [LUID_AND_ATTRIBUTES {
            Luid: luid,
            Attributes: SE_PRIVILEGE_ENABLED,
        }],
    };
    // SAFETY: the token is open; the old state is not wanted.
    let done = unsafe {
        AdjustTokenPrivileges(
            token.raw(),
            0,
            &privileges,
            0,
            core::ptr::null_mut(),
            core::ptr::null_mut(),
        )
    };
    // The call succeeds, too, when it changed nothing; only the code tells.
    if done == 0 || last_error() != 0 {
        return Err(last_failure(what));
    }
    Ok(())
}
