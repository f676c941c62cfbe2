//! The password: seen by nobody, and never tried twice.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use gangway_e2e::samba::{ADMINISTRATOR, DN, Domain, PASSWORD, PLAIN};

use super::model::task_only;
use super::{ENVIRONMENT, one, text};

/// Stands before `smbclient` and `smbcacls`: writes down what others could see of it and of the
/// publisher, and every file that the publisher has made, then does what it was asked.
const WATCHER: &str = r#"#!/bin/sh
for process in $$ $PPID; do
    tr '\0' '\n' < /proc/$process/cmdline
done >> "$SEEN/arguments"
tr '\0' '\n' < /proc/$$/environ >> "$SEEN/environment"
find "$TMPDIR" >> "$SEEN/files"
grep -rl 'Passw0rd!lab' "$TMPDIR" >> "$SEEN/files-with-the-password"
exec "/usr/bin/$(basename "$0")" "$@"
"#;

#[test]
fn the_password_stands_in_no_file_argument_list_or_environment_of_a_child() {
    let domain = Domain::start().unwrap();
    let bundle = task_only();
    let folder = |name: &str| {
        let path = domain.scratch().join(name);
        fs::create_dir(&path).unwrap();
        path
    };
    let (seen, temporary, wrappers) = (folder("seen"), folder("tmp"), folder("watchers"));
    for name in ["smbclient", "smbcacls"] {
        let path = wrappers.join(name);
        fs::write(&path, WATCHER).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let mut command = domain
        .publish_command_without_password(bundle.folder(), ADMINISTRATOR, &["--apply"])
        .unwrap();
    command
        .env("GANGWAY_PASSWORD", PASSWORD)
        .env("PATH", format!("{}:/usr/bin:/bin", wrappers.display()))
        .env("SEEN", &seen)
        .env("TMPDIR", &temporary);
    let output = domain.run(&mut command).unwrap();
    assert!(output.status.success(), "{}", text(&output));
    let read = |name: &str| fs::read_to_string(seen.join(name)).unwrap();
    let arguments = read("arguments");
    assert!(arguments.contains("put - "), "{arguments}");
    assert!(arguments.contains("publish\ngpo"), "{arguments}");
    for name in ["arguments", "environment", "files-with-the-password"] {
        let found = read(name);
        assert!(!found.contains(PASSWORD), "{name}: {found}");
    }
    assert_eq!(read("files-with-the-password"), "");
    // Not one, so a publisher that is killed leaves none.
    let files = read("files");
    let made: Vec<_> = files
        .lines()
        .filter(|file| *file != temporary.to_str().unwrap())
        .collect();
    assert!(made.is_empty(), "{made:?}");
}

#[test]
fn a_wrong_password_is_tried_once_and_a_locked_account_is_named() {
    let domain = Domain::start().unwrap();
    let bundle = task_only();
    let lockout = [
        "--account-lockout-threshold=2",
        "--reset-account-lockout-after=30",
    ];
    let set = [&["domain", "passwordsettings", "set"][..], &lockout].concat();
    let set = domain.samba_tool(&set).unwrap();
    assert!(set.status.success(), "{}", text(&set));
    let attempt = |password: &str| {
        let mut command = domain
            .publish_command_without_password(bundle.folder(), PLAIN, &["--apply"])
            .unwrap();
        command.env("GANGWAY_PASSWORD", password);
        domain.run(&mut command).unwrap()
    };
    let tries = || {
        let account = domain.object(&format!("CN={PLAIN},CN=Users,{DN}")).unwrap();
        one(&account.unwrap(), "badPwdCount").to_owned()
    };
    for (password, why, counted) in [
        ("wrong", "account name or password are wrong", "1"),
        ("wrong", "account name or password are wrong", "2"),
        // The right one comes too late.
        (PASSWORD, "the account is locked", "2"),
    ] {
        let output = attempt(password);
        assert_eq!(output.status.code(), Some(ENVIRONMENT), "{}", text(&output));
        assert!(output.stderr.contains(why), "{}", output.stderr);
        assert!(
            output.stderr.contains("nothing is tried again"),
            "{}",
            output.stderr
        );
        assert!(!output.stderr.contains("--dc"), "{}", output.stderr);
        assert_eq!(tries(), counted);
    }
}
