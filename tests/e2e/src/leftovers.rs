//! Folders of tests that were killed before they could clean up.

use std::fs;
use std::path::Path;

/// Removes folders of `work` that are named `<what>-<process id>-<number>` and whose process is
/// gone. One that cannot be removed is in nobody's way.
pub(crate) fn remove(work: &Path) {
    let entries = fs::read_dir(work).into_iter().flatten().flatten();
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        let mut parts = name.rsplitn(3, '-').skip(1);
        let process = parts.next().and_then(|id| id.parse::<u32>().ok());
        if let (Some(id), Some(_)) = (process, parts.next())
            && !Path::new("/proc").join(id.to_string()).exists()
        {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
