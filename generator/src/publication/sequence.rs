//! Is the bundle that the domain has a newer one, or one that does something else?

use super::execute::Executor;
use super::live::{MODE, TASKS_FILE, numbers_in, programs, texts_in};
use super::plan::{DomainFacts, Present};
use super::{Contents, PublishError, codes};
use crate::printable::on_one_line;
use crate::problem::Problem;

/// Key of the manifest, as it stands in a program.
const SEQUENCE: &[u8] = b"\"sequence\"";

/// Tells, before anything is written, that the live program has a higher sequence or another mode. What a
/// program does not say is not compared.
pub(super) fn compare_with_live(
    contents: &Contents,
    present: &Present,
    domain: &DomainFacts,
    executor: &mut Executor<'_>,
) -> Result<(), PublishError> {
    let mut files = present.files.iter();
    let tasks = files.find(|(name, _)| name.eq_ignore_ascii_case(TASKS_FILE));
    let Some((_, tasks)) = tasks.filter(|_| present.object.is_some()) else {
        return Ok(());
    };
    let (own_name, own) = &contents.bootstrap;
    for program in programs(tasks) {
        if program.eq_ignore_ascii_case(own_name) {
            continue;
        }
        let path = format!("{}/{program}", domain.program_folder());
        let live = executor.sysvol().read_file(&path)?.unwrap_or_default();
        let highest = |bytes: &[u8]| numbers_in(bytes, SEQUENCE).into_iter().max();
        if let (Some(there), Some(here)) = (highest(&live), highest(own))
            && here < there
        {
            let message = format!("the domain has sequence {there} live, this bundle has {here}");
            executor.done.problems.push(Problem::new(
                &codes::LIVE_IS_NEWER,
                format!("`{program}`"),
                message,
                "build again from what shall be, which gives the next sequence",
            ));
        }
        let (there, here) = (texts_in(&live, MODE), texts_in(own, MODE));
        if !there.is_empty() && !here.is_empty() && there != here {
            let words = |found: &std::collections::BTreeSet<String>| {
                let texts: Vec<&str> = found.iter().map(String::as_str).collect();
                on_one_line(&texts.join(", ")).into_owned()
            };
            let message = format!(
                "the live task is of a bundle for `{}`, this one is for `{}`",
                words(&there),
                words(&here)
            );
            executor.done.problems.push(Problem::new(
                &codes::LIVE_IS_OF_ANOTHER_MODE,
                format!("`{program}`"),
                message,
                "nothing, when the servers of the policy shall do that from now on",
            ));
        }
    }
    Ok(())
}
