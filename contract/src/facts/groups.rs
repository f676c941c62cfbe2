//! The groups: what is known of each side of a server.

use serde::{Deserialize, Serialize};

use super::SetFactError;
use super::values::{FeatureState, ProductType, ReportedMode, RunningMode, Service};
use crate::control::Control;
use crate::fact::Fact;
use crate::identity::{OrgId, Sha256};
use crate::manifest::Connectivity;
use crate::rollout::Rollout;
use crate::text::{NotAValue, Text};
use crate::time::UtcTime;
use crate::version::Version;

/// Declares groups of facts with their dotted names.
macro_rules! facts {
    (
        $(#[$doc:meta])*
        pub struct $name:ident {
            $($(#[$field_doc:meta])* pub $field:ident: Fact<$type:ty>,)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(default)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: Fact<$type>,)*
        }

        impl $name {
            pub(super) fn each(&self, group: &str, line: &mut dyn FnMut(String, String)) {
                $(line(format!("{group}.{}", stringify!($field)), self.$field.to_text());)*
            }

            pub(super) fn set(&mut self, field: &str, text: &str) -> Result<(), SetFactError> {
                match field {
                    $(stringify!($field) => {
                        self.$field = Text::from_text(text).ok_or_else(|| {
                            SetFactError::Value(NotAValue {
                                found: text.to_owned(),
                                expected: stringify!($type),
                            })
                        })?;
                    })*
                    _ => return Err(SetFactError::Name),
                }
                Ok(())
            }
        }
    };
}

facts! {
    /// Clock and identity of the machine.
    pub struct Host {
        /// The clock.
        pub now: Fact<UtcTime>,
        /// Minutes since local midnight, for maintenance windows.
        pub local_minute: Fact<u16>,
        /// Start of Windows.
        pub boot_time: Fact<UtcTime>,
        /// NetBIOS name.
        pub name: Fact<String>,
        /// Name with its domain; the name alone outside a domain.
        pub fqdn: Fact<String>,
        /// DNS name of the Active Directory domain.
        pub domain: Fact<String>,
        /// SID of the computer's account in its domain.
        pub account_sid: Fact<String>,
        /// SID of the machine itself; all domain controllers of a domain share theirs.
        pub machine_sid: Fact<String>,
        /// Does the process run with administrators' rights?
        pub elevated: Fact<bool>,
        /// Does the process run as SYSTEM?
        pub as_system: Fact<bool>,
        /// Free bytes on the volume that takes the payloads.
        pub free_bytes: Fact<u64>,
    }
}

facts! {
    /// Operating system, read from the kernel and never from the compatibility value
    /// `CurrentVersion`.
    pub struct Os {
        /// Major, minor, build, update revision.
        pub version: Fact<Version>,
        /// Workstation, domain controller or server.
        pub product_type: Fact<ProductType>,
        /// Number of the service pack; zero means none.
        pub service_pack: Fact<u16>,
        /// Is it 64-bit x86?
        pub x64: Fact<bool>,
        /// `EditionID`.
        pub edition: Fact<String>,
        /// `InstallationType`: `Server`, `Server Core`, `Client`.
        pub installation_type: Fact<String>,
        /// `Setup\State\ImageState`.
        pub image_state: Fact<String>,
        /// Is Windows Setup or the first-run experience running?
        pub setup_running: Fact<bool>,
        /// Is a deployment task sequence running?
        pub task_sequence: Fact<bool>,
    }
}

facts! {
    /// What the server is used for, beyond its product type.
    pub struct Roles {
        /// Member of a failover cluster.
        pub cluster_node: Fact<bool>,
        /// Runs the Hyper-V management service.
        pub hyper_v: Fact<bool>,
        /// Runs Exchange.
        pub exchange: Fact<bool>,
        /// Names of further roles that need antivirus exclusions.
        pub others: Fact<Vec<String>>,
    }
}

facts! {
    /// The sensor, service `Sense`.
    pub struct Sensor {
        /// `Status\OnboardingState`: 1 is onboarded; 0 or absent is not.
        pub onboarding_state: Fact<u32>,
        /// `Status\OrgId`.
        pub org_id: Fact<OrgId>,
        /// Service `Sense`.
        pub service: Fact<Service>,
        /// File version of the sensor.
        pub version: Fact<Version>,
        /// Class of the service URLs in the blob in effect.
        pub connectivity: Fact<Connectivity>,
        /// `Status\LastConnected`.
        pub last_connected: Fact<UtcTime>,
        /// Is an onboarding blob in the policy key?
        pub onboarding_blob: Fact<bool>,
        /// Class of the service URLs in the blob in the policy key: in effect from the sensor's
        /// next start.
        pub policy_connectivity: Fact<Connectivity>,
        /// SHA-256 of the onboarding blob in the policy key, in UTF-8.
        pub policy_blob: Fact<Sha256>,
        /// Is an offboarding blob in the policy key?
        pub offboarding_blob: Fact<bool>,
        /// `senseGuid`, the identity of the sensor.
        pub identity: Fact<String>,
        /// `DeviceTagging\Group`.
        pub device_tag: Fact<String>,
        /// `DeviceTagging\VDI`.
        pub vdi_tag: Fact<String>,
    }
}

facts! {
    /// Defender Antivirus, service `WinDefend`, and other antivirus products.
    pub struct Antivirus {
        /// Service `WinDefend`.
        pub service: Fact<Service>,
        /// Is `WinDefend` left behind without its filter drivers (Server 2012 R2)?
        pub leftover: Fact<bool>,
        /// Version of the platform that the service runs.
        pub platform: Fact<Version>,
        /// `Signature Updates\AVSignatureVersion`.
        pub content: Fact<Version>,
        /// When the content was made.
        pub content_time: Fact<UtcTime>,
        /// Mode it runs in.
        pub mode: Fact<RunningMode>,
        /// Policy `ForceDefenderPassiveMode`.
        pub passive_policy: Fact<u32>,
        /// Policy `DisableAntiSpyware`.
        pub disabled_policy: Fact<u32>,
        /// Policy `DisableAntiVirus`.
        pub antivirus_policy: Fact<u32>,
        /// Policy `DisableRealtimeMonitoring`.
        pub real_time_policy: Fact<u32>,
        /// Mode that the product itself tells (second tier).
        pub reported_mode: Fact<ReportedMode>,
        /// Does the product itself say that real-time protection is on (second tier)?
        pub real_time: Fact<bool>,
        /// Time of the content that the product itself tells (second tier).
        pub reported_content_time: Fact<UtcTime>,
        /// Result code of the sensor's last setting of the mode, event 84 (second tier).
        pub mode_event: Fact<u32>,
        /// Are Defender's settings locked against changes by others, administrators too?
        pub tamper_protection: Fact<bool>,
        /// Windows feature `Windows-Defender` (second tier; Server 2016 only).
        pub feature: Fact<FeatureState>,
        /// Number of exclusions set by policy.
        pub policy_exclusions: Fact<u32>,
        /// Is the early-launch driver `WdBoot` disabled?
        pub elam_disabled: Fact<bool>,
        /// Other antivirus products whose service is enabled, by name.
        pub others: Fact<Vec<String>>,
    }
}

facts! {
    /// The unified agent `md4ws.msi`.
    pub struct Agent {
        /// Product code of the installed package.
        pub product_code: Fact<String>,
        /// `DisplayVersion` of the installed package.
        pub version: Fact<Version>,
    }
}

facts! {
    /// Predecessors that have to leave.
    pub struct Legacy {
        /// Version of the Microsoft Monitoring Agent.
        pub monitoring_agent: Fact<Version>,
        /// Workspaces that it reports to.
        pub workspaces: Fact<Vec<String>>,
        /// Is System Center Endpoint Protection installed?
        pub scep: Fact<bool>,
    }
}

facts! {
    /// Other programs that onboard servers.
    pub struct Managers {
        /// Is the `MDE.Windows` extension of Defender for Cloud here?
        pub cloud_extension: Fact<bool>,
        /// `DeviceTagging\AzureResourceId`.
        pub azure_resource_id: Fact<String>,
        /// Is the Configuration Manager client here? Reported only: its presence does not
        /// say that it onboards.
        pub configmgr_client: Fact<bool>,
    }
}

facts! {
    /// Who waits for a restart. The first four block, file renames are reported only: they
    /// are nearly always there.
    pub struct Restart {
        /// Component servicing.
        pub servicing: Fact<bool>,
        /// Key `RebootRequired` of Windows Update.
        pub windows_update: Fact<bool>,
        /// `Install.ps1` since the last start of Windows.
        pub install_script: Fact<bool>,
        /// A step of the bootstrap since the last start of Windows.
        pub own: Fact<bool>,
        /// Files to rename at the next start.
        pub file_renames: Fact<bool>,
    }
}

facts! {
    /// Files and services that installers and scripts rely on.
    pub struct Prerequisites {
        /// `System32\ucrtbase.dll`.
        pub ucrtbase: Fact<Version>,
        /// `System32\Tdh.dll`.
        pub tdh: Fact<Version>,
        /// `System32\ntoskrnl.exe`.
        pub ntoskrnl: Fact<Version>,
        /// `System32\wintrust.dll`.
        pub wintrust: Fact<Version>,
        /// Service `LanmanServer`: the portal's scripts test for administrators with
        /// `net session`, which needs it. Only they need it.
        pub lanman_server: Fact<Service>,
        /// Service `DiagTrack`: the sensor needs it before build 17763.
        pub diagtrack: Fact<Service>,
        /// Is a Windows Installer run under way?
        pub installer_busy: Fact<bool>,
        /// Would the effective policy run a script of the `Install.ps1` signer?
        pub signed_scripts_run: Fact<bool>,
    }
}

facts! {
    /// How the sensor would reach its service.
    pub struct Network {
        /// Policy `TelemetryProxyServer`.
        pub sensor_proxy: Fact<String>,
        /// Policy `PreferStaticProxyForHttpRequest`: the sensor uses its proxy for revocation
        /// lists too.
        pub prefer_sensor_proxy: Fact<u32>,
        /// Policy `DisableEnterpriseAuthProxy`: the diagnostic channel takes no proxy that asks
        /// for a password.
        pub auth_proxy_policy: Fact<u32>,
        /// Machine-wide WinHTTP proxy.
        pub machine_proxy: Fact<String>,
        /// Hosts that go past the machine-wide proxy.
        pub machine_bypass: Fact<String>,
        /// Policy `ProxyServer` of Defender Antivirus.
        pub antivirus_proxy: Fact<String>,
        /// Are mutual authentication and integrity required for NETLOGON?
        pub hardened_netlogon: Fact<bool>,
    }
}

facts! {
    /// What the bootstrap itself left behind, and the share's switch.
    pub struct Gangway {
        /// Highest sequence that this server has worked with.
        pub sequence: Fact<u64>,
        /// Highest sequence of the other direction (an offboarding for one that onboards, an
        /// onboarding for one that offboards) that this server has worked with. A bundle that only
        /// looks asks for none.
        pub other_sequence: Fact<u64>,
        /// Volatile mark of the running bundle: converged since the last start of Windows.
        pub converged: Fact<bool>,
        /// Ids of the bundles that a daily task on this server starts ([`daily`](crate::daily)).
        pub daily_tasks: Fact<Vec<String>>,
        /// Does the policy of the running bundle apply to this server?
        pub policy_applies: Fact<bool>,
        /// The share's `control.json`. Absent until there is something to withhold.
        pub control: Fact<Control>,
        /// The share's `rollout.json`. Absent where nobody decided anything.
        pub rollout: Fact<Rollout>,
    }
}

impl Antivirus {
    /// Does the next start of Windows bring the service?
    pub fn feature_waits(&self) -> bool {
        self.service.is_absent() && self.feature.is(&FeatureState::EnablePending)
    }
}

impl Restart {
    /// Does a pending restart stand in the way of changes?
    pub fn blocks(&self) -> bool {
        [
            &self.servicing,
            &self.windows_update,
            &self.install_script,
            &self.own,
        ]
        .into_iter()
        .any(Fact::holds)
    }
}
