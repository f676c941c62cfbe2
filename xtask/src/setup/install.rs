//! Installing packages: as root, by passwordless `sudo`, or by telling the person the line.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::probe::Probe;
use super::tools::{OSSLSIGNCODE, Tool};
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
    let (wheels, missing): (Vec<&Tool>, Vec<&Tool>) = missing
        .iter()
        .partition(|tool| matches!(tool.probe, Probe::Wheel(_)));
    if !missing.is_empty() {
        install_packages(&missing)?;
    }
    for tool in wheels {
        if let Probe::Wheel(wheel) = tool.probe {
            say::stage(format!("installing {} with pip", tool.name));
            wheel.install().with_context(|| {
                format!(
                    "{} cannot be installed\nhint: only `cargo xtask bench` needs it",
                    tool.name
                )
            })?;
        }
    }
    Ok(())
}

/// Those that Debian packages.
fn install_packages(missing: &[&Tool]) -> Result<()> {
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
        return only_root_may_install(&packages);
    };
    say::stage(format!("installing {}", packages.join(" ")));
    let mut apt = Apt::new(installer);
    apt.run(&["update", "-qq"])?;
    let wanted = new_enough(&mut apt, &packages)?;
    let mut arguments = vec!["install", "-y", "-qq", "--no-install-recommends"];
    arguments.extend(wanted.iter().map(String::as_str));
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

/// Stops with the line that root types.
fn only_root_may_install(packages: &[&str]) -> Result<()> {
    let suites = match debian_codename()? {
        Some(codename) => outdated(packages)?
            .into_iter()
            .map(|(package, archive)| (package, archive, codename.clone()))
            .collect(),
        None => Vec::new(),
    };
    bail!(
        "packages are missing and only root may install them\nhint: {}",
        typed_with(packages, &suites)
    );
}

/// The packages as apt takes them: one that the system has too old comes from another archive.
fn new_enough(apt: &mut Apt, packages: &[&str]) -> Result<Vec<String>> {
    let mut wanted: Vec<String> = packages.iter().map(|&name| name.to_owned()).collect();
    for (package, archive) in outdated(packages)? {
        let place = packages.iter().position(|&wanted| wanted == package);
        if let Some(place) = place
            && let Some(suite) = apt.add(archive, package)?
        {
            wanted[place] = archive.package(package, &suite);
        }
    }
    Ok(wanted)
}

/// The line for a person.
fn typed(packages: &[&str]) -> String {
    typed_with(packages, &[])
}

/// What a person types where the system's own archives have some packages only in a version
/// that is too old: `suites` names these packages, and the release whose archive has a newer one.
fn typed_with(packages: &[&str], suites: &[(&str, Archive, String)]) -> String {
    let mut lines = Vec::new();
    let mut wanted: Vec<String> = packages.iter().map(|&name| name.to_owned()).collect();
    for (package, archive, codename) in suites {
        let suite = archive.suite(codename);
        let line = format!(
            "echo '{}' | sudo tee /etc/apt/sources.list.d/gangway-{suite}.list",
            archive.line(codename)
        );
        if !lines.contains(&line) {
            lines.push(line);
        }
        for name in wanted.iter_mut().filter(|name| name == package) {
            *name = archive.package(package, &suite);
        }
    }
    lines.push("sudo apt-get update".to_owned());
    lines.push(format!(
        "sudo apt-get install -y --no-install-recommends {}",
        wanted.join(" ")
    ));
    lines.join("\n      ")
}

/// Those of `packages` that this system's archives have only in a version that is too old, with
/// the archive that has a newer one.
fn outdated(packages: &[&str]) -> Result<Vec<(&'static str, Archive)>> {
    let rust = workspace::oldest_rust()?;
    let mut old = Vec::new();
    for (package, oldest, archive) in [
        ("rustc-web", rust, Archive::Security),
        ("rust-web-clippy", rust, Archive::Security),
        ("osslsigncode", OSSLSIGNCODE, Archive::Backports),
    ] {
        if packages.contains(&package) && is_older(&candidate(package)?, oldest) {
            old.push((package, archive));
        }
    }
    Ok(old)
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

/// A part of Debian's archive that a bare system may not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Archive {
    /// Here, and not in the main archive, Debian moves its browser's compiler on.
    Security,
    /// Newer programs for a released system; taken only when a package is asked for from here.
    Backports,
}

impl Archive {
    /// Its suite of a release, such as `bookworm-security`.
    fn suite(self, codename: &str) -> String {
        match self {
            Self::Security => format!("{codename}-security"),
            Self::Backports => format!("{codename}-backports"),
        }
    }

    /// The line that names it in a list of archives.
    fn line(self, codename: &str) -> String {
        let folder = match self {
            Self::Security => "debian-security",
            Self::Backports => "debian",
        };
        let suite = self.suite(codename);
        format!("deb http://deb.debian.org/{folder} {suite} main")
    }

    /// How `apt-get install` is asked for a package of it.
    fn package(self, package: &str, suite: &str) -> String {
        match self {
            Self::Security => package.to_owned(),
            Self::Backports => format!("{package}/{suite}"),
        }
    }
}

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
    /// Added beside the system's own.
    suites: Vec<String>,
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
            suites: Vec::new(),
        }
    }

    /// Lets this run see an archive beside the system's own list, which stays as it is: of
    /// `package`, what the system offers is too old. Gives the suite; none when this is no Debian.
    fn add(&mut self, archive: Archive, package: &str) -> Result<Option<String>> {
        let Some(codename) = debian_codename()? else {
            return Ok(None);
        };
        let suite = archive.suite(&codename);
        let line = archive.line(&codename);
        if self.suites.contains(&suite) {
            return Ok(Some(suite));
        }
        say::line(format!(
            "`{package}` of this system's archives is too old; for this installation also: {line}"
        ));
        let folder = workspace::target()?.join("apt");
        let list = folder.join(format!("gangway-{suite}.list"));
        workspace::write_file(&list, format!("{line}\n").as_bytes())?;
        if self.suites.is_empty() {
            for (file, name) in system_lists()? {
                workspace::write_file(&folder.join(name), &workspace::read_file(&file)?)?;
            }
            self.options
                .push(format!("Dir::Etc::SourceParts={}", folder.display()));
        }
        self.suites.push(suite.clone());
        self.run(&["update", "-qq"])?;
        Ok(Some(suite))
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

/// The name of this system's Debian release; none when it is another system.
fn debian_codename() -> Result<Option<String>> {
    let file = Path::new("/etc/os-release");
    if !file.is_file() {
        return Ok(None);
    }
    let release = String::from_utf8_lossy(&workspace::read_file(file)?).into_owned();
    let value = |key: &str| release.lines().find_map(|line| line.strip_prefix(key));
    Ok(match (value("ID="), value("VERSION_CODENAME=")) {
        (Some("debian"), Some(codename)) => Some(codename.to_owned()),
        _ => None,
    })
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
            "sudo apt-get update\n      \
             sudo apt-get install -y --no-install-recommends wine64 osslsigncode"
        );
    }

    /// Else the same line would be printed again after it was typed.
    #[test]
    fn a_person_is_told_the_archive_that_has_a_newer_package() {
        let suites = [("osslsigncode", Archive::Backports, "bookworm".to_owned())];
        assert_eq!(
            typed_with(&["osslsigncode", "wine64"], &suites),
            "echo 'deb http://deb.debian.org/debian bookworm-backports main' \
             | sudo tee /etc/apt/sources.list.d/gangway-bookworm-backports.list\n      \
             sudo apt-get update\n      \
             sudo apt-get install -y --no-install-recommends osslsigncode/bookworm-backports wine64"
        );
    }

    #[test]
    fn package_versions_are_compared_with_the_oldest_that_will_do() {
        assert!(is_older("1.85.0+dfsg3-1~deb12u3", (1, 89)));
        assert!(!is_older("1.96.0+dfsg1-1~deb12u2", (1, 89)));
        assert!(is_older("2.5-4", (2, 9)));
        assert!(!is_older("2.9-1~bpo12+1", (2, 9)));
        assert!(!is_older("(none)", (1, 89)));
    }

    #[test]
    fn a_backport_is_asked_for_by_its_suite() {
        let archive = Archive::Backports;
        let suite = archive.suite("bookworm");
        assert_eq!(
            (
                archive.line("bookworm").as_str(),
                archive.package("osslsigncode", &suite).as_str()
            ),
            (
                "deb http://deb.debian.org/debian bookworm-backports main",
                "osslsigncode/bookworm-backports"
            )
        );
    }
}
