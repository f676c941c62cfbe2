//! Policies against a live Active Directory: published by the command, read back by others.

#![expect(
    clippy::unwrap_used,
    reason = "a test says what went wrong by panicking"
)]

use std::path::Path;

use gangway_e2e::samba::{self, ADMINISTRATOR, DN, Domain};
use model::{bundle, gpos, one, version};

#[path = "samba/connection.rs"]
mod connection;
#[path = "samba/cuts.rs"]
mod cuts;
#[path = "samba/further.rs"]
mod further;
#[path = "samba/history.rs"]
mod history;
#[path = "samba/links.rs"]
mod links;
#[path = "samba/model.rs"]
mod model;
#[path = "samba/old_releases.rs"]
mod old_releases;
#[path = "samba/on_and_off.rs"]
mod on_and_off;
#[path = "samba/operations/mod.rs"]
mod operations;
#[path = "samba/owners.rs"]
mod owners;
#[path = "samba/payloads.rs"]
mod payloads;
#[path = "samba/permissions.rs"]
mod permissions;
#[path = "samba/read_back.rs"]
mod read_back;
#[path = "samba/reconstruct.rs"]
mod reconstruct;
#[path = "samba/registry_policy.rs"]
mod registry_policy;
#[path = "samba/removal.rs"]
mod removal;
#[path = "samba/removed.rs"]
mod removed;
#[path = "samba/replication.rs"]
mod replication;
#[path = "samba/rollout.rs"]
mod rollout;
#[path = "samba/secrets.rs"]
mod secrets;
#[path = "samba/shares.rs"]
mod shares;
#[path = "samba/story/mod.rs"]
mod story;
#[path = "samba/together.rs"]
mod together;
#[path = "samba/whole.rs"]
mod whole;

/// Exit code "problems or differences were found".
const PROBLEMS: i32 = 1;
/// Exit code "the environment refused".
const ENVIRONMENT: i32 = 3;

/// Every object of policies, every link, every file: to see that nothing changed.
fn everything(domain: &Domain) -> impl PartialEq + std::fmt::Debug + use<> {
    let mut objects = domain
        .search(&format!("CN=System,{DN}"), "sub", "(objectClass=*)")
        .unwrap();
    // The server's own servants write there at any time.
    objects.retain(|dn, _| dn.contains("CN=Policies,") || dn.contains("CN=WMIPolicy,"));
    let links = domain.search(DN, "sub", "(gPLink=*)").unwrap();
    let links: Vec<_> = links
        .into_iter()
        .map(|(dn, object)| (dn, one(&object, "gPLink").to_owned()))
        .collect();
    (objects, links, samba::tree(&domain.sysvol()).unwrap())
}

fn text(output: &gangway_e2e::program::Output) -> String {
    format!("{}{}", output.stdout, output.stderr)
}

#[test]
fn a_second_publication_raises_the_version_once_and_changes_nothing_else() {
    let domain = Domain::start().unwrap();
    let bundle = bundle();
    let state = || {
        let mut objects = domain
            .search(&format!("CN=Policies,CN=System,{DN}"), "sub", "(cn=*)")
            .unwrap();
        let filters = domain
            .search(&format!("CN=WMIPolicy,CN=System,{DN}"), "sub", "(cn=*)")
            .unwrap();
        objects.extend(filters);
        let mut versions = Vec::new();
        for object in objects.values_mut() {
            if let Some(version) = object.remove("versionNumber")
                && object.contains_key("adminDescription")
            {
                versions.push(version.concat());
                // Follow from the version.
                object.remove("uSNChanged");
                object.remove("whenChanged");
            }
        }
        let mut tree = samba::tree(&domain.sysvol()).unwrap();
        for gpo in gpos(&bundle) {
            let ini = tree
                .remove(&format!("Policies/{}/GPT.INI", gpo.id))
                .unwrap();
            versions.push(version(&ini.unwrap()));
        }
        (objects, tree, versions)
    };
    domain.published(bundle.folder(), &[]).unwrap();
    let (objects, tree, versions) = state();
    assert_eq!(versions, ["1"; 4]);
    let said = domain.published(bundle.folder(), &[]).unwrap();
    let (objects_after, tree_after, versions) = state();
    assert_eq!(versions, ["2"; 4]);
    assert_eq!(objects_after, objects);
    assert!(tree_after == tree);
    assert_eq!(said.matches("\nchange `").count(), 2, "{said}");
    assert_eq!(said.matches("\nwrite `").count(), 2, "{said}");
}

#[test]
fn a_gpo_of_somebody_else_stops_the_publication() {
    let domain = Domain::start().unwrap();
    let bundle = bundle();
    let task = gpos(&bundle).pop().unwrap();
    let created = domain.samba_tool(&["gpo", "create", &task.name]).unwrap();
    assert!(created.status.success(), "{}", text(&created));
    let before = everything(&domain);
    let output = domain
        .publish(bundle.folder(), ADMINISTRATOR, &["--apply"])
        .unwrap();
    assert_eq!(output.status.code(), Some(PROBLEMS), "{}", text(&output));
    assert!(output.stderr.contains(&task.name), "{}", output.stderr);
    assert_eq!(everything(&domain), before);
}

#[test]
fn a_domain_ends_with_its_test_also_when_that_panics() {
    let init = std::panic::catch_unwind(|| {
        let domain = Domain::start().unwrap();
        std::panic::panic_any(domain.init());
    });
    let init = *init.unwrap_err().downcast::<u32>().unwrap();
    assert_ne!(init, 0);
    assert!(!Path::new("/proc").join(init.to_string()).exists());
}
