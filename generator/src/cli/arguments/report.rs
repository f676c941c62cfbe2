//! What `report` takes.

use std::path::PathBuf;

use clap::Args;

use super::shared::{Findings, Moment, number};
use crate::fleet::DEFAULT_MAX_AGE_DAYS;

#[derive(Debug, Args)]
pub(in crate::cli) struct Report {
    /// Folder with the reports that servers left
    pub(in crate::cli) folder: PathBuf,
    /// Servers that should exist: names on lines, or what Get-ADComputer, csvde, ldifde,
    /// dsquery or ldbsearch export
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) expected: Option<PathBuf>,
    /// The bundle that the servers were given: done means its mode and its tenant
    #[arg(long, value_name = "FOLDER", conflicts_with = "org_id")]
    pub(in crate::cli) bundle: Option<PathBuf>,
    /// The tenant that onboarded servers have to report to
    #[arg(long, value_name = "ID")]
    pub(in crate::cli) org_id: Option<String>,
    /// Days after which a server that sent nothing new counts as not heard from
    #[arg(long, value_name = "DAYS", default_value_t = DEFAULT_MAX_AGE_DAYS,
        value_parser = number::<u32>(0, u32::MAX.into()))]
    pub(in crate::cli) max_age: u32,
    /// Owners of the report files, saved where the files lie; see `gangway explain GW4008`
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) owners: Option<PathBuf>,
    /// Quotes results of Microsoft's Client Analyzer beside the servers: a folder with
    /// `MDEClientAnalyzerResult*.zip` or unpacked results, or one file; may be given more than once
    #[arg(long, value_name = "PATH")]
    pub(in crate::cli) analyzer: Vec<PathBuf>,
    /// Fails unless every report that counts belongs to the account of its server
    #[arg(long, requires = "expected")]
    pub(in crate::cli) require_owners: bool,
    /// Names every server below each reason, not the first few
    #[arg(long)]
    pub(in crate::cli) all: bool,
    /// Prints one row for each server as CSV
    #[arg(long, conflicts_with_all = ["json", "sarif"])]
    pub(in crate::cli) csv: bool,
    /// Exits with 1 when fewer percent of the servers are done; after a precheck: are clear
    #[arg(long, value_name = "PERCENT", value_parser = number::<u8>(0, 100))]
    pub(in crate::cli) threshold: Option<u8>,
    #[command(flatten)]
    pub(in crate::cli) prune: Prune,
    #[command(flatten)]
    pub(in crate::cli) findings: Findings,
    #[command(flatten)]
    pub(in crate::cli) moment: Moment,
}

/// How `report` deletes old reports.
#[derive(Debug, Args)]
pub(in crate::cli) struct Prune {
    /// Deletes old reports and keeps them as daily counts; a dry run unless `--apply` is given
    #[arg(long = "prune", conflicts_with_all = ["csv", "all", "threshold", "require_owners", "analyzer"])]
    pub(in crate::cli) wanted: bool,
    /// With `--prune`: keeps this many newest reports of each server, however old
    #[arg(long, value_name = "N", requires = "wanted", default_value_t = 3,
        value_parser = number::<u16>(1, u16::MAX.into()))]
    pub(in crate::cli) keep_newest: u16,
    /// With `--prune`: keeps every report of the last so many days
    #[arg(long, value_name = "DAYS", requires = "wanted", default_value_t = DEFAULT_MAX_AGE_DAYS,
        value_parser = number::<u32>(0, u32::MAX.into()))]
    pub(in crate::cli) keep_days: u32,
    /// With `--prune`: the file with the daily counts, not among the reports
    #[arg(
        long,
        value_name = "FILE",
        requires = "wanted",
        default_value = "gangway-history.csv"
    )]
    pub(in crate::cli) history: PathBuf,
    /// With `--prune`: deletes
    #[arg(long, requires = "wanted")]
    pub(in crate::cli) apply: bool,
}
