//! Packages of a bundle for those who bring software to servers otherwise than by Group Policy's
//! scheduled task: formats that we write, never read.

pub mod allow;
pub mod archive;
pub mod attach;
pub mod cabinet;
pub mod codes;
pub mod intunewin;
pub mod msi;
pub mod signed;
pub mod stored_zip;
pub mod tools;
