//! What `gangway explain` says: of problem codes, of our own words, of others' codes.

use clap::Command;
use gangway::pipeline::explain;

use super::desk::Desk;

#[test]
fn every_kind_of_word_has_its_page() {
    let desk = Desk::empty();
    let mut session = String::new();
    for asked in [
        "gw4007",
        "4007",
        "tls-intercepted",
        "not heard from",
        "onboarded",
        "install-agent",
        "install.ps1:35",
        "ddt:11",
        "wdatp:15",
        "sense:84",
        "msiexec:1603",
        "wusa:0x80240017",
        "dism:14081",
        "3010",
        "1603",
        "! warning GW3006: `bootstrap/x.exe`: not signed",
        "verified: the bundle that was built",
        "reported by a newer bootstrap",
        "0x80070534",
        "-2147023564",
        "2147943732",
        "0x80072f8f",
    ] {
        let said = desk.run(&["explain", asked]);
        session.push_str(&format!("$ gangway explain {asked}\n{}\n", said.succeeds()));
    }
    insta::assert_snapshot!(session);
}

#[test]
fn an_unknown_word_is_told_where_to_look() {
    let desk = Desk::empty();
    for (asked, hint) in [
        ("GW9999", "`gangway explain` lists them all"),
        ("no-such-word", "`gangway explain` lists them all"),
        ("ddt:999", "DefenderDeploymentTool-<COMPUTERNAME>.log"),
        ("nobody:1", "families of codes: install.ps1, ddt, msiexec"),
        ("sense:x", "`sense:` takes a number"),
        ("123456789", "certutil -error"),
    ] {
        let said = desk.run(&["explain", asked]);
        said.fails_with(2, &[&format!("`{asked}`"), hint]);
    }
}

/// Options of other programs that explanations name.
const OF_OTHERS: [&str; 1] = ["--help"];

/// The options in a text: two dashes, then letters and dashes.
fn options(text: &str) -> Vec<String> {
    let words = text.split(|one: char| !(one.is_ascii_alphanumeric() || one == '-'));
    let options = words.filter(|word| word.starts_with("--") && word.len() > 2);
    options.map(str::to_owned).collect()
}

fn has(command: &Command, option: &str) -> bool {
    let names = command.get_arguments().filter_map(|one| one.get_long());
    names.into_iter().any(|name| option[2..] == *name)
}

fn anywhere(command: &Command, option: &str) -> bool {
    has(command, option) || command.get_subcommands().any(|one| anywhere(one, option))
}

/// The command that the words begin with; its parents' options are its own.
fn is_of(words: &str, option: &str) -> bool {
    let root = gangway::cli::command_line();
    let mut command = &root;
    for word in words.split(' ') {
        if has(command, option) {
            return true;
        }
        if let Some(below) = command.find_subcommand(word) {
            command = below;
        }
    }
    anywhere(command, option)
}

#[test]
fn every_option_that_an_explanation_names_exists() {
    let root = gangway::cli::command_line();
    let mut seen = 0;
    for text in explain::every_text() {
        for option in options(&text) {
            seen += 1;
            let known = OF_OTHERS.contains(&option.as_str()) || anywhere(&root, &option);
            assert!(known, "{option}: {text}");
        }
        for words in text.split('`').skip(1).step_by(2) {
            let Some(line) = words.strip_prefix("gangway ") else {
                continue;
            };
            for option in options(line) {
                assert!(is_of(line, &option), "{option}: {words}");
            }
        }
    }
    assert!(seen > 80, "{seen}");
    assert!(!is_of("inspect --format json", "--format"));
}
