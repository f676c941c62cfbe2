//! What becomes policy: its domains, whom it leaves out, proxies and exclusions.

use super::super::intended;
use super::super::sections::{Domain, PolicySettings, ProxySettings};
use super::super::toml_text::quoted;
use super::super::values::{holds_every_server, is_bypass, is_group, is_host_and_port};
use super::{Fault, refuse, refuse_entry};
use crate::pipeline::policies::{exclusions, proxies, role_exclusions};
use crate::policies::{GpoError, check_values};

pub(super) fn domains(domains: &[Domain]) -> Result<(), Fault> {
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
pub(super) fn excluded(group: Option<&str>) -> Result<(), Fault> {
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

/// What becomes policy, as far as its own rules go; they are asked again where policies are written.
pub(super) fn policy_values(given: &PolicySettings) -> Result<(), Fault> {
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

pub(super) fn proxy(proxy: &ProxySettings) -> Result<(), Fault> {
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

/// How a proxy is written: out of what stands there, if that can be told.
pub(super) fn proxy_hint(field: &str, written: &str) -> String {
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
