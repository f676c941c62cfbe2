//! The life of a fleet in a live domain, chapter by chapter: what a person does by the commands of
//! docs/operations.md, what emulated servers do at their next policy refresh, and that nothing comes back by
//! itself when they are restarted and refresh once more. What domain, shares and servers hold after each
//! chapter is a golden listing.

use std::fs;
use std::path::{Path, PathBuf};

use gangway_e2e::bundle::{RELEASES, REPORTS};
use gangway_e2e::report::reports_in;
use gangway_e2e::samba::{ADMINISTRATOR, DN, Domain, NAME};
use gangway_e2e::{Bundle, Os, Recipe, Server, required};
use gangway_fixtures::blob::OTHER_ORG_ID;

use super::model::recipe;
use super::payloads::{unc, with_folder};
use super::text;
use super::whole::published;

const SERVERS: &str = "OU=Servers,DC=lab,DC=gangway,DC=test";

/// A server that is a member of the domain.
struct Member {
    name: &'static str,
    /// DN of the organizational unit that its account is in.
    unit: String,
    server: Server,
}

struct Story {
    domain: Domain,
    members: Vec<Member>,
    /// By the words that stand for them in a listing.
    bundles: Vec<(&'static str, Bundle)>,
}

impl Story {
    fn begin(names: &[(&'static str, Os)]) -> Self {
        let domain = with_folder();
        let netlogon = domain.sysvol().join("scripts");
        let payloads = domain.payloads().join("mde");
        let member = |&(name, os): &(&'static str, Os)| Member {
            name,
            unit: SERVERS.to_owned(),
            server: Server::new(os)
                .named(name, NAME)
                .with_live_share(&format!(r"\\{NAME}\NETLOGON"), &netlogon)
                .with_live_share(RELEASES, &payloads)
                .with_live_share(REPORTS, &domain.reports())
                .build()
                .unwrap(),
        };
        let members = names.iter().map(member).collect();
        Self {
            domain,
            members,
            bundles: Vec::new(),
        }
    }

    /// Builds a bundle and gives it a name in the listings.
    fn bundle(&mut self, word: &'static str, recipe: &Recipe) -> Bundle {
        let bundle = recipe.bundle().unwrap();
        let known = Bundle::open(bundle.folder()).unwrap();
        self.bundles.push((word, known));
        bundle
    }

    /// Payloads, program, policies and the link.
    fn publish(&self, bundle: &Bundle, more: &[&str]) -> String {
        let to = unc();
        let usual = ["--apply", "--to", &to];
        published(&self.domain, bundle, &[&usual[..], more].concat())
    }

    /// The policies of a bundle with its links and its program; the share stays.
    fn remove(&self, bundle: &Bundle) {
        published(&self.domain, bundle, &["--apply", "--remove"]);
    }

    /// Links of others and ours at a unit, by hand in the console.
    fn unlink(&self, unit: &str) {
        let change = format!("dn: {unit}\nchangetype: modify\ndelete: gPLink\n");
        self.domain.change(&change).unwrap();
    }

    /// Everything of the organisation: the dry run says the same steps, and writes nothing.
    fn retire(&self, bundle: &Bundle) {
        let dry = self
            .domain
            .retire(bundle.folder(), &["--to", &unc()])
            .unwrap();
        assert!(dry.status.success(), "{}", text(&dry));
        let done = self
            .domain
            .retire(bundle.folder(), &["--to", &unc(), "--apply"])
            .unwrap();
        assert!(done.status.success(), "{}", text(&done));
        let steps = |said: &str| -> Vec<String> {
            let lines = said.lines().filter(|line| !line.starts_with("note "));
            let mut lines: Vec<String> = lines.map(str::to_owned).collect();
            // The last word is another one.
            lines.pop();
            lines
        };
        assert_eq!(steps(&dry.stdout), steps(&done.stdout));
    }

    fn rollout(&self, more: &[&str]) {
        let mut command = self
            .domain
            .command(required::path(required::GANGWAY).unwrap());
        command
            .arg("rollout")
            .arg(unc())
            .args(more)
            .args(["--apply", "--user", &format!("{ADMINISTRATOR}@{NAME}")])
            .arg("--password-file")
            .arg(self.domain.scratch().join("password"));
        let output = self.domain.run(&mut command).unwrap();
        assert!(output.status.success(), "{}", text(&output));
    }

    /// What each server's client of Group Policy does: it starts the tasks of all policies that reach it.
    fn refresh(&self) {
        std::thread::scope(|scope| {
            for member in &self.members {
                scope.spawn(|| {
                    for (program, arguments) in self.tasks(&member.unit) {
                        let words: Vec<&str> = arguments.split_whitespace().collect();
                        member.server.run(&program, &words).unwrap();
                    }
                });
            }
        });
    }

    /// Programs with their arguments, of the enabled policies that enabled links bring to a unit.
    fn tasks(&self, unit: &str) -> Vec<(String, String)> {
        let parents = unit.match_indices(',').map(|(at, _)| &unit[at + 1..]);
        let mut tasks = Vec::new();
        for place in std::iter::once(unit).chain(parents) {
            let Ok(Some(object)) = self.domain.object(place) else {
                continue;
            };
            let links = object.get("gPLink").map(|values| values[0].clone());
            for link in links.unwrap_or_default().split('[').skip(1) {
                let (dn, flags) = link.trim_end_matches(']').split_once(';').unwrap();
                let is_enabled = flags.parse::<u32>().unwrap() & 1 == 0;
                if is_enabled {
                    tasks.extend(self.tasks_of(dn.trim_start_matches("LDAP://")));
                }
            }
        }
        tasks
    }

    fn tasks_of(&self, dn: &str) -> Vec<(String, String)> {
        let object = self.domain.object(dn).unwrap().expect("a linked policy");
        // The computer's half is switched off by bit 2.
        if object["flags"][0].parse::<u32>().unwrap() & 2 != 0 {
            return Vec::new();
        }
        let id = &object["cn"][0];
        let file = "Machine/Preferences/ScheduledTasks/ScheduledTasks.xml";
        let path = self.domain.sysvol().join("Policies").join(id).join(file);
        let Ok(document) = fs::read_to_string(path) else {
            return Vec::new();
        };
        let within = |text: &str, name: &str| -> Option<String> {
            let rest = text.split(&format!("<{name}>")).nth(1)?;
            Some(rest.split('<').next()?.to_owned())
        };
        let at_once = document.split("<ImmediateTaskV2 ").skip(1);
        at_once
            .map(|task| {
                let task = task.split("</ImmediateTaskV2>").next().unwrap();
                let command = within(task, "Command").expect("a command");
                (command, within(task, "Arguments").unwrap_or_default())
            })
            .collect()
    }

    /// Lets the servers do what they do, and says what is there then; after a restart and another refresh it
    /// is still the same.
    fn chapter(&self) -> String {
        self.refresh();
        let listing = self.listing();
        for member in &self.members {
            member.server.restart().unwrap();
        }
        self.refresh();
        assert_eq!(self.listing(), listing, "something came back by itself");
        listing
    }

    /// The same with the tenant that each server's last report names.
    fn chapter_by_tenant(&self) -> String {
        let listing = self.chapter();
        let reports = reports_in(&self.domain.reports()).unwrap();
        let tenants = self.members.iter().map(|member| {
            let name = format!("{}.{NAME}", member.name);
            let mut own = reports.values().filter(|report| report.fqdn == name);
            let last = own.next_back();
            let tenant = last.and_then(|report| report.org_id()).unwrap_or("none");
            format!("tenant of {} {tenant}", member.name)
        });
        [listing, tenants.collect::<Vec<_>>().join("\n")].join("\n")
    }

    fn listing(&self) -> String {
        let mut lines = self.policies();
        lines.extend(below(&self.domain.sysvol().join("scripts"), 2, "netlogon"));
        lines.extend(below(&self.domain.payloads().join("mde"), 2, "share"));
        for member in &self.members {
            lines.push(format!("{} {}", member.name, self.state(member)));
        }
        let named = |line: String| {
            self.bundles.iter().fold(line, |line, (word, bundle)| {
                line.replace(bundle.id(), &format!("<{word}>"))
                    .replace(bundle.release_id(), &format!("<release of {word}>"))
            })
        };
        let mut lines: Vec<String> = lines.into_iter().map(named).collect();
        // By their words: an id is another one with each version.
        lines.sort();
        lines.join("\n")
    }

    /// What a server says of itself last, here or on the share, and whether it holds anything of ours.
    fn state(&self, member: &Member) -> String {
        let server = &member.server;
        let kept = reports_in(&server.on_c("ProgramData/Gangway/reports")).unwrap();
        if let Some(report) = kept.values().next_back() {
            return format!("{} {}", report.state, report.reason);
        }
        let holds = ["ProgramData/Gangway", "Program Files/Gangway"]
            .iter()
            .any(|folder| server.on_c(folder).exists());
        let dropped = reports_in(&self.domain.reports()).unwrap();
        let name = format!("{}.{NAME}", member.name);
        let mut own = dropped.values().filter(|report| report.fqdn == name);
        let last = own
            .next_back()
            .map(|report| format!("{} {}", report.state, report.reason));
        let holds = if holds {
            "holds something"
        } else {
            "holds nothing"
        };
        format!(
            "{}, {holds}",
            last.unwrap_or_else(|| "has no report".to_owned())
        )
    }

    /// Policies of ours with their links.
    fn policies(&self) -> Vec<String> {
        let policies = format!("CN=Policies,CN=System,{DN}");
        let ours = "(displayName=Gangway *)";
        let objects = self.domain.search(&policies, "one", ours).unwrap();
        let links = self.domain.search(DN, "sub", "(gPLink=*)").unwrap();
        let mut lines: Vec<String> = objects
            .values()
            .map(|object| {
                let id = object["cn"][0].to_lowercase();
                let leads = |links: &str| links.to_lowercase().contains(&id);
                let places = links
                    .iter()
                    .filter(|(_, place)| leads(&place["gPLink"][0]))
                    .map(|(dn, _)| dn.trim_end_matches(DN).trim_end_matches(',').to_owned());
                let places: Vec<String> = places.collect();
                let places = match places.as_slice() {
                    [] => "nowhere".to_owned(),
                    places => places.join(" "),
                };
                format!("policy {} at {places}", object["displayName"][0])
            })
            .collect();
        lines.sort();
        lines
    }
}

/// Files and folders down to a depth; what lies deeper is only told by its folder.
fn below(folder: &Path, depth: usize, word: &str) -> Vec<String> {
    let entries = walkdir::WalkDir::new(folder).min_depth(1).max_depth(depth);
    let mut lines: Vec<String> = entries
        .into_iter()
        .flatten()
        .map(|entry| {
            let path: PathBuf = entry.path().strip_prefix(folder).unwrap().into();
            format!("{word} {}", path.display())
        })
        .collect();
    lines.sort();
    lines
}

/// Of this sequence among the bundles of the fleet.
fn numbered(recipe: Recipe, sequence: u32) -> Recipe {
    match sequence {
        1 => recipe,
        _ => recipe.after_a_lost_lock(sequence),
    }
}

#[test]
fn a_fleet_from_its_first_ring_to_a_removed_role() {
    let mut story = Story::begin(&[("alpha", Os::Server2022), ("beta", Os::Server2016)]);
    let role = |recipe: Recipe| {
        recipe
            .with("[gpo.settings.role]", "name = 'SQL Server'")
            .with("[gpo.settings.role]", r"paths = ['D:\Data']")
    };
    let first = role(recipe().with("rollout", "ring_percent = 0"));
    let first = story.bundle("first", &first.with("onboard", "device_tag = 'lab'"));
    let role_link = format!("role:SQL Server={SERVERS}");
    let links = ["--link", SERVERS, "--link", &role_link, "--enable-links"];
    story.publish(&first, &links);
    insta::assert_snapshot!("published_for_nobody_yet", story.chapter());

    story.rollout(&["pause"]);
    story.rollout(&["ring", "10"]);
    insta::assert_snapshot!("paused", story.chapter());
    // Where a server stands comes from its SID, which all servers of one Wine template share.
    story.rollout(&["resume"]);
    insta::assert_snapshot!("ring_of_10", story.chapter());
    story.rollout(&["ring", "50"]);
    insta::assert_snapshot!("ring_of_50", story.chapter());
    story.rollout(&["ring", "100"]);
    insta::assert_snapshot!("everybody", story.chapter());

    // Another tag, another file of the agent's release, and the role is gone.
    let second = recipe().with("onboard", "device_tag = 'changed'");
    let second = story.bundle("second", &numbered(second, 2));
    story.publish(&second, &["--prune"]);
    insta::assert_snapshot!("changed_value_and_removed_role", story.chapter());

    let third = recipe().with("onboard", "device_tag = 'again'");
    let third = story.bundle("third", &numbered(third, 3));
    story.publish(&third, &[]);
    insta::assert_snapshot!("changed_again", story.chapter());
    story.publish(&third, &["--rollback"]);
    insta::assert_snapshot!("rolled_back_once", story.chapter());
    story.publish(&third, &["--rollback"]);
    insta::assert_snapshot!("rolled_back_twice", story.chapter());
}

#[test]
fn a_fleet_from_its_first_leavers_to_its_end() {
    let mut story = Story::begin(&[
        ("alpha", Os::Server2022),
        ("beta", Os::Server2019),
        ("gamma", Os::Server2016),
        ("delta", Os::Server2025),
    ]);
    let on = story.bundle("on", &recipe());
    story.publish(&on, &["--link", SERVERS, "--enable-links"]);
    insta::assert_snapshot!("all_are_in", story.chapter());

    // A further domain in the config: the same program, and nothing new for the first one.
    let further = recipe().with("[ gpo.domain ]", "dns_name = 'emea.gangway.test'");
    let further = story.bundle("on", &further);
    assert_eq!(further.id(), on.id());
    story.publish(&further, &["--domain", NAME]);
    insta::assert_snapshot!("all_are_in", story.chapter());

    // Two of them leave, by a unit of their own.
    let leaving = format!("OU=Leaving,{DN}");
    let unit = format!("dn: {leaving}\nchangetype: add\nobjectClass: organizationalUnit\n");
    story.domain.change(&unit).unwrap();
    for member in &mut story.members[2..] {
        member.unit.clone_from(&leaving);
    }
    let off = story.bundle("off", &numbered(offboarding(), 2));
    story.publish(&off, &["--link", &leaving, "--enable-links"]);
    insta::assert_snapshot!("two_of_four_have_left", story.chapter());
    story.remove(&off);
    insta::assert_snapshot!("their_campaign_is_over", story.chapter());

    // The last campaign, for all that ever ran a bootstrap.
    let end = story.bundle("end", &numbered(recipe().with_mode("retire"), 3));
    story.publish(&end, &["--link", &leaving, "--enable-links"]);
    insta::assert_snapshot!("servers_are_clean", story.chapter());
    story.retire(&end);
    insta::assert_snapshot!("nothing_of_the_domain_is_left", story.chapter());
    // The further domain has a part of the share as well, though nothing was ever published there.
    let arguments = ["--remove", "--apply", "--to", &unc()];
    let folder = further.folder();
    let output = story
        .domain
        .publish_share(folder, ADMINISTRATOR, &arguments);
    let output = output.unwrap();
    assert!(output.status.success(), "{}", text(&output));
    insta::assert_snapshot!("nothing_is_left", story.chapter());
}

fn offboarding() -> Recipe {
    let downloads = required::path(required::FIXTURES).unwrap();
    recipe()
        .with_downloads(&[&downloads.join("variants/offboarding")])
        .with_mode("offboard")
}

#[test]
fn a_fleet_that_moves_to_another_tenant() {
    let mut story = Story::begin(&[("alpha", Os::Server2022), ("beta", Os::Server2019)]);
    let old = story.bundle("old", &recipe());
    let link = ["--link", SERVERS, "--enable-links"];
    story.publish(&old, &link);
    insta::assert_snapshot!("in_the_old_tenant", story.chapter_by_tenant());

    story.unlink(SERVERS);
    let off = story.bundle("off", &numbered(offboarding(), 2));
    story.publish(&off, &link);
    insta::assert_snapshot!("out_of_the_old_tenant", story.chapter_by_tenant());
    story.remove(&off);

    let downloads = required::path(required::FIXTURES).unwrap();
    let new = recipe()
        .with_downloads(&[&downloads.join("variants/other-tenant")])
        .with("organization", &format!("org_id = '{OTHER_ORG_ID}'"));
    let new = story.bundle("new", &numbered(new, 3));
    story.publish(&new, &link);
    insta::assert_snapshot!("in_the_new_tenant", story.chapter_by_tenant());
}
