//! Findings as SARIF 2.1.0, the form that code-scanning pages of forges take.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::problem::{Code, Problem, Severity};

/// The log of one run; `subject` of each problem is taken for a path.
///
/// Deterministic: rules by number, results in the order given.
pub fn sarif(problems: &[Problem]) -> Value {
    let rules: BTreeMap<&str, &Code> = problems
        .iter()
        .map(|problem| (problem.code.id, problem.code))
        .collect();
    let rules: Vec<Value> = rules.values().map(|code| rule(code)).collect();
    let results: Vec<Value> = problems.iter().map(result).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "gangway",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "results": results,
        }],
    })
}

fn rule(code: &Code) -> Value {
    json!({
        "id": code.id,
        "shortDescription": { "text": code.title },
        "fullDescription": { "text": code.page },
        "defaultConfiguration": { "level": level(code.severity) },
    })
}

fn result(problem: &Problem) -> Value {
    let mut text = problem.message.clone();
    for line in &problem.evidence {
        text.push_str("\nfound: ");
        text.push_str(line);
    }
    text.push_str("\nnext: ");
    text.push_str(&problem.next_action);
    json!({
        "ruleId": problem.code.id,
        "level": level(problem.code.severity),
        "message": { "text": text },
        "locations": [{ "physicalLocation": {
            "artifactLocation": { "uri": uri(&problem.subject) },
        }}],
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

/// A path as a relative reference (RFC 3986): slashes, everything else that is not unreserved
/// in percent form.
fn uri(path: &str) -> String {
    let path = path.replace('\\', "/");
    let mut uri = String::new();
    for byte in path.trim_start_matches("./").bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/') {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_becomes_a_rule_and_a_result() {
        let code = &crate::gpo::codes::NO_ACCOUNT;
        let problem = Problem::new(code, r"a b\{X}\é.xml", "message", "do it").with_evidence("why");
        let log = sarif(&[problem.clone(), problem]);
        let run = &log["runs"][0];
        assert_eq!(run["tool"]["driver"]["rules"].as_array().unwrap().len(), 1);
        assert_eq!(run["results"].as_array().unwrap().len(), 2);
        let result = &run["results"][0];
        assert_eq!(result["ruleId"], "GW2206");
        assert_eq!(result["level"], "error");
        assert_eq!(
            result["message"]["text"],
            "message\nfound: why\nnext: do it"
        );
        let location = &result["locations"][0]["physicalLocation"]["artifactLocation"];
        assert_eq!(location["uri"], "a%20b/%7BX%7D/%C3%A9.xml");
    }

    #[test]
    fn no_problem_is_a_valid_log_too() {
        let log = sarif(&[]);
        assert_eq!(log["runs"][0]["results"], json!([]));
    }
}
