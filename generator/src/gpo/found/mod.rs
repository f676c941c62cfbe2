//! Policies as they lie on a disk, ours or anybody's: found below a path, read as far as their
//! readers take them. The linter and the comparison start from here.

mod error;
mod folder;
mod load;
mod model;
mod report;
mod text;

pub use error::LoadError;
pub use load::load;
pub use model::{Found, FoundFile, FoundFilter, FoundGpo, FoundSide, Origin};
pub use report::Link;
