//! `connectivity`: asks every address of the service by the ways that the product takes, and
//! reports. Changes nothing on the server beyond its report.

use gangway_contract::connectivity::{
    Answer, Attempt, Certificate, Check, Checks, ExpectedRoots, Judged, Need, Outcome, Route,
    ServiceUrl, is_reached, judge, patterns, proxy_faults, routes, service_urls, verdict,
};
use gangway_contract::facts::Network;
use gangway_contract::{Fact, Facts, Manifest, Reason, Report, Sha256};

use crate::bundle::{Bundle, Places};
use crate::host_report::{self, Start};
use crate::machine::{Machine, Question};
use crate::stop::Stop;
use crate::tell;

/// Longest time for all addresses and ways together, in seconds. An address that waits for a
/// silent firewall takes [`ONE_LIMIT_S`] by each way, and several are asked at once.
pub const WHOLE_LIMIT_S: u32 = 180;

/// Longest time for one address by one way, in seconds.
pub const ONE_LIMIT_S: u32 = 25;

/// Asks, judges and reports.
pub fn run(machine: &mut dyn Machine, bundle: &Bundle, places: &Places) -> Report {
    let started_at = machine.now();
    let facts = machine.facts(&bundle.name());
    let asked = ask(machine, &bundle.manifest, &facts);
    let start = Start::assessing(facts.clone(), started_at, asked.reason);
    let stop = Stop::new(asked.reason, asked.checks.detail.clone());
    let mut report = host_report::report_of_stop(machine, bundle, &start, facts, stop, asked.notes);
    // Such a report says nothing of onboarding.
    report.health = None;
    report.connectivity = Some(asked.checks);
    hand_over(machine, bundle, places, report)
}

/// What came of all addresses.
pub(crate) struct Asked {
    pub(crate) reason: Reason,
    pub(crate) checks: Checks,
    /// What a person should know beyond the reason.
    pub(crate) notes: Vec<String>,
}

/// Asks every address by the ways that the product takes.
pub(crate) fn ask(machine: &mut dyn Machine, manifest: &Manifest, facts: &Facts) -> Asked {
    let checks = check(machine, manifest, &facts.network);
    let (reason, detail) = verdict(&checks);
    let mut notes = proxy_faults(&facts.network);
    match &facts.host.as_system {
        Fact::Value(true) => {}
        Fact::Value(false) | Fact::Absent => notes.push(
            "asked as another account than SYSTEM: rules of the proxy or the firewall may treat \
             the sensor otherwise"
                .to_owned(),
        ),
        Fact::Unreadable { why } => {
            notes.push(format!("the account of this process cannot be read: {why}"));
        }
    }
    notes.extend(recommended(&checks));
    Asked {
        reason,
        checks: Checks {
            as_system: facts.host.as_system.value().copied(),
            reason: reason.as_str().to_owned(),
            detail,
            checks,
            not_asked: patterns(&manifest.tenant),
        },
        notes,
    }
}

/// To the share, to the server and to the event log. No mark and no journal: this run says
/// nothing of onboarding.
fn hand_over(
    machine: &mut dyn Machine,
    bundle: &Bundle,
    places: &Places,
    mut report: Report,
) -> Report {
    let name = host_report::report_name(machine, &report);
    if let Some(folder) = host_report::report_folder(places, &bundle.manifest)
        && let Err(failure) = machine.drop_report(&folder, &name, &report.to_bytes())
    {
        report.findings.push(failure.to_string());
    }
    if let Err(failure) = host_report::keep(machine, &name, &report) {
        report.findings.push(failure.to_string());
    }
    // The report says the same.
    let _ = machine.log_event(&tell::event(&report));
    report
}

/// Addresses that are not required and do not answer: told, and not decisive.
fn recommended(checks: &[Check]) -> Vec<String> {
    checks
        .iter()
        .filter(|check| {
            check.need == Need::Recommended.as_str() && check.outcome != Outcome::Reachable.as_str()
        })
        .map(|check| format!("recommended {}: {}", check.url, check.detail))
        .collect()
}

/// One address on its way to an outcome.
struct Asking {
    entry: ServiceUrl,
    left: Vec<Route>,
    attempts: Vec<Attempt>,
    judged: Judged,
    chain: Vec<Certificate>,
    /// Outcome of the proxy that was not there, while other ways are tried.
    no_proxy: Option<Judged>,
    done: bool,
}

/// Asks round by round: all addresses by their first way, then those whose proxy was not
/// there by the next one.
fn check(machine: &mut dyn Machine, manifest: &Manifest, network: &Network) -> Vec<Check> {
    let mut askings: Vec<Asking> = service_urls(&manifest.tenant)
        .into_iter()
        .map(|entry| {
            let mut left = routes(entry.service.client(), &entry.url, network);
            left.reverse();
            Asking {
                entry,
                left,
                attempts: Vec::new(),
                judged: Judged {
                    outcome: Outcome::NotAsked,
                    detail: "the time for all addresses was up".to_owned(),
                },
                chain: Vec::new(),
                no_proxy: None,
                done: false,
            }
        })
        .collect();
    let end = machine.now().plus(i64::from(WHOLE_LIMIT_S));
    loop {
        let left_s = u32::try_from(end.since(machine.now()))
            .unwrap_or(0)
            .min(WHOLE_LIMIT_S);
        let mut open: Vec<(&mut Asking, Route)> = askings
            .iter_mut()
            .filter(|asking| !asking.done)
            .filter_map(|asking| asking.left.pop().map(|route| (asking, route)))
            .collect();
        if open.is_empty() || left_s == 0 {
            return askings.into_iter().map(Asking::into_check).collect();
        }
        let questions: Vec<Question> = open
            .iter()
            .map(|(asking, route)| Question {
                url: asking.entry.url.clone(),
                proxy: route.proxy.clone(),
                limit_s: ONE_LIMIT_S.min(left_s),
            })
            .collect();
        let answers = machine.ask(&questions, left_s);
        for ((asking, route), answer) in open.iter_mut().zip(answers) {
            asking.take(route, answer, &manifest.lab_roots);
        }
    }
}

impl Asking {
    fn take(&mut self, route: &Route, answer: Answer, lab: &[Sha256]) {
        let judged = judge(&self.entry.url, route, &answer, ExpectedRoots { lab });
        self.attempts.push(Attempt {
            route: route.to_string(),
            outcome: judged.outcome.as_str().to_owned(),
            detail: judged.detail.clone(),
        });
        self.done = is_reached(judged.outcome);
        self.chain = answer
            .chain
            .map_or_else(Vec::new, |chain| chain.certificates);
        if !self.done && self.no_proxy.is_none() {
            self.no_proxy = Some(judged.clone());
        }
        self.judged = judged;
    }

    /// Where no way leads there, the proxy that is set and not there is what has to be put
    /// right, rather than the direct way that was never meant.
    fn into_check(mut self) -> Check {
        let no_way = matches!(
            self.judged.outcome,
            Outcome::NameNotResolved | Outcome::PortClosed | Outcome::TimedOut
        );
        if let Some(no_proxy) = self.no_proxy
            && no_way
        {
            self.judged = no_proxy;
        }
        Check {
            service: self.entry.service.as_str().to_owned(),
            need: self.entry.need.as_str().to_owned(),
            url: self.entry.url,
            outcome: self.judged.outcome.as_str().to_owned(),
            detail: self.judged.detail,
            next_action: self.judged.outcome.next_action().to_owned(),
            attempts: self.attempts,
            chain: self.chain,
        }
    }
}

/// The status of an HTTP answer's first line, as soon as the whole line is there.
pub fn status_of(head: &[u8]) -> Option<u16> {
    let end = head.iter().position(|byte| *byte == b'\n')?;
    let line = core::str::from_utf8(head.get(..end)?).ok()?;
    let mut words = line.split_whitespace();
    words.next().filter(|word| word.starts_with("HTTP/"))?;
    words
        .next()?
        .parse()
        .ok()
        .filter(|status| (100..1000).contains(status))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_of_an_answer_gives_its_status() {
        for (head, status) in [
            (
                &b"HTTP/1.1 407 Proxy Authentication Required\r\nA: b"[..],
                Some(407),
            ),
            (b"HTTP/1.0 200\n", Some(200)),
            (b"HTTP/1.1 200 Connection esta", None),
            (b"SSH-2.0-OpenSSH\r\n", None),
            (b"HTTP/1.1 2000 x\r\n", None),
            (b"HTTP/1.1\r\n", None),
            (b"\xff\xff\n", None),
            (b"", None),
        ] {
            assert_eq!(status_of(head), status, "{head:?}");
        }
    }
}
