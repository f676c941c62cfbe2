//! A lock held against what an inspection found: what changed, and whether that is accepted.

use gangway_contract::manifest::Mode;

use super::change::{Change, ChangeKind, differences, misstatements};
use super::{Lock, LockedDownload, timestamp};
use crate::intake::item::OFFBOARDING_SLOTS;
use crate::intake::{Inspection, SignatureFacts, Verdict, codes};
use crate::problem::{Code, Problem};

/// What the user allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LockMode {
    /// New downloads are added, changed ones are errors.
    #[default]
    Check,
    /// Changed downloads are accepted (`--update-lock`), lower versions only when allowed
    /// (`--allow-downgrade`).
    Update {
        /// Lower versions too.
        allow_downgrade: bool,
    },
    /// Nothing may differ and nothing is written (`--locked`).
    Locked,
}

/// The result of a comparison.
#[derive(Debug)]
pub struct Reconciled {
    /// The lock as it should be from now on; equal to the old one where a change was refused.
    pub lock: Lock,
    /// Every difference, by name.
    pub changes: Vec<Change>,
    /// Differences that are not accepted; nothing is written while there is one.
    pub problems: Vec<Problem>,
}

/// Compares. Packages that offboard live for days and count for an offboarding bundle only. `stub` is an input like the downloads, though nobody downloads it; `now` (seconds
/// since 1970 UTC) becomes `first_seen` of what is new. Pure.
pub fn reconcile(
    old: Option<&Lock>,
    inspection: &Inspection,
    stub: LockedDownload,
    bundle: Mode,
    mode: LockMode,
    now: i64,
) -> Reconciled {
    let counts = |name: &str| bundle == Mode::Offboard || !OFFBOARDING_SLOTS.contains(&name);
    let mut known = names(inspection);
    known.push(stub.name.clone());
    let mut found = downloads(inspection, now);
    found.retain(|download| counts(&download.name));
    found.push(stub);
    let mut lock = old.cloned().unwrap_or_default();
    let mut changes = Vec::new();
    let mut problems = Vec::new();
    for new in found {
        let Some(locked) = lock
            .downloads
            .iter_mut()
            .find(|entry| entry.name == new.name)
        else {
            changes.push(Change {
                name: new.name.clone(),
                kind: ChangeKind::Added,
            });
            lock.downloads.push(new);
            continue;
        };
        let name = new.name.clone();
        let (differences, refused) = hold_against(locked, new, mode);
        changes.extend(differences.into_iter().map(|kind| Change {
            name: name.clone(),
            kind,
        }));
        problems.extend(refused);
    }
    for entry in &lock.downloads {
        if counts(&entry.name) && !known.contains(&entry.name) {
            changes.push(Change {
                name: entry.name.clone(),
                kind: ChangeKind::Missing,
            });
        }
    }
    changes.sort_by(|a, b| a.name.cmp(&b.name));
    match mode {
        LockMode::Check => problems.extend(gone(&changes)),
        // What is gone is forgotten only on request: it may come back changed.
        LockMode::Update { .. } => {
            lock.downloads
                .retain(|entry| !counts(&entry.name) || known.contains(&entry.name));
        }
        LockMode::Locked => {
            problems = match old {
                Some(_) => locked_problem(&changes).into_iter().collect(),
                None => vec![no_lock()],
            };
            lock = old.cloned().unwrap_or_default();
        }
    }
    lock.downloads.sort_by(|a, b| a.name.cmp(&b.name));
    Reconciled {
        lock,
        changes,
        problems,
    }
}

/// One download against its entry, which becomes the new one when nothing refuses that: what
/// differs, and what is not accepted.
fn hold_against(
    locked: &mut LockedDownload,
    new: LockedDownload,
    mode: LockMode,
) -> (Vec<ChangeKind>, Vec<Problem>) {
    if locked.sha256 == new.sha256 && locked.blob.is_none_or(|blob| Some(blob) == new.blob) {
        // A lock of an earlier version does not know the blob.
        locked.blob = new.blob;
        let misstated = misstatements(locked, &new);
        locked.size = new.size;
        locked.version = new.version;
        locked.signer = new.signer;
        locked.signatures = new.signatures;
        return (misstated, Vec::new());
    }
    let differences = differences(locked, &new);
    let refused: Vec<Problem> = differences
        .iter()
        .filter_map(|kind| refusal(kind, mode, locked, &new))
        .collect();
    if refused.is_empty() && mode != LockMode::Locked {
        *locked = new;
    }
    (differences, refused)
}

/// What was accepted before and is not there.
fn gone(changes: &[Change]) -> impl Iterator<Item = Problem> {
    let gone = changes
        .iter()
        .filter(|change| change.kind == ChangeKind::Missing);
    gone.map(|change| {
        Problem::new(
            &codes::LOCK_MISSING,
            &change.name,
            "it was accepted before and is not among the downloads",
            "put it back, or leave it out for good: `--update-lock`",
        )
    })
}

/// Accepting everything anew would count sequences from 1 again, which servers refuse.
fn no_lock() -> Problem {
    Problem::new(
        &codes::LOCK_DIFFERS,
        super::FILE_NAME,
        "there is no lock file beside the config, and `--locked` builds only what one remembers",
        "take it from version control, or make it again by `gangway lock --from BUNDLE` from the \
         newest bundle of each mode; where only servers know, build with `--sequence-after`",
    )
}

fn locked_problem(changes: &[Change]) -> Option<Problem> {
    (!changes.is_empty()).then(|| {
        let problem = Problem::new(
            &codes::LOCK_DIFFERS,
            super::FILE_NAME,
            "the inputs differ from the lock file, and `--locked` allows no difference",
            if changes
                .iter()
                .any(|change| matches!(change.kind, ChangeKind::Downgraded { .. }))
            {
                "look at the differences; accept them with `--update-lock --allow-downgrade`"
            } else {
                "look at the differences; accept them with `--update-lock`"
            },
        );
        changes.iter().fold(problem, |problem, change| {
            problem.with_evidence(change.to_string())
        })
    })
}

/// The problem when a change is not accepted in this mode.
fn refusal(
    kind: &ChangeKind,
    mode: LockMode,
    old: &LockedDownload,
    new: &LockedDownload,
) -> Option<Problem> {
    let (code, message, next): (&'static Code, &str, &str) = match (kind, mode) {
        (
            ChangeKind::Downgraded { .. },
            LockMode::Check
            | LockMode::Update {
                allow_downgrade: false,
            },
        ) => (
            &codes::LOCK_DOWNGRADE,
            "it is older than the one in the lock file",
            "take the newer file, or accept the older with `--update-lock --allow-downgrade`",
        ),
        (ChangeKind::SignerChanged { .. }, LockMode::Check) => (
            &codes::LOCK_SIGNER_CHANGED,
            "it has another signer than the one in the lock file",
            "find out why; accept it with `--update-lock`",
        ),
        (ChangeKind::Upgraded { .. } | ChangeKind::NewBytes, LockMode::Check) => (
            &codes::LOCK_CHANGED,
            "it is not the one in the lock file",
            "accept it with `--update-lock` when you meant to change it",
        ),
        _ => return None,
    };
    let change = Change {
        name: new.name.clone(),
        kind: kind.clone(),
    };
    Some(
        Problem::new(code, &new.name, message, next)
            .with_evidence(change.to_string())
            .with_evidence(format!(
                "locked: SHA-256 {}, {} bytes, first seen {}",
                old.sha256, old.size, old.first_seen
            ))
            .with_evidence(format!("found: SHA-256 {}, {} bytes", new.sha256, new.size)),
    )
}

fn names(inspection: &Inspection) -> Vec<String> {
    inspection
        .items
        .iter()
        .filter_map(|item| item.kind.slot())
        .collect()
}

/// What of an inspection goes into the lock: payloads without an error of their own, each name
/// once.
fn downloads(inspection: &Inspection, now: i64) -> Vec<LockedDownload> {
    let mut found: Vec<LockedDownload> = Vec::new();
    for item in &inspection.items {
        let Some(name) = item.kind.slot() else {
            continue;
        };
        if item.problems.iter().any(Problem::is_error)
            || found.iter().any(|entry| entry.name == name)
        {
            continue;
        }
        let (signer, signatures, mut remarks) = match &item.verdict {
            Verdict::Valid {
                signer,
                signatures,
                remarks,
                ..
            } => (
                Some(signer.clone()),
                signatures.iter().map(SignatureFacts::to_string).collect(),
                remarks.clone(),
            ),
            _ => (None, Vec::new(), Vec::new()),
        };
        let kept = item
            .problems
            .iter()
            .filter(|problem| codes::is_kept(problem));
        remarks.extend(kept.map(|problem| problem.message.clone()));
        found.push(LockedDownload {
            name,
            sha256: item.sha256,
            size: item.size,
            version: item.kind.version().map(str::to_owned),
            signer,
            signatures,
            remarks,
            blob: item.kind.payload().map(|(_, blob)| blob.sha256()),
            first_seen: timestamp(now),
        });
    }
    found
}

#[cfg(test)]
mod tests {
    use gangway_contract::Sha256;

    use super::*;
    use crate::intake::{Architecture, Item, Kind, Source, Verdict};

    fn agent(version: &str, bytes: &str, signer: &str) -> Item {
        Item {
            path: "md4ws.msi".to_owned(),
            sha256: Sha256::of(bytes.as_bytes()),
            size: bytes.len() as u64,
            kind: Kind::Agent {
                product_name: "x".to_owned(),
                version: version.to_owned(),
                product_code: "x".to_owned(),
                platform_version: None,
                architecture: Architecture::X64,
            },
            verdict: Verdict::Valid {
                signer: signer.to_owned(),
                chain: Vec::new(),
                signed_at: None,
                lab_root: false,
                blob_root: false,
                revocation_checked: false,
                signatures: Vec::new(),
                remarks: Vec::new(),
                first_signature: None,
            },
            problems: Vec::new(),
            source: Source::File("md4ws.msi".into()),
        }
    }

    fn inspection(items: Vec<Item>) -> Inspection {
        Inspection {
            items,
            problems: Vec::new(),
        }
    }

    fn stub() -> LockedDownload {
        LockedDownload::stub(b"stub", "0.1.0", 0)
    }

    fn locked() -> Lock {
        let found = inspection(vec![agent("4.18.9", "old", "Microsoft")]);
        reconcile(None, &found, stub(), Mode::Onboard, LockMode::Check, 0).lock
    }

    /// One changed agent under one mode: codes of the problems, and whether it was accepted.
    #[track_caller]
    fn check(item: Item, mode: LockMode, expected: &[&str], accepted: bool) {
        let old = locked();
        let sha256 = item.sha256;
        let result = reconcile(
            Some(&old),
            &inspection(vec![item]),
            stub(),
            Mode::Onboard,
            mode,
            86_400,
        );
        let found: Vec<&str> = result.problems.iter().map(|p| p.code.id).collect();
        assert_eq!(found, expected);
        let locked = result.lock.download("unified agent").unwrap();
        assert_eq!(locked.sha256 == sha256, accepted);
        assert!(!result.changes.is_empty());
    }

    const UPDATE: LockMode = LockMode::Update {
        allow_downgrade: false,
    };
    const DOWN: LockMode = LockMode::Update {
        allow_downgrade: true,
    };

    #[test]
    fn a_change_is_accepted_only_on_request_and_a_downgrade_only_twice() {
        let up = || agent("4.18.10", "new", "Microsoft");
        let down = || agent("4.18.8", "new", "Microsoft");
        let same = || agent("4.18.9", "new", "Microsoft");
        let other = || agent("4.18.10", "new", "Contoso");
        check(up(), LockMode::Check, &["GW1601"], false);
        check(up(), UPDATE, &[], true);
        check(up(), LockMode::Locked, &["GW1604"], false);
        check(down(), LockMode::Check, &["GW1602"], false);
        check(down(), UPDATE, &["GW1602"], false);
        check(down(), DOWN, &[], true);
        check(same(), LockMode::Check, &["GW1601"], false);
        check(same(), UPDATE, &[], true);
        check(other(), LockMode::Check, &["GW1601", "GW1603"], false);
        check(other(), UPDATE, &[], true);
    }

    #[test]
    fn the_same_bytes_are_no_change_and_keep_their_date() {
        let old = locked();
        let same = inspection(vec![agent("4.18.9", "old", "Microsoft")]);
        for mode in [LockMode::Check, UPDATE, LockMode::Locked] {
            let result = reconcile(Some(&old), &same, stub(), Mode::Onboard, mode, 999_999);
            assert_eq!(result.lock, old);
            assert!(result.changes.is_empty() && result.problems.is_empty());
        }
    }

    #[test]
    fn a_missing_download_stays_locked_until_an_update() {
        let old = locked();
        let nothing = inspection(Vec::new());
        assert_eq!(
            reconcile(
                Some(&old),
                &nothing,
                stub(),
                Mode::Onboard,
                LockMode::Check,
                0
            )
            .lock,
            old
        );
        let updated = reconcile(Some(&old), &nothing, stub(), Mode::Onboard, UPDATE, 0).lock;
        assert!(updated.download("unified agent").is_none());
        let result = reconcile(
            Some(&old),
            &nothing,
            stub(),
            Mode::Onboard,
            LockMode::Locked,
            0,
        );
        assert_eq!(result.problems[0].evidence, ["- unified agent"]);
    }

    #[test]
    fn a_new_download_is_added_unless_locked() {
        let found = inspection(vec![agent("1", "x", "Microsoft")]);
        let result = reconcile(None, &found, stub(), Mode::Onboard, LockMode::Check, 86_400);
        let locked = result.lock.download("unified agent").unwrap();
        assert_eq!(locked.first_seen, "1970-01-02T00:00:00Z");
        let result = reconcile(None, &found, stub(), Mode::Onboard, LockMode::Locked, 0);
        assert_eq!(result.problems[0].code.id, "GW1604");
        assert!(result.lock.downloads.is_empty());
    }

    #[test]
    fn another_stub_is_a_changed_input() {
        let old = locked();
        let same = inspection(vec![agent("4.18.9", "old", "Microsoft")]);
        let other = || LockedDownload::stub(b"other", "0.1.0", 0);
        for (mode, expected, accepted) in [
            (LockMode::Check, Some("GW1601"), false),
            (LockMode::Locked, Some("GW1604"), false),
            (UPDATE, None, true),
        ] {
            let result = reconcile(Some(&old), &same, other(), Mode::Onboard, mode, 0);
            let found = result.problems.first().map(|problem| problem.code.id);
            assert_eq!(found, expected);
            let locked = result.lock.download("bootstrap stub").unwrap();
            assert_eq!(locked.sha256 == other().sha256, accepted);
            assert_eq!(result.changes[0].name, "bootstrap stub");
        }
    }
}
