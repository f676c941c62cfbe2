//! Publications that are cut at every write.

use std::collections::BTreeMap;

use super::world::{World, published, settings_id, task_id, world, writes};
use crate::publication::{Action, PublishError, StateError};

#[test]
fn a_first_publication_cut_at_any_write_is_finished_by_the_next() {
    for allowed in 0..writes(world(), "new") {
        let mut world = world();
        world.budget.set(Some(allowed));
        world.run(Action::Publish, "new").unwrap_err();
        world.assert_not_torn("new", "new", 0);
        world.budget.set(None);
        world.run(Action::Publish, "new").unwrap();
        world.assert_whole("new");
    }
}

#[test]
fn a_first_publication_cut_at_any_write_can_be_taken_back_to_nothing() {
    for allowed in 0..writes(world(), "new") {
        let mut world = world();
        world.budget.set(Some(allowed));
        world.run(Action::Publish, "new").unwrap_err();
        world.budget.set(None);
        match world.run(Action::Rollback, "new") {
            Ok(_) => {}
            // Cut before anything was saved, and so before anything of the GPO was changed.
            Err(PublishError::State(StateError::Nothing { .. })) => {}
            Err(error) => panic!("{error}"),
        }
        assert_eq!(world.gpo_files(), BTreeMap::new(), "after {allowed} writes");
        for id in [task_id(), settings_id()] {
            assert_eq!(world.attribute_of(id, "versionnumber"), None);
        }
        assert!(
            !world
                .share
                .folders
                .iter()
                .any(|folder| folder.contains("{"))
        );
    }
}

#[test]
fn a_later_publication_cut_at_any_write_ends_in_one_whole_state() {
    for allowed in 0..writes(published("old"), "new") {
        for action in [Action::Publish, Action::Rollback] {
            let mut world = published("old");
            world.budget.set(Some(allowed));
            world.run(Action::Publish, "new").unwrap_err();
            world.assert_not_torn("old", "new", 1);
            let version = world.version();
            world.budget.set(None);
            world.run(action, "new").unwrap();
            match action {
                Action::Publish => {
                    world.assert_whole("new");
                    // The state to go back to is the one before the cut, not what it left.
                    world.run(Action::Rollback, "new").unwrap();
                    world.assert_whole("old");
                }
                Action::Rollback | Action::Remove => world.assert_whole("old"),
            }
            assert!(world.version() > version);
        }
    }
}

#[test]
fn what_was_done_before_a_cut_is_told() {
    let mut clean = world();
    let whole = clean.run_with(Action::Publish, "new", &[], false).unwrap();
    assert_eq!(whole.unfinished, None);
    let mut seen = 0;
    for allowed in 0..writes(world(), "new") {
        let mut world = world();
        world.budget.set(Some(allowed));
        let (done, ended) = world.told(Action::Publish, "new", &[], false);
        ended.unwrap_err();
        // In the order of the whole, and the one that failed behind them.
        let count = done.steps.len();
        assert_eq!(done.steps, whole.steps[..count], "{allowed}");
        assert_eq!(
            done.unfinished.as_ref(),
            whole.steps.get(count),
            "{allowed}"
        );
        assert!(count >= seen, "{allowed}");
        seen = count;
    }
    assert!(seen > 5, "{seen}");
}

#[test]
fn taking_back_can_be_cut_too() {
    let mut reference = published("old");
    reference.run(Action::Publish, "new").unwrap();
    reference.budget.set(Some(1000));
    reference.run(Action::Rollback, "new").unwrap();
    for allowed in 0..1000 - reference.budget.get().unwrap() {
        let mut world = published("old");
        world.run(Action::Publish, "new").unwrap();
        world.budget.set(Some(allowed));
        world.run(Action::Rollback, "new").unwrap_err();
        world.assert_not_torn("new", "old", 2);
        world.budget.set(None);
        world.run(Action::Rollback, "new").unwrap();
        world.assert_whole("old");
    }
}

#[test]
fn a_file_that_changes_on_the_way_keeps_the_version_down() {
    let mut world = published("old");
    let (directory, share) = (world.directory.clone(), world.share.clone());
    let total = writes(
        World {
            directory,
            share,
            payloads: None,
            only_compare: false,
            keep: None,
            removals: Vec::new(),
            prune: false,
            allow_overlap: false,
            change: |_| {},
            end_passive_mode: false,
            wait: None,
            replicas: super::replication::FakeReplicas::default(),
            state: tempfile::tempdir().unwrap(),
            budget: world.budget.clone(),
        },
        "new",
    );
    // Stop before the directory is told, then damage a file: the next run repairs it first.
    world.budget.set(Some(total - 3));
    world.run(Action::Publish, "new").unwrap_err();
    assert_eq!(world.version(), 1);
    let path = format!("contoso.com/Policies/{}/GPO.cmt", task_id());
    world.share.files.insert(path, b"damaged".to_vec());
    world.budget.set(None);
    world.run(Action::Publish, "new").unwrap();
    world.assert_whole("new");
}
