//! Group Policy: the GPOs that a bundle carries, and readers and a linter for anybody's.
//!
//! Typed model first, writers after: preference files, extension lists, GPMC backups, SYSVOL
//! trees, WMI filters. Pure functions over values, but for [`found::load`], which reads the disk;
//! nothing here touches a network or a clock.

pub mod backup;
pub mod codes;
pub mod comment;
mod deploy;
pub mod diff;
mod domain;
mod error;
pub mod extensions;
pub mod found;
pub mod gpt_ini;
pub mod lint;
mod object;
mod output;
pub mod preferences;
pub mod publication;
pub mod registry_pol;
pub mod security;
mod settings;
mod time;
pub mod wmi;
pub mod xml;

use crate::formats::guid;

pub use crate::formats::guid::{Guid, InvalidGuid};
pub use deploy::{CONVERGED_KEY, DeployOptions, DeployTask, PrincipalForm, deploy};
pub use domain::{DomainName, InvalidDomainName};
pub use error::GpoError;
pub use object::{Gpo, GpoFile, Side, USER_SIDE_DISABLED, WriteError};
pub use output::{GpoFiles, InvalidRoleName, Purpose, RoleName};
pub use settings::{Exclusions, Proxies, RoleExclusions, SettingsOptions, settings};
pub use time::{OutOfRange, Timestamp, xml_duration};
