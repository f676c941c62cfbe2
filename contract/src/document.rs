//! How every JSON document is stored, and how one is read without more than its own shape.

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Serialize};
use serde_json::Value;

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
/// No JSON object, or no such number.
pub fn schema(bytes: &[u8]) -> Result<u32, serde_json::Error> {
    #[derive(Deserialize)]
    struct Alone {
        schema: u32,
    }
    is_object(bytes)?;
    serde_json::from_slice(bytes).map(|Alone { schema }| schema)
}

/// The document is a JSON object: serde also takes a list of a struct's values, in the order of its
/// fields.
///
/// # Errors
/// It is something else.
pub fn is_object(bytes: &[u8]) -> Result<(), serde_json::Error> {
    match bytes.trim_ascii_start().first() {
        Some(b'{') => Ok(()),
        _ => Err(serde_json::Error::custom("it is no JSON object")),
    }
}

/// Reads a document in which every struct is a JSON object, the innermost too.
///
/// # Errors
/// No JSON, another shape, or a list in the place of an object.
pub fn read<T: DeserializeOwned + Serialize>(bytes: &[u8]) -> Result<T, serde_json::Error> {
    is_object(bytes)?;
    let document: T = serde_json::from_slice(bytes)?;
    let given: Value = serde_json::from_slice(bytes)?;
    if has_a_list_for_an_object(&given, &serde_json::to_value(&document)?) {
        let why = "a list stands where an object belongs";
        return Err(serde_json::Error::custom(why));
    }
    Ok(document)
}

/// `given` was read as `ours`.
fn has_a_list_for_an_object(given: &Value, ours: &Value) -> bool {
    match (given, ours) {
        (Value::Array(_), Value::Object(_)) => true,
        (Value::Array(given), Value::Array(ours)) => {
            let mut pairs = given.iter().zip(ours);
            pairs.any(|(given, ours)| has_a_list_for_an_object(given, ours))
        }
        (Value::Object(given), Value::Object(ours)) => given.iter().any(|(name, given)| {
            ours.get(name)
                .is_some_and(|ours| has_a_list_for_an_object(given, ours))
        }),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
    struct Outer {
        schema: u32,
        pairs: Vec<(String, u8)>,
        one: Option<Inner>,
        all: Vec<Inner>,
    }

    #[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
    struct Inner {
        number: u8,
    }

    #[test]
    fn a_list_of_its_values_is_no_document() {
        let whole =
            r#"{"schema": 7, "pairs": [["a", 1]], "one": {"number": 2}, "all": [{"number": 3}]}"#;
        let of = |text: &str| read::<Outer>(text.as_bytes());
        let document = of(whole).unwrap();
        assert_eq!(document.all, [Inner { number: 3 }]);
        assert_eq!(of(&whole.replace(": ", " :\r\n")).unwrap(), document);
        for (from, to) in [
            (whole, r#"[7, [["a", 1]], {"number": 2}, [{"number": 3}]]"#),
            (r#"{"number": 2}"#, "[2]"),
            (r#"{"number": 3}"#, "[3]"),
        ] {
            let text = whole.replace(from, to);
            assert!(serde_json::from_str::<Outer>(&text).is_ok(), "{text}");
            let error = of(&text).unwrap_err().to_string();
            assert!(error.contains("object"), "{text}: {error}");
        }
    }

    #[test]
    fn a_list_has_no_schema() {
        assert_eq!(schema(br#" {"schema": 7, "more": 1}"#).unwrap(), 7);
        for text in ["[7]", "7", "", "\"{\""] {
            let error = schema(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains("no JSON object"), "{text}: {error}");
        }
    }
}
