//! What a cure says to write is what was meant, and is taken.

use std::path::Path;

use gangway_fixtures::config::SMALLEST;

use crate::failure::Fault as _;
use crate::pipeline::config::{Config, ConfigError};

/// What a hint says to write is taken: the line between its last backticks, or the path in quotes at its
/// end as the value of the key that was refused.
#[test]
fn the_cure_of_a_value_cures() {
    let free = r"'\\files.contoso.com\gangway-reports$'";
    let cases = [
        (
            r"'\\files.contoso.com\gangway$'",
            r#""\\\\files.contoso.com\\gangway$\\.""#,
        ),
        (
            r"'\\files.contoso.com\gangway$'",
            r#""\\files.contoso.com\\gangway$""#,
        ),
        (
            r"'\\files.contoso.com\gangway$'",
            r#""\\files.contoso.com\bytes$""#,
        ),
        (
            r"'\\files.contoso.com\gangway$'",
            &format!("{free}\nreports = {free}"),
        ),
        (
            r"gangway$'",
            "gangway$'\nreports = '\\\\files.contoso.com\\gangway$\\reports'",
        ),
        (
            r"'\\files.contoso.com\gangway$'",
            &format!("{free}\nreports = '\\\\contoso.com\\SYSVOL\\reports'"),
        ),
        (
            "[share]",
            "[gpo.settings.proxy]\nwinhttp = \"a:1\"\nwinhttp_bypass = [\"*.contoso.com;<local>\"]\n[share]",
        ),
        ("[share]", "[onboard]\ndevice_tag = \"\"\n[share]"),
        ("[share]", "[onboard]\ndevice_tag = \"  \"\n[share]"),
        ("[share]", "[rollout]\nring_percent = 101\n[share]"),
        (
            "[share]",
            "[rollout]\nring_percent = 9223372036854775807\n[share]",
        ),
        ("[share]", "[rollout]\nwindow = \"22:00-22:00\"\n[share]"),
        ("[share]", "[rollout]\nwindow = \"22-04\"\n[share]"),
        ("[share]", "[rollout]\nwindow = \"10pm to 4am\"\n[share]"),
        ("[share]", "[rollout]\njitter_s = 86400\n[share]"),
        ("[share]", "[rollout]\njitter_s = 4294967295\n[share]"),
        ("[share]", "[rollout]\nretry_wait_s = 86401\n[share]"),
        ("[share]", "[rollout]\nfetch_retries = 16\n[share]"),
        (
            "[share]",
            "[rollout]\nfree_space_bytes = 9007199254740993\n[share]",
        ),
        ("[share]", "[signing]\ntime_limit_s = 4294967295\n[share]"),
        (
            "[share]",
            "[signing]\ncommand = [\"osslsigncode\", \"-in\", \"in\", \"-out\", \"{out}\"]\n[share]",
        ),
        ("[share]", "[gpo]\nexclude_group = 'CONTOSO\\x'\n[share]"),
        (
            "[share]",
            "[gpo]\nexclude_group = \"x@contoso.com\"\n[share]",
        ),
        (
            "[share]",
            "[gpo.settings.proxy]\nsensor = \"http://proxy.fabrikam.de:8080\"\n[share]",
        ),
        (
            "[share]",
            "[gpo.settings.proxy]\nwinhttp = \"proxy.fabrikam.de\"\n[share]",
        ),
        (
            "[share]",
            "[gpo.settings.proxy]\nantivirus = \"proxy.fabrikam.de:8080\"\n[share]",
        ),
        (r"'\\files.contoso.com\gangway$'", "'//fs1.fabrikam.de/gw$'"),
        (
            r"'\\files.contoso.com\gangway$'",
            "'smb://fs1.fabrikam.de/gw$'",
        ),
        (r"'\\files.contoso.com\gangway$'", r"'\\fs1\gw$'"),
        (
            r"'\\files.contoso.com\gangway$'",
            r"'\\\\fs1.fabrikam.de\\gw$\'",
        ),
    ];
    for (from, to) in cases {
        let text = SMALLEST.replacen(from, to, 1);
        let error = Config::parse(&text, Path::new("gangway.toml")).unwrap_err();
        let ConfigError::Value {
            line: Some(line),
            field,
            hint,
            ..
        } = &error
        else {
            panic!("`{to}`: {error}");
        };
        let key = field.rsplit('.').next().unwrap();
        let setting = match hint.strip_suffix('\'') {
            Some(path) => {
                let path = path.rsplit('\'').next().unwrap();
                format!("{key} = '{path}'")
            }
            None => hint
                .split('`')
                .find(|part| part.contains(" = "))
                .unwrap()
                .to_owned(),
        };
        let mut lines: Vec<&str> = text.lines().collect();
        assert!(lines[line - 1].starts_with(key), "`{to}`: {error}");
        lines[line - 1] = &setting;
        let again = Config::parse(&lines.join("\n"), Path::new("gangway.toml"));
        assert!(again.is_ok(), "`{to}`: {setting}: {}", again.unwrap_err());
    }
}

/// A line with another key, another section's name, or signs of another language: the line that the cure
/// names in its place is taken, and nothing secret is shown.
#[test]
fn the_line_in_the_place_of_one_that_is_not_known_cures() {
    const AGENT: &str =
        "[onboard.monitoring_agent]\nworkspace = \"8d5f3c2e-1111-4c1b-9a55-0c5f6d7e8f90\"\n";
    let agent = |line: &str| ("[share]", format!("{AGENT}{line}\n[share]"));
    let rollout = |line: &str| ("[share]", format!("[rollout]\n{line}\n[share]"));
    let domain = |line: &str| ("dns_name = \"contoso.com\"", line.to_owned());
    let organization = |line: &str| ("name = \"Contoso\"", line.to_owned());
    let named = "key_file = \"workspace.key\"";
    let name = "name = \"Contoso\"";
    let dns_name = "dns_name = \"contoso.com\"";
    for ((from, to), wanted) in [
        (agent("key = \"c2VjcmV0\""), named),
        (agent("key = c2VjcmV0=="), named),
        (agent("key \"c2VjcmV0\""), named),
        (agent("workspace_key = \"c2VjcmV0\""), named),
        (agent("primary-key: \"c2VjcmV0\""), named),
        (agent("key = 'la.key'"), "key_file = \"la.key\""),
        (domain("domain = \"contoso.com\""), dns_name),
        (domain("name = 'contoso.com'"), dns_name),
        (domain("fqdn = \"https://contoso.com/\""), dns_name),
        (domain("dns = \"contoso.com\""), dns_name),
        (
            (
                "[share]",
                "[signers.agent]\norganizations = [\"A\"]\n[share]".to_owned(),
            ),
            "[trust.signers.agent]",
        ),
        (("[share]", "[roll out]\n[share]".to_owned()), "[rollout]"),
        (
            ("[share]", "[gpo settings]\n[share]".to_owned()),
            "[gpo.settings]",
        ),
        (organization("name \"Contoso\""), name),
        (organization("name := \"Contoso\""), name),
        (organization("name == \"Contoso\""), name),
        (organization("\"name\": \"Contoso\","), name),
        (organization("name = \"Contoso\","), name),
        (organization("name = 'Contoso\""), name),
        (
            organization("name = \"Contoso\" ; ours"),
            "name = \"Contoso\" # ours",
        ),
        (rollout("ring_percent 100"), "ring_percent = 100"),
        (rollout("jitter_s: 10 min"), "jitter_s = 600"),
        (rollout("jitter_s: ten"), "jitter_s = 600"),
        (rollout("reboot: never // why 'x"), "reboot = \"never\""),
        (
            rollout("window: '22:00-04:00' -- by \"x"),
            "window = \"22:00-04:00\"",
        ),
        (rollout("ring_percent := 100"), "ring_percent = 100"),
        (rollout("ring percent = 100"), "ring_percent = 100"),
        (rollout("ring_percent = 50,0"), "ring_percent = 50"),
        (rollout("ring_percent = 100;"), "ring_percent = 100"),
        (rollout("ring_percent = 12,5"), "ring_percent = 10"),
        (
            rollout("ring_percent = 10 // pilot"),
            "ring_percent = 10 # pilot",
        ),
        (
            rollout("free_space_bytes = 1.073.741.824"),
            "free_space_bytes = 1073741824",
        ),
        (rollout("reboot in_window"), "reboot = \"in_window\""),
    ] {
        let text = SMALLEST.replacen(from, &to, 1);
        let error = Config::parse(&text, Path::new("gangway.toml")).unwrap_err();
        let hint = error.hint().unwrap();
        let said = format!("{error}\n{hint}");
        assert!(!said.contains("c2VjcmV0"), "{said}");
        assert!(hint.contains(&format!("`{wanted}`")), "`{to}`: {said}");
        let ConfigError::Slip {
            line: Some(line), ..
        } = &error
        else {
            panic!("`{to}`: {said}");
        };
        let mut lines: Vec<&str> = text.lines().collect();
        lines[line - 1] = wanted;
        let again = Config::parse(&lines.join("\n"), Path::new("gangway.toml"));
        assert!(again.is_ok(), "`{to}`: {wanted}: {}", again.unwrap_err());
    }
}

/// Where a line can only be taken out, and where a key belongs to another section.
#[test]
fn a_line_too_many_is_told_as_one() {
    for (from, to, wanted) in [
        (
            "dns_name = \"contoso.com\"",
            "dns_name = \"contoso.com\"\nname = \"Contoso\"",
            "take the line out: `dns_name` of this `[[gpo.domain]]` is in line 9",
        ),
        (
            "[share]",
            "[onboard.monitoring_agent]\nkey_file = 'k'\nkey = \"c2VjcmV0\"\n[share]",
            "take the line out: line 7 names the file",
        ),
        (
            "[share]",
            "[signing]\nlab_roots = ['a.pem']\n[share]",
            "`lab_roots` belongs to `[trust]`",
        ),
        (
            "[share]",
            "[onboard]\nhealth = { silent_after_days = 7 }\n[share]",
            "write `[health]`, alone in its line",
        ),
        (
            "[share]\nroot = '\\\\files.contoso.com\\gangway$'\n",
            "",
            "it needs `root`, in the form of `root = ",
        ),
    ] {
        let text = SMALLEST.replacen(from, to, 1);
        assert_ne!(text, SMALLEST, "{from}");
        let error = Config::parse(&text, Path::new("gangway.toml")).unwrap_err();
        let hint = error.hint().unwrap();
        assert!(hint.contains(wanted), "`{to}`: {error}\n{hint}");
        assert!(!hint.contains("did you mean"), "`{to}`: {hint}");
    }
}

/// A cure says what somebody meant, and not what the config of the sample says.
#[test]
fn a_cure_is_made_of_what_was_written() {
    let share = r"'\\files.contoso.com\gangway$'";
    for (from, to, wanted) in [
        (
            "\"contoso.com\"",
            "\"https://fabrikam.de/\"",
            "dns_name = \"fabrikam.de\"",
        ),
        (
            "\"contoso.com\"",
            "\"https://dc1.fabrikam.local:636/\"",
            "if the domain is `fabrikam.local`: `dns_name = \"fabrikam.local\"`",
        ),
        (
            "\"contoso.com\"",
            "[\"fabrikam.local\"]",
            "dns_name = \"fabrikam.local\"",
        ),
        (
            "[share]",
            "[onboard]\ndevice_tag = [\"a\", \"b\"]\n[share]",
            "one of them, as `device_tag = \"a\"`",
        ),
        (
            "[share]",
            "[gpo.settings.proxy]\nwinhttp = \"a:1\"\nwinhttp_bypass = \"*.contoso.com;<local>\"\n[share]",
            "winhttp_bypass = [\"*.contoso.com\", \"<local>\"]",
        ),
        (
            "\"contoso.com\"",
            "\"DC=fabrikam,DC=de\"",
            "dns_name = \"fabrikam.de\"",
        ),
        (
            "\"contoso.com\"",
            "\"admin@fabrikam.de\"",
            "dns_name = \"fabrikam.de\"",
        ),
        (
            "\"Contoso\"",
            "\"Contoso\"\norg_id = \"{6B2F6A51-0C53-4D0E-9E0B-C0570500AB1E}\"",
            "org_id = \"6b2f6a51-0c53-4d0e-9e0b-c0570500ab1e\"",
        ),
        (share, "'//fs1.fabrikam.de/gw$'", r"'\\fs1.fabrikam.de\gw$'"),
        (share, r"'\\fs1\gw$'", r"'\\fs1.contoso.com\gw$'"),
        (
            "[share]",
            "[gpo]\nexclude_group = \"CONTOSO\\x\"\n[share]",
            "exclude_group = \"x\"",
        ),
        (
            "[share]",
            "[onboard]\nmode = \"Offboard\"\n[share]",
            "gangway build --mode offboard",
        ),
        (
            "[share]",
            "[onboard]\nmode = \"retire\"\n[share]",
            "gangway build --mode retire",
        ),
        (
            "[share]",
            "[gpo.settings.proxy]\nsensor = \"http://proxy.fabrikam.de:8080\"\n[share]",
            "sensor = \"proxy.fabrikam.de:8080\"",
        ),
        (
            "[share]",
            "[onboard.monitoring_agent]\nworkspace = \"{6B2F6A51-0C53-4D0E-9E0B-C0570500AB1E}\"\n\
             key_file = 'k'\n[share]",
            "6b2f6a51-0c53-4d0e-9e0b-c0570500ab1e",
        ),
        (
            "[share]",
            "[rollout]\nretry_wait_s = 1h\n[share]",
            "retry_wait_s = 3600",
        ),
    ] {
        let text = SMALLEST.replacen(from, to, 1);
        let error = Config::parse(&text, Path::new("gangway.toml")).unwrap_err();
        let hint = error.hint().unwrap();
        assert!(hint.contains(wanted), "`{to}`: {hint}");
    }
    let everyone = SMALLEST.replacen("[share]", "[gpo]\nexclude_group = \"S-1-1-0\"\n[share]", 1);
    let error = Config::parse(&everyone, Path::new("gangway.toml")).unwrap_err();
    assert!(error.to_string().contains("every server"), "{error}");
}

/// Where nobody named a server, a hint shows a form, and never as what to write.
#[test]
fn a_server_that_nobody_named_is_to_be_put_in() {
    let share = r"'\\files.contoso.com\gangway$'";
    let base = SMALLEST.replace("\"contoso.com\"", "\"fabrikam.local\"");
    for (from, to) in [
        (share, "'/mnt/gangway'"),
        (share, "'file:///srv/gangway'"),
        (share, "'Z:\\gangway'"),
        (share, "'nas1:/export/gangway'"),
        (
            share,
            "'/mnt/gw'\nreports = '\\\\fs1.fabrikam.local\\gangway$'",
        ),
        ("[share]", "[onboard]\nadd_sensor_from = 'D:\\'\n[share]"),
    ] {
        let text = base.replacen(from, to, 1);
        let error = Config::parse(&text, Path::new("gangway.toml")).unwrap_err();
        let hint = error.hint().unwrap();
        let form = r"in the form of '\\files.fabrikam.local\";
        assert!(hint.contains(form), "`{to}`: {hint}");
        assert!(
            hint.contains("in the place of `files.fabrikam.local`"),
            "`{to}`: {hint}"
        );
        assert!(!hint.contains(", as '"), "`{to}`: {hint}");
        assert!(!hint.contains("mnt"), "`{to}`: {hint}");
    }
}
