//! Codes of others that are met on this way: exit codes of programs that the bootstrap starts,
//! events of the onboarding scripts and of the sensor, and numbers of Windows. They stand in
//! `foreign_codes.txt`, with their sources.

use super::Page;

/// As its own first lines say.
const TABLE: &str = include_str!("foreign_codes.txt");

/// One code of a family: number, meaning, what to do.
type Row = (i64, &'static str, &'static str);

/// Who gives the codes.
struct Family {
    /// What stands before the colon; the first is how the page is named.
    prefixes: Vec<&'static str>,
    /// Who speaks.
    about: &'static str,
    rows: Vec<Row>,
    /// Where to look for a number that is not here.
    elsewhere: &'static str,
}

/// The table, read; a test sees that no line is left out.
fn table() -> Vec<Family> {
    let mut families: Vec<Family> = Vec::new();
    for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
        let Some(row) = line.strip_prefix("  ") else {
            families.extend(header(line));
            continue;
        };
        let Some(family) = families.last_mut() else {
            continue;
        };
        match row.strip_prefix("else | ") {
            Some(elsewhere) => family.elsewhere = elsewhere,
            None => family.rows.extend(code(row)),
        }
    }
    families
}

/// `msiexec, msi: code of Windows Installer`
fn header(line: &'static str) -> Option<Family> {
    let (prefixes, about) = line.split_once(": ")?;
    Some(Family {
        prefixes: prefixes.split(", ").collect(),
        about,
        rows: Vec::new(),
        elsewhere: "",
    })
}

/// `1603 | a fatal error | read the log`
fn code(row: &'static str) -> Option<Row> {
    let mut cells = row.split(" | ");
    let row = (number_of(cells.next()?)?, cells.next()?, cells.next()?);
    cells.next().is_none().then_some(row)
}

/// What was asked for.
pub(super) enum Asked {
    Pages(Vec<Page>),
    /// A known family or a number, and nothing is known of it; the hint.
    Unknown(String),
    /// Words only.
    NoNumber,
}

/// The pages of `family:number`, or of a number alone.
pub(super) fn find(text: &str) -> Asked {
    let families = table();
    if let Some((prefix, number)) = text.split_once(':') {
        let prefix = prefix.trim().to_ascii_lowercase();
        let family = families
            .iter()
            .find(|one| one.prefixes.contains(&prefix.as_str()));
        let Some(family) = family else {
            let mut known: Vec<&str> = families.iter().map(Family::name).collect();
            known.push("bootstrap");
            return Asked::Unknown(format!("families of codes: {}", known.join(", ")));
        };
        let Some(number) = number_of(number.trim()) else {
            return Asked::Unknown(format!("`{}:` takes a number", family.name()));
        };
        let pages: Vec<Page> = family.page(number).into_iter().collect();
        return if pages.is_empty() {
            Asked::Unknown(family.elsewhere.to_owned())
        } else {
            Asked::Pages(pages)
        };
    }
    let Some(number) = number_of(text) else {
        return Asked::NoNumber;
    };
    let mut pages: Vec<Page> = families.iter().filter_map(|one| one.page(number)).collect();
    // An HRESULT of facility 7 wraps an error code of Windows (MS-ERREF 2.1).
    if number >> 16 == 0x8007 {
        let inner = number & 0xffff;
        let windows = families
            .iter()
            .filter(|one| matches!(one.name(), "win32" | "msiexec"));
        pages.extend(windows.filter_map(|one| one.page(inner)));
    }
    if pages.is_empty() {
        Asked::Unknown(
            "`certutil -error NUMBER` on a Windows says the system's text; with a family before it \
             (`ddt:11`, `msiexec:1603`, `sense:84`) the hint is closer"
                .to_owned(),
        )
    } else {
        Asked::Pages(pages)
    }
}

/// Names of the families with an example each.
pub(super) fn families() -> impl Iterator<Item = (&'static str, &'static str)> {
    table()
        .into_iter()
        .map(|family| (family.name(), family.about))
}

/// A number as people and programs write it: decimal, hexadecimal, and negative as a signed
/// 32-bit one. Errors of 32 bits come out as the unsigned number.
fn number_of(text: &str) -> Option<i64> {
    let lower = text.to_ascii_lowercase();
    let number = match lower.strip_prefix("0x") {
        Some(digits) => i64::from(u32::from_str_radix(digits, 16).ok()?),
        None => lower.parse().ok()?,
    };
    let signed = i32::try_from(number).ok().filter(|number| *number < 0);
    match signed {
        Some(signed) => Some(i64::from(signed.cast_unsigned())),
        None => (0..=i64::from(u32::MAX))
            .contains(&number)
            .then_some(number),
    }
}

impl Family {
    fn name(&self) -> &'static str {
        self.prefixes.first().copied().unwrap_or_default()
    }

    fn page(&self, number: i64) -> Option<Page> {
        let (_, meaning, next) = self.rows.iter().find(|(known, ..)| *known == number)?;
        let number = if number > 0xffff {
            format!("0x{number:08x}")
        } else {
            number.to_string()
        };
        Some(Page {
            name: format!("{}:{number}", self.name()),
            kind: self.about.to_owned(),
            about: format!("{meaning}."),
            next: (*next).to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        match find(text) {
            Asked::Pages(pages) => pages.into_iter().map(|page| page.name).collect(),
            Asked::Unknown(_) | Asked::NoNumber => Vec::new(),
        }
    }

    #[test]
    fn a_number_is_found_however_it_is_written() {
        for (text, found) in [
            ("ddt:11", &["ddt:11"][..]),
            ("Install.ps1:35", &["install.ps1:35"]),
            ("wdatp:15", &["wdatp:15"]),
            ("SENSE:84", &["sense:84"]),
            ("wusa:0x80240017", &["wusa:0x80240017"]),
            ("wusa:-2145124329", &["wusa:0x80240017"]),
            ("0x80070534", &["win32:1332"]),
            ("-2147023564", &["win32:1332"]),
            ("2147943732", &["win32:1332"]),
            ("0x534", &["win32:1332"]),
            ("1603", &["msiexec:1603"]),
            ("0x80070643", &["msiexec:1603"]),
            ("0x80041318", &["hresult:0x80041318"]),
            ("gp:4098", &["grouppolicy:4098"]),
            ("1058", &["grouppolicy:1058", "win32:1058"]),
            ("3010", &["msiexec:3010", "wusa:3010", "dism:3010"]),
            ("ddt:999", &[]),
            ("nobody:1", &[]),
            ("99999999999", &[]),
        ] {
            assert_eq!(names(text), found, "{text}");
        }
    }

    #[test]
    fn each_family_knows_a_number_once_and_says_what_to_do() {
        let families = table();
        let codes: usize = families.iter().map(|family| family.rows.len()).sum();
        let lines = TABLE.lines();
        let of_families = lines.filter(|line| !line.starts_with('#') && !line.is_empty());
        // Each has its header and its `else`.
        assert_eq!(of_families.count(), codes + 2 * families.len());
        for family in &families {
            assert_ne!(family.elsewhere, "", "{}", family.name());
            let mut numbers: Vec<i64> = family.rows.iter().map(|(number, ..)| *number).collect();
            numbers.sort_unstable();
            let all = numbers.len();
            numbers.dedup();
            assert_eq!(numbers.len(), all, "{}", family.name());
            for (number, meaning, next) in &family.rows {
                assert!(!meaning.is_empty() && !next.is_empty(), "{number}");
            }
        }
    }
}
