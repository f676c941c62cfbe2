//! `gangway attest` and `verify --key`: what a key of the organisation vouches for, with openssl as the
//! signer and as the other reader.

use std::fs;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gangway_fixtures::authenticode::{Signature, sign_pe};
use serde_json::Value;

use super::desk::{Desk, NOW, Session};

/// How a key is made, and how openssl signs with it.
const KINDS: [(&[&str], &str); 2] = [
    (
        &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
        r#"["openssl", "dgst", "-sha256", "-sign", "key.pem", "-out", "{out}", "{in}"]"#,
    ),
    (
        &["-algorithm", "ED25519"],
        r#"["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", "key.pem", "-out", "{out}", "-in", "{in}"]"#,
    ),
];

fn openssl(desk: &Desk, arguments: &[&str]) {
    let mut command = Command::new("openssl");
    command.args(arguments).current_dir(desk.path("."));
    let output = command.output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
}

fn make_key(desk: &Desk, algorithm: &[&str], name: &str) {
    let (private, public) = (format!("{name}.pem"), format!("{name}.pub.pem"));
    openssl(desk, &[&["genpkey", "-out", &private], algorithm].concat());
    openssl(desk, &["pkey", "-in", &private, "-pubout", "-out", &public]);
}

/// A signed bundle, keys, and a config that attests with the first of them.
fn desk((algorithm, command): (&[&str], &str)) -> Desk {
    let desk = Desk::with_downloads();
    for name in ["key", "other"] {
        make_key(&desk, algorithm, name);
    }
    let section = format!("[provenance]\nkey = \"key.pub.pem\"\ncommand = {command}\n\n[signing]");
    desk.change_config("[signing]", &section);
    desk.build().succeeds();
    let exe = desk.exe();
    let unsigned = fs::read(&exe).unwrap();
    fs::write(exe, sign_pe(&unsigned, &Signature::default())).unwrap();
    desk.put("unsigned.exe", &unsigned);
    desk
}

/// A signed bundle, and a key that may vouch for it.
pub(crate) fn attestable() -> Desk {
    desk(KINDS[1])
}

pub(crate) fn attest(desk: &Desk, more: &[&str]) -> Session {
    let usual = ["attest", "out", "-c", "gangway.toml", "--as-of", NOW];
    desk.run(&[&usual, more].concat())
}

pub(crate) fn verify(desk: &Desk, more: &[&str]) -> Session {
    let usual = ["verify", "out", "--stub", "stub.exe", "--as-of", NOW];
    desk.run(&[&usual[..], &["--key", "key.pub.pem"], more].concat())
}

pub(crate) fn envelopes(desk: &Desk) -> Vec<Value> {
    let text = fs::read_to_string(desk.path("out.intoto.jsonl")).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

pub(crate) fn put_envelopes(desk: &Desk, envelopes: &[Value]) {
    let lines: String = envelopes.iter().map(|one| format!("{one}\n")).collect();
    desk.put("out.intoto.jsonl", lines.as_bytes());
}

pub(crate) fn payload(envelope: &Value) -> Vec<u8> {
    STANDARD
        .decode(envelope["payload"].as_str().unwrap())
        .unwrap()
}

#[test]
fn a_key_vouches_for_the_bundle_and_for_its_packages() {
    for kind in KINDS {
        let desk = desk(kind);
        desk.run(&["package", "out", "-c", "gangway.toml", "--as-of", NOW])
            .succeeds();
        attest(&desk, &["--packages", "out-packages"]).succeeds();
        let session = verify(&desk, &["--packages", "out-packages"]);
        let text = session.succeeds();
        assert!(
            text.ends_with("verified: the bundle that the holder of the key vouches for\n"),
            "{text}"
        );
        for file in ["bundle.json", "packages.json", "SHA256SUMS"] {
            let line = format!(
                "vouched    {file}: https://slsa.dev/provenance/v1, https://cyclonedx.org/bom\n"
            );
            assert!(text.contains(&line), "{file}: {text}");
        }
        // Whoever made another package since is not vouched for.
        desk.put("out-packages/more.cab", b"x");
        verify(&desk, &["--packages", "out-packages"]).fails_with(4, &["GW5206", "more.cab"]);
    }
}

#[test]
fn openssl_reads_the_same_signature() {
    let desk = desk(KINDS[0]);
    attest(&desk, &[]).succeeds();
    for envelope in envelopes(&desk) {
        let statement = payload(&envelope);
        let kind = "application/vnd.in-toto+json";
        let head = format!("DSSEv1 {} {kind} {} ", kind.len(), statement.len());
        desk.put("message", &[head.as_bytes(), &statement].concat());
        let signature = envelope["signatures"][0]["sig"].as_str().unwrap();
        desk.put("signature", &STANDARD.decode(signature).unwrap());
        let usual = ["dgst", "-sha256", "-verify", "key.pub.pem", "-signature"];
        openssl(&desk, &[&usual[..], &["signature", "message"]].concat());
    }
}

/// A key may sign what came of tests or scans, too, and what they are about.
#[test]
fn a_statement_that_is_no_provenance_vouches_for_no_package() {
    let desk = attestable();
    desk.run(&["package", "out", "-c", "gangway.toml", "--as-of", NOW])
        .succeeds();
    attest(&desk, &["--packages", "out-packages"]).succeeds();
    let mut result: Value = serde_json::from_slice(&payload(&envelopes(&desk)[0])).unwrap();
    result["predicateType"] = "https://in-toto.io/attestation/test-result/v0.1".into();
    result["predicate"] = serde_json::json!({"result": "FAILED"});
    let signed = signed_envelope(&desk, result.to_string().as_bytes());
    attest(&desk, &[]).succeeds();
    put_envelopes(&desk, &[envelopes(&desk), vec![signed]].concat());
    verify(&desk, &[]).succeeds();
    let session = verify(&desk, &["--packages", "out-packages"]);
    session.fails_with(4, &["GW5204", "no provenance"]);
}

/// What somebody with the key `key.pem` (Ed25519) says.
pub(crate) fn signed_envelope(desk: &Desk, statement: &[u8]) -> Value {
    let kind = "application/vnd.in-toto+json";
    let head = format!("DSSEv1 {} {kind} {} ", kind.len(), statement.len());
    desk.put("message", &[head.as_bytes(), statement].concat());
    let usual = ["pkeyutl", "-sign", "-rawin", "-inkey", "key.pem"];
    let files = ["-in", "message", "-out", "signature"];
    openssl(desk, &[&usual[..], &files].concat());
    let signature = STANDARD.encode(fs::read(desk.path("signature")).unwrap());
    serde_json::json!({
        "payloadType": kind,
        "payload": STANDARD.encode(statement),
        "signatures": [{"sig": signature}],
    })
}

/// What was changed, and the code that says so.
type Edit = (&'static str, fn(&Desk), &'static str);

#[test]
fn no_edit_of_statements_or_bundle_passes() {
    let edits: [Edit; 9] = [
        (
            "no statements",
            |desk| fs::remove_file(desk.path("out.intoto.jsonl")).unwrap(),
            "GW5201",
        ),
        (
            "no envelope",
            |desk| {
                desk.put("out.intoto.jsonl", b"{}\n");
            },
            "GW5201",
        ),
        (
            "an empty file",
            |desk| {
                desk.put("out.intoto.jsonl", b"");
            },
            "GW5202",
        ),
        (
            "another payload",
            |desk| {
                let mut all = envelopes(desk);
                for one in &mut all {
                    let text = String::from_utf8(payload(one)).unwrap();
                    let text = text.replacen("bundle.json", "bundle.jsom", 1);
                    one["payload"] = STANDARD.encode(text).into();
                }
                put_envelopes(desk, &all);
            },
            "GW5202",
        ),
        (
            "another type",
            |desk| {
                let mut all = envelopes(desk);
                all.iter_mut()
                    .for_each(|one| one["payloadType"] = "text/plain".into());
                put_envelopes(desk, &all);
            },
            "GW5202",
        ),
        (
            "no signature",
            |desk| {
                let mut all = envelopes(desk);
                all.iter_mut()
                    .for_each(|one| one["signatures"] = Value::Array(Vec::new()));
                put_envelopes(desk, &all);
            },
            "GW5202",
        ),
        (
            "another key",
            |desk| {
                fs::copy(desk.path("other.pub.pem"), desk.path("key.pub.pem")).unwrap();
            },
            "GW5202",
        ),
        (
            "no provenance among them",
            |desk| put_envelopes(desk, &envelopes(desk)[1..]),
            "GW5202",
        ),
        (
            "another signature of the bootstrap",
            |desk| {
                let unsigned = fs::read(desk.path("unsigned.exe")).unwrap();
                let again = Signature {
                    description: Some("again".to_owned()),
                    ..Signature::default()
                };
                fs::write(desk.exe(), sign_pe(&unsigned, &again)).unwrap();
            },
            "GW5203",
        ),
    ];
    for (what, edit, code) in edits {
        let desk = desk(KINDS[0]);
        attest(&desk, &[]).succeeds();
        verify(&desk, &[]).succeeds();
        edit(&desk);
        let session = verify(&desk, &[]);
        assert_eq!(session.code, 4, "{what}: {}{}", session.out, session.err);
        assert!(session.err.contains(code), "{what}: {}", session.err);
        assert!(
            session.out.ends_with("NOT verified\n"),
            "{what}: {}",
            session.out
        );
    }
}

/// The statements of the bundle that stood there before are about another one.
#[test]
fn statements_of_another_bundle_say_nothing_of_this_one() {
    let desk = desk(KINDS[0]);
    attest(&desk, &[]).succeeds();
    let build = [
        "build", "--mode", "precheck", "--out", "look", "--stub", "stub.exe",
    ];
    desk.run(&[&build[..], &["--as-of", NOW]].concat())
        .succeeds();
    let verify = ["verify", "look", "--stub", "stub.exe", "--as-of", NOW];
    let by = ["--key", "key.pub.pem", "--attestation", "out.intoto.jsonl"];
    desk.run(&[&verify[..], &by].concat())
        .fails_with(4, &["GW5203"]);
}

#[test]
fn equal_bundles_have_equal_statements() {
    let [one, other] = [desk(KINDS[1]), desk(KINDS[1])];
    for desk in [&one, &other] {
        attest(desk, &[]).succeeds();
    }
    let payloads = |desk: &Desk| envelopes(desk).iter().map(payload).collect::<Vec<_>>();
    assert!(payloads(&one) == payloads(&other));
    let before = fs::read(one.path("out.intoto.jsonl")).unwrap();
    attest(&one, &[]).succeeds();
    // Ed25519 signs equal messages equally (RFC 8032, 5.1.6).
    assert!(before == fs::read(one.path("out.intoto.jsonl")).unwrap());
    let parts: Value =
        serde_json::from_slice(&fs::read(one.path("out.cdx.json")).unwrap()).unwrap();
    assert_eq!(parts["bomFormat"], "CycloneDX");
    let names: Vec<&str> = parts["components"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| part["name"].as_str().unwrap())
        .collect();
    for name in ["bundle.json", "bootstrap stub", "md4ws.msi"] {
        assert!(names.contains(&name), "{names:?}");
    }
}

#[test]
fn nothing_is_attested_that_does_not_hold() {
    let (algorithm, command) = KINDS[0];
    let with_other = command.replace("key.pem", "other.pem");
    for (command, texts) in [
        (
            with_other.as_str(),
            &["GW5205", "is no signature of the key"][..],
        ),
        (
            r#"["/bin/true", "{in}", "{out}"]"#,
            &["GW5205", "left no signature"],
        ),
        (r#"["/bin/false", "{in}", "{out}"]"#, &["/bin/false"]),
    ] {
        let desk = desk((algorithm, command));
        let session = attest(&desk, &[]);
        assert_ne!(session.code, 0);
        session.fails_with(session.code, texts);
        assert!(!desk.path("out.intoto.jsonl").exists());
        assert!(!desk.path("out.cdx.json").exists());
    }
    let desk = desk(KINDS[0]);
    for (place, why) in [
        ("out/statements.intoto.jsonl", "lies in the bundle"),
        ("out/share/x.jsonl", "lies in the bundle"),
        ("downloads/x.intoto.jsonl", "lies in the downloads"),
    ] {
        attest(&desk, &["--out", place]).fails_with(3, &[why, "hint: name a"]);
        assert!(!desk.path(place).exists(), "{place}");
    }
    desk.put("mine.intoto.jsonl", b"mine");
    attest(&desk, &["--out", "mine.intoto.jsonl"]).fails_with(3, &["is not replaced"]);
    fs::write(desk.path("out/share/control.json"), b"{}").unwrap();
    attest(&desk, &[]).fails_with(4, &["does not verify"]);
}

#[test]
fn a_bootstrap_that_nobody_signed_is_attested_when_told_only() {
    let desk = desk(KINDS[0]);
    fs::copy(desk.path("unsigned.exe"), desk.exe()).unwrap();
    attest(&desk, &[]).fails_with(4, &["not signed", "--allow-unsigned"]);
    assert!(!desk.path("out.intoto.jsonl").exists());
    attest(&desk, &["--allow-unsigned"]).succeeds();
    verify(&desk, &[]).succeeds();
}

/// What changes a desk.
#[cfg(unix)]
type DeskEdit<'a> = &'a dyn Fn(&Desk);

#[cfg(unix)]
#[test]
fn packages_that_are_not_what_their_document_says_are_vouched_for_by_nobody() {
    let package = |desk: &Desk| {
        desk.run(&["package", "out", "-c", "gangway.toml", "--as-of", NOW])
            .succeeds();
    };
    let cabinet = |desk: &Desk| {
        let mut files = desk.tree("out-packages").into_iter();
        let (path, _) = files
            .find(|(path, _)| path.ends_with("payload.cab"))
            .unwrap();
        desk.path("out-packages").join(path)
    };
    let edits: [(&str, DeskEdit<'_>); 6] = [
        ("is not there", &|desk| {
            fs::remove_file(cabinet(desk)).unwrap();
        }),
        ("it has 1 bytes, and", &|desk| {
            fs::write(cabinet(desk), b"x").unwrap();
        }),
        ("its bytes are not", &|desk| {
            let mut bytes = fs::read(cabinet(desk)).unwrap();
            bytes[100] ^= 1;
            fs::write(cabinet(desk), bytes).unwrap();
        }),
        ("has the name of a file", &|desk| {
            desk.put("out-packages/bundle.json", b"{}");
        }),
        ("cannot be read", &|desk| {
            desk.put("out-packages/packages.json", b"{}");
        }),
        ("another bootstrap", &|desk| {
            let unsigned = fs::read(desk.path("unsigned.exe")).unwrap();
            let again = Signature::default().unstamped();
            fs::write(desk.exe(), sign_pe(&unsigned, &again)).unwrap();
        }),
    ];
    for (why, edit) in edits {
        let desk = desk(KINDS[0]);
        package(&desk);
        let packages = ["--packages", "out-packages"];
        attest(&desk, &packages).succeeds();
        let before = fs::read(desk.path("out.intoto.jsonl")).unwrap();
        edit(&desk);
        attest(&desk, &packages).fails_with(4, &["GW5206", why]);
        assert!(before == fs::read(desk.path("out.intoto.jsonl")).unwrap());
        verify(&desk, &packages).fails_with(4, &["GW5206", why]);
    }
}

#[test]
fn a_config_without_key_or_place_is_refused() {
    for (section, texts) in [
        (
            "command = [\"x\", \"{in}\", \"{out}\"]",
            &["provenance.key", "is missing"][..],
        ),
        (
            "key = \"k\"\ncommand = [\"x\", \"{in}\"]",
            &["provenance.command", "{out}"],
        ),
        (
            "key = \"k\"\ncommand = [\"x\", \"{file}\"]",
            &["provenance.command", "{file}"],
        ),
    ] {
        let desk = Desk::with_downloads();
        desk.change_config(
            "[signing]",
            &format!("[provenance]\n{section}\n\n[signing]"),
        );
        desk.build().fails_with(2, texts);
    }
    let desk = Desk::with_downloads();
    desk.build().succeeds();
    attest(&desk, &[]).fails_with(2, &["provenance.key", "hint: write `[provenance]`"]);
    desk.change_config(
        "[signing]",
        "[provenance]\nkey = \"absent\"\ncommand = [\"x\", \"{in}\", \"{out}\"]\n\n[signing]",
    );
    let place = ": `provenance.key` names `absent`: ";
    attest(&desk, &[]).fails_with(3, &[place, "hint: put the file there", "openssl pkey"]);
    desk.put("absent", b"hello");
    attest(&desk, &[]).fails_with(2, &[place, "files that hold a public key"]);
    desk.run(&["attest", "out", "--as-of", NOW])
        .fails_with(2, &["no config is named", "-c gangway.toml"]);
}

/// What puts something among the packages, its path, and the word that says what it is.
#[cfg(unix)]
type Unlisted = (fn(&Desk), &'static str, &'static str);

/// What is no plain file is compared with nothing, and would be installed all the same.
#[cfg(unix)]
#[test]
fn what_is_no_plain_file_among_the_packages_is_vouched_for_by_nobody() {
    let desk = desk(KINDS[0]);
    let package = ["package", "out", "--format", "msi", "-o", "packages"];
    desk.run(&[&package[..], &["-c", "gangway.toml", "--as-of", NOW]].concat())
        .succeeds();
    desk.put("evil.msi", b"evil");
    let packages = ["--packages", "packages"];
    attest(&desk, &packages).succeeds();
    let before = fs::read(desk.path("out.intoto.jsonl")).unwrap();
    let link = |desk: &Desk| {
        std::os::unix::fs::symlink("../evil.msi", desk.path("packages/more.msi")).unwrap();
    };
    let pipe = |desk: &Desk| {
        let made = Command::new("mkfifo")
            .arg(desk.path("packages/more.msi"))
            .status();
        assert!(made.unwrap().success());
    };
    let line_feed = |desk: &Desk| desk.put("packages/more.msi\nverified", b"x");
    let edits: [Unlisted; 3] = [
        (link, "packages/more.msi", "link"),
        (pipe, "packages/more.msi", "pipe"),
        (line_feed, "packages/more.msi\nverified", "name"),
    ];
    for (edit, name, word) in edits {
        verify(&desk, &packages).succeeds();
        edit(&desk);
        let session = verify(&desk, &packages);
        session.fails_with(4, &["GW5204", word]);
        assert!(session.out.ends_with("NOT verified\n"), "{}", session.out);
        attest(&desk, &packages).fails_with(4, &["GW5204", word]);
        assert!(before == fs::read(desk.path("out.intoto.jsonl")).unwrap());
        fs::remove_file(desk.path(name)).unwrap();
    }
}

#[test]
fn of_runs_at_once_each_attests_or_says_that_another_does() {
    let desk = desk(KINDS[0]);
    let usual = ["attest", "out", "-c", "gangway.toml", "--as-of", NOW];
    let mut attested = 0;
    for _ in 0..5 {
        let start = |_| {
            desk.command(&usual)
                .stderr(Stdio::piped())
                .stdout(Stdio::null())
                .spawn()
        };
        let runs: Vec<_> = (0..3).map(start).map(Result::unwrap).collect();
        for run in runs {
            let ended = run.wait_with_output().unwrap();
            let said = String::from_utf8(ended.stderr).unwrap();
            attested += usize::from(ended.status.success());
            assert!(
                ended.status.success() || said.contains("another run is writing"),
                "{said}"
            );
        }
        verify(&desk, &[]).succeeds();
    }
    assert!(attested >= 5, "{attested}");
    assert_eq!(desk.leftovers(), Vec::<String>::new());
}

/// A signature makes the bootstrap another file, and nobody should find that out by a refusal elsewhere.
#[test]
fn a_signature_after_the_attestation_is_told_with_the_next_command() {
    let desk = attestable();
    let signed = fs::read(desk.exe()).unwrap();
    desk.put("signed.exe", &signed);
    desk.change_config(
        "[signing]",
        "[signing]\ncommand = [\"/bin/cp\", \"signed.exe\", \"{out}\"]",
    );
    let sign = || desk.run(&["sign", "out", "-c", "gangway.toml", "--as-of", NOW]);
    let told = |session: &Session| {
        session.succeeds();
        session.err.contains("GW3039")
    };
    assert!(!told(&sign()), "nothing was attested");
    attest(&desk, &[]).succeeds();
    assert!(!told(&sign()), "the same signature");
    let unsigned = fs::read(desk.path("unsigned.exe")).unwrap();
    let other = sign_pe(&unsigned, &Signature::default().unstamped());
    desk.put("signed.exe", &other);
    let session = sign();
    assert!(told(&session), "{}", session.err);
    let next = "gangway attest out -c gangway.toml";
    assert!(session.err.contains(next), "{}", session.err);
    verify(&desk, &[]).fails_with(4, &["GW5203"]);
    attest(&desk, &[]).succeeds();
    assert!(!told(&sign()));
    verify(&desk, &[]).succeeds();
}
