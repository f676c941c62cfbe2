//! Every slip that people make, as it is told.

mod cures;

use std::fmt::Write as _;
use std::path::Path;

use gangway_fixtures::config::SMALLEST;

use crate::failure::Fault as _;
use crate::pipeline::config::{Config, ConfigError};

/// What is changed in the smallest config, and into what.
const SLIPS: &[(&str, &str)] = &[
    // Paths with backslashes in double quotes.
    (
        r"'\\files.contoso.com\gangway$'",
        r#""\\files.contoso.com\gangway$""#,
    ),
    (
        r"'\\files.contoso.com\gangway$'",
        r#""\\files.contoso.com\users$""#,
    ),
    (
        r"'\\files.contoso.com\gangway$'",
        r#""\\files.contoso.com\Users$""#,
    ),
    (
        r"'\\files.contoso.com\gangway$'",
        r#""\\files.contoso.com\x$""#,
    ),
    (
        r"'\\files.contoso.com\gangway$'",
        r#""\\files.contoso.com\temp$""#,
    ),
    (
        r"'\\files.contoso.com\gangway$'",
        r#""\\files.contoso.com\\gangway$""#,
    ),
    (
        r"'\\files.contoso.com\gangway$'",
        r#""\\files.contoso.com\bytes\""#,
    ),
    (
        r"'\\files.contoso.com\gangway$'",
        r"\\files.contoso.com\gangway$",
    ),
    (
        r"'\\files.contoso.com\gangway$'",
        r"'\\files.contoso.com\gangway$",
    ),
    (
        r"'\\files.contoso.com\gangway$'",
        r"'//files.contoso.com/gangway$'",
    ),
    // Quotes and signs of other keyboards and programs.
    ("\"Contoso\"", "“Contoso”"),
    ("\"Contoso\"", "\"Contoso”"),
    ("\"Contoso\"", "‘Contoso’"),
    ("\"Contoso\"", "＂Contoso＂"),
    ("name = \"Contoso\"", "name ＝ \"Contoso\""),
    ("name = \"Contoso\"", "name =\u{a0}\"Contoso\""),
    ("[share]", "［share］"),
    // Texts, and what stands in the place of them.
    ("\"Contoso\"", "Contoso"),
    ("\"Contoso\"", "\"Contoso"),
    ("\"Contoso\"", "'Contoso's'"),
    ("\"Contoso\"", "\"Contoso\" Ltd"),
    ("\"Contoso\"", "\"Contoso\" // ours"),
    ("\"Contoso\"", ""),
    ("\"Contoso\"", "2026"),
    ("\"Contoso\"", "2026-11-29"),
    ("\"Contoso\"", "true"),
    ("\"Contoso\"", "[\"Contoso\"]"),
    ("name = \"Contoso\"", "name: \"Contoso\""),
    ("name = \"Contoso\"", "name"),
    ("name = \"Contoso\"", "// ours\nname = \"Contoso\""),
    ("name = \"Contoso\"", "; ours\nname = \"Contoso\""),
    // Lists.
    ("[\"downloads\"]", "\"downloads\""),
    ("[\"downloads\"]", "[downloads]"),
    ("[\"downloads\"]", "[\"a\" \"b\"]"),
    ("[\"downloads\"]", "[\"a\", 5]"),
    ("[\"downloads\"]", "[\"downloads\""),
    (
        "[share]",
        "[gpo.settings.exclusions]\npaths = [\"D:\\Data\", \"E:\\new\"]\n[share]",
    ),
    (
        "[share]",
        "[gpo.settings.exclusions]\npaths = [\n  \"D:\\Data\", # ours\n  \"E:\\x\",\n]\n[share]",
    ),
    (
        "[share]",
        "[gpo.settings.exclusions]\npaths = \"D:\\Data\"\n[share]",
    ),
    (
        "[share]",
        "[gpo.settings.exclusions]\npaths = 'D:\\Data', 'E:\\x'\n[share]",
    ),
    (
        "[share]",
        "[gpo.settings.exclusions]\nextensions = .mdf, .ldf\n[share]",
    ),
    (
        "[share]",
        "[signing]\ncommand = \"signtool sign {file}\"\n[share]",
    ),
    (
        "[share]",
        "[signing]\ncommand = [\"C:\\Program Files\\signtool.exe\", \"sign\", \"{file}\"]\n[share]",
    ),
    // Numbers, flags, times and words.
    ("[share]", "[rollout]\nring_percent = 010\n[share]"),
    ("[share]", "[rollout]\nring_percent = 100.0\n[share]"),
    ("[share]", "[health]\nsilent_after_days = [[7]]\n[share]"),
    ("\"Contoso\"", "yes"),
    ("\"Contoso\"", r#""a\\b" Ltd"#),
    ("\"Contoso\"", r#""a\\b"#),
    (
        r"'\\files.contoso.com\gangway$'",
        r#""\\files.contoso.com\gangway$\""#,
    ),
    (
        r"'\\files.contoso.com\gangway$'",
        r"'\\files.contoso.com\o'brien$'",
    ),
    ("[organization]", "organization:"),
    (
        "[[gpo.domain]]\ndns_name = \"contoso.com\"",
        "[gpo]\ndomain = \"contoso.com\"",
    ),
    (
        "[[gpo.domain]]\ndns_name = \"contoso.com\"",
        "[gpo]\ndomain = [\"contoso.com\"]",
    ),
    ("[share]", "[rollout]\nring_percent = \"50\"\n[share]"),
    ("[share]", "[rollout]\nring_percent = \"50 %\"\n[share]"),
    ("[share]", "[rollout]\nring_percent = 50%\n[share]"),
    ("[share]", "[rollout]\nring_percent = 12.5\n[share]"),
    ("[share]", "[rollout]\nring_percent = 101\n[share]"),
    ("[share]", "[rollout]\nring_percent = many\n[share]"),
    ("[share]", "[rollout]\nretry_wait_s = -1\n[share]"),
    ("[share]", "[rollout]\nretry_wait_s = 1h\n[share]"),
    ("[share]", "[rollout]\nretry_wait_s = 5000000000\n[share]"),
    ("[share]", "[rollout]\nwindow = 22:00-04:00\n[share]"),
    ("[share]", "[rollout]\nwindow = 22:00:00\n[share]"),
    ("[share]", "[rollout]\nreboot = true\n[share]"),
    ("[share]", "[rollout]\nreboot = in_window\n[share]"),
    ("[share]", "[targets]\nazure_stack_hci = \"yes\"\n[share]"),
    ("[share]", "[targets]\nazure_stack_hci = yes\n[share]"),
    ("[share]", "[targets]\nazure_stack_hci = True\n[share]"),
    ("[share]", "[targets]\nazure_stack_hci = 1\n[share]"),
    ("[share]", "[targets]\nvdi = false\n[share]"),
    (
        "[share]",
        "[rollout]\nring_percent = 99999999999999999999\n[share]",
    ),
    (
        "[share]",
        "[rollout]\nretry_wait_s = -99999999999999999999\n[share]",
    ),
    ("[share]", "[health]\nsilent_after_days = 70000\n[share]"),
    ("[share]", "[rollout]\nreboot = \"sometimes\"\n[share]"),
    (
        "[share]",
        "[onboard]\nantivirus_mode = \"passive\"\n[share]",
    ),
    ("[share]", "[gpo]\nprincipal = \"Sidd\"\n[share]"),
    // Names, digests and paths that their keys refuse.
    ("\"contoso.com\"", "\"contoso\""),
    ("\"contoso.com\"", "\"https://contoso.com\""),
    ("\"contoso.com\"", "\"\""),
    (
        "[share]",
        "[[gpo.settings.role]]\nname = \"%%\"\nextensions = [\".mdf\"]\n[share]",
    ),
    ("[share]", "[onboard]\naccept_scripts = \"abc\"\n[share]"),
    (
        "[share]",
        "[onboard]\naccept_scripts = [\n  \"abc\",\n]\n[share]",
    ),
    ("[share]", "[onboard]\nadd_sensor_from = \"D:\\\"\n[share]"),
    (
        "[share]",
        "[onboard]\nadd_sensor_from = \"D:\\fod\"\n[share]",
    ),
    ("\"contoso.com\"", "\"https://corp.fabrikam.de/\""),
    ("\"contoso.com\"", "\"DC=corp,DC=fabrikam,DC=de\""),
    ("\"contoso.com\"", "\"admin@fabrikam.de\""),
    ("\"contoso.com\"", "\"fabrikam.de.\""),
    ("\"contoso.com\"", r#""\\fabrikam.de\SYSVOL""#),
    (
        "\"Contoso\"",
        "\"Contoso\"\norg_id = \"{6B2F6A51-0C53-4D0E-9E0B-C0570500AB1E}\"",
    ),
    (
        "\"Contoso\"",
        "\"Contoso\"\norg_id = \"6b2f6a510c534d0e9e0bc0570500ab1e\"",
    ),
    ("[share]", "[gpo]\nexclude_group = \"CONTOSO\\x\"\n[share]"),
    ("[share]", "[onboard]\nmode = \"offboard\"\n[share]"),
    ("[share]", "[onboard]\nmode = \"Offboard\"\n[share]"),
    ("[share]", "[onboard]\nmode = \"retire\"\n[share]"),
    ("[share]", "[onboard]\nmode = \"install\"\n[share]"),
    ("[share]", "[onboard]\nmode = \"purple\"\n[share]"),
    ("[share]", "[onboard]\nantivirus_mode = true\n[share]"),
    ("[share]", "[rollout]\nreboot = \"no\"\n[share]"),
    (
        "[share]",
        "[rollout]\nwindow = [\"22:00\", \"04:00\"]\n[share]",
    ),
    (
        "[share]",
        "[rollout.window]\nfrom = \"22:00\"\nto = \"04:00\"\n[share]",
    ),
    ("[share]", "[rollout]\njitter_s = \"10m\"\n[share]"),
    ("[share]", "[rollout]\nfree_space_bytes = 2GB\n[share]"),
    (
        "[share]",
        "[health]\nsilent_after_days = \"2 weeks\"\n[share]",
    ),
    (
        "[share]",
        "[gpo.settings]\nproxy = \"http://proxy.fabrikam.de:8080\"\n[share]",
    ),
    (
        "\"contoso.com\"",
        "\"contoso.com\"\ninclude_domain_controllers = 0",
    ),
    ("\"contoso.com\"", "\"https://dc1.fabrikam.local:636/\""),
    ("\"contoso.com\"", "[\"fabrikam.local\"]"),
    ("[share]", "[onboard]\ndevice_tag = [\"a\", \"b\"]\n[share]"),
    ("[share]", "[onboard]\ndevice_tag = []\n[share]"),
    ("[share]", "[onboard]\nmode = [\"onboard\"]\n[share]"),
    ("[share]", "[onboard.device_tag]\nx = 1\n[share]"),
    (
        "[share]",
        "[gpo.settings.proxy]\nwinhttp = \"a:1\"\nwinhttp_bypass = \"*.contoso.com;<local>\"\n[share]",
    ),
    // Signs of other languages around a value.
    ("name = \"Contoso\"", "name \"Contoso\""),
    ("name = \"Contoso\"", "name Contoso Ltd"),
    ("name = \"Contoso\"", "name := \"Contoso\""),
    ("name = \"Contoso\"", "name == \"Contoso\""),
    ("name = \"Contoso\"", "name => \"Contoso\""),
    ("name = \"Contoso\"", "\"name\": \"Contoso\","),
    ("name = \"Contoso\"", "name = \"Contoso\","),
    ("name = \"Contoso\"", "name = Contoso Ltd,"),
    ("name = \"Contoso\"", "name = \"Contoso\";"),
    ("name = \"Contoso\"", "name = 'Contoso\""),
    ("name = \"Contoso\"", "name = \"Contoso\" ; ours"),
    (
        "name = \"Contoso\"",
        "this is our config\nname = \"Contoso\"",
    ),
    (
        r#"root = '\\files.contoso.com\gangway$'"#,
        r#"root '\\files.contoso.com\gangway$'"#,
    ),
    (
        r#"root = '\\files.contoso.com\gangway$'"#,
        r#"root \\files.contoso.com\gangway$"#,
    ),
    (
        r#"root = '\\files.contoso.com\gangway$'"#,
        r#"root = "\\files.contoso.com\gangway$'"#,
    ),
    ("paths = [\"downloads\"]", "paths [\"downloads\"]"),
    ("paths = [\"downloads\"]", "paths: [\"downloads\"]"),
    ("[\"downloads\"]", "[\"downloads']"),
    ("[\"downloads\"]", "[\"downloads\"; \"more\"]"),
    ("[\"downloads\"]", "['downloads'; 'more']"),
    ("[\"downloads\"]", "@(\"downloads\",\"more\")"),
    ("[\"downloads\"]", "(\"downloads\", \"more\")"),
    ("[\"downloads\"]", "\"downloads, more\""),
    ("[\"downloads\"]", "[\"downloads\"],"),
    ("[\"downloads\"]", "[\n  \"a\"\n  \"b\"\n]"),
    ("[\"downloads\"]", "[\n  \"a\",\n  \"b\"\n],"),
    ("[\"downloads\"]", "[\"downloads"),
    ("[\"downloads\"]", "downloads, more"),
    ("[share]", "[rollout]\nring_percent 100\n[share]"),
    ("[share]", "[rollout]\nring_percent := 100\n[share]"),
    ("[share]", "[rollout]\nring_percent == 100\n[share]"),
    ("[share]", "[rollout]\nring percent = 100\n[share]"),
    ("[share]", "[rollout]\nring_percent = 100,\n[share]"),
    ("[share]", "[rollout]\nring_percent = 100;\n[share]"),
    ("[share]", "[rollout]\nring_percent = 50,0\n[share]"),
    ("[share]", "[rollout]\nring_percent = 12,5\n[share]"),
    ("[share]", "[rollout]\nring_percent = 10 ; pilot\n[share]"),
    ("[share]", "[rollout]\nring_percent = 10 // pilot\n[share]"),
    ("[share]", "[rollout]\nreboot in_window\n[share]"),
    (
        "[share]",
        "[rollout]\nfree_space_bytes = 1.073.741.824\n[share]",
    ),
    (
        "[share]",
        "[rollout]\nfree_space_bytes = 1 073 741 824\n[share]",
    ),
    ("[share]", "[rollout]\njitter_s = 10.000\n[share]"),
    ("[share]", "[onboard]\nmode = \"onboard\",\n[share]"),
    ("[share]", "[onboard]\nmode onboard\n[share]"),
    (
        "[share]",
        "[onboard]\nremove_workspaces = \"{6B2F6A51-0C53-4D0E-9E0B-C0570500AB1E}, 7b2f6a51-0c53-4d0e-9e0b-c0570500ab1e\"\n[share]",
    ),
    (
        "[share]",
        "[onboard]\nother_antivirus = \"Sophos, McAfee\"\n[share]",
    ),
    (
        "[share]",
        "[trust.signers.agent]\norganizations = \"Contoso, Inc.\"\n[share]",
    ),
    (
        "[share]",
        "[gpo.settings.exclusions]\npaths = 'D:\\Data, E:\\Logs'\n[share]",
    ),
    (
        "[share]",
        "[gpo.settings.exclusions]\npaths = \"D:\\Data, E:\\Logs\"\n[share]",
    ),
    (
        "[share]",
        "[gpo.settings.exclusions]\nprocesses = 'a.exe, b.exe'\n[share]",
    ),
    ("[share]", "[roll out]\njitter_s = 5\n[share]"),
    (
        "[share]",
        "[gpo settings]\nsample_collection = true\n[share]",
    ),
    ("[share]", "[onboard]\nring_percent 50\n[share]"),
    // The same thing twice.
    (
        "name = \"Contoso\"",
        "name = \"Contoso\"\nname = \"Fabrikam\"",
    ),
    ("[share]", "[organization]\nlanguage = \"en\"\n[share]"),
    (
        "[share]",
        "[gpo.domain]\ndns_name = \"a.contoso.com\"\n[share]",
    ),
    // Sections.
    ("[[gpo.domain]]", "[gpo.domain]"),
    ("[[gpo.domain]]", "[[gpo.domain]"),
    ("[[gpo.domain]]", "[gpo.domain]]"),
    ("[share]", "[[share]]"),
    ("[share]", "[share"),
    ("[share]", "[share] # payloads = here"),
    ("[share]", "[share] root"),
    ("[share]\nroot =", "[share.root]\npath ="),
    (
        "[organization]\nname = \"Contoso\"",
        "organization = \"Contoso\"",
    ),
    ("name = \"Contoso\"", ""),
    ("[downloads]\npaths = [\"downloads\"]\n", ""),
    ("[share]\nroot = '\\\\files.contoso.com\\gangway$'\n", ""),
    ("root = '\\\\files.contoso.com\\gangway$'\n", ""),
    ("[[gpo.domain]]\ndns_name = \"contoso.com\"", ""),
    ("dns_name = \"contoso.com\"", ""),
    ("[share]", "[[gpo.settings.role]]\npaths = []\n[share]"),
    (
        "[share]",
        "[onboard.monitoring_agent]\nworkspace = \"w\"\n[share]",
    ),
];

/// One that is no slip: a comment behind a header.
const SOUND: &str = "[share] # payloads = here";

#[test]
fn each_slip_is_told_with_key_line_and_cure() {
    let mut told = String::new();
    let mut untold = Vec::new();
    for (from, to) in SLIPS {
        let text = SMALLEST.replacen(from, to, 1);
        assert_ne!(text, SMALLEST, "`{from}` is in the smallest config");
        let parsed = Config::parse(&text, Path::new("gangway.toml"));
        if *to == SOUND {
            parsed.unwrap();
            continue;
        }
        let error = parsed.unwrap_err();
        // In the TOML reader's words.
        if matches!(error, ConfigError::Malformed { .. }) {
            untold.push(format!("`{to}`: {error}"));
        }
        let hint = error.hint().unwrap();
        let written = to.replace('\n', " ⏎ ");
        writeln!(told, "{written}\n  {error}\n  hint: {hint}\n").unwrap();
    }
    assert!(untold.is_empty(), "{}", untold.join("\n"));
    insta::assert_snapshot!(told);
}

/// What the cure says to write is taken, where it says it as a whole line. A list over several lines
/// is written in one, in the place of all of them.
#[test]
fn the_line_of_a_cure_cures() {
    let mut cured = 0;
    for (from, to) in SLIPS {
        let text = SMALLEST.replacen(from, to, 1);
        let Err(ConfigError::Slip {
            line: Some(line),
            cure,
            ..
        }) = Config::parse(&text, Path::new("gangway.toml"))
        else {
            continue;
        };
        // Between the last pair of backticks, if it sets something and leaves nothing open.
        let Some(setting) = cure.trim_end_matches('`').rsplit('`').next() else {
            continue;
        };
        let is_whole = setting.contains(" = ") && !setting.contains('…') && cure.ends_with('`');
        let mut lines: Vec<&str> = text.lines().collect();
        let is_line = lines[line - 1].split('=').next() == setting.split('=').next();
        // Which number a word means nobody knows.
        if !is_whole || !is_line || to.contains("many") {
            continue;
        }
        if lines[line - 1].ends_with('[') {
            let end = lines
                .iter()
                .skip(line)
                .position(|line| line.starts_with(']'))
                .unwrap();
            lines.drain(line..=line + end);
        }
        lines[line - 1] = setting;
        let parsed = Config::parse(&lines.join("\n"), Path::new("gangway.toml"));
        // A name or a time that its check does not take is another thing than a slip.
        let is_typed = |error: &ConfigError| match error {
            ConfigError::Value { field, .. } => field == "share.root" || field == "rollout.window",
            _ => false,
        };
        let again = parsed.err().filter(|error| !is_typed(error));
        assert!(again.is_none(), "`{to}`: {setting}: {again:?}");
        cured += 1;
    }
    assert!(cured > 25, "{cured}");
}

/// Who takes a cure over as it stands writes no `…` into the config.
#[test]
fn no_cure_sets_a_key_to_dots() {
    for (from, to) in SLIPS.iter().filter(|(_, to)| *to != SOUND) {
        let text = SMALLEST.replacen(from, to, 1);
        let error = Config::parse(&text, Path::new("gangway.toml")).unwrap_err();
        let hint = error.hint().unwrap();
        let mut parts = hint.split('`').skip(1).step_by(2);
        let dots = parts.find(|part| part.contains(" = ") && part.contains('…'));
        assert_eq!(dots, None, "`{to}`: {hint}");
    }
}
