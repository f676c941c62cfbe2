//! Rules for application control by publishers of every kind, with certificates that openssl makes and
//! osslsigncode signs by.

use std::fs;
use std::process::Command;
use std::time::{Duration, SystemTime};

use gangway_fixtures::Lab;

use super::desk::{Desk, Session};

fn run(desk: &Desk, program: &str, arguments: &[&str]) {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(desk.path("."));
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{program} {arguments:?}: {output:?}"
    );
}

/// A bundle whose bootstrap is signed by a new certificate of the lab's authority, with this key and this name.
fn signed_by(key: &[&str], subject: &str) -> Desk {
    let desk = Desk::with_downloads();
    desk.build().succeeds();
    desk.put("ca.pem", Lab::CodeCa.certificate_pem().as_bytes());
    desk.put("ca.key", Lab::CodeCa.key_pem().as_bytes());
    desk.put(
        "usage",
        b"keyUsage = critical, digitalSignature\nextendedKeyUsage = codeSigning\n",
    );
    run(
        &desk,
        "openssl",
        &[&["genpkey", "-out", "leaf.key"], key].concat(),
    );
    let request = [
        "req", "-new", "-key", "leaf.key", "-subj", subject, "-out", "leaf.csr",
    ];
    run(&desk, "openssl", &request);
    let issue = [
        "x509", "-req", "-in", "leaf.csr", "-days", "30", "-extfile", "usage",
    ];
    let by = [
        "-CA",
        "ca.pem",
        "-CAkey",
        "ca.key",
        "-set_serial",
        "77",
        "-out",
        "leaf.pem",
    ];
    run(&desk, "openssl", &[&issue[..], &by].concat());
    let authorities = Lab::Code.issuers().into_iter().map(Lab::certificate_pem);
    let authorities: String = authorities.collect();
    let chain = fs::read_to_string(desk.path("leaf.pem")).unwrap() + &authorities;
    desk.put("chain.pem", chain.as_bytes());
    let exe = desk.exe().display().to_string();
    let sign = [
        "sign",
        "-h",
        "sha256",
        "-certs",
        "chain.pem",
        "-key",
        "leaf.key",
    ];
    run(
        &desk,
        "osslsigncode",
        &[&sign[..], &["-in", &exe, "-out", "signed.exe"]].concat(),
    );
    fs::rename(desk.path("signed.exe"), exe).unwrap();
    desk
}

/// At a moment of the new certificate, an hour from now.
fn package(desk: &Desk) -> Session {
    let now = SystemTime::now() + Duration::from_secs(3600);
    let now = now
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap()
        .as_secs()
        .to_string();
    let usual = ["package", "out", "-c", "gangway.toml", "--as-of", &now];
    desk.run(&[&usual[..], &["--format", "allow"]].concat())
}

#[test]
fn what_no_rule_can_name_runs_by_its_digest_and_is_told() {
    const RSA: &[&str] = &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"];
    const EC: &[&str] = &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"];
    for (key, subject, told, has_control, has_locker) in [
        (RSA, "/C=DE/O=Contoso/CN=Contoso Signer", None, true, true),
        (
            RSA,
            "/C=DE/CN=Contoso Signer",
            Some(
                "AppLocker's rules let it run by its digest alone: its signer's certificate names no organisation",
            ),
            true,
            false,
        ),
        (
            EC,
            "/C=DE/O=Contoso/CN=Contoso Signer",
            Some("the rules let it run by its digest alone: a key of its signature is not RSA"),
            false,
            false,
        ),
    ] {
        let desk = signed_by(key, subject);
        let session = package(&desk);
        session.succeeds();
        assert_eq!(
            session.err.contains("GW5014"),
            told.is_some(),
            "{}",
            session.err
        );
        assert!(
            session.err.contains(told.unwrap_or_default()),
            "{}",
            session.err
        );
        let rules = |ending: &str| {
            let mut files = desk.tree("out-packages");
            files.retain(|(path, _)| path.ends_with(ending));
            String::from_utf8(files.remove(0).1).unwrap()
        };
        let (control, locker) = (rules("AppControl.xml"), rules("AppLocker.xml"));
        assert_eq!(
            control.contains("CertPublisher"),
            has_control,
            "{subject}: {control}"
        );
        assert_eq!(
            locker.contains("FilePublisherRule"),
            has_locker,
            "{subject}: {locker}"
        );
        // The digest is there in any case.
        assert!(
            control.contains("Hash=") && locker.contains("FileHashRule"),
            "{subject}"
        );
    }
}
