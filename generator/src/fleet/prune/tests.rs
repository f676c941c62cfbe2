//! What stays, what goes and what is counted, on folders as servers leave them; cut at every change.

use std::collections::BTreeMap;
use std::fs;

use gangway_contract::manifest::Mode;
use gangway_contract::report::file_name;
use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::fleet::{Campaign, Owners};

/// 2026-03-02T10:00:00Z.
const NOW: i64 = 1_772_445_600;

const KEEP: Keep = Keep { newest: 2, days: 3 };

fn question(owners: &Owners) -> Question<'_> {
    Question {
        expected: None,
        owners,
        campaign: Campaign {
            mode: Mode::Onboard,
            org_id: None,
        },
        now: UtcTime(NOW),
        max_age_days: 30,
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
        let good = json!({"good": true});
        let document = json!({
            "schema": 2, "bundle_id": "0".repeat(32), "sequence": 1, "fqdn": host,
            "finished_at": time.to_string(), "state": state, "reason": "converged", "detail": "",
            "next_action": "", "exit_code": 0, "mode": "onboard",
            "health": {"onboarding": good, "sensor": good, "antivirus": good, "content": good},
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
        self.prune_on(&mut Real, apply).unwrap()
    }

    fn prune_on(&self, disk: &mut dyn Disk, apply: bool) -> Result<Pruned, PruneError> {
        let owners = Owners::default();
        let history = self.history();
        prune_on(
            disk,
            &self.folder(),
            &question(&owners),
            KEEP,
            &history,
            apply,
        )
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
        text.contains("2026-02-22,failed,converged,1\n2026-02-22,onboarded,converged,1\n"),
        "{text}"
    );
    assert!(text.contains("2026-02-21,blocked,converged,1\n"), "{text}");
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
    fs::write(place.history(), "name,value\n").unwrap();
    let error = place.prune_on(&mut Real, true).unwrap_err().to_string();
    assert!(error.contains("first line"), "{error}");
    let owners = Owners::default();
    let inside = place.folder().join("history.csv");
    let error = prune(&place.folder(), &question(&owners), KEEP, &inside, true).unwrap_err();
    assert!(error.to_string().contains("among the reports"), "{error}");
    assert_eq!(place.names(), before);
}

/// A run that is killed before its change number `left`.
struct Killed {
    left: usize,
}

impl Killed {
    fn change(&mut self) -> io::Result<()> {
        self.left = self.left.checked_sub(1).ok_or(io::ErrorKind::Other)?;
        Ok(())
    }
}

impl Disk for Killed {
    fn write_new(&mut self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        if let Err(killed) = self.change() {
            // In the middle of the file.
            fs::write(path, &bytes[..bytes.len() / 2])?;
            return Err(killed);
        }
        Real.write_new(path, bytes)
    }

    fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        self.change()?;
        Real.rename(from, to)
    }

    fn remove(&mut self, path: &Path) -> io::Result<()> {
        self.change()?;
        Real.remove(path)
    }
}

#[test]
fn a_kill_at_any_point_loses_nothing_and_the_next_run_goes_on() {
    let whole = fleet();
    whole.prune(true);
    let (kept, counted) = (whole.names(), whole.history_text());
    let mut cuts = BTreeMap::new();
    // Three changes for the history, one for each report.
    for left in 0..=16 {
        let place = fleet();
        let before = place.names();
        let _ = place.prune_on(&mut Killed { left }, true);
        let names = place.names();
        assert!(names.is_superset(&kept), "cut {left}");
        if names != before {
            assert_eq!(place.history_text(), counted, "cut {left}");
        }
        cuts.insert(names.len(), left);
        place.prune(true);
        assert_eq!(place.names(), kept, "cut {left}");
        assert_eq!(place.history_text(), counted, "cut {left}");
    }
    assert_eq!(cuts.len(), 14, "{cuts:?}");
}

#[test]
fn reports_that_cannot_be_deleted_are_named() {
    struct Refusing;
    impl Disk for Refusing {
        fn write_new(&mut self, path: &Path, bytes: &[u8]) -> io::Result<()> {
            Real.write_new(path, bytes)
        }
        fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
            Real.rename(from, to)
        }
        fn remove(&mut self, path: &Path) -> io::Result<()> {
            let is_report = path.extension().is_some_and(|one| one == "json");
            let why = if is_report {
                io::ErrorKind::PermissionDenied
            } else {
                io::ErrorKind::NotFound
            };
            Err(why.into())
        }
    }
    let place = fleet();
    let before = place.names();
    let done = place.prune_on(&mut Refusing, true).unwrap();
    assert_eq!((done.deleted, done.not_deleted), (0, 13));
    assert_eq!(done.problems[0].code.id, "GW4009");
    assert_eq!(place.names(), before);
}
