//! A folder of host reports as a large fleet leaves it: copies of a real one under other
//! names.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use super::remove;
use crate::{say, workspace};

/// Servers of the fleet.
const HOSTS: u32 = 100_000;

/// Reports of each server, one a day.
const REPORTS: u32 = 3;

/// Makes the folder unless it is there; none when no demo has left a report to copy.
pub(super) fn reports(folder: &Path) -> Result<Option<PathBuf>> {
    let Some(sample) = sample()? else {
        return Ok(None);
    };
    let fleet = folder.join("fleet");
    let complete = folder.join(format!("fleet.{REPORTS}-each.complete"));
    if complete.is_file() {
        return Ok(Some(fleet));
    }
    say::stage(format!("{REPORTS} reports of {HOSTS} servers each"));
    remove(&fleet)?;
    workspace::make_folder(&fleet)?;
    for number in 0..HOSTS * REPORTS {
        let (name, bytes) = copy(&sample, number)?;
        let file = fleet.join(name);
        fs::write(&file, bytes).with_context(|| format!("write `{}`", file.display()))?;
    }
    workspace::write_file(&complete, b"")?;
    Ok(Some(fleet))
}

/// A report that the demo's emulated servers left, as small as one of every day: what was
/// planned, done and looked at before is left out.
fn sample() -> Result<Option<Value>> {
    let reports = workspace::target()?.join("demo/reports");
    if !reports.is_dir() {
        return Ok(None);
    }
    let Some(file) = workspace::files_below(&reports)?.into_iter().next() else {
        return Ok(None);
    };
    let mut report: Value = serde_json::from_slice(&workspace::read_file(&file)?)
        .with_context(|| format!("`{}` is no JSON", file.display()))?;
    for (part, kept) in [
        ("facts_before", None),
        ("facts_after", Some("sensor")),
        ("plan", None),
        ("steps", None),
        ("signatures", None),
    ] {
        if let Some(part) = report.get_mut(part) {
            let inner = kept.map(|name| (name, part[name].clone()));
            *part = match (inner, part.is_array()) {
                (Some((name, inner)), _) => serde_json::json!({ name: inner }),
                (None, true) => serde_json::json!([]),
                (None, false) => serde_json::json!({}),
            };
        }
    }
    Ok(Some(report))
}

/// The same report of another server or day. One server in ten failed, so that there is
/// something to count.
fn copy(sample: &Value, number: u32) -> Result<(String, Vec<u8>)> {
    let (number, day) = (number / REPORTS, 1 + number % REPORTS);
    let mut report = sample.clone();
    let Some(fields) = report.as_object_mut() else {
        bail!("a host report is no object");
    };
    let fqdn = format!("srv{number:06}.contoso.com");
    let state = if number.is_multiple_of(10) {
        "failed"
    } else {
        "onboarded"
    };
    fields.insert("fqdn".to_owned(), fqdn.clone().into());
    fields.insert("state".to_owned(), state.into());
    fields.insert(
        "finished_at".to_owned(),
        format!("2026-03-{day:02}T09:00:00Z").into(),
    );
    let bytes = serde_json::to_vec(&report).context("write a host report")?;
    // A name that does not fit the content would keep the report from counting.
    let time = format!("202603{day:02}T090000Z");
    Ok((format!("{fqdn}.{time}.{number:08x}.json"), bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_differ_in_server_day_and_state_only() {
        let sample = serde_json::json!({
            "fqdn": "a.contoso.com", "state": "waiting", "schema": 1,
            "finished_at": "2026-03-02T09:00:00Z",
        });
        let (name, bytes) = copy(&sample, 10 * REPORTS + 1).unwrap();
        assert_eq!(name, "srv000010.contoso.com.20260302T090000Z.0000000a.json");
        let copy: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(copy["fqdn"], "srv000010.contoso.com");
        assert_eq!(copy["state"], "failed");
        assert_eq!(copy["schema"], 1);
    }
}
