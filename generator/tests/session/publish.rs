//! `gangway publish gpo` up to the network: what is refused before a server is asked. Live servers are the
//! end-to-end suite `samba`.

use super::desk::{Desk, NOW};

pub(super) const ACCOUNT: [&str; 4] =
    ["--user", "admin@contoso.com", "--password-file", "password"];

pub(super) fn built() -> Desk {
    let desk = Desk::with_downloads();
    desk.build().succeeds();
    desk.put("password", b"secret\n");
    desk
}

/// Runs the command on a bundle and expects this end, and no saved state.
#[track_caller]
fn check(desk: &Desk, arguments: &[&str], code: i32, texts: &[&str]) {
    let all = [&["publish", "gpo", "out", "--as-of", NOW], arguments].concat();
    desk.run(&all).fails_with(code, texts);
    assert!(!desk.path("gangway-published").exists());
}

#[test]
fn a_bundle_with_an_unsigned_bootstrap_is_not_published() {
    let arguments = [&ACCOUNT[..], &["--dc", "127.0.0.1"]].concat();
    check(&built(), &arguments, 4, &["GW3006", "does not verify"]);
}

#[test]
fn a_bundle_that_was_changed_is_not_published() {
    let desk = built();
    desk.put("out/gpo/contoso.com/wmi-filter.mof", b"changed");
    let arguments = [&ACCOUNT[..], &["--allow-unsigned"]].concat();
    check(&desk, &arguments, 4, &["does not verify", "wmi-filter.mof"]);
}

#[test]
fn a_domain_that_the_bundle_is_not_for_is_refused() {
    let arguments = [&ACCOUNT[..], &["--allow-unsigned", "--domain", "other.com"]].concat();
    check(&built(), &arguments, 2, &["other.com", "contoso.com"]);
}

#[test]
fn one_of_several_domains_has_to_be_chosen() {
    let desk = Desk::with_downloads();
    desk.change_config(
        "[trust]",
        "[[gpo.domain]]\ndns_name = \"eu.contoso.com\"\n[trust]",
    );
    desk.build().succeeds();
    desk.put("password", b"secret\n");
    let arguments = [&ACCOUNT[..], &["--allow-unsigned"]].concat();
    check(
        &desk,
        &arguments,
        2,
        &["`--domain`", "contoso.com", "eu.contoso.com"],
    );
}

#[test]
fn without_a_password_and_a_terminal_the_ways_to_give_one_are_told() {
    let arguments = ["--user", "admin@contoso.com", "--allow-unsigned"];
    check(
        &built(),
        &arguments,
        2,
        &["--password-file", "GANGWAY_PASSWORD"],
    );
}

#[test]
fn an_empty_password_is_refused_because_directories_take_it_for_anonymous() {
    let desk = built();
    desk.put("password", b"\n");
    let arguments = [&ACCOUNT[..], &["--allow-unsigned"]].concat();
    check(&desk, &arguments, 2, &["the password is empty"]);
}

#[test]
fn a_password_is_no_argument() {
    check(&built(), &["--password", "secret"], 2, &["--password"]);
}

#[test]
fn a_server_name_that_would_end_an_address_is_refused() {
    for name in ["dc1/other", "-Uother", "dc1 other"] {
        let dc = format!("--dc={name}");
        check(&built(), &[&dc], 2, &["is no name of a server"]);
    }
}

#[test]
fn a_server_that_does_not_answer_is_named() {
    let arguments = [&ACCOUNT[..], &["--allow-unsigned", "--dc", "127.0.0.1"]].concat();
    check(
        &built(),
        &arguments,
        3,
        &["ldaps://127.0.0.1", "SSL_CERT_FILE"],
    );
}

#[test]
fn a_password_file_that_is_not_there_is_named() {
    let arguments = ["--user", "admin@contoso.com", "--password-file", "absent"];
    let arguments = [&arguments[..], &["--allow-unsigned"]].concat();
    check(&built(), &arguments, 3, &["`absent`", "hint:"]);
}

#[test]
fn a_link_of_another_domain_is_refused_before_anybody_is_asked() {
    let arguments = ["--user", "admin@contoso.com", "--allow-unsigned"];
    let arguments = [&arguments[..], &["--link", "OU=Servers,DC=fabrikam,DC=com"]].concat();
    let texts = ["`fabrikam.com`", "`contoso.com`", "hint:"];
    check(&built(), &arguments, 2, &texts);
}

#[test]
fn a_whole_publication_names_payloads_program_settings_tasks_and_links_in_this_order() {
    let desk = built();
    let arguments = ["publish", "out", "--offline", "--allow-unsigned", "--json"];
    let link = ["--link", "OU=Servers,DC=contoso,DC=com", "--as-of", NOW];
    let told = desk.run(&[&arguments[..], &link].concat());
    let told: serde_json::Value = serde_json::from_str(told.succeeds()).unwrap();
    assert_eq!(told["schema"], "gangway.publish/1");
    let result = &told["result"];
    let steps = result["steps"].as_array().unwrap();
    let at = |words: &str| {
        let is = |step: &serde_json::Value| step.as_str().unwrap().contains(words);
        steps.iter().position(is).unwrap()
    };
    let order = [
        at("releases/"),
        at("control.json"),
        at("MdeOnboard-"),
        at("GPT.INI"),
        at("link `Gangway Deploy`"),
    ];
    assert!(order.is_sorted(), "{steps:#?}");
    assert_eq!(order[4], steps.len() - 1);
    assert_eq!(result["share"]["only_compared"], false);
    assert_eq!(result["notes"], serde_json::json!([]));
    // Without the payloads that is told.
    let arguments = ["publish", "gpo", "out", "--offline", "--allow-unsigned"];
    let alone = desk.run(&[&arguments[..], &["--json", "--as-of", NOW]].concat());
    let alone: serde_json::Value = serde_json::from_str(alone.succeeds()).unwrap();
    let note = alone["result"]["notes"][0].as_str().unwrap();
    assert!(
        note.contains("nobody looked whether the payloads"),
        "{note}"
    );
}

#[test]
fn where_the_other_domain_controllers_are_waited_for_stands_among_the_steps() {
    let desk = built();
    let arguments = ["publish", "out", "--offline", "--allow-unsigned", "--json"];
    let more = ["--link", "OU=Servers,DC=contoso,DC=com", "--as-of", NOW];
    for (wait, time) in [
        ("--wait-replication", "15m at the most"),
        ("--wait-replication=90s", "1m30s at the most"),
    ] {
        let told = desk.run(&[&arguments[..], &more, &[wait]].concat());
        let told: serde_json::Value = serde_json::from_str(told.succeeds()).unwrap();
        let steps = told["result"]["steps"].as_array().unwrap();
        let at = |words: &str| {
            let is = |step: &serde_json::Value| step.as_str().unwrap().contains(words);
            let found = steps.iter().position(is);
            found.unwrap_or_else(|| panic!("{words}: {steps:#?}"))
        };
        let wait_for = |what: &str| {
            at(&format!(
                "wait until every other domain controller has {what}, {time}"
            ))
        };
        let order = [
            at("MdeOnboard-"),
            wait_for("the program"),
            at("add `CN="),
            at("GPT.INI"),
            wait_for("the policies"),
            at("link `Gangway Deploy`"),
            wait_for("the links"),
        ];
        assert!(order.is_sorted(), "{steps:#?}");
    }
    for wrong in [
        "=0s",
        "=15",
        "=25h",
        "=1d",
        "=",
        "=-1m",
        "=99999999999999999999h",
    ] {
        let wait = format!("--wait-replication{wrong}");
        let refused = desk.run(&[&arguments[..], &[&wait]].concat());
        refused.fails_with(2, &[]);
    }
    for other in ["--rollback", "--remove"] {
        let usual = ["publish", "out", "--wait-replication", other];
        desk.run(&[&usual[..], &ACCOUNT].concat())
            .fails_with(2, &["--wait-replication", other]);
    }
}

#[test]
fn without_a_bundle_publish_is_told_apart_from_its_parts() {
    let desk = built();
    desk.run(&["publish"]).fails_with(2, &["<BUNDLE>"]);
    let arguments = ["publish", "out", "--allow-unsigned", "--as-of", NOW];
    desk.run(&arguments).fails_with(2, &["--user"]);
}

/// What is kept for the way back is neither lost with the bundle nor served to computers.
#[test]
fn a_state_inside_bundle_share_or_sysvol_is_refused() {
    let desk = built();
    for folder in ["share", "sysvol"] {
        std::fs::create_dir(desk.path(folder)).unwrap();
    }
    let account = [&ACCOUNT[..], &["--dc", "127.0.0.1"]].concat();
    for (command, more, state, told) in [
        (
            &["publish", "share", "out", "--to", "share"][..],
            &[][..],
            "share/state",
            "in the share",
        ),
        (
            &["publish", "share", "out", "--to", "share"],
            &[],
            "share",
            "in the share",
        ),
        (
            &["publish", "share", "out", "--to", "share"],
            &[],
            "share/../out/a/b",
            "in the bundle",
        ),
        (
            &["publish", "out", "--to", "share"],
            &account,
            "share/state",
            "in the share",
        ),
        (
            &["publish", "gpo", "out"],
            &account,
            "out/state",
            "in the bundle",
        ),
        (
            &["publish", "gpo", "out", "--sysvol", "sysvol"],
            &account,
            "sysvol/x",
            "in the SYSVOL",
        ),
    ] {
        let usual = [
            "--allow-unsigned",
            "--as-of",
            NOW,
            "--apply",
            "--state",
            state,
        ];
        let line = [command, more, &usual].concat();
        desk.run(&line)
            .fails_with(2, &[told, "`--state`", "hint: name a folder"]);
    }
    assert_eq!(desk.tree("share"), []);
    assert_eq!(desk.tree("sysvol"), []);
}

#[test]
fn what_can_hold_no_link_is_refused_offline_too() {
    let desk = built();
    for (link, told) in [
        ("deploy=CN=Users,DC=contoso,DC=com", "can hold no link"),
        ("OU=Ser\nvers,DC=contoso,DC=com", "line break"),
    ] {
        let line = [
            "publish",
            "gpo",
            "out",
            "--offline",
            "--allow-unsigned",
            "--link",
            link,
        ];
        desk.run(&line).fails_with(2, &[told]);
    }
}

#[test]
fn offline_every_path_of_share_netlogon_and_sysvol_is_named() {
    let desk = built();
    let run = |command: &[&str]| {
        let line = [command, &["--offline", "--allow-unsigned", "--as-of", NOW]].concat();
        let told = desk.run(&line);
        let lines: Vec<String> = told.succeeds().lines().map(str::to_owned).collect();
        let to = lines
            .iter()
            .filter_map(|line| line.strip_prefix("to       "));
        to.map(str::to_owned).collect::<Vec<String>>()
    };
    let share = |to: &[String]| to.iter().filter(|path| path.contains("gangway$")).count();
    let whole = run(&["publish", "out"]);
    let alone = run(&["publish", "share", "out"]);
    // Campaign, three payloads, switch.
    assert_eq!((share(&whole), alone.len()), (5, 5));
    assert_eq!(whole[..5], alone);
    for path in [
        r"\\files.contoso.com\gangway$\control.json",
        r"\\contoso.com\NETLOGON\Gangway\MdeOnboard-",
        r"\\contoso.com\SYSVOL\contoso.com\Policies\{",
    ] {
        assert!(
            whole.iter().any(|to| to.starts_with(path)),
            "{path}: {whole:#?}"
        );
    }
    let files = [
        r"\GPT.INI",
        r"\Machine\Preferences\ScheduledTasks\ScheduledTasks.xml",
    ];
    for file in files {
        assert!(whole.iter().any(|to| to.ends_with(file)), "{file}");
    }
    assert_eq!(share(&run(&["publish", "out", "--no-share"])), 0);
    assert_eq!(share(&run(&["publish", "gpo", "out"])), 0);
    let mounted = run(&["publish", "share", "out", "--to", "/mnt/gangway"]);
    assert!(mounted.contains(&"/mnt/gangway/control.json".to_owned()));
}

#[test]
fn a_misspelt_policy_gets_the_one_that_was_meant() {
    let desk = Desk::with_downloads();
    desk.change_config(
        "[trust]",
        "[[gpo.settings.role]]\nname = \"Databases\"\npaths = ['E:\\D']\n[trust]",
    );
    desk.build().succeeds();
    for (option, told) in [
        (
            "--link=deplyo=OU=Pilot,DC=contoso,DC=com",
            "did you mean `deploy`?",
        ),
        (
            "--link=Setings=OU=Pilot,DC=contoso,DC=com",
            "did you mean `settings`?",
        ),
        (
            "--link=rolle=OU=Pilot,DC=contoso,DC=com",
            "did you mean `role`?",
        ),
        (
            "--link=role:Databses=OU=Pilot,DC=contoso,DC=com",
            "did you mean `role:databases`?",
        ),
        (
            "--link=offboard=OU=Pilot,DC=contoso,DC=com",
            "name one of them",
        ),
        ("--remove=deploi", "did you mean `deploy`?"),
        ("--remove=role:Databses", "did you mean `role:databases`?"),
    ] {
        let account = ["--user", "admin@contoso.com"];
        let mut line = vec!["publish", "gpo", "out", "--as-of", NOW, option];
        line.extend(account);
        if option.starts_with("--link") {
            line.push("--allow-unsigned");
        }
        desk.run(&line).fails_with(2, &[told]);
    }
}

#[test]
fn policies_are_not_taken_away_and_brought_or_taken_back_at_once() {
    for more in [
        &["--rollback"][..],
        &["--offline"],
        &["--link", "DC=contoso,DC=com"],
        &["--allow-unsigned"],
    ] {
        let arguments = [&ACCOUNT[..], &["--remove"], more].concat();
        check(&built(), &arguments, 2, &["--remove"]);
    }
}
