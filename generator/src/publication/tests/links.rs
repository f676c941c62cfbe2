//! The links of a publication, beside those of others.

use super::directory::value;
use super::world::{DOMAIN_DN, World, published, settings_id, task_id, world};
use crate::publication::Action;

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
