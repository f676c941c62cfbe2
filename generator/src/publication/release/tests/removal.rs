//! The end of a campaign on a share.

use super::*;
use crate::gpo::Guid;
use crate::publication::tests::share::FakeShare;

fn campaign(name: &str) -> Campaign {
    Campaign::new(
        Guid::derive(&[name]),
        name.to_owned(),
        "contoso.com".to_owned(),
    )
}

impl World {
    fn of(&self, id: &str, name: &str) -> Release {
        Release {
            id: id.to_owned(),
            campaigns: vec![campaign(name)],
            ..self.release()
        }
    }

    fn act(
        &self,
        share: &mut FakeShare,
        release: &Release,
        action: Action,
        dry_run: bool,
    ) -> Result<Published, ReleaseError> {
        let request = ReleaseRequest {
            action,
            ..self.request(dry_run)
        };
        let payloads = Payloads {
            request: &request,
            release,
            share,
        };
        let mut done = Published::default();
        publish_release(payloads, &mut |_| {}, &mut done)?;
        Ok(done)
    }

    fn past(&self, release: &Release) -> Vec<String> {
        release_history(&self.request(true), release).unwrap()
    }

    fn brought(&self, releases: &[(&str, &str)]) -> FakeShare {
        let notes = ("mde/notes.txt".to_owned(), b"of somebody".to_vec());
        let mut share = FakeShare {
            folders: vec!["mde".to_owned()],
            files: BTreeMap::from([notes]),
            budget: Default::default(),
            trees_read: 0,
            held: None,
        };
        for (id, name) in releases {
            let release = self.of(id, name);
            self.act(&mut share, &release, Action::Publish, false)
                .unwrap();
        }
        share
    }
}

fn names(share: &FakeShare) -> Vec<&str> {
    let files = share.files.keys().chain(&share.folders);
    let ours = files.filter(|name| !name.contains(SWITCH_CLAIM));
    ours.map(String::as_str).collect()
}

#[test]
fn the_last_campaign_takes_releases_documents_and_switch_and_nothing_of_others() {
    let world = World::new();
    let mut share = world.brought(&[("one", "Deploy"), ("two", "Deploy")]);
    let last = world.of("two", "Deploy");
    let before = share.files.clone();
    let would = world.act(&mut share, &last, Action::Remove, true).unwrap();
    assert_eq!(share.files, before);
    let done = world.act(&mut share, &last, Action::Remove, false).unwrap();
    assert_eq!(done.steps, would.steps);
    assert_eq!(done.steps.len(), 6, "{:?}", done.steps);
    assert_eq!(names(&share), ["mde/notes.txt", "mde"]);
    assert!(done.notes[0].contains("notes.txt"), "{:?}", done.notes);
    let again = world.act(&mut share, &last, Action::Remove, false).unwrap();
    assert_eq!(again.steps, [""; 0]);
    // There is nothing to go back to.
    assert_eq!(world.past(&last), [""; 0]);
    let back = world.act(&mut share, &last, Action::Rollback, false);
    assert!(back.is_err());
}

#[test]
fn the_history_names_what_each_way_back_goes_to() {
    let world = World::new();
    let mut share = world.brought(&[("one", "Deploy"), ("two", "Deploy")]);
    let last = world.of("two", "Deploy");
    let first = "back: no release of this campaign, and no switch";
    let told = world.past(&last);
    assert_eq!(told[0], "share, 1 back: release `one` of sequence 7");
    assert_eq!(told[1], format!("share, 2 {first}"));
    assert_eq!(told.len(), 2, "{told:?}");
    world
        .act(&mut share, &last, Action::Rollback, false)
        .unwrap();
    assert_eq!(world.past(&last), [format!("share, 1 {first}")]);
    // Another campaign of the same share has a history of its own.
    assert_eq!(world.past(&world.of("two", "Offboard")), [""; 0]);
}

#[test]
fn what_another_campaign_needs_stays() {
    let world = World::new();
    let mut share = world.brought(&[("old", "Deploy"), ("both", "Deploy"), ("both", "Offboard")]);
    let deploy = world.of("both", "Deploy");
    let done = world
        .act(&mut share, &deploy, Action::Remove, false)
        .unwrap();
    assert!(done.notes.iter().any(|note| note.contains("`both` stays")));
    let left = names(&share);
    assert!(
        !left.iter().any(|name| name.contains("releases/old")),
        "{left:?}"
    );
    for name in ["mde/control.json", "mde/releases/both/md4ws.msi"] {
        assert!(left.contains(&name), "{left:?}");
    }
    // A document that nobody can read may need anything.
    let torn = format!("mde/campaigns/{}", campaign("Offboard").file_name());
    let document = share.files.insert(torn.clone(), b"{".to_vec()).unwrap();
    let mut share_of_both = world.brought(&[("x", "Deploy")]);
    share_of_both.files.insert(torn.clone(), b"{".to_vec());
    let x = world.of("x", "Deploy");
    let before = share_of_both.files.clone();
    let refused = world.act(&mut share_of_both, &x, Action::Remove, false);
    let error = refused.err().unwrap().to_string();
    assert!(error.contains("nothing is taken away"), "{error}");
    assert_eq!(share_of_both.files, before);
    share.files.insert(torn, document);
    let offboard = world.of("both", "Offboard");
    world
        .act(&mut share, &offboard, Action::Remove, false)
        .unwrap();
    assert_eq!(names(&share), ["mde/notes.txt", "mde"]);
}

#[test]
fn files_of_somebody_in_our_folders_stay() {
    let world = World::new();
    let mut share = world.brought(&[("one", "Deploy")]);
    for name in [
        "mde/releases/one/theirs.exe",
        "mde/releases/by-hand.txt",
        "mde/campaigns/x.txt.gangway-part",
    ] {
        share.files.insert(name.to_owned(), b"theirs".to_vec());
    }
    let one = world.of("one", "Deploy");
    world.act(&mut share, &one, Action::Remove, false).unwrap();
    let files: Vec<&String> = share.files.keys().collect();
    assert_eq!(
        files,
        [
            "mde/campaigns/x.txt.gangway-part",
            "mde/notes.txt",
            "mde/releases/by-hand.txt",
            "mde/releases/one/theirs.exe"
        ]
    );
}

#[test]
fn a_removal_that_is_cut_at_any_write_is_finished_by_the_next() {
    let world = World::new();
    let whole = world.brought(&[("one", "Deploy"), ("two", "Deploy")]);
    let last = world.of("two", "Deploy");
    let mut cuts = 0;
    for writes in 0..200 {
        let mut share = whole.clone();
        share.budget = Default::default();
        share.budget.set(Some(writes));
        if world.act(&mut share, &last, Action::Remove, false).is_ok()
            && names(&share) == ["mde/notes.txt", "mde"]
        {
            break;
        }
        cuts += 1;
        share.budget.set(None);
        for _ in 0..2 {
            world.act(&mut share, &last, Action::Remove, false).unwrap();
        }
        assert_eq!(names(&share), ["mde/notes.txt", "mde"], "{writes}");
    }
    assert!(cuts > 10, "{cuts}");
}

/// What somebody put into a release's folder keeps that folder, and the one above it, in the dry run as well.
#[test]
fn a_dry_run_says_which_folders_stay_for_what_others_put_there() {
    let world = World::new();
    let mut share = world.brought(&[("one", "Deploy")]);
    let theirs = "mde/releases/one/notes.txt".to_owned();
    share.files.insert(theirs.clone(), b"of somebody".to_vec());
    let release = world.of("one", "Deploy");
    let would = world
        .act(&mut share, &release, Action::Remove, true)
        .unwrap();
    let done = world
        .act(&mut share, &release, Action::Remove, false)
        .unwrap();
    assert_eq!(done.steps, would.steps);
    assert_eq!(done.notes, would.notes);
    assert!(share.files.contains_key(&theirs));
}

#[test]
fn a_release_in_use_stays_with_what_names_it_and_that_is_no_success() {
    let world = World::new();
    let mut share = world.brought(&[("one", "Deploy")]);
    let release = world.of("one", "Deploy");
    share.held = Some("mde/releases/one/md4ws.msi".to_owned());
    let error = world
        .act(&mut share, &release, Action::Remove, false)
        .unwrap_err();
    assert!(matches!(&error, ReleaseError::InUse { releases } if releases == &["one"]));
    assert!(share.files.keys().any(|name| name.contains("campaigns/")));
    share.held = None;
    world
        .act(&mut share, &release, Action::Remove, false)
        .unwrap();
    assert_eq!(names(&share), ["mde/notes.txt", "mde"]);
}

/// Somebody else ended the campaign: what is saved here names a release that is gone.
#[test]
fn a_way_back_to_a_release_that_is_gone_is_refused() {
    let world = World::new();
    let mut share = world.brought(&[("one", "Deploy"), ("two", "Deploy")]);
    share.files.retain(|name, _| name == "mde/notes.txt");
    share.folders.retain(|name| name == "mde");
    let before = share.files.clone();
    let release = world.of("two", "Deploy");
    let error = world
        .act(&mut share, &release, Action::Rollback, false)
        .unwrap_err();
    assert!(matches!(error, ReleaseError::Gone { .. }), "{error}");
    assert_eq!(share.files, before);
}
