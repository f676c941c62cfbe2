//! Documents as facts: each field by its path.

use serde::Serialize;
use serde_json::Value;

use super::Facts;

/// Every field that is set; those of lists by their number.
pub(super) fn flatten(document: &impl Serialize) -> Facts {
    let mut fields = Facts::new();
    // Our documents always serialise; their own form is hashed as stored, never this one.
    let value = serde_json::to_value(document).unwrap_or_default();
    add("", &value, &mut fields);
    fields
}

/// [`flatten`] below a place.
pub(super) fn flatten_below(place: &str, document: &impl Serialize, into: &mut Facts) {
    add(
        place,
        &serde_json::to_value(document).unwrap_or_default(),
        into,
    );
}

fn add(place: &str, value: &Value, into: &mut Facts) {
    let below = |name: &str| {
        if place.is_empty() {
            name.to_owned()
        } else {
            format!("{place}.{name}")
        }
    };
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                add(&below(name), value, into);
            }
        }
        Value::Array(values) => {
            for (index, value) in values.iter().enumerate() {
                add(&below(&index.to_string()), value, into);
            }
        }
        Value::Null => {}
        Value::String(text) => {
            into.insert(place.to_owned(), text.clone());
        }
        other => {
            into.insert(place.to_owned(), other.to_string());
        }
    }
}
