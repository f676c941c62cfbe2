//! What the fuzz targets call, and the seeds they start from.
//!
//! `generator/tests/fuzz_replay` includes this file and runs seeds and past findings through
//! the same functions, on the ordinary compiler.

pub mod documents;
pub mod documents_seeds;
pub mod downloads;
pub mod downloads_seeds;
pub mod formats;
pub mod formats_seeds;
pub mod publication;

/// Seeds: names, and whole files.
pub type Seeds = Vec<(String, Vec<u8>)>;

/// A target: its name, what it calls, and what it starts from. A call has to come back; what
/// it finds does not matter.
pub type Target = (&'static str, fn(&[u8]), fn() -> Seeds);

/// Every target.
pub fn targets() -> impl Iterator<Item = &'static Target> {
    [
        downloads::TARGETS,
        documents::TARGETS,
        formats::TARGETS,
        publication::TARGETS,
    ]
    .into_iter()
    .flatten()
}
