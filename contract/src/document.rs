//! How every JSON document is stored, and which number is read before all else of it.

use serde::{Deserialize, Serialize};

/// The bytes that are stored, hashed and compared: indented JSON with a final line feed. For documents
/// of texts, numbers, lists and structs, which always serialise.
pub fn to_bytes(document: &impl Serialize) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(document).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

/// The number `schema` of a document, whatever else stands in it: one of another schema is told by
/// its number, and not by the first field that is unknown.
///
/// # Errors
/// No JSON, or no such number.
pub fn schema(bytes: &[u8]) -> Result<u32, serde_json::Error> {
    #[derive(Deserialize)]
    struct Alone {
        schema: u32,
    }
    serde_json::from_slice(bytes).map(|Alone { schema }| schema)
}
