//! Configurations of PowerShell DSC: the resource `Script`, whose test looks at what the sensor writes.
//! The resource `Registry` would write it, and so forge what it is asked about.

use askama::Template;
use gangway_contract::{BundleId, ExitCode};

use super::literal::PowerShell;
use super::outcome::Outcome;
use super::{CONTENT, Deployment, OFFBOARD, Program, ToolFile, filled, local_folder, status_path};

/// Name of the configuration that onboards.
pub const CONFIGURATION: &str = "GangwayOnboarding";

#[derive(Template)]
#[template(path = "packages/Gangway.ps1", escape = "none")]
struct Configuration {
    file_name: &'static str,
    configuration: &'static str,
    folder: &'static str,
    verb: &'static str,
    wanted_is_onboarded: bool,
    tenant: PowerShell,
    status_path: PowerShell,
    program: PowerShell,
    program_sha256: PowerShell,
    local_folder: PowerShell,
    return_codes: Vec<ReturnCode>,
}

struct ReturnCode {
    number: i32,
    outcome: Outcome,
    meaning: PowerShell,
}

/// The files of the folder for DSC.
///
/// # Errors
/// A template cannot be filled.
pub fn dsc(of: &Deployment) -> Result<Vec<ToolFile>, askama::Error> {
    let onboard = Configuration {
        file_name: "Onboard.ps1",
        configuration: CONFIGURATION,
        folder: CONTENT,
        verb: "onboard",
        wanted_is_onboarded: true,
        ..configuration(of, &of.bundle_id, &of.program)
    };
    let mut files = vec![filled(onboard.file_name, &onboard)?];
    if let Some(removal) = &of.removal {
        let offboard = Configuration {
            file_name: "Offboard.ps1",
            configuration: "GangwayOffboarding",
            folder: OFFBOARD,
            verb: "offboard",
            ..configuration(of, &removal.bundle_id, &removal.program)
        };
        files.push(filled(offboard.file_name, &offboard)?);
    }
    Ok(files)
}

/// What both have, with nothing to do yet.
fn configuration(of: &Deployment, bundle_id: &BundleId, program: &Program) -> Configuration {
    let text = PowerShell::text;
    Configuration {
        file_name: "",
        configuration: "",
        folder: "",
        verb: "",
        wanted_is_onboarded: false,
        tenant: text(of.tenant.as_str()),
        status_path: text(&status_path()),
        program: text(&program.name),
        program_sha256: text(&program.sha256.to_string()),
        local_folder: text(&local_folder(bundle_id)),
        return_codes: ExitCode::ALL
            .map(|code| ReturnCode {
                number: code.number(),
                outcome: Outcome::of(code),
                meaning: text(code.meaning()),
            })
            .into(),
    }
}
