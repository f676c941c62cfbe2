//! What there is to say of values that are taken all the same.

use std::path::Path;

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
}
