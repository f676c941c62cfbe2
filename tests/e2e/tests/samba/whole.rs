//! `gangway publish BUNDLE`: payloads, program, policies and links by one command.

use std::fs;

use gangway_e2e::Bundle;
use gangway_e2e::samba::{DN, Domain};

use super::model::{assert_whole, bundle, gpos};
use super::payloads::{assert_read_only_for_computers, files, unc, with_folder};
use super::{ENVIRONMENT, everything, text};

/// What was said by a publication that has to go well.
#[track_caller]
fn published(domain: &Domain, bundle: &Bundle, arguments: &[&str]) -> String {
    let output = domain.publish_whole(bundle.folder(), arguments).unwrap();
    assert!(output.status.success(), "{}", text(&output));
    output.stdout
}

#[test]
fn from_nothing_to_a_server_that_reads_task_program_and_payloads_as_itself() {
    let domain = with_folder();
    let bundle = bundle();
    let (to, unit) = (unc(), format!("OU=Servers,{DN}"));
    let usual = ["--to", &to, "--link", &unit, "--enable-links"];
    let before = everything(&domain);
    let would = published(&domain, &bundle, &usual);
    assert!(would.contains("nothing was written"), "{would}");
    assert!(everything(&domain) == before);
    assert_eq!(files(&domain.payloads()), ["mde"]);

    let done = published(&domain, &bundle, &[&usual[..], &["--apply"]].concat());
    let at = |words: &str| {
        done.find(words)
            .unwrap_or_else(|| panic!("{words}: {done}"))
    };
    let order = [
        at("write `mde/releases/"),
        at("write `mde/control.json`"),
        at("/scripts/Gangway/"),
        at("GPO `Gangway Settings`"),
        at("GPO `Gangway Deploy`"),
        at("link `Gangway Settings`"),
        at("link `Gangway Deploy`"),
    ];
    assert!(order.is_sorted(), "{done}");
    for gpo in gpos(&bundle) {
        assert_whole(&domain, &gpo);
    }
    let object = domain.object(&unit).unwrap().unwrap();
    assert!(object["gPLink"][0].contains(&gpos(&bundle)[1].id));

    // As a server does with its own account: the task, the program that it names, the payloads.
    let task = &gpos(&bundle)[1];
    let exe = bundle.exe();
    let name = exe.file_name().unwrap().to_str().unwrap();
    let got = domain.scratch().join("got");
    let path = format!(
        "{}/Policies/{}/Machine/Preferences/ScheduledTasks/ScheduledTasks.xml",
        gangway_e2e::samba::NAME,
        task.id
    );
    let get = format!("get {path} {}", got.display());
    let output = domain.smbclient("srv1$", &get).unwrap();
    assert!(output.status.success(), "{}", text(&output));
    assert!(fs::read_to_string(&got).unwrap().contains(name));
    let get = format!("get Gangway/{name} {}", got.display());
    let output = domain.smbclient_on("netlogon", "srv1$", &get).unwrap();
    assert!(output.status.success(), "{}", text(&output));
    assert!(fs::read(&got).unwrap() == fs::read(bundle.exe()).unwrap());
    assert_read_only_for_computers(&domain, &bundle, "mde/");
}

#[test]
fn policies_are_not_switched_to_payloads_that_are_not_there() {
    let domain = with_folder();
    let bundle = bundle();
    let to = unc();
    let before = everything(&domain);
    let absent = to.replace("mde", "absent");
    let by_others = ["--apply", "--no-share", "--to"];
    for (arguments, told) in [
        (vec!["--apply", "--to", &absent], "no folder `absent`"),
        ([&by_others[..], &[&to]].concat(), "is missing"),
    ] {
        let output = domain.publish_whole(bundle.folder(), &arguments).unwrap();
        let said = text(&output);
        assert_eq!(output.status.code(), Some(ENVIRONMENT), "{said}");
        assert!(said.contains(told) && said.contains("hint: "), "{said}");
        assert!(everything(&domain) == before);
        assert_eq!(files(&domain.payloads()), ["mde"]);
    }
    // Others bring them; now they are compared, and the policies come.
    let output = domain
        .publish_share(bundle.folder(), "Administrator", &["--to", &to, "--apply"])
        .unwrap();
    assert!(output.status.success(), "{}", text(&output));
    let there = files(&domain.payloads());
    published(&domain, &bundle, &[&by_others[..], &[&to]].concat());
    assert_eq!(files(&domain.payloads()), there);
    for gpo in gpos(&bundle) {
        assert_whole(&domain, &gpo);
    }
}
