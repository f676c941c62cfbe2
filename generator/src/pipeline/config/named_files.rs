//! Files that a config names and that are read later, if at all: what is wrong with one is told at the key and
//! the line that name it.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::error::ConfigError;
use super::place;
use super::secret;
use super::sections::Downloads;

/// Each such key, and what its files hold.
const KEYS: [(&str, &str); 9] = [
    (
        PATHS,
        "a folder with what the portal gave you, or one such file",
    ),
    (
        SOURCE,
        "the folder that `DefenderDT.exe -Stage:FOLDER` wrote",
    ),
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

const PATHS: &str = "downloads.paths";
const SOURCE: &str = "downloads.deployment_source";

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

    /// Looks whether the downloads are there.
    ///
    /// # Errors
    /// One is not: with key and line.
    pub(in crate::pipeline) fn all_there(&self, downloads: &Downloads) -> Result<(), ConfigError> {
        let paths = (0..)
            .zip(&downloads.paths)
            .map(|(at, path)| (PATHS, at, path));
        let source = downloads.deployment_source.iter();
        let absent = paths
            .chain(source.map(|path| (SOURCE, 0, path)))
            .find_map(|(key, at, path)| Some((key, at, path, absence(path)?)));
        match absent {
            Some((key, at, path, why)) => Err(self.refused(key, at, path, why)),
            None => Ok(()),
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
        let is_secret = secret::holds_key(&file.to_string_lossy());
        let (file, why) = match is_secret {
            true => (
                Path::new("…"),
                "it is a key itself, and no name of a file".to_owned(),
            ),
            false => (file, why),
        };
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

/// Why there is nothing at a path; none where there is something, be it of no use.
fn absence(path: &Path) -> Option<String> {
    let error = std::fs::symlink_metadata(path).err()?;
    let is_absent = matches!(
        error.kind(),
        ErrorKind::NotFound
            | ErrorKind::NotADirectory
            | ErrorKind::InvalidFilename
            | ErrorKind::InvalidInput
    );
    is_absent.then(|| error.to_string())
}

/// An entry without a text would be the folder of the config itself.
pub(super) fn empty(downloads: &Downloads, text: &str, config: &Path) -> Result<(), ConfigError> {
    let is_empty = |path: &PathBuf| path.to_string_lossy().trim().is_empty();
    let at = downloads
        .paths
        .iter()
        .position(is_empty)
        .map(|at| (PATHS, at));
    let source = downloads.deployment_source.as_ref();
    let source = source.filter(|path| is_empty(path)).map(|_| (SOURCE, 0));
    let Some((key, at)) = at.or(source) else {
        return Ok(());
    };
    Err(ConfigError::Value {
        path: config.to_owned(),
        line: place::lines_of(text, key).get(at).copied(),
        field: key.to_owned(),
        why: "names nothing".to_owned(),
        hint: format!("name {}", content_of(key)),
    })
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
    fn downloads_that_are_not_there_are_told_at_key_and_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gangway.toml");
        std::fs::create_dir(folder.path().join("downloads")).unwrap();
        let told = |paths: &str, source: &str| {
            let text = SMALLEST.replacen(
                "paths = [\"downloads\"]",
                &format!("paths = {paths}{source}"),
                1,
            );
            let error = match Config::parse(&text, &path) {
                Ok(config) => config.named_files.all_there(&config.downloads).err()?,
                Err(error) => error,
            };
            Some(format!("{error}\n{}", error.hint().unwrap()))
        };
        assert_eq!(told("['downloads']", ""), None);
        assert_eq!(
            told("['downloads', '.']", "\ndeployment_source = 'downloads'"),
            None
        );
        let first = 1 + SMALLEST
            .lines()
            .position(|line| line.starts_with("paths"))
            .unwrap();
        for (paths, source, line, key, wanted) in [
            (
                "['downloads', 'nope']",
                "",
                0,
                PATHS,
                "from the folder of the config",
            ),
            ("[\n'downloads',\n'nope']", "", 2, PATHS, "nope`: "),
            (
                "['downloads']",
                "\ndeployment_source = 'nope'",
                1,
                SOURCE,
                "-Stage",
            ),
            (
                r#"["C:\temp\new"]"#,
                "",
                0,
                PATHS,
                r"single quotes, `'C:\temp\new'`",
            ),
            (
                "['downloads/*.zip']",
                "",
                0,
                PATHS,
                "a pattern is taken as it stands",
            ),
            ("['~/Downloads']", "", 0, PATHS, "`~` is no home folder"),
            ("['downloads', '']", "", 0, PATHS, "names nothing"),
            (
                "['downloads']",
                "\ndeployment_source = ' '",
                1,
                SOURCE,
                "names nothing",
            ),
        ] {
            let said = told(paths, source).unwrap();
            let place = format!("line {}: `{key}` ", first + line);
            assert!(said.contains(&place), "{paths}: {said}");
            assert!(said.contains(wanted), "{paths}: {said}");
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
