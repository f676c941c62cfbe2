//! The manifest, and everything in `bundle.json` that follows from it.

use gangway_contract::control::Control;
use gangway_contract::manifest::{self, Manifest, Payload, Role};
use gangway_contract::{BundleId, Sha256};

use super::super::codes;
use super::super::identity::task_policies;
use super::super::layout::{CONTROL_PATH, exe_path};
use super::super::output::OutputError;
use super::super::payloads::release_id;
use super::tree::Tree;
use super::{BUILD_AGAIN, read_below, refused};
use crate::bundle::{self, BundleDocument, FileDigest};
use crate::problem::Problem;

pub(super) const MANIFEST: &str = "manifest.json";

/// The manifest with its bytes, when the bundle has one that a bootstrap would take.
pub(super) struct Stored {
    pub(super) manifest: Manifest,
    pub(super) bytes: Vec<u8>,
}

/// Reads the manifest and holds every field that `bundle.json` repeats against it.
pub(super) fn check(
    tree: &Tree,
    document: &BundleDocument,
) -> Result<(Option<Stored>, Vec<Problem>), OutputError> {
    // A missing file is reported by the comparison already.
    let Some(found) = tree.files.get(MANIFEST) else {
        return Ok((None, Vec::new()));
    };
    let bytes = match read_below(found, manifest::MAX_BYTES as u64)? {
        Ok(bytes) => bytes,
        Err(why) => return Ok((None, vec![refused(MANIFEST, why)])),
    };
    let manifest = match Manifest::parse(&bytes) {
        Ok(manifest) => manifest,
        Err(error) => return Ok((None, vec![refused(MANIFEST, error.to_string())])),
    };
    let mut problems = Vec::new();
    if manifest.to_bytes() != bytes {
        let why = "it is not in the form that a build writes";
        problems.push(refused(MANIFEST, why));
    }
    let made = release_id(&manifest.payloads);
    if manifest.release_id != made {
        let why = format!(
            "its payloads make release `{made}`, it says `{}`",
            manifest.release_id
        );
        problems.push(refused(MANIFEST, why));
    }
    problems.extend(lies(document, &manifest, &bytes));
    problems.extend(check_identity(document));
    problems.extend(check_payloads(document, &manifest));
    let control = Control::OPEN.to_bytes();
    let control = FileDigest {
        path: CONTROL_PATH.to_owned(),
        size: control.len() as u64,
        sha256: Sha256::of(&control),
    };
    if !document.files.contains(&control) {
        let why = format!("it does not list the `{CONTROL_PATH}` that withholds nothing");
        problems.push(disagree(why));
    }
    Ok((Some(Stored { manifest, bytes }), problems))
}

/// Fields of `bundle.json` that are not what the manifest says.
fn lies(document: &BundleDocument, manifest: &Manifest, bytes: &[u8]) -> Vec<Problem> {
    let bundle_id = BundleId::of_bytes(bytes);
    let mode = |mode: manifest::Mode| format!("{mode:?}").to_lowercase();
    let fields = [
        (
            "bundle_id",
            document.bundle_id.to_string(),
            bundle_id.to_string(),
        ),
        (
            "release_id",
            document.release_id.to_string(),
            manifest.release_id.to_string(),
        ),
        (
            "sequence",
            document.sequence.to_string(),
            manifest.sequence.to_string(),
        ),
        ("mode", mode(document.mode), mode(manifest.mode)),
        (
            "organization",
            document.organization.clone(),
            manifest.organization.clone(),
        ),
        (
            "exe.path",
            document.exe.path.clone(),
            exe_path(manifest.mode, &bundle_id),
        ),
        (
            "exe.stub_sha256",
            document.exe.stub_sha256.to_string(),
            manifest.stub.to_string(),
        ),
    ];
    fields
        .into_iter()
        .filter(|(_, said, is)| said != is)
        .map(|(field, said, is)| disagree(format!("`{field}` is `{said}`, by the manifest `{is}`")))
        .collect()
}

/// The policies have to be those of the identity: publication and packages take GUIDs from it.
fn check_identity(document: &BundleDocument) -> Option<Problem> {
    let tasks = match task_policies(document) {
        Ok(tasks) => tasks,
        Err(why) => return Some(disagree(why)),
    };
    let missing = tasks.into_iter().find_map(|(domain, id)| {
        let folder = format!("gpo/{domain}/sysvol/Policies/{id}/");
        let mut files = document.files.iter();
        (!files.any(|file| file.path.starts_with(&folder))).then_some((domain, id))
    });
    missing.map(|(domain, id)| {
        disagree(format!(
            "by the organisation's identity `{}` the task's policy of `{domain}` is {id}, which the \
             bundle does not hold",
            document.identity()
        ))
    })
}

/// Each payload must be listed where servers look for it and come from an input; nothing else
/// may lie there.
fn check_payloads(document: &BundleDocument, manifest: &Manifest) -> Vec<Problem> {
    let folder = format!("share/releases/{}/", manifest.release_id);
    let mut problems = Vec::new();
    for payload in &manifest.payloads {
        let path = format!("{folder}{}", payload.name);
        let expected = FileDigest {
            path: path.clone(),
            size: payload.size,
            sha256: payload.sha256,
        };
        if !document.files.contains(&expected) {
            problems.push(disagree(format!("it does not list the payload `{path}`")));
        }
        if !has_input(document, payload, &path) {
            problems.push(disagree(format!("no input is the payload `{path}`")));
        }
    }
    for file in &document.files {
        let is_payload = file.path.strip_prefix("share/releases/").is_none_or(|_| {
            let name = file.path.strip_prefix(&folder);
            manifest
                .payloads
                .iter()
                .any(|one| Some(one.name.as_str()) == name)
        });
        if !is_payload {
            let path = &file.path;
            problems.push(disagree(format!("`{path}` is no payload of the manifest")));
        }
    }
    problems.extend(check_inputs(document, manifest, &folder));
    problems
}

/// What inputs are said to have become has to be there, and of a kind that they can become.
fn check_inputs(document: &BundleDocument, manifest: &Manifest, folder: &str) -> Vec<Problem> {
    let is_listed = |path: &str| document.files.iter().any(|file| file.path == path);
    let is_blob = |path: &str| {
        let name = path.strip_prefix(folder);
        let mut payloads = manifest.payloads.iter();
        payloads.any(|one| holds_a_blob(one.role) && Some(one.name.as_str()) == name)
    };
    let mut problems = Vec::new();
    for input in &document.inputs {
        let staged = input.staged_as.as_deref().filter(|path| !is_listed(path));
        let blob = input.blob_staged_as.as_deref();
        let blob = blob.filter(|path| !is_listed(path) || !is_blob(path));
        if let Some(path) = staged {
            problems.push(disagree(format!("it says that an input became `{path}`")));
        }
        if let Some(path) = blob {
            let said = format!("it says that the blob of an input became `{path}`");
            problems.push(disagree(said));
        }
    }
    problems
}

/// Payloads that are cut out of a download, not a download themselves.
fn holds_a_blob(role: Role) -> bool {
    matches!(role, Role::OnboardingInfo | Role::OffboardingInfo)
}

/// The key of a workspace is written by hand and is no download. A blob has another digest than
/// the download that it is cut out of: an input has to say that it became this payload.
fn has_input(document: &BundleDocument, payload: &Payload, path: &str) -> bool {
    let same = |size: u64, sha256: Sha256| (size, sha256) == (payload.size, payload.sha256);
    let mut inputs = document.inputs.iter();
    match payload.role {
        Role::WorkspaceKey => true,
        role if holds_a_blob(role) => {
            inputs.any(|input| input.blob_staged_as.as_deref() == Some(path))
        }
        _ => inputs.any(|input| {
            input.staged_as.as_deref() == Some(path) && same(input.size, input.sha256)
        }),
    }
}

pub(super) fn disagree(what: String) -> Problem {
    Problem::new(&codes::DISAGREE, bundle::FILE_NAME, what, BUILD_AGAIN)
}
