//! `docs/operations.md`, chapter by chapter: each command of ours is one that the command line takes, and
//! what asks no server is run, in its order, with what the chapter says of it held against the bundles.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use gangway::bundle::BundleDocument;
use gangway_contract::Rollout;
use gangway_contract::control::Control;
use gangway_contract::manifest::Manifest;
use gangway_fixtures::authenticode::{Signature, sign_pe};
use gangway_fixtures::blob::{BlobSpec, ORG_ID, OTHER_ORG_ID};
use gangway_fixtures::portal;
use gangway_fixtures::script::ScriptSpec;

use super::desk::{Desk, NOW, Session};
use super::runbook::{EXPIRES, between, words};

fn page() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/operations.md");
    fs::read_to_string(path).unwrap()
}

/// Lines to type of one chapter, without what stands behind a `#`.
fn commands(chapter: &str) -> Vec<String> {
    let page = page();
    let (_, text) = page.split_once(&format!("\n## {chapter}\n")).unwrap();
    let text = text.split("\n## ").next().unwrap();
    let blocks = between(text, "```sh\n", "```");
    let lines = blocks.iter().flat_map(|block| block.lines());
    lines
        .map(|line| line.split("  #").next().unwrap().trim().to_owned())
        .filter(|line| !line.is_empty())
        .collect()
}

#[test]
fn every_command_is_one_that_the_command_line_takes() {
    let page = page();
    let blocks = between(&page, "```sh\n", "```");
    let lines = blocks.iter().flat_map(|block| block.lines());
    let inside = between(&page, "`gangway ", "`").into_iter();
    let inside = inside.map(|rest| format!("gangway {}", rest.replace('\n', " ")));
    let ours: Vec<String> = lines
        .map(|line| line.split("  #").next().unwrap().trim().to_owned())
        .filter(|line| line.starts_with("gangway "))
        .chain(inside.filter(|line| line.contains("--bundle")))
        .collect();
    assert!(ours.len() > 20, "{ours:?}");
    for line in ours {
        let parsed = gangway::cli::command_line().try_get_matches_from(words(&line));
        assert!(parsed.is_ok(), "{line}: {}", parsed.unwrap_err());
    }
}

/// The desk of somebody whose bundle is live: built, and signed by the command of the config.
fn live() -> Desk {
    let desk = Desk::with_downloads();
    desk.change_config(
        "[signing]",
        "[signing]\ncommand = [\"/bin/cp\", \"signed.exe\", \"{out}\"]",
    );
    desk.change_config(
        "gangway$'",
        "gangway$'\nreports = '\\\\files.contoso.com\\reports$'",
    );
    desk.put("servers.csv", b"srv1.contoso.com\n");
    for folder in [
        "gangway",
        "gangway-next",
        "gangway-reports",
        "gangway-reports-next",
    ] {
        fs::create_dir_all(desk.path("mnt").join(folder)).unwrap();
    }
    run(&desk, "gangway build -c gangway.toml --out bundle").succeeds();
    run(&desk, "gangway sign bundle -c gangway.toml").succeeds();
    run(
        &desk,
        "gangway publish share bundle -c gangway.toml --to /mnt/gangway --apply",
    )
    .succeeds();
    desk
}

fn document(desk: &Desk, bundle: &str) -> BundleDocument {
    let path = desk.path(bundle).join("bundle.json");
    BundleDocument::parse(&fs::read(path).unwrap()).unwrap()
}

fn manifest(desk: &Desk, bundle: &str) -> Manifest {
    Manifest::parse(&fs::read(desk.path(bundle).join("manifest.json")).unwrap()).unwrap()
}

fn exe(desk: &Desk, bundle: &str) -> Vec<u8> {
    let path = document(desk, bundle).exe.path;
    fs::read(desk.path(bundle).join(path)).unwrap()
}

/// Names of the folders of policies.
fn policies(desk: &Desk, bundle: &str) -> BTreeSet<String> {
    let tree = desk.tree(&format!("{bundle}/gpo"));
    let of = |path: &String| {
        let (_, below) = path.split_once("/sysvol/Policies/")?;
        Some(below.split('/').next()?.to_owned())
    };
    tree.iter().filter_map(|(path, _)| of(path)).collect()
}

/// Runs a line as it stands, on the desk's own shares and at its moment.
fn run(desk: &Desk, line: &str) -> Session {
    let mnt = desk.path("mnt").display().to_string();
    let mut words = words(&line.replace("/mnt", &mnt));
    words.remove(0);
    let command = words[0].clone();
    if command == "sign" {
        // What the signing command of the config hands over.
        let signed = sign_pe(&exe(desk, &words[1]), &Signature::default());
        desk.put("signed.exe", &signed);
    }
    if ["build", "verify"].contains(&command.as_str()) {
        words.extend(["--stub".to_owned(), "stub.exe".to_owned()]);
    }
    if command != "diff" {
        words.extend(["--as-of".to_owned(), NOW.to_owned()]);
    }
    desk.run(&words.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Does a line ask a server?
fn asks_a_server(line: &str) -> bool {
    line.contains("--user")
}

/// Runs what is on a chapter's lines from the one that begins with `from` up to the one that begins with
/// `to`, both included.
fn run_lines(desk: &Desk, chapter: &str, from: &str, to: &str) {
    let commands = commands(chapter);
    let at = |begin: &str| commands.iter().position(|line| line.starts_with(begin));
    for line in &commands[at(from).unwrap()..=at(to).unwrap()] {
        if line.starts_with("cp ") {
            let mut copy = words(line);
            copy.remove(0);
            let place = |path: &String| desk.path(path.strip_prefix('/').unwrap());
            fs::copy(place(&copy[0]), place(&copy[1])).unwrap();
        } else if !asks_a_server(line) {
            let session = run(desk, line);
            // Two bundles differ, and an inspection may have something to say.
            let is_good =
                session.code == 0 || line.starts_with("gangway diff") && session.code == 1;
            assert!(
                is_good,
                "{line}: {}\n{}{}",
                session.code, session.out, session.err
            );
        }
    }
}

#[test]
fn a_ring_goes_wider_and_a_pause_comes_and_goes() {
    let desk = live();
    let begin = "gangway rollout /mnt/gangway ring 50";
    run_lines(
        &desk,
        "Rings and a pause",
        begin,
        "gangway rollout /mnt/gangway min-sequence",
    );
    let decided = fs::read(desk.path("mnt/gangway/rollout.json")).unwrap();
    let decided = Rollout::parse(&decided).unwrap();
    assert_eq!((decided.paused, decided.min_sequence), (false, 1));
    assert_eq!(decided.ring.map(|ring| ring.percent), Some(50));
}

#[test]
fn another_name_with_an_id_is_another_bundle_in_the_same_policies() {
    let desk = live();
    desk.change_config("\nid = 'Contoso'", "");
    let before = desk.tree("bundle");
    run_lines(&desk, "Another name", "gangway inspect", "gangway build");
    assert!(desk.tree("bundle") == before);
    desk.change_config(
        "name = \"Contoso\"",
        "name = \"Fabrikam\"\nid = \"Contoso\"",
    );
    let known = policies(&desk, "bundle");
    run_lines(&desk, "Another name", "gangway build", "gangway build");
    assert_eq!(policies(&desk, "bundle"), known);
    assert_eq!(manifest(&desk, "bundle").sequence, 2);
}

#[test]
fn a_further_domain_is_no_news_to_servers_and_the_program_stays_signed() {
    let desk = live();
    let (before, program) = (document(&desk, "bundle"), exe(&desk, "bundle"));
    let page = page();
    let section = between(&page, "```toml\n", "```")[0];
    desk.change_config("[trust]", &format!("{section}[trust]"));
    let session = run(&desk, &commands("A further domain")[0]);
    assert!(
        session.succeeds().contains("its signature stays"),
        "{}",
        session.out
    );
    run_lines(
        &desk,
        "A further domain",
        "gangway verify",
        "gangway publish",
    );
    let after = document(&desk, "bundle");
    assert_eq!(
        (after.bundle_id, after.sequence, after.exe),
        (before.bundle_id, before.sequence, before.exe)
    );
    assert!(exe(&desk, "bundle") == program);
    let came: Vec<&str> = after
        .files
        .iter()
        .map(|file| file.path.as_str())
        .filter(|path| !before.files.iter().any(|file| file.path == **path))
        .collect();
    assert!(!came.is_empty());
    assert!(
        came.iter().all(|path| path.contains("emea.contoso.com")),
        "{came:?}"
    );
    let json = run(&desk, "gangway build -c gangway.toml --out bundle --json");
    assert!(
        json.succeeds().contains("\"signature_kept\": true"),
        "{}",
        json.out
    );
}

/// A program that somebody else signed, or whose signature does not hold, is written anew.
#[test]
fn a_signature_that_does_not_hold_is_not_kept() {
    let desk = live();
    let path = desk.path("bundle").join(document(&desk, "bundle").exe.path);
    let mut bytes = fs::read(&path).unwrap();
    let last = bytes.len() - 100;
    bytes[last] ^= 1;
    fs::write(&path, bytes).unwrap();
    desk.change_config(
        "[trust]",
        "[[gpo.domain]]\ndns_name = \"emea.contoso.com\"\n[trust]",
    );
    let session = run(&desk, "gangway build -c gangway.toml --out bundle");
    session.succeeds();
    assert!(
        !session.out.contains("its signature stays"),
        "{}",
        session.out
    );
    let size = fs::metadata(&path).unwrap().len();
    assert_eq!(size, document(&desk, "bundle").exe.unsigned_size);
}

#[test]
fn another_file_server_is_a_bundle_of_its_own_and_a_pause_moves_along() {
    let desk = live();
    run(&desk, "gangway rollout /mnt/gangway pause --apply").succeeds();
    let (old, known) = (document(&desk, "bundle"), policies(&desk, "bundle"));
    for (from, to) in [
        (
            r"\\files.contoso.com\gangway$",
            r"\\files2.contoso.com\gangway$",
        ),
        (
            r"\\files.contoso.com\reports$",
            r"\\files2.contoso.com\reports$",
        ),
    ] {
        desk.change_config(from, to);
    }
    let build = run(&desk, &commands("Another file server")[0]);
    build.succeeds();
    assert!(build.err.contains("GW3031"), "{}", build.err);
    run_lines(
        &desk,
        "Another file server",
        "cp ",
        "gangway publish share next -c gangway.toml --to /mnt/gangway-next --apply",
    );
    let new = document(&desk, "next");
    // The same payloads and policies, another program that says the other place.
    assert_eq!(new.release_id, old.release_id);
    assert_eq!((old.sequence, new.sequence), (1, 2));
    assert_ne!(new.exe.path, old.exe.path);
    assert_eq!(policies(&desk, "next"), known);
    let settings = manifest(&desk, "next").settings;
    assert!(settings.release_root.as_str().contains("files2"));
    assert!(settings.report_root.unwrap().as_str().contains("files2"));
    let moved = |name: &str| fs::read(desk.path("mnt/gangway-next").join(name)).unwrap();
    assert!(Control::parse(&moved("control.json")).unwrap().paused);
    assert!(Rollout::parse(&moved("rollout.json")).unwrap().paused);
    let [old, new] = ["gangway", "gangway-next"].map(|share| {
        let mut tree = desk.tree(&format!("mnt/{share}/releases"));
        tree.sort();
        tree
    });
    assert!(old == new);
}

#[test]
fn a_switch_that_holds_the_next_bundle_back_is_seen_before_it_moves() {
    let desk = live();
    let strict = Control {
        min_sequence: 9,
        ..Control::OPEN
    };
    desk.put("mnt/gangway/control.json", &strict.to_bytes());
    desk.change_config(
        r"\\files.contoso.com\gangway$",
        r"\\files2.contoso.com\gangway$",
    );
    run(&desk, &commands("Another file server")[0])
        .fails_with(1, &["GW3024", "--sequence-after 8"]);
}

#[test]
fn another_tenant_comes_in_two_phases_from_one_config_and_lock() {
    let desk = live();
    let known = policies(&desk, "bundle");
    let offboarding = ScriptSpec::of(BlobSpec::offboarding(EXPIRES));
    let zip = portal::offboarding_zip(&offboarding, "2026-04-02");
    desk.put("downloads/offboarding.zip", &zip);
    let chapter = "Another tenant";
    desk.change_config(
        "id = 'Contoso'",
        &format!("id = 'Contoso'\norg_id = '{ORG_ID}'"),
    );
    run_lines(
        &desk,
        chapter,
        "gangway build -c gangway.toml --mode offboard",
        "gangway publish offboard -c gangway.toml --offline",
    );
    assert_eq!(manifest(&desk, "offboard").tenant.org_id.as_str(), ORG_ID);

    fs::remove_file(desk.path("downloads/offboarding.zip")).unwrap();
    let other = BlobSpec {
        org_id: OTHER_ORG_ID.to_owned(),
        ..BlobSpec::default()
    };
    desk.put(
        "downloads/WindowsDefenderATPOnboardingPackage.zip",
        &portal::group_policy_zip(&ScriptSpec::of(other)),
    );
    // Neither the pin of the tenant nor the lock takes them by themselves.
    let build = "gangway build -c gangway.toml --out next";
    run(&desk, build).fails_with(1, &["GW1"]);
    desk.change_config(ORG_ID, OTHER_ORG_ID);
    run(&desk, build).fails_with(1, &["GW1601", "--update-lock"]);
    run_lines(
        &desk,
        chapter,
        "gangway build -c gangway.toml --update-lock",
        "gangway sign next",
    );
    let next = manifest(&desk, "next");
    assert_eq!(next.tenant.org_id.as_str(), OTHER_ORG_ID);
    assert!(next.sequence > manifest(&desk, "offboard").sequence);
    assert_eq!(policies(&desk, "next"), known);
    // What comes too late for the old tenant.
    run(
        &desk,
        "gangway build -c gangway.toml --mode offboard --out late",
    )
    .fails_with(1, &["GW3012"]);
}

#[test]
fn config_and_lock_that_are_gone_come_back_from_bundle_and_share() {
    let desk = live();
    let chapter = "Config or lock are gone";
    run_lines(
        &desk,
        chapter,
        "gangway reconstruct bundle",
        "gangway reconstruct /mnt",
    );
    let read = |path: &str| fs::read_to_string(desk.path(path)).unwrap();
    let config = |text: String| text.split_once("\n\n").unwrap().1.to_owned();
    assert_eq!(
        config(read("again/gangway.toml")),
        config(read("again-from-share/gangway.toml"))
    );
    fs::create_dir(desk.path("again/downloads")).unwrap();
    for (name, bytes) in desk.tree("downloads") {
        desk.put(&format!("again/downloads/{name}"), &bytes);
    }
    run_lines(&desk, chapter, "gangway build", "gangway build");
    let mut bundle = desk.tree("bundle");
    let mut again = desk.tree("bundle-again");
    // One is signed.
    bundle.retain(|(name, _)| !name.ends_with(".exe"));
    again.retain(|(name, _)| !name.ends_with(".exe"));
    assert!(bundle == again);
    run_lines(&desk, chapter, "gangway diff", "gangway diff");
}
