//! `gangway reconstruct`: what a live domain and its file server give back.

use std::fs;
use std::path::Path;

use gangway_e2e::samba::{ADMINISTRATOR, DN, Domain, NAME};

use super::model::recipe;
use super::payloads::{unc, with_folder};
use super::text;
use super::whole::published;

/// Config and lock that came back.
fn given_back(domain: &Domain, from: &str, out: &Path) -> (String, String, String) {
    let output = domain.reconstruct(from, out, ADMINISTRATOR).unwrap();
    assert!(output.status.success(), "{}", text(&output));
    let read = |name: &str| fs::read_to_string(out.join(name)).unwrap();
    (read("gangway.toml"), read("gangway.lock"), text(&output))
}

#[test]
fn domain_and_share_give_back_the_config_that_the_bundle_was_built_from() {
    let domain = with_folder();
    let bundle = recipe()
        .with("onboard", "device_tag = 'lab'")
        .with("gpo.settings.exclusions", "paths = ['E:\\B', 'D:\\A']")
        .with("[gpo.settings.role]", "name = 'Web servers'")
        .with("[gpo.settings.role]", "extensions = ['.log']")
        .bundle()
        .unwrap();
    let unit = format!("OU=Servers,{DN}");
    published(
        &domain,
        &bundle,
        &["--to", &unc(), "--link", &unit, "--apply"],
    );
    let whole: serde_json::Value =
        serde_json::from_slice(&fs::read(bundle.folder().join("recipe.json")).unwrap()).unwrap();
    let config = whole["config"].as_str().unwrap();
    assert!(
        config.contains("Web servers") && config.contains(r"D:\A"),
        "{config}"
    );

    let back = domain.scratch().join("back");
    let (from_domain, lock, said) = given_back(&domain, NAME, &back);
    assert!(from_domain.ends_with(config), "{from_domain}");
    assert!(lock.contains("identity = \"Contoso\""), "{lock}");
    assert!(!said.contains("GW3037"), "{said}");

    // The share is read by more than the policies are: no exclusions there.
    let back = domain.scratch().join("back-from-share");
    let (from_share, lock_from_share, said) = given_back(&domain, &unc(), &back);
    assert!(!from_share.contains(r"D:\A") && !from_share.contains("Web servers"));
    assert!(from_share.contains("device_tag = \"lab\""), "{from_share}");
    assert!(said.contains("gpo.settings.exclusions"), "{said}");
    assert_eq!(without_dates(&lock_from_share), without_dates(&lock));

    // A policy that somebody changed is not what the bundle was built from.
    let sysvol = domain.sysvol().join("Policies");
    let shown = walkdir::WalkDir::new(&sysvol)
        .into_iter()
        .filter_map(Result::ok)
        .find(|entry| entry.file_name() == "recipe.json")
        .unwrap()
        .into_path();
    let forged = fs::read_to_string(&shown)
        .unwrap()
        .replace("id = \\\"Contoso\\\"", "id = \\\"Fabrikam\\\"");
    fs::write(&shown, forged).unwrap();
    let output = domain
        .reconstruct(NAME, &domain.scratch().join("none"), ADMINISTRATOR)
        .unwrap();
    assert_eq!(output.status.code(), Some(4), "{}", text(&output));
    assert!(
        text(&output).contains("it is of `Fabrikam`"),
        "{}",
        text(&output)
    );
}

fn without_dates(lock: &str) -> Vec<&str> {
    let lines = lock.lines();
    lines
        .filter(|line| !line.starts_with("first_seen"))
        .collect()
}
