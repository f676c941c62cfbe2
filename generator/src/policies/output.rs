//! What a bundle holds of one GPO: names, GUIDs and files below `gpo/<dns-domain>/`.

use gangway_contract::BundleId;

use super::error::GpoError;
use crate::gpo::DomainName;
use crate::gpo::Guid;
use crate::gpo::Timestamp;
use crate::gpo::own;
use crate::gpo::wmi::{self, WmiFilter};
use crate::gpo::{Gpo, GpoFile};

/// Which of our GPOs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// Policy values that must stay as long as the sensor does.
    Settings,
    /// Antivirus exclusions of one server role; linked where those servers are.
    Exclusions(RoleName),
    /// The task that starts the bootstrap.
    Deploy,
    /// The task that starts the offboarding bootstrap.
    Offboard,
}

impl Purpose {
    /// Folder of the backup below `gpo/<dns-domain>/`, and part of the GPO's GUID.
    pub fn folder(&self) -> String {
        match self {
            Self::Settings => own::SETTINGS.to_owned(),
            Self::Exclusions(role) => format!("{}{}", own::EXCLUSIONS, role.slug()),
            Self::Deploy => own::DEPLOY.to_owned(),
            Self::Offboard => own::OFFBOARD.to_owned(),
        }
    }

    /// Name in GPMC.
    pub fn display_name(&self) -> String {
        match self {
            Self::Settings => "Gangway Settings".to_owned(),
            Self::Exclusions(role) => format!("{}{}", own::EXCLUSIONS_NAME, role.as_str()),
            Self::Deploy => "Gangway Deploy".to_owned(),
            Self::Offboard => "Gangway Offboard".to_owned(),
        }
    }

    /// Identity of the GPO: the same for every bundle of the organisation and domain.
    pub fn gpo_id(&self, identity: &str, domain: &DomainName) -> Guid {
        own::gpo_id(identity, domain, &self.folder())
    }

    /// Identity of the backup: another for every bundle.
    pub fn backup_id(&self, identity: &str, domain: &DomainName, bundle: &BundleId) -> Guid {
        let folder = self.folder();
        let names = [
            identity,
            domain.as_str(),
            &folder,
            "backup",
            bundle.as_str(),
        ];
        Guid::derive(&names)
    }
}

/// Name of a server role in the config: 1 to 40 letters, digits, blanks and hyphens.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RoleName(String);

/// A text that is no role name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{found}` is no role name: 1 to 40 letters, digits, blanks and hyphens are allowed")]
pub struct InvalidRoleName {
    /// The text.
    pub found: String,
}

impl RoleName {
    /// The name as given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as part of a folder name; roles that share it are the same role.
    pub fn slug(&self) -> String {
        own::slug(&self.0)
    }
}

impl std::str::FromStr for RoleName {
    type Err = InvalidRoleName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == ' ' || c == '-';
        let ends = |c: char| c == ' ' || c == '-';
        let valid = (1..=40).contains(&text.len())
            && text.chars().all(allowed)
            && !text.starts_with(ends)
            && !text.ends_with(ends);
        if valid {
            Ok(Self(text.to_owned()))
        } else {
            let found = text.to_owned();
            Err(InvalidRoleName { found })
        }
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
    purpose: &Purpose,
    identity: &str,
    bundle: &BundleId,
    time: Timestamp,
) -> Result<GpoFiles, GpoError> {
    let backup_id = purpose.backup_id(identity, &gpo.domain, bundle);
    let root = format!("gpo/{}", gpo.domain);
    let below = |folder: &str, files: Vec<GpoFile>| {
        let folder = format!("{root}/{folder}");
        files.into_iter().map(move |file| GpoFile {
            path: format!("{folder}/{}", file.path),
            ..file
        })
    };
    let mut files = Vec::new();
    files.extend(below(&purpose.folder(), gpo.backup_files(backup_id, time)?));
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
        purpose: purpose.clone(),
        display_name: gpo.display_name.clone(),
        gpo_id: gpo.id,
        backup_id,
        wmi_filter: gpo.wmi_filter.clone(),
        files,
    })
}
