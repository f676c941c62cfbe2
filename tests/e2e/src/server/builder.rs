//! Describing a server before it starts.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context as _, Result, ensure};
use walkdir::WalkDir;

use super::Server;
use super::os::{Entries, Os, entry};
use crate::required;
use crate::wine::{Prefix, Value, registry};

const SENSE_KEY: &str = r"System\CurrentControlSet\Services\Sense";
const STATUS_KEY: &str = r"Software\Microsoft\Windows Advanced Threat Protection\Status";
const POLICY_KEY: &str = r"Software\Policies\Microsoft\Windows Advanced Threat Protection";
const SENSE_EXE: &str = r"C:\Program Files\Windows Defender Advanced Threat Protection\MsSense.exe";

/// Tools that Wine lacks, or has as programs that succeed and do nothing: each becomes a copy
/// of the stand-in `tool`, which records its calls.
const TOOLS: [&str; 5] = ["timeout", "eventcreate", "wusa", "dism", "shutdown"];

/// Where the sensor stands when the server starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sense {
    /// No such service (2012 R2 and 2016 before the agent).
    Absent,
    /// Installed, not onboarded: start type manual, stopped.
    Installed,
    /// Onboarded by the given blob to the given organisation: start type automatic, running.
    Onboarded {
        /// The blob as the policy holds it.
        blob: String,
        /// Its organisation.
        org_id: String,
    },
}

/// Where a share's files come from.
#[derive(Debug, Clone)]
enum Content {
    Empty,
    CopyOf(PathBuf),
}

/// A server that is being described; [`ServerBuilder::build`] makes it.
#[derive(Debug, Clone)]
pub struct ServerBuilder {
    os: Os,
    sense: Sense,
    registry: Entries,
    shares: Vec<(String, Content)>,
    orders: Vec<(String, String)>,
    files: Vec<(String, Vec<u8>)>,
}

impl ServerBuilder {
    pub(super) fn new(os: Os) -> Self {
        let sense = if os.has_sensor_in_box() {
            Sense::Installed
        } else {
            Sense::Absent
        };
        Self {
            os,
            sense,
            registry: Vec::new(),
            shares: Vec::new(),
            orders: Vec::new(),
            files: Vec::new(),
        }
    }

    /// Sets where the sensor stands.
    #[must_use]
    pub fn with_sense(mut self, sense: Sense) -> Self {
        self.sense = sense;
        self
    }

    /// Adds a value below `HKEY_LOCAL_MACHINE`.
    #[must_use]
    pub fn with_registry(mut self, key: &str, name: &str, value: impl Into<Value>) -> Self {
        self.registry.push(entry(key, name, value.into()));
        self
    }

    /// Offers a copy of the folder `content` as the share `unc` (`\\server\share`, or a
    /// folder below it).
    #[must_use]
    pub fn with_share(mut self, unc: &str, content: &Path) -> Self {
        self.shares
            .push((unc.to_owned(), Content::CopyOf(content.to_owned())));
        self
    }

    /// Offers an empty folder as the share `unc`.
    #[must_use]
    pub fn with_empty_share(mut self, unc: &str) -> Self {
        self.shares.push((unc.to_owned(), Content::Empty));
        self
    }

    /// Gives orders to a stand-in: `key=value` lines, see the stand-ins' own documentation.
    #[must_use]
    pub fn with_orders(mut self, program: &str, orders: &str) -> Self {
        self.orders.push((program.to_owned(), orders.to_owned()));
        self
    }

    /// Puts a file on drive C:, its path given without the drive.
    #[must_use]
    pub fn with_file(mut self, path: &str, content: &[u8]) -> Self {
        self.files.push((path.to_owned(), content.to_owned()));
        self
    }

    /// Makes the server. It starts with the first program.
    ///
    /// # Errors
    /// Wine or the stand-ins are missing, or a file cannot be written.
    pub fn build(self) -> Result<Server> {
        let standins = required::path(required::STANDINS)?;
        let around = unused_folder(self.os)?;
        let server = Server {
            prefix: Prefix::copy_of_template(&around)?,
            shares: around.join("shares"),
            sense_runs: matches!(self.sense, Sense::Onboarded { .. }),
            runs: AtomicU32::new(0),
        };
        place_standins(&server, &standins)?;
        for (unc, content) in &self.shares {
            place_share(&server, unc, content)?;
        }
        for (program, orders) in &self.orders {
            write(
                &server.on_c("standins").join(format!("{program}.txt")),
                orders.as_bytes(),
            )?;
        }
        for (path, content) in &self.files {
            write(&server.on_c(path), content)?;
        }
        let mut entries = self.os.registry();
        entries.extend(sense_registry(&self.sense));
        if self.sense != Sense::Absent {
            copy(
                &standins.join("sense.exe"),
                &server.on_c(SENSE_EXE.trim_start_matches(r"C:\")),
            )?;
        }
        entries.extend(self.registry);
        server
            .prefix
            .append_to_registry(&registry::to_file_text(&entries))?;
        Ok(server)
    }
}

fn sense_registry(sense: &Sense) -> Entries {
    let start = match sense {
        Sense::Absent => return Vec::new(),
        Sense::Installed => 3,
        Sense::Onboarded { .. } => 2,
    };
    let mut entries = vec![
        entry(
            SENSE_KEY,
            "ImagePath",
            format!("\"{SENSE_EXE}\"").as_str().into(),
        ),
        entry(SENSE_KEY, "ObjectName", "LocalSystem".into()),
        entry(SENSE_KEY, "ErrorControl", 1.into()),
        entry(SENSE_KEY, "Start", start.into()),
        entry(SENSE_KEY, "Type", 0x10.into()),
    ];
    if let Sense::Onboarded { blob, org_id } = sense {
        entries.push(entry(POLICY_KEY, "OnboardingInfo", blob.as_str().into()));
        entries.push(entry(STATUS_KEY, "OrgId", org_id.as_str().into()));
        entries.push(entry(STATUS_KEY, "OnboardingState", 1.into()));
    }
    entries
}

fn place_standins(server: &Server, standins: &Path) -> Result<()> {
    let system = server.on_c("windows/system32");
    copy(
        &standins.join("launcher.exe"),
        &server.on_c("standins/launcher.exe"),
    )?;
    let powershell = system.join("WindowsPowerShell/v1.0/powershell.exe");
    copy(&standins.join("powershell.exe"), &powershell)?;
    let tool = standins.join("tool.exe");
    for name in TOOLS {
        copy(&tool, &system.join(format!("{name}.exe")))?;
    }
    copy(
        &tool,
        &server.on_c("Program Files/Windows Defender/MpCmdRun.exe"),
    )
}

/// Puts a share's files below the test's own folder and links the share to them.
fn place_share(server: &Server, unc: &str, content: &Content) -> Result<()> {
    let folder = server.on_share(unc);
    make_folder(&folder)?;
    if let Content::CopyOf(source) = content {
        for entry in WalkDir::new(source).min_depth(1) {
            let entry = entry.with_context(|| format!("list `{}`", source.display()))?;
            let below = entry
                .path()
                .strip_prefix(source)
                .context("a path below its folder")?;
            if entry.file_type().is_dir() {
                make_folder(&folder.join(below))?;
            } else {
                copy(entry.path(), &folder.join(below))?;
            }
        }
    }
    let link = share_link(&server.prefix, unc);
    if link.symlink_metadata().is_err() {
        make_folder(link.parent().unwrap_or(Path::new("/")))?;
        symlink(server.shares.join(share_root(unc)), &link)
            .with_context(|| format!("link `{}`", link.display()))?;
    }
    Ok(())
}

/// The link by which Wine finds the share that `unc` starts with.
pub(super) fn share_link(prefix: &Prefix, unc: &str) -> PathBuf {
    prefix.folder().join("dosdevices/unc").join(share_root(unc))
}

/// Server and share in lower case: Wine compares them without regard to case, the harness
/// must come to one name.
fn share_root(unc: &str) -> PathBuf {
    components(unc).take(2).map(str::to_lowercase).collect()
}

/// Path of `unc` below the folder of all shares.
pub(super) fn below_shares(unc: &str) -> PathBuf {
    let below: PathBuf = components(unc).skip(2).collect();
    share_root(unc).join(below)
}

fn components(unc: &str) -> impl Iterator<Item = &str> {
    unc.trim_start_matches('\\').split('\\')
}

/// A new folder for one server of this process.
fn unused_folder(os: Os) -> Result<PathBuf> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let name = format!("{}-{}-{number}", os.name(), std::process::id());
    let folder = required::work_folder()?.join(name);
    ensure!(
        !folder.exists(),
        "`{}` exists: left by a run that was killed",
        folder.display()
    );
    Ok(folder)
}

fn make_folder(path: &Path) -> Result<()> {
    fs::create_dir_all(path).with_context(|| format!("create folder `{}`", path.display()))
}

fn write(path: &Path, content: &[u8]) -> Result<()> {
    make_folder(path.parent().unwrap_or(Path::new("/")))?;
    fs::write(path, content).with_context(|| format!("write file `{}`", path.display()))
}

/// Copies a file, replacing what is there: the name in a copied template may be a link to
/// Wine's own file, which must not be written through.
fn copy(from: &Path, to: &Path) -> Result<()> {
    make_folder(to.parent().unwrap_or(Path::new("/")))?;
    if to.symlink_metadata().is_ok() {
        fs::remove_file(to).with_context(|| format!("remove file `{}`", to.display()))?;
    }
    fs::copy(from, to)
        .with_context(|| format!("copy `{}` to `{}`", from.display(), to.display()))
        .map(drop)
}
