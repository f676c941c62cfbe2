//! The registries' ordinary clients.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::{Package, Registry};

/// Lets `pip` download a source distribution and takes it before its build code would be run for
/// its metadata.
const SOURCE_DISTRIBUTION: &str = "\
import os, shutil, sys
from pip._internal.cli.main import main
from pip._internal.distributions import sdist

def take(self, *_, **__):
    shutil.copy(self.req.local_file_path, os.getcwd())
    os._exit(0)

sdist.SourceDistribution.prepare_distribution_metadata = take
sys.exit(main(sys.argv[1:]))
";

/// No second try, half a minute for an answer: without a network this fails at once.
const PIP: [&str; 8] = [
    "download",
    "--quiet",
    "--no-deps",
    "--disable-pip-version-check",
    "--retries",
    "0",
    "--timeout",
    "30",
];

/// Fetches the archive into an empty folder and gives its path.
pub(crate) fn fetch(package: &Package, folder: &Path) -> Result<PathBuf> {
    let mut command = match package.registry {
        Registry::Wheel => {
            let mut pip = Command::new("pip");
            pip.args(PIP)
                .args(["--only-binary=:all:", "--platform", "win_amd64"])
                .args(["--python-version", "3.11", "--implementation", "cp"])
                .args(["--abi", "cp311", "--abi", "abi3", "--abi", "none"]);
            pip
        }
        Registry::Source => {
            let mut python = Command::new("python3");
            python
                .args(["-c", SOURCE_DISTRIBUTION])
                .args(PIP)
                .arg("--no-binary=:all:");
            python
        }
        Registry::Npm => {
            let mut npm = Command::new("npm");
            npm.args(["pack", "--silent", "--ignore-scripts"])
                .args(["--fetch-retries=0", "--fetch-timeout=300000"]);
            npm
        }
    };
    // What `pip` leaves behind goes with the folder.
    let scratch = folder.join("scratch");
    let archives = folder.join("archive");
    fs::create_dir(&scratch)?;
    fs::create_dir(&archives)?;
    let output = command
        .arg(package.name)
        .env("TMPDIR", &scratch)
        .current_dir(&archives)
        .output()
        .with_context(|| format!("`{}` is needed", command.get_program().display()))?;
    if !output.status.success() {
        bail!(
            "cannot fetch {}: {}",
            package.name,
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    let mut entries = fs::read_dir(&archives)?;
    let entry = entries.next().context("nothing was fetched")??;
    Ok(entry.path())
}
