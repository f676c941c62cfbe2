//! Rows of reports and what became of their servers; how reports are read is tested where they are.

use super::super::machine::{Told, Word};
use super::*;
use gangway_contract::UtcTime;

/// Reports, each as `NAME at HOURS is ACCOUNT MACHINE SENSOR`: `-` for none, `dc` behind it for a domain controller,
/// `proven` or `refuted` for what the file server says of the account.
fn lives(reports: &[&str]) -> Lives {
    let mut traces: BTreeMap<String, Trace> = BTreeMap::new();
    for report in reports {
        let words: Vec<&str> = report.split_whitespace().collect();
        let [name, hours, account, machine, sensor, rest @ ..] = words.as_slice() else {
            panic!("{report}");
        };
        let known = |word: &'static str| rest.contains(&word);
        let some = |word: &str| (word != "-").then(|| word.to_owned());
        let (account, machine, sensor) = (some(account), some(machine), some(sensor));
        let told = Told {
            account: account.as_deref(),
            machine: machine.as_deref(),
            sensor: sensor.as_deref(),
            controller: known("dc"),
        };
        let word = match (known("proven"), known("refuted")) {
            (true, _) => Word::Proven,
            (_, true) => Word::Refuted,
            _ => Word::Told,
        };
        let time = UtcTime(hours.parse::<i64>().unwrap() * 3_600);
        let trace = traces.entry((*name).to_owned()).or_default();
        trace.take(told.into(), time, word);
    }
    judge(traces.iter().map(|(name, trace)| (name.as_str(), trace)))
}

/// Each name with what became of it.
fn told(lives: &Lives) -> Vec<String> {
    let line = |(name, life): (&String, &Life)| {
        let names = life.names.join(",");
        let proven = if life.proven { " proven" } else { "" };
        format!("{name} {:?} [{names}]{proven}", life.kind)
    };
    lives.of.iter().map(line).collect()
}

#[test]
fn what_became_of_servers_is_told_by_their_identities() {
    let table: [(&str, &[&str], &[&str]); 20] = [
        ("one server", &["a 1 A1 M1 S1", "a 9 A1 M1 S1"], &[]),
        ("two servers", &["a 1 A1 M1 S1", "b 1 A2 M2 S2"], &[]),
        (
            "onboarded in between",
            &["a 1 A1 M1 -", "a 2 A1 M1 S1"],
            &[],
        ),
        ("nothing is told", &["a 1 - - -", "b 2 - - -"], &[]),
        (
            "renamed",
            &["a 1 A1 M1 S1", "b 2 A1 M1 S1", "b 3 A1 M1 S1"],
            &["a Renamed [b]", "b RenamedFrom [a]"],
        ),
        (
            "renamed twice, whatever the letters' case",
            &["c 1 A1 M1 S1", "a 2 a1 m1 s1", "b 3 A1 M1 S1"],
            &["a Renamed [b]", "b RenamedFrom [c,a]", "c Renamed [b]"],
        ),
        (
            "the owners vouch for it",
            &["a 1 A1 M1 S1 proven", "b 2 A1 M1 S1 proven"],
            &["a Renamed [b] proven", "b RenamedFrom [a] proven"],
        ),
        (
            "one of the owners does",
            &["a 1 A1 M1 S1 proven", "b 2 A1 M1 S1"],
            &["a Renamed [b]", "b RenamedFrom [a]"],
        ),
        (
            "somebody else says that it is the account",
            &["a 1 A1 M1 S1 proven", "b 2 A1 M1 S1 refuted"],
            &[],
        ),
        (
            "one account under two names at a time",
            &["a 1 A1 M1 S1", "b 2 A1 M1 S1", "a 3 A1 M1 S1"],
            &["a OneAccount [b]", "b OneAccount [a]"],
        ),
        (
            "another account, and the machine is the same",
            &["a 1 A1 M1 S1", "b 2 A2 M1 S1"],
            &["a RenamedOrCloned [b]", "b RenamedOrCloned [a]"],
        ),
        (
            "it was a copy: the older name goes on",
            &["a 1 A1 M1 S1", "b 2 A2 M1 S1", "a 3 A1 M1 S1"],
            &["a Cloned [b]", "b Cloned [a]"],
        ),
        (
            "Sysprep leaves the sensor",
            &["a 1 A1 M1 S1", "b 2 A2 M2 S1"],
            &["a Cloned [b]", "b Cloned [a]"],
        ),
        (
            "copied before it was onboarded",
            &["a 1 A1 M1 -", "b 2 A2 M1 -", "a 4 A1 M1 S1", "b 5 A2 M1 S2"],
            &["a OneMachineSid [b]", "b OneMachineSid [a]"],
        ),
        (
            "domain controllers share a SID",
            &["a 1 A1 D S1 dc", "b 2 A2 D S2 dc", "a 3 A1 D S1 dc"],
            &[],
        ),
        (
            "and their sensors do not",
            &["a 1 A1 D S1 dc", "b 2 A2 D S1 dc", "a 3 A1 D S1 dc"],
            &["a Cloned [b]", "b Cloned [a]"],
        ),
        ("promoted", &["a 1 A1 M1 S1", "a 2 A1 D S1 dc"], &[]),
        (
            "installed anew",
            &["a 1 A1 M1 S1", "a 2 A1 M1 S1", "a 3 A1 M2 S2"],
            &["a Reinstalled []"],
        ),
        (
            "two machines by turns",
            &["a 1 A1 M1 S1", "a 2 A1 M2 S2", "a 3 A1 M1 S1"],
            &["a OneName []"],
        ),
        (
            "a copy is worse than a new installation",
            &[
                "a 1 A1 M0 -",
                "a 2 A1 M1 S1",
                "b 2 A2 M1 S1",
                "a 3 A1 M1 S1",
            ],
            &["a Cloned [b]", "b Cloned [a]"],
        ),
    ];
    for (case, reports, wanted) in table {
        assert_eq!(told(&lives(reports)), wanted, "{case}");
        let mut backwards = reports.to_vec();
        backwards.reverse();
        assert_eq!(told(&lives(&backwards)), wanted, "{case}, backwards");
    }
}

#[test]
fn copies_of_one_image_are_one_group_and_name_few_others() {
    let copies: Vec<String> = (0..40)
        .flat_map(|number| {
            let copy = |hour: u32| format!("srv{number:02} {hour} A{number} M1 S1");
            [copy(1), copy(2)]
        })
        .collect();
    let copies: Vec<&str> = copies.iter().map(String::as_str).collect();
    let lives = lives(&copies);
    assert_eq!(lives.groups.len(), 1);
    let first = &lives.of["srv00"];
    assert_eq!(first.names, ["srv01", "srv02", "srv03", "srv04", "srv05"]);
    assert_eq!(first.more_names, 34);
}

#[test]
fn one_name_with_more_machines_than_are_told_apart_is_named_and_counts_for_no_other() {
    let mut reports: Vec<String> = (0..30)
        .map(|number| format!("a {number} A1 M{number} -"))
        .collect();
    reports.push("b 3 A2 M3 -".to_owned());
    let mut reports: Vec<&str> = reports.iter().map(String::as_str).collect();
    assert_eq!(told(&lives(&reports)), ["a OneName []"]);
    reports.reverse();
    assert_eq!(told(&lives(&reports)), ["a OneName []"]);
}
