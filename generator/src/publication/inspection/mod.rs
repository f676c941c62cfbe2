//! A share as it is, held against a release and against who may do what there.

mod campaigns;

use std::collections::BTreeMap;

use gangway_contract::ReleaseId;
use gangway_contract::control::{self, Control};
use gangway_contract::rollout::{self, Present};

use super::codes;
use super::permissions::{Excess, SharedFolder};
use super::plan::TEMPORARY;
use super::release::{
    CAMPAIGNS, CLAIM, RELEASES, Release, SWITCH_CLAIM, holder_of_claim, is_prepared,
};
use super::share::{LargeFiles, Listed, ShareError, ShareFailure, path_below};
use super::switch::{Found, HISTORY, Switch, in_the_way};
use crate::printable::on_one_line;
use crate::problem::{Code, Problem};

const PUBLISH: &str =
    "bring the release with `gangway publish share`, and find out who wrote there";
const MEND: &str = "run `gangway rollout SHARE pause`, which writes a whole one that holds servers as this one \
    does, then `gangway rollout SHARE resume`";
const MOVE_AND_MEND: &str = "look whose it is, and move it away; then run `gangway rollout SHARE pause`, which writes \
    a whole file, and `gangway rollout SHARE resume`";
const LOWER: &str = "run `gangway rollout SHARE min-sequence N` if that is not meant any more";
const MAKE_REPORTS: &str = "make it by the commands in the bundle's `runbook.html`, or name where it is by \
    `--reports`";
const MOVE: &str = "look whose it is, and move it away";
const LEFT_OF_RELEASE: &str = "it goes when this release is published again";
const LEFT_OF_SWITCH: &str = "no publication takes it away while the switch is there: delete it when nobody \
    publishes";
const LEFT_OF_CLAIM: &str = "a publication or `--rollback` from the `--state` folder that it was cut in takes it \
    away; else delete it when nobody publishes";
const LEFT_OF_CHANGE: &str = "a `gangway rollout SHARE … --apply` of a day later takes it away, unless nothing \
    in it tells when it began; where it stays, delete it when nobody changes the rollout";
const WAIT_FOR_PUBLICATION: &str = "wait until it ends; when nobody writes there any more, publish again from \
    where it was cut, or delete the folder";
const WAIT_FOR_SWITCH: &str = "it takes a second; one that was cut is taken away by the next `gangway rollout` or \
    publication that waits twenty seconds for it";
const RUNBOOK: &str = "set the permissions by the commands in the bundle's `runbook.html`";

/// Looks at the folder that servers read payloads from; `folder` is below the share, `place` what
/// people call it.
///
/// # Errors
/// The share cannot be read.
pub fn inspect_payloads(
    release: &Release,
    folder: Option<&str>,
    place: &str,
    share: &mut dyn LargeFiles,
) -> Result<Vec<Problem>, ShareError> {
    let mut inspector = Inspector::of(folder, place, share);
    let Some(at_root) = inspector.root(&codes::SHARE_DIFFERS, "", PUBLISH)? else {
        return Ok(inspector.problems);
    };
    inspector.control(release, &at_root)?;
    let releases = at_root.get(RELEASES);
    let releases = inspector.folder(RELEASES, releases, &codes::SHARE_DIFFERS)?;
    inspector.files(release, &releases)?;
    inspector.releases(&releases);
    inspector.campaigns(release, &at_root, &releases)?;
    inspector.others(&at_root);
    for claim in [CLAIM, SWITCH_CLAIM] {
        inspector.claim(claim, at_root.get(claim))?;
    }
    inspector.permissions(SharedFolder::Payloads)?;
    Ok(inspector.problems)
}

/// Looks at who may do what in the folder that takes reports.
///
/// # Errors
/// The share cannot be read.
pub fn inspect_reports(
    folder: Option<&str>,
    place: &str,
    share: &mut dyn LargeFiles,
) -> Result<Vec<Problem>, ShareError> {
    let mut inspector = Inspector::of(folder, place, share);
    let so = ", so no report arrives";
    let found = inspector.root(&codes::REPORTS_MISSING, so, MAKE_REPORTS)?;
    if found.is_some() {
        inspector.permissions(SharedFolder::Reports)?;
    }
    Ok(inspector.problems)
}

/// A switch that the bootstrap cannot read, and what it does then.
fn unread(why: &str) -> String {
    let why = on_one_line(why);
    format!("{why}; the bootstrap cannot read it either, and no server begins anything")
}

/// Has the name what a publication puts behind it while it writes a file?
fn is_left(name: &str, is_ours: impl Fn(&str) -> bool) -> bool {
    name.strip_suffix(TEMPORARY).is_some_and(is_ours)
}

/// A folder in which a claim is prepared, or to which it went.
fn is_of_a_claim(name: &str) -> bool {
    let mut claims = [CLAIM, SWITCH_CLAIM].into_iter();
    let number = claims.find_map(|claim| name.strip_prefix(claim)?.strip_prefix('-'));
    number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// What withholds, and who changed it when.
const SWITCHES: [&str; 3] = [control::FILE_NAME, rollout::FILE_NAME, HISTORY];

struct Inspector<'a> {
    folder: Option<&'a str>,
    place: &'a str,
    share: &'a mut dyn LargeFiles,
    problems: Vec<Problem>,
}

impl<'a> Inspector<'a> {
    fn of(folder: Option<&'a str>, place: &'a str, share: &'a mut dyn LargeFiles) -> Self {
        Self {
            folder,
            place,
            share,
            problems: Vec::new(),
        }
    }

    fn path(&self, below: &str) -> String {
        path_below(self.folder, below)
    }

    fn find(&mut self, code: &'static Code, below: &str, what: &str, next: &str) {
        let subject = match below {
            "" => self.place.to_owned(),
            below => format!("{}: {below}", self.place),
        };
        self.problems.push(Problem::new(code, subject, what, next));
    }

    /// What lies in the folder that was named; none, and a finding, where that is no folder.
    fn root(
        &mut self,
        code: &'static Code,
        so: &str,
        next: &str,
    ) -> Result<Option<BTreeMap<String, Listed>>, ShareError> {
        let (what, next) = match self.share.list(self.folder.unwrap_or(".")) {
            Ok(Some(listed)) => return Ok(Some(listed)),
            Ok(None) => ("there is no such folder", next),
            Err(error) if error.failure == ShareFailure::InTheWay => ("it is no folder", MOVE),
            Err(error) => return Err(error),
        };
        self.find(code, "", &format!("{what}{so}"), next);
        Ok(None)
    }

    /// What lies in a folder below it; nothing, and a finding, where something else lies.
    fn folder(
        &mut self,
        below: &str,
        found: Option<&Listed>,
        code: &'static Code,
    ) -> Result<BTreeMap<String, Listed>, ShareError> {
        match found {
            None => Ok(BTreeMap::new()),
            Some(Listed::Folder) => Ok(self.share.list(&self.path(below))?.unwrap_or_default()),
            Some(other) => {
                let what = format!("it is {}, and a folder is needed", other.what());
                self.find(code, below, &what, MOVE);
                Ok(BTreeMap::new())
            }
        }
    }

    /// What is of nobody.
    fn more(&mut self, below: &str) {
        let what = "no publication put it there";
        self.find(&codes::SHARE_HOLDS_MORE, below, what, MOVE);
    }

    /// What is of a publication, and what becomes of it.
    fn left(&mut self, below: &str, next: &str) {
        let what = "a publication that was cut left it, or one is at it";
        self.find(&codes::SHARE_HOLDS_MORE, below, what, next);
    }

    /// What else lies at the root.
    fn others(&mut self, at_root: &BTreeMap<String, Listed>) {
        for (name, found) in at_root {
            match name.as_str() {
                RELEASES | CAMPAIGNS | CLAIM | SWITCH_CLAIM => {}
                name if SWITCHES.contains(&name) => {}
                _ if is_left(name, |name| SWITCHES.contains(&name)) => {
                    self.left(name, LEFT_OF_SWITCH);
                }
                _ if *found == Listed::Folder && is_prepared(name) => {
                    self.left(name, LEFT_OF_CHANGE);
                }
                _ if *found == Listed::Folder && is_of_a_claim(name) => {
                    self.left(name, LEFT_OF_CLAIM);
                }
                _ => self.more(name),
            }
        }
    }

    /// Whether servers take the release, and how many of them.
    fn control(
        &mut self,
        release: &Release,
        at_root: &BTreeMap<String, Listed>,
    ) -> Result<(), ShareError> {
        let switch = Switch::read(self.share, self.folder, at_root)?;
        let name = control::FILE_NAME;
        if switch.control == Found::Missing {
            let why = "it is missing, and no server begins without it";
            self.find(&codes::SHARE_DIFFERS, name, why, PUBLISH);
        }
        if let Some((name, why)) = switch.fault() {
            let next = match in_the_way(at_root, name) {
                Some(_) => MOVE_AND_MEND,
                None => MEND,
            };
            self.find(&codes::SHARE_DIFFERS, name, &unread(why), next);
            return Ok(());
        }
        let present = switch.present();
        let name = match at_root.contains_key(rollout::FILE_NAME) {
            true => rollout::FILE_NAME,
            false => name,
        };
        if present.min_sequence() > release.sequence {
            let why = format!(
                "it holds back bundles below sequence {}, this one has {}, so no server takes it",
                present.min_sequence(),
                release.sequence
            );
            self.find(&codes::SHARE_DIFFERS, name, &why, LOWER);
        } else {
            self.withheld(name, present, release);
        }
        Ok(())
    }

    /// Is a publication at it, or was one cut?
    fn claim(&mut self, name: &str, found: Option<&Listed>) -> Result<(), ShareError> {
        if let Some(other) = found.filter(|found| **found != Listed::Folder) {
            let other = other.what();
            let what = format!("it is {other}, so nobody can claim the share");
            self.find(&codes::SHARE_HOLDS_MORE, name, &what, MOVE);
            return Ok(());
        }
        let claim = self.path(name);
        if let Some(holder) = holder_of_claim(self.share, &claim)? {
            let what = format!("{holder} writes to the share, or was cut");
            let next = match name {
                SWITCH_CLAIM => WAIT_FOR_SWITCH,
                _ => WAIT_FOR_PUBLICATION,
            };
            self.find(&codes::SHARE_CLAIMED, name, &what, next);
        }
        Ok(())
    }

    /// What a switch that fits the release keeps from servers.
    fn withheld(&mut self, name: &str, present: Present<'_>, release: &Release) {
        // A last campaign asks no switch.
        if release.retires {
            return;
        }
        let percent = present.ring_percent(release.sequence, release.ring_percent);
        let (why, next) = if present.paused() {
            let why = "it is `paused`, so no server begins anything".to_owned();
            (
                why,
                "when work may go on, run `gangway rollout SHARE resume`",
            )
        } else if percent < Control::OPEN.ring_percent {
            let why = format!("it lets {percent} % of the servers begin");
            let next = "when more servers shall begin, run `gangway rollout SHARE ring N`";
            (why, next)
        } else {
            return;
        };
        self.find(&codes::SHARE_WITHHOLDS, name, &why, next);
    }

    /// Names among the releases that no release has.
    fn releases(&mut self, listed: &BTreeMap<String, Listed>) {
        for name in listed
            .keys()
            .filter(|name| ReleaseId::try_from((*name).clone()).is_err())
        {
            self.more(&format!("{RELEASES}/{name}"));
        }
    }

    fn files(
        &mut self,
        release: &Release,
        releases: &BTreeMap<String, Listed>,
    ) -> Result<(), ShareError> {
        let below = format!("{RELEASES}/{}", release.id);
        let found = releases.get(&release.id);
        let listed = self.folder(&below, found, &codes::SHARE_DIFFERS)?;
        for file in &release.files {
            let name = format!("{below}/{}", file.name);
            let why = match listed.get(&file.name) {
                None => "it is missing",
                Some(Listed::Folder | Listed::Other) => "it is no file",
                Some(Listed::File(_)) => {
                    let found = self.share.digest(&self.path(&name), file.size)?;
                    if found == Some((file.size, file.sha256)) {
                        continue;
                    }
                    "it has other bytes than the release, and servers refuse it"
                }
            };
            self.find(&codes::SHARE_DIFFERS, &name, why, PUBLISH);
        }
        let is_ours = |name: &str| release.files.iter().any(|file| file.name == name);
        for (name, found) in listed.iter().filter(|(name, _)| !is_ours(name)) {
            let path = format!("{below}/{name}");
            match found {
                Listed::File(_) if is_left(name, is_ours) => self.left(&path, LEFT_OF_RELEASE),
                _ => self.more(&path),
            }
        }
        Ok(())
    }

    fn permissions(&mut self, wanted: SharedFolder) -> Result<(), ShareError> {
        let entries = self.share.permissions(self.folder.unwrap_or("."))?;
        let Some(entries) = entries else {
            let what = "nobody could ask the file server who may do what there";
            let next = "name the share by its UNC path, with `--user`";
            self.find(&codes::SHARE_PERMISSIONS_UNKNOWN, "", what, next);
            return Ok(());
        };
        for entry in &entries {
            let Some(excess) = wanted.excess(entry) else {
                continue;
            };
            let (code, may) = match excess {
                Excess::Write(mask) => (&codes::SHARE_WRITABLE, format!("change it ({mask:#x})")),
                Excess::Read(mask) => (&codes::SHARE_READABLE, format!("read it ({mask:#x})")),
            };
            let what = format!("`{}` may {may}", entry.sid);
            self.find(code, "", &what, RUNBOOK);
        }
        if !wanted.lets_computers_in(&entries) {
            let what = "Domain Computers (RID 515) get less than they need";
            self.find(&codes::SHARE_CLOSED, "", what, RUNBOOK);
        }
        Ok(())
    }
}
