//! A share as it is, held against a release and against who may do what there.

mod campaigns;

use std::collections::BTreeMap;

use gangway_contract::ReleaseId;
use gangway_contract::control::{self, Control};

use super::codes;
use super::permissions::{Excess, SharedFolder};
use super::plan::TEMPORARY;
use super::release::{CAMPAIGNS, CLAIM, Release, holder_of_claim};
use super::share::{LargeFiles, Listed, ShareError};
use crate::problem::{Code, Problem};

const PUBLISH: &str =
    "bring the release with `gangway publish share`, and find out who wrote there";
const MEND: &str =
    "mend it on the share itself: `gangway publish share` writes over no switch that is there";
const MAKE_REPORTS: &str = "make it by the commands in the bundle's `runbook.html`, or name where it is by \
    `--reports`";
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
    let Some(at_root) = inspector.share.list(folder.unwrap_or("."))? else {
        inspector.find(
            &codes::SHARE_DIFFERS,
            "",
            "there is no such folder",
            PUBLISH,
        );
        return Ok(inspector.problems);
    };
    inspector.control(release, &at_root)?;
    inspector.files(release)?;
    inspector.releases()?;
    inspector.campaigns(release, &at_root)?;
    let known = ["control.json", "releases", CAMPAIGNS, CLAIM];
    for name in at_root
        .keys()
        .filter(|name| !known.contains(&name.as_str()))
    {
        inspector.more(name);
    }
    inspector.claim()?;
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
    if inspector.share.list(folder.unwrap_or("."))?.is_none() {
        let what = "there is no such folder, so no report arrives";
        inspector.find(&codes::REPORTS_MISSING, "", what, MAKE_REPORTS);
        return Ok(inspector.problems);
    }
    inspector.permissions(SharedFolder::Reports)?;
    Ok(inspector.problems)
}

/// A switch that the bootstrap cannot read, and what it does then.
fn unread(why: &str) -> String {
    format!("{why}; the bootstrap cannot read it either, and no server begins anything")
}

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
        match self.folder {
            Some(folder) => format!("{folder}/{below}"),
            None => below.to_owned(),
        }
    }

    fn find(&mut self, code: &'static Code, below: &str, what: &str, next: &str) {
        let subject = match below {
            "" => self.place.to_owned(),
            below => format!("{}: {below}", self.place),
        };
        self.problems.push(Problem::new(code, subject, what, next));
    }

    fn more(&mut self, below: &str) {
        let (what, next) = if below.ends_with(TEMPORARY) || below.starts_with(CLAIM) {
            let next = "it goes when that release is published again; else delete it";
            ("a publication that was cut left it", next)
        } else {
            let next = "look whose it is, and move it away";
            ("no publication put it there", next)
        };
        self.find(&codes::SHARE_HOLDS_MORE, below, what, next);
    }

    fn control(
        &mut self,
        release: &Release,
        at_root: &BTreeMap<String, Listed>,
    ) -> Result<(), ShareError> {
        let name = "control.json";
        let why = match at_root.get(name) {
            None => {
                let why = "it is missing, and no server begins without it";
                self.find(&codes::SHARE_DIFFERS, name, why, PUBLISH);
                None
            }
            Some(found @ (Listed::Folder | Listed::Other)) => {
                Some(unread(&format!("it is {}", found.what())))
            }
            Some(Listed::File(size)) if *size > control::MAX_BYTES as u64 => {
                Some(unread(&format!("it has {size} bytes")))
            }
            Some(Listed::File(_)) => {
                let bytes = self.share.read_file(&self.path(name))?;
                match Control::parse(&bytes.unwrap_or_default()) {
                    Err(why) => Some(unread(&why)),
                    Ok(control) if control.min_sequence > release.sequence => Some(format!(
                        "it holds back bundles below sequence {}, this one has {}, so no server takes it",
                        control.min_sequence, release.sequence
                    )),
                    Ok(control) => {
                        self.withheld(name, &control);
                        None
                    }
                }
            }
        };
        if let Some(why) = why {
            self.find(&codes::SHARE_DIFFERS, name, &why, MEND);
        }
        Ok(())
    }

    /// Is a publication at it, or was one cut?
    fn claim(&mut self) -> Result<(), ShareError> {
        let claim = self.path(CLAIM);
        if let Some(holder) = holder_of_claim(self.share, &claim)? {
            let what = format!("{holder} publishes to the share, or was cut");
            let next = "wait until it ends; when nobody publishes any more, publish again from where it \
                        was cut, or delete the folder";
            self.find(&codes::SHARE_CLAIMED, CLAIM, &what, next);
        }
        Ok(())
    }

    /// What a switch that fits the release keeps from servers.
    fn withheld(&mut self, name: &str, control: &Control) {
        let why = if control.paused {
            "it is `paused`, so no server begins anything".to_owned()
        } else if control.ring_percent < Control::OPEN.ring_percent {
            format!("it lets {} % of the servers begin", control.ring_percent)
        } else {
            return;
        };
        let next = "when more servers shall begin, change it on the share";
        self.find(&codes::SHARE_WITHHOLDS, name, &why, next);
    }

    /// Names among the releases that no release has.
    fn releases(&mut self) -> Result<(), ShareError> {
        let listed = self.share.list(&self.path("releases"))?.unwrap_or_default();
        for name in listed
            .keys()
            .filter(|name| ReleaseId::try_from((*name).clone()).is_err())
        {
            self.more(&format!("releases/{name}"));
        }
        Ok(())
    }

    fn files(&mut self, release: &Release) -> Result<(), ShareError> {
        let below = format!("releases/{}", release.id);
        let listed = self.share.list(&self.path(&below))?.unwrap_or_default();
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
        let is_ours = |name: &String| release.files.iter().any(|file| file.name == *name);
        for name in listed.keys().filter(|name| !is_ours(name)) {
            self.more(&format!("{below}/{name}"));
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
