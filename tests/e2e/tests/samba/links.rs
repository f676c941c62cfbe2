//! Links of GPOs to domains and units.

use gangway_e2e::samba::{ADMINISTRATOR, DN, Domain};

use super::model::{Gpo, bundle, gpos, one, recipe};
use super::{ENVIRONMENT, everything, text};

#[test]
fn links_are_made_only_when_told_and_go_with_a_first_publication() {
    let domain = Domain::start().unwrap();
    let bundle = bundle();
    let unit = format!("OU=Servers,{DN}");
    let task = gpos(&bundle).pop().unwrap();
    let containers = || {
        let listed = domain
            .samba_tool(&["gpo", "listcontainers", &task.id])
            .unwrap();
        assert!(listed.status.success(), "{}", text(&listed));
        listed.stdout
    };
    let link = || {
        let object = domain.object(&unit).unwrap().unwrap();
        object.get("gPLink").map(|values| values[0].clone())
    };
    domain.published(bundle.folder(), &[]).unwrap();
    assert!(containers().contains("No Containers"), "{}", containers());
    assert_eq!(link(), None);
    let created = domain.samba_tool(&["gpo", "create", "Other"]).unwrap();
    let other = created.stdout.split(['{', '}']).nth(1).unwrap();
    let other = format!("{{{other}}}");
    let set = domain
        .samba_tool(&["gpo", "setlink", &unit, &other])
        .unwrap();
    assert!(set.status.success(), "{}", text(&set));
    let foreign = link().unwrap();
    domain
        .published(bundle.folder(), &["--link", &unit])
        .unwrap();
    let ours: Vec<String> = gpos(&bundle).iter().map(Gpo::dn).collect();
    let linked = |options: u32| {
        format!(
            "[LDAP://{};{options}][LDAP://{};{options}]{foreign}",
            ours[1], ours[0]
        )
    };
    assert_eq!(link(), Some(linked(1)));
    domain
        .published(bundle.folder(), &["--link", &unit, "--enable-links"])
        .unwrap();
    assert_eq!(link(), Some(linked(0)));
    assert!(containers().contains(&unit), "{}", containers());
    let absent = format!("OU=Absent,{DN}");
    let before = everything(&domain);
    let arguments = ["--apply", "--link", &absent];
    let output = domain
        .publish(bundle.folder(), ADMINISTRATOR, &arguments)
        .unwrap();
    assert_eq!(output.status.code(), Some(ENVIRONMENT));
    assert!(output.stderr.contains(&absent), "{}", output.stderr);
    assert_eq!(everything(&domain), before);
}

#[test]
fn a_first_publication_is_taken_back_with_its_links() {
    let domain = Domain::start().unwrap();
    let bundle = bundle();
    let unit = format!("OU=Servers,{DN}");
    domain
        .published(bundle.folder(), &["--link", &unit, "--enable-links"])
        .unwrap();
    domain.published(bundle.folder(), &["--rollback"]).unwrap();
    for gpo in gpos(&bundle) {
        assert_eq!(domain.object(&gpo.dn()).unwrap(), None);
        assert!(!gpo.folder(&domain).exists());
    }
    let unit = domain.object(&unit).unwrap().unwrap();
    assert_eq!(unit.get("gPLink"), None);
    let again = ["--apply", "--rollback"];
    let output = domain
        .publish(bundle.folder(), ADMINISTRATOR, &again)
        .unwrap();
    assert_eq!(output.status.code(), Some(ENVIRONMENT));
    assert!(
        output.stderr.contains("nothing is saved"),
        "{}",
        output.stderr
    );
}

#[test]
fn the_exclusions_of_a_role_are_linked_only_by_name_and_alone() {
    let domain = Domain::start().unwrap();
    let bundle = recipe()
        .with("[gpo.settings.role]", "name = 'SQL Server'")
        .with("[gpo.settings.role]", r"paths = ['D:\Data']")
        .bundle()
        .unwrap();
    let unit = format!("OU=Servers,{DN}");
    let linked = || -> Vec<String> {
        let object = domain.object(&unit).unwrap().unwrap();
        let list = object.get("gPLink").map(|values| values[0].clone());
        let list = list.unwrap_or_default();
        let ids = list.split(['{', '}']).skip(1).step_by(2);
        let name = |id: &str| {
            let dn = format!("CN={{{id}}},CN=Policies,CN=System,{DN}");
            let object = domain.object(&dn).unwrap().unwrap();
            one(&object, "displayName").to_owned()
        };
        ids.map(name).collect()
    };
    let role = format!("role:sql server={unit}");
    domain
        .published(bundle.folder(), &["--link", &role])
        .unwrap();
    assert_eq!(linked(), ["Gangway Exclusions SQL Server"]);
    domain
        .published(bundle.folder(), &["--link", &unit])
        .unwrap();
    let mut names = linked();
    names.sort_unstable();
    assert_eq!(names, ["Gangway Deploy", "Gangway Exclusions SQL Server"]);
    let other = format!("role:other={unit}");
    let output = domain
        .publish(
            bundle.folder(),
            ADMINISTRATOR,
            &["--apply", "--link", &other],
        )
        .unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
    assert!(
        text(&output).contains("role:sql-server"),
        "{}",
        text(&output)
    );
}
