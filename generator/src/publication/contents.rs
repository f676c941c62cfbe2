//! What a bundle wants to have published.

use super::plan::Desired;
use crate::gpo::DomainName;
use crate::problem::Problem;

/// The GPOs of one domain of a bundle, and its bootstrap.
#[derive(Debug)]
pub struct Contents {
    /// The domain.
    pub domain: DomainName,
    /// GPOs in the order of publication: settings before the task.
    pub gpos: Vec<Desired>,
    /// File name and bytes of the bootstrap.
    pub bootstrap: (String, Vec<u8>),
    /// Findings of the verification, below error.
    pub problems: Vec<Problem>,
}
