//! Bad input: one clear error each, nothing written.

use gangway_contract::Sha256;
use gangway_fixtures::Lab;
use gangway_fixtures::agent::AgentSpec;
use gangway_fixtures::archive;
use gangway_fixtures::blob::BlobSpec;
use gangway_fixtures::portal;
use gangway_fixtures::revocation::RevocationSpec;
use gangway_fixtures::script::{ScriptSpec, Variant};

use super::desk::{Desk, NOW};

/// Builds after one change to a good desk and expects the error and an untouched folder.
#[track_caller]
fn check(change: impl FnOnce(&Desk), code: i32, texts: &[&str]) {
    let desk = Desk::with_downloads();
    change(&desk);
    desk.build().fails_with(code, texts);
    assert!(!desk.path("out").exists(), "nothing is written");
    let left: Vec<String> = std::fs::read_dir(desk.path(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with('.'))
        .collect();
    assert!(left.is_empty(), "nothing is left behind: {left:?}");
}

#[test]
fn an_empty_file() {
    check(
        |desk| desk.put("downloads/md4ws.msi", b""),
        1,
        &["md4ws.msi", "empty"],
    );
}

/// A pipe keeps whoever opens it waiting until somebody writes.
#[cfg(unix)]
fn pipe(desk: &Desk, name: &str) {
    let made = std::process::Command::new("mkfifo")
        .arg(desk.path(name))
        .status()
        .unwrap();
    assert!(made.success());
}

#[test]
#[cfg(unix)]
fn a_pipe_among_the_downloads() {
    check(
        |desk| pipe(desk, "downloads/md4ws.exe"),
        3,
        &["GW1001", "md4ws.exe", "no plain file"],
    );
}

#[test]
#[cfg(unix)]
fn a_pipe_among_reports_and_policies() {
    let desk = Desk::empty();
    std::fs::create_dir(desk.path("reports")).unwrap();
    pipe(&desk, "reports/srv1.json");
    desk.run(&["report", "reports"])
        .fails_with(3, &["no plain file", "no report that counts"]);
    desk.leave_report();
    let session = desk.run(&["report", "reports", "--as-of", NOW]);
    session.succeeds();
    assert!(session.err.contains("no plain file"), "{}", session.err);
    pipe(&desk, "reports/Registry.pol");
    desk.run(&["lint", "reports"])
        .fails_with(1, &["GW2115", "Registry.pol"]);
}

/// Every file that a command line or a config names, as a pipe: refused at once, because nobody
/// ever writes to it.
#[test]
#[cfg(unix)]
fn a_pipe_in_the_place_of_any_file() {
    type Change = fn(&Desk);
    let common = &["build", "--out", "out", "--as-of", NOW][..];
    let build = &[common, &["--stub", "stub.exe"]].concat()[..];
    let table: [(&str, Vec<&str>, Change); 8] = [
        ("gangway.toml", build.to_vec(), |desk| {
            std::fs::remove_file(desk.path("gangway.toml")).unwrap();
        }),
        ("gangway.lock", build.to_vec(), |_| {}),
        (
            "pipe.exe",
            [common, &["--stub", "pipe.exe"]].concat(),
            |_| {},
        ),
        (
            "pipe.crl",
            vec!["inspect", "downloads", "--crl", "pipe.crl"],
            |_| {},
        ),
        ("pipe.pem", build.to_vec(), |desk| {
            desk.change_config("[trust]", "[trust]\nrevocation_lists = [\"pipe.pem\"]");
        }),
        ("pipe.key", build.to_vec(), |desk| {
            desk.change_config(
                "[trust]",
                "[onboard.monitoring_agent]\nworkspace = \"6b2f6a51-0c53-4d0e-9e0b-c0570500ab1e\"\n\
                 key_file = \"pipe.key\"\n[trust]",
            );
        }),
        (
            "servers.csv",
            vec!["report", "downloads", "--expected", "servers.csv"],
            |_| {},
        ),
        (
            "password",
            vec![
                "publish",
                "gpo",
                "out",
                "--user",
                "a@contoso.com",
                "--password-file",
                "password",
                "--allow-unsigned",
                "--as-of",
                NOW,
            ],
            |desk| {
                desk.build().succeeds();
            },
        ),
    ];
    for (name, arguments, change) in table {
        let desk = Desk::with_downloads();
        change(&desk);
        pipe(&desk, name);
        let session = desk.run(&arguments);
        assert!(
            session.err.contains("no plain file") && session.err.contains(name),
            "{name}: {}",
            session.err
        );
        assert!(!session.err.contains("defect"), "{}", session.err);
    }
}

#[test]
fn a_sparse_giant_among_the_downloads() {
    let change = |desk: &Desk| {
        let file = std::fs::File::create(desk.path("downloads/giant.msu")).unwrap();
        file.set_len(200 << 30).unwrap();
    };
    check(change, 1, &["GW1007", "giant.msu", "214748364800 bytes"]);
}

#[test]
fn a_giant_in_the_place_of_a_small_file_says_its_limit() {
    for (name, limit) in [("gangway.toml", "1048576"), ("gangway.lock", "16777216")] {
        let desk = Desk::with_downloads();
        let file = std::fs::File::create(desk.path(name)).unwrap();
        file.set_len(200 << 30).unwrap();
        let session = desk.build();
        assert!(session.err.contains(limit), "{name}: {}", session.err);
    }
}

#[test]
fn a_truncated_agent_package() {
    let change = |desk: &Desk| {
        let whole = AgentSpec::default().bytes();
        desk.put("downloads/md4ws.msi", &whole[..whole.len() / 2]);
    };
    check(change, 1, &["error GW1", "md4ws.msi"]);
}

#[test]
fn an_archive_with_an_entry_that_climbs_out() {
    let change = |desk: &Desk| {
        let entries = [(
            "../WindowsDefenderATPOnboardingScript.cmd".to_owned(),
            b"x".to_vec(),
        )];
        desk.put("downloads/other.zip", &archive::zip(&entries));
    };
    check(change, 1, &["error GW1", "other.zip", "../"]);
}

#[test]
fn a_script_that_shall_run_and_that_nobody_accepted() {
    let change = |desk: &Desk| {
        desk.change_config("[signing]", "[onboard]\napply = \"script\"\n\n[signing]");
    };
    let digest = Sha256::of(&ScriptSpec::default().bytes()).to_string();
    let known = "without its blob it is a known script: sample onboarding";
    check(change, 1, &["error GW3022", &digest, known]);
}

#[test]
fn an_edited_script_that_shall_run() {
    let change = |desk: &Desk| {
        let script = ScriptSpec::default().bytes();
        let edited = [&script, b"start C:\\x.exe\r\n".as_slice()].concat();
        desk.put("downloads/WindowsDefenderATPOnboardingPackage.zip", &edited);
        desk.change_config("[signing]", "[onboard]\napply = \"script\"\n\n[signing]");
    };
    check(
        change,
        1,
        &["error GW3022", "1 of its lines", "`start C:\\x.exe`"],
    );
}

#[test]
fn an_accepted_script_that_waits_for_a_person() {
    let change = |desk: &Desk| {
        let script = ScriptSpec {
            variant: Variant::Local,
            ..ScriptSpec::default()
        };
        let zip = portal::local_zip(BlobSpec::default());
        desk.put("downloads/WindowsDefenderATPOnboardingPackage.zip", &zip);
        let digest = Sha256::of(&script.bytes());
        let section =
            format!("[onboard]\napply = \"script\"\naccept_scripts = [\"{digest}\"]\n\n[signing]");
        desk.change_config("[signing]", &section);
    };
    check(
        change,
        1,
        &["error GW3023", "waits for answers", "Group Policy"],
    );
}

#[test]
fn two_tenants_in_one_folder() {
    let change = |desk: &Desk| {
        let zip = portal::group_policy_zip(&ScriptSpec::of(BlobSpec::other_tenant()));
        desk.put("downloads/second.zip", &zip);
    };
    let default = BlobSpec::default().org_id;
    let other = BlobSpec::other_tenant().org_id;
    check(change, 1, &["error GW1", default.as_str(), other.as_str()]);
}

#[test]
fn an_unknown_config_key() {
    let change = |desk: &Desk| desk.change_config("dns_name", "dnsname");
    check(change, 2, &["gangway.toml", "did you mean `dns_name`"]);
}

#[test]
fn a_config_key_of_another_table() {
    let change =
        |desk: &Desk| desk.change_config("[trust]", "[rollout]\nmode = \"onboard\"\n[trust]");
    check(
        change,
        2,
        &["gangway.toml", "hint: `mode` belongs to `[onboard]`"],
    );
}

#[test]
fn a_config_that_is_no_text() {
    let change = |desk: &Desk| desk.put("gangway.toml", b"\xFF\xFEo");
    check(change, 2, &["gangway.toml", "UTF-8", "hint:"]);
}

#[test]
fn a_config_that_is_not_there() {
    let desk = Desk::empty();
    for command in [["build", "--out"].as_slice(), &["sign"]] {
        let arguments = [command, &["out", "--config", "absent.toml"]].concat();
        desk.run(&arguments)
            .fails_with(3, &["read config `absent.toml`", "hint: `--config FILE`"]);
    }
}

#[test]
fn an_archive_that_holds_nothing() {
    let change = |desk: &Desk| desk.put("downloads/md4ws.zip", &archive::zip(&[]));
    check(change, 1, &["error GW1002", "md4ws.zip", "holds no file"]);
}

#[test]
fn paths_that_are_not_there_or_hold_something_else() {
    let desk = Desk::empty();
    desk.put("notes.txt", b"hello");
    for (arguments, code, texts) in [
        (["report", "absent"].as_slice(), 3, ["`absent`", "hint:"]),
        (
            &["report", ".", "--expected", "absent.csv"],
            3,
            ["`absent.csv`", "hint:"],
        ),
        (&["lint", "absent"], 3, ["`absent`", "hint:"]),
        (
            &["lint", "notes.txt"],
            3,
            ["`notes.txt`", "hint: name a bundle"],
        ),
        (&["diff", "absent", "."], 3, ["`absent`", "hint:"]),
        (&["verify", "absent"], 3, ["`absent`", "hint:"]),
        (
            &["init", "notes.txt"],
            3,
            ["`notes.txt`", "hint: name a new file"],
        ),
        (&["explain", "GW9999"], 2, ["`GW9999`", "hint:"]),
    ] {
        desk.run(arguments).fails_with(code, &texts);
    }
}

#[test]
fn an_output_that_is_a_file() {
    let desk = Desk::with_downloads();
    desk.put("out", b"x");
    desk.build().fails_with(3, &["out` is no folder", "hint:"]);
}

#[test]
fn a_signing_program_that_is_not_there() {
    let desk = Desk::with_downloads();
    desk.change_config(
        "[signing]",
        "[signing]\ncommand = [\"no-such-signer\", \"{file}\"]",
    );
    desk.build().succeeds();
    desk.run(&["sign", "out"])
        .fails_with(3, &["`no-such-signer`", "hint:", "`signing.command`"]);
}

#[test]
fn a_stub_that_is_none() {
    check(
        |desk| desk.put("stub.exe", b"MZ"),
        1,
        &["stub.exe", "marker", "hint:"],
    );
}

#[test]
fn a_root_that_is_no_certificate() {
    check(|desk| desk.put("root.pem", b"hello"), 2, &["root.pem"]);
}

/// Each at the key and the line that name it, whichever command needs it.
#[test]
fn a_file_of_the_config_that_is_not_there_or_something_else() {
    let agent = "[onboard.monitoring_agent]\nworkspace = \"8d5f3c2e-1111-4c1b-9a55-0c5f6d7e8f90\"\n\
                 key_file = \"absent\"\n[trust]";
    for (key, from, to) in [
        (
            "signing.roots",
            "[signing]\nroots = [\"root.pem\"]\n",
            "[signing]\nroots = [\"root.pem\",\n\"absent\"]\n",
        ),
        (
            "trust.lab_roots",
            "lab_roots = [\"root.pem\"]",
            "lab_roots = [\n\"root.pem\",\n\"absent\"]",
        ),
        (
            "trust.blob_roots",
            "[trust]",
            "[trust]\nblob_roots = [\"absent\"]",
        ),
        (
            "trust.revocation_lists",
            "[trust]",
            "[trust]\nrevocation_lists = [\"absent\"]",
        ),
        ("onboard.monitoring_agent.key_file", "[trust]", agent),
    ] {
        let desk = Desk::with_downloads();
        desk.change_config(from, to);
        let text = std::fs::read_to_string(desk.path("gangway.toml")).unwrap();
        let line = 1 + text
            .lines()
            .position(|line| line.contains("absent"))
            .unwrap();
        let place = format!("`gangway.toml`, line {line}: `{key}` names `absent`: ");
        desk.build().fails_with(
            3,
            &[&place, "hint: put the file there", &format!("`{key}`")],
        );
        desk.put("absent", b"hello");
        desk.build()
            .fails_with(2, &[&place, "hint:", "files that hold"]);
    }
}

#[test]
fn a_stub_of_the_config_that_is_not_there_is_told_at_its_line() {
    let desk = Desk::with_downloads();
    desk.change_config("[signing]", "[bootstrap]\nstub = \"absent\"\n[signing]");
    let told = [
        ": `bootstrap.stub` names `absent`: ",
        "hint: put the file there",
        "`gangway-runner.exe`",
    ];
    desk.run(&["build", "--out", "out", "--as-of", NOW])
        .fails_with(3, &told);
    desk.build().succeeds();
}

#[test]
fn a_root_of_the_config_is_told_by_every_command_that_judges_by_it() {
    let desk = Desk::with_downloads();
    desk.build().succeeds();
    std::fs::remove_file(desk.path("root.pem")).unwrap();
    let config = ["--config", "gangway.toml"];
    for command in [
        &["verify", "out"][..],
        &["sign", "out"],
        &["lock", "--from", "out"],
        &["package", "out", "--allow-unsigned"],
    ] {
        let session = desk.run(&[command, &config].concat());
        session.fails_with(
            3,
            &["`signing.roots` names `root.pem`", "hint: put the file"],
        );
    }
    desk.run(&["verify", "out", "--root", "gone.pem"])
        .fails_with(3, &["root certificate `gone.pem`", "`--root`"]);
}

#[test]
fn a_signer_that_a_given_list_revokes() {
    let desk = Desk::with_downloads();
    let revoking = RevocationSpec::of(Lab::CodeCa).revoking(Lab::Code, "260301000000Z");
    desk.put("revoked.crl", &revoking.bytes());
    let inspect = [
        "inspect",
        "downloads",
        "--config",
        "gangway.toml",
        "--as-of",
        NOW,
    ];
    assert_eq!(desk.run(&inspect).code, 0);
    let with_list = [inspect.as_slice(), &["--crl", "revoked.crl"]].concat();
    desk.run(&with_list)
        .fails_with(1, &["error GW1302", "Install.ps1", "revoked"]);

    desk.change_config("[trust]", "[trust]\nrevocation_lists = [\"revoked.crl\"]");
    desk.run(&inspect)
        .fails_with(1, &["error GW1302", "revoked"]);
    desk.build().fails_with(1, &["error GW1302", "revoked"]);

    desk.put("revoked.crl", b"hello");
    desk.run(&inspect)
        .fails_with(2, &["revocation list", "revoked.crl", "hint:"]);
}
