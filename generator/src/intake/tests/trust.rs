//! Whom the settings trust, and what that makes of a signature.

use gangway_fixtures::authenticode::{MsiSigned, Signature, sign_pe};
use gangway_fixtures::pe::Version;
use gangway_fixtures::revocation::RevocationSpec;

use super::*;

#[test]
fn without_the_lab_root_nothing_of_the_lab_is_trusted() {
    let downloads = Downloads::new(&[
        (CMD, script(BlobSpec::default())),
        ("Install.ps1", install_script::signed()),
    ]);
    let inspection = downloads.inspect_with(&IntakeSettings::at(NOW));
    assert_eq!(codes(&inspection), ["GW1231", "GW1302"]);
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
fn a_pinned_root_counts_under_a_lab_root_that_stands_for_microsofts_too() {
    let downloads = Downloads::new(&[
        (CMD, script(BlobSpec::default())),
        ("Install.ps1", install_script::signed()),
    ]);
    let mut settings = lab();
    settings.trust.signers.scripts.roots = vec!["0".repeat(64)];
    let inspection = downloads.inspect_with(&settings);
    assert_eq!(codes(&inspection), ["GW1304"]);
    let root = Sha256::of(&Lab::Root.certificate_der()).to_string();
    settings.trust.signers.scripts.roots = vec![root];
    let inspection = downloads.inspect_with(&settings);
    assert_eq!(codes(&inspection), [""; 0]);
}

/// A package that a new authority of Microsoft's could have signed.
fn of_unknown_issuer() -> Vec<u8> {
    script(BlobSpec::signed_by(Lab::UnanchoredBlob))
}

#[test]
fn an_unknown_issuer_is_told_with_the_chain_and_what_to_do() {
    let inspection = check(&[(CMD, of_unknown_issuer())], &["GW1231"]);
    let problem = inspection
        .all_problems()
        .find(|problem| problem.code.id == "GW1231")
        .unwrap();
    for part in [
        "Defender portal",
        "pkiops/docs/repository.htm",
        "blob_roots",
    ] {
        assert!(
            problem.next_action.contains(part),
            "{}",
            problem.next_action
        );
    }
    let digest = |identity: Lab| Sha256::of(&identity.certificate_der());
    let expected = [
        "the issuer is not known: the chain ends at `CN=Fabrikam Lab Root (worthless\\, tests only), \
         O=Fabrikam Lab`, which is not a trusted root"
            .to_owned(),
        format!(
            "certificate 1: `CN=m365doop-Seville.Windows.com`, issued by `CN=Contoso Lab TLS CA \
             2026 (worthless), O=Microsoft Corporation, C=US`, until 2026-10-03 00:00:00 UTC, \
             SHA-256 {}",
            digest(Lab::UnanchoredBlob)
        ),
        format!(
            "certificate 2: `CN=Contoso Lab TLS CA 2026 (worthless), O=Microsoft Corporation, \
             C=US`, issued by `CN=Fabrikam Lab Root (worthless\\, tests only), O=Fabrikam Lab`, \
             until 2049-12-31 23:59:59 UTC, SHA-256 {}",
            digest(Lab::UnanchoredCa)
        ),
        format!(
            "certificate 3: `CN=Fabrikam Lab Root (worthless\\, tests only), O=Fabrikam Lab`, \
             issued by `CN=Fabrikam Lab Root (worthless\\, tests only), O=Fabrikam Lab`, until \
             2049-12-31 23:59:59 UTC, SHA-256 {}",
            digest(Lab::UnrelatedRoot)
        ),
    ];
    assert_eq!(problem.evidence, expected);
    let text = report::text(&inspection);
    assert!(text.contains("usable    no: GW1231"), "{text}");
    let json: serde_json::Value = serde_json::to_value(report::document(&inspection)).unwrap();
    let blob = &json["items"][0]["blob"];
    assert_eq!(blob["signature"]["why"]["reason"], "unknown_issuer");
    let carried = blob["signature"]["why"]["certificates"].as_array().unwrap();
    assert_eq!(carried[1]["sha256"], digest(Lab::UnanchoredCa).to_string());
    assert_eq!(json["items"][0]["usable"], false);
}

#[test]
fn a_root_for_blobs_vouches_for_packages_alone_and_is_told_everywhere() {
    let settings = IntakeSettings {
        blob_roots: vec![Lab::UnrelatedRoot.certificate_der()],
        ..IntakeSettings::at(NOW)
    };
    let downloads = Downloads::new(&[(CMD, of_unknown_issuer())]);
    let inspection = downloads.inspect_with(&settings);
    assert_eq!(codes(&inspection), ["GW1232"]);
    let told = "m365doop-Seville.Windows.com (root added by trust.blob_roots)";
    let text = report::text(&inspection);
    assert!(
        text.contains(told) && text.contains("usable    yes"),
        "{text}"
    );
    let json: serde_json::Value = serde_json::to_value(report::document(&inspection)).unwrap();
    let digest = Sha256::of(&Lab::UnrelatedRoot.certificate_der()).to_string();
    let item = &json["items"][0];
    assert_eq!(item["signature"]["blob_root"], true);
    let remark = item["signature"]["remarks"][0].as_str().unwrap();
    assert!(remark.contains(&digest), "{remark}");
    assert_eq!(item["blob"]["signature"]["anchor"]["kind"], "added");
    let stub = lock::LockedDownload::stub(b"stub", "0.1.0", NOW);
    let locked = lock::reconcile(
        None,
        &inspection,
        stub,
        gangway_contract::manifest::Mode::Onboard,
        lock::LockMode::Check,
        NOW,
    )
    .lock
    .to_text();
    assert!(
        locked.contains("added by trust.blob_roots") && locked.contains(&digest),
        "{locked}"
    );

    let tool = gangway_fixtures::pe::program(&Version::new("a.exe", "A", [1, 0, 0, 0]), 0);
    let signed = sign_pe(&tool, &Signature::by(Lab::UnrelatedCode));
    let inspection = Downloads::new(&[("a.exe", signed)]).inspect_with(&settings);
    let verdict = inspection.items[0].verdict.to_string();
    assert!(verdict.starts_with("invalid signature"), "{verdict}");
}

#[test]
fn a_root_for_blobs_that_cannot_be_read_is_an_error() {
    let settings = IntakeSettings {
        blob_roots: vec![b"hello".to_vec()],
        ..lab()
    };
    let downloads = Downloads::new(&[(CMD, script(BlobSpec::default()))]);
    assert_eq!(codes(&downloads.inspect_with(&settings)), ["GW1001"]);
}

#[test]
fn the_default_policy_wants_microsoft_as_organisation() {
    let downloads = Downloads::new(&[("Install.ps1", install_script::signed())]);
    let mut settings = lab();
    settings.trust.signers = SignerPolicy::default();
    assert_eq!(codes(&downloads.inspect_with(&settings)), ["GW1304"]);
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
fn revocation_is_judged_by_the_lists_that_are_given_and_told_when_there_are_none() {
    let before_the_stamp = "260301000000Z";
    let after_the_stamp = "260401000000Z";
    let code = || RevocationSpec::of(Lab::CodeCa);
    type Case = (
        &'static str,
        Vec<RevocationSpec>,
        &'static [&'static str],
        Option<bool>,
    );
    let table: [Case; 5] = [
        ("no list", vec![], &[], Some(false)),
        ("the nearest issuer's only", vec![code()], &[], Some(false)),
        (
            "every issuer's",
            vec![code(), RevocationSpec::of(Lab::Root)],
            &[],
            Some(true),
        ),
        (
            "revoked before the signature",
            vec![code().revoking(Lab::Code, before_the_stamp)],
            &["GW1302"],
            None,
        ),
        (
            "revoked after the signature",
            vec![
                code().revoking(Lab::Code, after_the_stamp),
                RevocationSpec::of(Lab::Root),
            ],
            &[],
            Some(true),
        ),
    ];
    let downloads = Downloads::new(&[("Install.ps1", install_script::signed())]);
    for (case, lists, expected, expected_checked) in table {
        let settings = IntakeSettings {
            revocation_lists: lists.iter().map(RevocationSpec::bytes).collect(),
            ..lab()
        };
        let inspection = downloads.inspect_with(&settings);
        assert_eq!(codes(&inspection), expected, "{case}");
        let checked = match &inspection.items[0].verdict {
            Verdict::Valid {
                revocation_checked, ..
            } => Some(*revocation_checked),
            _ => None,
        };
        assert_eq!(checked, expected_checked, "{case}");
        let told = match expected_checked {
            Some(true) => "revoked   not revoked, by the lists given",
            Some(false) => "revoked   not checked",
            None => "revoked",
        };
        let text = report::text(&inspection);
        assert!(text.contains(told), "{case}: {text}");
    }
}

#[test]
fn revocation_is_checked_only_when_it_is_for_every_signature() {
    let of_2010 = [Lab::CodeCa2010, Lab::Root2010];
    let of_2001 = [Lab::CodeCa2001, Lab::Root2001];
    let both = [of_2010, of_2001].concat();
    let update = UpdateSpec::for_2012_r2(2_999_226);
    let downloads = Downloads::new(&[("update.msu", update.bytes())]);
    for (issuers, expected) in [(&of_2010[..], false), (&of_2001, false), (&both, true)] {
        let lists = issuers.iter().map(|issuer| RevocationSpec::of(*issuer));
        let settings = IntakeSettings {
            revocation_lists: lists.map(|list| list.bytes()).collect(),
            ..lab()
        };
        let inspection = downloads.inspect_with(&settings);
        let checked = match &inspection.items[0].verdict {
            Verdict::Valid {
                revocation_checked, ..
            } => Some(*revocation_checked),
            _ => None,
        };
        assert_eq!(checked, Some(expected), "{issuers:?}");
    }
}

#[test]
fn a_revocation_list_that_cannot_be_read_is_an_error_and_not_left_out_silently() {
    let settings = IntakeSettings {
        revocation_lists: vec![b"hello".to_vec()],
        ..lab()
    };
    let downloads = Downloads::new(&[("Install.ps1", install_script::signed())]);
    assert_eq!(codes(&downloads.inspect_with(&settings)), ["GW1001"]);
}

#[test]
fn who_made_a_file_of_no_known_kind_is_told_and_nothing_is_demanded_of_it() {
    let version = Version::new("tool.exe", "Contoso Tool", [3, 1, 4, 1]);
    let unsigned = gangway_fixtures::pe::program(&version, 0);
    let signed = sign_pe(&unsigned, &Signature::default());
    let mut changed = signed.clone();
    changed[0x20] ^= 1;
    let table = [
        ("signed", signed, "signed by CN=Contoso Lab Code Signing"),
        ("unsigned", unsigned, "unsigned"),
        ("changed", changed, "invalid signature"),
    ];
    for (name, bytes, made_by) in table {
        let inspection = check(&[("file", bytes)], &[]);
        let item = &inspection.items[0];
        let Kind::Unknown { claims, .. } = &item.kind else {
            panic!("{:?}", item.kind);
        };
        let claims = claims.as_ref().unwrap();
        assert_eq!((claims.version.as_str(), name), ("3.1.4.1", name));
        let verdict = item.verdict.to_string();
        assert!(verdict.starts_with(made_by), "{name}: {verdict}");
    }
}

/// SHA-1 under the root of 2001, stamped in 2015, with nothing inside.
fn of_2015_alone() -> Signature {
    Signature {
        nested: Vec::new(),
        ..Signature::of_2015()
    }
}

#[test]
fn what_rests_on_sha1_alone_is_taken_for_updates_unless_forbidden_and_else_only_when_allowed() {
    const REMARK: &str = "GW1311";
    const WEAK: &str = "GW1308";
    let update = |signature: Signature| {
        let spec = UpdateSpec {
            signing: Some(signature),
            ..UpdateSpec::for_2012_r2(2_999_226)
        };
        spec.bytes()
    };
    let tool = |signature: Signature| {
        let spec = ProgramSpec {
            signing: Some(signature),
            ..ProgramSpec::deployment_tool()
        };
        spec.bytes()
    };
    type Case = (&'static str, Vec<u8>, Option<bool>, &'static [&'static str]);
    let table: [Case; 7] = [
        ("update, both", update(Signature::of_2015()), None, &[]),
        ("update", update(of_2015_alone()), None, &[REMARK]),
        (
            "update, 1997",
            update(Signature::of_2010()),
            None,
            &[REMARK],
        ),
        (
            "update, forbidden",
            update(of_2015_alone()),
            Some(false),
            &[WEAK, REMARK],
        ),
        ("tool, both", tool(Signature::of_2015()), None, &[]),
        ("tool", tool(of_2015_alone()), None, &[WEAK, REMARK]),
        (
            "tool, allowed",
            tool(of_2015_alone()),
            Some(true),
            &[REMARK],
        ),
    ];
    for (case, bytes, allow_sha1, expected) in table {
        let mut settings = lab();
        let signers = &mut settings.trust.signers;
        for rule in [&mut signers.updates, &mut signers.tools] {
            rule.allow_sha1 = allow_sha1;
        }
        let inspection = Downloads::new(&[("file", bytes)]).inspect_with(&settings);
        assert_eq!(codes(&inspection), expected, "{case}");
    }
}

#[test]
fn an_agent_whose_stream_names_are_not_signed_is_refused_unless_allowed() {
    let agent = AgentSpec {
        signing: Some((MsiSigned::ContentOnly, Signature::default())),
        ..AgentSpec::default()
    };
    let downloads = Downloads::new(&[("md4ws.msi", agent.bytes())]);
    let mut settings = lab();
    assert_eq!(codes(&downloads.inspect_with(&settings)), ["GW1312"]);
    settings.trust.signers.agent.allow_unsigned_metadata = true;
    let inspection = downloads.inspect_with(&settings);
    assert_eq!(codes(&inspection), [""; 0]);
    assert!(inspection.items[0].is_usable());
    let text = report::text(&inspection);
    assert!(
        text.contains("remark    names, sizes and times of"),
        "{text}"
    );
}
