//! What one server looks like to the bootstrap: plain data, read by the probe, described by
//! hand in the decision tables, written into every report.
//!
//! The clock is one of the facts. Every fact has a dotted name (`sensor.org_id`) and a text
//! form, so that the same server can be printed, tabled and described in a CSV file. Fields
//! that a document leaves out are [`Fact::Absent`](crate::Fact::Absent); unknown fields are ignored, because
//! fleets mix versions of the bootstrap.

mod groups;
mod values;

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::text::NotAValue;

pub use groups::{
    Agent, Antivirus, Gangway, Host, Legacy, Managers, Network, Os, Prerequisites, Restart, Roles,
    Sensor,
};
pub use values::{
    FeatureState, ProductType, ReportedMode, RunningMode, Service, ServiceState, StartType,
};

/// Declares [`Facts`] over its groups.
macro_rules! groups {
    ($($(#[$doc:meta])* $field:ident: $type:ident,)*) => {
        /// Everything the decision may look at.
        #[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(default)]
        pub struct Facts {
            $($(#[$doc])* pub $field: $type,)*
        }

        impl Facts {
            /// Dotted name and text of every fact, in a fixed order.
            pub fn lines(&self) -> Vec<(String, String)> {
                let mut lines = Vec::new();
                let mut line = |name, text| lines.push((name, text));
                $(self.$field.each(stringify!($field), &mut line);)*
                lines
            }

            /// Sets one fact by its dotted name from its text; `-` means absent, `?why`
            /// unreadable.
            ///
            /// # Errors
            /// The name is unknown, or the text is not a value of the fact's type.
            pub fn set(&mut self, name: &str, text: &str) -> Result<(), SetFactError> {
                let (group, field) = name.split_once('.').ok_or(SetFactError::Name)?;
                match group {
                    $(stringify!($field) => self.$field.set(field, text),)*
                    _ => Err(SetFactError::Name),
                }
            }
        }
    };
}

/// Why a described fact was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SetFactError {
    /// No fact has that name.
    Name,
    /// The text is not a value of the fact.
    Value(NotAValue),
}

impl fmt::Display for SetFactError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name => f.write_str("no fact has this name"),
            Self::Value(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for SetFactError {}

groups! {
    /// Clock and identity of the machine.
    host: Host,
    /// Operating system.
    os: Os,
    /// What the server is used for.
    roles: Roles,
    /// The sensor, `Sense`.
    sensor: Sensor,
    /// Defender Antivirus and its neighbours.
    antivirus: Antivirus,
    /// The unified agent of Server 2012 R2 and 2016.
    agent: Agent,
    /// Predecessors: the monitoring agent and System Center Endpoint Protection.
    legacy: Legacy,
    /// Other programs that onboard servers.
    managers: Managers,
    /// Who waits for a restart.
    restart: Restart,
    /// Files and services that installers and scripts rely on.
    prerequisites: Prerequisites,
    /// How the sensor would reach its service.
    network: Network,
    /// What the bootstrap itself left behind, and the share's switch.
    gangway: Gangway,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::Fact;
    use crate::version::Version;

    #[test]
    fn every_fact_can_be_set_from_the_text_it_prints() {
        let mut facts = Facts::default();
        facts.os.version = Fact::Value(Version::new(10, 0, 14393, 2515));
        facts.sensor.service = Fact::Value(Service::RUNNING);
        facts.antivirus.others = Fact::Value(vec!["One".to_owned(), "Two".to_owned()]);
        facts.gangway.control = Fact::unknown("access denied");
        let mut copy = Facts::default();
        for (name, text) in facts.lines() {
            assert_eq!(copy.set(&name, &text), Ok(()), "{name}");
        }
        assert_eq!(copy, facts);
    }

    #[test]
    fn unknown_names_and_wrong_values_are_told_apart() {
        let mut facts = Facts::default();
        for name in ["os", "os.colour", "moon.phase"] {
            assert_eq!(facts.set(name, "1"), Err(SetFactError::Name), "{name}");
        }
        let error = facts.set("os.version", "ten").unwrap_err().to_string();
        assert_eq!(error, "`ten` is not Version");
    }

    #[test]
    fn documents_of_other_versions_are_read() {
        let text =
            r#"{"os": {"version": {"value": "10.0.20348.0"}, "shade": "absent"}, "new": {}}"#;
        let facts: Facts = serde_json::from_str(text).unwrap();
        assert_eq!(facts.os.version.value().map(|v| v.build()), Some(20348));
        assert!(facts.sensor.org_id.is_absent());
    }
}
