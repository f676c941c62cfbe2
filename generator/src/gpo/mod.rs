//! Formats of Group Policy, below every concern: what GPOs, their backups and their filters are, ours
//! and anybody's.
//!
//! Typed model first, writers after: preference files, extension lists, GPMC backups, SYSVOL
//! trees, WMI filters. Pure functions over values, but for [`found::load`], which reads the disk;
//! nothing here touches a network or a clock.

pub mod backup;
pub mod codes;
pub mod comment;
pub mod diff;
mod domain;
pub mod extensions;
pub mod found;
pub mod gpt_ini;
pub mod ini;
mod leaving;
mod object;
pub mod own;
pub mod preferences;
pub mod registry_pol;
pub mod scripts;
pub mod security;
mod time;
pub mod wmi;
pub mod xml;

use crate::formats::guid;

pub use crate::formats::guid::{Guid, InvalidGuid};
pub use domain::{DomainName, InvalidDomainName};
pub use leaving::{Leaving, leaving};
pub use object::{Gpo, GpoFile, Side, USER_SIDE_DISABLED, WriteError};
pub(crate) use time::seconds_of_duration;
pub use time::{OutOfRange, Timestamp, xml_duration};
