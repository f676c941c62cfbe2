//! What an exe is, apart from what documents say of it: its bytes, the code without a signature,
//! the stub, and whose signature it claims to have.

use std::io::Cursor;

use gangway_contract::Sha256;

use super::Facts;
use crate::bootstrap::{stub_of, without_signature};
use crate::formats::authenticode::{self, FileKind, Verdict};
use crate::formats::x509::TrustAnchors;
use crate::pipeline::verify::exe_digest;

/// Facts of the exe `bytes` that lies at `path`, whose manifest names the stub `stub`.
///
/// One that was only signed again differs in `bytes` and `signature` and in nothing else.
pub(super) fn facts(path: &str, bytes: &[u8], stub: Sha256) -> Facts {
    let own_words = |error: &dyn std::fmt::Display| format!("not told: {error}");
    let digest = exe_digest(bytes).map_or_else(|why| own_words(&why), |found| found.to_string());
    let unsigned = without_signature(bytes);
    let made_from = match &unsigned {
        Ok(unsigned) if stub_of(unsigned, stub).is_some() => format!("SHA-256 {stub}"),
        Ok(_) => format!("not the one that the manifest names, SHA-256 {stub}"),
        Err(error) => own_words(error),
    };
    let (rest, signature) = match &unsigned {
        Ok(unsigned) => (
            format!("SHA-256 {}", Sha256::of(unsigned)),
            signature(bytes, unsigned.len()),
        ),
        Err(error) => (own_words(error), own_words(error)),
    };
    [
        ("path", path.to_owned()),
        ("bytes", described(bytes)),
        ("Authenticode digest", digest),
        ("bytes without the signature", rest),
        ("stub", made_from),
        ("signature", signature),
    ]
    .into_iter()
    .map(|(place, fact)| (place.to_owned(), fact))
    .collect()
}

fn described(bytes: &[u8]) -> String {
    format!("{} bytes, SHA-256 {}", bytes.len(), Sha256::of(bytes))
}

/// The certificate table, which begins where the rest ends, and who is named in it. It is not
/// judged: that is what `verify` is for.
fn signature(exe: &[u8], table_at: usize) -> String {
    let table = exe.get(table_at..).unwrap_or_default();
    if table.is_empty() {
        return "none".to_owned();
    }
    let verdict = authenticode::verify(
        &mut Cursor::new(exe),
        Some(FileKind::Pe),
        &TrustAnchors::none(),
        i64::MAX,
    );
    let claimed = match verdict {
        Verdict::Invalid {
            claimed: Some(claimed),
            ..
        } => format!("in the name of `{}`", claimed.subject),
        _ => "of nobody who can be read".to_owned(),
    };
    format!("{claimed}, not judged, {}", described(table))
}
