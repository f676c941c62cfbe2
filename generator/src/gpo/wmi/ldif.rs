//! A filter as LDIF (RFC 2849), for `ldifde -i -f FILE` and `ldapmodify`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{MalformedParm2, Query, WmiFilter, read_parm2};
use crate::gpo::guid::Guid;

/// The record that adds the filter to its domain. Lines end in LF and are not folded.
pub fn write_ldif(filter: &WmiFilter) -> Vec<u8> {
    let id = filter.id.to_string();
    let dn = format!(
        "CN={id},CN=SOM,CN=WMIPolicy,CN=System,{}",
        filter.domain.distinguished_name()
    );
    let lines = [
        ("dn", dn.as_str()),
        ("changetype", "add"),
        ("objectClass", "msWMI-Som"),
        ("cn", &id),
        ("showInAdvancedViewOnly", "TRUE"),
        ("msWMI-Author", &filter.author),
        ("msWMI-ChangeDate", &filter.change_date),
        ("msWMI-CreationDate", &filter.creation_date),
        ("msWMI-ID", &id),
        ("msWMI-Name", &filter.name),
        ("msWMI-Parm1", &filter.description),
        ("msWMI-Parm2", &filter.parm2()),
    ]
    .map(|(name, value)| line(name, value));
    lines.concat().into_bytes()
}

/// One attribute; values that are no SAFE-STRING go as base64.
fn line(name: &str, value: &str) -> String {
    let plain = value.bytes().all(|byte| (0x20..0x7F).contains(&byte))
        && !value.starts_with([' ', ':', '<'])
        && !value.ends_with(' ');
    if plain {
        format!("{name}: {value}\n")
    } else {
        format!("{name}:: {}\n", STANDARD.encode(value))
    }
}

/// A filter as an LDIF file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LdifFilter {
    /// GUID, when it can be read.
    pub id: Option<Guid>,
    /// Name in the console (`msWMI-Name`).
    pub name: Option<String>,
    /// Queries, or why there are none.
    pub queries: Result<Vec<Query>, MalformedParm2>,
}

/// The WMI filters of an LDIF file: records with `msWMI-Parm2`.
pub fn read_ldif(bytes: &[u8]) -> Vec<LdifFilter> {
    let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n");
    // Folded lines go on after a line feed and one blank (RFC 2849).
    let text = text.replace("\n ", "");
    let mut filters = Vec::new();
    for record in text.split("\n\n") {
        let value = |wanted: &str| {
            record.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                if !name.eq_ignore_ascii_case(wanted) {
                    return None;
                }
                match value.strip_prefix(':') {
                    Some(encoded) => {
                        let bytes = STANDARD.decode(encoded.trim()).ok()?;
                        String::from_utf8(bytes).ok()
                    }
                    None => Some(value.strip_prefix(' ').unwrap_or(value).to_owned()),
                }
            })
        };
        if let Some(parm2) = value("msWMI-Parm2") {
            filters.push(LdifFilter {
                id: value("msWMI-ID").and_then(|id| id.parse().ok()),
                name: value("msWMI-Name"),
                queries: read_parm2(&parm2),
            });
        }
    }
    filters
}

#[cfg(test)]
mod tests {
    use super::super::tests::sample;
    use super::*;

    #[test]
    fn the_record_names_its_place_in_the_domain() {
        let text = String::from_utf8(write_ldif(&sample())).unwrap();
        let first = text.lines().next().unwrap();
        assert!(first.starts_with("dn: CN={"), "{first}");
        assert!(first.ends_with("},CN=SOM,CN=WMIPolicy,CN=System,DC=contoso,DC=com"));
        assert!(text.contains("\nmsWMI-Parm2: 1;3;10;60;WQL;root\\CIMv2;SELECT"));
    }

    #[test]
    fn values_that_ldif_cannot_show_go_as_base64() {
        for (value, wanted) in [
            ("plain", "a: plain\n"),
            (" x", "a:: IHg=\n"),
            ("x ", "a:: eCA=\n"),
            ("é", "a:: w6k=\n"),
            ("x\ny", "a:: eAp5\n"),
            ("<x", "a:: PHg=\n"),
        ] {
            assert_eq!(line("a", value), wanted);
        }
    }

    #[test]
    fn records_are_read_folded_or_encoded() {
        let parm2 = "1;3;10;8;WQL;root\\CIMv2;SELECT *;";
        let folded = format!("{}\n {}", &parm2[..9], &parm2[9..]);
        let encoded = STANDARD.encode(parm2);
        for line in [
            format!("msWMI-Parm2: {parm2}"),
            format!("msWMI-Parm2: {folded}"),
            format!("msWMI-Parm2:: {encoded}"),
        ] {
            let text = format!("dn: CN=x\nmsWMI-Name: n\n{line}\n\ndn: CN=y\ncn: y\n");
            let filters = read_ldif(text.as_bytes());
            assert_eq!(filters.len(), 1, "{text}");
            let wanted = Query {
                namespace: "root\\CIMv2".to_owned(),
                wql: "SELECT *".to_owned(),
            };
            assert_eq!(filters[0].queries, Ok(vec![wanted]), "{text}");
        }
    }
}
