//! Server 2012 R2: all that may ask for a restart before the agent, and what an antivirus without
//! automatic exclusions may harm.

use crate::facts::{Facts, ProductType};
use crate::manifest::Manifest;
use crate::plan::obstacles::{Obstacles, Stop};
use crate::plan::steps;
use crate::reason::Reason;
use crate::step::{Change, CheckedFile, Step};
use crate::update::{self, Update};
use crate::version::Version;

use super::unified_agent::antivirus_policy;

/// Updates that the agent needs on Server 2012 R2: file, lowest version, update.
const UPDATES_2012_R2: [(CheckedFile, Version, Update); 3] = [
    (
        CheckedFile::Ucrtbase,
        Version::new(0, 0, 0, 0),
        update::UNIVERSAL_CRT,
    ),
    (
        CheckedFile::Tdh,
        Version::new(6, 3, 9600, 17958),
        update::TELEMETRY_2012_R2,
    ),
    (
        CheckedFile::Ntoskrnl,
        Version::new(6, 3, 9600, 17736),
        update::KERNEL_2012_R2,
    ),
];

/// Server 2012 R2 has no automatic exclusions for roles: an active antivirus without any
/// would slow or break them. Of one of which nobody can tell whether it will be active nothing
/// is said.
pub(super) fn role_exclusions(facts: &Facts, passive: Option<bool>) -> Result<(), Stop> {
    let roles = &facts.roles;
    let mut found: Vec<String> = [
        (
            facts.os.product_type.is(&ProductType::DomainController),
            "domain controller",
        ),
        (roles.cluster_node.holds(), "failover cluster"),
        (roles.hyper_v.holds(), "Hyper-V"),
        (roles.exchange.holds(), "Exchange"),
    ]
    .into_iter()
    .filter(|(has, _)| *has)
    .map(|(_, role)| role.to_owned())
    .collect();
    found.extend(roles.others.value().into_iter().flatten().cloned());
    let excluded = facts
        .antivirus
        .policy_exclusions
        .value()
        .is_some_and(|count| *count > 0);
    if passive != Some(false) || excluded || found.is_empty() {
        return Ok(());
    }
    Err(Stop::new(
        Reason::RoleExclusionsMissing,
        format!("roles: {}", found.join(", ")),
    ))
}

/// Server 2012 R2: all that may ask for a restart before the agent.
pub(super) fn servicing_2012_r2(
    manifest: &Manifest,
    facts: &Facts,
    obstacles: &mut Obstacles,
) -> Vec<Step> {
    if !facts.sensor.service.is_absent() {
        return Vec::new();
    }
    obstacles.met(antivirus_policy(facts));
    let mut list = Vec::new();
    for (file, version, update) in UPDATES_2012_R2 {
        let fact = file.version(facts);
        if fact.unreadable().is_some() {
            obstacles.push(Stop::unreadable(file.as_str(), fact));
            continue;
        }
        let change = Change::FileAtLeast { file, version };
        if !change.holds(facts) {
            let why = match fact.value() {
                Some(found) => format!("`{file}` {found} is below {version}"),
                None => format!("`{file}` is missing"),
            };
            list.extend(obstacles.met(steps::hotfix(manifest, update, why, change)));
        }
    }
    if facts.antivirus.leftover.holds() {
        list.push(steps::remove_leftover(
            "`WinDefend` is left behind without its drivers".to_owned(),
        ));
    }
    list
}
