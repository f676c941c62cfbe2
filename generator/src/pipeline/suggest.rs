//! "Did you mean": the known name that is nearest to a mistyped one, or the table that a name
//! belongs to.

use strsim::levenshtein;

use crate::nearest::nearest;

/// Header and keys of a table.
type Table<'a> = (&'a str, &'a [&'a str]);

/// What to do about a message of the TOML reader; `tables` are the headers of the config's tables
/// and their keys.
pub(super) fn hint(message: &str, tables: &[Table<'_>]) -> String {
    let typed_field = message.contains("unknown field ");
    if let Some((typed, known)) = unknown_name(message) {
        let meant = nearest(typed, known.into_iter());
        let meant = meant.map(|name| (format!("did you mean `{name}`?"), name));
        let home = typed_field.then(|| home_of(typed, tables)).flatten();
        match (meant, home) {
            // Of a key of another section only a letter more or less tells that it was meant to be one here.
            (Some((meant, name)), Some(home)) if levenshtein(typed, name) < 2 => {
                return format!("{meant} {home}");
            }
            (_, Some(home)) => return home,
            (Some((meant, _)), None) => return meant,
            (None, None) => {}
        }
    }
    "`gangway init FILE` writes a config with every table and key, to compare with".to_owned()
}

/// Where a name belongs: the tables that have such a key, and the one that is called so.
pub(super) fn home_of(typed: &str, tables: &[Table<'_>]) -> Option<String> {
    let name = |header: &str| header.trim_matches(['[', ']']).to_owned();
    if let Some((header, _)) = tables.iter().find(|(header, _)| name(header) == typed) {
        return Some(format!(
            "`{typed}` is a section of its own: write `{header}`, alone in its line, and its keys below"
        ));
    }
    let is_inner = |header: &str| {
        let name = name(header);
        name.rsplit_once('.').is_some_and(|(_, last)| last == typed)
    };
    let inner = tables.iter().find(|(header, _)| is_inner(header));
    // A key of one table that is a table below it is named by that.
    let is_table = |table: &str| {
        let below = format!("{}.{typed}", name(table));
        tables.iter().any(|(header, _)| name(header) == below)
    };
    let homes = tables
        .iter()
        .filter(|(header, keys)| keys.contains(&typed) && !is_table(header));
    let homes: Vec<String> = homes.map(|(header, _)| format!("`{header}`")).collect();
    let belongs = (!homes.is_empty()).then(|| format!("`{typed}` belongs to {}", any_of(&homes)));
    let written = inner.map(|(header, _)| format!("write it as `{header}`"));
    match (written, belongs) {
        (Some(written), Some(belongs)) => Some(format!("{written}; the key {belongs}")),
        (written, belongs) => written.or(belongs),
    }
}

/// `a`, `b` or `c`.
fn any_of(names: &[String]) -> String {
    match names {
        [before @ .., last] if !before.is_empty() => format!("{} or {last}", before.join(", ")),
        names => names.concat(),
    }
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
        let tables: &[Table<'_>] = &[
            ("[share]", &["root"]),
            ("[onboard]", &["mode", "proxy"]),
            ("[signing]", &["roots"]),
            ("[gpo.settings]", &["role", "proxy"]),
            ("[gpo.settings.proxy]", &["sensor"]),
            ("[[gpo.settings.role]]", &["name", "paths"]),
            ("[downloads]", &["paths"]),
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
                "unknown field `mode`, expected `reports`",
                "`mode` belongs to `[onboard]`",
            ),
            (
                "unknown field `paths`, expected `reports`",
                "`paths` belongs to `[[gpo.settings.role]]` or `[downloads]`",
            ),
            (
                "unknown field `proxy`, expected `reports`",
                "write it as `[gpo.settings.proxy]`; the key `proxy` belongs to `[onboard]`",
            ),
            (
                "unknown field `root`, expected `roots` or `command`",
                "did you mean `roots`? `root` belongs to `[share]`",
            ),
            (
                "unknown field `root_dir`, expected `root_list`",
                "did you mean `root_list`?",
            ),
            (
                "unknown variant `root`, expected `native` or `script`",
                "gangway init",
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
