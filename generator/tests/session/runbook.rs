//! The runbook is read back: in both languages it says what the bundle's own documents say, has the same
//! sections and commands, and every command of ours is one that the command line takes.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use gangway::bundle::BundleDocument;
use gangway_contract::connectivity::{Need, host_patterns, service_urls};
use gangway_contract::manifest::Manifest;
use gangway_fixtures::blob::BlobSpec;
use gangway_fixtures::portal;
use gangway_fixtures::script::ScriptSpec;

use super::desk::Desk;

/// A runbook, taken apart.
struct Runbook {
    text: String,
    sections: Vec<String>,
    /// Values of each fact, in order.
    facts: BTreeMap<String, Vec<String>>,
    /// Lines to type.
    commands: Vec<String>,
}

fn plain(html: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for c in html.chars() {
        match c {
            '<' => inside = true,
            '>' if inside => inside = false,
            c if !inside => text.push(c),
            _ => {}
        }
    }
    for (from, to) in [
        ("&#39;", "'"),
        ("&#34;", "\""),
        ("&quot;", "\""),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#38;", "&"),
        ("&amp;", "&"),
    ] {
        text = text.replace(from, to);
    }
    text
}

/// What stands behind each `begin`, up to `end`.
pub(crate) fn between<'a>(text: &'a str, begin: &str, end: &str) -> Vec<&'a str> {
    let parts = text.split(begin).skip(1);
    parts
        .filter_map(|part| Some(part.split_once(end)?.0))
        .collect()
}

impl Runbook {
    fn of(desk: &Desk) -> Self {
        let text = fs::read_to_string(desk.path("out/runbook.html")).unwrap();
        let mut facts: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let (_, body) = text.split_once("<body>").unwrap();
        for part in body.split("data-fact=\"").skip(1) {
            let (name, rest) = part.split_once("\">").unwrap();
            let value = plain(rest.split_once("</").unwrap().0);
            facts.entry(name.to_owned()).or_default().push(value);
        }
        let typed = between(&text, "<pre class=\"type\">", "</pre>");
        let lines = typed.iter().map(|block| plain(block));
        let commands = lines.flat_map(|block| block.lines().map(str::to_owned).collect::<Vec<_>>());
        let sections = between(&text, "<h2 id=\"", "\"");
        Self {
            sections: sections.into_iter().map(str::to_owned).collect(),
            commands: commands.filter(|line| !line.is_empty()).collect(),
            facts,
            text,
        }
    }

    fn fact(&self, name: &str) -> &[String] {
        self.facts.get(name).map_or(&[], Vec::as_slice)
    }
}

/// The words of a line as both shells part them.
pub(crate) fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            c => words.last_mut().unwrap().push(c),
        }
    }
    assert!(!quoted, "{line}");
    words
}

pub(crate) const MORE: &str = r#"
[rollout]
window = "22:00-04:00"
reboot = "in_window"
ring_percent = 20
report_every_days = 3

[onboard]
antivirus_mode = "always_passive"

[[gpo.settings.role]]
name = "Databases"
paths = ['E:\Databases']
"#;

/// A desk whose organisation reads `language`, with two domains and both shares.
pub(crate) fn desk(language: &str, more: &str) -> Desk {
    let desk = Desk::with_downloads();
    desk.change_config(
        "name = \"Contoso\"",
        &format!("name = \"Contoso\"\nlanguage = \"{language}\""),
    );
    desk.change_config(
        "root = '\\\\files.contoso.com\\gangway$'",
        "root = '\\\\files.contoso.com\\gangway$\\mde'\nreports = '\\\\files.contoso.com\\reports$'",
    );
    desk.change_config(
        "dns_name = \"contoso.com\"",
        "dns_name = \"contoso.com\"\n[[gpo.domain]]\ndns_name = \"emea.contoso.com\"\n\
         include_domain_controllers = true",
    );
    let config = fs::read_to_string(desk.path("gangway.toml")).unwrap();
    desk.put("gangway.toml", format!("{config}{more}").as_bytes());
    let offboarding = ScriptSpec::of(BlobSpec::offboarding(EXPIRES));
    let zip = portal::offboarding_zip(&offboarding, "2026-04-02");
    desk.put("downloads/offboarding.zip", &zip);
    desk
}

/// End of the offboarding package, 2026-04-03T00:00:00Z, in seconds since 1970 UTC.
pub(crate) const EXPIRES: i64 = 1_775_174_400;

#[test]
fn it_says_in_both_languages_what_the_bundle_is() {
    for mode in ["onboard", "precheck", "offboard"] {
        let [english, japanese] = ["en", "ja"].map(|language| {
            let desk = desk(language, MORE);
            desk.build_with(&["--mode", mode]).succeeds();
            let runbook = Runbook::of(&desk);
            assert!(
                runbook
                    .text
                    .contains(&format!("<html lang=\"{language}\">"))
            );
            facts_are_the_bundles(&desk, &runbook);
            runbook
        });
        let expires = match mode {
            "offboard" => &["2026-04-03T00:00:00Z".to_owned()][..],
            _ => &[],
        };
        assert_eq!(english.fact("expires"), expires);
        let unlinks = english.commands.iter();
        let unlinks =
            unlinks.filter(|line| line.starts_with("Remove-GPLink -Name 'Gangway Deploy'"));
        let by_now = if mode == "offboard" { "before" } else { "back" };
        let place = english
            .text
            .find("Remove-GPLink -Name &#39;Gangway Deploy")
            .unwrap();
        let heading = english.text.find(&format!("<h2 id=\"{by_now}\">")).unwrap();
        assert_eq!(unlinks.count(), 2, "once for each domain");
        assert!(place > heading);
        let last = match mode {
            "offboard" => &["Gangway Settings", "Gangway Exclusions Databases"][..],
            _ => &[],
        };
        assert_eq!(english.fact("offboard-last"), last);
        assert_eq!(english.sections, japanese.sections);
        assert_eq!(english.commands, japanese.commands);
        assert_eq!(english.facts, japanese.facts);
        // Whatever is not code is in the language of its reader.
        assert!(english.text.is_ascii() || !english.text.contains('の'));
        let tags = |runbook: &Runbook| between(&runbook.text, "<", ">").len();
        assert!(tags(&japanese) >= tags(&english));
    }
}

/// Everything that bundle and manifest say stands there, and nothing else of its kind.
fn facts_are_the_bundles(desk: &Desk, runbook: &Runbook) {
    let read = |path: &str| fs::read(desk.path(path)).unwrap();
    let bundle = BundleDocument::parse(&read("out/bundle.json")).unwrap();
    let manifest = Manifest::parse(&read("out/manifest.json")).unwrap();
    let exe = bundle.exe.path.strip_prefix("bootstrap/").unwrap();
    for (name, value) in [
        ("bundle-id", bundle.bundle_id.as_str().to_owned()),
        ("sequence", manifest.sequence.to_string()),
        ("release", bundle.release_id.as_str().to_owned()),
        ("org-id", manifest.tenant.org_id.as_str().to_owned()),
        ("exe", exe.to_owned()),
        ("authenticode", bundle.exe.authenticode_sha256.to_string()),
        ("version", bundle.tool.version.clone()),
        ("share", manifest.settings.release_root.as_str().to_owned()),
        (
            "reports",
            manifest
                .settings
                .report_root
                .as_ref()
                .unwrap()
                .as_str()
                .to_owned(),
        ),
        ("ring", manifest.settings.ring_percent.to_string()),
        ("hours-from", "22:00".to_owned()),
        ("hours-to", "04:00".to_owned()),
        ("report-days", "3".to_owned()),
        ("restarts-in-hours", String::new()),
    ] {
        assert_eq!(runbook.fact(name), [value], "{name}");
    }
    assert_eq!(runbook.fact("domain"), ["contoso.com"]);
    assert_eq!(runbook.fact("domain-and-controllers"), ["emea.contoso.com"]);
    let of_payloads = |of: fn(&gangway_contract::manifest::Payload) -> String| -> Vec<String> {
        manifest.payloads.iter().map(of).collect()
    };
    assert_eq!(runbook.fact("payload"), of_payloads(|one| one.name.clone()));
    assert_eq!(
        runbook.fact("payload-sha256"),
        of_payloads(|one| one.sha256.to_string())
    );
    assert_eq!(
        runbook.fact("payload-size"),
        of_payloads(|one| one.size.to_string())
    );
    let paths: Vec<&String> = bundle.inputs.iter().map(|input| &input.path).collect();
    assert_eq!(runbook.fact("download").iter().collect::<Vec<_>>(), paths);
    let verdicts: Vec<&String> = bundle.inputs.iter().map(|input| &input.verdict).collect();
    let told = runbook.fact("download-verdict");
    assert_eq!(told.iter().collect::<Vec<_>>(), verdicts);
    addresses_are_whole(&manifest, runbook);
}

fn addresses_are_whole(manifest: &Manifest, runbook: &Runbook) {
    for address in service_urls(&manifest.tenant) {
        let (scheme, rest) = address.url.split_once("://").unwrap();
        let port = if scheme == "http" { 80 } else { 443 };
        let host = format!("{}:{port}", rest.split('/').next().unwrap());
        let fact = match address.need {
            Need::Required => "address",
            Need::Recommended => "address-recommended",
        };
        assert!(runbook.fact(fact).contains(&host), "{host}");
    }
    let told = runbook.fact("address");
    for host in ["crl.microsoft.com:80", "ctldl.windowsupdate.com:80"] {
        assert!(told.contains(&host.to_owned()), "{host}");
    }
    let patterns: Vec<&str> = host_patterns(&manifest.tenant)
        .iter()
        .flat_map(|pattern| pattern.hosts)
        .copied()
        .collect();
    assert_eq!(runbook.fact("pattern"), patterns);
    assert!(patterns.contains(&"*.smartscreen.microsoft.com"));
}

#[test]
fn every_command_of_ours_is_one_that_the_command_line_takes() {
    for (mode, more, links) in [
        (
            "onboard",
            MORE,
            &["role:Databases=…", "settings=…", "deploy=…"][..],
        ),
        ("precheck", "", &["deploy=…"]),
        ("offboard", "", &["offboard=…"]),
    ] {
        let desk = desk("en", more);
        desk.build_with(&["--mode", mode]).succeeds();
        let runbook = Runbook::of(&desk);
        let mut told = runbook.fact("link").to_vec();
        told.sort();
        let mut expected: Vec<String> = [links, links].concat().iter().map(|&l| l.into()).collect();
        expected.sort();
        assert_eq!(told, expected);
        let ours = || {
            runbook
                .commands
                .iter()
                .filter(|line| line.starts_with("gangway "))
        };
        assert!(ours().count() > 10);
        for line in ours() {
            let line = line.replace("DIGEST", &"0".repeat(64));
            let parsed = gangway::cli::command_line().try_get_matches_from(words(&line));
            if let Err(error) = parsed {
                // `--version` is an answer of its own.
                assert_eq!(error.exit_code(), 0, "{line}: {error}");
            }
        }
    }
}

#[test]
fn what_asks_no_server_is_run_as_it_stands() {
    let desk = desk("ja", MORE);
    desk.build().succeeds();
    let runbook = Runbook::of(&desk);
    fs::create_dir(desk.path("mounted")).unwrap();
    fs::create_dir(desk.path("mounted/mde")).unwrap();
    let mounted = desk.path("mounted/mde");
    let mut ran = 0;
    for line in &runbook.commands {
        let line = line
            .replace("CONFIG", "../gangway.toml")
            .replace("/mnt/gangway", mounted.to_str().unwrap());
        let ours = line.starts_with("gangway publish") && line.contains("--offline");
        if ours {
            let mut line = words(&line);
            line.remove(0);
            line.push("--allow-unsigned".to_owned());
            let line: Vec<&str> = line.iter().map(String::as_str).collect();
            let mut command = desk.command(&line);
            let output = command.current_dir(desk.path("out")).output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "{line:?}: {said}");
            ran += 1;
        } else if line.starts_with("cp ") {
            let mut command = Command::new("sh");
            command.args(["-ec", &line]).current_dir(desk.path("out"));
            assert!(command.status().unwrap().success(), "{line}");
            ran += 1;
        }
    }
    assert_eq!(ran, 4, "one for each domain, and two copies");
    // By hand it is the very share that `publish` makes.
    desk.run(&[
        "publish",
        "share",
        "out",
        "--allow-unsigned",
        "--to",
        "mounted/mde",
    ])
    .succeeds();
    let to = desk.path("mounted/mde");
    assert!(to.join("control.json").is_file());
    assert_eq!(fs::read_dir(to.join("releases")).unwrap().count(), 1);
}

/// The output time is that of an old download, of `SOURCE_DATE_EPOCH`, or of nothing: no date of the bundle.
#[test]
fn no_date_is_told_but_the_end_of_an_offboarding() {
    for language in ["en", "ja"] {
        let desk = desk(language, MORE);
        desk.build_with(&["--mode", "offboard"]).succeeds();
        let runbook = Runbook::of(&desk);
        // Below are names and verdicts of downloads, with dates of their own.
        let (before, _) = runbook.text.split_once("<h2 id=\"payloads\">").unwrap();
        let text = plain(before);
        let is_date = |word: &&str| {
            let digits = |part: Option<&str>, most: usize| {
                part.is_some_and(|part| {
                    part.len() == most && part.bytes().all(|byte| byte.is_ascii_digit())
                })
            };
            let mut parts = word.split('-');
            digits(parts.next(), 4) && digits(parts.next(), 2)
        };
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && !"-:".contains(c));
        let dates: Vec<&str> = words.filter(is_date).collect();
        assert!(
            dates.iter().all(|date| *date == "2026-04-03T00:00:00Z"),
            "{dates:?}"
        );
        assert!(!dates.is_empty());
    }
}

#[test]
fn reports_are_read_by_their_path_on_windows_and_mounted_on_linux() {
    let [english, japanese] = ["en", "ja"].map(|language| {
        let desk = desk(language, "");
        desk.build().succeeds();
        Runbook::of(&desk)
    });
    for runbook in [&english, &japanese] {
        let at = |line: &str| {
            let mut lines = runbook.commands.iter();
            let found = lines.position(|one| one.starts_with(line));
            found.unwrap_or_else(|| panic!("{line}: {:#?}", runbook.commands))
        };
        let order = [
            at(r"gangway report '\\files.contoso.com\reports$' --bundle ."),
            at("sudo mkdir -p /mnt/gangway-reports"),
            at("sudo mount -t cifs '//files.contoso.com/reports$' /mnt/gangway-reports -o "),
            at("gangway report /mnt/gangway-reports --bundle ."),
        ];
        assert!(
            order.windows(2).all(|pair| pair[0] + 1 == pair[1]),
            "{order:?}"
        );
        assert!(runbook.commands[order[2]].ends_with(",ro,cifsacl"));
    }
    // Where there is no share for them, each server keeps its own.
    let desk = desk("en", "");
    desk.change_config("\nreports = '\\\\files.contoso.com\\reports$'", "");
    desk.build().succeeds();
    let runbook = Runbook::of(&desk);
    assert!(runbook.text.contains(r"%ProgramData%\Gangway\reports"));
    assert!(
        runbook
            .commands
            .contains(&"gangway report REPORTS --bundle .".to_owned())
    );
    let mounts = runbook.commands.iter();
    assert_eq!(mounts.filter(|line| line.contains("-reports")).count(), 0);
}

#[test]
fn the_page_explains_no_placeholder_that_it_has_not() {
    for (mode, more) in [
        ("onboard", MORE),
        ("onboard", ""),
        ("offboard", MORE),
        ("precheck", ""),
    ] {
        for language in ["en", "ja"] {
            let desk = desk(language, more);
            desk.build_with(&["--mode", mode]).succeeds();
            let runbook = Runbook::of(&desk);
            let typed = runbook.commands.join("\n");
            for (placeholder, explained) in [
                ("OU=ROLE", "<code>OU=ROLE</code>"),
                ("OU=PILOT", "<code>OU=PILOT</code>"),
                ("ONBOARDING", "<code>ONBOARDING</code>"),
                ("REPORTS ", "<code>REPORTS</code>"),
                ("BUNDLE\\", "<code>BUNDLE</code>"),
                ("CONFIG", "<code>CONFIG</code>"),
                ("ACCOUNT", "<code>ACCOUNT</code>"),
            ] {
                assert_eq!(
                    typed.contains(placeholder),
                    runbook.text.contains(explained),
                    "{mode} {language}: {placeholder}"
                );
            }
        }
    }
}

#[test]
fn each_way_to_take_a_link_away_is_told() {
    for (mode, policy) in [
        ("onboard", "Gangway Deploy"),
        ("offboard", "Gangway Offboard"),
    ] {
        for (language, console) in [
            ("en", "Group Policy Management:"),
            ("ja", "グループ ポリシーの管理」では"),
        ] {
            let desk = desk(language, "");
            desk.build_with(&["--mode", mode]).succeeds();
            let runbook = Runbook::of(&desk);
            let (_, back) = runbook.text.split_once("<h2 id=\"back\">").unwrap();
            let back = plain(back);
            for told in [
                console,
                &format!("Remove-GPLink -Name '{policy}' -Target 'OU=PILOT,DC=contoso,DC=com'"),
                "gangway publish . --config CONFIG --domain contoso.com --user ACCOUNT --remove --apply",
            ] {
                assert!(back.contains(told), "{mode} {language}: {told}");
            }
            let before = plain(runbook.text.split_once("<h2 id=\"addresses\">").unwrap().0);
            assert_eq!(before.contains(console), mode == "offboard");
            let remove = "gangway publish ONBOARDING --config CONFIG --domain contoso.com --user ACCOUNT \
                          --remove=deploy --apply";
            assert_eq!(before.contains(remove), mode == "offboard");
        }
    }
}

#[test]
fn what_a_rollback_leaves_is_named() {
    for (language, stays) in [("en", "What stays:"), ("ja", "残るものは")] {
        let desk = desk(language, "");
        desk.build().succeeds();
        let text = plain(&Runbook::of(&desk).text);
        let (_, told) = text.split_once(stays).unwrap();
        let told = told.split_once("gangway publish").unwrap().0;
        for what in ["NETLOGON", "WMI", "campaigns"] {
            assert!(told.contains(what), "{language}: {what}");
        }
    }
}

#[test]
fn no_name_hides_or_turns_what_a_reader_sees() {
    let desk = desk("en", "");
    // The config refuses such a name of its own; downloads are called as somebody called them.
    let [from, to] = ["Install.ps1", "Install\u{202e}elbat\u{200b}.ps1"];
    let path = |name: &str| desk.path("downloads").join(name);
    fs::rename(path(from), path(to)).unwrap();
    desk.build().succeeds();
    let runbook = Runbook::of(&desk);
    let mut hidden = runbook.text.chars().filter(|c| *c != '\n');
    assert!(!hidden.any(gangway_contract::printable::deceives));
    assert!(runbook.text.contains(r"Install\u{202e}elbat\u{200b}.ps1"));
}

#[test]
fn another_language_is_refused_with_those_that_there_are() {
    let desk = desk("fr", "");
    desk.build().fails_with(2, &["language", "`en`", "`ja`"]);
}

#[test]
fn a_share_below_the_domains_own_name_is_told_to_be_of_a_namespace() {
    for language in ["en", "ja"] {
        let desk = desk(language, "");
        desk.build().succeeds();
        assert!(Runbook::of(&desk).fact("namespace").is_empty());
        desk.change_config(
            r"\\files.contoso.com\gangway$\mde",
            r"\\emea.contoso.com\files\mde",
        );
        desk.build().succeeds();
        assert_eq!(Runbook::of(&desk).fact("namespace").len(), 1, "{language}");
    }
}

/// Where it is done by hand, nobody else does it.
#[test]
fn the_group_that_the_task_leaves_out_is_told_for_each_domain_and_kept_in_the_bundle() {
    let excludes = "\n[gpo]\nexclude_group = \"Gangway <Excluded>\"\n";
    let name = "Gangway Excluded (\u{dc}bergang)";
    for language in ["en", "ja"] {
        let desk = desk(language, &format!("\n[gpo]\nexclude_group = \"{name}\"\n"));
        for (mode, told) in [("precheck", 2), ("onboard", 2), ("offboard", 0)] {
            desk.build_with(&["--mode", mode]).succeeds();
            let expected = vec![name.to_owned(); told];
            assert_eq!(Runbook::of(&desk).fact("exclude-group"), expected);
            let document = fs::read(desk.path("out/bundle.json")).unwrap();
            let document = BundleDocument::parse(&document).unwrap();
            assert_eq!(document.exclude_group.is_some(), told > 0, "{mode}");
        }
    }
    let desk = desk("en", excludes);
    desk.build().fails_with(2, &["gpo.exclude_group", "SID"]);
}
