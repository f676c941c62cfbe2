//! X.509 certificates: reading them, and proving a path from a signer to a trusted root.
//!
//! Own readers over [`super::der`], because a path is proven with the original bytes: names
//! are compared and signatures checked as they stand in the file. `rustls-webpki` proves paths of
//! TLS servers at one moment; here purposes, moments and retired roots are Authenticode's. The
//! mathematics is `ring`'s.

mod anchors;
mod certificate;
mod chain;
mod extension;
mod fault;
mod host_name;
mod key;
mod name;
mod revocation;
pub mod time;

pub(super) use anchors::certificates;
pub use anchors::{Anchor, AnchorError, AnchorName, TrustAnchors, pem_blocks};
pub use certificate::{BasicConstraints, Certificate};
pub use chain::{Path, Purpose, prove};
pub use fault::ChainFault;
pub use host_name::is_host;
pub use key::{KeyError, PublicKey, SignatureScheme};
pub use name::Name;
pub use revocation::{Coverage, RevocationList, check_revocation};
