//! Publication against a directory and a share in memory.

mod budget;
mod campaigns;
mod cuts;
mod directory;
mod exclusion;
mod history;
mod links;
mod reach;
mod removal;
mod removed;
mod replication;
mod retirement;
pub(super) mod share;
mod whole;
pub(super) mod world;

use std::collections::BTreeMap;

use super::*;
use crate::failure::Fault as _;
use crate::publication::Failure;
use crate::publication::plan::{GPT_INI, Refused};
use directory::value;
use world::{DOMAIN_DN, World, published, world};

#[test]
fn a_publication_is_whole_and_a_second_one_raises_the_version_only() {
    let mut world = published("old");
    world.assert_whole("old");
    assert_eq!(world.version(), 1);
    let before = (world.gpo_files(), world.directory.objects.clone());
    let done = world.run(Action::Publish, "old").unwrap();
    assert_eq!(done.steps.len(), 6, "{:?}", done.steps);
    world.assert_whole("old");
    assert_eq!(world.version(), 2);
    let mut files = world.gpo_files();
    files.insert(GPT_INI.to_owned(), before.0[GPT_INI].clone());
    assert_eq!(files, before.0);
}

#[test]
fn each_gpo_is_looked_at_once_and_compared_once() {
    let mut world = published("old");
    world.share.trees_read = 0;
    world.run(Action::Publish, "new").unwrap();
    // Of each of two GPOs its folder, the one that a cut may have left, and the comparison.
    assert_eq!(world.share.trees_read, 2 * (2 + 1) + 1);
}

#[test]
fn a_dry_run_changes_nothing_and_names_every_step() {
    let mut world = world();
    world.budget.set(Some(0));
    let done = world
        .run_with(Action::Publish, "old", &["DC=contoso,DC=com"], true)
        .unwrap();
    assert!(done.steps.len() > 10, "{:?}", done.steps);
    assert_eq!(std::fs::read_dir(world.state.path()).unwrap().count(), 0);
}

#[test]
fn an_account_without_rights_changes_nothing() {
    for mut world in [world(), published("old")] {
        world.directory.writable = false;
        world.budget.set(Some(0));
        let error = world.run(Action::Publish, "new").unwrap_err();
        let PublishError::Directory(error) = error else {
            panic!("{error}");
        };
        assert_eq!(error.failure, Failure::NoAccess);
    }
}

#[test]
fn servers_that_nobody_should_publish_to_are_refused() {
    for (name, text, wanted) in [
        ("defaultnamingcontext", "DC=fabrikam,DC=com", "is of domain"),
        (
            "supportedcapabilities",
            "1.2.840.113556.1.4.1920",
            "read-only",
        ),
    ] {
        let mut world = world();
        let root = world.directory.objects.get_mut("").unwrap();
        root.insert(name.to_owned(), value(text));
        world.budget.set(Some(0));
        let error = world.run(Action::Publish, "new").unwrap_err().to_string();
        assert!(error.contains(wanted), "{error}");
    }
}

/// The directory names this server as the PDC emulator.
fn name_pdc_emulator(world: &mut World, host: &str) {
    let server = "CN=DC2,CN=Servers,DC=contoso,DC=com";
    let objects = &mut world.directory.objects;
    let owner = value(&format!("CN=NTDS Settings,{server}"));
    objects
        .get_mut(DOMAIN_DN)
        .unwrap()
        .insert("fsmoroleowner".to_owned(), owner);
    let host = BTreeMap::from([("dnshostname".to_owned(), value(host))]);
    objects.insert(server.to_lowercase(), host);
}

#[test]
fn a_pdc_emulator_outside_the_domain_gets_no_password() {
    for (host, refused) in [
        ("dc2.contoso.com", None),
        ("DC2.Site.CONTOSO.com", None),
        ("contoso.com", None),
        ("dc2.fabrikam.com", Some("not of the domain")),
        ("dc2.evilcontoso.com", Some("not of the domain")),
        ("contoso.com.evil.example", Some("not of the domain")),
        ("dc2", Some("not of the domain")),
        ("dc2.contoso.com:389", Some("no server")),
        ("x\n\u{1b}[2Jcontoso.com", Some("no server")),
        ("", Some("no server")),
    ] {
        let mut world = world();
        name_pdc_emulator(&mut world, host);
        let found = pdc_emulator_of(&world::domain(), &mut world.directory);
        match (found, refused) {
            (Ok(found), None) => assert_eq!(found.as_str(), host),
            (Err(error), Some(why)) => {
                assert!(error.hint().unwrap().contains("--dc"), "{error}");
                let error = error.to_string();
                assert!(error.contains(why) && !error.contains('\u{1b}'), "{error}");
            }
            (found, _) => panic!("{host}: {found:?}"),
        }
    }
}

#[test]
fn another_server_than_the_pdc_emulator_is_noted() {
    let mut world = world();
    name_pdc_emulator(&mut world, "dc2.contoso.com");
    let done = world.run(Action::Publish, "new").unwrap();
    assert!(
        done.notes
            .iter()
            .any(|note| note.contains("dc2.contoso.com")),
        "{:?}",
        done.notes
    );
}

#[test]
fn a_bootstrap_of_that_name_with_other_bytes_stops_everything() {
    let mut world = world();
    let path = "contoso.com/scripts/Gangway/MdeOnboard-new.exe";
    world
        .share
        .folders
        .push("contoso.com/scripts/Gangway".to_owned());
    world.share.files.insert(path.to_owned(), b"other".to_vec());
    world.budget.set(Some(0));
    let error = world.run(Action::Publish, "new").unwrap_err();
    assert!(matches!(error, PublishError::Different { .. }), "{error}");
}

/// Also the payloads, which come before it.
#[test]
fn a_bootstrap_of_other_bytes_is_found_before_payloads_come() {
    let mut world = whole::with_payloads(world());
    let folder = "contoso.com/scripts/Gangway";
    world.share.folders.push(folder.to_owned());
    let path = format!("{folder}/MdeOnboard-new.exe");
    world.share.files.insert(path, b"other".to_vec());
    world.budget.set(Some(0));
    let error = world.run(Action::Publish, "new").unwrap_err();
    assert!(matches!(error, PublishError::Different { .. }), "{error}");
}

#[test]
fn a_gpo_of_the_same_name_from_elsewhere_stops_everything() {
    let mut world = world();
    let other = BTreeMap::from([
        ("cn".to_owned(), value("{OTHER}")),
        ("displayname".to_owned(), value("Gangway Deploy")),
    ]);
    let dn = format!("cn={{other}},cn=policies,cn=system,{DOMAIN_DN}");
    world.directory.objects.insert(dn, other);
    world.budget.set(Some(0));
    let error = world.run(Action::Publish, "new").unwrap_err();
    assert!(
        matches!(error, PublishError::Refused(Refused::SameName { .. })),
        "{error}"
    );
}
