//! The addresses to open, as a firewall is told them: hosts and ports.

use gangway_contract::connectivity::{Need, Service, service_urls};
use gangway_contract::manifest::Tenant;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Addresses of one service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::pipeline) struct AddressRow {
    /// What they are for.
    pub(in crate::pipeline) service: Service,
    /// Does the product work without them?
    pub(in crate::pipeline) need: Need,
    /// `host:port`, each once, in the list's order.
    pub(in crate::pipeline) hosts: Vec<String>,
}

impl AddressRow {
    pub(in crate::pipeline) fn is_required(&self) -> bool {
        self.need == Need::Required
    }
}

/// Every address that the tenant's servers need, service by service.
pub(in crate::pipeline) fn address_rows(tenant: &Tenant) -> Vec<AddressRow> {
    let mut rows: Vec<AddressRow> = Vec::new();
    for address in service_urls(tenant) {
        let host = host_and_port(&address.url);
        let same =
            |row: &&mut AddressRow| row.service == address.service && row.need == address.need;
        match rows.iter_mut().find(same) {
            Some(row) if row.hosts.contains(&host) => {}
            Some(row) => row.hosts.push(host),
            None => rows.push(AddressRow {
                service: address.service,
                need: address.need,
                hosts: vec![host],
            }),
        }
    }
    rows
}

/// Of a URL of the lists or of a package, which names a port where it is not its scheme's.
fn host_and_port(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
    let host = rest.split('/').next().unwrap_or(rest);
    match host.rsplit_once(':') {
        Some((_, port)) if port.parse::<u16>().is_ok() => host.to_owned(),
        _ if scheme.eq_ignore_ascii_case("http") => format!("{host}:80"),
        _ => format!("{host}:443"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_firewall_is_told_host_and_port() {
        for (url, expected) in [
            ("https://go.microsoft.com/", "go.microsoft.com:443"),
            ("http://crl.microsoft.com/pki/x.crl", "crl.microsoft.com:80"),
            ("https://ecs.office.com/config/v1/X", "ecs.office.com:443"),
            (
                "https://gateway.contoso.com:8443/edr",
                "gateway.contoso.com:8443",
            ),
        ] {
            assert_eq!(host_and_port(url), expected);
        }
    }
}
