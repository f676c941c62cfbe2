//! WQL queries: comparisons that compare text where a number is meant.

/// Properties of `Win32_OperatingSystem` and others that look like numbers and are strings.
const STRINGS: [&str; 3] = ["version", "buildnumber", "servicepackversion"];

/// The first comparison of a version by order, as written.
pub(super) fn string_comparison(query: &str) -> Option<String> {
    let tokens = tokenize(query);
    tokens.windows(3).find_map(|window| match window {
        [a, operator, b] => {
            let ordered = matches!(operator.as_str(), "<" | ">" | "<=" | ">=");
            let text = |token: &String| {
                let name = token
                    .rsplit('.')
                    .next()
                    .unwrap_or(token)
                    .to_ascii_lowercase();
                STRINGS.contains(&name.as_str())
            };
            (ordered && (text(a) || text(b))).then(|| format!("{a} {operator} {b}"))
        }
        _ => None,
    })
}

/// Names, operators and literals; blanks dropped.
fn tokenize(query: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut characters = query.chars().peekable();
    while let Some(character) = characters.next() {
        let mut token = String::from(character);
        match character {
            '"' | '\'' => {
                while let Some(next) = characters.next() {
                    token.push(next);
                    if next == '\\' {
                        token.extend(characters.next());
                    } else if next == character {
                        break;
                    }
                }
            }
            '<' | '>' | '!' | '=' => {
                while let Some(next) = characters.next_if(|c| matches!(c, '=' | '>')) {
                    token.push(next);
                }
            }
            other if other.is_alphanumeric() || other == '_' => {
                let word = |c: &char| c.is_alphanumeric() || matches!(c, '_' | '.');
                while let Some(next) = characters.next_if(word) {
                    token.push(next);
                }
            }
            other if other.is_whitespace() => continue,
            _ => {}
        }
        tokens.push(token);
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ordered_comparisons_of_versions_are_found() {
        for (query, wanted) in [
            (
                "SELECT * FROM a WHERE Version >= \"10.0\"",
                Some("Version >= \"10.0\""),
            ),
            (
                "SELECT * FROM a WHERE \"6.3\"<Version",
                Some("\"6.3\" < Version"),
            ),
            (
                "SELECT * FROM a WHERE BuildNumber>17762",
                Some("BuildNumber > 17762"),
            ),
            (
                "SELECT * FROM a WHERE os.BuildNumber < 1",
                Some("os.BuildNumber < 1"),
            ),
            ("SELECT * FROM a WHERE Version LIKE \"10.0.%\"", None),
            ("SELECT * FROM a WHERE Version = \"10.0\"", None),
            ("SELECT * FROM a WHERE Version <> \"10.0\"", None),
            ("SELECT * FROM a WHERE ProductType > 1", None),
            ("SELECT * FROM a WHERE Name = \"Version > 1\"", None),
        ] {
            assert_eq!(string_comparison(query).as_deref(), wanted, "{query}");
        }
    }
}
