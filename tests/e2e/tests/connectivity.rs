//! The command `connectivity` on emulated servers, against real TLS servers and proxies that
//! the test itself makes.
//!
//! Hosts of the service are reached through a proxy that the server's own policy or settings
//! name. Where a direct way is tried, the addresses are such that no network answers them.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what went wrong by panicking"
)]

use std::path::Path;

use gangway_e2e::network::{Act, LabProxy, closed_port};
use gangway_e2e::{Deployment, Os, Outcome, Recipe, Server, ServerBuilder};
use gangway_fixtures::Lab;
use gangway_fixtures::blob::BlobSpec;
use gangway_fixtures::script::ScriptSpec;
use serde_json::Value;

/// Exit codes of the bootstrap that these tests expect.
const GOOD: i32 = 0;
const BLOCKED: i32 = 52;

const GATEWAY: &str = "edr-eus3.us.endpoint.security.microsoft.com";
const EVENTS: &str = "us-v20.events.endpoint.security.microsoft.com";

/// One run of the command.
struct Asked {
    deployment: Deployment,
    outcome: Outcome,
    printed: Value,
}

/// Runs the command and gives what it printed as JSON.
fn ask(server: ServerBuilder) -> Asked {
    ask_with(&Recipe::of_samples().unwrap(), server)
}

fn ask_with(recipe: &Recipe, server: ServerBuilder) -> Asked {
    let bundle = recipe.bundle().unwrap();
    let deployment = Deployment::of(&bundle, server).unwrap();
    let outcome = deployment.run_with(&["connectivity", "--json"]).unwrap();
    let printed = serde_json::from_str(&outcome.run.stdout)
        .unwrap_or_else(|error| panic!("{error}: {:?}", outcome.run));
    Asked {
        deployment,
        outcome,
        printed,
    }
}

impl Asked {
    /// The check of the one address with this host.
    #[track_caller]
    fn check(&self, host: &str) -> &Value {
        let checks = self.printed["connectivity"]["checks"].as_array().unwrap();
        let of_host = |check: &&Value| {
            let url = check["url"].as_str().unwrap();
            url.split(['/', ':']).nth(3) == Some(host)
        };
        checks
            .iter()
            .find(of_host)
            .unwrap_or_else(|| panic!("no check of `{host}`: {:#}", self.printed))
    }

    /// Exit code, reason, and the outcome of one host.
    #[track_caller]
    fn assert(&self, exit_code: i32, reason: &str, host: &str, outcome: &str) {
        let check = self.check(host);
        assert_eq!(check["outcome"], outcome, "{check:#}");
        assert_eq!(self.printed["reason"], reason, "{:#}", self.printed);
        assert_eq!(self.outcome.run.exit_code, exit_code);
        assert_eq!(self.printed["exit_code"], exit_code);
        if outcome != "reachable" {
            assert_ne!(check["next_action"], "nothing");
        }
    }
}

fn through(proxy: &LabProxy) -> ServerBuilder {
    Server::new(Os::Server2022).with_machine_proxy(&proxy.address(), "")
}

fn proxy(gateway: Act) -> LabProxy {
    LabProxy::new(Act::Serve(Lab::Tls, 200), &[(GATEWAY, gateway)]).unwrap()
}

#[test]
fn a_service_that_answers_is_reachable_and_the_lab_root_is_named() {
    let others = Act::Serve(Lab::Tls, 200);
    let proxy = LabProxy::new(others, &[(EVENTS, Act::Serve(Lab::Tls, 404))]).unwrap();
    let asked = ask(through(&proxy).with_trusted_root(Lab::Root));
    asked.assert(GOOD, "service-reachable", GATEWAY, "reachable");
    asked.assert(GOOD, "service-reachable", EVENTS, "reachable");
    let check = asked.check(GATEWAY);
    assert!(
        check["detail"].as_str().unwrap().contains("LAB ROOT"),
        "{check:#}"
    );
    let chain = check["chain"].as_array().unwrap();
    assert_eq!(chain.len(), 2, "{check:#}");
    let root = chain[1]["subject"].as_str().unwrap();
    assert!(root.contains("Contoso Lab Root"), "{check:#}");
    assert_eq!(
        proxy.asked(),
        [
            "CONNECT definitionupdates.microsoft.com",
            "CONNECT edr-eus3.us.endpoint.security.microsoft.com",
            "CONNECT events.data.microsoft.com",
            "CONNECT go.microsoft.com",
            "CONNECT us-v20.events.endpoint.security.microsoft.com",
            "CONNECT www.microsoft.com",
            "GET crl.microsoft.com",
            "GET ctldl.windowsupdate.com",
            "GET www.microsoft.com",
        ]
    );
}

#[test]
fn the_report_carries_the_checks_and_nothing_else_is_changed() {
    let proxy = proxy(Act::Refuse(403));
    let asked = ask(through(&proxy).with_trusted_root(Lab::Root));
    let on_share = asked.outcome.report().unwrap();
    assert_eq!(on_share.reason, "proxy-refuses");
    assert_eq!(on_share.exit_code, BLOCKED);
    assert_eq!(
        on_share.connectivity.as_ref().unwrap(),
        &asked.printed["connectivity"]
    );
    let kept = asked.outcome.kept.as_ref().unwrap();
    assert_eq!(kept.connectivity, on_share.connectivity);
    let server = &asked.deployment.server;
    assert_eq!(server.calls(), [], "something was executed");
    assert!(!server.on_c("Program Files/Gangway").exists());
    assert!(!server.on_c("ProgramData/Gangway/journal.jsonl").exists());
    assert_eq!(server.left_running(), Vec::<String>::new());
    let registry = server.registry().unwrap();
    assert_eq!(registry.dump(r"Software\Gangway"), Vec::<String>::new());
}

#[test]
fn a_private_ca_is_interception_whether_the_server_trusts_it_or_not() {
    let proxy = proxy(Act::Serve(Lab::TlsInspection, 200));
    for trusted in [false, true] {
        let mut server = through(&proxy).with_trusted_root(Lab::Root);
        if trusted {
            server = server.with_trusted_root(Lab::UnrelatedRoot);
        }
        let asked = ask(server);
        asked.assert(BLOCKED, "tls-intercepted", GATEWAY, "tls-intercepted");
        asked.assert(BLOCKED, "tls-intercepted", EVENTS, "reachable");
        let check = asked.check(GATEWAY);
        let detail = check["detail"].as_str().unwrap();
        assert!(detail.contains("Fabrikam Lab Root"), "{trusted}: {check:#}");
        let own = check["chain"][0]["subject"].as_str().unwrap();
        assert!(own.contains("Fabrikam Lab TLS Inspection"), "{check:#}");
    }
}

#[test]
fn a_certificate_that_has_ended_is_not_taken_for_interception() {
    let proxy = proxy(Act::Serve(Lab::TlsEnded, 200));
    let asked = ask(through(&proxy).with_trusted_root(Lab::Root));
    asked.assert(
        BLOCKED,
        "service-unreachable",
        GATEWAY,
        "certificate-not-trusted",
    );
    let check = asked.check(GATEWAY);
    assert!(
        check["detail"]
            .as_str()
            .unwrap()
            .contains("outside its time"),
        "{check:#}"
    );
}

#[test]
fn a_proxy_that_refuses_is_told_from_one_that_wants_a_password_and_one_that_cannot() {
    for (status, outcome, reason) in [
        (403, "proxy-refused", "proxy-refuses"),
        (407, "proxy-authentication", "proxy-refuses"),
        (502, "proxy-cannot-reach", "service-unreachable"),
    ] {
        let proxy = proxy(Act::Refuse(status));
        let asked = ask(through(&proxy).with_trusted_root(Lab::Root));
        asked.assert(BLOCKED, reason, GATEWAY, outcome);
        asked.assert(BLOCKED, reason, EVENTS, "reachable");
        let detail = asked.check(GATEWAY)["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(&status.to_string()), "{detail}");
        assert!(detail.contains(&proxy.address()), "{detail}");
    }
}

#[test]
fn a_connection_that_is_ended_before_a_certificate_comes_is_no_interception() {
    let proxy = proxy(Act::Break);
    let asked = ask(through(&proxy).with_trusted_root(Lab::Root));
    let outcome = asked.check(GATEWAY)["outcome"].clone();
    assert!(
        outcome == "tls-failed" || outcome == "connection-broken",
        "{:#}",
        asked.check(GATEWAY)
    );
    assert_eq!(asked.printed["reason"], "service-unreachable");
}

#[test]
fn a_proxy_that_never_answers_ends_in_time() {
    let proxy = proxy(Act::Silence);
    let asked = ask(through(&proxy).with_trusted_root(Lab::Root));
    asked.assert(BLOCKED, "service-unreachable", EVENTS, "reachable");
    let check = asked.check(GATEWAY);
    assert!(
        check["outcome"] == "proxy-unreachable" || check["outcome"] == "timed-out",
        "{check:#}"
    );
}

/// A precheck as the task runs it: what it reports, and what came of the addresses.
fn precheck(server: ServerBuilder) -> (Deployment, Outcome) {
    let recipe = Recipe::of_samples().unwrap();
    let bundle = recipe
        .with("onboard", "mode = 'precheck'")
        .bundle()
        .unwrap();
    let deployment = Deployment::of(&bundle, server).unwrap();
    let outcome = deployment.run().unwrap();
    (deployment, outcome)
}

#[test]
fn a_precheck_asks_the_addresses_too_and_changes_nothing() {
    const STATUS: &str = r"Software\Microsoft\Windows Advanced Threat Protection\Status";
    let refused = proxy(Act::Refuse(403));
    let reached = proxy(Act::Serve(Lab::Tls, 200));
    let on = |os: Os, proxy: &LabProxy| {
        Server::new(os)
            .with_machine_proxy(&proxy.address(), "")
            .with_trusted_root(Lab::Root)
    };
    let elsewhere = |server: ServerBuilder| {
        server
            .with_registry(STATUS, "OnboardingState", 1)
            .with_registry(STATUS, "OrgId", "99999999-89ab-cdef-0123-456789abcdef")
    };
    let cases = [
        (
            on(Os::Server2022, &reached),
            "ready",
            "service-reachable",
            GOOD,
        ),
        // The agent and the blob are planned, and the addresses answer.
        (
            on(Os::Server2016, &reached),
            "ready",
            "service-reachable",
            GOOD,
        ),
        (
            on(Os::Server2022, &refused),
            "proxy-refuses",
            "proxy-refuses",
            BLOCKED,
        ),
        (
            elsewhere(on(Os::Server2022, &refused)),
            "other-tenant",
            "proxy-refuses",
            BLOCKED,
        ),
    ];
    for (server, reason, asked, exit_code) in cases {
        let (deployment, outcome) = precheck(server);
        let report = outcome.report().unwrap();
        assert_eq!((&*report.state, &*report.reason), ("assessed", reason));
        assert_eq!(
            (report.exit_code, outcome.run.exit_code),
            (exit_code, exit_code)
        );
        let checks = report.connectivity.as_ref().unwrap();
        assert_eq!(checks["reason"], asked, "{checks:#}");
        assert!(checks["checks"].as_array().unwrap().len() > 5);
        assert_eq!(deployment.server.calls(), [], "something was executed");
    }
}

/// Two things on the server and one on the way to the service: all of them in one report.
#[test]
fn a_precheck_names_every_blocker_of_a_server() {
    let refused = proxy(Act::Refuse(403));
    let server = Server::new(Os::Server2016)
        .with_machine_proxy(&refused.address(), "")
        .with_trusted_root(Lab::Root)
        .with_registry(
            r"Software\Policies\Microsoft\Windows Defender",
            "DisableAntiSpyware",
            1,
        )
        .with_registry(
            r"Software\Microsoft\Windows\CurrentVersion\Setup\State",
            "ImageState",
            "IMAGE_STATE_UNDEPLOYABLE",
        );
    let (deployment, outcome) = precheck(server);
    let report = outcome.report().unwrap();
    assert_eq!(
        (&*report.state, &*report.reason),
        ("assessed", "image-build")
    );
    let blockers: Vec<&str> = report
        .blockers
        .iter()
        .map(|blocker| blocker["reason"].as_str().unwrap())
        .collect();
    let expected = [
        "image-build",
        "antivirus-disabled-by-policy",
        "proxy-refuses",
    ];
    assert_eq!(blockers, expected);
    assert_eq!(deployment.server.calls(), [], "something was executed");
}

/// A bundle whose package names this host for the sensor's orders.
fn recipe_at(host: &str, folder: &Path) -> Recipe {
    let blob = BlobSpec {
        geo_location_url: Some(format!("https://{host}/edr/")),
        ..BlobSpec::default()
    };
    let script = folder.join("WindowsDefenderATPOnboardingScript.cmd");
    std::fs::write(&script, ScriptSpec::of(blob).bytes()).unwrap();
    Recipe::of_samples().unwrap().with_downloads(&[folder])
}

/// A server whose other hosts go through the proxy, and this one directly.
fn past(proxy: &LabProxy, host: &str) -> ServerBuilder {
    Server::new(Os::Server2022)
        .with_machine_proxy(&proxy.address(), &format!("<local>;{host}"))
        .with_trusted_root(Lab::Root)
}

#[test]
fn a_name_that_does_not_resolve_is_named() {
    // RFC 6761: names below `invalid` have no address anywhere.
    let host = "edr.gangway.invalid";
    let proxy = proxy(Act::Serve(Lab::Tls, 200));
    let folder = tempfile::tempdir().unwrap();
    let asked = ask_with(&recipe_at(host, folder.path()), past(&proxy, host));
    asked.assert(BLOCKED, "service-unreachable", host, "name-not-resolved");
    assert_eq!(asked.check(host)["attempts"][0]["route"], "direct");
    asked.assert(BLOCKED, "service-unreachable", EVENTS, "reachable");
}

#[test]
fn a_closed_port_is_named() {
    // Port 1 (tcpmux) is served nowhere.
    let proxy = proxy(Act::Serve(Lab::Tls, 200));
    let folder = tempfile::tempdir().unwrap();
    let recipe = recipe_at("localhost:1", folder.path());
    let asked = ask_with(&recipe, past(&proxy, "unused"));
    asked.assert(BLOCKED, "service-unreachable", "localhost", "port-closed");
    assert_eq!(asked.check("localhost")["attempts"][0]["route"], "direct");
}

#[test]
fn the_sensors_own_proxy_goes_first_and_is_the_sensors_alone() {
    let own = proxy(Act::Serve(Lab::Tls, 200));
    let machine = proxy(Act::Refuse(403));
    let server = || {
        Server::new(Os::Server2022)
            .with_sensor_proxy(&own.address())
            .with_machine_proxy(&machine.address(), "")
            .with_trusted_root(Lab::Root)
    };
    let asked = ask(server());
    asked.assert(GOOD, "service-reachable", GATEWAY, "reachable");
    let route = format!("sensor proxy {}", own.address());
    assert_eq!(asked.check(GATEWAY)["attempts"][0]["route"], route.as_str());
    assert!(own.asked().iter().all(|line| line.starts_with("CONNECT")));
    let lists = |proxy: &LabProxy| proxy.asked().contains(&"GET crl.microsoft.com".to_owned());
    assert!(
        lists(&machine) && !lists(&own),
        "lists go by the machine's proxy"
    );

    let policy = r"Software\Policies\Microsoft\Windows Advanced Threat Protection";
    let preferring = server().with_registry(policy, "PreferStaticProxyForHttpRequest", 1);
    ask(preferring).assert(GOOD, "service-reachable", GATEWAY, "reachable");
    assert!(lists(&own), "lists go by the sensor's proxy when told so");
}

#[test]
fn a_proxy_that_is_not_there_gives_way_to_the_next() {
    let machine = proxy(Act::Serve(Lab::Tls, 200));
    let closed = closed_port().unwrap();
    let asked = ask(through(&machine)
        .with_sensor_proxy(&closed)
        .with_trusted_root(Lab::Root));
    asked.assert(GOOD, "service-reachable", GATEWAY, "reachable");
    let attempts = &asked.check(GATEWAY)["attempts"];
    assert_eq!(attempts[0]["outcome"], "proxy-unreachable", "{attempts:#}");
    assert_eq!(
        attempts[0]["route"],
        format!("sensor proxy {closed}").as_str()
    );
    let unnamed = ask(through(&machine)
        .with_sensor_proxy("proxy.gangway.invalid:8080")
        .with_trusted_root(Lab::Root));
    unnamed.assert(GOOD, "service-reachable", GATEWAY, "reachable");
    let attempts = &unnamed.check(GATEWAY)["attempts"];
    assert_eq!(attempts[0]["outcome"], "proxy-not-resolved", "{attempts:#}");
}

#[test]
fn a_person_reads_the_same_as_text() {
    let proxy = proxy(Act::Serve(Lab::TlsInspection, 200));
    let bundle = Recipe::of_samples().unwrap().bundle().unwrap();
    let server = through(&proxy).with_trusted_root(Lab::Root);
    let deployment = Deployment::of(&bundle, server).unwrap();
    let outcome = deployment.run_with(&["connectivity"]).unwrap();
    assert_eq!(outcome.run.exit_code, BLOCKED);
    for words in [
        "tls-intercepted",
        "issued by",
        "Fabrikam Lab Root",
        "next: take the host out of TLS inspection",
        "cannot be asked",
        "blocked: tls-intercepted",
        "another account than SYSTEM",
    ] {
        assert!(
            outcome.run.stdout.contains(words),
            "{words}: {}",
            outcome.run.stdout
        );
    }
}
