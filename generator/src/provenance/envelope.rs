//! DSSE: a payload, its type, and signatures over both (secure-systems-lab/dsse, protocol 1.0.2).

use base64::Engine as _;
use base64::alphabet::{STANDARD as STANDARD_LETTERS, URL_SAFE as URL_SAFE_LETTERS};
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use gangway_contract::Sha256;
use serde::{Deserialize, Serialize};

use super::VerifyingKey;
use super::statement::{BUILD_TYPE, Statement};

/// Type of the payload of every statement of in-toto.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// Largest file of envelopes that is read, in bytes: a statement about a bundle of some hundred
/// downloads has 100 KB.
pub const MAX_BYTES: u64 = 16 << 20;

/// Most envelopes in a file, and signatures in one: there are two, each with one.
const MAX_COUNT: usize = 64;

/// Why a line is no envelope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// No JSON of that shape.
    #[error("line {line} is no envelope: {why}")]
    Malformed {
        /// Counted from 1.
        line: usize,
        /// In the parser's words.
        why: String,
    },
    /// More than anybody writes.
    #[error("it holds more than {MAX_COUNT} envelopes")]
    TooMany,
    /// Likewise, in one of them.
    #[error("line {line} holds more than {MAX_COUNT} signatures")]
    TooManySignatures {
        /// Counted from 1.
        line: usize,
    },
}

/// A payload as it was signed, in base64, and who signed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Envelope {
    payload: String,
    payload_type: String,
    signatures: Vec<Signature>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Signature {
    /// May be left out: a hint only.
    #[serde(default)]
    keyid: String,
    sig: String,
}

impl Envelope {
    /// A statement with one signature.
    pub fn new(statement: &[u8], key: &VerifyingKey, signature: &[u8]) -> Self {
        Self {
            payload: STANDARD.encode(statement),
            payload_type: PAYLOAD_TYPE.to_owned(),
            signatures: vec![Signature {
                keyid: key.id(),
                sig: STANDARD.encode(signature),
            }],
        }
    }

    /// One line of a file, without its end.
    pub fn to_line(&self) -> String {
        // Strings and lists only, which always serialise.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The payload, when the key made one of the signatures over it; what is parsed afterwards are
    /// the very bytes that were judged.
    pub fn vouched(&self, key: &VerifyingKey) -> Option<Vec<u8>> {
        let payload = decoded(&self.payload)?;
        let message = pre_authentication(&self.payload_type, &payload);
        let mut signatures = self.signatures.iter().filter_map(|one| decoded(&one.sig));
        let vouches = signatures.any(|signature| key.vouches_for(&message, &signature));
        (vouches && self.payload_type == PAYLOAD_TYPE).then_some(payload)
    }
}

/// Is this a file of statements about a bundle, whoever signed them, and none of another program's?
pub fn is_statements_file(bytes: &[u8]) -> bool {
    let is_of_a_build = |envelope: &Envelope| {
        let payload = decoded(&envelope.payload);
        let statement = payload.and_then(|payload| Statement::parse(&payload));
        statement.is_some_and(|one| one.predicate["buildDefinition"]["buildType"] == BUILD_TYPE)
    };
    lines(bytes).is_ok_and(|envelopes| envelopes.iter().any(is_of_a_build))
}

/// Does a statement of the file, whoever signed it, name this file with this digest?
pub fn names_file(bytes: &[u8], name: &str, sha256: Sha256) -> bool {
    let names_it = |envelope: &Envelope| {
        let payload = decoded(&envelope.payload);
        let statement = payload.and_then(|payload| Statement::parse(&payload));
        statement.is_some_and(|one| one.names(name, sha256))
    };
    lines(bytes).is_ok_and(|envelopes| envelopes.iter().any(names_it))
}

/// What is signed: `DSSEv1`, and type and payload each after its length in bytes.
pub fn pre_authentication(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!(
        "DSSEv1 {} {payload_type} {} ",
        payload_type.len(),
        payload.len()
    );
    [head.as_bytes(), payload].concat()
}

/// Envelopes of a file, one on each line (`.jsonl`).
///
/// # Errors
/// See [`EnvelopeError`].
pub fn lines(bytes: &[u8]) -> Result<Vec<Envelope>, EnvelopeError> {
    let mut envelopes = Vec::new();
    for (number, line) in (1..).zip(bytes.split(|&byte| byte == b'\n')) {
        if line.trim_ascii().is_empty() {
            continue;
        }
        if envelopes.len() == MAX_COUNT {
            return Err(EnvelopeError::TooMany);
        }
        let envelope: Envelope =
            serde_json::from_slice(line).map_err(|error| EnvelopeError::Malformed {
                line: number,
                why: error.to_string(),
            })?;
        if envelope.signatures.len() > MAX_COUNT {
            return Err(EnvelopeError::TooManySignatures { line: number });
        }
        envelopes.push(envelope);
    }
    Ok(envelopes)
}

/// Either alphabet, with padding or without: the protocol lets readers take both.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let any = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let standard = GeneralPurpose::new(&STANDARD_LETTERS, any);
    let url_safe = GeneralPurpose::new(&URL_SAFE_LETTERS, any);
    standard
        .decode(text)
        .or_else(|_| url_safe.decode(text))
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the protocol's text.
    #[test]
    fn what_is_signed_is_the_protocols_own_example() {
        let message = pre_authentication("http://example.com/HelloWorld", b"hello world");
        assert_eq!(
            message,
            b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
        );
    }

    #[test]
    fn a_file_holds_one_envelope_on_each_line() {
        let line = r#"{"payload":"e30","payloadType":"x","signatures":[{"sig":"AA"}],"more":1}"#;
        assert_eq!(
            lines(format!("{line}\n\n{line}\r\n").as_bytes()).map(|all| all.len()),
            Ok(2)
        );
        assert_eq!(
            lines(format!("{line}\n").repeat(65).as_bytes()),
            Err(EnvelopeError::TooMany)
        );
        let signature = r#"{"sig":"AA"}"#;
        let many = line.replace(signature, &[signature; 65].join(","));
        assert_eq!(
            lines(format!("{line}\n{many}\n").as_bytes()),
            Err(EnvelopeError::TooManySignatures { line: 2 })
        );
        let error = lines(format!("{line}\n{{}}\n").as_bytes()).unwrap_err();
        assert!(
            error.to_string().starts_with("line 2 is no envelope"),
            "{error}"
        );
    }
}
