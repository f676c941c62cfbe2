//! What is told of it, before anything is done.

use super::{Left, Removed};
use crate::gpo::Leaving;
use crate::problem::{NAMED, Problem};
use crate::publication::codes;

impl Removed {
    /// A finding for each GPO that is left, or that says less.
    pub(in crate::publication) fn problems(&self, prune: bool) -> Vec<Problem> {
        let less = self.less.iter();
        let mut problems: Vec<Problem> = less.map(|(gpo, leaving)| fewer(gpo, leaving)).collect();
        let left = self.gpos.iter();
        problems.extend(left.filter_map(|one| match prune {
            true if one.leaving.is_empty() => None,
            true => Some(fewer(&one.heading(), &one.leaving)),
            false => Some(stays(one)),
        }));
        if !self.programs.is_empty() && !prune {
            let many = self.programs.len();
            let problem = Problem::new(
                &codes::PROGRAM_LEFT,
                r"NETLOGON\Gangway",
                format!("programs of earlier bundles that no policy starts: {many}"),
                "`--prune` takes those of this organisation away",
            );
            problems.push(named(
                problem,
                self.programs.iter().map(|path| format!("`{path}`")),
            ));
        }
        problems
    }
}

/// A GPO that nobody takes away.
fn stays(one: &Left) -> Problem {
    let on = one.links.iter().filter(|(_, is_on)| *is_on).count();
    let reach = match (on, one.links.len()) {
        (0, 0) => "linked nowhere".to_owned(),
        (0, _) => "with links that are all switched off".to_owned(),
        (on, _) => format!("and reaches servers (links that are on: {on})"),
    };
    let problem = Problem::new(
        &codes::POLICY_LEFT,
        one.heading(),
        format!("the bundle no longer has it; it stays in the domain, {reach}"),
        "take it away with `--prune`, or put what it says into the config again",
    );
    let links = one.links.iter().map(|(place, is_on)| {
        let state = if *is_on { "on" } else { "off" };
        format!("link to `{place}`, switched {state}")
    });
    named(problem, links.chain(one.leaving.iter().map(words)))
}

/// A GPO that no longer says something to servers.
pub(super) fn fewer(gpo: &str, leaving: &[Leaving]) -> Problem {
    let problem = Problem::new(
        &codes::VALUE_LEAVES,
        gpo,
        format!("what it no longer says to servers: {}", leaving.len()),
        "nothing, when the config was changed for it",
    );
    named(problem, leaving.iter().map(words))
}

fn words(one: &Leaving) -> String {
    format!("`{}` ({}): {}", one.place, one.was, one.effect)
}

/// With the first of them as evidence, and how many there are besides.
fn named(problem: Problem, lines: impl Iterator<Item = String>) -> Problem {
    let lines: Vec<String> = lines.collect();
    let rest = lines.len().saturating_sub(NAMED);
    let problem = lines
        .into_iter()
        .take(NAMED)
        .fold(problem, Problem::with_evidence);
    match rest {
        0 => problem,
        rest => problem.with_evidence(format!("and {rest} more")),
    }
}
