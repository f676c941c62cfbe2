//! Whole inspections over sample downloads: one sample, one change, one code.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use gangway_contract::Sha256;
use gangway_contract::manifest::Role;
use gangway_fixtures::agent::AgentSpec;
use gangway_fixtures::blob::{BlobSigning, BlobSpec, ORG_ID, OTHER_ORG_ID};
use gangway_fixtures::script::{ScriptSpec, Variant};
use gangway_fixtures::updates::{ProgramSpec, UpdateSpec};
use gangway_fixtures::{Lab, archive, install_script, portal};

use super::*;

/// 2026-11-22.
const NOW: i64 = 1_795_305_600;
const DAY: i64 = 86_400;

/// Files of one test in a folder of their own.
struct Downloads(tempfile::TempDir);

impl Downloads {
    fn new(files: &[(&str, Vec<u8>)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        Self(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn inspect(&self) -> Inspection {
        self.inspect_with(&lab())
    }

    fn inspect_with(&self, settings: &IntakeSettings) -> Inspection {
        inspect(&[self.path().to_owned()], settings)
    }
}

/// Settings that let the lab stand for Microsoft.
fn lab() -> IntakeSettings {
    IntakeSettings {
        lab_roots: vec![gangway_fixtures::lab::root_der()],
        trust: TrustSettings {
            lab_root_counts_as_microsoft: true,
            signers: lab_signers(),
            ..TrustSettings::default()
        },
        ..IntakeSettings::at(NOW)
    }
}

/// The lab's code signer has its own organisation.
fn lab_signers() -> SignerPolicy {
    let rule = SignerRule {
        organizations: vec!["Contoso Lab".to_owned()],
        ..SignerRule::default()
    };
    SignerPolicy {
        agent: rule.clone(),
        scripts: rule.clone(),
        updates: rule.clone(),
        tools: rule,
    }
}

/// Codes of warnings and errors, without the lab's.
fn codes(inspection: &Inspection) -> Vec<&'static str> {
    let mut codes: Vec<&str> = inspection
        .all_problems()
        .filter(|problem| problem.code.severity != crate::problem::Severity::Note)
        .map(|problem| problem.code.id)
        .filter(|&id| id != codes::LAB_ROOT.id)
        .collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

#[track_caller]
fn check(files: &[(&str, Vec<u8>)], expected: &[&str]) -> Inspection {
    let inspection = Downloads::new(files).inspect();
    let found = codes(&inspection);
    assert_eq!(
        found,
        expected,
        "{:#?}",
        inspection.all_problems().collect::<Vec<_>>()
    );
    inspection
}

fn script(blob: BlobSpec) -> Vec<u8> {
    ScriptSpec::of(blob).bytes()
}

const CMD: &str = "WindowsDefenderATPOnboardingScript.cmd";

#[test]
fn a_portal_zip_gives_script_and_templates() {
    let zip = portal::group_policy_zip(&ScriptSpec::default());
    let inspection = check(&[("package (1).zip", zip)], &[]);
    let names: Vec<(&str, &str)> = inspection
        .items
        .iter()
        .map(|item| (item.path.rsplit('!').next().unwrap(), item.kind.name()))
        .collect();
    assert_eq!(
        names,
        [
            (
                "OptionalParamsPolicy/AtpConfiguration.adml",
                "policy template"
            ),
            (
                "OptionalParamsPolicy/AtpConfiguration.admx",
                "policy template"
            ),
            (CMD, "onboarding script (Group Policy)"),
        ]
    );
    let item = inspection.of_role(Role::OnboardingScript).next().unwrap();
    let Kind::OnboardingScript {
        blob: Some(blob), ..
    } = &item.kind
    else {
        panic!("{:?}", item.kind);
    };
    assert_eq!(blob.org_id.as_str(), ORG_ID);
    assert!(matches!(
        item.verdict,
        Verdict::Valid { lab_root: true, .. }
    ));
}

#[test]
fn entries_open_again_as_the_bytes_that_were_judged() {
    let inner = portal::group_policy_zip(&ScriptSpec::default());
    let outer = archive::zip(&[
        ("readme.txt".to_owned(), b"x".to_vec()),
        ("deep/package.zip".to_owned(), inner),
    ]);
    let downloads = Downloads::new(&[("outer.zip", outer)]);
    let inspection = downloads.inspect();
    let item = inspection.of_role(Role::OnboardingScript).next().unwrap();
    assert!(
        item.path
            .ends_with(&format!("outer.zip!deep/package.zip!{CMD}")),
        "{}",
        item.path
    );
    let mut bytes = Vec::new();
    item.source.open().unwrap().read_to_end(&mut bytes).unwrap();
    assert_eq!(Sha256::of(&bytes), item.sha256);
    assert_eq!(bytes, script(BlobSpec::default()));
}

#[test]
fn a_staged_payload_is_a_copy_under_its_digest_and_nothing_else_is_left() {
    let staging = tempfile::tempdir().unwrap();
    let zip = portal::group_policy_zip(&ScriptSpec::default());
    let downloads = Downloads::new(&[
        ("package.zip", zip),
        ("Install.ps1", install_script::signed()),
        ("notes.txt", b"unknown".to_vec()),
    ]);
    let settings = IntakeSettings {
        staging: Some(staging.path().to_owned()),
        ..lab()
    };
    let inspection = downloads.inspect_with(&settings);
    assert_eq!(codes(&inspection), [""; 0]);
    let mut expected: Vec<PathBuf> = Vec::new();
    for item in &inspection.items {
        match &item.source {
            Source::Staged(path) => {
                assert_eq!(*path, staging.path().join(item.sha256.to_string()));
                assert_eq!(Sha256::of(&fs::read(path).unwrap()), item.sha256);
                expected.push(path.clone());
            }
            _ => assert_eq!(item.kind.role(), None, "{}", item.path),
        }
    }
    assert_eq!(expected.len(), 2);
    assert_eq!(fs::read_dir(staging.path()).unwrap().count(), 2);
}

#[test]
fn every_variant_is_named_by_its_content() {
    let blob = BlobSpec::default;
    let offboarding = || BlobSpec::offboarding(NOW + 7 * DAY);
    let local = |blob| {
        ScriptSpec {
            variant: Variant::Local,
            ..ScriptSpec::of(blob)
        }
        .bytes()
    };
    let table: [(&str, Vec<u8>, &str, &[&str]); 8] = [
        ("a", script(blob()), "onboarding script (Group Policy)", &[]),
        (
            "b",
            local(blob()),
            "onboarding script (single machine)",
            &["GW1201"],
        ),
        ("c", portal::vdi_zip(blob()), "onboarding script (VDI)", &[]),
        (
            "d",
            script(offboarding()),
            "offboarding script (Group Policy)",
            &[],
        ),
        (
            "e",
            local(offboarding()),
            "offboarding script (single machine)",
            &["GW1201"],
        ),
        (
            "f",
            portal::config_manager_zip(&blob()),
            "onboarding file",
            &[],
        ),
        (
            "g",
            portal::config_manager_zip(&offboarding()),
            "offboarding file",
            &[],
        ),
        ("h", install_script::signed(), "agent install script", &[]),
    ];
    for (name, bytes, kind, expected) in table {
        let inspection = check(&[(name, bytes)], expected);
        assert!(
            inspection.items.iter().any(|item| item.kind.name() == kind),
            "{name}: {:?}",
            inspection.items
        );
    }
}

#[test]
fn the_local_script_is_proven_by_its_lines() {
    let bytes = ScriptSpec {
        variant: Variant::Local,
        ..ScriptSpec::default()
    }
    .bytes();
    let text = String::from_utf8(bytes.clone()).unwrap();
    let line = text.lines().position(|line| line == "pause").unwrap() + 1;
    let inspection = check(&[(CMD, bytes)], &["GW1201"]);
    let problem = inspection
        .all_problems()
        .find(|p| p.code.id == "GW1201")
        .unwrap();
    let expected = format!("line {line}: waits for a key (`pause`)");
    assert!(
        problem.evidence.contains(&expected),
        "{:?}",
        problem.evidence
    );
}

#[test]
fn the_blob_matrix_has_a_code_for_each_case() {
    let good = BlobSpec::default();
    let body = good.body();
    let changed = body.replace(ORG_ID, OTHER_ORG_ID);
    let by = |signer: Lab| BlobSpec {
        signing: BlobSigning::by(signer),
        ..BlobSpec::default()
    };
    let with_json = |json: &str| ScriptSpec::default().bytes_with_blob(json);
    let edited = good
        .signing
        .document_with_foreign_signature(&changed, &body);
    let mut mixed: serde_json::Value = serde_json::from_str(&good.json()).unwrap();
    let other: serde_json::Value = serde_json::from_str(&by(Lab::EndedBlob).json()).unwrap();
    mixed["sig"] = other["sig"].clone();
    mixed["sha256sig"] = other["sha256sig"].clone();
    let mut unsigned: serde_json::Value = serde_json::from_str(&good.json()).unwrap();
    unsigned.as_object_mut().unwrap().remove("sha256sig");
    unsigned.as_object_mut().unwrap().remove("sig");
    let mut wrong_chain = BlobSpec::default();
    wrong_chain.signing.chain = vec![Lab::UnrelatedRoot];
    let text = String::from_utf8(script(BlobSpec::default())).unwrap();
    let at = text.find("sha256sig").unwrap() + 40;
    let wrapped = format!("{}\r\n{}", &text[..at], &text[at..]);
    let table: [(&str, Vec<u8>, &str); 15] = [
        ("body changed", with_json(&edited), "GW1206"),
        (
            "signature of another blob",
            with_json(&mixed.to_string()),
            "GW1207",
        ),
        ("no signature", with_json(&unsigned.to_string()), "GW1208"),
        ("other leaf", script(by(Lab::BlobWrongName)), "GW1209"),
        ("wrong chain", script(wrong_chain), "GW1210"),
        ("not Microsoft's", script(by(Lab::UnrelatedBlob)), "GW1211"),
        ("not JSON", with_json("{\"body\":"), "GW1205"),
        ("wrapped", wrapped.into_bytes(), "GW1203"),
        (
            "percent sign",
            text.replace("EastUs3", "%x%").into_bytes(),
            "GW1204",
        ),
        (
            "no blob line",
            text.replace(" add ", " query ").into_bytes(),
            "GW1202",
        ),
        (
            "byte order mark",
            [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
            "GW1218",
        ),
        ("expired", script(BlobSpec::offboarding(NOW - 1)), "GW1215"),
        (
            "two days left",
            script(BlobSpec::offboarding(NOW + 2 * DAY)),
            "GW1216",
        ),
        (
            "far future",
            script(BlobSpec::offboarding(NOW + 400 * DAY)),
            "GW1217",
        ),
        (
            "other value",
            {
                let onboarding = BlobSpec::default().json();
                ScriptSpec::of(BlobSpec::offboarding(NOW + 7 * DAY)).bytes_with_blob(&onboarding)
            },
            "GW1221",
        ),
    ];
    for (name, bytes, code) in table {
        let inspection = Downloads::new(&[(CMD, bytes)]).inspect();
        let found = codes(&inspection);
        assert!(found.contains(&code), "{name}: {found:?}");
        let blob_codes = found
            .iter()
            .filter(|id| ("GW1202".."GW1222").contains(*id))
            .count();
        assert!(blob_codes == 1 || name == "wrapped", "{name}: {found:?}");
    }
}

#[test]
fn a_pinned_tenant_refuses_every_other() {
    let settings = IntakeSettings {
        org_id: Some(OTHER_ORG_ID.parse().unwrap()),
        ..lab()
    };
    let downloads = Downloads::new(&[(CMD, script(BlobSpec::default()))]);
    let inspection = downloads.inspect_with(&settings);
    assert_eq!(codes(&inspection), ["GW1212"]);
    let problem = inspection
        .all_problems()
        .find(|p| p.code.id == "GW1212")
        .unwrap();
    assert_eq!(
        problem.evidence,
        [format!("found `{ORG_ID}`, expected `{OTHER_ORG_ID}`")]
    );
}

#[test]
fn two_tenants_in_one_folder_are_both_shown() {
    let inspection = check(
        &[
            ("a.cmd", script(BlobSpec::default())),
            ("b.cmd", script(BlobSpec::other_tenant())),
        ],
        &["GW1213", "GW1214"],
    );
    let problem = inspection
        .problems
        .iter()
        .find(|p| p.code.id == "GW1213")
        .unwrap();
    let evidence = problem.evidence.join("\n");
    assert!(
        evidence.contains(ORG_ID) && evidence.contains(OTHER_ORG_ID),
        "{evidence}"
    );
    assert!(
        evidence.contains("a.cmd") && evidence.contains("b.cmd"),
        "{evidence}"
    );
}

#[test]
fn two_packages_of_one_tenant_that_differ_are_an_error_and_equal_ones_are_not() {
    let newer = BlobSpec {
        version: "2.12".to_owned(),
        ..BlobSpec::default()
    };
    check(
        &[
            ("a.cmd", script(BlobSpec::default())),
            ("b.cmd", script(newer)),
        ],
        &["GW1214"],
    );
    check(
        &[
            ("a.cmd", script(BlobSpec::default())),
            ("a.zip", portal::group_policy_zip(&ScriptSpec::default())),
        ],
        &[],
    );
}

#[test]
fn without_the_lab_root_nothing_of_the_lab_is_trusted() {
    let downloads = Downloads::new(&[
        (CMD, script(BlobSpec::default())),
        ("Install.ps1", install_script::signed()),
    ]);
    let inspection = downloads.inspect_with(&IntakeSettings::at(NOW));
    assert_eq!(codes(&inspection), ["GW1211", "GW1302"]);
}

#[test]
fn a_lab_root_counts_as_microsoft_only_when_the_config_says_so() {
    let downloads = Downloads::new(&[
        (CMD, script(BlobSpec::default())),
        ("Install.ps1", install_script::signed()),
    ]);
    let mut settings = lab();
    settings.trust.lab_root_counts_as_microsoft = false;
    let inspection = downloads.inspect_with(&settings);
    assert_eq!(codes(&inspection), ["GW1306"]);
    assert!(
        inspection
            .problems
            .iter()
            .any(|p| p.code == &codes::LAB_ROOT)
    );
}

#[test]
fn the_default_policy_wants_microsoft_as_organisation() {
    let downloads = Downloads::new(&[("Install.ps1", install_script::signed())]);
    let mut settings = lab();
    settings.trust.signers = SignerPolicy::default();
    assert_eq!(codes(&downloads.inspect_with(&settings)), ["GW1304"]);
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
fn one_changed_byte_makes_every_signed_kind_invalid() {
    let flip = |mut bytes: Vec<u8>, at: usize| {
        bytes[at] ^= 1;
        bytes
    };
    let script = install_script::signed();
    let text = String::from_utf8(script.clone()).unwrap();
    let comment = text.find("SYNOPSIS").unwrap();
    let program = ProgramSpec::platform_update().bytes();
    let stub = 0x20;
    let update = UpdateSpec::for_2012_r2(2_999_226).bytes();
    let inside = update.len() / 3;
    for (name, bytes) in [
        ("script", flip(script, comment)),
        ("program", flip(program, stub)),
        ("update", flip(update, inside)),
    ] {
        let inspection = Downloads::new(&[("file", bytes)]).inspect();
        assert_eq!(codes(&inspection), ["GW1302"], "{name}");
    }
    let unix = text.replace("\r\n", "\n").into_bytes();
    check(&[("Install.ps1", unix)], &["GW1310"]);
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
        version: "2.12".to_owned(),
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
fn an_agent_in_an_archive_is_judged_and_staged_like_a_file() {
    let staging = tempfile::tempdir().unwrap();
    let agent = AgentSpec {
        padding: 6 << 20,
        ..AgentSpec::default()
    };
    let bytes = agent.bytes();
    let zip = archive::zip(&[("deep/md4ws.msi".to_owned(), bytes.clone())]);
    let settings = IntakeSettings {
        staging: Some(staging.path().to_owned()),
        ..lab()
    };
    let inspection = Downloads::new(&[("a.zip", zip)]).inspect_with(&settings);
    assert_eq!(codes(&inspection), [""; 0]);
    let item = inspection.of_role(Role::Agent).next().unwrap();
    let Source::Staged(path) = &item.source else {
        panic!("{:?}", item.source);
    };
    assert_eq!(fs::read(path).unwrap(), bytes);
    assert_eq!(fs::read_dir(staging.path()).unwrap().count(), 1);
}

#[test]
fn the_repository_archive_gives_the_install_script() {
    let inspection = check(&[("main.zip", install_script::repository_zip())], &[]);
    let item = inspection.of_role(Role::InstallScript).next().unwrap();
    assert!(item.path.ends_with("/Install.ps1"), "{}", item.path);
}

#[test]
fn archives_with_unsafe_entries_give_no_items_at_all() {
    let script = script(BlobSpec::default());
    for (name, code) in [
        ("../x.cmd", "GW1101"),
        ("/x.cmd", "GW1101"),
        ("C:\\x.cmd", "GW1101"),
        ("aux.cmd", "GW1101"),
    ] {
        let zip = archive::zip(&[(name.to_owned(), script.clone())]);
        let inspection = check(&[("a.zip", zip)], &[code]);
        assert_eq!(inspection.items.len(), 1, "{name}");
        assert_eq!(inspection.items[0].kind.role(), None);
    }
    let zip = archive::zip(&[
        ("a.cmd".to_owned(), script.clone()),
        ("A.cmd".to_owned(), script),
    ]);
    check(&[("a.zip", zip)], &["GW1102"]);
}

#[test]
fn archives_are_nested_only_so_deep() {
    let mut zip = portal::group_policy_zip(&ScriptSpec::default());
    for _ in 0..Limits::default().archive_depth {
        zip = archive::zip(&[("a.zip".to_owned(), zip)]);
    }
    check(&[("a.zip", zip)], &["GW1104"]);
}

#[test]
fn the_number_of_files_is_bounded_over_all_archives() {
    let zip = archive::zip(
        &(0..30)
            .map(|number| (format!("{number}.txt"), b"x".to_vec()))
            .collect::<Vec<_>>(),
    );
    let settings = IntakeSettings {
        limits: Limits {
            files: 20,
            ..Limits::default()
        },
        ..lab()
    };
    let inspection = Downloads::new(&[("a.zip", zip)]).inspect_with(&settings);
    assert_eq!(codes(&inspection), ["GW1004"]);
    assert!(inspection.items.len() <= 20);
}

#[test]
fn a_missing_path_is_a_problem_and_the_rest_is_judged() {
    let downloads = Downloads::new(&[(CMD, script(BlobSpec::default()))]);
    let missing = downloads.path().join("missing");
    let inspection = inspect(&[missing, downloads.path().to_owned()], &lab());
    assert_eq!(codes(&inspection), ["GW1001"]);
    assert_eq!(inspection.items.len(), 1);
}

#[test]
fn items_and_problems_have_one_order_on_every_run() {
    let files: Vec<(String, Vec<u8>)> = (0..40)
        .map(|number| (format!("{number}.txt"), vec![b'x'; number + 1]))
        .collect();
    let files: Vec<(&str, Vec<u8>)> = files.iter().map(|(n, b)| (n.as_str(), b.clone())).collect();
    let downloads = Downloads::new(&files);
    let first = report::json(&downloads.inspect());
    for _ in 0..5 {
        assert_eq!(report::json(&downloads.inspect()), first);
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
        report::json(&inspection),
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
    let nested = Downloads::new(&[("source/deep/x.json", b"{}".to_vec())]);
    let settings = IntakeSettings {
        deployment_source: Some(nested.path().join("source")),
        ..lab()
    };
    assert_eq!(codes(&nested.inspect_with(&settings)), ["GW1406"]);
}

#[test]
fn nested_archives_share_one_budget_of_inflated_bytes() {
    // Each layer alone is within the ratio and the bounds of one entry; together they are not.
    let zeros = vec![0u8; 8 << 20];
    let entries: Vec<archive::Entry> = (0..4)
        .map(|number| (format!("{number}.bin"), zeros.clone()))
        .collect();
    let inner = archive::zip(&entries);
    let outer: Vec<archive::Entry> = (0..3)
        .map(|number| (format!("{number}.zip"), inner.clone()))
        .collect();
    let settings = IntakeSettings {
        limits: Limits {
            archive_bytes: 16 << 20,
            ..Limits::default()
        },
        ..lab()
    };
    let inspection = Downloads::new(&[("a.zip", archive::zip(&outer))]).inspect_with(&settings);
    assert_eq!(codes(&inspection), ["GW1104"]);
    assert_eq!(
        inspection.items.len(),
        3,
        "the inner archives, and nothing out of them"
    );
}

#[test]
fn damaged_scripts_and_blobs_are_judged_without_a_panic() {
    let good = script(BlobSpec::default());
    let file = BlobSpec::default().json().into_bytes();
    let settings = lab();
    let (context, _) = recognise::Context::new(&settings);
    for (bytes, step) in [(good, 331), (file, 97)] {
        for at in (0..bytes.len()).step_by(step) {
            let mut flipped = bytes.clone();
            flipped[at] ^= 0x11;
            for damaged in [flipped, bytes[..at].to_vec()] {
                let recognised = text::recognise(&damaged, &context, "file");
                let told = recognised
                    .problems
                    .iter()
                    .any(|problem| problem.code.severity >= crate::problem::Severity::Warning);
                let staged = recognised.kind.role().is_some();
                let shape_only = damaged.len() == bytes.len();
                // A cut file never passes as a good payload without a word.
                assert!(shape_only || !staged || told, "cut at {at}");
            }
        }
    }
}
