//! The servers that should exist, from a list that Active Directory tools export.

use std::collections::BTreeSet;

use encoding_rs::Encoding;

/// Bytes that are no text in UTF-8, nor in UTF-16 with a byte order mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is no text in UTF-8 or UTF-16")]
pub struct NoText;

/// Names of servers, in lower case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExpectedServers {
    names: BTreeSet<String>,
}

impl ExpectedServers {
    /// Reads a file: UTF-8, or what its byte order mark says. Windows PowerShell's `>` writes
    /// UTF-16, and its `-Encoding UTF8` a mark before the first name.
    ///
    /// # Errors
    /// The bytes are no text.
    pub fn read(bytes: &[u8]) -> Result<Self, NoText> {
        let encoding = Encoding::for_bom(bytes).map_or(encoding_rs::UTF_8, |(found, _)| found);
        let (text, has_faults) = encoding.decode_with_bom_removal(bytes);
        if has_faults {
            return Err(NoText);
        }
        Ok(Self::parse(&text))
    }

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

    #[test]
    fn every_encoding_of_windows_gives_the_same_names() {
        let text = "DNSHostName\r\nsrv1.contoso.com\r\n";
        let wide = |mark: u16, order: fn(u16) -> [u8; 2]| -> Vec<u8> {
            let units = std::iter::once(mark).chain(text.encode_utf16());
            units.flat_map(order).collect()
        };
        for bytes in [
            text.as_bytes().to_vec(),
            [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
            wide(0xFEFF, u16::to_le_bytes),
            wide(0xFEFF, u16::to_be_bytes),
        ] {
            let names = ExpectedServers::read(&bytes).unwrap();
            assert_eq!(names.names().collect::<Vec<_>>(), ["srv1.contoso.com"]);
        }
        assert_eq!(ExpectedServers::read(b"srv\xFF.contoso.com"), Err(NoText));
    }
}
