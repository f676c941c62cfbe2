//! Names that need care, from the config to the policies.

use super::desk::Desk;

#[test]
fn three_domains_and_an_odd_organisation_give_policies_without_a_finding() {
    let domains = ["contoso.com", "eu.contoso.com", "fabrikam.local"];
    let desk = Desk::with_downloads();
    desk.change_config("\"Contoso\"", r#""R&D \"配布\" 100% <'x'> ""#);
    desk.change_config(
        "[trust]",
        "[[gpo.domain]]\ndns_name = \"EU.contoso.com\"\n\
         [[gpo.domain]]\ndns_name = \"fabrikam.local\"\n[trust]",
    );
    desk.build().succeeds();
    let session = desk.run(&["lint", "out", "-v"]);
    assert!(session.succeeds().contains("no finding"), "{}", session.err);
    let files = desk.tree("out/gpo");
    let mut tasks = 0;
    for (path, bytes) in &files {
        let own = path.split('/').next().unwrap();
        assert!(domains.contains(&own), "{path}");
        if !path.ends_with("ScheduledTasks.xml") {
            continue;
        }
        tasks += 1;
        let text = std::str::from_utf8(bytes).unwrap();
        assert!(
            text.contains(&format!(r"\\{own}\NETLOGON\Gangway\")),
            "{text}"
        );
        assert!(text.contains("R&amp;D"), "{text}");
        for other in domains.iter().filter(|other| **other != own) {
            assert!(!text.contains(&format!(r"\\{other}\")), "{text}");
        }
    }
    // Each as a backup and as a SYSVOL tree.
    assert_eq!(tasks, 2 * domains.len());
}

#[test]
fn names_that_no_policy_could_carry_are_refused_with_the_field() {
    let long = format!("\"{}\"", "配".repeat(65));
    for (from, to, texts) in [
        ("\"Contoso\"", "\"  \"", ["organization.name", "64"]),
        ("\"Contoso\"", &long, ["organization.name", "64"]),
        (
            "\"contoso.com\"",
            "\"contoso\"",
            ["one label", "fully qualified"],
        ),
        (
            "\"contoso.com\"",
            "\"contoso .com\"",
            ["dns_name", "letters"],
        ),
        ("\"contoso.com\"", "\"日本.com\"", ["dns_name", "letters"]),
    ] {
        let desk = Desk::with_downloads();
        desk.change_config(from, to);
        desk.build().fails_with(2, &texts);
        assert!(!desk.path("out").exists(), "{to}");
    }
    let desk = Desk::with_downloads();
    // The task's command takes 260 characters.
    let long = format!(
        "\"{}contoso.com\"",
        format!("{}.", "a".repeat(60)).repeat(3)
    );
    desk.change_config("\"contoso.com\"", &long);
    desk.build().fails_with(1, &["260"]);
    // As many characters as bytes would be too many of.
    let desk = Desk::with_downloads();
    desk.change_config("\"Contoso\"", &format!("\"{}\"", "配".repeat(64)));
    desk.build().succeeds();
}
