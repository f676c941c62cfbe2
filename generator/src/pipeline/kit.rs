//! The apply kit of a bundle, filled from what the policies became.

use gangway_contract::ReleaseId;

use super::build_error::BuildError;
use super::output::Staging;
use super::policies::{Common, Written};
use crate::publication::kit::{self, Kit, KitDomain, KitFilter, KitGpo};

/// Writes `publish/…`.
pub(super) fn write(
    staging: &mut Staging,
    common: &Common<'_>,
    release_id: &ReleaseId,
    policies: &[Written],
    has_admx: bool,
) -> Result<(), BuildError> {
    let mut domains: Vec<KitDomain> = Vec::new();
    for policy in policies {
        if domains
            .last()
            .is_none_or(|domain| domain.name != policy.domain)
        {
            let filter = &policy.filter;
            domains.push(KitDomain {
                name: policy.domain.clone(),
                filter: KitFilter {
                    id: filter.id.to_string(),
                    name: filter.name.clone(),
                    description: filter.description.clone(),
                    author: filter.author.clone(),
                    date: filter.change_date.clone(),
                    parm2: filter.parm2(),
                },
                gpos: Vec::new(),
            });
        }
        if let Some(domain) = domains.last_mut() {
            domain.gpos.push(KitGpo {
                name: policy.display_name.clone(),
                backup_id: policy.backup_id.clone(),
                folder: policy.folder.clone(),
                is_task: policy.is_task,
            });
        }
    }
    let kit = Kit {
        bundle_id: common.bundle_id.to_string(),
        release_id: release_id.to_string(),
        exe_name: common.exe_name.to_owned(),
        share_root: common.config.settings.release_root.clone(),
        report_root: common.config.settings.report_root.clone(),
        domains,
        has_admx,
    };
    for file in kit::write(&kit)? {
        staging.write(&file.path, &file.bytes)?;
    }
    Ok(())
}
