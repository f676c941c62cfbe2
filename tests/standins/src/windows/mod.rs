//! The Windows calls of the stand-ins: the only unsafe code of this crate.

pub mod mutex;
pub mod process;
pub mod registry;
pub mod service;

/// Null-terminated UTF-16 of `text`.
fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().chain(Some(0)).collect()
}
