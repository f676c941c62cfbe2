//! Where a bundle has its files: what `build` writes, `verify` takes and a rebuild may replace.

use gangway_contract::manifest::Mode;
use gangway_contract::program_name::program_name;
use gangway_contract::{BundleId, payload_name};

use super::soc;
use super::sums::SUMS_FILE_NAME;
use crate::bundle::{self, BundleDocument};
use crate::recipe;

/// The switch that may hold servers back.
pub(super) const CONTROL_PATH: &str = "share/control.json";

/// Where the payloads lie, those of each release in a folder of its own.
pub(super) const RELEASES: &str = "share/releases/";

/// Longest name of one file or folder on the file systems of Windows.
const LONGEST_NAME: usize = 255;

/// Where the layout puts the exe of a bundle; nothing that a bundle says can move it.
pub(super) fn exe_path(mode: Mode, bundle_id: &BundleId) -> String {
    format!("bootstrap/{}", program_name(mode, bundle_id))
}

/// The files of a bundle that its `bundle.json` does not list: itself, the checksums and the exe.
pub(super) fn unlisted(document: &BundleDocument) -> [String; 3] {
    [
        bundle::FILE_NAME.to_owned(),
        SUMS_FILE_NAME.to_owned(),
        exe_path(document.mode, &document.bundle_id),
    ]
}

/// Is this where a build writes files, beside those that are not listed?
pub(super) fn has_a_place(path: &str, document: &BundleDocument) -> bool {
    let release = format!("{RELEASES}{}/", document.release_id);
    has_a_fixed_place(path)
        || path
            .strip_prefix(&release)
            .is_some_and(|name| !name.contains('/'))
}

/// The same for a bundle that is not whole yet, of any release.
pub(super) fn may_come_to_be(path: &str) -> bool {
    [bundle::FILE_NAME, SUMS_FILE_NAME].contains(&path)
        || ["bootstrap/", RELEASES]
            .iter()
            .any(|folder| path.starts_with(folder))
        || has_a_fixed_place(path)
}

fn has_a_fixed_place(path: &str) -> bool {
    [
        "manifest.json",
        "runbook.html",
        recipe::FILE_NAME,
        soc::FILE_NAME,
        CONTROL_PATH,
    ]
    .contains(&path)
        || ["gpo/", "publish/"]
            .iter()
            .any(|folder| path.starts_with(folder))
}

/// Why a path of `bundle.json` is none that a build writes.
pub(super) fn path_fault(path: &str) -> Option<&'static str> {
    path.split('/').find_map(name_fault)
}

/// Why a name of a file or folder is none that a build writes.
pub(super) fn name_fault(name: &str) -> Option<&'static str> {
    payload_name::fault_within(name, LONGEST_NAME)
}
