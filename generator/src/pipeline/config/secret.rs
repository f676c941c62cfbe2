//! Keys of a workspace in the config itself, where a file that holds one is to be named. Logs of builds are
//! read by more people than the file, so no message shows one.

/// Least characters that are taken for a key; the keys of a workspace have 88, two signs at the end among them.
const LEAST: usize = 40;

/// The line, from 1, in which the section of the monitoring agent holds a key.
pub(super) fn line_of(text: &str) -> Option<usize> {
    const SECTION: &str = "monitoring_agent";
    let mut is_inside = false;
    (1..).zip(text.lines()).find_map(|(number, line)| {
        let line = line.split('#').next().unwrap_or_default();
        let is_named = line.contains(SECTION);
        if line.trim_start().starts_with('[') {
            is_inside = is_named;
        }
        ((is_inside || is_named) && holds_key(line)).then_some(number)
    })
}

/// Does a text hold something in the form of such a key, which is Base64 (RFC 4648 4) with its signs at the end?
pub(super) fn holds_key(text: &str) -> bool {
    let is_of_key = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
    text.split(|c| !is_of_key(c)).any(|run| {
        let body = run.trim_end_matches('=');
        let last = body.rsplit('=').next().unwrap_or_default();
        body.len() < run.len() && last.len() >= LEAST
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "Zm9vYmFyYmF6Zm9vYmFyYmF6Zm9vYmFyYmF6Zm9vYmFyYmF6Zm9vYmFyYmF6/+==";

    #[test]
    fn a_key_is_found_however_it_is_written() {
        for line in [
            "key = 'K'",
            "key_file = \"K\"",
            "key=K",
            "workspace key: K",
            "K",
            "export k='K'",
        ] {
            let line = line.replace('K', KEY);
            let text = format!("[share]\n{line}\n[onboard.monitoring_agent]\n# K\n{line}\n");
            assert_eq!(line_of(&text), Some(5), "{line}");
        }
        let inline = format!("[onboard]\nmonitoring_agent = {{ key = '{KEY}' }}\n");
        assert_eq!(line_of(&inline), Some(2));
        let elsewhere = format!("[onboard.monitoring_agent]\n[share]\nroot = '{KEY}'\n");
        assert_eq!(line_of(&elsewhere), None);
    }

    #[test]
    fn names_and_paths_are_no_keys() {
        for text in [
            "key_file = 'C:\\keys\\workspace.key'",
            "workspace = \"8d5f3c2e-1111-4c1b-9a55-0c5f6d7e8f90\"",
            "proxy = \"http://proxy.fabrikam.de:8080\"",
            "key_file=/var/lib/gangway/keys/of/the/organisation/workspace",
            "a = b = c",
        ] {
            assert!(!holds_key(text), "{text}");
        }
    }
}
