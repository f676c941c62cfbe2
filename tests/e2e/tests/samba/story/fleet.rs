//! Servers that are members of the domains, and what reaches them.

use std::fs;

use gangway_e2e::bundle::{RELEASES, REPORTS};
use gangway_e2e::samba::Domain;
use gangway_e2e::{Bundle, Os, Recipe, Server};

use super::listing;

/// A server that is a member of a domain.
pub(crate) struct Member {
    pub(super) name: &'static str,
    /// Which of the story's domains.
    pub(super) domain: usize,
    /// DN of the organizational unit that its account is in.
    pub(super) unit: String,
    pub(super) server: Server,
}

/// Domains with one payload share, which is on the first one's controller, and their servers.
pub(crate) struct Story {
    pub(crate) domains: Vec<Domain>,
    pub(super) members: Vec<Member>,
    /// By the words that stand for them in a listing.
    pub(super) bundles: Vec<(&'static str, Bundle)>,
}

impl Story {
    /// The folder for payloads is there; of each server its name, its domain by number, and its product.
    pub(crate) fn begin(domains: Vec<Domain>, servers: &[(&'static str, usize, Os)]) -> Self {
        let first = &domains[0];
        let payloads = first.payloads().join("mde");
        let host = format!(r"\\{}", first.names().controller);
        let member = |&(name, domain, os): &(&'static str, usize, Os)| {
            let own = &domains[domain];
            let names = own.names();
            Member {
                name,
                domain,
                unit: format!("OU=Servers,{}", names.dn),
                server: Server::new(os)
                    .named(name, names.name)
                    .with_live_share(
                        &format!(r"\\{}\NETLOGON", names.name),
                        &own.sysvol().join("scripts"),
                    )
                    .with_live_share(RELEASES, &payloads)
                    .with_live_share(REPORTS, &first.reports())
                    // The same, by the names of an office's config.
                    .with_live_share(&format!(r"{host}\payloads"), &first.payloads())
                    .with_live_share(&format!(r"{host}\reports"), &first.reports())
                    .build()
                    .unwrap(),
            }
        };
        let members = servers.iter().map(member).collect();
        Self {
            domains,
            members,
            bundles: Vec::new(),
        }
    }

    /// Builds a bundle and gives it a name in the listings.
    pub(super) fn bundle(&mut self, word: &'static str, recipe: &Recipe) -> Bundle {
        let bundle = recipe.bundle().unwrap();
        self.knows(word, &bundle);
        bundle
    }

    /// Gives a bundle a name in the listings.
    pub(crate) fn knows(&mut self, word: &'static str, bundle: &Bundle) {
        self.bundles.push((word, bundle.clone()));
    }

    /// What each server's client of Group Policy does: it starts the tasks of all policies that reach it.
    fn refresh(&self) {
        std::thread::scope(|scope| {
            for member in &self.members {
                scope.spawn(|| {
                    for (program, arguments) in tasks(&self.domains[member.domain], &member.unit) {
                        let words: Vec<&str> = arguments.split_whitespace().collect();
                        member.server.run(&program, &words).unwrap();
                    }
                });
            }
        });
    }

    /// Lets the servers do what they do, and says what is there then; after a restart and another refresh it
    /// is still the same.
    pub(crate) fn chapter(&self) -> String {
        self.refresh();
        let listing = listing::of(self);
        for member in &self.members {
            member.server.restart().unwrap();
        }
        self.refresh();
        assert_eq!(listing::of(self), listing, "something came back by itself");
        listing
    }

    /// The same with the tenant that each server's last report names.
    pub(super) fn chapter_by_tenant(&self) -> String {
        let listing = self.chapter();
        let tenants = self.members.iter().map(|member| {
            let last = listing::last_dropped(self, member);
            let tenant = last
                .as_ref()
                .and_then(|report| report.org_id())
                .unwrap_or("none");
            format!("tenant of {} {tenant}", member.name)
        });
        [listing, tenants.collect::<Vec<_>>().join("\n")].join("\n")
    }
}

/// Programs with their arguments, of the enabled policies that enabled links bring to a unit.
fn tasks(domain: &Domain, unit: &str) -> Vec<(String, String)> {
    let parents = unit.match_indices(',').map(|(at, _)| &unit[at + 1..]);
    let mut tasks = Vec::new();
    for place in std::iter::once(unit).chain(parents) {
        let Ok(Some(object)) = domain.object(place) else {
            continue;
        };
        let links = object.get("gPLink").map(|values| values[0].clone());
        for link in links.unwrap_or_default().split('[').skip(1) {
            let (dn, flags) = link.trim_end_matches(']').split_once(';').unwrap();
            let is_enabled = flags.parse::<u32>().unwrap() & 1 == 0;
            if is_enabled {
                tasks.extend(tasks_of(domain, dn.trim_start_matches("LDAP://")));
            }
        }
    }
    tasks
}

fn tasks_of(domain: &Domain, dn: &str) -> Vec<(String, String)> {
    let object = domain.object(dn).unwrap().expect("a linked policy");
    // The computer's half is switched off by bit 2.
    if object["flags"][0].parse::<u32>().unwrap() & 2 != 0 {
        return Vec::new();
    }
    let id = &object["cn"][0];
    let file = "Machine/Preferences/ScheduledTasks/ScheduledTasks.xml";
    let path = domain.sysvol().join("Policies").join(id).join(file);
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
