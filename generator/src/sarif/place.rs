//! Where a finding is, as SARIF wants to have it: a reference below a base, or an absolute URI.

use std::path::{Component, Path, PathBuf};

use serde_json::{Value, json};

/// Name of the base that references are relative to: the folder in which the program ran. It has
/// no value in the log, so that whoever takes the log knows the folder as the checkout.
pub(super) const BASE: &str = "%SRCROOT%";

/// The location of a finding. `subject` is a path as the user knows it, an entry of an archive
/// behind `!`, or a name that is none; `line` is counted from 1.
pub(super) fn location(folder: &Path, subject: &str, line: Option<u64>) -> Value {
    let (file, entry) = match subject.split_once('!') {
        Some((file, entry)) if !file.is_empty() && !entry.is_empty() => (file, Some(entry)),
        _ => (subject, None),
    };
    let mut location = json!({ "physicalLocation": {
        "artifactLocation": artifact(folder, file),
        // Uploaders refuse a result without one; the first line stands for the whole file.
        "region": { "startLine": line.unwrap_or(1) },
    }});
    if entry.is_some() {
        location["logicalLocations"] = json!([{ "fullyQualifiedName": subject }]);
    }
    location
}

fn artifact(folder: &Path, file: &str) -> Value {
    let slashes = file.replace('\\', "/");
    if let Some(unc) = slashes.strip_prefix("//") {
        return json!({ "uri": format!("file://{}", percent(unc)) });
    }
    if slashes.as_bytes().get(1) == Some(&b':') && slashes.as_bytes()[0].is_ascii_alphabetic() {
        // A drive of Windows, wherever the log is made.
        let (drive, rest) = slashes.split_at(2);
        return json!({ "uri": format!("file:///{drive}{}", percent(rest)) });
    }
    let whole = plain(&folder.join(&slashes));
    match whole.strip_prefix(plain(folder)) {
        Ok(relative) => {
            let relative = relative.to_string_lossy().replace('\\', "/");
            // The folder itself.
            let relative = if relative.is_empty() { "." } else { &relative };
            json!({ "uri": percent(relative), "uriBaseId": BASE })
        }
        Err(_) => {
            let whole = whole.to_string_lossy().replace('\\', "/");
            let whole = whole.trim_start_matches('/');
            json!({ "uri": format!("file:///{}", percent(whole)) })
        }
    }
}

/// Without `.` and `..`, by the words alone.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}

/// RFC 3986: everything that is not unreserved in percent form, but slashes.
fn percent(path: &str) -> String {
    let mut uri = String::new();
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/') {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_references_below_the_base_or_absolute() {
        for (subject, uri, has_base) in [
            ("downloads/md4ws.msi", "downloads/md4ws.msi", true),
            ("./downloads/x", "downloads/x", true),
            (r"a b\{X}\é.xml", "a%20b/%7BX%7D/%C3%A9.xml", true),
            ("../desk/x", "x", true),
            ("../x", "file:///base/x", false),
            ("/base/desk/x", "x", true),
            ("/other/x", "file:///other/x", false),
            (r"C:\a\b c", "file:///C:/a/b%20c", false),
            (
                r"\\files.contoso.com\g$\x",
                "file://files.contoso.com/g%24/x",
                false,
            ),
            (".", ".", true),
        ] {
            let found = artifact(Path::new("/base/desk"), subject);
            assert_eq!(found["uri"], uri, "{subject}");
            assert_eq!(found["uriBaseId"] == BASE, has_base, "{subject}");
        }
    }

    #[test]
    fn an_entry_is_a_place_inside_its_archive() {
        let found = location(Path::new("/base"), "p.zip!a/b.cmd", Some(7));
        let physical = &found["physicalLocation"];
        assert_eq!(physical["artifactLocation"]["uri"], "p.zip");
        assert_eq!(physical["region"]["startLine"], 7);
        let logical = &found["logicalLocations"][0];
        assert_eq!(logical["fullyQualifiedName"], "p.zip!a/b.cmd");
    }
}
