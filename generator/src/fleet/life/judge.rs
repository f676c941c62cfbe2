//! The rules: from the machines below each name to what became of servers.
//!
//! One account with two names is a rename, for an account has one name at a time (`sAMAccountName` has one value
//! in the schema); the names must follow each other, and the machine stays the same where both are told, else
//! somebody lies. An old name that still reports has been given away: of it no rename is said. One sensor with two
//! names is a copy of an onboarded server unless it is one machine whose names follow each other. One machine SID
//! alone is a copy without Sysprep. Domain controllers share the SID of their domain, so theirs says nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::machine::{MAX_MACHINES, Machine, Mark, Seen, Span, Trace};
use super::{Life, LifeKind, NAMES};

/// A name of a group, and the times of what it is in the group for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Member {
    pub(super) name: String,
    pub(super) span: Span,
    /// Are there reports of the name since the next one of the group has the identity?
    pub(super) reports_on: bool,
}

/// Names that belong together, the one that was seen first at the head; one name where its machines changed.
#[derive(Debug, PartialEq, Eq)]
pub(in super::super) struct Group {
    pub(super) kind: LifeKind,
    pub(super) members: Vec<Member>,
    pub(super) proven: bool,
    /// Are there more machines below the name than are told apart?
    pub(super) too_many: bool,
}

/// What became of all servers.
#[derive(Debug, Default)]
pub(in super::super) struct Lives {
    /// By name, the worst of each.
    pub(in super::super) of: BTreeMap<String, Life>,
    pub(in super::super) groups: Vec<Group>,
}

/// Judges what reports tell of machines, by the names that they reported under.
pub(in super::super) fn judge<'a>(
    traces: impl Iterator<Item = (&'a str, &'a Trace)> + Clone,
) -> Lives {
    let mut lives = Lives::default();
    let mut judged = Judged::default();
    for bearers in bearers(traces.clone(), |seen| seen.machine.account) {
        lives.add(of_one_account(&bearers), &bearers, &mut judged);
    }
    for bearers in bearers(traces.clone(), |seen| seen.machine.sensor) {
        lives.add(of_one_sensor(&bearers), &bearers, &mut judged);
    }
    for bearers in bearers(traces.clone(), |seen| own_machine(&seen.machine)) {
        lives.add(of_one_machine(&bearers), &bearers, &mut judged);
    }
    for (name, trace) in traces {
        lives.groups.extend(of_one_name(name, trace));
    }
    lives.groups.sort_by(|one, other| {
        let names = |group: &Group| group.members.first().map(|member| member.name.clone());
        (one.kind, names(one)).cmp(&(other.kind, names(other)))
    });
    for group in &lives.groups {
        for (name, life) in group.lives() {
            let worse = lives
                .of
                .get(&name)
                .is_none_or(|known| life.kind < known.kind);
            if worse {
                lives.of.insert(name, life);
            }
        }
    }
    lives
}

impl Lives {
    fn add<'a>(&mut self, kind: LifeKind, bearers: &[Bearer<'a>], judged: &mut Judged<'a>) {
        if !judged.is_new(kind, bearers) {
            return;
        }
        let next = bearers.iter().skip(1).map(Some).chain([None]);
        self.groups.push(Group {
            kind,
            members: bearers
                .iter()
                .zip(next)
                .map(|(bearer, next)| bearer.member(next))
                .collect(),
            too_many: false,
            proven: kind == LifeKind::Renamed && bearers.iter().all(|bearer| bearer.proven),
        });
    }
}

impl Group {
    /// What became of each of its names.
    fn lives(&self) -> impl Iterator<Item = (String, Life)> + '_ {
        let last = self.members.len().saturating_sub(1);
        let members = self.members.iter().enumerate();
        let members = members
            // An old name that is in use says of its new machine what that one's reports say.
            .filter(|(_, member)| self.kind != LifeKind::Renamed || !member.reports_on);
        members.map(move |(at, member)| {
            let kind = match self.kind {
                LifeKind::Renamed if at == last => LifeKind::RenamedFrom,
                kind => kind,
            };
            let now = self.members.last();
            let life = match kind {
                // An old name needs the present one.
                LifeKind::Renamed => Life {
                    names: now.map(|now| now.name.clone()).into_iter().collect(),
                    since: now.map(|now| now.span.first),
                    ..Life::new(kind)
                },
                _ => self.with_others(at, member, kind),
            };
            let proven = self.proven;
            (member.name.clone(), Life { proven, ..life })
        })
    }
}

impl Group {
    /// A name beside the first of the others.
    fn with_others(&self, at: usize, member: &Member, kind: LifeKind) -> Life {
        let others = self.members.iter().enumerate();
        let others = others.filter(|(other, _)| *other != at);
        let names: Vec<String> = others
            .take(NAMES)
            .map(|(_, other)| other.name.clone())
            .collect();
        Life {
            more_names: self.members.len() - 1 - names.len(),
            names,
            since: Some(member.span.first),
            ..Life::new(kind)
        }
    }
}

/// A name that bears an identity, and when.
struct Bearer<'a> {
    name: &'a str,
    span: Span,
    /// The machines that it was under that identity, domain controllers left out.
    machines: BTreeSet<Mark>,
    proven: bool,
    trace: &'a Trace,
    /// Which of those that were seen below the name bear the identity, by bit.
    seen: u64,
    /// Those of them that tell no account, by bit.
    without_account: u64,
}

// Each that is told apart has a bit.
const _: () = assert!(MAX_MACHINES <= u64::BITS as usize);

impl Bearer<'_> {
    fn member(&self, next: Option<&Self>) -> Member {
        Member {
            name: self.name.to_owned(),
            span: self.span,
            reports_on: next.is_some_and(|next| self.trace.reports_since(next.span.first)),
        }
    }
}

/// The SID of a machine, where it is no other machine's by its nature.
fn own_machine(machine: &Machine) -> Option<Mark> {
    machine.machine.filter(|_| !machine.controller)
}

/// The names that bear one identity, of each identity that several names bear; the first seen at the head.
fn bearers<'a>(
    traces: impl Iterator<Item = (&'a str, &'a Trace)>,
    identity: impl Fn(&Seen) -> Option<Mark>,
) -> Vec<Vec<Bearer<'a>>> {
    let mut all: BTreeMap<Mark, Vec<Bearer<'a>>> = BTreeMap::new();
    for (name, trace) in traces {
        for (at, seen) in trace.seen().iter().enumerate() {
            let Some(mark) = identity(seen) else {
                continue;
            };
            let bit = 1 << at;
            let without_account = if seen.machine.account.is_none() {
                bit
            } else {
                0
            };
            let of_mark = all.entry(mark).or_default();
            let machine = own_machine(&seen.machine);
            match of_mark.last_mut().filter(|bearer| bearer.name == name) {
                Some(bearer) => {
                    bearer.span = bearer.span.join(seen.span);
                    bearer.machines.extend(machine);
                    bearer.proven &= seen.proven;
                    bearer.seen |= bit;
                    bearer.without_account |= without_account;
                }
                None => of_mark.push(Bearer {
                    name,
                    span: seen.span,
                    machines: machine.into_iter().collect(),
                    proven: seen.proven,
                    trace,
                    seen: bit,
                    without_account,
                }),
            }
        }
    }
    let mut several: Vec<Vec<Bearer<'a>>> = all.into_values().filter(|of| of.len() > 1).collect();
    for bearers in &mut several {
        bearers.sort_by_key(|bearer| (bearer.span.first, bearer.span.last, bearer.name));
    }
    several
}

/// Does each end before the next begins?
fn follow_each_other(spans: impl Iterator<Item = Span>) -> bool {
    let mut before: Option<Span> = None;
    for span in spans {
        if before.is_some_and(|before| before.last >= span.first) {
            return false;
        }
        before = Some(span);
    }
    true
}

fn in_turn(bearers: &[Bearer<'_>]) -> bool {
    follow_each_other(bearers.iter().map(|bearer| bearer.span))
}

fn of_one_account(bearers: &[Bearer<'_>]) -> LifeKind {
    // Who may write a report may name any account in it; the file server's word counts more.
    let proven = bearers.iter().all(|bearer| bearer.proven);
    let is_other = bearers.windows(2).any(|pair| match pair {
        [one, next] => {
            let told = !one.machines.is_empty() && !next.machines.is_empty();
            told && one.machines.is_disjoint(&next.machines)
        }
        _ => false,
    });
    match in_turn(bearers) && (proven || !is_other) {
        true => LifeKind::Renamed,
        false => LifeKind::OneAccount,
    }
}

fn of_one_sensor(bearers: &[Bearer<'_>]) -> LifeKind {
    let machines: BTreeSet<Mark> = bearers
        .iter()
        .flat_map(|one| one.machines.clone())
        .collect();
    // Sysprep gives a copy another machine SID and leaves the sensor's identity.
    match in_turn(bearers) && machines.len() < 2 {
        true => LifeKind::RenamedOrCloned,
        false => LifeKind::Cloned,
    }
}

fn of_one_machine(bearers: &[Bearer<'_>]) -> LifeKind {
    match in_turn(bearers) {
        true => LifeKind::RenamedOrCloned,
        false => LifeKind::OneMachineSid,
    }
}

/// Several machines below one name, when there are.
fn of_one_name(name: &str, trace: &Trace) -> Option<Group> {
    let group = |kind, span| Group {
        kind,
        members: vec![Member {
            name: name.to_owned(),
            span,
            reports_on: false,
        }],
        proven: false,
        too_many: trace.of_many().is_some(),
    };
    let seen = trace.seen();
    let all = seen.iter().map(|one| one.span).reduce(Span::join);
    if let Some(span) = trace.of_many() {
        return Some(group(LifeKind::OneName, span));
    }
    // A domain controller's SID is its domain's: one that becomes or was one is the same machine.
    if seen.iter().any(|one| one.machine.controller) {
        return None;
    }
    let mut machines: BTreeMap<Mark, Span> = BTreeMap::new();
    for one in seen {
        if let Some(mark) = one.machine.machine {
            let span = machines.entry(mark).or_insert(one.span);
            *span = span.join(one.span);
        }
    }
    let mut spans: Vec<Span> = machines.into_values().collect();
    spans.sort_by_key(|span| (span.first, span.last));
    let newest = *spans.last().filter(|_| spans.len() > 1)?;
    match follow_each_other(spans.into_iter()) {
        true => Some(group(LifeKind::Reinstalled, newest)),
        false => all.map(|span| group(LifeKind::OneName, span)),
    }
}

/// Which names were found together, and by which of their machines: a weaker identity of the very same reports says
/// nothing new of them. Other reports of the same names do, else whoever writes two of them could hide what is so.
#[derive(Default)]
struct Judged<'a> {
    kinds: Vec<LifeKind>,
    /// By name, the groups that it is in, and which of those that were seen below it put it there.
    of: BTreeMap<&'a str, BTreeMap<usize, u64>>,
}

impl<'a> Judged<'a> {
    fn is_new(&mut self, kind: LifeKind, bearers: &[Bearer<'a>]) -> bool {
        if self.is_known(kind, bearers) {
            return false;
        }
        let group = self.kinds.len();
        self.kinds.push(kind);
        for bearer in bearers {
            let groups = self.of.entry(bearer.name).or_default();
            groups.insert(group, bearer.seen);
        }
        true
    }

    fn is_known(&self, kind: LifeKind, bearers: &[Bearer<'a>]) -> bool {
        let groups = |bearer: &Bearer<'_>| self.of.get(bearer.name);
        let Some(first) = bearers.first().and_then(groups) else {
            return false;
        };
        first.keys().any(|group| {
            // A server that cannot always tell its account is renamed like any other.
            let is_rename = kind == LifeKind::RenamedOrCloned
                && self.kinds.get(*group) == Some(&LifeKind::Renamed);
            bearers.iter().all(|bearer| {
                let known = groups(bearer).and_then(|groups| groups.get(group));
                let ignored = if is_rename { bearer.without_account } else { 0 };
                known.is_some_and(|known| bearer.seen & !known & !ignored == 0)
            })
        })
    }
}

#[cfg(test)]
mod tests;
