//! `diff` of two bundles: every file by its bytes, whatever the documents say of it.

use std::fs;

use gangway_fixtures::authenticode::{Signature, sign_pe};
use gangway_fixtures::lab::Lab;
use serde_json::Value;

use super::desk::Desk;

/// The same bundle twice, as `before` and `out`.
pub(crate) fn twice() -> Desk {
    let desk = Desk::with_downloads();
    desk.build().succeeds();
    fs::rename(desk.path("out"), desk.path("before")).unwrap();
    desk.build().succeeds();
    desk
}

/// Part, place, before and after of each difference.
type Told = (String, String, Option<String>, Option<String>);

fn told(desk: &Desk) -> Vec<Told> {
    let session = desk.run(&["diff", "before", "out", "--json"]);
    let answer: Value = serde_json::from_str(&session.out).unwrap();
    assert_eq!(answer["result"]["compared"], "bundles", "{answer}");
    let differences = answer["result"]["differences"].as_array().unwrap();
    assert_eq!(session.code, i32::from(!differences.is_empty()));
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let one = |one: &Value| {
        let part = text(&one["part"]).unwrap();
        let place = text(&one["place"]).unwrap();
        (part, place, text(&one["old"]), text(&one["new"]))
    };
    differences.iter().map(one).collect()
}

fn places(desk: &Desk) -> Vec<(String, String)> {
    let told = told(desk).into_iter();
    told.map(|(part, place, ..)| (part, place)).collect()
}

/// Part and place under which a file of the bundle is told.
fn place_of(path: &str) -> (String, String) {
    if path.starts_with("bootstrap/") {
        return ("bootstrap".to_owned(), "bytes".to_owned());
    }
    let payload = path.strip_prefix("share/releases/");
    match payload.and_then(|rest| rest.split_once('/')) {
        Some((_, name)) => ("payload".to_owned(), name.to_owned()),
        None => ("file".to_owned(), without_backup_id(path)),
    }
}

/// Backups have another id in every bundle, so their files are told without it.
fn without_backup_id(path: &str) -> String {
    let mut parts: Vec<&str> = path.split('/').collect();
    if parts.first() == Some(&"gpo") && parts.get(3).is_some_and(|id| id.starts_with('{')) {
        parts[3] = "{backup id}";
    }
    parts.join("/")
}

#[test]
fn what_carries_the_bundles_id_is_not_told_as_gone_and_come() {
    let desk = twice();
    desk.change_config("[trust]", "[rollout]\nring_percent = 40\n\n[trust]");
    desk.build().succeeds();
    let told = told(&desk);
    let of = |part: &str| -> Vec<&str> {
        let of = told.iter().filter(|(it, ..)| it == part);
        of.map(|(_, place, ..)| place.as_str()).collect()
    };
    assert_eq!(of("manifest"), ["sequence", "settings.ring_percent"]);
    let whole = told
        .iter()
        .filter(|(.., old, new)| old.is_some() && new.is_some());
    assert_eq!(whole.count(), told.len(), "{told:?}");
}

#[test]
fn a_backup_of_another_name_is_told() {
    let desk = twice();
    let deploy = desk.path("out/gpo/contoso.com/deploy");
    let backup = fs::read_dir(&deploy).unwrap().map(Result::unwrap);
    let backup = backup.map(|entry| entry.path()).find(|path| path.is_dir());
    fs::rename(backup.unwrap(), deploy.join("{1}")).unwrap();
    let place = "gpo/contoso.com/deploy/{backup id}".to_owned();
    assert_eq!(places(&desk), [("file".to_owned(), place)]);
}

#[test]
fn the_same_bundle_twice_has_no_difference() {
    let desk = twice();
    assert_eq!(places(&desk), []);
    let session = desk.run(&["diff", "before", "out"]);
    assert_eq!(session.succeeds(), "");
}

/// The documents stay as they were and say that nothing changed.
#[test]
fn one_byte_of_any_file_is_told() {
    let desk = twice();
    for (path, bytes) in desk.tree("out") {
        // Told by an error that names them: they are read, not only compared.
        if ["bundle.json", "manifest.json"].contains(&path.as_str()) || path.starts_with("gpo/") {
            continue;
        }
        let mut changed = bytes.clone();
        changed[bytes.len() / 2] ^= 1;
        desk.put(&format!("out/{path}"), &changed);
        let places = places(&desk);
        assert!(places.contains(&place_of(&path)), "{path}: {places:?}");
        desk.put(&format!("out/{path}"), &bytes);
    }
    assert_eq!(places(&desk), []);
}

/// Where the text around the change still is a policy or a document.
#[test]
fn a_change_that_means_nothing_to_a_reader_is_told_too() {
    let desk = twice();
    for (path, bytes) in desk.tree("out") {
        let told_as_text = [".json", ".xml", ".inf"];
        if !told_as_text.iter().any(|ends| path.ends_with(ends)) {
            continue;
        }
        let blank: &[u8] = if bytes.starts_with(b"\xff\xfe") {
            b"\r\0\n\0"
        } else {
            b"\r\n"
        };
        desk.put(&format!("out/{path}"), &[&bytes, blank].concat());
        assert_eq!(places(&desk), [place_of(&path)]);
        desk.put(&format!("out/{path}"), &bytes);
    }
}

#[test]
fn a_replaced_payload_is_told_though_every_document_is_as_before() {
    let desk = twice();
    let tree = desk.tree("out");
    for name in ["md4ws.msi", "Install.ps1", "OnboardingInfo.json"] {
        let found = tree.iter().find(|(path, _)| path.ends_with(name));
        let Some((path, bytes)) = found else {
            panic!("no {name} in the bundle");
        };
        desk.put(&format!("out/{path}"), b"another");
        let [(part, place, old, new)] = told(&desk).try_into().unwrap();
        assert_eq!((part.as_str(), place.as_str()), ("payload", name));
        assert!(!old.unwrap().contains("the manifest names"));
        let new = new.unwrap();
        assert!(new.contains("7 bytes"), "{new}");
        assert!(new.contains("the manifest names"), "{new}");
        fs::remove_file(desk.path("out").join(path)).unwrap();
        let [(_, _, _, new)] = told(&desk).try_into().unwrap();
        assert!(new.unwrap().contains("the file is missing"));
        desk.put(&format!("out/{path}"), bytes);
    }
}

#[test]
fn added_and_removed_files_are_told() {
    let desk = twice();
    desk.put("out/publish/more.ps1", b"x");
    desk.put("out/bootstrap/more.exe", b"x");
    let release = place_in_release(&desk, "more.exe");
    desk.put(&format!("out/{release}"), b"x");
    fs::remove_file(desk.path("out/runbook.html")).unwrap();
    let told = told(&desk);
    let told: Vec<_> = told
        .iter()
        .map(|(part, place, old, new)| {
            (part.as_str(), place.as_str(), old.is_some(), new.is_some())
        })
        .collect();
    assert_eq!(
        told,
        [
            ("file", "bootstrap/more.exe", false, true),
            ("file", "publish/more.ps1", false, true),
            ("file", "runbook.html", true, false),
            ("file", release.as_str(), false, true),
        ]
    );
    // Under another name it is no exe of this bundle, and no server would start it.
    let exe = desk.exe_of("before");
    fs::rename(&exe, exe.with_file_name("another.exe")).unwrap();
    assert!(places(&desk).contains(&("bootstrap".to_owned(), "path".to_owned())));
}

fn place_in_release(desk: &Desk, name: &str) -> String {
    let mut entries = fs::read_dir(desk.path("out/share/releases")).unwrap();
    let release = entries.next().unwrap().unwrap().file_name();
    format!("share/releases/{}/{name}", release.to_str().unwrap())
}

#[test]
fn a_signature_is_told_as_one_and_nothing_else_of_the_exe() {
    let desk = twice();
    let exe = desk.exe();
    let unsigned = fs::read(&exe).unwrap();
    let sign = |signature| fs::write(&exe, sign_pe(&unsigned, &signature)).unwrap();
    for signature in [Signature::default(), Signature::by(Lab::UnrelatedCode)] {
        sign(signature);
        let told = told(&desk);
        let [(_, bytes, ..), (_, signature, old, new)] = &told[..] else {
            panic!("{told:?}");
        };
        assert_eq!((bytes.as_str(), signature.as_str()), ("bytes", "signature"));
        assert_eq!(old.as_deref(), Some("none"));
        let new = new.as_deref().unwrap();
        assert!(new.contains("in the name of `"), "{new}");
        assert!(new.contains("not judged"), "{new}");
        // The same signer again, with another signature.
        fs::write(desk.exe_of("before"), fs::read(&exe).unwrap()).unwrap();
        assert_eq!(places(&desk), []);
        fs::write(desk.exe_of("before"), &unsigned).unwrap();
    }
    // Code that was changed under the signature.
    sign(Signature::default());
    fs::copy(&exe, desk.exe_of("before")).unwrap();
    let mut changed = fs::read(&exe).unwrap();
    changed[0x402] ^= 1;
    fs::write(&exe, changed).unwrap();
    let places: Vec<String> = told(&desk)
        .into_iter()
        .map(|(_, place, ..)| place)
        .collect();
    assert_eq!(
        places,
        [
            "Authenticode digest",
            "bytes",
            "bytes without the signature",
            "signature",
            "stub"
        ]
    );
}

#[test]
fn another_stub_is_told() {
    let desk = twice();
    let mut stub = fs::read(desk.path("stub.exe")).unwrap();
    let last = stub.len() - 1;
    stub[last] ^= 1;
    desk.put("stub.exe", &stub);
    desk.build_with(&["--update-lock"]).succeeds();
    let told = told(&desk);
    let stub = told.iter().find(|(_, place, ..)| place == "stub").unwrap();
    assert_eq!(stub.0, "bootstrap");
    assert_ne!(stub.2, stub.3);
    // The payloads are the same, although the release lies in a bundle of another name.
    assert!(told.iter().all(|(part, ..)| part != "payload"), "{told:?}");
}

#[test]
fn a_bundle_beside_policies_is_compared_as_policies_and_says_so() {
    let desk = twice();
    let session = desk.run(&["diff", "before", "out/gpo"]);
    assert!(session.succeeds().contains("policies alone"));
    let session = desk.run(&["diff", "before", "out/gpo", "--json"]);
    let answer: Value = serde_json::from_str(session.succeeds()).unwrap();
    assert_eq!(answer["result"]["compared"], "policies");
}

#[test]
fn a_giant_is_refused_by_its_size() {
    let desk = twice();
    let file = fs::File::create(desk.path("out/publish/giant")).unwrap();
    file.set_len(1 << 40).unwrap();
    let limit = ["publish/giant", "1099511627776 bytes", "the limit is"];
    desk.run(&["diff", "before", "out"]).fails_with(4, &limit);
    desk.run(&["diff", "out", "before"]).fails_with(4, &limit);
}

#[cfg(unix)]
#[test]
fn links_and_pipes_are_refused_and_never_opened() {
    use std::os::unix::fs::symlink;
    use std::path::Path;

    type Make = fn(&Path);
    let made: [(&str, Make); 2] = [
        ("link", |place| {
            let elsewhere = place.with_file_name("elsewhere");
            fs::rename(place, &elsewhere).unwrap();
            symlink(&elsewhere, place).unwrap();
        }),
        ("pipe", |place| {
            fs::remove_file(place).unwrap();
            let made = std::process::Command::new("mkfifo").arg(place).status();
            assert!(made.unwrap().success());
        }),
    ];
    for (what, make) in made {
        for place in ["share/control.json", "bundle.json", "manifest.json"] {
            let desk = twice();
            make(&desk.path("out").join(place));
            for order in [["before", "out"], ["out", "before"]] {
                desk.run(&[&["diff"][..], &order].concat())
                    .fails_with(4, &["GW3008", place, what]);
            }
        }
    }
}

#[test]
fn nothing_hides_behind_what_stands_for_an_id() {
    // A folder by that very name, with the file as it was, beside one that was changed.
    let desk = twice();
    let deploy = desk.path("out/gpo/contoso.com/deploy");
    let backup = fs::read_dir(&deploy).unwrap().map(Result::unwrap);
    let backup = backup.map(|entry| entry.path()).find(|path| path.is_dir());
    let backup = backup.unwrap();
    fs::create_dir(deploy.join("{backup id}")).unwrap();
    let info = backup.join("bkupInfo.xml");
    fs::copy(&info, deploy.join("{backup id}/bkupInfo.xml")).unwrap();
    let text = fs::read(&info).unwrap();
    fs::write(&info, [&text[..], b"\r\n"].concat()).unwrap();
    let files: Vec<String> = places(&desk).into_iter().map(|(_, place)| place).collect();
    let changed = "gpo/contoso.com/deploy/{backup id}/bkupInfo.xml";
    assert_eq!(files, [format!("./{changed}"), changed.to_owned()]);

    // A task under the name of the older bundle's, and one with the text itself.
    let desk = twice();
    desk.change_config("[trust]", "[rollout]\nring_percent = 40\n\n[trust]");
    desk.build().succeeds();
    let id = |bundle: &str| {
        let text = fs::read(desk.path(bundle).join("bundle.json")).unwrap();
        let document: Value = serde_json::from_slice(&text).unwrap();
        document["bundle_id"].as_str().unwrap().to_owned()
    };
    let (before, after) = (id("before"), id("out"));
    for name in [before.as_str(), "{bundle id}"] {
        let (path, bytes) = desk
            .tree("out")
            .into_iter()
            .find(|(path, _)| path.contains("deploy") && path.ends_with("ScheduledTasks.xml"))
            .unwrap();
        let text = String::from_utf8(bytes.clone()).unwrap();
        let start = text.find("<TaskV2").unwrap();
        let end = text.find("</TaskV2>").unwrap() + "</TaskV2>".len();
        let more = text[start..end]
            .replace(&after, name)
            .replace(r"\\contoso.com", r"\\evil.example");
        let changed = [&text[..end], &more, &text[end..]].concat();
        desk.put(&format!("out/{path}"), changed.as_bytes());
        let told = told(&desk);
        let is_told = told.iter().any(|(part, _, _, new)| {
            part != "file"
                && new
                    .as_deref()
                    .is_some_and(|new| new.contains("evil.example"))
        });
        assert!(is_told, "{name}: {told:?}");
        desk.put(&format!("out/{path}"), &bytes);
    }
}

#[test]
fn a_name_with_a_line_feed_makes_no_line_of_ours() {
    let desk = twice();
    desk.put("out/a\nbootstrap", b"x");
    let said = desk.run(&["diff", "before", "out"]);
    let lines = || said.out.lines().chain(said.err.lines());
    assert!(lines().any(|line| line.contains("bootstrap")));
    assert!(!lines().any(|line| line.starts_with("bootstrap")));
}

/// What is taken out of the config is told as what it does to servers, not only as a line that is gone.
#[test]
fn what_leaves_says_what_that_does_to_servers() {
    let desk = Desk::with_downloads();
    desk.change_config(
        "[trust]",
        "[onboard]\nantivirus_mode = \"always_passive\"\n\n[gpo.settings.proxy]\nwinhttp = \
         \"proxy.contoso.com:8080\"\n\n[[gpo.settings.role]]\nname = \"SQL Server\"\npaths = \
         ['D:\\Data']\n\n[trust]",
    );
    desk.build().succeeds();
    fs::rename(desk.path("out"), desk.path("before")).unwrap();
    desk.change_config("\"always_passive\"", "\"auto\"");
    desk.change_config(
        "[gpo.settings.proxy]\nwinhttp = \"proxy.contoso.com:8080\"\n",
        "",
    );
    desk.change_config(
        "[[gpo.settings.role]]\nname = \"SQL Server\"\npaths = ['D:\\Data']\n",
        "",
    );
    desk.build().succeeds();
    let session = desk.run(&["diff", "before", "out", "--json"]);
    let answer: Value = serde_json::from_str(&session.out).unwrap();
    let differences = answer["result"]["differences"].as_array().unwrap();
    for (place, told) in [
        ("settings.antivirus_mode", "`--end-passive-mode`"),
        (
            "ForceDefenderPassiveMode",
            "becomes active beside the other product",
        ),
        (r"Exclusions\Paths\D:\Data", "no longer leaves it out"),
        (
            "`WinHttpSettings` Registry/@name",
            "stays on every server that has it",
        ),
        ("name", "until `gangway publish --prune`"),
    ] {
        let is = |one: &&Value| {
            let found = one["place"].as_str().unwrap().ends_with(place);
            found
                && one["effect"]
                    .as_str()
                    .is_some_and(|effect| effect.contains(told))
        };
        assert!(
            differences.iter().any(|one| is(&one)),
            "{place}: {differences:#?}"
        );
    }
    let words = desk.run(&["diff", "before", "out"]);
    words.fails_with(1, &[]);
    let told = "    servers: Defender Antivirus is no longer held passive";
    assert!(words.out.contains(told), "{}", words.out);
}
