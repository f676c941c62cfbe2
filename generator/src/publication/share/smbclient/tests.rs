//! With a stand-in for `smbclient` that writes down how it was started.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::*;

const PASSWORD: &str = "s3cret of a test";

/// Writes its arguments, environment and authentication file beside itself, then does `body`.
fn stand_in(body: &str) -> (tempfile::TempDir, SmbClient) {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path().display();
    let script = format!(
        "#!/bin/sh\ntr '\\0' '\\n' < /proc/$$/cmdline >> {here}/arguments\n\
         tr '\\0' '\\n' < /proc/$$/environ >> {here}/environment\n\
         echo start >> {here}/starts\ncat \"$3\" >> {here}/authentication\n{body}\n"
    );
    for name in ["smbclient", "smbcacls"] {
        let path = folder.path().join(name);
        fs::write(&path, &script).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let credentials = Credentials::new("admin@contoso.com", PASSWORD).unwrap();
    let host = "dc1.contoso.com".parse().unwrap();
    let mut client = SmbClient::new(&host, "sysvol", &credentials);
    client.programs = folder.path().to_owned();
    (folder, client)
}

fn read(folder: &tempfile::TempDir, name: &str) -> String {
    fs::read_to_string(folder.path().join(name)).unwrap()
}

#[test]
fn the_password_reaches_the_program_through_a_pipe_and_by_no_other_way() {
    let (folder, mut client) = stand_in("");
    client.write("a/b", b"content").unwrap();
    client.set_permissions("a", "O:BA").unwrap();
    let account = format!("username = admin@contoso.com\npassword = {PASSWORD}\n");
    assert_eq!(read(&folder, "authentication"), account.repeat(2));
    for name in ["arguments", "environment"] {
        let seen = read(&folder, name);
        assert!(!seen.contains(PASSWORD), "{name}: {seen}");
    }
    let arguments = read(&folder, "arguments");
    assert!(arguments.contains("-A\n/dev/fd/"), "{arguments}");
    assert!(arguments.contains("put - \"a/b\""), "{arguments}");
}

#[test]
fn a_refused_account_is_not_tried_again() {
    for (status, why) in [
        ("NT_STATUS_LOGON_FAILURE", "password are wrong"),
        ("NT_STATUS_ACCOUNT_LOCKED_OUT", "locked"),
        ("NT_STATUS_PASSWORD_EXPIRED", "expired"),
    ] {
        let (folder, mut client) = stand_in(&format!(
            "echo 'session setup failed: {status}' >&2; exit 1"
        ));
        for _ in 0..3 {
            let error = client.read_file("a").unwrap_err().to_string();
            assert!(error.contains(why) && error.contains(status), "{error}");
        }
        assert!(client.make_folder("b").is_err());
        assert_eq!(read(&folder, "starts"), "start\n");
    }
}

#[test]
fn what_the_program_says_is_one_line_without_controls() {
    let (_folder, mut client) = stand_in("printf 'bad \\033[2J\\r NT_STATUS_IO\\n' >&2; exit 1");
    let error = client.make_folder("b").unwrap_err().to_string();
    assert!(error.contains("\\u{1b}[2J"), "{error}");
}

#[test]
fn a_file_without_end_ends() {
    let (_folder, mut client) = stand_in("exec cat /dev/zero");
    let error = client.read_file("a").unwrap_err().to_string();
    assert!(error.contains("16777216 bytes"), "{error}");
}

#[test]
fn a_program_without_end_ends() {
    for body in [
        "exec sleep 60",
        // Content that is whole, and no end; words that only trickle.
        "exec >&-; exec sleep 60",
        "while :; do printf x >&2; sleep 0.1; done",
        "while :; do printf x; sleep 0.1; done",
    ] {
        let (_folder, mut client) = stand_in(body);
        client.time = Duration::from_secs(1);
        let start = Instant::now();
        let error = client.read_file("a").unwrap_err().to_string();
        assert!(error.contains("to an end in 1 s"), "{body}: {error}");
        assert!(start.elapsed() < Duration::from_secs(10), "{body}");
    }
}

#[test]
fn a_program_that_ends_at_once_is_told_of() {
    let (_folder, mut client) = stand_in("exit 7");
    let error = client
        .write("a", &vec![0; 1 << 20])
        .unwrap_err()
        .to_string();
    assert!(error.contains("said nothing"), "{error}");
}

#[test]
fn names_that_smbclient_would_split_are_refused() {
    for path in ["a\"b", "a;b", "a\nb", "a/../b", ".."] {
        assert!(quote(path).is_err(), "{path}");
    }
    assert_eq!(quote("a b/{C}/d.xml").unwrap(), "\"a b/{C}/d.xml\"");
}

#[test]
fn a_server_that_lets_each_operation_wait_uses_up_the_time_of_all() {
    let (folder, mut client) = stand_in("sleep 0.3");
    client.left = Duration::from_millis(500);
    client.make_folder("a").unwrap();
    for _ in 0..3 {
        assert!(client.make_folder("b").is_err());
    }
    let error = client.make_folder("b").unwrap_err().to_string();
    assert!(error.contains("that is all it gets"), "{error}");
    assert_eq!(read(&folder, "starts"), "start\nstart\n");
}
