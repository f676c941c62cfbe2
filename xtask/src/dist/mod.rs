//! `cargo xtask dist`: what people download. Archives of `gangway` for Linux and Windows, each with the
//! bootstrap stub inside the program, completions, manual pages, the licences of everything in it, a
//! list of what that is, checksums; a Debian package; manifests for winget and Scoop.
//!
//! Every byte comes from the sources: two runs in two folders give the same files.

mod archive;
mod debian;
mod documents;
mod manifests;
mod parts;
mod program;
mod runtime;
mod tried;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Args;

use crate::runner::{self, sha256};
use crate::systems::Root;
use crate::{say, workspace};

use archive::Entry;
use documents::{Document, Documents};
use manifests::Download;
use parts::Part;
use program::System;

/// What `cargo xtask dist` takes.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Folder on the web that the files will be in; manifests of winget and Scoop name it, and are not
    /// made without it
    #[arg(long, value_name = "ADDRESS")]
    url: Option<String>,
    /// Start what was made in bare roots of Debian 11 and 13, and install and remove the package there;
    /// as root
    #[arg(long = "try")]
    tries: bool,
}

/// Builds everything into `target/dist/`.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    if arguments.tries {
        Root::can_be_made()?;
    }
    let stub = workspace::read_file(&runner::stub(&[])?)?;
    let stub_sha256 = sha256(&stub);
    say::line(format!(
        "stub     {} bytes, sha256 {stub_sha256}",
        stub.len()
    ));
    let mut files = Vec::new();
    let linux = program::build(System::Linux)?;
    let pages = Documents::of(&linux)?;
    for system in [System::Linux, System::Windows] {
        let bytes = workspace::read_file(&program::build(system)?)?;
        let linked = linked(system)?;
        let libraries = runtime::of(system)?;
        let documents = pages.with_licences(parts::licences(&linked, &libraries)?);
        let name = system.archive_name();
        let list = parts::list(&name, &sha256(&bytes), &stub_sha256, &linked, &libraries);
        let list = serde_json::to_string_pretty(&list).context("write the list of parts")? + "\n";
        files.push(Entry::file(format!("{name}.cdx.json"), list));
        if system == System::Linux {
            files.push(Entry::file(
                debian::file_name(),
                debian::package(&bytes, &documents)?,
            ));
        }
        files.push(Entry::file(name, packed(system, bytes, &documents)?));
    }
    if let Some(url) = &arguments.url {
        files.extend(for_package_managers(url, &files)?);
    }
    let folder = write(files)?;
    if arguments.tries {
        tried::in_bare_roots(&folder)?;
    }
    Ok(())
}

/// Crates in the program of a system, and in the stub within it.
fn linked(system: System) -> Result<Vec<Part>> {
    let mut linked = parts::of("gangway", system.target())?;
    linked.extend(parts::of("gangway-runner", System::Windows.target())?);
    linked.sort();
    linked.dedup();
    Ok(linked)
}

/// The archive of a system.
fn packed(system: System, program: Vec<u8>, documents: &Documents) -> Result<Vec<u8>> {
    let mut entries = vec![Entry::program(system.program_name(), program)];
    let below = |folder: &str, documents: &[Document]| {
        let entry =
            |one: &Document| Entry::file(format!("{folder}{}", one.name), one.bytes.clone());
        documents.iter().map(entry).collect::<Vec<_>>()
    };
    entries.extend(below("", &documents.about));
    entries.extend(below("completions/", &documents.completions));
    entries.extend(below("man/", &documents.manual));
    match system {
        System::Linux => {
            let top = format!("{}/", system.archive_stem());
            archive::xz(&archive::tar(&top, entries)?)
        }
        System::Windows => {
            entries.iter_mut().for_each(Entry::end_lines_as_windows);
            archive::zip(entries)
        }
    }
}

fn for_package_managers(url: &str, files: &[Entry]) -> Result<Vec<Entry>> {
    let name = System::Windows.archive_name();
    let archive = files.iter().find(|file| file.path == name);
    let archive = archive.context("no archive for Windows was made")?;
    Ok(manifests::all(&Download {
        address: &format!("{}/{name}", url.trim_end_matches('/')),
        sha256: &sha256(&archive.bytes),
    }))
}

/// Puts all of it, with `SHA256SUMS`, in the place of what an earlier run left.
fn write(mut files: Vec<Entry>) -> Result<PathBuf> {
    files.sort();
    let line = |file: &Entry| format!("{}  {}\n", sha256(&file.bytes), file.path);
    let sums: String = files.iter().map(line).collect();
    files.push(Entry::file("SHA256SUMS", sums));
    let folder: PathBuf = workspace::target()?.join("dist");
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("empty `{}`", folder.display()))?;
    }
    for file in &files {
        let path = folder.join(&file.path);
        workspace::write_file(&path, &file.bytes)?;
        say::line(format!("{:>10}  {}", file.bytes.len(), path.display()));
    }
    Ok(folder)
}
