//! What the fuzz targets call, and the seeds they start from.
//!
//! `generator/tests/fuzz_replay` includes the same files and runs seeds and past findings
//! through the same functions, on the ordinary compiler.

pub mod formats;
pub mod formats_seeds;
