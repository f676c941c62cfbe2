//! `gangway rollout` on a live file server: by the administrator's account, read by computers, changed by
//! none of them.

use std::fs;

use gangway_contract::{Control, Rollout};
use gangway_e2e::program::Output;
use gangway_e2e::samba::{ADMINISTRATOR, CONTROLLER, Domain, NAME, PLAIN};
use gangway_e2e::{Bundle, required};

use super::model::recipe;
use super::payloads::{unc, with_folder};
use super::{ENVIRONMENT, PROBLEMS, text};

fn rollout(domain: &Domain, account: &str, more: &[&str]) -> Output {
    let mut command = domain.command(required::path(required::GANGWAY).unwrap());
    command
        .arg("rollout")
        .arg(unc())
        .args(more)
        .args(["--user", &format!("{account}@{NAME}")])
        .arg("--password-file")
        .arg(domain.scratch().join("password"));
    domain.run(&mut command).unwrap()
}

fn done(domain: &Domain, more: &[&str]) -> String {
    let output = rollout(domain, ADMINISTRATOR, more);
    assert!(output.status.success(), "{}", text(&output));
    text(&output)
}

fn publish(domain: &Domain, bundle: &Bundle) -> String {
    let arguments = ["--apply", "--to", &unc()];
    let output = domain.publish_share(bundle.folder(), ADMINISTRATOR, &arguments);
    let output = output.unwrap();
    assert!(output.status.success(), "{}", text(&output));
    text(&output)
}

/// A file of the share, as a computer gets it with its own account.
fn seen(domain: &Domain, name: &str) -> Vec<u8> {
    let got = domain.scratch().join("got");
    let get = format!("get mde/{name} {}", got.display());
    let output = domain.smbclient_on("payloads", "srv1$", &get).unwrap();
    assert!(output.status.success(), "{}", text(&output));
    fs::read(got).unwrap()
}

fn decided(domain: &Domain) -> Rollout {
    Rollout::parse(&seen(domain, "rollout.json")).unwrap()
}

fn control(domain: &Domain) -> Control {
    Control::parse(&seen(domain, "control.json")).unwrap()
}

#[test]
fn a_rollout_is_widened_paused_and_resumed_over_smb() {
    let domain = with_folder();
    let bundle = recipe()
        .with("rollout", "ring_percent = 10")
        .bundle()
        .unwrap();
    publish(&domain, &bundle);

    let would = done(&domain, &["ring", "50"]);
    assert!(would.contains("nothing was written"), "{would}");
    assert!(!domain.payloads().join("mde/rollout.json").exists());
    // A server that reads the switch just then, and lets nobody delete it.
    let held = domain.hold("payloads", "mde/control.json").unwrap();
    let widened = done(&domain, &["ring", "50", "--apply"]);
    assert!(
        widened.contains("10 % of the servers may begin now, 50 % then"),
        "{widened}"
    );
    drop(held);
    assert_eq!(decided(&domain).ring.unwrap().percent, 50);
    assert_eq!(control(&domain).ring_percent, 50);

    done(&domain, &["pause", "--apply"]);
    assert!(decided(&domain).paused && control(&domain).paused);
    // A copy by hand, and a publication.
    let open = bundle.folder().join("share/control.json");
    let put = format!("put {} mde/control.json", open.display());
    let output = domain
        .smbclient_on("payloads", "Administrator", &put)
        .unwrap();
    assert!(output.status.success(), "{}", text(&output));
    assert!(!control(&domain).paused && decided(&domain).paused);
    assert!(publish(&domain, &bundle).contains("pauses every server"));
    let shown = done(&domain, &["show"]);
    assert!(
        shown.contains("GW3116") && shown.contains("now      paused"),
        "{shown}"
    );
    done(&domain, &["resume", "--apply"]);
    assert!(!decided(&domain).paused && !control(&domain).paused);
    assert_eq!(control(&domain).ring_percent, 50);

    let shown = done(&domain, &["show", "--json"]);
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    let asked: Vec<&str> = shown["result"]["history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| change["asked"].as_str().unwrap())
        .collect();
    assert_eq!(asked, ["resume", "pause", "ring 50"]);

    for name in ["rollout.json", "rollout-history.json", "control.json"] {
        let got = domain.scratch().join("got");
        let put = format!("put {} mde/{name}", got.display());
        let output = domain.smbclient_on("payloads", "srv1$", &put).unwrap();
        assert!(
            text(&output).contains("NT_STATUS_ACCESS_DENIED"),
            "{name}: {}",
            text(&output)
        );
    }
    let left = super::payloads::files(&domain.payloads());
    assert!(
        !left.iter().any(|name| name.contains("gangway-part")),
        "{left:?}"
    );
}

#[test]
fn an_account_that_may_not_write_changes_nothing_and_is_told() {
    let domain = with_folder();
    publish(&domain, &recipe().bundle().unwrap());
    let before = gangway_e2e::samba::tree(&domain.payloads()).unwrap();
    let refused = rollout(&domain, PLAIN, &["pause", "--apply"]);
    assert_eq!(
        refused.status.code(),
        Some(ENVIRONMENT),
        "{}",
        text(&refused)
    );
    assert!(text(&refused).contains("hint:"), "{}", text(&refused));
    let all = rollout(&domain, ADMINISTRATOR, &["min-sequence", "99", "--apply"]);
    assert_eq!(all.status.code(), Some(PROBLEMS), "{}", text(&all));
    assert!(text(&all).contains(CONTROLLER), "{}", text(&all));
    assert_eq!(
        gangway_e2e::samba::tree(&domain.payloads()).unwrap(),
        before
    );
}
