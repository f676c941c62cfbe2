//! `attest --packages` and `verify --packages`: one statement vouches for a whole folder of packages, of
//! this bundle, built as the bundle says.

use std::fs;

use gangway::pipeline::PackagesDocument;
use gangway_contract::Sha256;
use serde_json::{Value, json};

use super::attest::{
    attest, attestable, envelopes, payload, put_envelopes, signed_envelope, verify,
};
use super::desk::{Desk, NOW};
use super::package::{END, build_way_back};

pub(crate) const PACKAGES: [&str; 2] = ["--packages", "out-packages"];

pub(crate) fn package(desk: &Desk, more: &[&str]) {
    let usual = ["package", "out", "-c", "gangway.toml", "--as-of", NOW];
    desk.run(&[&usual, more].concat()).succeeds();
}

/// A bundle with packages, and both attested.
fn vouched() -> Desk {
    let desk = attestable();
    package(&desk, &[]);
    attest(&desk, &PACKAGES).succeeds();
    desk
}

/// The statement of provenance of a desk.
fn provenance(desk: &Desk) -> Value {
    serde_json::from_slice(&payload(&envelopes(desk)[0])).unwrap()
}

/// Only these statements, all by the key.
fn say(desk: &Desk, statements: &[Value]) {
    let signed: Vec<Value> = statements
        .iter()
        .map(|one| signed_envelope(desk, one.to_string().as_bytes()))
        .collect();
    put_envelopes(desk, &signed);
    // It goes with the statements that were there.
    fs::remove_file(desk.path("out.cdx.json")).unwrap_or_default();
}

/// Makes document and digests of a folder of packages fit what lies there, as a forger does.
pub(crate) fn relist(desk: &Desk, folder: &str, format_of: impl Fn(&str) -> Option<&'static str>) {
    let document = format!("{folder}/packages.json");
    let read = fs::read(desk.path(&document)).unwrap();
    let mut list: Value = serde_json::from_slice(&read).unwrap();
    let before = list["files"].as_array().unwrap().clone();
    let mut files = Vec::new();
    let mut sums = String::new();
    for (path, _) in desk.tree(folder) {
        if ["packages.json", "SHA256SUMS"].contains(&path.as_str()) {
            continue;
        }
        let bytes = fs::read(desk.path(folder).join(&path)).unwrap();
        let old = before.iter().find(|one| one["path"] == *path);
        let mut file = old.cloned().unwrap_or_else(|| json!({"signature": null}));
        let sha256 = Sha256::of(&bytes).to_string();
        sums.push_str(&format!("{sha256}  {path}\n"));
        if let Some(format) = format_of(&path) {
            file["format"] = json!(format);
        }
        file["path"] = json!(path);
        file["size"] = json!(bytes.len());
        file["sha256"] = json!(sha256);
        files.push(file);
    }
    list["files"] = json!(files);
    let text = in_form(&list);
    desk.put(&document, text.as_bytes());
    desk.put(&format!("{folder}/SHA256SUMS"), sums.as_bytes());
}

/// A list of packages in the form of the program, as far as it is a document of it.
pub(crate) fn in_form(list: &Value) -> String {
    match serde_json::from_value::<PackagesDocument>(list.clone()) {
        Ok(list) => serde_json::to_string_pretty(&list).unwrap() + "\n",
        Err(_) => list.to_string(),
    }
}

/// A list that fits a forged folder proves nothing of it.
#[test]
fn what_lies_among_the_packages_as_it_is_has_to_be_the_bundles() {
    let desk = vouched();
    let of_content = |path: &str| path.starts_with("content/").then_some("msi");
    desk.put("out-packages/content/version.dll", b"evil");
    for format in ["msi", "content"] {
        relist(&desk, "out-packages", |path| {
            of_content(path).map(|_| format)
        });
        attest(&desk, &PACKAGES).fails_with(4, &["GW5206", "content/"]);
    }
    fs::remove_file(desk.path("out-packages/content/version.dll")).unwrap();
    relist(&desk, "out-packages", |path| {
        of_content(path).map(|_| "content")
    });
    attest(&desk, &PACKAGES).succeeds();
    fs::write(
        desk.path("out-packages/content")
            .join(desk.exe().file_name().unwrap()),
        b"MZ",
    )
    .unwrap();
    relist(&desk, "out-packages", |_| None);
    attest(&desk, &PACKAGES).fails_with(4, &["GW5206", "is not what the bundle has"]);
}

/// The bootstrap as it was built is a good one, and not the one that the packages hold.
#[test]
fn a_signature_that_was_taken_away_is_told_beside_the_packages() {
    let desk = vouched();
    let signed = fs::read(desk.exe()).unwrap();
    fs::copy(desk.path("unsigned.exe"), desk.exe()).unwrap();
    let unsigned = [&PACKAGES[..], &["--allow-unsigned"]].concat();
    let words = [
        "GW5206",
        "its signature was taken away",
        "`gangway sign BUNDLE`",
    ];
    attest(&desk, &unsigned).fails_with(4, &words);
    verify(&desk, &PACKAGES).fails_with(4, &words);
    fs::write(desk.exe(), signed).unwrap();
    verify(&desk, &PACKAGES).succeeds();
}

/// It runs as SYSTEM like the bootstrap, and takes servers out of the service.
#[test]
fn the_way_back_among_the_packages_has_to_be_a_bundle_that_verified() {
    let desk = attestable();
    build_way_back(&desk, END);
    let unsigned = ["--allow-unsigned"];
    let with_back = ["--allow-unsigned", "--offboard", "back"];
    package(&desk, &with_back);
    let attest = |more: &[&str]| attest(&desk, &[&PACKAGES[..], more].concat());
    attest(&with_back).succeeds();
    let session = verify(&desk, &PACKAGES);
    session.succeeds();
    assert!(!session.err.contains("GW3038"), "{}", session.err);
    let late = (END + 1).to_string();
    let verified = ["verify", "out", "--stub", "stub.exe", "--as-of", &late];
    let session = desk.run(&[&verified[..], &["--key", "key.pub.pem"], &PACKAGES].concat());
    session.succeeds();
    for text in ["GW3038", "offboard/"] {
        assert!(session.err.contains(text), "{text}: {}", session.err);
    }
    attest(&unsigned).fails_with(
        4,
        &["GW5206", "offboard/", "--packages DIR --offboard BUNDLE"],
    );
    attest(&["--allow-unsigned", "--offboard", "out"])
        .fails_with(4, &["`--offboard` names another one", "gangway package"]);
    // It is what the packages were made of, and does nothing any more.
    let usual = ["attest", "out", "-c", "gangway.toml", "--as-of", &late];
    let session = desk.run(&[&usual[..], &PACKAGES, &with_back].concat());
    session.succeeds();
    assert!(session.err.contains("GW3038"), "{}", session.err);
    let info = desk.path("out-packages/offboard/OffboardingInfo.json");
    let before = fs::read(&info).unwrap();
    fs::write(&info, b"{}").unwrap();
    relist(&desk, "out-packages", |_| None);
    attest(&with_back).fails_with(4, &["GW5206", "is not what the bundle has"]);
    fs::write(&info, before).unwrap();
    desk.put("out-packages/offboard/version.dll", b"evil");
    relist(&desk, "out-packages", |path| {
        path.starts_with("offboard/").then_some("content")
    });
    attest(&with_back).fails_with(4, &["GW5206"]);
}

#[test]
fn packages_with_another_size_or_a_false_word_about_signatures_are_refused() {
    type Forge = fn(&mut Value);
    let forgeries: [(Forge, &str, &str); 3] = [
        (
            |list| list["files"][0]["size"] = json!(1),
            "GW5206",
            "1 by `packages.json`",
        ),
        (
            |list| list["exe_is_signed"] = json!(false),
            "GW5206",
            "`exe_is_signed`",
        ),
        (
            |list| {
                let mut files = list["files"].as_array_mut().unwrap().iter_mut();
                let msi = files.find(|one| one["path"].as_str().unwrap().ends_with(".msi"));
                msi.unwrap()["signature"] = json!("CN=Microsoft Corporation, time-stamped");
            },
            "GW5209",
            "files of its kind carry no signature",
        ),
    ];
    for (forge, code, why) in forgeries {
        let desk = vouched();
        let path = desk.path("out-packages/packages.json");
        let mut list: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        forge(&mut list);
        fs::write(&path, in_form(&list)).unwrap();
        attest(&desk, &PACKAGES).fails_with(4, &[code, why]);
    }
}

/// Nothing is read that the list does not name in this size, or in a size that the bundle does not give.
#[test]
fn a_giant_among_the_packages_is_refused_by_its_size() {
    let desk = vouched();
    for name in ["SHA256SUMS", "packages.json", "zip/more.zip"] {
        let path = desk.path("out-packages").join(name);
        let before = fs::read(&path).ok();
        let file = fs::File::create(&path).unwrap();
        file.set_len(200 << 30).unwrap();
        let began = std::time::Instant::now();
        verify(&desk, &PACKAGES).fails_with(4, &["GW5206", name]);
        assert!(began.elapsed().as_secs() < 30, "{name}");
        match before {
            Some(bytes) => fs::write(&path, bytes).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
    }
    let mut files = desk.tree("out-packages").into_iter();
    let (name, _) = files.find(|(path, _)| path.starts_with("cab/")).unwrap();
    let giant = fs::File::create(desk.path("out-packages").join(&name)).unwrap();
    giant.set_len(200 << 30).unwrap();
    let path = desk.path("out-packages/packages.json");
    let mut list: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let mut listed = list["files"].as_array_mut().unwrap().iter_mut();
    listed.find(|file| file["path"] == *name).unwrap()["size"] = json!(200u64 << 30);
    fs::write(&path, in_form(&list)).unwrap();
    let began = std::time::Instant::now();
    for session in [attest(&desk, &PACKAGES), verify(&desk, &PACKAGES)] {
        session.fails_with(4, &["GW5206", &name, "has at most"]);
    }
    assert!(began.elapsed().as_secs() < 30);
}

#[test]
fn the_list_of_parts_beside_the_statements_is_the_one_in_them() {
    let desk = vouched();
    let path = desk.path("out.cdx.json");
    let good = fs::read_to_string(&path).unwrap();
    fs::write(&path, good.replace("md4ws", "other")).unwrap();
    verify(&desk, &[]).fails_with(4, &["GW5208", "out.cdx.json"]);
    fs::remove_file(&path).unwrap();
    verify(&desk, &[]).succeeds();
    fs::write(&path, good).unwrap();
    let all = envelopes(&desk);
    put_envelopes(&desk, &all[1..]);
    verify(&desk, &[]).fails_with(4, &["GW5202", "none of these is of provenance"]);
}

#[test]
fn a_folder_without_its_document_is_vouched_for_by_nobody() {
    let desk = vouched();
    for (name, why) in [
        ("packages.json", "no folder of packages"),
        ("SHA256SUMS", "is not there"),
    ] {
        let path = desk.path("out-packages").join(name);
        let before = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        for session in [attest(&desk, &PACKAGES), verify(&desk, &PACKAGES)] {
            session.fails_with(4, &["GW5206", name, why]);
        }
        fs::write(&path, before).unwrap();
    }
    verify(&desk, &PACKAGES).succeeds();
    fs::create_dir(desk.path("any")).unwrap();
    desk.put("any/evil.msi", b"evil");
    attest(&desk, &["--packages", "any"]).fails_with(4, &["GW5206", "packages.json"]);
}

#[test]
fn one_statement_names_all_packages_and_no_other() {
    let desk = vouched();
    let good = provenance(&desk);
    let text = verify(&desk, &PACKAGES).succeeds().to_owned();
    let builder = "builder    urn:gangway:builder:1, in statement 1\n";
    assert!(text.contains(builder), "{text}");

    // Each half of the packages beside the bundle's own files, which every statement has to name.
    let subjects = good["subject"].as_array().unwrap();
    let is_own = |one: &&Value| {
        let name = one["name"].as_str().unwrap();
        name == "bundle.json" || (name.ends_with(".exe") && !name.contains('/'))
    };
    let half = |odd: usize| {
        let others = subjects.iter().filter(|one| !is_own(one)).enumerate();
        let others = others.filter(|(place, _)| place % 2 == odd);
        let all = subjects.iter().filter(is_own);
        let all: Vec<Value> = all.chain(others.map(|(_, one)| one)).cloned().collect();
        json!({"_type": good["_type"], "predicateType": good["predicateType"],
               "predicate": good["predicate"], "subject": all})
    };
    say(&desk, &[half(0), half(1)]);
    verify(&desk, &[]).succeeds();
    let session = verify(&desk, &PACKAGES);
    session.fails_with(
        4,
        &["GW5204", "statement 1", "statement 2", "does not name"],
    );

    let mut more = good.clone();
    let file = json!({"name": "msi/more.msi", "digest": {"sha256": "0".repeat(64)}});
    more["subject"].as_array_mut().unwrap().push(file);
    say(&desk, &[more.clone()]);
    verify(&desk, &PACKAGES).fails_with(4, &["GW5204", "`msi/more.msi`, which is not there"]);

    // Of several the one that names them exactly.
    say(&desk, &[half(0), more, good]);
    let session = verify(&desk, &PACKAGES);
    let text = session.succeeds();
    assert!(text.contains(", in statement 3\n"), "{text}");
}

#[test]
fn statements_of_other_packages_of_the_bundle_do_not_fit() {
    let desk = attestable();
    package(&desk, &["--format", "msi", "-o", "one"]);
    package(&desk, &["--format", "cab", "-o", "other"]);
    attest(&desk, &["--packages", "one"]).succeeds();
    verify(&desk, &["--packages", "one"]).succeeds();
    verify(&desk, &["--packages", "other"]).fails_with(4, &["GW5204", "does not name"]);
    attest(&desk, &[]).succeeds();
    verify(&desk, &["--packages", "one"]).fails_with(4, &["GW5204"]);
}

#[test]
fn a_provenance_that_says_otherwise_than_the_bundle_is_refused() {
    let desk = vouched();
    let good = provenance(&desk);
    for (path, value, word) in [
        ("/runDetails/builder/id", json!("urn:other"), "`id`"),
        ("/runDetails/builder/id", json!(null), "`id`"),
        (
            "/buildDefinition/buildType",
            json!("urn:other"),
            "`buildType`",
        ),
        (
            "/buildDefinition/externalParameters/organization",
            json!("Fabrikam"),
            "Fabrikam",
        ),
        (
            "/buildDefinition/externalParameters/sequence",
            json!(77),
            "`externalParameters`",
        ),
        (
            "/buildDefinition/resolvedDependencies/0/digest/sha256",
            json!("0".repeat(64)),
            "`resolvedDependencies`",
        ),
        (
            "/buildDefinition/resolvedDependencies",
            json!([]),
            "`resolvedDependencies`",
        ),
    ] {
        let mut other = good.clone();
        *other["predicate"].pointer_mut(path).unwrap() = value;
        say(&desk, &[other]);
        let session = verify(&desk, &PACKAGES);
        session.fails_with(4, &["GW5207", word]);
        verify(&desk, &[]).fails_with(4, &["GW5207", word]);
    }
    // SLSA: a parameter that nobody knows may mean anything; what is new elsewhere is passed over.
    let mut other = good.clone();
    other["predicate"]["buildDefinition"]["externalParameters"]["script"] = json!("evil");
    say(&desk, &[other]);
    verify(&desk, &[]).fails_with(4, &["GW5207", "evil"]);
    let mut later = good.clone();
    later["predicate"]["runDetails"]["metadata"]["note"] = json!("new");
    say(&desk, &[later]);
    verify(&desk, &PACKAGES).succeeds();
}

/// Somebody who may write there makes the folder's own documents fit what he put there.
fn forge(desk: &Desk, change: impl Fn(&mut Value)) {
    let path = desk.path("out-packages/packages.json");
    let mut document: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    change(&mut document);
    let mut sums = String::new();
    for file in document["files"].as_array_mut().unwrap() {
        let name = file["path"].as_str().unwrap().to_owned();
        let bytes = fs::read(desk.path("out-packages").join(&name)).unwrap();
        file["size"] = bytes.len().into();
        file["sha256"] = Sha256::of(&bytes).to_string().into();
        sums.push_str(&format!("{}  {name}\n", Sha256::of(&bytes)));
    }
    fs::write(path, in_form(&document)).unwrap();
    desk.put("out-packages/SHA256SUMS", sums.as_bytes());
}

#[test]
fn packages_are_held_against_the_bundle_and_not_against_their_word_alone() {
    let desk = vouched();
    let refused = |word: &str| {
        for session in [attest(&desk, &PACKAGES), verify(&desk, &PACKAGES)] {
            session.fails_with(4, &["GW5206", word]);
        }
        package(&desk, &[]);
    };
    forge(&desk, |_| {});
    attest(&desk, &PACKAGES).succeeds();

    desk.put("out-packages/content/md4ws.msi", b"evil");
    forge(&desk, |_| {});
    refused("content/md4ws.msi");
    fs::remove_file(desk.path("out-packages/content/md4ws.msi")).unwrap();
    forge(&desk, |document| {
        let files = document["files"].as_array_mut().unwrap();
        files.retain(|file| file["path"] != "content/md4ws.msi");
    });
    refused("content/md4ws.msi");
    desk.put("out-packages/SHA256SUMS", b"");
    refused("SHA256SUMS");
    forge(&desk, |document| document["sequence"] = 9.into());
    refused("another bundle");
    forge(&desk, |document| {
        let files = document["files"].as_array_mut().unwrap();
        files.push(files[0].clone());
    });
    refused("twice or out of order");

    let build = [
        "build", "--mode", "precheck", "--out", "look", "--stub", "stub.exe",
    ];
    desk.run(&[&build[..], &["--as-of", NOW]].concat())
        .succeeds();
    let package = ["package", "look", "--allow-unsigned", "-o", "look-packages"];
    desk.run(&[&package[..], &["--as-of", NOW]].concat())
        .succeeds();
    attest(&desk, &["--packages", "look-packages"]).fails_with(4, &["GW5206", "another bundle"]);
}
