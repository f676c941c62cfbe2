//! A folder that is none of reports, told by what lies in it.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use gangway_contract::report::parse_file_name;
use gangway_contract::{Manifest, manifest};

use super::error::FleetError;
use crate::plain_file;

/// Entries that are looked at in a folder, and folders below it.
const LOOKED_AT: usize = 1_000;

/// Endings of what the portal and the Update Catalog give.
const DOWNLOADS: [&str; 8] = [
    "msi",
    "zip",
    "onboarding",
    "offboarding",
    "ps1",
    "cmd",
    "msu",
    "cab",
];

/// What the folder is instead, and what to give; none where nothing tells, or a report lies there.
pub(super) fn told(folder: &Path) -> Option<FleetError> {
    if holds_report(folder) {
        return None;
    }
    let (what, give) = if folder.join("bundle.json").is_file() {
        ("a bundle".to_owned(), reports_of_bundle(folder))
    } else if folder.join("control.json").is_file() {
        (
            "the share with the payloads".to_owned(),
            "name the folder of `share.reports` in the config".to_owned(),
        )
    } else if let Some(below) = names(folder).find(|name| holds_report(&folder.join(name))) {
        (
            "a folder around one with reports".to_owned(),
            format!("give `{}`", folder.join(below).display()),
        )
    } else {
        let is_download = |name: &String| {
            let ending = Path::new(name).extension().and_then(OsStr::to_str);
            ending
                .is_some_and(|ending| DOWNLOADS.iter().any(|one| ending.eq_ignore_ascii_case(one)))
        };
        let download = names(folder).find(is_download)?;
        (
            format!("a folder with downloads (`{download}`)"),
            "name the folder of `share.reports` in the config; `gangway inspect` looks at downloads"
                .to_owned(),
        )
    };
    Some(FleetError::Elsewhere {
        path: folder.to_owned(),
        what,
        give,
    })
}

/// Names of the first entries, sorted.
fn names(folder: &Path) -> impl Iterator<Item = String> {
    let entries = fs::read_dir(folder).into_iter().flatten().take(LOOKED_AT);
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    names.sort();
    names.into_iter()
}

fn holds_report(folder: &Path) -> bool {
    folder.is_dir() && names(folder).any(|name| parse_file_name(&name).is_some())
}

/// Where the servers of a bundle leave their reports.
fn reports_of_bundle(bundle: &Path) -> String {
    let bytes = plain_file::read(&bundle.join("manifest.json"), manifest::MAX_BYTES as u64);
    let bytes = bytes.ok().flatten().unwrap_or_default();
    match Manifest::parse(&bytes).map(|manifest| manifest.settings.report_root) {
        Ok(Some(reports)) => format!(
            "its servers leave their reports in `{reports}`: name that folder, and the bundle with \
             `--bundle`"
        ),
        Ok(None) => "its config names no `share.reports`, so that servers keep their reports to \
                     themselves; name a folder with copies of them"
            .to_owned(),
        Err(_) => {
            "name the folder of `share.reports` in the config, and the bundle with `--bundle`"
                .to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_told_by_what_lies_in_it() {
        let report = "srv1.contoso.com.20260302T090000Z.00000001.json";
        for (files, what, give) in [
            (
                &["bundle.json", "manifest.json"][..],
                "a bundle",
                "--bundle",
            ),
            (
                &["control.json", "releases/a/release.json"],
                "payloads",
                "share.reports",
            ),
            (
                &["GatewayWindowsDefenderATPOnboardingPackage.zip"],
                "downloads (`Gateway",
                "inspect",
            ),
            (
                &["a.txt", "MD4WS.MSI"],
                "downloads (`MD4WS.MSI`)",
                "inspect",
            ),
            (
                &["notes.txt", &format!("old/{report}")],
                "around one",
                "/old`",
            ),
        ] {
            let folder = tempfile::tempdir().unwrap();
            put(folder.path(), files);
            let Some(FleetError::Elsewhere {
                what: is, give: to, ..
            }) = told(folder.path())
            else {
                panic!("{files:?}");
            };
            assert!(is.contains(what), "{is}");
            assert!(to.replace('\\', "/").contains(give), "{to}");
        }
        for files in [&["notes.txt"][..], &[], &[report, "bundle.json", "a.msi"]] {
            let folder = tempfile::tempdir().unwrap();
            put(folder.path(), files);
            assert!(told(folder.path()).is_none(), "{files:?}");
        }
    }

    fn put(folder: &Path, files: &[&str]) {
        for file in files {
            let path = folder.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, b"{}").unwrap();
        }
    }
}
