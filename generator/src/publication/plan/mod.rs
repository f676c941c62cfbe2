//! Publishing a GPO straight into a domain: from what should be and what is there, the steps
//! between, as data. Pure; the steps are executed elsewhere.
//!
//! The order makes a cut at any step harmless: files first, each written whole under another
//! name and renamed; then the directory object, its version and its extension list in one
//! change; `GPT.INI` last. Until the version rises clients see no change. The steps are always
//! worked out anew from what is there, so a publication that was cut is finished by the next.

mod acl;
mod links;
mod saved;
mod steps;

pub use acl::sysvol_sddl;
pub use links::{GpLink, MalformedGpLink};
pub use saved::{Kept, MalformedSaved, Saved};
pub use steps::{Change, Step};

use std::collections::BTreeMap;

use crate::gpo::DomainName;
use crate::gpo::Guid;
use crate::gpo::gpt_ini::{GptIni, Version};
use crate::gpo::security::Sid;
use crate::gpo::wmi::WmiFilter;
use crate::printable::on_one_line;

/// Value of `adminDescription` on objects that we made; an object without it is not ours and
/// is never touched.
pub const MARKER: &str = "Made by Gangway. Do not edit: the next publication replaces it.";

/// A file or folder name that a cut publication may leave behind.
pub const TEMPORARY: &str = ".gangway-part";

/// What is known of the domain, read from its directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainFacts {
    /// DNS name.
    pub name: DomainName,
    /// Distinguished name of the domain.
    pub naming_context: String,
}

impl DomainFacts {
    /// Distinguished name of a GPO.
    pub fn gpo_dn(&self, id: Guid) -> String {
        format!("CN={id},{}", self.policies_dn())
    }

    /// Distinguished name of the container of GPOs.
    pub fn policies_dn(&self) -> String {
        format!("CN=Policies,CN=System,{}", self.naming_context)
    }

    /// Distinguished name of a WMI filter.
    pub fn filter_dn(&self, id: Guid) -> String {
        format!("CN={id},{}", self.filters_dn())
    }

    /// Distinguished name of the container of WMI filters.
    pub fn filters_dn(&self) -> String {
        format!("CN=SOM,CN=WMIPolicy,CN=System,{}", self.naming_context)
    }

    /// Folder of the program below the SYSVOL share, with `/`: the domain's `scripts` are NETLOGON.
    pub fn program_folder(&self) -> String {
        format!("{}/scripts/Gangway", self.name)
    }

    /// Folder of a GPO below the SYSVOL share, with `/`.
    pub fn gpo_folder(&self, id: Guid) -> String {
        format!("{}/Policies/{id}", self.name)
    }
}

/// What a GPO should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Desired {
    /// Identity.
    pub id: Guid,
    /// What it is for: the folder of its backup in the bundle, such as `deploy`. Empty for one that
    /// is brought back.
    pub purpose: String,
    /// Name in GPMC.
    pub display_name: String,
    /// 0, or which side is switched off (MS-GPOL 2.3).
    pub flags: u32,
    /// Extension-name list of the computer side.
    pub machine_extensions: Option<String>,
    /// Value of `gPCWQLFilter`.
    pub wql_filter: Option<String>,
    /// WMI filter that must be there; none leaves filters alone.
    pub filter: Option<WmiFilter>,
    /// Files below the GPO's folder, with `/`, without `GPT.INI`.
    pub files: BTreeMap<String, Vec<u8>>,
}

/// A file of a GPO that is not as it should be, by its path below the GPO's folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Difference<'a> {
    /// It is not there.
    Missing(&'a str),
    /// It has other bytes.
    OtherBytes(&'a str),
    /// It should not be there.
    Stale(&'a str),
}

impl<'a> Difference<'a> {
    /// The file.
    pub const fn name(self) -> &'a str {
        match self {
            Self::Missing(name) | Self::OtherBytes(name) | Self::Stale(name) => name,
        }
    }
}

impl Desired {
    /// The first file that differs from what is there; SYSVOL's version is none of them.
    pub fn first_difference<'a>(
        &'a self,
        there: &'a BTreeMap<String, Vec<u8>>,
    ) -> Option<Difference<'a>> {
        for (name, bytes) in &self.files {
            let mut there = there.iter();
            match there.find(|(other, _)| other.eq_ignore_ascii_case(name)) {
                Some((_, found)) if found == bytes => {}
                Some(_) => return Some(Difference::OtherBytes(name)),
                None => return Some(Difference::Missing(name)),
            }
        }
        let own = self.files.keys().map(String::as_str).chain([GPT_INI]);
        let is_wanted = |name: &str| own.clone().any(|one| one.eq_ignore_ascii_case(name));
        let stale = there.keys().find(|name| !is_wanted(name))?;
        Some(Difference::Stale(stale))
    }
}

/// What is there of a GPO.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Present {
    /// Directory object.
    pub object: Option<PresentObject>,
    /// Which of the children `Machine` and `User` the object has.
    pub has_machine: bool,
    /// See [`Present::has_machine`].
    pub has_user: bool,
    /// `msWMI-Parm2` and name of the WMI filter with the desired filter's GUID.
    pub filter: Option<PresentFilter>,
    /// Is the GPO's folder there?
    pub has_folder: bool,
    /// Is there a folder that a cut publication left under its temporary name?
    pub has_temporary_folder: bool,
    /// Folders below the GPO's folder, with `/`.
    pub folders: Vec<String>,
    /// Files below the GPO's folder, with `/`, `GPT.INI` included.
    pub files: BTreeMap<String, Vec<u8>>,
}

/// Attributes of a GPO's directory object.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PresentObject {
    /// `displayName`.
    pub display_name: String,
    /// As the directory has them (MS-GPOL 2.3).
    pub flags: u32,
    /// `versionNumber`.
    pub version: u32,
    /// `gPCMachineExtensionNames`.
    pub machine_extensions: Option<String>,
    /// `gPCWQLFilter`.
    pub wql_filter: Option<String>,
    /// `adminDescription`.
    pub marker: Option<String>,
    /// `objectGUID`, in hexadecimal.
    pub guid: Option<String>,
    /// Who may not apply it, whatever else they may.
    pub denied: Vec<Sid>,
}

/// A WMI filter in the directory.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PresentFilter {
    /// `msWMI-Name`.
    pub name: String,
    /// `msWMI-Parm1`.
    pub description: String,
    /// `msWMI-Parm2`.
    pub parm2: String,
}

impl From<&WmiFilter> for PresentFilter {
    /// The filter once it is there.
    fn from(filter: &WmiFilter) -> Self {
        Self {
            name: filter.name.clone(),
            description: filter.description.clone(),
            parm2: filter.parm2(),
        }
    }
}

/// Why a GPO is not touched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The object was not made by us.
    #[error("the GPO {id} (`{name}`) was not made by Gangway, so it is not touched")]
    Foreign {
        /// GUID.
        id: Guid,
        /// As GPMC shows it.
        name: String,
    },
    /// Another GPO has the name already.
    #[error(
        "the domain has a GPO `{name}` already, {id}, which is not the one of this bundle: both \
         would apply"
    )]
    SameName {
        /// GUID of the other one.
        id: String,
        /// As GPMC shows it.
        name: String,
    },
    /// What was asked to be taken away is not there, and something else is that looks like it.
    #[error("nothing of this bundle is there to be taken away; left alone: {}", others.join(", "))]
    OnlyTheName {
        /// What has the name, in words.
        others: Vec<String>,
    },
}

impl Refused {
    /// What to do next.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Foreign { .. } => "look whose it is; `gangway` changes only what it made itself",
            Self::SameName { .. } => {
                "it may come from an import by hand; remove it with its links, or go on publishing \
                 by hand"
            }
            Self::OnlyTheName { .. } => {
                "what was imported by hand is another object; take it away in the console, with its \
                 links"
            }
        }
    }
}

impl Present {
    /// Version in `GPT.INI`, when it can be read.
    pub fn gpt_version(&self) -> Option<Version> {
        let bytes = self.files.get(GPT_INI)?;
        GptIni::read(bytes).ok().map(|file| file.version)
    }

    /// The version after the next publication: one more than the higher of the two halves, for
    /// a cut may have raised one of them alone.
    pub fn next_version(&self) -> Version {
        let directory = self.object.as_ref().map_or(0, |object| object.version);
        let directory = Version::from_number(directory);
        let sysvol = self.gpt_version().unwrap_or_default();
        Version {
            machine: directory.machine.max(sysvol.machine),
            user: directory.user.max(sysvol.user),
        }
        .with_machine_raised()
    }
}

/// Name of the file with SYSVOL's version.
pub const GPT_INI: &str = "GPT.INI";

/// The steps from what is there to what should be.
///
/// The version rises even when nothing else differs: an earlier publication may have been cut
/// after its last file.
///
/// # Errors
/// The GPO is somebody else's.
pub fn plan(
    desired: &Desired,
    present: &Present,
    domain: &DomainFacts,
) -> Result<Vec<Step>, Refused> {
    if let Some(object) = &present.object
        && object.marker.as_deref() != Some(MARKER)
    {
        return Err(Refused::Foreign {
            id: desired.id,
            name: on_one_line(&object.display_name).into_owned(),
        });
    }
    let mut steps = Vec::new();
    if let Some(filter) = &desired.filter {
        steps.extend(steps::filter(filter, present.filter.as_ref(), domain));
    }
    steps.extend(steps::object(desired, present, domain));
    steps.extend(steps::folders(desired, present, domain));
    steps.extend(steps::files(desired, present, domain));
    steps.extend(steps::raise(desired, present, domain));
    Ok(steps)
}

/// The steps back to what was saved before a publication. The version goes on rising, or
/// clients would see no change.
///
/// # Errors
/// The GPO is somebody else's.
pub fn plan_rollback(
    saved: &Saved,
    id: Guid,
    present: &Present,
    domain: &DomainFacts,
) -> Result<Vec<Step>, Refused> {
    match saved.desired(id) {
        Some(desired) => plan(&desired, present, domain),
        None => plan_removal(id, present, domain),
    }
}

/// The steps that take a GPO away, object and folder.
///
/// # Errors
/// The GPO is somebody else's.
pub fn plan_removal(
    id: Guid,
    present: &Present,
    domain: &DomainFacts,
) -> Result<Vec<Step>, Refused> {
    if let Some(object) = &present.object
        && object.marker.as_deref() != Some(MARKER)
    {
        let name = on_one_line(&object.display_name).into_owned();
        return Err(Refused::Foreign { id, name });
    }
    Ok(steps::remove(id, present, domain))
}

#[cfg(test)]
mod tests;
