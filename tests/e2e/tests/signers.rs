//! What the bootstrap says of a file's signer, with signers good and bad.
//!
//! Wine's `WinVerifyTrust` checks the digest and calls any signer good, so every judgement
//! here comes from the chain that the bootstrap has built for code signing. The lab's root is
//! in no store of the server: it counts because the manifest names it.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::Context as _;
use gangway_e2e::{Deployment, Os, Recipe, Server, ServerBuilder, program, required};
use gangway_fixtures::Lab;
use gangway_fixtures::authenticode::{Signature, Stamp, WHILE_ENDED_WERE_VALID};
use gangway_fixtures::updates::ProgramSpec;

/// The payload whose signer the manifest names: the lab's code signer.
const PLATFORM: &str = "UpdatePlatform.exe";
/// A payload whose signer has ended since, and was stamped before.
const SENSOR: &str = "UpdateSenseClient.exe";

fn unsigned() -> Vec<u8> {
    ProgramSpec {
        signing: None,
        ..ProgramSpec::platform_update()
    }
    .bytes()
}

/// Signs with osslsigncode: no time stamp, the given certificates beside the signer's.
fn signed_by(signer: Lab, beside: &[Lab], folder: &Path) -> anyhow::Result<Vec<u8>> {
    let file = |name: &str| folder.join(format!("{}-{name}", signer.name()));
    let (key, certificates) = (file("key.pem"), file("chain.pem"));
    let (plain, signed) = (file("plain.exe"), file("signed.exe"));
    let mut chain = signer.certificate_pem().to_owned();
    for issuer in beside {
        chain.push_str(issuer.certificate_pem());
    }
    fs::write(&key, signer.key_pem())?;
    fs::write(&certificates, chain)?;
    fs::write(&plain, unsigned())?;
    let _ = fs::remove_file(&signed);
    let mut sign = Command::new(required::tool("osslsigncode")?);
    sign.args(["sign", "-h", "sha256"]);
    for (option, path) in [
        ("-certs", &certificates),
        ("-key", &key),
        ("-in", &plain),
        ("-out", &signed),
    ] {
        sign.arg(option).arg(path);
    }
    let output = program::run(&mut sign, &file("sign"), Duration::from_secs(60))?;
    anyhow::ensure!(output.status.success(), "{output:?}");
    Ok(fs::read(&signed)?)
}

#[test]
fn every_signer_gets_its_judgement() {
    let folder = tempfile::tempdir().unwrap();
    let good = ProgramSpec::platform_update().bytes();
    let ended = ProgramSpec {
        signing: Some(Signature::by(Lab::Ended).stamped(Stamp::at(WHILE_ENDED_WERE_VALID))),
        ..ProgramSpec::sensor_update()
    }
    .bytes();
    let downloads = folder.path().join("updates");
    fs::create_dir_all(&downloads).unwrap();
    fs::write(downloads.join(PLATFORM), &good).unwrap();
    fs::write(downloads.join(SENSOR), &ended).unwrap();

    let by = |signer: Lab| signed_by(signer, &signer.issuers(), folder.path()).unwrap();
    let mut changed = good.clone();
    let middle = changed.len() / 3;
    changed[middle] ^= 1;
    let rows: Vec<Row> = vec![
        ("payload", PLATFORM, good, "expected", ""),
        ("payload of an ended signer", SENSOR, ended, "expected", ""),
        ("same signer", PLATFORM, by(Lab::Code), "expected", ""),
        (
            "same root",
            PLATFORM,
            by(Lab::OtherOrganization),
            "expected",
            "",
        ),
        (
            "without its issuers",
            PLATFORM,
            signed_by(Lab::Code, &[], folder.path()).unwrap(),
            "expected-certificate",
            "no root here",
        ),
        (
            "self-signed",
            PLATFORM,
            by(Lab::SelfSigned),
            "not-trusted",
            "root is not trusted",
        ),
        (
            "expired",
            PLATFORM,
            by(Lab::Ended),
            "not-trusted",
            "outside its time",
        ),
        (
            "not yet valid",
            PLATFORM,
            by(Lab::NotYet),
            "not-trusted",
            "outside its time",
        ),
        (
            "web server",
            PLATFORM,
            by(Lab::WrongEku),
            "not-trusted",
            "not for code signing",
        ),
        (
            "issued by a leaf",
            PLATFORM,
            by(Lab::LeafAsCa),
            "not-trusted",
            "no authority",
        ),
        (
            "unrelated root",
            PLATFORM,
            by(Lab::UnrelatedCode),
            "not-trusted",
            "root is not trusted",
        ),
        (
            "root of the same name",
            PLATFORM,
            by(Lab::NamesakeCode),
            "not-trusted",
            "root is not trusted",
        ),
        ("changed", PLATFORM, changed, "bad", "0x80096010"),
        ("unsigned", PLATFORM, unsigned(), "not-judged", "0x800b0100"),
    ];

    let wrong = wrong_judgements(Server::new(Os::Server2022), &downloads, &rows).unwrap();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A root that the server trusts and the manifest does not name: what it vouches for is valid,
/// and by somebody else.
#[test]
fn a_trusted_signer_who_is_not_the_one_of_the_manifest_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let downloads = folder.path().join("updates");
    fs::create_dir_all(&downloads).unwrap();
    let good = ProgramSpec::platform_update().bytes();
    fs::write(downloads.join(PLATFORM), &good).unwrap();
    let other = Lab::UnrelatedCode;
    let by_other = signed_by(other, &other.issuers(), folder.path()).unwrap();
    let rows = vec![
        ("payload", PLATFORM, good, "expected", ""),
        (
            "another signer",
            PLATFORM,
            by_other.clone(),
            "other-signer",
            "the manifest names root",
        ),
        (
            "a file that the manifest does not name",
            "other.exe",
            by_other,
            "trusted",
            "the chain holds",
        ),
    ];
    let server = Server::new(Os::Server2022).with_trusted_root(Lab::UnrelatedRoot);
    let wrong = wrong_judgements(server, &downloads, &rows).unwrap();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// One row: what it is, file name, content, the verdict, and words of its detail.
type Row = (
    &'static str,
    &'static str,
    Vec<u8>,
    &'static str,
    &'static str,
);

/// Asks a bundle with these downloads, on this server, for the signer of every row's file;
/// the answers that are not those of the rows.
fn wrong_judgements(
    mut server: ServerBuilder,
    downloads: &Path,
    rows: &[Row],
) -> anyhow::Result<Vec<String>> {
    let samples = required::path(required::FIXTURES)?.join("downloads");
    let bundle = Recipe::of_samples()?
        .with_downloads(&[&samples, downloads])
        .bundle()?;
    for (number, (_, name, bytes, ..)) in rows.iter().enumerate() {
        server = server.with_file(&format!("signers/{number}/{name}"), bytes);
    }
    let deployment = Deployment::of(&bundle, server)?;
    let mut wrong = Vec::new();
    for (number, (label, name, _, verdict, words)) in rows.iter().enumerate() {
        let path = format!(r"C:\signers\{number}\{name}");
        let outcome = deployment.run_with(&["--signature", &path, "--json"])?;
        let said: serde_json::Value = serde_json::from_str(&outcome.run.stdout)
            .with_context(|| format!("{label}: {:?}", outcome.run))?;
        let good = ["expected", "expected-certificate", "trusted"].contains(verdict);
        let code = if good { 0 } else { 54 };
        let detail = said["detail"].as_str().unwrap_or_default();
        if said["verdict"] != *verdict || !detail.contains(words) || outcome.run.exit_code != code {
            wrong.push(format!(
                "{label}: expected {verdict} `{words}`, found {said} with code {}",
                outcome.run.exit_code
            ));
        }
    }
    Ok(wrong)
}

#[test]
fn a_run_reports_what_it_found_of_each_payload() {
    let bundle = Recipe::of_samples().unwrap().bundle().unwrap();
    let deployment = Deployment::of(&bundle, Server::new(Os::Server2016)).unwrap();
    let outcome = deployment.run().unwrap();
    assert_eq!(outcome.run.exit_code, 0, "{:?}", outcome.run);
    let reports = deployment.server.on_share(gangway_e2e::bundle::REPORTS);
    let report = fs::read_dir(reports).unwrap().next().unwrap().unwrap();
    let report: serde_json::Value =
        serde_json::from_slice(&fs::read(report.path()).unwrap()).unwrap();
    let checks: Vec<(&str, &str)> = report["signatures"]
        .as_array()
        .unwrap()
        .iter()
        .map(|check| {
            (
                check["payload"].as_str().unwrap_or_default(),
                check["verdict"].as_str().unwrap_or_default(),
            )
        })
        .collect();
    assert_eq!(
        checks,
        [
            ("OnboardingInfo.json", "not-judged"),
            ("md4ws.msi", "expected"),
        ],
        "{}",
        report["signatures"]
    );
}
