//! The servers that should exist, from a list that Active Directory tools export.

use std::collections::BTreeSet;

use csv::{ReaderBuilder, Trim};
use encoding_rs::Encoding;

/// Column of the names in what `Get-ADComputer` exports.
const COLUMN: &str = "DNSHostName";

/// Why a list gives no servers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExpectedError {
    /// Bytes that are no text in UTF-8, nor in UTF-16 with a byte order mark.
    #[error("it is no text in UTF-8 or UTF-16")]
    NoText,
    /// Several columns, and none has the names.
    #[error("its first line has no column `{COLUMN}`: `{header}`")]
    NoColumn {
        /// The first line.
        header: String,
    },
    /// A quote that is never closed, or a row that is shorter than the column's place.
    #[error("line {line} has no column `{COLUMN}`")]
    ShortRow {
        /// Counted from 1.
        line: u64,
    },
}

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
    /// See [`ExpectedError`].
    pub fn read(bytes: &[u8]) -> Result<Self, ExpectedError> {
        let encoding = Encoding::for_bom(bytes).map_or(encoding_rs::UTF_8, |(found, _)| found);
        let (text, has_faults) = encoding.decode_with_bom_removal(bytes);
        if has_faults {
            return Err(ExpectedError::NoText);
        }
        Self::parse(&text)
    }

    /// Reads a text with one server on each line: the name alone, or separated values whose
    /// column `DNSHostName` (in the first line, any letter case) holds it; distinguished names
    /// in other columns hold commas inside quotes. Blank lines, lines that start with `#`
    /// (`Export-Csv` writes `#TYPE`) and rows without a name are skipped.
    ///
    /// # Errors
    /// See [`ExpectedError`].
    pub fn parse(text: &str) -> Result<Self, ExpectedError> {
        let first = text
            .lines()
            .map(str::trim)
            .find(|line| !line.is_empty() && !line.starts_with('#'))
            .unwrap_or_default();
        // `Export-Csv -UseCulture` takes the list separator of the system.
        let separator = [',', ';', '\t']
            .into_iter()
            .find(|&one| first.contains(one))
            .map_or(b',', |one| one as u8);
        let mut rows = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(separator)
            .comment(Some(b'#'))
            .trim(Trim::All)
            .from_reader(text.as_bytes())
            .into_records()
            // Texts are read from memory and are UTF-8 already: nothing is left to fail.
            .filter_map(Result::ok)
            .peekable();
        let column = match rows.peek() {
            None => return Ok(Self::default()),
            Some(header) => header
                .iter()
                .position(|cell| cell.eq_ignore_ascii_case(COLUMN)),
        };
        if column.is_none() && first.contains(char::from(separator)) {
            return Err(ExpectedError::NoColumn {
                header: first.chars().take(200).collect(),
            });
        }
        if column.is_some() {
            rows.next();
        }
        let mut names = BTreeSet::new();
        for row in rows {
            let name = row.get(column.unwrap_or(0)).ok_or_else(|| {
                let line = row.position().map_or(0, csv::Position::line);
                ExpectedError::ShortRow { line }
            })?;
            if !name.is_empty() {
                names.insert(name.to_ascii_lowercase());
            }
        }
        Ok(Self { names })
    }

    /// The names in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// Is a server of this name, in lower case, among them?
    pub fn contains(&self, name: &str) -> bool {
        self.names.contains(name)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_lists_and_exports_give_the_same_names() {
        let plain = "SRV1.contoso.com\nsrv2.contoso.com\n\n";
        let export = "\u{23}TYPE x\n\"Name\",\"DNSHostName\"\n\"SRV1\",\"srv1.contoso.com\"\n\
                      \"SRV2\",\"SRV2.contoso.com\"\n";
        // `Get-ADComputer` puts the distinguished name first.
        let whole = "\"DistinguishedName\";\"DNSHostName\";\"Enabled\"\r\n\
                     \"CN=SRV1,OU=Servers,DC=contoso,DC=com\";\"srv1.contoso.com\";\"True\"\r\n\
                     \"CN=SRV2,OU=Servers,DC=contoso,DC=com\";\"srv2.contoso.com\";\"True\"\r\n\
                     \"CN=STAGED,OU=Servers,DC=contoso,DC=com\";;\"False\"\r\n";
        let commas = whole.replace(';', ",");
        for text in [plain, export, whole, commas.as_str()] {
            let servers = ExpectedServers::parse(text).unwrap();
            let names: Vec<_> = servers.names().collect();
            assert_eq!(names, ["srv1.contoso.com", "srv2.contoso.com"], "{text}");
        }
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
        assert_eq!(
            ExpectedServers::read(b"srv\xFF.contoso.com"),
            Err(ExpectedError::NoText)
        );
    }

    #[test]
    fn a_table_without_the_names_is_refused_with_its_place() {
        assert_eq!(
            ExpectedServers::parse("Name,Enabled\nSRV1,True\n"),
            Err(ExpectedError::NoColumn {
                header: "Name,Enabled".to_owned()
            })
        );
        assert_eq!(
            ExpectedServers::parse("Name,DNSHostName\nSRV1,srv1.contoso.com\nSRV2\n"),
            Err(ExpectedError::ShortRow { line: 3 })
        );
        assert_eq!(
            ExpectedServers::parse("# none\n"),
            Ok(ExpectedServers::default())
        );
    }
}
