//! Findings as SARIF 2.1.0, the form that code-scanning pages of forges take.
//!
//! Source: OASIS, Static Analysis Results Interchange Format (SARIF) Version 2.1.0; what
//! uploaders want beyond it is from GitHub's page "SARIF support for code scanning".

mod place;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gangway_contract::Sha256;
use serde_json::{Value, json};

use crate::problem::{Code, Deny, Problem, Severity};

/// One run of a command.
#[derive(Debug)]
pub struct Run<'a> {
    /// The command, which tells apart the logs that a pipeline uploads.
    pub command: &'a str,
    /// The folder in which the program runs: paths below it become relative.
    pub folder: &'a Path,
    /// The folder that the subjects of the findings lie in, when they are not as typed.
    pub below: Option<&'a Path>,
    /// What was found.
    pub problems: &'a [Problem],
    /// Those of them that count as errors.
    pub deny: &'a Deny,
    /// Exit code of the program.
    pub exit_code: u8,
    /// Why the command gave up.
    pub failure: Option<Notification<'a>>,
}

/// Why a command gave up.
#[derive(Debug)]
pub struct Notification<'a> {
    /// The cause, for machines.
    pub code: String,
    /// What the code stands for.
    pub meaning: &'a str,
    /// Message, causes and hints.
    pub text: &'a str,
    /// Is it about the command line or the config, and not about what happened?
    pub is_configuration: bool,
}

/// The log of one run.
///
/// Deterministic: rules by number, results in the order given.
pub fn log(run: &Run<'_>) -> Value {
    let codes: BTreeMap<&str, &Code> = run
        .problems
        .iter()
        .map(|problem| (problem.code.id, problem.code))
        .collect();
    let ids: Vec<&str> = codes.keys().copied().collect();
    let mut driver = json!({
        "name": "gangway",
        "fullName": concat!("gangway ", env!("CARGO_PKG_VERSION")),
        "version": env!("CARGO_PKG_VERSION"),
        "semanticVersion": env!("CARGO_PKG_VERSION"),
        "rules": codes.values().map(|code| rule(code)).collect::<Vec<_>>(),
    });
    // Of the package; there is none until the project has a page.
    let home = env!("CARGO_PKG_HOMEPAGE");
    if !home.is_empty() {
        driver["informationUri"] = home.into();
    }
    if let Some(failure) = &run.failure {
        let meaning = json!({ "text": sentence(failure.meaning) });
        driver["notifications"] = json!([{
            "id": failure.code,
            "shortDescription": meaning,
            "fullDescription": meaning,
            "help": meaning,
        }]);
    }
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": driver },
            "automationDetails": { "id": format!("gangway/{}/", run.command.replace(' ', "-")) },
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": { place::BASE: {
                "description": { "text": "The folder in which gangway ran." },
            }},
            "invocations": [invocation(run)],
            "results": results(run, &ids),
        }],
    })
}

fn invocation(run: &Run<'_>) -> Value {
    let mut invocation = json!({
        "executionSuccessful": run.failure.is_none(),
        "exitCode": run.exit_code,
    });
    if let Some(failure) = &run.failure {
        let list = if failure.is_configuration {
            "toolConfigurationNotifications"
        } else {
            "toolExecutionNotifications"
        };
        invocation[list] = json!([{
            "descriptor": { "id": failure.code, "index": 0 },
            "level": "error",
            "message": { "text": failure.text },
        }]);
    }
    invocation
}

fn rule(code: &Code) -> Value {
    let mut rule = json!({
        "id": code.id,
        "shortDescription": { "text": sentence(code.title) },
        "fullDescription": { "text": code.page },
        "help": { "text": code.page, "markdown": code.page },
        "defaultConfiguration": { "level": level(code.severity) },
    });
    let home = env!("CARGO_PKG_HOMEPAGE");
    if !home.is_empty() {
        rule["helpUri"] = home.into();
    }
    rule
}

fn results(run: &Run<'_>, ids: &[&str]) -> Vec<Value> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    run.problems
        .iter()
        .map(|problem| {
            let subject = match run.below {
                Some(below) => below.join(&problem.subject),
                None => PathBuf::from(&problem.subject),
            };
            let subject = subject.to_string_lossy();
            let what = format!("{}\n{subject}\n{}", problem.code.id, problem.message);
            // The same finding twice in one place stays two.
            let number = seen.entry(what.clone()).or_default();
            *number += 1;
            let mut digest = Sha256::of(what.as_bytes()).to_string();
            digest.truncate(32);
            let fingerprint = format!("{digest}:{number}");
            let places: Vec<Value> = lines(problem)
                .into_iter()
                .map(|line| place::location(run.folder, &subject, line))
                .collect();
            let (first, more) = places.split_first().unwrap_or((&Value::Null, &[]));
            let mut result = json!({
                "ruleId": problem.code.id,
                "ruleIndex": ids.iter().position(|id| *id == problem.code.id),
                "level": level(if run.deny.refuses(problem) {
                    Severity::Error
                } else {
                    problem.code.severity
                }),
                "message": { "text": text(problem) },
                "locations": [first],
                "partialFingerprints": { "gangwayFinding/v1": fingerprint },
            });
            if !more.is_empty() {
                result["relatedLocations"] = more.into();
            }
            result
        })
        .collect()
}

/// The lines that the evidence names (`line 12: …`), or one place without any.
fn lines(problem: &Problem) -> Vec<Option<u64>> {
    let mut lines: Vec<Option<u64>> = problem
        .evidence
        .iter()
        .filter_map(|evidence| {
            let rest = evidence.strip_prefix("line ")?;
            let digits = rest.find(|c: char| !c.is_ascii_digit());
            rest[..digits.unwrap_or(rest.len())].parse().ok()
        })
        .filter(|line| *line > 0)
        .map(Some)
        .collect();
    lines.dedup();
    if lines.is_empty() {
        lines.push(None);
    }
    lines
}

fn text(problem: &Problem) -> String {
    let mut text = sentence(&problem.message);
    for line in &problem.evidence {
        text.push_str("\nfound: ");
        text.push_str(line);
    }
    text.push_str("\nnext: ");
    text.push_str(&sentence(&problem.next_action));
    text
}

/// With a full stop.
fn sentence(text: &str) -> String {
    format!("{}.", text.trim_end_matches('.'))
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(problems: &[Problem]) -> Value {
        run_denying(problems, &Deny::default())
    }

    fn run_denying(problems: &[Problem], deny: &Deny) -> Value {
        let log = log(&Run {
            command: "lint",
            folder: Path::new("/base"),
            below: None,
            problems,
            deny,
            exit_code: 0,
            failure: None,
        });
        log["runs"][0].clone()
    }

    #[test]
    fn what_is_denied_is_an_error_of_this_run() {
        let code = &crate::pipeline::codes::OVERWRITTEN;
        let problems = [Problem::new(code, "a", "message", "do it")];
        let deny = Deny {
            warnings: true,
            ..Deny::default()
        };
        for (deny, expected) in [(Deny::default(), "warning"), (deny, "error")] {
            let run = run_denying(&problems, &deny);
            assert_eq!(run["results"][0]["level"], expected);
        }
    }

    #[test]
    fn a_problem_becomes_a_rule_and_a_result() {
        let code = &crate::gpo::codes::NO_ACCOUNT;
        let problem = Problem::new(code, r"a\b.xml", "message", "do it").with_evidence("why");
        let run = run(&[problem.clone(), problem]);
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        assert_eq!(rules.len(), 1);
        assert_eq!(rules[0]["defaultConfiguration"]["level"], "error");
        let [first, second] = run["results"].as_array().unwrap().as_slice() else {
            unreachable!("two problems, two results");
        };
        assert_eq!(first["ruleId"], "GW2206");
        assert_eq!(first["ruleIndex"], 0);
        assert_eq!(first["level"], "error");
        assert_eq!(
            first["message"]["text"],
            "message.\nfound: why\nnext: do it."
        );
        assert_ne!(first["partialFingerprints"], second["partialFingerprints"]);
    }

    #[test]
    fn lines_in_the_evidence_become_regions() {
        let code = &crate::gpo::codes::NO_ACCOUNT;
        let problem = Problem::new(code, "a.cmd", "message", "do it")
            .with_evidence("line 12: `pause`")
            .with_evidence("linear")
            .with_evidence("line 0: none")
            .with_evidence("line 30: `net use`");
        let result = &run(&[problem])["results"][0];
        let line = |location: &Value| location["physicalLocation"]["region"]["startLine"].clone();
        assert_eq!(line(&result["locations"][0]), 12);
        assert_eq!(line(&result["relatedLocations"][0]), 30);
        assert_eq!(result["relatedLocations"].as_array().unwrap().len(), 1);
    }

    #[test]
    fn no_problem_is_a_valid_log_too() {
        assert_eq!(run(&[])["results"], json!([]));
    }
}
