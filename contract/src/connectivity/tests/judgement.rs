//! What an answer means, and all answers together.

use crate::connectivity::{
    Answer, Below, Certificate, Chain, Check, ExpectedRoots, Need, Outcome, Reply, Route,
    RouteKind, SERVICE_ROOTS, Service, judge, verdict,
};
use crate::identity::Sha256;
use crate::reason::Reason;
use crate::time::UtcTime;

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
fn digests_of_the_roots_are_digests() {
    for (name, digest) in SERVICE_ROOTS {
        assert!(digest.parse::<Sha256>().is_ok(), "{name}");
    }
}
