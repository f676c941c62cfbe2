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
    let mut servers: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, server) in fleet.servers.iter().enumerate() {
        servers
            .entry(device_name(&server.fqdn))
            .or_default()
            .push(at);
    }
    let mut count = EvidenceCount {
        results: results.len(),
        servers: 0,
    };
    let mut newest: BTreeMap<usize, AnalyzerResult> = BTreeMap::new();
    let (mut unknown, mut several, mut older) = (Vec::new(), Vec::new(), Vec::new());
    for result in results {
        let named = format!("{}: `{}`", result.evidence.file, result.device);
        match servers.get(&device_name(&result.device)).map(Vec::as_slice) {
            None | Some([]) => unknown.push(named),
            Some(&[at]) => {
                let replaced = match newest.get(&at) {
                    Some(kept) if kept.age() >= result.age() => Some(result),
                    _ => newest.insert(at, result),
                };
                older.extend(replaced.map(|one| {
                    let when = one.evidence.when();
                    format!("{}: `{}`, {when}", one.evidence.file, one.device)
                }));
            }
            Some(places) => {
                let names = places.iter().filter_map(|&at| fleet.servers.get(at));
                let names: Vec<&str> = names.map(|server| server.fqdn.as_str()).collect();
                several.push(format!("{named} may be {}", names.join(", ")));
            }
        }
    }
    for (at, result) in newest {
        if let Some(server) = fleet.servers.get_mut(at) {
            server.evidence = Some(result.evidence);
            count.servers += 1;
        }
    }
    fleet.problems.extend(told(
        &codes::RESULT_OF_NO_SERVER,
        "results of no server that is known here",
        "name a list of all servers with `--expected`, or leave the files out",
        unknown,
    ));
    fleet.problems.extend(told(
        &codes::RESULT_OF_SEVERAL,
        "results whose name several servers have",
        "ask those servers themselves; a result names no domain",
        several,
    ));
    fleet.problems.extend(told(
        &codes::OLDER_RESULT,
        "results of servers that a newer one is quoted of",
        "nothing; leave the older files out to quiet this",
        older,
    ));
    fleet.evidence = Some(count);
}

fn told(code: &'static Code, what: &str, next: &str, named: Vec<String>) -> Option<Problem> {
    if named.is_empty() {
        return None;
    }
    let message = format!("{what}: {}", named.len());
    Some(Problem::new(code, "analyzer", message, next).naming(named.into_iter()))
}

/// The first label in lower case, as far as a NetBIOS name has it.
fn device_name(name: &str) -> String {
    let label = name.split('.').next().unwrap_or(name);
    label.to_lowercase().chars().take(NETBIOS_LENGTH).collect()
}
