//! Which addresses a tenant's servers are asked to reach.

use crate::connectivity::{Need, Service, is_region_known, patterns, service_urls};
use crate::manifest::{Cloud, Connectivity, Tenant};

const GATEWAY: &str = "https://edr-weu.eu.endpoint.security.microsoft.com/edr/";

fn tenant(cloud: Cloud, connectivity: Connectivity, endpoints: &[&str]) -> Tenant {
    Tenant {
        org_id: "01234567-89ab-cdef-0123-456789abcdef".parse().unwrap(),
        cloud,
        connectivity,
        endpoints: endpoints.iter().map(|url| (*url).to_owned()).collect(),
        script_shape: None,
    }
}

fn urls(tenant: &Tenant, service: Service) -> Vec<String> {
    service_urls(tenant)
        .into_iter()
        .filter(|entry| entry.service == service)
        .map(|entry| entry.url)
        .collect()
}

#[test]
fn a_streamlined_tenant_is_asked_at_the_hosts_of_its_blob() {
    let events = "https://eu-v20.events.endpoint.security.microsoft.com/OneCollector/1.0";
    let tenant = tenant(
        Cloud::Commercial,
        Connectivity::Streamlined,
        &[GATEWAY, events, "https://events.data.microsoft.com"],
    );
    assert_eq!(
        urls(&tenant, Service::CommandAndControl),
        ["https://edr-weu.eu.endpoint.security.microsoft.com/edr/commands/test"]
    );
    assert_eq!(
        urls(&tenant, Service::CyberData),
        ["https://eu-v20.events.endpoint.security.microsoft.com/ping"]
    );
    assert_eq!(
        urls(&tenant, Service::Telemetry),
        ["https://events.data.microsoft.com/"]
    );
    assert_eq!(urls(&tenant, Service::SampleStorage), [""; 0]);
    assert_eq!(urls(&tenant, Service::CertificateLists).len(), 3);
}

#[test]
fn a_standard_tenant_is_asked_by_the_list_of_its_region() {
    for (gateway, cloud, gateways, samples) in [
        ("neu", Cloud::Commercial, 4, 4),
        ("cus3", Cloud::Commercial, 4, 12),
        ("ukw", Cloud::Commercial, 2, 4),
        ("aus", Cloud::Commercial, 2, 2),
        ("aen0a", Cloud::Commercial, 2, 0),
        ("usmt", Cloud::UsGovernment, 2, 6),
        ("usgt", Cloud::UsGovernment, 2, 12),
        // A region that the lists do not know yet: its own host is asked all the same.
        ("mars", Cloud::Commercial, 1, 0),
    ] {
        let own = format!("https://winatp-gw-{gateway}.microsoft.com/");
        let tenant = tenant(cloud, Connectivity::Standard, &[&own]);
        assert_eq!(is_region_known(&tenant), gateway != "mars", "{gateway}");
        let asked = urls(&tenant, Service::CommandAndControl);
        assert_eq!(asked.len(), gateways, "{gateway}");
        assert_eq!(asked.first(), Some(&format!("{own}test")), "{gateway}");
        let storage = urls(&tenant, Service::SampleStorage);
        assert_eq!(storage.len(), samples, "{gateway}");
        let government = cloud == Cloud::UsGovernment;
        assert!(
            storage
                .iter()
                .all(|url| url.ends_with(".usgovcloudapi.net/") == government),
            "{storage:?}"
        );
    }
}

#[test]
fn every_address_stands_once_and_is_http() {
    for endpoint in ["winatp-gw-eus", "winatp-gw-usgv", "edr-x"] {
        let own = format!("https://{endpoint}.microsoft.com/");
        for connectivity in [Connectivity::Standard, Connectivity::Streamlined] {
            let tenant = tenant(Cloud::UsGovernment, connectivity, &[&own]);
            let all = service_urls(&tenant);
            let mut addresses: Vec<_> = all.iter().map(|entry| entry.url.clone()).collect();
            addresses.sort();
            addresses.dedup();
            assert_eq!(addresses.len(), all.len());
            assert!(addresses.iter().all(|url| url.starts_with("http")));
            assert!(!patterns(&tenant).is_empty());
        }
    }
}

#[test]
fn hosts_that_serve_two_government_clouds_are_only_recommended() {
    let own = "https://winatp-gw-usgt.microsoft.com/";
    let tenant = tenant(Cloud::UsGovernment, Connectivity::Standard, &[own]);
    for entry in service_urls(&tenant) {
        let own_host = entry.url == format!("{own}test");
        let shared = entry.service == Service::SampleStorage
            || entry.service == Service::AutomatedInvestigation;
        assert!(!(shared && entry.need == Need::Required), "{}", entry.url);
        assert!(!own_host || entry.need == Need::Required);
    }
}

#[test]
fn the_families_of_hosts_are_told_in_words() {
    let updates = "*.update.microsoft.com, *.delivery.mp.microsoft.com, *.windowsupdate.com, \
                   *.download.microsoft.com (unless updated internally)";
    let screen = "*.smartscreen-prod.microsoft.com, *.smartscreen.microsoft.com";
    for (cloud, connectivity, expected) in [
        (
            Cloud::Commercial,
            Connectivity::Streamlined,
            vec!["*.endpoint.security.microsoft.com", screen, updates],
        ),
        (
            Cloud::UsGovernment,
            Connectivity::Streamlined,
            vec![
                "*.endpoint.security.microsoft.us",
                "*.ss.wd.microsoft.us",
                updates,
            ],
        ),
        (
            Cloud::Commercial,
            Connectivity::Standard,
            vec![
                "*.endpoint.security.microsoft.com",
                "*.wdcp.microsoft.com, *.wd.microsoft.com",
                screen,
                updates,
            ],
        ),
        (
            Cloud::UsGovernment,
            Connectivity::Standard,
            vec![
                "*.endpoint.security.microsoft.com",
                "*.cp.wd.microsoft.us, *.ss.wd.microsoft.us",
                "*.ss.wd.microsoft.us",
                updates,
            ],
        ),
    ] {
        assert_eq!(patterns(&tenant(cloud, connectivity, &[])), expected);
    }
}
