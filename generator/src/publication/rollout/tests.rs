//! Changes of a rollout on a share in memory, cut at each of its writes.

use std::collections::BTreeMap;

use gangway_contract::rollout::{Present, Ring};
use gangway_contract::{Control, Rollout};

use super::*;
use crate::gpo::Guid;
use crate::publication::FolderShare;
use crate::publication::release::{Campaign, Named, Needs};
use crate::publication::tests::share::FakeShare;
use crate::publication::tests::world::claimant;

const CONTROL: &str = "mde/control.json";
const DECIDED: &str = "mde/rollout.json";
const HISTORY_FILE: &str = "mde/rollout-history.json";

/// A share with a campaign for each name, whose bundles have these sequences and begin with 10 %.
fn share(campaigns: &[(&str, Option<u64>)]) -> FakeShare {
    let mut files = BTreeMap::from([(CONTROL.to_owned(), Control::OPEN.to_bytes())]);
    for (name, sequence) in campaigns {
        let gpo = Guid::derive(&[name]);
        let campaign = Campaign::new(gpo, (*name).to_owned(), "contoso.com".to_owned());
        let needs = Needs::none(campaign).with(Named {
            id: "abc".to_owned(),
            files: Vec::new(),
            bundle: sequence.map(|sequence| Carried {
                sequence,
                ring_percent: 10,
            }),
            recipe: None,
        });
        files.insert(
            format!("mde/campaigns/{}", needs.file_name()),
            needs.write(),
        );
    }
    FakeShare {
        folders: ["mde", "mde/campaigns", "mde/releases"]
            .map(str::to_owned)
            .to_vec(),
        files,
        budget: Default::default(),
        trees_read: 0,
        held: None,
    }
}

fn request(change: Option<Change>) -> RolloutRequest {
    RolloutRequest {
        folder: Some("mde".to_owned()),
        named: "share".to_owned(),
        bundle: None,
        change,
        withhold_all: false,
        dry_run: false,
        who: claimant(),
    }
}

/// Plans and does a change; the steps, and how it ended.
fn run(
    share: &mut FakeShare,
    request: &RolloutRequest,
) -> Result<(RolloutState, Published), RolloutError> {
    let mut plan = plan_rollout(request, share)?;
    let mut done = Published::default();
    change_rollout(request, &mut plan, share, &mut |_| {}, &mut done)?;
    Ok((plan.state, done))
}

fn change(share: &mut FakeShare, wanted: Change) -> (RolloutState, Published) {
    run(share, &request(Some(wanted))).unwrap()
}

fn refused(share: &mut FakeShare, wanted: Change) -> String {
    let before = share.files.clone();
    let error = run(share, &request(Some(wanted))).unwrap_err();
    assert_eq!(share.files, before, "{wanted}");
    error.to_string()
}

/// Percent of the servers that begin with a bundle, as the bootstrap decides, new or old.
fn begins(share: &FakeShare, sequence: u64, start: u8, is_old: bool) -> u8 {
    let control = Control::parse(&share.files[CONTROL]).unwrap();
    let decided = share.files.get(DECIDED).filter(|_| !is_old);
    let decided = decided.map(|bytes| Rollout::parse(bytes).unwrap());
    let present = Present {
        control: Some(&control),
        decided: decided.as_ref(),
    };
    match present.paused() || sequence < present.min_sequence() {
        true => 0,
        false => present.ring_percent(sequence, start),
    }
}

#[test]
fn a_ring_goes_up_and_down_for_the_bundles_that_are_there() {
    let mut share = share(&[("Deploy", Some(7)), ("Offboard", Some(5))]);
    assert_eq!(begins(&share, 7, 10, false), 10);
    for percent in [50, 100, 0, 20] {
        let (state, done) = change(&mut share, Change::Ring(percent));
        assert_eq!(begins(&share, 7, 10, false), percent);
        // Of a bootstrap that reads the switch alone, and of a bundle that comes later.
        assert_eq!(begins(&share, 7, 10, true), percent.min(10));
        assert_eq!(begins(&share, 8, 10, false), percent.min(10));
        assert_eq!(state.bundles.last().unwrap().after, percent);
        assert!(done.steps.len() >= 2, "{:?}", done.steps);
    }
    let before = share.files.clone();
    let (_, done) = change(&mut share, Change::Ring(20));
    assert_eq!((done.steps, share.files), (Vec::new(), before));
}

#[test]
fn a_pause_holds_old_and_new_bootstraps_and_keeps_the_ring() {
    let mut share = share(&[("Deploy", Some(7))]);
    change(&mut share, Change::Ring(50));
    change(&mut share, Change::Pause);
    assert_eq!(
        [false, true].map(|is_old| begins(&share, 7, 100, is_old)),
        [0, 0]
    );
    change(&mut share, Change::Resume);
    assert_eq!(
        [false, true].map(|is_old| begins(&share, 7, 100, is_old)),
        [50, 50]
    );
}

/// What a copy of a bundle's folder `share` brings.
#[test]
fn a_switch_that_was_written_over_lets_nobody_begin_and_is_told() {
    let mut share = share(&[("Deploy", Some(7))]);
    change(&mut share, Change::Ring(20));
    change(&mut share, Change::Pause);
    share
        .files
        .insert(CONTROL.to_owned(), Control::OPEN.to_bytes());
    assert_eq!(begins(&share, 7, 100, false), 0);
    let (state, _) = run(&mut share, &request(None)).unwrap();
    assert!(state.before.paused);
    let [problem] = &state.problems[..] else {
        panic!("{:?}", state.problems);
    };
    assert_eq!(problem.code.id, "GW3116");
    assert!(
        problem.next_action.contains("rollout SHARE pause"),
        "{problem:?}"
    );
    let (_, done) = change(&mut share, Change::Pause);
    assert!(done.steps[0].contains(CONTROL), "{:?}", done.steps);
    assert_eq!(begins(&share, 7, 100, true), 0);
    let (state, _) = run(&mut share, &request(None)).unwrap();
    assert_eq!(state.problems, []);
}

/// Each file is old or new, what begins is never more than before or after says, and the same again ends
/// the change.
#[test]
fn a_change_that_is_cut_at_any_write_withholds_what_either_state_does() {
    let changes = [
        (Change::Ring(5), Change::Ring(50)),
        (Change::Ring(50), Change::Ring(5)),
        (Change::Pause, Change::Resume),
        (Change::Ring(50), Change::Pause),
        (Change::MinSequence(7), Change::MinSequence(0)),
    ];
    for (first, second) in changes {
        let mut whole = share(&[("Deploy", Some(7))]);
        change(&mut whole, first);
        let before = whole.clone();
        change(&mut whole, second);
        // A claim is made, written and renamed; three files are written and renamed; the claim is renamed
        // and taken away.
        for writes in 0..11 {
            let mut share = before.clone();
            share.budget = Default::default();
            share.budget.set(Some(writes));
            run(&mut share, &request(Some(second))).unwrap_err();
            for name in [CONTROL, DECIDED, HISTORY_FILE] {
                let found = share.files.get(name);
                let known = [before.files.get(name), whole.files.get(name)];
                assert!(
                    known.contains(&found),
                    "{first}, {second}, {writes}: {name}"
                );
            }
            for (sequence, start) in [(6, 100), (7, 10), (7, 100), (8, 100)] {
                let of = |share: &FakeShare| begins(share, sequence, start, false);
                assert!(
                    of(&share) <= of(&before).max(of(&whole)),
                    "{first}, {second}, {writes}"
                );
            }
            share.budget.set(None);
            change(&mut share, second);
            for name in [CONTROL, DECIDED] {
                assert_eq!(
                    share.files[name], whole.files[name],
                    "{first}, {second}, {writes}"
                );
            }
            assert!(share.files.keys().all(|name| !name.ends_with(TEMPORARY)));
        }
    }
}

#[test]
fn where_nothing_was_decided_nothing_is_taken_back() {
    let mut share = share(&[("Deploy", Some(7))]);
    let before = share.files.clone();
    for nothing in [Change::Resume, Change::MinSequence(0)] {
        let (_, done) = change(&mut share, nothing);
        assert_eq!(done.steps, [""; 0], "{nothing}");
    }
    assert_eq!(share.files, before);
    // Paused by an editor, as before there was a command.
    let paused = Control {
        paused: true,
        ..Control::OPEN
    };
    share.files.insert(CONTROL.to_owned(), paused.to_bytes());
    change(&mut share, Change::Resume);
    assert_eq!(begins(&share, 7, 100, true), 100);
}

#[test]
fn a_dry_run_says_the_same_steps_and_writes_nothing() {
    let mut share = share(&[("Deploy", Some(7))]);
    let dry_run = RolloutRequest {
        dry_run: true,
        ..request(Some(Change::Ring(50)))
    };
    let before = share.files.clone();
    share.budget.set(Some(0));
    let (would, said) = run(&mut share, &dry_run).unwrap();
    assert_eq!(share.files, before);
    share.budget.set(None);
    let (state, done) = change(&mut share, Change::Ring(50));
    assert_eq!((said.steps, would), (done.steps, state));
}

#[test]
fn what_is_no_share_of_the_servers_or_leaves_nobody_is_refused() {
    let mut known = share(&[("Deploy", Some(7)), ("Offboard", Some(5))]);
    assert!(refused(&mut known, Change::Ring(150)).contains("150 %"));
    let told = refused(&mut known, Change::MinSequence(6));
    assert!(
        told.contains("`Offboard` of `contoso.com` has sequence 5"),
        "{told}"
    );
    change(&mut known, Change::MinSequence(5));
    let all = RolloutRequest {
        withhold_all: true,
        ..request(Some(Change::MinSequence(8)))
    };
    run(&mut known, &all).unwrap();
    assert_eq!(begins(&known, 7, 100, true), 0);
    // Published by an older program, which did not tell.
    let mut unknown = share(&[("Deploy", None)]);
    assert!(refused(&mut unknown, Change::Ring(50)).contains("which bundles"));
    let named = RolloutRequest {
        bundle: Some(Carried {
            sequence: 9,
            ring_percent: 10,
        }),
        ..request(Some(Change::Ring(50)))
    };
    run(&mut unknown, &named).unwrap();
    assert_eq!(begins(&unknown, 9, 10, false), 50);
    let too_old = RolloutRequest {
        change: Some(Change::MinSequence(10)),
        ..named
    };
    assert!(run(&mut unknown, &too_old).is_err());
}

#[test]
fn files_that_cannot_be_read_are_told_and_only_a_pause_takes_their_place() {
    for name in [CONTROL, DECIDED] {
        let mut share = share(&[("Deploy", Some(7))]);
        change(&mut share, Change::Ring(50));
        share
            .files
            .insert(name.to_owned(), b"{\"schema\":1".to_vec());
        let (state, _) = run(&mut share, &request(None)).unwrap();
        assert!(state.before.paused);
        assert_eq!(state.problems[0].code.id, "GW3115");
        for wanted in [Change::Resume, Change::Ring(100), Change::MinSequence(0)] {
            let told = refused(&mut share, wanted);
            assert!(told.contains(name) && told.contains("malformed"), "{told}");
        }
        let (_, done) = change(&mut share, Change::Pause);
        assert!(done.notes[0].contains("is not kept"), "{:?}", done.notes);
        assert_eq!(begins(&share, 7, 100, true), 0);
        change(&mut share, Change::Resume);
        assert_eq!(
            begins(&share, 7, 100, false),
            50,
            "{name}: the other file kept it"
        );
    }
}

#[test]
fn a_folder_of_something_else_is_not_written_to() {
    let mut share = share(&[]);
    share.files.remove(CONTROL);
    let told = refused(&mut share, Change::Ring(50));
    assert!(told.contains("no `control.json`"), "{told}");
    assert!(refused(&mut share, Change::Resume).contains("no `control.json`"));
    share.folders.retain(|folder| !folder.contains("releases"));
    assert!(refused(&mut share, Change::Pause).contains("neither releases"));
    share.folders.clear();
    assert!(refused(&mut share, Change::Pause).contains("neither releases"));
}

#[test]
fn what_somebody_changed_meanwhile_is_not_written_over() {
    let mut share = share(&[("Deploy", Some(7))]);
    let mine = request(Some(Change::Ring(100)));
    let mut plan = plan_rollout(&mine, &mut share).unwrap();
    change(&mut share, Change::Pause);
    let before = share.files.clone();
    let mut done = Published::default();
    let error = change_rollout(&mine, &mut plan, &mut share, &mut |_| {}, &mut done).unwrap_err();
    assert!(
        error.to_string().contains("since it was looked at"),
        "{error}"
    );
    assert_eq!(share.files, before);
    assert_eq!((done.steps, done.unfinished), (Vec::new(), None));
}

/// It withholds more whatever the other one decided.
#[test]
fn a_pause_holds_what_somebody_changed_meanwhile_as_well() {
    let mut share = share(&[("Deploy", Some(7))]);
    let mine = request(Some(Change::Pause));
    let mut plan = plan_rollout(&mine, &mut share).unwrap();
    change(&mut share, Change::Ring(50));
    let mut done = Published::default();
    change_rollout(&mine, &mut plan, &mut share, &mut |_| {}, &mut done).unwrap();
    assert!(done.notes[0].contains("somebody else"), "{:?}", done.notes);
    assert_eq!(begins(&share, 7, 100, true), 0);
    assert_eq!(
        plan.state.after.unwrap().ring.map(|ring| ring.percent),
        Some(50)
    );
    change(&mut share, Change::Resume);
    assert_eq!(begins(&share, 7, 10, false), 50);
}

/// A link of somebody may lead servers to a switch that holds nobody: the other file does.
#[test]
fn a_pause_writes_the_file_that_it_can_and_names_what_is_in_the_way() {
    for (taken, free) in [
        (CONTROL, DECIDED),
        (DECIDED, CONTROL),
        ("mde/control.json.gangway-part", DECIDED),
        ("mde/rollout.json.gangway-part", CONTROL),
    ] {
        let mut share = share(&[("Deploy", Some(7))]);
        share.files.remove(taken);
        share.folders.push(taken.to_owned());
        for wanted in [Change::Ring(50), Change::MinSequence(3)] {
            let told = refused(&mut share, wanted);
            assert!(told.contains(taken), "{wanted}: {told}");
        }
        let error = run(&mut share, &request(Some(Change::Pause))).unwrap_err();
        let told = error.to_string();
        assert!(told.contains(taken) && told.contains("a folder"), "{told}");
        let written = &share.files[free];
        let paused = match free {
            CONTROL => Control::parse(written).unwrap().paused,
            _ => Rollout::parse(written).unwrap().paused,
        };
        assert!(paused, "{taken}");
        share.folders.retain(|folder| folder != taken);
        change(&mut share, Change::Pause);
        assert!(share.files.contains_key(CONTROL) && share.files.contains_key(DECIDED));
        let (state, _) = run(&mut share, &request(None)).unwrap();
        assert_eq!((state.before.paused, state.problems), (true, Vec::new()));
    }
}

#[test]
fn a_history_that_cannot_be_written_stops_no_change() {
    let mut share = share(&[("Deploy", Some(7))]);
    share.folders.push(format!("{HISTORY_FILE}{TEMPORARY}"));
    let (_, done) = change(&mut share, Change::Pause);
    assert!(done.notes[0].contains("is a folder"), "{:?}", done.notes);
    assert_eq!(begins(&share, 7, 100, false), 0);
}

/// Whom a sequence leaves without a bundle is not known where a campaign does not tell its own.
#[test]
fn a_sequence_is_not_raised_over_campaigns_that_cannot_be_read() {
    let torn = |share: &mut FakeShare| {
        let name = share.files.keys().find(|name| name.contains("campaigns/"));
        let name = name.unwrap().clone();
        share.files.insert(name.clone(), b"{".to_vec());
        name
    };
    let mut share = share(&[("Deploy", Some(7))]);
    change(&mut share, Change::MinSequence(3));
    let name = torn(&mut share);
    let told = refused(&mut share, Change::MinSequence(4));
    let name = name.strip_prefix("mde/").unwrap();
    assert!(told.contains(name) && told.contains("not known"), "{told}");
    change(&mut share, Change::MinSequence(2));
    let meant = RolloutRequest {
        withhold_all: true,
        ..request(Some(Change::MinSequence(4)))
    };
    run(&mut share, &meant).unwrap();
    assert_eq!(begins(&share, 3, 100, true), 0);
    // A file in the place of all of them, and an older program.
    share.files.retain(|name, _| !name.contains("campaigns"));
    share.folders.retain(|name| !name.contains("campaigns"));
    share.files.insert("mde/campaigns".to_owned(), Vec::new());
    assert!(refused(&mut share, Change::MinSequence(5)).contains("a file"));
    let mut old = self::share(&[("Deploy", None)]);
    assert!(refused(&mut old, Change::MinSequence(5)).contains("older program"));
}

#[test]
fn a_claim_of_somebody_stops_a_change_and_is_taken_when_he_is_gone() {
    const CLAIM: &str = "mde/rollout.claim";
    let owner = br#"{"schema":1,"number":"0123456789abcdef","account":"olga","host":"desk7","since":"2026-11-29 15:00:00"}"#;
    let mut share = share(&[("Deploy", Some(7))]);
    share.folders.push(CLAIM.to_owned());
    share
        .files
        .insert(format!("{CLAIM}/owner.json"), owner.to_vec());
    let mut foreign = share.clone();
    let (_, done) = change(&mut share, Change::Pause);
    assert!(
        done.notes[0].contains("`olga` on `desk7`"),
        "{:?}",
        done.notes
    );
    assert!(!share.folders.iter().any(|name| name.contains("claim")));
    // What is no claim of ours stays.
    foreign
        .files
        .insert(format!("{CLAIM}/of-somebody"), Vec::new());
    let told = refused(&mut foreign, Change::Pause);
    assert!(told.contains("rollout.claim"), "{told}");
}

#[test]
fn what_killed_changes_left_goes_a_day_later_and_is_named_before() {
    const OLD: &str = "mde/rollout.claim-0123456789abcdef";
    const ASIDE: &str = "mde/rollout.claim-0123456789abcdef0";
    const RECENT: &str = "mde/rollout.claim-1123456789abcdef";
    const EMPTY: &str = "mde/rollout.claim-2123456789abcdef";
    const FOREIGN: &str = "mde/rollout.claim-3123456789abcdef";
    const TIMELESS: &str = "mde/rollout.claim-4123456789abcdef";
    const NO_TIME: &str = "mde/rollout.claim-5123456789abcdef";
    const TWO_LINES: &str = "mde/rollout.claim-6123456789abcdef";
    const AHEAD: &str = "mde/rollout.claim-7123456789abcdef";
    const NO_CLAIM: &str = "mde/rollout.claim-of-somebody";
    let mut share = share(&[("Deploy", Some(7))]);
    for (folder, since) in [
        (OLD, began(90_000)),
        (ASIDE, began(100_000)),
        (RECENT, began(80_000)),
        (FOREIGN, began(90_000)),
        (TIMELESS, String::new()),
        (NO_TIME, "0000-00-00 00:00:00".to_owned()),
        (TWO_LINES, "1999-12-31\\n00:00:00".to_owned()),
        (AHEAD, began(-90_000)),
    ] {
        put_claim(&mut share, folder, &since);
    }
    share
        .folders
        .extend([EMPTY.to_owned(), NO_CLAIM.to_owned()]);
    share
        .files
        .insert(format!("{FOREIGN}/of-somebody"), Vec::new());
    let (_, done) = change(&mut share, Change::Pause);
    let is_there = |folder: &str| share.folders.iter().any(|name| name == folder);
    let notes = done.notes.join("\n");
    for (folder, told) in [
        (OLD, None),
        (ASIDE, None),
        (RECENT, Some("is of a change that was cut")),
        (EMPTY, Some("no change takes it away")),
        (FOREIGN, Some("no change takes it away")),
        (TIMELESS, Some("no change takes it away")),
        (NO_TIME, Some("no change takes it away")),
        (TWO_LINES, Some("no change takes it away")),
        (AHEAD, Some("no change takes it away")),
    ] {
        assert_eq!(is_there(folder), told.is_some(), "{folder}");
        let words = format!("`{folder}` ");
        let note = done.notes.iter().find(|note| note.starts_with(&words));
        assert_eq!(note.is_some(), told.is_some(), "{folder}: {notes}");
        if let (Some(note), Some(told)) = (note, told) {
            assert!(note.contains(told), "{note}");
        }
    }
    assert_eq!(notes.matches("`olga` on `desk7`").count(), 2, "{notes}");
    assert!(is_there(NO_CLAIM) && !notes.contains(NO_CLAIM), "{notes}");
}

/// A time before the change, as a claim tells it.
fn began(before: i64) -> String {
    let now = request(None).who.begun;
    crate::gpo::Timestamp::from_unix(now - before)
        .unwrap()
        .changed()
}

fn put_claim(share: &mut FakeShare, folder: &str, since: &str) {
    let owner = format!(
        r#"{{"schema":1,"number":"0123456789abcdef","account":"olga","host":"desk7","since":"{since}"}}"#
    );
    share.folders.push(folder.to_owned());
    share
        .files
        .insert(format!("{folder}/owner.json"), owner.into_bytes());
}

/// Whatever was left sorts first: it hides nothing behind it, and fills no screen.
#[test]
fn what_stays_does_not_stop_what_goes() {
    for empty in [60, 150] {
        let mut share = share(&[("Deploy", Some(7))]);
        for number in 0..empty {
            let folder = format!("mde/rollout.claim-{number:016x}");
            share.folders.push(folder);
        }
        let old: Vec<String> = (0..30)
            .map(|number| format!("mde/rollout.claim-f{number:015x}"))
            .collect();
        for folder in &old {
            put_claim(&mut share, folder, &began(90_000));
        }
        let left = |share: &FakeShare| {
            let is_old = |folder: &&String| old.contains(folder);
            share.folders.iter().filter(is_old).count()
        };
        // Each begins somewhere else.
        for round in 0..60 {
            let wanted = [Change::Pause, Change::Resume][round % 2];
            let before = left(&share);
            let (_, done) = change(&mut share, wanted);
            let told = |words: &str| {
                let notes = done.notes.iter();
                notes.filter(|note| note.contains(words)).count()
            };
            let taken = before - left(&share);
            assert!(taken <= 20, "{taken}");
            assert_eq!(told("was taken away") > 0, taken > 0);
            assert!(told("no change takes it away") <= 20, "{:?}", done.notes);
            assert_eq!(told("more folders"), 1, "{:?}", done.notes);
        }
        assert_eq!(left(&share), 0, "{empty}");
    }
}

/// What says that it is done is there, and in the history.
#[test]
fn changes_at_once_lose_nothing_of_each_other() {
    let mut done_at_once = 0;
    for round in 0..20 {
        let root = tempfile::tempdir().unwrap();
        for (name, bytes) in share(&[("Deploy", Some(7))]).files {
            let path = root.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        let wanted = [Change::Ring(50), Change::Pause, Change::MinSequence(5)];
        let start = std::sync::Barrier::new(wanted.len());
        let ended: Vec<(Change, Result<(), RolloutError>)> = std::thread::scope(|scope| {
            let change = |wanted: Change| {
                let (start, root) = (&start, root.path());
                move || {
                    let mut share = FolderShare::new(root.to_path_buf());
                    let mut mine = request(Some(wanted));
                    mine.who.patience = std::time::Duration::from_secs(60);
                    let mut plan = plan_rollout(&mine, &mut share).unwrap();
                    start.wait();
                    let mut done = Published::default();
                    (
                        wanted,
                        change_rollout(&mine, &mut plan, &mut share, &mut |_| {}, &mut done),
                    )
                }
            };
            let runs = wanted.map(|wanted| scope.spawn(change(wanted)));
            runs.map(|run| run.join().unwrap()).into_iter().collect()
        });
        let mut share = FolderShare::new(root.path().to_path_buf());
        let state = plan_rollout(&request(None), &mut share).unwrap().state;
        assert_eq!(state.problems, [], "{round}");
        for (wanted, ended) in ended {
            let asked = state
                .history
                .iter()
                .any(|change| change.asked == wanted.to_string());
            match ended {
                Ok(()) => done_at_once += 1,
                Err(RolloutError::WentOn { .. }) => {
                    assert!(!asked, "{round}: {wanted}");
                    continue;
                }
                Err(error) => panic!("{round}: {wanted}: {error}"),
            }
            assert!(asked, "{round}: {wanted}");
            let now = state.before;
            assert!(
                match wanted {
                    Change::Pause => now.paused,
                    Change::Ring(percent) => now.ring.is_some_and(|ring| ring.percent == percent),
                    _ => now.min_sequence == 5,
                },
                "{round}: {wanted}: {now}"
            );
        }
        assert!(state.before.paused, "{round}: a pause is never refused");
        let names = crate::publication::Share::list(&mut share, "mde")
            .unwrap()
            .unwrap();
        assert_eq!(names.len(), 4, "{names:?}");
    }
    assert!(done_at_once >= 20, "{done_at_once}");
}

#[test]
fn who_changed_what_is_kept_newest_first() {
    let mut share = share(&[("Deploy", Some(7))]);
    change(&mut share, Change::Ring(50));
    change(&mut share, Change::Pause);
    let (state, _) = run(&mut share, &request(None)).unwrap();
    let [newest, oldest] = &state.history[..] else {
        panic!("{:?}", state.history);
    };
    assert_eq!(
        (newest.asked.as_str(), oldest.asked.as_str()),
        ("pause", "ring 50")
    );
    assert_eq!(newest.before, oldest.after);
    assert_eq!(
        (oldest.before.ring, newest.account.as_str()),
        (None, "admin@contoso.com")
    );
    let ring = Ring {
        percent: 50,
        up_to_sequence: 7,
    };
    assert_eq!(oldest.after.ring, Some(ring));
    // One that is none stays, and stops no change.
    share.files.insert(HISTORY_FILE.to_owned(), b"[]".to_vec());
    let (state, done) = change(&mut share, Change::Resume);
    assert_eq!(share.files[HISTORY_FILE], b"[]");
    assert!(done.notes[0].contains("is no history"), "{:?}", done.notes);
    assert_eq!(state.problems[0].code.id, "GW3117");
}
