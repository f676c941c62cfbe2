//! What one row of a list says of one computer, whatever the list looks like.

use super::super::hex::hex;
use super::field::{Field, SHORT};
use super::server_name::{NETBIOS_LENGTH, ServerName, is_blank};
use crate::formats::security::Sid;

/// Bit of `userAccountControl` of a disabled account (MS-ADTS 2.2.16).
const ACCOUNT_DISABLED: u64 = 0x2;

/// One computer as a list names it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Row {
    /// Line that it starts on, counted from 1.
    pub(super) line: u64,
    /// Its full name, when the list has one.
    pub(super) full: String,
    /// Its account's or host's name, when the list has one.
    pub(super) short: String,
    /// Where the short name comes from, as its place in [`SHORT`].
    short_of: Option<usize>,
    /// Another column of names, which does not say the same: its place in [`SHORT`].
    differs: Option<usize>,
    /// Its distinguished name, when the list has one.
    pub(super) distinguished: String,
    /// The list says that the account is disabled.
    pub(super) disabled: bool,
    class: Class,
    /// SID of its account.
    pub(super) sid: Option<Sid>,
    /// What may be meant otherwise, in words.
    pub(super) doubts: Vec<String>,
}

/// What the classes of an object say, in whatever order they come.
#[derive(Debug, Default, PartialEq, Eq)]
struct Class {
    computer: bool,
    /// A managed service account is of class `computer`, too.
    service_account: bool,
    other: bool,
}

impl Class {
    /// Takes a cell with one class or several: `csvde` joins them by `;`, `Format-List` writes
    /// `{top, person…}` and leaves out the last ones, `Export-Csv` the name of a type of .NET
    /// instead of them, which says nothing.
    fn take(&mut self, cell: &str) {
        if cell.contains('.') || cell.contains('…') {
            return;
        }
        let words = cell.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
        for word in words.filter(|word| !word.is_empty()) {
            match word.to_ascii_lowercase().as_str() {
                "computer" => self.computer = true,
                "msds-groupmanagedserviceaccount" | "msds-managedserviceaccount" => {
                    self.service_account = true;
                }
                _ => self.other = true,
            }
        }
    }
}

impl Row {
    pub(super) fn at(line: u64) -> Self {
        Self {
            line,
            ..Self::default()
        }
    }

    /// A row that is nothing but a name, or what stands in the place of one.
    pub(super) fn of_text(line: u64, text: &str) -> Self {
        let mut row = Self::at(line);
        row.take(Field::DistinguishedName, text);
        if row.short.is_empty() {
            text.trim_matches('"').clone_into(&mut row.full);
        }
        row
    }

    /// Takes a cell. What names the computer better is kept, and of two that are as good the
    /// first.
    pub(super) fn take(&mut self, field: Field, cell: &str) {
        let cell = cell.trim_matches(is_blank);
        if cell.is_empty() {
            return;
        }
        match field {
            Field::Full if self.full.is_empty() => cell.clone_into(&mut self.full),
            Field::Full => self.take_second(cell),
            Field::Short(of) => self.take_short(of, cell),
            Field::DistinguishedName => {
                let Some(name) = common_name(cell) else {
                    return;
                };
                cell.clone_into(&mut self.distinguished);
                if self.short.is_empty() {
                    self.short = name;
                }
            }
            Field::Enabled => self.disabled |= cell.eq_ignore_ascii_case("false"),
            Field::AccountControl => {
                let bits: Option<u64> = cell.parse().ok();
                self.disabled |= bits.is_some_and(|bits| bits & ACCOUNT_DISABLED != 0);
            }
            Field::Class => self.class.take(cell),
            Field::Sid => self.take_sid(written_sid(cell), cell),
        }
    }

    /// A second full name: `dNSHostName` has one value.
    fn take_second(&mut self, cell: &str) {
        let parsed = ServerName::parse(cell);
        if parsed.is_some() && parsed != ServerName::parse(&self.full) {
            let (line, taken) = (self.line, &self.full);
            self.doubts.push(format!(
                "line {line}: `{taken}` is taken, and `{cell}` is another full name"
            ));
        }
    }

    fn take_sid(&mut self, sid: Option<Sid>, written: &str) {
        if sid.is_none() {
            let line = self.line;
            self.doubts.push(format!(
                "line {line}: `{written}` is no SID, so that nobody can tell whose the report is"
            ));
        }
        self.sid = self.sid.or(sid);
    }

    fn take_short(&mut self, of: usize, cell: &str) {
        let better = self.short_of.is_none_or(|old| of < old);
        if let Some(old) = self.short_of.filter(|_| !is_one_server(&self.short, cell)) {
            self.differs = Some(if better { old } else { of });
        }
        if better {
            cell.clone_into(&mut self.short);
            self.short_of = Some(of);
        }
    }

    /// The word of the column that names the server, and of one that names another.
    pub(super) fn other_column(&self) -> Option<(&'static str, &'static str)> {
        let word = |of: usize| SHORT.get(of).copied();
        let is_asked = self.full.is_empty();
        Some((word(self.short_of?)?, word(self.differs?)?)).filter(|_| is_asked)
    }

    /// The list says that it is no computer.
    pub(super) fn is_no_computer(&self) -> bool {
        let Class {
            computer,
            service_account,
            other,
        } = self.class;
        service_account || (other && !computer)
    }

    /// Takes a value that a list gives as bytes.
    pub(super) fn take_bytes(&mut self, field: Field, bytes: Vec<u8>) {
        if field == Field::Sid {
            self.take_sid(sid_of_bytes(&bytes), "a value in base64");
        } else {
            // A value that is no text names no server.
            self.take(field, &String::from_utf8(bytes).unwrap_or_default());
        }
    }

    /// The name to take: the full one where there is one.
    pub(super) fn written(&self) -> &str {
        if self.full.is_empty() {
            &self.short
        } else {
            &self.full
        }
    }
}

/// Do two columns name one server? An account's name is the first label, cut.
fn is_one_server(one: &str, other: &str) -> bool {
    let label = |name: &str| {
        let first = name.split(['.', '$']).next().unwrap_or(name);
        let cut: String = first.chars().take(NETBIOS_LENGTH).collect();
        cut.to_lowercase()
    };
    label(one) == label(other)
}

/// A SID as `S-1-…` or, as `csvde` writes bytes, `X'0105…'`.
fn written_sid(cell: &str) -> Option<Sid> {
    let coded = cell
        .strip_prefix(['X', 'x'])
        .and_then(|rest| rest.strip_prefix('\'')?.strip_suffix('\''));
    match coded {
        Some(digits) => sid_of_bytes(&hex(digits)?),
        None => cell.parse().ok(),
    }
}

/// A SID and nothing behind it.
fn sid_of_bytes(bytes: &[u8]) -> Option<Sid> {
    let (sid, length) = Sid::from_bytes(bytes)?;
    (length == bytes.len()).then_some(sid)
}

/// The value of the first part of a distinguished name, when that is `CN` (RFC 4514); its
/// escapes are kept, because a name with one is no DNS name anyway.
pub(super) fn common_name(dn: &str) -> Option<String> {
    let dn = dn.trim_matches('"');
    let (kind, rest) = dn.split_once('=')?;
    let mut escaped = false;
    let end = rest.find(|c| {
        let ends = c == ',' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    });
    kind.trim()
        .eq_ignore_ascii_case("cn")
        .then(|| rest[..end.unwrap_or(rest.len())].trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distinguished_name_gives_the_computer() {
        let table = [
            ("CN=SRV1,OU=Servers,DC=contoso,DC=com", Some("SRV1")),
            ("\"cn=SRV1,DC=contoso,DC=com\"", Some("SRV1")),
            ("CN=a\\,b,DC=contoso,DC=com", Some("a\\,b")),
            ("OU=Servers,DC=contoso,DC=com", None),
            ("SRV1", None),
        ];
        for (dn, name) in table {
            assert_eq!(common_name(dn).as_deref(), name, "{dn}");
        }
    }

    #[test]
    fn disabled_is_what_either_writer_says() {
        for (field, cell, disabled) in [
            (Field::Enabled, "False", true),
            (Field::Enabled, "True", false),
            (Field::AccountControl, "4096", false),
            (Field::AccountControl, "4098", true),
            (Field::AccountControl, "532480", false),
            (Field::AccountControl, "?", false),
        ] {
            let mut row = Row::at(1);
            row.take(field, cell);
            assert_eq!(row.disabled, disabled, "{cell}");
        }
    }

    #[test]
    fn a_computer_is_one_in_whatever_order_its_classes_come() {
        for (cells, no_computer) in [
            (&["computer"][..], false),
            (
                &["top", "person", "organizationalPerson", "user", "computer"],
                false,
            ),
            (&["computer", "user", "person", "top"], false),
            (&["top;person;organizationalPerson;user;computer"], false),
            (&["{top, person, organizationalPerson, user…}"], false),
            (&["{top, person, organizationalPerson, user...}"], false),
            (
                &["Microsoft.ActiveDirectory.Management.ADPropertyValueCollection"],
                false,
            ),
            (&[""], false),
            (&["user"], true),
            (&["top", "person", "user"], true),
            (&["msDS-GroupManagedServiceAccount"], true),
            (&["computer", "msDS-ManagedServiceAccount", "top"], true),
        ] {
            let mut row = Row::at(1);
            for cell in cells {
                row.take(Field::Class, cell);
            }
            assert_eq!(row.is_no_computer(), no_computer, "{cells:?}");
        }
    }

    #[test]
    fn of_several_columns_the_best_word_names_the_server() {
        for (cells, taken, differs) in [
            (
                &[("Name", "SRV1"), ("ComputerName", "HV01")][..],
                "SRV1",
                true,
            ),
            (
                &[("ComputerName", "HV01"), ("VMName", "SRV1")],
                "SRV1",
                true,
            ),
            (&[("ComputerName", "SRV1"), ("Host", "HV01")], "SRV1", true),
            (
                &[
                    ("CN", "application-server"),
                    ("sAMAccountName", "APPLICATION-SER$"),
                ],
                "APPLICATION-SER$",
                false,
            ),
            (
                &[("Name", "SRV1"), ("PSComputerName", "srv1.contoso.com")],
                "SRV1",
                false,
            ),
            (&[("Name", "SRV1"), ("CN", "")], "SRV1", false),
        ] {
            let mut row = Row::at(1);
            for (word, cell) in cells {
                row.take(Field::of_name(word).unwrap(), cell);
            }
            assert_eq!(
                (row.written(), row.other_column().is_some()),
                (taken, differs),
                "{cells:?}"
            );
        }
    }
}
