//! Keys that take one of some words, and what people write in the place of these.

use crate::nearest::nearest;

/// Each such key with its words, the default first.
const WORDS: [(&str, &[&str]); 8] = [
    ("organization.language", &["en", "ja"]),
    ("gpo.principal", &["name", "sid"]),
    ("onboard.mode", &["onboard", "precheck"]),
    (
        "onboard.antivirus_mode",
        &["auto", "always_passive", "never_passive"],
    ),
    (
        "onboard.agent_route",
        &["auto", "install_script", "deployment_tool"],
    ),
    ("onboard.apply", &["native", "script"]),
    ("targets.vdi", &["none", "single", "multiple"]),
    ("rollout.reboot", &["never", "in_window"]),
];

/// A key, one of its words, and what is written for it by people whose letters do not tell.
const MEANT: [(&str, &str, &[&str]); 11] = [
    (
        "organization.language",
        "en",
        &["english", "en_us", "en_gb"],
    ),
    ("organization.language", "ja", &["japanese", "jp", "ja_jp"]),
    (
        "onboard.mode",
        "precheck",
        &[
            "check", "test", "audit", "assess", "report", "dry_run", "dryrun", "whatif", "what_if",
        ],
    ),
    (
        "onboard.mode",
        "onboard",
        &[
            "install",
            "deploy",
            "enable",
            "enabled",
            "enroll",
            "onboarding",
            "on",
            "true",
        ],
    ),
    ("onboard.antivirus_mode", "always_passive", &["passive"]),
    ("onboard.antivirus_mode", "never_passive", &["active"]),
    (
        "onboard.antivirus_mode",
        "auto",
        &["true", "on", "default", "automatic"],
    ),
    ("onboard.agent_route", "deployment_tool", &["tool"]),
    ("targets.vdi", "none", &["false", "no", "off", "0"]),
    (
        "rollout.reboot",
        "never",
        &["false", "no", "none", "off", "0", "disabled"],
    ),
    (
        "rollout.reboot",
        "in_window",
        &[
            "true", "yes", "on", "1", "window", "allowed", "always", "enabled",
        ],
    ),
];

/// What is asked for on the command line and is no mode of a config, by its first letters.
const OF_A_BUILD: [(&str, &str); 5] = [
    ("off", "offboard"),
    ("uninstall", "offboard"),
    ("remove", "offboard"),
    ("disable", "offboard"),
    ("retir", "retire"),
];

/// The words of a key.
pub(super) fn of(key: &str) -> Option<&'static [&'static str]> {
    let (_, words) = WORDS.iter().find(|(known, _)| *known == key)?;
    Some(words)
}

/// The mode that `gangway build --mode` takes and a config does not.
pub(super) fn mode_of_a_build(key: &str, written: &str) -> Option<&'static str> {
    let plain = plain(written);
    let mut modes = OF_A_BUILD.iter();
    let found = modes.find(|(begin, _)| plain.starts_with(begin));
    found
        .filter(|_| key == "onboard.mode")
        .map(|(_, mode)| *mode)
}

/// The word that somebody means; none where nobody can tell.
pub(super) fn meant(key: &str, written: &str) -> Option<&'static str> {
    let words = of(key)?;
    let plain = plain(written);
    if mode_of_a_build(key, &plain).is_some() {
        return None;
    }
    let itself = words.iter().find(|word| **word == plain);
    let by_meaning = || {
        let mut meant = MEANT.iter().filter(|(known, ..)| *known == key);
        meant.find(|(_, _, written)| written.contains(&plain.as_str()))
    };
    let by_meaning = || by_meaning().map(|(_, word, _)| *word);
    itself
        .copied()
        .or_else(by_meaning)
        .or_else(|| nearest(&plain, words.iter().copied()))
}

/// What to write: the word that is meant, else one of all words.
pub(super) fn cure(key: &str, written: &str) -> Option<String> {
    let name = key.rsplit('.').next().unwrap_or(key);
    if let Some(mode) = mode_of_a_build(key, written) {
        return Some(format!(
            "that is asked for on the command line: run `gangway build --mode {mode}`, and leave \
             `{name} = \"onboard\"`"
        ));
    }
    let words = of(key)?;
    let all = words.join("`, `");
    Some(match meant(key, written) {
        Some(word) => format!("its words are `{all}`; write `{name} = \"{word}\"`"),
        None => format!("write one of its words, in quotes: `{all}`"),
    })
}

fn plain(written: &str) -> String {
    let written = written.trim_matches(['"', '\'', ' ', '\t']).to_lowercase();
    written.replace(['-', ' '], "_")
}

#[cfg(test)]
mod tests {
    use gangway_fixtures::config::SMALLEST;

    use super::super::sections::ConfigFile;
    use super::*;

    /// The reader's own list: a word that is added there and not here fails.
    #[test]
    fn each_word_is_one_of_its_keys() {
        for (key, words) in WORDS {
            let (section, name) = key.split_once('.').unwrap();
            let of = |word: &str| {
                let line = format!("{name} = \"{word}\"\n");
                let header = format!("[{section}]\n");
                let text = match SMALLEST.contains(&header) {
                    true => SMALLEST.replace(&header, &format!("{header}{line}")),
                    false => format!("{header}{line}{SMALLEST}"),
                };
                toml::from_str::<ConfigFile>(&text)
            };
            for word in words {
                assert!(of(word).is_ok(), "{key}: {word}");
            }
            let said = of("?").unwrap_err().to_string();
            let known = said.split('`').skip(3).step_by(2).count();
            assert_eq!(known, words.len(), "{key}: {said}");
        }
        for (key, word, _) in MEANT {
            assert!(of(key).unwrap().contains(&word), "{key}: {word}");
        }
    }

    #[test]
    fn the_word_that_is_meant_is_told() {
        for (key, written, wanted) in [
            ("onboard.mode", "Onboard", Some("onboard")),
            ("onboard.mode", "onbord", Some("onboard")),
            ("onboard.mode", "pre-check", Some("precheck")),
            ("onboard.mode", "install", Some("onboard")),
            ("onboard.mode", "audit", Some("precheck")),
            ("onboard.mode", "Offboard", None),
            ("onboard.mode", "off-board", None),
            ("onboard.mode", "retire", None),
            ("onboard.mode", "purple", None),
            (
                "onboard.antivirus_mode",
                "always-passive",
                Some("always_passive"),
            ),
            ("onboard.antivirus_mode", "true", Some("auto")),
            ("onboard.antivirus_mode", "false", None),
            ("rollout.reboot", "true", Some("in_window")),
            ("rollout.reboot", "\"no\"", Some("never")),
            ("targets.vdi", "false", Some("none")),
            ("share.root", "x", None),
        ] {
            assert_eq!(meant(key, written), wanted, "{key} = {written}");
        }
        let cure = cure("onboard.mode", "Offboard").unwrap();
        assert!(cure.contains("gangway build --mode offboard"), "{cure}");
        assert_eq!(mode_of_a_build("onboard.mode", "Retire"), Some("retire"));
    }
}
