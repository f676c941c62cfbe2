//! A further domain, whose servers read the payload share of the first one and leave their reports there.

use std::fs;

use gangway_e2e::Recipe;
use gangway_e2e::samba::{ADMINISTRATOR, Domain, FURTHER, PASSWORD};

use super::model::recipe;
use super::payloads::{files, set_as_the_runbook_says};
use super::text;

/// With the further domain in its config.
pub(super) fn of_both() -> Recipe {
    let name = format!("dns_name = '{}'", FURTHER.name);
    recipe().with("[ gpo.domain ]", &name)
}

/// Lets the further domain's administrators write to the payload share, as its owner would.
pub(super) fn let_administrators_publish(first: &Domain, sid: &str) {
    let mut command = first.command("smbcacls");
    command
        .arg(format!("//{}/payloads", first.names().controller))
        .args(["/", "-U", &format!("{ADMINISTRATOR}%{PASSWORD}")])
        .args(["-a", &format!("ACL:{sid}-512:ALLOWED/0x3/0x001f01ff")]);
    let output = first.run(&mut command).unwrap();
    assert!(output.status.success(), "{}", text(&output));
}

/// The SID of a domain that the first one knows.
pub(super) fn sid_of(first: &Domain, name: &str) -> String {
    let output = first.run(first.command("wbinfo").args(["-D", name]));
    let output = output.unwrap();
    assert!(output.status.success(), "{}", text(&output));
    let line = output.stdout.lines().find(|line| line.starts_with("SID"));
    line.unwrap().rsplit(' ').next().unwrap().to_owned()
}

#[test]
fn computers_of_a_further_domain_need_the_rights_of_the_runbook_and_have_no_more() {
    let (first, further) = Domain::start_with_further().unwrap();
    let bundle = of_both().bundle().unwrap();
    let to = format!(r"\\{}\payloads", first.names().controller);
    let arguments = ["--apply", "--to", &to];
    let output = first.publish_share(bundle.folder(), ADMINISTRATOR, &arguments);
    assert!(output.as_ref().unwrap().status.success(), "{output:?}");
    let computer = |share: &str, commands: &str| {
        let output = further.smbclient_at(&first, share, "srv1$", commands);
        text(&output.unwrap())
    };
    let release = format!("releases/{}", bundle.release_id());
    let name = bundle.payloads().unwrap().remove(0);
    let got = further.scratch().join("got");
    let get = format!("get {release}/{name} {}", got.display());
    let refused = computer("payloads", &get);
    assert!(refused.contains("NT_STATUS_ACCESS_DENIED"), "{refused}");

    let names = [first.names().name, further.names().name];
    set_as_the_runbook_says(&first, &bundle, &names, false);
    // What lay there before keeps the list that it was given then.
    let refused = computer("payloads", &get);
    assert!(refused.contains("NT_STATUS_ACCESS_DENIED"), "{refused}");
    set_as_the_runbook_says(&first, &bundle, &names, true);
    let said = computer("payloads", &get);
    assert!(!said.contains("NT_STATUS"), "{said}");
    let built = bundle.folder().join("share").join(&release).join(&name);
    assert!(fs::read(&got).unwrap() == fs::read(built).unwrap());
    let own = first.smbclient_on("payloads", "srv1$", &get).unwrap();
    assert!(own.status.success(), "{}", text(&own));

    let report = further.scratch().join("report");
    fs::write(&report, "{}").unwrap();
    let report = report.display();
    let put = format!("put {report} a.tmp; rename a.tmp a.json");
    let said = computer("reports", &put);
    assert!(!said.contains("NT_STATUS"), "{said}");
    assert_eq!(files(&first.reports()), ["a.json"]);
    for (share, commands) in [
        ("payloads", format!("put {report} {release}/{name}")),
        ("payloads", format!("put {report} control.json")),
        ("reports", "del a.json".to_owned()),
        ("reports", "ls".to_owned()),
    ] {
        let said = computer(share, &commands);
        assert!(
            said.contains("NT_STATUS_ACCESS_DENIED"),
            "{commands}: {said}"
        );
    }

    // Its administrators are nobody's but its own until they are let in.
    let administrator = |commands: &str| {
        let output = further.smbclient_at(&first, "payloads", ADMINISTRATOR, commands);
        text(&output.unwrap())
    };
    let said = administrator("mkdir mde");
    assert!(said.contains("NT_STATUS_ACCESS_DENIED"), "{said}");
    let_administrators_publish(&first, &sid_of(&first, further.names().name));
    let said = administrator("mkdir mde");
    assert!(!said.contains("NT_STATUS"), "{said}");
}
