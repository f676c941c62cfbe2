//! What is built for the stub's target: stub, stand-ins of the tests, and `gangway.exe`.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::build::Build;
use super::toolchain::{TARGET, Toolchain};
use crate::workspace;

/// Crates of the standard library that are built; `panic_abort` because the profile aborts.
const BUILD_STD: &str = "-Zbuild-std=std,panic_abort";

/// The same for a program that unwinds.
const BUILD_STD_UNWINDING: &str = "-Zbuild-std=std,panic_unwind";

/// How `gangway.exe` is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// What people download.
    Dist,
    /// Of the same sources in a third of the time, for tests.
    Test,
}

impl Profile {
    /// As `Cargo.toml` has it.
    const fn name(self) -> &'static str {
        match self {
            Self::Dist => "dist",
            Self::Test => "dev",
        }
    }
}

impl Build {
    /// The bootstrap stub, in `target/runner/`.
    pub(super) fn stub(features: &[String]) -> Result<Self> {
        let target = workspace::target()?;
        let suffix: String = features.iter().map(|name| format!("-{name}")).collect();
        Ok(Self {
            root: workspace::root()?,
            build_folder: target.join("runner-build"),
            output: target.join("runner"),
            package: "gangway-runner",
            profile: "runner",
            std: BUILD_STD,
            stub: None,
            features: features.to_vec(),
            name: format!("gangway-runner{suffix}"),
            sources: &["contract", "runner"],
            gated: true,
        })
    }

    /// The stand-ins of the Wine tests, in `target/standins/`.
    pub(super) fn standins() -> Result<Self> {
        let target = workspace::target()?;
        Ok(Self {
            root: workspace::root()?,
            build_folder: target.join("runner-build"),
            output: target.join("standins"),
            package: "gangway-standins",
            profile: "runner",
            std: BUILD_STD,
            stub: None,
            features: Vec::new(),
            name: "standins".to_owned(),
            sources: &["tests/standins"],
            gated: false,
        })
    }

    /// `gangway.exe` with this stub inside, in `target/windows/PROFILE/`.
    pub(super) fn program(stub: PathBuf, profile: Profile) -> Result<Self> {
        let target = workspace::target()?;
        Ok(Self {
            root: workspace::root()?,
            build_folder: target.join("runner-build"),
            output: target.join("windows").join(profile.name()),
            package: "gangway",
            profile: profile.name(),
            std: BUILD_STD_UNWINDING,
            stub: Some(stub),
            features: Vec::new(),
            name: "gangway".to_owned(),
            sources: &["contract", "generator"],
            gated: false,
        })
    }

    /// The same build from `root`, a copy of the sources, into a folder of its own.
    pub(super) fn elsewhere(&self, root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            build_folder: root.join("target/runner-build"),
            output: root.join("target/runner"),
            package: self.package,
            profile: self.profile,
            std: self.std,
            stub: self.stub.clone(),
            features: self.features.clone(),
            name: self.name.clone(),
            sources: self.sources,
            gated: self.gated,
        }
    }
}

/// Runs clippy for the stub's target on everything that is built for it.
pub(super) fn clippy() -> Result<()> {
    let toolchain = Toolchain::pick()?;
    let cargo = toolchain
        .cargo()?
        .folder(workspace::root()?)
        .args(["clippy", "--quiet", "--locked"])
        .args([
            "--package",
            "gangway-runner",
            "--package",
            "gangway-standins",
        ])
        .args(["--package", "gangway-contract", "--lib", "--bins"])
        .args(["--all-features", "--target", TARGET, BUILD_STD])
        .arg("--target-dir")
        .arg(workspace::target()?.join("runner-build"))
        .args(["--", "-D", "warnings"]);
    cargo.run()
}
