//! The tools: what each is for, how it is recognised, which Debian package brings it.

use clap::ValueEnum;

use super::probe::{Probe, State, Wheel};

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
    /// Bare roots of other systems
    Systems,
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
        Self::Systems,
    ];
}

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

/// The version whose verdicts `docs/authenticode-differences.md` compares with Gangway's.
pub(super) const OSSLSIGNCODE: (u32, u32) = (2, 9);

/// The version that the fleet report is measured against.
pub(crate) const DUCKDB: Wheel = Wheel {
    module: "duckdb",
    version: "2.0.1",
};

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
        why: "signs the bootstrap and gives a second opinion on its signature",
        purposes: &[Purpose::Sign, Purpose::Bench],
        probe: Probe::Program(&["osslsigncode"]),
        packages: &["osslsigncode"],
    },
    Tool {
        name: "osslsigncode 2.9",
        why: "judges the same files as the tests; older ones know no scripts",
        purposes: &[Purpose::Suites],
        probe: Probe::Osslsigncode {
            oldest: OSSLSIGNCODE,
        },
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
        name: "pip",
        why: "brings yardsticks that Debian does not package",
        purposes: &[Purpose::Bench],
        probe: Probe::Python("pip"),
        packages: &["python3-pip"],
    },
    Tool {
        name: "DuckDB",
        why: "the other yardstick of the fleet report",
        purposes: &[Purpose::Bench],
        probe: Probe::Wheel(DUCKDB),
        packages: &[],
    },
    Tool {
        name: "xmllint",
        why: "holds written XML against the schemas",
        purposes: &[Purpose::Suites],
        probe: Probe::Program(&["xmllint"]),
        packages: &["libxml2-utils"],
    },
    Tool {
        name: "prlimit",
        why: "bounds the memory of processes that read hostile files",
        purposes: &[Purpose::Suites],
        probe: Probe::Program(&["prlimit"]),
        packages: &["util-linux"],
    },
    Tool {
        name: "msitools",
        why: "second opinion on installer packages",
        purposes: &[Purpose::Suites],
        probe: Probe::Program(&["msiinfo"]),
        packages: &["msitools"],
    },
    Tool {
        name: "msiextract",
        why: "second opinion on what installer packages bring",
        purposes: &[Purpose::Suites],
        probe: Probe::Program(&["msiextract"]),
        packages: &["msitools"],
    },
    Tool {
        name: "msibuild",
        why: "makes installer packages fail where a test wants it",
        purposes: &[Purpose::Suites],
        probe: Probe::Program(&["msibuild"]),
        packages: &["msitools"],
    },
    Tool {
        name: "cabextract",
        why: "the strictest reader of cabinets that we write",
        purposes: &[Purpose::Suites],
        probe: Probe::Program(&["cabextract"]),
        packages: &["cabextract"],
    },
    Tool {
        name: "gcab",
        why: "second opinion on cabinets, and their yardstick",
        purposes: &[Purpose::Suites, Purpose::Bench],
        probe: Probe::Program(&["gcab"]),
        packages: &["gcab"],
    },
    Tool {
        name: "7-Zip",
        why: "third opinion on cabinets",
        purposes: &[Purpose::Suites],
        probe: Probe::Program(&["7z"]),
        packages: &["p7zip-full"],
    },
    Tool {
        name: "Ansible",
        why: "plays the playbooks that we write",
        purposes: &[Purpose::Suites],
        probe: Probe::Program(&["ansible-playbook"]),
        packages: &["ansible-core"],
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
    Tool {
        name: "rsync",
        why: "brings SYSVOL to that directory's second domain controller",
        purposes: &[Purpose::Samba],
        probe: Probe::Program(&["rsync"]),
        packages: &["rsync"],
    },
    Tool {
        name: "ldb tools",
        why: "read and change that directory independently of ours",
        purposes: &[Purpose::Samba],
        probe: Probe::Program(&["ldbsearch"]),
        packages: &["ldb-tools"],
    },
    Tool {
        name: "unshare and nsenter",
        why: "give that directory a network and processes of its own",
        purposes: &[Purpose::Samba],
        probe: Probe::Program(&["unshare"]),
        packages: &["util-linux"],
    },
    Tool {
        name: "ip",
        why: "brings that network up",
        purposes: &[Purpose::Samba],
        probe: Probe::Program(&["ip"]),
        packages: &["iproute2"],
    },
    Tool {
        name: "debootstrap",
        why: "makes bare roots of the systems that the README names",
        purposes: &[Purpose::Systems],
        probe: Probe::Program(&["debootstrap"]),
        packages: &["debootstrap"],
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
        self.probe.state()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace;

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
