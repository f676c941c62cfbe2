//! What an administrator imports into Configuration Manager.
//!
//! Cmdlets, parameters and their values: reference of the module `ConfigurationManager`
//! (`New-CMApplication`, `Add-CMScriptDeploymentType`, `New-CMDetectionClauseRegistryKeyValue`,
//! `Add-CMDeploymentTypeReturnCode`). Script detection: "Create applications", custom script detection
//! methods.

use askama::Template;
use gangway_contract::{ExitCode, document};
use serde::Serialize;

use super::literal::PowerShell;
use super::outcome::Outcome;
use super::{CONTENT, Deployment, OFFBOARD, Program, ToolFile, filled, status_key, status_path};

#[derive(Template)]
#[template(path = "packages/Import-Application.ps1", escape = "none")]
struct Import {
    name: PowerShell,
    organization: PowerShell,
    version: PowerShell,
    description: PowerShell,
    tenant: PowerShell,
    status_key: PowerShell,
    program: PowerShell,
    program_sha256: PowerShell,
    install_command: PowerShell,
    runtime_minutes: u32,
    removal: Option<Uninstall>,
    return_codes: Vec<ReturnCode>,
}

struct Uninstall {
    program: PowerShell,
    program_sha256: PowerShell,
    command: PowerShell,
}

struct ReturnCode {
    number: i32,
    kind: PowerShell,
    name: PowerShell,
    meaning: PowerShell,
}

#[derive(Template)]
#[template(path = "packages/Test-Onboarded.ps1", escape = "none")]
struct Detection {
    status_path: PowerShell,
    tenant: PowerShell,
}

/// The same facts for those who import by other means.
#[derive(Serialize)]
struct Application<'a> {
    schema: u32,
    name: &'a str,
    publisher: &'a str,
    version: String,
    bundle_id: &'a str,
    install: Command<'a>,
    uninstall: Option<Command<'a>>,
    maximum_runtime_minutes: u32,
    detection: [RegistryRule<'a>; 2],
    return_codes: Vec<Return>,
}

#[derive(Serialize)]
struct Command<'a> {
    content: &'static str,
    command: String,
    program_sha256: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bundle_id: Option<&'a str>,
}

#[derive(Serialize)]
struct RegistryRule<'a> {
    key: String,
    value: &'static str,
    r#type: &'static str,
    equals: &'a str,
    is_64_bit: bool,
}

#[derive(Serialize)]
struct Return {
    code: i32,
    r#type: &'static str,
    meaning: &'static str,
}

/// The files of the folder for Configuration Manager.
///
/// # Errors
/// A template cannot be filled.
pub fn configuration_manager(of: &Deployment) -> Result<Vec<ToolFile>, askama::Error> {
    let name = format!(
        "Onboarding to Microsoft Defender for Endpoint ({})",
        of.organization
    );
    let detection = Detection {
        status_path: PowerShell::text(&status_path()),
        tenant: PowerShell::text(of.tenant.as_str()),
    };
    Ok(vec![
        filled("Import-Application.ps1", &import(of, &name))?,
        filled("Test-Onboarded.ps1", &detection)?,
        ToolFile {
            name: "application.json",
            content: application(of, &name),
        },
    ])
}

/// The command lines run in the folder with program and payloads.
fn install_command(program: &Program) -> String {
    format!("{} onboard --source .", program.name)
}

fn uninstall_command(program: &Program) -> String {
    format!("{} offboard --source .", program.name)
}

fn import(of: &Deployment, name: &str) -> Import {
    let text = PowerShell::text;
    Import {
        name: text(name),
        organization: text(&of.organization),
        version: text(&of.sequence.to_string()),
        description: text(&format!("gangway bundle {}", of.bundle_id)),
        tenant: text(of.tenant.as_str()),
        status_key: text(&status_key()),
        program: text(&of.program.name),
        program_sha256: text(&of.program.sha256.to_string()),
        install_command: text(&install_command(&of.program)),
        runtime_minutes: of.runtime_minutes,
        removal: of.removal.as_ref().map(|removal| Uninstall {
            program: text(&removal.program.name),
            program_sha256: text(&removal.program.sha256.to_string()),
            command: text(&uninstall_command(&removal.program)),
        }),
        return_codes: own_codes().map(of_import).collect(),
    }
}

fn application(of: &Deployment, name: &str) -> String {
    let rule = |value, r#type, equals| RegistryRule {
        key: format!(r"HKEY_LOCAL_MACHINE\{}", status_key()),
        value,
        r#type,
        equals,
        is_64_bit: true,
    };
    let application = Application {
        schema: 1,
        name,
        publisher: &of.organization,
        version: of.sequence.to_string(),
        bundle_id: of.bundle_id.as_str(),
        install: Command {
            content: CONTENT,
            command: install_command(&of.program),
            program_sha256: of.program.sha256.to_string(),
            expires_at: None,
            bundle_id: None,
        },
        uninstall: of.removal.as_ref().map(|removal| Command {
            content: OFFBOARD,
            command: uninstall_command(&removal.program),
            program_sha256: removal.program.sha256.to_string(),
            expires_at: Some(removal.expires_at),
            bundle_id: Some(removal.bundle_id.as_str()),
        }),
        maximum_runtime_minutes: of.runtime_minutes,
        detection: [
            rule("OnboardingState", "REG_DWORD", "1"),
            rule("OrgId", "REG_SZ", of.tenant.as_str()),
        ],
        return_codes: ExitCode::ALL.map(of_document).into(),
    };
    String::from_utf8_lossy(&document::to_bytes(&application)).into_owned()
}

/// Those that a new deployment type does not have: 0 is among its own.
fn own_codes() -> impl Iterator<Item = ExitCode> {
    ExitCode::ALL
        .into_iter()
        .filter(|code| *code != ExitCode::Good)
}

fn of_import(code: ExitCode) -> ReturnCode {
    ReturnCode {
        number: code.number(),
        kind: PowerShell::text(Outcome::of(code).of_configuration_manager()),
        name: PowerShell::text(&format!("gangway {}", code.number())),
        meaning: PowerShell::text(code.meaning()),
    }
}

fn of_document(code: ExitCode) -> Return {
    Return {
        code: code.number(),
        r#type: Outcome::of(code).of_configuration_manager(),
        meaning: code.meaning(),
    }
}
