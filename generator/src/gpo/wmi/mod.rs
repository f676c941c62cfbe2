//! WMI filters: the WQL condition of a whole GPO, as a directory object and as MOF.
//! Source: MS-GPOL 2.2.5, filters exported by GPMC.

mod ldif;
mod mof;

pub use ldif::{LdifFilter, read_ldif, write_ldif};
pub use mof::{MalformedMof, names_filter, read_mof, write_mof};

use super::domain::DomainName;
use super::guid::Guid;
use super::time::Timestamp;

/// Namespace of the queries that filters ask.
pub const NAMESPACE: &str = r"root\CIMv2";

/// A question to each computer that decides whether a GPO applies there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WmiFilter {
    /// Name of its directory object.
    pub id: Guid,
    /// Shown in GPMC.
    pub name: String,
    /// Shown in GPMC.
    pub description: String,
    /// `user@domain` by custom; any text.
    pub author: String,
    /// Domain that it lies in.
    pub domain: DomainName,
    /// CIM date of creation.
    pub creation_date: String,
    /// CIM date of the last change.
    pub change_date: String,
    /// All must give a row.
    pub queries: Vec<Query>,
}

/// Who made our filters in a domain, as they say it themselves.
pub fn author(domain: &DomainName) -> String {
    format!("gangway@{domain}")
}

/// One query of a filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// WMI namespace that it is asked in, such as `root\CIMv2`.
    pub namespace: String,
    /// The query in WQL; it holds when it finds something.
    pub wql: String,
}

impl WmiFilter {
    /// The filter of all our GPOs in one domain: servers, with or without domain controllers.
    ///
    /// Compares `ProductType` (1 workstation, 2 domain controller, 3 server), a number; builds
    /// are strings in WQL and are left to the bootstrap. `identity` stands for the organisation in
    /// its GUID.
    pub fn servers(
        identity: &str,
        domain: &DomainName,
        include_domain_controllers: bool,
        time: Timestamp,
    ) -> Self {
        let (name, condition) = if include_domain_controllers {
            ("Gangway: servers and domain controllers", "<> \"1\"")
        } else {
            ("Gangway: servers, no domain controllers", "= \"3\"")
        };
        Self {
            id: Guid::derive(&[identity, domain.as_str(), "wmi-filter"]),
            name: name.to_owned(),
            description: "Made by Gangway for its GPOs; change gangway.toml and build again."
                .to_owned(),
            author: author(domain),
            domain: domain.clone(),
            creation_date: time.cim(),
            change_date: time.cim(),
            queries: vec![Query {
                namespace: NAMESPACE.to_owned(),
                wql: format!("SELECT * FROM Win32_OperatingSystem WHERE ProductType {condition}"),
            }],
        }
    }

    /// Attribute `msWMI-Parm2`: every length must be right, or the filter is false everywhere
    /// without a word. Lengths count UTF-16 units, as the directory's strings do.
    pub fn parm2(&self) -> String {
        let mut text = format!("{};", self.queries.len());
        for query in &self.queries {
            let length = |text: &str| text.encode_utf16().count();
            text.push_str(&format!(
                "3;{};{};WQL;{};{};",
                length(&query.namespace),
                length(&query.wql),
                query.namespace,
                query.wql
            ));
        }
        text
    }

    /// Value of `gPCWQLFilter` on a GPO that uses the filter.
    pub fn link(&self) -> String {
        format!("[{};{};0]", self.domain, self.id)
    }

    /// Value of `WMIFilter` in a backup of such a GPO.
    pub fn backup_reference(&self) -> String {
        format!(
            "MSFT_SomFilter.ID=\"{}\",Domain=\"{}\"",
            self.id, self.domain
        )
    }
}

/// Why `msWMI-Parm2` does not say what it should.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`msWMI-Parm2` is malformed at character {at}: {why}")]
pub struct MalformedParm2 {
    /// Characters before the fault.
    pub at: usize,
    /// What is wrong.
    pub why: &'static str,
}

/// Most queries that are read from one filter; GPMC's dialog is unwieldy beyond a handful.
const MAX_QUERIES: usize = 256;

/// Reads `msWMI-Parm2`, checking every length.
///
/// # Errors
/// The first number or separator that is not what it must be.
pub fn read_parm2(text: &str) -> Result<Vec<Query>, MalformedParm2> {
    let units: Vec<u16> = text.encode_utf16().collect();
    let mut reader = Parm2 {
        units: &units,
        at: 0,
    };
    let count = reader.number()?;
    if count > MAX_QUERIES {
        return Err(reader.malformed("more queries than any filter has"));
    }
    let mut queries = Vec::new();
    for _ in 0..count {
        let language = reader.number()?;
        let namespace = reader.number()?;
        let wql = reader.number()?;
        if reader.take(language)? != "WQL" {
            return Err(reader.malformed("the query language is not `WQL`"));
        }
        let namespace = reader.take(namespace)?;
        let wql = reader.take(wql)?;
        queries.push(Query { namespace, wql });
    }
    if reader.at != units.len() {
        return Err(reader.malformed("text after the last query"));
    }
    Ok(queries)
}

struct Parm2<'a> {
    units: &'a [u16],
    at: usize,
}

impl Parm2<'_> {
    fn malformed(&self, why: &'static str) -> MalformedParm2 {
        MalformedParm2 { at: self.at, why }
    }

    fn number(&mut self) -> Result<usize, MalformedParm2> {
        let rest = self.units.get(self.at..).unwrap_or_default();
        let length = rest
            .iter()
            .position(|unit| *unit == u16::from(b';'))
            .ok_or(self.malformed("a number and `;` are missing"))?;
        let digits = String::from_utf16_lossy(rest.get(..length).unwrap_or_default());
        let number = digits
            .parse()
            .map_err(|_| self.malformed("expected a whole number"))?;
        self.at += length + 1;
        Ok(number)
    }

    /// A text of so many units and the `;` after it.
    fn take(&mut self, length: usize) -> Result<String, MalformedParm2> {
        let rest = self.units.get(self.at..).unwrap_or_default();
        let (text, after) = rest
            .split_at_checked(length)
            .ok_or(self.malformed("a length reaches beyond the end"))?;
        if after.first() != Some(&u16::from(b';')) {
            return Err(self.malformed("a length does not end at `;`"));
        }
        self.at += length + 1;
        String::from_utf16(text).map_err(|_| self.malformed("a length cuts a character in two"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn sample() -> WmiFilter {
        let domain = "contoso.com".parse().unwrap();
        let time = Timestamp::from_unix(1_769_846_709).unwrap();
        WmiFilter::servers("Contoso", &domain, true, time)
    }

    #[test]
    fn lengths_are_those_of_a_filter_made_by_gpmc() {
        let mut filter = sample();
        filter.queries[0].wql =
            "SELECT * FROM Win32_OperatingSystem WHERE ProductType <> \"1\"".to_owned();
        assert_eq!(
            filter.parm2(),
            "1;3;10;60;WQL;root\\CIMv2;\
             SELECT * FROM Win32_OperatingSystem WHERE ProductType <> \"1\";"
        );
    }

    #[test]
    fn domain_controllers_are_left_out_by_product_type() {
        let domain = "contoso.com".parse().unwrap();
        let time = Timestamp::from_unix(0).unwrap();
        for (include, condition) in [
            (true, "ProductType <> \"1\""),
            (false, "ProductType = \"3\""),
        ] {
            let filter = WmiFilter::servers("Contoso", &domain, include, time);
            assert!(filter.queries[0].wql.ends_with(condition));
            // The same object in the directory, whatever it asks.
            assert_eq!(filter.id, sample().id);
        }
    }

    #[test]
    fn parm2_round_trips() {
        let mut filter = sample();
        filter.queries.push(Query {
            namespace: "root\\CIMv2".to_owned(),
            wql: "SELECT * FROM x WHERE a = \"1;2;日本𝄞\"".to_owned(),
        });
        assert_eq!(read_parm2(&filter.parm2()), Ok(filter.queries));
    }

    #[test]
    fn any_wrong_length_is_found() {
        for text in [
            "",
            "1",
            "x;",
            "2;3;10;5;WQL;root\\CIMv2;abcde;",
            "1;3;10;4;WQL;root\\CIMv2;abcde;",
            "1;3;10;6;WQL;root\\CIMv2;abcde;",
            "1;3;9;5;WQL;root\\CIMv2;abcde;",
            "1;4;10;5;WQL;root\\CIMv2;abcde;",
            "1;3;10;5;WQL;root\\CIMv2;abcde;;",
            "1;3;10;99999999999;WQL;root\\CIMv2;abcde;",
            "300;",
        ] {
            assert!(read_parm2(text).is_err(), "{text}");
        }
    }
}
