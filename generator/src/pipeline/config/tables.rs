//! The tables of `gangway.toml` and the keys of each, as their types have them.

use gangway_contract::manifest::HealthLimits;
use serde::de::value::Error;
use serde::de::{Deserialize, Deserializer, Error as _, Visitor};
use serde::forward_to_deserialize_any;

use super::sections::{
    BootstrapSection, Domain, Downloads, ExclusionSettings, Gpo, MonitoringAgentSection, Offboard,
    Onboard, Organization, PolicySettings, Provenance, ProxySettings, RoleSettings, Rollout, Share,
    Signing, Targets,
};
use crate::intake::{SignerPolicy, SignerRule, TrustSettings};

/// A table as it is written, and its keys.
pub(crate) type Table = (&'static str, &'static [&'static str]);

/// Every table but the file itself.
pub(crate) fn tables() -> [Table; 21] {
    [
        ("[organization]", keys::<Organization>()),
        ("[downloads]", keys::<Downloads>()),
        ("[share]", keys::<Share>()),
        ("[gpo]", keys::<Gpo>()),
        ("[[gpo.domain]]", keys::<Domain>()),
        ("[gpo.settings]", keys::<PolicySettings>()),
        ("[gpo.settings.proxy]", keys::<ProxySettings>()),
        ("[gpo.settings.exclusions]", keys::<ExclusionSettings>()),
        ("[[gpo.settings.role]]", keys::<RoleSettings>()),
        ("[onboard]", keys::<Onboard>()),
        (
            "[onboard.monitoring_agent]",
            keys::<MonitoringAgentSection>(),
        ),
        ("[offboard]", keys::<Offboard>()),
        ("[targets]", keys::<Targets>()),
        ("[health]", keys::<HealthLimits>()),
        ("[rollout]", keys::<Rollout>()),
        ("[bootstrap]", keys::<BootstrapSection>()),
        ("[signing]", keys::<Signing>()),
        ("[provenance]", keys::<Provenance>()),
        ("[trust]", keys::<TrustSettings>()),
        ("[trust.signers]", keys::<SignerPolicy>()),
        ("[trust.signers.agent]", keys::<SignerRule>()),
    ]
}

/// The keys that a table's type takes.
fn keys<'de, T: Deserialize<'de>>() -> &'static [&'static str] {
    let mut keys: &'static [&'static str] = &[];
    // It always fails: only the question is of interest.
    let _ = T::deserialize(Question(&mut keys));
    keys
}

/// Remembers which fields a struct asks for, and gives none.
struct Question<'a>(&'a mut &'static [&'static str]);

impl<'de> Deserializer<'de> for Question<'_> {
    type Error = Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        *self.0 = fields;
        self.deserialize_any(visitor)
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(Error::custom("nothing is here"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        option unit unit_struct newtype_struct seq tuple tuple_struct map enum identifier
        ignored_any
    }
}

#[cfg(test)]
mod tests {
    use toml::{Table, Value};

    use super::super::Config;
    use super::super::sections::ConfigFile;
    use super::*;

    /// The config that `init` writes, with everything optional switched on.
    fn everything() -> String {
        let text = include_str!("../../../../templates/gangway.toml");
        let mut lines = Vec::new();
        for line in text.lines() {
            let optional = line.strip_prefix("# ").filter(|rest| {
                let is_key = rest.split_once(" = ").is_some_and(|(key, _)| {
                    key.bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
                });
                is_key || rest.starts_with('[')
            });
            lines.push(optional.unwrap_or(line));
        }
        lines.join("\n")
    }

    /// What a table as it is written, such as `[gpo.settings]`, holds.
    fn at<'a>(config: &'a Table, table: &str) -> &'a Table {
        let names = table.trim_matches(['[', ']']).split('.');
        names.fold(config, |inside, name| match inside.get(name) {
            Some(Value::Table(found)) => found,
            Some(Value::Array(list)) => list[0].as_table().unwrap(),
            other => panic!("`{name}` of `{table}` is {other:?}"),
        })
    }

    #[test]
    fn the_config_that_init_writes_shows_every_key() {
        let config: Table = toml::from_str(&everything()).unwrap();
        let top = keys::<ConfigFile>();
        let found: Vec<&str> = config.keys().map(String::as_str).collect();
        assert!(top.iter().all(|key| found.contains(key)), "{found:?}");
        for (table, keys) in tables() {
            // One rule stands for those of every kind of download.
            if table == "[trust.signers]" {
                continue;
            }
            let found = at(&config, table);
            for key in keys {
                assert!(found.contains_key(*key), "`{key}` is not in `{table}`");
            }
        }
    }

    #[test]
    fn what_init_shows_as_optional_is_understood() {
        let config = Config::parse(&everything(), std::path::Path::new("gangway.toml"));
        config.unwrap();
    }
}
