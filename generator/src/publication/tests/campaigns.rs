//! What campaigns need of a share: the way back, and what may be taken away.

use std::collections::BTreeMap;

use super::directory::value;
use super::whole::with_payloads;
use super::world::{DOMAIN_DN, World, campaign, task_id, world};
use crate::gpo::Guid;
use crate::publication::{
    Action, Payloads, Places, PublishError, Published, ReleaseError, ReleaseRequest, Share as _,
    publish_release, publish_release_and_prune,
};

impl World {
    fn publish(&mut self, content: &str) -> Published {
        self.run(Action::Publish, content).unwrap()
    }

    /// Releases that lie on the share.
    fn releases(&self) -> Vec<&str> {
        let folders = &self.payloads.as_ref().unwrap().folders;
        let mut found: Vec<&str> = folders
            .iter()
            .filter_map(|folder| folder.strip_prefix("releases/"))
            .collect();
        found.sort_unstable();
        found
    }

    fn put(&mut self, path: &str, content: impl Into<Vec<u8>>) {
        let share = self.payloads.as_mut().unwrap();
        share.files.insert(path.to_owned(), content.into());
    }

    fn has(&self, path: &str) -> bool {
        self.payloads.as_ref().unwrap().files.contains_key(path)
    }

    /// What the campaign needs, newest first.
    fn needs(&self) -> Vec<String> {
        let path = format!("campaigns/{}.json", campaign().gpo);
        let bytes = &self.payloads.as_ref().unwrap().files[&path];
        let read: serde_json::Value = serde_json::from_slice(bytes).unwrap();
        let releases = read["releases"].as_array().unwrap().iter();
        releases
            .map(|one| one["id"].as_str().unwrap().to_owned())
            .collect()
    }

    /// A GPO of others with a task that starts this program.
    fn put_policy(&mut self, program: &str) {
        let id = Guid::derive(&["by hand"]);
        let object = BTreeMap::from([
            ("cn".to_owned(), value(&id.to_string())),
            ("displayname".to_owned(), value("By hand")),
            (
                "gpcmachineextensionnames".to_owned(),
                value("[{AADCED64-746C-4633-A97C-D61349046527}{X}]"),
            ),
        ]);
        let dn = format!("cn={id},cn=policies,cn=system,{DOMAIN_DN}");
        self.directory.objects.insert(dn.to_lowercase(), object);
        let tasks = format!(r"<Exec><Command>\\contoso.com\NETLOGON\Gangway\{program}</Command>");
        let path = format!(
            "contoso.com/Policies/{id}/Machine/Preferences/ScheduledTasks/ScheduledTasks.xml"
        );
        self.share.files.insert(path, tasks.into_bytes());
    }

    fn put_program(&mut self, program: &str, release: &str) {
        let path = format!("contoso.com/scripts/Gangway/{program}");
        let bytes = format!("MZ {{\"release_id\": \"{release}\"}}");
        self.share.files.insert(path, bytes.into_bytes());
    }
}

/// Published four times; `d` is live, `c` is what a way back goes to.
fn four_releases() -> World {
    let mut world = with_payloads(world());
    for content in ["a", "b", "c", "d"] {
        world.publish(content);
    }
    assert_eq!(world.needs(), ["d", "c", "b", "a"]);
    world
}

/// Another campaign, that needs this release.
fn needs_of_another(release: &str) -> (String, String) {
    let gpo = Guid::derive(&["another"]);
    let campaign = format!(r#"{{"gpo":"{gpo}","name":"Gangway Offboard","domain":"contoso.com"}}"#);
    let releases = format!(r#"[{{"id":"{release}","files":["md4ws.msi"]}}]"#);
    (
        format!("campaigns/{gpo}.json"),
        format!(r#"{{"schema":1,"campaign":{campaign},"releases":{releases}}}"#),
    )
}

#[test]
fn a_first_publication_is_taken_back_with_the_switch_that_it_brought() {
    let mut world = with_payloads(world());
    world.publish("new");
    assert!(world.has("control.json"));
    let done = world.run(Action::Rollback, "new").unwrap();
    assert!(!world.has("control.json"));
    assert!(world.has("releases/new/md4ws.msi"), "a server may be at it");
    assert_eq!(world.version(), 0);
    let stays = |note: &String| note.contains("release `new` stay on the share");
    assert!(done.notes.iter().any(stays), "{:?}", done.notes);
    // And again from there.
    world.publish("new");
    assert!(world.has("control.json"));
    world.assert_whole("new");
}

#[test]
fn a_document_that_a_publication_brought_goes_back_where_others_name_its_releases() {
    let own = format!("campaigns/{}.json", campaign().gpo);
    for (release, goes) in [("new", true), ("other", false)] {
        for cut in 0.. {
            let mut world = with_payloads(world());
            let (path, text) = needs_of_another(release);
            world
                .payloads
                .as_mut()
                .unwrap()
                .folders
                .push("campaigns".to_owned());
            world.put(&path, text.clone());
            world.publish("new");
            assert!(world.has(&own));
            world.budget.set(Some(cut));
            let is_whole = world.run(Action::Rollback, "new").is_ok();
            world.budget.set(None);
            if !is_whole {
                world.run(Action::Rollback, "new").unwrap();
            }
            assert_eq!(world.has(&own), !goes, "{cut}");
            let share = world.payloads.as_ref().unwrap();
            assert_eq!(share.files[&path], text.as_bytes());
            if is_whole {
                break;
            }
        }
    }
}

#[test]
fn the_way_back_needs_first_what_was_needed_before_and_leaves_the_switch_of_others() {
    let mut world = with_payloads(world());
    world.publish("old");
    world.publish("new");
    assert_eq!(world.needs(), ["new", "old"]);
    world.run(Action::Rollback, "new").unwrap();
    world.assert_whole("old");
    assert_eq!(world.needs(), ["old", "new"]);
    assert!(world.has("control.json"), "it was there before");

    for (path, content, told) in [
        (
            "control.json".to_owned(),
            "{\"paused\":true}".to_owned(),
            "was changed since",
        ),
        {
            let (path, content) = needs_of_another("other");
            (path, content, "another campaign uses the share")
        },
    ] {
        let mut world = with_payloads(super::world::world());
        world.publish("new");
        world.put(&path, content);
        let done = world.run(Action::Rollback, "new").unwrap();
        assert!(world.has("control.json"));
        assert!(
            done.notes.iter().any(|note| note.contains(told)),
            "{:?}",
            done.notes
        );
    }
}

/// What counts is who needs the switch now, and not who did when the publication began.
#[test]
fn the_way_back_leaves_the_switch_to_releases_that_have_come_since() {
    for (come, told) in [
        (
            (|world: &mut World| {
                let folders = &mut world.payloads.as_mut().unwrap().folders;
                folders.push("releases/by-hand".to_owned());
            }) as fn(&mut World),
            "`releases/by-hand` lies there",
        ),
        (
            |world| {
                let (path, _) = needs_of_another("x");
                world.put(&path, "{");
            },
            "lists the releases that a campaign needs",
        ),
    ] {
        let mut world = with_payloads(world());
        // The payloads alone, so that each has a way back of its own.
        world.publish("new");
        come(&mut world);
        let done = world.run(Action::Rollback, "new").unwrap();
        assert!(world.has("control.json"), "{told}");
        assert!(
            done.notes.iter().any(|note| note.contains(told)),
            "{:?}",
            done.notes
        );
    }
    // What a cut run left is nobody's.
    let mut world = with_payloads(world());
    world.publish("new");
    world.put("campaigns/{X}.json.gangway-part", "{");
    world.run(Action::Rollback, "new").unwrap();
    assert!(!world.has("control.json"));
}

impl World {
    /// Does something from another state folder.
    fn elsewhere<T>(&mut self, act: impl FnOnce(&mut Self) -> T) -> T {
        let elsewhere = tempfile::tempdir().unwrap();
        let own = std::mem::replace(&mut self.state, elsewhere);
        let done = act(self);
        self.state = own;
        done
    }

    /// A copy of what is saved, as it lies on the publisher's backup.
    fn copy_of_state(&self) -> tempfile::TempDir {
        let copy = tempfile::tempdir().unwrap();
        for entry in std::fs::read_dir(self.state.path()).unwrap() {
            let entry = entry.unwrap();
            std::fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
        }
        copy
    }
}

/// Another publication, and the same release once more after a way back, are not taken back with what
/// was saved before an older one.
#[test]
fn what_has_come_since_is_not_taken_back() {
    for (come, live) in [
        (
            (|world: &mut World| {
                world.elsewhere(|world| world.publish("newer"));
            }) as fn(&mut World),
            "newer",
        ),
        (
            |world| {
                world.run(Action::Rollback, "new").unwrap();
                world.elsewhere(|world| world.publish("new"));
            },
            "new",
        ),
        (
            |world| {
                world.elsewhere(|world| {
                    world.publish("newer");
                    world.publish("new");
                });
            },
            "new",
        ),
    ] {
        for alone in [false, true] {
            let mut world = with_payloads(world());
            world.publish("new");
            let copy = world.copy_of_state();
            come(&mut world);
            world.state = copy;
            let files = world.payloads.as_ref().unwrap().files.clone();
            let objects = world.directory.objects.clone();
            for dry_run in [true, false] {
                let error = match alone {
                    false => world
                        .run_with(Action::Rollback, "new", &[], dry_run)
                        .unwrap_err()
                        .to_string(),
                    true => payloads_back(&mut world, "new", dry_run)
                        .unwrap_err()
                        .to_string(),
                };
                assert!(
                    error.contains("to since") || error.contains("edited since"),
                    "{error}"
                );
            }
            assert!(world.payloads.as_ref().unwrap().files == files);
            assert!(world.directory.objects == objects);
            world.assert_whole(live);
        }
    }
}

/// The payloads alone go back.
fn payloads_back(world: &mut World, content: &str, dry_run: bool) -> Result<(), ReleaseError> {
    let sources = tempfile::tempdir().unwrap();
    let release = super::world::release(content, sources.path());
    let request = ReleaseRequest {
        folder: None,
        named: "share".to_owned(),
        dry_run,
        only_compare: false,
        action: Action::Rollback,
        keep: None,
        state: world.state.path().to_owned(),
        claimant: super::world::claimant(),
    };
    let payloads = Payloads {
        request: &request,
        release: &release,
        share: world.payloads.as_mut().unwrap(),
    };
    publish_release(payloads, &mut |_| {}, &mut Published::default())
}

/// What a cut run saved is no state to go back to once another publication has come.
#[test]
fn a_cut_publication_is_not_gone_on_with_over_that_of_others() {
    let mut cut = with_payloads(world());
    cut.budget.set(Some(1000));
    cut.run(Action::Publish, "new").unwrap();
    let writes = 1000 - cut.budget.get().unwrap();
    for allowed in 4..writes {
        let mut world = with_payloads(world());
        world.budget.set(Some(allowed));
        world.run(Action::Publish, "new").unwrap_err();
        world.budget.set(None);
        // It stopped in the middle of its claim, which somebody takes away by hand.
        let share = world.payloads.as_mut().unwrap();
        share.remove_folder("campaigns.claim").unwrap();
        world.elsewhere(|world| world.publish("newer"));
        world.publish("new");
        world.run(Action::Rollback, "new").unwrap();
        world.assert_whole("newer");
        assert_eq!(world.needs().first().unwrap(), "newer", "{allowed}");
        assert!(world.has("control.json"), "{allowed}");
    }
}

#[test]
fn the_way_back_says_of_payloads_and_documents_what_is_so() {
    let mut world = with_payloads(world());
    world.publish("old");
    world.publish("new");
    // Somebody took both away.
    let share = world.payloads.as_mut().unwrap();
    share.remove_folder("releases/new").unwrap();
    share.remove_folder("campaigns").unwrap();
    let done = world.run(Action::Rollback, "new").unwrap();
    let stays = |note: &String| note.contains("stay on the share");
    assert!(!done.notes.iter().any(stays), "{:?}", done.notes);
    assert_eq!(world.needs(), ["old"]);
}

#[test]
fn the_way_back_can_be_cut_at_any_write() {
    let start = || {
        let mut world = with_payloads(world());
        world.publish("old");
        world.publish("new");
        world
    };
    let mut whole = start();
    whole.budget.set(Some(1000));
    whole.run(Action::Rollback, "new").unwrap();
    let writes = 1000 - whole.budget.get().unwrap();
    let files = whole.payloads.unwrap().files;
    for allowed in 0..writes {
        let mut world = start();
        world.budget.set(Some(allowed));
        world.run(Action::Rollback, "new").unwrap_err();
        world.budget.set(None);
        world.run(Action::Rollback, "new").unwrap();
        world.assert_whole("old");
        assert!(world.payloads.unwrap().files == files, "{allowed}");
    }
}

#[test]
fn old_releases_go_last_and_only_those_that_nobody_names() {
    let mut world = four_releases();
    world.keep = Some(2);
    let would = world.run_with(Action::Publish, "e", &[], true).unwrap();
    assert_eq!(world.releases(), ["a", "b", "c", "d"]);
    let done = world.publish("e");
    assert_eq!(world.releases(), ["d", "e"]);
    assert_eq!(world.needs(), ["e", "d"]);
    let told: Vec<&String> = done.steps.iter().rev().take(4).collect();
    let expected = would.steps.iter().rev().take(4).collect::<Vec<_>>();
    assert_eq!(told, expected);
    for (step, words) in told.iter().rev().zip([
        "remove release `c`: 2 files",
        "remove release `b`: 2 files",
        "remove release `a`: 2 files",
        "needs no more",
    ]) {
        assert!(step.contains(words), "{step}");
    }
    // The one before it is there to go back to.
    world.run(Action::Rollback, "e").unwrap();
    world.assert_whole("d");
    assert_eq!(world.releases(), ["d", "e"]);
}

#[test]
fn what_a_policy_or_another_campaign_names_stays() {
    let mut world = four_releases();
    let (path, content) = needs_of_another("a");
    world.put(&path, content.clone());
    world.put_policy("MdeOnboard-0123.exe");
    world.put_program("mdeonboard-0123.exe", "b");
    world.keep = Some(2);
    world.publish("e");
    assert_eq!(world.releases(), ["a", "b", "d", "e"]);
    let share = world.payloads.as_ref().unwrap();
    assert_eq!(share.files[&path], content.as_bytes());
}

#[test]
fn where_it_is_not_known_what_is_named_nothing_goes() {
    let by_hand = |world: &mut World| world.put_policy("MdeOnboard-unknown.exe");
    let malformed = |world: &mut World| {
        let (path, _) = needs_of_another("a");
        world.put(&path, "{}");
    };
    let foreign = |world: &mut World| world.put("campaigns/notes.txt", "of somebody");
    for (change, told) in [
        (by_hand as fn(&mut World), "does not tell what it needs"),
        (malformed, "missing field"),
        (foreign, "notes.txt"),
    ] {
        let mut world = four_releases();
        change(&mut world);
        world.keep = Some(2);
        let done = world.publish("d");
        assert_eq!(world.releases(), ["a", "b", "c", "d"]);
        let is_told =
            |note: &String| note.contains("no old release is taken away") && note.contains(told);
        assert!(done.notes.iter().any(is_told), "{:?}", done.notes);
    }
}

#[test]
fn files_of_others_in_an_old_release_stay_and_are_named() {
    let mut world = four_releases();
    world.put("releases/a/notes.txt", "of somebody");
    world.keep = Some(2);
    let done = world.publish("d");
    assert_eq!(world.releases(), ["a", "c", "d"]);
    assert!(world.has("releases/a/notes.txt") && !world.has("releases/a/md4ws.msi"));
    assert!(
        done.notes.iter().any(|note| note.contains("a/notes.txt")),
        "{:?}",
        done.notes
    );
    assert_eq!(world.needs(), ["d", "c"]);
}

#[test]
fn a_release_in_use_stays_for_the_next_time_and_a_cut_loses_nothing() {
    let mut whole = four_releases();
    whole.keep = Some(2);
    whole.budget.set(Some(1000));
    whole.publish("d");
    let writes = 1000 - whole.budget.get().unwrap();
    for allowed in 0..writes {
        let mut world = four_releases();
        world.keep = Some(2);
        world.budget.set(Some(allowed));
        // A file that cannot be removed is told, and is no failure; whatever is written is.
        let _ = world.run(Action::Publish, "d");
        world.budget.set(None);
        world.publish("d");
        assert_eq!(world.releases(), ["c", "d"], "{allowed}");
        assert_eq!(world.needs(), ["d", "c"], "{allowed}");
        world.assert_whole("d");
        assert_eq!(world.attribute_of(task_id(), "flags").as_deref(), Some("1"));
    }
}

/// All of its files or none: a server in the middle of it finds the rest.
#[test]
fn a_release_of_which_one_file_is_held_loses_none() {
    for held in ["OnboardingInfo.json", "md4ws.msi", "md4ws.msi.gangway-part"] {
        let mut world = four_releases();
        world.put("releases/a/md4ws.msi.gangway-part", "half");
        world.keep = Some(2);
        let held = format!("releases/a/{held}");
        world.payloads.as_mut().unwrap().held = Some(held.clone());
        let done = world.publish("d");
        let told = |note: &String| note.contains("release `a` stays for the next time");
        assert!(done.notes.iter().any(told), "{:?}", done.notes);
        assert_eq!(world.releases(), ["a", "c", "d"], "{held}");
        for name in ["OnboardingInfo.json", "md4ws.msi"] {
            assert!(world.has(&format!("releases/a/{name}")), "{held}: {name}");
        }
        assert_eq!(world.needs(), ["d", "c", "a"]);
        world.payloads.as_mut().unwrap().held = None;
        world.publish("d");
        assert_eq!(world.releases(), ["c", "d"]);
    }
}

/// Publishes the payloads alone, and takes old ones away.
fn release_alone(world: &mut World, content: &str, keep: usize) -> Result<Published, PublishError> {
    let sources = tempfile::tempdir().unwrap();
    let release = super::world::release(content, sources.path());
    let request = ReleaseRequest {
        folder: None,
        named: "share".to_owned(),
        dry_run: false,
        only_compare: false,
        action: Action::Publish,
        keep: Some(keep),
        state: world.state.path().to_owned(),
        claimant: super::world::claimant(),
    };
    let places = Places {
        directory: &mut world.directory,
        sysvol: &mut world.share,
        payloads: Some(Payloads {
            request: &request,
            release: &release,
            share: world.payloads.as_mut().unwrap(),
        }),
        waiting: None,
    };
    let mut done = Published::default();
    let contents = super::world::contents(content);
    publish_release_and_prune(&contents, places, &mut |_| {}, &mut done)?;
    Ok(done)
}

/// The campaign's own policy still starts an older program: its release stays, however old it is.
#[test]
fn payloads_that_come_alone_take_none_away_that_the_own_policy_needs() {
    let mut world = four_releases();
    world.put_policy("mdeonboard-a.exe");
    world.put_program("mdeonboard-a.exe", "a");
    let own = format!("cn={},cn=policies,cn=system,{DOMAIN_DN}", task_id());
    let tasks = value("[{AADCED64-746C-4633-A97C-D61349046527}{X}]");
    let object = world
        .directory
        .objects
        .get_mut(&own.to_lowercase())
        .unwrap();
    object.insert("gpcmachineextensionnames".to_owned(), tasks);
    let path = format!(
        "contoso.com/Policies/{}/Machine/Preferences/ScheduledTasks/ScheduledTasks.xml",
        task_id()
    );
    let command = r"<Exec><Command>\\contoso.com\NETLOGON\Gangway\mdeonboard-b.exe</Command>";
    world.share.files.insert(path, command.as_bytes().to_vec());
    // What the program needs is not known: nothing goes.
    let done = release_alone(&mut world, "e", 2).unwrap();
    let told = |note: &String| note.contains("no old release is taken away");
    assert!(done.notes.iter().any(told), "{:?}", done.notes);
    assert_eq!(world.releases(), ["a", "b", "c", "d", "e"]);
    world.put_program("mdeonboard-b.exe", "b");
    let done = release_alone(&mut world, "e", 2).unwrap();
    assert_eq!(world.releases(), ["a", "b", "d", "e"], "{:?}", done.notes);
}
