//! The group that the onboarding leaves out: denied on the task's object, looked at by the offboarding.

use std::collections::BTreeMap;

use super::directory::value;
use super::reach::{SERVERS, offboarding, offboards, onboarding, onboards};
use super::world::{World, settings_id, task_id, world};
use crate::failure::Fault as _;
use crate::gpo::Guid;
use crate::gpo::security::{
    APPLY_GROUP_POLICY, AceKind, SecurityDescriptor, Sid, backup_descriptor, denial_of_apply,
    denied_to_apply, with_denial,
};
use crate::publication::{Action, Contents, PublishError};

const GROUP: &str = "CN=Excluded,CN=Users,DC=contoso,DC=com";
const GROUP_SID: &str = "S-1-5-21-1-2-3-1105";
const OTHER_SID: &str = "S-1-5-21-1-2-3-1106";

fn sid(text: &str) -> Sid {
    text.parse().unwrap()
}

/// Servers, one of them is in the group.
const MEMBER: &str = "CN=OFF,OU=Servers,DC=contoso,DC=com";
const STRANGER: &str = "CN=ON,OU=Servers,DC=contoso,DC=com";

impl World {
    fn put_group(&mut self, sid: &str, kind: &str) {
        let object = BTreeMap::from([
            ("samaccountname".to_owned(), value("Excluded")),
            ("grouptype".to_owned(), value(kind)),
            ("objectsid".to_owned(), vec![self::sid(sid).to_bytes()]),
        ]);
        self.directory.objects.insert(GROUP.to_lowercase(), object);
    }

    fn put_server(&mut self, dn: &str, is_member: bool, more: &[(&str, &str)]) {
        let mut object = BTreeMap::from([("objectclass".to_owned(), value("computer"))]);
        if is_member {
            object.insert("memberof".to_owned(), value(&GROUP.to_lowercase()));
        }
        object.extend(
            more.iter()
                .map(|(name, text)| ((*name).to_owned(), value(text))),
        );
        self.directory.objects.insert(dn.to_lowercase(), object);
    }

    fn descriptor(&self, id: Guid) -> Vec<u8> {
        let dn = format!("cn={id},cn=policies,cn=system,dc=contoso,dc=com").to_lowercase();
        self.directory.objects[&dn]["ntsecuritydescriptor"][0].clone()
    }

    fn denied(&self, id: Guid) -> Vec<Sid> {
        denied_to_apply(&SecurityDescriptor::from_bytes(&self.descriptor(id)).unwrap())
    }
}

fn with_group() -> World {
    let mut world = world();
    world.put_group(GROUP_SID, "-2147483646");
    world
}

fn excludes(contents: &mut Contents) {
    onboards(contents);
    contents.exclude_group = Some("excluded".to_owned());
}

fn excludes_by_sid(contents: &mut Contents) {
    onboards(contents);
    contents.exclude_group = Some(GROUP_SID.to_owned());
}

#[test]
fn the_task_and_nothing_else_is_denied_once_in_canonical_order_before_any_client_sees_it() {
    for change in [excludes, excludes_by_sid] {
        let mut world = with_group();
        world.change = change;
        let done = world.run(Action::Publish, "new").unwrap();
        let task = task_id().to_string();
        let at = |text: &str| {
            let is_it = |step: &String| step.contains(text) && step.contains(&task);
            done.steps.iter().position(is_it).unwrap()
        };
        assert!(
            at("deny *Apply group policy*") < at("versionNumber"),
            "{:#?}",
            done.steps
        );
        assert_eq!(world.denied(task_id()), [sid(GROUP_SID)]);
        assert_eq!(
            world.descriptor(settings_id()),
            backup_descriptor().to_bytes()
        );
        let list = SecurityDescriptor::from_bytes(&world.descriptor(task_id())).unwrap();
        let mut entries = list.dacl.unwrap();
        let first = entries.remove(0);
        assert_eq!(first.kind, AceKind::DenyObject);
        assert_eq!(first.object_type, Some(APPLY_GROUP_POLICY));
        assert_eq!(Some(entries), backup_descriptor().dacl);

        let before = world.descriptor(task_id());
        let again = world.run(Action::Publish, "new").unwrap();
        assert!(
            !again.steps.iter().any(|step| step.contains("deny")),
            "{:#?}",
            again.steps
        );
        assert_eq!(world.descriptor(task_id()), before);
    }
}

#[test]
fn a_dry_run_says_it_and_changes_nothing() {
    let mut world = with_group();
    world.change = excludes;
    world.budget.set(Some(0));
    let done = world.run_with(Action::Publish, "new", &[], true).unwrap();
    let said = done
        .steps
        .iter()
        .filter(|step| step.contains("to the group `excluded`"));
    assert_eq!(said.count(), 1, "{:#?}", done.steps);
}

#[test]
fn a_group_that_nobody_has_or_everybody_is_in_is_refused_before_anything_is_written() {
    for (named, there, kind) in [
        ("Excluded", None, ""),
        ("Others", Some(GROUP_SID), "-2147483646"),
        // A distribution group stands in no list of permissions.
        ("Excluded", Some(GROUP_SID), "2"),
        // Domain Computers.
        ("Excluded", Some("S-1-5-21-1-2-3-515"), "-2147483646"),
        (OTHER_SID, Some(GROUP_SID), "-2147483646"),
    ] {
        let mut world = world();
        if let Some(sid) = there {
            world.put_group(sid, kind);
        }
        world.change = match named {
            "Excluded" => excludes,
            OTHER_SID => |contents| contents.exclude_group = Some(OTHER_SID.to_owned()),
            _ => |contents| contents.exclude_group = Some("Others".to_owned()),
        };
        world.budget.set(Some(0));
        let error = world.run(Action::Publish, "new").unwrap_err();
        assert!(
            error.to_string().contains("gpo.exclude_group"),
            "{named}: {error}"
        );
    }
}

#[test]
fn who_may_not_change_the_permissions_of_a_policy_that_is_there_is_told_before_anything_is_written()
{
    let mut world = with_group();
    world.run(Action::Publish, "old").unwrap();
    world.directory.rights = "3";
    world.change = excludes;
    world.budget.set(Some(0));
    let error = world.run(Action::Publish, "new").unwrap_err();
    assert!(
        error.to_string().contains("change the permissions"),
        "{error}"
    );
    world.directory.rights = "7";
    world.budget.set(None);
    world.run(Action::Publish, "new").unwrap();
    assert_eq!(world.denied(task_id()), [sid(GROUP_SID)]);
}

#[test]
fn a_directory_that_keeps_another_list_than_was_written_is_not_believed() {
    let mut world = with_group();
    world.directory.keeps_permissions = true;
    world.change = excludes;
    let error = world.run(Action::Publish, "new").unwrap_err();
    assert!(error.to_string().contains("may still apply it"), "{error}");
    assert_eq!(world.version(), 0, "a client sees it");
}

#[test]
fn a_rollback_takes_back_the_denial_that_was_made_and_no_other() {
    for theirs in [false, true] {
        let mut world = with_group();
        world.run(Action::Publish, "old").unwrap();
        if theirs {
            let entry = denial_of_apply(sid(GROUP_SID));
            let denied = with_denial(&world.descriptor(task_id()), &entry)
                .unwrap()
                .unwrap();
            let dn = format!("cn={},cn=policies,cn=system,dc=contoso,dc=com", task_id());
            let object = world.directory.objects.get_mut(&dn.to_lowercase()).unwrap();
            object.insert("ntsecuritydescriptor".to_owned(), vec![denied]);
        }
        let before = world.descriptor(task_id());
        world.change = excludes;
        world.run(Action::Publish, "new").unwrap();
        assert_eq!(world.denied(task_id()), [sid(GROUP_SID)]);
        world.run(Action::Rollback, "new").unwrap();
        let read = |bytes: &[u8]| SecurityDescriptor::from_bytes(bytes).unwrap();
        assert_eq!(
            read(&world.descriptor(task_id())),
            read(&before),
            "{theirs}"
        );
    }
}

#[test]
fn a_publication_cut_at_any_write_denies_before_a_client_sees_the_task_and_ends_whole() {
    for cut in 0.. {
        let mut world = with_group();
        world.change = excludes;
        world.budget.set(Some(cut));
        let ended = world.run(Action::Publish, "new");
        world.budget.set(None);
        if world.version() != 0 {
            assert_eq!(world.denied(task_id()), [sid(GROUP_SID)], "{cut}");
        }
        if ended.is_ok() {
            break;
        }
        world.run(Action::Publish, "new").unwrap();
        assert_eq!(world.denied(task_id()), [sid(GROUP_SID)], "{cut}");
        world.run(Action::Rollback, "new").unwrap();
    }
}

#[test]
fn a_group_that_the_config_no_longer_names_stays_denied_and_is_told() {
    let mut world = with_group();
    world.change = excludes;
    world.run(Action::Publish, "old").unwrap();
    world.change = onboards;
    let done = world.run(Action::Publish, "new").unwrap();
    assert!(
        done.notes.iter().any(|note| note.contains(GROUP_SID)),
        "{:#?}",
        done.notes
    );
    assert_eq!(world.denied(task_id()), [sid(GROUP_SID)]);
}

/// The onboarding of another bundle at the servers' unit, with this list of permissions.
fn beside_onboarding(denied: &str) -> World {
    let mut world = with_group();
    let other = onboarding();
    world.put_other(&other, SERVERS, 0);
    let entry = denial_of_apply(sid(denied));
    let bytes = with_denial(&backup_descriptor().to_bytes(), &entry)
        .unwrap()
        .unwrap();
    let dn = format!("cn={},cn=policies,cn=system,dc=contoso,dc=com", task_id());
    let object = world.directory.objects.get_mut(&dn.to_lowercase()).unwrap();
    object.insert("ntsecuritydescriptor".to_owned(), vec![bytes]);
    world
}

fn refused(ended: Result<crate::publication::Published, PublishError>) -> Option<String> {
    let error = ended.err()?;
    let problems = error.problems();
    assert_eq!(problems[0].code.id, "GW3125");
    Some(problems[0].evidence.join(" "))
}

#[test]
fn an_offboarding_is_taken_where_every_server_is_in_the_group() {
    let server = [("operatingsystem", "Windows Server 2022 Standard")];
    let desk = [("operatingsystem", "Windows 11 Enterprise")];
    let disabled = [("useraccountcontrol", "4098")];
    let service = [("objectclass", "msDS-GroupManagedServiceAccount")];
    type Servers<'a> = &'a [(&'a str, bool, &'a [(&'a str, &'a str)])];
    let cases: [(&str, Servers<'_>, Option<&str>); 8] = [
        (GROUP_SID, &[(MEMBER, true, &server)], None),
        (GROUP_SID, &[(MEMBER, true, &[])], None),
        // Another group than the one that has the members is denied.
        (OTHER_SID, &[(MEMBER, true, &server)], Some("")),
        (
            GROUP_SID,
            &[(MEMBER, true, &server), (STRANGER, false, &server)],
            Some("cn=on"),
        ),
        (
            GROUP_SID,
            &[(MEMBER, true, &[]), (STRANGER, false, &[])],
            Some("cn=on"),
        ),
        (
            GROUP_SID,
            &[(MEMBER, true, &[]), (STRANGER, false, &desk)],
            None,
        ),
        (
            GROUP_SID,
            &[(MEMBER, true, &[]), (STRANGER, false, &disabled)],
            None,
        ),
        // Nothing shows who will be there.
        (
            GROUP_SID,
            &[(STRANGER, false, &service)],
            Some("no server lies below"),
        ),
    ];
    for (denied, servers, why) in cases {
        let mut world = beside_onboarding(denied);
        for (dn, is_member, more) in servers {
            world.put_server(dn, *is_member, more);
        }
        let ended = world.publish_to(offboards, SERVERS, true);
        match why {
            Some(why) => {
                let found = refused(ended).unwrap();
                assert!(found.contains(why), "{denied} {servers:?}: {found}");
            }
            None => {
                let notes = ended.unwrap().notes.join(" ");
                assert!(notes.contains("may not apply the onboarding"), "{notes}");
            }
        }
    }
}

/// The group keeps them apart from this very publication on.
#[test]
fn an_onboarding_is_taken_beside_an_offboarding_whose_servers_it_leaves_out() {
    for (change, is_taken) in [(excludes as fn(&mut Contents), true), (onboards, false)] {
        let mut world = with_group();
        world.put_server(MEMBER, true, &[]);
        world.put_other(&offboarding(), SERVERS, 0);
        let ended = world.publish_to(change, SERVERS, true);
        assert_eq!(refused(ended).is_none(), is_taken);
    }
}
