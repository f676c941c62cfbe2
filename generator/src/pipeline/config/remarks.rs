//! What there is to say of values that are taken all the same.

use std::path::Path;

use super::error::ConfigError;
use super::place;
use super::sections::{ExclusionSettings, PolicySettings, RoleSettings};
use crate::lint::doubts_about_exclusion;
use crate::problem::Problem;

/// Antivirus exclusions that are dangerous or of no use, each with the key and the line that it stands in.
pub(super) fn of_exclusions(given: &PolicySettings, text: &str, path: &Path) -> Vec<Problem> {
    let ExclusionSettings {
        paths,
        extensions,
        processes,
    } = &given.exclusions;
    let of_roles = |list: fn(&RoleSettings) -> &Vec<String>| -> Vec<&String> {
        given.role.iter().flat_map(list).collect()
    };
    let lists: [(&str, &str, Vec<&String>); 6] = [
        ("exclusions", "paths", paths.iter().collect()),
        ("exclusions", "extensions", extensions.iter().collect()),
        ("exclusions", "processes", processes.iter().collect()),
        ("role", "paths", of_roles(|role| &role.paths)),
        ("role", "extensions", of_roles(|role| &role.extensions)),
        ("role", "processes", of_roles(|role| &role.processes)),
    ];
    let mut remarks = Vec::new();
    for (section, list, entries) in lists {
        let key = format!("gpo.settings.{section}.{list}");
        let lines = place::lines_of(text, &key);
        for (entry, line) in entries.into_iter().zip(lines) {
            remarks.extend(
                doubts_about_exclusion(list, entry)
                    .into_iter()
                    .map(|doubt| {
                        let message = format!("line {line}, `{key}`: {}", doubt.message);
                        Problem::new(doubt.code, path.display().to_string(), message, doubt.next)
                    }),
            );
        }
    }
    remarks
}

/// A role without exclusions would become no policy, and nobody would hear of it.
pub(super) fn empty_role(
    given: &PolicySettings,
    text: &str,
    path: &Path,
) -> Result<(), ConfigError> {
    let is_empty = |role: &&RoleSettings| {
        role.paths.is_empty() && role.extensions.is_empty() && role.processes.is_empty()
    };
    let Some(role) = given.role.iter().find(is_empty) else {
        return Ok(());
    };
    Err(ConfigError::Value {
        path: path.to_owned(),
        line: place::line_of_entry(text, "gpo.settings.role.name", role.name.as_str()),
        field: "gpo.settings.role".to_owned(),
        why: format!("`{}` excludes nothing, and no policy would come of it", role.name.as_str()),
        hint: "give it `paths`, `extensions` or `processes`, in the form of `paths = ['D:\\Data']`, or take \
               the section out"
            .to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use gangway_fixtures::config::SMALLEST;

    use super::super::Config;
    use super::*;

    #[test]
    fn each_doubtful_exclusion_is_told_at_its_line() {
        let more = "[gpo.settings.exclusions]\npaths = ['D:/Data']\nprocesses = [\n'D:\\a.exe',\n'sqlservr']\n\
                    [[gpo.settings.role]]\nname = 'A'\npaths = ['D:\\x', '*.mdf']\n\
                    [[gpo.settings.role]]\nname = 'B'\nextensions = ['*.mdf']\npaths = ['*.mdf']\n";
        let text = format!("{SMALLEST}{more}");
        let config = Config::parse(&text, Path::new("gangway.toml")).unwrap();
        let first = SMALLEST.lines().count();
        let wanted = [
            (2, "exclusions.paths"),
            (5, "exclusions.processes"),
            (8, "role.paths"),
            (12, "role.paths"),
            (11, "role.extensions"),
        ];
        assert_eq!(config.remarks.len(), wanted.len());
        for (problem, (line, key)) in config.remarks.iter().zip(wanted) {
            let begin = format!("line {}, `gpo.settings.{key}`: ", first + line);
            assert!(problem.message.starts_with(&begin), "{}", problem.message);
            assert_eq!(problem.code.id, "GW2322");
        }
        let smallest = Config::parse(SMALLEST, Path::new("gangway.toml")).unwrap();
        assert_eq!(smallest.remarks, []);
    }

    #[test]
    fn a_role_that_excludes_nothing_is_told_at_its_line() {
        let text = format!(
            "{SMALLEST}[[gpo.settings.role]]\nname = 'A'\npaths = ['D:\\x']\n\
             [[gpo.settings.role]]\nname = 'B'\n"
        );
        let error = Config::parse(&text, Path::new("gangway.toml")).unwrap_err();
        let wanted = format!("line {}: `gpo.settings.role` `B`", text.lines().count());
        assert!(error.to_string().contains(&wanted), "{error}");
        let cured = format!("{text}paths = ['D:\\Data']\n");
        Config::parse(&cured, Path::new("gangway.toml")).unwrap();
    }
}
