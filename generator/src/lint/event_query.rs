//! The subscription of an event trigger: a list of queries for the event log.
//!
//! Source: MS-EVEN6 2.2.16 and the pages "Query Schema" and "QueryType" on Microsoft Learn (at least one
//! `Select`). The scheduler's own schema asks for a text only, and no document says that it refuses a
//! text that is no query; the event log then finds nothing. Which encodings it takes in a declaration
//! is in no document either, so that a declaration is passed over where XML allows it to stand.

use super::event_xpath;
use crate::gpo::xml::{self, Element};

/// Why no event is ever found by it, if that is so.
pub(super) fn fault(text: &str) -> Option<String> {
    if !text.trim_start().starts_with('<') {
        return Some("it is no `QueryList`".to_owned());
    }
    let document = match without_declaration(text) {
        Ok(document) => document,
        Err(why) => return Some(why),
    };
    let root = match xml::read(document.trim().as_bytes()) {
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

/// The text behind its declaration, whose encoding is that of another file: here it is a text already.
fn without_declaration(text: &str) -> Result<&str, String> {
    let Some(declaration) = text.trim_start().strip_prefix("<?xml ") else {
        return Ok(text);
    };
    // XML 1.0, 2.8: a declaration stands at the very beginning.
    if text.starts_with(char::is_whitespace) {
        return Err("it is no XML: a blank stands before its declaration".to_owned());
    }
    let (_, document) = declaration
        .split_once("?>")
        .ok_or("it is no XML: its declaration has no end")?;
    Ok(document)
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
        let selector = part.text();
        if selector.trim().is_empty() {
            return Some(format!("a `{}` is empty", part.name));
        }
        let why = event_xpath::fault(&selector)?;
        Some(format!(
            "a `{}` is no selector of the event log: {why}",
            part.name
        ))
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
            "<?xml version=\"1.0\" encoding=\"utf-16\"?>\r\n<QueryList><Query Id='0'>\
             <Select Path='System'>*</Select></Query></QueryList>",
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
                "\r\n<?xml version='1.0'?><QueryList/>",
                "a blank stands before its declaration",
            ),
            ("<?xml version='1.0'><QueryList/>", "has no end"),
            (
                "<QueryList><Query Path='System'><Select>*[System[EventID=1]</Select></Query></QueryList>",
                "no selector of the event log: the end stands where `]` belongs",
            ),
            (
                "<QueryList><Query Path='System'><Select>*</Select><Suppress>//x</Suppress></Query></QueryList>",
                "a `Suppress` is no selector",
            ),
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
