//! From a step to the programs that carry it out. Command lines are built here and nowhere
//! else.

use gangway_contract::WorkspaceId;
use gangway_contract::apply::{Direction, Effect, RegistryValue};
use gangway_contract::manifest::{Cloud, Manifest, SensorSource};
use gangway_contract::step::{
    ANTIVIRUS_TOOL, Action, POWERSHELL, PastLimit, Program, SCEP_SETUP, Step, StepKind,
};

use crate::machine::{Command, Folders, Origin};

/// Seconds between the request for a restart and the restart: the run ends and reports before.
const RESTART_DELAY_S: u32 = 60;

/// How a step is carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Work {
    /// Programs, one after the other; the first code other than zero ends them.
    Run(Vec<Command>),
    /// A registry value.
    Value(RegistryValue),
    /// The identity of the sensor.
    Identity(RegistryValue),
    /// A blob, effect by effect.
    Apply(Application),
    /// By its short name, through the service control manager.
    StartService(&'static str),
    /// End of a leftover service entry.
    DeleteService(&'static str),
}

/// How a blob is applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// Which blob.
    pub direction: Direction,
    /// File name of the payload that holds it.
    pub payload: String,
    /// What is done, in order.
    pub effects: Vec<Effect>,
}

/// The work of a step.
///
/// # Errors
/// A name in the manifest or in the facts cannot stand on a command line.
pub fn work(
    step: &Step,
    manifest: &Manifest,
    folders: &Folders,
    workspace_key: Option<&str>,
) -> Result<Work, String> {
    let system = &folders.system;
    let release = folders.release(manifest.release_id.as_str());
    let copy = |name: &str| format!(r"{release}\{name}");
    let start = |program: String, origin, arguments: String| {
        Ok(Work::Run(vec![Command {
            program,
            origin,
            arguments,
            limit_s: step.limit_s,
            past_limit: step.past_limit,
        }]))
    };
    let one = |program, arguments| start(program, Origin::Known, arguments);
    match &step.action {
        Action::InstallHotfix { payload, .. } => one(
            format!(r"{system}\wusa.exe"),
            format!("{} /quiet /norestart", quoted(&copy(payload))?),
        ),
        Action::EnableFeature => one(
            format!(r"{system}\dism.exe"),
            "/Online /Enable-Feature /FeatureName:Windows-Defender /All /NoRestart /Quiet"
                .to_owned(),
        ),
        Action::AddSensor { from } => one(format!(r"{system}\dism.exe"), add_sensor(from)?),
        Action::UpdatePlatform { payload } | Action::UpdateSensor { payload } => {
            one(copy(payload), String::new())
        }
        Action::EnableAntivirus => one(antivirus_tool(folders), "-WDEnable".to_owned()),
        Action::RemoveLeftover => Ok(Work::DeleteService("WinDefend")),
        Action::WritePassiveMode { passive } => {
            Ok(Work::Value(RegistryValue::passive_mode(*passive)))
        }
        Action::WriteIdentity { guid } => Ok(Work::Identity(RegistryValue::sensor_guid(guid))),
        Action::WriteVdiTag => Ok(Work::Value(RegistryValue::vdi_tag())),
        Action::ApplyOnboarding { payload, effects } => Ok(Work::Apply(Application {
            direction: Direction::Onboarding,
            payload: payload.clone(),
            effects: effects.clone(),
        })),
        Action::ApplyOffboarding { payload, effects } => Ok(Work::Apply(Application {
            direction: Direction::Offboarding,
            payload: payload.clone(),
            effects: effects.clone(),
        })),
        Action::RemoveWorkspaces { ids } => one(
            powershell(system),
            format!(
                "-NoProfile -NonInteractive -Command {}",
                quoted(&remove_workspaces(ids))?
            ),
        ),
        Action::RemoveScep => start(scep_setup(folders), Origin::Left, "/u /s".to_owned()),
        Action::InstallAgent { payload, passive } => one(
            format!(r"{system}\msiexec.exe"),
            install_agent(folders, &copy(payload), *passive)?,
        ),
        Action::RunInstallScript {
            script, passive, ..
        } => one(
            powershell(system),
            format!(
                "-NoProfile -NonInteractive -ExecutionPolicy RemoteSigned -File {} -NoEtl{}",
                quoted(&copy(script))?,
                if *passive { " -Passive" } else { "" }
            ),
        ),
        Action::StartSensor => Ok(Work::StartService("Sense")),
        Action::RunOnboardingScript { payload } | Action::RunOffboardingScript { payload } => one(
            format!(r"{system}\cmd.exe"),
            // /d: no AutoRun from the registry. The outer quotes are for cmd, which strips
            // the first and the last one.
            format!("/d /c \"{}\"", quoted(&copy(payload))?),
        ),
        Action::RunDeploymentTool {
            tool, passive, vdi, ..
        } => one(copy(tool), deployment_tool(&release, *passive, *vdi)?),
        Action::InstallMonitoringAgent {
            setup, workspace, ..
        } => monitoring_agent(step, manifest, &release, setup, workspace, workspace_key),
        Action::UninstallAgent { product_code } => one(
            format!(r"{system}\msiexec.exe"),
            uninstall_agent(folders, product_code)?,
        ),
        Action::Restart => one(
            format!(r"{system}\shutdown.exe"),
            // p:4:2: planned, application, installation.
            format!(
                "/r /t {RESTART_DELAY_S} /d p:4:2 /c {}",
                quoted("Gangway: a pending restart is due")?
            ),
        ),
    }
}

/// Arguments of `msiexec` for the unified agent.
fn install_agent(folders: &Folders, package: &str, passive: bool) -> Result<String, String> {
    let mode = if passive { " FORCEPASSIVEMODE=1" } else { "" };
    Ok(format!(
        "/i {} /quiet /norestart /l*v {}{mode}",
        quoted(package)?,
        quoted(&log_path(folders, "install-agent"))?,
    ))
}

/// Arguments of `msiexec` that remove it; the code comes from the registry.
fn uninstall_agent(folders: &Folders, product_code: &str) -> Result<String, String> {
    if !is_guid(product_code.trim_start_matches('{').trim_end_matches('}')) {
        return Err(format!("`{product_code}` is no product code"));
    }
    let log = quoted(&log_path(folders, "uninstall-agent"))?;
    Ok(format!("/x {product_code} /quiet /norestart /l*v {log}"))
}

/// Arguments of the deployment tool: without -AllowReboot, and without its own resumption, for the
/// next run of this program goes on, with verified bytes.
fn deployment_tool(release: &str, passive: bool, vdi: bool) -> Result<String, String> {
    let source = quoted(&format!("-Source:{release}"))?;
    let passive = if passive { " -Passive" } else { "" };
    let vdi = if vdi { " -VDI" } else { "" };
    Ok(format!(
        "-Quiet -NoResumeAfterReboot {source}{passive}{vdi}"
    ))
}

/// DISM's words for the sensor as a capability (Microsoft's page `troubleshoot-onboarding`). From a
/// folder nothing else is asked.
fn add_sensor(from: &SensorSource) -> Result<String, String> {
    let source = match from {
        SensorSource::WindowsUpdate => String::new(),
        SensorSource::Folder(folder) => {
            format!(" /Source:{} /LimitAccess", quoted(folder.as_str())?)
        }
    };
    Ok(format!(
        "/Online /Add-Capability /CapabilityName:Microsoft.Windows.Sense.Client~~~~{source} \
         /NoRestart /Quiet"
    ))
}

/// Is this a program that carries out steps of the kind, whichever bundle planned them? Payloads
/// have the names of their downloads, so any file of the protected folder may be one.
pub fn carries_out(kind: StepKind, program: &str, folders: &Folders) -> bool {
    let is = |path: String| program.eq_ignore_ascii_case(&path);
    let payload = || {
        let folder = format!(r"{}\", folders.programs());
        let start = program.get(..folder.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(&folder))
    };
    match kind.program() {
        None => false,
        Some(Program::System(path)) => is(format!(r"{}\{path}", folders.system)),
        Some(Program::ProgramFiles(path)) => is(format!(r"{}\{path}", folders.program_files)),
        Some(Program::Payload) => payload(),
    }
}

/// Log of a Windows Installer step.
pub fn log_path(folders: &Folders, step: &str) -> String {
    format!(r"{}\{step}.log", folders.logs())
}

/// The program that follows an applied blob: the antivirus takes over what the sensor brought.
pub fn reload_engine(folders: &Folders, step: &Step) -> Command {
    Command {
        program: antivirus_tool(folders),
        origin: Origin::Known,
        arguments: "-ReloadEngine".to_owned(),
        limit_s: step.limit_s,
        past_limit: PastLimit::End,
    }
}

fn antivirus_tool(folders: &Folders) -> String {
    format!(r"{}\{ANTIVIRUS_TOOL}", folders.program_files)
}

/// The uninstaller of System Center Endpoint Protection, where that product puts it.
fn scep_setup(folders: &Folders) -> String {
    format!(r"{}\{SCEP_SETUP}", folders.program_files)
}

fn powershell(system: &str) -> String {
    format!(r"{system}\{POWERSHELL}")
}

/// A script of one line that removes workspaces through the agent's own object. An agent or a
/// workspace that is already gone is success.
fn remove_workspaces(ids: &[WorkspaceId]) -> String {
    let mut script = String::from(
        "$c = New-Object -ComObject AgentConfigManager.MgmtSvcCfg -ErrorAction SilentlyContinue; \
         if (-not $c) { exit 0 }; ",
    );
    for id in ids {
        script.push_str(&format!(
            "if ($c.GetCloudWorkspaces() | Where-Object {{ $_.workspaceId -eq '{id}' }}) \
             {{ $c.RemoveCloudWorkspace('{id}') }}; "
        ));
    }
    script.push_str("$c.ReloadConfiguration(); exit 0");
    script
}

fn monitoring_agent(
    step: &Step,
    manifest: &Manifest,
    release: &str,
    setup: &str,
    workspace: &WorkspaceId,
    key: Option<&str>,
) -> Result<Work, String> {
    // Base64 and nothing else: the key stands on a command line.
    let key = key
        .map(str::trim)
        .filter(|key| {
            !key.is_empty()
                && key
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='))
        })
        .ok_or("the workspace key is not base64")?;
    let cloud = match manifest.tenant.cloud {
        Cloud::Commercial => 0,
        Cloud::UsGovernment => 1,
    };
    let extracted = format!(r"{release}\mma");
    let command = |program: String, origin, arguments: String| Command {
        program,
        origin,
        arguments,
        limit_s: step.limit_s,
        past_limit: step.past_limit,
    };
    let mut arguments = format!(
        "/qn NOAPM=1 ADD_OPINSIGHTS_WORKSPACE=1 OPINSIGHTS_WORKSPACE_AZURE_CLOUD_TYPE={cloud} \
         OPINSIGHTS_WORKSPACE_ID={workspace} OPINSIGHTS_WORKSPACE_KEY=\"{key}\" \
         AcceptEndUserLicenseAgreement=1"
    );
    let proxy = manifest.settings.monitoring_agent.as_ref();
    if let Some(proxy) = proxy.and_then(|agent| agent.proxy.as_deref()) {
        arguments.push_str(&format!(" OPINSIGHTS_PROXY_URL={}", quoted(proxy)?));
    }
    // Extracted first: the outer program cuts long command lines.
    Ok(Work::Run(vec![
        command(
            format!(r"{release}\{setup}"),
            Origin::Known,
            format!("/c /t:{}", quoted(&extracted)?),
        ),
        command(format!(r"{extracted}\setup.exe"), Origin::Left, arguments),
    ]))
}

/// Puts quotes around an argument.
///
/// # Errors
/// It holds a quote, or ends with a backslash that would escape the closing one.
fn quoted(argument: &str) -> Result<String, String> {
    if argument.contains('"') || argument.ends_with('\\') || argument.chars().any(char::is_control)
    {
        return Err(format!("`{argument}` cannot stand on a command line"));
    }
    Ok(format!("\"{argument}\""))
}

fn is_guid(text: &str) -> bool {
    text.parse::<gangway_contract::OrgId>().is_ok()
}
