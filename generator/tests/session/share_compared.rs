//! A share that is held against a bundle, by `gangway verify --share` and by a publication.

use super::desk::{Desk, NOW};
use super::publish::built;
use super::publish_share::share;

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
