//! The life of a fleet in live domains, chapter by chapter: what a person does by the commands of
//! docs/operations.md, what emulated servers do at their next policy refresh, and that nothing comes back by
//! itself when they are restarted and refresh once more. What domains, shares and servers hold after each
//! chapter is a golden listing.

mod fleet;
mod listing;
mod one_domain;
mod two_domains;

pub(crate) use fleet::Story;
pub(crate) use two_domains::story as of_two_domains;

use gangway_e2e::samba::Domain;
use gangway_e2e::{Bundle, Recipe, required};

use super::model::recipe;
use super::payloads::unc;
use super::text;
use super::whole::published;

const SERVERS: &str = "OU=Servers,DC=lab,DC=gangway,DC=test";

/// Payloads, program, policies and the link.
fn publish(domain: &Domain, bundle: &Bundle, more: &[&str]) -> String {
    let to = unc();
    let usual = ["--apply", "--to", &to];
    published(domain, bundle, &[&usual[..], more].concat())
}

/// Everything of the organisation in one domain: the dry run says the same steps, and writes nothing.
fn retire(domain: &Domain, bundle: &Bundle, more: &[&str]) -> String {
    let to = unc();
    let arguments = [&["--to", &to][..], more].concat();
    let dry = domain.retire(bundle.folder(), &arguments).unwrap();
    assert!(dry.status.success(), "{}", text(&dry));
    let arguments = [&arguments[..], &["--apply"]].concat();
    let done = domain.retire(bundle.folder(), &arguments).unwrap();
    assert!(done.status.success(), "{}", text(&done));
    let steps = |said: &str| -> Vec<String> {
        let lines = said.lines().filter(|line| !line.starts_with("note "));
        let mut lines: Vec<String> = lines.map(str::to_owned).collect();
        // The last word is another one.
        lines.pop();
        lines
    };
    assert_eq!(steps(&dry.stdout), steps(&done.stdout));
    done.stdout
}

/// Of this sequence among the bundles of the fleet.
fn numbered(recipe: Recipe, sequence: u32) -> Recipe {
    match sequence {
        1 => recipe,
        _ => recipe.after_a_lost_lock(sequence),
    }
}

fn offboarding() -> Recipe {
    let downloads = required::path(required::FIXTURES).unwrap();
    recipe()
        .with_downloads(&[&downloads.join("variants/offboarding")])
        .with_mode("offboard")
}
