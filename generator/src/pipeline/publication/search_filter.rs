//! Text that goes into a question to the directory.

/// A value inside a search filter (RFC 4515 3).
pub(super) fn escape(value: &str) -> String {
    value
        .chars()
        .map(|c| match c {
            '*' | '(' | ')' | '\\' | '\0' => format!("\\{:02x}", u32::from(c)),
            other => other.to_string(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_end_a_filter() {
        assert_eq!(escape(r"a*(b)\c"), r"a\2a\28b\29\5cc");
        assert_eq!(escape("配布 & \"x\""), "配布 & \"x\"");
    }
}
