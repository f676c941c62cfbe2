//! From the config as it stands in the file to one that can be used: each value is parsed here, once.

mod onboarding;
mod policies;
mod rollout;
mod shares;

use std::path::Path;

use gangway_contract::UncPath;
use gangway_contract::manifest::Settings;

use onboarding::{health, monitoring_agent, servers, unwanted_workspaces};
use policies::{domains, excluded, policy_values, proxy};
use rollout::{numbers, settings, when};
use shares::{sensor_source, shares};

use super::error::ConfigError;
use super::sections::{ConfigFile, Organization};
use super::trust::trust_fault;
use super::values::{is_latin_name, provenance_fault, signing_fault, takes_path};
use super::{Config, NamedFiles, place};
use crate::intake::TrustSettings;

/// A value that its field cannot have.
struct Fault {
    /// Section and field.
    field: &'static str,
    /// The text that is at fault, where the field has several or its section stands several times.
    entry: Option<String>,
    /// What is wrong with it.
    why: String,
    /// What to write instead.
    hint: String,
}

/// [`Fault`] as an error.
fn refuse<T>(
    field: &'static str,
    why: impl Into<String>,
    hint: impl Into<String>,
) -> Result<T, Fault> {
    Err(Fault {
        field,
        entry: None,
        why: why.into(),
        hint: hint.into(),
    })
}

/// [`refuse`] for one of several texts.
fn refuse_entry<T>(
    field: &'static str,
    entry: &str,
    why: impl Into<String>,
    hint: impl Into<String>,
) -> Result<T, Fault> {
    Err(Fault {
        field,
        entry: Some(entry.to_owned()),
        why: why.into(),
        hint: hint.into(),
    })
}

/// The config of a file; `text` and `path` tell where in it a fault stands.
///
/// # Errors
/// The first field with a value that it cannot have, with its line.
pub(super) fn checked(file: ConfigFile, text: &str, path: &Path) -> Result<Config, ConfigError> {
    if let Some(found) = place::unseen_character(text) {
        let (why, hint) = match found.character.is_control() {
            true => (
                "holds a control character".to_owned(),
                "write the text without it; single quotes take a backslash as it is",
            ),
            false => (
                format!(
                    "holds U+{:04X}, which nobody sees and which may turn or hide what is read",
                    u32::from(found.character)
                ),
                "type the text anew instead of copying it",
            ),
        };
        return Err(ConfigError::Value {
            path: path.to_owned(),
            line: Some(found.line),
            hint: hint_of(
                &found.key,
                text.lines().nth(found.line - 1),
                hint.to_owned(),
            ),
            field: found.key,
            why,
        });
    }
    whole(file).map_err(|fault| {
        let Fault {
            field,
            entry,
            why,
            hint,
        } = fault;
        let of_entry = entry.and_then(|entry| place::line_of_entry(text, field, &entry));
        let line = of_entry.or_else(|| place::line_of(text, field));
        let written = line.and_then(|line| text.lines().nth(line - 1));
        ConfigError::Value {
            path: path.to_owned(),
            line,
            field: field.to_owned(),
            why,
            hint: hint_of(field, written, hint),
        }
    })
}

/// The hint of a fault, or what double quotes have to do with it.
fn hint_of(field: &str, written: Option<&str>, hint: String) -> String {
    let meant = written.filter(|_| takes_path(field)).and_then(unescaped);
    meant.map_or(hint, |line| {
        format!(
            "in double quotes two backslashes are one, and one begins an escape: write `{line}`"
        )
    })
}

/// The line of a path that double quotes have changed, with the path that is meant.
fn unescaped(line: &str) -> Option<String> {
    let (key, value) = line.split_once('=')?;
    let inside = value.trim().strip_prefix('"')?.strip_suffix('"')?;
    let read: toml::Table = line.parse().ok()?;
    let read = read.values().next()?.as_str()?;
    if read.parse::<UncPath>().is_ok() {
        return None;
    }
    // Whoever doubles backslashes in one place does not always do so in the next.
    let below = inside.trim_start_matches('\\').replace(r"\\", r"\");
    let path: UncPath = format!(r"\\{below}").parse().ok()?;
    Some(format!("{} = '{path}'", key.trim()))
}

/// Section by section.
fn whole(file: ConfigFile) -> Result<Config, Fault> {
    organization(&file.organization)?;
    if file.downloads.paths.is_empty() {
        return refuse(
            "downloads.paths",
            "is empty",
            "name the folder with the portal downloads",
        );
    }
    let domain = file.gpo.domain.first().map(|domain| &domain.dns_name);
    let shares = shares(&file.share, domain)?;
    domains(&file.gpo.domain)?;
    excluded(file.gpo.exclude_group.as_deref())?;
    servers(&file.onboard)?;
    let add_sensor_from = sensor_source(&file.onboard, &shares, domain)?;
    health(file.health)?;
    proxy(&file.gpo.settings.proxy)?;
    policy_values(&file.gpo.settings)?;
    signers(&file.trust)?;
    let remove_workspaces = unwanted_workspaces(&file.onboard)?;
    let agent = file.onboard.monitoring_agent.as_ref();
    let monitoring_agent = agent.map(monitoring_agent).transpose()?;
    let when = when(&file.rollout)?;
    numbers(&file)?;
    if let Some((field, why, hint)) = signing_fault(&file.signing) {
        return refuse(field, why, hint);
    }
    if let Some((field, why, hint)) = provenance_fault(&file.provenance) {
        return refuse(field, why, hint);
    }
    Ok(Config {
        settings: Settings {
            report_root: shares.reports,
            add_sensor_from,
            remove_workspaces,
            monitoring_agent,
            ..settings(&file, shares.root, &when)
        },
        report_every_days: when.report_every_days,
        portable: String::new(),
        named_files: NamedFiles::default(),
        remarks: Vec::new(),
        organization: file.organization,
        downloads: file.downloads,
        trust: file.trust,
        gpo: file.gpo,
        onboard: file.onboard,
        bootstrap: file.bootstrap,
        signing: file.signing,
        provenance: file.provenance,
    })
}

/// Name, id and what stands for the name where its letters cannot.
fn organization(given: &Organization) -> Result<(), Fault> {
    let name = &given.name;
    if name.trim().is_empty() || name.chars().count() > 64 {
        return refuse(
            "organization.name",
            "must have 1 to 64 characters",
            "write the name that reports and GPO names should show",
        );
    }
    // Every name that was taken before there was an id can be one, so that its GUIDs can be kept.
    let id = given.id.as_deref();
    if id.is_some_and(|id| id.trim().is_empty() || id.chars().count() > 64) {
        return refuse(
            "organization.id",
            "must have 1 to 64 characters",
            "write the id that `gangway init` made, or the name that GUIDs came from so far (GW3034)",
        );
    }
    let latin = given.latin_name.as_deref();
    if latin.is_some_and(|name| !is_latin_name(name)) {
        return refuse(
            "organization.latin_name",
            "must have 1 to 64 characters of the code page Windows-1252",
            "write the name in Latin letters, or leave it out when `name` has no others",
        );
    }
    Ok(())
}

fn signers(trust: &TrustSettings) -> Result<(), Fault> {
    match trust_fault(trust) {
        Some(fault) => refuse_entry(fault.field, &fault.entry, fault.why, fault.hint),
        None => Ok(()),
    }
}
