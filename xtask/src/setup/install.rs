//! Installing packages: as root, by passwordless `sudo`, or by telling the person the line.

use anyhow::{Context as _, Result, bail};

use super::tools::Tool;
use crate::program::{self, Program};
use crate::say;

/// Who may install packages here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Installer {
    Root,
    Sudo,
}

/// Installs the packages of `missing`, or stops with the exact line to type.
pub(super) fn install(missing: &[&Tool]) -> Result<()> {
    if let Some(tool) = missing.iter().find(|tool| tool.packages.is_empty()) {
        bail!(
            "{} is missing and no package brings it\n\
             hint: install it beside the Rust toolchain in use, for example by `rustup component add`",
            tool.name
        );
    }
    let mut packages: Vec<&str> = missing
        .iter()
        .flat_map(|tool| tool.packages.iter().copied())
        .collect();
    packages.sort_unstable();
    packages.dedup();
    if program::find("apt-get").is_none() {
        bail!(
            "this system has no `apt-get`\nhint: install what Debian calls {}",
            packages.join(" ")
        );
    }
    let Some(installer) = installer() else {
        bail!(
            "packages are missing and only root may install them\nhint: {}",
            typed(&packages)
        );
    };
    say::stage(format!("installing {}", packages.join(" ")));
    apt_get(installer, &["update", "-qq"])?;
    let mut arguments = vec!["install", "-y", "-qq", "--no-install-recommends"];
    arguments.extend(&packages);
    apt_get(installer, &arguments).with_context(|| {
        format!(
            "the packages cannot be installed\nhint: try `{}`; a system that does not know \
             `rustc-web` (Ubuntu) gets the stub's compiler by `rustup component add rust-src`",
            typed(&packages)
        )
    })?;
    let still: Vec<&str> = missing
        .iter()
        .filter(|tool| matches!(tool.state(), super::State::Missing { .. }))
        .map(|tool| tool.name)
        .collect();
    if !still.is_empty() {
        bail!(
            "installed, and still missing: {}\nhint: `cargo xtask setup --check` says why",
            still.join(", ")
        );
    }
    Ok(())
}

/// The line for a person.
fn typed(packages: &[&str]) -> String {
    format!(
        "sudo apt-get install -y --no-install-recommends {}",
        packages.join(" ")
    )
}

fn installer() -> Option<Installer> {
    let user = Program::new("id").arg("-u").text().ok()?;
    if user == "0" {
        return Some(Installer::Root);
    }
    program::find("sudo")?;
    let passwordless = Program::new("sudo").args(["-n", "true"]).output().ok()?;
    passwordless.status.success().then_some(Installer::Sudo)
}

fn apt_get(installer: Installer, arguments: &[&str]) -> Result<()> {
    let program = match installer {
        Installer::Root => Program::new("env"),
        Installer::Sudo => Program::new("sudo").args(["-n", "env"]),
    };
    program
        .args(["DEBIAN_FRONTEND=noninteractive", "apt-get"])
        // Another installation may be running; it ends.
        .args(["-o", "DPkg::Lock::Timeout=300", "-o", "Dpkg::Use-Pty=0"])
        .args(arguments)
        .run()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_for_a_person_names_every_package() {
        assert_eq!(
            typed(&["wine64", "osslsigncode"]),
            "sudo apt-get install -y --no-install-recommends wine64 osslsigncode"
        );
    }
}
