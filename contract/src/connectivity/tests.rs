//! The tables: addresses, ways, judgement.

use super::*;
use crate::facts::Network;
use crate::manifest::{Cloud, Connectivity, Tenant};
use crate::reason::Reason;

const GATEWAY: &str = "https://edr-weu.eu.endpoint.security.microsoft.com/edr/";

fn tenant(cloud: Cloud, connectivity: Connectivity, endpoints: &[&str]) -> Tenant {
    Tenant {
        org_id: "01234567-89ab-cdef-0123-456789abcdef".parse().unwrap(),
        cloud,
        connectivity,
        endpoints: endpoints.iter().map(|url| (*url).to_owned()).collect(),
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

fn network(lines: &[(&str, &str)]) -> Network {
    let mut facts = crate::Facts::default();
    for (name, text) in lines {
        facts.set(&format!("network.{name}"), text).unwrap();
    }
    facts.network
}

fn ways(client: Client, url: &str, lines: &[(&str, &str)]) -> String {
    let ways: Vec<String> = routes(client, url, &network(lines))
        .iter()
        .map(ToString::to_string)
        .collect();
    ways.join(", ")
}

#[test]
fn each_client_goes_its_own_ways() {
    let sensor = ("sensor_proxy", "tp:8080");
    let prefer = ("prefer_sensor_proxy", "1");
    let machine = ("machine_proxy", "mp:3128");
    let antivirus = ("antivirus_proxy", "http://ap:80/");
    let all: &[_] = &[sensor, machine, antivirus];
    let (https, http) = ("https://a.microsoft.com/x", "http://crl.microsoft.com/x");
    for (client, url, lines, expected) in [
        (Client::Sensor, https, &[][..], "direct"),
        (
            Client::Sensor,
            https,
            all,
            "sensor proxy tp:8080, machine proxy mp:3128, direct",
        ),
        (
            Client::Antivirus,
            https,
            all,
            "antivirus proxy ap:80, machine proxy mp:3128, direct",
        ),
        // The static proxy is the sensor's alone, unless told otherwise.
        (
            Client::CertificateCheck,
            http,
            all,
            "machine proxy mp:3128, direct",
        ),
        (
            Client::CertificateCheck,
            http,
            &[sensor, prefer],
            "sensor proxy tp:8080, direct",
        ),
        (
            Client::Sensor,
            https,
            &[("machine_proxy", "http=h:1;https=s:2")],
            "machine proxy s:2, direct",
        ),
        (
            Client::CertificateCheck,
            http,
            &[("machine_proxy", "http=h:1;https=s:2")],
            "machine proxy h:1, direct",
        ),
        (
            Client::Sensor,
            https,
            &[machine, ("machine_bypass", "<local>;*.microsoft.com")],
            "direct",
        ),
        (
            Client::Sensor,
            "https://localhost:1/x",
            &[machine, ("machine_bypass", "<local>")],
            "direct",
        ),
        (
            Client::Sensor,
            https,
            &[machine, ("machine_bypass", "<local>;b.microsoft.com")],
            "machine proxy mp:3128, direct",
        ),
        (Client::Sensor, https, &[("machine_proxy", "?no")], "direct"),
    ] {
        assert_eq!(ways(client, url, lines), expected, "{url} {lines:?}");
    }
}

#[test]
fn proxy_values_that_the_product_would_not_take_are_named() {
    for (line, words) in [
        (("sensor_proxy", "http://p:1"), "without scheme"),
        (("sensor_proxy", "p:1 "), "blanks"),
        (("sensor_proxy", "p"), "host:port"),
        (("antivirus_proxy", "p:1"), "http://host:port"),
        (("machine_proxy", "?denied"), "denied"),
    ] {
        let faults = proxy_faults(&network(&[line]));
        assert_eq!(faults.len(), 1, "{line:?}");
        assert!(faults[0].contains(words), "{faults:?}");
    }
    let good = [("sensor_proxy", "p:1"), ("antivirus_proxy", "http://p:1")];
    assert_eq!(proxy_faults(&network(&good)), [""; 0]);
}

const LAB: &str = "00000000000000000000000000000000000000000000000000000000000000ab";
const CORPORATE: &str = "00000000000000000000000000000000000000000000000000000000000000cc";
const MICROSOFT: &str = SERVICE_ROOTS[0].1;

/// `root` as its digest, or `missing NAME` for a chain without its root, then the errors.
fn chain(text: &str) -> Option<Chain> {
    let (root, errors) = text.split_once('/')?;
    let certificate = |subject: &str, issuer: &str, digest: &str| Certificate {
        subject: subject.to_owned(),
        issuer: issuer.to_owned(),
        sha256: digest.parse().unwrap(),
        not_after: UtcTime(0),
    };
    let own = "0000000000000000000000000000000000000000000000000000000000000001";
    let trust_errors = u32::from_str_radix(errors, 16).unwrap();
    let certificates = match root.strip_prefix("missing ") {
        Some(issuer) => vec![certificate("own", issuer, own)],
        None => vec![
            certificate("own", "Root", own),
            certificate("Root", "Root", root),
        ],
    };
    Some(Chain {
        ends_in_root: certificates.len() == 2,
        certificates,
        trust_errors,
    })
}

#[test]
fn answers_and_their_meaning() {
    use Outcome as O;
    let status = Reply::Status;
    let failed = Reply::Failed;
    let (https, http) = ("https://a/", "http://a/");
    let (direct, proxied) = (None, Some("p:1"));
    let good = format!("{MICROSOFT}/0");
    let lab = format!("{LAB}/0");
    let corporate = format!("{CORPORATE}/0");
    let untrusted = format!("{CORPORATE}/20");
    let old = format!("{MICROSOFT}/1");
    let known = "missing CN=Microsoft Root Certificate Authority 2011, O=Microsoft/10000";
    let unknown = "missing CN=Contoso Inspection/10000";
    for (url, proxy, reply, chain_text, below, expected) in [
        (https, direct, status(200), &*good, None, O::Reachable),
        (https, proxied, status(400), &good, None, O::Reachable),
        (https, direct, status(403), &good, None, O::Reachable),
        (https, direct, status(200), &lab, None, O::Reachable),
        (https, direct, status(503), &good, None, O::UnexpectedAnswer),
        (https, direct, status(200), "", None, O::UnexpectedAnswer),
        // Trusted here, by whoever installed the root, and still not the service.
        (
            https,
            direct,
            status(200),
            &corporate,
            None,
            O::TlsIntercepted,
        ),
        (
            https,
            proxied,
            status(407),
            &corporate,
            None,
            O::TlsIntercepted,
        ),
        (
            https,
            direct,
            failed(12175),
            &untrusted,
            None,
            O::TlsIntercepted,
        ),
        (
            https,
            proxied,
            failed(12157),
            &untrusted,
            Some(Below::Open),
            O::TlsIntercepted,
        ),
        (
            https,
            direct,
            failed(12175),
            unknown,
            None,
            O::TlsIntercepted,
        ),
        (
            https,
            direct,
            failed(12175),
            known,
            None,
            O::CertificateNotTrusted,
        ),
        (
            https,
            direct,
            failed(12037),
            &old,
            None,
            O::CertificateNotTrusted,
        ),
        (
            https,
            direct,
            failed(12038),
            &good,
            None,
            O::CertificateNotTrusted,
        ),
        (
            https,
            direct,
            failed(12157),
            "",
            Some(Below::Open),
            O::TlsFailed,
        ),
        (https, direct, failed(12029), "", None, O::PortClosed),
        (https, proxied, failed(12029), "", None, O::ProxyUnreachable),
        (https, direct, failed(12007), "", None, O::NameNotResolved),
        (https, direct, failed(12002), "", None, O::TimedOut),
        (
            https,
            direct,
            failed(12030),
            "",
            Some(Below::Open),
            O::ConnectionBroken,
        ),
        (https, direct, failed(12152), "", None, O::UnexpectedAnswer),
        (https, direct, failed(5), "", None, O::NotAsked),
        // What stands below tells more than the client's code.
        (
            https,
            direct,
            failed(12157),
            "",
            Some(Below::Refused(10061)),
            O::PortClosed,
        ),
        (
            https,
            direct,
            failed(12029),
            "",
            Some(Below::NameNotResolved),
            O::NameNotResolved,
        ),
        (
            https,
            direct,
            failed(12029),
            "",
            Some(Below::TimedOut),
            O::TimedOut,
        ),
        (
            https,
            proxied,
            failed(12029),
            "",
            Some(Below::Refused(10061)),
            O::ProxyUnreachable,
        ),
        (
            https,
            proxied,
            failed(12007),
            "",
            Some(Below::NameNotResolved),
            O::ProxyNotResolved,
        ),
        (
            https,
            proxied,
            failed(12002),
            "",
            Some(Below::TimedOut),
            O::ProxyUnreachable,
        ),
        (
            https,
            proxied,
            failed(12157),
            "",
            Some(Below::ProxyStatus(407)),
            O::ProxyAuthentication,
        ),
        (
            https,
            proxied,
            failed(12157),
            "",
            Some(Below::ProxyStatus(403)),
            O::ProxyRefused,
        ),
        (
            https,
            proxied,
            failed(12157),
            "",
            Some(Below::ProxyStatus(502)),
            O::ProxyCannotReach,
        ),
        (
            https,
            proxied,
            failed(12157),
            "",
            Some(Below::ProxySilent),
            O::ProxyUnreachable,
        ),
        // Windows hands the proxy's refusal over as the answer itself.
        (
            https,
            proxied,
            status(407),
            "",
            None,
            O::ProxyAuthentication,
        ),
        (https, proxied, status(403), "", None, O::ProxyRefused),
        (https, proxied, status(504), "", None, O::ProxyCannotReach),
        (https, direct, Reply::NoneInTime, "", None, O::TimedOut),
        (
            https,
            proxied,
            Reply::NoneInTime,
            "",
            Some(Below::TimedOut),
            O::ProxyUnreachable,
        ),
        (
            https,
            direct,
            Reply::NotAsked("why".to_owned()),
            "",
            None,
            O::NotAsked,
        ),
        (http, direct, status(200), "", None, O::Reachable),
        (http, direct, status(304), "", None, O::Reachable),
        (http, direct, status(302), "", None, O::UnexpectedAnswer),
        (http, proxied, status(407), "", None, O::ProxyAuthentication),
        (http, proxied, status(403), "", None, O::UnexpectedAnswer),
    ] {
        let route = Route {
            kind: if proxy.is_some() {
                RouteKind::SensorProxy
            } else {
                RouteKind::Direct
            },
            proxy: proxy.map(str::to_owned),
        };
        let answer = Answer {
            reply,
            chain: chain(chain_text),
            below,
        };
        let lab_roots = [LAB.parse().unwrap()];
        let judged = judge(url, &route, &answer, ExpectedRoots { lab: &lab_roots });
        assert_eq!(judged.outcome, expected, "{url} {answer:?} {judged:?}");
        assert_ne!(judged.detail, "", "{answer:?}");
    }
}

#[test]
fn a_lab_root_is_said_loudly() {
    let answer = Answer {
        reply: Reply::Status(200),
        chain: chain(&format!("{LAB}/0")),
        below: None,
    };
    let route = Route {
        kind: RouteKind::Direct,
        proxy: None,
    };
    let lab = [LAB.parse().unwrap()];
    let taken = judge("https://a/", &route, &answer, ExpectedRoots { lab: &lab });
    assert!(taken.detail.contains("LAB ROOT"), "{taken:?}");
    let not_taken = judge("https://a/", &route, &answer, ExpectedRoots { lab: &[] });
    assert_eq!(not_taken.outcome, Outcome::TlsIntercepted);
}

#[test]
fn the_worst_required_address_gives_the_reason() {
    use Outcome as O;
    let check = |need: Need, outcome: Outcome| Check {
        service: Service::CyberData.as_str().to_owned(),
        need: need.as_str().to_owned(),
        url: format!("https://{outcome}/"),
        outcome: outcome.as_str().to_owned(),
        detail: "seen".to_owned(),
        next_action: outcome.next_action().to_owned(),
        attempts: Vec::new(),
        chain: Vec::new(),
    };
    let must = |outcome| check(Need::Required, outcome);
    let may = |outcome| check(Need::Recommended, outcome);
    for (checks, reason) in [
        (vec![must(O::Reachable)], Reason::ServiceReachable),
        (
            vec![must(O::Reachable), may(O::PortClosed)],
            Reason::ServiceReachable,
        ),
        (vec![must(O::PortClosed)], Reason::ServiceUnreachable),
        (
            vec![must(O::PortClosed), must(O::ProxyRefused)],
            Reason::ProxyRefuses,
        ),
        (
            vec![must(O::ProxyRefused), must(O::TlsIntercepted)],
            Reason::TlsIntercepted,
        ),
        (vec![must(O::NotAsked)], Reason::ServiceUnreachable),
    ] {
        assert_eq!(verdict(&checks).0, reason, "{checks:?}");
    }
    let (_, detail) = verdict(&[must(O::PortClosed), must(O::TimedOut), must(O::Reachable)]);
    assert_eq!(detail, "https://port-closed/: seen (and 1 more)");
}

#[test]
fn only_a_proxy_that_is_not_there_leads_to_the_next_way() {
    for outcome in Outcome::ALL {
        let gone = matches!(
            outcome,
            Outcome::ProxyNotResolved | Outcome::ProxyUnreachable
        );
        assert_eq!(is_reached(*outcome), !gone, "{outcome}");
    }
}

#[test]
fn digests_of_the_roots_are_digests() {
    for (name, digest) in SERVICE_ROOTS {
        assert!(digest.parse::<Sha256>().is_ok(), "{name}");
    }
}

#[test]
fn the_document_names_every_outcome() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/connectivity.md");
    let document = std::fs::read_to_string(path).unwrap();
    for outcome in Outcome::ALL {
        let row = format!("| `{outcome}` | {} |", outcome.next_action());
        assert!(
            document.contains(&row),
            "missing in docs/connectivity.md: {row}"
        );
    }
}
