//! What is said of every server, and the retired agent that some have.

use gangway_contract::WorkspaceId;
use gangway_contract::identity::InvalidIdentifier;
use gangway_contract::manifest::{HealthLimits, MonitoringAgent, is_defender_service};

use super::super::intended;
use super::super::sections::{MonitoringAgentSection, Onboard};
use super::super::values::{is_proxy_url, is_service_name};
use super::policies::proxy_hint;
use super::{Fault, refuse};

/// What is said of every server.
pub(super) fn servers(onboard: &Onboard) -> Result<(), Fault> {
    let tag = onboard.device_tag.as_ref();
    if tag.is_some_and(|tag| tag.trim().is_empty()) {
        return refuse(
            "onboard.device_tag",
            "is empty",
            "write a tag, as `device_tag = \"servers\"`, or leave the key out for none",
        );
    }
    if tag.is_some_and(|tag| tag.chars().count() > 200) {
        return refuse(
            "onboard.device_tag",
            "is longer than 200 characters",
            "write a shorter one: the sensor refuses longer tags (event 74)",
        );
    }
    let mut services = onboard.other_antivirus.iter();
    if let Some(name) = services.find(|name| !is_service_name(name)) {
        return refuse(
            "onboard.other_antivirus",
            format!("holds `{name}`, which is no name of a service"),
            "write the service's short name, as `sc query` shows it",
        );
    }
    let mut services = onboard.other_antivirus.iter();
    if let Some(name) = services.find(|name| is_defender_service(name)) {
        return refuse(
            "onboard.other_antivirus",
            format!(
                "holds `{name}`, a service of Defender itself: it would make itself passive on every \
                 server that runs it"
            ),
            "name the service of the other product, or take the entry out",
        );
    }
    Ok(())
}

pub(super) fn health(limits: HealthLimits) -> Result<(), Fault> {
    for (field, days) in [
        ("health.silent_after_days", limits.silent_after_days),
        (
            "health.content_old_after_days",
            limits.content_old_after_days,
        ),
    ] {
        if days == 0 {
            return refuse(
                field,
                "is 0, so that every server would be called so",
                "write a number of days from 1",
            );
        }
    }
    Ok(())
}

fn workspace_hint(written: &str) -> String {
    let hint = "write the workspace's id, a GUID, without braces";
    match intended::guid(written) {
        Some(id) => format!("{hint}, as \"{id}\""),
        None => hint.to_owned(),
    }
}

pub(super) fn unwanted_workspaces(onboard: &Onboard) -> Result<Vec<WorkspaceId>, Fault> {
    let parsed = |id: &String| {
        id.parse().map_err(|_: InvalidIdentifier| Fault {
            field: "onboard.remove_workspaces",
            entry: Some(id.clone()),
            why: format!("holds `{id}`, which is no workspace id"),
            hint: workspace_hint(id),
        })
    };
    onboard.remove_workspaces.iter().map(parsed).collect()
}

pub(super) fn monitoring_agent(section: &MonitoringAgentSection) -> Result<MonitoringAgent, Fault> {
    let Ok(workspace) = section.workspace.parse() else {
        return refuse(
            "onboard.monitoring_agent.workspace",
            format!("is `{}`, which is no workspace id", section.workspace),
            workspace_hint(&section.workspace),
        );
    };
    let proxy = section.proxy.clone();
    if let Some(url) = proxy.as_deref().filter(|url| !is_proxy_url(url)) {
        const FIELD: &str = "onboard.monitoring_agent.proxy";
        let why = "is no URL of a proxy without credentials";
        return refuse(FIELD, why, proxy_hint(FIELD, url));
    }
    Ok(MonitoringAgent { workspace, proxy })
}
