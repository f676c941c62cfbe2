//! What `reconstruct` takes.

use std::path::PathBuf;

use clap::Args;
use gangway_contract::Sha256;

use super::shared::{Moment, digest};
use crate::publication::HostName;

#[derive(Debug, Args)]
pub(in crate::cli) struct Reconstruct {
    /// A bundle's folder; the payload share, as a folder that it is reached by or its UNC path; or the DNS
    /// name of a domain
    #[arg(value_name = "FOLDER|UNC|DOMAIN")]
    pub(in crate::cli) from: PathBuf,
    /// Folder for config and lock, made where it is not there; nothing is written over
    #[arg(long, short, default_value = ".")]
    pub(in crate::cli) out: PathBuf,
    /// The organisation's id, where policies or releases of several lie there
    #[arg(long, value_name = "ID")]
    pub(in crate::cli) id: Option<String>,
    /// SHA-256 of `bundle.json` as `build` printed it: with it the lock vouches for the bundle
    #[arg(long, value_name = "DIGEST", value_parser = digest)]
    pub(in crate::cli) expect: Option<Sha256>,
    /// Account that reads a UNC path or a domain: `admin@contoso.com` or `CONTOSO\admin`. On Windows it may
    /// be left out: who is signed in then reads
    #[arg(long, value_name = "ACCOUNT")]
    pub(in crate::cli) user: Option<String>,
    /// First line of this file is the password, `-` is standard input; else the variable
    /// `GANGWAY_PASSWORD`, else a prompt
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) password_file: Option<PathBuf>,
    /// For a domain: full DNS name of the domain controller to read from; else the PDC emulator
    #[arg(long, value_name = "HOST")]
    pub(in crate::cli) dc: Option<HostName>,
    /// For a domain: StartTLS on port 389 instead of LDAPS on port 636
    #[arg(long)]
    pub(in crate::cli) start_tls: bool,
    #[command(flatten)]
    pub(in crate::cli) moment: Moment,
}
