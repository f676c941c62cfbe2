//! Why a server is in its state, and what to do next: one closed table.

use crate::state::State;
use crate::text::text_enum;

/// Declares the reasons with their state, meaning and next action.
macro_rules! reasons {
    ($($(#[doc = $doc:literal])+ $variant:ident = $code:literal, $state:ident, $next:literal;)+) => {
        text_enum! {
            /// The reason of a state. The codes are stable: reports, queries and the
            /// administrator's notes hold on to them.
            pub enum Reason ("a reason code") {
                $($(#[doc = $doc])+ $variant = $code,)+
            }
        }

        impl Reason {
            /// The state that the reason puts a server in.
            pub const fn state(self) -> State {
                match self {
                    $(Self::$variant => State::$state,)+
                }
            }

            /// What the administrator does next.
            pub const fn next_action(self) -> &'static str {
                match self {
                    $(Self::$variant => $next,)+
                }
            }
        }
    };
}

reasons! {
    /// The sensor reports to the manifest's tenant and nothing is left to do.
    Converged = "converged", Onboarded, "nothing";
    /// Onboarded, and service `WinDefend` does not exist.
    NoAntivirus = "no-antivirus", OnboardedUnhealthy,
        "bring Defender Antivirus back (feature `Windows-Defender`; on Server 2012 R2 the agent's package), or name the service of the product that protects in `onboard.other_antivirus` and build again";
    /// Onboarded, and service `WinDefend` is disabled.
    AntivirusDisabled = "antivirus-disabled", OnboardedUnhealthy,
        "set the start type of service `WinDefend` back to automatic and restart the server";
    /// Onboarded, and Defender Antivirus or its real-time protection is off.
    AntivirusOff = "antivirus-off", OnboardedUnhealthy,
        "read event log `Microsoft-Windows-Windows Defender/Operational` for why Defender Antivirus or its real-time protection is off, and turn it on";
    /// Onboarded, and a policy turns Defender Antivirus off.
    AntivirusOffByPolicy = "antivirus-off-by-policy", OnboardedUnhealthy,
        "clear the policy named for this server; `gpresult /scope computer` tells which GPO sets it";
    /// Onboarded, passive by policy, and no other product is known.
    PassiveAlone = "passive-alone", OnboardedUnhealthy,
        "set `onboard.antivirus_mode` to `never_passive`, or name the service of the product that protects in `onboard.other_antivirus`, and build again";
    /// Onboarded, and passive although nothing asks for it.
    StuckPassive = "stuck-passive", OnboardedUnhealthy,
        "restart the server; when it stays passive set `onboard.antivirus_mode` to `never_passive`, build again and restart once more";
    /// Onboarded, and two products are active.
    TwoAntiviruses = "two-antiviruses", OnboardedUnhealthy,
        "set `onboard.antivirus_mode` to `auto` or `always_passive` and build again, or uninstall one of the two";
    /// Onboarded; Defender Antivirus becomes passive at the next restart.
    AntivirusModeWaits = "antivirus-mode-waits", OnboardedUnhealthy,
        "restart the server in its next maintenance";
    /// Onboarded, and the sensor has not reached its service for too long.
    SensorSilent = "sensor-silent", OnboardedUnhealthy,
        "run `connectivity` on the server; read event log `Microsoft-Windows-SENSE/Operational`";
    /// Onboarded, and the security intelligence is too old.
    ContentOld = "content-old", OnboardedUnhealthy,
        "run `MpCmdRun.exe -SignatureUpdate` on the server, then `connectivity` when that fails";
    /// Onboarded, and a fact that tells whether the server is protected cannot be read.
    HealthUnknown = "health-unknown", OnboardedUnhealthy,
        "find out why the fact named cannot be read or is not plausible";
    /// The retired monitoring agent reports to its workspace.
    RetiredAgent = "retired-agent", OnboardedUnhealthy,
        "add the Defender deployment tool with its staged source to the downloads and build again";
    /// Onboarded; a step of this bootstrap asked for a restart.
    RestartAfterOnboarding = "restart-after-onboarding", OnboardedPendingReboot,
        "restart the server in its next maintenance";
    /// The sensor no longer reports, and the agent is gone where that was asked for.
    Offboarded = "offboarded", Offboarded, "nothing";
    /// Steps are planned and nothing stands in their way.
    Ready = "ready", Assessed, "run the onboarding bundle";
    /// Every address that the service needs answers (`connectivity`).
    ServiceReachable = "service-reachable", Assessed, "nothing";
    /// This program has taken away what it left on the server, but for what the report names.
    Retired = "retired", Assessed, "nothing: take the policies away when every server says so";

    /// Outside the maintenance window.
    WindowClosed = "window-closed", Waiting, "nothing: the next run inside the window goes on";
    /// The share pauses all new work.
    Paused = "paused", Waiting, "run `gangway rollout SHARE resume` when work may go on";
    /// The share asks for a newer bundle.
    SequenceWithheld = "sequence-withheld", Waiting,
        "link the newer bundle's GPO, or run `gangway rollout SHARE min-sequence N` with the sequence that is meant";
    /// The rollout has not reached this server.
    RingNotReached = "ring-not-reached", Waiting,
        "nothing: widen the ring by `gangway rollout SHARE ring N` when the first servers are good";
    /// A restart is pending that installers would trip over.
    RebootPending = "reboot-pending", Waiting, "restart the server in its next maintenance";
    /// As above, on a role that is never restarted by this program.
    RebootNeededByOwner = "reboot-needed-by-owner", Waiting,
        "ask the owner of this role to restart the server";
    /// Onboarded, or started, within a day, and the sensor has not reached its service since.
    FirstContact = "first-contact", Waiting,
        "nothing when it passes within a day; otherwise run `connectivity` on the server";
    /// A step of an earlier run has not ended.
    StillRunning = "still-running", Waiting,
        "nothing: the next run looks again; look at the process named when it lasts for hours";
    /// Another Windows Installer run went on for too long.
    InstallerBusy = "installer-busy", Waiting, "nothing: the next run tries again";
    /// Another instance of the bootstrap is at work.
    AnotherInstance = "another-instance", Waiting, "nothing";
    /// The share could not be reached.
    ShareUnreachable = "share-unreachable", Waiting,
        "nothing when it passes; otherwise check name resolution, port 445 and the share's permissions for this computer";
    /// `control.json` or `rollout.json` on the share could not be read, so nothing new is started.
    ControlUnreadable = "control-unreadable", Waiting,
        "run `gangway rollout SHARE show`, which tells what is wrong with the files; where they are good, check the share's permissions for this computer";
    /// The policy that deployed the bundle no longer reaches this server; its daily task has ended.
    PolicyGone = "policy-gone", Waiting,
        "nothing when that is meant; otherwise check the link of the Deploy GPO and its filter";
    /// The settings GPO has not arrived yet.
    SettingsNotApplied = "settings-not-applied", Waiting,
        "nothing when it passes at the next refresh; otherwise check the link of the Settings GPO";
    /// A file was held by another program, often an antivirus scan.
    FileInUse = "file-in-use", Waiting,
        "nothing when it passes; otherwise exclude the folder named from the other antivirus";
    /// Windows Setup, an image or a task sequence is not finished.
    ImageBuild = "image-build", Waiting,
        "finish the build; never onboard an image that will be cloned";
    /// Something that this program left on the server could not be taken away.
    NotRetired = "not-retired", Failed,
        "look what holds the file or key named; the next policy refresh tries again";
    /// A step failed lately; the next try is later.
    RetryLater = "retry-later", Failed, "read the step's result; the next try starts by itself";

    /// The server is onboarded to another organisation.
    OtherTenant = "other-tenant", Blocked,
        "offboard it with a package of that organisation first";
    /// Defender for Cloud, or another program, onboards this server.
    ManagedElsewhere = "managed-elsewhere", Blocked,
        "decide who onboards this server; remove the extension or exclude the server from this bundle";
    /// Server 2012 R2 with a role whose antivirus exclusions are not set.
    RoleExclusionsMissing = "role-exclusions-missing", Blocked,
        "set the role's exclusions in the Settings GPO (Server 2012 R2 has no automatic ones)";
    /// An update is missing and not staged.
    PrerequisiteMissing = "prerequisite-missing", Blocked,
        "install the update named through Windows Update, or add it to the downloads";
    /// A payload that this route needs is not in the bundle.
    PayloadNotStaged = "payload-not-staged", Blocked, "add the download named and build again";
    /// No documented route is configured for this product.
    NoRoute = "no-route", Blocked,
        "add the Defender deployment tool with its staged source to the downloads";
    /// The payload of the Windows feature was removed from the component store.
    FeatureRemoved = "feature-removed", Blocked,
        "repair the component store or name an installation source, then enable `Windows-Defender`";
    /// Policy `DisableAntiSpyware` turns Defender Antivirus off.
    AntivirusDisabledByPolicy = "antivirus-disabled-by-policy", Blocked,
        "clear `Turn off Microsoft Defender Antivirus` for this server";
    /// Tamper protection refuses the change that is wanted.
    TamperProtection = "tamper-protection", Blocked,
        "turn tamper protection off for this device in the portal, then run again";
    /// Something sets the passive mode policy back.
    PassivePolicyContested = "passive-policy-contested", Blocked,
        "let one writer set `ForceDefenderPassiveMode`: the Settings GPO or this program";
    /// The sensor's or the antivirus's early-launch driver or service is disabled.
    SensorDisabled = "sensor-disabled", Blocked,
        "set the start type named back to its default";
    /// The sensor is a feature on demand of this Windows, and not installed.
    SensorNotInstalled = "sensor-not-installed", Blocked,
        "set `onboard.add_sensor_from` and build again; or run `DISM /Online /Add-Capability /CapabilityName:Microsoft.Windows.Sense.Client~~~~` on the server, with `/Source:` where it reaches no Windows Update";
    /// The sensor is older than the package's class of addresses asks for.
    SensorTooOld = "sensor-too-old", Blocked,
        "install the cumulative update named, or a later one, through Windows Update";
    /// A non-persistent desktop whose sensor runs under another identity than its name's.
    OtherIdentity = "other-identity", Blocked,
        "clean the image: it was onboarded before it was cloned, or it was renamed since";
    /// The agent on the server cannot be upgraded in place.
    AgentNeedsReinstall = "agent-needs-reinstall", Blocked,
        "offboard and uninstall the agent, then run again";
    /// Service `LanmanServer` is stopped, which the portal's scripts take for missing
    /// rights; only where such a script is run.
    ServerServiceStopped = "server-service-stopped", Blocked,
        "start service `LanmanServer`, or set it to start automatically";
    /// The effective policy would not run the signed script.
    ScriptPolicy = "script-policy", Blocked,
        "choose agent route `auto`, or let the policy run scripts of that signer";
    /// A fact that the decision needs could not be read.
    FactsUnreadable = "facts-unreadable", Blocked, "find out why the fact named cannot be read";
    /// The clock is not plausible, so no expiry can be judged.
    ClockImplausible = "clock-implausible", Blocked, "set the server's clock";
    /// The offboarding package has ended.
    PackageExpired = "package-expired", Blocked,
        "download a new offboarding package and build again";
    /// Too little room for the payloads.
    DiskFull = "disk-full", Blocked, "free the space named on the system volume";
    /// Access was denied to something that SYSTEM must be able to use.
    AccessDenied = "access-denied", Blocked, "check the permissions of the object named";
    /// An address that the service needs does not answer (`connectivity`).
    ServiceUnreachable = "service-unreachable", Blocked,
        "clear what `connectivity` names for each address";
    /// Something between this server and the service opens its connections (`connectivity`).
    TlsIntercepted = "tls-intercepted", Blocked,
        "take the addresses named out of TLS inspection";
    /// The proxy does not let the sensor through (`connectivity`).
    ProxyRefuses = "proxy-refuses", Blocked,
        "let the proxy pass the addresses named without authentication";
    /// The process lacks administrators' rights.
    NotElevated = "not-elevated", Blocked, "run it as SYSTEM or from an elevated prompt";

    /// A step ended with a code that is not success and the server did not become good.
    StepFailed = "step-failed", Failed, "read the step's code and log";
    /// A step passed its limit and the server did not become good.
    LimitPassed = "limit-passed", Failed, "look why the script hangs; the next run tries again";
    /// All steps ended well and the server still is not in the wanted state.
    NotVerified = "not-verified", Failed,
        "run `connectivity` on the server; read the SENSE event log";
    /// A step could not be started or recorded.
    StepNotStarted = "step-not-started", Failed, "read the step's result";

    /// Its bytes are not those that were signed, or its parts do not fit.
    ExeDamaged = "exe-damaged", Refused, "publish the bundle again; find out who changed the file";
    /// The manifest inside the exe cannot be read.
    ManifestDamaged = "manifest-damaged", Refused,
        "publish the bundle again; find out who changed the file";
    /// A payload is not the one that the manifest names.
    PayloadMismatch = "payload-mismatch", Refused,
        "publish the share again; find out who changed the file";
    /// The protected folder, or something in it, belongs to somebody else.
    FolderNotProtected = "folder-not-protected", Refused,
        "find out who made the folder named; remove it";
    /// A bundle with a higher sequence has worked here before.
    SequenceLower = "sequence-lower", Refused,
        "build with a higher one: the lock was lost or is an old copy; take the newest, or make it \
         again by `gangway lock --from BUNDLE`, or give `gangway build` the sequence that worked \
         here (--sequence-after). Where that was an offboarding, or an onboarding, which this one would \
         undo: let only one of the two policies reach this server";
    /// A signature is bad or its signer is distrusted.
    SignerDistrusted = "signer-distrusted", Refused,
        "download the payload again; look at the signer named";

    /// A product of Windows for desktops: onboarded otherwise.
    Workstation = "workstation", NotTargeted, "take workstations out of the GPO's scope";
    /// A product that Defender for Endpoint does not support on this route.
    ProductNotSupported = "product-not-supported", NotTargeted, "upgrade the operating system";
    /// Hyper-V Server, which is not supported.
    HyperVServer = "hyper-v-server", NotTargeted, "take the host out of the GPO's scope";
    /// Azure Stack HCI, which the config did not ask for.
    AzureStackHci = "azure-stack-hci", NotTargeted, "set `targets.azure_stack_hci` to onboard it";
}

impl Reason {
    /// Does it name something that keeps a server from being onboarded and good? Not whoever is
    /// no target, and not who has been brought where the bundle brings it.
    pub const fn stands_in_the_way(self) -> bool {
        match self.state() {
            State::Onboarded
            | State::OnboardedPendingReboot
            | State::Offboarded
            | State::Assessed
            | State::NotTargeted => false,
            State::OnboardedUnhealthy
            | State::Waiting
            | State::Blocked
            | State::Failed
            | State::Refused => true,
        }
    }

    /// Finds a reason by its code.
    pub fn from_code(code: &str) -> Option<Self> {
        code.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_in_one_style() {
        let mut codes: Vec<_> = Reason::ALL.iter().map(|reason| reason.as_str()).collect();
        let style = |code: &str| code.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
        assert!(codes.iter().all(|code| style(code)), "{codes:?}");
        codes.sort_unstable();
        let count = codes.len();
        codes.dedup();
        assert_eq!(codes.len(), count);
    }

    #[test]
    fn every_state_has_a_reason() {
        for state in State::ALL {
            assert!(
                Reason::ALL.iter().any(|reason| reason.state() == state),
                "{state:?}"
            );
        }
    }
}
