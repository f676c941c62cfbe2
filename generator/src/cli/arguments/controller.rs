//! Which domain is written to, and how its controller is reached.

use std::path::PathBuf;

use clap::Args;

use crate::publication::HostName;
#[cfg(feature = "directory")]
use crate::publication::{Encryption, ServerChoice};

/// The domain controller that a command writes to.
#[derive(Debug, Args)]
#[cfg_attr(
    not(feature = "directory"),
    allow(dead_code, reason = "a program without it has the same command line")
)]
pub(in crate::cli) struct Controller {
    /// Full DNS name of the domain controller to write to; else the domain's PDC emulator
    #[arg(long, value_name = "HOST")]
    pub(in crate::cli) dc: Option<HostName>,
    /// Which domain of the bundle, when it is for several
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) domain: Option<String>,
    /// StartTLS on port 389 instead of LDAPS on port 636
    #[arg(long)]
    pub(in crate::cli) start_tls: bool,
    /// Folder at which the domain controller's SYSVOL share is mounted; else `\\HOST\SYSVOL` on Windows, and
    /// the program `smbclient` elsewhere
    #[arg(long, value_name = "FOLDER")]
    pub(in crate::cli) sysvol: Option<PathBuf>,
}

#[cfg(feature = "directory")]
impl Controller {
    /// What it says of the way to the server.
    pub(in crate::cli) fn choice(&self) -> ServerChoice {
        ServerChoice {
            host: self.dc.clone(),
            encryption: Encryption::or_start_tls(self.start_tls),
            sysvol: self.sysvol.clone(),
        }
    }
}
