//! `Preferences\Registry\Registry.xml`. Source: MS-GPPREF 2.2.1.17, real files.

use super::super::xml::Element;
use super::{Attributes, Oddity, PreferenceFile, Properties};

/// The whole file.
pub type RegistryPreferences = PreferenceFile<RegistryProperties>;

/// `Properties` of a `Registry` item. Values stay when the GPO goes, unless the item has
/// `removePolicy`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RegistryProperties {
    /// `C`, `R`, `U` or `D`.
    pub action: Option<String>,
    /// Shown as decimal in the editor.
    pub display_decimal: Option<bool>,
    /// The key's default value.
    pub default: Option<bool>,
    /// `HKEY_LOCAL_MACHINE` and so on.
    pub hive: String,
    /// Key without hive.
    pub key: String,
    /// Value name.
    pub name: Option<String>,
    /// `REG_SZ`, `REG_DWORD` and so on; empty for a key.
    pub kind: Option<String>,
    /// Data as text; a DWORD as eight hex digits.
    pub value: Option<String>,
}

impl Properties for RegistryProperties {
    const ROOT: &'static str = "RegistrySettings";
    const ROOT_CLSID: &'static str = "{A3CCFC41-DFDB-43a5-8D26-0FE8B954DA51}";
    const ITEMS: &'static [&'static str] = &["Registry"];

    fn item_element(&self) -> (&'static str, &'static str) {
        ("Registry", "{9CD4B2F4-923D-47f5-A062-E897DD1DAD50}")
    }

    fn read(_: &Element, properties: &Element, oddities: &mut Vec<Oddity>) -> Self {
        let mut reader = Attributes::of(properties);
        let read = Self {
            action: reader.text("action"),
            display_decimal: reader.flag("displayDecimal"),
            default: reader.flag("default"),
            hive: reader.text("hive").unwrap_or_default(),
            key: reader.text("key").unwrap_or_default(),
            name: reader.text("name"),
            kind: reader.text("type"),
            value: reader.text("value"),
        };
        // Bit fields (`bitfield`, `defaultValue`, `SubProp`) are known and not modelled: the
        // item keeps its source because they are missing from what is written.
        reader.text("bitfield");
        reader.text("defaultValue");
        reader.finish(oddities);
        read
    }

    fn write(&self) -> Element {
        let flag = |value: Option<bool>| value.map(|on| if on { "1" } else { "0" });
        Element::new("Properties")
            .optional_attribute("action", self.action.clone())
            .optional_attribute("displayDecimal", flag(self.display_decimal))
            .optional_attribute("default", flag(self.default))
            .attribute("hive", &self.hive)
            .attribute("key", &self.key)
            .optional_attribute("name", self.name.clone())
            .optional_attribute("type", self.kind.clone())
            .optional_attribute("value", self.value.clone())
    }
}
