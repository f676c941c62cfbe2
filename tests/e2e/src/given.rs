//! Conditions of a scenario: what is special about one server or its share.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use anyhow::{Context as _, Result};
use gangway_fixtures::blob::{BlobSpec, Service as BlobService};
use gangway_fixtures::script::ScriptSpec;

use crate::bundle::{Bundle, RELEASES};
use crate::deployment::Deployment;
use crate::required;
use crate::server::{Program, SENSE_EXE, SENSE_VERSION, Sense, ServerBuilder, Service};
use crate::wine::Value;

/// What a foreign script leaves on drive C: when it is executed.
pub(crate) const FOREIGN_MARK: &str = "foreign-was-here.txt";

const SENSOR_POLICY: &str = r"Software\Policies\Microsoft\Windows Advanced Threat Protection";
const TAGGING: &str =
    r"Software\Policies\Microsoft\Windows Advanced Threat Protection\DeviceTagging";
const DATA_COLLECTION: &str = r"Software\Policies\Microsoft\Windows\DataCollection";
const DEFENDER: &str = r"Software\Microsoft\Windows Defender";
const DEFENDER_POLICY: &str = r"Software\Policies\Microsoft\Windows Defender";
const CURRENT_VERSION: &str = r"Software\Microsoft\Windows\CurrentVersion";
const WORKSPACES: &str =
    r"System\CurrentControlSet\Services\HealthService\Parameters\Service Connector Services";

/// 2020-01-01 00:00:00 UTC.
const FILETIME_2020: u64 = 132_223_104_000_000_000;

/// Order that hands a call over to Wine's own installer.
const REAL_INSTALLER: &str = r"run=C:\standins\msiexec.exe";
/// Image of the antivirus service, its path given without the drive.
const ANTIVIRUS: &str = "Program Files/Windows Defender/MsMpEng.exe";

/// Folder of everything that the bootstrap runs, its path given without the drive.
const PROTECTED: &str = "Program Files/Gangway";

/// One condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Given {
    /// Onboarded to the bundle's tenant, the sensor runs.
    Onboarded,
    /// Onboarded to another tenant.
    OnboardedElsewhere,
    /// Onboarded to the bundle's tenant by a blob of the other class of service addresses.
    OnboardedStandard,
    /// The sensor has an identity that no name makes.
    Identity,
    /// An offboarding blob of earlier times is in the policy key.
    OffboardingBlob,
    /// The machine's WinHTTP proxy, and the hosts past it.
    MachineProxy(&'static str, &'static str),
    /// Policy `DisableEnterpriseAuthProxy`.
    AuthProxyPolicy(u32),
    /// The sensor is installed, not onboarded.
    SensorInstalled,
    /// The sensor service is disabled.
    SensorDisabled,
    /// Component servicing waits for a restart.
    ServicingPending,
    /// Windows Update waits for a restart.
    WindowsUpdatePending,
    /// Files wait to be renamed at the next restart.
    FileRenamesPending,
    /// Another antivirus product, told by this service.
    OtherAntivirus(&'static str),
    /// A product left this service behind, disabled.
    DisabledAntivirus(&'static str),
    /// Service `WinDefend` does not exist: the feature was removed.
    AntivirusRemoved,
    /// Service `WinDefend` is disabled.
    AntivirusDisabled,
    /// The security intelligence is of 2020.
    OldContent,
    /// The sensor has not reached its service since 2020.
    Silent,
    /// Policy `ForceDefenderPassiveMode`.
    PassivePolicy(u32),
    /// Defender Antivirus runs in passive mode.
    PassiveMode,
    /// Defender refuses changes of its settings.
    TamperProtection,
    /// Policy `DisableAntiSpyware` is 1.
    AntivirusDisabledByPolicy,
    /// Service `WinDefend` is installed and stopped; `MpCmdRun -WDEnable` starts it.
    AntivirusStopped,
    /// An old product left the entry of service `WinDefend` behind, without its drivers.
    Leftover,
    /// System Center Endpoint Protection is installed; its uninstaller works.
    Scep,
    /// The retired agent reports to this workspace.
    Workspace(&'static str),
    /// Feature `Windows-Defender` is off; enabling it ends with this code and takes effect at
    /// the next restart.
    FeatureOff(u32),
    /// The sensor is a feature on demand and not there; adding it ends with this code.
    SensorOnDemand(u32),
    /// The sensor is there, in this version.
    Sensor([u16; 4]),
    /// Nano Server, by its installation type.
    NanoServer,
    /// The payload of the feature was removed.
    FeatureRemoved,
    /// Version of the antivirus platform.
    Platform([u16; 4]),
    /// Version of a file in the system folder.
    SystemFile(&'static str, [u16; 4]),
    /// A file of this version lies in `C:\standins\new`, for orders to copy.
    NewFile(&'static str, [u16; 4]),
    /// What the agent package does: `1603`, `3010`.
    AgentResult(&'static str),
    /// Orders to a stand-in.
    Orders(&'static str, &'static str),
    /// `msiexec` says this many times that another installation runs.
    InstallerBusy(usize),
    /// `msiexec` takes this many milliseconds longer the first time.
    SlowInstaller(u32),
    /// The sample's agent package and onboarding script in `C:\by-hand`.
    Downloads,
    /// The extension of Defender for Cloud is installed.
    CloudExtension,
    /// Azure has tagged the server.
    AzureTag,
    /// `ImageState` of an image that is being built.
    ImageBuild,
    /// A deployment task sequence runs.
    TaskSequence,
    /// Windows Setup runs.
    SetupRunning,
    /// Service `LanmanServer` is stopped.
    ServerServiceStopped,
    /// The early-launch driver is disabled.
    EarlyLaunchDisabled,
    /// A server role, told by its service.
    Role(&'static str),
    /// One antivirus exclusion is set by policy.
    Exclusion,
    /// The server is a domain controller.
    DomainController,
    /// Azure Stack HCI, by its edition.
    AzureStackHci,
    /// The free Hyper-V Server, by its edition.
    HyperVServer,
    /// A bundle of this sequence has worked here.
    SequenceSeen(u32),
    /// Group Policy forbids scripts.
    ScriptsForbidden,
    /// The share's switch holds this text.
    Control(&'static str),
    /// The share has no switch.
    NoControl,
    /// What was decided for the share is this text.
    Decided(&'static str),
    /// The payload share cannot be reached.
    NoShare,
    /// The report share cannot be reached.
    NoReportShare,
    /// A byte of the payload whose name ends so is flipped.
    Flipped(&'static str),
    /// The payload whose name ends so is cut short.
    Cut(&'static str),
    /// The payload whose name ends so has bytes added.
    Longer(&'static str),
    /// The payload whose name ends so is missing.
    Missing(&'static str),
    /// The payload whose name ends so never ends.
    Endless(&'static str),
    /// The payload whose name ends so already lies in the protected folder.
    LocalCopy(&'static str),
    /// A script of somebody else lies in the protected folder in the place of the payload
    /// whose name ends so.
    ForeignCopy(&'static str),
    /// The protected folder was made by somebody who lets everybody in.
    OpenFolder,
    /// Everybody may change this file or folder on drive C:, its path given without the drive.
    Writable(&'static str),
    /// A file on drive C:, its path given without the drive, with this content.
    File(&'static str, &'static str),
    /// A stand-in sensor of this version in `C:\\standins\\new`.
    NewSensor([u16; 4]),
}

impl Given {
    /// Adds the condition to a server's description.
    ///
    /// # Errors
    /// A sample cannot be read.
    pub fn describe(self, server: ServerBuilder) -> Result<ServerBuilder> {
        let described = match self {
            Self::Onboarded => server.with_sense(onboarded(&BlobSpec::default())),
            Self::OnboardedElsewhere => server.with_sense(onboarded(&BlobSpec::other_tenant())),
            Self::OnboardedStandard => server.with_sense(onboarded(&BlobSpec {
                service: BlobService::Standard,
                ..BlobSpec::default()
            })),
            Self::Identity => server.with_registry(
                r"Software\Microsoft\Windows Advanced Threat Protection",
                "senseGuid",
                "0d15ea5e-0000-4a7b-8a55-fab21ca00001",
            ),
            Self::OffboardingBlob => {
                let name = "696C1FA1-4030-4FA4-8713-FAF9B2EA7C0A";
                server.with_registry(SENSOR_POLICY, name, "{}")
            }
            Self::MachineProxy(proxy, bypass) => server.with_machine_proxy(proxy, bypass),
            Self::AuthProxyPolicy(value) => {
                server.with_registry(DATA_COLLECTION, "DisableEnterpriseAuthProxy", value)
            }
            Self::SensorInstalled => server.with_sense(Sense::Installed),
            Self::SensorDisabled => {
                server.with_registry(r"System\CurrentControlSet\Services\Sense", "Start", 4)
            }
            Self::ServicingPending => server.with_registry(
                &format!(r"{CURRENT_VERSION}\Component Based Servicing\RebootPending"),
                "by",
                1,
            ),
            Self::WindowsUpdatePending => server.with_registry(
                &format!(r"{CURRENT_VERSION}\WindowsUpdate\Auto Update\RebootRequired"),
                "by",
                1,
            ),
            Self::FileRenamesPending => server.with_registry(
                r"System\CurrentControlSet\Control\Session Manager",
                "PendingFileRenameOperations",
                Value::Other(7, utf16("\\??\\C:\\old.txt\0\0")),
            ),
            Self::OtherAntivirus(service) => {
                server.with_service(Service::running_automatic(service))
            }
            Self::DisabledAntivirus(service) => server.with_service(Service::disabled(service)),
            Self::AntivirusRemoved => server.without_service("WinDefend"),
            Self::AntivirusDisabled => server.with_service(Service::disabled("WinDefend")),
            Self::OldContent => server.with_registry(
                &format!(r"{DEFENDER}\Signature Updates"),
                "AVSignatureApplied",
                Value::Other(3, FILETIME_2020.to_le_bytes().to_vec()),
            ),
            Self::Silent => server.with_orders("sense", "contact=never").with_registry(
                r"Software\Microsoft\Windows Advanced Threat Protection\Status",
                "LastConnected",
                Value::Other(3, FILETIME_2020.to_le_bytes().to_vec()),
            ),
            Self::PassivePolicy(value) => {
                server.with_registry(SENSOR_POLICY, "ForceDefenderPassiveMode", value)
            }
            Self::PassiveMode => server.with_registry(DEFENDER, "PassiveMode", 1),
            Self::TamperProtection => {
                server.with_registry(&format!(r"{DEFENDER}\Features"), "TamperProtection", 5)
            }
            Self::AntivirusDisabledByPolicy => {
                server.with_registry(DEFENDER_POLICY, "DisableAntiSpyware", 1)
            }
            Self::AntivirusStopped => server
                .with_service(Service::stopped("WinDefend").with_image(
                    ANTIVIRUS,
                    Program::Service,
                    [4, 18, 25020, 1009],
                ))
                .with_file("standins/windefend.cmd", b"sc start WinDefend\r\n")
                .with_orders("mpcmdrun", "script=C:\\standins\\windefend.cmd"),
            Self::Leftover => server.with_service(Service::stopped("WinDefend")),
            Self::Scep => scep(server),
            Self::Workspace(id) => server
                .with_version(
                    "Program Files/Microsoft Monitoring Agent/Agent/MonitoringHost.exe",
                    [10, 20, 18053, 0],
                )
                .with_registry(&format!(r"{WORKSPACES}\Log Analytics - {id}"), "x", 1),
            Self::FeatureOff(code) => feature_off(server, code),
            Self::SensorOnDemand(code) => sensor_on_demand(server, code),
            Self::Sensor(version) => server
                .with_program("standins/old/MsSense.exe", Program::Sense, version)
                .with_registry(
                    r"Software\Microsoft\Windows Advanced Threat Protection",
                    "InstallLocation",
                    r"C:\standins\old",
                ),
            Self::NanoServer => server.with_registry(
                r"Software\Microsoft\Windows NT\CurrentVersion",
                "InstallationType",
                "Nano Server",
            ),
            Self::FeatureRemoved => server
                .without_service("WinDefend")
                .with_orders("dism", &feature_text("Disabled with Payload Removed")),
            Self::Platform(version) => {
                server.with_service(Service::running_automatic("WinDefend").with_image(
                    ANTIVIRUS,
                    Program::Service,
                    version,
                ))
            }
            Self::SystemFile(name, version) => {
                server.with_version(&format!("windows/system32/{name}"), version)
            }
            Self::NewFile(name, version) => {
                server.with_version(&format!("standins/new/{name}"), version)
            }
            Self::AgentResult(code) => {
                server.with_registry(r"Software\GangwayTest", "MsiResult", code)
            }
            Self::Orders(program, orders) => server.with_orders(program, orders),
            Self::InstallerBusy(times) => {
                let next = times + 1;
                server.with_installer(&format!("exit=1618\n[{next}]\n{REAL_INSTALLER}"))
            }
            Self::SlowInstaller(pause_ms) => server.with_installer(&format!(
                "sleep_ms={pause_ms}\n{REAL_INSTALLER}\n[2]\n{REAL_INSTALLER}"
            )),
            Self::Downloads => {
                let agent = required::path(required::FIXTURES)?.join("downloads/md4ws.msi");
                let bytes =
                    fs::read(&agent).with_context(|| format!("read `{}`", agent.display()))?;
                server
                    .with_file("by-hand/md4ws.msi", &bytes)
                    .with_file("by-hand/onboard.cmd", &ScriptSpec::default().bytes())
            }
            Self::CloudExtension => server.with_file(
                "Packages/Plugins/Microsoft.Azure.AzureDefenderForServers.MDE.Windows/1.0.10.0/x",
                b"",
            ),
            Self::AzureTag => server.with_registry(TAGGING, "AzureResourceId", "/subscriptions/1"),
            Self::ImageBuild => server.with_registry(
                &format!(r"{CURRENT_VERSION}\Setup\State"),
                "ImageState",
                "IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE",
            ),
            Self::TaskSequence => server.with_service(Service::running_automatic("smstsmgr")),
            Self::SetupRunning => server.with_registry(r"System\Setup", "SystemSetupInProgress", 1),
            Self::ServerServiceStopped => server.with_service(Service::stopped("LanmanServer")),
            Self::EarlyLaunchDisabled => server.with_service(Service::disabled("WdBoot")),
            Self::Role(service) => server.with_service(Service::stopped(service)),
            Self::Exclusion => server.with_registry(
                &format!(r"{DEFENDER_POLICY}\Exclusions\Paths"),
                r"D:\data",
                "0",
            ),
            Self::DomainController => server.with_registry(
                r"System\CurrentControlSet\Control\ProductOptions",
                "ProductType",
                "LanmanNT",
            ),
            Self::AzureStackHci => edition(server, "ServerAzureStackHCICor"),
            Self::HyperVServer => edition(server, "ServerHyperCore"),
            Self::SequenceSeen(number) => server.with_registry(
                r"Software\Gangway\Sequence",
                &format!("{}:onboard", BlobSpec::default().org_id),
                number,
            ),
            Self::ScriptsForbidden => server.with_registry(
                r"Software\Policies\Microsoft\Windows\PowerShell",
                "EnableScripts",
                0,
            ),
            Self::File(path, content) => server.with_file(path, content.as_bytes()),
            Self::NewSensor(version) => {
                server.with_program("standins/new/MsSense.exe", Program::Sense, version)
            }
            Self::Control(_)
            | Self::NoControl
            | Self::Decided(_)
            | Self::NoShare
            | Self::NoReportShare
            | Self::Flipped(_)
            | Self::Cut(_)
            | Self::Longer(_)
            | Self::Missing(_)
            | Self::Endless(_)
            | Self::LocalCopy(_)
            | Self::ForeignCopy(_)
            | Self::OpenFolder
            | Self::Writable(_) => server,
        };
        Ok(described)
    }

    /// Brings the condition about on the shares of a server that exists.
    ///
    /// # Errors
    /// A file of the share cannot be changed.
    pub fn bring_about(self, bundle: &Bundle, deployment: &Deployment) -> Result<()> {
        let server = &deployment.server;
        let control = server.on_share(&format!(r"{RELEASES}\control.json"));
        let decided = server.on_share(&format!(r"{RELEASES}\rollout.json"));
        let name_of = |ending: &str| {
            let mut names = bundle.payloads()?.into_iter();
            let name = names.find(|name| name.ends_with(ending));
            name.with_context(|| format!("no payload ends with `{ending}`"))
        };
        let payload = |ending: &str, change: fn(Vec<u8>) -> Vec<u8>| {
            let path = server.on_share(&bundle.payload_unc(&name_of(ending)?));
            let bytes = fs::read(&path).with_context(|| format!("read `{}`", path.display()))?;
            let bytes = change(bytes);
            let done = if bytes.is_empty() {
                fs::remove_file(&path)
            } else {
                fs::write(&path, bytes)
            };
            done.with_context(|| format!("change `{}`", path.display()))
        };
        match self {
            Self::Control(text) => {
                fs::write(&control, text).with_context(|| format!("write `{}`", control.display()))
            }
            Self::Decided(text) => {
                fs::write(&decided, text).with_context(|| format!("write `{}`", decided.display()))
            }
            Self::NoControl => {
                fs::remove_file(&control).with_context(|| format!("remove `{}`", control.display()))
            }
            Self::NoShare => server.remove_share(RELEASES),
            Self::NoReportShare => server.remove_share(crate::bundle::REPORTS),
            Self::Flipped(ending) => payload(ending, |mut bytes| {
                let middle = bytes.len() / 2;
                if let Some(byte) = bytes.get_mut(middle) {
                    *byte ^= 1;
                }
                bytes
            }),
            Self::Cut(ending) => payload(ending, |mut bytes| {
                bytes.pop();
                bytes
            }),
            Self::Longer(ending) => payload(ending, |mut bytes| {
                bytes.push(b'\n');
                bytes
            }),
            Self::Missing(ending) => payload(ending, |_| Vec::new()),
            Self::Endless(ending) => {
                let path = server.on_share(&bundle.payload_unc(&name_of(ending)?));
                fs::remove_file(&path)
                    .and_then(|()| symlink("/dev/zero", &path))
                    .with_context(|| format!("replace `{}`", path.display()))
            }
            Self::LocalCopy(ending) => {
                let name = name_of(ending)?;
                let from = server.on_share(&bundle.payload_unc(&name));
                let bytes =
                    fs::read(&from).with_context(|| format!("read `{}`", from.display()))?;
                place_local_copy(bundle, deployment, &name, &bytes)
            }
            Self::ForeignCopy(ending) => {
                let script = format!("echo x> C:\\{FOREIGN_MARK}\r\n");
                place_local_copy(bundle, deployment, &name_of(ending)?, script.as_bytes())
            }
            Self::OpenFolder => {
                let folder = server.on_c(PROTECTED);
                make_folder(&folder, 0o777)
            }
            Self::Writable(path) => {
                let path = server.on_c(path);
                fs::set_permissions(&path, Permissions::from_mode(0o777))
                    .with_context(|| format!("change `{}`", path.display()))
            }
            _ => Ok(()),
        }
    }
}

/// Puts a file where the bootstrap keeps its copy of a payload.
fn place_local_copy(
    bundle: &Bundle,
    deployment: &Deployment,
    name: &str,
    content: &[u8],
) -> Result<()> {
    // Wine shows what Unix lets others do as access of everybody.
    make_folder(&deployment.server.on_c(PROTECTED), 0o700)?;
    let folder = deployment.server.on_c(PROTECTED).join(bundle.release_id());
    make_folder(&folder, 0o700)?;
    let file = folder.join(name);
    fs::write(&file, content).with_context(|| format!("write `{}`", file.display()))
}

fn make_folder(path: &Path, mode: u32) -> Result<()> {
    fs::create_dir(path)
        .and_then(|()| fs::set_permissions(path, Permissions::from_mode(mode)))
        .with_context(|| format!("create folder `{}`", path.display()))
}

fn onboarded(blob: &BlobSpec) -> Sense {
    Sense::Onboarded {
        blob: blob.json(),
        org_id: blob.org_id.clone(),
    }
}

fn edition(server: ServerBuilder, edition: &str) -> ServerBuilder {
    let key = r"Software\Microsoft\Windows NT\CurrentVersion";
    server.with_registry(key, "EditionID", edition)
}

/// Its uninstaller is a stand-in that takes the registration away.
fn scep(server: ServerBuilder) -> ServerBuilder {
    let key = format!(r"{CURRENT_VERSION}\Uninstall\Microsoft Security Client");
    server
        .with_registry(&key, "DisplayName", "System Center Endpoint Protection")
        .with_version(
            "Program Files/Microsoft Security Client/Setup.exe",
            [4, 10, 209, 0],
        )
        .with_orders("setup", &format!("delete={key}|DisplayName"))
}

/// DISM enables the feature: the antivirus service is registered and runs from the next start
/// of the server.
fn feature_off(server: ServerBuilder, code: u32) -> ServerBuilder {
    let version = [4, 18, 25020, 1009];
    let service =
        Service::running_automatic("WinDefend").with_image(ANTIVIRUS, Program::Service, version);
    let enable = registers(&service);
    let ask = feature_text("Disabled");
    server
        .without_service("WinDefend")
        .with_program(ANTIVIRUS, Program::Service, version)
        .with_orders(
            "dism",
            &format!("{ask}[enable-feature]\n{enable}exit={code}\n"),
        )
}

/// DISM adds the sensor: its service is there at once with 0, from the next start of the server
/// with 3010, and never with another code.
fn sensor_on_demand(server: ServerBuilder, code: u32) -> ServerBuilder {
    let service = Service::stopped("Sense").with_image(SENSE_EXE, Program::Sense, SENSE_VERSION);
    let added = match code {
        0 => "script=C:\\standins\\add-sensor.cmd\n".to_owned(),
        3010 => registers(&service),
        _ => String::new(),
    };
    let image = SENSE_EXE.replace('/', "\\");
    let create = format!("sc create Sense binPath= \"C:\\{image}\" start= demand\r\n");
    let ask = feature_text("Enabled");
    // Codes above two thousand million are negative to whoever ends with them.
    let code = code.cast_signed();
    server
        .with_sense(Sense::Absent)
        .with_program(SENSE_EXE, Program::Sense, SENSE_VERSION)
        .with_file("standins/add-sensor.cmd", create.as_bytes())
        .with_orders(
            "dism",
            &format!("{ask}[add-capability]\n{added}exit={code}\n"),
        )
}

/// Orders that register a service.
fn registers(service: &Service) -> String {
    let entries = service.registry().into_iter();
    entries
        .map(|(key, name, value)| match value {
            Value::Text(text) => format!("set_text={key}|{name}|{text}\n"),
            Value::Number(number) => format!("set_number={key}|{name}|{number}\n"),
            Value::Other(..) => String::new(),
        })
        .collect()
}

/// What DISM answers to a question for the feature.
fn feature_text(state: &str) -> String {
    format!(
        "print=Feature Information:\nprint=\nprint=Feature Name : Windows-Defender\n\
         print=State : {state}\n"
    )
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}
