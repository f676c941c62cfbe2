//! The policies of a bundle: one set for each domain, as GPO backups and as SYSVOL trees.

use std::collections::BTreeMap;

use gangway_contract::BundleId;
use gangway_contract::manifest::{AntivirusMode, Mode};

use super::build_error::BuildError;
use super::config::{Config, Domain, ExclusionSettings, Principal, ProxySettings, RoleSettings};
use super::output::Staging;
use crate::policies::{
    self, DeployOptions, DeployTask, Exclusions, GpoError, GpoFiles, PrincipalForm, Proxies,
    Purpose, RoleExclusions, ServerTask, SettingsOptions,
};

/// What all policies of one bundle share.
pub(super) struct Common<'a> {
    pub(super) config: &'a Config,
    pub(super) mode: Mode,
    pub(super) bundle_id: &'a BundleId,
    pub(super) exe_name: &'a str,
    pub(super) output_time: i64,
}

/// A GPO that was written, as the runbook names it.
pub(super) struct Written {
    pub(super) domain: String,
    /// Folder of its backup below `gpo/<dns-name>/`.
    pub(super) folder: String,
    pub(super) display_name: String,
    /// How `--link` of `publish` calls it.
    pub(super) link_name: String,
    /// Does it hold the exclusions of a role?
    pub(super) is_for_a_role: bool,
    /// What it has servers start.
    pub(super) tasks: Vec<ServerTask>,
}

/// Writes `gpo/<dns-name>/…` for every domain of the config; the result is in the order of
/// import, settings before the task that relies on them.
pub(super) fn write(
    staging: &mut Staging,
    common: &Common<'_>,
) -> Result<Vec<Written>, BuildError> {
    let mut written = Vec::new();
    // GPOs of one domain share the files of the WMI filter, byte for byte.
    let mut files = BTreeMap::new();
    for domain in &common.config.gpo.domain {
        let fault = |source| BuildError::Gpo {
            domain: domain.dns_name.to_string(),
            source,
        };
        let gpos = policies_of(common, domain).map_err(fault)?;
        let tasks = policies::tasks(&deploy_options(common, domain)).map_err(fault)?;
        written.extend(gpos.iter().map(|gpo| Written {
            domain: domain.dns_name.to_string(),
            folder: gpo.purpose.folder(),
            display_name: gpo.display_name.clone(),
            link_name: match &gpo.purpose {
                Purpose::Exclusions(role) => format!("role:{}", role.as_str()),
                other => other.folder(),
            },
            is_for_a_role: matches!(gpo.purpose, Purpose::Exclusions(_)),
            tasks: match gpo.purpose {
                Purpose::Deploy | Purpose::Offboard => tasks.clone(),
                Purpose::Settings | Purpose::Exclusions(_) => Vec::new(),
            },
        }));
        let all = gpos.into_iter().flat_map(|gpo| gpo.files);
        files.extend(all.map(|file| (file.path, file.bytes)));
    }
    for (path, bytes) in &files {
        staging.write(path, bytes)?;
    }
    Ok(written)
}

fn policies_of(common: &Common<'_>, domain: &Domain) -> Result<Vec<GpoFiles>, GpoError> {
    let mut gpos = Vec::new();
    // An offboarding bundle takes no setting away and brings none; a precheck changes nothing.
    let settings = settings_options(common, domain);
    if common.mode == Mode::Onboard && writes_a_value(&settings) {
        gpos.extend(policies::settings(&settings)?);
    }
    gpos.push(policies::deploy(&deploy_options(common, domain))?);
    Ok(gpos)
}

fn deploy_options(common: &Common<'_>, domain: &Domain) -> DeployOptions {
    let gpo = &common.config.gpo;
    DeployOptions {
        include_domain_controllers: domain.include_domain_controllers,
        principal: match gpo.principal {
            Principal::Name => PrincipalForm::Name,
            Principal::Sid => PrincipalForm::Sid,
        },
        report_every_days: common.config.report_every_days,
        identity: common.config.organization.identity().to_owned(),
        task: match common.mode {
            Mode::Precheck => DeployTask::Precheck,
            Mode::Onboard => DeployTask::Onboard,
            Mode::Offboard => DeployTask::Offboard,
        },
        ..DeployOptions::new(
            common.config.organization.name.clone(),
            domain.dns_name.clone(),
            common.bundle_id.clone(),
            common.exe_name.to_owned(),
            common.output_time,
        )
    }
}

fn settings_options(common: &Common<'_>, domain: &Domain) -> SettingsOptions {
    let config = common.config;
    let given = &config.gpo.settings;
    SettingsOptions {
        identity: config.organization.identity().to_owned(),
        include_domain_controllers: domain.include_domain_controllers,
        antivirus_mode: config.onboard.antivirus_mode,
        device_tag: config.onboard.device_tag.clone(),
        sample_collection: given.sample_collection,
        proxies: proxies(&given.proxy),
        exclusions: exclusions(&given.exclusions),
        role_exclusions: role_exclusions(&given.role),
        ..SettingsOptions::new(
            config.organization.name.clone(),
            domain.dns_name.clone(),
            common.bundle_id.clone(),
            common.output_time,
        )
    }
}

/// Proxies as the config has them.
pub(super) fn proxies(given: &ProxySettings) -> Proxies {
    Proxies {
        sensor: given.sensor.clone(),
        disable_enterprise_auth: given.disable_enterprise_auth,
        prefer_static: given.prefer_static,
        machine: given.machine(),
        antivirus: given.antivirus.clone(),
        antivirus_bypass: given.antivirus_bypass.clone(),
    }
}

/// Exclusions of server roles as the config has them.
pub(super) fn role_exclusions(given: &[RoleSettings]) -> Vec<RoleExclusions> {
    let of = |role: &RoleSettings| RoleExclusions {
        role: role.name.clone(),
        exclusions: Exclusions {
            paths: role.paths.clone(),
            extensions: role.extensions.clone(),
            processes: role.processes.clone(),
        },
    };
    given.iter().map(of).collect()
}

/// Exclusions of every server as the config has them.
pub(super) fn exclusions(given: &ExclusionSettings) -> Exclusions {
    Exclusions {
        paths: given.paths.clone(),
        extensions: given.extensions.clone(),
        processes: given.processes.clone(),
    }
}

/// A GPO without a value would be linked, processed and mean nothing.
fn writes_a_value(settings: &SettingsOptions) -> bool {
    settings.antivirus_mode != AntivirusMode::Auto
        || settings.device_tag.is_some()
        || settings.sample_collection.is_some()
        || settings.proxies != Proxies::default()
        || settings.exclusions != Exclusions::default()
        || !settings.role_exclusions.is_empty()
}
