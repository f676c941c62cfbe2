//! The GPOs of a bundle, judged from outside: by schema, by reader, by comparison.

#![expect(
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "tests say what went wrong by panicking"
)]

mod deploy;
mod foreign;
mod real_samples;
mod robust;
mod schema;
mod settings;

use gangway::gpo::{DeployOptions, GpoFiles};
use gangway_contract::BundleId;

/// Options of the sample organisation.
fn options() -> DeployOptions {
    let bundle = BundleId::of_bytes(b"manifest");
    DeployOptions::new(
        "Contoso".to_owned(),
        "contoso.com".parse().unwrap(),
        bundle.clone(),
        format!("MdeOnboard-{bundle}.exe"),
        1_769_846_709,
    )
}

/// The one file whose path ends so.
#[track_caller]
fn file<'a>(gpo: &'a GpoFiles, end: &str) -> &'a [u8] {
    let mut found = gpo.files.iter().filter(|file| file.path.ends_with(end));
    let first = found.next().unwrap_or_else(|| panic!("no file `{end}`"));
    assert!(
        found.all(|other| other.bytes == first.bytes),
        "several files `{end}` that differ"
    );
    &first.bytes
}
