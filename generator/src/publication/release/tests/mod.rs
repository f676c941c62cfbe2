//! A release on a folder of the disk, cut at each of its writes.

mod removal;
mod switch;
mod together;

use std::cell::Cell;
use std::fs;
use std::path::Path;

use gangway_contract::Control;

use super::*;
use crate::publication::share::{AccessEntry, FolderShare, Share, ShareError, ShareFailure, Tree};

/// A share that fails at one of its writes, with half of the file written.
struct CutShare {
    inner: FolderShare,
    left: Cell<usize>,
    /// What the file server answers when it is asked who may do what.
    rights: Result<Option<Vec<AccessEntry>>, ShareError>,
}

impl CutShare {
    fn spend(&self) -> Result<(), ShareError> {
        match self.left.get().checked_sub(1) {
            Some(left) => {
                self.left.set(left);
                Ok(())
            }
            None => Err(ShareError {
                doing: "write".to_owned(),
                failure: ShareFailure::Other,
                why: "cut".to_owned(),
            }),
        }
    }
}

impl Share for CutShare {
    fn read_tree(&mut self, folder: &str) -> Result<Option<Tree>, ShareError> {
        self.inner.read_tree(folder)
    }

    fn list(&mut self, folder: &str) -> Result<Option<BTreeMap<String, Listed>>, ShareError> {
        self.inner.list(folder)
    }

    fn read_file(&mut self, path: &str) -> Result<Option<Vec<u8>>, ShareError> {
        self.inner.read_file(path)
    }

    fn make_folder(&mut self, path: &str) -> Result<(), ShareError> {
        self.spend()?;
        self.inner.make_folder(path)
    }

    fn set_permissions(&mut self, _: &str, _: &str) -> Result<bool, ShareError> {
        panic!("a release sets no permissions");
    }

    fn write(&mut self, path: &str, bytes: &[u8]) -> Result<(), ShareError> {
        let cut = self.spend();
        let length = if cut.is_ok() {
            bytes.len()
        } else {
            bytes.len() / 2
        };
        self.inner.write(path, &bytes[..length])?;
        cut
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<(), ShareError> {
        self.spend()?;
        self.inner.rename(from, to)
    }

    fn remove_file(&mut self, path: &str) -> Result<(), ShareError> {
        self.spend()?;
        self.inner.remove_file(path)
    }

    fn remove_folder(&mut self, path: &str) -> Result<(), ShareError> {
        let is_claim = [CLAIM, SWITCH_CLAIM]
            .iter()
            .any(|claim| path.contains(claim));
        assert!(is_claim, "a release takes `{path}` away");
        self.spend()?;
        self.inner.remove_folder(path)
    }
}

impl LargeFiles for CutShare {
    fn write_from(&mut self, path: &str, source: &Path) -> Result<(), ShareError> {
        let bytes = fs::read(source).unwrap();
        self.write(path, &bytes)
    }

    fn digest(&mut self, path: &str, most: u64) -> Result<Option<(u64, Sha256)>, ShareError> {
        self.inner.digest(path, most)
    }

    fn permissions(&mut self, _: &str) -> Result<Option<Vec<AccessEntry>>, ShareError> {
        self.rights.clone()
    }
}

struct World {
    root: tempfile::TempDir,
}

/// What a publication did, in words.
struct Told {
    steps: Vec<String>,
    notes: Vec<String>,
    ended: Result<(), ReleaseError>,
}

impl World {
    /// A bundle's payloads, and a share with another release.
    fn new() -> Self {
        let world = Self {
            root: tempfile::tempdir().unwrap(),
        };
        for (path, content) in [
            ("bundle/md4ws.msi", "an agent of many bytes"),
            ("bundle/OnboardingInfo.json", "a blob"),
            ("share/mde/releases/old/md4ws.msi", "an older agent"),
            ("share/mde/notes.txt", "of somebody"),
        ] {
            let path = world.root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        world
    }

    fn put(&self, path: &str, content: &str) {
        fs::write(self.root.path().join("share/mde").join(path), content).unwrap();
    }

    fn release(&self) -> Release {
        let file = |name: &str| {
            let source = self.root.path().join("bundle").join(name);
            let bytes = fs::read(&source).unwrap();
            ReleaseFile {
                name: name.to_owned(),
                source,
                size: bytes.len() as u64,
                sha256: Sha256::of(&bytes),
            }
        };
        Release {
            recipe: None,
            id: "new".to_owned(),
            sequence: 7,
            ring_percent: 100,
            retires: false,
            files: vec![file("OnboardingInfo.json"), file("md4ws.msi")],
            campaigns: Vec::new(),
        }
    }

    fn publish(&self) -> Told {
        self.publish_with(false, usize::MAX)
    }

    fn uncut(&self) -> CutShare {
        CutShare {
            inner: FolderShare::new(self.root.path().join("share")),
            left: Cell::new(usize::MAX),
            rights: Ok(Some(Vec::new())),
        }
    }

    fn publish_with(&self, dry_run: bool, writes: usize) -> Told {
        let mut share = CutShare {
            left: Cell::new(writes),
            ..self.uncut()
        };
        self.publish_to(&mut share, &self.release(), dry_run)
    }

    fn publish_to(&self, share: &mut dyn LargeFiles, release: &Release, dry_run: bool) -> Told {
        let request = self.request(dry_run);
        let mut done = Published::default();
        let ended = publish_release(
            Payloads {
                request: &request,
                release,
                share,
            },
            &mut |_| {},
            &mut done,
        );
        Told {
            steps: done.steps,
            notes: done.notes,
            ended,
        }
    }

    fn request(&self, dry_run: bool) -> ReleaseRequest {
        ReleaseRequest {
            folder: Some("mde".to_owned()),
            named: r"\\files.contoso.com\gangway$\mde".to_owned(),
            dry_run,
            only_compare: false,
            action: Action::Publish,
            keep: None,
            state: self.root.path().join("state"),
            claimant: crate::publication::tests::world::claimant(),
        }
    }

    /// Every file of the share with its content.
    fn share(&self) -> BTreeMap<String, String> {
        let root = self.root.path().join("share/mde");
        let entries = walkdir::WalkDir::new(&root).into_iter().map(Result::unwrap);
        entries
            .filter(|entry| entry.file_type().is_file())
            .map(|entry| {
                let name = entry.path().strip_prefix(&root).unwrap().to_string_lossy();
                (name.into_owned(), fs::read_to_string(entry.path()).unwrap())
            })
            .collect()
    }
}

fn whole() -> BTreeMap<String, String> {
    let control = String::from_utf8(Control::OPEN.to_bytes()).unwrap();
    [
        ("control.json", control.as_str()),
        ("notes.txt", "of somebody"),
        ("releases/new/OnboardingInfo.json", "a blob"),
        ("releases/new/md4ws.msi", "an agent of many bytes"),
        ("releases/old/md4ws.msi", "an older agent"),
    ]
    .map(|(name, content)| (name.to_owned(), content.to_owned()))
    .into()
}

#[test]
fn a_release_is_added_and_the_switch_comes_last() {
    let world = World::new();
    let before = world.share();
    let would = world.publish_with(true, 0);
    would.ended.unwrap();
    assert_eq!(world.share(), before);
    let told = world.publish();
    told.ended.unwrap();
    assert_eq!(told.steps, would.steps);
    assert_eq!(
        told.steps,
        [
            "make folder `mde/releases/new`",
            "write `mde/releases/new/OnboardingInfo.json` (6 bytes)",
            "write `mde/releases/new/md4ws.msi` (22 bytes)",
            "write `mde/control.json`, which withholds nothing",
        ]
    );
    assert_eq!(world.share(), whole());
    let again = world.publish();
    again.ended.unwrap();
    assert_eq!((again.steps, again.notes), (Vec::new(), Vec::new()));
}

#[test]
fn a_publication_that_is_cut_at_any_write_shows_no_half_file_and_is_finished_by_the_next() {
    // The claim; a folder, two files with a rename each; the switch with its own, in a claim of its own; the
    // claim's end.
    const SWITCH: usize = 3 + 5 + 3 + 2;
    for writes in 0..SWITCH + 2 + 2 {
        let world = World::new();
        world.publish_with(false, writes).ended.unwrap_err();
        for (name, content) in world.share() {
            let is_known = whole().get(&name) == Some(&content);
            let is_of_us =
                name.ends_with(TEMPORARY) || name.starts_with(CLAIM) || is_of_switch_claim(&name);
            assert!(is_known || is_of_us, "{writes}: {name}");
        }
        let has_switch = world.share().contains_key("control.json");
        assert_eq!(
            has_switch,
            writes >= SWITCH,
            "{writes}: before the release was there"
        );
        world.publish().ended.unwrap();
        let mut share = world.share();
        // The next change of the switch takes it.
        share.retain(|name, _| !is_of_switch_claim(name));
        assert_eq!(share, whole(), "{writes}");
    }
    let world = World::new();
    world.publish_with(false, SWITCH + 2 + 2).ended.unwrap();
    assert_eq!(world.share(), whole());
}

fn is_of_switch_claim(name: &str) -> bool {
    name.starts_with(SWITCH_CLAIM)
}

#[test]
fn what_is_wrong_in_the_release_is_written_anew_and_told() {
    let world = World::new();
    world.publish().ended.unwrap();
    world.put("releases/new/md4ws.msi", "an agent of MANY bytes");
    world.put("releases/new/more.exe", "of somebody");
    world.put("releases/new/md4ws.msi.gangway-part", "half");
    let told = world.publish();
    told.ended.unwrap();
    assert_eq!(
        told.steps,
        ["write `mde/releases/new/md4ws.msi` (22 bytes)"]
    );
    assert!(
        told.notes[0].contains("had other bytes"),
        "{:?}",
        told.notes
    );
    assert!(told.notes[1].contains("more.exe"), "{:?}", told.notes);
    let mut expected = whole();
    expected.insert("releases/new/more.exe".to_owned(), "of somebody".to_owned());
    assert_eq!(world.share(), expected);
    // What a cut run left beside a whole file goes.
    world.put("releases/new/md4ws.msi.gangway-part", "half");
    world.publish().ended.unwrap();
    assert_eq!(world.share(), expected);
}

#[test]
fn the_switch_of_the_share_stays_and_is_obeyed() {
    let world = World::new();
    for (control, told) in [
        (
            r#"{"schema":1,"paused":true,"min_sequence":7,"ring_percent":10}"#,
            Ok(["pauses every server", "10 %"]),
        ),
        (
            r#"{"schema":1,"paused":false,"min_sequence":8,"ring_percent":100}"#,
            Err("below sequence 8, this one has 7"),
        ),
        ("{}", Err("malformed")),
        ("", Err("malformed")),
    ] {
        world.put("control.json", control);
        let before = world.share();
        let found = world.publish();
        match (found.ended, told) {
            (Ok(()), Ok(words)) => {
                for (note, words) in found.notes.iter().zip(words) {
                    assert!(note.contains(words), "{note}");
                }
                assert_eq!(found.notes.len(), 2);
                assert_eq!(world.share()["control.json"], control);
            }
            (Err(error), Err(words)) => {
                assert!(error.to_string().contains(words), "{error}");
                assert_eq!(world.share(), before);
            }
            (ended, _) => panic!("{control}: {ended:?}"),
        }
    }
}

#[test]
fn a_source_that_changes_after_it_was_verified_is_not_published() {
    let world = World::new();
    let release = world.release();
    fs::write(world.root.path().join("bundle/md4ws.msi"), "another agent").unwrap();
    let mut share = FolderShare::new(world.root.path().join("share"));
    let told = world.publish_to(&mut share, &release, false);
    let error = told.ended.unwrap_err().to_string();
    assert!(error.contains("is not what was written"), "{error}");
    assert!(!world.share().contains_key("control.json"));
    assert!(!world.share().keys().any(|name| name.contains("new/md4ws")));
}

#[test]
fn a_share_that_is_not_there_and_a_folder_in_the_way_are_told() {
    let world = World::new();
    fs::create_dir_all(world.root.path().join("share/mde/releases/new/md4ws.msi")).unwrap();
    let error = world.publish().ended.unwrap_err().to_string();
    assert!(error.contains("md4ws.msi` is a folder"), "{error}");
    fs::remove_dir_all(world.root.path().join("share/mde")).unwrap();
    let error = world.publish().ended.unwrap_err().to_string();
    assert!(
        error.contains("there is no folder `\\\\files.contoso.com\\gangway$\\mde`"),
        "{error}"
    );
}

/// A dry run ends as the run that writes, and that writes nothing.
#[cfg(unix)]
#[test]
fn what_lies_in_the_way_is_told_before_anything_is_written_and_by_a_dry_run() {
    use std::os::unix::fs::symlink;
    let campaign = || {
        let gpo = crate::gpo::Guid::derive(&["task"]);
        Campaign::new(gpo, "Gangway Deploy".to_owned(), "contoso.com".to_owned())
    };
    let document = format!("campaigns/{}", campaign().file_name());
    let part = |name: &str| format!("{name}{TEMPORARY}");
    let last = "releases/new/md4ws.msi";
    for name in [
        last.to_owned(),
        part(last),
        "releases".to_owned(),
        "releases/new".to_owned(),
        "campaigns".to_owned(),
        document.clone(),
        part(&document),
        "control.json".to_owned(),
        part("control.json"),
    ] {
        for link in [true, false] {
            let is_folder = ["releases", "releases/new", "campaigns"].contains(&name.as_str());
            let world = World::new();
            let path = world.root.path().join("share/mde").join(&name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            if is_folder {
                let _ = fs::remove_dir_all(&path);
            }
            match (link, is_folder) {
                (true, _) => symlink(world.root.path().join("bundle"), &path).unwrap(),
                (false, true) => fs::write(&path, "of somebody").unwrap(),
                (false, false) => fs::create_dir(&path).unwrap(),
            }
            let release = Release {
                recipe: None,
                campaigns: vec![campaign()],
                ..world.release()
            };
            let before = world.share();
            let publish = |dry_run| {
                let mut share = FolderShare::new(world.root.path().join("share"));
                let told = world.publish_to(&mut share, &release, dry_run);
                (told.steps, told.ended.unwrap_err().to_string())
            };
            let would = publish(true);
            assert_eq!(would, publish(false), "{name}");
            assert_eq!(would.0, [""; 0], "{name}");
            assert!(
                would.1.contains(&name) && would.1.contains(" is a "),
                "{name}: {}",
                would.1
            );
            assert_eq!(world.share(), before, "{name}");
        }
    }
}

#[cfg(unix)]
#[test]
fn what_is_put_on_the_servers_own_disk_can_be_read_by_computers() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::new();
    world.publish().ended.unwrap();
    let mode = |path: &str| {
        let path = world.root.path().join("share/mde/releases/new").join(path);
        fs::metadata(path).unwrap().permissions().mode()
    };
    assert_eq!(mode("md4ws.msi") & 0o644, 0o644);
    assert_eq!(mode("") & 0o755, 0o755);
    let mut share = FolderShare::new(world.root.path().join("share"));
    share.write("mde/x.EXE.gangway-part", b"MZ").unwrap();
    let program = world.root.path().join("share/mde/x.EXE.gangway-part");
    let mode = fs::metadata(program).unwrap().permissions().mode();
    assert_eq!(mode & 0o755, 0o755);
}

fn entry(sid: &str, mask: u32) -> AccessEntry {
    AccessEntry {
        sid: sid.to_owned(),
        denies: false,
        flags: 3,
        mask,
    }
}

/// A share with too wide rights, or one that nobody could ask about, is told and stops nothing; an
/// account that is refused is not tried again.
#[test]
fn who_may_do_too_much_is_told_beside_a_publication() {
    let computers = || entry("S-1-5-21-1-2-3-515", 0x12_00a9);
    let failed = |failure| ShareError {
        doing: "ask".to_owned(),
        failure,
        why: "NT_STATUS_NO\n! forged".to_owned(),
    };
    for (rights, told) in [
        (Ok(Some(vec![computers()])), &[][..]),
        (
            Ok(Some(vec![computers(), entry("S-1-1-0", 0x1f_01ff)])),
            &["`S-1-1-0` may change what lies at"],
        ),
        (
            Ok(Some(vec![computers(), entry("S-1-5-11", 0x12_00a9)])),
            &["`S-1-5-11` may read what lies at"],
        ),
        (
            Ok(Some(vec![entry("S-1-5-32-544", 0x1f_01ff)])),
            &["no server gets a payload there"],
        ),
        (Ok(None), &["is reached as a folder"]),
        (Err(failed(ShareFailure::NoAccess)), &["is not known"]),
    ] {
        let world = World::new();
        let mut share = CutShare {
            inner: FolderShare::new(world.root.path().join("share")),
            left: Cell::new(1000),
            rights,
        };
        let done = world.publish_to(&mut share, &world.release(), false);
        done.ended.unwrap();
        assert_eq!(done.notes.len(), told.len(), "{:?}", done.notes);
        for (note, words) in done.notes.iter().zip(told) {
            assert!(note.contains(words) && !note.contains('\n'), "{note}");
        }
    }
    let world = World::new();
    let mut share = CutShare {
        inner: FolderShare::new(world.root.path().join("share")),
        left: Cell::new(0),
        rights: Err(failed(ShareFailure::NotSignedIn)),
    };
    let done = world.publish_to(&mut share, &world.release(), false);
    assert!(done.ended.is_err() && done.steps.is_empty());
}
