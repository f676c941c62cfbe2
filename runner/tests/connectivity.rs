//! `connectivity` on a machine in memory: ways in their order, bounds, report.

#![expect(clippy::panic, reason = "a test says what went wrong by panicking")]

#[path = "../../contract/tests/cases/mod.rs"]
mod cases;
mod fake;

use fake::Fake;
use gangway_contract::connectivity::{Answer, Below, Certificate, Chain, Reply, SERVICE_ROOTS};
use gangway_contract::report::Report;
use gangway_contract::{Reason, UtcTime};
use gangway_runner::bundle::Places;
use gangway_runner::machine::Question;
use gangway_runner::{connectivity, run};

const GATEWAY: &str = "https://edr-weu.eu.endpoint.security.microsoft.com/edr/commands/test";

fn machine(lines: &str, network: impl Fn(&Question) -> Answer + 'static) -> Fake {
    let case = cases::Case::parse(&format!("host 2022\n{lines}"))
        .unwrap_or_else(|error| panic!("{error}"));
    let mut manifest = case.manifest;
    manifest.settings.report_root =
        Some(r"\\files.contoso.com\reports$".parse().expect("a UNC path"));
    let mut machine = Fake::new(manifest, case.facts);
    machine.network = Some(Box::new(network));
    machine
}

fn asked(machine: &mut Fake) -> Report {
    let bundle = machine.bundle();
    connectivity::run(machine, &bundle, &Places::default())
}

/// An answer of the service itself.
fn good(question: &Question) -> Answer {
    let secure = question.url.starts_with("https:");
    let root = SERVICE_ROOTS[0]
        .1
        .parse()
        .unwrap_or_else(|_| panic!("a digest"));
    let certificate = Certificate {
        subject: "a root".to_owned(),
        issuer: "a root".to_owned(),
        sha256: root,
        not_after: UtcTime(0),
    };
    Answer {
        reply: Reply::Status(200),
        chain: secure.then_some(Chain {
            certificates: vec![certificate],
            ends_in_root: true,
            trust_errors: 0,
        }),
        below: None,
    }
}

fn failed(below: Below) -> Answer {
    Answer {
        reply: Reply::Failed(12029),
        chain: None,
        below: Some(below),
    }
}

/// Outcome and ways of the gateway.
fn gateway(report: &Report) -> (String, Vec<(String, String)>) {
    let checks = report.connectivity.as_ref().map(|checks| &checks.checks);
    let check = checks
        .and_then(|checks| checks.iter().find(|check| check.url == GATEWAY))
        .unwrap_or_else(|| panic!("no check of the gateway"));
    let ways = check
        .attempts
        .iter()
        .map(|attempt| (attempt.route.clone(), attempt.outcome.clone()))
        .collect();
    (check.outcome.clone(), ways)
}

fn way(route: &str, outcome: &str) -> (String, String) {
    (route.to_owned(), outcome.to_owned())
}

fn precheck(lines: &str, network: impl Fn(&Question) -> Answer + 'static) -> Report {
    let lines = format!("manifest mode precheck\n{lines}");
    let mut machine = machine(lines.trim_end(), network);
    let bundle = machine.bundle();
    let start = run::begin(&mut machine, &bundle, &Places::default());
    let report = run::finish(&mut machine, &bundle, &Places::default(), &start);
    assert_eq!(machine.started, [""; 0]);
    assert_eq!((machine.kept.len(), machine.dropped.len()), (1, 1));
    report
}

#[test]
fn a_precheck_asks_too_and_what_stands_in_the_way_is_its_reason() {
    let closed = |_: &Question| failed(Below::Refused(10061));
    let elsewhere = "set sensor.onboarding_state 1
set sensor.org_id 99999999-89ab-cdef-0123-456789abcdef
set sensor.service running automatic";
    type Network = fn(&Question) -> Answer;
    // Reason of the report, and what came of the addresses; none when nothing was asked.
    let cases: [(&str, Network, &str, Option<&str>); 4] = [
        ("", good, "ready", Some("service-reachable")),
        (
            "",
            closed,
            "service-unreachable",
            Some("service-unreachable"),
        ),
        // The first thing to clear stays the reason.
        (
            elsewhere,
            closed,
            "other-tenant",
            Some("service-unreachable"),
        ),
        (
            "set os.product_type workstation",
            closed,
            "workstation",
            None,
        ),
    ];
    for (lines, network, reason, asked) in cases {
        let report = precheck(lines, network);
        assert_eq!(report.reason, reason, "{lines}");
        let said = report.known_reason().map(Reason::next_action);
        assert_eq!(said, Some(&*report.next_action), "{lines}");
        let checks = report.connectivity.as_ref();
        assert_eq!(checks.map(|checks| &*checks.reason), asked, "{lines}");
        assert!(report.health.is_some(), "it is a run's report too");
        let blockers: Vec<&str> = report.blockers.iter().map(|one| &*one.reason).collect();
        let expected: &[&str] = match (reason, asked) {
            ("other-tenant", _) => &["other-tenant", "service-unreachable"],
            (_, Some("service-unreachable")) => &["service-unreachable"],
            _ => &[],
        };
        assert_eq!(blockers, expected, "{lines}");
    }
}

#[test]
fn all_that_answers_is_good_and_nothing_is_changed() {
    let mut machine = machine("set host.as_system yes", good);
    machine.pass(0);
    let (truth, journal) = (machine.truth.clone(), machine.journal.clone());
    let report = asked(&mut machine);
    assert_eq!(report.reason, Reason::ServiceReachable.as_str());
    assert_eq!(
        (report.exit_code, report.findings.len()),
        (0, 0),
        "{report:?}"
    );
    assert_eq!(machine.truth, truth);
    assert_eq!(machine.journal, journal, "the journal is for runs that act");
    assert_eq!(machine.started, [""; 0]);
    assert_eq!(machine.volatile_marks, [""; 0]);
    assert_eq!((machine.kept.len(), machine.dropped.len()), (1, 1));
    assert_eq!(Report::parse(&machine.dropped[0].1), Ok(report));
}

#[test]
fn a_static_proxy_that_is_not_there_leads_to_the_machines_and_then_directly() {
    let lines = "set network.sensor_proxy tp:8080\nset network.machine_proxy mp:3128";
    let mut machine = machine(lines, |question| match question.proxy.as_deref() {
        Some("tp:8080") => failed(Below::NameNotResolved),
        Some(_) => failed(Below::Refused(10061)),
        None => good(question),
    });
    let report = asked(&mut machine);
    assert_eq!(
        gateway(&report),
        (
            "reachable".to_owned(),
            vec![
                way("sensor proxy tp:8080", "proxy-not-resolved"),
                way("machine proxy mp:3128", "proxy-unreachable"),
                way("direct", "reachable"),
            ]
        )
    );
}

#[test]
fn where_no_way_leads_there_the_proxy_that_is_set_is_named() {
    let mut machine = machine("set network.sensor_proxy tp:8080", |question| {
        failed(if question.proxy.is_some() {
            Below::Refused(10061)
        } else {
            Below::NameNotResolved
        })
    });
    let report = asked(&mut machine);
    assert_eq!(gateway(&report).0, "proxy-unreachable");
    assert_eq!(report.reason, Reason::ServiceUnreachable.as_str());
    assert_eq!(report.exit_code, 52);
}

#[test]
fn a_proxy_that_refuses_was_reached() {
    let mut machine = machine(
        "set network.sensor_proxy tp:8080",
        |question| match &question.proxy {
            Some(_) => failed(Below::ProxyStatus(407)),
            None => good(question),
        },
    );
    let report = asked(&mut machine);
    let (outcome, ways) = gateway(&report);
    assert_eq!((outcome.as_str(), ways.len()), ("proxy-authentication", 1));
    assert_eq!(report.reason, Reason::ProxyRefuses.as_str());
}

#[test]
fn the_time_for_all_is_bounded() {
    let lines = "set network.sensor_proxy tp:8080\nset network.machine_proxy mp:3128";
    let mut machine = machine(lines, |_| failed(Below::TimedOut));
    machine.ask_takes_s = connectivity::WHOLE_LIMIT_S;
    let report = asked(&mut machine);
    let checks = report
        .connectivity
        .as_ref()
        .map(|checks| checks.checks.len());
    assert_eq!(Some(machine.asked.len()), checks, "one round and no more");
    let (outcome, ways) = gateway(&report);
    assert_eq!((outcome.as_str(), ways.len()), ("proxy-unreachable", 1));
}

#[test]
fn what_is_only_recommended_is_told_and_decides_nothing() {
    let mut machine = machine("set host.as_system yes", |question| {
        if question.url.contains("definitionupdates") {
            failed(Below::Refused(10061))
        } else {
            good(question)
        }
    });
    let report = asked(&mut machine);
    assert_eq!(report.exit_code, 0);
    assert_eq!(report.findings.len(), 1, "{:?}", report.findings);
    assert!(report.findings[0].contains("definitionupdates"));
}

#[test]
fn another_account_and_a_malformed_proxy_are_told() {
    let lines = "set host.as_system no\nset network.sensor_proxy http://tp:8080";
    let report = asked(&mut machine(lines, good));
    assert!(
        report.findings[0].contains("TelemetryProxyServer"),
        "{:?}",
        report.findings
    );
    assert!(
        report.findings[1].contains("SYSTEM"),
        "{:?}",
        report.findings
    );
}

#[test]
fn the_report_stays_far_below_its_limit() {
    let case = cases::Case::parse("host 2022").unwrap_or_else(|error| panic!("{error}"));
    let mut manifest = case.manifest;
    manifest.tenant.connectivity = gangway_contract::manifest::Connectivity::Standard;
    manifest.tenant.endpoints = vec!["https://winatp-gw-eus3.microsoft.com/".to_owned()];
    let mut machine = Fake::new(manifest, case.facts);
    let long = |question: &Question| {
        let mut answer = good(question);
        if let Some(chain) = &mut answer.chain {
            let one = Certificate {
                subject: "x".repeat(511),
                issuer: "y".repeat(511),
                ..chain.certificates[0].clone()
            };
            chain.certificates = vec![one; 10];
        }
        answer
    };
    machine.network = Some(Box::new(long));
    let size = asked(&mut machine).to_bytes().len();
    assert!(size < gangway_contract::report::MAX_BYTES, "{size}");
}
