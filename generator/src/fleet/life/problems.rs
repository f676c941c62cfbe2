//! What became of servers, as findings: one for each kind of what to do.

use super::super::subject::{LIST, REPORTS};
use super::super::{Server, codes};
use super::judge::{Group, Member};
use super::machine::MAX_MACHINES;
use super::{LifeKind, NAMES};
use crate::problem::{Code, Problem};

/// The findings; those of `servers` are what a list says of their accounts.
pub(in super::super) fn problems(groups: &[Group], servers: &[Server]) -> Vec<Problem> {
    let kinds: [(&'static Code, &[LifeKind], &str, &str); 4] = [
        (
            &codes::CLONED,
            &[LifeKind::Cloned, LifeKind::OneMachineSid],
            "identities that several servers have",
            "give each copy an identity of its own; see `gangway explain GW4052`",
        ),
        (
            &codes::ONE_FOR_SEVERAL,
            &[LifeKind::OneName, LifeKind::OneAccount],
            "names or accounts that several machines report as",
            "find the machines, and compare the owners of the report files; see `gangway explain GW4053`",
        ),
        (
            &codes::RENAMED,
            &[LifeKind::Renamed, LifeKind::RenamedOrCloned],
            "machines that report under another name than before",
            "export the list of expected servers again; see `gangway explain GW4050`",
        ),
        (
            &codes::REINSTALLED,
            &[LifeKind::Reinstalled],
            "servers that were installed anew, or replaced under their name",
            "see that each was meant; see `gangway explain GW4051`",
        ),
    ];
    let mut problems: Vec<Problem> = kinds
        .into_iter()
        .filter_map(|(code, kinds, message, next)| {
            let of = groups.iter().filter(|group| kinds.contains(&group.kind));
            let lines: Vec<String> = of.map(line).collect();
            named(
                Problem::new(code, REPORTS, format!("{message}: {}", lines.len()), next),
                lines,
            )
        })
        .collect();
    problems.extend(disabled(servers));
    problems
}

fn named(problem: Problem, lines: Vec<String>) -> Option<Problem> {
    (!lines.is_empty()).then(|| problem.naming(lines.into_iter()))
}

/// Servers that report, or did, and whose account the list calls disabled.
fn disabled(servers: &[Server]) -> Option<Problem> {
    let is_disabled = |server: &&Server| {
        let life = server.life.as_ref();
        life.is_some_and(|life| life.kind == LifeKind::AccountDisabled)
    };
    let lines: Vec<String> = servers
        .iter()
        .filter(is_disabled)
        .map(|server| match &server.report {
            Some(report) => format!("`{}`: last report of {}", server.fqdn, report.finished_at),
            None => format!("`{}`", server.fqdn),
        })
        .collect();
    let problem = Problem::new(
        &codes::ACCOUNT_DISABLED,
        LIST,
        format!(
            "servers with reports whose account is disabled: {}",
            lines.len()
        ),
        "delete the reports of those that are out of service; see `gangway explain GW4054`",
    );
    named(problem, lines)
}

/// One group, in words.
fn line(group: &Group) -> String {
    let members = &group.members;
    let more = members.len().saturating_sub(NAMES);
    let shown = members.iter().take(NAMES);
    let more = match more {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let with_times = |member: &Member| {
        let (name, span) = (&member.name, member.span);
        format!("`{name}` ({} to {})", span.first, span.last)
    };
    let names = |separator: &str| {
        let shown: Vec<String> = shown.clone().map(with_times).collect();
        shown.join(separator)
    };
    let first = members.first();
    match group.kind {
        LifeKind::Renamed => {
            let vouched = match group.proven {
                true => "the files belong to that account",
                false => "owners not compared",
            };
            let in_use = members.iter().filter(|member| member.reports_on);
            let in_use: Vec<String> = in_use
                .take(NAMES)
                .map(|member| format!("; `{}` still reports", member.name))
                .collect();
            let (names, in_use) = (names(", then "), in_use.concat());
            format!("one account: {names}{more}; {vouched}{in_use}")
        }
        LifeKind::RenamedOrCloned => {
            format!("one machine, other accounts: {}{more}", names(", then "))
        }
        LifeKind::Cloned => format!("one sensor: {}{more}", names(", ")),
        LifeKind::OneMachineSid => format!("one machine SID: {}{more}", names(", ")),
        LifeKind::OneAccount => {
            let names = names(", ");
            format!("one account, at the same time or as different machines: {names}{more}")
        }
        LifeKind::Reinstalled => first.map_or_else(String::new, |member| {
            format!(
                "`{}`: another machine since {}",
                member.name, member.span.first
            )
        }),
        LifeKind::OneName if group.too_many => format!(
            "more than {MAX_MACHINES} machines, of which not all are compared with those of other names: {}",
            names(", ")
        ),
        LifeKind::OneName => format!("several machines by turns: {}", names(", ")),
        LifeKind::RenamedFrom | LifeKind::AccountDisabled => names(", "),
    }
}
