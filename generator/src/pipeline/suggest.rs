//! "Did you mean": the known name that is nearest to a mistyped one.

/// Adds a hint to serde's `unknown field` and `unknown variant` messages.
pub(super) fn with_nearest_name(message: &str) -> String {
    match nearest_in(message) {
        Some(name) => format!("{message}\nhint: did you mean `{name}`?"),
        None => message.to_owned(),
    }
}

/// The message reads ``unknown field `x`, expected one of `a`, `b` ``.
fn nearest_in(message: &str) -> Option<&str> {
    let rest = message
        .split("unknown field ")
        .nth(1)
        .or(message.split("unknown variant ").nth(1))?;
    let mut quoted = rest.split('`').skip(1).step_by(2);
    let typed = quoted.next()?;
    let nearest = quoted.min_by_key(|name| distance(typed, name))?;
    let tolerance = typed.chars().count() / 3 + 1;
    (distance(typed, nearest) <= tolerance).then_some(nearest)
}

/// Levenshtein distance over characters.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (index, from) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = index + 1;
        for (column, to) in right.iter().enumerate() {
            let replace = diagonal + usize::from(from != *to);
            diagonal = row[column + 1];
            row[column + 1] = replace.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_name_is_offered_and_a_far_one_is_not() {
        let message = "unknown field `organisation`, expected one of `organization`, `share`";
        assert_eq!(nearest_in(message), Some("organization"));
        let message = "unknown field `colour`, expected `share`";
        assert_eq!(nearest_in(message), None);
        assert_eq!(nearest_in("invalid type"), None);
    }
}
