//! What every preference item has in common: identity, targeting, parts that nobody knows.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::filter_values;
use super::policy_keys::place_fault;
use super::wql;
use crate::gpo::Guid;
use crate::gpo::codes;
use crate::gpo::found::{FoundFile, FoundGpo};
use crate::gpo::preferences::filter::{Condition, Filter, is_known};
use crate::gpo::preferences::{Folder, ItemAttributes, Oddity, Placed, PreferenceFile, Properties};
use crate::gpo::xml::{Element, Node};
use crate::problem::{Code, Problem};

/// An item of any kind or a folder of items, as far as these rules look.
struct View {
    /// `item` or `collection`.
    what: &'static str,
    attributes: ItemAttributes,
    filters: Vec<Filter>,
    oddities: Vec<Oddity>,
    /// Switched off, by itself or by what is around it.
    is_off: bool,
}

impl View {
    fn problem(
        &self,
        code: &'static Code,
        path: &str,
        message: impl Into<String>,
        next: &str,
    ) -> Problem {
        named(code, path, self.what, &self.attributes, message, next)
    }
}

pub(super) fn check(gpo: &FoundGpo, problems: &mut Vec<Problem>) {
    for (name, side) in gpo.sides() {
        let is_computer = name == "computer";
        file(side.tasks.as_ref(), is_computer, problems);
        file(side.registry.as_ref(), is_computer, problems);
        file(side.files.as_ref(), is_computer, problems);
        file(side.folders.as_ref(), is_computer, problems);
        for other in &side.other_preferences {
            password(&other.path, &other.content, problems);
        }
    }
}

fn file<P: Properties>(
    file: Option<&FoundFile<PreferenceFile<P>>>,
    is_computer: bool,
    problems: &mut Vec<Problem>,
) {
    let Some(FoundFile { path, content }) = file else {
        return;
    };
    // The registry wizard gives its items no uid (seen in public backups).
    let needs_uid = !P::ITEMS.contains(&"Registry");
    password(path, &content.to_element(), problems);
    for oddity in &content.oddities {
        problems.push(not_understood(path, oddity));
    }
    for element in content.unknown_items() {
        problems.push(unknown_item(path, element, content.known_items()));
    }
    if content.disabled == Some(true) {
        problems.push(Problem::new(
            &codes::SWITCHED_OFF,
            path,
            "the whole file is switched off",
            "switch it on, or delete it",
        ));
    }
    let contents = content.contents();
    let items: Vec<View> = contents.items.into_iter().map(of_placed).collect();
    let folders: Vec<View> = contents.folders.into_iter().map(of_folder).collect();
    uids(path, &items, needs_uid, problems);
    run_once(path, || folders.iter().chain(&items), problems);
    for view in folders.iter().chain(&items) {
        one(path, view, is_computer, problems);
    }
}

fn of_placed<P: Properties>(placed: Placed<P>) -> View {
    View {
        what: "item",
        oddities: placed.item.oddities().to_vec(),
        attributes: placed.item.attributes,
        filters: placed.item.filters,
        is_off: placed.is_off,
    }
}

fn of_folder(folder: Folder) -> View {
    View {
        what: "collection",
        oddities: folder.oddities,
        attributes: ItemAttributes {
            name: folder.name,
            uid: folder.uid,
            disabled: folder.disabled,
            ..ItemAttributes::default()
        },
        filters: folder.filters,
        is_off: folder.is_off,
    }
}

fn not_understood(path: &str, oddity: &Oddity) -> Problem {
    Problem::new(
        &codes::NOT_UNDERSTOOD,
        path,
        format!("`{}`: {}", oddity.element, oddity.what),
        "remove it, or write the item again with the policy editor",
    )
    .with_evidence(format!("line {}", oddity.line))
}

/// What stands where an item belongs; names are told apart by case, as in all XML.
fn unknown_item(
    path: &str,
    element: &Element,
    mut known: impl Iterator<Item = &'static str>,
) -> Problem {
    let name = &element.name;
    let message = match known.find(|known| known.eq_ignore_ascii_case(name)) {
        Some(right) => format!("`{name}` must be spelled `{right}`: clients pass the item over"),
        None => format!("clients know no item `{name}` here and pass it over"),
    };
    Problem::new(
        &codes::NOT_UNDERSTOOD,
        path,
        message,
        "spell it as clients know it, or write the item again with the policy editor",
    )
    .with_evidence(format!("line {}", element.line))
}

/// A problem of one item.
pub(super) fn of_item(
    code: &'static Code,
    path: &str,
    attributes: &ItemAttributes,
    message: impl Into<String>,
    next: &str,
) -> Problem {
    named(code, path, "item", attributes, message, next)
}

fn named(
    code: &'static Code,
    path: &str,
    what: &str,
    attributes: &ItemAttributes,
    message: impl Into<String>,
    next: &str,
) -> Problem {
    let uid = attributes
        .uid
        .map_or_else(String::new, |uid| format!(", uid {uid}"));
    Problem::new(code, path, message, next)
        .with_evidence(format!("{what} `{}`{uid}", attributes.name))
}

fn uids(path: &str, items: &[View], needed: bool, problems: &mut Vec<Problem>) {
    let mut seen: HashMap<Guid, &str> = HashMap::new();
    for item in items {
        let Some(uid) = item.attributes.uid else {
            if needed {
                problems.push(of_item(
                    &codes::MISSING_UID,
                    path,
                    &item.attributes,
                    "the item has no uid",
                    "give it a GUID of its own",
                ));
            }
            continue;
        };
        match seen.entry(uid) {
            Entry::Vacant(place) => {
                place.insert(&item.attributes.name);
            }
            Entry::Occupied(first) => problems.push(of_item(
                &codes::DUPLICATE_UID,
                path,
                &item.attributes,
                format!("the item has the uid of `{}`", first.get()),
                "give one of them a new GUID",
            )),
        }
    }
}

/// Ids of the run-once filters of an item, nested ones included, each once.
pub(super) fn run_once_ids(filters: &[Filter]) -> Vec<Guid> {
    let mut ids = all_run_once_ids(filters);
    ids.sort_unstable();
    ids.dedup();
    ids
}

fn all_run_once_ids(filters: &[Filter]) -> Vec<Guid> {
    let mut ids = Vec::new();
    for filter in filters {
        match &filter.condition {
            Condition::RunOnce { id, .. } => ids.push(*id),
            Condition::Collection { filters, .. } => ids.extend(all_run_once_ids(filters)),
            _ => {}
        }
    }
    ids
}

fn run_once<'a, V: Iterator<Item = &'a View>>(
    path: &str,
    views: impl Fn() -> V,
    problems: &mut Vec<Problem>,
) {
    let mut seen: HashMap<Guid, &str> = HashMap::new();
    // What is switched off is not applied and marks nothing.
    for view in views().filter(|view| !view.is_off) {
        for id in run_once_ids(&view.filters) {
            match seen.entry(id) {
                Entry::Vacant(place) => {
                    place.insert(&view.attributes.name);
                }
                Entry::Occupied(first) => problems.push(view.problem(
                    &codes::SHARED_RUN_ONCE,
                    path,
                    format!(
                        "the {} shares its run-once id with `{}` and never runs",
                        view.what,
                        first.get()
                    ),
                    "give it a new id",
                )),
            }
        }
    }
}

fn one(path: &str, view: &View, is_computer: bool, problems: &mut Vec<Problem>) {
    // Filters that clients do not know have a code of their own, passwords too.
    for oddity in &view.oddities {
        let is_filter = oddity.element.to_lowercase().starts_with("filter");
        let has_own_code = (is_filter && !is_known(&oddity.element))
            || oddity.what.contains("cpassword")
            || oddity.what.contains("there is no embedded `Task`");
        if oddity.is_refused && !view.is_off {
            problems.push(view.problem(
                &codes::TASK_SCHEMA,
                path,
                format!("`{}`: {}", oddity.element, oddity.what),
                "correct it, or write the task again with the policy editor",
            ));
        } else if !has_own_code {
            problems.push(not_understood(path, oddity));
        }
    }
    // What is off with the file or a folder is told there.
    if view.attributes.disabled == Some(true) {
        problems.push(view.problem(
            &codes::SWITCHED_OFF,
            path,
            format!("the {} is switched off", view.what),
            "switch it on, or delete it",
        ));
    }
    if view.is_off {
        return;
    }
    for filter in &view.filters {
        one_filter(path, view, filter, is_computer, problems);
    }
}

fn one_filter(
    path: &str,
    view: &View,
    filter: &Filter,
    is_computer: bool,
    problems: &mut Vec<Problem>,
) {
    values(path, view, filter, problems);
    let mut report = |code, message: String, next| {
        problems.push(view.problem(code, path, message, next));
    };
    match &filter.condition {
        Condition::Collection { filters, .. } => {
            for filter in filters {
                one_filter(path, view, filter, is_computer, problems);
            }
        }
        Condition::Other(element) if !is_known(&element.name) => {
            let right = crate::gpo::preferences::filter::KNOWN_FILTERS
                .iter()
                .find(|known| known.eq_ignore_ascii_case(&element.name));
            let message = match right {
                Some(right) => format!("`{}` must be spelled `{right}`", element.name),
                None => format!("clients know no filter `{}`", element.name),
            };
            report(
                &codes::UNKNOWN_FILTER,
                message,
                "spell it as clients know it",
            );
        }
        Condition::Other(element)
            if is_computer
                && matches!(element.name.as_str(), "FilterOrgUnit" | "FilterDomain")
                && element.get("userContext") != Some("0") =>
        {
            let message = format!("`{}` asks about the user", element.name);
            report(&codes::USER_FILTER, message, "write `userContext=\"0\"`");
        }
        Condition::Group { user_context, .. } if is_computer && *user_context != Some(false) => {
            let message = "`FilterGroup` asks about the user".to_owned();
            report(&codes::USER_FILTER, message, "write `userContext=\"0\"`");
        }
        Condition::Wmi { query, .. } => {
            for finding in wql::judge(query) {
                report(finding.code, finding.message, finding.next);
            }
        }
        Condition::Os {
            version: Some(version),
            ..
        } if version == "WINTHRESHOLDSRV" => {
            let message = "`WINTHRESHOLDSRV` is every server from 2016 on".to_owned();
            report(
                &codes::OS_FILTER,
                message,
                "keep it if that is meant, else ask for the build by a WMI query",
            );
        }
        _ => {}
    }
}

/// Values of a filter that are of another form than editors write, or that nothing has.
fn values(path: &str, view: &View, filter: &Filter, problems: &mut Vec<Problem>) {
    let mut report = |code, message: String, next| {
        problems.push(view.problem(code, path, message, next));
    };
    if let Some(message) = registry_fault(&filter.condition) {
        report(
            &codes::REGISTRY_ITEM,
            message,
            "write it as the policy editor does",
        );
    }
    if let Some(message) = filter_values::fault(&filter.condition) {
        let next = if filter.negated {
            "the filter is turned round, so it holds everywhere: correct the value, or take the filter out"
        } else {
            "correct the value, or take the filter out"
        };
        report(&codes::FILTER_VALUE, message, next);
    }
}

/// What is wrong with the place that a filter asks the registry for.
fn registry_fault(condition: &Condition) -> Option<String> {
    match condition {
        Condition::RegistryKeyExists { hive, key } => place_fault(hive, key),
        Condition::Other(element) if element.name == "FilterRegistry" => {
            place_fault(element.get("hive")?, element.get("key").unwrap_or_default())
        }
        _ => None,
    }
}

/// Reports a password anywhere in a preference file.
fn password(path: &str, root: &Element, problems: &mut Vec<Problem>) {
    let mut todo = vec![root];
    while let Some(element) = todo.pop() {
        // The editor writes an empty one for an account without a password.
        if element
            .get("cpassword")
            .is_some_and(|text| !text.is_empty())
        {
            problems.push(
                Problem::new(
                    &codes::PASSWORD,
                    path,
                    "an item carries a password that everybody can read",
                    "remove `cpassword` and change the password",
                )
                .with_evidence(format!(
                    "`{}`",
                    element.get("name").unwrap_or(&element.name)
                )),
            );
        }
        todo.extend(element.children.iter().rev().filter_map(|node| match node {
            Node::Element(child) => Some(child),
            Node::Text(_) | Node::CData(_) => None,
        }));
    }
}
