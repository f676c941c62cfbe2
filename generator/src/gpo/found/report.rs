//! `gpreport.xml`, GPMC's report inside a backup: read for the links, which no other file of a
//! backup holds. Never written.

use crate::gpo::xml::{self, Element};

/// A link that a report names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Canonical name of the domain or unit: `contoso.com/Servers/Tier 1`.
    pub scope: String,
    /// Is the link switched on?
    pub enabled: bool,
}

impl Link {
    /// Do both links reach some of the same computers: one scope holds the other?
    pub fn overlaps(&self, other: &Self) -> bool {
        let holds = |outer: &str, inner: &str| {
            let outer = outer.to_lowercase();
            let inner = inner.to_lowercase();
            match inner.strip_prefix(&outer) {
                Some(rest) => rest.is_empty() || rest.starts_with('/'),
                None => false,
            }
        };
        self.enabled
            && other.enabled
            && (holds(&self.scope, &other.scope) || holds(&other.scope, &self.scope))
    }
}

/// The links of a report; none when it is no report.
pub(super) fn read_links(bytes: &[u8]) -> Option<Vec<Link>> {
    let root = xml::read(bytes).ok()?;
    if local(&root) != "GPO" {
        return None;
    }
    let links = root
        .elements()
        .filter(|element| local(element) == "LinksTo")
        .filter_map(|element| {
            let text = |name: &str| {
                let found = element.elements().find(|child| local(child) == name);
                found.map(Element::text)
            };
            Some(Link {
                scope: text("SOMPath")?,
                enabled: text("Enabled").as_deref() == Some("true"),
            })
        });
    Some(links.collect())
}

/// Name without its prefix.
fn local(element: &Element) -> &str {
    let name = element.name.as_str();
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_read_from_a_report_in_utf_16() {
        let text = "<?xml version=\"1.0\" encoding=\"utf-16\"?>\
             <GPO xmlns=\"http://www.microsoft.com/GroupPolicy/Settings\"><Name>x</Name>\
             <LinksTo><SOMName>Servers</SOMName><SOMPath>contoso.com/Servers</SOMPath>\
             <Enabled>true</Enabled><NoOverride>false</NoOverride></LinksTo></GPO>";
        let bytes: Vec<u8> = [0xFEFF]
            .into_iter()
            .chain(text.encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect();
        let link = Link {
            scope: "contoso.com/Servers".to_owned(),
            enabled: true,
        };
        assert_eq!(read_links(&bytes), Some(vec![link]));
        assert_eq!(read_links(b"<Other/>"), None);
    }

    #[test]
    fn scopes_overlap_when_one_holds_the_other() {
        let link = |scope: &str, enabled| Link {
            scope: scope.to_owned(),
            enabled,
        };
        for (a, b, wanted) in [
            ("contoso.com", "contoso.com/Servers", true),
            ("contoso.com/servers", "contoso.com/Servers", true),
            ("contoso.com/Servers", "contoso.com/Servers2", false),
            ("contoso.com/A", "contoso.com/B", false),
        ] {
            assert_eq!(link(a, true).overlaps(&link(b, true)), wanted, "{a} {b}");
            assert_eq!(link(b, true).overlaps(&link(a, true)), wanted, "{b} {a}");
            assert!(!link(a, true).overlaps(&link(b, false)));
        }
    }
}
