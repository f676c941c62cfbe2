//! Whole runs of `build`, `sign` and `lock` that are cut before any of their changes, as a kill
//! does, and the run after each.

use std::fs;
use std::path::{Path, PathBuf};

use gangway_fixtures::authenticode::{Signature as Signing, sign_pe};
use gangway_fixtures::script::ScriptSpec;
use gangway_fixtures::{config, lab, portal};

use super::*;
use crate::bootstrap::tests::stub_exe;
use crate::bundle::BundleDocument;
use crate::disk::cuts;
use crate::intake::lock::{Lock, LockMode};
use crate::problem::Deny;

/// 2026-04-01.
const NOW: i64 = 1_775_001_600;

fn config() -> String {
    let trusting = config::trusting_the_lab("root.pem", &[]);
    let signing = r#"
[signing]
roots = ["root.pem"]
command = ["cp", "signed.exe", "{out}"]
"#;
    format!("{trusting}{signing}")
}

/// Names that may lie on a desk: nothing that a cut run wrote beside them stays.
const NAMES: [&str; 7] = [
    "downloads",
    "gangway.lock",
    "gangway.toml",
    "out",
    "root.pem",
    "signed.exe",
    "stub.exe",
];

/// Config, downloads, stub, and a signed bundle of them.
struct Desk(tempfile::TempDir);

impl Desk {
    fn empty() -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        fs::create_dir(desk.path("downloads")).unwrap();
        let package = portal::group_policy_zip(&ScriptSpec::default());
        for (name, bytes) in [
            ("gangway.toml", config().as_bytes()),
            ("root.pem", lab::roots_pem().as_bytes()),
            ("stub.exe", &stub_exe()),
            ("downloads/onboarding.zip", &package),
        ] {
            fs::write(desk.path(name), bytes).unwrap();
        }
        desk
    }

    /// With the first bundle, unsigned, and its exe as the signing command will give it.
    fn with_bundle() -> Self {
        let desk = Self::empty();
        desk.build().unwrap();
        let signed = sign_pe(&desk.exe(), &Signing::default());
        fs::write(desk.path("signed.exe"), signed).unwrap();
        desk
    }

    /// The bundle signed, and a config that asks for the next one.
    fn before_the_second() -> Self {
        let desk = Self::with_bundle();
        desk.sign().unwrap();
        let config = format!("{}[onboard]\ndevice_tag = \"second\"\n", config());
        fs::write(desk.path("gangway.toml"), config).unwrap();
        desk
    }

    fn copied(&self) -> Self {
        let copy = Self(tempfile::tempdir().unwrap());
        copy_tree(self.0.path(), copy.0.path());
        copy
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn build(&self) -> Result<Built, BuildError> {
        self.build_at("out", &Silent)
    }

    fn build_at(&self, out: &str, progress: &dyn Progress) -> Result<Built, BuildError> {
        self.build_as(out, progress, LockMode::Check)
    }

    fn build_as(
        &self,
        out: &str,
        progress: &dyn Progress,
        lock: LockMode,
    ) -> Result<Built, BuildError> {
        let request = BuildRequest {
            new_identity: false,
            retire: false,
            config: self.path("gangway.toml"),
            out: self.path(out),
            mode: None,
            stub: Some(self.path("stub.exe")),
            now: NOW,
            lock,
            source_date_epoch: None,
            sequence_after: 0,
            share: None,
            deny: Deny::default(),
        };
        build(&request, progress)
    }

    fn sign(&self) -> Result<Signed, SignError> {
        sign(&SignRequest {
            bundle: self.path("out"),
            config: self.path("gangway.toml"),
            expect: None,
            now: NOW,
            by: SignedBy::Command,
            allow_unstamped: false,
        })
    }

    fn relock(&self) -> Result<Relocked, RelockError> {
        relock(&RelockRequest {
            config: self.path("gangway.toml"),
            bundles: vec![self.path("out")],
            expect: None,
            sequence_after: 0,
            now: NOW,
        })
    }

    fn document(&self) -> BundleDocument {
        let verified = verify(&VerifyRequest::of(&self.path("out"), NOW)).unwrap();
        let errors: Vec<_> = verified
            .problems
            .iter()
            .filter(|one| one.is_error())
            .collect();
        assert!(errors.is_empty(), "{errors:?}");
        verified.document
    }

    fn exe(&self) -> Vec<u8> {
        fs::read(self.path("out").join(self.document().exe.path)).unwrap()
    }

    fn lock(&self) -> Option<Lock> {
        lock::load(&self.path("gangway.lock")).unwrap()
    }

    /// Sequence of the bundle that the lock remembers.
    fn locked(&self) -> Option<u64> {
        let lock = self.lock()?;
        lock.built.iter().map(|built| built.sequence).max()
    }

    #[track_caller]
    fn assert_tidy(&self) {
        let mut names: Vec<_> = fs::read_dir(self.0.path())
            .unwrap()
            .map(|it| it.unwrap().file_name())
            .collect();
        names.retain(|name| !NAMES.iter().any(|known| name == known));
        assert!(names.is_empty(), "{names:?}");
    }
}

fn copy_tree(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir(&to).unwrap();
            copy_tree(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), &to).unwrap();
        }
    }
}

/// Cuts a run before each of its changes, on a desk of its own, until one comes to its end.
fn cut_everywhere<T>(
    start: &Desk,
    run: impl Fn(&Desk) -> T,
    mut check: impl FnMut(&Desk),
) -> usize {
    for changes in 0.. {
        let desk = start.copied();
        let (_, was_cut) = cuts::after(changes, || run(&desk));
        check(&desk);
        if !was_cut {
            return changes;
        }
    }
    unreachable!("a run makes so many changes at most")
}

#[test]
fn a_build_that_is_cut_keeps_bundle_and_lock_in_step() {
    let start = Desk::before_the_second();
    let (old_exe, old_lock) = (start.exe(), start.lock());
    let changes = cut_everywhere(&start, Desk::build, |desk| {
        // The next run fails before it begins, and mends all the same.
        let config = fs::read(desk.path("gangway.toml")).unwrap();
        fs::write(desk.path("gangway.toml"), "[organization]\n").unwrap();
        assert!(desk.build().is_err());
        fs::write(desk.path("gangway.toml"), config).unwrap();

        let sequence = desk.document().sequence;
        match sequence {
            1 => {
                assert!(desk.exe() == old_exe, "the signed exe is gone");
                let mut lock = desk.lock().unwrap();
                if lock.begun.take().is_some() {
                    lock.sequence = 1;
                }
                assert_eq!(
                    Some(lock),
                    old_lock,
                    "the lock speaks of a bundle that is not there"
                );
            }
            _ => assert_eq!(sequence, 2),
        }

        desk.build().unwrap();
        assert_eq!((desk.document().sequence, desk.locked()), (2, Some(2)));
        desk.assert_tidy();
    });
    assert!(changes >= 40, "{changes} changes only");
}

#[test]
fn a_first_build_that_is_cut_leaves_no_lock_without_its_bundle() {
    let start = Desk::empty();
    let changes = cut_everywhere(&start, Desk::build, |desk| {
        if desk.lock().is_some_and(|lock| lock.begun.is_none()) {
            assert_eq!(desk.document().sequence, 1);
        }
        desk.build().unwrap();
        assert_eq!((desk.document().sequence, desk.locked()), (1, Some(1)));
        desk.assert_tidy();
    });
    assert!(changes >= 30, "{changes} changes only");
}

#[test]
fn a_build_that_is_cut_gives_its_sequence_to_no_other_bundle() {
    let start = Desk::before_the_second();
    cut_everywhere(&start, Desk::build, |desk| {
        let cut = desk.document();
        // Another bundle at another place, where the cut run's cannot be seen.
        let config = format!("{}[onboard]\ndevice_tag = \"third\"\n", config());
        fs::write(desk.path("gangway.toml"), config).unwrap();
        let third = desk.build_at("elsewhere", &Silent).unwrap().document;
        assert!(
            third.sequence > cut.sequence,
            "{} after {}",
            third.sequence,
            cut.sequence
        );
    });
}

#[test]
fn no_place_gets_a_lower_sequence_after_a_build_that_was_cut() {
    let start = Desk::before_the_second();
    cut_everywhere(&start, Desk::build, |desk| {
        let _ = verify(&VerifyRequest::of(&desk.path("out"), NOW));
        let stood = desk.document();
        fs::write(desk.path("gangway.toml"), config()).unwrap();
        let later = || {
            let now = desk.document();
            let is_same = now.bundle_id == stood.bundle_id;
            assert!(is_same || now.sequence > stood.sequence, "{}", now.sequence);
        };
        let _ = desk.build_as("out", &Silent, LockMode::Locked);
        later();
        desk.build_at("elsewhere", &Silent).unwrap();
        desk.build().unwrap();
        later();
    });
}

#[test]
fn a_bundle_that_was_begun_is_vouched_for() {
    let start = Desk::before_the_second();
    let mut vouched = 0;
    cut_everywhere(&start, Desk::build, |desk| {
        let pinned = verify(&VerifyRequest {
            config: Some(desk.path("gangway.toml")),
            ..VerifyRequest::of(&desk.path("out"), NOW)
        });
        assert_eq!(pinned.unwrap().pinned, Pinned::Lock);
        vouched += usize::from(desk.lock().is_some_and(|lock| lock.begun.is_some()));
    });
    assert!(vouched > 0, "no run was cut between bundle and lock");
}

#[test]
fn a_lock_that_cannot_be_replaced_leaves_the_bundle_that_stands() {
    let desk = Desk::before_the_second();
    let lock = desk.lock();
    fs::write(desk.path(".gangway.lock.gangway-new"), "somebody's").unwrap();
    assert!(desk.build().is_err());
    assert_eq!((desk.document().sequence, desk.lock()), (1, lock));
}

/// Puts a file where the bundle that stands would be moved to, once the build has begun.
struct Blocking(PathBuf);

impl Progress for Blocking {
    fn begin(&self, _phase: &str, _total: u64) {
        fs::write(&self.0, "somebody's").unwrap();
    }
}

#[test]
fn a_bundle_that_does_not_come_to_its_place_takes_its_sequence_back() {
    let desk = Desk::before_the_second();
    let lock = fs::read(desk.path("gangway.lock")).unwrap();
    // The bundle that stands cannot be moved aside.
    let failed = cuts::without_exchange(|| {
        let built = desk.build_at("out", &Blocking(desk.path(".out.gangway-old")));
        built.map(|built| built.document.sequence)
    });
    assert!(failed.is_err(), "{failed:?}");
    assert_eq!(desk.document().sequence, 1);
    assert!(fs::read(desk.path("gangway.lock")).unwrap() == lock);
}

#[test]
fn a_signing_that_is_cut_leaves_the_exe_as_it_was_or_signed() {
    let start = Desk::with_bundle();
    let unsigned = start.exe();
    let signed = fs::read(start.path("signed.exe")).unwrap();
    let changes = cut_everywhere(&start, Desk::sign, |desk| {
        let exe = desk.exe();
        assert!(exe == unsigned || exe == signed, "neither old nor new");
        desk.sign().unwrap();
        assert!(desk.exe() == signed, "the next run does not sign");
        desk.assert_tidy();
    });
    assert!(changes >= 6, "{changes} changes only");
}

#[test]
fn a_lock_that_is_made_again_is_there_as_a_whole_or_not_at_all() {
    let start = Desk::with_bundle();
    fs::remove_file(start.path("gangway.lock")).unwrap();
    let changes = cut_everywhere(&start, Desk::relock, |desk| {
        assert!(matches!(desk.locked(), None | Some(1)));
        desk.relock().unwrap();
        assert_eq!(desk.locked(), Some(1));
        desk.assert_tidy();
    });
    assert!(changes >= 4, "{changes} changes only");
}
