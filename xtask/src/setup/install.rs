//! Installing packages: as root, by passwordless `sudo`, or by telling the person the line.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::tools::Tool;
use crate::program::{self, Program};
use crate::{say, workspace};

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
    let mut apt = Apt::new(installer);
    apt.run(&["update", "-qq"])?;
    let oldest = workspace::oldest_rust()?;
    for package in COMPILER {
        if packages.contains(package) && is_older(&candidate(package)?, oldest) {
            apt.add_security_archive(package)?;
            apt.run(&["update", "-qq"])?;
            break;
        }
    }
    let mut arguments = vec!["install", "-y", "-qq", "--no-install-recommends"];
    arguments.extend(&packages);
    apt.run(&arguments).with_context(|| {
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

/// The packages of the stub's compiler and its lints. Debian moves them on in the security
/// archive only.
const COMPILER: &[&str] = &["rustc-web", "rust-web-clippy"];

/// The version that would be installed, as `apt-cache` tells it; `(none)` when none.
fn candidate(package: &str) -> Result<String> {
    let policy = Program::new("apt-cache")
        .env("LC_ALL", "C")
        .args(["policy", package])
        .text()?;
    let line = policy
        .lines()
        .find_map(|line| line.trim().strip_prefix("Candidate: "));
    Ok(line.unwrap_or("(none)").to_owned())
}

/// Whether a package version is there and below `oldest`.
fn is_older(version: &str, oldest: (u32, u32)) -> bool {
    let mut numbers = version.split(['.', '+', '~', '-']).map(str::parse);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor) < oldest,
        _ => false,
    }
}

/// `apt-get`, with what it is told on every call.
struct Apt {
    installer: Installer,
    options: Vec<String>,
}

impl Apt {
    fn new(installer: Installer) -> Self {
        Self {
            installer,
            // Another installation may be running; it ends.
            options: vec![
                "DPkg::Lock::Timeout=300".to_owned(),
                "Dpkg::Use-Pty=0".to_owned(),
            ],
        }
    }

    /// Lets this run see Debian's security archive beside the system's own list, which stays
    /// as it is. A bare system may not name it, and then offers a compiler that is too old.
    fn add_security_archive(&mut self, package: &str) -> Result<()> {
        let release = String::from_utf8_lossy(&workspace::read_file(Path::new("/etc/os-release"))?)
            .into_owned();
        let value = |key: &str| {
            let mut lines = release.lines();
            lines
                .find_map(|line| line.strip_prefix(key))
                .map(str::to_owned)
        };
        let (Some("debian"), Some(codename)) =
            (value("ID=").as_deref(), value("VERSION_CODENAME="))
        else {
            return Ok(());
        };
        let line = format!("deb http://deb.debian.org/debian-security {codename}-security main");
        say::line(format!(
            "`{package}` of this system's archives is too old; for this installation also: {line}"
        ));
        let folder = workspace::target()?.join("apt");
        let list = folder.join("security.list");
        workspace::write_file(&list, format!("{line}\n").as_bytes())?;
        for (file, name) in system_lists()? {
            workspace::write_file(&folder.join(name), &workspace::read_file(&file)?)?;
        }
        self.options
            .push(format!("Dir::Etc::SourceParts={}", folder.display()));
        Ok(())
    }

    fn run(&self, arguments: &[&str]) -> Result<()> {
        let program = match self.installer {
            Installer::Root => Program::new("env"),
            Installer::Sudo => Program::new("sudo").args(["-n", "env"]),
        };
        let options = self.options.iter().flat_map(|option| ["-o", option]);
        program
            .args(["DEBIAN_FRONTEND=noninteractive", "apt-get"])
            .args(options)
            .args(arguments)
            .run_quietly()
    }
}

/// The lists of archives that the system keeps in its folder for them.
fn system_lists() -> Result<Vec<(PathBuf, String)>> {
    let folder = Path::new("/etc/apt/sources.list.d");
    let mut lists = Vec::new();
    if !folder.is_dir() {
        return Ok(lists);
    }
    for file in workspace::files_below(folder)? {
        let name = file
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        lists.extend(name.map(|name| (file, name)));
    }
    Ok(lists)
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

    #[test]
    fn package_versions_are_compared_with_the_oldest_compiler() {
        assert!(is_older("1.85.0+dfsg3-1~deb12u3", (1, 89)));
        assert!(!is_older("1.96.0+dfsg1-1~deb12u2", (1, 89)));
        assert!(!is_older("(none)", (1, 89)));
    }
}
