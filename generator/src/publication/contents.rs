//! What a bundle wants to have published.

use super::plan::Desired;
use crate::gpo::DomainName;
use crate::problem::Problem;

/// The GPOs of one domain of a bundle, and its bootstrap.
#[derive(Debug)]
pub struct Contents {
    /// DNS name of the domain that they are for.
    pub domain: DomainName,
    /// GPOs in the order of publication: settings before the task.
    pub gpos: Vec<Desired>,
    /// File name and bytes of the bootstrap.
    pub bootstrap: (String, Vec<u8>),
    /// Findings of the verification, below error.
    pub problems: Vec<Problem>,
}

impl Contents {
    /// The GPO with the task, by which the campaign is known.
    pub(super) fn task(&self) -> Option<&Desired> {
        let is_task = |gpo: &&Desired| ["deploy", "offboard"].contains(&gpo.purpose.as_str());
        self.gpos.iter().find(is_task)
    }

    /// Name of the files that keep what was there before.
    pub(super) fn state_name(&self) -> String {
        let campaign = self.task().map_or("deploy", |gpo| gpo.purpose.as_str());
        format!("{}.{campaign}", self.domain)
    }
}
