//! "Did you mean": the known name that is nearest to a mistyped one, or the table that a name
//! belongs to.

use crate::nearest::nearest;

/// What to do about a message of the TOML reader; `tables` are the headers of the config's tables
/// and their keys.
pub(super) fn hint(message: &str, tables: &[(&str, &[&str])]) -> String {
    if let Some((typed, known)) = unknown_name(message) {
        if let Some(name) = nearest(typed, known.into_iter()) {
            return format!("did you mean `{name}`?");
        }
        let is_section = |header: &str| header.trim_matches(['[', ']']) == typed;
        if let Some((header, _)) = tables.iter().find(|(header, _)| is_section(header)) {
            return format!(
                "`{typed}` is a section of its own: write `{header}`, alone in its line, and its keys below"
            );
        }
        let inner = tables.iter().find(|(header, _)| {
            let name = header.trim_matches(['[', ']']);
            name.rsplit_once('.').is_some_and(|(_, last)| last == typed)
        });
        if let Some((header, _)) = inner {
            return format!("write it as `{header}`");
        }
        let home = tables.iter().find(|(_, keys)| keys.contains(&typed));
        if let Some((table, _)) = home {
            return format!("`{typed}` belongs to `{table}`");
        }
    }
    "`gangway init FILE` writes a config with every table and key, to compare with".to_owned()
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
        let tables: &[(&str, &[&str])] = &[
            ("[share]", &["root"]),
            ("[onboard]", &["mode"]),
            ("[[gpo.settings.role]]", &["name"]),
        ];
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
                "unknown field `role`, expected `share`",
                "write it as `[[gpo.settings.role]]`",
            ),
            (
                "unknown field `mode`, expected `root`",
                "`mode` belongs to `[onboard]`",
            ),
            (
                "unknown field `onboard`, expected `root` or `reports`",
                "`onboard` is a section of its own: write `[onboard]`",
            ),
            ("unknown field `colour`, expected `share`", "gangway init"),
            ("invalid type", "gangway init"),
        ] {
            let found = hint(message, tables);
            assert!(found.contains(expected), "{message}: {found}");
        }
    }
}
