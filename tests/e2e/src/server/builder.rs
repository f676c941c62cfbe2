//! Describing a server before it starts.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use anyhow::{Context as _, Result, ensure};
use gangway_fixtures::pe::{Version, with_version};
use walkdir::WalkDir;

use super::Server;
use super::baseline::{self, Program, Service};
use super::os::{Entries, Os, entry};
use crate::required;
use crate::wine::{Prefix, Value, registry, template};

const STATUS_KEY: &str = r"Software\Microsoft\Windows Advanced Threat Protection\Status";
const SENSOR_KEY: &str = r"Software\Microsoft\Windows Advanced Threat Protection";
const POLICY_KEY: &str = r"Software\Policies\Microsoft\Windows Advanced Threat Protection";

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
    Live(PathBuf),
}

/// A server that is being described; [`ServerBuilder::build`] makes it.
#[derive(Debug, Clone)]
pub struct ServerBuilder {
    os: Os,
    name: String,
    sense: Sense,
    services: Vec<Service>,
    registry: Entries,
    shares: Vec<(String, Content)>,
    orders: Vec<(String, String)>,
    files: Vec<(String, Vec<u8>)>,
    programs: Vec<(String, Program, [u16; 4])>,
    own_installer: bool,
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
            name: format!("srv{}.contoso.com", os.name().to_lowercase()),
            sense,
            services: baseline::services(os),
            registry: baseline::registry(),
            shares: Vec::new(),
            orders: baseline::orders(os),
            files: Vec::new(),
            programs: baseline::programs(os),
            own_installer: false,
        }
    }

    /// Names the server; else it is `srv<product>.contoso.com`.
    #[must_use]
    pub fn named(mut self, host: &str, domain: &str) -> Self {
        self.name = format!("{host}.{domain}");
        self
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

    /// Adds a service, or replaces the one of that name.
    #[must_use]
    pub fn with_service(self, service: Service) -> Self {
        let mut without = self.without_service(service.name());
        without.services.push(service);
        without
    }

    /// Takes a service away.
    #[must_use]
    pub fn without_service(mut self, name: &str) -> Self {
        self.services.retain(|service| service.name() != name);
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

    /// Offers the folder itself as the share `unc` (`\\\\server\\share`): what others write there is seen, and
    /// what the server writes stays there.
    #[must_use]
    pub fn with_live_share(mut self, unc: &str, folder: &Path) -> Self {
        self.shares
            .push((unc.to_owned(), Content::Live(folder.to_owned())));
        self
    }

    /// Offers an empty folder as the share `unc`.
    #[must_use]
    pub fn with_empty_share(mut self, unc: &str) -> Self {
        self.shares.push((unc.to_owned(), Content::Empty));
        self
    }

    /// Gives orders to a stand-in, in place of those it had: `key=value` lines, see the
    /// stand-ins' own documentation.
    #[must_use]
    pub fn with_orders(mut self, program: &str, orders: &str) -> Self {
        self.orders.retain(|(name, _)| name != program);
        self.orders.push((program.to_owned(), orders.to_owned()));
        self
    }

    /// Puts a file on drive C:, its path given without the drive.
    #[must_use]
    pub fn with_file(mut self, path: &str, content: &[u8]) -> Self {
        self.files.push((path.to_owned(), content.to_owned()));
        self
    }

    /// Puts a program of the given version on drive C:, its path given without the drive; it
    /// is the stand-in `tool`, which takes orders under the file's name.
    #[must_use]
    pub fn with_version(self, path: &str, version: [u16; 4]) -> Self {
        self.with_program(path, Program::Tool, version)
    }

    /// Puts a stand-in of the given version on drive C:, its path given without the drive.
    #[must_use]
    pub fn with_program(mut self, path: &str, program: Program, version: [u16; 4]) -> Self {
        self.programs.retain(|(present, ..)| present != path);
        self.programs.push((path.to_owned(), program, version));
        self
    }

    /// Puts the stand-in `tool` with these orders in the place of `msiexec`; the real one is
    /// then `C:\standins\msiexec.exe`.
    #[must_use]
    pub fn with_installer(mut self, orders: &str) -> Self {
        self.own_installer = true;
        self.with_orders("msiexec", orders)
    }

    /// Makes the server. It starts with the first program.
    ///
    /// # Errors
    /// Wine or the stand-ins are missing, or a file cannot be written.
    pub fn build(mut self) -> Result<Server> {
        let standins = Standins(required::path(required::STANDINS)?);
        self.services.extend(sensor_service(&self.sense));
        let has_antivirus = self.services.iter().any(|one| one.name() == "WinDefend");
        if matches!(self.sense, Sense::Onboarded { .. }) && !has_antivirus {
            self.services.extend(baseline::antivirus_of_agent(self.os));
        }
        let around = unused_folder(self.os)?;
        let server = Server {
            prefix: Prefix::copy_of(&template::folder()?, &around)?,
            shares: around.join("shares"),
            running: self.services.iter().filter_map(Service::running).collect(),
            runs: AtomicU32::new(0),
            answered: AtomicUsize::new(0),
        };
        standins.place_tools(&server)?;
        write(&server.on_c("standins/name.txt"), self.name.as_bytes())?;
        for service in &self.services {
            let (path, program, version) = service.image();
            write(&server.on_c(path), &standins.program(program, version)?)?;
        }
        for (path, program, version) in &self.programs {
            write(
                &server.on_c(path),
                &standins.program(*program, Some(*version))?,
            )?;
        }
        if self.own_installer {
            let installer = server.on_c("windows/system32/msiexec.exe");
            copy(&installer, &server.on_c("standins/msiexec.exe"))?;
            copy(&standins.0.join("tool.exe"), &installer)?;
        }
        for (unc, content) in &self.shares {
            place_share(&server, unc, content)?;
        }
        for (program, orders) in &self.orders {
            let file = server.on_c("standins").join(format!("{program}.txt"));
            write(&file, orders.as_bytes())?;
        }
        for (path, content) in &self.files {
            write(&server.on_c(path), content)?;
        }
        let text = registry::to_file_text(&self.registry_entries());
        server.prefix.append_to_registry(&text)?;
        Ok(server)
    }
}

impl ServerBuilder {
    /// The test's own values come last: of two values of one name the later is taken.
    fn registry_entries(&self) -> Entries {
        let services = self.services.iter().flat_map(Service::registry);
        let mut entries = self.os.registry();
        entries.extend(services);
        entries.extend(sensor_registry(&self.sense));
        entries.extend(self.registry.iter().cloned());
        entries
    }
}

fn sensor_service(sense: &Sense) -> Option<Service> {
    let sensor = match sense {
        Sense::Absent => return None,
        Sense::Installed => Service::stopped("Sense"),
        Sense::Onboarded { .. } => Service::running_automatic("Sense"),
    };
    Some(sensor.with_image(baseline::SENSE_EXE, Program::Sense, baseline::SENSE_VERSION))
}

fn sensor_registry(sense: &Sense) -> Entries {
    let Sense::Onboarded { blob, org_id } = sense else {
        return Vec::new();
    };
    vec![
        entry(POLICY_KEY, "OnboardingInfo", blob.as_str().into()),
        entry(SENSOR_KEY, "OnboardedInfo", blob.as_str().into()),
        entry(STATUS_KEY, "LastConnected", baseline::filetime_now()),
        entry(STATUS_KEY, "OrgId", org_id.as_str().into()),
        entry(STATUS_KEY, "OnboardingState", 1.into()),
    ]
}

/// The folder of the built stand-ins.
struct Standins(PathBuf);

impl Standins {
    fn program(&self, program: Program, version: Option<[u16; 4]>) -> Result<Vec<u8>> {
        let path = self.0.join(program.file());
        let bytes = fs::read(&path).with_context(|| format!("read `{}`", path.display()))?;
        match version {
            Some(number) => {
                let version = Version::new(program.file(), "Stand-in", number);
                with_version(&bytes, &version)
                    .with_context(|| format!("give `{}` a version", path.display()))
            }
            None => Ok(bytes),
        }
    }

    fn place_tools(&self, server: &Server) -> Result<()> {
        let system = server.on_c("windows/system32");
        let powershell = system.join("WindowsPowerShell/v1.0/powershell.exe");
        copy(&self.0.join("powershell.exe"), &powershell)?;
        copy(
            &self.0.join("launcher.exe"),
            &server.on_c("standins/launcher.exe"),
        )?;
        let tool = self.0.join("tool.exe");
        for name in TOOLS {
            copy(&tool, &system.join(format!("{name}.exe")))?;
        }
        copy(
            &tool,
            &server.on_c("Program Files/Windows Defender/MpCmdRun.exe"),
        )
    }
}

/// Puts a share's files below the test's own folder and links the share to them.
fn place_share(server: &Server, unc: &str, content: &Content) -> Result<()> {
    if let Content::Live(folder) = content {
        let link = share_link(&server.prefix, unc);
        make_folder(link.parent().unwrap_or(Path::new("/")))?;
        return symlink(folder, &link).with_context(|| format!("link `{}`", link.display()));
    }
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
    link_share(server, unc)
}

/// Makes the share that `unc` starts with reachable.
pub(super) fn link_share(server: &Server, unc: &str) -> Result<()> {
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
        "`{}` exists: left by a run that was killed; remove it",
        folder.display()
    );
    Ok(folder)
}

fn make_folder(path: &Path) -> Result<()> {
    fs::create_dir_all(path).with_context(|| format!("create folder `{}`", path.display()))
}

/// Writes a file, replacing what is there: the name in a copied template may be a link to
/// Wine's own file, which must not be written through.
fn write(path: &Path, content: &[u8]) -> Result<()> {
    replace(path)?;
    fs::write(path, content).with_context(|| format!("write file `{}`", path.display()))
}

/// Copies a file, replacing what is there as [`write()`] does.
fn copy(from: &Path, to: &Path) -> Result<()> {
    replace(to)?;
    fs::copy(from, to)
        .with_context(|| format!("copy `{}` to `{}`", from.display(), to.display()))
        .map(drop)
}

fn replace(path: &Path) -> Result<()> {
    make_folder(path.parent().unwrap_or(Path::new("/")))?;
    if path.symlink_metadata().is_ok() {
        fs::remove_file(path).with_context(|| format!("remove file `{}`", path.display()))?;
    }
    Ok(())
}
