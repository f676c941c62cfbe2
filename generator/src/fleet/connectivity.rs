//! What the servers' `connectivity` runs say together.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use gangway_contract::Reason;
use gangway_contract::connectivity::{Need, Outcome};
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::{
    AddressCount, ConnectivityCount, FailingAddress, MAX_TEXT, Server, ServerConnectivity,
};
use crate::printable::read_on_one_line;

/// Failing addresses that are kept of one report; the lists have some forty.
const MAX_FAILING: usize = 100;

/// Characters that are kept of an address and of what came of it; real ones have fewer.
const MAX_ADDRESS: usize = 300;

/// What the fleet needs of the checks in a report.
#[derive(Deserialize)]
pub(super) struct Checks {
    /// Empty in reports of an older bootstrap.
    #[serde(default, deserialize_with = "read_on_one_line::<MAX_TEXT, _>")]
    pub(super) reason: String,
    #[serde(default, deserialize_with = "read_on_one_line::<MAX_TEXT, _>")]
    pub(super) detail: String,
    /// Required addresses that do not answer as they should.
    #[serde(rename = "checks", deserialize_with = "failing")]
    pub(super) failing: Vec<FailingAddress>,
}

#[derive(Deserialize)]
struct Check {
    #[serde(deserialize_with = "read_on_one_line::<MAX_ADDRESS, _>")]
    url: String,
    #[serde(deserialize_with = "read_on_one_line::<MAX_ADDRESS, _>")]
    need: String,
    #[serde(deserialize_with = "read_on_one_line::<MAX_ADDRESS, _>")]
    outcome: String,
}

/// Keeps of the checks what the fleet needs, while they are read.
fn failing<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<FailingAddress>, D::Error> {
    struct List;
    impl<'de> Visitor<'de> for List {
        type Value = Vec<FailingAddress>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("a list of addresses")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            let mut failing = Vec::new();
            while let Some(check) = list.next_element::<Check>()? {
                let fails = check.need == Need::Required.as_str()
                    && check.outcome != Outcome::Reachable.as_str();
                if fails && failing.len() < MAX_FAILING {
                    failing.push(FailingAddress {
                        url: check.url,
                        outcome: word(check.outcome),
                    });
                }
            }
            failing.sort();
            Ok(failing)
        }
    }
    deserializer.deserialize_seq(List)
}

/// An outcome takes no memory of its own where this program knows it.
fn word(text: String) -> Cow<'static, str> {
    let known = Outcome::ALL.iter().find(|one| one.as_str() == text);
    known.map_or(Cow::Owned(text), |one| Cow::Borrowed(one.as_str()))
}

impl ServerConnectivity {
    /// Does it say that the service is not reached? A reason that only a later bootstrap knows does.
    pub(super) fn is_in_the_way(&self) -> bool {
        Reason::from_code(&self.reason).is_none_or(Reason::stands_in_the_way)
    }
}

/// Worst first; codes that this program does not know come before those that it does.
fn rank(reason: &str) -> usize {
    const ORDER: [Reason; 4] = [
        Reason::TlsIntercepted,
        Reason::ProxyRefuses,
        Reason::ServiceUnreachable,
        Reason::ServiceReachable,
    ];
    ORDER
        .iter()
        .position(|known| known.as_str() == reason)
        .map_or(0, |at| at + 1)
}

/// Counts the servers by reason, and the addresses below each.
pub(super) fn count(servers: &[Server]) -> Vec<ConnectivityCount> {
    let mut groups: BTreeMap<(usize, &str), Vec<&ServerConnectivity>> = BTreeMap::new();
    for asked in servers.iter().filter_map(|one| one.connectivity.as_deref()) {
        let key = (rank(&asked.reason), &*asked.reason);
        groups.entry(key).or_default().push(asked);
    }
    groups
        .into_iter()
        .map(|((_, reason), group)| {
            let mut counts: BTreeMap<&FailingAddress, usize> = BTreeMap::new();
            for failing in group.iter().flat_map(|asked| &asked.failing) {
                *counts.entry(failing).or_default() += 1;
            }
            let mut addresses: Vec<AddressCount> = counts
                .into_iter()
                .map(|(failing, servers)| AddressCount {
                    url: failing.url.clone(),
                    outcome: failing.outcome.to_string(),
                    servers,
                })
                .collect();
            addresses.sort_by(|left, right| right.servers.cmp(&left.servers).then(left.cmp(right)));
            ConnectivityCount {
                reason: reason.to_owned(),
                next_action: Reason::from_code(reason)
                    .map_or(
                        "read the newest report of these servers",
                        Reason::next_action,
                    )
                    .to_owned(),
                servers: group.len(),
                addresses,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use gangway_contract::report::file_name;
    use gangway_contract::{State, UtcTime};
    use serde_json::{Value, json};

    use super::super::{
        Campaign, DEFAULT_MAX_AGE_DAYS, ExpectedServers, Fleet, Names, Owners, Question, Texts,
        none_counts, read, text,
    };
    use crate::goal::Goal;

    fn report(
        fqdn: &str,
        finished_at: &str,
        reason: &str,
        checks: Option<&[(&str, &str, &str)]>,
    ) -> Value {
        let state = match reason {
            "converged" => "onboarded",
            "service-reachable" => "assessed",
            _ => "blocked",
        };
        let exit_code = if state == "blocked" { 52 } else { 0 };
        let mut report = json!({
            "schema": 2, "bundle_id": "0".repeat(32), "sequence": 1, "fqdn": fqdn,
            "finished_at": finished_at, "state": state, "reason": reason, "detail": "seen",
            "next_action": "act", "exit_code": exit_code, "mode": "onboard",
            "health": {
                "onboarding": {"answer": "onboarded", "good": true},
                "sensor": {"answer": "alive", "good": true},
                "antivirus": {"answer": "active", "good": true},
                "content": {"answer": "fresh", "good": true},
            },
            "facts_after": {"sensor": {"org_id": "absent"}},
        });
        if let Some(checks) = checks {
            let checks: Vec<Value> = checks
                .iter()
                .map(|(url, need, outcome)| json!({"url": url, "need": need, "outcome": outcome}))
                .collect();
            report["connectivity"] = json!({"checks": checks});
            report["health"] = Value::Null;
        }
        report
    }

    fn fleet_of(folder: &Path, reports: &[Value]) -> Fleet {
        for (number, report) in (0..).zip(reports) {
            let time: UtcTime = serde_json::from_value(report["finished_at"].clone()).unwrap();
            let name = file_name(report["fqdn"].as_str().unwrap(), time, number);
            std::fs::write(folder.join(name), report.to_string()).unwrap();
        }
        let expected = ExpectedServers::read(b"a.corp\nb.corp\nc.corp\n").unwrap();
        let question = Question {
            expected: Some(&expected),
            owners: &Owners::default(),
            campaign: Campaign {
                mode: Goal::Onboard,
                org_id: None,
                named: true,
            },
            now: "2026-01-03T00:00:00Z".parse().unwrap(),
            max_age_days: DEFAULT_MAX_AGE_DAYS,
            texts: Texts::All,
        };
        read(folder, &question).unwrap()
    }

    const CLOSED: (&str, &str, &str) = ("https://x/", "required", "port-closed");
    const OPENED: (&str, &str, &str) = ("https://y/", "required", "tls-intercepted");
    const MINOR: (&str, &str, &str) = ("https://z/", "recommended", "timed-out");
    const GOOD: (&str, &str, &str) = ("https://w/", "required", "reachable");

    #[test]
    fn a_precheck_that_asked_is_a_run_and_says_what_came_of_the_addresses() {
        let folder = tempfile::tempdir().unwrap();
        let late = "2026-01-02T00:00:00Z";
        let mut one = report("a.corp", late, "other-tenant", Some(&[OPENED, GOOD]));
        one["state"] = "assessed".into();
        one["mode"] = "precheck".into();
        one["exit_code"] = 52.into();
        one["connectivity"]["reason"] = "tls-intercepted".into();
        one["connectivity"]["detail"] = "a root of Fabrikam".into();
        one["health"] = json!({
            "onboarding": {"answer": "other-tenant", "good": false},
            "sensor": {"answer": "stopped", "good": false},
            "antivirus": {"answer": "active", "good": true},
            "content": {"answer": "fresh", "good": true},
        });
        let fleet = fleet_of(folder.path(), &[one]);
        let server = &fleet.servers[0];
        let run = server.report.as_ref().unwrap();
        assert_eq!((run.state, &*run.reason), (State::Assessed, "other-tenant"));
        let asked = server.connectivity.as_ref().unwrap();
        assert_eq!(
            (&*asked.reason, &*asked.detail, asked.failing.len()),
            ("tls-intercepted", "a root of Fabrikam", 1)
        );
        let count = &fleet.connectivity[0];
        assert_eq!((&*count.reason, count.servers), ("tls-intercepted", 1));
    }

    #[test]
    fn asking_addresses_says_nothing_of_onboarding() {
        let folder = tempfile::tempdir().unwrap();
        let (early, late) = ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z");
        let fleet = fleet_of(
            folder.path(),
            &[
                report("A.corp", early, "converged", None),
                report(
                    "a.corp",
                    late,
                    "service-unreachable",
                    Some(&[CLOSED, MINOR, GOOD]),
                ),
                report("b.corp", late, "service-reachable", Some(&[GOOD, MINOR])),
            ],
        );
        let state = |at: usize| fleet.servers[at].report.as_ref().map(|report| report.state);
        assert_eq!(
            [state(0), state(1), state(2)],
            [Some(State::Onboarded), None, None]
        );
        assert_eq!(fleet.coverage.missing, Some(2), "b asked, c is silent");
        let failing = &fleet.servers[0].connectivity.as_ref().unwrap().failing;
        assert_eq!(failing.len(), 1);
        assert_eq!(failing[0].url, CLOSED.0);
        assert_eq!(fleet.done_percent, 33);
    }

    #[test]
    fn the_newest_answer_of_each_server_counts_worst_first() {
        let folder = tempfile::tempdir().unwrap();
        let (early, late) = ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z");
        let fleet = fleet_of(
            folder.path(),
            &[
                report("a.corp", late, "tls-intercepted", Some(&[OPENED, CLOSED])),
                report("a.corp", early, "service-reachable", Some(&[GOOD])),
                report("b.corp", early, "tls-intercepted", Some(&[OPENED])),
                report("c.corp", early, "service-reachable", Some(&[GOOD])),
            ],
        );
        let counts: Vec<(&str, usize)> = fleet
            .connectivity
            .iter()
            .map(|count| (count.reason.as_str(), count.servers))
            .collect();
        assert_eq!(counts, [("tls-intercepted", 2), ("service-reachable", 1)]);
        let addresses = &fleet.connectivity[0].addresses;
        assert_eq!(
            (addresses[0].url.as_str(), addresses[0].servers),
            (OPENED.0, 2)
        );
        assert_eq!(
            (addresses[1].url.as_str(), addresses[1].servers),
            (CLOSED.0, 1)
        );
        let words = text(&fleet, Names::Few);
        for line in [
            "connectivity of 3 servers that asked",
            "      2  tls-intercepted",
            "next: take the addresses named out of TLS inspection",
            "      2  tls-intercepted https://y/",
            "      1  service-reachable",
        ] {
            assert!(words.contains(line), "{line}: {words}");
        }
    }

    /// Its own addresses may refute it, and nobody here can tell.
    #[test]
    fn a_report_of_a_newer_bootstrap_makes_no_server_reachable_and_takes_no_bad_answer_away() {
        let (early, late) = ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z");
        let earlier = report("a.corp", early, "service-unreachable", Some(&[CLOSED]));
        let table = [
            ("service-reachable", vec![CLOSED], "service-unreachable"),
            ("service-reachable", vec![GOOD], "service-unreachable"),
            ("converged", vec![GOOD], "service-unreachable"),
            ("tls-intercepted", vec![OPENED], "tls-intercepted"),
            ("of-a-later-version", vec![CLOSED], "of-a-later-version"),
        ];
        for (reason, checks, counted) in table {
            let folder = tempfile::tempdir().unwrap();
            let mut later = report("a.corp", late, reason, Some(&checks));
            later["schema"] = 99.into();
            let fleet = fleet_of(folder.path(), &[earlier.clone(), later]);
            let found: Vec<(&str, usize)> = fleet
                .connectivity
                .iter()
                .map(|count| (count.reason.as_str(), count.servers))
                .collect();
            assert_eq!(found, [(counted, 1)], "{reason} {checks:?}");
        }
    }

    #[test]
    fn a_fleet_of_which_only_newer_bootstraps_asked_is_told_why_nothing_counts() {
        let folder = tempfile::tempdir().unwrap();
        let late = "2026-01-02T00:00:00Z";
        let mut later = report("a.corp", late, "service-reachable", Some(&[GOOD]));
        later["schema"] = 99.into();
        let fleet = fleet_of(folder.path(), &[later]);
        let why = none_counts(folder.path(), &fleet).unwrap().to_string();
        assert!(why.contains("reports of a newer bootstrap: 1"), "{why}");
    }

    #[test]
    fn a_fleet_that_never_asked_says_nothing_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let one = report("a.corp", "2026-01-01T00:00:00Z", "converged", None);
        let fleet = fleet_of(folder.path(), &[one]);
        assert_eq!(fleet.connectivity, []);
        assert!(!text(&fleet, Names::Few).contains("connectivity"));
    }
}
