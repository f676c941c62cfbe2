//! Policies are taken away by their GUID and our mark, and never by their name.

use std::collections::BTreeMap;

use super::directory::{Attributes, value};
use super::world::{DOMAIN_DN, World, gpo, published, settings_id, task_id, world};
use crate::failure::Fault as _;
use crate::publication::plan::Refused;
use crate::publication::{Action, PublishError, Published, Removal};

impl World {
    fn remove(&mut self, which: &[&str], dry_run: bool) -> Result<Published, PublishError> {
        self.removals = which.iter().map(|one| one.parse().unwrap()).collect();
        let ended = self.run_with(Action::Remove, "new", &[], dry_run);
        self.removals.clear();
        ended
    }

    fn put_object(&mut self, dn: &str, attributes: &[(&str, &str)]) {
        let of = |(name, text): &(&str, &str)| ((*name).to_owned(), value(text));
        let attributes = attributes.iter().map(of).collect();
        self.directory.objects.insert(dn.to_lowercase(), attributes);
    }

    fn object(&self, dn: &str) -> Option<&Attributes> {
        self.directory.objects.get(&dn.to_lowercase())
    }
}

fn gpo_dn(id: &str) -> String {
    format!("CN={id},CN=Policies,CN=System,{DOMAIN_DN}")
}

fn filter_dn() -> String {
    let id = gpo("x").filter.unwrap().id;
    format!("CN={id},CN=SOM,CN=WMIPolicy,CN=System,{DOMAIN_DN}")
}

const LINK: [&str; 1] = ["DC=contoso,DC=com"];

fn linked() -> World {
    let mut world = world();
    let foreign = "[LDAP://cn={B},cn=policies,cn=system,DC=contoso,DC=com;0]";
    let object = world.directory.objects.get_mut(DOMAIN_DN).unwrap();
    object.insert("gplink".to_owned(), value(foreign));
    world
        .run_with(Action::Publish, "new", &LINK, false)
        .unwrap();
    world
}

#[test]
fn all_of_a_bundle_goes_and_nothing_else() {
    let before = {
        let mut world = world();
        let foreign = "[LDAP://cn={B},cn=policies,cn=system,DC=contoso,DC=com;0]";
        let object = world.directory.objects.get_mut(DOMAIN_DN).unwrap();
        object.insert("gplink".to_owned(), value(foreign));
        world.directory.objects
    };
    let mut world = linked();
    let whole = world.directory.objects.clone();
    let would = world.remove(&["all"], true).unwrap();
    assert_eq!(world.directory.objects, whole);
    let done = world.remove(&["all"], false).unwrap();
    assert_eq!(would.steps, done.steps);
    assert_eq!(world.directory.objects, before);
    let policies = |name: &&String| name.starts_with("contoso.com/Policies/");
    assert_eq!(world.share.files.keys().filter(policies).count(), 0);
    assert!(
        done.notes
            .iter()
            .any(|note| note.contains("is left as it is"))
    );
    // Nothing is left to go back to, and nothing more to take away.
    let error = world.run(Action::Rollback, "new").unwrap_err();
    assert!(error.to_string().contains("nothing is saved"), "{error}");
    let again = world.remove(&["all"], false).unwrap();
    assert_eq!(again.steps, [""; 0]);
    assert!(again.notes.iter().any(|note| note.contains("is not there")));
}

#[test]
fn one_policy_goes_and_the_filter_stays_with_those_that_are_tied_to_it() {
    let mut world = linked();
    let done = world.remove(&["settings"], false).unwrap();
    assert!(world.object(&gpo_dn(&settings_id().to_string())).is_none());
    assert!(world.object(&gpo_dn(&task_id().to_string())).is_some());
    assert!(world.object(&filter_dn()).is_some());
    let note = "stays: GPO `Gangway Deploy`";
    assert!(done.notes.iter().any(|one| one.contains(note)), "{done:?}");
    // The way back of the publication is still there.
    world.run(Action::Rollback, "new").unwrap();
}

#[test]
fn what_merely_has_the_name_is_named_and_left_alone() {
    let namesake = gpo_dn("{0A0A0A0A-0000-4000-8000-000000000001}");
    let filter = gpo("x").filter.unwrap();
    let other_filter = filter_dn().replace(&filter.id.to_string(), "{0B}");
    for is_published in [true, false] {
        let mut world = if is_published { linked() } else { world() };
        world.put_object(
            &namesake,
            &[
                ("cn", "{0A0A0A0A-0000-4000-8000-000000000001}"),
                ("displayname", "Gangway Deploy"),
                ("gplink", ""),
            ],
        );
        world.put_object(
            &other_filter,
            &[
                ("cn", "{0B}"),
                ("mswmi-name", &filter.name),
                ("mswmi-author", &filter.author),
            ],
        );
        let kept = |world: &World| {
            let of = |dn: &str| world.object(dn).cloned();
            (of(&namesake), of(&other_filter))
        };
        let before = kept(&world);
        match world.remove(&["all"], false) {
            Ok(done) => {
                assert!(is_published);
                for name in ["GPO `Gangway Deploy` {0A0A", "WMI filter `"] {
                    let mut notes = done.notes.iter();
                    let told =
                        |note: &&String| note.starts_with(name) && note.contains("left alone");
                    assert!(notes.any(|note| told(&note)), "{name}: {:?}", done.notes);
                }
                assert!(world.object(&gpo_dn(&task_id().to_string())).is_none());
            }
            Err(error) => {
                assert!(!is_published);
                assert!(
                    matches!(error, PublishError::Refused(Refused::OnlyTheName { .. })),
                    "{error}"
                );
                let told = error.to_string();
                assert!(
                    told.contains("{0A0A0A0A") && error.hint().is_some(),
                    "{told}"
                );
            }
        }
        assert_eq!(kept(&world), before);
    }
}

/// The mark is what says whose an object is, and so is the filter's author; the name may be any.
#[test]
fn identity_is_guid_and_mark_whatever_the_name() {
    let dn = gpo_dn(&task_id().to_string());
    for (attribute, text, goes) in [
        ("displayname", "Renamed by somebody", true),
        ("displayname", "two\nlines", true),
        ("admindescription", "Made by somebody", false),
        ("admindescription", "", false),
    ] {
        let mut world = linked();
        let object = world.directory.objects.get_mut(&dn.to_lowercase()).unwrap();
        object.insert(attribute.to_owned(), value(text));
        let before = world.directory.objects.clone();
        world.budget.set(if goes { None } else { Some(0) });
        match world.remove(&["all"], false) {
            Ok(_) => assert!(goes && world.object(&dn).is_none(), "{text}"),
            Err(error) => {
                assert!(!goes, "{text}: {error}");
                assert!(error.to_string().contains("was not made by Gangway"));
                assert_eq!(world.directory.objects, before);
            }
        }
    }
    let mut world = linked();
    let object = world.directory.objects.get_mut(&filter_dn().to_lowercase());
    object.unwrap().insert(
        "mswmi-author".to_owned(),
        value("admin\u{1b}[2J@contoso.com"),
    );
    let done = world.remove(&["all"], false).unwrap();
    assert!(world.object(&filter_dn()).is_some());
    let notes = done.notes.join(" ");
    assert!(notes.contains("not by Gangway; it stays"), "{notes}");
    assert!(!notes.contains('\u{1b}'), "{notes}");
}

#[test]
fn an_account_without_rights_takes_nothing_away() {
    let mut world = linked();
    world.directory.writable = false;
    world.budget.set(Some(0));
    let error = world.remove(&["all"], false).unwrap_err();
    assert!(error.to_string().contains("may not do this"), "{error}");
}

#[test]
fn a_removal_that_is_cut_anywhere_is_finished_by_the_next() {
    let mut whole = linked();
    whole.remove(&["all"], false).unwrap();
    for cut in 0.. {
        let mut world = linked();
        world.budget.set(Some(cut));
        let ended = world.remove(&["all"], false);
        world.budget.set(None);
        if ended.is_ok() {
            assert!(cut > 5, "{cut}");
            break;
        }
        world.remove(&["all"], false).unwrap();
        assert_eq!(world.directory.objects, whole.directory.objects, "{cut}");
        assert_eq!(world.share.files, whole.share.files, "{cut}");
    }
}

#[test]
fn a_policy_that_the_bundle_has_not_is_asked_about() {
    let mut world = published("new");
    world.budget.set(Some(0));
    for (which, told, hint) in [
        (
            "role:databases",
            "`--remove=role:databases`; it has",
            "name one of them",
        ),
        (
            "offboard",
            "`--remove=offboard`; it has",
            "name one of them",
        ),
    ] {
        let error = world.remove(&[which], false).unwrap_err();
        assert!(error.to_string().contains(told), "{error}");
        assert!(error.hint().unwrap().contains(hint), "{:?}", error.hint());
    }
    for (text, told) in [
        ("deplyo", "did you mean `deploy`?"),
        ("setting", "did you mean `settings`?"),
        ("", "expected `all`"),
        ("role:", "expected `all`"),
        ("everything", "expected `all`"),
    ] {
        let error = text.parse::<Removal>().unwrap_err();
        assert!(error.contains(told), "{text}: {error}");
    }
}

/// Names of others begin no line of ours, in an error either.
#[test]
fn a_foreign_name_with_a_line_feed_stays_on_its_line() {
    let dn = gpo_dn(&task_id().to_string()).to_lowercase();
    for action in [Action::Publish, Action::Remove] {
        let mut world = linked();
        let object = world.directory.objects.get_mut(&dn).unwrap();
        object.insert("admindescription".to_owned(), value("theirs"));
        object.insert(
            "displayname".to_owned(),
            value("x\n! error: forged\u{1b}[2J"),
        );
        world.removals = vec![Removal::All];
        let error = world.run(action, "new").unwrap_err().to_string();
        assert!(error.contains("was not made by Gangway"), "{error}");
        assert!(!error.contains(['\n', '\u{1b}']), "{error:?}");
    }
}

/// An answer about another object than the one that was asked for is believed in nothing.
#[test]
fn a_directory_that_answers_with_another_object_stops_everything() {
    let mut world = linked();
    let dn = gpo_dn(&task_id().to_string()).to_lowercase();
    let other = gpo_dn("{0A0A0A0A-0000-4000-8000-000000000001}").to_lowercase();
    world.directory.answers = BTreeMap::from([(dn, other)]);
    for action in [Action::Publish, Action::Rollback, Action::Remove] {
        world.removals = match action {
            Action::Remove => vec![Removal::All],
            _ => Vec::new(),
        };
        world.budget.set(Some(0));
        let error = world.run(action, "new").unwrap_err().to_string();
        assert!(error.contains("the directory tells of"), "{error}");
    }
}
