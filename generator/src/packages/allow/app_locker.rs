//! A policy for AppLocker, to be merged into another one.
//!
//! Shape: the rules of `Set-AppLockerPolicy -XmlPolicy`. The collection enforces nothing by itself
//! (`NotConfigured`), so that a merge changes no mode.

use super::{Allowed, AllowedProgram, capitals, publishers};
use crate::formats::guid::Guid;
use crate::gpo::xml::Element;

/// SYSTEM, who runs the bootstrap.
const SYSTEM: &str = "S-1-5-18";
/// What the version resource of every bootstrap has, in AppLocker's capitals.
const PRODUCT: &str = "GANGWAY";

pub(super) fn policy(of: &Allowed) -> Element {
    let names = publishers(of)
        .into_iter()
        .filter_map(|publisher| publisher.app_locker_name.as_deref());
    let by_publisher = names.map(|name| {
        rule("FilePublisherRule", &["publisher", &of.identity, name])
            .attribute("Name", "Bootstraps of Gangway, by their publisher")
            .attribute("Description", name)
            .attribute("UserOrGroupSid", SYSTEM)
            .attribute("Action", "Allow")
            .child(Element::new("Conditions").child(publisher(name)))
    });
    let by_digest = of.programs.iter().map(|program| {
        rule(
            "FileHashRule",
            &["hash", &program.name, &capitals(&program.sha256)],
        )
        .attribute("Name", format!("{}, by its digest", program.name))
        .attribute("Description", "")
        .attribute("UserOrGroupSid", SYSTEM)
        .attribute("Action", "Allow")
        .child(Element::new("Conditions").child(digest(program)))
    });
    let rules = Element::new("RuleCollection")
        .attribute("Type", "Exe")
        .attribute("EnforcementMode", "NotConfigured")
        .extend(by_publisher)
        .extend(by_digest);
    Element::new("AppLockerPolicy")
        .attribute("Version", "1")
        .child(rules)
}

/// Ids of rules are GUIDs without braces.
fn rule(kind: &str, names: &[&str]) -> Element {
    let names = [&["allow", "app-locker"], names].concat();
    let id = Guid::derive(&names).to_string().to_lowercase();
    Element::new(kind).attribute("Id", id.trim_matches(['{', '}']))
}

fn publisher(name: &str) -> Element {
    let versions = Element::new("BinaryVersionRange")
        .attribute("LowSection", "*")
        .attribute("HighSection", "*");
    Element::new("FilePublisherCondition")
        .attribute("PublisherName", name)
        .attribute("ProductName", PRODUCT)
        .attribute("BinaryName", "*")
        .child(versions)
}

fn digest(program: &AllowedProgram) -> Element {
    let hash = Element::new("FileHash")
        .attribute("Type", "SHA256")
        .attribute("Data", format!("0x{}", capitals(&program.sha256)))
        .attribute("SourceFileName", &program.name)
        .attribute("SourceFileLength", program.size.to_string());
    Element::new("FileHashCondition").child(hash)
}
