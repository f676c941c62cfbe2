//! Single steps of a publication, and the order among them.

use std::collections::BTreeSet;
use std::fmt;

use super::{Desired, DomainFacts, GPT_INI, MARKER, Present, PresentFilter, TEMPORARY};
use crate::gpo::Guid;
use crate::gpo::gpt_ini::GptIni;
use crate::gpo::security::Sid;
use crate::gpo::wmi::WmiFilter;

/// One step. Paths are below the SYSVOL share, with `/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Adds a directory object.
    AddObject {
        /// Distinguished name.
        dn: String,
        /// Attributes and values.
        attributes: Vec<(&'static str, String)>,
    },
    /// Changes a directory object in one operation.
    ModifyObject {
        /// Distinguished name.
        dn: String,
        /// Changes, all or none.
        changes: Vec<Change>,
    },
    /// Deletes a directory object with everything below it.
    DeleteObject {
        /// Distinguished name.
        dn: String,
    },
    /// Keeps a group from applying a GPO.
    DenyApply {
        /// Distinguished name of the GPO.
        dn: String,
        /// The group, as a person named it.
        group: String,
        /// The group.
        sid: Sid,
    },
    /// Takes such a denial away.
    AllowApply {
        /// Distinguished name of the GPO.
        dn: String,
        /// The group.
        sid: Sid,
    },
    /// Makes the folder of a GPO: under a temporary name, with the permissions that belong to
    /// the object `dn`, then renamed, so that it is there only with its permissions.
    MakeGpoFolder {
        /// Final path.
        path: String,
        /// Temporary path.
        temporary: String,
        /// Object whose permissions it mirrors.
        dn: String,
    },
    /// Makes an ordinary folder.
    MakeFolder {
        /// Below SYSVOL, with `/`.
        path: String,
    },
    /// Writes a file under a temporary name and renames it over the old one.
    WriteFile {
        /// Below SYSVOL, with `/`.
        path: String,
        /// Content.
        bytes: Vec<u8>,
    },
    /// Reads every file of the GPO back and compares.
    Compare {
        /// Folder of the GPO.
        path: String,
    },
    /// Takes away what an earlier version left.
    RemoveFile {
        /// Below SYSVOL, with `/`.
        path: String,
    },
    /// Removes a folder with everything in it.
    RemoveFolder {
        /// Below SYSVOL, with `/`.
        path: String,
    },
}

/// A change of one attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Whatever was there becomes this.
    Replace(&'static str, String),
    /// Whatever was there goes.
    Clear(&'static str),
    /// Exactly this value becomes that one; fails when somebody else wrote meanwhile.
    Exchange(&'static str, String, String),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AddObject { dn, .. } => write!(f, "add `{dn}`"),
            Self::ModifyObject { dn, changes } => {
                write!(f, "change `{dn}`:")?;
                for (index, change) in changes.iter().enumerate() {
                    let comma = if index == 0 { "" } else { "," };
                    match change {
                        Change::Replace(name, value) => write!(f, "{comma} {name} = {value}")?,
                        Change::Clear(name) => write!(f, "{comma} {name} cleared")?,
                        Change::Exchange(name, old, new) => {
                            write!(f, "{comma} {name} {old} -> {new}")?;
                        }
                    }
                }
                Ok(())
            }
            Self::DeleteObject { dn } => write!(f, "delete `{dn}` and what is below it"),
            Self::DenyApply { dn, group, .. } => {
                write!(
                    f,
                    "deny *Apply group policy* on `{dn}` to the group `{group}`"
                )
            }
            Self::AllowApply { dn, sid } => {
                write!(
                    f,
                    "take the denial of *Apply group policy* to {sid} from `{dn}`"
                )
            }
            Self::MakeGpoFolder { path, dn, .. } => {
                write!(f, "make folder `{path}` with the permissions of `{dn}`")
            }
            Self::MakeFolder { path } => write!(f, "make folder `{path}`"),
            Self::WriteFile { path, bytes } => write!(f, "write `{path}`, {} bytes", bytes.len()),
            Self::Compare { path } => write!(f, "read `{path}` back and compare"),
            Self::RemoveFile { path } => write!(f, "remove `{path}`"),
            Self::RemoveFolder { path } => write!(f, "remove folder `{path}`"),
        }
    }
}

/// Brings the WMI filter.
pub(super) fn filter(
    filter: &WmiFilter,
    present: Option<&PresentFilter>,
    domain: &DomainFacts,
) -> Vec<Step> {
    let dn = domain.filter_dn(filter.id);
    let wanted = PresentFilter::from(filter);
    match present {
        Some(present) if *present == wanted => Vec::new(),
        Some(_) => vec![Step::ModifyObject {
            dn,
            changes: vec![
                Change::Replace("msWMI-Name", wanted.name),
                Change::Replace("msWMI-Parm1", wanted.description),
                Change::Replace("msWMI-Parm2", wanted.parm2),
                Change::Replace("msWMI-ChangeDate", filter.change_date.clone()),
            ],
        }],
        None => vec![Step::AddObject {
            dn,
            attributes: vec![
                ("objectClass", "msWMI-Som".to_owned()),
                ("showInAdvancedViewOnly", "TRUE".to_owned()),
                ("msWMI-ID", filter.id.to_string()),
                ("msWMI-Name", wanted.name),
                ("msWMI-Parm1", wanted.description),
                ("msWMI-Parm2", wanted.parm2),
                ("msWMI-Author", filter.author.clone()),
                ("msWMI-CreationDate", filter.creation_date.clone()),
                ("msWMI-ChangeDate", filter.change_date.clone()),
            ],
        }],
    }
}

/// Brings the directory object, without version and extension list: clients pass it over.
pub(super) fn object(desired: &Desired, present: &Present, domain: &DomainFacts) -> Vec<Step> {
    let dn = domain.gpo_dn(desired.id);
    let mut steps = Vec::new();
    if present.object.is_none() {
        steps.push(Step::AddObject {
            dn: dn.clone(),
            // No descriptor: the directory's default for the class is the right one.
            attributes: vec![
                ("objectClass", "groupPolicyContainer".to_owned()),
                ("displayName", desired.display_name.clone()),
                ("adminDescription", MARKER.to_owned()),
                ("flags", desired.flags.to_string()),
                ("versionNumber", "0".to_owned()),
                ("gPCFunctionalityVersion", "2".to_owned()),
                ("showInAdvancedViewOnly", "TRUE".to_owned()),
                (
                    "gPCFileSysPath",
                    format!(
                        r"\\{name}\SysVol\{name}\Policies\{id}",
                        name = domain.name,
                        id = desired.id
                    ),
                ),
            ],
        });
    }
    for (name, there) in [("Machine", present.has_machine), ("User", present.has_user)] {
        if !there {
            steps.push(Step::AddObject {
                dn: format!("CN={name},{dn}"),
                attributes: vec![
                    ("objectClass", "container".to_owned()),
                    ("showInAdvancedViewOnly", "TRUE".to_owned()),
                ],
            });
        }
    }
    steps
}

/// Brings the folders, outermost first.
pub(super) fn folders(desired: &Desired, present: &Present, domain: &DomainFacts) -> Vec<Step> {
    let root = domain.gpo_folder(desired.id);
    let mut steps = Vec::new();
    let temporary = format!("{root}{TEMPORARY}");
    if present.has_temporary_folder {
        let path = temporary.clone();
        steps.push(Step::RemoveFolder { path });
    }
    if !present.has_folder {
        steps.push(Step::MakeGpoFolder {
            path: root.clone(),
            temporary,
            dn: domain.gpo_dn(desired.id),
        });
    }
    let mut needed: BTreeSet<&str> = BTreeSet::from(["Machine", "User"]);
    for file in desired.files.keys() {
        let ends = file.match_indices('/');
        needed.extend(ends.filter_map(|(end, _)| file.get(..end)));
    }
    for folder in needed {
        let there = |name: &String| name.eq_ignore_ascii_case(folder);
        if !present.folders.iter().any(there) {
            let path = format!("{root}/{folder}");
            steps.push(Step::MakeFolder { path });
        }
    }
    steps
}

/// Removes what a cut publication left half written, writes what differs, removes what no longer
/// belongs there, then compares.
pub(super) fn files(desired: &Desired, present: &Present, domain: &DomainFacts) -> Vec<Step> {
    let root = domain.gpo_folder(desired.id);
    let remove = |name: &String| Step::RemoveFile {
        path: format!("{root}/{name}"),
    };
    let is_temporary = |name: &&String| name.ends_with(TEMPORARY);
    let mut steps: Vec<Step> = present
        .files
        .keys()
        .filter(is_temporary)
        .map(remove)
        .collect();
    for (name, bytes) in &desired.files {
        let same = |(other, content): (&String, &Vec<u8>)| {
            other.eq_ignore_ascii_case(name) && content == bytes
        };
        if !present.files.iter().any(same) {
            steps.push(Step::WriteFile {
                path: format!("{root}/{name}"),
                bytes: bytes.clone(),
            });
        }
    }
    let stale = present.files.keys().filter(|name| {
        let wanted = |other: &String| other.eq_ignore_ascii_case(name);
        !is_temporary(name)
            && !name.eq_ignore_ascii_case(GPT_INI)
            && !desired.files.keys().any(wanted)
    });
    steps.extend(stale.map(remove));
    steps.push(Step::Compare { path: root.clone() });
    steps
}

/// Makes the change visible: the object in one operation, then `GPT.INI`.
pub(super) fn raise(desired: &Desired, present: &Present, domain: &DomainFacts) -> Vec<Step> {
    let version = present.next_version();
    let object = present.object.clone().unwrap_or_default();
    let mut changes = vec![Change::Exchange(
        "versionNumber",
        object.version.to_string(),
        version.number().to_string(),
    )];
    if present.object.is_some() && object.display_name != desired.display_name {
        let name = desired.display_name.clone();
        changes.push(Change::Replace("displayName", name));
    }
    if present.object.is_some() && object.flags != desired.flags {
        changes.push(Change::Replace("flags", desired.flags.to_string()));
    }
    for (name, old, new) in [
        (
            "gPCMachineExtensionNames",
            &object.machine_extensions,
            &desired.machine_extensions,
        ),
        ("gPCWQLFilter", &object.wql_filter, &desired.wql_filter),
    ] {
        match new {
            Some(value) if Some(value) != old.as_ref() => {
                changes.push(Change::Replace(name, value.clone()));
            }
            None if old.is_some() => changes.push(Change::Clear(name)),
            _ => {}
        }
    }
    let ini = GptIni {
        version,
        display_name: None,
    };
    vec![
        Step::ModifyObject {
            dn: domain.gpo_dn(desired.id),
            changes,
        },
        Step::WriteFile {
            path: format!("{}/{GPT_INI}", domain.gpo_folder(desired.id)),
            bytes: ini.write(),
        },
    ]
}

/// Takes a GPO away: the object first, so that no client looks for files that are gone.
pub(super) fn remove(id: Guid, present: &Present, domain: &DomainFacts) -> Vec<Step> {
    let root = domain.gpo_folder(id);
    let mut steps = Vec::new();
    if present.object.is_some() {
        let dn = domain.gpo_dn(id);
        steps.push(Step::DeleteObject { dn });
    }
    if present.has_temporary_folder {
        let path = format!("{root}{TEMPORARY}");
        steps.push(Step::RemoveFolder { path });
    }
    if present.has_folder {
        steps.push(Step::RemoveFolder { path: root });
    }
    steps
}
