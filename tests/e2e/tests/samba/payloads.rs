//! Payloads on a real file server: brought by the command, read by a computer with its own account,
//! changed by none.

use std::fs;
use std::path::Path;

use gangway_e2e::samba::{CONTROLLER, Domain};
use gangway_e2e::{Bundle, required};

use super::model::task_only;
use super::{ENVIRONMENT, text};

/// The share by its UNC path, with a folder below it.
fn unc() -> String {
    format!(r"\\{CONTROLLER}\payloads\mde")
}

/// A domain whose administrator made the folder for the payloads.
fn with_folder() -> Domain {
    let domain = Domain::start().unwrap();
    let made = domain.smbclient_on("payloads", "Administrator", "mkdir mde");
    assert!(made.unwrap().status.success());
    domain
}

fn published(domain: &Domain, bundle: &Bundle, arguments: &[&str]) -> String {
    let output = domain.publish_share(bundle.folder(), arguments).unwrap();
    assert!(output.status.success(), "{}", text(&output));
    output.stdout
}

/// What a computer gets of a payload with its own account, and what it is told when it tries to
/// change it.
#[track_caller]
fn assert_read_only_for_computers(domain: &Domain, bundle: &Bundle, folder: &str) {
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
fn files(root: &Path) -> Vec<String> {
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
    let to = domain.payloads();
    let to = to.to_str().unwrap();
    let done = published(&domain, &bundle, &["--to", to, "--apply"]);
    assert!(done.contains("each file was read back"), "{done}");
    assert_read_only_for_computers(&domain, &bundle, "");
}

#[test]
fn a_share_that_cannot_be_written_is_told_and_nothing_is_left() {
    let domain = with_folder();
    let bundle = task_only();
    let to = unc();
    let as_user = |account: &str, to: &str| {
        let mut command = domain.command(required::path(required::GANGWAY).unwrap());
        command
            .args(["publish", "share", "--apply", "--to", to])
            .arg(bundle.folder())
            .arg("--root")
            .arg(bundle.folder().parent().unwrap().join("lab/root.pem"))
            .args(["--user", account, "--password-file"])
            .arg(domain.scratch().join("password"));
        domain.run(&mut command).unwrap()
    };
    let elsewhere = format!(r"\\{CONTROLLER}\payloads\elsewhere");
    let no_share = format!(r"\\{CONTROLLER}\nothing");
    for (account, to, told) in [
        ("plain@lab.gangway.test", &to, "NT_STATUS_ACCESS_DENIED"),
        ("nobody@lab.gangway.test", &to, "NT_STATUS_LOGON_FAILURE"),
        (
            "Administrator@lab.gangway.test",
            &elsewhere,
            "no folder `elsewhere`",
        ),
        (
            "Administrator@lab.gangway.test",
            &no_share,
            "NT_STATUS_BAD_NETWORK_NAME",
        ),
    ] {
        let output = as_user(account, to);
        let said = text(&output);
        assert_eq!(output.status.code(), Some(ENVIRONMENT), "{said}");
        assert!(said.contains(told), "{told}: {said}");
        assert!(said.contains("hint: "), "{said}");
    }
    assert_eq!(files(&domain.payloads()), ["mde"]);
}
