//! What the bundle no longer has: it is named by every publication, and goes when that is asked for.

use std::collections::BTreeMap;

use gangway_contract::manifest::Mode;
use gangway_contract::registry::{ANTIVIRUS_POLICY, PASSIVE_MODE, SENSOR_POLICY};

use super::directory::value;
use super::world::{DOMAIN_DN, World, contents, domain, settings, settings_id, task_id, world};
use crate::failure::Fault as _;
use crate::gpo::registry_pol::{Record, RegistryPolicy};
use crate::gpo::{Guid, own};
use crate::publication::plan::{Desired, MARKER};
use crate::publication::state::KEPT;
use crate::publication::{Action, Contents, PublishError, Published};

const LINK: [&str; 2] = ["DC=contoso,DC=com", "role:sql-server=DC=contoso,DC=com"];

fn policy(records: &[Record]) -> BTreeMap<String, Vec<u8>> {
    let records = records.to_vec();
    let bytes = RegistryPolicy { records }.write().unwrap();
    BTreeMap::from([("Machine/Registry.pol".to_owned(), bytes)])
}

fn passive(number: u32) -> Record {
    Record::dword(SENSOR_POLICY, PASSIVE_MODE, number)
}

pub(super) fn role_id() -> Guid {
    own::gpo_id("Contoso", &domain(), "exclusions-sql-server")
}

pub(super) fn role() -> Desired {
    let paths = format!(r"{ANTIVIRUS_POLICY}\Exclusions\Paths");
    Desired {
        id: role_id(),
        purpose: "exclusions-sql-server".to_owned(),
        display_name: "Gangway Exclusions SQL Server".to_owned(),
        files: policy(&[Record::text(&paths, r"D:\Data", "0")]),
        ..settings("x")
    }
}

pub(super) fn program(organization: &str) -> Vec<u8> {
    format!("MZ {{\"organization\": \"{organization}\",\"release_id\": \"ab\"}}").into_bytes()
}

/// Settings that make servers passive, a role, and the task.
pub(super) fn with_role(contents: &mut Contents) {
    contents.gpos[0].files = policy(&[passive(1)]);
    contents.gpos.insert(1, role());
    contents.bootstrap.1 = program("Contoso");
}

/// The role is gone from the config.
fn without_role(contents: &mut Contents) {
    with_role(contents);
    contents.gpos.remove(1);
}

/// Nothing is left that would be a setting.
fn task_alone(contents: &mut Contents) {
    without_role(contents);
    contents.gpos.remove(0);
}

/// A domain that has all of it, linked.
fn full() -> World {
    let mut world = world();
    world.change = with_role;
    world
        .run_with(Action::Publish, "old", &LINK, false)
        .unwrap();
    world
}

fn codes(done: &Published) -> Vec<&str> {
    done.problems.iter().map(|one| one.code.id).collect()
}

pub(super) fn gpo_dn(id: Guid) -> String {
    format!("CN={id},CN=Policies,CN=System,{DOMAIN_DN}").to_lowercase()
}

impl World {
    pub(super) fn has_object(&self, id: Guid) -> bool {
        self.directory.objects.contains_key(&gpo_dn(id))
    }

    pub(super) fn has_folder(&self, id: Guid) -> bool {
        let folder = format!("contoso.com/Policies/{id}");
        self.share
            .folders
            .iter()
            .any(|one| one.starts_with(&folder))
    }

    pub(super) fn links(&self) -> String {
        let object = &self.directory.objects[DOMAIN_DN];
        let list = object.get("gplink").map(|values| values[0].clone());
        String::from_utf8(list.unwrap_or_default()).unwrap()
    }

    fn publish_as(&mut self, change: fn(&mut Contents)) -> Result<Published, PublishError> {
        self.change = change;
        self.run(Action::Publish, "new")
    }
}

#[test]
fn a_role_that_was_removed_is_named_and_stays_unless_it_is_to_go() {
    for prune in [false, true] {
        let mut world = full();
        world.change = without_role;
        world.prune = prune;
        let would = world.run_with(Action::Publish, "new", &[], true).unwrap();
        let done = world.run_with(Action::Publish, "new", &[], false).unwrap();
        assert_eq!(would.steps, done.steps);
        assert_eq!(would.problems, done.problems);
        assert_eq!(world.has_object(role_id()), !prune);
        assert_eq!(world.has_folder(role_id()), !prune);
        assert_eq!(world.links().contains(&role_id().to_string()), !prune);
        assert!(world.links().contains(&task_id().to_string()));
        let about = |code| done.problems.iter().find(|one| one.code.id == code);
        let found = (about("GW3121"), about("GW3122"));
        let problem = match (prune, found) {
            (false, (Some(stays), None)) => stays,
            (true, (None, Some(leaves))) => leaves,
            _ => panic!("{:?}", done.problems),
        };
        assert!(problem.subject.contains("Gangway Exclusions SQL Server"));
        let evidence = problem.evidence.join("\n");
        assert!(evidence.contains(r"Paths\D:\Data"), "{evidence}");
        match prune {
            false => assert!(evidence.contains("switched off"), "{evidence}"),
            true => {
                let at = |words: &str| done.steps.iter().position(|step| step.contains(words));
                let order = [
                    at("take the link from"),
                    at(&format!("delete `CN={}", role_id())),
                    at(&format!(
                        "remove folder `contoso.com/Policies/{}",
                        role_id()
                    )),
                ];
                assert!(order.iter().all(Option::is_some), "{:?}", done.steps);
                assert!(order.is_sorted(), "{:?}", done.steps);
                assert!(
                    done.notes
                        .iter()
                        .any(|note| note.contains("without its links"))
                );
            }
        }
    }
}

#[test]
fn what_was_pruned_comes_back_with_the_state_before() {
    let mut world = full();
    world.prune = true;
    world.publish_as(without_role).unwrap();
    assert!(!world.has_object(role_id()));
    world.run(Action::Rollback, "new").unwrap();
    assert!(world.has_object(role_id()));
    let files = world.files_of(role_id());
    assert_eq!(
        files["Machine/Registry.pol"],
        role().files["Machine/Registry.pol"]
    );
}

#[test]
fn a_pruning_that_is_cut_anywhere_is_finished_by_the_next() {
    let clean = {
        let mut world = full();
        world.prune = true;
        world.publish_as(without_role).unwrap();
        world
    };
    for allowed in 0.. {
        let mut world = full();
        world.prune = true;
        world.budget.set(Some(allowed));
        let ended = world.publish_as(without_role);
        world.budget.set(None);
        if ended.is_ok() {
            assert!(allowed > 10, "{allowed}");
            break;
        }
        // Whatever is there of it, a link leads to no policy that is gone.
        let is_linked = world.links().contains(&role_id().to_string());
        assert!(world.has_object(role_id()) || !is_linked, "{allowed}");
        world.publish_as(without_role).unwrap();
        assert!(!world.has_object(role_id()), "{allowed}");
        assert!(!world.has_folder(role_id()), "{allowed}");
        assert_eq!(world.links(), clean.links(), "{allowed}");
        assert_eq!(world.share.folders, clean.share.folders, "{allowed}");
    }
}

/// Mark and GUID say whose it is; the name says only what is tried.
#[test]
fn what_is_not_proven_to_be_ours_stays() {
    let other = own::gpo_id("Fabrikam", &domain(), "exclusions-sql-server");
    let offboard = own::gpo_id("Contoso", &domain(), own::OFFBOARD);
    for (id, name, marker, told) in [
        (other, "Gangway Exclusions SQL Server", MARKER, true),
        (role_id(), "Renamed by hand", MARKER, true),
        (role_id(), "Gangway Exclusions SQL Server", "theirs", false),
        (offboard, "Gangway Exclusions SQL Server", MARKER, false),
        (offboard, "Gangway Offboard", MARKER, false),
    ] {
        let mut world = world();
        world.prune = true;
        let object = BTreeMap::from([
            ("cn".to_owned(), value(&id.to_string())),
            ("displayname".to_owned(), value(name)),
            ("admindescription".to_owned(), value(marker)),
            ("versionnumber".to_owned(), value("3")),
        ]);
        world.directory.objects.insert(gpo_dn(id), object);
        let done = world.publish_as(without_role).unwrap();
        assert!(world.has_object(id), "{name} {marker}");
        assert!(!codes(&done).contains(&"GW3121"), "{name} {marker}");
        let notes = done.notes.join("\n");
        assert_eq!(notes.contains("it is left alone"), told, "{name}: {notes}");
    }
}

/// A name in other letters gives the same purpose, as in the config.
#[test]
fn the_letters_of_a_name_do_not_hide_whose_it_is() {
    let mut world = full();
    let object = world.directory.objects.get_mut(&gpo_dn(role_id())).unwrap();
    object.insert(
        "displayname".to_owned(),
        value("Gangway Exclusions sql SERVER"),
    );
    world.prune = true;
    world.publish_as(without_role).unwrap();
    assert!(!world.has_object(role_id()));
}

#[test]
fn other_campaigns_take_no_settings_away() {
    for mode in [Mode::Precheck, Mode::Offboard] {
        let change: fn(&mut Contents) = match mode {
            Mode::Offboard => |contents| {
                contents.gpos.truncate(0);
                let mut task = super::world::gpo("off");
                task.id = own::gpo_id("Contoso", &domain(), own::OFFBOARD);
                task.purpose = own::OFFBOARD.to_owned();
                task.display_name = "Gangway Offboard".to_owned();
                contents.gpos.push(task);
                contents.mode = Mode::Offboard;
                contents.bootstrap.0 = "MdeOffboard-new.exe".to_owned();
            },
            _ => |contents| {
                task_alone(contents);
                contents.mode = Mode::Precheck;
            },
        };
        let mut world = full();
        world.prune = true;
        let done = world.publish_as(change).unwrap();
        assert!(world.has_object(settings_id()) && world.has_object(role_id()));
        assert!(world.has_object(task_id()));
        assert!(!codes(&done).contains(&"GW3121"), "{mode:?}");
    }
}

#[test]
fn passive_mode_ends_only_when_that_is_allowed() {
    let active: fn(&mut Contents) = |contents| {
        with_role(contents);
        contents.gpos[0].files = policy(&[passive(0)]);
    };
    let sampled: fn(&mut Contents) = |contents| {
        with_role(contents);
        let sample = Record::dword(SENSOR_POLICY, "AllowSampleCollection", 1);
        contents.gpos[0].files = policy(&[sample]);
    };
    for (change, prune, ends) in [
        (with_role as fn(&mut Contents), false, false),
        (without_role, true, false),
        (active, false, true),
        (sampled, false, true),
        // What stays goes on making servers passive.
        (task_alone, false, false),
        (task_alone, true, true),
    ] {
        for dry_run in [true, false] {
            let mut world = full();
            world.change = change;
            world.prune = prune;
            world.budget.set(ends.then_some(0));
            let before = world.directory.objects.clone();
            let (_, ended) = world.told(Action::Publish, "new", &[], dry_run);
            let Err(error) = ended else {
                assert!(!ends);
                continue;
            };
            assert!(ends, "{error}");
            assert_eq!(world.directory.objects, before);
            assert!(
                matches!(error, PublishError::PassiveModeEnds { .. }),
                "{error}"
            );
            assert_eq!(error.problems()[0].code.id, "GW3123");
            assert!(error.hint().unwrap().contains("--end-passive-mode"));
            world.budget.set(None);
            world.end_passive_mode = true;
            let done = world
                .run_with(Action::Publish, "new", &[], dry_run)
                .unwrap();
            let told = done.problems.iter().flat_map(|one| &one.evidence);
            let told: Vec<&String> = told.collect();
            assert!(
                told.iter()
                    .any(|line| line.contains("becomes active beside")),
                "{told:?}"
            );
        }
    }
}

#[test]
fn passive_mode_ends_by_no_removal_and_no_way_back_without_a_word() {
    for action in [Action::Remove, Action::Rollback] {
        let mut world = full();
        world.removals = match action {
            Action::Remove => vec![crate::publication::Removal::All],
            _ => Vec::new(),
        };
        world.budget.set(Some(0));
        let error = world.run(action, "old").unwrap_err();
        assert!(
            matches!(error, PublishError::PassiveModeEnds { .. }),
            "{error}"
        );
        world.budget.set(None);
        world.end_passive_mode = true;
        let done = world.run(action, "old").unwrap();
        assert!(codes(&done).contains(&"GW3122"), "{:?}", done.problems);
        assert!(!world.has_object(settings_id()));
    }
}

#[test]
fn programs_that_nothing_starts_go_and_those_that_something_needs_stay() {
    let folder = "contoso.com/scripts/Gangway";
    let of = |name: &str| format!("{folder}/{name}");
    let mut world = full();
    for (name, bytes) in [
        ("MdeOnboard-0.exe", program("Contoso")),
        ("MdeOnboard-other.exe", program("Fabrikam")),
        ("MdeOnboard-odd.exe", b"MZ".to_vec()),
        ("MdeOffboard-1.exe", program("Contoso")),
        ("readme.txt", program("Contoso")),
    ] {
        world.share.files.insert(of(name), bytes);
    }
    let done = world.publish_as(with_role).unwrap();
    let left: Vec<_> = done
        .problems
        .iter()
        .filter(|one| one.code.id == "GW3124")
        .collect();
    assert_eq!(left.len(), 1, "{:?}", done.problems);
    world.prune = true;
    // The bundle of before is what the state goes back to.
    let mut contents = contents("new");
    with_role(&mut contents);
    let before = world.share.files.clone();
    world.publish_as(with_role).unwrap();
    let gone: Vec<&String> = before
        .keys()
        .filter(|path| !world.share.files.contains_key(*path))
        .collect();
    assert_eq!(gone, [&of("MdeOnboard-0.exe"), &of("MdeOnboard-old.exe")]);
    assert!(world.share.files.contains_key(&of("MdeOnboard-new.exe")));
}

/// Tasks that start the programs of before: each that a way back may go to stays, and no older one.
#[test]
fn the_programs_of_the_states_before_stay() {
    fn starts(contents: &mut Contents) {
        let (name, _) = contents.bootstrap.clone();
        contents.bootstrap.1 = program("Contoso");
        let task = contents.gpos.last_mut().unwrap();
        let tasks = format!(r"<Command>\\contoso.com\NETLOGON\Gangway\{name}</Command>");
        task.files.insert(
            "Machine/Preferences/ScheduledTasks/ScheduledTasks.xml".to_owned(),
            tasks.into_bytes(),
        );
    }
    let mut world = world();
    world.change = starts;
    for number in 1..=KEPT + 4 {
        world.prune = true;
        world.run(Action::Publish, &format!("n{number}")).unwrap();
        // The oldest state is given up when the publication ends.
        let oldest = number.saturating_sub(KEPT + 1).max(1);
        let wanted: Vec<String> = (oldest..=number)
            .map(|kept| format!("contoso.com/scripts/Gangway/MdeOnboard-n{kept}.exe"))
            .collect();
        let files = world.share.files.keys();
        let programs = files.filter(|path| path.ends_with(".exe"));
        assert_eq!(programs.cloned().collect::<Vec<_>>(), wanted);
    }
    world.prune = false;
    for _ in 0..KEPT {
        world.run(Action::Rollback, "n1").unwrap();
    }
}
