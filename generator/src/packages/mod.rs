//! Packages of a bundle for those who bring software to servers otherwise than by Group Policy's
//! scheduled task: formats that we write, never read.

pub mod cabinet;
