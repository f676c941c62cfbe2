//! Files that a config names and that are read later, if at all: what is wrong with one is told at the key and
//! the line that name it.

use std::path::{Path, PathBuf};

use super::error::ConfigError;
use super::place;

/// Each such key, and what its files hold.
const KEYS: [(&str, &str); 7] = [
    ("signing.roots", ROOTS),
    ("trust.lab_roots", ROOTS),
    ("trust.blob_roots", ROOTS),
    (
        "trust.revocation_lists",
        "a whole revocation list of one issuer, as PEM or DER",
    ),
    (
        "onboard.monitoring_agent.key_file",
        "the primary or secondary key of the workspace and nothing else",
    ),
    (
        "bootstrap.stub",
        "the bootstrap stub, `gangway-runner.exe`; a release of `gangway` has one inside and needs no such key",
    ),
    (
        "provenance.key",
        "a public key of P-256 or Ed25519 in PEM, as `openssl pkey -in key.pem -pubout` writes it",
    ),
];

const ROOTS: &str = "a root certificate or several, as PEM or DER";

/// What the files of a key hold.
fn content_of(key: &str) -> &'static str {
    let holds = KEYS.iter().find(|(of, _)| *of == key);
    holds.map_or("what it names", |(_, holds)| holds)
}

/// Where the config names them.
#[derive(Debug, Clone, Default)]
pub struct NamedFiles {
    config: PathBuf,
    /// Lines of the entries of each key.
    lines: Vec<(&'static str, Vec<usize>)>,
}

impl NamedFiles {
    /// Those of the config with this text.
    pub(super) fn of(text: &str, config: &Path) -> Self {
        let lines_of = |(key, _): &(&'static str, &str)| (*key, place::lines_of(text, key));
        Self {
            config: config.to_owned(),
            lines: KEYS.iter().map(lines_of).collect(),
        }
    }

    /// What is told of a file that is the entry of this number, from 0, of a key.
    pub(in crate::pipeline) fn refused(
        &self,
        key: &'static str,
        entry: usize,
        file: &Path,
        why: String,
    ) -> ConfigError {
        let mut lines = self.lines.iter().filter(|(of, _)| *of == key);
        let line = lines.next().and_then(|(_, lines)| lines.get(entry));
        ConfigError::NamedFile {
            path: self.config.clone(),
            line: line.copied(),
            field: key,
            file: file.to_owned(),
            holds: content_of(key),
            why,
        }
    }
}

#[cfg(test)]
mod tests {
    use gangway_fixtures::config::SMALLEST;

    use super::super::Config;
    use super::*;
    use crate::failure::{FailureCode, Fault as _};

    #[test]
    fn a_file_is_told_at_the_line_that_names_it() {
        let text = format!(
            "{SMALLEST}[trust]\nlab_roots = [\n'a.pem',\n'b.pem']\n[signing]\nroots = ['a.pem', 'c.pem']\n"
        );
        let config = Config::parse(&text, Path::new("gangway.toml")).unwrap();
        let first = SMALLEST.lines().count() + 3;
        for (key, entry, line) in [
            ("trust.lab_roots", 0, first),
            ("trust.lab_roots", 1, first + 1),
            ("signing.roots", 0, first + 3),
            ("signing.roots", 1, first + 3),
        ] {
            let file = Path::new("absent.pem");
            let error = config
                .named_files
                .refused(key, entry, file, "gone".to_owned());
            let wanted = format!("line {line}: `{key}` names `absent.pem`: gone");
            assert!(error.to_string().ends_with(&wanted), "{error}");
            assert_eq!(error.code(), FailureCode::Files);
        }
    }

    #[test]
    fn each_key_is_one_of_the_config() {
        let tables = super::super::tables::tables();
        for (key, holds) in KEYS {
            let (section, name) = key.rsplit_once('.').unwrap();
            let mut sections = tables.iter();
            let found = sections.find(|(header, _)| header.trim_matches(['[', ']']) == section);
            assert!(found.unwrap().1.contains(&name), "{key}");
            assert!(!holds.is_empty());
        }
    }
}
