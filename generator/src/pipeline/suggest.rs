//! "Did you mean": the known name that is nearest to a mistyped one, or the table that a name
//! belongs to.

use strsim::levenshtein;

/// What to do about a message of the TOML reader; `tables` are the headers of the config's tables
/// and their keys.
pub(super) fn hint(message: &str, tables: &[(&str, &[&str])]) -> String {
    if let Some(cure) = slip(message, tables) {
        return cure;
    }
    if let Some((typed, known)) = unknown_name(message) {
        let nearest = known
            .into_iter()
            .min_by_key(|name| levenshtein(typed, name));
        let tolerance = typed.chars().count() / 3 + 1;
        if let Some(name) = nearest.filter(|name| levenshtein(typed, name) <= tolerance) {
            return format!("did you mean `{name}`?");
        }
        let home = tables.iter().find(|(_, keys)| keys.contains(&typed));
        if let Some((table, _)) = home {
            return format!("`{typed}` belongs to `{table}`");
        }
    }
    "`gangway init FILE` writes a config with every table and key, to compare with".to_owned()
}

/// What people who write paths and tables for the first time do, and how it is written instead.
fn slip(message: &str, tables: &[(&str, &[&str])]) -> Option<String> {
    let said = message.to_ascii_lowercase();
    if said.contains("unknown variant `offboard`") {
        return Some(
            "offboarding is no setting: ask for it by `gangway build --mode offboard`".to_owned(),
        );
    }
    if word_for_a_flag(message) {
        return Some("a flag is `true` or `false`, and a text stands in quotes".to_owned());
    }
    if said.contains("escape") {
        return Some(
            "in double quotes a backslash begins an escape; write the path in single quotes, as \
             '\\\\files.contoso.com\\gangway$'"
                .to_owned(),
        );
    }
    if message.contains("invalid type: map, expected a sequence") {
        let list = tables.iter().map(|(header, _)| *header);
        let mut list = list.filter(|header| header.starts_with("[["));
        let typed = |header: &&str| message.contains(&header[1..header.len() - 1]);
        let header = list.find(typed)?;
        return Some(format!(
            "`{header}` may stand several times: write it in double brackets"
        ));
    }
    let name = message.split("missing field `").nth(1)?.split('`').next()?;
    // A `[gpo]` alone would not do: what has to stand there is a domain.
    let name = if matches!(name, "gpo" | "domain") {
        "gpo.domain"
    } else {
        name
    };
    let section = |header: &str| header.trim_matches(['[', ']']) == name;
    let (header, keys) = tables.iter().find(|(header, _)| section(header))?;
    let keys = keys.join("`, `");
    Some(format!("add the section `{header}`; its keys are `{keys}`"))
}

/// Does the line that the message shows have a word without quotes as its value? The TOML reader takes
/// one that begins as `nan` or `inf` for a number, and other ones for nothing.
fn word_for_a_flag(message: &str) -> bool {
    const WORDS: [&str; 6] = ["yes", "no", "on", "off", "True", "False"];
    message.lines().any(|line| {
        let value = line.split_once(" = ").map(|(_, value)| value.trim());
        let value = value.map(|value| value.split('#').next().unwrap_or_default().trim());
        value.is_some_and(|value| WORDS.contains(&value))
    })
}

/// The message reads ``unknown field `x`, expected one of `a`, `b` ``: the name and those that
/// are known.
fn unknown_name(message: &str) -> Option<(&str, Vec<&str>)> {
    let rest = message
        .split("unknown field ")
        .nth(1)
        .or(message.split("unknown variant ").nth(1))?;
    let mut quoted = rest.split('`').skip(1).step_by(2);
    Some((quoted.next()?, quoted.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_mistake_has_a_way_out() {
        let tables: &[(&str, &[&str])] = &[("[share]", &["root"]), ("[onboard]", &["mode"])];
        for (message, expected) in [
            (
                "unknown field `organisation`, expected one of `organization`, `share`",
                "did you mean `organization`?",
            ),
            (
                "unknown variant `onbord`, expected `precheck` or `onboard`",
                "did you mean `onboard`?",
            ),
            (
                "unknown variant `offboard`, expected `precheck` or `onboard`",
                "gangway build --mode offboard",
            ),
            (
                "unknown field `mode`, expected `root`",
                "`mode` belongs to `[onboard]`",
            ),
            ("unknown field `colour`, expected `share`", "gangway init"),
            (
                "4 | checked = no\n  |    ^^ invalid float",
                "`true` or `false`",
            ),
            ("invalid type", "gangway init"),
        ] {
            let found = hint(message, tables);
            assert!(found.contains(expected), "{message}: {found}");
        }
    }
}
