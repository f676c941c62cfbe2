//! Takes secrets out of texts that leave the server.
//!
//! Onboarding blobs and workspace keys are long runs of base64; nothing else in the logs that
//! are gathered is. What is taken out too much does no harm.

/// Shortest run that is taken out: a workspace key has 88 digits, a SHA-256 in hex has 64 and
/// is no base64 run by the rule below.
const SHORTEST: usize = 60;

/// The text without long base64 runs and without values of key properties.
pub fn redact(text: &str) -> String {
    const PROPERTY: &str = "WORKSPACE_KEY=";
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(PROPERTY) {
        let (before, behind) = rest.split_at(at + PROPERTY.len());
        runs(before, &mut result);
        result.push_str("[redacted]");
        let end = behind
            .trim_start_matches('"')
            .find(|c: char| c.is_whitespace() || c == '"')
            .map_or(behind.len(), |end| {
                end + (behind.len() - behind.trim_start_matches('"').len())
            });
        rest = behind.get(end..).unwrap_or("").trim_start_matches('"');
    }
    runs(rest, &mut result);
    result
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
