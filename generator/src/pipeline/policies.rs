//! The policies of a bundle: one set for each domain, as GPO backups and as SYSVOL trees.

use std::collections::BTreeMap;

use gangway_contract::BundleId;
use gangway_contract::manifest::Mode;

use super::build::BuildError;
use super::config::{Config, Principal};
use super::output::Staging;
use crate::gpo::{self, DeployOptions, DeployTask, PrincipalForm};

/// Writes `gpo/<dns-name>/…` for every domain of the config.
pub(super) fn write(
    staging: &mut Staging,
    config: &Config,
    mode: Mode,
    bundle_id: &BundleId,
    exe_name: &str,
    output_time: i64,
) -> Result<(), BuildError> {
    // GPOs of one domain share the files of the WMI filter, byte for byte.
    let mut files = BTreeMap::new();
    for domain in &config.gpo.domain {
        let options = DeployOptions {
            include_domain_controllers: domain.include_domain_controllers,
            principal: match config.gpo.principal {
                Principal::Name => PrincipalForm::Name,
                Principal::Sid => PrincipalForm::Sid,
            },
            heartbeat: config.gpo.heartbeat,
            task: match mode {
                Mode::Precheck => DeployTask::Precheck,
                Mode::Onboard => DeployTask::Onboard,
                Mode::Offboard => DeployTask::Offboard,
            },
            ..DeployOptions::new(
                config.organization.name.clone(),
                domain.dns_name.clone(),
                bundle_id.clone(),
                exe_name.to_owned(),
                output_time,
            )
        };
        let gpo = gpo::deploy(&options).map_err(|source| BuildError::Gpo {
            domain: domain.dns_name.to_string(),
            source,
        })?;
        files.extend(gpo.files.into_iter().map(|file| (file.path, file.bytes)));
    }
    for (path, bytes) in &files {
        staging.write(path, bytes)?;
    }
    Ok(())
}
