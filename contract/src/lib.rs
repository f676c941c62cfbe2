//! What the generator and the bootstrap agree on, written out once (`cargo xtask tidy` looks for
//! repeated keys).
//!
//! The documents (manifest, facts, plan, report), the pure decision between them, the closed
//! set of states and the exit codes. No I/O, no clock and no platform: everything that varies
//! comes in as a value, so that the same code decides on a server and in a test.
//!
//! Documents are written once and hashed as the stored bytes, never re-serialised; the types
//! therefore hold no map, no floating point number and no untyped JSON.

pub mod after_installer;
pub mod apply;
pub mod connectivity;
pub mod control;
pub mod daily;
pub mod document;
pub mod events;
pub mod exit_code;
pub mod fact;
pub mod facts;
pub mod health;
pub mod history;
pub mod identity;
pub mod machine_proxy;
pub mod manifest;
pub mod payload_name;
pub mod plan;
pub mod printable;
pub mod product;
pub mod program_name;
pub mod reason;
pub mod registry;
pub mod report;
pub mod rollout;
pub mod state;
pub mod step;
pub mod stub;
pub mod text;
pub mod time;
pub mod unc;
pub mod update;
pub mod version;

pub use control::Control;
pub use exit_code::ExitCode;
pub use fact::Fact;
pub use facts::Facts;
pub use history::History;
pub use identity::{BundleId, OrgId, ReleaseId, Sha256, WorkspaceId};
pub use manifest::Manifest;
pub use plan::{Plan, decide};
pub use reason::Reason;
pub use report::Report;
pub use rollout::Rollout;
pub use state::State;
pub use step::Step;
pub use time::UtcTime;
pub use unc::UncPath;
pub use version::Version;
