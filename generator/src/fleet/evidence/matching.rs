//! Which server a result is of: it has a NetBIOS name and no domain.

use std::collections::BTreeMap;

use super::gather::told;
use super::{AnalyzerResult, EvidenceCount, Gathered};
use crate::fleet::codes;
use crate::fleet::fold::Named;
use crate::fleet::{Fleet, NETBIOS_LENGTH};
use crate::problem::Problem;

/// Puts each result beside its server: the newest one, where there are several. Results of no
/// server, of one of several, and older ones are told.
pub fn stand_beside(fleet: &mut Fleet, gathered: Gathered) {
    fleet.problems.extend(gathered.problem());
    let results = gathered.read;
    let sorted = Sorted::of(fleet, gathered);
    fleet.problems.extend(sorted.problems());
    let mut servers = 0;
    for (at, result) in sorted.newest {
        if let Some(server) = fleet.servers.get_mut(at) {
            server.evidence = Some(Box::new(result.evidence));
            servers += 1;
        }
    }
    fleet.evidence = Some(EvidenceCount { results, servers });
}

/// Results by whose they are.
#[derive(Default)]
struct Sorted {
    /// The newest of each server, by its place in the fleet.
    newest: BTreeMap<usize, AnalyzerResult>,
    /// Those of no server, of one of several, and older ones, in words.
    unknown: Named,
    several: Named,
    older: Named,
}

impl Sorted {
    fn of(fleet: &Fleet, gathered: Gathered) -> Self {
        let mut servers: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (at, server) in fleet.servers.iter().enumerate() {
            let name = device_name(&server.fqdn);
            servers.entry(name).or_default().push(at);
        }
        let mut sorted = Self {
            older: gathered.older,
            ..Self::default()
        };
        for result in gathered.newest.into_values() {
            let of_label = servers.get(&device_name(&result.device));
            let mut places = of_label.cloned().unwrap_or_default();
            // A name with a domain is of that domain.
            let name = |at: &usize| fleet.servers.get(*at).map(|server| server.fqdn.as_str());
            if result.device.contains('.') {
                places.retain(|at| name(at).is_none_or(|name| fits(name, &result.device)));
            }
            match places.as_slice() {
                [] => sorted.unknown.take(&result.evidence.file, result.shown()),
                &[at] => sorted.take(at, result),
                places => {
                    let names: Vec<&str> = places.iter().filter_map(name).collect();
                    let words = format!("{} may be {}", result.shown(), names.join(", "));
                    sorted.several.take(&result.evidence.file, words);
                }
            }
        }
        sorted
    }

    /// A result of one server: the newer one is kept.
    fn take(&mut self, at: usize, result: AnalyzerResult) {
        let older = match self.newest.get(&at) {
            Some(kept) if kept.age() >= result.age() => Some(result),
            _ => self.newest.insert(at, result),
        };
        if let Some(older) = older {
            self.older.take(&older.evidence.file, older.shown());
        }
    }

    fn problems(&self) -> impl Iterator<Item = Problem> {
        let unknown = told(
            &codes::RESULT_OF_NO_SERVER,
            "results of no server that is known here",
            "name a list of all servers with `--expected`, or leave the files out",
            &self.unknown,
        );
        let several = told(
            &codes::RESULT_OF_SEVERAL,
            "results whose name several servers have",
            "ask those servers themselves; a result names no domain",
            &self.several,
        );
        let older = told(
            &codes::OLDER_RESULT,
            "results of servers that a newer one is quoted of",
            "nothing; leave the older files out to quiet this",
            &self.older,
        );
        [unknown, several, older].into_iter().flatten()
    }
}

/// May a server's full name be the one that a result writes with its domain? A server that a list
/// gives by its short name has none.
fn fits(fqdn: &str, device: &str) -> bool {
    !fqdn.contains('.') || fqdn.eq_ignore_ascii_case(device.trim_end_matches('.'))
}

/// The first label in lower case, as far as a NetBIOS name has it.
fn device_name(name: &str) -> String {
    let label = name.split('.').next().unwrap_or(name);
    label.to_lowercase().chars().take(NETBIOS_LENGTH).collect()
}
