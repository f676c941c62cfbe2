//! Somebody with config, lock and bundles in one folder, who types commands.

use std::fs;
use std::path::{Path, PathBuf};

use gangway_e2e::program::Output;
use gangway_e2e::samba::{ADMINISTRATOR, DN, Domain, FURTHER, NAME, Names};
use gangway_e2e::{Bundle, Recipe, required};

use crate::text;

/// Exit code "problems or differences were found".
const FOUND: i32 = 1;
/// What finds something without failing: two bundles differ, and downloads hold something of note.
const LOOKS: [&str; 2] = ["gangway diff", "gangway inspect"];
/// What `gangway report` says where there is no server.
const NO_REPORT: &str = "holds no report";

pub(crate) struct Office {
    folder: PathBuf,
    /// What the words of the document are here, longest first.
    words: Vec<(&'static str, String)>,
}

impl Office {
    /// In the domains' network, with the sample downloads, and a config that leads to the payload share of
    /// the first of them.
    pub(crate) fn open(domains: &[Domain], recipe: Recipe) -> Self {
        let first = &domains[0];
        let folder = first.scratch().join("office");
        fs::create_dir(&folder).unwrap();
        let host = first.names().controller;
        recipe
            .with_downloads(&[Path::new("downloads")])
            .with("share", &format!(r"root = '\\{host}\payloads\mde'"))
            .with("share", &format!(r"reports = '\\{host}\reports'"))
            .prepare_in(&folder)
            .unwrap();
        let samples = required::path(required::FIXTURES).unwrap();
        copy_files(&samples.join("downloads"), &folder.join("downloads"));
        // Whoever signs in to several domains has the authorities of all of them.
        let authority = |domain: &Domain| {
            let file = domain.scratch().join("tree/tls/ca.pem");
            fs::read_to_string(file).unwrap()
        };
        let authorities: String = domains.iter().map(authority).collect();
        fs::write(folder.join("authorities.pem"), authorities).unwrap();
        let path = |path: &Path| path.display().to_string();
        let payloads = first.payloads();
        let words = vec![
            (
                "/mnt/gangway-reports-next",
                path(&folder.join("reports-next")),
            ),
            ("/mnt/gangway-reports", path(&first.reports())),
            ("/mnt/gangway-next", path(&folder.join("share-next"))),
            ("/mnt/gangway", path(&payloads.join("mde"))),
            ("OU=Pilot", "OU=Servers".to_owned()),
            ("DC=emea,DC=contoso,DC=com", FURTHER.dn.to_owned()),
            ("DC=contoso,DC=com", DN.to_owned()),
            ("emea.contoso.com", FURTHER.name.to_owned()),
            ("contoso.com", NAME.to_owned()),
            ("admin@", format!("{ADMINISTRATOR}@")),
        ];
        Self { folder, words }
    }

    /// A line of the document with the names of here.
    fn here(&self, line: &str) -> String {
        let words = self.words.iter();
        words.fold(line.to_owned(), |line, (from, to)| line.replace(from, to))
    }

    /// Types lines, one after the other, and gives what was said. Nobody reports to an office without servers.
    #[track_caller]
    pub(crate) fn types(&self, domain: &Domain, lines: &[String]) -> String {
        let mut said = String::new();
        for line in lines {
            let output = self.run(domain, line);
            let looks = LOOKS.iter().any(|begin| line.starts_with(begin));
            let found = output.status.code() == Some(FOUND) && looks;
            let nobody = output.stderr.contains(NO_REPORT) && line.starts_with("gangway report");
            assert!(
                output.status.success() || found || nobody,
                "{line}: {}\n{}",
                output.status,
                text(&output)
            );
            said.push_str(&text(&output));
        }
        said
    }

    /// The same where several domains are in the config: each line is for this one, by an account of its own.
    #[track_caller]
    pub(crate) fn types_for(&self, domain: &Domain, names: &Names, lines: &[String]) -> String {
        let one = |line: &String| {
            let of_one = line.starts_with("gangway publish") || line.starts_with("gangway retire");
            let line = line.replace("admin@contoso.com", &format!("admin@{}", names.name));
            if of_one {
                format!("{line} --domain {}", names.name)
            } else {
                line
            }
        };
        let lines: Vec<String> = lines.iter().map(one).collect();
        self.types(domain, &lines)
    }

    /// Runs one line in a shell, with no more than what a lab needs beside.
    pub(crate) fn run(&self, domain: &Domain, line: &str) -> Output {
        let mut line = self.here(line);
        let stub = required::path(required::STUB).unwrap();
        if line.starts_with("gangway build") || line.starts_with("gangway verify") {
            line.push_str(&format!(" --stub '{}'", stub.display()));
        }
        if line.contains("--user ") {
            let password = domain.scratch().join("password");
            line.push_str(&format!(" --password-file '{}'", password.display()));
        }
        if line.starts_with("gangway retire") {
            line.push_str(" --root lab/root.pem");
        }
        let gangway = required::path(required::GANGWAY).unwrap();
        let script = format!(
            "set -e; gangway() {{ '{}' \"$@\"; }}; cd '{}'; {line}",
            gangway.display(),
            self.folder.display()
        );
        let mut command = domain.command("sh");
        command
            .args(["-c", &script])
            .env("SSL_CERT_FILE", self.folder.join("authorities.pem"));
        domain.run(&mut command).unwrap()
    }

    /// A file of the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Changes the config, which has to say `from`.
    pub(crate) fn change_config(&self, from: &str, to: &str) {
        let path = self.path("gangway.toml");
        let config = fs::read_to_string(&path).unwrap();
        assert!(config.contains(from), "no `{from}` in {config}");
        fs::write(path, config.replacen(from, to, 1)).unwrap();
    }

    /// Adds what the document shows to the config.
    pub(crate) fn add_to_config(&self, section: &str) {
        let path = self.path("gangway.toml");
        let config = fs::read_to_string(&path).unwrap();
        fs::write(path, format!("{config}\n{}", self.here(section))).unwrap();
    }

    /// The bundle in a folder of this office, as it is now.
    pub(crate) fn bundle(&self, name: &str) -> Bundle {
        Bundle::open(&self.path(name)).unwrap()
    }
}

/// Copies a folder's files to a folder that may be new.
pub(crate) fn copy_files(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}

/// Lines of a test's own.
pub(crate) fn lines<const COUNT: usize>(lines: [&str; COUNT]) -> Vec<String> {
    lines.map(str::to_owned).to_vec()
}
