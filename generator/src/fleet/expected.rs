//! The servers that should exist, from a list that Active Directory tools export.

use std::collections::BTreeSet;

/// Names of servers, in lower case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExpectedServers {
    names: BTreeSet<String>,
}

impl ExpectedServers {
    /// Reads a text with one server on each line: the name alone, or a comma-separated line
    /// whose column `DNSHostName` (in the first line, any letter case) holds it. Blank lines
    /// and lines that start with `#` are skipped (`Export-Csv` writes `#TYPE`).
    pub fn parse(text: &str) -> Self {
        let mut lines = text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .peekable();
        let column = lines.peek().and_then(|header| {
            cells(header).position(|cell| cell.eq_ignore_ascii_case("dnshostname"))
        });
        if column.is_some() {
            lines.next();
        }
        let names = lines
            .filter_map(|line| cells(line).nth(column.unwrap_or(0)))
            .filter(|name| !name.is_empty())
            .map(str::to_ascii_lowercase)
            .collect();
        Self { names }
    }

    /// The names in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Is the list empty?
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}

/// DNS names hold neither commas nor quotes, so cells need no full CSV reading.
fn cells(line: &str) -> impl Iterator<Item = &str> {
    line.split([',', ';', '\t'])
        .map(|cell| cell.trim().trim_matches('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_lists_and_exports_give_the_same_names() {
        let plain = "SRV1.contoso.com\nsrv2.contoso.com\n\n";
        let export = "\u{23}TYPE x\n\"Name\",\"DNSHostName\"\n\"SRV1\",\"srv1.contoso.com\"\n\
                      \"SRV2\",\"SRV2.contoso.com\"\n";
        assert_eq!(
            ExpectedServers::parse(plain),
            ExpectedServers::parse(export)
        );
        let names: Vec<_> = ExpectedServers::parse(plain)
            .names()
            .map(str::to_owned)
            .collect();
        assert_eq!(names, ["srv1.contoso.com", "srv2.contoso.com"]);
    }
}
