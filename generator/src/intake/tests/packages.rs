//! Installer packages, updates and tools.

use gangway_fixtures::archive;

use super::*;

#[test]
fn packages_updates_and_tools_are_recognised_with_their_versions() {
    let update = UpdateSpec::for_2012_r2(2_999_226);
    let inspection = check(
        &[
            ("1", AgentSpec::default().bytes()),
            ("2", ProgramSpec::platform_update().bytes()),
            ("3", ProgramSpec::sensor_update().bytes()),
            ("4", update.bytes()),
            ("5", ProgramSpec::deployment_tool().bytes()),
            ("6", ProgramSpec::monitoring_agent().bytes()),
            ("7", gangway_fixtures::updates::analyzer_zip()),
            ("8", install_script::signed()),
        ],
        &[],
    );
    let found: Vec<(&str, Option<&str>)> = inspection
        .items
        .iter()
        .map(|item| (item.kind.name(), item.kind.version()))
        .collect();
    assert_eq!(
        found,
        [
            ("unified agent", Some("4.18.25020.1009")),
            ("antivirus platform update", Some("4.18.25020.1009")),
            ("sensor update", Some("10.8760.27617.1006")),
            ("Windows update", None),
            ("deployment tool", Some("1.0.0.6")),
            ("monitoring agent (retired)", Some("10.20.18029.0")),
            ("client analyzer", None),
            ("agent install script", Some("1.20260302.0")),
        ]
    );
    for item in &inspection.items {
        let signed = matches!(
            item.verdict,
            Verdict::Valid {
                signed_at: Some(_),
                ..
            }
        );
        assert!(
            signed || matches!(item.kind, Kind::Analyzer { .. }),
            "{item:?}"
        );
    }
    assert_eq!(
        inspection.items[0].kind,
        Kind::Agent {
            product_name: "Microsoft Defender for Endpoint".to_owned(),
            version: "4.18.25020.1009".to_owned(),
            product_code: AgentSpec::default().product_code(),
            platform_version: Some("4.18.25020.1009".to_owned()),
            architecture: Architecture::X64,
        }
    );
    assert_eq!(
        inspection.items[3].kind,
        Kind::Hotfix {
            kb: "KB2999226".to_owned(),
            system: "Windows8.1".to_owned(),
            architecture: Architecture::X64,
        }
    );
}

#[test]
fn packages_that_are_wrong_have_a_code_each() {
    let agent = AgentSpec::default().bytes();
    let of_arm = AgentSpec {
        platform: "Arm64".to_owned(),
        ..AgentSpec::default()
    };
    let of_another_product = AgentSpec {
        product_name: "Contoso Agent".to_owned(),
        ..AgentSpec::default()
    };
    let unsigned = AgentSpec {
        signing: None,
        ..AgentSpec::default()
    };
    let old = ProgramSpec::monitoring_agent().of_version([10, 20, 18001, 0]);
    let update = UpdateSpec::for_2012_r2(2_999_226);
    let of_x86 = UpdateSpec {
        architecture: "x86",
        ..update.clone()
    };
    let program = ProgramSpec::platform_update().bytes();
    let table: [(&str, Vec<u8>, &[&str]); 9] = [
        (
            "truncated agent",
            agent[..agent.len() / 2].to_vec(),
            &["GW1401"],
        ),
        ("agent for Arm", of_arm.bytes(), &["GW1402"]),
        ("another product", of_another_product.bytes(), &[]),
        ("unsigned agent", unsigned.bytes(), &["GW1301"]),
        ("old monitoring agent", old.bytes(), &["GW1404"]),
        ("update for x86", of_x86.bytes(), &["GW1402"]),
        (
            "truncated update",
            update.bytes()[..60].to_vec(),
            &["GW1403"],
        ),
        ("truncated program", program[..200].to_vec(), &["GW1403"]),
        ("headerless program", b"MZ".to_vec(), &["GW1403"]),
    ];
    for (name, bytes, expected) in table {
        let inspection = Downloads::new(&[("file", bytes)]).inspect();
        assert_eq!(codes(&inspection), expected, "{name}");
    }
}

#[test]
fn two_agents_compete_and_two_hotfixes_do_not() {
    let older = AgentSpec {
        version: [4, 18, 23050, 5],
        ..AgentSpec::default()
    };
    check(
        &[
            ("a.msi", AgentSpec::default().bytes()),
            ("b.msi", older.bytes()),
        ],
        &["GW1501"],
    );
    check(
        &[
            ("a.msu", UpdateSpec::for_2012_r2(2_999_226).bytes()),
            ("b.msu", UpdateSpec::for_2012_r2(3_045_999).bytes()),
            ("c.msu", UpdateSpec::for_2008_r2(3_045_999).bytes()),
        ],
        &[],
    );
    let newer = BlobSpec {
        version: "2.1".to_owned(),
        ..BlobSpec::default()
    };
    check(
        &[
            ("a.onboarding", BlobSpec::default().json().into_bytes()),
            ("b.onboarding", newer.json().into_bytes()),
        ],
        &["GW1501"],
    );
}

#[test]
fn what_closed_networks_miss_is_told_with_its_download() {
    let evidence = |files: &[(&str, Vec<u8>)], code: &str| -> String {
        let inspection = Downloads::new(files).inspect();
        let found = inspection.all_problems().find(|p| p.code.id == code);
        found
            .map(|problem| problem.evidence.join("\n"))
            .unwrap_or_default()
    };
    let agent = || ("md4ws.msi", AgentSpec::default().bytes());
    let platform = |number| {
        let spec = ProgramSpec::platform_update().of_version(number);
        ("UpdatePlatform.exe", spec.bytes())
    };
    let alone = evidence(&[agent()], "GW1701");
    assert!(
        alone.contains("4.18.25020.1009") && alone.contains("linkid=870379"),
        "{alone}"
    );
    let old = evidence(&[agent(), platform([4, 18, 2102, 3])], "GW1702");
    assert!(old.contains("found 4.18.2102.3"), "{old}");
    let good = [agent(), platform([4, 18, 26080, 3])];
    assert_eq!(evidence(&good, "GW1701") + &evidence(&good, "GW1702"), "");
    let hotfix = ("a.msu", UpdateSpec::for_2012_r2(2_999_226).bytes());
    let missing = evidence(&[agent(), hotfix], "GW1703");
    assert!(
        missing.contains("KB3080149") && missing.contains("KB3045999"),
        "{missing}"
    );
    assert!(!missing.contains("KB2999226"), "{missing}");
}

#[test]
fn files_of_the_staged_tool_folder_are_payloads_by_their_place() {
    let tool = |number| ProgramSpec::deployment_tool().of_version(number).bytes();
    let downloads = Downloads::new(&[
        ("DefenderDT.exe", tool([1, 0, 0, 6])),
        ("source/agent-x64.exe", tool([10, 8804, 1, 1])),
        ("source/list.json", b"{}".to_vec()),
        ("DefenderDTconfig.txt", b"settings".to_vec()),
    ]);
    let settings = IntakeSettings {
        deployment_source: Some(downloads.path().join("source")),
        ..lab()
    };
    let inspection = downloads.inspect_with(&settings);
    assert_eq!(codes(&inspection), ["GW1407"]);
    let names: Vec<&str> = inspection
        .items
        .iter()
        .filter_map(|item| match &item.kind {
            Kind::DeploymentToolFile { name } => Some(name.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(names, ["agent-x64.exe", "list.json"]);
    let beside = Downloads::new(&[("source/WindowsDefenderATP.onboarding", b"{}".to_vec())]);
    let settings = IntakeSettings {
        deployment_source: Some(beside.path().join("source")),
        ..lab()
    };
    let inspection = beside.inspect_with(&settings);
    let is_payload = |item: &Item| matches!(item.kind, Kind::DeploymentToolFile { .. });
    assert!(!inspection.items.iter().any(is_payload), "a blob is judged");
    let nested = Downloads::new(&[("source/deep/x.json", b"{}".to_vec())]);
    let settings = IntakeSettings {
        deployment_source: Some(nested.path().join("source")),
        ..lab()
    };
    assert_eq!(codes(&nested.inspect_with(&settings)), ["GW1406"]);
}

#[test]
fn an_analyzer_of_somebody_else_is_told_file_by_file() {
    let archive = archive::zip(&[
        (
            "MDEClientAnalyzer.cmd".to_owned(),
            b"@echo off\r\n".to_vec(),
        ),
        (
            "MDEClientAnalyzer.ps1".to_owned(),
            b"Write-Host 'unsigned'\r\n".to_vec(),
        ),
        ("Tools/a.exe".to_owned(), b"MZ not a program".to_vec()),
        ("Tools/readme.txt".to_owned(), b"text".to_vec()),
    ]);
    let inspection = check(&[("MDEClientAnalyzer.zip", archive)], &["GW1408"]);
    let problem = inspection.all_problems().next().unwrap();
    assert_eq!(problem.evidence.len(), 2, "{:?}", problem.evidence);
    assert!(problem.evidence[0].starts_with("`MDEClientAnalyzer.ps1`: "));
    assert!(problem.evidence[1].starts_with("`Tools/a.exe`: "));
}
