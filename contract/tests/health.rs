//! Walks all combinations of the facts that tell whether a server is protected: none is good
//! unless all four answers are, and each other one has a reason, evidence and a next action.
//!
//! What "good" means is said here once more, in the words of the facts.

#![expect(clippy::panic, reason = "a test says what went wrong by panicking")]

mod cases;

use std::collections::BTreeMap;

use gangway_contract::health::{self, Health};
use gangway_contract::{Facts, History, Manifest, Reason, State, decide};

/// One fact or setting and every text that it is walked through. The healthy one stands first.
type Axis = (&'static str, &'static [&'static str]);

const ORG: &str = cases::ORG;
const FRESH: &str = "2026-02-03T03:30:00Z";
const OLD: &str = "2026-01-20T00:00:00Z";
const FUTURE: &str = "2026-03-01T00:00:00Z";

const ONBOARDING: &[Axis] = &[
    ("sensor.onboarding_state", &["1", "0", "-", "?denied"]),
    (
        "sensor.org_id",
        &[ORG, "ffffffff-89ab-cdef-0123-456789abcdef", "-", "?denied"],
    ),
    (
        "sensor.service",
        &[
            "running automatic",
            "running manual",
            "stopped automatic",
            "pending automatic",
            "stopped disabled",
            "-",
            "?denied",
        ],
    ),
    (
        "sensor.last_connected",
        &[FRESH, OLD, FUTURE, "-", "?denied"],
    ),
];

const ANTIVIRUS: &[Axis] = &[
    ("antivirus_mode", &["auto", "always", "never"]),
    (
        "antivirus.service",
        &[
            "running automatic",
            "stopped automatic",
            "stopped disabled",
            "-",
            "?denied",
        ],
    ),
    ("antivirus.mode", &["active", "passive", "?denied"]),
    (
        "antivirus.reported_mode",
        &["-", "normal", "passive", "edr_block", "not_running"],
    ),
    ("antivirus.real_time", &["-", "no"]),
    ("antivirus.passive_policy", &["-", "0", "1", "?denied"]),
    ("antivirus.disabled_policy", &["-", "1"]),
    ("antivirus.real_time_policy", &["-", "1"]),
    ("antivirus.tamper_protection", &["-", "yes"]),
    ("antivirus.others", &["-", "Contoso Shield", "?denied"]),
];

const CONTENT: &[Axis] = &[
    (
        "antivirus.content_time",
        &[FRESH, OLD, FUTURE, "-", "?denied"],
    ),
    ("antivirus.reported_content_time", &["-", OLD, FRESH]),
];

struct Server {
    manifest: Manifest,
    facts: Facts,
    set: BTreeMap<&'static str, &'static str>,
}

impl Server {
    fn healthy() -> Self {
        let mut server = Self {
            manifest: cases::bundle(),
            facts: cases::host("2022").unwrap_or_else(|error| panic!("{error}")),
            set: BTreeMap::new(),
        };
        for (name, values) in ONBOARDING.iter().chain(ANTIVIRUS).chain(CONTENT) {
            server.set(name, values[0]);
        }
        server
    }

    fn set(&mut self, name: &'static str, value: &'static str) {
        self.set.insert(name, value);
        if name == "antivirus_mode" {
            let lines = format!("manifest antivirus_mode {value}");
            self.manifest = cases::Case::parse(&lines)
                .unwrap_or_else(|error| panic!("{error}"))
                .manifest;
        } else if let Err(error) = self.facts.set(name, value) {
            panic!("{name} {value}: {error}");
        }
    }

    fn is(&self, name: &str, value: &str) -> bool {
        self.set[name] == value
    }

    fn one_of(&self, name: &str, values: &[&str]) -> bool {
        values.contains(&self.set[name])
    }

    fn is_onboarded(&self) -> bool {
        self.is("sensor.onboarding_state", "1")
            && self.is("sensor.org_id", ORG)
            && self.one_of(
                "sensor.service",
                &[
                    "running automatic",
                    "stopped automatic",
                    "pending automatic",
                ],
            )
    }

    fn is_alive(&self) -> bool {
        self.set["sensor.service"].starts_with("running") && self.is("sensor.last_connected", FRESH)
    }

    fn runs_as(&self, mode: &str) -> bool {
        let reported = self.set["antivirus.reported_mode"];
        let told = match reported {
            "-" => self.set["antivirus.mode"],
            "normal" => "active",
            "passive" | "edr_block" => "passive",
            _ => "off",
        };
        self.is("antivirus.service", "running automatic") && told == mode
    }

    fn is_protected(&self) -> bool {
        let alone = self.is("antivirus.others", "-");
        let beside = self.is("antivirus.others", "Contoso Shield");
        let real_time = self.is("antivirus.real_time", "-")
            && (self.is("antivirus.real_time_policy", "-")
                || self.is("antivirus.tamper_protection", "yes"));
        let stays_active = self.one_of("antivirus.passive_policy", &["-", "0"])
            || self.is("antivirus_mode", "never");
        let readable = !self.is("antivirus.passive_policy", "?denied")
            && !self.is("antivirus.service", "?denied");
        let active = self.runs_as("active") && real_time;
        let mode_untold = self.is("antivirus.service", "running automatic")
            && self.is("antivirus.mode", "?denied")
            && self.is("antivirus.reported_mode", "-");
        let off = !self.runs_as("passive") && !active && !mode_untold;
        readable
            && (alone && active && stays_active
                || beside && self.runs_as("passive") && !self.is("antivirus_mode", "never")
                || beside && off && self.is("antivirus_mode", "auto"))
    }

    fn is_current(&self) -> bool {
        let off = !self.is("antivirus.service", "running automatic");
        let other_alone = off && self.is_protected();
        other_alone
            || self.is("antivirus.reported_content_time", FRESH)
            || self.is("antivirus.reported_content_time", "-")
                && self.is("antivirus.content_time", FRESH)
    }
}

/// Calls `look` for every combination of the axes; the others stay healthy.
fn walk(axes: &[Axis], look: &mut dyn FnMut(&Server)) {
    fn next(server: &mut Server, axes: &[Axis], look: &mut dyn FnMut(&Server)) {
        let Some(((name, values), rest)) = axes.split_first() else {
            return look(server);
        };
        for value in *values {
            server.set(name, value);
            next(server, rest, look);
        }
    }
    next(&mut Server::healthy(), axes, look);
}

fn judged(server: &Server) -> Health {
    health::judge(&server.manifest, &server.facts)
}

/// Good or with a reason; the plan says the same.
fn check(server: &Server, good: bool) {
    let context = &server.set;
    let health = judged(server);
    assert_eq!(health.is_good(), good, "{health:?} {context:?}");
    assert_eq!(health.trouble().is_none(), good, "{health:?} {context:?}");
    let plan = decide(&server.manifest, &server.facts, &History::default());
    if matches!(plan.state, State::Onboarded | State::OnboardedPendingReboot) {
        assert!(good, "{plan:?} {context:?}");
    }
    if plan.state == State::OnboardedUnhealthy {
        assert_eq!(Some(plan.reason), health.trouble(), "{context:?}");
        assert_eq!(plan.detail, health.evidence(), "{context:?}");
        assert!(!plan.detail.is_empty(), "{context:?}");
    }
    if !good {
        let reason = health.trouble().unwrap_or(Reason::Converged);
        assert_ne!(reason.next_action(), "nothing", "{context:?}");
        assert_ne!(health.evidence(), "", "{context:?}");
    }
}

#[test]
fn no_combination_of_the_sensors_facts_is_good_unless_it_lives_and_is_ours() {
    walk(ONBOARDING, &mut |server| {
        let health = judged(server);
        let context = &server.set;
        assert_eq!(
            health.enrolment.answer.is_good(),
            server.is_onboarded(),
            "{health:?} {context:?}"
        );
        assert_eq!(
            health.sensor.answer.is_good(),
            server.is_alive(),
            "{health:?} {context:?}"
        );
        check(server, server.is_onboarded() && server.is_alive());
    });
}

#[test]
fn no_combination_of_the_antivirus_is_good_unless_somebody_protects_as_wanted() {
    walk(ANTIVIRUS, &mut |server| {
        let health = judged(server);
        let context = &server.set;
        assert_eq!(
            health.antivirus.answer.is_good(),
            server.is_protected(),
            "{health:?} {context:?}"
        );
        check(server, server.is_protected());
    });
}

#[test]
fn no_combination_of_the_contents_times_is_good_unless_it_is_young() {
    walk(CONTENT, &mut |server| check(server, server.is_current()));
}

/// All four at once, a value for each answer.
#[test]
fn no_mixture_is_good_unless_all_four_are() {
    const MIXED: &[Axis] = &[
        ("sensor.onboarding_state", &["1", "0"]),
        (
            "sensor.service",
            &["running automatic", "running manual", "stopped automatic"],
        ),
        ("sensor.last_connected", &[FRESH, OLD, "-", "?denied"]),
        ("antivirus_mode", &["auto", "always", "never"]),
        (
            "antivirus.service",
            &["running automatic", "stopped disabled", "-"],
        ),
        ("antivirus.mode", &["active", "passive", "?denied"]),
        ("antivirus.passive_policy", &["-", "1"]),
        ("antivirus.disabled_policy", &["-", "1"]),
        ("antivirus.others", &["-", "Contoso Shield"]),
        ("antivirus.content_time", &[FRESH, OLD, "-", "?denied"]),
    ];
    let mut good = 0;
    walk(MIXED, &mut |server| {
        let all = server.is_onboarded()
            && server.is_alive()
            && server.is_protected()
            && server.is_current();
        good += usize::from(all);
        check(server, all);
    });
    assert!(good > 0);
}
