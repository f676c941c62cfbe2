//! UNC paths inside commands and arguments.

use std::fmt;

/// Most paths of a text, and most characters of one, that are looked at: a text may have megabytes.
const MOST_PATHS: usize = 256;
const MOST_CHARACTERS: usize = 260;

/// A UNC path as far as it can be told from a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unc {
    /// Server name as written.
    pub(super) server: String,
    /// What follows the server, from the first backslash.
    pub(super) rest: String,
}

impl Unc {
    /// A name without a dot, or an address.
    pub(super) fn is_short(&self) -> bool {
        let server = self.server.as_str();
        let name = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ':');
        let plain = !server.is_empty() && server.chars().all(name);
        let digits = server.chars().all(|c| c.is_ascii_digit() || c == '.');
        plain && (!server.contains('.') || digits)
    }

    /// Below a share that only domain administrators write by default.
    pub(super) fn is_domain_share(&self) -> bool {
        let rest = self.rest.to_ascii_lowercase();
        [r"\netlogon\", r"\sysvol\"]
            .iter()
            .any(|share| rest.starts_with(share))
    }
}

impl fmt::Display for Unc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, r"\\{}{}", self.server, self.rest)
    }
}

/// Every UNC path in a text. Device paths (`\\?\`, `\\.\`) are none.
pub(super) fn find(text: &str) -> Vec<Unc> {
    let mut found = Vec::new();
    let mut rest = text;
    let mut before = None;
    while let Some(at) = rest.find(r"\\").filter(|_| found.len() < MOST_PATHS) {
        let previous = rest
            .get(..at)
            .and_then(|head| head.chars().next_back())
            .or(before);
        let after = rest.get(at + 2..).unwrap_or_default();
        let end = |c: char| matches!(c, '"' | '\'' | '<' | '>' | '|' | ';' | ',' | ')');
        let most = after.char_indices().nth(MOST_CHARACTERS);
        let path = most.map_or(after, |(most, _)| after.get(..most).unwrap_or_default());
        let path = path.split(end).next().unwrap_or_default();
        // A doubled backslash inside a path, or after a letter, begins nothing; after a colon it
        // does, for tools take paths as `-File:\\server\share`.
        let begins = previous.is_none_or(|c| !c.is_alphanumeric() && c != '\\');
        if begins && let Some((server, tail)) = path.split_once('\\') {
            let device = matches!(server, "?" | "." | "");
            if !device && !server.contains(' ') {
                found.push(Unc {
                    server: server.to_owned(),
                    rest: format!(r"\{tail}"),
                });
            }
        }
        before = Some('\\');
        rest = after;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_found_in_commands_and_quotes() {
        for (text, servers) in [
            (r"\\contoso.com\NETLOGON\a.exe", vec!["contoso.com"]),
            (
                r#"-File "\\files\share\a b.ps1" -x '\\b.c\d\e'"#,
                vec!["files", "b.c"],
            ),
            (r"C:\a\\b", vec![]),
            (r"\\?\C:\a", vec![]),
            (r"\\.\pipe\a", vec![]),
            (r"\\server", vec![]),
            (r"/c copy \\a\b\c \\d\e\f", vec!["a", "d"]),
            (r"-From:\\a\b", vec!["a"]),
            (r"-From=\\a\b", vec!["a"]),
        ] {
            let found: Vec<String> = find(text).into_iter().map(|unc| unc.server).collect();
            assert_eq!(found, servers, "{text}");
        }
    }

    #[test]
    fn names_without_a_dot_and_addresses_are_short() {
        for (server, short) in [
            ("files", true),
            ("10.0.0.1", true),
            ("files.contoso.com", false),
            ("{ReportServerFQDN}", false),
            ("%LogonServer%", false),
        ] {
            let unc = Unc {
                server: server.to_owned(),
                rest: String::new(),
            };
            assert_eq!(unc.is_short(), short, "{server}");
        }
    }

    #[test]
    fn netlogon_and_sysvol_are_domain_shares() {
        for (path, domain) in [
            (r"\\contoso.com\NETLOGON\Gangway\a.exe", true),
            (r"\\contoso.com\SysVol\contoso.com\scripts\a.exe", true),
            (r"\\contoso.com\netlogon2\a.exe", false),
            (r"\\files.contoso.com\share\a.exe", false),
        ] {
            assert_eq!(find(path)[0].is_domain_share(), domain, "{path}");
        }
    }
}
