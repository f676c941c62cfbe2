//! What a fact can be, where no other part of the contract has the word.

use serde::{Deserialize, Serialize};

use crate::control::Control;
use crate::manifest::Connectivity;
use crate::rollout::Rollout;
use crate::text::{Text, text_enum};

text_enum! {
    /// What kind of Windows this is.
    pub enum ProductType ("`workstation`, `domain_controller` or `server`") {
        /// A client.
        Workstation = "workstation",
        /// A server that is a domain controller.
        DomainController = "domain_controller",
        /// Any other server.
        Server = "server",
    }
}

text_enum! {
    /// What a service does now.
    pub enum ServiceState ("`running`, `stopped` or `pending`") {
        /// State 4 of the service control manager (`SERVICE_RUNNING`).
        Running = "running",
        /// Stopped or paused.
        Stopped = "stopped",
        /// Starting or stopping.
        Pending = "pending",
    }
}

text_enum! {
    /// When a service starts.
    pub enum StartType ("`boot`, `system`, `automatic`, `manual` or `disabled`") {
        /// Start 0.
        Boot = "boot",
        /// Start 1.
        System = "system",
        /// Start 2, delayed or not.
        Automatic = "automatic",
        /// Start 3.
        Manual = "manual",
        /// Start 4.
        Disabled = "disabled",
    }
}

text_enum! {
    /// Mode of Defender Antivirus.
    pub enum RunningMode ("`active`, `passive` or `off`") {
        /// The antivirus of this server.
        Active = "active",
        /// Beside another one.
        Passive = "passive",
        /// Not running.
        Off = "off",
    }
}

text_enum! {
    /// Mode as `Get-MpComputerStatus` tells it (`AMRunningMode`).
    pub enum ReportedMode ("`normal`, `passive`, `edr_block`, `side_by_side` or `not_running`") {
        /// `Normal`: active, with real-time protection as the settings say.
        Normal = "normal",
        /// `Passive Mode`.
        Passive = "passive",
        /// `EDR Block Mode`: passive, and the sensor may block.
        EdrBlock = "edr_block",
        /// `SxS Passive Mode`: passive with limited periodic scanning.
        SideBySide = "side_by_side",
        /// `Not running`: the service is stopped or disabled.
        NotRunning = "not_running",
    }
}

text_enum! {
    /// State of a Windows feature.
    pub enum FeatureState ("`enabled`, `enable_pending`, `disabled` or `removed`") {
        /// Installed, and no restart is due for it.
        Enabled = "enabled",
        /// Enabled by the next restart.
        EnablePending = "enable_pending",
        /// Disabled, payload present.
        Disabled = "disabled",
        /// Disabled, payload removed from the component store.
        Removed = "removed",
    }
}

/// One Windows service: `running automatic` as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Service {
    /// What it does now.
    pub state: ServiceState,
    /// When it starts.
    pub start: StartType,
}

impl Service {
    /// A service that runs and starts by itself.
    pub const RUNNING: Self = Self {
        state: ServiceState::Running,
        start: StartType::Automatic,
    };
    /// A service that waits to be started.
    pub const WAITING: Self = Self {
        state: ServiceState::Stopped,
        start: StartType::Manual,
    };
}

impl Text for Service {
    fn to_text(&self) -> String {
        format!("{} {}", self.state, self.start)
    }

    fn from_text(text: &str) -> Option<Self> {
        let (state, start) = text.split_once(' ')?;
        Some(Self {
            state: state.parse().ok()?,
            start: start.parse().ok()?,
        })
    }
}

impl Text for Connectivity {
    fn to_text(&self) -> String {
        match self {
            Self::Standard => "standard",
            Self::Streamlined => "streamlined",
        }
        .to_owned()
    }

    fn from_text(text: &str) -> Option<Self> {
        match text {
            "standard" => Some(Self::Standard),
            "streamlined" => Some(Self::Streamlined),
            _ => None,
        }
    }
}

impl Text for Control {
    fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    fn from_text(text: &str) -> Option<Self> {
        Self::parse(text.as_bytes()).ok()
    }
}

impl Text for Rollout {
    fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    fn from_text(text: &str) -> Option<Self> {
        Self::parse(text.as_bytes()).ok()
    }
}
