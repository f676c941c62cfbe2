//! Stories of one domain: rings, changed values and ways back; leavers and the end; another tenant.

use gangway_e2e::samba::{ADMINISTRATOR, DN, Domain, NAME};
use gangway_e2e::{Os, Recipe, required};
use gangway_fixtures::blob::OTHER_ORG_ID;

use super::fleet::Story;
use super::{SERVERS, numbered, offboarding, publish, retire};
use crate::model::recipe;
use crate::payloads::{unc, with_folder};
use crate::text;
use crate::whole::published;

fn begin(servers: &[(&'static str, Os)]) -> Story {
    let servers: Vec<_> = servers.iter().map(|&(name, os)| (name, 0, os)).collect();
    Story::begin(vec![with_folder()], &servers)
}

/// The policies of a bundle with their links; programs and share stay.
fn remove(story: &Story, bundle: &gangway_e2e::Bundle) {
    published(&story.domains[0], bundle, &["--apply", "--remove"]);
}

/// Links of others and ours at a unit, by hand in the console.
fn unlink(domain: &Domain, unit: &str) {
    let change = format!("dn: {unit}\nchangetype: modify\ndelete: gPLink\n");
    domain.change(&change).unwrap();
}

fn rollout(story: &Story, more: &[&str]) {
    let domain = &story.domains[0];
    let mut command = domain.command(required::path(required::GANGWAY).unwrap());
    command
        .arg("rollout")
        .arg(unc())
        .args(more)
        .args(["--apply", "--user", &format!("{ADMINISTRATOR}@{NAME}")])
        .arg("--password-file")
        .arg(domain.scratch().join("password"));
    let output = domain.run(&mut command).unwrap();
    assert!(output.status.success(), "{}", text(&output));
}

#[test]
fn a_fleet_from_its_first_ring_to_a_removed_role() {
    let mut story = begin(&[("alpha", Os::Server2022), ("beta", Os::Server2016)]);
    let role = |recipe: Recipe| {
        recipe
            .with("[gpo.settings.role]", "name = 'SQL Server'")
            .with("[gpo.settings.role]", r"paths = ['D:\Data']")
    };
    let first = role(recipe().with("rollout", "ring_percent = 0"));
    let first = story.bundle("first", &first.with("onboard", "device_tag = 'lab'"));
    let role_link = format!("role:SQL Server={SERVERS}");
    let links = ["--link", SERVERS, "--link", &role_link, "--enable-links"];
    publish(&story.domains[0], &first, &links);
    insta::assert_snapshot!("published_for_nobody_yet", story.chapter());

    rollout(&story, &["pause"]);
    rollout(&story, &["ring", "10"]);
    insta::assert_snapshot!("paused", story.chapter());
    // Where a server stands comes from its SID, which all servers of one Wine template share.
    rollout(&story, &["resume"]);
    insta::assert_snapshot!("ring_of_10", story.chapter());
    rollout(&story, &["ring", "50"]);
    insta::assert_snapshot!("ring_of_50", story.chapter());
    rollout(&story, &["ring", "100"]);
    insta::assert_snapshot!("everybody", story.chapter());

    // Another tag, another file of the agent's release, and the role is gone.
    let second = recipe().with("onboard", "device_tag = 'changed'");
    let second = story.bundle("second", &numbered(second, 2));
    publish(&story.domains[0], &second, &["--prune"]);
    insta::assert_snapshot!("changed_value_and_removed_role", story.chapter());

    let third = recipe().with("onboard", "device_tag = 'again'");
    let third = story.bundle("third", &numbered(third, 3));
    publish(&story.domains[0], &third, &[]);
    insta::assert_snapshot!("changed_again", story.chapter());
    publish(&story.domains[0], &third, &["--rollback"]);
    insta::assert_snapshot!("rolled_back_once", story.chapter());
    publish(&story.domains[0], &third, &["--rollback"]);
    insta::assert_snapshot!("rolled_back_twice", story.chapter());
}

#[test]
fn a_fleet_from_its_first_leavers_to_its_end() {
    let mut story = begin(&[
        ("alpha", Os::Server2022),
        ("beta", Os::Server2019),
        ("gamma", Os::Server2016),
        ("delta", Os::Server2025),
    ]);
    let on = story.bundle("on", &recipe());
    publish(
        &story.domains[0],
        &on,
        &["--link", SERVERS, "--enable-links"],
    );
    insta::assert_snapshot!("all_are_in", story.chapter());

    // A further domain in the config: the same program, and nothing new for the first one.
    let further = recipe().with("[ gpo.domain ]", "dns_name = 'emea.gangway.test'");
    let further = story.bundle("on", &further);
    assert_eq!(further.id(), on.id());
    publish(&story.domains[0], &further, &["--domain", NAME]);
    insta::assert_snapshot!("a_further_domain_in_the_config", story.chapter());

    // Two of them leave, by a unit of their own.
    let leaving = format!("OU=Leaving,{DN}");
    let unit = format!("dn: {leaving}\nchangetype: add\nobjectClass: organizationalUnit\n");
    story.domains[0].change(&unit).unwrap();
    for member in &mut story.members[2..] {
        member.unit.clone_from(&leaving);
    }
    let off = story.bundle("off", &numbered(offboarding(), 2));
    publish(
        &story.domains[0],
        &off,
        &["--link", &leaving, "--enable-links"],
    );
    insta::assert_snapshot!("two_of_four_have_left", story.chapter());
    remove(&story, &off);
    insta::assert_snapshot!("their_campaign_is_over", story.chapter());

    // The last campaign, for all that ever ran a bootstrap.
    let end = story.bundle("end", &numbered(recipe().with_mode("retire"), 3));
    publish(
        &story.domains[0],
        &end,
        &["--link", &leaving, "--enable-links"],
    );
    insta::assert_snapshot!("servers_are_clean", story.chapter());
    retire(&story.domains[0], &end, &[]);
    insta::assert_snapshot!("nothing_of_the_domain_is_left", story.chapter());
    // The further domain has a part of the share as well, though nothing was ever published there.
    let arguments = ["--remove", "--apply", "--to", &unc()];
    let folder = further.folder();
    let output = story.domains[0].publish_share(folder, ADMINISTRATOR, &arguments);
    let output = output.unwrap();
    assert!(output.status.success(), "{}", text(&output));
    insta::assert_snapshot!("nothing_is_left", story.chapter());
}

#[test]
fn a_fleet_that_moves_to_another_tenant() {
    let mut story = begin(&[("alpha", Os::Server2022), ("beta", Os::Server2019)]);
    let old = story.bundle("old", &recipe());
    let link = ["--link", SERVERS, "--enable-links"];
    publish(&story.domains[0], &old, &link);
    insta::assert_snapshot!("in_the_old_tenant", story.chapter_by_tenant());

    unlink(&story.domains[0], SERVERS);
    let off = story.bundle("off", &numbered(offboarding(), 2));
    publish(&story.domains[0], &off, &link);
    insta::assert_snapshot!("out_of_the_old_tenant", story.chapter_by_tenant());
    remove(&story, &off);

    let downloads = required::path(required::FIXTURES).unwrap();
    let new = recipe()
        .with_downloads(&[&downloads.join("variants/other-tenant")])
        .with("organization", &format!("org_id = '{OTHER_ORG_ID}'"));
    let new = story.bundle("new", &numbered(new, 3));
    publish(&story.domains[0], &new, &link);
    insta::assert_snapshot!("in_the_new_tenant", story.chapter_by_tenant());
}
