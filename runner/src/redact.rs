//! Takes secrets out of texts that leave the server.
//!
//! Onboarding blobs and workspace keys are long runs of base64; nothing else in the logs that
//! are gathered is. What is taken out too much does no harm.

/// Shortest run that is taken out: a workspace key has 88 digits, a SHA-256 in hex has 64 and
/// is no base64 run by the rule below.
const SHORTEST: usize = 60;

/// The text without long base64 runs, without values of key properties, and without lines that
/// hold a blob: its body is no base64.
pub fn redact(text: &str) -> String {
    /// Names of a blob's fields, whatever escapes their quotes.
    const BLOB_FIELDS: [&str; 2] = ["sha256sig", "\"body"];
    let mut result = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let plain = line.replace('\\', "");
        if BLOB_FIELDS.iter().any(|field| plain.contains(field)) {
            let end = line.trim_end_matches(['\r', '\n']).len();
            result.push_str("[redacted]");
            result.push_str(line.get(end..).unwrap_or(""));
        } else {
            properties(line, &mut result);
        }
    }
    result
}

/// A line without values of key properties: `WORKSPACE_KEY=…`, in any case, as programs and
/// logs of installers write it.
fn properties(line: &str, result: &mut String) {
    const PROPERTY: &str = "WORKSPACE_KEY";
    // Same length as the line: only ASCII letters change.
    let upper = line.to_ascii_uppercase();
    let mut done = 0;
    while let Some(at) = upper.get(done..).and_then(|rest| rest.find(PROPERTY)) {
        let name_end = done + at + PROPERTY.len();
        let behind = line.get(name_end..).unwrap_or("");
        let value = behind.trim_start();
        let Some(value) = value.strip_prefix('=') else {
            runs(line.get(done..name_end).unwrap_or(""), result);
            done = name_end;
            continue;
        };
        let value = value.trim_start_matches([' ', '\t']);
        let value_at = line.len() - value.len();
        runs(line.get(done..value_at).unwrap_or(""), result);
        result.push_str("[redacted]");
        let quoted = value.strip_prefix('"');
        let length = match quoted {
            Some(inside) => inside.find('"').map_or(value.len(), |end| end + 2),
            None => value
                .find(|c: char| c.is_whitespace() || c == '"')
                .unwrap_or(value.len()),
        };
        done = value_at + length;
    }
    runs(line.get(done..).unwrap_or(""), result);
}

fn runs(text: &str, result: &mut String) {
    let mut run = String::new();
    for character in text.chars().chain(['\0']) {
        if character.is_ascii_alphanumeric() || matches!(character, '+' | '/' | '=') {
            run.push(character);
            continue;
        }
        let hex = run.bytes().all(|byte| byte.is_ascii_hexdigit());
        if run.len() >= SHORTEST && !hex {
            result.push_str("[redacted]");
        } else {
            result.push_str(&run);
        }
        run.clear();
        if character != '\0' {
            result.push(character);
        }
    }
}

/// The text of a log file: UTF-16 with or without its mark, or anything else as it comes.
pub fn decode(bytes: &[u8]) -> String {
    let zeros = bytes.iter().take(1024).filter(|byte| **byte == 0).count();
    if bytes.starts_with(&[0xff, 0xfe]) || zeros * 3 > bytes.len().min(1024) {
        // A tail may begin in the middle of a unit.
        let odd = usize::from(bytes.first() == Some(&0));
        let units: Vec<u16> = bytes
            .get(odd..)
            .unwrap_or_default()
            .chunks_exact(2)
            .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
            .filter(|unit| *unit != 0xfeff)
            .collect();
        return String::from_utf16_lossy(&units);
    }
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_go_and_the_rest_stays() {
        let blob = "QUJD".repeat(30);
        let digest = "ab".repeat(32);
        for (text, expected) in [
            ("nothing to hide", "nothing to hide".to_owned()),
            (&*format!("sig {blob} end"), "sig [redacted] end".to_owned()),
            (
                &*format!("sha256 {digest} end"),
                format!("sha256 {digest} end"),
            ),
            (
                "OPINSIGHTS_WORKSPACE_KEY=\"abc==\" Next=1",
                "OPINSIGHTS_WORKSPACE_KEY=[redacted] Next=1".to_owned(),
            ),
            (
                "OPINSIGHTS_WORKSPACE_KEY=abc== Next=1",
                "OPINSIGHTS_WORKSPACE_KEY=[redacted] Next=1".to_owned(),
            ),
            ("WORKSPACE_KEY=", "WORKSPACE_KEY=[redacted]".to_owned()),
            (
                "Property(C): opinsights_Workspace_Key = abc== Next = 1",
                "Property(C): opinsights_Workspace_Key = [redacted] Next = 1".to_owned(),
            ),
            ("WORKSPACE_KEYS are", "WORKSPACE_KEYS are".to_owned()),
            (
                "a\r\nreg /d \"{\\\"body\\\":\\\"x\\\"}\"\r\nb\n",
                "a\r\n[redacted]\r\nb\n".to_owned(),
            ),
            ("{'sha256sig':'x'}", "[redacted]".to_owned()),
        ] {
            assert_eq!(redact(text), expected, "{text}");
        }
    }

    #[test]
    fn logs_are_read_in_both_encodings() {
        let wide: Vec<u8> = "MSI (s)"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(decode(&wide), "MSI (s)");
        assert_eq!(decode(&wide[1..]), "SI (s)");
        assert_eq!(decode(b"plain"), "plain");
        assert_eq!(decode(b""), "");
    }
}
