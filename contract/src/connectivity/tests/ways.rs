//! By which way each client goes, and which proxy values nobody would take.

use crate::connectivity::{Client, Outcome, is_reached, proxy_faults, routes};
use crate::facts::Network;

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
