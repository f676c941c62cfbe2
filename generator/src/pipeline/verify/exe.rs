//! The exe of a bundle: made again from the bundle's own documents, byte for byte.

use std::io::Cursor;

use gangway_contract::Sha256;

use super::super::codes;
use super::super::layout::exe_path;
use super::super::output::OutputError;
use super::documents::{Stored, disagree};
use super::tree::Tree;
use super::{Outside, ProvenExe, Signature, Standing, missing, read_below, signature};
use crate::bootstrap::{self, Bootstrap, MAX_STUB_BYTES};
use crate::bundle::{BundleDocument, Exe};
use crate::formats::authenticode::{self, DigestAlgorithm};
use crate::problem::Problem;

/// Room for manifest and signature beside the stub.
const MAX_EXE_BYTES: u64 = 2 * MAX_STUB_BYTES as u64;

const SIGN_AGAIN: &str = "build again, then sign the fresh exe";

/// What is known of the exe.
pub(super) struct Judged {
    pub(super) stub: String,
    pub(super) signature: Signature,
    pub(super) proven: Option<ProvenExe>,
    pub(super) problems: Vec<Problem>,
}

/// Judges the exe that the layout names.
pub(super) fn judge(
    tree: &Tree,
    document: &BundleDocument,
    stored: Option<&Stored>,
    outside: &Outside,
) -> Result<Judged, OutputError> {
    let path = exe_path(document.mode, &document.bundle_id);
    let unknown = |why: &str, problems| {
        Ok(Judged {
            stub: "not compared".to_owned(),
            signature: Signature {
                standing: Standing::Refused,
                summary: why.to_owned(),
            },
            proven: None,
            problems,
        })
    };
    let Some(found) = tree.files.get(&path) else {
        return unknown("the exe is missing", vec![missing(&path)]);
    };
    let Some(stored) = stored else {
        return unknown(
            "not judged: there is no manifest to judge it by",
            Vec::new(),
        );
    };
    let changed = |why: String| vec![Problem::new(&codes::EXE_CHANGED, &path, why, SIGN_AGAIN)];
    let bytes = match read_below(found, MAX_EXE_BYTES)? {
        Ok(bytes) => bytes,
        Err(why) => return unknown("changed", changed(why)),
    };
    let (unsigned, made) = match made_again(&bytes, stored) {
        Ok(proven) => proven,
        Err(why) => return unknown("changed", changed(why)),
    };
    let mut problems: Vec<Problem> = lies(document, &unsigned, &made).map(disagree).collect();
    let (stub, problem) = compare_stub(&path, outside, &made);
    problems.extend(problem);
    let demands = &outside.demands;
    let judged = signature::judge(&path, &bytes, demands.anchors.as_ref(), demands.now);
    problems.extend(judged.problems);
    if demands.wants_stamp && judged.lacks_stamp {
        problems.push(signature::not_stamped(&path));
    }
    Ok(Judged {
        stub,
        signature: judged.signature,
        proven: Some(ProvenExe { bytes, unsigned }),
        problems,
    })
}

/// Takes signature and resources off, and makes the exe again from what is left and the manifest.
/// Gives the exe without its signature.
fn made_again(exe: &[u8], stored: &Stored) -> Result<(Vec<u8>, Bootstrap), String> {
    let unsigned = bootstrap::without_signature(exe).map_err(|error| error.to_string())?;
    let stub = bootstrap::stub_of(&unsigned, stored.manifest.stub).ok_or_else(|| {
        let stub = stored.manifest.stub;
        format!("it is not made from the stub that the manifest names, SHA-256 {stub}")
    })?;
    let made = bootstrap::specialise(&stub, &stored.manifest, &stored.bytes)
        .map_err(|error| error.to_string())?;
    if made.bytes == unsigned {
        return Ok((unsigned, made));
    }
    let holds_manifest = unsigned
        .get(stub.len()..)
        .is_some_and(|resources| contains(resources, &stored.bytes));
    Err(if holds_manifest {
        let at = made.bytes.iter().zip(&unsigned).take_while(|(a, b)| a == b);
        format!(
            "its resources are not those that a build makes of `manifest.json`; the first \
             difference is at byte {}",
            at.count()
        )
    } else {
        "the manifest in its resource RCDATA 101 is not `manifest.json`".to_owned()
    })
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle)
}

/// Fields of `bundle.json` that are not what the exe is.
fn lies(
    document: &BundleDocument,
    unsigned: &[u8],
    made: &Bootstrap,
) -> impl Iterator<Item = String> {
    let Exe {
        unsigned_size,
        unsigned_sha256,
        authenticode_sha256,
        stub_version,
        ..
    } = &document.exe;
    let authenticode = digest(unsigned).map_or_else(|why| why, |digest| digest.to_string());
    [
        (
            "unsigned_size",
            unsigned_size.to_string(),
            unsigned.len().to_string(),
        ),
        (
            "unsigned_sha256",
            unsigned_sha256.to_string(),
            Sha256::of(unsigned).to_string(),
        ),
        (
            "authenticode_sha256",
            authenticode_sha256.to_string(),
            authenticode,
        ),
        (
            "stub_version",
            stub_version.clone(),
            made.stub.version.clone(),
        ),
    ]
    .into_iter()
    .filter(|(_, said, is)| said != is)
    .map(|(field, said, is)| format!("`exe.{field}` is `{said}`, of the exe itself `{is}`"))
}

/// Whether the code of the exe is that of the stub at hand. One that the caller named has to be
/// the exe's; another one beside this program proves nothing.
fn compare_stub(path: &str, outside: &Outside, made: &Bootstrap) -> (String, Option<Problem>) {
    let (version, sha256) = (&made.stub.version, made.stub.sha256);
    let described = format!("{version}, SHA-256 {sha256}");
    match &outside.stub {
        Some((bytes, _)) if Sha256::of(bytes) == sha256 => {
            (format!("{described}, the one at hand"), None)
        }
        Some((bytes, true)) => {
            let problem = Problem::new(
                &codes::EXE_CHANGED,
                path,
                "it is made from another stub than the one named",
                "find out which stub is the right one, and build again from it",
            )
            .with_evidence(format!("made from SHA-256 {sha256}"))
            .with_evidence(format!("named     SHA-256 {}", Sha256::of(bytes)));
            (format!("{described}, not the one named"), Some(problem))
        }
        Some((_, false)) | None => {
            let note = Problem::new(
                &codes::STUB_NOT_AT_HAND,
                path,
                "the stub that it is made from is not at hand",
                "name it by `--stub` to have its code compared with a file that you trust",
            );
            (format!("{described}, not at hand"), Some(note))
        }
    }
}

/// The Authenticode digest of an exe, the same before and after signing.
pub(in crate::pipeline) fn digest(exe: &[u8]) -> Result<Sha256, String> {
    let digest = authenticode::pe_digest(&mut Cursor::new(exe), DigestAlgorithm::Sha256)
        .map_err(|error| error.to_string())?;
    let digest: [u8; 32] = digest
        .try_into()
        .map_err(|_| "its digest is cut short".to_owned())?;
    Ok(Sha256::from_bytes(digest))
}
