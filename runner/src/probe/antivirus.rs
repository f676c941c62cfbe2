//! Defender Antivirus and other antivirus products.

use gangway_contract::facts::{Antivirus, RunningMode, ServiceState, StartType};
use gangway_contract::manifest::is_defender_service;
use gangway_contract::{Fact, Facts};

use super::{Sources, filetime, number, number32, places as at, text, version};
use crate::machine::BundleName;

/// Services of other antivirus and endpoint products with real-time protection, by product.
/// A server has no Security Center to ask, so the services are what shows them. Agents that only
/// manage or only watch are not among them: Defender Antivirus would give way to nobody.
const OTHER_PRODUCTS: &[(&str, &str)] = &[
    ("CSFalconService", "CrowdStrike Falcon"),
    ("SentinelAgent", "SentinelOne"),
    ("SepMasterService", "Symantec Endpoint Protection"),
    ("McShield", "McAfee"),
    ("mfemms", "Trellix Endpoint Security"),
    ("xagt", "Trellix Endpoint Security (HX)"),
    ("ntrtscan", "Trend Micro Apex One"),
    ("TMBMServer", "Trend Micro"),
    ("ds_agent", "Trend Micro Deep Security"),
    ("SAVService", "Sophos Anti-Virus"),
    ("Sophos Endpoint Defense Service", "Sophos Endpoint"),
    ("ekrn", "ESET"),
    ("AVP", "Kaspersky"),
    ("KAVFS", "Kaspersky Security for Windows Server"),
    ("EPSecurityService", "Bitdefender Endpoint Security"),
    ("VSSERV", "Bitdefender"),
    ("CylanceSvc", "Cylance"),
    ("CbDefense", "Carbon Black Cloud"),
    ("cyserver", "Cortex XDR"),
    ("CortexXDR", "Cortex XDR"),
    ("WRSVC", "Webroot"),
    ("MBAMService", "Malwarebytes"),
    ("fshoster", "WithSecure"),
    ("PSANHost", "Panda"),
    ("AvastSvc", "Avast"),
    ("AVGSvc", "AVG"),
    ("AntiVirService", "Avira"),
    ("DeepInstinct", "Deep Instinct"),
    ("elastic-endpoint", "Elastic Defend"),
];

pub(super) fn read(sources: &dyn Sources, bundle: &BundleName, facts: &mut Facts) {
    let antivirus = &mut facts.antivirus;
    antivirus.service = sources.service("WinDefend");
    antivirus.leftover = leftover(sources, antivirus);
    antivirus.platform = platform(sources);
    let updates = format!(r"{}\Signature Updates", at::DEFENDER);
    antivirus.content = version(text(sources, &updates, "AVSignatureVersion"));
    antivirus.content_time = filetime(sources, &updates, "AVSignatureApplied");
    antivirus.passive_policy = number32(sources, at::SENSOR_POLICY, at::PASSIVE_MODE);
    antivirus.disabled_policy = number32(sources, at::ANTIVIRUS_POLICY, at::ANTIVIRUS_OFF[0]);
    antivirus.antivirus_policy = number32(sources, at::ANTIVIRUS_POLICY, at::ANTIVIRUS_OFF[1]);
    let real_time = format!(r"{}\Real-Time Protection", at::ANTIVIRUS_POLICY);
    antivirus.real_time_policy = number32(sources, &real_time, "DisableRealtimeMonitoring");
    antivirus.tamper_protection = tamper_protection(sources);
    antivirus.mode = mode(sources, antivirus);
    antivirus.policy_exclusions = exclusions(sources);
    antivirus.elam_disabled = sources
        .service("WdBoot")
        .map(|service| service.start == StartType::Disabled);
    antivirus.others = others(sources, &bundle.other_antivirus);
}

/// Names of the products whose service is enabled: those that are known, and those that the
/// bundle names by their service, unless it is Defender's own. A disabled service is what a product left
/// behind.
fn others(sources: &dyn Sources, named: &[String]) -> Fact<Vec<String>> {
    let mut found: Vec<String> = Vec::new();
    let known = OTHER_PRODUCTS.iter().copied();
    let named = named
        .iter()
        .filter(|service| !is_defender_service(service))
        .map(|service| (service.as_str(), service.as_str()));
    for (service, product) in known.chain(named) {
        match sources.service(service) {
            Fact::Value(state) if state.start == StartType::Disabled => {}
            Fact::Value(_) if !found.iter().any(|name| name == product) => {
                found.push(product.to_owned());
            }
            Fact::Value(_) | Fact::Absent => {}
            Fact::Unreadable { why } => {
                return Fact::unknown(format!("service `{service}`: {why}"));
            }
        }
    }
    Fact::Value(found)
}

/// `WinDefend` without both of its drivers is what an old product left behind.
fn leftover(sources: &dyn Sources, antivirus: &Antivirus) -> Fact<bool> {
    if antivirus.service.value().is_none() {
        return Fact::Value(false);
    }
    let missing = |service: &str| match sources.service(service) {
        Fact::Value(_) => Fact::Value(false),
        Fact::Absent => Fact::Value(true),
        Fact::Unreadable { why } => Fact::Unreadable { why },
    };
    match (missing("WdNisSvc"), missing("WdFilter")) {
        (Fact::Value(true), Fact::Value(true)) => Fact::Value(true),
        (Fact::Unreadable { why }, _) | (_, Fact::Unreadable { why }) => Fact::Unreadable { why },
        _ => Fact::Value(false),
    }
}

/// Version of the program that the service runs.
fn platform(sources: &dyn Sources) -> Fact<gangway_contract::Version> {
    let key = format!(r"{}\WinDefend", at::SERVICES);
    text(sources, &key, "ImagePath").and_then(|image| {
        let path = program_of(&image);
        let system = sources.folders().system;
        let windows = system
            .rsplit_once('\\')
            .map_or(system.as_str(), |(windows, _)| windows);
        let path = replace_prefix(path, "%SystemRoot%", windows);
        let path = replace_prefix(&path, "%ProgramFiles%", &sources.folders().program_files);
        let path = replace_prefix(&path, "%ProgramData%", &sources.folders().program_data);
        sources.file_version(&path)
    })
}

/// The program of a service's command line: quoted, or up to `.exe`.
fn program_of(image: &str) -> &str {
    let image = image.trim();
    if let Some(rest) = image.strip_prefix('"') {
        return rest.split('"').next().unwrap_or(rest);
    }
    match image.to_ascii_lowercase().find(".exe") {
        Some(at) => image.get(..at + 4).unwrap_or(image),
        None => image,
    }
}

fn replace_prefix(path: &str, variable: &str, value: &str) -> String {
    match path.get(..variable.len()) {
        Some(start) if start.eq_ignore_ascii_case(variable) => {
            format!("{value}{}", path.get(variable.len()..).unwrap_or(""))
        }
        _ => path.to_owned(),
    }
}

/// `Features\TamperProtection`: 1 and 5 are on, 0 and 4 off; the others are managed elsewhere
/// and mean off.
fn tamper_protection(sources: &dyn Sources) -> Fact<bool> {
    let key = format!(r"{}\Features", at::DEFENDER);
    number(sources, &key, "TamperProtection").map(|value| matches!(value, 1 | 5))
}

fn mode(sources: &dyn Sources, antivirus: &Antivirus) -> Fact<RunningMode> {
    let service = match &antivirus.service {
        Fact::Value(service) => service,
        Fact::Absent => return Fact::Absent,
        Fact::Unreadable { why } => return Fact::unknown(why.as_str()),
    };
    if service.state != ServiceState::Running {
        return Fact::Value(RunningMode::Off);
    }
    match number(sources, at::DEFENDER, "PassiveMode") {
        Fact::Value(0) | Fact::Absent => Fact::Value(RunningMode::Active),
        Fact::Value(_) => Fact::Value(RunningMode::Passive),
        Fact::Unreadable { why } => Fact::Unreadable { why },
    }
}

fn exclusions(sources: &dyn Sources) -> Fact<u32> {
    let mut count = 0_usize;
    for kind in ["Paths", "Processes", "Extensions"] {
        let key = format!(r"{}\Exclusions\{kind}", at::ANTIVIRUS_POLICY);
        match sources.value_names(&key) {
            Fact::Value(names) => count += names.len(),
            Fact::Absent => {}
            Fact::Unreadable { why } => return Fact::Unreadable { why },
        }
    }
    Fact::Value(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_of_a_service_is_found() {
        for (image, program) in [
            (
                r#""C:\Program Files\Windows Defender\MsMpEng.exe""#,
                r"C:\Program Files\Windows Defender\MsMpEng.exe",
            ),
            (r#""C:\a b\x.exe" -k"#, r"C:\a b\x.exe"),
            (r"C:\a b\X.EXE -k netsvcs", r"C:\a b\X.EXE"),
            (r"\SystemRoot\driver.sys", r"\SystemRoot\driver.sys"),
            ("", ""),
        ] {
            assert_eq!(program_of(image), program, "{image}");
        }
    }

    #[test]
    fn variables_at_the_start_are_replaced() {
        assert_eq!(
            replace_prefix(r"%programfiles%\x", "%ProgramFiles%", r"C:\Program Files"),
            r"C:\Program Files\x"
        );
        assert_eq!(replace_prefix("é", "%SystemRoot%", "x"), "é");
    }
}
