//! From the config as it stands in the file to one that can be used: each value is parsed here, once.

use std::path::Path;

use gangway_contract::identity::InvalidIdentifier;
use gangway_contract::manifest::{HealthLimits, MonitoringAgent, SensorSource, Settings, Window};
use gangway_contract::unc::InvalidUncPath;
use gangway_contract::{UncPath, WorkspaceId};

use super::error::ConfigError;
use super::numbers::{REPORT_EVERY_DAYS, RING_PERCENT, bounds, out_of_bounds};
use super::sections::{
    ConfigFile, Domain, MonitoringAgentSection, Onboard, Organization, PolicySettings,
    ProxySettings, Rollout, Share,
};
use super::slip::example_of;
use super::toml_text::quoted;
use super::trust::trust_fault;
use super::values::{
    holds_every_server, is_bypass, is_group, is_host_and_port, is_latin_name, is_proxy_url,
    is_service_name, parse_window, provenance_fault, replicated_share, signing_fault, takes_path,
};
use super::{Config, intended, place};
use crate::gpo::DomainName;
use crate::intake::TrustSettings;
use crate::pipeline::policies::{exclusions, proxies, role_exclusions};
use crate::policies::{GpoError, check_values};

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

/// Where servers find payloads and leave reports.
struct Shares {
    root: UncPath,
    reports: Option<UncPath>,
}

fn shares(share: &Share, domain: Option<&DomainName>) -> Result<Shares, Fault> {
    let beside = share.reports.as_ref();
    let beside = beside.and_then(|text| text.parse::<UncPath>().ok());
    let root = &share.root;
    let example = meant_or(root, domain, "gangway$", beside.as_ref());
    let root = on_a_file_server("share.root", root, &example)?;
    let Some(reports) = &share.reports else {
        return Ok(Shares {
            root,
            reports: None,
        });
    };
    let example = meant_or(reports, domain, "gangway-reports$", Some(&root));
    let reports = on_a_file_server("share.reports", reports, &example)?;
    if root.overlaps(&reports) {
        return refuse(
            "share.reports",
            format!(
                "is `{reports}`, and one of it and `share.root` (`{root}`) lies in the other: \
                 who may leave reports could change payloads"
            ),
            format!("write a folder of its own, {example}"),
        );
    }
    Ok(Shares {
        root,
        reports: Some(reports),
    })
}

/// The path that a cure shows: what is meant by the text where it can be told and is no share of domain
/// controllers, beside the other share. A server that nobody named is none to write down: there the path is
/// a form, and says so.
fn meant_or(
    text: &str,
    domain: Option<&DomainName>,
    share: &str,
    other: Option<&UncPath>,
) -> String {
    let is_free = |path: &UncPath| {
        replicated_share(path).is_none() && !other.is_some_and(|other| other.overlaps(path))
    };
    if let Some(meant) = intended::unc_path(text, domain).filter(is_free) {
        return format!("as '{meant}'");
    }
    let is_path = text.parse::<UncPath>().is_ok();
    match other.filter(|_| is_path) {
        Some(other) => format!("as '{}'", example(other.server(), share, Some(other))),
        None => form(domain, share, other),
    }
}

/// A path whose server is to be put in.
fn form(domain: Option<&DomainName>, share: &str, other: Option<&UncPath>) -> String {
    let domain = domain.map_or_else(|| "contoso.com".to_owned(), ToString::to_string);
    let server = format!("files.{domain}");
    let path = example(&server, share, other);
    format!("in the form of '{path}', with the name of your file server in the place of `{server}`")
}

/// A share of a server that the other share leaves free.
fn example(server: &str, share: &str, other: Option<&UncPath>) -> String {
    let path = format!(r"\\{server}\{share}");
    let is_taken = path
        .parse::<UncPath>()
        .is_ok_and(|path| other.is_some_and(|other| other.overlaps(&path)));
    match is_taken {
        true => path.replace('$', "-2$"),
        false => path,
    }
}

fn on_a_file_server(field: &'static str, text: &str, example: &str) -> Result<UncPath, Fault> {
    let hint = format!("write a UNC path with the file server's full DNS name, {example}");
    let path = unc_path(field, text, hint)?;
    match replicated_share(&path) {
        None => Ok(path),
        Some(name) => refuse(
            field,
            format!(
                "is on `{name}`, which every domain controller replicates and every account may \
                 read: on- and offboarding packages and keys do not belong there"
            ),
            format!("write a share of a file server, {example}"),
        ),
    }
}

fn unc_path(field: &'static str, text: &str, hint: String) -> Result<UncPath, Fault> {
    let refused = |why: InvalidUncPath| Fault {
        field,
        entry: None,
        why: format!("cannot be used: {why}"),
        hint,
    };
    text.parse().map_err(refused)
}

fn domains(domains: &[Domain]) -> Result<(), Fault> {
    if domains.is_empty() {
        return refuse(
            "gpo.domain",
            "names no domain",
            "add a [[gpo.domain]] section with `dns_name`",
        );
    }
    for (place, domain) in domains.iter().enumerate() {
        let mut before = domains.iter().take(place);
        if before.any(|other| other.dns_name == domain.dns_name) {
            return refuse_entry(
                "gpo.domain",
                domain.dns_name.as_str(),
                format!("names `{}` twice", domain.dns_name),
                "leave one section for each domain",
            );
        }
    }
    Ok(())
}

/// The group that the task leaves out.
fn excluded(group: Option<&str>) -> Result<(), Fault> {
    const FIELD: &str = "gpo.exclude_group";
    let Some(group) = group else {
        return Ok(());
    };
    if !is_group(group) {
        let hint =
            "write the group's name without its domain, as it is in every domain of `gpo.domain`";
        let hint = match intended::group(group) {
            Some(name) => format!("{hint}: `exclude_group = {}`", quoted(&name)),
            None => format!("{hint}, or its SID, as S-1-5-21-1-2-3-1105"),
        };
        return refuse(FIELD, "is neither a name of a group nor a SID", hint);
    }
    match holds_every_server(group) {
        true => refuse(
            FIELD,
            format!(
                "is `{group}`, of which every server is a member, so that the task reaches none"
            ),
            "make a group for the servers that are left out, and write its name",
        ),
        false => Ok(()),
    }
}

/// Where a missing sensor is added from, when it may be.
fn sensor_source(
    onboard: &Onboard,
    shares: &Shares,
    domain: Option<&DomainName>,
) -> Result<Option<SensorSource>, Fault> {
    let written = onboard.add_sensor_from.as_deref().unwrap_or_default();
    let example = meant_or(written, domain, "fod$", shares.reports.as_ref());
    let hint =
        || format!("write `windows_update`, or a UNC path that computers may read, {example}");
    let parsed = |text: &str| match text {
        "windows_update" => Ok(SensorSource::WindowsUpdate),
        folder => unc_path("onboard.add_sensor_from", folder, hint()).map(SensorSource::Folder),
    };
    let source = onboard.add_sensor_from.as_deref().map(parsed).transpose()?;
    match (&source, &shares.reports) {
        (Some(SensorSource::Folder(folder)), Some(reports)) if folder.overlaps(reports) => refuse(
            "onboard.add_sensor_from",
            format!(
                "is `{folder}`, and one of it and `share.reports` (`{reports}`) lies in the other: who \
                 may leave reports could change what servers install"
            ),
            hint(),
        ),
        _ => Ok(source),
    }
}

fn signers(trust: &TrustSettings) -> Result<(), Fault> {
    match trust_fault(trust) {
        Some(fault) => refuse_entry(fault.field, &fault.entry, fault.why, fault.hint),
        None => Ok(()),
    }
}

/// What becomes policy, as far as its own rules go; they are asked again where policies are written.
fn policy_values(given: &PolicySettings) -> Result<(), Fault> {
    for (place, role) in given.role.iter().enumerate() {
        let mut before = given.role.iter().take(place);
        if let Some(other) = before.find(|other| other.name.slug() == role.name.slug()) {
            return refuse_entry(
                "gpo.settings.role.name",
                role.name.as_str(),
                format!(
                    "is `{}`, and there is a role `{}` already",
                    role.name.as_str(),
                    other.name.as_str()
                ),
                "leave one section for each role; letter case and blanks make no other",
            );
        }
    }
    let (proxies, exclusions) = (proxies(&given.proxy), exclusions(&given.exclusions));
    let Err(error) = check_values(&proxies, &exclusions, &role_exclusions(&given.role)) else {
        return Ok(());
    };
    let GpoError::Setting {
        setting,
        found,
        why,
    } = error
    else {
        return Ok(());
    };
    let hint = match setting {
        "gpo.settings.proxy.sensor" | "gpo.settings.proxy.antivirus" => proxy_hint(setting, &found),
        "gpo.settings.proxy.antivirus_bypass" => "write one address an entry".to_owned(),
        _ => {
            "write one file, folder, extension or program an entry, as Explorer shows it".to_owned()
        }
    };
    refuse_entry(setting, &found, format!("holds `{found}`: {why}"), hint)
}

/// What is said of every server.
fn servers(onboard: &Onboard) -> Result<(), Fault> {
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
    Ok(())
}

fn health(limits: HealthLimits) -> Result<(), Fault> {
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

/// How a proxy is written: out of what stands there, if that can be told.
fn proxy_hint(field: &str, written: &str) -> String {
    let key = field.rsplit('.').next().unwrap_or(field);
    let is_url = key == "antivirus" || field == "onboard.monitoring_agent.proxy";
    let form = match is_url {
        true => "write a URL, without an account",
        false => "write host and port, without a scheme",
    };
    let scheme = if is_url { "http://" } else { "" };
    if let Some(meant) = intended::value(field, written) {
        return format!("{form}: `{key} = \"{meant}\"`");
    }
    match intended::with_a_port(written) {
        Some(proxy) => format!("{form}, with its own port, as `{key} = \"{scheme}{proxy}\"`"),
        None => format!("{form}, as `{key} = \"{scheme}proxy.contoso.com:8080\"`"),
    }
}

fn proxy(proxy: &ProxySettings) -> Result<(), Fault> {
    let winhttp = proxy.winhttp.as_deref();
    if let Some(text) = winhttp.filter(|text| !is_host_and_port(text)) {
        const FIELD: &str = "gpo.settings.proxy.winhttp";
        return refuse(FIELD, "is no host with a port", proxy_hint(FIELD, text));
    }
    const BYPASS: &str = "gpo.settings.proxy.winhttp_bypass";
    if winhttp.is_none() && !proxy.winhttp_bypass.is_empty() {
        return refuse(
            BYPASS,
            "names hosts and there is no `winhttp` to go past",
            "write the proxy too, or leave the hosts out",
        );
    }
    if let Some(host) = proxy.winhttp_bypass.iter().find(|host| !is_bypass(host)) {
        return refuse(
            BYPASS,
            format!("holds `{host}`, which is no host"),
            bypass_hint(&proxy.winhttp_bypass),
        );
    }
    Ok(())
}

/// How hosts past the proxy are written: those that stand there, each on its own, if that makes them hosts.
fn bypass_hint(given: &[String]) -> String {
    const FORM: &str =
        "write one host an entry; `*` may begin it, and `<local>` means names without a dot";
    let hosts: Vec<&str> = given
        .iter()
        .flat_map(|entry| intended::parted(entry))
        .collect();
    if hosts.is_empty() || !hosts.iter().all(|host| is_bypass(host)) {
        return FORM.to_owned();
    }
    let hosts: Vec<String> = hosts.into_iter().map(quoted).collect();
    format!("{FORM}: `winhttp_bypass = [{}]`", hosts.join(", "))
}

fn workspace_hint(written: &str) -> String {
    let hint = "write the workspace's id, a GUID, without braces";
    match intended::guid(written) {
        Some(id) => format!("{hint}, as \"{id}\""),
        None => hint.to_owned(),
    }
}

fn unwanted_workspaces(onboard: &Onboard) -> Result<Vec<WorkspaceId>, Fault> {
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

fn monitoring_agent(section: &MonitoringAgentSection) -> Result<MonitoringAgent, Fault> {
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

/// What `[rollout]` says in a form of its own.
struct When {
    ring_percent: Option<u8>,
    report_every_days: u16,
    window: Option<Window>,
}

fn when(rollout: &Rollout) -> Result<When, Fault> {
    let is_within =
        |key, number: i64| bounds(key).is_none_or(|bounds| bounds.contains(&number.into()));
    let percent = |given| {
        let percent = u8::try_from(given).ok();
        percent.filter(|_| is_within(RING_PERCENT, given))
    };
    let days = |given| {
        let days = u16::try_from(given).ok();
        days.filter(|_| is_within(REPORT_EVERY_DAYS, given))
    };
    let ring_percent = match rollout.ring_percent.map(percent) {
        Some(None) => {
            return refuse(
                RING_PERCENT,
                "is no percentage",
                "write a percentage from 0 to 100, as `ring_percent = 10`",
            );
        }
        given => given.flatten(),
    };
    let Some(report_every_days) = rollout.report_every_days.map_or(Some(1), days) else {
        return refuse(
            REPORT_EVERY_DAYS,
            "is no number of days that fits",
            "write 1 to 30, or 0 for no reports of servers that are done",
        );
    };
    let window = match rollout
        .window
        .as_deref()
        .map(|text| (text, parse_window(text)))
    {
        Some((text, None)) => {
            let why = format!("is `{text}`, which is no window");
            let meant = intended::window(&[text]).unwrap_or_else(|| "22:00-04:00".to_owned());
            let hint = format!(
                "write two local times that differ, as `window = \"{meant}\"`, or leave it out for any hour"
            );
            return refuse("rollout.window", why, hint);
        }
        given => given.and_then(|(_, window)| window),
    };
    Ok(When {
        ring_percent,
        report_every_days,
        window,
    })
}

fn numbers(file: &ConfigFile) -> Result<(), Fault> {
    let Some(found) = out_of_bounds(&file.rollout, &file.signing) else {
        return Ok(());
    };
    let (least, most) = found.bounds.into_inner();
    let example = example_of(found.key).unwrap_or_else(|| most.to_string());
    let hint = format!("write a number from {least} to {most}, as `{example}`");
    refuse(found.key, found.why, hint)
}

/// The settings that stand in the file as the manifest has them; what it leaves out has its default.
fn settings(file: &ConfigFile, release_root: UncPath, when: &When) -> Settings {
    let (onboard, rollout) = (&file.onboard, &file.rollout);
    let defaults = Settings::with_release_root(release_root);
    Settings {
        antivirus_mode: onboard.antivirus_mode,
        other_antivirus: onboard.other_antivirus.clone(),
        health: file.health,
        agent_route: onboard.agent_route,
        device_tag: onboard.device_tag.clone(),
        machine_proxy: file.gpo.settings.proxy.machine(),
        window: when.window,
        ring_percent: when.ring_percent.unwrap_or(defaults.ring_percent),
        reboot: rollout.reboot.unwrap_or(defaults.reboot),
        azure_stack_hci: file.targets.azure_stack_hci,
        vdi: file.targets.vdi,
        apply: onboard.apply,
        uninstall_agent: file.offboard.uninstall_agent,
        retry_wait_s: rollout.retry_wait_s.unwrap_or(defaults.retry_wait_s),
        jitter_s: rollout.jitter_s.unwrap_or(defaults.jitter_s),
        fetch_retries: rollout.fetch_retries.unwrap_or(defaults.fetch_retries),
        fetch_retry_wait_s: rollout
            .fetch_retry_wait_s
            .unwrap_or(defaults.fetch_retry_wait_s),
        installer_wait_s: rollout
            .installer_wait_s
            .unwrap_or(defaults.installer_wait_s),
        install_limit_s: rollout.install_limit_s.unwrap_or(defaults.install_limit_s),
        script_limit_s: rollout.script_limit_s.unwrap_or(defaults.script_limit_s),
        verify_wait_s: rollout.verify_wait_s.unwrap_or(defaults.verify_wait_s),
        free_space_bytes: rollout
            .free_space_bytes
            .unwrap_or(defaults.free_space_bytes),
        ..defaults
    }
}
