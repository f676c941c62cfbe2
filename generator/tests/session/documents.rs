//! The documents of a bundle, whole: a key that is called otherwise, that comes or that goes is
//! seen here.

use std::fs;

use gangway_fixtures::updates::ProgramSpec;

use super::cases::downloads;
use super::desk::Desk;
use super::normalise;

/// With every key of the config that shows in the manifest.
const MORE: &str = r#"
[onboard]
antivirus_mode = "always_passive"
other_antivirus = ["ContosoGuard"]
add_sensor_from = '\\files.contoso.com\fod$'
agent_route = "install_script"
device_tag = "servers"
remove_workspaces = ["8d5f3c2e-1111-4c1b-9a55-0c5f6d7e8f90"]

[onboard.monitoring_agent]
workspace = "8d5f3c2e-1111-4c1b-9a55-0c5f6d7e8f90"
key_file = "workspace.txt"
proxy = "http://proxy.contoso.com:8080"

[health]
silent_after_days = 9

[rollout]
ring_percent = 25
window = "22:00-04:00"
reboot = "in_window"
jitter_s = 60
"#;

pub(crate) fn built() -> Desk {
    let desk = downloads();
    let monitoring_agent = ProgramSpec::monitoring_agent().bytes();
    desk.put("downloads/MMASetup-AMD64.exe", &monitoring_agent);
    desk.put("workspace.txt", b"c2VjcmV0LWtleS12YWx1ZQ==");
    let rule = "signers.tools.organizations = [\"Contoso Lab\"]\n\n[signing]";
    desk.change_config("[signing]", rule);
    let reports = "gangway$'\nreports = '\\\\files.contoso.com\\reports$'";
    desk.change_config("gangway$'", reports);
    let config = fs::read_to_string(desk.path("gangway.toml")).unwrap();
    desk.put("gangway.toml", format!("{config}{MORE}").as_bytes());
    desk.build().succeeds();
    desk
}

/// A document with its digests and sizes by their kind, in the order in which it is written.
fn shown(desk: &Desk, path: &str) -> String {
    let text = fs::read_to_string(desk.path("out").join(path)).unwrap();
    let lines = text.lines().map(|line| match line.split_once("size\": ") {
        Some((key, size)) => {
            let end = size.trim_start_matches(|c: char| c.is_ascii_digit());
            format!("{key}size\": #{end}")
        }
        None => line.to_owned(),
    });
    let lines: Vec<String> = lines.collect();
    normalise::text(&lines.join("\n"))
}

#[test]
fn what_servers_and_pipelines_read_has_these_keys() {
    let desk = built();
    let manifest = fs::read(desk.path("out/manifest.json")).unwrap();
    let exe = fs::read(desk.exe()).unwrap();
    let embedded = exe.windows(manifest.len()).any(|bytes| bytes == manifest);
    assert!(embedded, "the exe holds the manifest as it lies beside it");
    for (name, path) in [
        ("manifest", "manifest.json"),
        ("bundle", "bundle.json"),
        ("control", "share/control.json"),
    ] {
        insta::assert_snapshot!(name, shown(&desk, path));
    }
    let lock = fs::read_to_string(desk.path("gangway.lock")).unwrap();
    insta::assert_snapshot!("lock", normalise::text(&lock));
}
