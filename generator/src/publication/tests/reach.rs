//! Onboarding and offboarding beside each other.

use std::collections::BTreeMap;

use gangway_contract::manifest::Mode;

use super::directory::value;
use super::world::{DOMAIN_DN, World, domain, gpo, world};
use crate::failure::Fault as _;
use crate::gpo::{Guid, own};
use crate::publication::plan::MARKER;
use crate::publication::{Action, Contents, PublishError, Published};

pub(super) const SERVERS: &str = "OU=Servers,DC=contoso,DC=com";
const PILOT: &str = "OU=Pilot,OU=Servers,DC=contoso,DC=com";
const OTHER: &str = "OU=Other,DC=contoso,DC=com";
const SITE: &str = "CN=Berlin,CN=Sites,CN=Configuration,DC=contoso,DC=com";

fn program(tenant: &str, mode: &str) -> Vec<u8> {
    format!("MZ {{\"mode\": \"{mode}\",\"tenant\": {{\"org_id\": \"{tenant}\"}}}}").into_bytes()
}

pub(super) fn onboards(contents: &mut Contents) {
    contents.bootstrap.1 = program("ours", "onboard");
}

pub(super) fn offboards(contents: &mut Contents) {
    let mut task = gpo("off");
    task.id = own::gpo_id("Contoso", &domain(), own::OFFBOARD);
    task.purpose = own::OFFBOARD.to_owned();
    task.display_name = "Gangway Offboard".to_owned();
    contents.gpos = vec![task];
    contents.mode = Mode::Offboard;
    contents.bootstrap = (
        "MdeOffboard-new.exe".to_owned(),
        program("ours", "offboard"),
    );
}

fn looks(contents: &mut Contents) {
    onboards(contents);
    contents.mode = Mode::Precheck;
}

/// A task's GPO of another bundle, and what it starts.
pub(super) struct Other {
    id: Guid,
    program: (&'static str, Vec<u8>),
}

fn other(purpose: &str, program: (&'static str, Vec<u8>)) -> Other {
    Other {
        id: own::gpo_id("Contoso", &domain(), purpose),
        program,
    }
}

pub(super) fn onboarding() -> Other {
    other(
        own::DEPLOY,
        ("mdeonboard-1.exe", program("ours", "onboard")),
    )
}

pub(super) fn offboarding() -> Other {
    other(
        own::OFFBOARD,
        ("mdeoffboard-1.exe", program("ours", "offboard")),
    )
}

impl World {
    fn unit(&mut self, dn: &str) {
        let objects = &mut self.directory.objects;
        objects.entry(dn.to_lowercase()).or_default();
    }

    /// Puts it into the domain, linked with these options of `gPLink`.
    pub(super) fn put_other(&mut self, other: &Other, at: &str, options: u32) {
        let id = other.id;
        let object = BTreeMap::from([
            ("cn".to_owned(), value(&id.to_string())),
            ("displayname".to_owned(), value("The other one")),
            ("admindescription".to_owned(), value(MARKER)),
            (
                "gpcmachineextensionnames".to_owned(),
                value("[{AADCED64-746C-4633-A97C-D61349046527}{X}]"),
            ),
        ]);
        let dn = format!("CN={id},CN=Policies,CN=System,DC=contoso,DC=com");
        self.directory.objects.insert(dn.to_lowercase(), object);
        let (name, bytes) = &other.program;
        let tasks = format!(r"<Command>\\contoso.com\NETLOGON\Gangway\{name}</Command>");
        let path = format!(
            "contoso.com/Policies/{id}/Machine/Preferences/ScheduledTasks/ScheduledTasks.xml"
        );
        self.share.files.insert(path, tasks.into_bytes());
        let path = format!("contoso.com/scripts/Gangway/{name}");
        self.share.files.insert(path, bytes.clone());
        self.unit(at);
        let place = self.directory.objects.get_mut(&at.to_lowercase()).unwrap();
        place.insert(
            "gplink".to_owned(),
            value(&format!("[LDAP://{dn};{options}]")),
        );
    }

    pub(super) fn publish_to(
        &mut self,
        change: fn(&mut Contents),
        link: &str,
        dry_run: bool,
    ) -> Result<Published, PublishError> {
        self.change = change;
        self.unit(link);
        self.run_with(Action::Publish, "new", &[link], dry_run)
    }
}

fn world_with_site() -> World {
    let mut world = world();
    let root = world.directory.objects.get_mut("").unwrap();
    let configuration = value("CN=Configuration,DC=contoso,DC=com");
    root.insert("configurationnamingcontext".to_owned(), configuration);
    world
}

#[test]
fn tasks_that_meet_are_refused_before_anything_is_written() {
    for (theirs, options, ours, meets) in [
        (SERVERS, 0, SERVERS, true),
        (SERVERS, 0, "ou=servers, dc=contoso, dc=com", true),
        (SERVERS, 1, SERVERS, false),
        (SERVERS, 0, PILOT, true),
        (PILOT, 0, SERVERS, true),
        (DOMAIN_DN, 0, PILOT, true),
        (PILOT, 0, DOMAIN_DN, true),
        (SERVERS, 0, OTHER, false),
        (PILOT, 3, PILOT, false),
        (SITE, 0, OTHER, true),
        ("OU=Old Servers,DC=contoso,DC=com", 0, SERVERS, false),
    ] {
        for dry_run in [true, false] {
            let mut world = world_with_site();
            world.put_other(&onboarding(), theirs, options);
            world.budget.set(meets.then_some(0));
            match world.publish_to(offboards, ours, dry_run) {
                Ok(_) => assert!(!meets, "{theirs} {ours}"),
                Err(error) => {
                    assert!(meets, "{theirs} {ours}: {error}");
                    assert_eq!(error.problems()[0].code.id, "GW3125");
                    assert!(error.hint().unwrap().contains("--allow-overlap"));
                    world.budget.set(None);
                    world.allow_overlap = true;
                    let done = world.publish_to(offboards, ours, dry_run).unwrap();
                    let notes = done.notes.join(" ");
                    assert!(
                        notes.contains("both tasks reach the same servers"),
                        "{notes}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_unit_that_blocks_inheritance_keeps_them_apart_unless_the_link_is_enforced() {
    for (options, blocks_at, meets) in [
        (0, PILOT, false),
        (2, PILOT, true),
        (0, SERVERS, true),
        (0, OTHER, true),
    ] {
        let mut world = world();
        world.put_other(&onboarding(), SERVERS, options);
        for unit in [PILOT, OTHER] {
            world.unit(unit);
        }
        let unit = world.directory.objects.get_mut(&blocks_at.to_lowercase());
        unit.unwrap().insert("gpoptions".to_owned(), value("1"));
        let ended = world.publish_to(offboards, PILOT, true);
        assert_eq!(ended.is_err(), meets, "{options} {blocks_at}");
    }
}

#[test]
fn whose_and_which_way_the_other_one_is_decides() {
    let by_hand = |name, bytes| Other {
        id: Guid::derive(&["by hand"]),
        program: (name, bytes),
    };
    type Case = (fn(&mut Contents), Other, bool);
    let cases: [Case; 9] = [
        (offboards, onboarding(), true),
        (onboards, offboarding(), true),
        // Its program is not there or says nothing: the GUID tells.
        (
            offboards,
            other(own::DEPLOY, ("mdeonboard-1.exe", Vec::new())),
            true,
        ),
        // An import by hand, for the same tenant and for another one.
        (
            offboards,
            by_hand("mdeonboard-1.exe", program("ours", "onboard")),
            true,
        ),
        (
            offboards,
            by_hand("mdeonboard-1.exe", program("theirs", "onboard")),
            false,
        ),
        (offboards, by_hand("mdeonboard-1.exe", Vec::new()), false),
        // What only looks undoes nothing, and is undone by nothing.
        (
            offboards,
            other(
                own::DEPLOY,
                ("mdeonboard-1.exe", program("ours", "precheck")),
            ),
            false,
        ),
        (looks, offboarding(), false),
        // Two of the same direction.
        (
            onboards,
            by_hand("mdeonboard-1.exe", program("ours", "onboard")),
            false,
        ),
    ];
    for (index, (change, other, meets)) in cases.into_iter().enumerate() {
        let mut world = world();
        world.put_other(&other, SERVERS, 0);
        let ended = world.publish_to(change, SERVERS, true);
        assert_eq!(ended.is_err(), meets, "{index}");
    }
}

/// The own link that is there already counts as one that is asked for.
#[test]
fn a_policy_that_is_linked_already_meets_the_other_one_too() {
    for (options, meets) in [(0, true), (1, false)] {
        let mut world = world();
        world.publish_to(offboards, SERVERS, false).unwrap();
        let dn = SERVERS.to_lowercase();
        let object = world.directory.objects.get_mut(&dn).unwrap();
        let link = String::from_utf8(object["gplink"][0].clone()).unwrap();
        object.insert(
            "gplink".to_owned(),
            value(&link.replace(";1]", &format!(";{options}]"))),
        );
        world.put_other(&onboarding(), PILOT, 0);
        let ended = world.run(Action::Publish, "new");
        assert_eq!(ended.is_err(), meets, "{options}");
    }
}
