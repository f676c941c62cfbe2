//! What the bootstrap may do to a machine: the few effects, behind one trait.
//!
//! The real machine stands in `windows/`, the one for tests in `tests/fake/`. Paths are
//! Windows paths as text. Nothing here decides anything.

use std::any::Any;
use std::fmt;
use std::io::Read;

use gangway_contract::apply::RegistryValue;
use gangway_contract::connectivity::Answer;
pub use gangway_contract::events::Level;
use gangway_contract::facts::FeatureState;
use gangway_contract::manifest::Mode;
use gangway_contract::step::PastLimit;
use gangway_contract::{BundleId, Fact, Facts, OrgId, Sha256, UtcTime};

use crate::failure::Failure;
use crate::told::ToldByProduct;

/// Everything that a run reads from or does to its server.
pub trait Machine {
    /// Moment by the clock of the server, in UTC.
    fn now(&self) -> UtcTime;
    /// Waits this many seconds.
    fn sleep(&mut self, seconds: u32);
    /// Any number, for delays and file names; not for secrets.
    fn random(&mut self) -> u64;

    /// Reads every fact of the first tier; changes nothing.
    fn facts(&mut self, bundle: &BundleName) -> Facts;
    /// Asks for the state of feature `Windows-Defender`; takes seconds.
    fn feature_state(&mut self) -> Fact<FeatureState>;
    /// Asks the products themselves for the mode of Defender Antivirus; takes seconds.
    fn told_by_product(&mut self) -> ToldByProduct;
    /// Well-known folders of this machine.
    fn folders(&self) -> Folders;
    /// Asks addresses through the system's HTTP client, several at once, and gives an answer
    /// for each in the same order. Ends within `limit_s` and a moment.
    fn ask(&mut self, questions: &[Question], limit_s: u32) -> Vec<Answer>;

    /// Takes the machine-wide lock of this program, which only SYSTEM and administrators can
    /// hold; false when another instance holds it.
    ///
    /// # Errors
    /// Something is in the lock's way, or this account may not take it.
    fn lock(&mut self) -> Result<bool, Failure>;
    /// Gives the lock back.
    fn unlock(&mut self);

    /// Opens a file of the share for reading.
    ///
    /// # Errors
    /// As the system says.
    fn open_source(&mut self, path: &str) -> Result<Box<dyn Read>, Failure>;
    /// Makes a folder that only SYSTEM and administrators may enter, or checks that it is
    /// one: no foreign owner, no reparse point, nobody else in its access list.
    ///
    /// # Errors
    /// Somebody else owns it, or as the system says.
    fn protect_folder(&mut self, path: &str) -> Result<(), Failure>;
    /// Judges a folder as [`protect_folder`](Self::protect_folder) does, and makes none. One of
    /// our own stays where it is from now on.
    ///
    /// # Errors
    /// As the system says.
    fn judge_folder(&mut self, path: &str) -> Result<Standing, Failure>;
    /// Renames a folder to a name that nothing has.
    ///
    /// # Errors
    /// As the system says.
    fn move_folder(&mut self, from: &str, to: &str) -> Result<(), Failure>;
    /// Makes a file that must not exist, in a protected folder.
    ///
    /// # Errors
    /// As the system says.
    fn create_file(&mut self, path: &str) -> Result<Box<dyn NewFile>, Failure>;
    /// Opens a file of a protected folder and holds it: while the result lives nobody can
    /// write, rename or delete it. None when it does not exist.
    ///
    /// # Errors
    /// It is a reparse point, or as the system says.
    fn hold_file(&mut self, path: &str) -> Result<Option<Box<dyn Read>>, Failure>;
    /// Renames a file inside a protected folder; replaces what is there.
    ///
    /// # Errors
    /// As the system says.
    fn rename_file(&mut self, from: &str, to: &str) -> Result<(), Failure>;
    /// Deletes a file; one that is not there is no error.
    ///
    /// # Errors
    /// As the system says.
    fn delete_file(&mut self, path: &str) -> Result<(), Failure>;
    /// Names of the files of a folder; none when it does not exist.
    ///
    /// # Errors
    /// As the system says.
    fn list_files(&mut self, path: &str) -> Result<Vec<String>, Failure>;
    /// Names of the folders of a folder; none when it does not exist.
    ///
    /// # Errors
    /// As the system says.
    fn list_folders(&mut self, path: &str) -> Result<Vec<String>, Failure>;
    /// Deletes a folder and all inside, following nothing that leads out of it; one that is
    /// not there is no error.
    ///
    /// # Errors
    /// As the system says.
    fn delete_tree(&mut self, path: &str) -> Result<(), Failure>;
    /// Deletes an empty folder; one that is not there or not empty is no error.
    fn delete_folder(&mut self, path: &str);
    /// Reads at most `limit` bytes from the end of a file of the machine.
    ///
    /// # Errors
    /// As the system says.
    fn read_tail(&mut self, path: &str, limit: u64) -> Result<Vec<u8>, Failure>;
    /// What the system says of the signature of a held file, its certificates judged at a
    /// time, now without one.
    fn signature(&mut self, path: &str, at: Option<UtcTime>) -> SeenSignature;

    /// Judges a program that another installer left: by its absolute path, in folders that users
    /// can change as little as the file. Nobody can write, rename or delete it while the result
    /// lives.
    ///
    /// # Errors
    /// Who may change it, or as the system says.
    fn hold_program(&mut self, path: &str) -> Result<Box<dyn Any>, Failure>;
    /// Makes a process of a program. It does not run before [`wait`](Self::wait), and never
    /// when this program ends before that: the caller can record it first.
    ///
    /// # Errors
    /// As the system says.
    fn start(&mut self, command: &Command) -> Result<Process, Failure>;
    /// Lets the process run and waits for its end, at most the command's limit.
    fn wait(&mut self, process: Process, command: &Command) -> Ended;
    /// Full path of the program that this very process runs; none when it is no longer there.
    fn program_of(&mut self, process: Process) -> Option<String>;
    /// Writes a registry value; makes its key when it is not there.
    ///
    /// # Errors
    /// As the system says; the failure does not show the content.
    fn write_value(&mut self, value: &RegistryValue) -> Result<(), Failure>;
    /// Deletes a registry value below `HKEY_LOCAL_MACHINE`; one that is not there is no error.
    ///
    /// # Errors
    /// As the system says.
    fn delete_value(&mut self, key: &str, name: &str) -> Result<(), Failure>;
    /// Deletes a registry key below `HKEY_LOCAL_MACHINE` with all that is in it; one that is not there is no
    /// error.
    ///
    /// # Errors
    /// As the system says; what could be deleted is gone.
    fn delete_keys(&mut self, key: &str) -> Result<(), Failure>;
    /// Has Windows register the certificates of Defender's early-launch driver.
    ///
    /// # Errors
    /// As the system says; there is no such driver, or no such function.
    fn install_elam_certificate(&mut self) -> Result<(), Failure>;
    /// Asks the service manager to start a service; one that runs is no error.
    ///
    /// # Errors
    /// As the system says.
    fn start_service(&mut self, name: &str) -> Result<(), Failure>;
    /// Deletes a service.
    ///
    /// # Errors
    /// As the system says.
    fn delete_service(&mut self, name: &str) -> Result<(), Failure>;
    /// Reads the journal; empty when there is none. For [`data_folder`](crate::data_folder),
    /// which judges the folder first.
    ///
    /// # Errors
    /// As the system says.
    fn read_journal(&mut self) -> Result<Vec<u8>, Failure>;
    /// Appends to the journal; when this returns the bytes are on the disk.
    ///
    /// # Errors
    /// As the system says.
    fn append_journal(&mut self, line: &[u8]) -> Result<(), Failure>;
    /// Puts a shorter journal in the place of the old one.
    ///
    /// # Errors
    /// As the system says.
    fn replace_journal(&mut self, bytes: &[u8]) -> Result<(), Failure>;
    /// Sets a mark in the registry.
    ///
    /// # Errors
    /// As the system says.
    fn set_mark(&mut self, mark: &Mark) -> Result<(), Failure>;
    /// Keeps a report on the machine.
    ///
    /// # Errors
    /// As the system says.
    fn keep_report(&mut self, name: &str, bytes: &[u8]) -> Result<(), Failure>;
    /// Drops a report into the folder on the share: written under a name that nobody reads,
    /// then renamed; never in the place of another file.
    ///
    /// # Errors
    /// As the system says.
    fn drop_report(&mut self, folder: &str, name: &str, bytes: &[u8]) -> Result<(), Failure>;
    /// Writes a line to the Application log.
    ///
    /// # Errors
    /// As the system says; it is not worth failing for.
    fn log_event(&mut self, event: &Event) -> Result<(), Failure>;
}

/// One address and the way to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// `http:` or `https:`.
    pub url: String,
    /// `host:port` of a proxy; none means directly, whatever the machine's settings.
    pub proxy: Option<String>,
    /// Longest time in seconds.
    pub limit_s: u32,
}

/// Whose a folder is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// There is none.
    Missing,
    /// Only SYSTEM and administrators may enter it.
    Own,
    /// Somebody else made it or may change it: why.
    Foreign(Failure),
}

/// A file being written.
pub trait NewFile {
    /// Writes all bytes.
    ///
    /// # Errors
    /// As the system says.
    fn write(&mut self, bytes: &[u8]) -> Result<(), Failure>;
    /// Puts the bytes on the disk and closes the file.
    ///
    /// # Errors
    /// As the system says.
    fn finish(self: Box<Self>) -> Result<(), Failure>;
}

/// Which bundle the facts are read for: its marks stand under its names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundleName {
    /// Bundle.
    pub id: BundleId,
    /// Organisation.
    pub org_id: OrgId,
    /// What its bootstrap may do.
    pub mode: Mode,
    /// Services that its config counts as an antivirus.
    pub other_antivirus: Vec<String>,
}

/// Folders that the machine's registry names; no environment variable is trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folders {
    /// `C:\Windows\System32`.
    pub system: String,
    /// `C:\Program Files`.
    pub program_files: String,
    /// `C:\ProgramData`.
    pub program_data: String,
}

impl Folders {
    /// Protected folder of everything that is run.
    pub fn programs(&self) -> String {
        format!(r"{}\Gangway", self.program_files)
    }

    /// Protected folder of one release.
    pub fn release(&self, release: &str) -> String {
        format!(r"{}\{release}", self.programs())
    }

    /// Folder of journal, logs and reports.
    pub fn data(&self) -> String {
        format!(r"{}\Gangway", self.program_data)
    }

    /// Folder of installer logs.
    pub fn logs(&self) -> String {
        format!(r"{}\logs", self.data())
    }
}

/// Why a program may be started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A payload or our own copy, held by its digest, or a program of Windows or Defender.
    Known,
    /// Another installer left it, and no digest is known: judged where it lies.
    Left,
}

/// One program start.
#[derive(Clone, PartialEq, Eq)]
pub struct Command {
    /// Full path of the program.
    pub program: String,
    /// Why it may be started.
    pub origin: Origin,
    /// The command line behind the quoted program, ready for `CreateProcessW`.
    pub arguments: String,
    /// Longest run in seconds.
    pub limit_s: u32,
    /// What happens after that.
    pub past_limit: PastLimit,
}

impl fmt::Debug for Command {
    /// Without the arguments: they may hold a workspace key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Command")
            .field("program", &self.program)
            .finish_non_exhaustive()
    }
}

/// A process, told apart from later ones with the same number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Process {
    /// Process id.
    pub id: u32,
    /// Time of creation as FILETIME.
    pub created: u64,
}

/// How a program ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// By itself, and said this.
    Code(u32),
    /// At its limit, with all it had started.
    AtLimit,
    /// Not: it goes on past its limit.
    StillRunning,
    /// It could not be started.
    NotStarted(Failure),
}

/// A mark below `HKLM\SOFTWARE\Gangway`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mark {
    /// The bundle has converged; volatile, so that each start of Windows checks once more.
    Converged(BundleId),
    /// The bundle is no longer converged.
    NotConverged(BundleId),
    /// A step asked for a restart; volatile.
    RestartPending,
    /// Highest sequence that worked here.
    Sequence {
        /// For this organisation and mode.
        bundle: BundleName,
        /// The number.
        sequence: u64,
    },
}

/// What the system says of a file's signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenSignature {
    /// Code of `WinVerifyTrust`.
    pub code: u32,
    /// Its signer, where the system found one.
    pub signer: Option<SeenSigner>,
}

/// A signer that the system found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenSigner {
    /// Display name of the subject.
    pub name: String,
    /// The chain that was built for it, or the code of the failure.
    pub chain: Result<SeenChain, u32>,
}

/// A chain of certificates, built for code signing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenChain {
    /// Error bits of the whole chain (`CERT_TRUST_STATUS`).
    pub faults: u32,
    /// Digests of the certificates, the signer's first.
    pub certificates: Vec<Sha256>,
}

/// A line of the event log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Who speaks: [`SOURCE`](gangway_contract::events::SOURCE), or the source of the portal's scripts.
    pub source: &'static str,
    /// Weight.
    pub level: Level,
    /// Number from 1 to 1000.
    pub id: u32,
    /// What happened, for whoever reads the event log.
    pub text: String,
}
