//! What is kept of a report, however much it says.

use serde_json::{Value, json};

use super::newer::MAX_NEWER_WORD;
use super::*;

#[test]
fn of_a_newer_state_and_reason_short_texts_alone_are_kept() {
    let list: Vec<Value> = (0..1_000).map(|number| json!({"": number})).collect();
    let table: [(Value, Option<&str>); 11] = [
        (json!("settled"), Some("settled")),
        (json!("\u{1b}[2J"), Some("\\u{1b}[2J")),
        (json!(""), None),
        (json!("  "), None),
        (json!("x".repeat(MAX_NEWER_WORD + 1)), None),
        (Value::Array(list), None),
        (json!({"word": {"deep": ["settled"]}}), None),
        (json!(-1), None),
        (json!(1.5), None),
        (json!(true), None),
        (Value::Null, None),
    ];
    for (written, kept) in table {
        let report = json!({
            "schema": 99, "fqdn": "a.corp", "finished_at": "2026-11-29T00:00:00Z",
            "state": written, "reason": written,
        });
        // As files are read: by text, which a tree of values does not stand for.
        let part: NewerPart = serde_json::from_str(&report.to_string()).unwrap();
        let report = part.into_report();
        assert_eq!(report.state.as_deref(), kept, "{written}");
        assert_eq!(report.reason.as_deref(), kept, "{written}");
    }
}

#[test]
fn of_a_fact_no_more_is_kept_than_a_real_one_has() {
    let long = "S".repeat(100_000);
    let facts = json!({
        "host": {
            "fqdn": {"value": long}, "account_sid": {"value": long}, "machine_sid": {"value": long},
        },
        "os": {"product_type": {"value": long}},
        "sensor": {"org_id": "absent", "identity": {"value": long}},
    });
    let facts: FactsAfter = serde_json::from_str(&facts.to_string()).unwrap();
    for (name, kept) in [
        ("fqdn", facts.host.fqdn),
        ("account_sid", facts.host.account_sid),
        ("machine_sid", facts.host.machine_sid),
        ("product_type", facts.os.product_type),
        ("identity", facts.sensor.identity),
    ] {
        let kept = kept.unwrap();
        assert!(kept.chars().count() <= MAX_FACT + 1, "{name}");
        assert!(kept.capacity() <= 4 * (MAX_FACT + 1), "{name}");
    }
}
