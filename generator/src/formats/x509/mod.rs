//! X.509 certificates: reading them, and proving a path from a signer to a trusted root.

mod fault;
pub mod time;

pub use fault::ChainFault;
