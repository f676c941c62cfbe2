//! The links of a publication, beside those of others.

use super::directory::value;
use super::world::{DOMAIN_DN, World, contents, gpo, published, settings_id, task_id, world};
use crate::failure::Fault as _;
use crate::publication::plan::Desired;
use crate::publication::{Action, Link, check_links};

#[test]
fn links_are_made_only_when_told_and_keep_those_of_others() {
    let mut world = published("old");
    let link = |world: &World| {
        let object = &world.directory.objects[DOMAIN_DN];
        object
            .get("gplink")
            .map(|values| String::from_utf8(values[0].clone()).unwrap())
    };
    assert_eq!(link(&world), None);
    let foreign = "[LDAP://cn={B},cn=policies,cn=system,DC=contoso,DC=com;0]";
    let object = world.directory.objects.get_mut(DOMAIN_DN).unwrap();
    object.insert("gplink".to_owned(), value(foreign));
    for _ in 0..2 {
        world
            .run_with(Action::Publish, "old", &["DC=contoso,DC=com"], false)
            .unwrap();
        let ours: String = [task_id(), settings_id()]
            .map(|id| format!("[LDAP://CN={id},CN=Policies,CN=System,DC=contoso,DC=com;1]"))
            .concat();
        assert_eq!(link(&world), Some(format!("{ours}{foreign}")));
    }
    world.budget.set(Some(0));
    let error = world.run_with(
        Action::Publish,
        "old",
        &["OU=absent,DC=contoso,DC=com"],
        false,
    );
    assert!(
        error
            .unwrap_err()
            .to_string()
            .contains("there is no `OU=absent")
    );
}

#[test]
fn taking_back_a_first_publication_takes_its_links_along() {
    let mut world = world();
    let foreign = "[LDAP://cn={B},cn=policies,cn=system,DC=contoso,DC=com;0]";
    let object = world.directory.objects.get_mut(DOMAIN_DN).unwrap();
    object.insert("gplink".to_owned(), value(foreign));
    let before = world.directory.objects.clone();
    world
        .run_with(Action::Publish, "old", &["DC=contoso,DC=com"], false)
        .unwrap();
    assert_ne!(world.directory.objects[DOMAIN_DN], before[DOMAIN_DN]);
    world.run(Action::Rollback, "old").unwrap();
    assert_eq!(world.directory.objects[DOMAIN_DN], before[DOMAIN_DN]);
}

#[test]
fn a_policy_is_linked_alone_and_one_that_is_not_there_is_refused_before_anything() {
    let mut world = published("old");
    let before = world.directory.objects.clone();
    let error = world.run_with(
        Action::Publish,
        "old",
        &["role:databases=DC=contoso,DC=com"],
        false,
    );
    let error = error.unwrap_err().to_string();
    assert!(error.contains("it has settings, deploy"), "{error}");
    assert_eq!(world.directory.objects, before);
    world
        .run_with(
            Action::Publish,
            "old",
            &["settings=DC=contoso,DC=com"],
            false,
        )
        .unwrap();
    let object = &world.directory.objects[DOMAIN_DN];
    let linked = String::from_utf8(object["gplink"][0].clone()).unwrap();
    let ours = format!(
        "[LDAP://CN={},CN=Policies,CN=System,DC=contoso,DC=com;1]",
        settings_id()
    );
    assert_eq!(linked, ours);
}

const UNIT: &str = "OU=Servers,DC=contoso,DC=com";

#[test]
fn a_link_is_for_one_policy_or_for_those_of_every_server() {
    let of = |purpose: &str| Desired {
        purpose: purpose.to_owned(),
        ..gpo("x")
    };
    let all = ["deploy", "settings", "offboard", "exclusions-sql-server"];
    for (before, expected) in [
        ("", &["deploy", "settings", "offboard"][..]),
        ("deploy=", &["deploy"]),
        ("Settings=", &["settings"]),
        ("offboard=", &["offboard"]),
        ("role:SQL Server=", &["exclusions-sql-server"]),
        ("role:sql-server=", &["exclusions-sql-server"]),
        ("role:other=", &[]),
    ] {
        let link: Link = format!("{before}{UNIT}").parse().unwrap();
        assert_eq!(link.target, UNIT, "{before}");
        let found: Vec<&str> = all
            .into_iter()
            .filter(|one| link.is_for(&of(one)))
            .collect();
        assert_eq!(found, expected, "{before}");
    }
}

#[test]
fn what_is_no_distinguished_name_is_refused() {
    for text in [
        "",
        "Servers",
        "contoso.com/Servers",
        "deploy=",
        "role:x=Servers",
        "deploy",
    ] {
        assert!(text.parse::<Link>().is_err(), "{text}");
    }
}

#[test]
fn a_link_to_what_another_domain_holds_is_refused_with_both_names() {
    for (target, told) in [
        ("OU=Servers,DC=contoso,DC=com", None),
        ("ou=servers, dc=CONTOSO, dc=com", None),
        (r"OU=a\,DC=b,OU=Servers,DC=contoso,DC=com", None),
        ("CN=Site,CN=Sites,CN=Configuration,DC=root,DC=com", None),
        (
            "OU=Servers,DC=emea,DC=contoso,DC=com",
            Some("`emea.contoso.com`"),
        ),
        ("DC=contoso,DC=org", Some("`contoso.org`")),
        ("DC=com", Some("`com`")),
        (r"OU=Servers,DC=con\74oso,DC=com", None),
        (r"OU=Servers,DC=\63ontos\6f,DC=\43OM", None),
        (r"OU=Servers,DC=con\74oso,DC=org", Some("`contoso.org`")),
        (
            "OU=Servers,DC=x,OU=y,DC=contoso,DC=com",
            Some("names no domain"),
        ),
        ("OU=Servers", Some("names no domain")),
        ("OU=Servers,DC=contoso,DC=com,OU=x", Some("names no domain")),
        (r"OU=Servers\,DC=contoso,DC=com", Some("`com`")),
    ] {
        let links: [Link; 1] = [target.parse().unwrap()];
        let found = check_links(&links, &contents("x"));
        match (found, told) {
            (Ok(()), None) => {}
            (Err(error), Some(words)) => {
                let said = error.to_string();
                assert!(said.contains(words), "{target}: {said}");
                let names_both = said.contains("`contoso.com`") || words == "names no domain";
                assert!(names_both, "{target}: {said}");
                assert!(error.hint().is_some());
            }
            (found, _) => panic!("{target}: {found:?}"),
        }
    }
}
