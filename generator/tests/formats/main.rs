//! What the readers of file formats promise, shown on files made and signed by the fixtures.

mod common;

mod cabinets;
mod eras;
mod executables;
mod hostile;
mod identity;
mod packages;
mod revocation;
mod scripts;
mod signers;
mod stamps;
