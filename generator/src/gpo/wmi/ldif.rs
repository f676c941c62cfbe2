//! A filter as LDIF (RFC 2849), for `ldifde -i -f FILE` and `ldapmodify`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::WmiFilter;

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
}
