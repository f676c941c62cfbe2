//! What lies in a folder: GPOs and WMI filters, parsed as far as they can be.

use std::collections::BTreeMap;

use gangway_contract::Sha256;
use gangway_contract::manifest::AntivirusMode;

use super::report::Link;
use crate::gpo::backup::{BackupDocument, BackupInstance};
use crate::gpo::gpt_ini::Version;
use crate::gpo::guid::Guid;
use crate::gpo::preferences::files::{FilePreferences, FolderPreferences};
use crate::gpo::preferences::registry::RegistryPreferences;
use crate::gpo::preferences::scheduled_tasks::ScheduledTasks;
use crate::gpo::registry_pol::RegistryPolicy;
use crate::gpo::scripts::ScriptList;
use crate::gpo::wmi::{MalformedParm2, Query};
use crate::gpo::xml::Element;

/// Everything found at a path.
#[derive(Debug, Default)]
pub struct Found {
    /// GPOs, sorted by place.
    pub gpos: Vec<FoundGpo>,
    /// WMI filters, sorted by place.
    pub filters: Vec<FoundFilter>,
    /// Policy files that no reader takes: path and why.
    pub unreadable: Vec<(String, String)>,
    /// Policy files whose declaration names an encoding that Windows is not known to have under that
    /// name: path and name.
    pub odd_encodings: Vec<(String, String)>,
    /// What is neither file nor folder where policy files are looked for, and what it is: nothing
    /// behind it was read.
    pub not_followed: Vec<(String, &'static str)>,
    /// Files of one GPO whose names differ only in case, in pairs: Windows has room for one of the two.
    pub same_names: Vec<(String, String)>,
    /// Mode of the bundle's manifest, when the path is a bundle.
    pub antivirus_mode: Option<AntivirusMode>,
}

/// One GPO, as a backup, as a SYSVOL folder, or as a single file of one.
#[derive(Debug)]
pub struct FoundGpo {
    /// Path as the user knows it.
    pub place: String,
    /// In which form.
    pub origin: Origin,
    /// Computer side.
    pub machine: FoundSide,
    /// User side.
    pub user: FoundSide,
    /// Every file of the GPO, relative to its own folder, with `/`.
    pub files: Vec<String>,
    /// `GPO.cmt`: the GPO's own comment.
    pub description: Option<String>,
    /// Digests of the files that no reader looks into, by their place in [`FoundGpo::files`].
    pub digests: BTreeMap<String, Sha256>,
    /// Links that a report names; none when there is no report.
    pub links: Option<Vec<Link>>,
}

/// In which form a GPO was found.
#[derive(Debug)]
pub enum Origin {
    /// A GPMC backup; documents that cannot be read are absent.
    Backup {
        /// Name of the folder.
        folder: String,
        /// `Backup.xml`.
        document: Option<Box<BackupDocument>>,
        /// `bkupInfo.xml`, and whether the file is there at all.
        instance: Option<Box<BackupInstance>>,
        /// Is there a file `bkupInfo.xml`?
        has_instance_file: bool,
    },
    /// A folder of SYSVOL, named by the GPO's GUID.
    Sysvol {
        /// GUID of the folder's name.
        id: Option<Guid>,
        /// Version in `GPT.INI`.
        version: Option<Version>,
    },
    /// One file alone.
    File,
}

/// A file of a GPO with what a reader makes of it.
#[derive(Debug)]
pub struct FoundFile<T> {
    /// Path as the user knows it.
    pub path: String,
    /// What its format says, already parsed.
    pub content: T,
}

/// One side of a GPO.
#[derive(Debug, Default)]
pub struct FoundSide {
    /// `registry.pol`.
    pub policy: Option<FoundFile<RegistryPolicy>>,
    /// `ScheduledTasks.xml`.
    pub tasks: Option<FoundFile<ScheduledTasks>>,
    /// `Registry.xml`.
    pub registry: Option<FoundFile<RegistryPreferences>>,
    /// `Files.xml`.
    pub files: Option<FoundFile<FilePreferences>>,
    /// `Folders.xml`.
    pub folders: Option<FoundFile<FolderPreferences>>,
    /// Every other preference file.
    pub other_preferences: Vec<FoundFile<Element>>,
    /// `GptTmpl.inf`.
    pub security_template: Option<FoundFile<String>>,
    /// `scripts.ini` and `psscripts.ini`.
    pub scripts: Vec<FoundFile<ScriptList>>,
    /// `audit.csv`.
    pub audit: Option<FoundFile<String>>,
    /// Parts that hold something, or that cannot be read.
    pub extensions: Vec<crate::gpo::extensions::Extension>,
}

/// A WMI filter found as MOF or LDIF.
#[derive(Debug)]
pub struct FoundFilter {
    /// Path as the user knows it.
    pub place: String,
    /// GUID, when it can be read.
    pub id: Option<Guid>,
    /// Name in the console, when it can be read.
    pub name: Option<String>,
    /// Queries, or why there are none.
    pub queries: Result<Vec<Query>, MalformedParm2>,
}

impl FoundGpo {
    /// A line that names the GPO.
    pub fn title(&self) -> String {
        let form = match &self.origin {
            Origin::Backup { .. } => "backup of",
            Origin::Sysvol { .. } => "SYSVOL folder of",
            Origin::File => "file of",
        };
        format!("{}: {form} {}", self.place, self.name())
    }

    /// Name for messages: display name, else GUID, else place.
    pub fn name(&self) -> String {
        match &self.origin {
            Origin::Backup {
                document: Some(document),
                ..
            } => format!("`{}`", document.display_name),
            Origin::Sysvol { id: Some(id), .. } => format!("`{id}`"),
            _ => "a GPO without a name".to_owned(),
        }
    }

    /// GUID of the GPO, when it is known.
    pub fn id(&self) -> Option<Guid> {
        match &self.origin {
            Origin::Backup { document, .. } => document.as_ref().map(|document| document.gpo_id),
            Origin::Sysvol { id, .. } => *id,
            Origin::File => None,
        }
    }

    /// `Backup.xml`, when the GPO is a backup that has a readable one.
    pub fn document(&self) -> Option<&BackupDocument> {
        match &self.origin {
            Origin::Backup { document, .. } => document.as_deref(),
            Origin::Sysvol { .. } | Origin::File => None,
        }
    }

    /// Could this be the same GPO in another form?
    pub fn is_same_gpo(&self, other: &Self) -> bool {
        self.id().is_some() && self.id() == other.id()
    }

    /// Both sides with their names.
    pub fn sides(&self) -> [(&'static str, &FoundSide); 2] {
        [("computer", &self.machine), ("user", &self.user)]
    }
}
