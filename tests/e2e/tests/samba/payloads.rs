//! Payloads on a real file server: brought by the command, read by a computer with its own account,
//! changed by none.

use std::fs;
use std::path::Path;

use gangway_e2e::Bundle;
use gangway_e2e::samba::{ADMINISTRATOR, CONTROLLER, Domain, NAME};

use super::model::{recipe, task_only};
use super::{ENVIRONMENT, text};

/// The share by its UNC path, with a folder below it.
pub(super) fn unc() -> String {
    format!(r"\\{CONTROLLER}\payloads\mde")
}

/// A domain whose administrator made the folder for the payloads.
pub(super) fn with_folder() -> Domain {
    with_folder_in(Domain::start().unwrap())
}

/// The same in a domain that is there.
pub(super) fn with_folder_in(domain: Domain) -> Domain {
    let made = domain.smbclient_on("payloads", "Administrator", "mkdir mde");
    assert!(made.unwrap().status.success());
    domain
}

fn published(domain: &Domain, bundle: &Bundle, arguments: &[&str]) -> String {
    let output = domain
        .publish_share(bundle.folder(), ADMINISTRATOR, arguments)
        .unwrap();
    assert!(output.status.success(), "{}", text(&output));
    output.stdout
}

/// What a computer gets of a payload with its own account, and what it is told when it tries to
/// change it.
#[track_caller]
pub(super) fn assert_read_only_for_computers(domain: &Domain, bundle: &Bundle, folder: &str) {
    let release = bundle.release_id();
    for name in bundle.payloads().unwrap() {
        let path = format!("{folder}releases/{release}/{name}");
        let got = domain.scratch().join("got");
        let get = format!("get {path} {}", got.display());
        let output = domain.smbclient_on("payloads", "srv1$", &get).unwrap();
        assert!(output.status.success(), "{}", text(&output));
        let built = bundle
            .folder()
            .join("share/releases")
            .join(release)
            .join(&name);
        assert!(
            fs::read(&got).unwrap() == fs::read(built).unwrap(),
            "{name}"
        );
        for refused in [
            format!("put {} {path}", got.display()),
            format!("del {path}"),
            format!("rename {path} {path}.old"),
            format!("put {} {folder}releases/{release}/more.exe", got.display()),
            format!("mkdir {folder}releases/more"),
            format!("put {} {folder}control.json", got.display()),
        ] {
            let output = domain.smbclient_on("payloads", "srv1$", &refused).unwrap();
            let said = text(&output);
            assert!(
                said.contains("NT_STATUS_ACCESS_DENIED"),
                "{refused}: {said}"
            );
        }
    }
}

/// Everything below a folder, by path.
pub(super) fn files(root: &Path) -> Vec<String> {
    let tree = gangway_e2e::samba::tree(root).unwrap();
    tree.keys().cloned().collect()
}

#[test]
fn payloads_are_published_to_a_share_that_computers_read_and_cannot_change() {
    let domain = with_folder();
    let bundle = task_only();
    let to = unc();
    let would = published(&domain, &bundle, &["--to", &to]);
    assert!(would.contains("nothing was written"), "{would}");
    assert_eq!(files(&domain.payloads()), ["mde"]);

    let done = published(&domain, &bundle, &["--to", &to, "--apply"]);
    assert!(done.contains("each file was read back"), "{done}");
    assert_read_only_for_computers(&domain, &bundle, "mde/");
    let again = published(&domain, &bundle, &["--to", &to, "--apply", "--json"]);
    let again: serde_json::Value = serde_json::from_str(&again).unwrap();
    let result = &again["result"];
    assert_eq!(result["steps"], serde_json::json!([]), "{again}");
    assert_eq!(result["notes"], serde_json::json!([]), "{again}");
    assert_eq!(result["files"], bundle.payloads().unwrap().len());

    // A payload of other bytes, and what a run left that was cut.
    let release = format!("mde/releases/{}", bundle.release_id());
    let other = domain.scratch().join("other");
    fs::write(&other, "another program").unwrap();
    for name in ["md4ws.msi", "md4ws.msi.gangway-part", "a b.exe"] {
        let put = format!("put {} \"{release}/{name}\"", other.display());
        let output = domain
            .smbclient_on("payloads", "Administrator", &put)
            .unwrap();
        assert!(output.status.success(), "{}", text(&output));
    }
    let mended = published(&domain, &bundle, &["--to", &to, "--apply"]);
    for told in ["had other bytes", "a b.exe` is not of the release"] {
        assert!(mended.contains(told), "{mended}");
    }
    assert_read_only_for_computers(&domain, &bundle, "mde/");
    let left = files(&domain.payloads());
    assert!(!left.iter().any(|name| name.ends_with("-part")), "{left:?}");
    assert!(
        left.iter().any(|name| name.ends_with("a b.exe")),
        "{left:?}"
    );
}

#[test]
fn payloads_on_the_servers_own_disk_can_be_read_by_computers() {
    let domain = Domain::start().unwrap();
    let bundle = task_only();
    let output = domain.publish_to_folder(bundle.folder(), &domain.payloads());
    let output = output.unwrap();
    assert!(output.status.success(), "{}", text(&output));
    let done = output.stdout;
    assert!(done.contains("each file was read back"), "{done}");
    assert!(done.contains("nobody asked the file server"), "{done}");
    assert_read_only_for_computers(&domain, &bundle, "");
}

#[test]
fn a_share_that_cannot_be_written_is_told_and_nothing_is_left() {
    let domain = with_folder();
    let bundle = task_only();
    let to = unc();
    let elsewhere = format!(r"\\{CONTROLLER}\payloads\elsewhere");
    let no_share = format!(r"\\{CONTROLLER}\nothing");
    for (account, to, told) in [
        ("plain", &to, "NT_STATUS_ACCESS_DENIED"),
        ("nobody", &to, "NT_STATUS_LOGON_FAILURE"),
        (ADMINISTRATOR, &elsewhere, "there is no folder `"),
        (ADMINISTRATOR, &no_share, "NT_STATUS_BAD_NETWORK_NAME"),
    ] {
        let arguments = ["--apply", "--to", to];
        let output = domain.publish_share(bundle.folder(), account, &arguments);
        let output = output.unwrap();
        let said = text(&output);
        assert_eq!(output.status.code(), Some(ENVIRONMENT), "{said}");
        assert!(said.contains(told), "{told}: {said}");
        assert!(said.contains("hint: "), "{said}");
    }
    assert_eq!(files(&domain.payloads()), ["mde"]);
}

/// A command of the runbook that begins so and holds this, as it is to be typed.
fn of_runbook(bundle: &Bundle, begins: &str, holds: &str) -> String {
    let text = fs::read_to_string(bundle.folder().join("runbook.html")).unwrap();
    let text = text.replace("&#39;", "'").replace("&quot;", "\"");
    let text = text
        .replace("<pre class=\"type\">", "")
        .replace("</pre>", "");
    let line = text
        .lines()
        .find(|line| line.starts_with(begins) && line.contains(holds));
    line.unwrap().to_owned()
}

/// A domain's SID, asked for on the file server as the runbook says.
fn domain_sid(domain: &Domain, bundle: &Bundle, name: &str) -> String {
    let ask = of_runbook(bundle, "wbinfo -D", name);
    let output = domain.run(domain.command("sh").args(["-c", &ask])).unwrap();
    assert!(output.status.success(), "{}", text(&output));
    let line = output.stdout.lines().find(|line| line.starts_with("SID"));
    line.unwrap().rsplit(' ').next().unwrap().to_owned()
}

/// Permissions of both shares by the runbook's commands, for the computers of these domains: of the folders
/// alone, or of what lies there, too.
pub(super) fn set_as_the_runbook_says(
    domain: &Domain,
    bundle: &Bundle,
    names: &[&str],
    below: bool,
) {
    for (holds, share) in [("0x1200a9", "payloads"), ("0x1000a2", "reports")] {
        let inside = gangway_e2e::samba::INSIDE;
        let folder = format!("{inside}/{share}");
        let mut command = of_runbook(bundle, "samba-tool ntacl set", holds);
        for name in names {
            let sid = domain_sid(domain, bundle, name);
            command = command.replace(&format!("SID-OF-{name}"), &sid);
        }
        assert!(!command.contains("SID-OF"), "{command}");
        // This server keeps its configuration elsewhere and is a domain controller.
        command.push_str(&format!(
            " --configfile={inside}/etc/smb.conf --use-s3fs --service={share}"
        ));
        let command = if below {
            let each = command.replace("'FOLDER'", "{}");
            format!("find {folder} -exec {each} \\;")
        } else {
            command.replace("FOLDER", &folder)
        };
        let output = domain
            .run(domain.command("sh").args(["-c", &command]))
            .unwrap();
        assert!(output.status.success(), "{command}: {}", text(&output));
    }
}

#[test]
fn with_the_runbooks_permissions_payloads_are_read_and_reports_arrive() {
    let domain = Domain::start().unwrap();
    let bundle = recipe()
        .with("share", r"reports = '\\files.contoso.com\gangway-reports$'")
        .bundle()
        .unwrap();
    set_as_the_runbook_says(&domain, &bundle, &[NAME], false);
    let to = format!(r"\\{CONTROLLER}\payloads");
    published(&domain, &bundle, &["--to", &to, "--apply"]);
    assert_read_only_for_computers(&domain, &bundle, "");

    // As the bootstrap leaves a report: under another name first, then renamed.
    let report = domain.scratch().join("report");
    fs::write(&report, "{}").unwrap();
    let put = format!("put {} a.tmp; rename a.tmp a.json", report.display());
    let output = domain.smbclient_on("reports", "srv1$", &put).unwrap();
    assert!(!text(&output).contains("NT_STATUS"), "{}", text(&output));
    assert_eq!(files(&domain.reports()), ["a.json"]);
    for refused in [
        "get a.json /dev/null".to_owned(),
        "del a.json".to_owned(),
        "rename a.json b.json".to_owned(),
        format!("put {} a.json", report.display()),
        "ls".to_owned(),
        "mkdir more".to_owned(),
    ] {
        let output = domain.smbclient_on("reports", "srv2$", &refused).unwrap();
        assert!(
            text(&output).contains("NT_STATUS_"),
            "{refused}: {}",
            text(&output)
        );
    }
    let output = domain.smbclient_on("reports", "plain", &put).unwrap();
    assert!(
        text(&output).contains("NT_STATUS_ACCESS_DENIED"),
        "{}",
        text(&output)
    );
    assert_eq!(files(&domain.reports()), ["a.json"]);
}

/// A command of the file server's own, as root.
#[track_caller]
fn as_root(domain: &Domain, program: &str, arguments: &[&str]) {
    let output = domain.run(domain.command(program).args(arguments)).unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", text(&output));
}

#[test]
fn a_full_disk_tells_no_server_of_the_release_and_room_ends_it_whole() {
    let domain = Domain::start().unwrap();
    let bundle = task_only();
    let folder = format!("{}/payloads", gangway_e2e::samba::INSIDE);
    let small = ["-t", "tmpfs", "-o", "size=8k,mode=0777", "tmpfs", &folder];
    as_root(&domain, "mount", &small);
    let to = format!(r"\\{CONTROLLER}\payloads");
    let arguments = ["--apply", "--to", &to];
    let output = domain.publish_share(bundle.folder(), ADMINISTRATOR, &arguments);
    let output = output.unwrap();
    let said = text(&output);
    assert_eq!(output.status.code(), Some(ENVIRONMENT), "{said}");
    assert!(said.contains("NT_STATUS_DISK_FULL"), "{said}");
    let listed = domain
        .smbclient_on("payloads", ADMINISTRATOR, "ls")
        .unwrap();
    for none in ["control.json", "campaigns.claim", "gangway-part"] {
        assert!(!text(&listed).contains(none), "{}", text(&listed));
    }

    let more = ["-o", "remount,size=64m", &folder];
    as_root(&domain, "mount", &more);
    published(&domain, &bundle, &arguments);
    let again = published(&domain, &bundle, &arguments);
    assert!(again.contains("everything is there"), "{again}");
}
