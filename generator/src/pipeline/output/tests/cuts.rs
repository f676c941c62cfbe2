//! A build that is killed before any of its changes, and the run after it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::super::{Staging, mend};
use super::{Entry, exe_of, names, tree, tree_of, write};
use crate::disk::cuts;

/// What was in the place before.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Before {
    Nothing,
    EmptyFolder,
    SignedBundle,
}

struct Desk {
    _root: tempfile::TempDir,
    path: PathBuf,
}

impl Desk {
    fn with(before: Before) -> Self {
        let root = super::tempdir();
        let path = root.path().canonicalize().unwrap();
        fs::create_dir(path.join("desk")).unwrap();
        fs::write(path.join("desk/gangway.toml"), "mine").unwrap();
        let desk = Self { _root: root, path };
        match before {
            Before::Nothing => {}
            Before::EmptyFolder => fs::create_dir(desk.out()).unwrap(),
            Before::SignedBundle => {
                write(&desk.out(), &[], "old").unwrap();
                fs::write(desk.out().join(exe_of("old")), "signed").unwrap();
            }
        }
        desk
    }

    fn out(&self) -> PathBuf {
        self.path.join("out")
    }

    /// The bundle that lies in the place, by what it is.
    #[track_caller]
    fn assert_old_or_new(&self, before: Before, old: &BTreeMap<PathBuf, Entry>) {
        let found = tree(&self.out());
        let is_old = found == *old && self.out().is_dir() == (before != Before::Nothing);
        assert!(is_old || found == tree_of("new"), "{:?}", found.keys());
    }

    /// Nothing is beside it but the desk.
    #[track_caller]
    fn assert_tidy(&self) {
        let names = names(&self.path);
        assert!(
            names
                .iter()
                .all(|name| ["desk", "out"].contains(&name.as_str())),
            "{names:?}"
        );
        assert_eq!(
            fs::read(self.path.join("desk/gangway.toml")).unwrap(),
            b"mine"
        );
    }
}

/// A run at a place.
type Run = fn(&Path);

/// The next run, and how it ends.
const NEXT: [(&str, Run); 4] = [
    ("a command that only reads", mend),
    ("a build that fails before it begins", |out| {
        mend(out);
        let inside = ("the config", out.to_owned());
        let _ = Staging::begin(out, &[inside]);
    }),
    ("a build that fails in its middle", |out| {
        mend(out);
        let mut staging = Staging::begin(out, &[]).unwrap();
        staging.write("manifest.json", b"half").unwrap();
    }),
    ("a build that succeeds", |out| {
        write(out, &[], "next").unwrap();
        assert_eq!(tree(out), tree_of("next"));
        // For the check that follows.
        write(out, &[], "new").unwrap();
    }),
];

fn cut_everywhere(before: Before) -> usize {
    let mut changes = 0;
    loop {
        let mut was_cut = false;
        for (what, next) in NEXT {
            let desk = Desk::with(before);
            let old = tree(&desk.out());
            let (_, cut) = cuts::after(changes, || write(&desk.out(), &[], "new"));
            was_cut |= cut;
            next(&desk.out());
            desk.assert_old_or_new(before, &old);
            desk.assert_tidy();
            assert!(!what.is_empty());
        }
        if !was_cut {
            return changes;
        }
        changes += 1;
    }
}

#[test]
fn a_build_cut_at_any_change_leaves_old_or_new() {
    for (before, least) in [
        (Before::Nothing, 20),
        (Before::EmptyFolder, 20),
        (Before::SignedBundle, 35),
    ] {
        let changes = cut_everywhere(before);
        assert!(changes >= least, "{before:?}: {changes} changes only");
        let without = cuts::without_exchange(|| cut_everywhere(before));
        assert!(without >= changes, "{before:?}");
    }
}

/// Where folders can be exchanged no moment is without a bundle, mended or not.
#[cfg(target_os = "linux")]
#[test]
fn a_reader_never_finds_the_place_empty() {
    for changes in 0.. {
        let desk = Desk::with(Before::SignedBundle);
        let old = tree(&desk.out());
        let (_, cut) = cuts::after(changes, || write(&desk.out(), &[], "new"));
        desk.assert_old_or_new(Before::SignedBundle, &old);
        if !cut {
            break;
        }
    }
}

/// A build that was cut, and then the next one too.
#[test]
fn mending_can_be_cut_too() {
    for without_exchange in [false, true] {
        for first in 0..60 {
            let desk = Desk::with(Before::SignedBundle);
            let old = tree(&desk.out());
            let cut_write = |changes| cuts::after(changes, || write(&desk.out(), &[], "new"));
            let both = || {
                let _ = cut_write(first);
                for second in 0..12 {
                    let _ = cuts::after(second, || mend(&desk.out()));
                }
            };
            if without_exchange {
                cuts::without_exchange(both);
            } else {
                both();
            }
            mend(&desk.out());
            desk.assert_old_or_new(Before::SignedBundle, &old);
            desk.assert_tidy();
        }
    }
}
