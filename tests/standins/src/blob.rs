//! What the sensor reads from the on- and offboarding values under its policy key.

use serde_json::Value;

/// The signed parameters of an on- or offboarding blob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameters {
    /// Organisations that the blob is for, in lower case.
    pub org_ids: Vec<String>,
    /// End of an offboarding blob as a Windows FILETIME (100 ns since 1601 UTC).
    pub expires: Option<u64>,
}

/// Reads the parameters: the outer document holds `body`, a text that is JSON again. None
/// for anything else, which the real sensor reports as event 7 (or 29).
pub fn parse(text: &str) -> Option<Parameters> {
    let outer: Value = serde_json::from_str(text).ok()?;
    for signature_part in ["sig", "sha256sig", "cert"] {
        outer.get(signature_part)?.as_str()?;
    }
    let body: Value = serde_json::from_str(outer.get("body")?.as_str()?).ok()?;
    let own = body.get("orgId").and_then(Value::as_str);
    let listed = body.get("orgIds").and_then(Value::as_array);
    let org_ids: Vec<String> = listed
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .chain(own)
        .map(str::to_ascii_lowercase)
        .collect();
    (!org_ids.is_empty()).then_some(Parameters {
        org_ids,
        expires: body.get("expirationTimestamp").and_then(Value::as_u64),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_org_id_is_read_from_the_inner_document() {
        let text = r#"{"body":"{\"previousOrgIds\":[],\"orgId\":\"AB-1\"}","sig":"","sha256sig":"","cert":"","chain":[]}"#;
        let parameters = parse(text).unwrap();
        assert_eq!(parameters.org_ids, ["ab-1"]);
        assert_eq!(parameters.expires, None);
    }

    #[test]
    fn an_expiry_keeps_all_its_digits() {
        let text = r#"{"body":"{\"orgId\":\"a\",\"expirationTimestamp\":133531644529324807}","sig":"","sha256sig":"","cert":""}"#;
        assert_eq!(parse(text).unwrap().expires, Some(133_531_644_529_324_807));
    }

    #[test]
    fn damaged_blobs_are_not_taken() {
        for text in ["", "{", "{}", r#"{"body":"{"}"#, r#"{"body":"{}"}"#] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
