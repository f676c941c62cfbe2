//! The subscription of an event trigger: a list of queries for the event log.
//!
//! Source: MS-EVEN6 2.2.16 and the pages "Query Schema" and "QueryType" on Microsoft Learn (at least one
//! `Select`). The scheduler's own schema asks for a text only, and no document says that it refuses a
//! text that is no query; the event log then finds nothing.

use crate::gpo::xml::{self, Element};

/// Why no event is ever found by it, if that is so.
pub(super) fn fault(text: &str) -> Option<String> {
    if !text.trim_start().starts_with('<') {
        return Some("it is no `QueryList`".to_owned());
    }
    let root = match xml::read(text.trim().as_bytes()) {
        Ok(root) => root,
        Err(error) => return Some(format!("it is no XML: {error}")),
    };
    if root.name != "QueryList" {
        return Some(format!("it is a `{}` and no `QueryList`", root.name));
    }
    let named = |element: &Element, name: &str| element.name == name;
    if let Some(other) = root.elements().find(|one| !named(one, "Query")) {
        return Some(format!("`{}` is no `Query`", other.name));
    }
    if root.elements().next().is_none() {
        return Some("it holds no `Query`".to_owned());
    }
    root.elements().find_map(query_fault)
}

fn query_fault(query: &Element) -> Option<String> {
    let mut parts = query.elements();
    if let Some(other) = parts.find(|one| !matches!(one.name.as_str(), "Select" | "Suppress")) {
        return Some(format!(
            "`{}` is neither `Select` nor `Suppress`",
            other.name
        ));
    }
    if !query.elements().any(|part| part.name == "Select") {
        return Some("a `Query` has no `Select`".to_owned());
    }
    query.elements().find_map(|part| {
        let path = part.get("Path").or_else(|| query.get("Path"));
        if path.is_none_or(|path| path.trim().is_empty()) {
            return Some(format!("a `{}` names no channel by `Path`", part.name));
        }
        let is_empty = part.text().trim().is_empty();
        is_empty.then(|| format!("a `{}` is empty", part.name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_documents_show_is_a_query() {
        for text in [
            "<QueryList><Query Id='1'><Select Path='System'>*[System/Level=2]</Select></Query></QueryList>",
            " <QueryList>\n<Query Id=\"0\" Path=\"Security\"><Select>*[System[(EventID=4625)]]</Select>\
             <Suppress Path=\"Security\">*[System[(Level &gt; 3)]]</Suppress></Query></QueryList> ",
        ] {
            assert_eq!(fault(text), None, "{text}");
        }
    }

    #[test]
    fn what_finds_nothing_is_told() {
        for (text, expected) in [
            ("hello", "no `QueryList`"),
            ("*[System/Level=2]", "no `QueryList`"),
            ("<QueryList>", "no XML"),
            (
                "<Select Path='System'>*</Select>",
                "a `Select` and no `QueryList`",
            ),
            ("<querylist/>", "a `querylist` and no `QueryList`"),
            ("<QueryList/>", "holds no `Query`"),
            (
                "<QueryList><Select Path='System'>*</Select></QueryList>",
                "`Select` is no `Query`",
            ),
            (
                "<QueryList><Query Path='System'/></QueryList>",
                "no `Select`",
            ),
            (
                "<QueryList><Query Path='System'><Suppress>*</Suppress></Query></QueryList>",
                "no `Select`",
            ),
            (
                "<QueryList><Query><Select>*</Select></Query></QueryList>",
                "names no channel",
            ),
            (
                "<QueryList><Query Path='System'><Select/></Query></QueryList>",
                "is empty",
            ),
            (
                "<QueryList><Query Path='System'><select>*</select></Query></QueryList>",
                "`select` is neither",
            ),
        ] {
            let told = fault(text);
            assert!(
                told.as_ref().is_some_and(|told| told.contains(expected)),
                "{text}: {told:?}"
            );
        }
    }
}
