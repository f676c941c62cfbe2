//! Ten thousand arrangements of a place, what lies around it and what a build reads, drawn the
//! same on every run: nothing but a bundle's own files ever goes away.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use rayon::prelude::*;

use super::super::{Kept, MARKER, MARKER_TEXT, OutputError, Staging, mend};
use super::{Entry, exe_of, fill, tree, tree_of, write};
use crate::disk::{DiskError, cuts};

/// More with `GANGWAY_PROPERTY_CASES`.
const ARRANGEMENTS: u64 = 10_000;

/// Names in the root that are the build's own business: the place and those beside it.
const PLACES: [&str; 4] = [
    "out",
    ".out.gangway-new",
    ".out.gangway-old",
    ".out.gangway-lock",
];

/// Where somebody puts a file of his own into a bundle.
const FOREIGN_PATHS: [&str; 10] = [
    ".git/HEAD",
    "notes.txt",
    "share/notes.txt",
    "gpo/contoso.com/mine.txt",
    "bootstrap/other.exe",
    "bootstrap/.mine/key.pem",
    "share/releases/other/payload",
    "SHA256SUMS.old",
    ".intake/copy",
    "gangway.toml",
];

type Tree = BTreeMap<PathBuf, Entry>;

static TREES: LazyLock<BTreeMap<&str, Tree>> = LazyLock::new(|| {
    let names = ["old", "older", "killed", "new"];
    names.map(|name| (name, tree_of(name))).into()
});

/// Splitmix64 (Steele, Lea, Flood 2014): small, and the same everywhere.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) % limit as u64).unwrap()
    }

    fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

/// A root folder with everything in it, and what must not go away.
struct Arrangement {
    _root: tempfile::TempDir,
    root: PathBuf,
    kept: Vec<Kept>,
    /// Paths in the root that nobody may touch.
    precious: Vec<PathBuf>,
}

impl Arrangement {
    fn draw(dice: &mut Dice) -> Self {
        let keep = super::tempdir();
        let root = keep.path().canonicalize().unwrap();
        let mut one = Self {
            _root: keep,
            root,
            kept: Vec::new(),
            precious: Vec::new(),
        };
        one.put("desk/thesis.txt");
        one.place(dice);
        for _ in 0..dice.below(3) {
            one.foreign(dice);
        }
        for name in [".out.gangway-new", ".out.gangway-old"] {
            if dice.one_in(4) {
                one.leftover(name, dice);
            }
        }
        if dice.one_in(8) {
            one.put(".out.gangway-lock");
        } else if dice.one_in(8) {
            fs::write(one.root.join(".out.gangway-lock"), "").unwrap();
        }
        one.inputs(dice);
        one
    }

    fn out(&self) -> PathBuf {
        self.root.join("out")
    }

    /// Somebody's file. What stands there already stays: it is somebody's too.
    fn put(&mut self, path: &str) {
        let full = self.root.join(path);
        if fs::symlink_metadata(&full).is_err()
            && fs::create_dir_all(full.parent().unwrap()).is_ok()
            && fs::write(&full, format!("mine: {path}")).is_ok()
        {
            self.precious.push(path.into());
        }
    }

    /// Somebody's link.
    fn link(&mut self, path: &str, to: &str) {
        let full = self.root.join(path);
        if fs::create_dir_all(full.parent().unwrap()).is_ok()
            && std::os::unix::fs::symlink(to, &full).is_ok()
        {
            self.precious.push(path.into());
        }
    }

    /// What lies in the place.
    fn place(&mut self, dice: &mut Dice) {
        let out = self.out();
        match dice.below(12) {
            0 => {}
            1 => fs::create_dir(&out).unwrap(),
            2 => self.put("out"),
            3 => self.put("out/bundle.json"),
            4 => self.link("out", "desk"),
            5 => self.link("out", "desk/absent"),
            6 => {
                write(&self.root.join("elsewhere"), &[], "old").unwrap();
                self.link("out", "elsewhere");
            }
            _ => write(&out, &[], "old").unwrap(),
        }
        if dice.one_in(3) && out.join("manifest.json").is_file() {
            fs::write(out.join(exe_of("old")), "signed").unwrap();
        }
        if dice.one_in(6) {
            let _ = fs::remove_file(out.join("share/control.json"));
        }
    }

    /// Something in the place that no build wrote.
    fn foreign(&mut self, dice: &mut Dice) {
        let path = format!("out/{}", dice.pick(&FOREIGN_PATHS));
        // Through a link it would lie elsewhere; the links are drawn with the place.
        if !dice.one_in(3) || self.root.join("out").is_symlink() {
            return;
        }
        match dice.below(4) {
            0 => self.link(&path, "../desk"),
            1 => self.link(&path, "../desk/thesis.txt"),
            _ => self.put(&path),
        }
    }

    /// What a killed build left, or something that only has its name.
    fn leftover(&mut self, name: &str, dice: &mut Dice) {
        let full = self.root.join(name);
        match dice.below(7) {
            0 => fs::create_dir(&full).unwrap(),
            1 => write(&full, &[], "older").unwrap(),
            2 => {
                fs::create_dir_all(full.join("share/releases/x")).unwrap();
                fs::write(full.join("share/releases/x/payload"), "half").unwrap();
                fs::write(full.join(MARKER), MARKER_TEXT).unwrap();
                if dice.one_in(3) {
                    self.put(&format!("{name}/notes.txt"));
                }
            }
            3 => self.put(name),
            4 => self.link(name, "desk"),
            5 => {
                write(&full, &[], "older").unwrap();
                self.put(&format!("{name}/.git/HEAD"));
            }
            _ => self.put(&format!("{name}/share/control.json")),
        }
    }

    /// Config, downloads, lock, stub and current folder, here and there.
    fn inputs(&mut self, dice: &mut Dice) {
        let what = ["the config", "the download", "the lock", "the stub"];
        for (index, what) in what.into_iter().enumerate() {
            let path = match dice.below(24) {
                0 => format!("out/{index}.input"),
                1 => format!("out/share/{index}.input"),
                // A bundle's own payloads as downloads, through a link too.
                2 => "out/share/releases".to_owned(),
                3 => {
                    let path = format!("desk/{index}.link");
                    self.link(&path, "../out/manifest.json");
                    path
                }
                // Everything lies in the folder with the downloads.
                4 => String::new(),
                _ => format!("desk/{index}.input"),
            };
            if path.ends_with(".input") {
                self.put(&path);
            }
            self.kept.push((what, self.root.join(path)));
        }
        let current = [
            "",
            "",
            "",
            "",
            "",
            "desk",
            "desk",
            "out",
            "out/share",
            "out/absent",
        ];
        let current = self.root.join(dice.pick(&current));
        self.kept.push(("the current folder", current));
    }

    /// The place as somebody types it.
    fn typed(&self, dice: &mut Dice) -> PathBuf {
        self.root.join(dice.pick(&[
            "out",
            "out",
            "out/",
            "./out",
            "desk/../out",
            "desk/.././out//",
        ]))
    }

    /// Does a thing that the build reads lie in the folder that is at the place?
    fn reads_from_the_place(&self) -> bool {
        let Ok(place) = self.out().canonicalize() else {
            return false;
        };
        let inside = |path: &Path| {
            path.canonicalize()
                .is_ok_and(|path| path.starts_with(&place))
        };
        self.kept.iter().any(|(_, path)| inside(path))
    }

    fn snapshot(&self) -> Tree {
        tree(&self.root)
    }
}

/// One run or two, some of them killed; tells whether the last one wrote its bundle.
fn runs(one: &Arrangement, out: &Path, dice: &mut Dice) -> Result<(), OutputError> {
    let kept = &one.kept;
    match dice.below(6) {
        0 => {
            mend(out);
            return Staging::begin(out, kept).and_then(|mut staging| {
                fill(&mut staging, "new")?;
                drop(staging);
                Err(DiskError::Busy { path: out.into() }.into())
            });
        }
        1 => drop(cuts::after(dice.below(45), || write(out, kept, "killed"))),
        2 => cuts::without_exchange(|| {
            drop(cuts::after(dice.below(45), || write(out, kept, "killed")));
        }),
        _ => {}
    }
    mend(out);
    if dice.one_in(3) {
        cuts::without_exchange(|| write(out, kept, "new"))
    } else {
        write(out, kept, "new")
    }
}

/// How an arrangement ended.
#[derive(PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Ended {
    Replaced,
    Made,
    Kept,
}

fn check(seed: u64) -> Ended {
    let dice = &mut Dice(seed);
    let one = Arrangement::draw(dice);
    let out = one.typed(dice);
    let before = one.snapshot();
    let held = one.reads_from_the_place();
    let ended = runs(&one, &out, dice);
    let after = one.snapshot();

    for path in &one.precious {
        assert_eq!(
            after.get(path),
            before.get(path),
            "seed {seed}: {path:?} of {before:#?}"
        );
    }
    // A link leads to the place.
    let real = ["elsewhere", "desk/absent"]
        .iter()
        .find(|to| fs::read_link(one.out()).is_ok_and(|link| link == Path::new(to)));
    let place = real.map_or("out", |real| real);
    let of_place = |path: &Path| path.starts_with(place) || is_beside(path, place);
    let outside = |tree: &Tree| -> Tree {
        let kept = tree.iter().filter(|(path, _)| !of_place(path));
        kept.map(|(path, entry)| (path.clone(), entry.clone()))
            .collect()
    };
    assert_eq!(outside(&after), outside(&before), "seed {seed}");

    let inside = |tree: &Tree, folder: &str| -> Tree {
        let below = tree.iter().filter_map(|(path, entry)| {
            let path = path.strip_prefix(folder).ok()?;
            (path != Path::new("")).then(|| (path.to_owned(), entry.clone()))
        });
        below.collect()
    };
    let (old, found) = (inside(&before, place), inside(&after, place));
    let precious = one
        .precious
        .iter()
        .any(|path| path.starts_with(place) && path != Path::new(place));
    // What a killed run had moved aside comes back to an empty place whatever the run then says.
    let restored = inside(&before, ".out.gangway-old");
    let is_restored = old.is_empty() && found == restored;
    if held || precious {
        assert!(
            found == old || is_restored,
            "seed {seed}: {:?}",
            found.keys()
        );
        assert!(ended.is_err(), "seed {seed}");
    }
    if ended.is_ok() {
        assert_eq!(found, TREES["new"], "seed {seed}");
        return if old.is_empty() {
            Ended::Made
        } else {
            Ended::Replaced
        };
    }
    // Old, or what a killed run had put there already, or what one had moved aside.
    let restored = inside(&before, ".out.gangway-old");
    let may_be =
        [&old, &TREES["killed"]].contains(&&found) || (old.is_empty() && found == restored);
    assert!(may_be, "seed {seed}: {:?}", found.keys());
    Ended::Kept
}

/// The names that a build of this place uses beside it.
fn is_beside(path: &Path, place: &str) -> bool {
    let (folder, name) = place.rsplit_once('/').unwrap_or(("", place));
    PLACES[1..].iter().any(|beside| {
        path.starts_with(Path::new(folder).join(beside.replace(".out.", &format!(".{name}."))))
    })
}

#[test]
fn nothing_but_own_listed_files_is_ever_deleted() {
    let number = std::env::var("GANGWAY_PROPERTY_CASES").ok();
    let cases = number.and_then(|text| text.parse().ok()).unwrap_or(0);
    let ended: Vec<Ended> = (0..ARRANGEMENTS.max(cases))
        .into_par_iter()
        .map(check)
        .collect();
    // None of the ways to end is rare, so each of them was tried.
    for way in [Ended::Replaced, Ended::Made, Ended::Kept] {
        let times = ended.iter().filter(|one| **one == way).count();
        assert!(times > 700, "{way:?}: {times} times");
    }
}
