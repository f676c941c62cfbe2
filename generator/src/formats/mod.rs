//! Bytes in, typed values out. Every reader here takes hostile input: bounded in memory and
//! time, no panic, no trust in a size that the file claims.

pub mod blob;
