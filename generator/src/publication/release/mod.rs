//! The payload release of a bundle, brought to the share that servers read it from.
//!
//! A release is added and nothing of another one is touched: its folder is named by what is in it, so
//! two campaigns never write the same file with other bytes, and a server in the middle of another
//! release reads on. Each file is written under a temporary name, read back, and only then gets its
//! own; the switch comes last. A run that was cut is finished by the next one, which writes what is
//! missing or wrong and nothing else.

mod announced;
mod back;
mod before;
mod campaign;
mod claim;
mod error;
mod prune;
mod removal;
mod rights;
mod switch;
#[cfg(test)]
mod tests;
mod way;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use gangway_contract::{Manifest, Sha256, control};

use super::plan::TEMPORARY;
use super::share::{LargeFiles, Listed, ShareError, begun_file, path_below};
use super::{Action, Claimant, Published};
use crate::printable::on_one_line;
pub(super) use announced::read_document;
pub use back::release_history;
pub use campaign::Campaign;
pub use campaign::Carried;
#[cfg(test)]
pub(super) use campaign::Named;
pub(super) use campaign::{FOLDER as CAMPAIGNS, Needs};
pub(super) use claim::{BriefClaim, CLAIM, SWITCH_CLAIM, holder as holder_of_claim, is_prepared};
pub use error::ReleaseError;

/// Folder of all releases, on the share (the manifest names a release's folder below it).
pub(super) const RELEASES: &str = "releases";

/// What a bundle wants to have on the share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// Its id, which is the name of its folder.
    pub id: String,
    /// The bundle's sequence.
    pub sequence: u64,
    /// Share of servers that it begins with, in percent.
    pub ring_percent: u8,
    /// Is it of a last campaign, which asks no switch?
    pub retires: bool,
    /// Payloads, in the order of the manifest.
    pub files: Vec<ReleaseFile>,
    /// Who needs it: the bundle's campaigns, one for each domain.
    pub campaigns: Vec<Campaign>,
    /// What the bundle was made of, without what the share's readers shall not see; kept in the campaigns'
    /// documents.
    pub recipe: Option<String>,
}

impl Release {
    /// That of a manifest whose payloads lie in this folder; for nobody yet.
    pub fn of(manifest: &Manifest, folder: &Path) -> Self {
        let files = manifest.payloads.iter().map(|payload| ReleaseFile {
            name: payload.name.clone(),
            source: folder.join(&payload.name),
            size: payload.size,
            sha256: payload.sha256,
        });
        Self {
            id: manifest.release_id.as_str().to_owned(),
            sequence: manifest.sequence,
            ring_percent: manifest.settings.ring_percent,
            retires: manifest.settings.retire,
            files: files.collect(),
            campaigns: Vec::new(),
            recipe: None,
        }
    }
}

/// A payload, and where its bytes lie here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseFile {
    /// Its name in the release's folder.
    pub name: String,
    /// Where it lies in the bundle.
    pub source: PathBuf,
    /// Bytes.
    pub size: u64,
    /// Digest of all of them.
    pub sha256: Sha256,
}

/// Where on the share, and whether anything is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseRequest {
    /// The folder that the manifest calls the release root, below the share, with `/`; none when it
    /// is the share itself.
    pub folder: Option<String>,
    /// The release root as a person named it.
    pub named: String,
    /// Only print the steps?
    pub dry_run: bool,
    /// Nothing is written: the release has to lie there already, byte for byte.
    pub only_compare: bool,
    /// Brings it, or goes back to what was there before.
    pub action: Action,
    /// Releases of the campaign that are kept, the live one and the one before it at least; none when
    /// old ones are not looked at.
    pub keep: Option<usize>,
    /// Folder that keeps what was there before.
    pub state: PathBuf,
    /// Who publishes, as others are told meanwhile.
    pub claimant: Claimant,
}

impl ReleaseRequest {
    /// A path below the release root.
    fn path(&self, below: &str) -> String {
        path_below(self.folder.as_deref(), below)
    }

    /// Tells the share from every other one that is published to from the same state folder: what one
    /// had before is nothing that another one goes back to. A folder is the same one however it was
    /// spelled; a UNC path has no letter case.
    fn share_key(&self) -> String {
        let place = match std::fs::canonicalize(&self.named) {
            Ok(folder) => folder.to_string_lossy().into_owned(),
            Err(_) => self.named.to_lowercase(),
        };
        let name = format!("{place}\n{}", self.path(""));
        let digest = Sha256::of(name.as_bytes()).to_string();
        digest.get(..16).unwrap_or_default().to_owned()
    }
}

/// Brings a release to the share, or goes back to what was there before.
///
/// `say` gets each step before it is done, `done` what came of them, also when one fails.
///
/// # Errors
/// The first thing that failed. Nothing after it was done; publishing again finishes the work.
pub fn publish_release(
    mut payloads: Payloads<'_>,
    say: &mut dyn FnMut(&str),
    done: &mut Published,
) -> Result<(), ReleaseError> {
    let mut publisher = Publisher::of(payloads.lent(), say, done);
    match publisher.request.action {
        Action::Rollback => return publisher.take_back(),
        Action::Remove => return publisher.take_campaigns_away(&BTreeSet::new()),
        Action::Publish => {}
    }
    publisher.look()?;
    publisher.bring_all()?;
    publisher.finish()
}

/// A release, and the share that it is brought to.
pub struct Payloads<'a> {
    /// Where, and how.
    pub request: &'a ReleaseRequest,
    /// What.
    pub release: &'a Release,
    /// Where they go.
    pub share: &'a mut dyn LargeFiles,
}

impl Payloads<'_> {
    /// The same, for a while.
    pub(super) fn lent(&mut self) -> Payloads<'_> {
        Payloads {
            request: self.request,
            release: self.release,
            share: &mut *self.share,
        }
    }
}

/// What lies at the release root before anything is written.
struct Looked {
    has_releases: bool,
    has_control: bool,
    has_campaigns: bool,
    /// What the bundle's campaigns needed so far.
    needs: Vec<Needs>,
}

pub(super) struct Publisher<'a> {
    request: &'a ReleaseRequest,
    release: &'a Release,
    share: &'a mut dyn LargeFiles,
    say: &'a mut dyn FnMut(&str),
    done: &'a mut Published,
}

impl<'a> Publisher<'a> {
    pub(super) fn of(
        Payloads {
            request,
            release,
            share,
        }: Payloads<'a>,
        say: &'a mut dyn FnMut(&str),
        done: &'a mut Published,
    ) -> Self {
        Self {
            request,
            release,
            share,
            say,
            done,
        }
    }

    /// Looks at what would refuse the release, before anything is written anywhere.
    pub(super) fn look(&mut self) -> Result<(), ReleaseError> {
        let looked = self.look_at_root()?;
        if self.request.only_compare {
            self.compare_all(looked.has_control)?;
        }
        self.note_rights(self.root())
    }

    /// The release root, below the share.
    fn root(&self) -> &'a str {
        self.request.folder.as_deref().unwrap_or(".")
    }

    fn look_at_root(&mut self) -> Result<Looked, ReleaseError> {
        let Some(at_root) = self.share.list(self.root())? else {
            return Err(self.no_folder());
        };
        self.check_root(&at_root)?;
        let has_control = self.check_control(&at_root)?;
        let documents = self.documents(&at_root)?;
        self.check_way(&at_root, &documents)?;
        let mut needs = Vec::new();
        for campaign in &self.release.campaigns {
            needs.push(self.needs_of(campaign, &documents)?);
        }
        Ok(Looked {
            has_releases: at_root.contains_key(RELEASES),
            has_control,
            has_campaigns: at_root.contains_key(campaign::FOLDER),
            needs,
        })
    }

    /// There is nothing where the release root should be.
    fn no_folder(&self) -> ReleaseError {
        ReleaseError::NoFolder {
            folder: on_one_line(&self.request.named).into_owned(),
        }
    }

    /// Writes what is missing or wrong, the switch last.
    pub(super) fn bring_all(&mut self) -> Result<(), ReleaseError> {
        if self.request.only_compare {
            return Ok(());
        }
        self.claimed(Self::bring_claimed)
    }

    /// What others wrote since the first look counts.
    fn bring_claimed(&mut self) -> Result<(), ReleaseError> {
        let looked = self.look_at_root()?;
        self.announce(&looked)?;
        if !looked.has_releases {
            self.make_folder(&self.request.path(RELEASES))?;
        }
        self.bring_files()?;
        if !looked.has_control {
            self.write_control()?;
        }
        Ok(())
    }

    /// Everything is done: what was there before becomes the state to go back to.
    pub(super) fn finish(&mut self) -> Result<(), ReleaseError> {
        if !self.request.dry_run
            && let Some(state) = self.state()
        {
            state.finish()?;
        }
        Ok(())
    }

    /// Every file of the release has its bytes there, and the switch is there.
    fn compare_all(&mut self, has_control: bool) -> Result<(), ReleaseError> {
        let folder = self
            .request
            .path(&format!("{RELEASES}/{}", self.release.id));
        for file in &self.release.files {
            let path = format!("{folder}/{}", file.name);
            match self.share.digest(&path, file.size)? {
                Some(found) if found == (file.size, file.sha256) => {}
                Some(_) => {
                    let why = "has other bytes";
                    return Err(ReleaseError::NotThere { path, why });
                }
                None => {
                    let why = "is missing";
                    return Err(ReleaseError::NotThere { path, why });
                }
            }
        }
        if has_control {
            return Ok(());
        }
        Err(ReleaseError::NotThere {
            path: self.request.path(control::FILE_NAME),
            why: "is missing, and without the switch no server begins anything",
        })
    }

    /// Says a step and, unless this is a dry run, does it.
    fn step(
        &mut self,
        text: &str,
        act: impl FnOnce(&mut dyn LargeFiles) -> Result<(), ReleaseError>,
    ) -> Result<(), ReleaseError> {
        self.done.begin(text, self.say);
        if !self.request.dry_run {
            act(self.share)?;
        }
        self.done.end();
        Ok(())
    }

    fn make_folder(&mut self, path: &str) -> Result<(), ReleaseError> {
        self.step(&format!("make folder `{path}`"), |share| {
            Ok(share.make_folder(path)?)
        })
    }

    fn bring_files(&mut self) -> Result<(), ReleaseError> {
        let release = self.release;
        let folder = self.request.path(&format!("{RELEASES}/{}", release.id));
        let listed = match self.share.list(&folder)? {
            Some(listed) => listed,
            None => {
                self.make_folder(&folder)?;
                BTreeMap::new()
            }
        };
        let mut written = Vec::new();
        for file in &release.files {
            if self.bring(&folder, file, listed.get(&file.name))? {
                written.push(format!("{}{TEMPORARY}", file.name));
            }
        }
        // Writing a file anew has taken away what was left of it.
        for (name, found) in listed.iter().filter(|(name, _)| !written.contains(name)) {
            self.judge_other(&format!("{folder}/{name}"), name, *found)?;
        }
        Ok(())
    }

    /// Writes a file unless the very bytes are there; tells whether it did.
    fn bring(
        &mut self,
        folder: &str,
        file: &ReleaseFile,
        found: Option<&Listed>,
    ) -> Result<bool, ReleaseError> {
        let path = format!("{folder}/{}", file.name);
        let wanted = Some((file.size, file.sha256));
        // What is no file was refused before anything was written.
        if let Some(Listed::File(size)) = found {
            if *size == file.size && self.share.digest(&path, file.size)? == wanted {
                return Ok(false);
            }
            self.done.note(&format!(
                "`{path}` had other bytes than the release: servers refuse them; find out who \
                 wrote there"
            ));
        }
        let text = format!("write `{path}` ({} bytes)", file.size);
        self.step(&text, |share| {
            put(share, &path, |share, temporary| {
                share.write_from(temporary, &file.source)?;
                Ok(share.digest(temporary, file.size)? == wanted)
            })
        })?;
        Ok(true)
    }

    /// What else lies in the release's folder: what a run left that was cut goes, all else stays and
    /// is told.
    fn judge_other(&mut self, path: &str, name: &str, found: Listed) -> Result<(), ReleaseError> {
        let files = &self.release.files;
        let is = |name: &str| files.iter().any(|file| file.name == name);
        let is_left = name.strip_suffix(TEMPORARY).is_some_and(is);
        if is(name) {
            return Ok(());
        }
        if !is_left || !matches!(found, Listed::File(_)) {
            self.done.note(&format!(
                "`{path}` is not of the release; no server reads it"
            ));
            return Ok(());
        }
        self.step(&format!("remove `{path}`, which a cut run left"), |share| {
            Ok(share.remove_file(path)?)
        })
    }

    /// Writes a small file as a whole, old or new for every reader.
    fn write_small(&mut self, path: &str, why: &str, bytes: &[u8]) -> Result<(), ReleaseError> {
        self.step(&format!("write `{path}`, {why}"), |share| {
            put(share, path, |share, temporary| {
                share.write(temporary, bytes)?;
                Ok(share.read_file(temporary)?.as_deref() == Some(bytes))
            })
        })
    }
}

/// Puts a file into its place that `write` makes under a temporary name, and that it read back whole.
/// What is not whole, or finds no place, does not stay.
pub(super) fn put(
    share: &mut dyn LargeFiles,
    path: &str,
    write: impl FnOnce(&mut dyn LargeFiles, &str) -> Result<bool, ShareError>,
) -> Result<(), ReleaseError> {
    let temporary = format!("{path}{TEMPORARY}");
    let _begun = begun_file(share, &temporary);
    let ended = match write(share, &temporary) {
        Ok(true) => share.rename(&temporary, path).map_err(ReleaseError::from),
        Ok(false) => Err(ReleaseError::Different {
            path: path.to_owned(),
        }),
        Err(error) => Err(error.into()),
    };
    if ended.is_err() {
        let _ = share.remove_file(&temporary);
    }
    ended
}
