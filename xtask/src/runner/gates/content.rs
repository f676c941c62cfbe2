//! Gates on texts inside the file.

use super::{Expectation, Stub};

/// Start of the text by which a stub tells what it reads (`contract/src/stub.rs`).
pub(super) const STUB_MARKER: &str = "gangway-stub[";

/// Literal that only the feature `crash-points` of the runner brings in.
pub(super) const TEST_HOOK_MARKER: &str = "gangway-crash-point";

/// The feature of the runner that brings test hooks.
pub(crate) const TEST_HOOK_FEATURE: &str = "crash-points";

/// Nothing of the machine that built it: not its folders, not where its crates came from.
pub(super) fn private_texts(stub: &Stub<'_>, expectation: &Expectation<'_>) -> Vec<String> {
    let texts = expectation.private_texts.iter();
    texts
        .filter(|text| contains(stub.bytes, text))
        .map(|text| format!("`{text}` of the building machine is in the file"))
        .collect()
}

/// Test hooks exactly where they were asked for.
pub(super) fn test_hooks(stub: &Stub<'_>, expectation: &Expectation<'_>) -> Vec<String> {
    let found = contains(stub.bytes, TEST_HOOK_MARKER);
    match (found, expectation.test_hooks) {
        (true, false) => vec![format!("`{TEST_HOOK_MARKER}` is in the file")],
        (false, true) => vec![format!(
            "built with `{TEST_HOOK_FEATURE}` and `{TEST_HOOK_MARKER}` is not in the file: \
             this gate would miss the hooks"
        )],
        _ => Vec::new(),
    }
}

/// Exactly one marker, so that the generator reads the right one.
pub(super) fn stub_marker(stub: &Stub<'_>, _: &Expectation<'_>) -> Vec<String> {
    match count(stub.bytes, STUB_MARKER.as_bytes()) {
        1 => Vec::new(),
        number => vec![format!(
            "`{STUB_MARKER}` is there {number} times, expected once"
        )],
    }
}

/// Whether a text is there as UTF-8 or as UTF-16.
fn contains(bytes: &[u8], text: &str) -> bool {
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    count(bytes, text.as_bytes()) > 0 || count(bytes, &wide) > 0
}

fn count(bytes: &[u8], text: &[u8]) -> usize {
    bytes
        .windows(text.len().max(1))
        .filter(|window| *window == text)
        .count()
}
