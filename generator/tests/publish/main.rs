//! The apply kit: scripts that are well-formed whatever the config says.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests say what went wrong by panicking"
)]

use gangway::publication::kit::{Kit, KitDomain, KitError, KitFile, KitFilter, KitGpo, write};

fn kit() -> Kit {
    let gpo = |name: &str, folder: &str, is_task| KitGpo {
        name: name.to_owned(),
        backup_id: "{11111111-2222-3333-4444-555555555555}".to_owned(),
        folder: folder.to_owned(),
        is_task,
    };
    let domain = |name: &str| KitDomain {
        name: name.to_owned(),
        filter: KitFilter {
            id: "{99999999-2222-3333-4444-555555555555}".to_owned(),
            name: "Gangway: servers".to_owned(),
            description: "Made by Gangway".to_owned(),
            author: "gangway@contoso.com".to_owned(),
            date: "20260131080509.000000-000".to_owned(),
            parm2: "1;3;10;60;WQL;root\\CIMv2;SELECT * FROM a WHERE b = \"3\";".to_owned(),
        },
        gpos: vec![
            gpo("Gangway Settings", "settings", false),
            gpo("Gangway Deploy", "deploy", true),
        ],
    };
    Kit {
        bundle_id: "05b3abf2579a5eb66403cd78be557fd8".to_owned(),
        release_id: "15b3abf2579a5eb66403cd78be557fd8".to_owned(),
        exe_name: "MdeOnboard-05b3abf2579a5eb66403cd78be557fd8.exe".to_owned(),
        share_root: r"\\files.contoso.com\gangway$".to_owned(),
        report_root: Some(r"\\files.contoso.com\gangway-reports$".to_owned()),
        domains: vec![domain("contoso.com"), domain("emea.contoso.com")],
        has_admx: true,
    }
}

/// A kit in which every free text tries to become code.
fn hostile(text: &str) -> Kit {
    let mut kit = kit();
    kit.share_root = format!(r"\\files.contoso.com\{text}");
    kit.report_root = Some(format!(r"\\files.contoso.com\{text}"));
    for domain in &mut kit.domains {
        domain.name = text.to_owned();
        domain.filter.name = text.to_owned();
        domain.filter.description = text.to_owned();
        domain.filter.parm2 = text.to_owned();
        for gpo in &mut domain.gpos {
            gpo.name = text.to_owned();
        }
    }
    kit
}

const HOSTILE: [&str; 7] = [
    "it's",
    "'; Remove-Item C:\\ -Recurse; '",
    "’; exit; ’",
    "$(Get-Date) `n \"x\"",
    "日本 & < > | %PATH%",
    "'@\"@#<##>",
    "a ",
];

#[track_caller]
fn text(files: &[KitFile], name: &str) -> String {
    let file = files.iter().find(|file| file.path.ends_with(name)).unwrap();
    String::from_utf8(file.bytes.clone()).unwrap()
}

/// A script's tree as PowerShell's grammar has it.
fn parse(script: &str) -> tree_sitter::Tree {
    let mut parser = tree_sitter::Parser::new();
    let grammar = tree_sitter_powershell::LANGUAGE.into();
    parser.set_language(&grammar).unwrap();
    parser
        .parse(script.trim_start_matches('\u{FEFF}'), None)
        .unwrap()
}

#[track_caller]
fn assert_parses(script: &str) {
    let tree = parse(script);
    let mut todo = vec![tree.root_node()];
    while let Some(node) = todo.pop() {
        if node.is_error() || node.is_missing() {
            let line = script
                .lines()
                .nth(node.start_position().row)
                .unwrap_or_default();
            panic!("line {}: {line}", node.start_position().row + 1);
        }
        let children = u32::try_from(node.child_count()).unwrap();
        todo.extend((0..children).filter_map(|index| node.child(index)));
    }
}

/// Names of all functions and commands of a script, in order: what it can do.
fn commands(script: &str) -> Vec<String> {
    let script = script.trim_start_matches('\u{FEFF}');
    let tree = parse(script);
    let mut names = Vec::new();
    let mut todo = vec![tree.root_node()];
    while let Some(node) = todo.pop() {
        if matches!(node.kind(), "command_name" | "function_name") {
            names.push(script[node.byte_range()].to_owned());
        }
        let children = u32::try_from(node.child_count()).unwrap();
        todo.extend((0..children).rev().filter_map(|index| node.child(index)));
    }
    names
}

#[test]
fn the_scripts_are_well_formed_powershell() {
    let files = write(&kit()).unwrap();
    for name in ["Publish-Gangway.ps1", "share-acl.ps1"] {
        assert_parses(&text(&files, name));
    }
}

#[test]
fn the_parser_of_these_tests_sees_an_open_quote() {
    let files = write(&kit()).unwrap();
    let script = text(&files, "Publish-Gangway.ps1").replacen("$bundleId = '", "$bundleId = ", 1);
    assert!(parse(&script).root_node().has_error());
}

#[test]
fn no_text_of_a_config_becomes_code() {
    let plain = write(&kit()).unwrap();
    for value in HOSTILE {
        let files = write(&hostile(value)).unwrap();
        for name in ["Publish-Gangway.ps1", "share-acl.ps1"] {
            let script = text(&files, name);
            assert_parses(&script);
            assert_eq!(commands(&script), commands(&text(&plain, name)), "{value}");
        }
    }
}

#[test]
fn windows_scripts_have_a_mark_and_crlf() {
    let files = write(&kit()).unwrap();
    for file in files.iter().filter(|file| file.path.ends_with(".ps1")) {
        assert!(
            file.bytes.starts_with(b"\xEF\xBB\xBF<#\r\n"),
            "{}",
            file.path
        );
        let text = String::from_utf8(file.bytes.clone()).unwrap();
        assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
    }
    let shell = text(&files, "share-acl.sh");
    assert!(shell.starts_with("#!/bin/sh\n") && !shell.contains('\r'));
}

#[test]
fn same_kit_same_bytes() {
    assert_eq!(write(&kit()).unwrap(), write(&kit()).unwrap());
}

#[test]
fn a_line_break_and_a_share_without_a_name_are_refused() {
    assert!(matches!(write(&hostile("a\nb")), Err(KitError::Literal(_))));
    for root in ["", r"\\files.contoso.com", r"C:\share", r"\\\share"] {
        let kit = Kit {
            share_root: root.to_owned(),
            ..kit()
        };
        assert!(matches!(write(&kit), Err(KitError::Share { .. })), "{root}");
    }
}

#[cfg(unix)]
/// Runs the shell script with stand-ins for winbind and samba-tool that print what they are
/// asked.
fn run_share_acl(kit: &Kit, arguments: &[&str], dry_run: bool) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("share-acl.sh");
    std::fs::write(&script, text(&write(kit).unwrap(), "share-acl.sh")).unwrap();
    for (name, body) in [
        ("wbinfo", "echo 'SID : S-1-5-21-1-2-3'"),
        ("samba-tool", "echo \"called samba-tool $3 on $4\""),
        ("mkdir", "echo \"called mkdir $3\""),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
        let mut permissions = std::fs::metadata(&path).unwrap().permissions();
        std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o755);
        std::fs::set_permissions(&path, permissions).unwrap();
    }
    let path = format!("{}:/usr/bin:/bin", folder.path().display());
    let output = std::process::Command::new("sh")
        .arg(&script)
        .args(arguments)
        .env("PATH", path)
        .env("DRY_RUN", if dry_run { "1" } else { "0" })
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    (output.status.success(), text)
}

#[cfg(unix)]
#[test]
fn the_shell_script_gives_computers_of_every_domain_what_they_need_and_no_more() {
    let (good, said) = run_share_acl(&kit(), &["/srv/payloads", "/srv/reports"], false);
    assert!(good, "{said}");
    let groups = |ace: &str| {
        let one = |rid: u32| ace.replace("SID", &format!("S-1-5-21-1-2-3-{rid}"));
        format!("{}{}{}", one(515), one(516), one(521)).repeat(2)
    };
    let base = "O:BAG:BAD:P(A;OICI;FA;;;BA)(A;OICI;FA;;;SY)";
    let payloads = format!("{base}{}", groups("(A;OICI;0x1200a9;;;SID)"));
    let reports = format!(
        "{base}{}(A;OIIO;0x1301bf;;;OW)",
        groups("(A;;0x1000a2;;;SID)")
    );
    for wanted in [
        format!("called samba-tool {payloads} on /srv/payloads\n"),
        format!("called samba-tool {reports} on /srv/reports\n"),
        "[gangway$]\n    path = /srv/payloads\n    read only = yes\n    csc policy = disable\n"
            .to_owned(),
        "[gangway-reports$]\n".to_owned(),
    ] {
        assert!(said.contains(&wanted), "{wanted}\n{said}");
    }
}

#[cfg(unix)]
#[test]
fn a_dry_run_of_the_shell_script_changes_nothing() {
    let (good, said) = run_share_acl(&kit(), &["/srv/payloads"], true);
    assert!(good, "{said}");
    assert!(said.contains("--> samba-tool ntacl set"), "{said}");
    assert!(!said.contains("called samba-tool"), "{said}");
}

#[cfg(unix)]
#[test]
fn no_text_of_a_config_becomes_shell_code() {
    for value in ["it's", "$(touch /tmp/x)", "`id`", "a b; exit 3", "-n"] {
        let (good, said) = run_share_acl(&hostile(value), &["/srv/payloads"], false);
        assert!(good, "{value}: {said}");
        assert!(said.contains(&format!("[{value}]\n")), "{value}: {said}");
    }
}
