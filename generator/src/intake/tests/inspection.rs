//! Whole inspections, and how they are told.

use super::*;

/// What programs get: items and findings.
fn as_json(inspection: &Inspection) -> String {
    let problems: Vec<_> = inspection.all_problems().collect();
    serde_json::to_string(&(report::document(inspection), problems)).unwrap()
}

#[test]
fn damaged_files_say_what_they_are() {
    let zip = portal::group_policy_zip(&ScriptSpec::default());
    check(&[("empty.zip", Vec::new())], &["GW1002"]);
    check(&[("cut.zip", zip[..zip.len() / 2].to_vec())], &["GW1105"]);
    let inspection = check(&[("notes.txt", b"hello".to_vec())], &[]);
    assert_eq!(inspection.items[0].kind.name(), "unknown");
    assert_eq!(inspection.items[0].sha256, Sha256::of(b"hello"));
}

#[test]
fn a_missing_path_is_a_problem_and_the_rest_is_judged() {
    let downloads = Downloads::new(&[(CMD, script(BlobSpec::default()))]);
    let missing = downloads.path().join("missing");
    let inspection = inspect(&[missing, downloads.path().to_owned()], &lab());
    assert_eq!(codes(&inspection), ["GW1001"]);
    assert_eq!(inspection.items.len(), 1);
}

/// A link that the user names is his way to the folder; one that he finds in it may be anybody's.
#[cfg(unix)]
#[test]
fn a_link_is_followed_when_it_was_given_and_not_when_it_was_found() {
    use std::os::unix::fs::symlink;
    let real = Downloads::new(&[(CMD, script(BlobSpec::default()))]);
    let desk = tempfile::tempdir().unwrap();
    let given = desk.path().join("downloads");
    symlink(real.path(), &given).unwrap();
    let inspection = inspect(std::slice::from_ref(&given), &lab());
    assert_eq!(codes(&inspection), [""; 0]);
    let item = inspection.of_role(Role::OnboardingScript).next().unwrap();
    assert_eq!(item.path, given.join(CMD).display().to_string());

    let inspection = inspect(&[desk.path().to_owned()], &lab());
    assert_eq!(codes(&inspection), ["GW1001"]);
    assert!(inspection.items.is_empty());
    let problem = inspection.all_problems().next().unwrap();
    assert!(problem.message.contains("not followed"), "{problem:?}");

    let file = desk.path().join("script.cmd");
    fs::remove_file(&given).unwrap();
    symlink(real.path().join(CMD), file).unwrap();
    let inspection = inspect(&[desk.path().to_owned()], &lab());
    assert_eq!(inspection.of_role(Role::OnboardingScript).count(), 1);
}

#[test]
fn files_that_are_no_packages_stop_nothing_and_are_called_by_their_names() {
    let named = |bytes: &[u8]| (bytes.to_vec(), "a file of no known kind");
    let documents = "signatures of documents are not judged here";
    let old = "programs without a PE header carry no signature";
    let comments = "of signatures in comments only those";
    type Case<'a> = (&'a str, (Vec<u8>, &'a str), &'a str);
    let table: [Case<'_>; 15] = [
        (
            "report.doc",
            (bystanders::compound(Some(bystanders::WORD)), documents),
            "compound",
        ),
        (
            "mail.msg",
            (bystanders::compound(Some(bystanders::MAIL)), documents),
            "compound",
        ),
        (
            "Thumbs.db",
            (bystanders::compound(None), documents),
            "compound",
        ),
        (
            "cut.doc",
            (bystanders::compound_cut(), documents),
            "compound",
        ),
        (
            "update.msp",
            (bystanders::compound(Some(bystanders::PATCH)), ""),
            "a patch",
        ),
        (
            "edit.com",
            (bystanders::dos_program(), old),
            "a program for DOS",
        ),
        (
            "write.exe",
            (bystanders::newer_header(b"NE"), old),
            "a program for 16-bit Windows",
        ),
        (
            "vmm.vxd",
            (bystanders::newer_header(b"LE"), old),
            "a driver",
        ),
        (
            "os2.exe",
            (bystanders::newer_header(b"LX"), old),
            "a program for OS/2",
        ),
        (
            "a.cat",
            (
                bystanders::catalogue(),
                "signatures of catalogues are not judged",
            ),
            "a catalogue",
        ),
        (
            "a.ps1xml",
            (
                b"<!-- SIG # Begin signature block -->\r\n<!-- MII -->\r\n".to_vec(),
                comments,
            ),
            "a script",
        ),
        (
            "a.vbs",
            (b"'' SIG '' Begin signature block\r\n".to_vec(), comments),
            "a script",
        ),
        (".gitkeep", named(b""), "an empty file"),
        (
            "names.txt",
            named(
                &b"MZ is how a program begins, and so may a letter begin that is long enough."
                    .repeat(2),
            ),
            "text",
        ),
        (
            "cab.txt",
            named(
                &b"MSCF begins a cabinet, and so may a letter begin that is long enough.".repeat(2),
            ),
            "text",
        ),
    ];
    for (name, (bytes, why), looks) in table {
        let inspection = check(&[(name, bytes)], &[]);
        let item = &inspection.items[0];
        let Kind::Unknown { looks_like, .. } = &item.kind else {
            panic!("{name}: {:?}", item.kind);
        };
        assert!(
            looks_like.starts_with(looks) || looks_like.contains(looks),
            "{name}: {looks_like}"
        );
        let verdict = item.verdict.to_string();
        assert!(verdict.contains(why), "{name}: {verdict}");
    }
}

#[test]
fn something_else_under_the_name_of_a_package_is_told() {
    let page: &[u8] = b"\xef\xbb\xbf\r\n<!DOCTYPE html><html><title>Sign in</title></html>";
    let saved = b"<!-- saved from url=(0023) -->\n<HTML><head></head></HTML>";
    let table: [(&str, &[u8], &[&str]); 10] = [
        ("WindowsDefenderATPOnboardingPackage.zip", page, &["GW1009"]),
        ("md4ws.msi", saved, &["GW1009"]),
        ("onboard.cmd", page, &["GW1009"]),
        ("DefenderDT.exe", b"%PDF-1.7 and more", &["GW1009"]),
        ("page.html", page, &[]),
        ("mine.cmd", b"@echo off\r\n", &[]),
        ("mine.ps1", b"<# a comment #>\r\n", &[]),
        ("colours.ps1", b"Write-Host '\x1b[31m'\r\n", &[]),
        ("windows11.0-kb1.msu", b"MSWIM\0\0\0\xd0\0\0\0", &[]),
        ("notes.txt", b"hello", &[]),
    ];
    for (name, bytes, codes) in table {
        let inspection = check(&[(name, bytes.to_vec())], codes);
        if bytes == page {
            let text = report::text(&inspection);
            assert!(text.contains("looks     a web page"), "{text}");
        }
    }
}

#[test]
fn packages_that_were_cut_short_are_no_bystanders() {
    let agent = AgentSpec::default().bytes();
    let program = ProgramSpec::platform_update().bytes();
    let table: [(&str, &[u8], &str); 5] = [
        ("md4ws.msi", &agent[..600], "GW1401"),
        ("md4ws.msi", &agent[..agent.len() / 2], "GW1401"),
        ("UpdatePlatform.exe", &program[..50], "GW1403"),
        ("UpdatePlatform.exe", &program[..200], "GW1403"),
        ("UpdatePlatform.exe", b"", "GW1002"),
    ];
    for (name, bytes, code) in table {
        check(&[(name, bytes.to_vec())], &[code]);
    }
}

#[test]
fn items_and_problems_have_one_order_on_every_run() {
    let files: Vec<(String, Vec<u8>)> = (0..40)
        .map(|number| (format!("{number}.txt"), vec![b'x'; number + 1]))
        .collect();
    let files: Vec<(&str, Vec<u8>)> = files.iter().map(|(n, b)| (n.as_str(), b.clone())).collect();
    let downloads = Downloads::new(&files);
    let first = as_json(&downloads.inspect());
    for _ in 0..5 {
        assert_eq!(as_json(&downloads.inspect()), first);
    }
}

#[test]
fn no_output_holds_the_blob() {
    let downloads = Downloads::new(&[
        (CMD, script(BlobSpec::default())),
        ("x.onboarding", BlobSpec::default().json().into_bytes()),
    ]);
    let inspection = downloads.inspect();
    let shown = format!(
        "{inspection:?}{}{}",
        as_json(&inspection),
        report::text(&inspection)
    );
    let document: serde_json::Value = serde_json::from_str(&BlobSpec::default().json()).unwrap();
    for field in ["sig", "cert", "body"] {
        let secret = document[field].as_str().unwrap();
        assert!(!shown.contains(&secret[..60]), "{field}");
    }
}

#[test]
fn the_text_view_answers_what_whose_until_when_and_whether() {
    let downloads = Downloads::new(&[
        ("a.cmd", script(BlobSpec::default())),
        ("b.cmd", script(BlobSpec::offboarding(NOW + 7 * DAY))),
        ("c.msi", AgentSpec::default().bytes()),
        ("d.txt", b"notes".to_vec()),
        ("e.cmd", script(BlobSpec::offboarding(NOW - DAY))),
    ]);
    let text = report::text(&downloads.inspect());
    for expected in [
        "is        onboarding script (Group Policy), version 2.11",
        &format!("tenant    {ORG_ID}"),
        "service   commercial cloud, streamlined connectivity",
        "until     2026-11-29 00:00:00 UTC",
        "platform  4.18.25020.1009",
        "made by   signed by CN=Contoso Lab Code Signing (worthless), O=Contoso Lab (lab root)",
        "usable    yes",
        "usable    no: GW1215",
        "usable    not a payload",
        "5 files; 2 errors",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
}
