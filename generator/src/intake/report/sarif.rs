//! Problems as SARIF 2.1.0, the form that code hosts and pipelines show beside a change.

use serde::Serialize;

use crate::problem::{Code, Problem, Severity};

// Typed, because the order of an untyped map's keys depends on how the workspace is built.

#[derive(Serialize)]
struct Document {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run; 1],
}

#[derive(Serialize)]
struct Run {
    tool: Tool,
    results: Vec<Finding>,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
struct Driver {
    name: &'static str,
    version: &'static str,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: &'static str,
    short_description: Text,
    full_description: Text,
    default_configuration: Level,
}

#[derive(Serialize)]
struct Text {
    text: String,
}

#[derive(Serialize)]
struct Level {
    level: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Finding {
    rule_id: &'static str,
    level: &'static str,
    message: Text,
    locations: [Location; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: Place,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Place {
    artifact_location: Artifact,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
}

#[derive(Serialize)]
struct Artifact {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u64,
}

/// The document for any problems, not only those of the intake.
///
/// A problem whose evidence names a line (`line 12: …`) points at that line of its subject.
pub fn sarif<'a>(problems: impl IntoIterator<Item = &'a Problem>) -> String {
    let problems: Vec<&Problem> = problems.into_iter().collect();
    let mut codes: Vec<&Code> = problems.iter().map(|problem| problem.code).collect();
    codes.sort_by_key(|code| code.id);
    codes.dedup_by_key(|code| code.id);
    let document = Document {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            tool: Tool {
                driver: Driver {
                    name: "gangway",
                    version: env!("CARGO_PKG_VERSION"),
                    rules: codes.into_iter().map(rule).collect(),
                },
            },
            results: problems.into_iter().map(finding).collect(),
        }],
    };
    // Strings, numbers and lists only, which always serialise.
    serde_json::to_string_pretty(&document).unwrap_or_default()
}

fn rule(code: &Code) -> Rule {
    let text = |text: &str| Text {
        text: text.to_owned(),
    };
    Rule {
        id: code.id,
        short_description: text(code.title),
        full_description: text(code.page),
        default_configuration: Level {
            level: level(code.severity),
        },
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

fn finding(problem: &Problem) -> Finding {
    let mut text = format!("{}: {}", problem.subject, problem.message);
    for line in &problem.evidence {
        text.push_str("\n  ");
        text.push_str(line);
    }
    text.push_str("\nhint: ");
    text.push_str(&problem.next_action);
    Finding {
        rule_id: problem.code.id,
        level: level(problem.code.severity),
        message: Text { text },
        locations: [Location {
            physical_location: Place {
                artifact_location: Artifact {
                    uri: uri(&problem.subject),
                },
                region: first_line(problem).map(|start_line| Region { start_line }),
            },
        }],
    }
}

/// The line that the first evidence of the form `line 12…` names.
fn first_line(problem: &Problem) -> Option<u64> {
    problem.evidence.iter().find_map(|evidence| {
        let digits = evidence.strip_prefix("line ")?;
        let end = digits.find(|c: char| !c.is_ascii_digit())?;
        digits.get(..end)?.parse().ok().filter(|&line| line > 0)
    })
}

/// The subject as a URI reference: separators become `/`, everything unusual is escaped.
fn uri(subject: &str) -> String {
    let mut out = String::new();
    for byte in subject.replace('\\', "/").bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' | b'!' => {
                out.push(char::from(byte));
            }
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::intake::codes;

    fn document(problems: &[Problem]) -> Value {
        serde_json::from_str(&sarif(problems)).unwrap()
    }

    #[test]
    fn each_problem_is_a_result_and_each_code_a_rule_once() {
        let local = |subject: &str| {
            Problem::new(&codes::LOCAL_SCRIPT, subject, "message", "next")
                .with_evidence("line 12: waits for a key (`pause`)")
        };
        let unknown = Problem::new(&codes::UNKNOWN, "c", "message", "next");
        let found = document(&[local("a b\\c.zip!d.cmd"), local("b"), unknown]);
        let run = &found["runs"][0];
        assert_eq!(run["tool"]["driver"]["rules"].as_array().unwrap().len(), 2);
        let first = &run["results"][0];
        assert_eq!(first["ruleId"], "GW1201");
        assert_eq!(first["level"], "error");
        let place = &first["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "a%20b/c.zip!d.cmd");
        assert_eq!(place["region"]["startLine"], 12);
        let last = &run["results"][2];
        assert_eq!(last["level"], "note");
        assert_eq!(last["locations"][0]["physicalLocation"].get("region"), None);
    }
}
