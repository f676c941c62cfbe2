//! What was made, started where people start it: in bare roots of other systems.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::debian;
use super::program::System;
use crate::say;
use crate::systems::Root;

/// Debian's releases of 2021 (glibc 2.31) and 2025 (glibc 2.41): older and newer than the one that builds.
const SUITES: [&str; 2] = ["bullseye", "trixie"];

/// In a root, the folder with everything that was made.
const DOWNLOADS: &str = "downloads";

/// Starts the archive's program and the package's in each of the roots, by what README says.
pub(super) fn in_bare_roots(made: &Path) -> Result<()> {
    for suite in SUITES {
        let root = Root::make(suite)?;
        let downloads = root.on_this_machine(DOWNLOADS);
        fs::create_dir(&downloads)
            .with_context(|| format!("make folder `{}`", downloads.display()))?;
        for name in [
            System::Linux.archive_name(),
            debian::file_name(),
            "SHA256SUMS".to_owned(),
        ] {
            let to = downloads.join(&name);
            fs::copy(made.join(&name), &to)
                .with_context(|| format!("copy `{name}` to `{}`", to.display()))?;
        }
        root.run(&archive()).context("the archive does not hold")?;
        root.run(&package()).context("the package does not hold")?;
        say::line(format!("{suite}: the archive and the Debian package hold"));
    }
    Ok(())
}

/// Checks and unpacks the archive, and starts what is in it. A bare system has no xz: the package
/// that brings it is Debian's own.
fn archive() -> String {
    let (archive, folder) = (System::Linux.archive_name(), System::Linux.archive_stem());
    format!(
        "cd /{DOWNLOADS}
         sha256sum --check --ignore-missing SHA256SUMS
         apt-get update -qq
         DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends xz-utils >/dev/null
         tar -xf {archive}
         {folder}/gangway --version
         {folder}/gangway init /gangway.toml
         test -s /gangway.toml
         if {folder}/gangway inspect /nowhere 2>/said; then exit 1; fi
         grep -q /nowhere /said"
    )
}

/// Installs the package, starts its program, and takes it away: nothing is left.
fn package() -> String {
    let package = debian::file_name();
    format!(
        "find / -xdev -name '*gangway*' -not -path '/{DOWNLOADS}/*' | sort >/tmp/before
         dpkg --install /{DOWNLOADS}/{package}
         gangway --version
         test -s /usr/share/man/man1/gangway.1.gz
         dpkg --verify gangway
         dpkg --purge gangway
         test ! -e /usr/bin/gangway
         find / -xdev -name '*gangway*' -not -path '/{DOWNLOADS}/*' | sort >/tmp/after
         diff /tmp/before /tmp/after"
    )
}
