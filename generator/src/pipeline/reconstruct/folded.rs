//! Findings of many places that say the same.

use crate::problem::Problem;

/// Findings that say the same of several places, as one: that of the first place, which names the others. Their
/// order stays.
pub fn folded(problems: Vec<Problem>) -> Vec<Problem> {
    let mut folded: Vec<(Problem, Vec<String>)> = Vec::new();
    for problem in problems {
        let same = |(kept, _): &&mut (Problem, Vec<String>)| {
            let said = |one: &Problem| (one.code.id, one.message.clone(), one.next_action.clone());
            said(kept) == said(&problem) && kept.evidence == problem.evidence
        };
        match folded.iter_mut().find(same) {
            Some((kept, others)) => {
                let is_new = kept.subject != problem.subject && !others.contains(&problem.subject);
                others.extend(is_new.then_some(problem.subject));
            }
            None => folded.push((problem, Vec::new())),
        }
    }
    let with_others = |(problem, others): (Problem, Vec<String>)| {
        let others: Vec<String> = others
            .iter()
            .map(|other| format!("also `{other}`"))
            .collect();
        problem.naming(others.into_iter())
    };
    folded.into_iter().map(with_others).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::codes::{RECIPE_NOT_PROVEN, SEQUENCE_FAR_AHEAD};

    #[test]
    fn what_is_said_of_many_places_is_said_once_and_names_them() {
        let of = |subject: &str, why: &str| Problem::new(&RECIPE_NOT_PROVEN, subject, why, "look");
        let found = folded(vec![
            of("a", "torn"),
            of("b", "of another"),
            of("c", "torn"),
            of("b", "of another"),
            of("d", "torn"),
            of("d", "torn").with_evidence("line 1"),
            Problem::new(&SEQUENCE_FAR_AHEAD, "d", "torn", "look"),
        ]);
        assert_eq!(
            found,
            [
                of("a", "torn")
                    .with_evidence("also `c`")
                    .with_evidence("also `d`"),
                of("b", "of another"),
                of("d", "torn").with_evidence("line 1"),
                Problem::new(&SEQUENCE_FAR_AHEAD, "d", "torn", "look"),
            ]
        );
    }
}
