//! The harness of the end-to-end suites: emulated servers under Wine, a throwaway Samba
//! domain, bundles made by the built `gangway` program, outside tools as second opinion.
//!
//! Nothing here links a product crate (the samples' maker is none; a suite may take a closed
//! list from `contract`): programs are used as a user uses them. Each suite is one file of
//! `tests/`; `cargo xtask e2e --suite NAME` builds what it needs, names it in the variables of
//! [`required`] and runs it. A suite fails, and never skips, when something it needs is
//! missing.

pub mod bundle;
pub mod deployment;
pub mod given;
mod leftovers;
pub mod network;
pub mod package;
pub mod planted;
pub mod program;
pub mod report;
pub mod required;
pub mod routes;
pub mod samba;
pub mod samples;
pub mod scenario;
pub mod server;
mod template;
pub mod wine;

pub use bundle::{Bundle, Recipe};
pub use deployment::{Deployment, Outcome};
pub use given::Given;
pub use package::{Packages, Target};
pub use report::HostReport;
pub use samba::Domain;
pub use samples::Installer;
pub use scenario::Scenario;
pub use server::{Os, Program, Sense, Server, ServerBuilder, Service};
