//! What a bundle holds of one GPO: names, GUIDs and files below `gpo/<dns-domain>/`.

use gangway_contract::BundleId;

use super::domain::DomainName;
use super::error::GpoError;
use super::guid::Guid;
use super::object::{Gpo, GpoFile};
use super::time::Timestamp;
use super::wmi::{self, WmiFilter};

/// Which of our GPOs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Policy values that must stay as long as the sensor does.
    Settings,
    /// The task that starts the bootstrap.
    Deploy,
    /// The task that starts the offboarding bootstrap.
    Offboard,
}

impl Purpose {
    /// Folder of the backup below `gpo/<dns-domain>/`, and part of the GPO's GUID.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::Deploy => "deploy",
            Self::Offboard => "offboard",
        }
    }

    /// Name in GPMC.
    pub fn display_name(self) -> &'static str {
        match self {
            Self::Settings => "Gangway Settings",
            Self::Deploy => "Gangway Deploy",
            Self::Offboard => "Gangway Offboard",
        }
    }

    /// Identity of the GPO: the same for every bundle of the organisation and domain.
    pub fn gpo_id(self, organization: &str, domain: &DomainName) -> Guid {
        Guid::derive(&[organization, domain.as_str(), self.folder()])
    }

    /// Identity of the backup: another for every bundle.
    pub fn backup_id(self, organization: &str, domain: &DomainName, bundle: &BundleId) -> Guid {
        let names = [
            organization,
            domain.as_str(),
            self.folder(),
            "backup",
            bundle.as_str(),
        ];
        Guid::derive(&names)
    }
}

/// One GPO of a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GpoFiles {
    /// Which of our GPOs.
    pub purpose: Purpose,
    /// Name in GPMC.
    pub display_name: String,
    /// Identity of the GPO in the SYSVOL tree; an import into a new GPO gets another.
    pub gpo_id: Guid,
    /// `Import-GPO -BackupId`.
    pub backup_id: Guid,
    /// WMI filter that belongs to it.
    pub wmi_filter: WmiFilter,
    /// Files below the bundle's root, sorted by path. GPOs of one domain share the two files
    /// of the WMI filter, byte for byte.
    pub files: Vec<GpoFile>,
}

/// Lays out the backup, the SYSVOL tree and the WMI filter.
pub(super) fn output(
    gpo: &Gpo,
    purpose: Purpose,
    organization: &str,
    bundle: &BundleId,
    time: Timestamp,
) -> Result<GpoFiles, GpoError> {
    let backup_id = purpose.backup_id(organization, &gpo.domain, bundle);
    let root = format!("gpo/{}", gpo.domain);
    let below = |folder: &str, files: Vec<GpoFile>| {
        let folder = format!("{root}/{folder}");
        files.into_iter().map(move |file| GpoFile {
            path: format!("{folder}/{}", file.path),
            ..file
        })
    };
    let mut files = Vec::new();
    files.extend(below(purpose.folder(), gpo.backup_files(backup_id, time)?));
    files.extend(below("sysvol/Policies", gpo.sysvol_files()?));
    files.push(GpoFile {
        path: format!("{root}/wmi-filter.mof"),
        bytes: wmi::write_mof(&gpo.wmi_filter),
    });
    files.push(GpoFile {
        path: format!("{root}/wmi-filter.ldif"),
        bytes: wmi::write_ldif(&gpo.wmi_filter),
    });
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(GpoFiles {
        purpose,
        display_name: gpo.display_name.clone(),
        gpo_id: gpo.id,
        backup_id,
        wmi_filter: gpo.wmi_filter.clone(),
        files,
    })
}
