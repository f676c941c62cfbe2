//! Which compiler builds the stub.
//!
//! A compiler serves when it knows the target and its standard library's source is there.
//! A stable one is fine: `RUSTC_BOOTSTRAP` lets it take the `-Z` flags that build the
//! standard library. Looked at in this order: `GANGWAY_RUNNER_TOOLCHAIN` (alone, when set),
//! the active toolchain, the distribution's packages.

use std::env;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::program::{self, Program};
use crate::workspace;

/// The stub's target: loads on Windows 7 and Server 2008 R2 and up.
pub(crate) const TARGET: &str = "x86_64-win7-windows-gnu";

/// A cargo and a rustc that can build the stub.
#[derive(Debug, Clone)]
pub(crate) struct Toolchain {
    /// The folder with `cargo` and `rustc`.
    pub(crate) folder: PathBuf,
    /// First line of `rustc --version --verbose` and its commit: one line.
    pub(crate) version: String,
    /// The standard library's source, as the sysroot names it.
    pub(crate) std_source: PathBuf,
}

impl Toolchain {
    /// The first candidate that serves; an error names every reason against the others.
    pub(crate) fn pick() -> Result<Self> {
        let mut reasons = Vec::new();
        for candidate in candidates() {
            match candidate.and_then(|folder| Self::look(&folder)) {
                Ok(toolchain) => return Ok(toolchain),
                Err(reason) => reasons.push(format!("  {reason:#}")),
            }
        }
        bail!(
            "no Rust toolchain here can build for `{TARGET}`\n{}\n\
             hint: `cargo xtask setup` installs Debian's packages `rustc-web cargo-web \
             rust-web-src`; with rustup, `rustup component add rust-src` does as well",
            reasons.join("\n")
        )
    }

    fn look(folder: &Path) -> Result<Self> {
        let rustc = folder.join("rustc");
        for tool in [&rustc, &folder.join("cargo")] {
            if !tool.is_file() {
                bail!("`{}` does not exist", tool.display());
            }
        }
        let targets = Program::new(&rustc).args(["--print", "target-list"]).text();
        if !targets?.lines().any(|target| target == TARGET) {
            bail!("`{}` does not know the target", rustc.display());
        }
        let version = Program::new(&rustc).arg("--version").text()?;
        let oldest = workspace::oldest_rust()?;
        if version_number(&version).is_none_or(|number| number < oldest) {
            bail!(
                "`{}` is {version}, expected {}.{} or newer",
                rustc.display(),
                oldest.0,
                oldest.1
            );
        }
        let std_source = sysroot(&rustc)?.join("lib/rustlib/src/rust");
        if !std_source.join("library/Cargo.lock").is_file() {
            bail!(
                "`{}` has no source of the standard library in `{}`",
                rustc.display(),
                std_source.display()
            );
        }
        Ok(Self {
            version,
            folder: folder.to_owned(),
            std_source,
        })
    }

    /// The target of the machine that builds, such as `x86_64-unknown-linux-gnu`.
    pub(super) fn host(&self) -> Result<String> {
        let host = Program::new(self.folder.join("rustc"))
            .args(["--print", "host-tuple"])
            .text()
            .context("the compiler does not tell its own target")?;
        Ok(host.trim().to_owned())
    }

    /// This toolchain's cargo, free of everything that the outer cargo set.
    ///
    /// What says where crates come from (proxies, mirrors, offline) stays: it never changes
    /// a byte of the output.
    pub(super) fn cargo(&self) -> Result<Program> {
        let mut cargo = Program::new(self.folder.join("cargo"));
        for (name, _) in env::vars_os() {
            if steers_a_build(&name.to_string_lossy()) {
                cargo = cargo.without_env(name);
            }
        }
        Ok(cargo
            .env("PATH", program::path_with(&self.folder)?)
            .env("RUSTC", self.folder.join("rustc"))
            .env("RUSTC_BOOTSTRAP", "1")
            .env("CARGO_TERM_PROGRESS_WHEN", "never"))
    }
}

/// `rustc 1.96.0 (…)` as (1, 96).
fn version_number(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.split_whitespace().nth(1)?.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

fn candidates() -> Vec<Result<PathBuf>> {
    if let Some(folder) = env::var_os("GANGWAY_RUNNER_TOOLCHAIN") {
        return vec![Ok(folder.into())];
    }
    let active = sysroot(Path::new("rustc")).map(|sysroot| sysroot.join("bin"));
    vec![active, Ok("/usr/bin".into())]
}

fn sysroot(rustc: &Path) -> Result<PathBuf> {
    let text = Program::new(rustc).args(["--print", "sysroot"]).text();
    text.map(PathBuf::from)
        .with_context(|| format!("`{}` does not tell its sysroot", rustc.display()))
}

fn steers_a_build(name: &str) -> bool {
    let where_crates_come_from = [
        "CARGO_HOME",
        "CARGO_HTTP_",
        "CARGO_NET_",
        "CARGO_REGISTRIES_",
        "CARGO_REGISTRY_",
        "CARGO_SOURCE_",
    ];
    if where_crates_come_from
        .iter()
        .any(|prefix| name.starts_with(prefix))
    {
        return false;
    }
    name == "CARGO"
        || name == "LD_LIBRARY_PATH"
        || name == "RUSTFLAGS"
        || name == "RUSTUP_TOOLCHAIN"
        || name.starts_with("CARGO_")
        || name.starts_with("RUSTC")
        || name.starts_with("RUSTDOC")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_that_steer_a_build_are_told_from_those_that_find_crates() {
        for name in [
            "CARGO",
            "CARGO_PKG_NAME",
            "CARGO_BUILD_TARGET",
            "CARGO_ENCODED_RUSTFLAGS",
            "RUSTC",
            "RUSTC_WRAPPER",
            "RUSTFLAGS",
            "RUSTUP_TOOLCHAIN",
            "LD_LIBRARY_PATH",
        ] {
            assert!(steers_a_build(name), "{name}");
        }
        for name in [
            "CARGO_HOME",
            "CARGO_HTTP_PROXY",
            "CARGO_NET_OFFLINE",
            "PATH",
            "RUSTUP_HOME",
        ] {
            assert!(!steers_a_build(name), "{name}");
        }
    }

    #[test]
    fn compiler_versions_are_read() {
        let text = "rustc 1.96.0 (ac68faa20 2026-05-25) (built from a source tarball)";
        assert_eq!(version_number(text), Some((1, 96)));
        assert_eq!(version_number("rustc"), None);
    }

    #[test]
    fn a_folder_without_compiler_is_refused_by_name() {
        let reason = Toolchain::look(Path::new("/nonexistent")).unwrap_err();
        assert!(reason.to_string().contains("/nonexistent/rustc"));
    }
}
