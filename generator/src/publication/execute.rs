//! Doing the steps, each printed before it is done.

use std::io::Cursor;

use gangway_contract::Sha256;

use super::release::Publisher;
use super::{
    Contents, Payloads, PublishError, Published, exchange, heading, link_change, present, server,
};
use crate::formats::authenticode::{DigestAlgorithm, pe_digest};
use crate::gpo::Guid;
use crate::gpo::security::SecurityDescriptor;
use crate::gpo::wmi::WmiFilter;
use crate::publication::plan::{
    Change, Desired, DomainFacts, GpLink, Present, Step, TEMPORARY, sysvol_sddl,
};
use crate::publication::share::{begun_file, begun_folder};
use crate::publication::{AttributeChange, Depth, Directory, Filter, Share};

pub(super) struct Executor<'a> {
    pub(super) directory: &'a mut dyn Directory,
    share: &'a mut dyn Share,
    pub(super) say: &'a mut dyn FnMut(&str),
    pub(super) dry_run: bool,
    pub(super) done: &'a mut Published,
}

impl<'a> Executor<'a> {
    pub(super) fn new(
        directory: &'a mut dyn Directory,
        share: &'a mut dyn Share,
        say: &'a mut dyn FnMut(&str),
        dry_run: bool,
        done: &'a mut Published,
    ) -> Self {
        Self {
            directory,
            share,
            say,
            dry_run,
            done,
        }
    }

    /// Whoever brings the payloads says and notes where the rest does.
    pub(super) fn publisher<'b>(&'b mut self, payloads: Payloads<'b>) -> Publisher<'b> {
        Publisher::of(payloads, &mut *self.say, self.done)
    }

    pub(super) fn sysvol(&mut self) -> &mut dyn Share {
        self.share
    }

    pub(super) fn note(&mut self, text: &str) {
        self.done.note(text);
    }

    pub(super) fn say_gpo(&mut self, name: &str, id: Guid) {
        (self.say)(&heading(name, id));
    }

    pub(super) fn present(
        &mut self,
        id: Guid,
        filter: Option<&WmiFilter>,
        domain: &DomainFacts,
    ) -> Result<Present, PublishError> {
        present::read(id, filter, domain, self.directory, self.share)
    }

    /// What tells the GPO's object from others; none where nothing was done.
    pub(super) fn object_guid(
        &mut self,
        id: Guid,
        domain: &DomainFacts,
    ) -> Result<Option<String>, PublishError> {
        if self.dry_run {
            return Ok(None);
        }
        present::object_guid(id, domain, self.directory)
    }

    /// The server's DNS name. GPMC writes to the PDC emulator; two writers on two servers make
    /// replication conflicts, so it is noted when this is another one.
    pub(super) fn look_at_server(&mut self) -> Result<Option<String>, PublishError> {
        let here = server::root_text(self.directory, "dnsHostName")?;
        let pdc = server::pdc_emulator(self.directory)?;
        if let (Some(here), Some(pdc)) = (&here, pdc)
            && !here.eq_ignore_ascii_case(&pdc)
        {
            self.done.note(&format!(
                "`{here}` is not the PDC emulator; GPMC writes to `{pdc}`, so nobody should edit \
                 GPOs until both have replicated"
            ));
        }
        Ok(here)
    }

    /// Digest of the bootstrap where the task starts it; none where it is not there. Its name holds the
    /// bundle id, so a file of that name is this very program, perhaps signed another time, or somebody's
    /// forgery.
    pub(super) fn look_at_bootstrap(
        &mut self,
        contents: &Contents,
        domain: &DomainFacts,
    ) -> Result<Option<Sha256>, PublishError> {
        let (name, bytes) = &contents.bootstrap;
        let path = format!("{}/{name}", domain.program_folder());
        match self.share.read_file(&path)? {
            Some(there) if there == *bytes => return Ok(Some(Sha256::of(&there))),
            Some(there) if is_same_program(&there, bytes) => {
                self.done.note(&format!(
                    "`{path}` is this very program with another signature, and stays: servers may be running it"
                ));
                return Ok(Some(Sha256::of(&there)));
            }
            Some(_) => return Err(PublishError::Different { path }),
            None => {}
        }
        // What a cut run left is written over; a folder or a link of that name is refused here.
        self.share.read_file(&format!("{path}{TEMPORARY}"))?;
        Ok(None)
    }

    /// Puts the bootstrap where the task starts it; gives the digest of what is there.
    pub(super) fn bootstrap(
        &mut self,
        contents: &Contents,
        domain: &DomainFacts,
    ) -> Result<Sha256, PublishError> {
        if let Some(there) = self.look_at_bootstrap(contents, domain)? {
            return Ok(there);
        }
        let (name, bytes) = &contents.bootstrap;
        let folder = domain.program_folder();
        let path = format!("{folder}/{name}");
        if self.share.read_tree(&folder)?.is_none() {
            let path = folder;
            self.run(&Step::MakeFolder { path }, None)?;
        }
        let bytes = bytes.clone();
        let digest = Sha256::of(&bytes);
        self.run(&Step::WriteFile { path, bytes }, None)?;
        Ok(digest)
    }

    /// Prints a step and, unless this is a dry run, does it.
    pub(super) fn run(
        &mut self,
        step: &Step,
        desired: Option<&Desired>,
    ) -> Result<(), PublishError> {
        self.done.begin(&step.to_string(), self.say);
        if !self.dry_run {
            self.act(step, desired)?;
        }
        self.done.end();
        Ok(())
    }

    fn act(&mut self, step: &Step, desired: Option<&Desired>) -> Result<(), PublishError> {
        match step {
            Step::AddObject { dn, attributes } => {
                let attributes: Vec<(String, String)> = attributes
                    .iter()
                    .map(|(name, value)| ((*name).to_owned(), value.clone()))
                    .collect();
                self.directory.add(dn, &attributes)?;
            }
            Step::ModifyObject { dn, changes } => {
                let changes: Vec<AttributeChange> = changes.iter().flat_map(change).collect();
                self.directory.modify(dn, &changes)?;
            }
            Step::DeleteObject { dn } => self.directory.delete_tree(dn)?,
            Step::DenyApply { dn, sid, .. } => self.deny(dn, *sid, true)?,
            Step::AllowApply { dn, sid } => self.deny(dn, *sid, false)?,
            Step::MakeGpoFolder {
                path,
                temporary,
                dn,
            } => self.gpo_folder(path, temporary, dn)?,
            Step::MakeFolder { path } => self.share.make_folder(path)?,
            Step::WriteFile { path, bytes } => {
                let part = format!("{path}{TEMPORARY}");
                let _begun = begun_file(self.share, &part);
                let write = self.share.write(&part, bytes);
                let put = write.and_then(|()| self.share.rename(&part, path));
                if put.is_err() {
                    // A full disk, or a reader that holds the old file: no half one stays.
                    let _ = self.share.remove_file(&part);
                }
                put?;
            }
            Step::Compare { path } => self.compare(path, desired)?,
            Step::RemoveFile { path } => self.share.remove_file(path)?,
            Step::RemoveFolder { path } => self.share.remove_folder(path)?,
        }
        Ok(())
    }

    fn gpo_folder(&mut self, path: &str, temporary: &str, dn: &str) -> Result<(), PublishError> {
        let attribute = "nTSecurityDescriptor";
        let found = self
            .directory
            .search(dn, Depth::Object, Filter::All, &[attribute])?;
        let bytes = found.first().and_then(|entry| entry.bytes(attribute));
        let descriptor = bytes.map(SecurityDescriptor::from_bytes);
        let Some(Ok(descriptor)) = descriptor else {
            let why = format!("the permissions of `{dn}` cannot be read");
            return Err(PublishError::server(why, None));
        };
        let _begun = begun_folder(self.share, temporary);
        self.share.make_folder(temporary)?;
        // Before anything is made inside: children keep what they inherit when they are made.
        if self
            .share
            .set_permissions(temporary, &sysvol_sddl(&descriptor))?
        {
            self.done.note(
                "over SMB the folder's list lacks the entry for `Apply Group Policy`, and `smbcacls` \
                 orders the others anew; clients need neither. To have both halves equal \
                 to the letter, let GPMC repair the permissions, or run `samba-tool ntacl \
                 sysvolreset` on a Samba domain controller, which resets all of SYSVOL",
            );
        } else {
            self.done.note(&format!(
                "the permissions of `{path}` are inherited; open the GPO in GPMC and let it \
                 repair them"
            ));
        }
        self.share.rename(temporary, path)?;
        Ok(())
    }

    /// What is on the share must be what was written before anybody is told of it.
    fn compare(&mut self, path: &str, desired: Option<&Desired>) -> Result<(), PublishError> {
        let different = |path: String| PublishError::Different { path };
        let tree = self.share.read_tree(path)?;
        let tree = tree.ok_or_else(|| different(path.to_owned()))?;
        let Some(desired) = desired else {
            return Ok(());
        };
        match desired.first_difference(&tree.files) {
            Some(found) => Err(different(format!("{path}/{}", found.name()))),
            None => Ok(()),
        }
    }

    /// The list of links of a domain, unit or site.
    pub(super) fn links_of(&mut self, target: &str) -> Result<Option<String>, PublishError> {
        let found = self
            .directory
            .search(target, Depth::Object, Filter::All, &["gPLink"])?;
        let entry = found.first().ok_or_else(|| {
            PublishError::server(
                format!("there is no `{target}` to link to"),
                Some("`--link` takes the distinguished name of a domain or unit"),
            )
        })?;
        Ok(entry.text("gPLink"))
    }

    /// Links a GPO; links of others stay byte for byte.
    pub(super) fn link(
        &mut self,
        target: &str,
        domain: &DomainFacts,
        gpo: &Desired,
        enabled: bool,
    ) -> Result<(), PublishError> {
        let old = self.links_of(target)?;
        let new = link_change(old.as_deref(), &domain.gpo_dn(gpo.id), enabled)
            .map_err(|why| PublishError::server(format!("`{target}`: {why}"), None))?;
        let Some(new) = new else {
            return Ok(());
        };
        let state = if enabled { "on" } else { "off" };
        self.done.begin(
            &format!(
                "link `{}` to `{target}`, switched {state}",
                gpo.display_name
            ),
            self.say,
        );
        self.change_links(target, old.as_deref(), &new)?;
        self.done.end();
        Ok(())
    }

    /// Where a GPO is linked, in domain and sites, with the list there.
    pub(super) fn linked(
        &mut self,
        gpo: &str,
        domain: &DomainFacts,
    ) -> Result<Vec<(String, String)>, PublishError> {
        let configuration = server::root_text(self.directory, "configurationNamingContext")?;
        let sites = configuration.map(|dn| format!("CN=Sites,{dn}"));
        let mut places = Vec::new();
        for base in [Some(domain.naming_context.clone()), sites]
            .into_iter()
            .flatten()
        {
            let found = self.directory.search(
                &base,
                Depth::Tree,
                Filter::Contains("gPLink", gpo),
                &["gPLink"],
            )?;
            let lists = found.into_iter();
            places.extend(lists.filter_map(|entry| Some((entry.text("gPLink")?, entry.dn))));
        }
        Ok(places.into_iter().map(|(list, dn)| (dn, list)).collect())
    }

    /// Takes the links to a GPO away, wherever they are in domain and sites.
    pub(super) fn unlink(&mut self, gpo: &str, domain: &DomainFacts) -> Result<(), PublishError> {
        for (place, old) in self.linked(gpo, domain)? {
            // A list that cannot be read is not ours to repair.
            let Ok(before) = GpLink::parse(&old) else {
                self.done.note(&format!(
                    "the links of `{place}` cannot be read; one to `{gpo}` stays there"
                ));
                continue;
            };
            let after = before.clone().without(gpo);
            if after != before {
                self.done
                    .begin(&format!("take the link from `{place}`"), self.say);
                self.change_links(&place, Some(&old), &after.write())?;
                self.done.end();
            }
        }
        Ok(())
    }

    fn change_links(
        &mut self,
        target: &str,
        old: Option<&str>,
        new: &str,
    ) -> Result<(), PublishError> {
        if !self.dry_run {
            let changes = exchange("gPLink", old, new);
            self.directory.modify(target, &changes)?;
        }
        Ok(())
    }
}

/// Are two executables the same but for who signed them? What runs of a file is what its Authenticode digest
/// is of.
fn is_same_program(one: &[u8], other: &[u8]) -> bool {
    let digest = |bytes| pe_digest(&mut Cursor::new(bytes), DigestAlgorithm::Sha256).ok();
    digest(one).is_some_and(|one| digest(other) == Some(one))
}

fn change(change: &Change) -> Vec<AttributeChange> {
    match change {
        Change::Replace(name, value) => {
            vec![AttributeChange::Replace(
                (*name).to_owned(),
                Some(value.clone()),
            )]
        }
        Change::Clear(name) => vec![AttributeChange::Replace((*name).to_owned(), None)],
        Change::Exchange(name, old, new) => exchange(name, Some(old), new),
    }
}
