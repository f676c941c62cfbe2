//! The sensor, the unified agent, its predecessors and its other managers.

use gangway_contract::manifest::Connectivity;
use gangway_contract::{Fact, Facts, Sha256};

use super::{Sources, exists, filetime, number32, places as at, text, value_exists, version};

/// Display names of the unified agent, old and new.
const AGENT_NAMES: [&str; 2] = [
    "Microsoft Defender for Windows Server",
    "Microsoft Defender for Endpoint",
];

pub(super) fn read(sources: &dyn Sources, facts: &mut Facts) {
    sensor(sources, facts);
    agent(sources, facts);
    legacy(sources, facts);
    managers(sources, facts);
}

fn sensor(sources: &dyn Sources, facts: &mut Facts) {
    let sensor = &mut facts.sensor;
    sensor.onboarding_state = number32(sources, at::SENSOR_STATUS, "OnboardingState");
    sensor.org_id = text(sources, at::SENSOR_STATUS, "OrgId").and_then(|text| match text.parse() {
        Ok(org_id) => Fact::Value(org_id),
        Err(_) => Fact::unknown(format!("`OrgId` is `{text}`")),
    });
    sensor.service = sources.service("Sense");
    sensor.version = sensor_version(sources);
    sensor.connectivity = connectivity(sources);
    sensor.last_connected = filetime(sources, at::SENSOR_STATUS, "LastConnected");
    sensor.onboarding_blob = value_exists(sources, at::SENSOR_POLICY, at::ONBOARDING_VALUE);
    // Digest and class alone are kept: whoever has the blob can onboard machines with it.
    let blob = text(sources, at::SENSOR_POLICY, at::ONBOARDING_VALUE);
    sensor.policy_connectivity = blob.clone().and_then(|blob| class_of(&blob));
    sensor.policy_blob = blob.map(|blob| Sha256::of(blob.as_bytes()));
    sensor.offboarding_blob = value_exists(sources, at::SENSOR_POLICY, at::OFFBOARDING_VALUE);
    sensor.identity = text(sources, at::SENSOR, at::SENSOR_GUID);
    sensor.device_tag = text(sources, at::DEVICE_TAGGING, at::DEVICE_TAG);
    sensor.vdi_tag = text(sources, at::DEVICE_TAGGING, "VDI");
}

fn sensor_version(sources: &dyn Sources) -> Fact<gangway_contract::Version> {
    let folder = match text(sources, at::SENSOR, "InstallLocation") {
        Fact::Value(folder) => folder.trim_end_matches('\\').to_owned(),
        Fact::Absent | Fact::Unreadable { .. } => format!(
            r"{}\Windows Defender Advanced Threat Protection",
            sources.folders().program_files
        ),
    };
    sources.file_version(&format!(r"{folder}\MsSense.exe"))
}

/// The class of service URLs shows in the hosts of the blob in effect; the blob itself is
/// neither parsed nor kept.
fn connectivity(sources: &dyn Sources) -> Fact<Connectivity> {
    let in_effect = text(sources, at::SENSOR, "OnboardedInfo");
    let blob = match in_effect {
        Fact::Absent => text(sources, at::SENSOR_POLICY, at::ONBOARDING_VALUE),
        found => found,
    };
    blob.and_then(|blob| class_of(&blob))
}

fn class_of(blob: &str) -> Fact<Connectivity> {
    if blob.contains(".endpoint.security.microsoft.") {
        Fact::Value(Connectivity::Streamlined)
    } else if blob.contains("winatp-gw-") {
        Fact::Value(Connectivity::Standard)
    } else {
        Fact::unknown("the blob names no known service host")
    }
}

fn agent(sources: &dyn Sources, facts: &mut Facts) {
    let keys = match sources.keys(at::UNINSTALL) {
        Fact::Value(keys) => keys,
        Fact::Absent => return,
        Fact::Unreadable { why } => {
            facts.agent.product_code = Fact::unknown(why.as_str());
            facts.agent.version = Fact::Unreadable { why };
            return;
        }
    };
    for code in keys.into_iter().filter(|key| key.starts_with('{')) {
        let key = format!(r"{}\{code}", at::UNINSTALL);
        let name = text(sources, &key, "DisplayName");
        if name
            .value()
            .is_some_and(|name| AGENT_NAMES.contains(&name.as_str()))
        {
            facts.agent.version = version(text(sources, &key, "DisplayVersion"));
            facts.agent.product_code = Fact::Value(code);
            return;
        }
    }
}

fn legacy(sources: &dyn Sources, facts: &mut Facts) {
    const CONNECTORS: &str =
        r"SYSTEM\CurrentControlSet\Services\HealthService\Parameters\Service Connector Services";
    /// What the agent puts before a workspace id in the name of its connector.
    const PREFIX: &str = "Log Analytics - ";
    let program_files = sources.folders().program_files;
    facts.legacy.monitoring_agent = sources.file_version(&format!(
        r"{program_files}\Microsoft Monitoring Agent\Agent\MonitoringHost.exe"
    ));
    facts.legacy.workspaces = sources.keys(CONNECTORS).map(|names| {
        names
            .iter()
            .filter_map(|name| name.strip_prefix(PREFIX))
            .map(str::to_owned)
            .collect()
    });
    facts.legacy.scep = exists(sources.value(
        &format!(r"{}\Microsoft Security Client", at::UNINSTALL),
        "DisplayName",
    ));
}

fn managers(sources: &dyn Sources, facts: &mut Facts) {
    // Folder of extensions on Azure and Arc machines.
    const EXTENSION: &str = r"Packages\Plugins\Microsoft.Azure.AzureDefenderForServers.MDE.Windows";
    let system = sources.folders().system;
    let drive = system.get(..3).unwrap_or(r"C:\");
    facts.managers.cloud_extension = sources.exists(&format!("{drive}{EXTENSION}"));
    facts.managers.azure_resource_id = text(sources, at::DEVICE_TAGGING, "AzureResourceId");
    facts.managers.configmgr_client = exists(sources.service("CcmExec"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hosts_of_a_blob_tell_its_class() {
        let streamlined =
            r#"{\"geoLocationUrl\":\"https://edr-weu.eu.endpoint.security.microsoft.com/edr/\"}"#;
        let standard = r#"{\"geoLocationUrl\":\"https://winatp-gw-weu.microsoft.com/\"}"#;
        let government =
            r#"{\"geoLocationUrl\":\"https://edr-usgt.usg.endpoint.security.microsoft.us/edr/\"}"#;
        assert_eq!(
            class_of(streamlined),
            Fact::Value(Connectivity::Streamlined)
        );
        assert_eq!(class_of(government), Fact::Value(Connectivity::Streamlined));
        assert_eq!(class_of(standard), Fact::Value(Connectivity::Standard));
        assert!(class_of("{}").unreadable().is_some());
    }
}
