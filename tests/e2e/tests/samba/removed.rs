//! `--prune`: what was taken out of the config leaves the domain, and nothing else does.

use gangway_e2e::Bundle;
use gangway_e2e::samba::{ADMINISTRATOR, DN, Domain};

use super::model::{assert_whole, files, gpos, recipe, tagged};
use super::{PROBLEMS, everything, text};

/// With settings that make servers passive, and with a role.
fn passive_with_role() -> Bundle {
    let recipe = recipe()
        .with("onboard", "device_tag = 'lab'")
        .with("onboard", "antivirus_mode = 'always_passive'")
        .with("[gpo.settings.role]", "name = 'SQL Server'")
        .with("[gpo.settings.role]", r"paths = ['D:\Data']");
    recipe.bundle().unwrap()
}

#[test]
fn a_role_and_a_value_that_were_removed_go_and_all_else_stays() {
    let domain = Domain::start().unwrap();
    let unit = format!("OU=Servers,{DN}");
    let role = format!("role:SQL Server={unit}");
    let before = passive_with_role();
    let linked = ["--link", &unit, "--link", &role, "--enable-links"];
    domain.published(before.folder(), &linked).unwrap();
    let whole = everything(&domain);

    // A value that makes servers passive does not go without a word.
    let after = tagged("lab");
    let publish = |arguments: &[&str]| {
        domain
            .publish(after.folder(), ADMINISTRATOR, arguments)
            .unwrap()
    };
    for arguments in [&["--apply"][..], &["--prune"], &["--apply", "--prune"]] {
        let refused = publish(arguments);
        assert_eq!(refused.status.code(), Some(PROBLEMS), "{}", text(&refused));
        assert!(text(&refused).contains("GW3123"), "{}", text(&refused));
        assert_eq!(everything(&domain), whole);
    }

    // Without `--prune` the role is named and stays.
    let unpruned = publish(&["--apply", "--end-passive-mode"]);
    let said = text(&unpruned);
    assert!(unpruned.status.success(), "{said}");
    for told in [
        "GW3121",
        "Gangway Exclusions SQL Server",
        "GW3122",
        "passive",
    ] {
        assert!(said.contains(told), "{told}: {said}");
    }
    let named = |domain: &Domain| {
        let policies = format!("CN=Policies,CN=System,{DN}");
        let objects = domain
            .search(&policies, "one", "(displayName=Gangway *)")
            .unwrap();
        let names = objects.into_values();
        let mut names: Vec<String> = names.map(|one| one["displayName"][0].clone()).collect();
        names.sort();
        names
    };
    assert_eq!(
        named(&domain),
        [
            "Gangway Deploy",
            "Gangway Exclusions SQL Server",
            "Gangway Settings"
        ]
    );

    // Somebody else's GPO of the same kind of name has no mark of ours.
    let other = "Gangway Exclusions Print";
    let created = domain.samba_tool(&["gpo", "create", other]).unwrap();
    assert!(created.status.success(), "{}", text(&created));

    let would = publish(&["--prune"]);
    assert!(
        text(&would).contains("take the link from"),
        "{}",
        text(&would)
    );
    let done = publish(&["--apply", "--prune"]);
    let said = text(&done);
    assert!(done.status.success(), "{said}");
    assert_eq!(
        named(&domain),
        ["Gangway Deploy", other, "Gangway Settings"]
    );
    let links = domain.object(&unit).unwrap().unwrap()["gPLink"][0].clone();
    assert_eq!(links.matches("[LDAP://").count(), 2, "{links}");
    for gpo in gpos(&after) {
        assert_whole(&domain, &gpo);
        assert!(links.contains(&gpo.id), "{links}");
    }
    let folders = files(&domain.sysvol().join("Policies"));
    assert!(!folders.keys().any(|path| path.contains("SQL")));
    let again = publish(&["--prune"]);
    assert!(!text(&again).contains("GW312"), "{}", text(&again));
}
