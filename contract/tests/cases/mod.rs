//! Reads one case of a decision table: a named server and bundle with single changes.

use gangway_contract::history::InFlight;
use gangway_contract::machine_proxy::MachineProxy;
use gangway_contract::manifest::{
    AgentRoute, AntivirusMode, ApplyMethod, Cloud, Connectivity, Mode, MonitoringAgent, Payload,
    RebootRule, Role, SensorSource, Settings, Tenant, Vdi, Window,
};
use gangway_contract::{Facts, History, Manifest, ReleaseId, Sha256};

/// A server, a bundle and what is remembered, as lines of a table say.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) manifest: Manifest,
    pub(crate) facts: Facts,
    pub(crate) history: History,
}

impl Case {
    /// Reads the lines above `--`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut case = Self {
            manifest: bundle(),
            facts: Facts::default(),
            history: History::default(),
        };
        for line in text.lines() {
            case.line(line)
                .map_err(|error| format!("`{line}`: {error}"))?;
        }
        Ok(case)
    }

    fn line(&mut self, line: &str) -> Result<(), String> {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let (name, text) = rest.split_once(' ').unwrap_or((rest, ""));
        match word {
            "host" => self.facts = host(name)?,
            "set" => self
                .facts
                .set(name, text)
                .map_err(|error| error.to_string())?,
            "manifest" => setting(&mut self.manifest, name, text)?,
            "tries" => self.tries(name, text)?,
            "in-flight" => {
                self.history.in_flight = Some(InFlight {
                    step: parse(name)?,
                    started_at: parse(text)?,
                    process: 4711,
                });
            }
            _ => return Err("unknown word".to_owned()),
        }
        Ok(())
    }

    /// `failed=2 done=1 code=1603 end=2026-…`.
    fn tries(&mut self, step: &str, text: &str) -> Result<(), String> {
        let tries = self.history.of_mut(parse(step)?);
        for part in text.split(' ') {
            match part.split_once('=').ok_or("expected name=value")? {
                ("failed", count) => tries.failed = parse(count)?,
                ("done", count) => tries.done = parse(count)?,
                ("interrupted", count) => tries.interrupted = parse(count)?,
                ("code", code) => tries.last_code = Some(parse(code)?),
                ("start", time) => tries.last_start = Some(parse(time)?),
                ("end", time) => tries.last_end = Some(parse(time)?),
                (other, _) => return Err(format!("unknown count `{other}`")),
            }
        }
        Ok(())
    }
}

fn parse<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error| format!("{error}"))
}

/// The bundle of the worked example: every payload of both routes.
pub(crate) fn bundle() -> Manifest {
    let payload = |role, name: &str, version: Option<&str>| Payload {
        role,
        name: name.to_owned(),
        size: 1 << 20,
        sha256: Sha256::of(name.as_bytes()),
        version: version.map(str::to_owned),
        signer: None,
    };
    Manifest {
        schema: gangway_contract::manifest::SCHEMA,
        mode: Mode::Onboard,
        organization: "Contoso".to_owned(),
        sequence: 3,
        tenant: Tenant {
            org_id: ORG.parse().expect("a GUID"),
            cloud: Cloud::Commercial,
            connectivity: Connectivity::Streamlined,
            endpoints: vec!["https://edr-weu.eu.endpoint.security.microsoft.com/edr/".to_owned()],
            script_shape: None,
        },
        expires_at: None,
        release_id: ReleaseId::of_bytes(b"worked example"),
        stub: Sha256::of(b"stub"),
        payloads: vec![
            payload(Role::OnboardingInfo, "OnboardingInfo.json", None),
            payload(Role::Agent, "md4ws.msi", Some("4.18.25020.1009")),
        ],
        settings: Settings::with_release_root(
            r"\\files.contoso.com\gangway$".parse().expect("a UNC path"),
        ),
        lab_roots: Vec::new(),
    }
}

/// Organisation of the bundle.
pub(crate) const ORG: &str = "01234567-89ab-cdef-0123-456789abcdef";

/// Adds a payload, removes one, or changes a setting.
fn setting(manifest: &mut Manifest, name: &str, text: &str) -> Result<(), String> {
    let settings = &mut manifest.settings;
    match name {
        "mode" => {
            manifest.mode = match text {
                "onboard" => Mode::Onboard,
                "precheck" => Mode::Precheck,
                "offboard" => Mode::Offboard,
                _ => return Err("no mode".to_owned()),
            }
        }
        "sequence" => manifest.sequence = parse(text)?,
        "expires_at" => {
            manifest.expires_at = Some(parse::<gangway_contract::UtcTime>(text)?.0);
        }
        "without" => manifest.payloads.retain(|payload| payload.name != text),
        "with" => {
            let mut words = text.split(' ');
            let (role, file) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
            manifest.payloads.push(Payload {
                role: role_of(role)?,
                name: file.to_owned(),
                size: 1 << 20,
                sha256: Sha256::of(file.as_bytes()),
                version: words.next().map(str::to_owned),
                signer: None,
            });
        }
        "antivirus_mode" => {
            settings.antivirus_mode = match text {
                "auto" => AntivirusMode::Auto,
                "always" => AntivirusMode::AlwaysPassive,
                "never" => AntivirusMode::NeverPassive,
                _ => return Err("no mode".to_owned()),
            }
        }
        "apply" => {
            settings.apply = match text {
                "native" => ApplyMethod::Native,
                "script" => ApplyMethod::Script,
                _ => return Err("no method".to_owned()),
            }
        }
        "other_antivirus" => settings.other_antivirus.push(text.to_owned()),
        "silent_after_days" => settings.health.silent_after_days = parse(text)?,
        "content_old_after_days" => settings.health.content_old_after_days = parse(text)?,
        "agent_route" => {
            settings.agent_route = match text {
                "auto" => AgentRoute::Auto,
                "install-script" => AgentRoute::InstallScript,
                "deployment-tool" => AgentRoute::DeploymentTool,
                _ => return Err("no route".to_owned()),
            }
        }
        "reboot" => {
            settings.reboot = match text {
                "never" => RebootRule::Never,
                "in-window" => RebootRule::InWindow,
                _ => return Err("no rule".to_owned()),
            }
        }
        "window" => {
            let (from, to) = text.split_once('-').ok_or("no window")?;
            settings.window = Some(Window {
                from_minute: parse(from)?,
                to_minute: parse(to)?,
            });
        }
        "ring_percent" => settings.ring_percent = parse(text)?,
        "add_sensor_from" => {
            settings.add_sensor_from = Some(match text {
                "windows-update" => SensorSource::WindowsUpdate,
                folder => SensorSource::Folder(parse(folder)?),
            });
        }
        "azure_stack_hci" => settings.azure_stack_hci = parse(text)?,
        "vdi" => {
            settings.vdi = match text {
                "none" => Vdi::None,
                "single" => Vdi::Single,
                "multiple" => Vdi::Multiple,
                _ => return Err("no kind of desktops".to_owned()),
            }
        }
        "uninstall_agent" => settings.uninstall_agent = parse(text)?,
        "machine_proxy" => {
            let (proxy, bypass) = text.split_once(' ').unwrap_or((text, ""));
            settings.machine_proxy = Some(MachineProxy {
                proxy: proxy.to_owned(),
                bypass: bypass.to_owned(),
            });
        }
        "remove_workspace" => settings.remove_workspaces.push(parse(text)?),
        "monitoring_agent" => {
            settings.monitoring_agent = Some(MonitoringAgent {
                workspace: parse(text)?,
                proxy: None,
            });
        }
        _ => return Err("unknown setting".to_owned()),
    }
    Ok(())
}

fn role_of(text: &str) -> Result<Role, String> {
    Ok(match text {
        "hotfix" => Role::Hotfix,
        "platform" => Role::PlatformUpdate,
        "sensor" => Role::SensorUpdate,
        "install-script" => Role::InstallScript,
        "offboard" => Role::OffboardingInfo,
        "onboard-script" => Role::OnboardingScript,
        "offboard-script" => Role::OffboardingScript,
        "tool" => Role::DeploymentTool,
        "tool-file" => Role::DeploymentToolFile,
        "mma" => Role::MonitoringAgent,
        "key" => Role::WorkspaceKey,
        _ => return Err("no role".to_owned()),
    })
}

/// A healthy, untouched server of a product.
pub(crate) fn host(product: &str) -> Result<Facts, String> {
    let (version, more): (&str, &[(&str, &str)]) = match product {
        "2008-r2" => (
            "6.1.7601.24545",
            &[
                ("os.service_pack", "1"),
                ("prerequisites.tdh", "6.1.7601.23142"),
                ("antivirus.service", "running automatic"),
                ("antivirus.mode", "active"),
            ],
        ),
        "2012" => ("6.2.9200.16384", &[]),
        "2012-r2" => ("6.3.9600.20144", UPDATES_2012_R2),
        "2016" => ("10.0.14393.7699", ANTIVIRUS_2016),
        "1709" => ("10.0.16299.15", IN_BOX),
        "1803" => ("10.0.17134.1", IN_BOX),
        "2019" => ("10.0.17763.6189", IN_BOX),
        "1903" => ("10.0.18362.1", IN_BOX),
        "1909" => ("10.0.18363.1", IN_BOX),
        "2004" => ("10.0.19041.1", IN_BOX),
        "20h2" => ("10.0.19042.1", IN_BOX),
        "2022" => ("10.0.20348.2762", IN_BOX),
        "hci-22h2" => ("10.0.20349.2700", IN_BOX),
        "23h2" => ("10.0.25398.1", IN_BOX),
        "2025" => ("10.0.26100.1742", IN_BOX),
        "later" => ("10.0.29999.1", IN_BOX),
        _ => return Err("no such host".to_owned()),
    };
    let mut facts = Facts::default();
    let base = COMMON.iter().chain(more);
    for (name, text) in base.copied().chain([("os.version", version)]) {
        facts
            .set(name, text)
            .map_err(|error| format!("{name}: {error}"))?;
    }
    Ok(facts)
}

const COMMON: &[(&str, &str)] = &[
    ("host.now", "2026-02-03T04:05:06Z"),
    ("host.local_minute", "245"),
    ("host.boot_time", "2026-02-01T00:00:00Z"),
    ("host.name", "SRV01"),
    ("host.fqdn", "srv01.contoso.com"),
    ("host.domain", "contoso.com"),
    (
        "host.account_sid",
        "S-1-5-21-1004336348-1177238915-682003330-1104",
    ),
    (
        "host.machine_sid",
        "S-1-5-21-2052111302-1202660629-839522115",
    ),
    ("host.elevated", "yes"),
    ("host.free_bytes", "21474836480"),
    ("os.product_type", "server"),
    ("os.service_pack", "0"),
    ("os.x64", "yes"),
    ("os.edition", "ServerStandard"),
    ("os.installation_type", "Server"),
    ("os.image_state", "IMAGE_STATE_COMPLETE"),
    ("prerequisites.lanman_server", "running automatic"),
    ("prerequisites.diagtrack", "running automatic"),
    ("prerequisites.signed_scripts_run", "yes"),
    ("network.hardened_netlogon", "yes"),
    ("sensor.last_connected", "2026-02-03T03:30:00Z"),
    ("antivirus.content_time", "2026-02-02T20:00:00Z"),
];

const IN_BOX: &[(&str, &str)] = &[
    ("sensor.service", "stopped manual"),
    ("antivirus.service", "running automatic"),
    ("antivirus.mode", "active"),
    ("antivirus.platform", "4.18.25080.5"),
];

const ANTIVIRUS_2016: &[(&str, &str)] = &[
    ("antivirus.service", "running automatic"),
    ("antivirus.mode", "active"),
    ("antivirus.platform", "4.18.25080.5"),
];

const UPDATES_2012_R2: &[(&str, &str)] = &[
    ("prerequisites.ucrtbase", "10.0.10586.9"),
    ("prerequisites.tdh", "6.3.9600.20144"),
    ("prerequisites.ntoskrnl", "6.3.9600.20144"),
];
