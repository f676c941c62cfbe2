//! More than one publication taken back, and what is told of the live one before it is replaced.

use gangway_fixtures::authenticode::{Signature, sign_pe};
use gangway_fixtures::pe::{Version, program};

use super::whole::with_payloads;
use super::world::{World, published, task_id, world};
use crate::publication::plan::Saved;
use crate::publication::state::{KEPT, State};
use crate::publication::{Action, Contents, PublishError, StateError};

fn published_all(contents: &[&str]) -> World {
    let mut world = world();
    for content in contents {
        world.run(Action::Publish, content).unwrap();
    }
    world
}

fn back(world: &mut World) -> Result<(), PublishError> {
    world.run(Action::Rollback, "any").map(drop)
}

fn is_nothing(error: &PublishError) -> bool {
    matches!(error, PublishError::State(StateError::Nothing { .. }))
}

#[test]
fn each_way_back_goes_one_publication_further_until_nothing_is_there() {
    let mut world = published_all(&["a", "b", "c"]);
    for content in ["b", "a"] {
        back(&mut world).unwrap();
        world.assert_whole(content);
    }
    back(&mut world).unwrap();
    assert_eq!(world.version(), 0);
    assert!(world.gpo_files().is_empty());
    let error = back(&mut world).unwrap_err();
    assert!(is_nothing(&error), "{error}");
}

#[test]
fn a_publication_after_a_way_back_is_taken_back_to_where_that_led() {
    let mut world = published_all(&["a", "b", "c"]);
    back(&mut world).unwrap();
    world.run(Action::Publish, "d").unwrap();
    for content in ["b", "a"] {
        back(&mut world).unwrap();
        world.assert_whole(content);
    }
}

#[test]
fn a_way_back_that_is_cut_at_any_write_ends_whole_and_the_next_one_goes_on() {
    for cut in 0.. {
        let mut world = published_all(&["a", "b", "c"]);
        world.budget.set(Some(cut));
        let is_whole = back(&mut world).is_ok();
        world.budget.set(None);
        if !is_whole {
            back(&mut world).unwrap();
        }
        world.assert_whole("b");
        back(&mut world).unwrap();
        world.assert_whole("a");
        if is_whole {
            break;
        }
    }
}

#[test]
fn what_another_place_published_between_is_not_taken_back() {
    let mut world = published("a");
    let elsewhere = tempfile::tempdir().unwrap();
    let here = std::mem::replace(&mut world.state, elsewhere);
    world.run(Action::Publish, "b").unwrap();
    world.state = here;
    world.run(Action::Publish, "c").unwrap();
    back(&mut world).unwrap();
    world.assert_whole("b");
    let before = world.gpo_files();
    let error = back(&mut world).unwrap_err();
    assert!(matches!(error, PublishError::WentOn { .. }), "{error}");
    assert_eq!(world.gpo_files(), before);
}

#[test]
fn so_many_are_kept_and_what_is_not_ours_beside_them_stays() {
    let mut world = world();
    let folder = world.state.path().to_owned();
    let foreign = [
        folder.join("contoso.com.deploy.before-6.json"),
        folder.join("notes.txt"),
    ];
    for path in &foreign {
        std::fs::write(path, "mine").unwrap();
    }
    for number in 0..KEPT + 3 {
        world.run(Action::Publish, &format!("x{number}")).unwrap();
    }
    for number in (0..KEPT).rev() {
        back(&mut world).unwrap();
        world.assert_whole(&format!("x{}", number + 2));
    }
    assert!(is_nothing(&back(&mut world).unwrap_err()));
    for path in &foreign {
        assert_eq!(std::fs::read(path).unwrap(), b"mine");
    }
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), foreign.len());
}

/// Killed between two renames: a number is missing, and no state is lost or stands in the wrong place.
#[test]
fn states_are_kept_in_their_order_wherever_the_end_of_a_publication_is_cut() {
    let folder = tempfile::tempdir().unwrap();
    let path = |number: usize| match number {
        1 => folder.path().join("x.before.json"),
        number => folder.path().join(format!("x.before-{number}.json")),
    };
    let of = |version: u32| {
        let mut saved = Saved::default();
        let object = crate::publication::plan::PresentObject {
            version,
            ..Default::default()
        };
        let present = crate::publication::plan::Present {
            object: Some(object),
            ..Default::default()
        };
        saved.add(task_id(), "x", &present);
        saved
    };
    for gap in 1..=KEPT {
        let state: State<Saved> = State::of(folder.path(), "x");
        state.forget_all().unwrap();
        // Newest last.
        for version in 1..=4 {
            state.save(&of(version)).unwrap();
            state.finish().unwrap();
        }
        // As a cut leaves it: what stood from `gap` on has moved up.
        for number in (gap..=4).rev() {
            std::fs::rename(path(number), path(number + 1)).unwrap();
        }
        state.save(&of(5)).unwrap();
        state.finish().unwrap();
        let found = state.history().unwrap();
        assert_eq!(found, [of(5), of(4), of(3), of(2), of(1)], "{gap}");
    }
}

#[test]
fn policies_and_share_go_back_together_also_where_one_publication_changed_only_the_policies() {
    let mut world = with_payloads(world());
    for content in ["a", "b", "b"] {
        world.run(Action::Publish, content).unwrap();
    }
    let switch = |world: &World| {
        let share = world.payloads.as_ref().unwrap();
        share.files.contains_key("control.json")
    };
    for content in ["b", "a"] {
        back(&mut world).unwrap();
        world.assert_whole(content);
        assert!(switch(&world), "{content}");
    }
    world.run(Action::Rollback, "a").unwrap();
    assert_eq!(world.version(), 0);
}

fn exe(number: u32) -> Vec<u8> {
    program(&Version::new("MdeOnboard", "Gangway", [1, 0, 0, 0]), number)
}

fn signed_by_one(contents: &mut Contents) {
    contents.bootstrap.1 = sign_pe(&exe(0), &Signature::default());
}

fn unsigned(contents: &mut Contents) {
    contents.bootstrap.1 = exe(0);
}

fn of_other_code(contents: &mut Contents) {
    contents.bootstrap.1 = sign_pe(&exe(1), &Signature::default());
}

#[test]
fn a_program_that_was_signed_again_is_the_same_and_stays_as_it_is() {
    for (second, is_same) in [
        (signed_by_one as fn(&mut Contents), true),
        (of_other_code, false),
    ] {
        let mut world = world();
        world.change = unsigned;
        world.run(Action::Publish, "new").unwrap();
        let path = "contoso.com/scripts/Gangway/MdeOnboard-new.exe";
        let before = world.share.files[path].clone();
        world.change = second;
        match world.run(Action::Publish, "new") {
            Ok(done) => {
                assert!(is_same);
                let told = |note: &String| note.contains("another signature");
                assert!(done.notes.iter().any(told), "{:?}", done.notes);
            }
            Err(error) => {
                assert!(!is_same, "{error}");
                assert!(matches!(error, PublishError::Different { .. }), "{error}");
            }
        }
        assert!(world.share.files[path] == before);
    }
}

fn manifest(contents: &mut Contents, mode: &str, sequence: u32) {
    let name = format!("mdeonboard-{mode}{sequence}.exe");
    let tasks = format!(r"<Command>\\contoso.com\NETLOGON\Gangway\{name}</Command>");
    let file = "Machine/Preferences/ScheduledTasks/ScheduledTasks.xml";
    let task = contents.gpos.last_mut().unwrap();
    task.files.insert(file.to_owned(), tasks.into_bytes());
    let text = format!("MZ {{\"mode\": \"{mode}\",\"sequence\": {sequence},}}");
    contents.bootstrap = (name, text.into_bytes());
}

#[test]
fn a_lower_sequence_and_another_mode_than_the_live_ones_are_told_before_anything_is_written() {
    let live = |contents: &mut Contents| manifest(contents, "onboard", 7);
    type Change = fn(&mut Contents);
    let cases: [(Change, &[&str]); 5] = [
        (|it| manifest(it, "onboard", 8), &[]),
        (|it| manifest(it, "onboard", 7), &[]),
        (|it| manifest(it, "onboard", 6), &["GW3126"]),
        (|it| manifest(it, "precheck", 8), &["GW3127"]),
        (|it| manifest(it, "precheck", 6), &["GW3126", "GW3127"]),
    ];
    for (next, told) in cases {
        let mut world = world();
        world.change = live;
        world.run(Action::Publish, "x").unwrap();
        world.change = next;
        world.budget.set(Some(0));
        let would = world.run_with(Action::Publish, "x", &[], true).unwrap();
        let codes = would.problems.iter().map(|one| one.code.id);
        let codes: Vec<&str> = codes
            .filter(|id| ["GW3126", "GW3127"].contains(id))
            .collect();
        assert_eq!(codes, told);
    }
}
