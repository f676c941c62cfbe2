//! Payloads and policies in one publication.

use super::share::FakeShare;
use super::world::{World, published, release, world, writes};
use crate::publication::{Action, LargeFiles as _};

/// The same world, with a share for the payloads.
pub(super) fn with_payloads(mut world: World) -> World {
    world.payloads = Some(FakeShare {
        folders: Vec::new(),
        files: std::collections::BTreeMap::new(),
        budget: world.budget.clone(),
        trees_read: 0,
        held: None,
    });
    world
}

impl World {
    /// Lies every file of the release on the share, with its bytes?
    fn has_release(&mut self, content: &str) -> bool {
        let sources = tempfile::tempdir().unwrap();
        let release = release(content, sources.path());
        let share = self.payloads.as_mut().unwrap();
        share.files.contains_key("control.json")
            && release.files.iter().all(|file| {
                let path = format!("releases/{}/{}", release.id, file.name);
                share.digest(&path, file.size).unwrap() == Some((file.size, file.sha256))
            })
    }
}

#[test]
fn payloads_come_first_and_links_last() {
    let mut world = with_payloads(world());
    let link = ["DC=contoso,DC=com"];
    let would = world.run_with(Action::Publish, "new", &link, true).unwrap();
    let done = world
        .run_with(Action::Publish, "new", &link, false)
        .unwrap();
    assert_eq!(would.steps, done.steps);
    let told = done.steps;
    let at = |words: &str| told.iter().position(|step| step.contains(words)).unwrap();
    let order = [
        at("write `releases/new/md4ws.msi`"),
        at("control.json"),
        at("MdeOnboard-new.exe"),
        at("link `Gangway Settings`"),
        at("link `Gangway Deploy`"),
    ];
    assert!(order.is_sorted(), "{told:#?}");
    assert_eq!(order[4], told.len() - 1);
    assert!(world.has_release("new"));
    world.assert_whole("new");
}

#[test]
fn a_publication_cut_at_any_write_tells_no_server_of_payloads_that_are_not_there() {
    for (start, version) in [(world as fn() -> World, 0), (|| published("old"), 1)] {
        let all = writes(with_payloads(start()), "new");
        for allowed in 0..all {
            let mut world = with_payloads(start());
            world.budget.set(Some(allowed));
            world.run(Action::Publish, "new").unwrap_err();
            world.assert_not_torn("old", "new", version);
            if world.version() != version {
                assert!(world.has_release("new"), "{allowed}");
            }
            world.budget.set(None);
            world.run(Action::Publish, "new").unwrap();
            assert!(world.has_release("new"), "{allowed}");
            world.assert_whole("new");
        }
    }
}

#[test]
fn what_refuses_the_payloads_or_the_policies_stops_both_before_anything_is_written() {
    let mut world = with_payloads(world());
    let share = world.payloads.as_mut().unwrap();
    share
        .files
        .insert("control.json".to_owned(), b"{}".to_vec());
    world.budget.set(Some(0));
    let error = world.run(Action::Publish, "new").unwrap_err().to_string();
    assert!(error.contains("malformed"), "{error}");
    let share = world.payloads.as_mut().unwrap();
    share.files.clear();
    let link = ["OU=absent,DC=contoso,DC=com"];
    let error = world.run_with(Action::Publish, "new", &link, false);
    let error = error.unwrap_err().to_string();
    assert!(error.contains("there is no `OU=absent"), "{error}");
}

#[test]
fn a_share_that_others_fill_is_compared_before_any_policy_is_changed() {
    let mut world = with_payloads(world());
    world.only_compare = true;
    world.budget.set(Some(0));
    let error = world.run(Action::Publish, "new").unwrap_err().to_string();
    assert!(error.contains("OnboardingInfo.json` is missing"), "{error}");
    // Somebody copies the bundle's folder.
    world.only_compare = false;
    world.budget.set(None);
    let mut other = with_payloads(super::world::world());
    other.run(Action::Publish, "new").unwrap();
    world.payloads = other.payloads;
    world.only_compare = true;
    let path = "releases/new/md4ws.msi";
    let share = world.payloads.as_mut().unwrap();
    let bytes = share.files.insert(path.to_owned(), b"other".to_vec());
    let error = world.run(Action::Publish, "new").unwrap_err().to_string();
    assert!(error.contains("md4ws.msi` has other bytes"), "{error}");
    let share = world.payloads.as_mut().unwrap();
    share.files.insert(path.to_owned(), bytes.unwrap());
    let control = share.files.remove("control.json").unwrap();
    let error = world.run(Action::Publish, "new").unwrap_err().to_string();
    assert!(error.contains("no server begins anything"), "{error}");
    assert_eq!(world.version(), 0);
    let share = world.payloads.as_mut().unwrap();
    share.files.insert("control.json".to_owned(), control);
    let before = share.files.clone();
    world.run(Action::Publish, "new").unwrap();
    world.assert_whole("new");
    assert!(world.payloads.unwrap().files == before);
}
