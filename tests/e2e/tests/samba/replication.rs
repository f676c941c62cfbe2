//! A second domain controller, joined to the domain: it has what replication has brought, and no more.

use std::fs;
use std::path::Path;
use std::time::Duration;

use gangway_e2e::Bundle;
use gangway_e2e::program::Output;
use gangway_e2e::samba::{DN, Domain, SECOND_CONTROLLER};

use super::model::{assert_whole, bundle, gpos, one};
use super::payloads::{unc, with_folder_in};
use super::{ENVIRONMENT, text};

/// Between two replications.
const PERIOD: Duration = Duration::from_millis(500);

/// Publishes everything with a link and waits so long.
fn publish(domain: &Domain, bundle: &Bundle, wait: &str, more: &[&str]) -> Output {
    let (to, unit) = (unc(), format!("OU=Servers,{DN}"));
    let wait = format!("--wait-replication={wait}");
    let usual = ["--apply", "--to", &to, "--link", &unit, &wait];
    domain
        .publish_whole(bundle.folder(), &[&usual[..], more].concat())
        .unwrap()
}

fn program(folder: &Path, bundle: &Bundle) -> std::path::PathBuf {
    let exe = bundle.exe();
    folder
        .join("scripts/Gangway")
        .join(exe.file_name().unwrap())
}

#[test]
fn what_a_lagging_domain_controller_lacks_is_named_and_waited_for() {
    let domain = with_folder_in(Domain::start_with_second().unwrap());
    let bundle = bundle();
    let policies = gpos(&bundle);

    // Who does not wait is told of it.
    let would = domain.publish_whole(bundle.folder(), &["--to", &unc()]);
    let would = would.unwrap();
    let told = format!("nobody looked at `{SECOND_CONTROLLER}`");
    assert!(would.stdout.contains(&told), "{}", text(&would));

    // The program is here and not there: no policy names it yet.
    let output = publish(&domain, &bundle, "1s", &["--json"]);
    assert_eq!(output.status.code(), Some(ENVIRONMENT), "{}", text(&output));
    let answer: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(answer["error"]["code"], "replication", "{answer:#}");
    let problem = &answer["problems"].as_array().unwrap().last().unwrap();
    assert_eq!(problem["code"], "GW3109", "{answer:#}");
    assert_eq!(problem["subject"], SECOND_CONTROLLER);
    let replica = &answer["result"]["replicas"][0];
    assert_eq!(replica["host"], SECOND_CONTROLLER);
    assert_eq!(replica["standing"], "behind");
    let lacks = replica["about"][0].as_str().unwrap();
    assert!(lacks.ends_with(".exe` is missing"), "{lacks}");
    assert!(program(&domain.sysvol(), &bundle).exists());
    for gpo in &policies {
        assert_eq!(domain.object(&gpo.dn()).unwrap(), None);
        assert!(!gpo.folder(&domain).exists());
    }

    // Replication brings each part while it is waited for.
    let output = std::thread::scope(|scope| {
        let publication = scope.spawn(|| publish(&domain, &bundle, "90s", &[]));
        while !publication.is_finished() {
            domain.replicate().unwrap();
            std::thread::sleep(PERIOD);
        }
        publication.join().unwrap()
    });
    assert!(output.status.success(), "{}", text(&output));
    let at = |words: &str| {
        let found = output.stdout.find(words);
        found.unwrap_or_else(|| panic!("{words}: {}", output.stdout))
    };
    let order = [
        at("have the program"),
        at("GPO `Gangway Settings`"),
        at("have the policies"),
        at("link `Gangway Settings`"),
        at("have the links"),
    ];
    assert!(order.is_sorted(), "{}", output.stdout);
    for gpo in &policies {
        assert_whole(&domain, gpo);
    }
    // A server that asks the second one gets the program by its own account.
    let got = domain.scratch().join("got");
    let name = bundle.exe();
    let name = name.file_name().unwrap().to_str().unwrap();
    let get = format!("get Gangway/{name} {}", got.display());
    let output = domain
        .smbclient_on_second("netlogon", "srv1$", &get)
        .unwrap();
    assert!(output.status.success(), "{}", text(&output));
    assert!(fs::read(&got).unwrap() == fs::read(bundle.exe()).unwrap());

    // The files come and the directory does not.
    let output = std::thread::scope(|scope| {
        let publication = scope.spawn(|| publish(&domain, &bundle, "2s", &[]));
        while !publication.is_finished() {
            domain.replicate_sysvol().unwrap();
            std::thread::sleep(PERIOD);
        }
        publication.join().unwrap()
    });
    assert_eq!(output.status.code(), Some(ENVIRONMENT), "{}", text(&output));
    let told = "its directory has version 1 of the GPO `Gangway Settings`, and 2 was written";
    assert!(output.stderr.contains(told), "{}", output.stderr);
    let object = domain.object(&policies[0].dn()).unwrap().unwrap();
    assert_eq!(one(&object, "versionNumber"), "2");

    // It does not answer; what was written stays.
    domain.stop_second().unwrap();
    let output = publish(&domain, &bundle, "1s", &[]);
    assert_eq!(output.status.code(), Some(ENVIRONMENT), "{}", text(&output));
    let told = [
        SECOND_CONTROLLER,
        "GW3110",
        "cannot connect to `ldaps://dc2.",
    ];
    for told in told {
        assert!(output.stderr.contains(told), "{}", output.stderr);
    }
    assert!(program(&domain.sysvol(), &bundle).exists());
}
