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
