//! Publications at the same time, and what a cut one leaves to the others.

use gangway_contract::Control;

use super::*;
use crate::failure::Fault as _;
use crate::gpo::Guid;
use crate::publication::release::claim::CLAIM;
use crate::publication::tests::world::claimant;

fn campaign() -> Campaign {
    let gpo = Guid::derive(&["task"]);
    Campaign::new(gpo, "Gangway Deploy".to_owned(), "contoso.com".to_owned())
}

impl World {
    /// The bundle's release under this id, for a campaign.
    fn release_of(&self, id: &str) -> Release {
        Release {
            recipe: None,
            id: id.to_owned(),
            campaigns: vec![campaign()],
            ..self.release()
        }
    }

    /// Publishes to the folder, from this state folder.
    fn publish_from(
        &self,
        state: &str,
        release: &Release,
        patience: u64,
        say: &mut dyn FnMut(&str),
    ) -> Result<Published, ReleaseError> {
        let mut share = FolderShare::new(self.root.path().join("share"));
        let request = ReleaseRequest {
            state: self.root.path().join(state),
            claimant: Claimant {
                patience: std::time::Duration::from_secs(patience),
                ..claimant()
            },
            ..self.request(false)
        };
        let mut done = Published::default();
        let payloads = Payloads {
            request: &request,
            release,
            share: &mut share,
        };
        publish_release(payloads, say, &mut done)?;
        Ok(done)
    }

    /// Releases that the campaign's document names, in alphabetical order.
    fn named(&self) -> Vec<String> {
        let name = format!("campaigns/{}", campaign().file_name());
        let read = Needs::read(self.share()[&name].as_bytes(), &campaign().file_name()).unwrap();
        let mut ids: Vec<String> = read.releases.into_iter().map(|one| one.id).collect();
        ids.sort();
        ids
    }

    /// What lies at the root that is of no release.
    fn is_claimed(&self) -> bool {
        let entries = fs::read_dir(self.root.path().join("share/mde")).unwrap();
        let mut names = entries.map(|entry| entry.unwrap().file_name());
        names.any(|name| name.to_string_lossy().starts_with(CLAIM))
    }
}

/// From two state folders, and from one: what both say is done is there.
#[test]
fn publications_of_one_campaign_at_once_lose_nothing_of_each_other() {
    for round in 0..24 {
        let world = World::new();
        let states = if round % 2 == 0 {
            ["a", "b"]
        } else {
            ["a", "a"]
        };
        std::thread::scope(|scope| {
            for (state, id) in states.into_iter().zip(["one", "two"]) {
                let world = &world;
                scope.spawn(move || {
                    let release = world.release_of(id);
                    world
                        .publish_from(state, &release, 60, &mut |_| {})
                        .unwrap();
                });
            }
        });
        assert_eq!(world.named(), ["one", "two"], "{round}");
        assert!(!world.is_claimed(), "{round}");
        let share = world.share();
        for id in ["one", "two"] {
            let payload = &share[&format!("releases/{id}/md4ws.msi")];
            assert_eq!(payload, "an agent of many bytes");
        }
        let is_half = |name: &String| name.ends_with(TEMPORARY);
        assert!(!share.keys().any(is_half), "{share:?}");
    }
}

/// The same release twice at once: nobody meets the half file of the other.
#[test]
fn one_release_twice_at_once_is_whole() {
    for round in 0..12 {
        let world = World::new();
        std::thread::scope(|scope| {
            for state in ["a", "b"] {
                let world = &world;
                scope.spawn(move || {
                    let release = world.release_of("new");
                    world
                        .publish_from(state, &release, 60, &mut |_| {})
                        .unwrap();
                });
            }
        });
        assert_eq!(world.named(), ["new"], "{round}");
    }
}

#[test]
fn a_share_that_another_publication_has_is_left_alone_and_its_owner_named() {
    let owner = r#"{"schema":1,"number":"0123456789abcdef","account":"CONTOSO\\olga","host":"desk7","since":"2026-11-29 15:00:00"}"#;
    for (owner, told) in [
        (
            owner,
            r"`CONTOSO\olga` on `desk7`, since 2026-11-29 15:00:00 UTC",
        ),
        ("{", "somebody unknown"),
        (
            r#"[1,"0123456789abcdef","olga","desk7","2026-11-29 15:00:00"]"#,
            "somebody unknown",
        ),
        (
            r#"{"schema":1,"number":"0","account":"o\n! all is well","host":"\u001b[2J","since":"\r"}"#,
            r"`o\u{a}! all is well` on `\u{1b}[2J`, since \u{d} UTC",
        ),
    ] {
        let world = World::new();
        let claim = world.root.path().join("share/mde").join(CLAIM);
        fs::create_dir(&claim).unwrap();
        world.put(&format!("{CLAIM}/owner.json"), owner);
        let before = world.share();
        let release = world.release_of("new");
        let error = world.publish_from("state", &release, 0, &mut |_| {});
        let error = error.unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains(told) && !text.contains(char::is_control),
            "{text}"
        );
        assert!(text.contains("mde/campaigns.claim"), "{text}");
        let hint = error.hint().unwrap();
        assert!(hint.contains("delete the folder"), "{hint}");
        assert_eq!(world.share(), before);
        // A dry run tells it, too, and so does whoever comes when it is free.
        let mut share = FolderShare::new(world.root.path().join("share"));
        let would = world.publish_to(&mut share, &release, true);
        would.ended.unwrap();
        assert!(
            would.notes.iter().any(|note| note.contains(told)),
            "{:?}",
            would.notes
        );
        fs::remove_dir_all(&claim).unwrap();
        world
            .publish_from("state", &release, 0, &mut |_| {})
            .unwrap();
        assert_eq!(world.named(), ["new"]);
        assert!(!world.is_claimed());
    }
}

/// Killed at any write, also of the claim itself: from the same state folder the next run goes on; from
/// another one nothing is done while the claim is there.
#[test]
fn what_a_cut_run_claimed_its_own_next_run_frees() {
    let start = || {
        let world = World::new();
        let release = world.release_of("new");
        (world, release)
    };
    let cut = |world: &World, release: &Release, writes: usize| {
        let mut share = CutShare {
            inner: FolderShare::new(world.root.path().join("share")),
            left: Cell::new(writes),
            rights: Ok(Some(Vec::new())),
        };
        let told = world.publish_to(&mut share, release, false);
        (told.ended, 1000usize.saturating_sub(share.left.get()))
    };
    let (world, release) = start();
    let (ended, writes) = cut(&world, &release, 1000);
    ended.unwrap();
    assert!(writes > 12, "{writes}");
    let whole = world.share();
    let mut claimed = 0;
    for allowed in 0..writes {
        let (world, release) = start();
        cut(&world, &release, allowed).0.unwrap_err();
        let stands = world.root.path().join("share/mde").join(CLAIM).exists();
        let other = world.publish_from("elsewhere", &world.release_of("other"), 0, &mut |_| {});
        assert_eq!(other.is_err(), stands, "{allowed}: {other:?}");
        claimed += usize::from(stands);
        world
            .publish_from("state", &release, 0, &mut |_| {})
            .unwrap();
        assert!(!world.is_claimed(), "{allowed}");
        if stands {
            let mut share = world.share();
            share.retain(|name, _| !is_of_switch_claim(name));
            assert_eq!(share, whole, "{allowed}");
        }
    }
    assert!(claimed > 6, "{claimed}");
}

#[test]
fn a_claim_that_is_taken_away_meanwhile_is_told() {
    let world = World::new();
    let claim = world.root.path().join("share/mde").join(CLAIM);
    let release = world.release_of("new");
    let ended = world.publish_from("state", &release, 0, &mut |step| {
        if step.contains("control.json") {
            fs::remove_dir_all(&claim).unwrap();
        }
    });
    let error = ended.unwrap_err();
    assert!(matches!(error, ReleaseError::ClaimLost { .. }), "{error}");
}

/// Whoever makes a folder in the same moment made it for both; a file of that name did not.
#[test]
fn a_folder_that_somebody_made_since_is_there() {
    let world = World::new();
    let mut share = FolderShare::new(world.root.path().join("share"));
    share.make_folder("mde/campaigns").unwrap();
    share.make_folder("mde/campaigns").unwrap();
    world.put("file", "of somebody");
    share.make_folder("mde/file").unwrap_err();
}

/// From one state folder to two shares: each goes back to what it was, and one that was never
/// published to stays as it is.
#[test]
fn a_share_goes_back_to_its_own_past_alone() {
    let world = World::new();
    let folder = |name: &str| world.root.path().join(name);
    let run = |name: &str, action: Action| {
        let mut share = FolderShare::new(folder(name));
        let request = ReleaseRequest {
            folder: None,
            // However it is spelled.
            named: format!("{}/.", folder(name).display()),
            action,
            ..world.request(false)
        };
        let release = world.release_of("aaaa");
        let payloads = Payloads {
            request: &request,
            release: &release,
            share: &mut share,
        };
        publish_release(payloads, &mut |_| {}, &mut Published::default())
    };
    let open = Control::OPEN.to_bytes();
    for name in ["own", "new", "never"] {
        fs::create_dir(folder(name)).unwrap();
    }
    for name in ["own", "never"] {
        fs::write(folder(name).join(control::FILE_NAME), &open).unwrap();
    }
    run("own", Action::Publish).unwrap();
    run("new", Action::Publish).unwrap();
    assert!(run("never", Action::Rollback).is_err());
    run("own", Action::Rollback).unwrap();
    run("new", Action::Rollback).unwrap();
    for (name, has_switch) in [("own", true), ("new", false), ("never", true)] {
        assert_eq!(
            folder(name).join(control::FILE_NAME).exists(),
            has_switch,
            "{name}"
        );
    }
}
