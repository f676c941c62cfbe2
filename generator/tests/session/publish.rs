//! `gangway publish gpo` up to the network: what is refused before a server is asked; and `publish
//! share` into a folder. Live servers are the end-to-end suite `samba`.

use gangway_fixtures::authenticode::{Signature, sign_pe};

use super::desk::{Desk, NOW};

const ACCOUNT: [&str; 4] = ["--user", "admin@contoso.com", "--password-file", "password"];

fn built() -> Desk {
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

fn share(desk: &Desk, more: &[&str]) -> crate::desk::Session {
    let usual = [
        "publish",
        "share",
        "out",
        "--allow-unsigned",
        "--to",
        "share",
    ];
    desk.run(&[&usual[..], &["--as-of", NOW], more].concat())
}

/// What servers read of the share: all but the documents of the campaigns.
fn payloads(desk: &Desk) -> Vec<(String, Vec<u8>)> {
    let mut tree = desk.tree("share");
    tree.retain(|(name, _)| !name.starts_with("campaigns/"));
    tree
}

#[test]
fn the_way_back_of_a_share_is_a_dry_run_first_and_takes_no_payload_away() {
    let desk = built();
    std::fs::create_dir(desk.path("share")).unwrap();
    let nothing = share(&desk, &["--rollback"]);
    nothing.fails_with(2, &["--allow-unsigned"]);
    let back = |more: &[&str]| {
        let usual = ["publish", "share", "out", "--to", "share", "--rollback"];
        desk.run(&[&usual[..], &["--as-of", NOW], more].concat())
    };
    back(&[]).fails_with(3, &["nothing is saved"]);
    share(&desk, &["--apply"]).succeeds();
    let published = desk.tree("share");
    let would = back(&[]);
    assert!(
        would.succeeds().contains("remove `control.json`"),
        "{}",
        would.out
    );
    assert_eq!(desk.tree("share"), published);
    assert!(back(&["--apply"]).succeeds().contains("taken back"));
    back(&["--apply"]).fails_with(3, &["was taken back already", "is taken back once"]);
    let mut expected = published;
    expected.retain(|(name, _)| name != "control.json");
    assert_eq!(desk.tree("share"), expected);
    back(&["--apply"]).fails_with(3, &["nothing is saved"]);
}

#[test]
fn fewer_releases_than_the_live_one_and_the_one_before_it_are_not_kept() {
    let desk = built();
    let arguments = [
        "publish",
        "out",
        "--user",
        "a@contoso.com",
        "--keep-releases",
        "1",
    ];
    desk.run(&arguments).fails_with(2, &["--keep-releases"]);
}

#[test]
fn payloads_come_to_a_folder_as_the_bundle_has_them_and_the_switch_of_others_stays() {
    let desk = built();
    std::fs::create_dir(desk.path("share")).unwrap();
    assert!(share(&desk, &[]).succeeds().contains("nothing was written"));
    assert_eq!(desk.tree("share"), []);
    share(&desk, &["--apply"]).succeeds();
    assert_eq!(payloads(&desk), desk.tree("out/share"));
    let again = share(&desk, &["--apply"]);
    assert!(again.succeeds().contains("everything is there"));
    // Of the next bundle; the older release stays, and so does the switch.
    let paused = br#"{"schema":1,"paused":true,"min_sequence":1,"ring_percent":100}"#;
    desk.put("share/control.json", paused);
    let before = payloads(&desk);
    std::fs::remove_file(desk.path("downloads/Install.ps1")).unwrap();
    desk.build_with(&["--update-lock"]).succeeds();
    let next = share(&desk, &["--apply"]);
    assert!(
        next.succeeds().contains("pauses every server"),
        "{}",
        next.out
    );
    let after = payloads(&desk);
    assert!(before.iter().all(|file| after.contains(file)));
    assert_eq!(after.len(), before.len() + desk.tree("out/share").len() - 1);
}

#[test]
fn payloads_of_a_bundle_that_was_changed_are_not_published() {
    let desk = built();
    std::fs::create_dir(desk.path("share")).unwrap();
    let tree = desk.tree("out");
    let (payload, _) = tree
        .iter()
        .find(|(name, _)| name.ends_with("md4ws.msi"))
        .unwrap();
    desk.put(&format!("out/{payload}"), b"another");
    share(&desk, &["--apply"]).fails_with(4, &["md4ws.msi"]);
    assert_eq!(desk.tree("share"), []);
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

#[test]
fn a_share_is_held_against_the_bundle_and_what_differs_is_named() {
    let desk = built();
    std::fs::create_dir(desk.path("share")).unwrap();
    let verify = |code: i32, texts: &[&str]| {
        let usual = ["verify", "out", "--share", "share", "--as-of", NOW];
        desk.run(&usual).fails_with(code, texts);
    };
    verify(4, &["GW3101", "md4ws.msi", "is missing", "control.json"]);
    share(&desk, &["--apply"]).succeeds();
    let good = desk.run(&["verify", "out", "--share", "share", "--as-of", NOW]);
    let said = format!("{}{}", good.succeeds(), good.err);
    assert!(said.contains("share      share looked at"), "{said}");
    // A switch that keeps servers back, and what is no release.
    std::fs::create_dir(desk.path("share/releases/mine")).unwrap();
    let switch = br#"{"schema":1,"paused":false,"min_sequence":0,"ring_percent":5}"#;
    let open = std::fs::read(desk.path("share/control.json")).unwrap();
    desk.put("share/control.json", switch);
    let held = desk.run(&["verify", "out", "--share", "share", "--as-of", NOW]);
    let _ = held.succeeds();
    for text in ["GW3108", "lets 5 % of the servers", "releases/mine"] {
        assert!(held.err.contains(text), "{}", held.err);
    }
    desk.put("share/control.json", &open);
    std::fs::remove_dir(desk.path("share/releases/mine")).unwrap();
    // Who may do what is the file server's to tell.
    assert!(said.contains("GW3106"), "{said}");
    assert!(
        !said.contains("GW3101") && !said.contains("GW3102"),
        "{said}"
    );

    let tree = desk.tree("share");
    let (payload, _) = tree
        .iter()
        .find(|(name, _)| name.ends_with("md4ws.msi"))
        .unwrap();
    desk.put(&format!("share/{payload}"), b"another");
    desk.put("share/more.exe", b"MZ");
    desk.put(
        "share/control.json",
        br#"{"schema":1,"paused":false,"min_sequence":9,"ring_percent":100}"#,
    );
    let texts = [
        "has other bytes",
        "share: more.exe",
        "GW3102",
        "holds back bundles below sequence 9",
    ];
    verify(4, &texts);
    let inside = [
        "verify",
        "out",
        "--share",
        "share",
        "--reports",
        "share/reports",
    ];
    desk.run(&[&inside[..], &["--as-of", NOW]].concat())
        .fails_with(4, &["GW3107"]);
}

/// A built bundle whose payloads lie on the folder `share`.
fn shared() -> Desk {
    let desk = built();
    std::fs::create_dir(desk.path("share")).unwrap();
    share(&desk, &["--apply"]).succeeds();
    desk
}

/// What stands against the share, in words.
fn verified(desk: &Desk, more: &[&str]) -> (i32, String) {
    let usual = ["verify", "out", "--share", "share", "--as-of", NOW];
    let session = desk.run(&[&usual[..], more].concat());
    (session.code, format!("{}{}", session.out, session.err))
}

#[test]
fn what_the_share_says_of_campaigns_is_held_against_the_bundle() {
    let desk = shared();
    let tree = desk.tree("share");
    let (name, whole) = tree
        .iter()
        .find(|(name, _)| name.starts_with("campaigns/"))
        .unwrap();
    let path = format!("share/{name}");
    let whole = String::from_utf8(whole.clone()).unwrap();
    let (_, said) = verified(&desk, &[]);
    assert!(
        !said.contains("GW3111") && !said.contains("GW3112"),
        "{said}"
    );
    for (from, to, code, told) in [
        ("", "{", 4, &["GW3112", "EOF"][..]),
        ("{", "[{", 4, &["GW3112"]),
        ("  ", " ", 4, &["GW3112", "somebody edited it"]),
        ("md4ws.msi", "x.msi", 4, &["GW3112", "lists other files"]),
        ("Gangway Deploy", "Mine", 4, &["GW3112", "`Mine`"]),
        (
            "\"gpo\": \"{",
            "\"gpo\": \"{0",
            4,
            &["GW3112", "of the GPO"],
        ),
        (
            "\"id\": \"",
            "\"id\": \"0",
            0,
            &["GW3111", "not on the share", "does not list the bundle's"],
        ),
    ] {
        let changed = match from {
            "" => to.to_owned(),
            from => whole.replacen(from, to, 1),
        };
        assert_ne!(changed, whole);
        desk.put(&path, changed.as_bytes());
        let (code_found, said) = verified(&desk, &[]);
        assert_eq!(code_found, code, "{from}: {said}");
        for told in told.iter().chain(&["campaigns/{"]) {
            assert!(said.contains(told), "{from}, {told}: {said}");
        }
    }
    std::fs::remove_file(desk.path(&path)).unwrap();
    let (code, said) = verified(&desk, &[]);
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains("GW3111") && said.contains("it is missing"),
        "{said}"
    );
    share(&desk, &["--apply"]).succeeds();

    // Of others: what no publication wrote, and what is of another campaign.
    desk.put("share/campaigns/notes.txt", b"of somebody");
    desk.put(
        "share/campaigns/{5D6E6E0B-0000-4000-8000-000000000001}.json",
        b"{}",
    );
    let (code, said) = verified(&desk, &[]);
    assert_eq!(code, 4, "{said}");
    for told in [
        "campaigns/notes.txt",
        "GW3102",
        "{5D6E6E0B-0000",
        "missing field",
    ] {
        assert!(said.contains(told), "{told}: {said}");
    }
    // A publication that was killed.
    let owner = br#"{"schema":1,"number":"0","account":"olga","host":"desk7","since":"2026-11-29 15:00:00"}"#;
    std::fs::create_dir(desk.path("share/campaigns.claim")).unwrap();
    desk.put("share/campaigns.claim/owner.json", owner);
    let (_, said) = verified(&desk, &[]);
    assert!(
        said.contains("GW3113") && said.contains("`olga` on `desk7`"),
        "{said}"
    );
    // A change of the switch that was killed: no publication has to be done again for it.
    std::fs::rename(
        desk.path("share/campaigns.claim"),
        desk.path("share/rollout.claim"),
    )
    .unwrap();
    std::fs::create_dir(desk.path("share/rollout.claim-0123456789abcdef")).unwrap();
    let (_, said) = verified(&desk, &[]);
    for told in [
        "taken away by the next `gangway rollout`",
        "of a day later takes it away",
    ] {
        assert!(said.contains(told), "{told}: {said}");
    }
    assert!(!said.contains("publish again from where"), "{said}");
}

/// The parser is the bootstrap's own, and what it does with such a switch is told.
#[test]
fn a_switch_that_the_bootstrap_cannot_read_is_named_with_what_it_does() {
    let desk = shared();
    let open = std::fs::read(desk.path("share/control.json")).unwrap();
    let with_mark = [&b"\xef\xbb\xbf"[..], &open].concat();
    for (switch, told) in [
        (&b"[1,false,0,100]"[..], "no JSON object"),
        (
            br#"{"schema":1,"paused":false,"min_sequence":0,"ring_percent":101}"#,
            "`ring_percent` 101",
        ),
        (&with_mark, "byte order mark"),
    ] {
        desk.put("share/control.json", switch);
        let (code, said) = verified(&desk, &[]);
        assert_eq!(code, 4, "{said}");
        for told in ["GW3101", told, "no server begins anything"] {
            assert!(said.contains(told), "{told}: {said}");
        }
        share(&desk, &["--apply"]).fails_with(1, &[told, "every server stops at it"]);
    }
}

#[test]
fn a_folder_for_reports_that_is_not_there_is_named() {
    let desk = shared();
    let (code, said) = verified(&desk, &["--reports", "nope"]);
    assert_eq!(code, 4, "{said}");
    assert!(said.contains("GW3114") && said.contains("nope"), "{said}");
    std::fs::create_dir(desk.path("nope")).unwrap();
    let (code, said) = verified(&desk, &["--reports", "nope"]);
    assert_eq!(code, 0, "{said}");
    assert!(!said.contains("GW3114"), "{said}");
}

/// A file or a link where a folder should be is a finding, and no end of the whole comparison.
#[cfg(unix)]
#[test]
fn what_lies_in_the_place_of_a_folder_is_a_finding() {
    use std::os::unix::fs::symlink;
    let release = |desk: &Desk| {
        let entries = std::fs::read_dir(desk.path("share/releases")).unwrap();
        let mut names = entries.map(|entry| entry.unwrap().file_name());
        let name = names.next().unwrap();
        format!("releases/{}", name.to_string_lossy())
    };
    for (name, id) in [
        ("campaigns", "GW3112"),
        ("campaigns.claim", "GW3102"),
        ("releases", "GW3101"),
        ("releases/", "GW3101"),
    ] {
        for is_link in [true, false] {
            let desk = shared();
            let name = match name {
                "releases/" => release(&desk),
                name => name.to_owned(),
            };
            let path = desk.path(&format!("share/{name}"));
            if path.exists() {
                std::fs::rename(&path, desk.path("aside")).unwrap();
            }
            match is_link {
                true => symlink(desk.path("aside"), &path).unwrap(),
                false => desk.put(&format!("share/{name}"), b"of somebody"),
            }
            let (code, said) = verified(&desk, &[]);
            assert_eq!(code, if id == "GW3102" { 0 } else { 4 }, "{name}: {said}");
            let what = ["it is a file", "it is a link"][usize::from(is_link)];
            for told in [id, what, &format!("share: {name}"), "GW3106"] {
                assert!(said.contains(told), "{name}, {told}: {said}");
            }
            // The publication tells it, too.
            let refused = share(&desk, &["--apply"]);
            refused.fails_with(1, &[&name, "a folder of that name is needed"]);
        }
    }
    let desk = shared();
    desk.put("file", b"of somebody");
    for (more, id) in [(&["--reports", "file"][..], "GW3114"), (&[], "GW3101")] {
        let place = if more.is_empty() { "file" } else { "share" };
        let usual = ["verify", "out", "--share", place, "--as-of", NOW];
        let session = desk.run(&[&usual[..], more].concat());
        session.fails_with(4, &[id, "it is no folder"]);
    }
    let nowhere = [
        "publish",
        "share",
        "out",
        "--allow-unsigned",
        "--to",
        "file",
    ];
    desk.run(&[&nowhere[..], &["--as-of", NOW]].concat())
        .fails_with(3, &["file", "hint: look what it is"]);
}

/// What becomes of what a cut publication left is what the next one does with it.
#[test]
fn the_words_about_leftovers_are_true() {
    let desk = shared();
    let tree = desk.tree("share");
    let named = |end: &str| {
        let mut names = tree.iter().map(|(name, _)| name);
        names.find(|name| name.ends_with(end)).unwrap().clone()
    };
    let part = |name: &str| format!("{name}.gangway-part");
    let claim = "campaigns.claim-0123456789abcdef";
    let payload = part(&named("md4ws.msi"));
    let document = {
        let mut names = tree.iter().map(|(name, _)| name);
        part(names.find(|name| name.starts_with("campaigns/")).unwrap())
    };
    let of_nobody = payload.replace("md4ws.msi", "other.msi");
    for (name, told) in [
        (
            payload.as_str(),
            "it goes when this release is published again",
        ),
        (&document, "the campaign's next publication writes over it"),
        ("control.json.gangway-part", "no publication takes it away"),
        (&of_nobody, "move it away"),
    ] {
        desk.put(&format!("share/{name}"), b"half");
        let (_, said) = verified(&desk, &[]);
        let line = said.split("warning").find(|line| line.contains(name));
        let line = line.unwrap_or_else(|| panic!("{name}: {said}"));
        assert!(line.contains("GW3102") && line.contains(told), "{line}");
        // As it is said, so it comes.
        share(&desk, &["--apply"]).succeeds();
        let stays = desk.path(&format!("share/{name}")).exists();
        assert_eq!(stays, name != payload, "{name}");
        let _ = std::fs::remove_file(desk.path(&format!("share/{name}")));
    }
    std::fs::create_dir(desk.path(&format!("share/{claim}"))).unwrap();
    let (_, said) = verified(&desk, &[]);
    assert!(
        said.contains("`--state` folder that it was cut in"),
        "{said}"
    );
    let known = std::fs::read_dir(desk.path("gangway-published")).unwrap();
    let key = known
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .find_map(|name| {
            Some(
                name.strip_suffix(".before.json")?
                    .rsplit_once('.')?
                    .1
                    .to_owned(),
            )
        })
        .unwrap();
    desk.put(
        &format!("gangway-published/share.{key}.claim"),
        b"0123456789abcdef",
    );
    std::fs::remove_file(desk.path("share/control.json")).unwrap();
    share(&desk, &["--apply"]).succeeds();
    assert!(!desk.path(&format!("share/{claim}")).exists());
}

#[test]
fn what_has_no_effect_is_refused_and_not_ignored() {
    let desk = built();
    std::fs::create_dir(desk.path("share")).unwrap();
    let user = &ACCOUNT[..2];
    for (command, more, told) in [
        (
            &["publish", "gpo", "out", "--offline"][..],
            user,
            "`--user` has no effect",
        ),
        (
            &["publish", "out", "--offline"],
            &["--dc", "dc1.contoso.com"],
            "`--dc` has no effect",
        ),
        (
            &["publish", "out", "--offline"],
            &["--start-tls"],
            "`--start-tls` has no effect",
        ),
        (
            &["publish", "share", "out", "--offline"],
            user,
            "`--user` has no effect",
        ),
        (
            &["publish", "share", "out", "--to", "share"],
            user,
            "reached as a folder",
        ),
        (
            &["publish", "share", "out", "--to", "share"],
            &ACCOUNT[2..],
            "`--password-file` has no effect",
        ),
        (
            &["verify", "out", "--share", "share"],
            user,
            "reached as a folder",
        ),
        (
            &["publish", "share", "out", "--offline"],
            &["--state", "elsewhere"],
            "`--state` has no effect",
        ),
        (
            &["publish", "gpo", "out", "--offline"],
            &["--state", "elsewhere"],
            "`--state` has no effect",
        ),
        (
            &["publish", "out", "--offline"],
            &["--state", "elsewhere"],
            "`--state` has no effect",
        ),
        (
            &["publish", "out", "--offline", "--no-share"],
            &["--to", "share"],
            "`--to` has no effect",
        ),
    ] {
        let allowed: &[&str] = match command[0] {
            "publish" => &["--allow-unsigned"],
            _ => &[],
        };
        let line = [command, more, allowed, &["--as-of", NOW]].concat();
        desk.run(&line).fails_with(2, &[told, "hint: leave `--"]);
    }
    let back = [
        "publish",
        "out",
        "--rollback",
        "--no-share",
        "--to",
        "share",
    ];
    let line = [&back[..], &ACCOUNT, &["--as-of", NOW]].concat();
    desk.run(&line)
        .fails_with(2, &["`--to` has no effect", "leaves the share out"]);
    // What needs an option that another one shuts out.
    for (line, told) in [
        (
            &["publish", "out", "--rollback", "--enable-links"][..],
            &["--enable-links", "--rollback"],
        ),
        (
            &["publish", "gpo", "out", "--remove", "--enable-links"],
            &["--enable-links", "--remove"],
        ),
        (
            &["publish", "share", "out", "--rollback", "--dc", "dc1.x"],
            &["--dc", "--rollback"],
        ),
        (
            &["publish", "share", "out", "--rollback", "--domain", "x"],
            &["--domain", "--rollback"],
        ),
        (
            &["publish", "share", "out", "--offline", "--dc", "dc1.x"],
            &["--dc", "--offline"],
        ),
        (
            &["build", "-o", "x", "--locked", "--allow-downgrade"],
            &["--allow-downgrade", "--locked"],
        ),
    ] {
        let account: &[&str] = match line {
            ["publish", "share" | "out" | "gpo", ..] => &ACCOUNT,
            _ => &[],
        };
        desk.run(&[line, account].concat()).fails_with(2, told);
    }
    for (more, told) in [
        (&["--keep-releases", "2"][..], "--user"),
        (&["--dc", "dc1.contoso.com"], "--keep-releases"),
        (&["--offline", "--apply"], "--apply"),
        (&["--rollback", "--keep-releases", "2"], "--rollback"),
    ] {
        let line = [&["publish", "share", "out"], more].concat();
        desk.run(&line).fails_with(2, &[told]);
    }
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
fn a_permission_that_nothing_needs_is_refused() {
    let desk = built();
    let exe = desk.exe();
    let signed = sign_pe(&std::fs::read(&exe).unwrap(), &Signature::default());
    std::fs::write(exe, signed).unwrap();
    std::fs::create_dir(desk.path("share")).unwrap();
    let usual = ["-c", "gangway.toml", "--as-of", NOW];
    for command in [
        &["publish", "share", "out", "--to", "share"][..],
        &["publish", "gpo", "out", "--offline"],
    ] {
        let line = [command, &usual].concat();
        desk.run(&line).succeeds();
        desk.run(&[&line[..], &["--allow-unsigned"]].concat())
            .fails_with(2, &["`--allow-unsigned` has no effect", "is signed"]);
    }
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
