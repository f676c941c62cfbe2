//! What lies beside the program in every archive.

use std::path::Path;

use anyhow::{Context as _, Result};

use crate::program::Program;
use crate::workspace;

/// A file by its name, or its path below the archive's top.
#[derive(Debug, Clone)]
pub(super) struct Document {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

/// Beside the program.
#[derive(Debug, Clone)]
pub(super) struct Documents {
    /// README, CHANGELOG, licences.
    pub(super) about: Vec<Document>,
    /// Of each shell.
    pub(super) completions: Vec<Document>,
    /// Pages of section 1, as roff.
    pub(super) manual: Vec<Document>,
}

/// Shell, as `gangway completions` takes it, and the usual name of its file.
const SHELLS: [(&str, &str); 4] = [
    ("bash", "gangway.bash"),
    ("zsh", "_gangway"),
    ("fish", "gangway.fish"),
    ("powershell", "_gangway.ps1"),
];

/// Ours, by their names in the workspace; what README leads to comes along.
const ABOUT: [&str; 6] = [
    "README.md",
    "CHANGELOG.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "LICENSE-MIT",
    "LICENSE-APACHE",
];
const DOCUMENTS: &str = "docs";

impl Documents {
    /// Asks the Linux program for its completions, and makes the manual pages from the same command
    /// line.
    pub(super) fn of(program: &Path) -> Result<Self> {
        let root = workspace::root()?;
        let mut about = Vec::new();
        for name in ABOUT {
            about.push(Document {
                name: name.to_owned(),
                bytes: workspace::read_file(&root.join(name))?,
            });
        }
        for file in workspace::files_below(&root.join(DOCUMENTS))? {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            about.push(Document {
                name: format!("{DOCUMENTS}/{name}"),
                bytes: workspace::read_file(&file)?,
            });
        }
        let mut completions = Vec::new();
        for (shell, name) in SHELLS {
            let script = Program::new(program).args(["completions", shell]);
            completions.push(Document {
                name: name.to_owned(),
                bytes: script.standard_output()?.into_bytes(),
            });
        }
        Ok(Self {
            about,
            completions,
            manual: manual()?,
        })
    }

    /// The same with the licences of what is in a program.
    pub(super) fn with_licences(&self, licences: String) -> Self {
        let mut documents = self.clone();
        documents.about.push(Document {
            name: "LICENSES.txt".to_owned(),
            bytes: licences.into_bytes(),
        });
        documents
    }
}

fn manual() -> Result<Vec<Document>> {
    let folder = tempfile::tempdir().context("make a temporary folder")?;
    Program::cargo()
        .folder(workspace::root()?)
        .args(["run", "--quiet", "--locked", "--package", "gangway"])
        .args(["--example", "manual", "--"])
        .arg(folder.path())
        .run()?;
    let mut pages = Vec::new();
    for file in workspace::files_below(folder.path())? {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        pages.push(Document {
            name: name.into_owned(),
            bytes: workspace::read_file(&file)?,
        });
    }
    pages.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(pages)
}
