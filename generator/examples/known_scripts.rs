//! Prints rows for `formats/onboarding_script/known_scripts.txt`: of the given portal scripts,
//! each under the name of its file, or of the project's own samples when none is given.
//!
//! `cargo run -p gangway --example known_scripts -- group-policy-2023.cmd`

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;

use gangway::formats::blob::{Blob, BlobAnchors, locate};
use gangway::formats::onboarding_script::rows;

use gangway_fixtures::corpus;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut scripts = Vec::new();
    for file in std::env::args().skip(1) {
        let name = Path::new(&file).file_stem().unwrap_or_default();
        let name = name.to_string_lossy().into_owned();
        scripts.push((name, std::fs::read(&file)?));
    }
    if scripts.is_empty() {
        scripts = corpus::known_scripts();
    }
    let mut out = std::io::stdout().lock();
    let mut lines = BTreeSet::new();
    for (name, bytes) in scripts {
        let blobs = locate(&bytes);
        let tenant = blobs.iter().find_map(|one| {
            let text = one.text.as_ref().ok()?;
            Some(match Blob::read(text, &BlobAnchors::none()).ok()? {
                Blob::Onboarding(blob) => blob.org_id.to_string(),
                Blob::Offboarding(blob) => blob.org_id.to_string(),
            })
        });
        let tenant = tenant.ok_or_else(|| format!("`{name}` has no readable blob"))?;
        let places: Vec<_> = blobs.into_iter().map(|one| one.range).collect();
        let mut rows = rows(&name, &bytes, &places, &tenant).into_iter();
        if let Some(script) = rows.next() {
            writeln!(out, "{script}")?;
        }
        lines.extend(rows);
    }
    for line in lines {
        writeln!(out, "{line}")?;
    }
    Ok(())
}
