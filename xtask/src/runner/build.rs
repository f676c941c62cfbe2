//! One build for the stub's target: flags, cache, output folder.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::cache::{self, Made, Record};
use super::gates::imports::Floor;
use super::gates::{self, Expectation, TEST_HOOK_FEATURE};
use super::this_machine::{cargo_home, folders_in, hidden_folders, linker, text_of};
use super::toolchain::{TARGET, Toolchain};
use crate::program::{self, Program};
use crate::{say, workspace};

/// Smaller algorithms and no backtrace symbols: 130 KB less.
const STD_FEATURES: &str = "optimize_for_size";

/// Subsystem and OS version 6.1 let Server 2008 R2 load the file (GNU ld writes 5.2 and 4.0);
/// no time stamp, so that the same source gives the same bytes.
const LINK_ARGUMENTS: &str = "-Clink-arg=-Wl,--no-insert-timestamp,--tsaware,\
--major-os-version=6,--minor-os-version=1,\
--major-subsystem-version=6,--minor-subsystem-version=1";

/// Where the linker finds the import libraries of mingw-w64, relative to the workspace. GNU ld
/// sorts the import tables by the names of the libraries they come from, and rustc's own ones
/// have absolute names: with absolute names on both sides the order, and so the bytes, would
/// depend on whether the build folder sorts before `/usr`. A relative name sorts after every
/// absolute one.
const IMPORT_LIBRARIES: &str = "target/mingw-w64-libraries";

/// What to build, and where it goes.
#[derive(Debug)]
pub(crate) struct Build {
    pub(super) root: PathBuf,
    /// Build folder: the two compilers would throw out each other's builds in a shared one.
    pub(super) build_folder: PathBuf,
    /// Where the finished files go.
    pub(super) output: PathBuf,
    pub(super) package: &'static str,
    pub(super) profile: &'static str,
    /// Crates of the standard library that are built.
    pub(super) std: &'static str,
    /// The stub that goes into the program.
    pub(super) stub: Option<PathBuf>,
    pub(super) features: Vec<String>,
    /// Name of the record, and of the file when there is one only.
    pub(super) name: String,
    /// Folders whose every file is an input.
    pub(super) sources: &'static [&'static str],
    /// Whether what comes out goes to servers and must pass the gates.
    pub(super) gated: bool,
}

/// What a build left.
#[derive(Debug)]
pub(crate) struct Built {
    /// Finished files.
    pub(crate) files: Vec<PathBuf>,
    /// What stands beside them.
    pub(crate) record: Record,
}

impl Built {
    /// The one file of a build that makes one.
    pub(super) fn into_single(self) -> Result<PathBuf> {
        let mut files = self.files;
        match (files.pop(), files.is_empty()) {
            (Some(file), true) => Ok(file),
            _ => bail!("the build made another number of programs than one"),
        }
    }
}

impl Build {
    /// What it is called in messages.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Where the record lies.
    pub(super) fn record_file(&self) -> PathBuf {
        self.output.join(format!("{}.json", self.name))
    }

    /// Builds unless the record says that nothing changed.
    pub(crate) fn make(&self) -> Result<Built> {
        let toolchain = Toolchain::pick()?;
        let inputs = self.inputs(&toolchain)?;
        if let Some(record) = Record::read(&self.record_file())
            && record.inputs == inputs
            && record.holds(&self.output)
        {
            return Ok(self.built(record));
        }
        say::stage(format!(
            "{} for {TARGET} ({})",
            self.name, toolchain.version
        ));
        let cargo_home = cargo_home()?;
        let programs = self.compile(&toolchain, &cargo_home)?;
        let mut files = Vec::new();
        for program in programs {
            let bytes = workspace::read_file(&program)?;
            if self.gated {
                self.inspect(&bytes, &toolchain, &cargo_home)?;
            }
            files.push(self.take(&program, &bytes)?);
        }
        let record = Record {
            rustc: toolchain.version,
            std_features: STD_FEATURES.to_owned(),
            inputs,
            files,
            reproduced: false,
        };
        record.write(&self.record_file())?;
        Ok(self.built(record))
    }

    fn built(&self, record: Record) -> Built {
        let files = record.files.iter();
        Built {
            files: files.map(|made| self.output.join(&made.name)).collect(),
            record,
        }
    }

    fn inputs(&self, toolchain: &Toolchain) -> Result<String> {
        let mut files = vec![
            self.root.join("Cargo.toml"),
            self.root.join("Cargo.lock"),
            self.root.join(".cargo/config.toml"),
        ];
        files.extend(self.stub.clone());
        for folder in self.sources {
            files.extend(workspace::files_below(&self.root.join(folder))?);
        }
        let mut told = vec![
            toolchain.version.clone(),
            self.std.to_owned(),
            self.profile.to_owned(),
            STD_FEATURES.to_owned(),
            LINK_ARGUMENTS.to_owned(),
            IMPORT_LIBRARIES.to_owned(),
            self.package.to_owned(),
        ];
        told.extend(self.features.iter().cloned());
        cache::inputs(&self.root, &files, &told)
    }

    /// Brings every crate first, so that the folders to be hidden are all known: those of the target,
    /// and those that build scripts use on this machine.
    fn fetch(&self, toolchain: &Toolchain, cargo_home: &Path) -> Result<()> {
        toolchain
            .cargo()?
            .folder(&self.root)
            .env("CARGO_HOME", cargo_home)
            .args(["fetch", "--quiet", "--locked", self.std])
            .args(["--target", TARGET, "--target", &toolchain.host()?])
            .run()
            .context("the crates of the bootstrap cannot be fetched")
    }

    /// Compiles, and returns where cargo put the programs.
    pub(super) fn compile(&self, toolchain: &Toolchain, cargo_home: &Path) -> Result<Vec<PathBuf>> {
        self.fetch(toolchain, cargo_home)?;
        self.link_import_libraries()?;
        let mut cargo = toolchain
            .cargo()?
            .folder(&self.root)
            .env("CARGO_HOME", cargo_home)
            .env(
                "CARGO_ENCODED_RUSTFLAGS",
                self.flags(toolchain, cargo_home)?.join("\u{1f}"),
            )
            .args(["build", "--quiet", "--locked", "--offline"])
            .args([
                "--package",
                self.package,
                "--profile",
                self.profile,
                "--bins",
            ])
            .args(["--target", TARGET, self.std])
            .arg(format!("-Zbuild-std-features={STD_FEATURES}"))
            .arg("--message-format=json-render-diagnostics")
            .arg("--target-dir")
            .arg(&self.build_folder);
        if !self.features.is_empty() {
            cargo = cargo.arg("--features").arg(self.features.join(","));
        }
        if let Some(stub) = &self.stub {
            cargo = cargo.env("GANGWAY_STUB_FILE", stub);
        }
        if let Some(linker) = linker() {
            cargo = cargo.env("CARGO_TARGET_X86_64_WIN7_WINDOWS_GNU_LINKER", linker);
        }
        let programs = program::built(&cargo.standard_output()?)?;
        if programs.is_empty() {
            bail!(
                "cargo built package `{}` and named no program",
                self.package
            );
        }
        Ok(programs)
    }

    /// Gives the linker's import libraries a relative name, see [`IMPORT_LIBRARIES`].
    fn link_import_libraries(&self) -> Result<()> {
        let linker = linker().context("no mingw-w64 linker; `cargo xtask setup` brings it")?;
        let library = Program::new(linker)
            .arg("-print-file-name=libkernel32.a")
            .text()
            .context("ask the linker for its import libraries")?;
        let folder = Path::new(library.trim())
            .parent()
            .filter(|folder| folder.is_absolute())
            .with_context(|| format!("`{linker}` does not say where its import libraries lie"))?;
        let link = self.root.join(IMPORT_LIBRARIES);
        workspace::make_folder(link.parent().unwrap_or(&self.root))?;
        if fs::read_link(&link).is_ok_and(|target| target == folder) {
            return Ok(());
        }
        // A link of an earlier compiler, or none.
        let _ = fs::remove_file(&link);
        #[cfg(unix)]
        std::os::unix::fs::symlink(folder, &link)
            .with_context(|| format!("link `{}`", link.display()))?;
        Ok(())
    }

    /// Flags that hide every path of this machine: panic messages carry file names.
    fn flags(&self, toolchain: &Toolchain, cargo_home: &Path) -> Result<Vec<String>> {
        let mut hidden = hidden_folders(&self.root, cargo_home)?;
        // In Debian the source folder is a symbolic link.
        let real = fs::canonicalize(&toolchain.std_source)
            .with_context(|| format!("resolve `{}`", toolchain.std_source.display()))?;
        for source in [&toolchain.std_source, &real] {
            hidden.push((text_of(source)?, "/rust".to_owned()));
        }
        let mut flags = vec![
            "-Ctarget-feature=+crt-static".to_owned(),
            LINK_ARGUMENTS.to_owned(),
            format!("-Clink-arg=-L{IMPORT_LIBRARIES}"),
        ];
        for (from, to) in hidden {
            flags.push(format!("--remap-path-prefix={from}={to}"));
        }
        Ok(flags)
    }

    /// Refuses a program that servers should not get.
    fn inspect(&self, bytes: &[u8], toolchain: &Toolchain, cargo_home: &Path) -> Result<()> {
        let mut private_texts = vec!["index.crates.io".to_owned()];
        let registries = folders_in(&cargo_home.join("registry/src"))?;
        let registries = registries.iter().filter_map(|folder| folder.file_name());
        private_texts.extend(registries.map(|name| name.to_string_lossy().into_owned()));
        let home = env::home_dir();
        let folders = [Some(&self.root), Some(&toolchain.std_source), home.as_ref()];
        private_texts.extend(
            folders
                .into_iter()
                .flatten()
                .map(PathBuf::as_path)
                .chain([cargo_home])
                // Every crate has a folder `src`: a checkout at `/src` cannot be told from it.
                .filter(|folder| folder.file_name().is_some() && *folder != Path::new("/src"))
                .map(|folder| format!("{}/", folder.display())),
        );
        let floor = Floor::read(&self.root)?;
        let expectation = Expectation {
            floor: &floor,
            private_texts: &private_texts,
            test_hooks: self.features.iter().any(|name| name == TEST_HOOK_FEATURE),
        };
        gates::pass(&self.name, bytes, &expectation)
    }

    /// Copies a finished program to the output folder.
    fn take(&self, program: &Path, bytes: &[u8]) -> Result<Made> {
        let name = match program.file_name().and_then(|name| name.to_str()) {
            Some(name) if self.features.is_empty() => name.to_owned(),
            _ => format!("{}.exe", self.name),
        };
        workspace::write_file(&self.output.join(&name), bytes)?;
        Ok(Made {
            name,
            size: bytes.len() as u64,
            sha256: cache::sha256(bytes),
        })
    }
}
