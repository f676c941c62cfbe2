//! What was published from here and can be taken back.

use super::live::{TASKS_FILE, programs};
use super::plan::Saved;
use super::state::State;
use super::{Contents, PublishError, PublishRequest};

/// What `--rollback` goes back to, one publication after the other, newest first and in words. Asks no server.
///
/// # Errors
/// A saved state cannot be read.
pub fn history(request: &PublishRequest, contents: &Contents) -> Result<Vec<String>, PublishError> {
    let state: State<Saved> = State::of(&request.state, &contents.state_name());
    let task = contents.task().map(|gpo| gpo.id);
    let line = |(at, saved): (usize, Saved)| {
        let names: Vec<String> = saved.gpos().map(|(_, name)| format!("`{name}`")).collect();
        let before = task.and_then(|id| saved.desired(id));
        let tasks = before.as_ref().and_then(|gpo| gpo.files.get(TASKS_FILE));
        let started: Vec<String> = tasks
            .map(|tasks| programs(tasks))
            .into_iter()
            .flatten()
            .collect();
        let started = match (&before, started.is_empty()) {
            (None, _) => "no task".to_owned(),
            (Some(_), true) => "a task that starts no program of ours".to_owned(),
            (Some(_), false) => format!("the task that starts `{}`", started.join("`, `")),
        };
        format!("{} back: {started}; of {}", at + 1, names.join(", "))
    };
    let states = state.history()?.into_iter().enumerate();
    Ok(states.map(line).collect())
}
