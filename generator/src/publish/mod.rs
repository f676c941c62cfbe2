//! Bringing a bundle to where servers find it: scripts for those who do it by hand.

mod kit;
mod literal;

pub use kit::{Kit, KitDomain, KitError, KitFile, KitFilter, KitGpo, write};
pub use literal::{InvalidLiteral, PowerShell, Shell};
