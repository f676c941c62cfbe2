//! Host reports as a reader of the share sees them: JSON, of which only the fields that tests
//! ask for are named here.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde::Deserialize;
use serde_json::Value;

/// The fields of the bootstrap's report that tests look at.
#[derive(Debug, Clone, Deserialize)]
pub struct HostReport {
    /// Name of the server.
    pub fqdn: String,
    /// State reached.
    pub state: String,
    /// Code of the reason.
    pub reason: String,
    /// What was found, in words.
    pub detail: String,
    /// What to do next.
    pub next_action: String,
    /// What the process ended with.
    pub exit_code: i32,
    /// What was planned.
    pub plan: Vec<Value>,
    /// What was tried.
    pub steps: Vec<StepResult>,
    /// Addresses of the service and what came of them; none in reports of other commands.
    pub connectivity: Option<Value>,
    /// All that stands in the way; only in reports of a precheck.
    #[serde(default)]
    pub blockers: Vec<Value>,
    /// What a person should know beyond the reason.
    pub findings: Vec<String>,
    /// Facts at the end.
    pub facts_after: Value,
}

/// How one step went.
#[derive(Debug, Clone, Deserialize)]
pub struct StepResult {
    /// Kind of step.
    pub step: String,
    /// Its exit code.
    pub code: Option<u32>,
    /// How it ended.
    pub result: String,
}

impl HostReport {
    /// The kinds of the steps that were tried, in order.
    pub fn steps_tried(&self) -> Vec<&str> {
        self.steps.iter().map(|step| step.step.as_str()).collect()
    }

    /// The organisation that the sensor reports to in the end; none when absent.
    pub fn org_id(&self) -> Option<&str> {
        self.facts_after["sensor"]["org_id"]["value"].as_str()
    }
}

/// The reports in a folder by file name; files that are still being written (`.tmp`) are
/// none, and neither is a folder that does not exist.
///
/// # Errors
/// The folder cannot be listed, or a report cannot be read.
pub fn reports_in(folder: &Path) -> Result<BTreeMap<String, HostReport>> {
    if !folder.is_dir() {
        return Ok(BTreeMap::new());
    }
    let entries = fs::read_dir(folder).with_context(|| format!("list `{}`", folder.display()))?;
    let mut reports = BTreeMap::new();
    for entry in entries {
        let path = entry
            .with_context(|| format!("list `{}`", folder.display()))?
            .path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.ends_with(".json") {
            let text = fs::read(&path).with_context(|| format!("read `{}`", path.display()))?;
            let report = serde_json::from_slice(&text)
                .with_context(|| format!("read `{}`", path.display()))?;
            reports.insert(name.into_owned(), report);
        }
    }
    Ok(reports)
}
