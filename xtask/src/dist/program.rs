//! The program for each system, with the stub inside.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::program::{self, Program};
use crate::runner::{self, Profile};
use crate::{say, workspace};

/// A system that programs are built for, on x86-64.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum System {
    /// Any Linux: the C library is inside. An ordinary build asks for glibc 2.34, which Ubuntu 20.04
    /// and RHEL 8 do not have.
    Linux,
    /// Server 2012 and up: signing in by Kerberos takes `combase.dll`, which Windows 7 does not have.
    Windows,
}

impl System {
    /// As rustc names it.
    pub(super) const fn target(self) -> &'static str {
        match self {
            Self::Linux => "x86_64-unknown-linux-gnu",
            Self::Windows => runner::TARGET,
        }
    }

    /// Name of the archive without its ending. The one for Windows says what people look for, not the
    /// target that also serves older systems.
    pub(super) fn archive_stem(self) -> String {
        let system = match self {
            Self::Linux => self.target(),
            Self::Windows => "x86_64-pc-windows",
        };
        format!("gangway-v{}-{system}", env!("CARGO_PKG_VERSION"))
    }

    /// With the ending that the system's people expect.
    pub(super) fn archive_name(self) -> String {
        let ending = match self {
            Self::Linux => "tar.xz",
            Self::Windows => "zip",
        };
        format!("{}.{ending}", self.archive_stem())
    }

    pub(super) const fn program_name(self) -> &'static str {
        match self {
            Self::Linux => "gangway",
            Self::Windows => "gangway.exe",
        }
    }
}

/// Builds the program with the stub inside, unless nothing changed; returns where it is.
pub(super) fn build(system: System) -> Result<PathBuf> {
    let stub = runner::stub(&[])?;
    match system {
        System::Linux => linux(&stub),
        System::Windows => runner::program(stub, Profile::Dist),
    }
}

/// Links the C library in (`+crt-static`): no file of the machine is needed. Host names other than
/// `localhost` are then looked up by the machine's NSS modules, where its glibc is as new.
fn linux(stub: &Path) -> Result<PathBuf> {
    let target = System::Linux.target();
    say::stage(format!("gangway for {target}"));
    let root = workspace::root()?;
    let hidden = runner::hidden_folders(&root)?;
    let mut flags = vec![
        "-Ctarget-feature=+crt-static".to_owned(),
        // A number that depends on the order of the linker's inputs says nothing to anybody.
        "-Clink-arg=-Wl,--build-id=none".to_owned(),
    ];
    let mut c_flags = Vec::new();
    for (from, to) in &hidden {
        flags.push(format!("--remap-path-prefix={from}={to}"));
        c_flags.push(format!("-ffile-prefix-map={from}={to}"));
    }
    let built = Program::cargo()
        .folder(&root)
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"))
        .env("CFLAGS", c_flags.join(" "))
        .env("GANGWAY_STUB_FILE", stub)
        .args(["build", "--quiet", "--locked", "--package", "gangway"])
        .args(["--profile", "dist", "--bins", "--target", target])
        .arg("--message-format=json-render-diagnostics")
        .arg("--target-dir")
        .arg(workspace::target()?.join("dist-build"))
        .standard_output()?;
    let programs = program::built(&built)?;
    programs
        .into_iter()
        .next()
        .context("cargo built `gangway` and named no program")
}
