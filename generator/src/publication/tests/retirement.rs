//! The end: everything of the organisation goes, whichever bundle brought it, and nothing else.

use std::collections::BTreeMap;

use gangway_contract::manifest::Mode;

use super::directory::value;
use super::removed::{gpo_dn, program, role_id, with_role};
use super::share::FakeShare;
use super::world::{
    DOMAIN_DN, World, claimant, contents, domain, gpo, release, settings_id, task_id, world,
};
use crate::failure::Fault as _;
use crate::gpo::{Guid, own};
use crate::publication::plan::{MARKER, TEMPORARY};
use crate::publication::{
    Action, Contents, Payloads, Places, PublishError, Published, ReleaseRequest, RetireRequest,
    retire,
};

const LINK: [&str; 2] = ["DC=contoso,DC=com", "role:sql-server=DC=contoso,DC=com"];
/// Extension of scheduled tasks, as a GPO lists it.
const TASKS: &str = "{AADCED64-746C-4633-A97C-D61349046527}";
const PROGRAMS: &str = "contoso.com/scripts/Gangway";

fn offboard_id() -> Guid {
    own::gpo_id("Contoso", &domain(), own::OFFBOARD)
}

/// The task starts the bundle's program, whose manifest has this besides.
fn starting(contents: &mut Contents, more: &str) {
    let name = contents.bootstrap.0.clone();
    contents.bootstrap.1 = [program("Contoso"), more.as_bytes().to_vec()].concat();
    let task = contents.gpos.last_mut().unwrap();
    let tasks = format!(r"<Command>\\contoso.com\NETLOGON\Gangway\{name}</Command>");
    let file = "Machine/Preferences/ScheduledTasks/ScheduledTasks.xml";
    task.files.insert(file.to_owned(), tasks.into_bytes());
}

fn onboarding(contents: &mut Contents) {
    with_role(contents);
    starting(contents, "");
}

fn offboarding(contents: &mut Contents) {
    contents.gpos.truncate(0);
    let mut task = gpo("off");
    task.id = offboard_id();
    task.purpose = own::OFFBOARD.to_owned();
    task.display_name = "Gangway Offboard".to_owned();
    contents.gpos.push(task);
    contents.mode = Mode::Offboard;
    contents.bootstrap.0 = "MdeOffboard-off.exe".to_owned();
    starting(contents, "");
}

/// The last campaign brings no settings and no role.
fn ending(contents: &mut Contents) {
    contents.gpos.remove(0);
    contents.mode = Mode::Precheck;
    starting(contents, r#"{"settings": {"retire": true}}"#);
}

/// A domain with two campaigns and their share, and things of others beside them.
fn both() -> World {
    let mut world = world();
    world.allow_overlap = true;
    world.end_passive_mode = true;
    world.payloads = Some(FakeShare {
        folders: Vec::new(),
        files: BTreeMap::new(),
        budget: world.budget.clone(),
        trees_read: 0,
        held: None,
    });
    world.change = onboarding;
    world.run_with(Action::Publish, "on", &LINK, false).unwrap();
    world.payloads = world.payloads.take();
    world.change = offboarding;
    world.run(Action::Publish, "off").unwrap();
    world
}

/// The same with the last campaign live.
fn ended() -> World {
    let mut world = both();
    world.change = ending;
    world.run(Action::Publish, "end").unwrap();
    world
}

impl World {
    fn retire(&mut self, dry_run: bool) -> (Published, Result<(), PublishError>) {
        self.retire_with(dry_run, false)
    }

    fn retire_with(
        &mut self,
        dry_run: bool,
        leave_servers: bool,
    ) -> (Published, Result<(), PublishError>) {
        let request = RetireRequest {
            dry_run,
            end_passive_mode: self.end_passive_mode,
            leave_servers,
            state: self.state.path().to_owned(),
        };
        let mut contents = contents("end");
        ending(&mut contents);
        let sources = tempfile::tempdir().unwrap();
        let release = release("end", sources.path());
        let release_request = ReleaseRequest {
            folder: None,
            named: "share".to_owned(),
            dry_run,
            only_compare: false,
            action: Action::Remove,
            keep: None,
            state: self.state.path().to_owned(),
            claimant: claimant(),
        };
        let mut done = Published::default();
        let places = Places {
            directory: &mut self.directory,
            sysvol: &mut self.share,
            payloads: self.payloads.as_mut().map(|share| Payloads {
                request: &release_request,
                release: &release,
                share,
            }),
            waiting: None,
        };
        let ended = retire(&request, &contents, places, &mut |_| {}, &mut done);
        (done, ended)
    }

    fn everything(&self) -> impl PartialEq + std::fmt::Debug + use<> {
        let payloads = self.payloads.as_ref().unwrap();
        (
            self.directory.objects.clone(),
            self.share.files.clone(),
            payloads.files.clone(),
        )
    }

    #[track_caller]
    fn assert_nothing_is_left(&self) {
        for id in [task_id(), settings_id(), role_id(), offboard_id()] {
            assert!(!self.has_object(id) && !self.has_folder(id), "{id}");
            assert!(!self.links().contains(&id.to_string()), "{id}");
        }
        let filters = format!(",cn=som,cn=wmipolicy,cn=system,{DOMAIN_DN}");
        let mut objects = self.directory.objects.keys();
        assert!(!objects.any(|dn| dn.ends_with(&filters)));
        assert!(!self.share.folders.iter().any(|one| one == PROGRAMS));
        let payloads = self.payloads.as_ref().unwrap();
        // A claim that was cut while it was freed is swept by the next command that takes one.
        let stays = |path: &&String| !path.starts_with("rollout.claim-");
        let left = payloads.files.keys().chain(&payloads.folders);
        assert_eq!(left.filter(stays).collect::<Vec<_>>(), [""; 0]);
        let kept = std::fs::read_dir(self.state.path()).unwrap();
        let kept: Vec<_> = kept.map(|entry| entry.unwrap().file_name()).collect();
        let of_policies =
            |name: &&std::ffi::OsString| !name.to_string_lossy().starts_with("share.");
        assert_eq!(kept.iter().filter(of_policies).count(), 0, "{kept:?}");
    }
}

#[test]
fn all_that_any_bundle_brought_goes_as_the_dry_run_said() {
    let mut world = ended();
    let before = world.everything();
    let (would, result) = world.retire(true);
    result.unwrap();
    assert_eq!(world.everything(), before);
    let (done, result) = world.retire(false);
    result.unwrap();
    assert_eq!(would.steps, done.steps);
    assert_eq!(would.notes, done.notes);
    world.assert_nothing_is_left();
    let (again, result) = world.retire(false);
    result.unwrap();
    assert_eq!(again.steps, [""; 0]);
}

#[test]
fn what_is_of_others_stays_and_is_named() {
    let mut world = ended();
    let theirs = own::gpo_id("Fabrikam", &domain(), own::DEPLOY);
    let object = [
        ("cn", theirs.to_string()),
        ("displayname", "Gangway Deploy".to_owned()),
        ("admindescription", MARKER.to_owned()),
        ("versionnumber", "3".to_owned()),
    ];
    let object = object.map(|(name, text)| (name.to_owned(), value(&text)));
    world
        .directory
        .objects
        .insert(gpo_dn(theirs), object.into());
    let of = |name: &str| format!("{PROGRAMS}/{name}");
    let half = format!("MdeOnboard-end.exe{TEMPORARY}");
    let of_somebody = format!("MdeOnboard-half.exe{TEMPORARY}");
    for (name, bytes) in [
        ("MdeOnboard-other.exe", program("Fabrikam")),
        ("readme.txt", Vec::new()),
        (&half, Vec::new()),
        (&of_somebody, Vec::new()),
    ] {
        world.share.files.insert(of(name), bytes);
    }
    let payloads = world.payloads.as_mut().unwrap();
    payloads
        .files
        .insert("releases/on/notes.txt".to_owned(), Vec::new());
    payloads.files.insert("list.xlsx".to_owned(), Vec::new());
    let (would, result) = world.retire(true);
    result.unwrap();
    let (done, result) = world.retire(false);
    result.unwrap();
    assert_eq!(would.steps, done.steps);
    assert!(world.has_object(theirs));
    let left: Vec<&String> = world.share.files.keys().collect();
    let expected = [&of_somebody, "MdeOnboard-other.exe", "readme.txt"];
    assert_eq!(left, expected.map(of).iter().collect::<Vec<_>>());
    let payloads = world.payloads.as_ref().unwrap();
    let left: Vec<&String> = payloads.files.keys().collect();
    assert_eq!(left, ["list.xlsx", "releases/on/notes.txt"]);
    let notes = done.notes.join("\n");
    for name in [
        &theirs.to_string(),
        "MdeOnboard-other.exe",
        &of_somebody,
        "readme.txt",
        "notes.txt",
        "list.xlsx",
    ] {
        assert!(notes.contains(name), "{name}: {notes}");
    }
}

#[test]
fn no_server_is_left_with_things_of_ours_unless_that_is_said() {
    for dry_run in [true, false] {
        let mut world = both();
        world.budget.set(Some(0));
        let error = world.retire(dry_run).1.unwrap_err();
        assert!(
            matches!(error, PublishError::NoLastCampaign { .. }),
            "{error}"
        );
        assert_eq!(error.problems()[0].code.id, "GW3128");
        assert!(error.hint().unwrap().contains("--leave-servers"));
        world.budget.set(None);
        world.retire_with(dry_run, true).1.unwrap();
    }
}

/// Servers that were offboarded keep what their bootstrap left as well.
#[test]
fn an_offboarding_that_is_alone_is_no_last_campaign() {
    let mut world = both();
    world.directory.objects.remove(&gpo_dn(task_id()));
    world.budget.set(Some(0));
    let error = world.retire(false).1.unwrap_err();
    assert!(
        matches!(error, PublishError::NoLastCampaign { .. }),
        "{error}"
    );
}

/// A policy that was imported by hand has no document on the share: its program names what it needs.
#[test]
fn what_a_policy_needs_that_stays_goes_neither_from_netlogon_nor_from_the_share() {
    let mut world = ended();
    let theirs = Guid::derive(&["by hand"]);
    let object = [
        ("cn", theirs.to_string()),
        ("displayname", "Imported".to_owned()),
        (
            "gpcmachineextensionnames",
            format!("[{{00000000-0000-0000-0000-000000000000}}{TASKS}]"),
        ),
    ];
    let object = object.map(|(name, text)| (name.to_owned(), value(&text)));
    world
        .directory
        .objects
        .insert(gpo_dn(theirs), object.into());
    let tasks = r"<Command>\\contoso.com\NETLOGON\Gangway\mdeonboard-kept.exe</Command>";
    let file = format!(
        "contoso.com/Policies/{theirs}/Machine/Preferences/ScheduledTasks/ScheduledTasks.xml"
    );
    world.share.files.insert(file, tasks.as_bytes().to_vec());
    let kept = format!("{PROGRAMS}/mdeonboard-kept.exe");
    let bytes = br#"MZ {"organization": "Contoso","release_id": "on"}"#;
    world.share.files.insert(kept.clone(), bytes.to_vec());
    let (would, result) = world.retire(true);
    result.unwrap();
    let (done, result) = world.retire(false);
    result.unwrap();
    assert_eq!(would.steps, done.steps);
    assert!(world.share.files.contains_key(&kept));
    let payloads = world.payloads.as_ref().unwrap();
    for name in ["releases/on/md4ws.msi", "control.json"] {
        assert!(
            payloads.files.contains_key(name),
            "{name}: {:?}",
            done.steps
        );
    }
    assert!(!payloads.files.contains_key("releases/off/md4ws.msi"));
}

#[test]
fn passive_mode_ends_only_when_that_is_allowed() {
    let mut world = ended();
    world.end_passive_mode = false;
    world.budget.set(Some(0));
    let error = world.retire(false).1.unwrap_err();
    assert!(
        matches!(error, PublishError::PassiveModeEnds { .. }),
        "{error}"
    );
}

/// A document that cannot be read may name any release: it stops all of it, before any policy goes.
#[test]
fn what_the_share_refuses_is_known_before_the_first_change() {
    let mut world = ended();
    let payloads = world.payloads.as_mut().unwrap();
    payloads
        .files
        .insert("campaigns/x.json".to_owned(), b"{".to_vec());
    world.budget.set(Some(0));
    let error = world.retire(false).1.unwrap_err();
    assert!(matches!(error, PublishError::Release(_)), "{error}");
}

#[test]
fn a_program_that_runs_stays_for_the_next_time_and_that_is_no_success() {
    let mut world = ended();
    world.share.held = Some(format!("{PROGRAMS}/MdeOnboard-end.exe"));
    let error = world.retire(false).1.unwrap_err();
    assert!(error.to_string().contains("MdeOnboard-end.exe"), "{error}");
    world.share.held = None;
    world.retire(false).1.unwrap();
    world.assert_nothing_is_left();
}

#[test]
fn cut_at_any_write_it_is_finished_by_the_next() {
    for allowed in 0.. {
        let mut world = ended();
        world.budget.set(Some(allowed));
        let ended = world.retire(false).1;
        world.budget.set(None);
        if ended.is_ok() {
            assert!(allowed > 20, "{allowed}");
            break;
        }
        for id in [task_id(), settings_id(), role_id(), offboard_id()] {
            let is_linked = world.links().contains(&id.to_string());
            assert!(world.has_object(id) || !is_linked, "{allowed}: {id}");
        }
        world.retire(false).1.unwrap();
        world.assert_nothing_is_left();
    }
}
