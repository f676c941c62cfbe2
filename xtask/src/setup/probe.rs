//! Looking for a tool: is it there, in which version, and if not, why?

use std::env;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::program::{self, Program};
use crate::runner::toolchain::Toolchain;
use crate::workspace;

/// How a tool is recognised.
#[derive(Debug)]
pub(super) enum Probe {
    /// A program on `PATH` or in a folder of system programs; any of the names will do.
    Program(&'static [&'static str]),
    /// A file in its usual place, or where a variable says.
    File {
        /// Name of an environment variable with its path.
        variable: &'static str,
        /// The usual place.
        usual: &'static str,
    },
    /// A module that Python finds.
    Python(&'static str),
    /// A Python package in a folder of ours, in exactly one version.
    Wheel(Wheel),
    /// osslsigncode, new enough.
    Osslsigncode {
        /// Major and minor version.
        oldest: (u32, u32),
    },
    /// A compiler that can build the stub.
    StubCompiler,
    /// Clippy beside that compiler.
    StubClippy,
    /// A subcommand of the cargo that runs us.
    CargoCommand(&'static str),
}

/// A Python package and its version.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wheel {
    /// Its name, and the module's.
    pub(super) module: &'static str,
    /// Another one is as good as none.
    pub(super) version: &'static str,
}

impl Wheel {
    /// The folder that it lies in, `PYTHONPATH` of who uses it.
    pub(crate) fn folder(self) -> Result<PathBuf> {
        let name = format!("{}-{}", self.module, self.version);
        Ok(workspace::target()?.join("python").join(name))
    }

    /// Puts it there.
    pub(super) fn install(self) -> Result<()> {
        Program::new(PYTHON)
            .args(["-m", "pip", "install", "--quiet", "--no-deps", "--upgrade"])
            .args(["--root-user-action", "ignore", "--target"])
            .arg(self.folder()?)
            .arg(format!("{}=={}", self.module, self.version))
            .run_quietly()
    }
}

/// Whether a tool is there.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum State {
    There {
        /// As it tells, or where it lies.
        version: String,
    },
    Missing {
        /// What was looked for.
        why: String,
    },
}

impl Probe {
    /// Looks for it.
    pub(super) fn state(&self) -> State {
        match self {
            Probe::Program(names) => program_state(names),
            Probe::File { variable, usual } => file_state(variable, usual),
            Probe::Python(module) => python_state(module),
            Probe::Wheel(wheel) => wheel_state(*wheel),
            Probe::Osslsigncode { oldest } => osslsigncode_state(*oldest),
            Probe::StubCompiler => match Toolchain::pick() {
                Ok(toolchain) => there(toolchain.version),
                Err(error) => missing(error.to_string()),
            },
            Probe::StubClippy => stub_clippy_state(),
            Probe::CargoCommand(name) => match Program::cargo().args([name, "--version"]).text() {
                Ok(version) => there(version),
                Err(_) => missing(format!(
                    "`cargo {name}` does not run; with rustup: `rustup component add {}`",
                    if *name == "fmt" { "rustfmt" } else { name }
                )),
            },
        }
    }
}

/// Lints come from a compiler of their own; one that is older than the stub's knows neither
/// its target nor its library.
fn stub_clippy_state() -> State {
    let Ok(toolchain) = Toolchain::pick() else {
        return missing("no compiler for the stub".to_owned());
    };
    let driver = toolchain.folder.join("clippy-driver");
    if !driver.is_file() {
        return missing(format!("`{}` does not exist", driver.display()));
    }
    match Program::new(&driver).args(["--rustc", "--version"]).text() {
        Ok(version) if version == toolchain.version => there(version),
        Ok(version) => missing(format!(
            "`{}` is of {version}, and the stub's compiler is {}",
            driver.display(),
            toolchain.version
        )),
        Err(error) => missing(format!("`{}` does not run: {error:#}", driver.display())),
    }
}

fn there(version: String) -> State {
    State::There { version }
}

fn missing(why: String) -> State {
    State::Missing { why }
}

fn program_state(names: &[&str]) -> State {
    let found = names.iter().find_map(|name| find_also_in_sbin(name));
    let Some(file) = found else {
        return missing(format!("no program `{}` on PATH", names.join("` or `")));
    };
    there(file.display().to_string())
}

/// System programs are not on everybody's `PATH`.
fn find_also_in_sbin(name: &str) -> Option<PathBuf> {
    program::find(name).or_else(|| {
        let file = Path::new("/usr/sbin").join(name);
        file.is_file().then_some(file)
    })
}

fn file_state(variable: &str, usual: &str) -> State {
    let file = env::var_os(variable).map_or_else(|| usual.into(), PathBuf::from);
    if file.is_file() {
        return there(file.display().to_string());
    }
    missing(format!(
        "`{}` does not exist (variable `{variable}` may name another place)",
        file.display()
    ))
}

/// The system's own: packages put modules there, and not into one of a version manager.
pub(crate) const PYTHON: &str = "/usr/bin/python3";

fn wheel_state(wheel: Wheel) -> State {
    let Ok(folder) = wheel.folder() else {
        return missing("there is no target folder".to_owned());
    };
    let module = wheel.module;
    let said = Program::new(PYTHON)
        .env("PYTHONPATH", &folder)
        .args([
            "-c",
            &format!("import {module}; print({module}.__version__)"),
        ])
        .text();
    match said {
        Ok(version) if version.trim() == wheel.version => there(version.trim().to_owned()),
        _ => missing(format!(
            "`{}` holds no Python package {module} {}",
            folder.display(),
            wheel.version
        )),
    }
}

fn python_state(module: &str) -> State {
    let import = format!("import {module}");
    match Program::new(PYTHON).args(["-c", &import]).text() {
        Ok(_) => there(format!("Python module {module}")),
        Err(_) => missing(format!("`/usr/bin/python3 -c '{import}'` fails")),
    }
}

fn osslsigncode_state(oldest: (u32, u32)) -> State {
    let Ok(output) = Program::new("osslsigncode").arg("--version").output() else {
        return missing("no program `osslsigncode` on PATH".to_owned());
    };
    let mut said = String::from_utf8_lossy(&output.stdout).into_owned();
    said.push_str(&String::from_utf8_lossy(&output.stderr));
    match osslsigncode_version(&said) {
        Some(found @ (major, minor)) if found >= oldest => there(format!("{major}.{minor}")),
        Some((major, minor)) => missing(format!(
            "`osslsigncode` is {major}.{minor}, and {}.{} is the oldest that will do",
            oldest.0, oldest.1
        )),
        None => missing("`osslsigncode --version` tells no version".to_owned()),
    }
}

/// `osslsigncode 2.9, using: …`
fn osslsigncode_version(said: &str) -> Option<(u32, u32)> {
    let rest = said
        .lines()
        .find_map(|line| line.strip_prefix("osslsigncode "))?;
    let numbers = rest.split([',', ' ']).next()?;
    let (major, minor) = numbers.split_once('.')?;
    let minor: String = minor.chars().take_while(char::is_ascii_digit).collect();
    Some((major.parse().ok()?, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_osslsigncode_are_read() {
        let text = "osslsigncode 2.9, using:\n\tOpenSSL 3.0.13\n";
        assert_eq!(osslsigncode_version(text), Some((2, 9)));
        assert_eq!(osslsigncode_version("osslsigncode 2.10.1"), Some((2, 10)));
        assert_eq!(osslsigncode_version("something else"), None);
    }

    #[test]
    fn a_missing_program_is_named() {
        let State::Missing { why } = program_state(&["gangway-no-such-program"]) else {
            panic!("found");
        };
        assert!(why.contains("gangway-no-such-program"), "{why}");
    }
}
