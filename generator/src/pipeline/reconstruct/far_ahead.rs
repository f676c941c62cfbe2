//! Sequences that whoever may write somewhere made up. A lock never goes back: one that follows them far
//! enough gives none any more.

use super::FoundRecipe;
use crate::pipeline::codes::SEQUENCE_FAR_AHEAD;
use crate::pipeline::sequence_bounds::{FARTHEST, HIGHEST, is_far};
use crate::problem::Problem;

/// The sequence that servers of a share have to exceed, where a lock may go on from there. Whoever may write to
/// the share sets it, and a lock never comes back from what it has taken.
///
/// # Errors
/// It is far above every recipe, in words.
pub fn seen_on_share(min_sequence: u64, recipes: &[FoundRecipe]) -> Result<u64, String> {
    let sequences = recipes.iter().map(|one| one.recipe.manifest.sequence);
    let highest = sequences.max().unwrap_or(0);
    let limit = highest.saturating_add(FARTHEST).min(HIGHEST);
    let seen = min_sequence.saturating_sub(1);
    (seen < limit).then_some(seen).ok_or_else(|| {
        format!(
            "servers are asked to take no sequence below {min_sequence}, and the newest recipe has {highest}: the \
             lock does not go on from there"
        )
    })
}

/// Recipes whose sequence nothing else there comes near, of the organisation that was chosen, or of all. They are
/// taken all the same: whoever builds with `--sequence-after` may mean it.
pub fn far_ahead(recipes: &[FoundRecipe], id: Option<&str>) -> Vec<Problem> {
    let asked = |one: &&FoundRecipe| id.is_none_or(|id| one.identity == id);
    let mut recipes: Vec<&FoundRecipe> = recipes.iter().filter(asked).collect();
    let key = |one: &FoundRecipe| (one.identity.clone(), one.recipe.manifest.sequence);
    recipes.sort_by_key(|one| key(one));
    let mut below: Option<(String, u64)> = None;
    let mut problems = Vec::new();
    for one in recipes {
        let (identity, sequence) = key(one);
        let known = below.filter(|(of, _)| *of == identity);
        let known = known.map_or(0, |(_, sequence)| sequence);
        if is_far(sequence, known) {
            problems.push(of(one, sequence, known));
        }
        below = Some((identity, sequence));
    }
    problems
}

fn of(one: &FoundRecipe, sequence: u64, known: u64) -> Problem {
    let others = match known {
        0 => "no recipe with a lower one lies there".to_owned(),
        known => format!("the next lower one is {known}"),
    };
    Problem::new(
        &SEQUENCE_FAR_AHEAD,
        one.place.clone(),
        format!("it has sequence {sequence}, and {others}: config and lock go on from it"),
        "where it is one of yours, nothing is to be done; else take it away from there, delete what was given back, \
         and reconstruct again",
    )
}
