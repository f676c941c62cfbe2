//! A folder of host reports as a large fleet leaves it: copies of a real one under other
//! names.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use super::remove;
use crate::{say, workspace};

/// Servers of the fleet.
const HOSTS: u32 = 100_000;

/// What the servers of a fleet did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Ran an onboarding bundle on three days; one in ten failed.
    Onboarded,
    /// Were looked at once, and five things are in the way of each.
    LookedAt,
}

impl Kind {
    /// Reports of each server, one a day.
    fn each(self) -> u32 {
        match self {
            Self::Onboarded => 3,
            Self::LookedAt => 1,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Onboarded => "fleet",
            Self::LookedAt => "fleet-precheck",
        }
    }
}

/// What stands in the way of a server that was looked at, with what a bootstrap says of it.
const BLOCKERS: [(&str, &str); 5] = [
    (
        "prerequisite-missing",
        "the update KB5005292 is missing: mssense.exe is 10.8047.22439.1056",
    ),
    (
        "service-unreachable",
        "https://winatp-gw-weu.microsoft.com/test does not answer: timed out",
    ),
    (
        "disk-full",
        "12345678 bytes are free on C:, and 524288000 are needed",
    ),
    (
        "restart-pending",
        "a restart is pending: Component Based Servicing asks for it",
    ),
    (
        "other-tenant",
        "the sensor reports to 00000000-0000-0000-0000-000000000000",
    ),
];

/// Makes the folder unless it is there; none when no demo has left a report to copy.
pub(super) fn reports(folder: &Path, kind: Kind) -> Result<Option<PathBuf>> {
    let Some(sample) = sample()? else {
        return Ok(None);
    };
    let each = kind.each();
    let fleet = folder.join(kind.name());
    // Raised when the copies change.
    let complete = folder.join(format!("{}.{each}-each.2.complete", kind.name()));
    if complete.is_file() {
        return Ok(Some(fleet));
    }
    say::stage(format!("{each} reports of {HOSTS} servers each"));
    remove(&fleet)?;
    workspace::make_folder(&fleet)?;
    for number in 0..HOSTS * each {
        let (name, bytes) = copy(&sample, kind, number)?;
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

/// The same report of another server or day, with something to count.
fn copy(sample: &Value, kind: Kind, number: u32) -> Result<(String, Vec<u8>)> {
    let (number, day) = (number / kind.each(), 1 + number % kind.each());
    let mut report = sample.clone();
    let Some(fields) = report.as_object_mut() else {
        bail!("a host report is no object");
    };
    let fqdn = format!("srv{number:06}.contoso.com");
    // Nothing in it may contradict the rest, or it would not count.
    let (mode, state, reason, exit_code) = match kind {
        Kind::LookedAt => ("precheck", "assessed", BLOCKERS[0].0, 52),
        Kind::Onboarded if number.is_multiple_of(10) => ("onboard", "failed", "step-failed", 53),
        Kind::Onboarded => ("onboard", "onboarded", "converged", 0),
    };
    let blockers = BLOCKERS.map(|(reason, detail)| {
        let detail = format!("{detail} (srv{number:06})");
        json!({"reason": reason, "detail": detail, "next_action": "read the report"})
    });
    for (field, value) in [
        ("fqdn", fqdn.clone().into()),
        ("mode", mode.into()),
        ("state", state.into()),
        ("reason", reason.into()),
        ("exit_code", exit_code.into()),
        ("finished_at", format!("2026-03-{day:02}T09:00:00Z").into()),
    ] {
        fields.insert(field.to_owned(), value);
    }
    if kind == Kind::LookedAt {
        fields.insert("blockers".to_owned(), json!(blockers));
    }
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
        let (name, bytes) = copy(&sample, Kind::Onboarded, 31).unwrap();
        assert_eq!(name, "srv000010.contoso.com.20260302T090000Z.0000000a.json");
        let copy: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(copy["fqdn"], "srv000010.contoso.com");
        assert_eq!(copy["state"], "failed");
        assert_eq!(copy["schema"], 1);
        let (_, bytes) = super::copy(&sample, Kind::LookedAt, 7).unwrap();
        let copy: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(copy["blockers"].as_array().map(Vec::len), Some(5));
    }
}
