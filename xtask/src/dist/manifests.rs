//! Manifests for the package managers of Windows: winget (schema 1.12) and Scoop.

use serde_json::json;

use super::archive::Entry;

/// Where the archive for Windows can be downloaded, and what it is.
pub(super) struct Download<'a> {
    /// Address of the archive.
    pub(super) address: &'a str,
    /// SHA-256 of the archive, lower-case.
    pub(super) sha256: &'a str,
}

const IDENTIFIER: &str = "Gangway.Gangway";
const WHAT: &str = "Onboards Windows Servers to Microsoft Defender for Endpoint through Active \
                    Directory";
const LICENCE: &str = "MIT OR Apache-2.0";

/// All of them, below `manifests/`.
pub(super) fn all(download: &Download<'_>) -> Vec<Entry> {
    let mut manifests = winget(download);
    manifests.push(scoop(download));
    manifests
}

fn winget(download: &Download<'_>) -> Vec<Entry> {
    let version = env!("CARGO_PKG_VERSION");
    let file = |suffix: &str, kind: &str, body: String| {
        let text = format!(
            "# yaml-language-server: $schema=https://aka.ms/winget-manifest.{kind}.1.12.0.schema.json\n\
             PackageIdentifier: {IDENTIFIER}\n\
             PackageVersion: {version}\n\
             {body}\
             ManifestType: {kind}\n\
             ManifestVersion: 1.12.0\n"
        );
        Entry::file(format!("manifests/winget/{IDENTIFIER}{suffix}.yaml"), text)
    };
    let installer = format!(
        "InstallerType: zip\n\
         NestedInstallerType: portable\n\
         NestedInstallerFiles:\n\
         - RelativeFilePath: gangway.exe\n  PortableCommandAlias: gangway\n\
         Installers:\n\
         - Architecture: x64\n  InstallerUrl: {}\n  InstallerSha256: {}\n",
        download.address,
        download.sha256.to_uppercase()
    );
    let locale = format!(
        "PackageLocale: en-US\n\
         Publisher: Gangway\n\
         PackageName: Gangway\n\
         License: {LICENCE}\n\
         ShortDescription: {WHAT}\n"
    );
    vec![
        file("", "version", "DefaultLocale: en-US\n".to_owned()),
        file(".installer", "installer", installer),
        file(".locale.en-US", "defaultLocale", locale),
    ]
}

fn scoop(download: &Download<'_>) -> Entry {
    let manifest = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "description": WHAT,
        "license": LICENCE,
        "architecture": { "64bit": { "url": download.address, "hash": download.sha256 } },
        "bin": "gangway.exe",
    });
    // Strings only, which always serialise.
    let text = serde_json::to_string_pretty(&manifest).unwrap_or_default();
    Entry::file("manifests/scoop/gangway.json", text + "\n")
}
