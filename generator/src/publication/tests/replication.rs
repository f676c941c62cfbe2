//! Domain controllers beside the one that is written to: some lag, some do not answer.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::time::Duration;

use super::directory::{FakeDirectory, value};
use super::share::FakeShare;
use super::whole::with_payloads;
use super::world::{self, DOMAIN_DN, World, published, task_id, world};
use crate::failure::{FailureCode, Fault as _};
use crate::publication::{
    Action, DirectoryError, Failure, HostName, Opened, PublishError, Published, Replica, Replicas,
    Standing,
};

/// What a domain controller has from some moment on.
#[derive(Clone)]
enum State {
    Has(FakeDirectory, FakeShare),
    Refuses(Failure),
}

/// Domain controllers that get something new when their second has come.
#[derive(Default)]
pub(super) struct FakeReplicas {
    states: BTreeMap<String, Vec<(u64, State)>>,
    /// The time, in seconds.
    clock: Cell<u64>,
    /// Seconds that a look takes.
    look: u64,
    opened: Vec<String>,
    paused: Vec<(u64, String)>,
}

impl Replicas for FakeReplicas {
    fn open(&mut self, host: &HostName) -> Result<Opened, PublishError> {
        self.opened.push(host.to_string());
        self.clock.set(self.clock.get() + self.look);
        let states = self.states[host.as_str()].iter();
        let now = self.clock.get();
        let state = states.rev().find(|(from, _)| *from <= now).unwrap();
        match state.1.clone() {
            State::Has(directory, share) => Ok((Box::new(directory), Box::new(share))),
            State::Refuses(failure) => Err(DirectoryError {
                doing: format!("connect to `ldaps://{host}`"),
                failure,
                why: "no answer".to_owned(),
            }
            .into()),
        }
    }

    fn now(&self) -> Duration {
        Duration::from_secs(self.clock.get())
    }

    fn pause(&mut self, time: Duration, waiting: &str) {
        self.clock.set(self.clock.get() + time.as_secs());
        self.paused.push((time.as_secs(), waiting.to_owned()));
    }
}

const LINK: &str = "DC=contoso,DC=com";

impl World {
    /// The directory names another domain controller.
    fn add_controller(&mut self, host: &str, group: &str) {
        let object = BTreeMap::from([
            ("dnshostname".to_owned(), value(host)),
            ("primarygroupid".to_owned(), value(group)),
        ]);
        let dn = format!("cn={host},ou=domain controllers,{DOMAIN_DN}").to_lowercase();
        self.directory.objects.insert(dn, object);
    }

    fn state(&self) -> State {
        State::Has(self.directory.clone(), self.share.clone())
    }

    /// With domain controllers that are like this one, and get the states of another world later.
    fn with_replicas(mut self, replicas: &[(&str, Vec<(u64, State)>)]) -> Self {
        for (host, _) in replicas {
            self.add_controller(host, "516");
        }
        for (host, later) in replicas {
            let states = [vec![(0, self.state())], later.clone()].concat();
            self.replicas.states.insert((*host).to_owned(), states);
        }
        self
    }

    fn publish_new(&mut self) -> (Published, Result<(), PublishError>) {
        self.told(Action::Publish, "new", &[LINK], false)
    }

    fn is_linked(&self) -> bool {
        self.directory.objects[DOMAIN_DN].contains_key("gplink")
    }
}

/// What every domain controller has in the end.
fn in_the_end() -> State {
    let mut world = published("old");
    world.publish_new().1.unwrap();
    world.state()
}

/// The program alone.
fn program_only() -> State {
    let State::Has(_, after) = in_the_end() else {
        panic!("it answers");
    };
    let mut world = published("old");
    let programs = after.files.into_iter();
    let programs = programs.filter(|(path, _)| path.contains("/scripts/"));
    world.share.files.extend(programs);
    world.state()
}

/// Policies without their links.
fn unlinked() -> State {
    let mut world = published("old");
    world.run(Action::Publish, "new").unwrap();
    world.state()
}

fn standing(done: &Published, host: &str) -> Standing {
    let mut all = done.replicas.iter();
    all.find(|one| one.host == host).unwrap().standing.clone()
}

#[track_caller]
fn assert_behind(ended: Result<(), PublishError>, hosts: &[&str], told: &str) {
    let error = ended.unwrap_err();
    assert_eq!(error.code(), FailureCode::Replication, "{error}");
    assert!(error.hint().unwrap().contains("publish again"));
    let problems = error.problems();
    let named: Vec<&str> = problems.iter().map(|one| one.subject.as_str()).collect();
    assert_eq!(named, hosts);
    let words = format!("{error} {}", problems[0].message);
    assert!(words.contains(told), "{words}");
}

#[test]
fn nobody_is_asked_unless_told_to_and_that_is_noted() {
    let mut world = published("old").with_replicas(&[("dc2.contoso.com", Vec::new())]);
    let (done, ended) = world.publish_new();
    ended.unwrap();
    assert!(world.replicas.opened.is_empty());
    assert_eq!(standing(&done, "dc2.contoso.com"), Standing::NotAsked);
    let told =
        |note: &String| note.contains("`dc2.contoso.com`") && note.contains("`--wait-replication`");
    assert!(done.notes.iter().any(told), "{:?}", done.notes);
}

#[test]
fn each_part_is_everywhere_before_the_next_begins() {
    let mut world = published("old").with_replicas(&[
        (
            "dc2.contoso.com",
            vec![(1, program_only()), (2, unlinked()), (10, in_the_end())],
        ),
        ("dc3.contoso.com", vec![(0, in_the_end())]),
    ]);
    world.wait = Some(60);
    let (done, ended) = world.publish_new();
    ended.unwrap();
    let at = |words: &str| {
        let mut steps = done.steps.iter();
        let found = steps.position(|step| step.contains(words));
        found.unwrap_or_else(|| panic!("{words}: {:#?}", done.steps))
    };
    let order = [
        at("write `contoso.com/scripts/Gangway/MdeOnboard-new.exe`"),
        at("wait until `dc2.contoso.com`, `dc3.contoso.com` have the program, 1m at the most"),
        at("versionNumber"),
        at("have the policies"),
        at("link `Gangway Settings`"),
        at("have the links"),
    ];
    assert!(order.is_sorted(), "{:#?}", done.steps);
    for host in ["dc2.contoso.com", "dc3.contoso.com"] {
        assert_eq!(standing(&done, host), Standing::Seen);
    }
    // Who has shown it is not asked again for the same.
    let asked = |host: &str| {
        world
            .replicas
            .opened
            .iter()
            .filter(|one| *one == host)
            .count()
    };
    assert_eq!(asked("dc3.contoso.com"), 3);
    let pauses: Vec<u64> = world
        .replicas
        .paused
        .iter()
        .map(|(time, _)| *time)
        .collect();
    assert_eq!(pauses, [1, 1, 1, 2, 4, 8]);
    let words = &world.replicas.paused[0].1;
    assert_eq!(words, "waiting for `dc2.contoso.com`, 1m left");
}

#[test]
fn a_program_that_is_not_everywhere_is_named_by_no_policy() {
    let mut world = published("old").with_replicas(&[
        ("dc2.contoso.com", Vec::new()),
        ("dc3.contoso.com", vec![(0, in_the_end())]),
    ]);
    world.wait = Some(20);
    let before = world.directory.objects.clone();
    let policies = world.gpo_files();
    let (done, ended) = world.publish_new();
    assert_behind(
        ended,
        &["dc2.contoso.com"],
        "1 of 2 other domain controllers did not have the program after 20s",
    );
    let lacks = vec!["`contoso.com/scripts/Gangway/MdeOnboard-new.exe` is missing".to_owned()];
    assert_eq!(standing(&done, "dc2.contoso.com"), Standing::Behind(lacks));
    assert_eq!(standing(&done, "dc3.contoso.com"), Standing::Seen);
    assert!(done.unfinished.unwrap().starts_with("wait until"));
    assert!(world.directory.objects == before);
    assert_eq!(world.gpo_files(), policies);
    let program = "contoso.com/scripts/Gangway/MdeOnboard-new.exe";
    assert!(world.share.files.contains_key(program));

    // It comes, and the next publication goes on.
    let later = [(0, program_only()), (70, unlinked()), (80, in_the_end())];
    world
        .replicas
        .states
        .insert("dc2.contoso.com".to_owned(), later.to_vec());
    world.wait = Some(100);
    world.publish_new().1.unwrap();
    world.assert_whole("new");
    assert!(world.is_linked());
}

#[test]
fn policies_that_are_not_everywhere_are_not_linked_and_can_be_taken_back() {
    for (later, told) in [
        (
            program_only(),
            "its directory has version 1 of the GPO `Gangway Settings`, and 2 was",
        ),
        (
            match (program_only(), in_the_end()) {
                (State::Has(_, share), State::Has(directory, _)) => State::Has(directory, share),
                _ => panic!("they answer"),
            },
            "its SYSVOL has `Machine/registry.pol` of the GPO `Gangway Settings` with other bytes",
        ),
    ] {
        let mut world = published("old").with_replicas(&[("dc2.contoso.com", vec![(0, later)])]);
        world.wait = Some(9);
        let (_, ended) = world.publish_new();
        assert_behind(ended, &["dc2.contoso.com"], told);
        world.assert_whole("new");
        assert!(!world.is_linked());
        world.wait = None;
        world.run(Action::Rollback, "new").unwrap();
        world.assert_whole("old");
    }
}

#[test]
fn links_that_are_not_everywhere_are_told_and_no_old_release_goes() {
    let mut world = with_payloads(published("old"));
    world.keep = Some(2);
    for content in ["a", "b", "c"] {
        world.run(Action::Publish, content).unwrap();
    }
    let mut world = world.with_replicas(&[("dc2.contoso.com", Vec::new())]);
    // Its directory never tells of links.
    let mut without_links = world::world();
    without_links.directory = world.directory.clone();
    without_links.share = world.share.clone();
    without_links.run(Action::Publish, "new").unwrap();
    let states = vec![(0, without_links.state())];
    world
        .replicas
        .states
        .insert("dc2.contoso.com".to_owned(), states);
    world.wait = Some(5);
    let before = world.payloads.as_ref().unwrap().folders.clone();
    let (_, ended) = world.publish_new();
    assert_behind(
        ended,
        &["dc2.contoso.com"],
        "has no such link to `Gangway Settings`",
    );
    assert!(world.is_linked());
    let after = &world.payloads.as_ref().unwrap().folders;
    assert!(
        before.iter().all(|folder| after.contains(folder)),
        "{after:?}"
    );
}

#[test]
fn one_that_does_not_answer_is_asked_until_the_time_is_over() {
    let silent = State::Refuses(Failure::NoConnection);
    let replicas = [("dc2.contoso.com", vec![(0, silent), (40, in_the_end())])];
    for (wait, answers) in [(100, true), (30, false)] {
        let mut world = published("old").with_replicas(&replicas);
        world.wait = Some(wait);
        world.replicas.look = 5;
        let (done, ended) = world.publish_new();
        if answers {
            ended.unwrap();
            world.assert_whole("new");
            continue;
        }
        assert_behind(
            ended,
            &["dc2.contoso.com"],
            "cannot connect to `ldaps://dc2.contoso.com`",
        );
        let standing = standing(&done, "dc2.contoso.com");
        assert!(matches!(standing, Standing::NotReached(_)), "{standing:?}");
        assert!(world.replicas.opened.len() > 2);
        // The last look may take its time.
        assert!(world.replicas.clock.get() <= 30 + 5);
    }
}

#[test]
fn each_is_asked_once_whatever_that_takes() {
    let have = || vec![(0, in_the_end())];
    let mut world =
        published("old").with_replicas(&[("dc2.contoso.com", have()), ("dc3.contoso.com", have())]);
    world.wait = Some(1);
    world.replicas.look = 60;
    world.publish_new().1.unwrap();
    world.assert_whole("new");
}

#[test]
fn a_refused_account_is_tried_nowhere_else() {
    let refuses = || vec![(0, State::Refuses(Failure::NotSignedIn))];
    let mut world = published("old").with_replicas(&[
        ("dc2.contoso.com", refuses()),
        ("dc3.contoso.com", refuses()),
    ]);
    world.wait = Some(60);
    let error = world.publish_new().1.unwrap_err();
    assert!(error.hint().unwrap().contains("lock"), "{error}");
    assert_eq!(world.replicas.opened, ["dc2.contoso.com"]);
    assert_eq!(world.version(), 1);
}

#[test]
fn a_name_that_is_not_of_the_domain_gets_no_password() {
    let mut world = published("old");
    world.add_controller("dc2.fabrikam.com", "516");
    world.add_controller("dc3\n", "521");
    world.wait = Some(3);
    let (done, ended) = world.publish_new();
    assert_behind(
        ended,
        &["dc2.fabrikam.com", "dc3\n"],
        "no password is sent there",
    );
    assert!(world.replicas.opened.is_empty());
    assert_eq!(done.replicas.len(), 2);
}

#[test]
fn domain_controllers_are_known_by_their_group() {
    let mut world = published("old");
    for (host, group) in [
        ("DC1.contoso.com", "516"),
        ("dc2.contoso.com", "516"),
        ("branch.contoso.com", "521"),
        ("srv1.contoso.com", "515"),
    ] {
        world.add_controller(host, group);
    }
    let (done, ended) = world.publish_new();
    ended.unwrap();
    let hosts: Vec<&str> = done.replicas.iter().map(|one| one.host.as_str()).collect();
    assert_eq!(hosts, ["branch.contoso.com", "dc2.contoso.com"]);
}

#[test]
fn a_dry_run_asks_none_of_them_and_says_where_it_would_wait() {
    let mut world = published("old").with_replicas(&[("dc2.contoso.com", Vec::new())]);
    world.wait = Some(90);
    let (done, ended) = world.told(Action::Publish, "new", &[LINK], true);
    ended.unwrap();
    assert!(world.replicas.opened.is_empty());
    let waits = done
        .steps
        .iter()
        .filter(|step| step.starts_with("wait until"));
    assert_eq!(waits.count(), 3, "{:#?}", done.steps);
    let not_asked = Replica {
        host: "dc2.contoso.com".to_owned(),
        standing: Standing::NotAsked,
    };
    assert_eq!(done.replicas, [not_asked]);
}

#[test]
fn a_domain_with_one_domain_controller_has_none_to_wait_for() {
    let mut world = world();
    world.wait = Some(90);
    let (done, ended) = world.publish_new();
    ended.unwrap();
    let told = |note: &String| note.contains("no other domain controller than `dc1.contoso.com`");
    assert!(done.notes.iter().any(told), "{:?}", done.notes);
    assert!(world.attribute_of(task_id(), "versionnumber").is_some());
}
