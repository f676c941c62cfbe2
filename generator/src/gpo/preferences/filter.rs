//! Item-level targeting: the `Filters` of a preference item.
//!
//! Filters are evaluated left to right, each joined to the result so far. Element names are
//! case-sensitive: a wrong case makes the item fail closed. Source: MS-GPPREF 2.2.1.22.

use super::super::guid::Guid;
use super::super::xml::Element;
use super::{Attributes, Oddity};

/// How a filter joins the result of those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Join {
    /// Both.
    And,
    /// Either.
    Or,
}

/// One filter with how it is joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// How it joins the result so far.
    pub join: Join,
    /// Is its result turned round?
    pub negated: bool,
    /// Not shown in the editor.
    pub hidden: Option<bool>,
    /// What it asks.
    pub condition: Condition,
}

/// What a filter asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// Once per client and id; two items that share an id run once together.
    RunOnce {
        /// The id that the client stores.
        id: Guid,
        /// Stored for the user instead of the computer.
        user_context: Option<bool>,
        /// What an administrator noted in the console.
        comments: Option<String>,
    },
    /// Does a registry key exist?
    RegistryKeyExists {
        /// `HKEY_LOCAL_MACHINE` and so on.
        hive: String,
        /// Key without hive.
        key: String,
    },
    /// WQL on the client.
    Wmi {
        /// WQL; the item applies when it finds something.
        query: String,
        /// `Root\cimv2` by default.
        namespace: Option<String>,
    },
    /// Member of a group.
    Group {
        /// `DOMAIN\name`.
        name: Option<String>,
        /// SID of the group; decides when present.
        sid: Option<String>,
        /// The user instead of the computer.
        user_context: Option<bool>,
        /// Must it be the primary group?
        primary_group: Option<bool>,
        /// A group of the client itself?
        local_group: Option<bool>,
    },
    /// Product of the client; cannot tell Server 2016 from its successors.
    Os {
        /// `NT`.
        class: Option<String>,
        /// `WINTHRESHOLDSRV` and so on.
        version: Option<String>,
        /// `NE` for any.
        kind: Option<String>,
        /// `NE` for any.
        edition: Option<String>,
        /// `NE` for any.
        service_pack: Option<String>,
    },
    /// Filters in parentheses.
    Collection {
        /// Shown in the editor.
        name: Option<String>,
        /// Each with its own `bool`, in document order.
        filters: Vec<Filter>,
    },
    /// A filter that the model does not look into; its attributes `bool`, `not` and `hidden`
    /// stand in [`Filter`].
    Other(Element),
}

/// Every filter element that clients know, spelled as they need it.
pub const KNOWN_FILTERS: [&str; 29] = [
    "FilterBattery",
    "FilterCollection",
    "FilterComputer",
    "FilterCpu",
    "FilterDate",
    "FilterDisk",
    "FilterDomain",
    "FilterDun",
    "FilterFile",
    "FilterGroup",
    "FilterIpRange",
    "FilterLanguage",
    "FilterLdap",
    "FilterMacRange",
    "FilterMsi",
    "FilterOrgUnit",
    "FilterOs",
    "FilterPcmcia",
    "FilterPortable",
    "FilterProcMode",
    "FilterRam",
    "FilterRegistry",
    "FilterRunOnce",
    "FilterSite",
    "FilterTerminal",
    "FilterTime",
    "FilterUser",
    "FilterVariable",
    "FilterWmi",
];

/// Is this an element that clients know, spelled exactly so?
pub fn is_known(name: &str) -> bool {
    KNOWN_FILTERS.contains(&name)
}

/// Reads the filters of an item.
pub(super) fn read_filters(element: &Element, oddities: &mut Vec<Oddity>) -> Vec<Filter> {
    Attributes::of(element).finish(oddities);
    element
        .elements()
        .map(|filter| Filter::read(filter, oddities))
        .collect()
}

/// Writes the filters of an item.
pub(super) fn write_filters(filters: &[Filter]) -> Element {
    Element::new("Filters").extend(filters.iter().map(Filter::write))
}

impl Filter {
    /// A filter that must hold, or with `negated` must not.
    pub fn and(negated: bool, condition: Condition) -> Self {
        Self {
            join: Join::And,
            negated,
            hidden: None,
            condition,
        }
    }

    fn read(element: &Element, oddities: &mut Vec<Oddity>) -> Self {
        let mut reader = Attributes::of(element);
        let join = match reader.text("bool").as_deref() {
            Some("OR") => Join::Or,
            Some("AND") => Join::And,
            other => {
                let found = other.unwrap_or_default();
                let what = format!("`bool` is `{found}` where `AND` or `OR` belongs");
                oddities.push(Oddity::new(element, what));
                Join::And
            }
        };
        let negated = reader.flag("not");
        if negated.is_none() {
            oddities.push(Oddity::new(element, "`not` is missing"));
        }
        let hidden = reader.flag("hidden");
        let condition = Condition::read(element, &mut reader, oddities);
        if !matches!(condition, Condition::Other(_)) {
            reader.finish(oddities);
        }
        Self {
            join,
            negated: negated.unwrap_or_default(),
            hidden,
            condition,
        }
    }

    fn write(&self) -> Element {
        let join = match self.join {
            Join::And => "AND",
            Join::Or => "OR",
        };
        let start = |name: &str| {
            Element::new(name)
                .optional_attribute("hidden", self.hidden.map(flag))
                .attribute("bool", join)
                .attribute("not", flag(self.negated))
        };
        self.condition.write(start)
    }
}

/// A yes or no of a filter.
const fn flag(on: bool) -> &'static str {
    if on { "1" } else { "0" }
}

impl Condition {
    /// As an element that `start` begins.
    fn write(&self, start: impl Fn(&str) -> Element) -> Element {
        match self {
            Self::RunOnce {
                id,
                user_context,
                comments,
            } => start("FilterRunOnce")
                .attribute("id", id.to_string())
                .optional_attribute("userContext", user_context.map(flag))
                .optional_attribute("comments", comments.clone()),
            Self::RegistryKeyExists { hive, key } => start("FilterRegistry")
                .attribute("type", "KEYEXISTS")
                .attribute("hive", hive)
                .attribute("key", key)
                .attribute("valueName", "")
                .attribute("valueType", "")
                .attribute("valueData", ""),
            Self::Wmi { query, namespace } => start("FilterWmi")
                .attribute("query", query)
                .optional_attribute("nameSpace", namespace.clone())
                .attribute("property", "")
                .attribute("variableName", ""),
            Self::Group {
                name,
                sid,
                user_context,
                primary_group,
                local_group,
            } => start("FilterGroup")
                .optional_attribute("name", name.clone())
                .optional_attribute("sid", sid.clone())
                .optional_attribute("userContext", user_context.map(flag))
                .optional_attribute("primaryGroup", primary_group.map(flag))
                .optional_attribute("localGroup", local_group.map(flag)),
            Self::Os {
                class,
                version,
                kind,
                edition,
                service_pack,
            } => start("FilterOs")
                .optional_attribute("class", class.clone())
                .optional_attribute("version", version.clone())
                .optional_attribute("type", kind.clone())
                .optional_attribute("edition", edition.clone())
                .optional_attribute("sp", service_pack.clone()),
            Self::Collection { name, filters } => start("FilterCollection")
                .optional_attribute("name", name.clone())
                .extend(filters.iter().map(Filter::write)),
            Self::Other(element) => element.clone(),
        }
    }

    fn read(element: &Element, reader: &mut Attributes<'_>, oddities: &mut Vec<Oddity>) -> Self {
        match element.name.as_str() {
            "FilterRunOnce" => {
                let Some(id) = reader.guid("id") else {
                    oddities.push(Oddity::new(element, "`id` is missing"));
                    return Self::Other(element.clone());
                };
                Self::RunOnce {
                    id,
                    user_context: reader.flag("userContext"),
                    comments: reader.text("comments"),
                }
            }
            "FilterRegistry" if is_bare_key_test(element) => {
                for name in KEY_TEST_ATTRIBUTES {
                    reader.text(name);
                }
                Self::RegistryKeyExists {
                    hive: reader.text("hive").unwrap_or_default(),
                    key: reader.text("key").unwrap_or_default(),
                }
            }
            "FilterWmi" => {
                reader.text("property");
                reader.text("variableName");
                Self::Wmi {
                    query: reader.text("query").unwrap_or_default(),
                    namespace: reader.text("nameSpace"),
                }
            }
            "FilterGroup" => Self::Group {
                name: reader.text("name"),
                sid: reader.text("sid"),
                user_context: reader.flag("userContext"),
                primary_group: reader.flag("primaryGroup"),
                local_group: reader.flag("localGroup"),
            },
            "FilterOs" => Self::Os {
                class: reader.text("class"),
                version: reader.text("version"),
                kind: reader.text("type"),
                edition: reader.text("edition"),
                service_pack: reader.text("sp"),
            },
            "FilterCollection" => Self::Collection {
                name: reader.text("name"),
                filters: element
                    .elements()
                    .map(|filter| Filter::read(filter, oddities))
                    .collect(),
            },
            other => {
                if !is_known(other) {
                    oddities.push(Oddity::new(element, "clients know no such filter"));
                }
                Self::Other(element.clone())
            }
        }
    }
}

/// Attributes that say nothing when only the key is asked for.
const KEY_TEST_ATTRIBUTES: [&str; 9] = [
    "type",
    "subtype",
    "valueName",
    "valueType",
    "valueData",
    "min",
    "max",
    "gte",
    "lte",
];

/// `KEYEXISTS` is the documented default of `type`, but only an explicit one is trusted.
fn is_bare_key_test(element: &Element) -> bool {
    element.get("type") == Some("KEYEXISTS") && element.get("variableName").is_none()
}
