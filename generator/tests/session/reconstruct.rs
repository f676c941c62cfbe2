//! `gangway reconstruct`: config and lock come back, and what is built from them is the same bundle.

use std::fs;

use gangway::recipe::Recipe;
use gangway_contract::Sha256;

use super::desk::{Desk, NOW, Session};
use super::runbook::MORE;

/// Everything that a config may say without another download.
fn rich() -> Desk {
    let desk = Desk::with_downloads();
    let config = fs::read_to_string(desk.path("gangway.toml")).unwrap();
    let more = "[gpo.settings.exclusions]\npaths = ['E:\\B', 'D:\\A']\nextensions = [\".ldf\"]\n\n\
                [health]\nsilent_after_days = 9\n";
    desk.put("gangway.toml", format!("{config}{MORE}{more}").as_bytes());
    desk.change_config(
        "name = \"Contoso\"",
        "# ours\nname = \"Contoso\"\nlatin_name = \"Contoso K.K.\"",
    );
    desk.build().succeeds();
    desk
}

fn back(desk: &Desk, from: &str, more: &[&str]) -> Session {
    let usual = ["reconstruct", from, "-o", "back", "--as-of", NOW];
    desk.run(&[&usual[..], more].concat())
}

/// Builds from what came back, beside the same downloads.
fn build_from_back(desk: &Desk, mode: &str) {
    fs::create_dir(desk.path("back/downloads")).unwrap();
    for (name, bytes) in desk.tree("downloads") {
        desk.put(&format!("back/downloads/{name}"), &bytes);
    }
    desk.run(&[
        "build",
        "-c",
        "back/gangway.toml",
        "--out",
        "again",
        "--mode",
        mode,
        "--stub",
        "stub.exe",
        "--as-of",
        NOW,
    ])
    .succeeds();
}

#[test]
fn what_is_built_from_what_came_back_is_the_same_bundle() {
    let desk = rich();
    let said = back(&desk, "out", &[]);
    for text in [
        "downloads.paths",
        "signing, provenance",
        "sequence 1",
        "Contoso (Contoso)",
    ] {
        assert!(said.succeeds().contains(text), "{text}: {}", said.out);
    }
    let config = fs::read_to_string(desk.path("back/gangway.toml")).unwrap();
    assert!(
        !config.contains("# ours") && config.contains("latin_name"),
        "{config}"
    );
    build_from_back(&desk, "onboard");
    assert!(desk.tree("again") == desk.tree("out"));
    // It counts on from there.
    let changed = config.replace("silent_after_days = 9", "silent_after_days = 8");
    desk.put("back/gangway.toml", changed.as_bytes());
    let next = desk.run(&[
        "build",
        "-c",
        "back/gangway.toml",
        "--out",
        "next",
        "--stub",
        "stub.exe",
        "--as-of",
        NOW,
    ]);
    assert!(next.succeeds().contains("(sequence 2)"), "{}", next.out);
}

/// Whoever hands a bundle over names its folder, and TOML strings hold what a recipe says.
#[test]
fn neither_the_name_of_the_place_nor_what_it_holds_adds_a_word_to_config_and_lock() {
    let command = "[signing]\ncommand = [\"touch\", \"made\"]\n#";
    let ends = [
        "\n",
        "\r\n",
        "\r",
        "\u{2028}",
        "\u{85}",
        "\u{c}\u{7}\u{1b}[2J\n",
    ];
    let desk = rich();
    let signer = format!("CN=x\"\n'''\n{command}\nsequence = 77\n");
    forge(&desk, |it| it.downloads[0].signer = Some(signer.clone()));
    for end in ends {
        let bundle = format!("handed over{end}{}", command.replace('\n', end));
        fs::rename(desk.path("out"), desk.path(&bundle)).unwrap();
        back(&desk, &bundle, &[]).succeeds();
        let recipe = Recipe::parse(&fs::read(desk.path(&bundle).join("recipe.json")).unwrap());
        let (config, recipe) = (
            fs::read_to_string(desk.path("back/gangway.toml")).unwrap(),
            recipe.unwrap(),
        );
        let table = |text: &str| text.parse::<toml::Table>().unwrap();
        assert_eq!(table(&config), table(&recipe.config), "{end:?}: {config}");
        // Nothing but comments is before it, and lines end as TOML's do.
        let head = config.strip_suffix(&recipe.config).unwrap();
        let is_comment = |line: &str| line.is_empty() || line.starts_with("# ");
        assert!(head.split('\n').all(is_comment), "{end:?}: {head}");
        assert!(
            !head.contains(['\r', '\u{2028}', '\u{85}', '\u{1b}']),
            "{head:?}"
        );
        let lock = table(&fs::read_to_string(desk.path("back/gangway.lock")).unwrap());
        let keys: Vec<&String> = lock.keys().collect();
        assert_eq!(
            keys,
            [
                "built", "config", "download", "identity", "schema", "sequence"
            ]
        );
        let downloads = lock["download"].as_array().unwrap();
        let is_signer = |one: &toml::Value| one.get("signer") == Some(&signer.clone().into());
        assert_eq!(lock["sequence"].as_integer(), Some(1));
        assert_eq!(downloads.len(), recipe.downloads.len());
        assert!(downloads.iter().any(is_signer), "{lock}");
        fs::remove_dir_all(desk.path("back")).unwrap();
        fs::rename(desk.path(&bundle), desk.path("out")).unwrap();
    }
}

#[test]
fn another_download_than_the_bundles_is_told() {
    let desk = rich();
    back(&desk, "out", &[]).succeeds();
    fs::create_dir(desk.path("back/downloads")).unwrap();
    for (name, bytes) in desk.tree("downloads") {
        if name != "Install.ps1" {
            desk.put(&format!("back/downloads/{name}"), &bytes);
        }
    }
    desk.run(&[
        "build",
        "-c",
        "back/gangway.toml",
        "--out",
        "again",
        "--locked",
        "--stub",
        "stub.exe",
        "--as-of",
        NOW,
    ])
    .fails_with(1, &["GW1604"]);
}

#[test]
fn nothing_that_is_there_is_written_over() {
    let desk = rich();
    for name in ["gangway.toml", "gangway.lock", "lab-roots.pem"] {
        let _ = fs::remove_dir_all(desk.path("back"));
        fs::create_dir(desk.path("back")).unwrap();
        desk.put(&format!("back/{name}"), b"mine");
        back(&desk, "out", &[]).fails_with(3, &[name, "is there already"]);
        assert_eq!(desk.tree("back"), [(name.to_owned(), b"mine".to_vec())]);
    }
    // A link that leads nowhere is there, too.
    fs::remove_file(desk.path("back/lab-roots.pem")).unwrap();
    std::os::unix::fs::symlink("../elsewhere", desk.path("back/gangway.lock")).unwrap();
    back(&desk, "out", &[]).fails_with(3, &["gangway.lock"]);
    assert!(!desk.path("elsewhere").exists());
}

#[test]
fn a_lock_vouches_for_a_bundle_that_somebody_vouched_for() {
    let desk = rich();
    let digest = Sha256::of(&fs::read(desk.path("out/bundle.json")).unwrap()).to_string();
    let unproven = back(&desk, "out", &[]);
    unproven.fails_with(0, &["GW3017", "printed by `--expect`"]);
    assert!(!unproven.err.contains("--config"), "{}", unproven.err);
    fs::remove_dir_all(desk.path("back")).unwrap();
    back(&desk, "out", &["--expect", &digest]).succeeds();
    desk.run(&["verify", "out", "-c", "gangway.toml", "--as-of", NOW])
        .succeeds();
    let lock = fs::read_to_string(desk.path("back/gangway.lock")).unwrap();
    assert!(lock.contains(&digest), "{lock}");
    let wrong = "0".repeat(64);
    fs::remove_dir_all(desk.path("back")).unwrap();
    back(&desk, "out", &["--expect", &wrong]).fails_with(4, &["GW3016"]);
    assert!(!desk.path("back").exists());
}

#[test]
fn no_secret_and_no_path_of_this_machine_is_in_a_bundle() {
    let desk = Desk::with_downloads();
    desk.change_config(
        "[signing]",
        "[signing]\ncommand = [\"sign\", \"-pass\", \"hunter2\", \"{in}\", \"{out}\"]",
    );
    desk.build().succeeds();
    let here = desk.path("").display().to_string();
    for (name, bytes) in desk.tree("out") {
        let text = String::from_utf8_lossy(&bytes);
        for secret in ["hunter2", here.trim_end_matches('/')] {
            assert!(!text.contains(secret), "{secret} in {name}");
        }
    }
}

/// Changes the recipe of a bundle, with all documents after it, as a forger would.
fn forge(desk: &Desk, change: impl Fn(&mut Recipe)) {
    let path = desk.path("out/recipe.json");
    let bytes = fs::read(&path).unwrap();
    let mut recipe = Recipe::parse(&bytes).unwrap();
    change(&mut recipe);
    let forged = recipe.to_bytes();
    let digests = [&bytes, &forged].map(|bytes| Sha256::of(bytes).to_string());
    let text = fs::read_to_string(desk.path("out/bundle.json")).unwrap();
    let sizes =
        [&bytes, &forged].map(|bytes| format!("\"size\": {},\n      \"sha256\": ", bytes.len()));
    let text = text.replace(
        &format!("{}\"{}\"", sizes[0], digests[0]),
        &format!("{}\"{}\"", sizes[1], digests[1]),
    );
    assert!(text.contains(&digests[1]));
    let bundle_json = fs::read(desk.path("out/bundle.json")).unwrap();
    let sums = fs::read_to_string(desk.path("out/SHA256SUMS")).unwrap();
    let sums = sums.replace(&digests[0], &digests[1]).replace(
        &Sha256::of(&bundle_json).to_string(),
        &Sha256::of(text.as_bytes()).to_string(),
    );
    desk.put("out/recipe.json", &forged);
    desk.put("out/bundle.json", text.as_bytes());
    desk.put("out/SHA256SUMS", sums.as_bytes());
}

#[test]
fn a_recipe_that_contradicts_itself_gives_nothing_back() {
    type Change = fn(&mut Recipe);
    let changes: [(&str, Change); 19] = [
        ("its config is none", |it| it.config.push_str("[odd]\n")),
        ("holds what no recipe does", |it| {
            it.config
                .push_str("[signing]\ncommand = [\"sh\", \"{file}\"]\n");
            it.config_sha256 = Sha256::of(it.config.as_bytes());
        }),
        ("holds what no recipe does", |it| {
            it.config.push_str("[bootstrap]\nstub = '/tmp/evil.exe'\n");
            it.config_sha256 = Sha256::of(it.config.as_bytes());
        }),
        ("holds what no recipe does", |it| {
            it.config = it.config.replace("[\"downloads\"]", "[\"../../etc\"]");
            it.config_sha256 = Sha256::of(it.config.as_bytes());
        }),
        ("tell servers different things", |it| {
            it.manifest.settings.jitter_s += 1;
        }),
        ("of another organisation", |it| {
            it.config = it.config.replace("\"Contoso\"", "\"Fabrikam\"");
        }),
        ("no build gives the sequence", |it| {
            it.manifest.sequence = u64::MAX;
        }),
        ("no build gives the sequence", |it| it.manifest.sequence = 0),
        ("make another release", |it| {
            it.manifest.payloads.pop();
        }),
        ("are not those of its manifest", |it| it.lab_roots.clear()),
        ("holds no certificate", |it| {
            it.blob_roots.push("AAAA".to_owned());
        }),
        // Of another bundle, and whole.
        ("and lies in", |it| it.manifest.sequence = 7),
        ("pins the tenant", |it| {
            let pin = "[organization]\norg_id = \"ffffffff-89ab-cdef-0123-456789abcdef\"";
            it.config = it.config.replacen("[organization]", pin, 1);
            it.config_sha256 = Sha256::of(it.config.as_bytes());
        }),
        ("is not among its downloads", |it| {
            it.downloads.retain(|one| one.name != "bootstrap stub");
        }),
        ("is not among its downloads", |it| {
            it.manifest.stub = Sha256::of(b"another stub");
        }),
        ("names two versions of the stub", |it| {
            it.stub_version = "9.9.9".to_owned();
        }),
        ("comes from none of its downloads", |it| {
            let agent = it
                .downloads
                .iter_mut()
                .find(|one| one.name.contains("agent"));
            agent.unwrap().sha256 = Sha256::of(b"another agent");
        }),
        ("OnboardingInfo.json` with SHA-256", |it| {
            for one in &mut it.downloads {
                one.blob = one.blob.map(|_| Sha256::of(b"another tenant's"));
            }
        }),
        ("two entries named", |it| {
            let again = it.downloads[0].clone();
            it.downloads.push(again);
        }),
    ];
    for (why, change) in changes {
        let desk = rich();
        forge(&desk, change);
        back(&desk, "out", &[]).fails_with(4, &["recipe", why]);
        assert!(!desk.path("back").exists(), "{why}");
    }
}

#[test]
fn a_bundle_that_does_not_verify_gives_nothing_back() {
    let desk = rich();
    desk.put("out/runbook.html", b"x");
    back(&desk, "out", &[]).fails_with(4, &["does not verify", "GW3001"]);
    assert!(!desk.path("back").exists());
}

/// The share of a bundle, in the folder `share`.
fn publish(desk: &Desk, out: &str) {
    fs::create_dir_all(desk.path("share")).unwrap();
    desk.run(&[
        "publish",
        "share",
        out,
        "--to",
        "share",
        "--allow-unsigned",
        "--apply",
        "--as-of",
        NOW,
    ])
    .succeeds();
}

/// The campaigns' documents on the share.
fn campaigns(desk: &Desk) -> Vec<String> {
    let tree = desk.tree("share/campaigns");
    tree.into_iter()
        .map(|(name, _)| format!("share/campaigns/{name}"))
        .collect()
}

#[test]
fn a_share_gives_back_all_but_the_exclusions_and_counts_on_above_its_switch() {
    let desk = rich();
    publish(&desk, "out");
    let said = back(&desk, "share", &[]);
    for text in [
        "gpo.settings.exclusions",
        "gpo.settings.role",
        "share/campaigns",
    ] {
        let text = text.trim_start_matches("share/");
        assert!(said.succeeds().contains(text), "{text}: {}", said.out);
    }
    assert!(!said.err.contains("GW3037"), "{}", said.err);
    let config = fs::read_to_string(desk.path("back/gangway.toml")).unwrap();
    assert!(
        !config.contains("E:") && config.contains("always_passive"),
        "{config}"
    );
    for (name, bytes) in desk.tree("share") {
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("Databases"), "{name}");
    }
    let switch = br#"{"schema":1,"paused":false,"min_sequence":9,"ring_percent":100}"#;
    desk.put("share/control.json", switch);
    fs::remove_dir_all(desk.path("back")).unwrap();
    // No server takes what it holds back: that is the share's fault, and config and lock are there.
    let said = back(&desk, "share", &[]);
    said.fails_with(1, &["GW3101", "below sequence 9"]);
    assert!(said.out.contains("sequence 8"), "{}", said.out);
    assert!(desk.path("back/gangway.lock").is_file());
}

/// Whoever may write to a share can ask for any sequence, and a lock never comes back from one.
#[test]
fn a_switch_that_asks_for_a_sequence_far_away_is_not_believed() {
    for (min_sequence, taken) in [
        (1_000_001, 1_000_000),
        (1_000_002, 1),
        (9_007_199_254_740_992, 1),
        (u64::MAX, 1),
    ] {
        let desk = rich();
        publish(&desk, "out");
        let switch = format!(
            r#"{{"schema":1,"paused":false,"min_sequence":{min_sequence},"ring_percent":100}}"#
        );
        desk.put("share/control.json", switch.as_bytes());
        let said = back(&desk, "share", &[]);
        assert_eq!(said.err.contains("GW3140"), taken == 1, "{}", said.err);
        let line = format!("sequence {taken}, the next bundle gets a higher one");
        assert!(said.out.contains(&line), "{}", said.out);
        let lock = fs::read_to_string(desk.path("back/gangway.lock")).unwrap();
        assert!(lock.contains(&format!("sequence = {taken}\n")), "{lock}");
    }
}

/// Whoever may write to a share may put any sequence into a recipe, and whoever builds may mean one.
#[test]
fn a_recipe_with_a_sequence_far_away_is_told_and_ends_no_lock() {
    let highest = (1u64 << 53) - 1 - 1_000_000;
    let cases = [
        (1_000_000, ""),
        (1_000_003, "GW3140"),
        (highest, "GW3140"),
        (highest + 1, "too few are left"),
        (u64::MAX >> 11, "too few are left"),
    ];
    for (sequence, told) in cases {
        let desk = rich();
        desk.change_config(
            "[trust]",
            "[[gpo.domain]]\ndns_name = \"emea.contoso.com\"\n[trust]",
        );
        desk.build().succeeds();
        publish(&desk, "out");
        let [first, _] = &campaigns(&desk)[..] else {
            panic!("{:?}", campaigns(&desk));
        };
        let first = desk.path(first);
        let text = fs::read_to_string(&first).unwrap();
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        let built = document["releases"][0]["bundle"]["sequence"].as_u64();
        let built = built.unwrap();
        let (inside, beside) = (r#"\"sequence\": "#, r#""sequence": "#);
        let mut forged = text;
        for before in [inside, beside] {
            let (old, new) = (format!("{before}{built},"), format!("{before}{sequence},"));
            assert!(forged.contains(&old), "{forged}");
            forged = forged.replace(&old, &new);
        }
        fs::write(&first, forged).unwrap();
        let said = back(&desk, "share", &["-v"]);
        said.succeeds();
        assert!(said.err.contains(told), "{sequence}: {}", said.err);
        let is_far = said.err.contains("GW3140");
        assert_eq!(is_far, told == "GW3140", "{sequence}: {}", said.err);
        let name = first.file_name().unwrap().to_str().unwrap();
        assert_eq!(said.err.contains(name), !told.is_empty(), "{}", said.err);
        let text = fs::read_to_string(desk.path("back/gangway.lock")).unwrap();
        let taken = if sequence > highest { built } else { sequence };
        assert!(text.contains(&format!("\nsequence = {taken}\n")), "{text}");
        // What it says to do.
        fs::remove_file(&first).unwrap();
        fs::remove_dir_all(desk.path("back")).unwrap();
        let said = back(&desk, "share", &[]);
        let line = format!("sequence {built}, the next");
        assert!(said.succeeds().contains(&line), "{}", said.out);
        assert!(!said.err.contains("GW3140"), "{}", said.err);
    }
}

/// The bundle says so itself, and whoever vouches for it vouches for that.
#[test]
fn a_bundle_with_a_sequence_far_away_is_told_unless_somebody_vouches_for_it() {
    let desk = rich();
    desk.build_with(&["--sequence-after", "20261130"])
        .succeeds();
    let said = back(&desk, "out", &[]);
    said.fails_with(0, &["GW3140", "sequence 20261131"]);
    fs::remove_dir_all(desk.path("back")).unwrap();
    let digest = Sha256::of(&fs::read(desk.path("out/bundle.json")).unwrap()).to_string();
    let said = back(&desk, "out", &["--expect", &digest]);
    said.succeeds();
    assert!(!said.err.contains("GW3140"), "{}", said.err);
}

/// What is wrong with the share is said once, however many campaigns it holds.
#[test]
fn what_many_campaigns_share_is_told_once() {
    let desk = rich();
    publish(&desk, "out");
    let paths = campaigns(&desk);
    let text = fs::read_to_string(desk.path(&paths[0])).unwrap();
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let gpo = document["campaign"]["gpo"].as_str().unwrap();
    for number in ["A", "B", "C", "D", "E"] {
        let other = format!("{{{number}{}", &gpo[2..]);
        let path = paths[0].replace(gpo, &other);
        assert_ne!(path, paths[0]);
        desk.put(
            &path,
            text.replace(gpo, &other)
                .replace("silent_after_days", "odd")
                .as_bytes(),
        );
    }
    let said = back(&desk, "share", &["-v"]);
    assert_eq!(said.err.matches("GW3037").count(), 1, "{}", said.err);
    assert_eq!(
        said.err.matches("also `campaigns/").count(),
        4,
        "{}",
        said.err
    );
    assert!(desk.path("back/gangway.toml").is_file());
}

#[test]
fn a_share_that_lost_a_payload_says_so() {
    let desk = rich();
    publish(&desk, "out");
    let tree = desk.tree("share/releases");
    let (payload, _) = tree
        .iter()
        .find(|(name, _)| name.ends_with(".msi"))
        .unwrap();
    desk.put(&format!("share/releases/{payload}"), b"other");
    let said = back(&desk, "share", &[]);
    assert!(said.err.contains("md4ws.msi"), "{}", said.err);
    // What differs is an error of the share; config and lock are there all the same.
    assert!(desk.path("back/gangway.toml").is_file());
}

#[test]
fn of_several_organisations_on_a_share_one_is_chosen() {
    let desk = rich();
    publish(&desk, "out");
    desk.change_config("id = 'Contoso'", "id = 'fabrikam'");
    desk.build_with(&["--new-identity"]).succeeds();
    publish(&desk, "out");
    assert_eq!(campaigns(&desk).len(), 2);
    back(&desk, "share", &[]).fails_with(2, &["Contoso, fabrikam", "--id"]);
    let said = back(&desk, "share", &["--id", "fabrikam"]);
    assert!(said.out.contains("(fabrikam)"), "{}{}", said.out, said.err);
    fs::remove_dir_all(desk.path("back")).unwrap();
    back(&desk, "share", &["--id", "nobody"]).fails_with(3, &["holds no recipe"]);
    assert!(!desk.path("back").exists());
}

#[test]
fn a_share_that_lies_gives_nothing_back() {
    type Lie = (&'static str, fn(&str) -> String);
    let lies: [Lie; 7] = [
        ("recipe `campaigns/", |text| {
            text.replace(r#"id = \\\"Contoso\\\""#, r#"id = \\\"x\\\""#)
        }),
        ("recipe `campaigns/", |text| {
            text.replace(r#"\"schema\": 1"#, r#"\"schema\": 7"#)
        }),
        ("recipe `campaigns/", |text| {
            text.replace("silent_after_days", "odd")
        }),
        // Copied from an earlier publication.
        ("and its campaign was published with 7", |text| {
            text.replace(r#""sequence": 1,"#, r#""sequence": 7,"#)
        }),
        ("and lies beside `another`", |text| {
            let id = text
                .split(r#""id": ""#)
                .nth(1)
                .unwrap()
                .split('"')
                .next()
                .unwrap();
            text.replacen(&format!(r#""id": "{id}""#), r#""id": "another""#, 1)
        }),
        // Copied from a domain that the config does not know.
        ("lies in a policy of `fabrikam.com`", |text| {
            text.replace(r#""domain": "contoso.com""#, r#""domain": "fabrikam.com""#)
        }),
        ("has no recipe", |text| {
            let mut document: serde_json::Value = serde_json::from_str(text).unwrap();
            let releases = document["releases"].as_array_mut().unwrap();
            releases[0].as_object_mut().unwrap().remove("recipe");
            document.to_string()
        }),
    ];
    for (code, lie) in lies {
        let desk = rich();
        publish(&desk, "out");
        for path in campaigns(&desk) {
            let text = fs::read_to_string(desk.path(&path)).unwrap();
            let lied = lie(&text);
            assert_ne!(lied, text);
            desk.put(&path, lied.as_bytes());
        }
        let said = back(&desk, "share", &[]);
        assert_ne!(said.code, 0, "{}", said.out);
        assert!(said.err.contains(code), "{}", said.err);
        // Of what is wrong a person reads words, and the picture of a line is none.
        assert!(!said.err.contains("\\u{a}"), "{}", said.err);
        assert!(!desk.path("back").exists(), "{code}");
    }
}

#[test]
fn what_is_neither_bundle_nor_share_nor_domain_is_told() {
    let desk = rich();
    for (from, code) in [("downloads", 3), ("absent", 3)] {
        back(&desk, from, &[]).fails_with(code, &[from, "hint:"]);
    }
    back(&desk, "out", &["--user", "a@contoso.com"]).fails_with(2, &["`--user` has no effect"]);
    assert!(!desk.path("back").exists());
}
