//! What servers without the internet would still miss: the updates that the agent needs and
//! `Install.ps1` would download, held against what was given.

use gangway_contract::manifest::Role;
use gangway_contract::update::{self, Update};

use super::{Inspection, Kind, codes};
use crate::problem::Problem;

/// Updates that 2012 R2 needs before the agent, with the download that `Install.ps1` would
/// fetch. A server with the monthly rollup of October 2021 (KB5006714) or later has them all.
const FOR_2012_R2: [(Update, &str); 3] = [
    (
        update::UNIVERSAL_CRT,
        "https://download.microsoft.com/download/D/1/3/D13E3150-3BB2-4B22-9D8A-47EE2D609FFF/Windows8.1-KB2999226-x64.msu",
    ),
    (
        update::TELEMETRY_2012_R2,
        "https://download.microsoft.com/download/A/3/E/A3E82C15-7762-4104-B969-6A486C49DB8D/Windows8.1-KB3080149-x64.msu",
    ),
    (
        update::KERNEL_2012_R2,
        "https://download.microsoft.com/download/3/9/E/39EAFBBF-A801-4D79-B2B1-DAC4673AFB09/Windows8.1-KB3045999-x64.msu",
    ),
];

/// Updates that 2008 R2 SP1 needs before any SHA-2 signed program.
const FOR_2008_R2: [(Update, &str); 2] = [
    (
        update::SHA2_2008_R2,
        "Microsoft Update Catalog, release of 2019-09-10 or later",
    ),
    (
        update::SERVICING_STACK_2008_R2,
        "Microsoft Update Catalog (servicing stack)",
    ),
];

/// Where the platform update comes from.
const PLATFORM_UPDATE: &str = "https://go.microsoft.com/fwlink/?linkid=870379&arch=x64";

/// Tells what closed networks would miss. Pure.
pub(super) fn problems(inspection: &Inspection) -> Vec<Problem> {
    let mut problems = Vec::new();
    let agents = inspection.of_role(Role::Agent);
    let needed = agents
        .filter_map(|item| match &item.kind {
            Kind::Agent {
                platform_version, ..
            } => Some((item.path.as_str(), platform_version.as_deref())),
            _ => None,
        })
        .next();
    if let Some((path, platform)) = needed {
        problems.extend(platform_problem(inspection, path, platform));
        problems.extend(missing_updates(
            inspection,
            &FOR_2012_R2,
            "Server 2012 R2",
            path,
        ));
    }
    if let Some(tool) = inspection.of_role(Role::DeploymentTool).next() {
        problems.extend(missing_updates(
            inspection,
            &FOR_2008_R2,
            "Server 2008 R2 SP1",
            &tool.path,
        ));
    }
    problems
}

fn platform_problem(inspection: &Inspection, agent: &str, needed: Option<&str>) -> Option<Problem> {
    let given = inspection
        .of_role(Role::PlatformUpdate)
        .find_map(|item| Some((item.path.as_str(), item.kind.version()?)));
    let needed = needed?;
    match given {
        None => Some(
            Problem::new(
                &codes::NO_PLATFORM_UPDATE,
                agent,
                "Server 2016 without the internet may need a platform update that is not among \
                 the downloads",
                "for closed networks add `UpdatePlatform.exe`",
            )
            .with_evidence(format!(
                "`MPCLIENT.DLL` in the agent is {needed}: the server's platform has to be at \
                 least that"
            ))
            .with_evidence(format!("download: {PLATFORM_UPDATE}")),
        ),
        Some((path, version)) if parts(version) < parts(needed) => Some(
            Problem::new(
                &codes::OLD_PLATFORM_UPDATE,
                path,
                "the platform update is older than the platform that the agent needs",
                "download the current `UpdatePlatform.exe`",
            )
            .with_evidence(format!(
                "found {version}; `MPCLIENT.DLL` in `{agent}` is {needed}"
            ))
            .with_evidence(format!("download: {PLATFORM_UPDATE}")),
        ),
        Some(_) => None,
    }
}

/// A version as numbers; parts that are none count as zero.
fn parts(version: &str) -> Vec<u64> {
    version
        .split('.')
        .map(|part| part.parse().unwrap_or_default())
        .collect()
}

fn missing_updates(
    inspection: &Inspection,
    needed: &[(Update, &str)],
    product: &str,
    subject: &str,
) -> Option<Problem> {
    let is_given = |update: &Update| {
        inspection
            .of_role(Role::Hotfix)
            .any(|item| match &item.kind {
                Kind::Hotfix { kb, system, .. } => kb == update.article && system == update.system,
                _ => false,
            })
    };
    let missing: Vec<&(Update, &str)> = needed
        .iter()
        .filter(|(update, _)| !is_given(update))
        .collect();
    (!missing.is_empty()).then(|| {
        let problem = Problem::new(
            &codes::MISSING_UPDATES,
            subject,
            format!("{product} without these updates and the internet could not be onboarded"),
            "for closed networks add the updates; fully patched servers have them",
        );
        missing.iter().fold(problem, |problem, (update, from)| {
            problem.with_evidence(format!("{}: {from}", update.article))
        })
    })
}
