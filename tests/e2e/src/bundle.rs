//! Bundles as a user makes them: `gangway build`, then `gangway sign` with the lab's
//! certificate.
//!
//! A bundle depends on nothing but its inputs, so tests that want the same one share it: it is
//! kept in the work folder under a digest of config, programs and downloads.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use gangway_fixtures::Lab;
use serde::Deserialize;
use sha2::Digest as _;
use walkdir::WalkDir;

use crate::program::{self, Output};
use crate::required;

/// Share of the payloads.
pub const RELEASES: &str = r"\\files.contoso.com\gangway$";
/// Share of the host reports.
pub const REPORTS: &str = r"\\files.contoso.com\gangway-reports$";
/// Where the task finds the bootstrap.
pub const NETLOGON: &str = r"\\contoso.com\NETLOGON\Gangway";

/// Line of a config in whose place the digests of all scripts among the downloads are put.
const EVERY_SCRIPT: &str = "accept_scripts = ['every one']";

const LIMIT: Duration = Duration::from_secs(120);

/// What a bundle is made of. Waits are small, everything else is what a config says when it
/// says nothing.
#[derive(Debug, Clone)]
pub struct Recipe {
    downloads: Vec<PathBuf>,
    stub_variable: &'static str,
    mode: Option<&'static str>,
    as_of: Option<i64>,
    restored_at: Option<u32>,
    sections: Vec<(&'static str, String)>,
}

impl Recipe {
    /// The good sample downloads.
    ///
    /// # Errors
    /// There are no samples.
    pub fn of_samples() -> Result<Self> {
        Ok(Self {
            downloads: vec![required::path(required::FIXTURES)?.join("downloads")],
            stub_variable: required::STUB,
            mode: None,
            as_of: None,
            restored_at: None,
            sections: Vec::new(),
        })
    }

    /// The portal's script runs, whichever it is: a person has looked at each of them.
    #[must_use]
    pub fn applying_script(self) -> Self {
        self.with("onboard", "apply = 'script'")
            .with("onboard", EVERY_SCRIPT)
    }

    /// The downloads are these files and folders instead.
    #[must_use]
    pub fn with_downloads(mut self, paths: &[&Path]) -> Self {
        self.downloads = paths.iter().map(|path| (*path).to_owned()).collect();
        self
    }

    /// Adds a line to a section of the config; a later line replaces an earlier one of the
    /// same field.
    #[must_use]
    pub fn with(mut self, section: &'static str, line: &str) -> Self {
        self.sections.push((section, line.to_owned()));
        self
    }

    /// Builds for another mode than the config's.
    #[must_use]
    pub fn with_mode(mut self, mode: &'static str) -> Self {
        self.mode = Some(mode);
        self
    }

    /// Builds as if it were this moment, in seconds since 1970 UTC.
    #[must_use]
    pub fn built_at(mut self, moment: i64) -> Self {
        self.as_of = Some(moment);
        self
    }

    /// An earlier bundle with this sequence was built, then the lock was lost and made again from
    /// it.
    #[must_use]
    pub fn after_a_lost_lock(mut self, sequence: u32) -> Self {
        self.restored_at = Some(sequence);
        self
    }

    /// Takes the stub that a variable names.
    #[must_use]
    pub fn with_stub(mut self, variable: &'static str) -> Self {
        self.stub_variable = variable;
        self
    }

    /// Builds and signs the bundle, or takes it as it was made before. The folder is shared:
    /// a test changes a copy only.
    ///
    /// # Errors
    /// A program fails; the error holds what it said.
    pub fn bundle(&self) -> Result<Bundle> {
        let gangway = required::path(required::GANGWAY)?;
        let stub = required::path(self.stub_variable)?;
        let config = self.config();
        let inputs = digest(&inputs(&self.downloads, &[&gangway, &stub])?);
        let shelf = required::work_folder()?.join("bundles");
        fs::create_dir_all(&shelf).with_context(|| format!("create `{}`", shelf.display()))?;
        let made = shelf.join(format!(
            "{inputs}-{}",
            digest(&format!(
                "{config}{:?}{:?}{:?}",
                self.mode, self.as_of, self.restored_at
            ))
        ));
        let lock_file = made.with_extension("lock");
        let lock = File::create(&lock_file)
            .with_context(|| format!("create file `{}`", lock_file.display()))?;
        lock.lock()
            .with_context(|| format!("lock file `{}`", lock_file.display()))?;
        if !made.is_dir() {
            let unfinished = made.with_extension("new");
            let _ = fs::remove_dir_all(&unfinished);
            self.make(&gangway, &stub, &config, &unfinished)?;
            fs::rename(&unfinished, &made)
                .with_context(|| format!("rename `{}`", unfinished.display()))?;
        }
        Bundle::open(&made.join("out"))
    }

    /// Writes config and the lab's certificates into a folder, for a test that types the commands itself.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn prepare_in(&self, folder: &Path) -> Result<()> {
        self.prepare(&required::path(required::GANGWAY)?, &self.config(), folder)
    }

    fn prepare(&self, gangway: &Path, config: &str, folder: &Path) -> Result<()> {
        let lab = folder.join("lab");
        gangway_fixtures::samples::lab(&lab).context("write the lab's certificates")?;
        let chain = format!(
            "{}{}",
            Lab::Code.certificate_pem(),
            Lab::CodeCa.certificate_pem()
        );
        let write = |path: PathBuf, text: &str| {
            fs::write(&path, text).with_context(|| format!("write file `{}`", path.display()))
        };
        write(lab.join("code-chain.pem"), &chain)?;
        let config_file = folder.join("gangway.toml");
        write(config_file.clone(), &config.replace(EVERY_SCRIPT, ""))?;
        if config.contains(EVERY_SCRIPT) {
            let digests = self.scripts(gangway, folder)?;
            let accepted = format!("accept_scripts = [{}]", digests.join(", "));
            write(config_file, &config.replace(EVERY_SCRIPT, &accepted))?;
        }
        Ok(())
    }

    fn make(&self, gangway: &Path, stub: &Path, config: &str, folder: &Path) -> Result<()> {
        self.prepare(gangway, config, folder)?;
        if let Some(sequence) = self.restored_at {
            restore_lock(gangway, stub, folder, (self.mode, sequence))?;
        }
        let mut build = Command::new(gangway);
        build
            .arg("build")
            .arg("--stub")
            .arg(stub)
            .args(["--out", "out"]);
        if let Some(mode) = self.mode {
            build.args(["--mode", mode]);
        }
        if let Some(moment) = self.as_of {
            build.args(["--as-of", &moment.to_string()]);
        }
        succeed(build.current_dir(folder), &folder.join("build"))?;
        let mut sign = Command::new(gangway);
        sign.args(["sign", "out"]).current_dir(folder);
        succeed(&mut sign, &folder.join("sign"))
    }

    /// Digests of the portal scripts among the downloads, in quotes.
    fn scripts(&self, gangway: &Path, folder: &Path) -> Result<Vec<String>> {
        #[derive(Deserialize)]
        struct Answer {
            result: Inspection,
        }
        #[derive(Deserialize)]
        struct Inspection {
            items: Vec<Item>,
        }
        #[derive(Deserialize)]
        struct Item {
            kind: String,
            sha256: String,
        }
        let mut inspect = Command::new(gangway);
        inspect.args(["inspect", "--json", "--config", "gangway.toml"]);
        inspect.args(&self.downloads).current_dir(folder);
        let output = program::run(&mut inspect, &folder.join("inspect"), LIMIT)?;
        let answer: Answer = serde_json::from_str(&output.stdout).context("read the inspection")?;
        let scripts = answer.result.items.into_iter();
        Ok(scripts
            .filter(|item| item.kind.ends_with("boarding_script"))
            .map(|item| format!("'{}'", item.sha256))
            .collect())
    }

    fn config(&self) -> String {
        let paths: Vec<String> = self
            .downloads
            .iter()
            .map(|path| format!("'{}'", path.display()))
            .collect();
        let mut sections: Vec<(String, Vec<String>)> = [
            (
                "[organization]",
                vec!["name = 'Contoso'".to_owned(), "id = 'Contoso'".to_owned()],
            ),
            (
                "[downloads]",
                vec![format!("paths = [{}]", paths.join(", "))],
            ),
            (
                "[trust]",
                [
                    "lab_roots = ['lab/roots.pem']",
                    "lab_root_counts_as_microsoft = true",
                    "signers.agent.organizations = ['Contoso Lab']",
                    "signers.scripts.organizations = ['Contoso Lab']",
                    "signers.updates.organizations = ['Contoso Lab']",
                    "signers.tools.organizations = ['Contoso Lab']",
                ]
                .map(str::to_owned)
                .to_vec(),
            ),
            (
                "[share]",
                vec![
                    format!("root = '{RELEASES}'"),
                    format!("reports = '{REPORTS}'"),
                ],
            ),
            (
                "[[gpo.domain]]",
                vec!["dns_name = 'contoso.com'".to_owned()],
            ),
            ("[onboard]", Vec::new()),
            (
                "[rollout]",
                [
                    "jitter_s = 0",
                    "fetch_retries = 1",
                    "fetch_retry_wait_s = 0",
                    "installer_wait_s = 2",
                    "verify_wait_s = 20",
                    "free_space_bytes = 1048576",
                ]
                .map(str::to_owned)
                .to_vec(),
            ),
            (
                "[signing]",
                vec![
                    "roots = ['lab/root.pem']".to_owned(),
                    // Without a time stamp of its own: plain Debian's osslsigncode cannot make one.
                    "command = ['osslsigncode', 'sign', '-certs', 'lab/code-chain.pem', '-key', \
                     'lab/code.key', '-h', 'sha256', '-time', '1735689600', '-in', '{in}', \
                     '-out', '{out}']"
                        .to_owned(),
                ],
            ),
        ]
        .map(|(heading, lines)| (heading.to_owned(), lines))
        .to_vec();
        for (section, line) in &self.sections {
            let heading = format!("[{section}]");
            let field = line.split('=').next().unwrap_or_default().trim().to_owned();
            if let Some((_, lines)) = sections.iter_mut().find(|(name, _)| *name == heading) {
                lines.retain(|present| present.split('=').next().map(str::trim) != Some(&field));
                lines.push(line.clone());
            } else {
                sections.push((heading, vec![line.clone()]));
            }
        }
        sections
            .iter()
            .map(|(heading, lines)| format!("{heading}\n{}\n\n", lines.join("\n")))
            .collect()
    }
}

/// Builds a bundle of this sequence from another config, loses the lock, and makes it again.
fn restore_lock(
    gangway: &Path,
    stub: &Path,
    folder: &Path,
    (mode, sequence): (Option<&str>, u32),
) -> Result<()> {
    let config_file = folder.join("gangway.toml");
    let read = || format!("read `{}`", config_file.display());
    let config = fs::read_to_string(&config_file).with_context(read)?;
    let earlier = config.replace("jitter_s = 0", "jitter_s = 1");
    ensure!(earlier != config, "the earlier config is the same");
    fs::write(&config_file, earlier).with_context(read)?;
    let mut build = Command::new(gangway);
    build
        .arg("build")
        .arg("--stub")
        .arg(stub)
        .args(["--out", "earlier", "--sequence-after"])
        .arg((sequence - 1).to_string());
    if let Some(mode) = mode {
        build.args(["--mode", mode]);
    }
    succeed(build.current_dir(folder), &folder.join("build-earlier"))?;
    fs::remove_file(folder.join("gangway.lock")).context("lose the lock")?;
    let mut lock = Command::new(gangway);
    lock.args(["lock", "--from", "earlier"]).current_dir(folder);
    succeed(&mut lock, &folder.join("lock"))?;
    fs::write(&config_file, config).with_context(read)
}

/// A built and signed bundle.
#[derive(Debug, Clone)]
pub struct Bundle {
    folder: PathBuf,
    /// Config, lock and lab of the build.
    made: PathBuf,
    document: Document,
}

/// The part of `bundle.json` that tests need.
#[derive(Debug, Clone, Deserialize)]
struct Document {
    bundle_id: String,
    release_id: String,
    exe: Exe,
}

#[derive(Debug, Clone, Deserialize)]
struct Exe {
    path: String,
}

impl Bundle {
    /// The bundle in `folder`, where it was built.
    ///
    /// # Errors
    /// It has no readable `bundle.json`.
    pub fn open(folder: &Path) -> Result<Self> {
        let path = folder.join("bundle.json");
        let text = fs::read(&path).with_context(|| format!("read `{}`", path.display()))?;
        let document =
            serde_json::from_slice(&text).with_context(|| format!("read `{}`", path.display()))?;
        Ok(Self {
            folder: folder.to_owned(),
            made: folder.parent().unwrap_or(folder).to_owned(),
            document,
        })
    }

    /// A copy in `folder`, to be changed.
    ///
    /// # Errors
    /// A file cannot be copied.
    pub fn copy_to(&self, folder: &Path) -> Result<Self> {
        for entry in WalkDir::new(&self.folder) {
            let entry = entry.with_context(|| format!("list `{}`", self.folder.display()))?;
            let to = folder.join(entry.path().strip_prefix(&self.folder)?);
            if entry.file_type().is_dir() {
                fs::create_dir_all(&to).with_context(|| format!("create `{}`", to.display()))?;
            } else {
                fs::copy(entry.path(), &to).with_context(|| format!("write `{}`", to.display()))?;
            }
        }
        Ok(Self {
            made: self.made.clone(),
            ..Self::open(folder)?
        })
    }

    /// Where `gangway build` put it.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The config that it was built from, with the lock and the signing command.
    pub fn config(&self) -> PathBuf {
        self.made.join("gangway.toml")
    }

    /// As `bundle.json` has it.
    pub fn id(&self) -> &str {
        &self.document.bundle_id
    }

    /// Folder of its payloads on the share.
    pub fn release_id(&self) -> &str {
        &self.document.release_id
    }

    /// The signed exe.
    pub fn exe(&self) -> PathBuf {
        self.folder.join(&self.document.exe.path)
    }

    /// The exe as a server names it.
    pub fn exe_unc(&self) -> String {
        let name = self
            .document
            .exe
            .path
            .rsplit('/')
            .next()
            .unwrap_or_default();
        format!(r"{NETLOGON}\{name}")
    }

    /// Files that servers read from the share, by name.
    ///
    /// # Errors
    /// The release folder cannot be listed.
    pub fn payloads(&self) -> Result<Vec<String>> {
        let release = self.folder.join("share/releases").join(self.release_id());
        let entries =
            fs::read_dir(&release).with_context(|| format!("list `{}`", release.display()))?;
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.with_context(|| format!("list `{}`", release.display()))?;
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        Ok(names)
    }

    /// UNC path of a payload.
    pub fn payload_unc(&self, name: &str) -> String {
        format!(r"{RELEASES}\releases\{}\{name}", self.release_id())
    }

    /// Runs `gangway verify` on it, by the config and the lock of the bundle that was built.
    ///
    /// # Errors
    /// The program cannot be started.
    pub fn verify(&self) -> Result<Output> {
        let gangway = required::path(required::GANGWAY)?;
        let mut verify = Command::new(gangway);
        verify.args(["verify", "--signed"]).arg(&self.folder);
        verify.arg("--config").arg(self.config());
        let files = self.folder.with_extension("verify");
        program::run(&mut verify, &files, LIMIT)
    }
}

fn succeed(command: &mut Command, files: &Path) -> Result<()> {
    let output = program::run(command, files, LIMIT)?;
    ensure!(
        output.status.success(),
        "{command:?}: {}\n{}{}",
        output.status,
        output.stdout,
        output.stderr
    );
    Ok(())
}

/// One line for each file that goes into a bundle: path, size and time of change.
fn inputs(downloads: &[PathBuf], programs: &[&Path]) -> Result<String> {
    let mut lines = Vec::new();
    let roots = downloads
        .iter()
        .map(PathBuf::as_path)
        .chain(programs.iter().copied());
    for root in roots {
        for entry in WalkDir::new(root).sort_by_file_name() {
            let entry = entry.with_context(|| format!("list `{}`", root.display()))?;
            let data = entry
                .metadata()
                .with_context(|| format!("list `{}`", root.display()))?;
            let changed = data.modified().context("read a file's time")?;
            lines.push(format!(
                "{} {} {changed:?}",
                entry.path().display(),
                data.len()
            ));
        }
    }
    Ok(lines.join("\n"))
}

fn digest(text: &str) -> String {
    let digest = sha2::Sha256::digest(text.as_bytes());
    digest
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
