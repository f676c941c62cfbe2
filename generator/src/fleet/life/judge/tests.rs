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
    let table: [(&str, &[&str], &[&str]); 27] = [
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
            "its account cannot always be told",
            &["a 1 - M1 S1", "a 2 A1 M1 S1", "b 3 A1 M1 S1"],
            &["a Renamed [b]", "b RenamedFrom [a]"],
        ),
        (
            "another machine was given the old name",
            &["a 1 A1 M1 S1", "b 2 A1 M1 S1", "a 3 A2 M2 S2"],
            &["a Reinstalled []", "b RenamedFrom [a]"],
        ),
        (
            "the old name reports on, and says nothing of itself",
            &["a 1 A1 M1 S1", "b 2 A1 M1 S1", "a 3 - - -"],
            &["b RenamedFrom [a]"],
        ),
        (
            "the old name reports on, and nobody believes what it says of itself",
            &["a 1 A1 M1 S1", "b 2 A1 M1 S1", "a 2 A1 M1 S1 refuted"],
            &["b RenamedFrom [a]"],
        ),
        (
            "two servers change their names",
            &[
                "a 1 A1 M1 S1",
                "b 1 A2 M2 S2",
                "a 2 A2 M2 S2",
                "b 2 A1 M1 S1",
            ],
            &["a RenamedFrom [b]", "b RenamedFrom [a]"],
        ),
        (
            "another machine says a moment later that it is the account",
            &["a 1 A1 M1 S1", "b 2 A1 M9 S9"],
            &["a OneAccount [b]", "b OneAccount [a]"],
        ),
        (
            "and the owners vouch for it",
            &["a 1 A1 M1 S1 proven", "b 2 A1 M9 S9 proven"],
            &["a Renamed [b] proven", "b RenamedFrom [a] proven"],
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

/// What is said of all names, by kind.
fn kinds(lives: &Lives) -> Vec<(LifeKind, Vec<&str>)> {
    lives
        .groups
        .iter()
        .map(|group| {
            let names = group.members.iter().map(|one| one.name.as_str());
            (group.kind, names.collect())
        })
        .collect()
}

/// Whoever may write reports may write any identity into them.
#[test]
fn no_report_takes_away_what_others_say() {
    use LifeKind::{Cloned, OneAccount, OneMachineSid, OneName, Renamed, RenamedOrCloned};
    let both = vec!["a", "b"];
    let copies = [
        "a 5 A1 M1 S1",
        "b 5 A2 M2 S1",
        "a 6 A1 M1 S1",
        "b 6 A2 M2 S1",
    ];
    let unprepared = ["a 5 A1 M1 -", "b 5 A2 M1 -", "a 6 A1 M1 -", "b 6 A2 M1 -"];
    let moved = ["a 5 A1 M1 S1", "b 6 A2 M1 S1"];
    type Case<'a> = (&'a str, &'a [&'a str], &'a [&'a str], &'a [LifeKind]);
    let table: [Case<'_>; 6] = [
        (
            "as one account in turn",
            &copies,
            &["a 1 X - -", "b 2 X - -"],
            &[Cloned, Renamed],
        ),
        (
            "as one account by turns",
            &copies,
            &["a 1 X - -", "b 2 X - -", "a 3 X - -"],
            &[Cloned, OneAccount],
        ),
        (
            "with the sensor in them",
            &copies,
            &["a 1 X - S1", "b 2 X - S1"],
            &[Cloned, Renamed],
        ),
        (
            "of copies without Sysprep",
            &unprepared,
            &["a 1 X - -", "b 2 X - -"],
            &[OneMachineSid, Renamed],
        ),
        (
            "of one sensor, beside one machine SID",
            &unprepared,
            &["a 1 - - X", "b 1 - - X"],
            &[Cloned, OneMachineSid],
        ),
        (
            "beside what may be a copy",
            &moved,
            &["a 1 X - -", "b 2 X - -"],
            &[RenamedOrCloned, Renamed],
        ),
    ];
    for (case, real, forged, wanted) in table {
        let lives = lives(&[real, forged].concat());
        let wanted: Vec<_> = wanted.iter().map(|kind| (*kind, both.clone())).collect();
        assert_eq!(kinds(&lives), wanted, "{case}");
    }
    for machines in [9, 20, 62] {
        let forged: Vec<String> = (0..machines)
            .flat_map(|number| {
                [1, 2].map(|hour| format!("a {hour} F{number} M{number}x S{number}x"))
            })
            .collect();
        let forged: Vec<&str> = forged.iter().map(String::as_str).collect();
        let lives = lives(&[&forged, &copies[..]].concat());
        let wanted = [(Cloned, both.clone()), (OneName, vec!["a"])];
        assert_eq!(kinds(&lives), wanted, "{machines}");
        assert!(
            lives.groups.iter().all(|group| !group.too_many),
            "{machines}"
        );
    }
}

#[test]
fn one_name_with_more_machines_than_are_told_apart_is_said_to_have_too_many() {
    let mut reports: Vec<String> = (0..200)
        .flat_map(|number| [number, 300].map(|hour| format!("a {hour} A1 M{number} -")))
        .collect();
    reports.push("b 3 A2 M0 S2".to_owned());
    let mut reports: Vec<&str> = reports.iter().map(String::as_str).collect();
    let forwards = lives(&reports);
    reports.reverse();
    let backwards = lives(&reports);
    assert_eq!(forwards.groups, backwards.groups);
    let many: Vec<&Group> = forwards.groups.iter().filter(|one| one.too_many).collect();
    let [many] = many.as_slice() else {
        panic!("{:?}", forwards.groups);
    };
    assert_eq!(
        (many.kind, &*many.members[0].name),
        (LifeKind::OneName, "a")
    );
    assert_eq!(
        many.members[0].span,
        Span {
            first: UtcTime(0),
            last: UtcTime(300 * 3_600),
        }
    );
}
