//! Rules that the Windows Installer, its validation tool or an attacker make, asked of the rows before
//! they are written. Names in brackets are those of the tool's own checks (ICE).

use std::collections::BTreeSet;

use super::rows::{COMPONENT_64_BIT, FILE_ACCESS, FOLDER_ACCESS};
use super::schema::TABLES;
use super::sequences::{REFUSE, START_WHEN_COMMITTED, START_WITHOUT_ROLLBACK, standard_actions};
use super::table::{Cell, Column, Kind, Table, find};
use crate::packages::codes;
use crate::problem::{Code, Problem};

/// A rule: what it says of the tables, a line for each breach with the table first.
type Rule = fn(&[Table]) -> Vec<(&'static str, String)>;

const RULES: &[(&Code, Rule)] = &[
    (&codes::PACKAGE_TABLES, known_tables),
    (&codes::PACKAGE_VALUES, values),
    (&codes::PACKAGE_REFERENCES, references),
    (&codes::PACKAGE_COMPONENTS, components),
    (&codes::PACKAGE_NAMES, names),
    (&codes::PACKAGE_SEQUENCES, sequences),
    (&codes::PACKAGE_ACTIONS, actions),
    (&codes::PACKAGE_PROPERTIES, properties),
    (&codes::PACKAGE_PLATFORM, platform),
    (&codes::PACKAGE_ACCESS, access),
    (&codes::PACKAGE_FOLDERS, folders),
];

/// Everything that stands against the tables.
pub(super) fn all(tables: &[Table]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (code, rule) in RULES {
        let found = rule(tables).into_iter().map(|(table, what)| {
            Problem::new(code, format!("table {table}"), what, codes::REPORT_IT)
        });
        problems.extend(found);
    }
    problems
}

/// Only what is needed: no services, shortcuts, scripts, libraries, restarts or second lock table.
fn known_tables(tables: &[Table]) -> Vec<(&'static str, String)> {
    let known = |name: &str| TABLES.iter().any(|(known, _)| *known == name);
    let strange = tables.iter().filter(|table| !known(table.name));
    let mut found: Vec<_> = strange
        .map(|table| (table.name, "it has no place in such a package".to_owned()))
        .collect();
    for (name, _) in TABLES {
        if find(tables, name).is_none_or(|table| table.rows.is_empty()) {
            found.push((name, "it is missing or has no row".to_owned()));
        }
    }
    found
}

/// Keys, widths, letters (03, 06).
fn values(tables: &[Table]) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    for table in tables {
        let mut keys = BTreeSet::new();
        for row in &table.rows {
            if row.len() != table.columns.len() {
                found.push((
                    table.name,
                    "a row has not the columns of its table".to_owned(),
                ));
                continue;
            }
            let faults = table.columns.iter().zip(row).filter_map(|(column, cell)| {
                value_fault(column, cell).map(|why| format!("`{}` {why}", column.name))
            });
            found.extend(faults.map(|what| (table.name, what)));
            let key = table
                .columns
                .iter()
                .zip(row)
                .filter(|(column, _)| column.is_key);
            let key = format!("{:?}", key.map(|(_, cell)| cell).collect::<Vec<_>>());
            if !keys.insert(key.clone()) {
                found.push((table.name, format!("two rows have the key {key}")));
            }
        }
    }
    found
}

fn value_fault(column: &Column, cell: &Cell) -> Option<String> {
    match (cell, column.kind) {
        (Cell::Null, _) => (!column.is_nullable).then(|| "is null".to_owned()),
        (Cell::Number(number), Kind::Short) => i16::try_from(*number)
            .is_err()
            .then(|| format!("is {number}")),
        (Cell::Number(_), Kind::Long) => None,
        (Cell::Text(text), Kind::Text(most)) => {
            let (_, _, has_others) = encoding_rs::WINDOWS_1252.encode(text);
            let is_long = most > 0 && text.chars().count() > most;
            let why = match (text.is_empty(), has_others, is_long) {
                (true, ..) => "is empty, which is stored as null".to_owned(),
                (_, true, _) => format!("has letters beyond Windows-1252: `{text}`"),
                (_, _, true) => format!("has more than {most} letters: `{text}`"),
                _ => return None,
            };
            Some(why)
        }
        _ => Some("is of another type".to_owned()),
    }
}

/// What a row names is there (03).
fn references(tables: &[Table]) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    for table in tables {
        for column in &table.columns {
            let Some(target) = column.refers_to else {
                continue;
            };
            let there: BTreeSet<&str> = find(tables, target)
                .into_iter()
                .flat_map(|table| table.column(first_column(table)))
                .collect();
            let absent = table
                .column(column.name)
                .filter(|name| !name.is_empty() && !there.contains(name));
            let line = |name| format!("`{}` names `{name}`, which `{target}` has not", column.name);
            found.extend(absent.map(|name| (table.name, line(name))));
        }
    }
    found
}

fn first_column(table: &Table) -> &'static str {
    table.columns.first().map_or("", |column| column.name)
}

/// Each in a feature, with a GUID of its own (21, 08), its key file its own, and one file for each.
fn components(tables: &[Table]) -> Vec<(&'static str, String)> {
    let Some(table) = find(tables, "Component") else {
        return Vec::new();
    };
    let installed: BTreeSet<&str> = find(tables, "FeatureComponents")
        .into_iter()
        .flat_map(|table| table.column("Component_"))
        .collect();
    let mut guids = BTreeSet::new();
    let mut found = Vec::new();
    let mut say = |what: String| found.push((table.name, what));
    for row in &table.rows {
        let name = table.text(row, "Component");
        if !installed.contains(name) {
            say(format!("`{name}` is in no feature"));
        }
        if !guids.insert(table.text(row, "ComponentId")) {
            say(format!("the GUID of `{name}` is another one's too"));
        }
        let owner = find(tables, "File").and_then(|files| {
            let key = table.text(row, "KeyPath");
            let file = files
                .rows
                .iter()
                .find(|file| files.text(file, "File") == key);
            file.map(|file| files.text(file, "Component_"))
        });
        if owner != Some(name) {
            say(format!("the key file of `{name}` is not its own"));
        }
    }
    found
}

/// `SHORT.EXT|long name`, each once (30), and the media in the order of the cabinets.
fn names(tables: &[Table]) -> Vec<(&'static str, String)> {
    let Some(files) = find(tables, "File") else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let (mut short_names, mut long_names) = (BTreeSet::new(), BTreeSet::new());
    for names in files.column("FileName") {
        let Some((short, long)) = names.split_once('|') else {
            found.push((files.name, format!("`{names}` has no short name")));
            continue;
        };
        if !is_short(short) || long.contains(['\\', '?', '|', '>', '<', ':', '/', '*', '"']) {
            found.push((files.name, format!("`{names}` is no pair of names")));
        }
        if !short_names.insert(short.to_uppercase()) || !long_names.insert(long.to_uppercase()) {
            found.push((files.name, format!("two files have a name of `{names}`")));
        }
    }
    let sequences = files.rows.iter().map(|row| files.number(row, "Sequence"));
    let count = i32::try_from(files.rows.len()).unwrap_or(i32::MAX);
    if !sequences.eq((1..=count).map(Some)) {
        found.push((files.name, "its sequence has gaps".to_owned()));
    }
    let last = find(tables, "Media").and_then(|media| {
        let row = media.rows.last()?;
        media.number(row, "LastSequence")
    });
    if last != Some(count) {
        found.push(("Media", "it ends before or behind the last file".to_owned()));
    }
    found
}

fn is_short(name: &str) -> bool {
    let (stem, extension) = name.split_once('.').unwrap_or((name, ""));
    let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (1..=8).contains(&stem.len()) && extension.len() <= 3 && plain(stem) && plain(extension)
}

/// Actions that there are, each once, ours between begin and end of the script, the old version gone
/// right after its begin, all four of the registration (27, 63, 77, 82).
fn sequences(tables: &[Table]) -> Vec<(&'static str, String)> {
    let own: BTreeSet<&str> = find(tables, "CustomAction")
        .into_iter()
        .flat_map(|table| table.column("Action"))
        .collect();
    let mut found = Vec::new();
    for table in tables
        .iter()
        .filter(|table| table.name.ends_with("Sequence"))
    {
        let mut places = BTreeSet::new();
        for row in &table.rows {
            let action = table.text(row, "Action");
            if !own.contains(action) && !standard_actions().any(|known| known == action) {
                found.push((table.name, format!("there is no action `{action}`")));
            }
            if !places.insert(table.number(row, "Sequence")) {
                found.push((
                    table.name,
                    format!("`{action}` has the place of another one"),
                ));
            }
            if own.contains(action) && table.name == "AdvtExecuteSequence" {
                found.push((table.name, format!("`{action}` may not stand here (72)")));
            }
        }
    }
    if let Some(install) = find(tables, "InstallExecuteSequence") {
        found.extend(
            order(install, tables)
                .into_iter()
                .map(|what| (install.name, what)),
        );
    }
    found
}

fn order(install: &Table, tables: &[Table]) -> Vec<String> {
    let place = |action: &str| {
        let row = install
            .rows
            .iter()
            .find(|row| install.text(row, "Action") == action);
        row.and_then(|row| install.number(row, "Sequence"))
    };
    let mut found = Vec::new();
    let mut before = |one: &str, other: &str| {
        if !matches!((place(one), place(other)), (Some(one), Some(other)) if one < other) {
            found.push(format!("`{one}` does not come before `{other}`"));
        }
    };
    for pair in [
        ["FindRelatedProducts", "LaunchConditions"],
        ["LaunchConditions", "RefuseOlder"],
        ["RefuseOlder", "CostInitialize"],
        ["CostInitialize", "FileCost"],
        ["FileCost", "CostFinalize"],
        ["CostFinalize", "InstallValidate"],
        ["InstallValidate", "InstallInitialize"],
        ["InstallInitialize", "RemoveExistingProducts"],
        ["RemoveExistingProducts", "ProcessComponents"],
        ["RemoveFiles", "CreateFolders"],
        ["CreateFolders", "InstallFiles"],
        ["RegisterUser", "RegisterProduct"],
        ["RegisterProduct", "PublishFeatures"],
        ["PublishFeatures", "PublishProduct"],
        ["PublishProduct", "InstallFinalize"],
    ] {
        before(pair[0], pair[1]);
    }
    let actions = find(tables, "CustomAction");
    for row in actions.iter().flat_map(|table| &table.rows) {
        let Some(table) = actions else { continue };
        if table.number(row, "Type") != Some(REFUSE) {
            before("PublishProduct", table.text(row, "Action"));
            before(table.text(row, "Action"), "InstallFinalize");
        }
    }
    found
}

/// The three kinds that there is a reason for (68): a start that nobody waits for, as SYSTEM, once all
/// is committed, the same where rollback is off, and a refusal. Each pair of starts excludes itself.
fn actions(tables: &[Table]) -> Vec<(&'static str, String)> {
    let Some(table) = find(tables, "CustomAction") else {
        return Vec::new();
    };
    let install = find(tables, "InstallExecuteSequence");
    let mut found = Vec::new();
    for row in &table.rows {
        let action = table.text(row, "Action");
        let condition = install.and_then(|install| {
            let row = install
                .rows
                .iter()
                .find(|row| install.text(row, "Action") == action);
            row.map(|row| install.text(row, "Condition"))
        });
        let condition = condition.unwrap_or_default();
        let is_good = match table.number(row, "Type") {
            Some(REFUSE) => !condition.is_empty(),
            Some(START_WHEN_COMMITTED) => condition.contains("AND NOT RollbackDisabled"),
            Some(START_WITHOUT_ROLLBACK) => condition.contains("AND RollbackDisabled"),
            _ => false,
        };
        if !is_good {
            found.push((table.name, format!("`{action}` is of no known kind")));
        }
        let target = table.text(row, "Target").replace("[BundleDir]", "");
        if target.contains(['[', ']', '{', '}']) {
            found.push((
                table.name,
                format!("`{action}` takes what a command line may set"),
            ));
        }
    }
    found
}

/// What the Upgrade table sets is public, secure and set by nobody else; nothing else is secure (61).
fn properties(tables: &[Table]) -> Vec<(&'static str, String)> {
    let (Some(table), Some(upgrade)) = (find(tables, "Property"), find(tables, "Upgrade")) else {
        return Vec::new();
    };
    let value = |name: &str| {
        let row = table
            .rows
            .iter()
            .find(|row| table.text(row, "Property") == name);
        row.map(|row| table.text(row, "Value"))
    };
    let secure: BTreeSet<&str> = value("SecureCustomProperties")
        .unwrap_or_default()
        .split(';')
        .collect();
    let set: BTreeSet<&str> = upgrade.column("ActionProperty").collect();
    let mut found = Vec::new();
    if secure != set {
        found.push((
            table.name,
            format!("secure are {secure:?}, expected {set:?}"),
        ));
    }
    for name in set {
        if name.chars().any(char::is_lowercase) || value(name).is_some() {
            found.push((
                table.name,
                format!("`{name}` is not public, or has a value"),
            ));
        }
    }
    for name in ["ProductCode", "UpgradeCode"] {
        let is_guid = value(name).is_some_and(|text| {
            let parsed = text.parse::<crate::formats::guid::Guid>();
            parsed.is_ok_and(|guid| guid.to_string() == text)
        });
        if !is_guid {
            found.push((
                table.name,
                format!("`{name}` is no GUID in capitals and braces"),
            ));
        }
    }
    if value("UpgradeCode") != upgrade.column("UpgradeCode").next() {
        found.push((upgrade.name, "it looks for other products".to_owned()));
    }
    found
}

/// A package for `x64` has components of 64 bits and nothing else (80).
fn platform(tables: &[Table]) -> Vec<(&'static str, String)> {
    let Some(table) = find(tables, "Component") else {
        return Vec::new();
    };
    let is_other = |row: &&Vec<Cell>| table.number(row, "Attributes") != Some(COMPONENT_64_BIT);
    let others = table.rows.iter().filter(is_other);
    others
        .map(|row| {
            let name = table.text(row, "Component");
            (table.name, format!("`{name}` is not of 64 bits"))
        })
        .collect()
}

/// Every file and their folder, with a list that is known (104).
fn access(tables: &[Table]) -> Vec<(&'static str, String)> {
    let Some(table) = find(tables, "MsiLockPermissionsEx") else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let mut locked = BTreeSet::new();
    for row in &table.rows {
        let expected = match table.text(row, "Table") {
            "CreateFolder" => FOLDER_ACCESS,
            "File" => FILE_ACCESS,
            _ => "",
        };
        if expected.is_empty() || table.text(row, "SDDLText") != expected {
            let object = table.text(row, "LockObject");
            found.push((table.name, format!("`{object}` has an unknown access list")));
        }
        locked.insert((table.text(row, "Table"), table.text(row, "LockObject")));
    }
    let objects = [("CreateFolder", "Directory_"), ("File", "File")];
    for (name, column) in objects {
        let Some(owner) = find(tables, name) else {
            continue;
        };
        for object in owner.column(column) {
            if !locked.contains(&(name, object)) {
                found.push((table.name, format!("`{object}` has no access list")));
            }
        }
    }
    found
}

/// No key that a command line can set: those in capitals are public properties.
fn folders(tables: &[Table]) -> Vec<(&'static str, String)> {
    let Some(table) = find(tables, "Directory") else {
        return Vec::new();
    };
    let is_public = |key: &&str| *key != "TARGETDIR" && !key.chars().any(char::is_lowercase);
    let public = table.column("Directory").filter(is_public);
    public
        .map(|key| (table.name, format!("`{key}` can be set by a command line")))
        .collect()
}
