//! The text files of a GPO: which of them hold a setting.

/// UTF-16 with byte order mark, else Windows-1252: what Windows writes into templates and tables.
pub(super) fn decode(bytes: &[u8]) -> String {
    let encoding = encoding_rs::Encoding::for_bom(bytes)
        .map_or(encoding_rs::WINDOWS_1252, |(encoding, _)| encoding);
    let (text, _) = encoding.decode_with_bom_removal(bytes);
    text.into_owned()
}

/// Lines of a template with the section that they stand in, lower case; without headings,
/// blanks and comments.
fn ini_lines(text: &str) -> impl Iterator<Item = (String, &str)> {
    let mut section = String::new();
    text.lines().map(str::trim).filter_map(move |line| {
        let heading = line.strip_prefix('[').and_then(|rest| rest.split_once(']'));
        if let Some((name, _)) = heading {
            section = name.trim().to_lowercase();
            return None;
        }
        let is_content = !line.is_empty() && !line.starts_with(';');
        is_content.then(|| (section.clone(), line))
    })
}

/// Does `GptTmpl.inf` set anything? `[Unicode]` and `[Version]` describe the file, and the
/// consoles leave a file with nothing else behind (seen in public backups).
pub(super) fn has_security_settings(text: &str) -> bool {
    ini_lines(text).any(|(section, _)| !matches!(section.as_str(), "" | "unicode" | "version"))
}

/// Does `audit.csv` hold a row below its heading?
pub(super) fn has_audit_rows(text: &str) -> bool {
    text.lines().filter(|line| !line.trim().is_empty()).count() > 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_that_only_describes_itself_sets_nothing() {
        let head =
            "[Unicode]\r\nUnicode=yes\r\n[Version]\r\nsignature=\"$CHICAGO$\"\r\nRevision=1\r\n";
        for (more, wanted) in [
            ("", false),
            ("[Registry Values]\r\n", false),
            ("[Registry Values]\r\n; nothing\r\n", false),
            ("[Service General Setting]\r\n\"WinRM\",2,\"\"\r\n", true),
            ("[Privilege Rights]\r\nSeServiceLogonRight =\r\n", true),
        ] {
            assert_eq!(
                has_security_settings(&format!("{head}{more}")),
                wanted,
                "{more}"
            );
        }
    }

    #[test]
    fn a_heading_is_no_audit_row() {
        let heading = "Machine Name,Policy Target,Subcategory\r\n";
        assert!(!has_audit_rows(heading));
        assert!(!has_audit_rows(""));
        assert!(has_audit_rows(&format!("{heading},System,Audit Logon\r\n")));
    }
}
