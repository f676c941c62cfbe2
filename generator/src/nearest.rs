//! "Did you mean": the known name that differs least from a mistyped one.

use strsim::levenshtein;

/// The known name that differs least, when it differs in few letters: one, and one more for each three
/// that were typed. Letter case counts for nothing.
pub(crate) fn nearest<'a>(typed: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let typed = typed.to_lowercase();
    let distance = |known: &str| levenshtein(&typed, &known.to_lowercase());
    let nearest = known.min_by_key(|known| distance(known))?;
    (distance(nearest) <= typed.chars().count() / 3 + 1).then_some(nearest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_meant_when_few_letters_differ() {
        let known = ["organization", "share", "Registry Values"];
        for (typed, wanted) in [
            ("organisation", Some("organization")),
            ("SHAER", Some("share")),
            ("registry value", Some("Registry Values")),
            ("colour", None),
            ("", None),
        ] {
            assert_eq!(nearest(typed, known.into_iter()), wanted, "{typed}");
        }
    }
}
