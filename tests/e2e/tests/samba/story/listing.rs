//! What domains, share and servers hold, as lines.

use std::path::{Path, PathBuf};

use gangway_e2e::report::{HostReport, reports_in};
use gangway_e2e::samba::Domain;

use super::fleet::{Member, Story};

/// Of several domains each line says which one's it is.
pub(super) fn of(story: &Story) -> String {
    let mut lines = Vec::new();
    for domain in &story.domains {
        let mut own = policies(domain);
        own.extend(below(&domain.sysvol().join("scripts"), 2, "netlogon"));
        if story.domains.len() > 1 {
            let whose = domain.names().name;
            own = own.iter().map(|line| format!("{whose} {line}")).collect();
        }
        lines.extend(own);
    }
    let share = story.domains[0].payloads().join("mde");
    lines.extend(below(&share, 2, "share"));
    for member in &story.members {
        lines.push(format!("{} {}", member.name, state(story, member)));
    }
    let named = |line: String| {
        story.bundles.iter().fold(line, |line, (word, bundle)| {
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
fn state(story: &Story, member: &Member) -> String {
    let server = &member.server;
    let kept = reports_in(&server.on_c("ProgramData/Gangway/reports")).unwrap();
    if let Some(report) = kept.values().next_back() {
        return format!("{} {}", report.state, report.reason);
    }
    let holds = ["ProgramData/Gangway", "Program Files/Gangway"]
        .iter()
        .any(|folder| server.on_c(folder).exists());
    let last =
        last_dropped(story, member).map(|report| format!("{} {}", report.state, report.reason));
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

/// A server's last report on the share.
pub(super) fn last_dropped(story: &Story, member: &Member) -> Option<HostReport> {
    let name = format!(
        "{}.{}",
        member.name,
        story.domains[member.domain].names().name
    );
    let dropped = reports_in(&story.domains[0].reports()).unwrap();
    let mut own = dropped.into_values().filter(|report| report.fqdn == name);
    own.next_back()
}

/// Policies of ours with their versions and links.
fn policies(domain: &Domain) -> Vec<String> {
    let dn = domain.names().dn;
    let policies = format!("CN=Policies,CN=System,{dn}");
    let ours = "(displayName=Gangway *)";
    let objects = domain.search(&policies, "one", ours).unwrap();
    let links = domain.search(dn, "sub", "(gPLink=*)").unwrap();
    let line = |object: &gangway_e2e::samba::Attributes| {
        let id = object["cn"][0].to_lowercase();
        let leads = |links: &str| links.to_lowercase().contains(&id);
        let places = links
            .iter()
            .filter(|(_, place)| leads(&place["gPLink"][0]))
            .map(|(place, _)| place.trim_end_matches(dn).trim_end_matches(',').to_owned());
        let places: Vec<String> = places.collect();
        let places = match places.as_slice() {
            [] => "nowhere".to_owned(),
            places => places.join(" "),
        };
        let (name, version) = (&object["displayName"][0], &object["versionNumber"][0]);
        format!("policy {name} at {places}, version {version}")
    };
    objects.values().map(line).collect()
}

/// Files and folders down to a depth; what lies deeper is only told by its folder.
fn below(folder: &Path, depth: usize, word: &str) -> Vec<String> {
    let entries = walkdir::WalkDir::new(folder).min_depth(1).max_depth(depth);
    let line = |entry: walkdir::DirEntry| {
        let path: PathBuf = entry.path().strip_prefix(folder).unwrap().into();
        format!("{word} {}", path.display())
    };
    entries.into_iter().flatten().map(line).collect()
}
