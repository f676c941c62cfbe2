//! Bytes in, typed values out. Every reader here takes hostile input: bounded in memory and
//! time, no panic, no trust in a size that the file claims. No module here knows what a
//! package *means*; that is `intake`.

pub mod authenticode;
pub mod blob;
pub mod cabinet;
pub mod compound;
pub mod der;
pub mod digest;
pub mod guid;
pub mod msi;
pub mod onboarding_script;
pub mod pe;
pub mod range;
pub mod security;
pub mod x509;
pub mod zip;
