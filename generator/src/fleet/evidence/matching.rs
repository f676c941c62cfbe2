//! Which server a result is of: it has a NetBIOS name and no domain.

use std::collections::BTreeMap;

use super::{AnalyzerResult, EvidenceCount, Gathered};
use crate::fleet::codes;
use crate::fleet::{Fleet, NETBIOS_LENGTH};
use crate::problem::{Code, Problem};

/// Puts each result beside its server: the newest one, where there are several. Results of no
/// server, of one of several, and older ones are told.
pub fn stand_beside(fleet: &mut Fleet, gathered: Gathered) {
    let Gathered { results, problems } = gathered;
    fleet.problems.extend(problems);
    let read = results.len();
    let sorted = Sorted::of(fleet, results);
    fleet.problems.extend(sorted.problems());
    let mut servers = 0;
    for (at, result) in sorted.newest {
        if let Some(server) = fleet.servers.get_mut(at) {
            server.evidence = Some(Box::new(result.evidence));
            servers += 1;
        }
    }
    fleet.evidence = Some(EvidenceCount {
        results: read,
        servers,
    });
}

/// Results by whose they are.
#[derive(Default)]
struct Sorted {
    /// The newest of each server, by its place in the fleet.
    newest: BTreeMap<usize, AnalyzerResult>,
    /// Those of no server, of one of several, and older ones, in words.
    unknown: Vec<String>,
    several: Vec<String>,
    older: Vec<String>,
}

impl Sorted {
    fn of(fleet: &Fleet, results: Vec<AnalyzerResult>) -> Self {
        let mut servers: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (at, server) in fleet.servers.iter().enumerate() {
            let name = device_name(&server.fqdn);
            servers.entry(name).or_default().push(at);
        }
        let mut sorted = Self::default();
        for result in results {
            let named = format!("{}: `{}`", result.evidence.file, result.device);
            match servers.get(&device_name(&result.device)).map(Vec::as_slice) {
                None | Some([]) => sorted.unknown.push(named),
                Some(&[at]) => sorted.take(at, result),
                Some(places) => {
                    let names = places.iter().filter_map(|&at| fleet.servers.get(at));
                    let names: Vec<&str> = names.map(|server| server.fqdn.as_str()).collect();
                    let names = names.join(", ");
                    sorted.several.push(format!("{named} may be {names}"));
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
        self.older.extend(older.map(|one| {
            let when = one.evidence.when();
            format!("{}: `{}`, {when}", one.evidence.file, one.device)
        }));
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

fn told(code: &'static Code, what: &str, next: &str, named: &[String]) -> Option<Problem> {
    if named.is_empty() {
        return None;
    }
    let message = format!("{what}: {}", named.len());
    let problem = Problem::new(code, "analyzer", message, next);
    Some(problem.naming(named.iter().cloned()))
}

/// The first label in lower case, as far as a NetBIOS name has it.
fn device_name(name: &str) -> String {
    let label = name.split('.').next().unwrap_or(name);
    label.to_lowercase().chars().take(NETBIOS_LENGTH).collect()
}
