//! What the linker adds to a program beside crates: C libraries and the compilers' runtimes, each as the
//! package of Debian that this machine has it from, with the licence texts that it comes under.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::program::System;
use crate::program::Program;
use crate::runner;

/// Where Debian keeps the texts that many packages share (policy 12.5).
const SHARED_TEXTS: &str = "/usr/share/common-licenses";

/// A library that is linked in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Library {
    pub(super) name: &'static str,
    pub(super) version: String,
    /// SPDX expression.
    pub(super) licence: &'static str,
    /// Package URL (<https://github.com/package-url/purl-spec>).
    pub(super) url: String,
    pub(super) texts: Vec<PathBuf>,
}

/// How one is found: the compiler that names the file, and the file.
struct Known {
    name: &'static str,
    compiler: fn() -> &'static str,
    file: &'static str,
    licence: &'static str,
    shared_texts: &'static [&'static str],
}

const GCC_RUNTIME: &str = "GPL-3.0-or-later WITH GCC-exception-3.1";

/// In the program for Linux alone.
const ON_LINUX: [Known; 2] = [
    Known {
        name: "GNU C library",
        compiler: || "gcc",
        file: "libc.a",
        licence: "LGPL-2.1-or-later",
        shared_texts: &["LGPL-2.1"],
    },
    Known {
        name: "GCC runtime",
        compiler: || "gcc",
        file: "libgcc.a",
        licence: GCC_RUNTIME,
        shared_texts: &["GPL-3"],
    },
];

/// In the program for Windows, and in the stub, which every program carries.
const ON_WINDOWS: [Known; 2] = [
    Known {
        name: "mingw-w64 start-up code and import libraries",
        compiler: windows,
        file: "crt2.o",
        licence: "ZPL-2.1",
        shared_texts: &[],
    },
    Known {
        name: "GCC runtime for Windows",
        compiler: windows,
        file: "libgcc.a",
        licence: GCC_RUNTIME,
        shared_texts: &["GPL-3"],
    },
];

fn windows() -> &'static str {
    runner::linker().unwrap_or("x86_64-w64-mingw32-gcc")
}

/// Everything of the kind in the program of a system, sorted.
pub(super) fn of(system: System) -> Result<Vec<Library>> {
    let on_linux = ON_LINUX.iter().filter(|_| system == System::Linux);
    let mut libraries = vec![standard_library()?];
    for known in on_linux.chain(&ON_WINDOWS) {
        libraries.push(known.here()?);
    }
    libraries.sort();
    Ok(libraries)
}

/// Rust's own; the texts are those that most crates bring.
fn standard_library() -> Result<Library> {
    let said = Program::new("rustc").arg("--version").text()?;
    let version = said
        .split_whitespace()
        .nth(1)
        .unwrap_or_default()
        .to_owned();
    Ok(Library {
        name: "Rust standard library",
        licence: "MIT OR Apache-2.0",
        url: format!("pkg:generic/rust-std@{version}"),
        version,
        texts: Vec::new(),
    })
}

impl Known {
    /// The package that brought the file, by Debian's own list of files.
    fn here(&self) -> Result<Library> {
        let option = format!("-print-file-name={}", self.file);
        let compiler = (self.compiler)();
        let file = Program::new(compiler).arg(option).text()?;
        let file = std::fs::canonicalize(&file)
            .with_context(|| format!("`{compiler}` has no `{}`", self.file))?;
        let owner = Program::new("dpkg-query").arg("-S").arg(&file).text()?;
        let package = owner.split(':').next().unwrap_or_default().to_owned();
        let version = Program::new("dpkg-query")
            .args(["-W", "-f", "${Version}", &package])
            .text()?;
        let copyright = Path::new("/usr/share/doc").join(&package).join("copyright");
        let shared = self.shared_texts.iter();
        let shared = shared.map(|name| Path::new(SHARED_TEXTS).join(name));
        Ok(Library {
            name: self.name,
            licence: self.licence,
            url: format!("pkg:deb/debian/{package}@{version}"),
            version,
            texts: shared.chain([copyright]).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_library_is_told_by_its_package_and_has_its_texts() {
        for (system, names) in [
            (
                System::Linux,
                &["GNU C library", "GCC runtime", "GCC runtime for Windows"][..],
            ),
            (System::Windows, &["GCC runtime for Windows"]),
        ] {
            let libraries = of(system).unwrap();
            for name in names {
                let library = libraries.iter().find(|one| one.name == *name).unwrap();
                let version = library.version.as_bytes();
                assert!(
                    version.first().is_some_and(u8::is_ascii_digit),
                    "{library:?}"
                );
                assert!(library.url.starts_with("pkg:deb/debian/"), "{library:?}");
                assert!(!library.texts.is_empty(), "{library:?}");
                for text in &library.texts {
                    assert!(text.is_file(), "{}", text.display());
                }
            }
            let has_glibc = libraries.iter().any(|one| one.name == "GNU C library");
            assert_eq!(has_glibc, system == System::Linux);
        }
    }
}
