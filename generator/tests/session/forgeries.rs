//! Forged bundles: each is refused with the file and the fact named, and neither signed nor
//! published.

use std::fs;

use gangway::bundle::{BundleDocument, FileDigest};
use gangway_contract::Sha256;
use gangway_fixtures::authenticode::{Signature, sign_pe, sign_pe_with};
use gangway_fixtures::lab::Lab;

use super::desk::{Desk, NOW};

fn built() -> Desk {
    let desk = Desk::with_downloads();
    desk.build().succeeds();
    desk.put("password", b"secret\n");
    desk
}

/// What whoever verifies holds against the bundle.
const NOTHING: &[&str] = &[];
const LOCK: &[&str] = &["--config", "gangway.toml"];

/// `verify` refuses the bundle and says these texts; `sign` and `publish gpo` refuse it too.
#[track_caller]
fn refused(desk: &Desk, outside: &[&str], texts: &[&str]) {
    desk.verify_with(outside).fails_with(4, texts);
    let publish = [
        "publish",
        "gpo",
        "out",
        "--as-of",
        NOW,
        "--user",
        "admin@contoso.com",
        "--password-file",
        "password",
        "--allow-unsigned",
        "--dc",
        "127.0.0.1",
    ];
    desk.run(&[&publish, outside].concat())
        .fails_with(4, &["does not verify"]);
    never_signed(desk);
}

/// The signing command leaves a mark; there is none.
#[track_caller]
fn never_signed(desk: &Desk) {
    desk.change_config(
        "[signing]",
        "[signing]\ncommand = [\"touch\", \"signed\", \"{file}\"]",
    );
    let session = desk.run(&["sign", "out", "--as-of", NOW]);
    desk.change_config(
        "[signing]\ncommand = [\"touch\", \"signed\", \"{file}\"]",
        "[signing]",
    );
    assert_eq!(session.code, 4, "{}{}", session.out, session.err);
    assert!(!desk.path("signed").exists(), "the command was started");
}

fn document(desk: &Desk) -> BundleDocument {
    BundleDocument::parse(&fs::read(desk.path("out/bundle.json")).unwrap()).unwrap()
}

/// Writes documents that fit the folder again, as a forger would: every digest and every sum is
/// right, `change` adds the lie.
fn recompute(desk: &Desk, change: impl FnOnce(&mut BundleDocument)) {
    let mut document = document(desk);
    let exe = desk.path("out").join(&document.exe.path);
    let own = ["bundle.json", "SHA256SUMS"];
    document.files = desk
        .tree("out")
        .into_iter()
        .filter(|(name, _)| !own.contains(&name.as_str()) && desk.path("out").join(name) != exe)
        .map(|(path, bytes)| FileDigest {
            path,
            size: bytes.len() as u64,
            sha256: Sha256::of(&bytes),
        })
        .collect();
    change(&mut document);
    write_documents(desk, &document.to_bytes(), &document);
}

fn write_documents(desk: &Desk, bundle_json: &[u8], document: &BundleDocument) {
    desk.put("out/bundle.json", bundle_json);
    let mut lines: Vec<(String, String)> = document
        .files
        .iter()
        .map(|file| (file.path.clone(), file.sha256.to_string()))
        .collect();
    lines.push((
        "bundle.json".to_owned(),
        Sha256::of(bundle_json).to_string(),
    ));
    lines.sort();
    let sums: String = lines
        .iter()
        .map(|(path, sha256)| format!("{sha256}  {path}\n"))
        .collect();
    desk.put("out/SHA256SUMS", sums.as_bytes());
}

/// The task of the policy, as servers get it.
fn task(desk: &Desk) -> String {
    let tree = desk.tree("out");
    let ends = "/ScheduledTasks.xml";
    let (name, _) = tree
        .iter()
        .find(|(name, _)| name.contains("/sysvol/") && name.ends_with(ends))
        .unwrap();
    name.clone()
}

#[cfg(unix)]
mod on_unix {
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    /// The file is changed, and files whose names hold backslashes have what it was.
    #[test]
    fn a_name_with_backslashes_stands_in_for_no_file() {
        let parts = task(&built());
        let parts: Vec<&str> = parts.split('/').collect();
        // Every mixture of real folders and such a name, the last of which is one name whole.
        for real in 0..parts.len() - 1 {
            let desk = built();
            let path = desk.path("out").join(parts.join("/"));
            let good = fs::read(&path).unwrap();
            let evil = String::from_utf8(good.clone()).unwrap();
            let evil = evil.replacen("contoso.com", "evil.example", 1);
            fs::write(&path, evil).unwrap();
            let folder = desk.path("out").join(parts[..real].join("/"));
            let decoy = parts[real..].join("\\");
            fs::write(folder.join(&decoy), &good).unwrap();
            for outside in [NOTHING, LOCK] {
                refused(&desk, outside, &["GW3001", &parts.join("/")]);
                refused(&desk, outside, &["GW3008", &decoy]);
            }
        }
    }

    #[test]
    fn a_link_is_no_file_and_no_folder() {
        for (place, is_folder) in [
            ("runbook.html", false),
            ("manifest.json", false),
            ("bundle.json", false),
            ("SHA256SUMS", false),
            ("gpo", true),
            ("bootstrap", true),
        ] {
            let desk = built();
            let inside = desk.path("out").join(place);
            let elsewhere = desk.path("elsewhere");
            fs::rename(&inside, &elsewhere).unwrap();
            symlink(&elsewhere, &inside).unwrap();
            assert_eq!(inside.is_dir(), is_folder);
            refused(&desk, LOCK, &["GW3008", place, "link"]);
        }
        let desk = built();
        let exe = desk.exe();
        fs::rename(&exe, desk.path("elsewhere.exe")).unwrap();
        symlink(desk.path("elsewhere.exe"), &exe).unwrap();
        refused(&desk, LOCK, &["GW3008", "MdeOnboard-", "link"]);
    }

    #[test]
    fn what_is_neither_file_nor_folder_is_named_and_never_opened() {
        let desk = built();
        let pipe = desk.path("out/share/control.json");
        fs::remove_file(&pipe).unwrap();
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        refused(&desk, LOCK, &["GW3008", "share/control.json", "pipe"]);
    }

    #[test]
    fn names_that_windows_reads_otherwise_are_refused() {
        for name in [
            "runbook.html:stream",
            "runbook.html.",
            "runbook.html ",
            "line\nfeed",
            "CON",
            "RUNBOOK.HTML",
            "caf\u{e9}",
        ] {
            let desk = built();
            desk.put(&format!("out/{name}"), b"x");
            recompute(&desk, |_| {});
            let shown = name.split('\n').next().unwrap();
            refused(&desk, NOTHING, &["GW3008", shown]);
        }
        let desk = built();
        let name = std::ffi::OsStr::from_bytes(b"not\xffunicode");
        fs::write(desk.path("out").join(name), b"x").unwrap();
        refused(&desk, NOTHING, &["GW3008", "Unicode"]);
    }

    #[test]
    fn modes_and_further_names_are_reported() {
        let desk = built();
        let path = desk.path("out/runbook.html");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
        fs::hard_link(desk.path("out/manifest.json"), desk.path("another")).unwrap();
        let session = desk.verify();
        session.succeeds();
        for text in [
            "GW3018",
            "runbook.html: mode 0666 instead of 0644",
            "manifest.json",
        ] {
            assert!(session.err.contains(text), "`{text}` in {}", session.err);
        }
    }
}

#[test]
fn a_folder_without_a_file_is_refused() {
    let desk = built();
    fs::create_dir_all(desk.path("out/share/releases/empty/deeper")).unwrap();
    refused(&desk, NOTHING, &["GW3008", "share/releases/empty/deeper"]);
}

#[test]
fn folders_without_end_are_refused() {
    let desk = built();
    fs::create_dir_all(desk.path(&format!("out/gpo{}", "/x".repeat(60)))).unwrap();
    refused(&desk, NOTHING, &["GW3008", "folders deep"]);
}

#[test]
fn a_file_of_another_size_is_not_read() {
    let desk = built();
    let file = fs::File::create(desk.path("out/runbook.html")).unwrap();
    file.set_len(1 << 40).unwrap();
    refused(
        &desk,
        NOTHING,
        &["GW3001", "runbook.html", "1099511627776 bytes"],
    );
}

/// Every field of `bundle.json` that says what manifest or exe say, changed with all sums right.
#[test]
fn each_lie_of_the_document_is_named() {
    type Lie = fn(&mut BundleDocument);
    let lies: [(&str, Lie); 17] = [
        ("`sequence` is `99`", |one| one.sequence = 99),
        ("`mode` is `precheck`", |one| {
            one.mode = gangway_contract::manifest::Mode::Precheck;
        }),
        ("`organization` is `Fabrikam`", |one| {
            one.organization = "Fabrikam".to_owned();
        }),
        ("`release_id` is", |one| {
            one.release_id = gangway_contract::ReleaseId::of_bytes(b"another");
        }),
        ("`exe.path` is `../../outside.exe`", |one| {
            one.exe.path = "../../outside.exe".to_owned();
        }),
        ("`exe.unsigned_size`", |one| one.exe.unsigned_size += 1),
        ("`exe.unsigned_sha256`", |one| {
            one.exe.unsigned_sha256 = Sha256::of(b"another");
        }),
        ("`exe.authenticode_sha256`", |one| {
            one.exe.authenticode_sha256 = Sha256::of(b"another");
        }),
        ("`exe.stub_sha256`", |one| {
            one.exe.stub_sha256 = Sha256::of(b"another");
        }),
        ("`exe.stub_version`", |one| {
            one.exe.stub_version = "9.9.9".to_owned();
        }),
        ("no input is the payload", |one| one.inputs.clear()),
        ("no input is the payload", |one| {
            one.inputs
                .iter_mut()
                .for_each(|input| input.sha256 = Sha256::of(b"x"));
        }),
        ("an input became", |one| {
            one.inputs[0].staged_as = Some("share/releases/x/evil.exe".to_owned());
        }),
        ("no input is the payload", |one| {
            one.inputs
                .iter_mut()
                .for_each(|input| input.blob_staged_as = None);
        }),
        ("the blob of an input became", |one| {
            one.inputs[0].blob_staged_as = Some("share/releases/x/evil.json".to_owned());
        }),
        // The blob said to be in a payload that is none.
        ("the blob of an input became", |one| {
            let agent = one.inputs.iter().find_map(|input| input.staged_as.clone());
            one.inputs[0].blob_staged_as = agent;
        }),
        ("out of order", |one| one.files.reverse()),
    ];
    for (said, lie) in lies {
        let desk = built();
        recompute(&desk, lie);
        desk.verify_with(NOTHING)
            .fails_with(4, &["GW3009", "bundle.json", said]);
        refused(&desk, LOCK, &["bundle.json"]);
    }
}

/// What no other part of a bundle repeats is proven by the digest that was kept alone.
#[test]
fn a_forgery_that_fits_is_refused_by_the_digest_that_was_kept() {
    type Forgery = fn(&Desk);
    let forgeries: [Forgery; 5] = [
        |desk| {
            let path = desk.path("out").join(task(desk));
            let text = fs::read_to_string(&path).unwrap();
            fs::write(&path, text.replacen("contoso.com", "evil.example", 1)).unwrap();
            recompute(desk, |_| {});
        },
        |desk| {
            desk.put("out/publish/more.ps1", b"# more");
            recompute(desk, |_| {});
        },
        |desk| {
            recompute(desk, |one| {
                one.inputs[0].verdict = "signed by `Microsoft`".to_owned();
            });
        },
        |desk| recompute(desk, |one| one.output_time += 1),
        // Another bundle, whole and by the program itself.
        |desk| {
            let lock = fs::read(desk.path("gangway.lock")).unwrap();
            desk.change_config("files.contoso.com", "files.evil.example");
            desk.build().succeeds();
            desk.change_config("files.evil.example", "files.contoso.com");
            desk.put("gangway.lock", &lock);
        },
    ];
    for forge in forgeries {
        let desk = built();
        let digest = Sha256::of(&fs::read(desk.path("out/bundle.json")).unwrap()).to_string();
        let expect = ["--expect", digest.as_str()];
        assert!(desk.verify_with(&expect).succeeds().contains("verified"));
        forge(&desk);
        // Nothing contradicts it, and nothing says `verified`.
        let session = desk.verify_with(NOTHING);
        assert!(!session.succeeds().contains("verified"), "{}", session.out);
        assert!(session.err.contains("GW3017"), "{}", session.err);
        refused(&desk, LOCK, &["GW3016", "bundle.json", &digest]);
        refused(&desk, &expect, &["GW3016", "bundle.json", &digest]);
    }
}

#[test]
fn files_where_a_bundle_has_none_are_refused_however_they_are_listed() {
    let desk = built();
    let release = document(&desk).release_id.to_string();
    for path in [
        "evil.exe".to_owned(),
        "share/evil.exe".to_owned(),
        "bootstrap/evil.exe".to_owned(),
        format!("share/releases/{release}/evil.exe"),
    ] {
        let desk = built();
        desk.put(&format!("out/{path}"), b"x");
        refused(&desk, NOTHING, &["GW3003", &path]);
        recompute(&desk, |_| {});
        refused(&desk, NOTHING, &["GW3009", &path]);
    }
    let desk = built();
    desk.put(
        "out/share/control.json",
        b"{\"schema\":1,\"paused\":false,\"min_sequence\":0,\"ring_percent\":1}",
    );
    recompute(&desk, |_| {});
    refused(&desk, NOTHING, &["GW3009", "share/control.json"]);
}

#[test]
fn a_payload_that_was_replaced_is_refused_however_it_is_listed() {
    let desk = built();
    let release = document(&desk).release_id.to_string();
    let path = format!("out/share/releases/{release}/md4ws.msi");
    assert!(desk.path(&path).exists());
    desk.put(&path, b"another");
    recompute(&desk, |_| {});
    refused(&desk, NOTHING, &["GW3009", "md4ws.msi"]);
}

#[test]
fn documents_in_another_form_are_refused() {
    type Form = fn(&str) -> String;
    let forms: [(&str, Form); 5] = [
        ("bundle.json", |text| {
            text.replacen("{\n", "{\n  \"sequence\": 1,\n", 1)
        }),
        ("bundle.json", |text| {
            text.replacen("{\n", "{\n  \"more\": 1,\n", 1)
        }),
        ("bundle.json", |text| format!("\u{feff}{text}")),
        ("bundle.json", |text| text.replace("  ", "\t")),
        ("bundle.json", |text| text.trim_end().to_owned()),
    ];
    for (name, change) in forms {
        let desk = built();
        let path = desk.path("out").join(name);
        let text = fs::read_to_string(&path).unwrap();
        let forged = change(&text);
        assert_ne!(text, forged);
        write_documents(&desk, forged.as_bytes(), &document(&desk));
        refused_as_bundle(&desk, name);
    }
    // The same facts in another form are another bundle id.
    let desk = built();
    let text = fs::read_to_string(desk.path("out/manifest.json")).unwrap();
    desk.put("out/manifest.json", text.replace("  ", " ").as_bytes());
    recompute(&desk, |_| {});
    refused(&desk, NOTHING, &["GW3001", "manifest.json", "form"]);
}

#[track_caller]
fn refused_as_bundle(desk: &Desk, name: &str) {
    desk.verify_with(NOTHING).fails_with(4, &[name]);
    never_signed(desk);
}

/// A bootstrap of another bundle under the name of this one.
#[test]
fn the_exe_of_another_bundle_is_refused() {
    let desk = built();
    let lock = fs::read(desk.path("gangway.lock")).unwrap();
    fs::rename(desk.path("out"), desk.path("onboard")).unwrap();
    desk.build_with(&["--mode", "precheck"]).succeeds();
    let precheck = sign_pe(&fs::read(desk.exe()).unwrap(), &Signature::default());
    fs::remove_dir_all(desk.path("out")).unwrap();
    fs::rename(desk.path("onboard"), desk.path("out")).unwrap();
    desk.put("gangway.lock", &lock);
    fs::write(desk.exe(), &precheck).unwrap();
    refused(&desk, LOCK, &["GW3004", "RCDATA 101"]);
    // With every digest of the exe made to fit.
    let unsigned = gangway::bootstrap::without_signature(&precheck).unwrap();
    recompute(&desk, |one| {
        one.exe.unsigned_size = unsigned.len() as u64;
        one.exe.unsigned_sha256 = Sha256::of(&unsigned);
    });
    refused(&desk, NOTHING, &["GW3004", "RCDATA 101"]);
}

#[test]
fn a_signature_that_is_not_ours_alone_is_refused() {
    let desk = built();
    let exe = desk.exe();
    let unsigned = fs::read(&exe).unwrap();
    let good = Signature::default();
    let stranger = Signature::by(Lab::UnrelatedCode);
    for (name, forged, code) in [
        ("stranger", sign_pe(&unsigned, &stranger), "GW3005"),
        (
            "second in the table",
            sign_pe_with(&unsigned, &[good.clone(), stranger.clone()], b""),
            "GW3020",
        ),
        (
            "second inside",
            sign_pe(&unsigned, &good.clone().nesting(stranger.clone())),
            "GW3020",
        ),
        (
            "bytes behind",
            sign_pe_with(
                &unsigned,
                std::slice::from_ref(&good),
                b"payload of somebody",
            ),
            "GW3020",
        ),
        (
            "bytes in an unsigned attribute",
            sign_pe(&unsigned, &good.clone().hiding(b"payload of somebody")),
            "GW3020",
        ),
    ] {
        fs::write(&exe, &forged).unwrap();
        for outside in [LOCK, &["--root", "root.pem"]] {
            let session = desk.verify_with(outside);
            assert_eq!(session.code, 4, "{name}: {}{}", session.out, session.err);
            assert!(session.err.contains(code), "{name}: {}", session.err);
        }
    }
}

#[test]
fn a_root_of_somebody_else_makes_no_part_foreign() {
    let desk = built();
    let exe = desk.exe();
    let signed = sign_pe(&fs::read(&exe).unwrap(), &Signature::default());
    fs::write(&exe, signed).unwrap();
    desk.put("other.pem", Lab::UnrelatedRoot.certificate_pem().as_bytes());
    let session = desk.verify_with(&["--signed", "--root", "other.pem"]);
    assert_eq!(session.code, 4);
    assert!(
        session.err.contains("GW3005") && !session.err.contains("GW3020"),
        "{}",
        session.err
    );
}

/// Only a link leads out of the bundle, and a path in `bundle.json` does not.
#[test]
fn sign_never_touches_what_lies_outside() {
    let desk = built();
    let outside = desk.path("outside.exe");
    fs::copy(desk.exe(), &outside).unwrap();
    let before = fs::read(&outside).unwrap();
    recompute(&desk, |one| one.exe.path = "../outside.exe".to_owned());
    never_signed(&desk);
    assert!(fs::read(&outside).unwrap() == before);
}

#[test]
fn sign_needs_something_that_names_the_bundle() {
    let desk = built();
    fs::remove_file(desk.path("gangway.lock")).unwrap();
    desk.change_config(
        "[signing]",
        "[signing]\ncommand = [\"cp\", \"{in}\", \"{out}\"]",
    );
    desk.run(&["sign", "out", "--as-of", NOW])
        .fails_with(4, &["has no digest of a bundle", "--expect"]);
    let digest = Sha256::of(&fs::read(desk.path("out/bundle.json")).unwrap()).to_string();
    // The command does not sign; it is reached.
    desk.run(&["sign", "out", "--as-of", NOW, "--expect", &digest])
        .fails_with(4, &["without a signature", "`{out}`"]);
}

#[test]
fn another_stub_is_refused_by_the_lock_and_taken_on_request() {
    let desk = built();
    let before = document(&desk);
    let mut stub = fs::read(desk.path("stub.exe")).unwrap();
    let last = stub.len() - 1;
    stub[last] ^= 1;
    desk.put("stub.exe", &stub);
    for locking in [&[][..], &["--locked"]] {
        let session = desk.build_with(locking);
        session.fails_with(1, &["bootstrap stub", "--update-lock"]);
    }
    desk.verify_with(LOCK)
        .fails_with(4, &["GW3004", "another stub"]);
    let session = desk.build_with(&["--update-lock"]);
    assert!(
        session.succeeds().contains("bootstrap stub"),
        "{}",
        session.out
    );
    let after = document(&desk);
    assert_ne!(before.bundle_id, after.bundle_id);
    assert_eq!(after.sequence, before.sequence + 1);
    desk.build_with(&["--locked"]).succeeds();
}

#[test]
fn a_locked_build_gives_the_bundle_that_the_lock_remembers() {
    let desk = built();
    desk.build_with(&["--locked"]).succeeds();
    // Changes policies, and not the manifest.
    desk.change_config(
        "[[gpo.domain]]",
        "[rollout]\nreport_every_days = 2\n\n[[gpo.domain]]",
    );
    desk.build_with(&["--locked"])
        .fails_with(1, &["GW3019", "gangway.lock"]);
    assert!(desk.build().succeeds().contains("sequence 1"));
    desk.build_with(&["--locked"]).succeeds();
}

#[test]
fn the_same_facts_are_told_to_machines() {
    let desk = built();
    let build: serde_json::Value =
        serde_json::from_str(desk.build_with(&["--json"]).succeeds()).unwrap();
    let digest = Sha256::of(&fs::read(desk.path("out/bundle.json")).unwrap()).to_string();
    assert_eq!(build["result"]["bundle_json_sha256"], digest.as_str());
    let verify = |outside: &[&str]| -> serde_json::Value {
        let session = desk.verify_with(&[outside, &["--json"]].concat());
        let answer: serde_json::Value = serde_json::from_str(&session.out).unwrap();
        answer["result"].clone()
    };
    for (outside, pinned) in [
        (NOTHING, "nothing"),
        (LOCK, "lock"),
        (&["--expect", digest.as_str()][..], "expected"),
    ] {
        let told = verify(outside);
        assert_eq!(told["pinned"], pinned);
        assert_eq!(told["bundle_json_sha256"], digest.as_str());
        assert_eq!(told["standing"], "unsigned");
        assert_eq!(told["good"], true);
    }
}
