//! Onboarding and offboarding beside each other in one domain.

use gangway_e2e::samba::{ADMINISTRATOR, DN, Domain};
use gangway_e2e::{Bundle, required};

use super::model::{gpos, recipe, task_only};
use super::{PROBLEMS, everything, text};

fn offboarding() -> Bundle {
    let folder = required::path(required::FIXTURES)
        .unwrap()
        .join("variants/offboarding");
    let recipe = recipe().with_downloads(&[&folder]);
    recipe.with_mode("offboard").bundle().unwrap()
}

#[test]
fn a_task_that_undoes_a_live_one_is_refused_where_they_meet() {
    let domain = Domain::start().unwrap();
    let off = offboarding();
    let on = task_only();
    let servers = format!("OU=Servers,{DN}");
    let other = format!("OU=Leaving,{DN}");
    domain
        .change(&format!(
            "dn: {other}\nchangetype: add\nobjectClass: organizationalUnit\n"
        ))
        .unwrap();
    domain
        .published(on.folder(), &["--link", &servers, "--enable-links"])
        .unwrap();

    // In the same unit, and above it.
    let before = everything(&domain);
    for place in [&servers, DN] {
        let arguments = ["--apply", "--link", place, "--enable-links"];
        let output = domain
            .publish(off.folder(), ADMINISTRATOR, &arguments)
            .unwrap();
        let said = text(&output);
        assert_eq!(output.status.code(), Some(PROBLEMS), "{said}");
        assert!(
            said.contains("GW3125") && said.contains("OU=Servers"),
            "{said}"
        );
        assert_eq!(everything(&domain), before);
    }
    // Beside it.
    domain
        .published(off.folder(), &["--link", &other, "--enable-links"])
        .unwrap();
    // And the other way round.
    let output = domain
        .publish(on.folder(), ADMINISTRATOR, &["--apply", "--link", DN])
        .unwrap();
    let said = text(&output);
    assert_eq!(output.status.code(), Some(PROBLEMS), "{said}");
    assert!(
        said.contains("GW3125") && said.contains("OU=Leaving"),
        "{said}"
    );
}

/// The object's list, as Samba's own tool reads it.
fn permissions(domain: &Domain, dn: &str) -> String {
    let got = domain
        .samba_tool(&["dsacl", "get", &format!("--objectdn={dn}")])
        .unwrap();
    assert!(got.status.success(), "{}", text(&got));
    got.stdout
}

const GROUP: &str = "Gangway Excluded";
/// The extended right *Apply group policy*.
const APPLY: &str = "edacfd8f-ffb3-11d1-b41d-00a0c968f939";

#[test]
fn servers_of_the_group_that_is_left_out_may_be_taken_off_where_they_are() {
    let domain = Domain::start().unwrap();
    let told = |arguments: &[&str]| {
        let output = domain.samba_tool(arguments).unwrap();
        assert!(output.status.success(), "{}", text(&output));
    };
    told(&["group", "add", GROUP]);
    let on = recipe()
        .with("gpo", &format!("exclude_group = '{GROUP}'"))
        .bundle()
        .unwrap();
    let off = offboarding();
    let servers = format!("OU=Servers,{DN}");
    let task = gpos(&on).pop().unwrap();

    let arguments = ["--link", &servers, "--enable-links"];
    let would = domain
        .publish(on.folder(), ADMINISTRATOR, &arguments)
        .unwrap();
    let step = format!(
        "deny *Apply group policy* on `{}` to the group `{GROUP}`",
        task.dn()
    );
    assert!(text(&would).contains(&step), "{}", text(&would));
    domain.published(on.folder(), &arguments).unwrap();
    let group = domain
        .object(&format!("CN={GROUP},CN=Users,{DN}"))
        .unwrap()
        .unwrap();
    let sid = group["objectSid"][0].clone();
    let list = permissions(&domain, &task.dn());
    let denial = format!("(OD;CI;CR;{APPLY};;{sid})");
    let at = |text: &str| list.find(text).unwrap_or_else(|| panic!("{text}: {list}"));
    assert_eq!(list.matches("(OD;").count(), 1, "{list}");
    assert!(
        at(&denial) < at("(A;") && at(&denial) < at("(OA;"),
        "{list}"
    );
    let again = domain.published(on.folder(), &[]).unwrap();
    assert!(!again.contains("deny"), "{again}");
    assert_eq!(permissions(&domain, &task.dn()), list);

    // Whoever is not in the group would be told both.
    let publish = |arguments: &[&str]| {
        let both = [&["--link", &servers, "--enable-links"], arguments].concat();
        domain.publish(off.folder(), ADMINISTRATOR, &both).unwrap()
    };
    let before = everything(&domain);
    let refused = publish(&["--apply"]);
    let said = text(&refused);
    assert_eq!(refused.status.code(), Some(PROBLEMS), "{said}");
    assert!(
        said.contains("GW3125") && said.contains("CN=srv1"),
        "{said}"
    );
    assert_eq!(everything(&domain), before);
    // Through a group in the group.
    told(&["group", "add", "Leaving"]);
    told(&["group", "addmembers", GROUP, "Leaving"]);
    told(&["group", "addmembers", "Leaving", "srv1$,srv2$"]);
    let taken = publish(&["--apply"]);
    let said = text(&taken);
    assert!(taken.status.success(), "{said}");
    assert!(said.contains("may not apply the onboarding"), "{said}");
}

#[test]
fn a_rollback_takes_the_denial_back() {
    let domain = Domain::start().unwrap();
    let group = domain.samba_tool(&["group", "add", GROUP]).unwrap();
    assert!(group.status.success(), "{}", text(&group));
    let first = task_only();
    domain.published(first.folder(), &[]).unwrap();
    let task = gpos(&first).pop().unwrap();
    let before = permissions(&domain, &task.dn());
    let second = recipe()
        .with("gpo", &format!("exclude_group = '{GROUP}'"))
        .bundle()
        .unwrap();
    domain.published(second.folder(), &[]).unwrap();
    assert!(permissions(&domain, &task.dn()).contains("(OD;"));
    domain.published(second.folder(), &["--rollback"]).unwrap();
    assert_eq!(permissions(&domain, &task.dn()), before);
}
