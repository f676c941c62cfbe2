//! The blob's text, kept out of every log.

use core::fmt;

use gangway_contract::Sha256;

/// The JSON text of a blob. Whoever holds it can enrol or remove devices, so `Debug` shows
/// only its length and there is no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct BlobText(String);

impl BlobText {
    /// Wraps a text.
    pub fn new(json: String) -> Self {
        Self(json)
    }

    /// Digest of the text's bytes, which may be shown.
    pub fn sha256(&self) -> Sha256 {
        Sha256::of(self.0.as_bytes())
    }

    /// The text, for parsing and for comparing with a registry value. Never print it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for BlobText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BlobText({} bytes, not shown)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_holds_nothing_of_the_text() {
        let text = BlobText::new("secret".to_owned());
        assert_eq!(format!("{text:?}"), "BlobText(6 bytes, not shown)");
    }
}
