//! Whose a report is, told by a real file server: two computers with accounts of their own, and
//! one of them writes in the other's name.

use std::fs;
use std::path::Path;

use gangway_e2e::required;
use gangway_e2e::samba::{ADMINISTRATOR, CONTROLLER, DN, Domain, NAME, PASSWORD};
use serde_json::json;

use super::text;

/// 2026-03-02 10:00:00 UTC, after every report here.
const NOW: &str = "1772445600";

/// A report of a server as its bootstrap writes it, at nine o'clock and `minute`.
fn report(server: &str, state: &str, minute: u32) -> (String, String) {
    let fqdn = format!("{server}.{NAME}");
    let good = |answer: &str| json!({"answer": answer, "good": true, "evidence": "seen"});
    let report = json!({
        "schema": 2, "bundle_id": "0".repeat(32), "sequence": 1, "fqdn": fqdn,
        "finished_at": format!("2026-03-02T09:{minute:02}:00Z"), "state": state,
        "reason": if state == "onboarded" { "converged" } else { "step-failed" },
        "detail": "", "next_action": "look",
        "exit_code": if state == "onboarded" { 0 } else { 53 }, "mode": "onboard",
        "health": {
            "onboarding": good("onboarded"), "sensor": good("alive"),
            "antivirus": good("active"), "content": good("fresh"),
        },
        "facts_after": {"sensor": {"org_id": "absent"}},
    });
    let name = format!("{fqdn}.20260302T09{minute:02}00Z.00000001.json");
    (name, report.to_string())
}

/// Writes a report to the share, signed in as a computer.
fn drop_report(domain: &Domain, account: &str, (name, content): &(String, String)) {
    let local = domain.scratch().join("to-drop.json");
    fs::write(&local, content).unwrap();
    let put = format!("put {} {name}", local.display());
    let output = domain.smbclient_on("reports", account, &put).unwrap();
    assert!(output.status.success(), "{}", text(&output));
}

/// `srv1` failed; `srv2` is well, and says later that `srv1` is, too.
fn forged() -> Domain {
    let domain = Domain::start().unwrap();
    drop_report(&domain, "srv1$", &report("srv1", "failed", 0));
    drop_report(&domain, "srv2$", &report("srv2", "onboarded", 10));
    drop_report(&domain, "srv2$", &report("srv1", "onboarded", 20));
    domain
}

/// The computers with their SIDs, as `ldbsearch` prints them.
fn computers(domain: &Domain) -> String {
    let mut search = domain.command("ldbsearch");
    search
        .args(["-H", &format!("ldap://{CONTROLLER}")])
        .args(["-U", &format!("{ADMINISTRATOR}%{PASSWORD}")])
        .args(["-b", DN, "(&(objectClass=computer)(cn=srv*))"])
        .args(["dNSHostName", "objectSid", "objectClass"]);
    let output = domain.run(&mut search).unwrap();
    assert!(output.status.success(), "{}", text(&output));
    output.stdout
}

/// Reads the reports and gives what was said; the forged one must not count.
#[track_caller]
fn assert_forgery_does_not_count(domain: &Domain, reports: &Path, owners: Option<&str>) {
    let list = domain.scratch().join("computers.ldif");
    fs::write(&list, computers(domain)).unwrap();
    let mut command = domain.command(required::path(required::GANGWAY).unwrap());
    command
        .arg("report")
        .arg(reports)
        .args(["--as-of", NOW, "--require-owners", "--expected"])
        .arg(&list);
    if let Some(owners) = owners {
        let saved = domain.scratch().join("owners.txt");
        fs::write(&saved, owners).unwrap();
        command.arg("--owners").arg(&saved);
    }
    let output = domain.run(&mut command).unwrap();
    let said = text(&output);
    assert!(output.status.success(), "{said}");
    for told in [
        "2 of 2 expected servers reported (2 reports, 1 left out, 0 unreadable)",
        "each is the account of its server",
        "      1  failed",
        "      1  onboarded",
        "50 % done\n",
        &format!("srv1.{NAME}.20260302T092000Z.00000001.json: its owner is S-1-5-21-"),
    ] {
        assert!(said.contains(told), "`{told}`: {said}");
    }
}

#[test]
fn on_the_servers_disk_the_report_of_another_computer_does_not_count() {
    let domain = forged();
    assert_forgery_does_not_count(&domain, &domain.reports(), None);
}

#[test]
fn in_a_copy_the_owners_that_the_servers_tools_told_decide() {
    let domain = forged();
    let copy = domain.scratch().join("copy");
    fs::create_dir(&copy).unwrap();
    let fetch = format!("prompt OFF; lcd {}; mget *", copy.display());
    let fetched = domain.smbclient_on("reports", ADMINISTRATOR, &fetch);
    assert!(fetched.unwrap().status.success());
    assert_eq!(fs::read_dir(&copy).unwrap().count(), 3);

    let listed = domain.smbclient_on("reports", ADMINISTRATOR, "showacls; ls");
    let listed = text(&listed.unwrap());
    assert_forgery_does_not_count(&domain, &copy, Some(&listed));

    let mut told = String::new();
    for entry in fs::read_dir(&copy).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let mut command = domain.command("smbcacls");
        command
            .args(["--numeric", "-U", &format!("{ADMINISTRATOR}%{PASSWORD}")])
            .args([&format!("//{CONTROLLER}/reports"), &name]);
        let output = domain.run(&mut command).unwrap();
        assert!(output.status.success(), "{}", text(&output));
        told.push_str(&format!("# file: {name}\n{}", output.stdout));
    }
    assert_forgery_does_not_count(&domain, &copy, Some(&told));
}

#[test]
fn without_owners_the_forged_number_says_that_nobody_checked_them() {
    let domain = forged();
    let copy = domain.scratch().join("copy");
    let mut take = domain.command("cp");
    // Without the attributes, as a copy over any other way comes.
    take.args(["-r", "--no-preserve=all"]);
    take.arg(domain.reports()).arg(&copy);
    assert!(domain.run(&mut take).unwrap().status.success());
    let list = domain.scratch().join("computers.ldif");
    fs::write(&list, computers(&domain)).unwrap();
    let ask = |more: &[&str]| {
        let mut command = domain.command(required::path(required::GANGWAY).unwrap());
        command.arg("report").arg(&copy).args(["--as-of", NOW]);
        command.arg("--expected").arg(&list).args(more);
        domain.run(&mut command).unwrap()
    };
    let output = ask(&[]);
    assert!(
        output.stdout.ends_with("100 % done, owners not checked\n"),
        "{}",
        text(&output)
    );
    assert_eq!(ask(&["--require-owners"]).status.code(), Some(1));
}
