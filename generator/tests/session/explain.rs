//! What `gangway explain` says: of problem codes, of our own words, of others' codes.

use super::desk::Desk;

#[test]
fn every_kind_of_word_has_its_page() {
    let desk = Desk::empty();
    let mut session = String::new();
    for asked in [
        "gw4007",
        "4007",
        "tls-intercepted",
        "not heard from",
        "onboarded",
        "install-agent",
        "install.ps1:35",
        "ddt:11",
        "wdatp:15",
        "sense:84",
        "msiexec:1603",
        "wusa:0x80240017",
        "dism:14081",
        "3010",
        "0x80070534",
        "-2147023564",
        "2147943732",
        "0x80072f8f",
    ] {
        let said = desk.run(&["explain", asked]);
        session.push_str(&format!("$ gangway explain {asked}\n{}\n", said.succeeds()));
    }
    insta::assert_snapshot!(session);
}

#[test]
fn an_unknown_word_is_told_where_to_look() {
    let desk = Desk::empty();
    for (asked, hint) in [
        ("GW9999", "`gangway explain` lists them all"),
        ("no-such-word", "`gangway explain` lists them all"),
        ("ddt:999", "DefenderDeploymentTool-<COMPUTERNAME>.log"),
        ("nobody:1", "families of codes: install.ps1, ddt, msiexec"),
        ("sense:x", "`sense:` takes a number"),
        ("123456789", "certutil -error"),
    ] {
        let said = desk.run(&["explain", asked]);
        said.fails_with(2, &[&format!("`{asked}`"), hint]);
    }
}
