//! Portal scripts and blobs: variants, tenants, and a code for each way in which a blob is wrong.

use std::collections::BTreeMap;

use super::*;

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
    let table: [(&str, Vec<u8>, &str); 9] = [
        ("a", script(blob()), "onboarding script (Group Policy)"),
        ("b", local(blob()), "onboarding script (single machine)"),
        ("c", portal::vdi_zip(blob()), "onboarding script (VDI)"),
        (
            "d",
            script(offboarding()),
            "offboarding script (Group Policy)",
        ),
        (
            "e",
            local(offboarding()),
            "offboarding script (single machine)",
        ),
        ("f", portal::config_manager_zip(&blob()), "onboarding file"),
        (
            "g",
            portal::config_manager_zip(&offboarding()),
            "offboarding file",
        ),
        ("h", install_script::signed(), "agent install script"),
        (
            "i",
            portal::local_zip(blob()),
            "onboarding script (single machine)",
        ),
    ];
    for (name, bytes, kind) in table {
        let inspection = check(&[(name, bytes)], &[]);
        assert!(
            inspection.items.iter().any(|item| item.kind.name() == kind),
            "{name}: {:?}",
            inspection.items
        );
    }
}

/// The blob that a server would get, and the role that it fills.
fn payload(inspection: &Inspection) -> (Role, String) {
    let mut usable = inspection.items.iter().filter(|item| item.is_usable());
    let item = usable.find(|item| item.kind.payload().is_some()).unwrap();
    let (role, blob) = item.kind.payload().unwrap();
    (role, blob.expose().to_owned())
}

#[test]
fn every_carrier_gives_the_same_blob() {
    let local = ScriptSpec {
        variant: Variant::Local,
        ..ScriptSpec::default()
    };
    let json = BlobSpec::default().json();
    let escaped = escape_for_cmd(&json);
    let text = String::from_utf8(script(BlobSpec::default())).unwrap();
    let utf16 =
        |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    let table: [(&str, Vec<u8>, &[&str]); 15] = [
        ("a.cmd", text.clone().into_bytes(), &[]),
        ("b.cmd", local.bytes(), &[]),
        (
            "c.zip",
            portal::group_policy_zip(&ScriptSpec::default()),
            &[],
        ),
        ("d.zip", portal::local_zip(BlobSpec::default()), &[]),
        ("e.zip", portal::vdi_zip(BlobSpec::default()), &[]),
        (
            "f.zip",
            portal::config_manager_zip(&BlobSpec::default()),
            &[],
        ),
        ("g.onboarding", json.clone().into_bytes(), &[]),
        (
            "h.onboarding",
            format!("\u{feff}{json}\r\n").into_bytes(),
            &[],
        ),
        (
            "i.reg",
            format!("[HKEY]\r\n\"OnboardingInfo\"=\"{escaped}\"\r\n").into_bytes(),
            &["GW1227"],
        ),
        ("j.cmd", text.replace("\r\n", "\n").into_bytes(), &[]),
        ("k.cmd", format!("\u{feff}{text}").into_bytes(), &["GW1218"]),
        (
            "l.cmd",
            [b"\xFF\xFE".to_vec(), utf16(&text)].concat(),
            &["GW1229"],
        ),
        ("m.cmd", utf16(&text), &["GW1229"]),
        ("n.cmd", format!("{text}\u{1a}").into_bytes(), &["GW1230"]),
        (
            "o.cmd",
            [text.into_bytes(), vec![0; 512]].concat(),
            &["GW1230"],
        ),
    ];
    for (name, bytes, expected) in table {
        let inspection = check(&[(name, bytes)], expected);
        let expected = (Role::OnboardingInfo, json.clone());
        assert_eq!(payload(&inspection), expected, "{name}");
    }
}

#[test]
fn the_signed_body_says_which_way_a_package_goes_not_the_text_around_it() {
    let onboarding = BlobSpec::default().json();
    let offboarding = BlobSpec::offboarding(NOW + 7 * DAY).json();
    let around_offboarding = ScriptSpec::of(BlobSpec::offboarding(NOW + 7 * DAY));
    for (bytes, expected) in [
        (
            ScriptSpec::default().bytes_with_blob(&offboarding),
            (Role::OffboardingInfo, &offboarding),
        ),
        (
            around_offboarding.bytes_with_blob(&onboarding),
            (Role::OnboardingInfo, &onboarding),
        ),
    ] {
        let inspection = Downloads::new(&[(CMD, bytes)]).inspect();
        let (role, blob) = payload(&inspection);
        assert_eq!((role, &blob), expected);
    }
}

#[test]
fn two_blobs_in_one_file_have_to_be_one_and_the_same() {
    let text = String::from_utf8(script(BlobSpec::default())).unwrap();
    let with = |json: &str| format!("{text}rem {}\r\n", escape_for_cmd(json)).into_bytes();
    let plain = |json: &str| format!("{text}rem {json}\r\n").into_bytes();
    let same = BlobSpec::default().json();
    let other = BlobSpec::other_tenant().json();
    let offboarding = BlobSpec::offboarding(NOW + 7 * DAY).json();
    let invented = BlobSpec {
        signing: BlobSigning::by(Lab::UnrelatedBlob),
        ..BlobSpec::other_tenant()
    }
    .json();
    let cut = &other[..other.len() - 20];
    check(&[(CMD, with(&same))], &["GW1227"]);
    check(&[(CMD, plain(&same))], &["GW1227"]);
    check(&[(CMD, with(&other))], &["GW1226", "GW1227"]);
    check(&[(CMD, plain(&other))], &["GW1226", "GW1227"]);
    check(&[(CMD, with(&offboarding))], &["GW1226", "GW1227"]);
    check(&[(CMD, with(&invented))], &["GW1211", "GW1227"]);
    check(&[(CMD, with(cut))], &["GW1203", "GW1227"]);
    // Inside the quotes of the first, too, where a command may stand as well.
    let behind = |more: &str| {
        let whole = String::from_utf8(script(BlobSpec::default())).unwrap();
        let blob = escape_for_cmd(&BlobSpec::default().json());
        vec![(
            CMD,
            whole.replace(&blob, &format!("{blob}{more}")).into_bytes(),
        )]
    };
    check(&behind(&escape_for_cmd(&other)), &["GW1226", "GW1227"]);
    check(&behind("\\\" & calc.exe & \\\""), &["GW1227"]);
}

#[test]
fn a_newer_body_is_told() {
    let newer = BlobSpec {
        version: "2.2".to_owned(),
        ..BlobSpec::default()
    };
    check(&[(CMD, script(newer))], &["GW1228"]);
}

#[test]
fn what_nobody_signed_is_refused() {
    let json = BlobSpec::default().json();
    let more = json.replacen("{\"body\"", "{\"sig\":\"\",\"body\"", 1);
    let twice = ScriptSpec::default().bytes_with_blob(&more);
    check(&[(CMD, twice)], &["GW1205"]);
    let more = json.replacen(",\"cert\"", ",\"note\":1,\"cert\"", 1);
    let more = ScriptSpec::default().bytes_with_blob(&more);
    check(&[(CMD, more)], &["GW1225"]);
}

#[test]
fn the_blob_matrix_has_a_code_for_each_case() {
    let good = BlobSpec::default();
    let body = good.body();
    let changed = body.replace("EastUs3", "WestUs3");
    let by = |signer: Lab| BlobSpec {
        signing: BlobSigning::by(signer),
        ..BlobSpec::default()
    };
    let with_json = |json: &str| ScriptSpec::default().bytes_with_blob(json);
    let edited = good
        .signing
        .document_with_foreign_signature(&changed, &body);
    let mut mixed: serde_json::Value = serde_json::from_str(&good.json()).unwrap();
    let other: serde_json::Value = serde_json::from_str(&by(Lab::Blob2023).json()).unwrap();
    mixed["sig"] = other["sig"].clone();
    mixed["sha256sig"] = other["sha256sig"].clone();
    // The same certificate's signature of another tenant's blob, in one of two fields.
    let mut swapped: serde_json::Value = serde_json::from_str(&good.json()).unwrap();
    let theirs: serde_json::Value = serde_json::from_str(&BlobSpec::other_tenant().json()).unwrap();
    swapped["sha256sig"] = theirs["sha256sig"].clone();
    let mut unsigned: serde_json::Value = serde_json::from_str(&good.json()).unwrap();
    unsigned.as_object_mut().unwrap().remove("sha256sig");
    unsigned.as_object_mut().unwrap().remove("sig");
    let mut wrong_chain = BlobSpec::default();
    wrong_chain.signing.chain = vec![Lab::UnrelatedRoot];
    let text = String::from_utf8(script(BlobSpec::default())).unwrap();
    let at = text.find("sha256sig").unwrap() + 40;
    let wrapped = format!("{}\r\n{}", &text[..at], &text[at..]);
    let table: [(&str, Vec<u8>, &str); 17] = [
        ("unknown issuer", script(by(Lab::UnanchoredBlob)), "GW1231"),
        ("body changed", with_json(&edited), "GW1206"),
        (
            "signature of another blob",
            with_json(&mixed.to_string()),
            "GW1207",
        ),
        (
            "signature of another blob by the same certificate",
            with_json(&swapped.to_string()),
            "GW1207",
        ),
        ("no signature", with_json(&unsigned.to_string()), "GW1208"),
        ("other leaf", script(by(Lab::BlobWrongName)), "GW1209"),
        ("wrong chain", script(wrong_chain), "GW1210"),
        ("not Microsoft's", script(by(Lab::UnrelatedBlob)), "GW1211"),
        (
            "body not JSON",
            with_json(&good.signing.document("{")),
            "GW1205",
        ),
        ("wrapped", wrapped.into_bytes(), "GW1203"),
        (
            "another byte inside",
            text.replace("sha256sig\\\":", "sha256sig\\\";")
                .into_bytes(),
            "GW1204",
        ),
        (
            "no blob",
            text.replace("\\\"body\\\"", "").into_bytes(),
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
            "tenant mismatch",
            script(BlobSpec::other_tenant()),
            "GW1212",
        ),
    ];
    // The one tenant that this organisation has.
    let settings = IntakeSettings {
        org_id: Some(ORG_ID.parse().unwrap()),
        ..lab()
    };
    let mut of_code: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, _, code) in &table {
        of_code.entry(code).or_default().push(name);
    }
    let shared = of_code.values().filter(|names| names.len() > 1).count();
    assert_eq!(
        shared, 1,
        "only two ways to one fault share a code: {of_code:?}"
    );
    for (name, bytes, code) in table {
        let inspection = Downloads::new(&[(CMD, bytes)]).inspect_with(&settings);
        let found = codes(&inspection);
        assert!(found.contains(&code), "{name}: {found:?}");
        let blob_codes = found
            .iter()
            .filter(|id| ("GW1202".."GW1227").contains(*id) || **id == "GW1231")
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
        version: "2.1".to_owned(),
        ..BlobSpec::default()
    };
    let inspection = check(
        &[
            ("a.cmd", script(BlobSpec::default())),
            ("b.cmd", script(newer)),
            ("c.cmd", script(BlobSpec::default())),
        ],
        &["GW1214"],
    );
    assert_eq!(
        inspection.problems[0].message,
        "2 different blobs compete for one place"
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
fn damaged_scripts_and_blobs_are_judged_without_a_panic() {
    let good = script(BlobSpec::default());
    let file = BlobSpec::default().json().into_bytes();
    let settings = lab();
    let (context, _) = context::Context::new(&settings);
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

#[test]
fn a_blob_for_a_kind_of_device_is_linuxs_unless_a_windows_script_carries_it() {
    let spec = || BlobSpec {
        extra: vec![("deviceType".to_owned(), "Server".into())],
        ..BlobSpec::default()
    };
    let wrapped = serde_json::json!({ "onboardingInfo": spec().json() }).to_string();
    for (name, bytes) in [
        ("mdatp_onboard.json", wrapped.into_bytes()),
        ("WindowsDefenderATP.onboarding", spec().json().into_bytes()),
    ] {
        let inspection = Downloads::new(&[(name, bytes)]).inspect_with(&lab());
        assert_eq!(codes(&inspection), ["GW1005"], "{name}");
    }
    let inspection = Downloads::new(&[(CMD, script(spec()))]).inspect_with(&lab());
    assert_eq!(codes(&inspection), Vec::<&str>::new());
}
