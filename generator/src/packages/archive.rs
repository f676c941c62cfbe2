//! The archive for a closed network: a whole bundle in one file, carried there by hand, with what is
//! needed to tell there that nothing happened to it on the way.
//!
//! The list of digests comes first, the rest in the order of their bytes.

use std::io::{self, Read, Seek, Write};

use gangway_contract::{BundleId, Sha256};

use super::stored_zip::{ArchiveError, StoredZip};
use crate::bundle::{FileDigest, SUMS_FILE_NAME, sums_line};
use crate::goal::Goal;

/// What to do with the archive.
pub const VERIFY: &str = "VERIFY.txt";
/// The folder of the bundle in the archive.
pub const BUNDLE: &str = "bundle";

/// Which bundle an archive holds.
#[derive(Debug, Clone, Copy)]
pub struct Label<'a> {
    /// What it is built for.
    pub goal: Goal,
    /// Place among all bundles of its lock, from 1.
    pub sequence: u64,
    /// Digest of its manifest.
    pub bundle_id: &'a BundleId,
}

impl Label<'_> {
    /// The archive's name without its end, and its one folder: who has several sees what each of them does
    /// and which one came later. Short, for Windows' paths have 260 characters.
    pub fn name(&self) -> String {
        let id = self.bundle_id.to_string();
        let id = id.get(..8).unwrap_or(&id);
        format!("gangway-{}-{}-{id}", self.goal.as_str(), self.sequence)
    }

    fn guide(&self) -> String {
        let does = match self.goal {
            Goal::Retire => "takes away from servers what bootstraps of Gangway left there",
            Goal::Precheck => "looks at servers and changes nothing but its own folders there",
            Goal::Onboard => "onboards servers",
            Goal::Offboard => "takes servers out of the service",
        };
        include_str!("../../../templates/VERIFY.txt")
            .replace("{does}", does)
            .replace("{mode}", self.goal.as_str())
            .replace("{sequence}", &self.sequence.to_string())
            .replace("{bundle}", &self.bundle_id.to_string())
            .replace("{top}", &self.name())
    }
}

/// Writes the archive of a bundle's files, sorted, below one folder; `open` reads one of them by its
/// path. What is read has to be what is listed.
///
/// # Errors
/// A file changed, or the system refuses.
pub fn write<R: Read>(
    out: impl Write + Seek,
    label: Label<'_>,
    files: &[FileDigest],
    output_time: i64,
    mut open: impl FnMut(&FileDigest) -> io::Result<R>,
) -> Result<(), ArchiveError> {
    let mut archive = StoredZip::new(out, output_time);
    let (top, guide) = (label.name(), label.guide());
    let mut files = files.to_vec();
    files.sort_by(|one, other| one.path.cmp(&other.path));
    let sums = sums(&files, &guide);
    for (name, text) in [(SUMS_FILE_NAME, &sums), (VERIFY, &guide)] {
        archive.bytes(&format!("{top}/{name}"), text.as_bytes())?;
    }
    for file in &files {
        let source = open(file).map_err(ArchiveError::io(&file.path))?;
        archive.file(&format!("{top}/{BUNDLE}/{}", file.path), file, source)?;
    }
    archive.finish()
}

fn sums(files: &[FileDigest], guide: &str) -> String {
    let bundle = files
        .iter()
        .map(|file| sums_line(&file.sha256, &format!("{BUNDLE}/{}", file.path)));
    std::iter::once(sums_line(&Sha256::of(guide.as_bytes()), VERIFY))
        .chain(bundle)
        .collect()
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use zip::CompressionMethod;

    use super::*;

    fn listed(path: &str, bytes: &[u8]) -> FileDigest {
        FileDigest {
            path: path.to_owned(),
            size: bytes.len() as u64,
            sha256: Sha256::of(bytes),
        }
    }

    fn id() -> BundleId {
        BundleId::of_bytes(b"manifest")
    }

    fn label(goal: Goal, bundle_id: &BundleId) -> Label<'_> {
        Label {
            goal,
            sequence: 7,
            bundle_id,
        }
    }

    fn archive(content: &[u8]) -> Result<Vec<u8>, ArchiveError> {
        let files = [listed("share/b", b"two"), listed("a", b"one")];
        let mut out = Cursor::new(Vec::new());
        write(
            &mut out,
            label(Goal::Onboard, &id()),
            &files,
            1_772_442_000,
            |file| {
                Ok(Cursor::new(
                    if file.path == "a" { b"one" } else { content }.to_vec(),
                ))
            },
        )?;
        Ok(out.into_inner())
    }

    #[test]
    fn digests_come_first_and_the_rest_is_sorted() {
        let bytes = archive(b"two").unwrap();
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        let names: Vec<String> = (0..archive.len())
            .map(|index| {
                archive
                    .by_index(index)
                    .unwrap()
                    .name()
                    .unwrap()
                    .into_owned()
            })
            .collect();
        let expected = ["SHA256SUMS", "VERIFY.txt", "bundle/a", "bundle/share/b"];
        let top = label(Goal::Onboard, &id()).name();
        assert_eq!(names, expected.map(|name| format!("{top}/{name}")));
        for index in 0..archive.len() {
            let file = archive.by_index(index).unwrap();
            assert_eq!(file.unix_mode(), Some(0o100_644));
            assert_eq!(file.compression(), CompressionMethod::Stored);
            assert!(file.extra_data().is_none_or(|data| data.is_empty()));
        }
    }

    #[test]
    fn a_name_and_a_guide_tell_mode_and_sequence() {
        let id = id();
        for (goal, named, words) in [
            (Goal::Onboard, "gangway-onboard-7-", "that onboards servers"),
            (Goal::Offboard, "gangway-offboard-7-", "out of the service"),
            (Goal::Precheck, "gangway-precheck-7-", "changes nothing"),
            (Goal::Retire, "gangway-retire-7-", "takes away from servers"),
        ] {
            let label = label(goal, &id);
            let name = label.name();
            assert!(name.starts_with(named), "{name}");
            assert!(id.to_string().starts_with(&name[named.len()..]), "{name}");
            let guide = label.guide();
            for text in [
                words,
                "sequence   7",
                &id.to_string(),
                &format!("{name}.zip"),
            ] {
                assert!(guide.contains(text), "{text}: {guide}");
            }
            assert!(!guide.contains('{'), "filled: {guide}");
        }
    }

    #[test]
    fn the_bytes_are_the_same_each_time() {
        assert_eq!(archive(b"two").unwrap(), archive(b"two").unwrap());
    }

    #[test]
    fn a_file_that_changed_ends_it() {
        for content in [&b"tw"[..], b"twx", b"two and more"] {
            let refused = archive(content).unwrap_err();
            assert!(matches!(refused, ArchiveError::Changed { .. }), "{refused}");
        }
    }
}
