//! What stays, what goes and what is counted, on folders as servers leave them; cut at every change.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use gangway_contract::report::file_name;
use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::disk::cuts;
use crate::fleet::{Campaign, ExpectedServers, Owners, SavedOwners, Texts};
use crate::goal::Goal;

/// 2026-03-02T10:00:00Z.
const NOW: i64 = 1_772_445_600;

const KEEP: Keep = Keep { newest: 2, days: 3 };

fn question(owners: &Owners) -> Question<'_> {
    Question {
        expected: None,
        owners,
        campaign: Campaign {
            mode: Goal::Onboard,
            org_id: None,
            named: true,
        },
        now: UtcTime(NOW),
        max_age_days: 30,
        texts: Texts::All,
    }
}

/// A folder `reports`, and a place for the history beside it.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("reports")).unwrap();
        Self(folder)
    }

    fn folder(&self) -> PathBuf {
        self.0.path().join("reports")
    }

    fn history(&self) -> PathBuf {
        self.0.path().join("history.csv")
    }

    fn put(&self, host: &str, days_ago: i64, hour: i64, state: &str) -> String {
        let time = UtcTime(NOW - NOW % DAY_S - days_ago * DAY_S + hour * 3600);
        let good = |answer: &str| json!({"answer": answer, "good": true});
        let (reason, exit_code) = match state {
            "onboarded" => ("converged", 0),
            "blocked" => ("service-unreachable", 52),
            _ => ("step-failed", 53),
        };
        let document = json!({
            "schema": 2, "bundle_id": "0".repeat(32), "sequence": 1, "fqdn": host,
            "finished_at": time.to_string(), "state": state, "reason": reason, "detail": "",
            "next_action": "", "exit_code": exit_code, "mode": "onboard",
            "health": {"onboarding": good("onboarded"), "sensor": good("alive"),
                       "antivirus": good("active"), "content": good("fresh")},
            "facts_after": {"sensor": {"org_id": "absent"}},
        });
        let name = file_name(host, time, 1);
        self.put_file(&name, document.to_string().as_bytes());
        name
    }

    fn put_file(&self, name: &str, bytes: &[u8]) {
        fs::write(self.folder().join(name), bytes).unwrap();
    }

    fn names(&self) -> BTreeSet<String> {
        let entries = fs::read_dir(self.folder()).unwrap();
        entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    fn prune(&self, apply: bool) -> Pruned {
        self.try_prune(&self.history(), apply).unwrap()
    }

    fn try_prune(&self, history: &Path, apply: bool) -> Result<Pruned, PruneError> {
        let owners = Owners::default();
        prune(&self.folder(), &question(&owners), KEEP, history, apply)
    }

    /// What lies beside the folder, sorted.
    fn beside(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.collect::<BTreeSet<String>>().into_iter().collect()
    }

    fn history_text(&self) -> String {
        fs::read_to_string(self.history()).unwrap_or_default()
    }
}

/// Two servers that report daily for ten days, and one that fell silent eight days ago.
fn fleet() -> Place {
    let place = Place::new();
    for days_ago in 0..10 {
        place.put("a.contoso.com", days_ago, 3, "onboarded");
        place.put("b.contoso.com", days_ago, 4, "blocked");
    }
    for days_ago in 8..10 {
        place.put("silent.contoso.com", days_ago, 5, "onboarded");
    }
    place.put("silent.contoso.com", 8, 6, "failed");
    place
}

#[test]
fn the_newest_of_each_server_and_everything_young_stay() {
    let place = fleet();
    let before = place.names();
    let said = place.prune(false);
    assert_eq!((said.reports, said.servers, said.deleted), (23, 3, 13));
    assert!(said.dry_run && said.deleted_bytes > 0);
    assert_eq!(place.names(), before, "a dry run changes nothing");
    assert_eq!(place.history_text(), "");

    let done = place.prune(true);
    assert_eq!(
        (done.deleted, done.not_deleted, done.days_added),
        (13, 0, 6)
    );
    // Days 0 to 3 of a and b; of the silent one its two newest, however old.
    let names = place.names();
    assert_eq!(names.len(), 10);
    let silent = names.iter().filter(|name| name.starts_with("silent"));
    assert_eq!(silent.count(), 2);
    let again = place.prune(true);
    assert_eq!((again.deleted, again.days_added), (0, 0));
}

#[test]
fn what_goes_stays_as_daily_counts_of_the_last_report_of_each_server() {
    let place = fleet();
    place.prune(true);
    let text = place.history_text();
    assert!(
        text.contains("2026-02-22,failed,step-failed,1\n2026-02-22,onboarded,converged,1\n"),
        "{text}"
    );
    assert!(
        text.contains("2026-02-21,blocked,service-unreachable,1\n"),
        "{text}"
    );
    // Days that may still get reports are not counted yet.
    assert!(!text.contains("2026-02-27"), "{text}");
    assert!(text.contains("2026-02-26"), "{text}");
}

/// Nothing of another author or form is deleted, and it takes no place among the newest.
#[test]
fn what_is_no_report_is_left_alone() {
    let place = fleet();
    let name = place.put("a.contoso.com", 9, 7, "onboarded");
    let bytes = fs::read(place.folder().join(&name)).unwrap();
    let others = [
        // Says another server, another time, or nothing of a report.
        name.replacen("a.", "b.", 1),
        name.replacen("T07", "T08", 1),
        "notes.json".to_owned(),
        "x.contoso.com.20260101T000000Z.00000001.json".to_owned(),
        "a.contoso.com.20260101T000000Z.00000001.json.tmp".to_owned(),
        "control.txt".to_owned(),
    ];
    for other in &others {
        let is_copy = other.contains("2026022");
        place.put_file(other, if is_copy { &bytes } else { b"{}" });
    }
    let done = place.prune(true);
    assert_eq!(done.left_alone, 4, "{done:?}");
    let names = place.names();
    assert!(
        others.iter().all(|other| names.contains(other)),
        "{names:?}"
    );
    assert!(!names.contains(&name));
}

#[cfg(unix)]
#[test]
fn a_link_among_the_reports_costs_its_own_name_only() {
    let place = fleet();
    let name = place.put("a.contoso.com", 9, 7, "onboarded");
    let outside = place.0.path().join("outside");
    fs::rename(place.folder().join(&name), &outside).unwrap();
    std::os::unix::fs::symlink(&outside, place.folder().join(&name)).unwrap();
    place.prune(true);
    assert!(outside.exists());
}

#[test]
fn a_history_that_is_none_or_lies_among_the_reports_stops_everything() {
    let place = fleet();
    let before = place.names();
    fs::create_dir(place.folder().join("below")).unwrap();
    for (history, said) in [
        ("reports/history.csv", "among the reports"),
        ("reports/below/history.csv", "among the reports"),
        ("absent/history.csv", "absent"),
        ("odd.csv", "first line"),
        ("good.csv", "no mark of a file"),
        ("reports", "no plain file"),
    ] {
        fs::write(place.0.path().join("odd.csv"), "name,value\n").unwrap();
        let marks = format!("{}odd\n", counted::HEADER);
        fs::write(place.0.path().join("good.csv.counted"), marks).unwrap();
        for apply in [false, true] {
            let error = place.try_prune(&place.0.path().join(history), apply);
            let error = error.unwrap_err().to_string();
            assert!(error.contains(said), "{history}: {error}");
            assert!(error.contains("nothing was deleted"), "{history}: {error}");
        }
    }
    fs::remove_dir(place.folder().join("below")).unwrap();
    assert_eq!(place.names(), before);
}

#[test]
fn somebody_elses_file_under_a_name_of_ours_stops_everything() {
    for name in [
        ".history.csv.gangway-new",
        ".history.csv.counted.gangway-new",
        ".history.csv.gangway-claim",
    ] {
        let place = fleet();
        let before = place.names();
        let path = place.0.path().join(name);
        fs::write(&path, "somebody's notes\n").unwrap();
        let error = place.try_prune(&place.history(), true).unwrap_err();
        assert!(error.to_string().contains("is in the way"), "{error}");
        assert_eq!(error.code(), FailureCode::Occupied);
        assert_eq!(place.names(), before, "{name}");
        assert_eq!(place.history_text(), "");
        assert_eq!(fs::read_to_string(&path).unwrap(), "somebody's notes\n");
    }
}

#[test]
fn two_runs_with_one_history_do_not_write_over_each_other() {
    let place = fleet();
    let claim = disk::beside(&place.history(), ".gangway-claim");
    let held = Claim::take(claim, &place.history()).unwrap();
    let error = place.try_prune(&place.history(), true).unwrap_err();
    assert_eq!(error.code(), FailureCode::Busy, "{error}");
    // One that changes nothing needs nobody's leave.
    assert_eq!(place.prune(false).deleted, 13);
    drop(held);
    assert_eq!(place.prune(true).deleted, 13);
}

#[cfg(unix)]
#[test]
fn a_history_that_is_a_link_stays_one() {
    let place = fleet();
    let path = |name: &str| place.0.path().join(name);
    fs::create_dir(path("kept")).unwrap();
    std::os::unix::fs::symlink("kept/daily.csv", place.history()).unwrap();
    assert_eq!(place.prune(true).deleted, 13);
    assert!(fs::symlink_metadata(place.history()).unwrap().is_symlink());
    assert!(path("kept/daily.csv").is_file() && path("kept/daily.csv.counted").is_file());
    // One that leads among the reports is as one that lies there.
    std::os::unix::fs::symlink("reports/daily.csv", path("astray.csv")).unwrap();
    let error = place.try_prune(&path("astray.csv"), true).unwrap_err();
    assert!(error.to_string().contains("among the reports"), "{error}");
}

/// A day is counted once: what comes after that, or lies in another folder, is not in its counts.
#[test]
fn a_report_goes_only_when_it_was_counted() {
    let place = fleet();
    place.prune(true);
    let counted = place.history_text();
    let late = [
        // Of servers that were not counted on that day, and of one that was.
        place.put("late.contoso.com", 9, 1, "failed"),
        place.put("a.contoso.com", 9, 23, "failed"),
    ];
    for days_ago in 0..2 {
        place.put("late.contoso.com", days_ago, 1, "onboarded");
    }
    for apply in [false, true] {
        let said = place.prune(apply);
        assert_eq!((said.deleted, said.days_added, said.came_late), (0, 0, 2));
        assert_eq!(said.problems[0].code.id, "GW4012");
        assert!(said.problems[0].evidence[0].starts_with(&late[1]));
        assert!(said.text().contains("2 reports of days that were counted"));
    }
    assert_eq!(place.history_text(), counted);
    let own = place.0.path().join("late.csv");
    let done = place.try_prune(&own, true).unwrap();
    assert_eq!((done.deleted, done.came_late), (2, 0));
    let text = fs::read_to_string(own).unwrap();
    assert!(text.contains("2026-02-21,failed,step-failed,2\n"), "{text}");
    assert!(!place.names().contains(&late[0]));
}

#[test]
fn a_second_folder_with_the_same_history_keeps_what_that_has_not_counted() {
    let (first, second) = (fleet(), Place::new());
    for days_ago in 0..10 {
        second.put("c.contoso.com", days_ago, 3, "onboarded");
    }
    second.put("c.contoso.com", 30, 1, "failed");
    first.prune(true);
    let done = second.try_prune(&first.history(), true).unwrap();
    // Only the day that the first folder did not have.
    assert_eq!((done.deleted, done.days_added, done.came_late), (1, 1, 6));
    assert_eq!(second.names().len(), 10);
    assert!(
        first
            .history_text()
            .contains("2026-01-31,failed,step-failed,1\n")
    );
    // A copy of the first folder holds nothing that was not counted.
    let (first, copy) = (fleet(), fleet());
    first.prune(true);
    let done = copy.try_prune(&first.history(), true).unwrap();
    assert_eq!((done.deleted, done.days_added, done.came_late), (13, 0, 0));
}

/// The newest of a silent server stay when their day is counted, and go later.
#[test]
fn what_stayed_when_it_was_counted_goes_when_newer_ones_come() {
    let place = fleet();
    place.prune(true);
    let counted = place.history_text();
    for hour in [1, 2] {
        place.put("silent.contoso.com", 0, hour, "onboarded");
    }
    let done = place.prune(true);
    assert_eq!((done.deleted, done.days_added, done.came_late), (2, 0, 0));
    assert_eq!(place.history_text(), counted);
    // Without the list of what was counted nobody knows, and nothing goes.
    let place = fleet();
    place.prune(true);
    fs::remove_file(place.0.path().join("history.csv.counted")).unwrap();
    for hour in [1, 2] {
        place.put("silent.contoso.com", 0, hour, "onboarded");
    }
    let done = place.prune(true);
    assert_eq!((done.deleted, done.came_late), (0, 2));
}

/// Owners are compared only where the list has accounts and the files owners.
#[test]
fn owners_count_as_compared_only_when_each_was() {
    let place = fleet();
    let names = "a.contoso.com\nb.contoso.com\nsilent.contoso.com\n";
    let sids = "DNSHostName,SID\na.contoso.com,S-1-5-21-1-2-3-1101\n\
                b.contoso.com,S-1-5-21-1-2-3-1102\nsilent.contoso.com,S-1-5-21-1-2-3-1103\n";
    let owned: String = place
        .names()
        .iter()
        .map(|name| {
            let rid = match name.split('.').next() {
                Some("a") => 1101,
                Some("b") => 1102,
                _ => 1103,
            };
            format!("FILENAME:{name}\nOwner SID:\tS-1-5-21-1-2-3-{rid}\n")
        })
        .collect();
    let saved = Owners::Saved(SavedOwners::read(owned.as_bytes()).unwrap());
    let unknown = Owners::default();
    for (list, owners, compared, not) in [
        (None, &saved, false, 23),
        (Some(names), &saved, false, 23),
        (Some(sids), &unknown, false, 23),
        (Some(sids), &saved, true, 0),
    ] {
        let list = list.map(|text| ExpectedServers::read(text.as_bytes()).unwrap());
        let question = Question {
            expected: list.as_ref(),
            ..question(owners)
        };
        let said = prune(&place.folder(), &question, KEEP, &place.history(), false).unwrap();
        let found = (said.owners_compared, said.owners_not_compared);
        assert_eq!(found, (compared, not), "{list:?}");
        assert_eq!(said.text().contains("owners not checked"), !compared);
    }
}

#[test]
fn a_kill_at_any_point_loses_nothing_and_the_next_run_goes_on() {
    let whole = fleet();
    whole.prune(true);
    let (kept, all) = (whole.names(), whole.history_text());
    let mut left = BTreeMap::new();
    let mut changes = 0;
    let mut cut = true;
    while cut {
        let place = fleet();
        let before = place.names();
        let ended;
        (ended, cut) = cuts::after(changes, || place.try_prune(&place.history(), true));
        let names = place.names();
        assert!(names.is_superset(&kept), "cut {changes}");
        if names != before {
            assert_eq!(place.history_text(), all, "cut {changes}");
        }
        if cut && let Ok(ended) = ended {
            assert_eq!(ended.deleted + ended.not_deleted, 13, "cut {changes}");
        }
        left.insert(names.len(), changes);
        place.prune(true);
        assert_eq!(place.names(), kept, "cut {changes}");
        assert_eq!(place.history_text(), all, "cut {changes}");
        assert_eq!(
            place.beside(),
            ["history.csv", "history.csv.counted", "reports"]
        );
        changes += 1;
    }
    assert_eq!(left.len(), 14, "{left:?}");
}

#[test]
fn reports_that_cannot_be_deleted_are_named() {
    let mut named = BTreeSet::new();
    for changes in 0.. {
        let place = fleet();
        let before = place.names();
        let (ended, cut) = cuts::after(changes, || place.try_prune(&place.history(), true));
        if !cut {
            break;
        }
        let Ok(done) = ended else { continue };
        assert_eq!(before.len() - place.names().len(), done.deleted);
        if done.not_deleted > 0 {
            assert_eq!(done.problems[0].code.id, "GW4009");
            named.insert(done.not_deleted);
        }
    }
    assert_eq!(named, (1..=13).collect());
}
