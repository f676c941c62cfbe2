//! Whole sessions as a person sees them: what is typed, what is printed, how it ends.

use super::cases::CASES;
use super::desk::Session;
use super::normalise;

/// A session as one text; lines of standard error are marked by `!`.
fn transcript(arguments: &[&str], session: &Session) -> String {
    let mut lines = vec![format!("$ gangway {}", arguments.join(" "))];
    lines.extend(session.out.lines().map(|line| format!("  {line}")));
    lines.extend(session.err.lines().map(|line| format!("! {line}")));
    lines.push(format!("exit code {}", session.code));
    let lines: Vec<&str> = lines.iter().map(|line| line.trim_end()).collect();
    normalise::text(&lines.join("\n"))
}

#[test]
fn every_command_prints_this_and_ends_so() {
    for (name, desk, arguments, code) in CASES {
        // What the library of the command line writes for shells.
        if *name == "completions" {
            continue;
        }
        let session = desk().run(arguments);
        insta::assert_snapshot!(*name, transcript(arguments, &session));
        assert_eq!(session.code, *code, "{name}");
    }
}
