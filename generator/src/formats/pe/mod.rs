//! Portable executables: where things are, what kind it is, and its version resource.
//!
//! Own reader over a seekable file: payloads have hundreds of megabytes, and only headers and
//! resource tables are looked at. `object` would want the file in memory and refuses damaged ones
//! in words that name no field.

mod layout;
mod version;
mod without_header;

pub use layout::{Layout, PeError, Section};
pub use version::VersionInfo;
pub use without_header::without_pe_header;

/// Do the first bytes of a file announce an executable?
pub fn is_executable(start: &[u8]) -> bool {
    start.starts_with(b"MZ")
}
