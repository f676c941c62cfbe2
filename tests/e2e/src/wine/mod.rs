//! Wine as a test bed: a template prefix, one copy per test, the registry as files.

pub mod prefix;
pub mod processes;
pub mod registry;
pub mod template;

pub use prefix::Prefix;
pub use registry::{Registry, Value};
