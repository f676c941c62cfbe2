//! What a bundle wants to have published.

use gangway_contract::manifest::Mode;

use super::Campaign;
use super::plan::Desired;
use crate::gpo::{DomainName, Guid, own};
use crate::problem::Problem;

/// The GPOs of one domain of a bundle, and its bootstrap.
#[derive(Debug)]
pub struct Contents {
    /// What stands for the organisation in the GUIDs of its GPOs.
    pub identity: String,
    /// What its bootstrap does.
    pub mode: Mode,
    /// DNS name of the domain that they are for.
    pub domain: DomainName,
    /// GPOs in the order of publication: settings before the task.
    pub gpos: Vec<Desired>,
    /// Name or SID of the group whose members the onboarding task does not reach.
    pub exclude_group: Option<String>,
    /// File name and bytes of the bootstrap.
    pub bootstrap: (String, Vec<u8>),
    /// Findings of the verification, below error.
    pub problems: Vec<Problem>,
}

impl Contents {
    /// The GPO with the task, by which the campaign is known.
    pub(super) fn task(&self) -> Option<&Desired> {
        let is_task = |gpo: &&Desired| [own::DEPLOY, own::OFFBOARD].contains(&gpo.purpose.as_str());
        self.gpos.iter().find(is_task)
    }

    /// Identity of a GPO of this organisation in this domain.
    pub(super) fn id_of(&self, purpose: &str) -> Guid {
        own::gpo_id(&self.identity, &self.domain, purpose)
    }

    /// Every campaign that this organisation can have in this domain.
    pub(super) fn campaigns(&self) -> Vec<Campaign> {
        let of = |purpose, name: &str| {
            let domain = self.domain.to_string();
            Campaign::new(self.id_of(purpose), name.to_owned(), domain)
        };
        vec![
            of(own::DEPLOY, "Gangway Deploy"),
            of(own::OFFBOARD, "Gangway Offboard"),
        ]
    }

    /// Name of the files that keep what was there before.
    pub(super) fn state_name(&self) -> String {
        let campaign = self.task().map_or(own::DEPLOY, |gpo| gpo.purpose.as_str());
        format!("{}.{campaign}", self.domain)
    }
}
