//! Playbooks for Ansible.
//!
//! Modules, options and what they return: reference of the collection `ansible.windows`
//! (`win_reg_stat`, `win_file`, `win_copy`, `win_package`, `win_reboot`).

use askama::Template;
use gangway_contract::{BundleId, ExitCode};

use super::literal::Yaml;
use super::outcome::Outcome;
use super::{CONTENT, Deployment, OFFBOARD, Program, ToolFile, filled, local_folder, status_path};

#[derive(Template)]
#[template(path = "packages/playbook.yml", escape = "none", syntax = "ansible")]
struct Playbook {
    file_name: &'static str,
    title: &'static str,
    folder: &'static str,
    verb: &'static str,
    condition: &'static str,
    organization: Yaml,
    bundle_id: Yaml,
    tenant: Yaml,
    program: Yaml,
    program_sha256: Yaml,
    remote_folder: Yaml,
    status_path: Yaml,
    return_codes: Vec<ReturnCode>,
    accepted_codes: String,
    waiting: i32,
    restart: i32,
}

struct ReturnCode {
    number: i32,
    meaning: Yaml,
}

/// The files of the folder for Ansible.
///
/// # Errors
/// A template cannot be filled.
pub fn ansible(of: &Deployment) -> Result<Vec<ToolFile>, askama::Error> {
    let onboard = Playbook {
        file_name: "onboard.yml",
        title: "Onboard Windows Servers to Microsoft Defender for Endpoint",
        folder: CONTENT,
        verb: "onboard",
        condition: "gangway_status.OnboardingState.value | default(0) == 1 and \
                    gangway_status.OrgId.value | default('') | lower == gangway_tenant",
        ..playbook(of, &of.bundle_id, &of.program)
    };
    let mut files = vec![filled(onboard.file_name, &onboard)?];
    if let Some(removal) = &of.removal {
        let offboard = Playbook {
            file_name: "offboard.yml",
            title: "Take Windows Servers out of Microsoft Defender for Endpoint",
            folder: OFFBOARD,
            verb: "offboard",
            condition: "gangway_status.OnboardingState.value | default(0) != 1",
            ..playbook(of, &removal.bundle_id, &removal.program)
        };
        files.push(filled(offboard.file_name, &offboard)?);
    }
    Ok(files)
}

/// What both have, with nothing to do yet.
fn playbook(of: &Deployment, bundle_id: &BundleId, program: &Program) -> Playbook {
    let accepted: Vec<String> = ExitCode::ALL
        .into_iter()
        .filter(|code| Outcome::of(*code) != Outcome::Failure)
        .map(|code| code.number().to_string())
        .collect();
    let text = Yaml::text;
    Playbook {
        file_name: "",
        title: "",
        folder: "",
        verb: "",
        condition: "",
        organization: text(&of.organization),
        bundle_id: text(bundle_id.as_str()),
        tenant: text(of.tenant.as_str()),
        program: text(&program.name),
        program_sha256: text(&program.sha256.to_string()),
        remote_folder: text(&format!(r"C:\Program Files\{}", local_folder(bundle_id))),
        status_path: text(&status_path()),
        return_codes: ExitCode::ALL
            .map(|code| ReturnCode {
                number: code.number(),
                meaning: text(code.meaning()),
            })
            .into(),
        accepted_codes: format!("[{}]", accepted.join(", ")),
        waiting: ExitCode::Waiting.number(),
        restart: ExitCode::PendingReboot.number(),
    }
}
