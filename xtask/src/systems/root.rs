//! A bare system in a folder: what `debootstrap --variant=minbase` makes, anew each time.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::program::Program;
use crate::setup::{self, Purpose};
use crate::{say, workspace};

const ENTER: &str = include_str!("enter.sh");

/// A bare system in a folder.
pub(crate) struct Root {
    folder: PathBuf,
}

impl Root {
    /// Whether this machine and its user can make one; asked before long work that ends in roots.
    pub(crate) fn can_be_made() -> Result<()> {
        setup::ensure(&[Purpose::Systems])?;
        if Program::new("id").arg("-u").text()? != "0" {
            bail!(
                "only root may make a root folder of another system\nhint: the same with `sudo -E`"
            );
        }
        Ok(())
    }

    /// Makes one by Debian's name of its release, such as `bookworm`. As root only.
    pub(crate) fn make(suite: &str) -> Result<Self> {
        Self::can_be_made()?;
        let folder = workspace::target()?.join("systems").join(suite);
        if folder.exists() {
            fs::remove_dir_all(&folder)
                .with_context(|| format!("remove the old root `{}`", folder.display()))?;
        }
        workspace::make_folder(&folder)?;
        say::stage(format!("{suite}: a bare root"));
        Program::new("debootstrap")
            .args(["--variant=minbase", suite])
            .arg(&folder)
            .run_quietly()?;
        Ok(Self { folder })
    }

    /// Where a path of it lies on this machine; `path` without a slash in front.
    pub(crate) fn on_this_machine(&self, path: &str) -> PathBuf {
        self.folder.join(path)
    }

    /// Puts the checkout as it is committed into `/checkout`.
    pub(crate) fn check_out(&self) -> Result<()> {
        Program::new("git")
            .args(["clone", "--quiet", "--no-hardlinks"])
            .args([workspace::root()?, self.folder.join("checkout")])
            .run_quietly()
    }

    /// Runs a command in `/checkout`, with this machine's Rust toolchain and its fetched crates, in
    /// namespaces of its own.
    pub(crate) fn enter(&self, command: &str) -> Result<()> {
        Program::new("unshare")
            .args(["--mount", "--pid", "--fork", "sh", "-c", ENTER, "enter.sh"])
            .args([&self.folder, &toolchain()?, &registry()?])
            .arg(command)
            .run()
    }

    /// Runs a command of its shell with nothing of this machine.
    pub(crate) fn run(&self, command: &str) -> Result<()> {
        Program::new("env")
            .args(["-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root"])
            .arg("chroot")
            .arg(&self.folder)
            .args(["sh", "-euc", command])
            .run()
    }
}

fn toolchain() -> Result<PathBuf> {
    let folder = Program::new("rustc").args(["--print", "sysroot"]).text()?;
    Ok(PathBuf::from(folder))
}

/// Where cargo keeps what it has fetched.
fn registry() -> Result<PathBuf> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let usual = || env::var_os("HOME").map(|home| Path::new(&home).join(".cargo"));
    let registry = home
        .or_else(usual)
        .context("neither CARGO_HOME nor HOME is set")?;
    let registry = registry.join("registry");
    workspace::make_folder(&registry)?;
    Ok(registry)
}
