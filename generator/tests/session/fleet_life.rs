//! What became of servers, as an administrator sees it: renamed, installed anew, copied, out of service.

use serde_json::{Value, json};

use super::desk::Desk;
use super::report::{LATELY, ask, desk_with, report_of};

const EARLIER: &str = "2026-02-27T09:00:00Z";
const LATER: &str = "2026-03-02T09:30:00Z";

/// A report of an onboarded server with these identities.
fn of_machine(name: &str, time: &str, account: u32, machine: u32, sensor: &str) -> Value {
    let mut report = report_of(name, "onboarded", time);
    report["facts_after"]["host"] = json!({
        "account_sid": {"value": format!("S-1-5-21-1-2-3-{account}")},
        "machine_sid": {"value": format!("S-1-5-21-9-9-{machine}")},
    });
    report["facts_after"]["sensor"]["identity"] = json!({"value": sensor});
    report["facts_after"]["os"] = json!({"product_type": {"value": "server"}});
    report
}

/// A fleet in which each of it has happened once, and a list from before.
fn desk() -> Desk {
    let mut gone = report_of("gone", "onboarded", EARLIER);
    gone["facts_after"]["os"] = json!({"product_type": {"value": "of a later version"}});
    let desk = desk_with(&[
        of_machine("quiet", LATELY, 1100, 1100, "a-sensor-of-its-own"),
        of_machine("old-name", EARLIER, 1101, 1101, "one"),
        of_machine("new-name", LATELY, 1101, 1101, "one"),
        of_machine("anew", EARLIER, 1102, 1102, "two"),
        of_machine("anew", LATELY, 1102, 2102, "three"),
        of_machine("copy1", EARLIER, 1103, 1103, "four"),
        of_machine("copy2", LATELY, 1104, 1103, "four"),
        of_machine("copy1", LATER, 1103, 1103, "four"),
        of_machine("twice", EARLIER, 1105, 1105, "five"),
        of_machine("twice", LATELY, 1105, 2105, "six"),
        of_machine("twice", LATER, 1105, 1105, "five"),
        gone,
    ]);
    let mut list = "DNSHostName,SID,Enabled\n".to_owned();
    for (name, account) in [
        ("quiet", 1100),
        ("old-name", 1101),
        ("anew", 1102),
        ("copy1", 1103),
        ("copy2", 1104),
        ("twice", 1105),
    ] {
        list += &format!("{name}.contoso.com,S-1-5-21-1-2-3-{account},True\n");
    }
    list += "gone.contoso.com,S-1-5-21-1-2-3-1106,False\n";
    desk.put("expected.csv", list.as_bytes());
    desk
}

fn asked<'a>(more: &[&'a str]) -> Vec<&'a str> {
    ask(&[&["--expected", "expected.csv"], more].concat())
}

#[test]
fn what_became_of_servers_is_named_with_what_to_do_and_changes_no_number() {
    let desk = desk();
    let told = desk.run(&asked(&[]));
    insta::assert_snapshot!("fleet_life_text", format!("{}\n{}", told.out, told.err));
    assert_eq!(told.code, 0);
    let csv = desk.run(&asked(&["--csv"]));
    insta::assert_snapshot!("fleet_life_csv", csv.out);
    let answer = desk.run(&asked(&["--json"]));
    let answer: Value = serde_json::from_str(&answer.out).unwrap();
    let servers = answer["result"]["servers"].as_array().unwrap();
    let lives: Vec<Value> = servers
        .iter()
        .map(|server| json!({"fqdn": server["fqdn"], "standing": server["standing"], "life": server["life"]}))
        .collect();
    let found = json!({
        "done_percent": answer["result"]["done_percent"],
        "problems": answer["problems"],
        "servers": lives,
    });
    insta::assert_snapshot!(
        "fleet_life_json",
        serde_json::to_string_pretty(&found).unwrap()
    );
}

/// The file server knows who wrote a file: who claims another server's account is not believed.
#[test]
fn a_rename_that_the_owners_refute_is_none_and_one_that_they_prove_is_said_to_be() {
    let desk = desk();
    let mut files: Vec<String> = std::fs::read_dir(desk.path("reports"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("-name."))
        .collect();
    files.sort();
    for (owner_of_new, kinds, proven) in [
        (1101, ["renamed_from", "renamed"], true),
        (1100, ["", ""], false),
    ] {
        let mut owners = "\"Name\",\"Sddl\"\n".to_owned();
        for (file, owner) in files.iter().zip([owner_of_new, 1101]) {
            owners += &format!("\"{file}\",\"O:S-1-5-21-1-2-3-{owner}G:BA\"\n");
        }
        desk.put("owners.csv", owners.as_bytes());
        let answer = desk.run(&asked(&["--owners", "owners.csv", "--json"]));
        let answer: Value = serde_json::from_str(&answer.out).unwrap();
        let servers = answer["result"]["servers"].as_array().unwrap();
        let life = |name: &str| {
            let named = |server: &&Value| server["fqdn"] == format!("{name}.contoso.com");
            servers.iter().find(named).unwrap()["life"].clone()
        };
        for (name, kind) in ["new-name", "old-name"].into_iter().zip(kinds) {
            let life = life(name);
            assert_eq!(life["kind"].as_str().unwrap_or(""), kind, "{name}");
            assert_eq!(life["proven"].as_bool().unwrap_or(false), proven, "{name}");
        }
    }
}
