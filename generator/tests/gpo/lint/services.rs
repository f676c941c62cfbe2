//! Policies that keep the antivirus, the sensor or the Task Scheduler from running.

use std::collections::BTreeSet;

use gangway::gpo::registry_pol::Record;

use super::tree::{Tree, empty, with_preference};

const SERVICES: &str = r"SYSTEM\CurrentControlSet\Services";

fn started(service: &str, start: u32) -> Tree {
    empty().policy(
        1,
        Record::dword(&format!(r"{SERVICES}\{service}"), "Start", start),
    )
}

fn template(lines: &str) -> Tree {
    let text = format!("[Version]\r\nsignature=\"$CHICAGO$\"\r\nRevision=1\r\n{lines}");
    let path = "Machine/microsoft/windows nt/SecEdit/GptTmpl.inf";
    empty().sysvol(1, &[(path, text.as_bytes())])
}

/// A service in the mode of a security template.
fn general(name: &str, mode: u8) -> Tree {
    template(&format!(
        "[Service General Setting]\r\n{name},{mode},\"\"\r\n"
    ))
}

fn preference(root: &str, item: &str, properties: &str) -> Tree {
    with_preference(
        "Services",
        &format!(
            r#"<NTServices {root}><NTService name="x" {item}><Properties {properties}/></NTService></NTServices>"#
        ),
    )
}

#[test]
fn what_switches_a_service_off_is_told_by_the_service() {
    let disabled = r#"startupType="DISABLED" serviceName="Sense""#;
    for (what, tree, wanted) in [
        ("sensor", started("Sense", 4), vec!["GW2325"]),
        ("sensor in capitals", started("SENSE", 4), vec!["GW2325"]),
        ("sensor by hand", started("Sense", 3), vec![]),
        ("scheduler", started("Schedule", 4), vec!["GW2325"]),
        ("antivirus", started("WinDefend", 4), vec!["GW2324"]),
        ("another", started("Spooler", 4), vec![]),
        ("template", general("\"Sense\"", 4), vec!["GW2325"]),
        (
            "template without quotes",
            general("WinDefend", 4),
            vec!["GW2324"],
        ),
        (
            "template, scheduler",
            general("\"Schedule\"", 4),
            vec!["GW2325"],
        ),
        ("template, automatic", general("\"Sense\"", 2), vec![]),
        (
            "another section",
            template("[Registry Keys]\r\n\"Sense\",0,\"\"\r\n"),
            vec![],
        ),
        ("preference", preference("", "", disabled), vec!["GW2325"]),
        (
            "preference with a filter",
            with_preference(
                "Services",
                &format!(
                    r#"<NTServices><NTService name="x"><Properties {disabled}/><Filters><FilterComputer bool="AND" not="0" type="NETBIOS" name="KIOSK01"/></Filters></NTService></NTServices>"#
                ),
            ),
            vec!["GW2330"],
        ),
        (
            "preference that stops",
            preference(
                "",
                "",
                r#"startupType="NOCHANGE" serviceAction="STOP" serviceName="Sense""#,
            ),
            vec!["GW2325"],
        ),
        (
            "preference that starts",
            preference(
                "",
                "",
                r#"startupType="AUTOMATIC" serviceAction="START" serviceName="Sense""#,
            ),
            vec![],
        ),
        (
            "preference that is off",
            preference("", "disabled=\"1\"", disabled),
            vec![],
        ),
        (
            "file that is off",
            preference("disabled=\"1\"", "", disabled),
            vec![],
        ),
    ] {
        assert_eq!(tree.codes(), BTreeSet::from_iter(wanted), "{what}");
    }
}

#[test]
fn all_services_may_be_named() {
    for (accounts, wanted) in [
        ("*S-1-5-80-0", vec![]),
        (r"NT SERVICE\ALL SERVICES,*S-1-5-20", vec![]),
        (r"nt service\all services", vec![]),
        (r"NT SERVICE\MSSQLSERVER", vec!["GW2314"]),
    ] {
        let tree = template(&format!(
            "[Privilege Rights]\r\nSeServiceLogonRight = {accounts}\r\n"
        ));
        assert_eq!(tree.codes(), BTreeSet::from_iter(wanted), "{accounts}");
    }
}
