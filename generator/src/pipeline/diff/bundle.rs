//! One of two bundles: its files by their own bytes, and what its documents say.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gangway_contract::Sha256;
use gangway_contract::manifest::{self, Manifest, Payload};
use rayon::prelude::*;

use super::fields::{flatten, flatten_below};
use super::{DiffError, Facts, exe};
use crate::bootstrap::MAX_STUB_BYTES;
use crate::bundle::{self, BundleDocument, Input};
use crate::intake::Limits;
use crate::pipeline::codes;
use crate::pipeline::layout::exe_path;
use crate::pipeline::output::io_error;
use crate::pipeline::verify::{Tree, file_digest};
use crate::plain_file;

/// Room for manifest and signature beside the stub.
const MAX_EXE_BYTES: u64 = 2 * MAX_STUB_BYTES as u64;

/// A part's name, and its facts.
type Part = (&'static str, Facts);

/// A bundle.
#[derive(Debug)]
pub(super) struct Side {
    folder: PathBuf,
    document: BundleDocument,
    manifest: Manifest,
    /// Size and digest of every file that no other part has told of yet, by path.
    files: BTreeMap<String, (u64, Sha256)>,
}

impl Side {
    /// Reads every file of a bundle, block by block.
    pub(super) fn read(folder: &Path) -> Result<Self, DiffError> {
        let tree = Tree::walk(folder)?;
        let mut problems = tree.problems;
        problems.retain(|problem| problem.code == &codes::NOT_PLAIN);
        if !problems.is_empty() {
            return Err(DiffError::NotPlain {
                path: folder.to_owned(),
                problems,
            });
        }
        let document = parsed(
            &folder.join(bundle::FILE_NAME),
            bundle::MAX_BYTES,
            BundleDocument::parse,
        )?;
        let manifest = parsed(
            &folder.join("manifest.json"),
            manifest::MAX_BYTES as u64,
            |bytes| Manifest::parse(bytes).map_err(|error| error.to_string()),
        )?;
        let files = tree.files.par_iter().map(|(path, found)| {
            // No download is larger, and a build writes nothing larger than a download.
            let most = Limits::default().file_bytes;
            if found.size > most {
                let why = format!("it has {} bytes, the limit is {most}", found.size);
                let path = found.path.clone();
                return Err(DiffError::Document { path, why });
            }
            Ok((path.clone(), file_digest(&found.path, found.size)?))
        });
        Ok(Self {
            folder: folder.to_owned(),
            files: files.collect::<Result<_, _>>()?,
            document,
            manifest,
        })
    }

    /// The exe, which has another name in every bundle.
    pub(super) fn bootstrap(&mut self) -> Result<Part, DiffError> {
        let path = exe_path(self.document.mode, &self.document.bundle_id);
        let mut facts = Facts::new();
        if self.files.remove(&path).is_some() {
            let file = self.folder.join(&path);
            let bytes = plain_file::read_whole(&file, MAX_EXE_BYTES);
            let bytes = bytes.map_err(io_error("read", &file))?;
            facts = exe::facts(&path, &bytes, self.manifest.stub);
        }
        Ok(("bootstrap", facts))
    }

    /// The payloads, whose folder has another name in every release: by the bytes that lie there.
    pub(super) fn payloads(&mut self) -> Result<Part, DiffError> {
        let mut facts = Facts::new();
        for payload in &self.manifest.payloads {
            let path = format!(
                "share/releases/{}/{}",
                self.manifest.release_id, payload.name
            );
            let found = self.files.remove(&path);
            facts.insert(payload.name.clone(), of_payload(payload, found));
        }
        Ok(("payload", facts))
    }

    /// The manifest but for what is told of payloads and exe, and what follows from them.
    pub(super) fn manifest(&mut self) -> Result<Part, DiffError> {
        let mut facts = flatten(&self.manifest);
        facts.retain(|place, _| {
            let told = ["payloads", "release_id", "stub"];
            !told.contains(&place.split('.').next().unwrap_or_default())
        });
        for payload in &self.manifest.payloads {
            let place = format!("payloads.{}", payload.name);
            flatten_below(&format!("{place}.role"), &payload.role, &mut facts);
            flatten_below(&format!("{place}.signer"), &payload.signer, &mut facts);
        }
        Ok(("manifest", facts))
    }

    /// What `bundle.json` alone says. Whether it says the truth of the rest is for `verify`.
    pub(super) fn document(&mut self) -> Result<Part, DiffError> {
        let own = BundleDocument {
            inputs: Vec::new(),
            files: Vec::new(),
            ..self.document.clone()
        };
        let mut facts = flatten(&own);
        facts.retain(|place, _| {
            ["output_time", "tool", "remarks"]
                .contains(&place.split('.').next().unwrap_or_default())
        });
        for input in &self.document.inputs {
            let place = format!("input {}", input.path);
            let fact = of_input(input);
            // A path that is given twice: both are told.
            let both = facts.remove(&place).map(|first| format!("{first}; {fact}"));
            facts.insert(place, both.unwrap_or(fact));
        }
        Ok(("bundle", facts))
    }

    /// The bundle's id.
    pub(super) fn id(&self) -> &str {
        self.document.bundle_id.as_str()
    }

    /// Every file that no other part has told of.
    pub(super) fn files(&self) -> Facts {
        let mut facts = Facts::new();
        for (path, (size, sha256)) in &self.files {
            let fact = format!("{size} bytes, SHA-256 {sha256}");
            // No build writes such a name, which would stand for the file of another.
            if path.contains(BACKUP_ID) {
                facts.insert(format!("./{path}"), fact);
                continue;
            }
            // The folder of a backup has another name in every bundle.
            let Some((folder, id, file)) = in_backup(path) else {
                facts.insert(path.clone(), fact);
                continue;
            };
            let place = format!("{folder}/{BACKUP_ID}");
            match facts.get(&place) {
                // A second backup of one policy, which no build writes.
                Some(first) if first != id => facts.insert(path.clone(), fact),
                _ => {
                    facts.insert(format!("{place}/{file}"), fact);
                    facts.insert(place, id.to_owned())
                }
            };
        }
        facts
    }
}

/// What stands in a path for the id of either bundle's backup.
const BACKUP_ID: &str = "{backup id}";

/// Folder, backup id and the rest of a path such as `gpo/DOMAIN/GPO/{ID}/Backup.xml`.
fn in_backup(path: &str) -> Option<(&str, &str, &str)> {
    let at = path.starts_with("gpo/").then(|| path.find("/{"))??;
    let (folder, rest) = path.split_at(at);
    let (id, file) = rest.trim_start_matches('/').split_once('/')?;
    (folder.matches('/').count() == 2).then_some((folder, id, file))
}

fn of_payload(payload: &Payload, found: Option<(u64, Sha256)>) -> String {
    let version = payload.version.as_deref().unwrap_or("no version");
    let named = (payload.size, payload.sha256);
    let described = |(size, sha256)| format!("{size} bytes, SHA-256 {sha256}");
    match found {
        Some(found) if found == named => format!("{version}, {}", described(found)),
        Some(found) => format!(
            "{version}, {}; the manifest names {}",
            described(found),
            described(named)
        ),
        None => format!(
            "{version}, the file is missing; the manifest names {}",
            described(named)
        ),
    }
}

fn of_input(input: &Input) -> String {
    let staged = input
        .staged_as
        .as_deref()
        .or(input.blob_staged_as.as_deref());
    format!(
        "{}, {}, {} bytes, SHA-256 {}{}",
        input.kind,
        input.verdict,
        input.size,
        input.sha256,
        // The folder of a release has its own name in every bundle.
        staged.and_then(|path| path.rsplit('/').next()).map_or_else(
            || ", no payload".to_owned(),
            |name| format!(", payload `{name}`")
        )
    )
}

/// A document of the bundle.
fn parsed<T>(
    path: &Path,
    most: u64,
    parse: impl FnOnce(&[u8]) -> Result<T, String>,
) -> Result<T, DiffError> {
    let bytes = plain_file::read_whole(path, most).map_err(|error| error.to_string());
    let failed = |why| DiffError::Document {
        path: path.to_owned(),
        why,
    };
    bytes.and_then(|bytes| parse(&bytes)).map_err(failed)
}
