//! The part of a config that makes a bundle, without what belongs to one machine or to whoever signs.

use toml::{Table, Value};

use crate::policies::{Exclusions, RoleName};

/// Sections that say what servers and domains are told.
const KEPT: [&str; 8] = [
    "organization",
    "share",
    "gpo",
    "onboard",
    "offboard",
    "targets",
    "health",
    "rollout",
];

/// Sections that are paths of one machine, or say who signs and how. A bundle is the same whoever signs it,
/// and a command line may hold a password. Parts of `trust` go in all the same, and of `downloads` that
/// there are any.
#[cfg(test)]
const LEFT_OUT: [&str; 5] = ["downloads", "trust", "bootstrap", "signing", "provenance"];

/// What the files are called that a reconstructed config names.
pub(crate) const DOWNLOADS: &str = "downloads";
/// The folder of the deployment tool.
pub(crate) const DEPLOYMENT_SOURCE: &str = "deployment-tool";
/// Placeholder of the file that adds servers to a workspace; it is a secret, and never in a recipe.
pub(crate) const WORKSPACE_KEY: &str = "workspace.key";
/// Certificates of `trust.lab_roots`.
pub(crate) const LAB_ROOTS: &str = "lab-roots.pem";
/// Certificates of `trust.blob_roots`.
pub(crate) const BLOB_ROOTS: &str = "blob-roots.pem";

/// Antivirus exclusions of every server, below `gpo.settings`.
const EXCLUSIONS: &str = "exclusions";
/// Those of the servers of a role, likewise.
const ROLE: &str = "role";
/// Their lists.
const LISTS: [&str; 3] = ["extensions", "paths", "processes"];

/// The portable part of a config that was read already. With `identity` as the organisation's id, which is
/// what it has without one too.
pub(super) fn of(text: &str, identity: &str) -> String {
    let mut table: Table = text.parse().unwrap_or_default();
    let trust = table.remove("trust").and_then(|trust| match trust {
        Value::Table(trust) => Some(trust),
        _ => None,
    });
    let source = table
        .get("downloads")
        .and_then(|it| it.get("deployment_source"))
        .is_some();
    table.retain(|section, _| KEPT.contains(&section));
    if let Some(Value::Table(organization)) = table.get_mut("organization") {
        organization.insert("id".to_owned(), identity.into());
    }
    let mut downloads = Table::new();
    downloads.insert("paths".to_owned(), vec![DOWNLOADS].into());
    if source {
        downloads.insert("deployment_source".to_owned(), DEPLOYMENT_SOURCE.into());
    }
    table.insert("downloads".to_owned(), downloads.into());
    let agent = table
        .get_mut("onboard")
        .and_then(|it| it.get_mut("monitoring_agent"));
    if let Some(Value::Table(agent)) = agent {
        agent.insert("key_file".to_owned(), WORKSPACE_KEY.into());
    }
    if let Some(settings) = settings_of(&mut table) {
        in_the_order_of_policies(settings);
    }
    let trust = trust.map(trusted).unwrap_or_default();
    if !trust.is_empty() {
        table.insert("trust".to_owned(), trust.into());
    }
    table.to_string()
}

/// Who is trusted, with certificates by their new names. Revocation lists are of a day.
fn trusted(mut given: Table) -> Table {
    let is_named = |given: &Table, key: &str| {
        let list = given.get(key).and_then(Value::as_array);
        list.is_some_and(|list| !list.is_empty())
    };
    let lists = [("lab_roots", LAB_ROOTS), ("blob_roots", BLOB_ROOTS)];
    let lists = lists.map(|(key, name)| (key, name, is_named(&given, key)));
    given.retain(|key, _| ["signers", "lab_root_counts_as_microsoft"].contains(&key));
    for (key, name, _) in lists.into_iter().filter(|(_, _, named)| *named) {
        given.insert(key.to_owned(), vec![name].into());
    }
    given
}

/// `[gpo.settings]`, where there is one.
fn settings_of(table: &mut Table) -> Option<&mut Table> {
    let settings = table.get_mut("gpo")?.get_mut("settings")?;
    settings.as_table_mut()
}

/// Exclusions as policies have them, which is all that a domain knows: sorted, each once, no empty list.
fn in_the_order_of_policies(settings: &mut Table) {
    let exclusions = settings.remove(EXCLUSIONS);
    if let Some(Value::Table(mut exclusions)) = exclusions {
        sort_lists(&mut exclusions);
        if !exclusions.is_empty() {
            settings.insert(EXCLUSIONS.to_owned(), exclusions.into());
        }
    }
    let Some(Value::Array(roles)) = settings.remove(ROLE) else {
        return;
    };
    let mut roles: Vec<Table> = roles
        .into_iter()
        .filter_map(|role| match role {
            Value::Table(role) => Some(role),
            _ => None,
        })
        .collect();
    roles.iter_mut().for_each(sort_lists);
    roles.retain(|role| LISTS.iter().any(|list| role.contains_key(*list)));
    roles.sort_by_key(|role| {
        let name = role.get("name").and_then(Value::as_str).unwrap_or_default();
        name.to_ascii_lowercase().replace(' ', "-")
    });
    if !roles.is_empty() {
        settings.insert(ROLE.to_owned(), roles.into());
    }
}

fn sort_lists(exclusions: &mut Table) {
    for name in LISTS {
        let Some(Value::Array(entries)) = exclusions.remove(name) else {
            continue;
        };
        let texts = entries.iter().filter_map(Value::as_str);
        let mut texts: Vec<&str> = texts.collect();
        texts.sort_by_key(|text| text.to_lowercase());
        texts.dedup_by_key(|text| text.to_lowercase());
        if !texts.is_empty() {
            exclusions.insert(name.to_owned(), texts.into());
        }
    }
}

/// The same without antivirus exclusions, and the sections that went.
pub(crate) fn without_exclusions(portable: &str) -> (String, Vec<String>) {
    let mut table: Table = portable.parse().unwrap_or_default();
    let mut withheld = Vec::new();
    if let Some(settings) = settings_of(&mut table) {
        for name in [EXCLUSIONS, ROLE] {
            if settings.remove(name).is_some() {
                withheld.push(format!("gpo.settings.{name}"));
            }
        }
    }
    (table.to_string(), withheld)
}

/// The same with exclusions that policies have: those of every server under no name.
pub(crate) fn with_exclusions(
    portable: &str,
    exclusions: &[(Option<RoleName>, Exclusions)],
) -> String {
    let mut table: Table = portable.parse().unwrap_or_default();
    let gpo = table
        .entry("gpo")
        .or_insert_with(|| Table::new().into())
        .as_table_mut();
    let settings = gpo.and_then(|gpo| {
        let settings = gpo.entry("settings").or_insert_with(|| Table::new().into());
        settings.as_table_mut()
    });
    let Some(settings) = settings else {
        return portable.to_owned();
    };
    let mut roles = Vec::new();
    for (role, lists) in exclusions {
        let lists = [&lists.extensions, &lists.paths, &lists.processes];
        let mut found: Table = LISTS
            .iter()
            .zip(lists)
            .map(|(name, list)| ((*name).to_owned(), list.clone().into()))
            .collect();
        match role {
            Some(role) => {
                found.insert("name".to_owned(), role.as_str().into());
                roles.push(Value::Table(found));
            }
            None => {
                settings.insert(EXCLUSIONS.to_owned(), found.into());
            }
        }
    }
    if !roles.is_empty() {
        settings.insert(ROLE.to_owned(), roles.into());
    }
    in_the_order_of_policies(settings);
    table.to_string()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::{Config, tables};
    use super::*;

    /// A section that comes to be has to be thought about.
    #[test]
    fn every_section_is_kept_or_left_out() {
        let tables = tables::tables();
        let sections = tables.iter().map(|(name, _)| name.trim_matches(['[', ']']));
        for section in sections.filter_map(|name| name.split('.').next()) {
            let places = [KEPT.contains(&section), LEFT_OUT.contains(&section)];
            assert_eq!(places.iter().filter(|it| **it).count(), 1, "{section}");
        }
    }

    const FULL: &str = r#"
# A comment.
[organization]
name = "Contoso"
[downloads]
paths = ["/home/admin/secret-folder", "more"]
deployment_source = "/home/admin/tool"
[trust]
lab_roots = ["/home/admin/root.pem"]
revocation_lists = ["/home/admin/list.crl"]
signers.agent.organizations = ["Contoso Lab"]
[share]
root = '\\files.contoso.com\gangway$'
[[gpo.domain]]
dns_name = "contoso.com"
[gpo.settings.exclusions]
paths = ['e:\Data', 'D:\Data', 'd:\data']
extensions = []
[[gpo.settings.role]]
name = "Web servers"
paths = ['D:\Web']
[[gpo.settings.role]]
name = "Databases"
extensions = [".mdf"]
[onboard.monitoring_agent]
workspace = "8d5f3c2e-1111-4c1b-9a55-0c5f6d7e8f90"
key_file = "/home/admin/key"
[signing]
command = ["osslsigncode", "-pass", "hunter2", "{in}", "{out}"]
[bootstrap]
stub = "/home/admin/stub.exe"
[provenance]
key = "/home/admin/key.pem"
"#;

    #[test]
    fn neither_paths_nor_commands_nor_comments_go_in_and_what_does_is_a_config() {
        let portable = of(FULL, "Contoso");
        for gone in [
            "/home",
            "more",
            "hunter2",
            "osslsigncode",
            "comment",
            "list.crl",
        ] {
            assert!(!portable.contains(gone), "{gone}: {portable}");
        }
        let path = Path::new("gangway.toml");
        let (before, after) = (
            Config::parse(FULL, path).unwrap(),
            Config::parse(&portable, path).unwrap(),
        );
        assert_eq!(after.settings, before.settings);
        assert_eq!(after.organization.id.as_deref(), Some("Contoso"));
        assert_eq!(after.trust.lab_roots, [Path::new(LAB_ROOTS)]);
        assert!(after.trust.revocation_lists.is_empty());
        // What was given back gives the same once more.
        assert_eq!(of(&portable, "Contoso"), portable);
    }

    #[test]
    fn exclusions_are_withheld_by_name() {
        let portable = of(FULL, "Contoso");
        let (text, withheld) = without_exclusions(&portable);
        assert!(portable.contains(r"D:\Data") && !text.contains(r"D:\Data"));
        assert_eq!(withheld, ["gpo.settings.exclusions", "gpo.settings.role"]);
        Config::parse(&text, Path::new("gangway.toml")).unwrap();
        // As the domain's policies have them, in any order.
        let list = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
        let lists = |paths: &[&str], extensions: &[&str]| Exclusions {
            paths: list(paths),
            extensions: list(extensions),
            processes: Vec::new(),
        };
        let back = with_exclusions(
            &text,
            &[
                (
                    Some("Web servers".parse().unwrap()),
                    lists(&[r"D:\Web"], &[]),
                ),
                (Some("Databases".parse().unwrap()), lists(&[], &[".mdf"])),
                (None, lists(&[r"D:\Data", r"e:\Data"], &[])),
            ],
        );
        assert_eq!(back, portable);
    }
}
