//! What the generator and the bootstrap agree on, and nowhere twice.
//!
//! The documents (manifest, facts, plan, report), the pure decision between them, the closed
//! set of states and the exit codes. No I/O, no clock and no platform: everything that varies
//! comes in as a value, so that the same code decides on a server, in a test and in the
//! simulator.
//!
//! Documents are written once and hashed as the stored bytes, never re-serialised; the types
//! therefore hold no map, no floating point number and no untyped JSON.

pub mod exit_code;
pub mod identity;
pub mod manifest;
pub mod state;
pub mod stub;

pub use exit_code::ExitCode;
pub use identity::{BundleId, OrgId, ReleaseId, Sha256};
pub use manifest::Manifest;
pub use state::State;
