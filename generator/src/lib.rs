//! The build-time side of Gangway: portal downloads in, a bundle for the whole fleet out.
//!
//! Modules in the order in which data flows: `formats` turns bytes into typed values, `gpo` those of
//! Group Policy; `intake`, `bootstrap`, `policies`, `packages`, `provenance`, `lint`, `publication`,
//! `fleet` and `selftest` are one concern each and never import each other; `pipeline` joins them; `cli` is what a user types.

pub mod bootstrap;
pub mod bundle;
pub mod child;
pub mod cli;
pub mod disk;
pub mod exit;
pub mod failure;
pub mod fleet;
pub mod formats;
pub mod goal;
pub mod gpo;
pub mod intake;
pub mod interrupted;
pub mod lint;
mod nearest;
pub mod packages;
pub mod pipeline;
pub mod plain_file;
pub mod policies;
pub mod printable;
pub mod problem;
pub mod provenance;
pub mod publication;
pub mod recipe;
pub mod sarif;
pub mod selftest;
