//! Whose the reports are: what counts when the file server's word on owners is there.

use gangway_contract::UtcTime;
use gangway_contract::report::file_name;
use serde_json::{Value, json};

use super::desk::Desk;

const NOW: &str = "1772445600";
const LATELY: &str = "2026-03-02T09:00:00Z";
const LATER: &str = "2026-03-02T09:30:00Z";

/// Accounts of the domain by the last part of their SIDs.
const DOMAIN: &str = "S-1-5-21-11-22-33";

fn report(name: &str, state: &str, finished_at: &str) -> Value {
    let good = |answer: &str| json!({"answer": answer, "good": true, "evidence": "seen"});
    json!({
        "schema": 2,
        "bundle_id": "0".repeat(32),
        "sequence": 1,
        "fqdn": format!("{name}.contoso.com"),
        "finished_at": finished_at,
        "state": state,
        "reason": if state == "onboarded" { "converged" } else { "step-failed" },
        "detail": "",
        "next_action": "look at the step",
        "exit_code": if state == "onboarded" { 0 } else { 53 },
        "mode": "onboard",
        "health": {
            "onboarding": good("onboarded"),
            "sensor": good("alive"),
            "antivirus": good("active"),
            "content": good("fresh"),
        },
        "facts_after": {"sensor": {"org_id": "absent"}},
    })
}

/// Puts a report there; gives the lines that `smbclient` says of it.
fn put(desk: &Desk, report: &Value, owner: &str) -> String {
    let time: UtcTime = serde_json::from_value(report["finished_at"].clone()).unwrap();
    let name = file_name(report["fqdn"].as_str().unwrap(), time, 7);
    desk.put(&format!("reports/{name}"), report.to_string().as_bytes());
    format!("FILENAME:{name}\nMODE:A\nSIZE:9\nrevision: 1\nDACL\n\tOwner SID:\t{owner}\n")
}

fn account(rid: u32) -> String {
    format!("{DOMAIN}-{rid}")
}

/// `srv1` failed and says so; `srv2` writes in its name, later, that all is well. `srv3` is
/// well, `srv4` was copied by an administrator.
fn desk() -> Desk {
    let desk = Desk::empty();
    std::fs::create_dir(desk.path("reports")).unwrap();
    let mut owners = String::new();
    for (report, owner) in [
        (report("srv1", "failed", LATELY), account(1101)),
        (report("srv1", "onboarded", LATER), account(1102)),
        (report("srv3", "onboarded", LATELY), account(1103)),
    ] {
        owners.push_str(&put(&desk, &report, &owner));
    }
    desk.put("owners.txt", owners.as_bytes());
    let rows = (1..4).map(|n| format!("srv{n}.contoso.com,{}\n", account(1100 + n)));
    let list = format!("DNSHostName,SID\n{}", rows.collect::<String>());
    desk.put("list.csv", list.as_bytes());
    desk
}

fn ask<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let asked = ["report", "reports", "--as-of", NOW];
    [&asked[..], &["--expected", "list.csv"], more].concat()
}

#[test]
fn a_report_counts_only_when_it_belongs_to_the_account_of_its_server() {
    let desk = desk();
    let known = desk.run(&ask(&["--owners", "owners.txt", "--require-owners"]));
    assert_eq!(known.code, 0, "{}", known.err);
    insta::assert_snapshot!("owners_text", format!("{}\n{}", known.out, known.err));
    // Without the owners the later report would be believed, and the number says so.
    let unknown = desk.run(&ask(&[]));
    let number = "66 % done, owners not checked\n";
    assert!(unknown.succeeds().ends_with(number), "{}", unknown.out);
    insta::assert_snapshot!("owners_unknown_text", unknown.out);
}

#[test]
fn machines_read_the_same_of_owners() {
    let desk = desk();
    let csv = desk.run(&ask(&["--owners", "owners.txt", "--csv"]));
    insta::assert_snapshot!("owners_csv", csv.out);
    let document = desk.run(&ask(&["--owners", "owners.txt", "--json"]));
    let document: Value = serde_json::from_str(document.succeeds()).unwrap();
    insta::assert_snapshot!(
        "owners_json",
        serde_json::to_string_pretty(&document).unwrap()
    );
}

#[test]
fn owners_that_are_required_and_not_known_fail() {
    let desk = desk();
    let none = desk.run(&ask(&["--require-owners"]));
    none.fails_with(1, &["GW4008", "2: owner not readable here"]);
    desk.put(
        "names.txt",
        b"srv1.contoso.com\nsrv2.contoso.com\nsrv3.contoso.com\n",
    );
    let arguments = [
        "report",
        "reports",
        "--as-of",
        NOW,
        "--expected",
        "names.txt",
    ];
    let more = ["--owners", "owners.txt", "--require-owners"];
    let nameless = desk.run(&[&arguments[..], &more].concat());
    nameless.fails_with(1, &["GW4008", "2: no list gives the SID of the account"]);
    let copied = std::fs::read_to_string(desk.path("owners.txt")).unwrap();
    let copied = copied.replace(&account(1103), "S-1-5-32-544");
    desk.put("copied.txt", copied.as_bytes());
    let copied = desk.run(&ask(&["--owners", "copied.txt", "--require-owners"]));
    copied.fails_with(
        1,
        &["GW4008", "1: owned by the file server's administrators"],
    );
    // Nothing to compare the owners with is a mistake of the command line.
    desk.run(&["report", "reports", "--require-owners"])
        .fails_with(2, &["--expected"]);
    desk.put("empty.txt", b"nothing\n");
    desk.run(&ask(&["--owners", "empty.txt"]))
        .fails_with(2, &["empty.txt", "names the owner of no file", "hint:"]);
}

/// Every form of a list that has SIDs gives the same accounts.
#[test]
fn accounts_come_from_every_list_that_has_them() {
    let desk = desk();
    let hex = |rid: u32| {
        let parts = [21, 11, 22, 33, rid].map(|part: u32| part.to_le_bytes());
        let digits = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
        format!("0105000000000005{}", digits(parts.as_flattened()))
    };
    let base64 = [
        "AQUAAAAAAAUVAAAACwAAABYAAAAhAAAATQQAAA==",
        "AQUAAAAAAAUVAAAACwAAABYAAAAhAAAATgQAAA==",
        "AQUAAAAAAAUVAAAACwAAABYAAAAhAAAATwQAAA==",
    ];
    let each = |row: &dyn Fn(u32) -> String| (1..4).map(row).collect::<String>();
    let lists = [
        format!(
            "\"DNSHostName\",\"Name\",\"SID\"\r\n{}",
            each(&|n| format!(
                "\"srv{n}.contoso.com\",\"SRV{n}\",\"{}\"\r\n",
                account(1100 + n)
            ))
        ),
        format!(
            "DN,sAMAccountName,objectSid\r\n{}",
            each(&|n| format!(
                "\"CN=SRV{n},DC=contoso,DC=com\",SRV{n}$,X'{}'\r\n",
                hex(1100 + n)
            ))
        ),
        each(&|n| {
            let coded = base64[n as usize - 1];
            format!(
                "dn: CN=SRV{n},DC=contoso,DC=com\r\nchangetype: add\r\n\
                 dNSHostName: srv{n}.contoso.com\r\nobjectSid:: {coded}\r\n\r\n"
            )
        }),
        each(&|n| {
            format!(
                "# record {n}\ndn: CN=SRV{n},DC=contoso,DC=com\nobjectSid: {}\ncn: SRV{n}\n\n",
                account(1100 + n)
            )
        }),
    ];
    for list in lists {
        desk.put("list.csv", list.as_bytes());
        let session = desk.run(&ask(&["--owners", "owners.txt", "--require-owners"]));
        assert!(
            session.out.ends_with("\n33 % done\n"),
            "{list}{}",
            session.out
        );
    }
}
