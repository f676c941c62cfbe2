//! The ways to an address, in the order in which the product takes them.
//!
//! Source: Microsoft Learn `configure-proxy-internet`, the analyzer's tests of each way. The
//! sensor takes its own static proxy (`TelemetryProxyServer`) first; when that cannot be
//! reached it goes by the machine's WinHTTP settings, and at last directly. A proxy that
//! answers, and be it with a refusal, was reached: no other way is taken. Revocation lists go
//! by the static proxy only under `PreferStaticProxyForHttpRequest`; the antivirus has a
//! proxy of its own.

use core::fmt;

use super::outcome::Outcome;
use super::service_urls::Client;
use crate::facts::Network;
use crate::registry::{ANTIVIRUS_PROXY, SENSOR_PROXY};

/// A way to an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Which setting names it.
    pub kind: RouteKind,
    /// `host:port` of the proxy; none means directly.
    pub proxy: Option<String>,
}

/// The setting that a way comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RouteKind {
    /// Policy `TelemetryProxyServer`.
    SensorProxy,
    /// Policy `ProxyServer` of Defender Antivirus.
    AntivirusProxy,
    /// The machine's WinHTTP proxy.
    MachineProxy,
    /// None.
    Direct,
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let proxy = self.proxy.as_deref().unwrap_or("-");
        match self.kind {
            RouteKind::SensorProxy => write!(f, "sensor proxy {proxy}"),
            RouteKind::AntivirusProxy => write!(f, "antivirus proxy {proxy}"),
            RouteKind::MachineProxy => write!(f, "machine proxy {proxy}"),
            RouteKind::Direct => f.write_str("direct"),
        }
    }
}

/// The ways that a client takes to an address.
pub fn routes(client: Client, url: &str, network: &Network) -> Vec<Route> {
    let secure = url.starts_with("https:");
    let own = match client {
        Client::Sensor => Some((RouteKind::SensorProxy, &network.sensor_proxy)),
        Client::CertificateCheck if network.prefer_sensor_proxy.is(&1) => {
            Some((RouteKind::SensorProxy, &network.sensor_proxy))
        }
        Client::CertificateCheck => None,
        Client::Antivirus => Some((RouteKind::AntivirusProxy, &network.antivirus_proxy)),
    };
    let mut routes = Vec::new();
    if let Some((kind, fact)) = own
        && let Some(proxy) = fact.value().and_then(|text| proxy_for(text, secure))
    {
        routes.push(Route {
            kind,
            proxy: Some(proxy),
        });
    }
    let bypass = network.machine_bypass.value().map_or("", String::as_str);
    if let Some(proxy) = network
        .machine_proxy
        .value()
        .and_then(|text| proxy_for(text, secure))
        && !goes_past(host_of(url), bypass)
    {
        routes.push(Route {
            kind: RouteKind::MachineProxy,
            proxy: Some(proxy),
        });
    }
    routes.push(Route {
        kind: RouteKind::Direct,
        proxy: None,
    });
    routes
}

/// Was the way reached, so that the product takes no further one?
pub fn is_reached(outcome: Outcome) -> bool {
    !matches!(
        outcome,
        Outcome::ProxyNotResolved | Outcome::ProxyUnreachable
    )
}

/// What is wrong with the proxy values themselves.
pub fn proxy_faults(network: &Network) -> Vec<String> {
    let mut faults = Vec::new();
    if let Some(text) = network.sensor_proxy.value()
        && (text.contains("://") || text.contains(char::is_whitespace) || !text.contains(':'))
    {
        faults.push(format!(
            "policy `TelemetryProxyServer` is `{text}`; the sensor takes `host:port` without scheme and blanks"
        ));
    }
    if let Some(text) = network.antivirus_proxy.value()
        && !(text.starts_with("http://") || text.starts_with("https://"))
    {
        faults.push(format!(
            "policy `ProxyServer` of Defender Antivirus is `{text}`; it takes `http://host:port`"
        ));
    }
    for (name, why) in [
        (SENSOR_PROXY, network.sensor_proxy.unreadable()),
        ("WinHttpSettings", network.machine_proxy.unreadable()),
        (ANTIVIRUS_PROXY, network.antivirus_proxy.unreadable()),
    ] {
        faults.extend(why.map(|why| format!("`{name}` cannot be read, taken as not set: {why}")));
    }
    faults
}

/// The proxy for a scheme in the forms that Windows takes: `host:port`, with a scheme before
/// it, or one entry for each scheme (`http=a:1;https=b:2`).
fn proxy_for(text: &str, secure: bool) -> Option<String> {
    let wanted = if secure { "https" } else { "http" };
    let mut entries = text
        .split([';', ' '])
        .map(str::trim)
        .filter(|entry| !entry.is_empty());
    let entry = entries.find_map(|entry| match entry.split_once('=') {
        Some((scheme, proxy)) => scheme.eq_ignore_ascii_case(wanted).then_some(proxy),
        None => Some(entry),
    })?;
    let bare = entry.split_once("://").map_or(entry, |(_, rest)| rest);
    let bare = bare.trim_end_matches('/');
    (!bare.is_empty()).then(|| bare.to_owned())
}

/// Does a host go past the proxy? Entries of the bypass list may begin with `*`; `<local>`
/// means names without a dot.
fn goes_past(host: &str, bypass: &str) -> bool {
    let host = host.to_ascii_lowercase();
    bypass
        .split([';', ' ', ','])
        .map(|entry| entry.trim().to_ascii_lowercase())
        .filter(|entry| !entry.is_empty())
        .any(|entry| match entry.as_str() {
            "<local>" => !host.contains('.'),
            entry => match entry.strip_prefix('*') {
                Some(ending) => host.ends_with(ending),
                None => host == entry,
            },
        })
}

/// The host of an address.
pub(super) fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    authority.split(':').next().unwrap_or(authority)
}
